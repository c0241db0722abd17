/* What becomes of texts that came to harm before they were sent: what is put right before anybody sees the value, what is only
 * marked, and that honest text stays as it is. */
#include "tests/lib/mapping-test.h"

#define EVENT(content) "<event type=\"person.moved-in.v1\" for-each=\"/ROWS/ROW\">" content "</event>"
#define ONE(content) MAPPING(EVENT(content))
#define ROW(content) "<ROWS><ROW>" content "</ROW></ROWS>"
#define CITIZEN "990104198806020016"

#define MARKED(mark, element) "{\"mark\":\"" mark "\",\"element\":\"" element "\"}"

#define PERSON                                                                         \
    "<element to='person.name' from='XM'/><element to='person.idNumber' from='SFZH'/>" \
    "<element to='person.birthDate' from='CSRQ'/><element to='person.sex' from='XB'/>" \
    "<element to='registered.text' from='DZ'/>"

/* ---- Invisible characters ---- */

static const char *const invisible[] = {
    "\x7f",   "\xc2\x80", "\xc2\x85", "\xc2\x9f", "\u00ad",   "\u061c",
    "\u180e", "\u200b",   "\u200c",   "\u200d",   "\u200e",   "\u200f",
    "\u202a", "\u202b",   "\u202c",   "\u202d",   "\u202e",   "\u2060",
    "\u2061", "\u2064",   "\u2066",   "\u2069",   "\u206f",   "\ufeff",
    "\ufff9", "\ufffb",   "&#x202D;", "&#8206;",  "&#xFEFF;", "\u202d\u200e\ufeff",
};

/* The value with the character before, inside and behind it. transfer full. */
static char *put(const char *value, const char *what, unsigned place)
{
    size_t middle = place == 0   ? 0
                    : place == 1 ? (size_t)(g_utf8_offset_to_pointer(value, 1) - value)
                                 : strlen(value);
    return g_strdup_printf("%.*s%s%s", (int)middle, value, what, value + middle);
}

static void test_invisible(void)
{
    static const struct {
        const char *tag, *value, *name, *result;
    } cases[] = {
        {"XM", "测试丙", "person.name", "\"name\":\"测试丙\""},
        {"SFZH", CITIZEN, "person.idNumber", "\"idNumber\":\"" CITIZEN "\""},
        {"CSRQ", "19880602", "person.birthDate", "\"birthDate\":\"1988-06-02\""},
        {"XB", "男性", "person.sex", "\"sex\":\"1\""},
    };
    g_autoptr(MappingTest) test = mapping_test_new(ONE(PERSON));
    for (unsigned i = 0; i < G_N_ELEMENTS(invisible); i++) {
        for (unsigned place = 0; place < 3 * G_N_ELEMENTS(cases); place++) {
            unsigned at = place / 3;
            g_autofree char *value = put(cases[at].value, invisible[i], place % 3);
            g_autofree char *xml = g_strdup_printf(ROW("<%s>%s</%s>"), cases[at].tag, value, cases[at].tag);
            g_autofree char *mark = g_strdup_printf(MARKED("invisible-removed", "%s"), cases[at].name);
            mapping_test_run(test, xml);
            assert_events(test, 1);
            assert_has(test, 0, cases[at].result);
            if (at != 3) {
                assert_has(test, 0, mark);
            }
            assert_has(test, 0, "invisible-removed");
            assert_lacks(test, 0, "id-check-failed");
        }
    }
    mapping_test_run(test, ROW("<XM>测试丙</XM><SFZH>" CITIZEN "</SFZH><CSRQ>19880602</CSRQ>"));
    assert_lacks(test, 0, "invisible-removed");
}

static void test_invisible_attribute(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE("<element to='person.name' from='@XM'/>"));
    mapping_test_run(test, "<ROWS><ROW XM='\u202a测试丙\u202c'/></ROWS>");
    assert_has(test, 0, "\"name\":\"测试丙\"");
    assert_has(test, 0, MARKED("invisible-removed", "person.name"));
    mapping_test_run(test, "<ROWS><ROW XM='&#xFEFF;测试丙'/></ROWS>");
    assert_has(test, 0, MARKED("invisible-removed", "person.name"));
    mapping_test_run(test, "<ROWS><ROW XM='\u200e'/></ROWS>");
    assert_lacks(test, 0, "name\"");
}

