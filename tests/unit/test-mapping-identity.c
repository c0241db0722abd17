/* Numbers that name persons and businesses: fillers, the forms in which numbers are compared, and numbers that are another
 * person's. */
#include "tests/lib/mapping-test.h"

#define ROWS(content) "<ROWS>" content "</ROWS>"
#define ROW(content) "<ROW>" content "</ROW>"

/* 1988-06-02, 1960-02-01, and two born on 2009-03-13. */
#define MOTHER "990104196002010024"
#define ADULT "990104198806020016"
#define CHILD "990104200903130321"
#define TWIN "99010420090313033X"

static char *get_identities(MappingTest *test, guint index)
{
    HtEvent event = mapping_test_event(test, index);
    return mapping_test_identities(&event);
}

static void assert_identities_at(MappingTest *test, guint index, const char *expected, int line)
{
    g_autofree char *found = get_identities(test, index);
    if (strcmp(found, expected) != 0) {
        g_autofree char *json = mapping_test_json(test, index);
        g_error("line %d: identities of event %u are \"%s\", not \"%s\"\n%s", line, index, found, expected,
                json);
    }
}
#define assert_identities(test, index, expected) assert_identities_at((test), (index), (expected), __LINE__)

#define FILLER_ON(element) "{\"mark\":\"number-filler\",\"element\":\"" element "\"}"
#define FILLER "{\"mark\":\"number-filler\"}"
#define CONFLICT "{\"mark\":\"identity-conflict\",\"element\":\"person.idNumber\"}"

/* ---- Fillers ---- */

#define NUMBERED                                                                      \
    MAPPING("<filler value='外部' in='RYNBID'/><filler value='777-0'/>"             \
            "<event type='person.moved-in.v1' for-each='/ROWS/ROW'>"                  \
            "<id from='HJYWID CSDJID LB' words='LB'/>"                                \
            "<action default='assert' cancel-when=\"CXBZ='1'\" reverses='CXHJYWID'/>" \
            "<identity kind='idNumber' from='GMSFHM' or='SFZ'/>"                      \
            "<identity kind='birthCertificate' from='CSZMBH'/>"                       \
            "<identity kind='person' from='RYNBID' or='RYID'/>"                       \
            "<correlation from='ZQZBH'/>"                                             \
            "<element to='person.name' from='XM'/>"                                   \
            "<element to='person.idNumber' from='GMSFHM'/>"                           \
            "<element to='birth.certificateNumber' from='CSZMBH'/>"                   \
            "<element to='household.number' from='HH'/></event>")

#define GOOD "<HJYWID>940000021</HJYWID><CSDJID>930000021</CSDJID><LB>0</LB>"

static void test_fillers_are_no_keys(void)
{
    static const char *const fillers[] = {
        "0", "000000000", "０", "-1", "99999", "123456789", "Ｘ", "不详", "Ａ０００００００００"};
    g_autoptr(MappingTest) test = mapping_test_new(NUMBERED);
    mapping_test_run(test, ROWS(ROW(GOOD)));
    g_assert_nonnull(mapping_test_event(test, 0).key.data);
    assert_has(test, 0, "\"businessid\":\"940000021\"");
    assert_lacks(test, 0, "number-filler");
    for (size_t i = 0; i < G_N_ELEMENTS(fillers); i++) {
        g_autofree char *first =
            g_strdup_printf(ROWS(ROW("<HJYWID>%s</HJYWID><CSDJID>930000021</CSDJID><LB>1</LB>")), fillers[i]);
        mapping_test_run(test, first);
        g_assert_null(mapping_test_event(test, 0).key.data);
        g_assert_null(test->outcome.key.data);
        assert_lacks(test, 0, "businessid");
        assert_has(test, 0, FILLER);
        g_autofree char *second =
            g_strdup_printf(ROWS(ROW("<HJYWID>940000021</HJYWID><CSDJID>%s</CSDJID><LB>1</LB>")), fillers[i]);
        mapping_test_run(test, second);
        g_assert_null(mapping_test_event(test, 0).key.data);
        assert_has(test, 0, "\"businessid\":\"940000021\"");
        assert_has(test, 0, FILLER);
    }
}

