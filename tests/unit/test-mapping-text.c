/* What becomes of texts that came to harm before they were sent: what is put right before anybody sees the value, what is only
 * marked, and that honest text stays as it is. */
#include "tests/unit/mapping-test.h"

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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping-text/invisible/goes-from-every-value", test_invisible);
    g_test_add_func("/mapping-text/invisible/goes-from-attributes", test_invisible_attribute);
    g_test_add_func("/mapping-text/invisible/keys-identities-and-conditions-see-none",
                    test_invisible_elsewhere);
    g_test_add_func("/mapping-text/invisible/joiners-of-scripts-stay", test_joiners_stay);
    g_test_add_func("/mapping-text/invisible/xpaths-see-none", test_xpath);
    g_test_add_func("/mapping-text/cesu/surrogates-are-joined-and-marked", test_surrogates_of_three_bytes);
    g_test_add_func("/mapping-text/lossy/the-payload-is-to-be-kept", test_payload_is_kept);
    g_test_add_func("/mapping-text/unmapped-stays-as-it-came", test_unmapped_stays);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