/* Keys, identities, conditions and values from outside of the records see what the element sees. */
static void test_invisible_elsewhere(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when=\"LX='1'\"><id from='LSH'/>"
        "<identity kind='idNumber' from='SFZH'/><element to='person.name' from='/ROWS/XM'/></event>"));
    mapping_test_run(test, "<ROWS><XM>测试\u200f丙</XM><ROW><LSH>A1</LSH><SFZH>" CITIZEN
                           "</SFZH><LX>1</LX></ROW></ROWS>");
    HtEvent plain = mapping_test_event(test, 0);
    g_autofree char *key = g_strndup(plain.key.data, plain.key.size);
    assert_has(test, 0, "\"name\":\"测试丙\"");
    assert_has(test, 0, MARKED("invisible-removed", "person.name"));
    mapping_test_run(
        test,
        "<ROWS><ROW><LSH>\u202dA\u00ad1\u202c</LSH><SFZH>9901041988\u200e06020016</SFZH><LX>\ufeff1</LX></ROW></ROWS>");
    HtEvent marked = mapping_test_event(test, 0);
    g_assert_true(ht_text_is(marked.key, key));
    assert_has(test, 0, "{\"mark\":\"invisible-removed\"}");
}

/* ---- Written for a screen ---- */

static void test_markup(void)
{
    static const char *const screens[] = {
        "&lt;font color=\"red\"&gt;已注销&lt;/font&gt;", "&lt;b&gt; 已注销 &lt;/b&gt;&lt;br/&gt;",
        "<![CDATA[<SPAN>已注销</SPAN>]]>", "&amp;nbsp;已注销&amp;nbsp;", "&lt;!-- 30 --&gt;已注销"};
    static const char *const others[] = {"已注销", "a&lt;3", "5 &lt; 6", "&lt;", "已&lt;b 注销"};
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<markup in='ZT'/><flag from='ZT' yes='已注销' no='在用 a&lt;3 &lt; 已&lt;b注销 5&lt;6'/>"
                "<event type='person.moved-in.v1' for-each='/ROWS/ROW'><action cancel-when='yes(ZT)'/>"
                "<element to='person.name' from='XM'/><element to='registered.text' from='ZT'/></event>"));
    for (unsigned i = 0; i < G_N_ELEMENTS(screens); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<XM>&lt;b&gt;</XM><ZT>%s</ZT>"), screens[i]);
        mapping_test_run(test, xml);
        assert_has(test, 0, "\"text\":\"已注销\"");
        assert_has(test, 0, "\"name\":\"<b>\"");
        assert_has(test, 0, MARKED("markup-removed", "registered.text"));
        assert_has(test, 0, "\"unmapped\":[{\"name\":\"ZT\"");
        g_assert_true(ht_text_is(mapping_test_event(test, 0).attr[HT_ATTR_ACTION], "cancel"));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<XM>测试丙</XM><ZT>%s</ZT>"), others[i]);
        mapping_test_run(test, xml);
        assert_lacks(test, 0, "markup-removed");
    }
    mapping_test_run(test, ROW("<XM>测试丙</XM><ZT>&lt;br&gt;</ZT>"));
    assert_lacks(test, 0, "\"text\"");
}

/* ---- Surrogates ---- */

static void check_name(MappingTest *test, const char *xml, const char *name, const char *mark)
{
    g_autofree char *wanted = g_strdup_printf("\"name\":\"%s\"", name);
    mapping_test_run(test, xml);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    assert_has(test, 0, wanted);
    if (mark) {
        assert_has(test, 0, mark);
    } else {
        assert_lacks(test, 0, "character-lost");
        assert_lacks(test, 0, "text-recoded");
    }
}