static void test_fillers_reverse_and_tie_nothing(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(NUMBERED);
    mapping_test_run(test, ROWS(ROW(GOOD "<CXBZ>1</CXBZ><CXHJYWID>000000000</CXHJYWID>")));
    assert_has(test, 0, "\"action\":\"cancel\"");
    assert_lacks(test, 0, "reverses");
    assert_has(test, 0, FILLER);
    mapping_test_run(test, ROWS(ROW(GOOD "<ZQZBH>粤准字第00000000号</ZQZBH>")));
    assert_lacks(test, 0, "correlationid");
    assert_has(test, 0, FILLER);
    mapping_test_run(test, ROWS(ROW(GOOD "<ZQZBH>粤准字第00001230号</ZQZBH><CXHJYWID>0</CXHJYWID>")));
    assert_has(test, 0, "correlationid");
    assert_lacks(test, 0, "number-filler");
}

static void test_fillers_are_nobody(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(NUMBERED);
    mapping_test_run(test,
                     ROWS(ROW(GOOD "<GMSFHM>" CHILD "</GMSFHM><RYNBID>0</RYNBID><CSZMBH>补办中</CSZMBH>")));
    assert_identities(test, 0, "idNumber=" CHILD);
    assert_has(test, 0, FILLER_ON("birth.certificateNumber"));
    assert_has(test, 0, FILLER);
    assert_has(test, 0, "\"certificateNumber\":\"补办中\"");
    mapping_test_run(test, ROWS(ROW(GOOD "<GMSFHM>111111111111111111</GMSFHM><CSZMBH>A000000000</CSZMBH>")));
    assert_identities(test, 0, "");
    assert_has(test, 0, FILLER_ON("person.idNumber"));
    assert_has(test, 0, "\"idNumber\":\"111111111111111111\"");
    mapping_test_run(test, ROWS(ROW(GOOD "<CSZMBH>测试乙</CSZMBH><RYNBID>1</RYNBID>")));
    assert_identities(test, 0, "person=1");
    assert_has(test, 0, FILLER_ON("birth.certificateNumber"));
}

static void test_next_path_when_the_first_is_a_filler(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(NUMBERED);
    mapping_test_run(
        test, ROWS(ROW(GOOD "<GMSFHM>不详</GMSFHM><SFZ>" CHILD "</SFZ><RYNBID>0</RYNBID><RYID>77</RYID>")));
    assert_identities(test, 0, "idNumber=" CHILD " person=77");
}

/* Nor does what is another kind of number; and the element is the person's, too. */
static void test_what_is_no_number_hides_none(void)
{
    static const char *const others[] = {"不详", "外籍人士", "000000000000000000", "-1", "无此人资料"};
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<event type='person.moved-in.v1' for-each='/ROWS/ROW'><id from='GMSFHM|SFZ|HZH'/>"
                "<identity kind='idNumber' from='GMSFHM' or='SFZ HZH'/>"
                "<element to='person.idNumber' from='GMSFHM' or='SFZ HZH'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *xml =
            g_strdup_printf(ROWS(ROW("<GMSFHM>%s</GMSFHM><SFZ>-</SFZ><HZH>" CHILD "</HZH>")), others[i]);
        mapping_test_run(test, xml);
        assert_identities(test, 0, "idNumber=" CHILD);
        assert_has(test, 0, "\"idNumber\":\"" CHILD "\"");
        assert_has(test, 0, others[i]);
        g_assert_true(ht_text_is(mapping_test_event(test, 0).key, "person.moved-in.v1|assert|" CHILD));
    }
    mapping_test_run(test, ROWS(ROW("<GMSFHM>E12345678</GMSFHM><SFZ>" CHILD "</SFZ>")));
    assert_identities(test, 0, "idNumber=" CHILD);
    mapping_test_run(test, ROWS(ROW("<GMSFHM>不详</GMSFHM><SFZ>0</SFZ>")));
    assert_identities(test, 0, "");
    assert_has(test, 0, "\"idNumber\":\"不详\"");
    assert_has(test, 0, FILLER_ON("person.idNumber"));
    g_assert_null(mapping_test_event(test, 0).key.data);
}

/* The mapping's own, folded like the others, and only where it says. */
static void test_own_fillers(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(NUMBERED);
    mapping_test_run(test, ROWS(ROW(GOOD "<RYNBID>外部001</RYNBID><CSZMBH>外部</CSZMBH>")));
    assert_identities(test, 0, "person=外部001");
    mapping_test_run(test, ROWS(ROW(GOOD "<RYNBID>（外 部）</RYNBID><CSZMBH>７７７０</CSZMBH>")));
    assert_identities(test, 0, "");
    char *errors = NULL;
    g_assert_null(mapping_test_compile(
        MAPPING("<filler value='--'/><filler value='A1' in='NO'/>"
                "<event type='person.born.v1' for-each='/R'><id from='A B' words='C'/></event>"),
        &errors));
    g_assert_nonnull(strstr(errors, "<filler value=\"--\"> needs letters, digits or words"));
    g_assert_nonnull(strstr(errors, "<filler in=\"NO\">: nothing is read from that path"));
    g_assert_nonnull(strstr(errors, "words=\"C\" is none of the paths of from"));
    g_free(errors);
}

