/* The values that the conformance kit alters: another one of its kind, of the same size. */
#include "mappings/engine/values/alter.h"
#include "mappings/engine/values/idnumber.h"
#include "tests/lib/mapping-test.h"

static void test_stays_one_of_its_kind(void)
{
    static const char *const pairs[][2] = {
        {"20090312", "20090311"},
        {"2009-03-31 08:30:00", "2009-03-30 08:30:00"},
        {"2009-3-9T00:00:00", "2009-3-8T00:00:00"},
        {"2009年3月10日", "2009年3月11日"},
        {"1900-01-01", "1900-01-00"},
        {"440104", "440105"},
        {"G19", "G10"},
        {"12.50", "12.51"},
        {"IB", "IC"},
        {"ia", "ib"},
        {"测试甲", "测试丁"},
        {"测试丁", "测试戊"},
        {"A１９", "B１９"},
        {"１９", "１０"},
        {"", ""},
        {"--", "--"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *text = g_strdup(pairs[i][0]);
        bool altered = ht_alter_text(text, strlen(text));
        g_assert_cmpstr(text, ==, pairs[i][1]);
        g_assert_cmpint(altered, ==, strcmp(pairs[i][0], pairs[i][1]) != 0);
    }
}

/* What only its end tells is changed in front too; one character has no other end. */
static void test_has_another_end(void)
{
    static const char *const pairs[][2] = {
        {"20090312", "20080312"},
        {"2000年3月10日", "2009年3月10日"},
        {"G19", "B19"},
        {"440104", "540104"},
        {"测试甲", "丁试甲"},
        {"１９", "２９"},
        {"测试G", "测试G"},
        {"甲", "甲"},
        {"1", "1"},
        {"", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *text = g_strdup(pairs[i][0]);
        bool altered = ht_alter_front(text, strlen(text));
        g_assert_cmpstr(text, ==, pairs[i][1]);
        g_assert_cmpint(altered, ==, strcmp(pairs[i][0], pairs[i][1]) != 0);
    }
}

/* Whatever stands before it; of a day in seconds there is no other end, and its kind is a day. */
static void test_has_an_end(void)
{
    static const char *const pairs[][3] = {
        {"2009-03-31 08:30:00", "2009-03-31 08:30:01", "2009-03-30 08:30:00"},
        {"中山路1号", "中山路1丁", "中山路2号"},
        {"G19", "G10", "G10"},
        {"１９。", "１０。", "１０。"},
        {"1236787200", "1236787200", "1236700800"},
        {"1236873600", "1236873600", "1236787200"},
        {"1238515200", "1238515200", "1238428800"},
        {"1238515201", "1238515202", "1238515202"},
        {"--", "--", "--"},
        {"", "", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *end = g_strdup(pairs[i][0]), *kind = g_strdup(pairs[i][0]);
        g_assert_cmpint(ht_alter_end(end, strlen(end)), ==, strcmp(pairs[i][0], pairs[i][1]) != 0);
        g_assert_cmpstr(end, ==, pairs[i][1]);
        ht_alter_text(kind, strlen(kind));
        g_assert_cmpstr(kind, ==, pairs[i][2]);
    }
}

static void test_citizen_stays_sound(void)
{
    char text[] = "990104198806020016";
    HtIdNumber before, after;
    ht_idnumber_parse(text, strlen(text), &before);
    g_assert_true(ht_alter_text(text, strlen(text)));
    ht_idnumber_parse(text, strlen(text), &after);
    g_assert_true(after.valid);
    g_assert_cmpint(before.sex, ==, after.sex);
    g_assert_cmpstr(before.birth_date, ==, after.birth_date);
    g_assert_cmpstr(before.canonical, !=, after.canonical);
    g_assert_true(ht_alter_front(text, strlen(text)));
    ht_idnumber_parse(text, strlen(text), &before);
    g_assert_true(before.valid);
    g_assert_cmpstr(before.birth_date, ==, after.birth_date);
    g_assert_cmpstr(before.canonical, !=, after.canonical);
}

static void run_altered(MappingTest *test, const char *xml, uint32_t alter)
{
    HtPayload payload = {.body = ht_text_from(xml), .head.alter = alter};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    ht_mapper_run(test->mapper, &payload, &test->outcome);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
}

/* What is asked for is altered, said with its path, and nothing else: counted in the order of the document, attributes too. */
static void test_one_by_one(void)
{
    static const char *const paths[] = {"@NO", "XM", "CSRQ"};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.born.v1' for-each='/ROWS/ROW'><id from='@NO'/><element to='person.name' from='XM'/>"
        "<element to='person.birthDate' from='CSRQ'/></event>"));
    const char *xml = "<ROWS><ROW NO='7'><XM>测试甲</XM><CSRQ>20090312</CSRQ></ROW></ROWS>";
    run_altered(test, xml, HT_ALTER_COUNT);
    g_assert_cmpuint(test->outcome.altered.values, ==, 3);
    g_assert_null(test->outcome.altered.path.data);
    for (uint32_t value = 1; value <= 3; value++) {
        run_altered(test, xml, value);
        g_assert_true(ht_text_is(test->outcome.altered.path, paths[value - 1]));
        g_assert_true(test->outcome.altered.carried);
        g_autofree char *json = mapping_test_json(test, 0);
        g_assert_true((strstr(json, "测试丁") != NULL) == (value == 2));
        g_assert_true((strstr(json, "2009-03-11") != NULL) == (value == 3));
    }
    run_altered(test, xml, HT_ALTER_NONE);
    g_assert_cmpuint(test->outcome.altered.values, ==, 0);
}

/* What an XPath finds is no value of a path, and counted all the same. */
static void test_xpaths_too(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.born.v1' for-each='/ROWS/ROW'><element to='person.name' xpath='string(XM)'/>"
        "<element to='person.birthDate' from='CSRQ'/></event>"));
    const char *xml = "<ROWS><ROW><XM>测试甲</XM><CSRQ>20090312</CSRQ></ROW></ROWS>";
    run_altered(test, xml, HT_ALTER_COUNT);
    g_assert_cmpuint(test->outcome.altered.values, ==, 2);
    const uint32_t both[] = {2, HT_ALTER_PERSON};
    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        run_altered(test, xml, both[i]);
        g_assert_true(ht_text_is(test->outcome.altered.path, "person.name (string(XM))"));
        g_assert_true(test->outcome.altered.carried);
        g_autofree char *json = mapping_test_json(test, 0);
        g_assert_nonnull(strstr(json, "测试丁"));
        g_assert_nonnull(strstr(json, "2009-03-12"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/alter/stays-one-of-its-kind", test_stays_one_of_its_kind);
    g_test_add_func("/alter/citizen-stays-sound", test_citizen_stays_sound);
    g_test_add_func("/alter/has-another-end", test_has_another_end);
    g_test_add_func("/alter/has-an-end", test_has_an_end);
    g_test_add_func("/alter/xpaths-too", test_xpaths_too);
    g_test_add_func("/alter/one-by-one", test_one_by_one);
    return g_test_run();
}