/* A mapping need not declare it: such a pair means one thing only. */
static void test_surrogate_references(void)
{
    static const char *const pairs[] = {"&#55362;&#57271;", "&#xD842;&#xDFB7;", "&#xd842;&#xdFb7;",
                                        "&#xD842;&#57271;", "&#XD842;&#XDFB7;"};
    g_autoptr(MappingTest) test = mapping_test_new(ONE(
        "<element to='person.name' from='XM' or='@XM'/><element to='person.formerName' from='DA/B/XM'/>"));
    for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *content = g_strdup_printf(ROW("<XM>测%s</XM>"), pairs[i]);
        g_autofree char *attribute = g_strdup_printf("<ROWS><ROW XM='测%s'/></ROWS>", pairs[i]);
        check_name(test, content, "测𠮷", "{\"mark\":\"surrogates-joined\"}");
        assert_has(test, 0, "{\"mark\":\"repaired-xml\"}");
        g_assert_true(test->outcome.repaired);
        check_name(test, attribute, "测𠮷", "{\"mark\":\"surrogates-joined\"}");
    }
    mapping_test_run(test, ROW("<XM>测&#55362;</XM>"));
    assert_fault(test, 0, "not-well-formed");
    mapping_test_run(test, ROW("<XM>测&#57271;&#55362;</XM>"));
    assert_fault(test, 0, "not-well-formed");
}

static void test_surrogate_references_alone(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING("<repair use='controls'/>" EVENT("<element to='person.name' from='XM'/>")));
    check_name(test, ROW("<XM>测&#55362;</XM>"), "测\uFFFD", MARKED("character-lost", "person.name"));
    assert_has(test, 0, "{\"mark\":\"repaired-xml\"}");
    check_name(test, ROW("<XM>测&#xDFB7;&#xD842;&#xDFB7;</XM>"), "测\uFFFD𠮷",
               "{\"mark\":\"surrogates-joined\"}");
}

static void test_json_surrogates(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.moved-in.v1' for-each='/json/R'><element to='person.name' from='XM'/></event>"));
    check_name(test, "{\"R\":{\"XM\":\"测\\uD842\\uDFB7\"}}", "测𠮷", NULL);
    g_assert_false(test->outcome.repaired);
    check_name(test, "{\"R\":{\"XM\":\"测\\ud842\"}}", "测\uFFFD", "{\"mark\":\"half-character\"}");
    g_assert_true(test->outcome.repaired);
    check_name(test, "{\"R\":{\"XM\":\"测\\u200e试\"}}", "测试", MARKED("invisible-removed", "person.name"));
}

/* ---- Lost characters ---- */

static void test_lost_in_names(void)
{
    static const char *const lost[] = {
        "测?",    "测？",           "?",      "??",     "？",     "测□",    "□□□",   "测▯", "测\uFFFD",
        "锟斤拷", "测锟斤拷锟斤拷", "测锟斤", "斤拷测", "烫烫烫", "测烫烫", "屯屯屯"};
    static const char *const honest[] = {"屯",   "烫",   "锟",   "李锟",   "王斤", "拷",
                                         "测屯", "屯烫", "屯屯", "测试丙", "测·试"};
    g_autoptr(MappingTest) test = mapping_test_new(ONE(PERSON));
    for (unsigned i = 0; i < G_N_ELEMENTS(lost); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<XM>%s</XM>"), lost[i]);
        check_name(test, xml, lost[i], MARKED("character-lost", "person.name"));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(honest); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<XM>%s</XM>"), honest[i]);
        check_name(test, xml, honest[i], NULL);
    }
}

/* In an address somebody may have typed a question mark; a box nobody has. */
static void test_lost_in_texts(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE(PERSON));
    mapping_test_run(test, ROW("<DZ>测试路?号</DZ>"));
    assert_lacks(test, 0, "character-lost");
    mapping_test_run(test, ROW("<DZ>测试路□号</DZ>"));
    assert_has(test, 0, MARKED("character-lost", "registered.text"));
    mapping_test_run(test, ROW("<DZ>测试路\uFFFD号</DZ>"));
    assert_has(test, 0, MARKED("character-lost", "registered.text"));
}