/* A path that is read as a date, a code or a name is no number. */
static void test_words_in_keys(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<event type='person.born.v1' for-each='/ROWS/ROW'><id from='NO XB CSRQ XM'/>"
                "<element to='person.sex' from='XB'/><element to='person.birthDate' from='CSRQ'/>"
                "<element to='person.name' from='XM'/></event>"));
    mapping_test_run(test, ROWS(ROW("<NO>7</NO><XB>0</XB><CSRQ>20000000</CSRQ><XM>无名氏</XM>")));
    g_assert_true(ht_text_is(mapping_test_event(test, 0).key, "person.born.v1|assert|7|0|2000|无名氏"));
}

/* Another notation of a day or another length of a citizen number is no other number. What cannot be read stays as it was sent. */
static void test_one_form_in_keys(void)
{
    static const char *const same[] = {
        ROW("<XM>测试甲</XM><SJ>2009-04-01 09:00:00</SJ><GMSFHM>990104880602001</GMSFHM>"),
        ROW("<XM>测试甲</XM><SJ>20090401090000</SJ><GMSFHM>" ADULT "</GMSFHM>"),
        ROW("<XM>测试甲</XM><SJ>2009年4月1日 上午9时</SJ><GMSFHM>９９０１０４１９８８０６０２００１６</GMSFHM>"),
        ROW("<XM>测试甲</XM><SJ>2009-04-01T01:00:00Z</SJ><GMSFHM> " ADULT " </GMSFHM>"),
    };
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.born.v1' for-each='/ROWS/ROW'><id from='SJ GMSFHM'/><recorded from='SJ'/>"
        "<element to='person.name' from='XM'/><element to='person.idNumber' from='GMSFHM'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(same); i++) {
        g_autofree char *rows = g_strconcat("<ROWS>", same[i], "</ROWS>", NULL);
        g_assert_cmpint(mapping_test_run(test, rows), ==, HT_VERDICT_OK);
        g_assert_true(ht_text_is(mapping_test_event(test, 0).key,
                                 "person.born.v1|assert|2009-04-01T09:00:00+08:00|" ADULT));
    }
    mapping_test_run(test, ROWS(ROW("<XM>测试甲</XM><SJ>某日</SJ><GMSFHM>G123</GMSFHM>")));
    g_assert_true(ht_text_is(mapping_test_event(test, 0).key, "person.born.v1|assert|某日|G123"));
}

/* Width, blanks and a spreadsheet's fraction are notation in every part; case and hyphens only where an identity says so. What the
 * event names, and what ties it, follows. */
static void test_numbers_fold_in_keys(void)
{
    static const char *const same[][3] = {{"Ab-12", "7a", "A1-23"},
                                          {"Ａｂ－１２", "７ａ", "ａ１－２３"},
                                          {" A b-12", "7 a", "A123"},
                                          {"Ab-\u30001\u00a02", "7\ta", "a1 23"},
                                          {"Ab-12", "7a", "No. A1/23"}};
    static const char *const others[][3] = {
        {"AB-12", "7a", "A123"}, {"Ab12", "7a", "A123"}, {"Ab-12", "7A", "A123"}, {"Ab-12", "7a", "A124"}};
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<event type='person.moved-in.v1' for-each='/ROWS/ROW'><id from='NO PART K'/>"
                "<action is='correct' reverses='PART'/><correlation from='NO'/>"
                "<identity kind='card' from='K' separators='ignore'/>"
                "<element to='household.number' from='NO'/></event>"));
    g_autofree char *tie = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(same) + G_N_ELEMENTS(others); i++) {
        bool is_other = i >= G_N_ELEMENTS(same);
        const char *const *sent = is_other ? others[i - G_N_ELEMENTS(same)] : same[i];
        g_autofree char *xml =
            g_strdup_printf(ROWS(ROW("<NO>%s</NO><PART>%s</PART><K>%s</K>")), sent[0], sent[1], sent[2]);
        mapping_test_run(test, xml);
        HtEvent event = mapping_test_event(test, 0);
        g_assert_true(ht_text_is(event.key, "person.moved-in.v1|assert|Ab-12|7a|A123") == !is_other);
        HtText correlation = event.attr[HT_ATTR_CORRELATIONID];
        tie = tie ? tie : g_strndup(correlation.data, correlation.size);
        if (!is_other) {
            g_assert_true(ht_text_is(event.attr[HT_ATTR_BUSINESSID], "Ab-12"));
            g_assert_true(ht_text_is(event.attr[HT_ATTR_REVERSES], "7a"));
            g_assert_true(ht_text_is(correlation, tie));
        }
    }
    mapping_test_run(test, ROWS(ROW("<NO>12.0</NO><PART>2.10</PART><K>1</K>")));
    g_assert_true(ht_text_is(mapping_test_event(test, 0).key, "person.moved-in.v1|assert|12|2.10|1"));
}

/* A part that is missing, in whatever place, makes no key; what there is of the others still counts. What stands in also= may be
 * missing. */
static void test_parts_that_are_missing(void)
{
    static const struct {
        const char *row, *key, *half;
    } rows[] = {
        {"<A>1</A><B>2</B><C>3</C>", "person.born.v1|assert|1|2|3", NULL},
        {"<A>1</A><B>2</B>", "person.born.v1|assert|1|2|", NULL},
        {"<A>1</A><B>2</B><C>000000</C>", "person.born.v1|assert|1|2|", NULL},
        {"<B>2</B><C>3</C>", NULL, "person.born.v1|assert||2|3"},
        {"<A>不详</A><B>2</B>", NULL, "person.born.v1|assert||2|"},
        {"<A>1</A>", NULL, "person.born.v1|assert|1||"},
        {"<A>1</A><B>19000101</B>", NULL, "person.born.v1|assert|1||"},
        {"<A>null</A>", NULL, NULL},
    };
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.born.v1' for-each='/ROWS/ROW'><id from='A B' also='C'/><element to='person.name' from='XM'/>"
        "<element to='person.birthDate' from='B'/><element to='person.idNumber' from='G'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml =
            g_strdup_printf("<ROWS><ROW><XM>测试甲</XM><G>" ADULT "</G>%s</ROW></ROWS>", rows[i].row);
        mapping_test_run(test, xml);
        HtEvent event = mapping_test_event(test, 0);
        g_assert_true(rows[i].key ? ht_text_is(event.key, rows[i].key) : !event.key.data);
        g_assert_true(rows[i].half ? ht_text_is(event.half_key, rows[i].half) : !event.half_key.data);
    }
}

/* A part with alternatives is the first that is there and no filler; only when there is none the part is missing. */
static void test_parts_with_alternatives(void)
{
    static const struct {
        const char *row, *key, *half, *business;
    } rows[] = {
        {"<A>1</A><B>2</B><C>3</C><D>4</D>", "person.born.v1|assert|1|3|4", NULL, "1"},
        {"<A>无</A><B>2</B><C>3</C>", "person.born.v1|assert|2|3|", NULL, "2"},
        {"<A>０００</A><B>2</B><C>3</C>", "person.born.v1|assert|2|3|", NULL, "2"},
        {"<B>J440104-2019-000000</B><C>3</C>", NULL, "person.born.v1|assert||3|", NULL},
        {"<A>-1</A><B>待补</B><C>3</C><E>5</E>", NULL, "person.born.v1|assert||3|5", NULL},
        {"<A>1</A><C>3</C><D>99999</D><E>5</E>", "person.born.v1|assert|1|3|5", NULL, "1"},
        {"<B>2</B><D>4</D><E>5</E>", NULL, "person.born.v1|assert|2||4", "2"},
    };
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.born.v1' for-each='/ROWS/ROW'><id from='A|B C' also='D|E'/><element to='person.name' from='XM'/>"
        "<element to='person.idNumber' from='G'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml =
            g_strdup_printf("<ROWS><ROW><XM>测试甲</XM><G>" ADULT "</G>%s</ROW></ROWS>", rows[i].row);
        mapping_test_run(test, xml);
        HtEvent event = mapping_test_event(test, 0);
        HtText business = event.attr[HT_ATTR_BUSINESSID];
        g_assert_true(rows[i].key ? ht_text_is(event.key, rows[i].key) : !event.key.data);
        g_assert_true(rows[i].half ? ht_text_is(event.half_key, rows[i].half) : !event.half_key.data);
        g_assert_true(rows[i].business ? ht_text_is(business, rows[i].business) : !business.data);
    }
}

/* ---- The forms in which numbers are compared ---- */