/* ---- Read as another encoding ---- */

/* Honest text that tells the encoding of a message. */
#define LONG_TEXT \
    "广东省广州市越秀区测试路与测试街之间的测试大院第三栋第二单元第一层东侧房间由测试单位管理使用"

static const char *const meant[] = {"测试",
                                    "欧阳测试",
                                    "王伟",
                                    "张三",
                                    "李昊",
                                    "陈静怡",
                                    "阿依古丽·玉素甫",
                                    "男性",
                                    "广东省广州市越秀区测试路１号",
                                    "北京市朝阳区12号院3单元",
                                    "（测试）路",
                                    "王喆",
                                    "中国",
                                    "何炅"};

static void test_recoded(void)
{
    static const char *const encodings[] = {"GB18030", "ISO-8859-1", "WINDOWS-1252"};
    g_autoptr(MappingTest) test = mapping_test_new(ONE(PERSON));
    unsigned done = 0;
    for (unsigned e = 0; e < G_N_ELEMENTS(encodings); e++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(meant); i++) {
            g_autofree char *wrong = g_convert(meant[i], -1, "UTF-8", encodings[e], NULL, NULL, NULL);
            if (!wrong) {
                continue;
            }
            g_autofree char *xml = g_strdup_printf(ROW("<XM>%s</XM><DZ>" LONG_TEXT "</DZ>"), wrong);
            g_autofree char *gb = g_convert(xml, -1, "GB18030", "UTF-8", NULL, NULL, NULL);
            g_autofree char *sent = g_strdup_printf("{\"name\":\"XM\",\"value\":\"%s\"}", wrong);
            check_name(test, xml, meant[i], MARKED("text-recoded", "person.name"));
            g_assert_true(test->outcome.repaired);
            if (e != 1) {
                assert_has(test, 0, sent);
            }
            check_name(test, gb, meant[i], MARKED("text-recoded", "person.name"));
            done++;
        }
    }
    g_assert_cmpuint(done, >=, 2 * G_N_ELEMENTS(meant));
}

/* An odd number of bytes does not come through: what is left is marked and stays as it is. */
static void test_not_reversible(void)
{
    static const char *const sent[] = {"寮犱笁涓?", "寮犱笁涓\uFFFD", "娴?",
                                       "鐢\uFFFD",  "æµ‹è¯?",         "闄堥潤鎬?"};
    g_autoptr(MappingTest) test = mapping_test_new(ONE(PERSON));
    for (unsigned i = 0; i < G_N_ELEMENTS(sent); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<XM>%s</XM>"), sent[i]);
        check_name(test, xml, sent[i], MARKED("character-lost", "person.name"));
        assert_lacks(test, 0, "text-recoded");
    }
    mapping_test_run(test, ROW("<DZ>寮犱笁涓?</DZ>"));
    assert_has(test, 0, MARKED("character-lost", "registered.text"));
}

/* Codes, keys and identities see what was meant. */
static void test_recoded_elsewhere(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<id from='LSH'/><element to='person.sex' from='XB'/>"));
    mapping_test_run(test, ROW("<LSH>测试1</LSH>"));
    HtEvent plain = mapping_test_event(test, 0);
    g_autofree char *key = g_strndup(plain.key.data, plain.key.size);
    mapping_test_run(test, ROW("<LSH>娴嬭瘯1</LSH><XB>鐢锋€�</XB>"));
    HtEvent recoded = mapping_test_event(test, 0);
    g_assert_true(ht_text_is(recoded.key, key));
    assert_has(test, 0, "{\"mark\":\"text-recoded\"}");
}