static void test_certificates_fold(void)
{
    static const char *const forms[] = {
        "R990000123",
        "r990000123",
        "Ｒ９９００００１２３",
        " R 990 000 123 ",
        "R-990000123",
        "R990-000-123",
        "Ｒ－９９００００１２３",
        "R—990000123",
        "R·990000123",
        "R.990.000.123",
        "R/990000123",
        "编号：R990000123",
        "No.R990000123",
        "№ R990000123",
        "第R990000123号",
        "出生医学证明编号:R990000123",
        "（R990000123）",
        "R990000123　",
        "R990000123号",
    };
    g_autoptr(MappingTest) test = mapping_test_new(NUMBERED);
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autofree char *row = g_strdup_printf(ROWS(ROW(GOOD "<CSZMBH>%s</CSZMBH>")), forms[i]);
        mapping_test_run(test, row);
        assert_identities(test, 0, "birthCertificate=R990000123");
    }
    mapping_test_run(test, ROWS(ROW(GOOD "<CSZMBH>r-990000123</CSZMBH>")));
    assert_has(test, 0, "\"certificateNumber\":\"r-990000123\"");
}

/* Of a source's own numbers nobody knows whether hyphens count; leading zeros do. */
static void test_local_numbers_fold(void)
{
    static const char *const forms[][2] = {{"ab 12", "AB12"},  {"ＡＢ１２", "AB12"}, {"12-3", "12-3"},
                                           {"1-23", "1-23"},   {"0012", "0012"},     {"12.0", "12"},
                                           {"12.50", "12.50"}, {"粤a1", "粤A1"},     {"１２．０", "12"}};
    g_autoptr(MappingTest) test = mapping_test_new(NUMBERED);
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autofree char *row = g_strdup_printf(ROWS(ROW(GOOD "<RYNBID>%s</RYNBID>")), forms[i][0]);
        g_autofree char *expected = g_strdup_printf("person=%s", forms[i][1]);
        mapping_test_run(test, row);
        assert_identities(test, 0, expected);
    }
    g_autoptr(MappingTest) card =
        mapping_test_new(MAPPING("<event type='person.moved-in.v1' for-each='/ROWS/ROW'>"
                                 "<identity kind='card' from='K' separators='ignore'/></event>"));
    mapping_test_run(card, ROWS(ROW("<K>卡号 a12-345.679</K>")));
    assert_identities(card, 0, "card=A12345679");
}

/* ---- Another person's number ---- */

#define FAMILY(type)                                                                                         \
    MAPPING(                                                                                                 \
        "<event type='" type "' for-each='/ROWS/ROW'>"                                                       \
        "<identity kind='idNumber' from='GMSFHM'/><identity kind='birthCertificate' from='CSZMBH'/>"         \
        "<element to='person.name' from='XM'/><element to='person.idNumber' from='GMSFHM'/>"                 \
        "<element to='person.birthDate' from='CSRQ'/>"                                                       \
        "<element to='mother.idNumber' from='MQGMSFHM'/><element to='father.documentNumber' from='FQZJHM'/>" \
        "<element to='household.headIdNumber' from='HZGMSFHM'/>"                                             \
        "<element to='reporter.idNumber' from='SBRGMSFHM'/>"                                                 \
        "<each group='guardian' path='JHR'><element to='guardian.idNumber' from='ZJHM'/></each></event>")
#define BORN FAMILY("person.born.v1")
#define MOVED FAMILY("person.moved-in.v1")
#define NAMED(name, number) "<XM>" name "</XM><GMSFHM>" number "</GMSFHM>"

/* The columns in which somebody else's number may stand, with the number in the forms in which it is sent. */
static const char *const columns[][2] = {{"<MQGMSFHM>", "</MQGMSFHM>"},
                                         {"<FQZJHM>", "</FQZJHM>"},
                                         {"<HZGMSFHM>", "</HZGMSFHM>"},
                                         {"<SBRGMSFHM>", "</SBRGMSFHM>"},
                                         {"<JHR><ZJHM>1</ZJHM></JHR><JHR><ZJHM>", "</ZJHM></JHR>"}};
static const char *const mothers[] = {MOTHER, "９９０１０４１９６００２０１００２４", "990104 19600201 0024",
                                      "990104600201002",
                                      "990 104 600201 002"}; /* the last one of 18 bytes, too */

static void test_relatives_number_is_not_the_newborns(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(BORN);
    for (size_t column = 0; column < G_N_ELEMENTS(columns); column++) {
        for (size_t form = 0; form < G_N_ELEMENTS(mothers); form++) {
            g_autofree char *other = g_strconcat(columns[column][0], mothers[form], columns[column][1], NULL);
            g_autofree char *row =
                g_strdup_printf(ROWS(ROW(NAMED("测试甲", MOTHER) "<CSZMBH>R990000123</CSZMBH>%s")), other);
            mapping_test_run(test, row);
            assert_identities(test, 0, "birthCertificate=R990000123");
            assert_has(test, 0, CONFLICT);
            assert_has(test, 0, "\"idNumber\":\"" MOTHER "\"");
        }
    }
    mapping_test_run(
        test, ROWS(ROW(NAMED("测试甲", CHILD) "<MQGMSFHM>" MOTHER "</MQGMSFHM><CSRQ>20090313</CSRQ>")));
    assert_identities(test, 0, "idNumber=" CHILD);
    assert_lacks(test, 0, "identity-conflict");
}

/* An adult reports himself, and heads a household; his mother's and guardian's numbers are not his, but a number of his own
 * birthday is. */
static void test_relatives_number_in_other_events(void)
{
    static const bool conflicts[] = {true, true, false, false, true};
    g_autoptr(MappingTest) test = mapping_test_new(MOVED);
    for (size_t column = 0; column < G_N_ELEMENTS(columns); column++) {
        g_autofree char *other = g_strconcat(columns[column][0], ADULT, columns[column][1], NULL);
        g_autofree char *row = g_strdup_printf(ROWS(ROW(NAMED("测试甲", ADULT) "%s")), other);
        mapping_test_run(test, row);
        assert_identities(test, 0, conflicts[column] ? "" : "idNumber=" ADULT);
        g_autofree char *own =
            g_strdup_printf(ROWS(ROW(NAMED("测试甲", ADULT) "<CSRQ>19880602</CSRQ>%s")), other);
        mapping_test_run(test, own);
        assert_identities(test, 0, "idNumber=" ADULT);
    }
}

static void test_number_of_another_birth_is_not_the_newborns(void)
{
    static const char *const contradicting[] = {"20100113", "2008-05-13", "2010", "202003", "1999年3月13日"};
    static const char *const agreeing[] = {
        "20090313", "2009-03-13", "2009",   "200903",        "2009年3月13日", "2009-03-13T00:00:00",
        "20090314", "2009-04-13", "200812", "2009年12月13日"}; /* or nearly so: mistyped, mended */
    g_autoptr(MappingTest) test = mapping_test_new(BORN);
    for (size_t i = 0; i < G_N_ELEMENTS(contradicting); i++) {
        g_autofree char *row = g_strdup_printf(
            ROWS(ROW(NAMED("测试甲", CHILD) "<CSZMBH>R990000123</CSZMBH><CSRQ>%s</CSRQ>")), contradicting[i]);
        mapping_test_run(test, row);
        assert_identities(test, 0, "birthCertificate=R990000123");
        assert_has(test, 0, CONFLICT);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(agreeing); i++) {
        g_autofree char *row =
            g_strdup_printf(ROWS(ROW(NAMED("测试甲", CHILD) "<CSRQ>%s</CSRQ>")), agreeing[i]);
        mapping_test_run(test, row);
        assert_identities(test, 0, "idNumber=" CHILD);
        assert_lacks(test, 0, "identity-conflict");
    }
}

/* In other events a day typed wrong is no other person; a child with a number a generation older is. */
static void test_parents_number_with_a_child(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MOVED);
    mapping_test_run(test, ROWS(ROW(NAMED("测试甲", ADULT) "<CSRQ>19880603</CSRQ>")));
    assert_identities(test, 0, "idNumber=" ADULT);
    mapping_test_run(test, ROWS(ROW(NAMED("测试之子", ADULT) "<CSRQ>20200101</CSRQ>")));
    assert_identities(test, 0, "");
    assert_has(test, 0, CONFLICT);
}

/* The same child reported twice with her mother's number is one, and neither her mother nor a child of another name. */
static void test_contradicted_number(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(BORN);
    mapping_test_run(test, ROWS(ROW(NAMED("测试甲", ADULT) "<CSRQ>20090313</CSRQ>") ROW(
                               NAMED("测试甲", " ９９０１０４19880602 0016") "<CSRQ>2009-03-13</CSRQ>")
                                    ROW(NAMED("测试乙", ADULT) "<CSRQ>20090313</CSRQ>")));
    assert_events(test, 3);
    g_autofree char *first = get_identities(test, 0), *again = get_identities(test, 1),
                    *other = get_identities(test, 2);
    g_assert_true(g_str_has_prefix(first, "contradictedNumber="));
    g_assert_cmpstr(first, ==, again);
    g_assert_cmpstr(first, !=, other);
}