/* What the events do not show as it was sent: the payload is to be kept. */
static void test_payload_is_kept(void)
{
    static const char *const lossy[] = {"<XM>测\u200e试</XM>", "<XM>测试\xe4\xb8</XM>",
                                        "<XM>测\xed\xa1\x82\xed\xbe\xb7</XM>", "<XM>测试\xed\xa1\x82</XM>"};
    g_autoptr(MappingTest) test = mapping_test_new(ONE(PERSON));
    for (unsigned i = 0; i < G_N_ELEMENTS(lossy); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("%s<DZ>测试路</DZ>"), lossy[i]);
        mapping_test_run(test, xml);
        assert_events(test, 1);
        g_assert_true(test->outcome.repaired);
    }
    mapping_test_run(test, ROW("<XM>测试</XM><BZ>\u200e</BZ>"));
    g_assert_false(test->outcome.repaired);
}

static void test_surrogates_of_three_bytes(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE(PERSON));
    mapping_test_run(test, ROW("<XM>测\xed\xa1\x82\xed\xbe\xb7</XM>"));
    assert_has(test, 0, "\"name\":\"测𠮷\"");
    assert_has(test, 0, "{\"mark\":\"surrogates-joined\"}");
    assert_lacks(test, 0, "half-character");
}

/* The letters of Uyghur, Kazakh and Mongolian join and part by characters of their own. */
static void test_joiners_stay(void)
{
    static const char *const names[] = {"ئا\u200cبد", "مە\u200dمەت", "ᠨᠠᠷ\u180eᠠ"};
    g_autoptr(MappingTest) test = mapping_test_new(ONE(PERSON));
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<XM>%s</XM>"), names[i]);
        mapping_test_run(test, xml);
        assert_has(test, 0, names[i]);
        assert_lacks(test, 0, "invisible-removed");
    }
    mapping_test_run(test, ROW("<XM>\u200fئابد\u200c</XM>"));
    assert_has(test, 0, "\"name\":\"ئابد\"");
    assert_has(test, 0, "invisible-removed");
}

/* What nobody maps is carried as it came. */
static void test_unmapped_stays(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE(PERSON));
    mapping_test_run(test, ROW("<XM>测试丙</XM><BZ>甲\u200e乙</BZ>"));
    assert_has(test, 0, "甲\u200e乙");
    assert_lacks(test, 0, "invisible-removed");
}

static void test_xpath(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE("<element to='person.name' xpath='string(XM)'/>"
                                                       "<element to='person.sex' xpath='string(LX)'/>"));
    mapping_test_run(test, ROW("<XM>测试\u200e丙</XM><LX>\u202d1</LX>"));
    assert_events(test, 1);
    assert_has(test, 0, "\"name\":\"测试丙\"");
    assert_has(test, 0, "\"sex\":\"1\"");
    assert_has(test, 0, "invisible-removed");
}

/* ---- Codes with a check character ---- */

static void test_codes_with_a_check_character(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING("<event type='employment.registered.v1' for-each='/ROWS/ROW'>"
                                 "<element to='person.employerCode' from='XYDM'/></event>"
                                 "<event type='legal-person.registered.v1' for-each='/ROWS/ROW'>"
                                 "<element to='organization.orgCode' from='JGDM'/></event>"));
    mapping_test_run(test, ROW("<XYDM> 91990104000000ta15</XYDM><JGDM>0000TA10-2</JGDM>"));
    assert_has(test, 0, "\"employerCode\":\"91990104000000TA15\"");
    assert_has(test, 1, "\"orgCode\":\"0000TA102\"");
    assert_lacks(test, 0, "code-check-failed");
    assert_lacks(test, 1, "code-check-failed");
    assert_lacks(test, 1, "value-too-long");
    static const char *const wrong[] = {"91990104000000TA10", "91990104000000TA1", "000000000000000000",
                                        "TA-1 号"};
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<XYDM>%s</XYDM><JGDM>0000TA10-2</JGDM>"), wrong[i]);
        g_autofree char *value = g_strdup_printf("\"employerCode\":\"%s\"", wrong[i]);
        mapping_test_run(test, xml);
        assert_has(test, 0, value);
        assert_has(test, 0, MARKED("code-check-failed", "person.employerCode"));
        assert_lacks(test, 1, "code-check-failed");
    }
    mapping_test_run(test, ROW("<XYDM>91990104000000TA15</XYDM><JGDM>12345678-7</JGDM>"));
    assert_has(test, 1, MARKED("code-check-failed", "organization.orgCode"));
}