/* Nothing that twins have in common makes them one. */
static void test_twins(void)
{
    static const char *const names[] = {"测试甲之子", "未取名", "婴儿", "张某之子", "大宝"};
    g_autoptr(MappingTest) test = mapping_test_new(BORN);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *row =
            g_strdup_printf(ROW("<XM>%s</XM><GMSFHM>" MOTHER "</GMSFHM><CSRQ>20090313</CSRQ>"), names[i]);
        g_autofree char *both = g_strdup_printf(ROWS("%s%s"), row, row);
        mapping_test_run(test, both);
        assert_events(test, 2);
        assert_identities(test, 0, "");
        assert_identities(test, 1, "");
    }
    mapping_test_run(test, ROWS(ROW("<XM>测试之子</XM><CSZMBH>R990000123</CSZMBH>")
                                    ROW("<XM>测试之子</XM><CSZMBH>R990000124</CSZMBH>")));
    assert_identities(test, 0, "birthCertificate=R990000123");
    assert_identities(test, 1, "birthCertificate=R990000124");
    mapping_test_run(test, ROWS(ROW(NAMED("测试甲", CHILD) "<CSRQ>20090313</CSRQ>")
                                    ROW(NAMED("测试乙", TWIN) "<CSRQ>20090313</CSRQ>")));
    assert_identities(test, 0, "idNumber=" CHILD);
    assert_identities(test, 1, "idNumber=" TWIN);
}

static void test_spouses_are_two(void)
{
#define PARTY(own, other)                                                                                  \
    "<event type='marriage.registered.v1' for-each='/ROWS/ROW'><identity kind='idNumber' from='" own "'/>" \
    "<element to='person.idNumber' from='" own "'/><element to='person.birthDate' from='CSRQ'/>"           \
    "<element to='spouse.idNumber' from='" other "'/></event>"
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(PARTY("MAN", "WOMAN") PARTY("WOMAN", "MAN")));
    mapping_test_run(test,
                     ROWS(ROW("<MAN>" ADULT "</MAN><WOMAN>990104880602001</WOMAN><CSRQ>19880602</CSRQ>")));
    assert_events(test, 2);
    for (guint i = 0; i < 2; i++) {
        assert_identities(test, i, "");
        assert_has(test, i, CONFLICT);
    }
    mapping_test_run(test, ROWS(ROW("<MAN>" ADULT "</MAN><WOMAN>" MOTHER "</WOMAN>")));
    assert_identities(test, 0, "idNumber=" ADULT);
    assert_identities(test, 1, "idNumber=" MOTHER);
}

/* A number of another's numbering: none without that, nor when it is a filler. */
static void test_within(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING("<event type='person.corrected.v1' for-each='/ROWS/ROW'>"
                                 "<identity kind='patient' from='NO' within='HOSPITAL'/></event>"));
    mapping_test_run(test, ROWS(ROW("<NO>00 12</NO><HOSPITAL>h1</HOSPITAL>") ROW("<NO>12</NO>")
                                    ROW("<NO>0000</NO><HOSPITAL>h1</HOSPITAL>")
                                        ROW("<NO>12</NO><HOSPITAL>无</HOSPITAL>")));
    assert_identities(test, 0, "patient=H1:0012");
    assert_identities(test, 1, "");
    assert_identities(test, 2, "");
    assert_has(test, 2, FILLER);
    assert_identities(test, 3, "");
}

static void test_doubt(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.corrected.v1' for-each='/ROWS/ROW'>"
        "<identity kind='idNumber' from='NEW'/><identity kind='idNumber' from='OLD' doubt-when=\"not(LB='12')\"/>"
        "</event>"));
    mapping_test_run(test, ROWS(ROW("<NEW>" ADULT "</NEW><OLD>" MOTHER "</OLD><LB>12</LB>")));
    assert_identities(test, 0, "idNumber=" ADULT " idNumber=" MOTHER);
    mapping_test_run(test, ROWS(ROW("<NEW>" ADULT "</NEW><OLD>" MOTHER "</OLD><LB>?</LB>")));
    assert_identities(test, 0, "idNumber=" ADULT);
    assert_has(test, 0, "{\"mark\":\"identity-conflict\"}");
    mapping_test_run(test, ROWS(ROW("<NEW>" ADULT "</NEW><LB>?</LB>")));
    assert_lacks(test, 0, "identity-conflict");
}

/* ---- Organisations ---- */