/* Values that a client has URL-encoded one by one, where the mapping says so and nowhere else. */
static void test_url_encoded(void)
{
    static const char *const values[][2] = {
        {"%E6%B5%8BA99999", "测A99999"},
        {"%e6%b5%8b%e8%af%95+%e8%b7%af%2b1", "测试 路+1"},
        {"A+B", "A+B"}, /* nothing is encoded */
        {"100%", "100%"},
        {"%B2%E2A99999", "%B2%E2A99999"}, /* GBK */
        {"%00A", "%00A"},
        {"%E6%B5%8B%zz", "测%zz"},
    };
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<url-encoded in='DZ'/><event type='person.moved-in.v1' for-each='/R' when=\"not(DZ='x y')\">"
        "<element to='person.name' from='XM'/><element to='registered.text' from='DZ'/>"
        "<element to='household.number' from='HH'/></event>"
        "<event type='person.moved-out.v1' for-each='/R' when=\"DZ='x y'\"><element to='person.name' from='XM'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *xml =
            g_strdup_printf("<R><XM>测试甲</XM><DZ> %s </DZ><HH>%%41</HH></R>", values[i][0]);
        g_autofree char *expected = g_strdup_printf("\"text\":\"%s\"", values[i][1]);
        mapping_test_run(test, xml);
        assert_has(test, 0, expected);
        assert_has(test, 0, "\"number\":\"%41\"");
        g_autofree char *json = mapping_test_json(test, 0);
        g_assert_true((strstr(json, "url-decoded") != NULL) == !g_str_equal(values[i][0], values[i][1]));
    }
    mapping_test_run(test, "<R><XM>测试甲</XM><DZ>x+%79</DZ></R>"); /* conditions see what elements see */
    g_assert_true(ht_text_is(mapping_test_event(test, 0).attr[HT_ATTR_TYPE], "person.moved-out.v1"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping-text/invisible/goes-from-every-value", test_invisible);
    g_test_add_func("/mapping-text/invisible/goes-from-attributes", test_invisible_attribute);
    g_test_add_func("/mapping-text/invisible/keys-identities-and-conditions-see-none",
                    test_invisible_elsewhere);
    g_test_add_func("/mapping-text/invisible/joiners-of-scripts-stay", test_joiners_stay);
    g_test_add_func("/mapping-text/invisible/xpaths-see-none", test_xpath);
    g_test_add_func("/mapping-text/url-encoded/where-the-mapping-says-so", test_url_encoded);
    g_test_add_func("/mapping-text/markup/goes-where-the-mapping-says-so", test_markup);
    g_test_add_func("/mapping-text/surrogates/references-are-joined", test_surrogate_references);
    g_test_add_func("/mapping-text/surrogates/one-alone-is-marked", test_surrogate_references_alone);
    g_test_add_func("/mapping-text/surrogates/escapes-of-json", test_json_surrogates);
    g_test_add_func("/mapping-text/lost/names-are-marked-and-carried", test_lost_in_names);
    g_test_add_func("/mapping-text/lost/a-question-mark-may-stand-in-other-texts", test_lost_in_texts);
    g_test_add_func("/mapping-text/recoded/what-was-read-wrongly-is-turned-back", test_recoded);
    g_test_add_func("/mapping-text/recoded/what-has-lost-bytes-is-marked", test_not_reversible);
    g_test_add_func("/mapping-text/recoded/keys-see-what-was-meant", test_recoded_elsewhere);
    g_test_add_func("/mapping-text/cesu/surrogates-are-joined-and-marked", test_surrogates_of_three_bytes);
    g_test_add_func("/mapping-text/lossy/the-payload-is-to-be-kept", test_payload_is_kept);
    g_test_add_func("/mapping-text/unmapped-stays-as-it-came", test_unmapped_stays);
    g_test_add_func("/mapping-text/codes/checked-and-written-in-one-way", test_codes_with_a_check_character);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