static void test_credit_codes(void)
{
    static const char *const codes[][2] = {
        {"919901049999000110", "creditCode=919901049999000110"},
        {"９１９９０１０４９９９９０００３８ｐ", "creditCode=91990104999900038P"},
        {" 91990104-9999 00038P", ""},
        {"919901049999000111", ""}, /* the check character */
        {"990104000000001", ""},    /* a registration number */
        {ADULT, ""},                /* the owner's */
        {"000000000000000000", ""},
        {"null", ""},
    };
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<event type='legal-person.registered.v1' for-each='/ROWS/ROW'>"
                "<identity kind='creditCode' from='TYXYDM'/><identity kind='registrationNumber' from='ZCH'/>"
                "<element to='organization.name' from='MC'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autofree char *xml = g_strdup_printf(
            ROWS(ROW("<TYXYDM>%s</TYXYDM><ZCH>R1</ZCH><MC>测试甲商贸有限公司</MC>")), codes[i][0]);
        g_autofree char *expected =
            g_strconcat(codes[i][1], codes[i][1][0] ? " " : "", "registrationNumber=R1", NULL);
        mapping_test_run(test, xml);
        assert_identities(test, 0, expected);
    }
}

/* A penalty is a person's or a firm's: the first shared number says whose, and the other is nobody's in this event. */
static void test_person_or_organisation(void)
{
    static const char *const rows[][3] = {
        {"919901049999000110", "", "creditCode=919901049999000110"},
        {"", ADULT, "idNumber=" ADULT},
        {"919901049999000110", ADULT, "creditCode=919901049999000110"},
        {"919901049999000111", ADULT, "idNumber=" ADULT},
    };
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<event type='penalty.decided.v1' for-each='/ROWS/ROW'>"
                "<identity kind='creditCode' from='DM'/><identity kind='idNumber' from='SFZ'/>"
                "<identity kind='decision' from='WSH'/><element to='counterpart.name' from='MC'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml = g_strdup_printf(
            ROWS(ROW("<DM>%s</DM><SFZ>%s</SFZ><WSH>D1</WSH><MC>测试甲</MC>")), rows[i][0], rows[i][1]);
        g_autofree char *expected = g_strconcat(rows[i][2], " decision=D1", NULL);
        mapping_test_run(test, xml);
        assert_identities(test, 0, expected);
        g_autofree char *json = mapping_test_json(test, 0);
        g_assert_true((strstr(json, "identity-conflict") != NULL) == (i == 2));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping/filler/is-no-key-and-no-business", test_fillers_are_no_keys);
    g_test_add_func("/mapping/filler/reverses-and-ties-nothing", test_fillers_reverse_and_tie_nothing);
    g_test_add_func("/mapping/filler/is-nobody", test_fillers_are_nobody);
    g_test_add_func("/mapping/filler/gives-way-to-the-next-path", test_next_path_when_the_first_is_a_filler);
    g_test_add_func("/mapping/filler/hides-no-number-in-another-path", test_what_is_no_number_hides_none);
    g_test_add_func("/mapping/filler/of-the-mapping", test_own_fillers);
    g_test_add_func("/mapping/filler/not-where-words-stand", test_words_in_keys);
    g_test_add_func("/mapping/keys/parts-with-alternatives", test_parts_with_alternatives);
    g_test_add_func("/mapping/keys/parts-that-are-missing", test_parts_that_are_missing);
    g_test_add_func("/mapping/keys/one-form", test_one_form_in_keys);
    g_test_add_func("/mapping/keys/numbers-fold", test_numbers_fold_in_keys);
    g_test_add_func("/mapping/identity/certificates-fold", test_certificates_fold);
    g_test_add_func("/mapping/identity/local-numbers-fold", test_local_numbers_fold);
    g_test_add_func("/mapping/identity/relatives-number-is-not-the-newborns",
                    test_relatives_number_is_not_the_newborns);
    g_test_add_func("/mapping/identity/relatives-number-in-other-events",
                    test_relatives_number_in_other_events);
    g_test_add_func("/mapping/identity/another-birth-is-not-the-newborns",
                    test_number_of_another_birth_is_not_the_newborns);
    g_test_add_func("/mapping/identity/parents-number-with-a-child", test_parents_number_with_a_child);
    g_test_add_func("/mapping/identity/contradicted-number", test_contradicted_number);
    g_test_add_func("/mapping/identity/twins-stay-two", test_twins);
    g_test_add_func("/mapping/identity/spouses-are-two", test_spouses_are_two);
    g_test_add_func("/mapping/identity/within-another", test_within);
    g_test_add_func("/mapping/identity/credit-codes-name-organisations", test_credit_codes);
    g_test_add_func("/mapping/identity/person-or-organisation", test_person_or_organisation);
    g_test_add_func("/mapping/identity/doubt-ties-nothing", test_doubt);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
