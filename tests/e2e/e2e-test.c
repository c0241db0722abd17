/* `hutong test`, as a mapping's author meets it: the shipped fixtures, every value that differs, who gets what, and what is no fixture. */
#include "tests/lib/busproc.h"
#include "tests/lib/tree.h"

#include <glib/gstdio.h>
#include <string.h>

static char *folder; /* of the test at work; what is in it goes with it */

static void begin(void)
{
    folder = g_dir_make_tmp("hutong-test-XXXXXX", NULL);
}

static void end(void)
{
    tree_remove(folder);
    g_clear_pointer(&folder, g_free);
}

static char *in_folder(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void put(const char *name, const char *text)
{
    g_autofree char *path = in_folder(name), *above = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(above, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

#define MAPPING(element)                                                                                        \
    "<?xml version='1.0'?>\n<mapping xmlns='urn:hutong:mapping:1' source='w' authority='police' version='1'>\n" \
    "<event type='person.moved-in.v1' for-each='/ROWS/ROW'><id from='B'/><time from='T'/>\n"                    \
    "<identity kind='idNumber' from='N'/>\n" element "</event></mapping>"
#define GOOD MAPPING("<element to='person.name' from='XM'/><element to='person.formerName' from='CYM'/>")
#define ROWS \
    "<ROWS><ROW><B>7</B><N>990104195008179950</N><T>20090318</T><XM>测试丁</XM><CYM>测试乙</CYM></ROW></ROWS>"

static void expect(const char *const *texts, char *output, int status, int got)
{
    g_test_message("ended with %d", got); /* what was written has values of persons, if only samples */
    g_assert_cmpint(got, ==, status);
    for (unsigned i = 0; texts[i]; i++) {
        if (!strstr(output, texts[i])) {
            g_error("it does not say %s", texts[i]);
        }
    }
    g_free(output);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define EXPECT(status, texts, ...)                        \
    do {                                                  \
        char *told = NULL;                                \
        int ended = run_hutong(&told, __VA_ARGS__, NULL); \
        expect(texts, told, status, ended);               \
    } while (0)

/* ---- What is shipped ---- */

static void test_shipped_fixtures_pass(void)
{
    static const char *const adapters[] = {"hukou", "marriage", "health", "social-security", "xml"};
    for (unsigned i = 0; i < G_N_ELEMENTS(adapters); i++) {
        g_autofree char *path = g_build_filename(g_getenv("HUTONG_SRCDIR"), "adapters", adapters[i], NULL);
        char *output = NULL;
        int status = run_hutong(&output, "test", path, NULL);
        g_assert_cmpint(status, ==, 0);
        g_assert_nonnull(strstr(output, "\nok 5 - "));
        g_assert_null(strstr(output, "not ok"));
        g_free(output);
    }
}

/* ---- Differences ---- */

static void test_every_value_that_differs_is_told(void)
{
    begin();
    put("w.xml", GOOD);
    put("w/row.xml", ROWS);
    put("w/row.expected.json",
        "{\"records\":2,\"events\":[{\"type\":\"person.moved-out.v1\",\"businessid\":null,\"key\":false,"
        "\"identities\":\"local\",\"data\":{\"person\":{\"name\":\"测试甲\",\"sex\":\"1\"}}}]}");
    put("w/other.xml", ROWS);
    put("w/other.expected.json", "[\"person.moved-in.v1\"]");
    EXPECT(
        1,
        TEXTS(
            "TAP version 13\n", "ok 1 - w/other.xml: 1 event: person.moved-in.v1\n", "not ok 2 - w/row.xml",
            "records is 1, not 2\n",
            "events[0].type has another value\n#     expected  \"person.moved-out.v1\"\n"
            "#     got       \"person.moved-in.v1\"\n",
            "events[0].businessid is not expected\n#     expected  nothing\n#     got       \"7\"\n",
            "events[0].key is there\n", "events[0].identities has another value\n",
            "events[0].data.person.name has another value\n#     expected  \"测试甲\"\n#     got       \"测试丁\"\n",
            "events[0].data.person.formerName is not expected\n#     expected  nothing\n#     got       \"测试乙\"\n",
            "events[0].data.person.sex is missing\n#     expected  \"1\"\n#     got       nothing\n",
            "1..2\n# 1 of 2 failed\n"),
        "test", folder);
    /* too few events, and one refused where one was meant */
    put("w/row.expected.json", "[\"person.moved-in.v1\",\"person.moved-in.v1\"]");
    put("w/other.xml", "<ROWS><ROW>");
    EXPECT(
        1,
        TEXTS("events has 1 items, not 2\n#     expected  "
              "[\"person.moved-in.v1\",\"person.moved-in.v1\"]\n#     got       [\"person.moved-in.v1\"]\n",
              "not ok 1 - w/other.xml", "verdict is reject", "#   fault "),
        "test", folder);
    end();
}

/* The check that the bus itself asks for says values to people, and none to the bus. */
static void test_the_adapters_check_tells_values_to_people_only(void)
{
    begin();
    put("w.xml", GOOD);
    put("w/row.xml", ROWS);
    put("w/row.expected.json", "[{\"data\":{\"person\":{\"name\":\"测试甲\"}}}]");
    g_autofree char *mapping = in_folder("w.xml"), *fixtures = in_folder("w"), *output = NULL;
    EXPECT(1,
           TEXTS("events[0].data.person.name has another value: expected \"测试甲\", got \"测试丁\"\n",
                 "events[0].data.person.formerName is not expected: expected nothing, got \"测试乙\"\n"),
           "adapter", "check", "xml", "--mapping", mapping, "--fixtures", fixtures);
    EXPECT(1,
           TEXTS("\n# events[0].data.person.name has another value: expected \"测试甲\", got \"测试丁\"\n"),
           "adapter", "check", "xml", "--tap", "--mapping", mapping, "--fixtures", fixtures);
    g_assert_cmpint(run_hutong(&output, "adapter", "check", "xml", "--json", "--mapping", mapping,
                               "--fixtures", fixtures, NULL),
                    ==, 1);
    g_assert_nonnull(strstr(output, "events[0].data.person.name has another value"));
    g_assert_null(strstr(output, "测试"));
    end();
}

/* ---- Routes ---- */

static void test_who_gets_what_is_compared(void)
{
    static const char sections[] =
        "[source w]\ndepartment = police\nadapter = xml\nmapping = %s/w.xml\n"
        "[consumer street]\ntype = pull\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "deny = person.formerName\n"
        "[consumer none]\ntype = pull\n"
        "[route a]\ntypes = person.*\nto = street\n[route b]\ntypes = benefit.*\nto = none\n";
    begin();
    g_autofree char *all = g_strdup_printf(sections, folder), *payload = in_folder("w/row.xml"), *text = NULL,
                    *expected = in_folder("w/row.expected.json");
    BusProcess *bus = bus_process_new(NULL, all);
    put("w.xml", GOOD);
    put("w/row.xml", ROWS);
    put("w/row.expected.json", "[{\"consumers\":[\"street\"]}]");
    EXPECT(0, TEXTS("ok 1 - w/row.xml"), "test", "-c", bus->config, "-s", "w");
    EXPECT(0, TEXTS("ok 1 - w/row.xml"), "test", "-c", bus->config, "--sources");
    EXPECT(0, TEXTS("compared only for a source"), "test", folder);
    put("w/row.expected.json", "[{\"consumers\":[\"none\"]}]");
    EXPECT(1, TEXTS("events[0].consumers.street is not expected", "events[0].consumers.none is missing"),
           "test", "-c", bus->config, "-s", "w");
    put("w/row.expected.json", "[{\"consumers\":{\"street\":{\"person\":{\"name\":\"测试甲\"}}}}]");
    EXPECT(1,
           TEXTS("events[0].consumers.street.person.name has another value\n#     expected  \"测试甲\"\n"
                 "#     got       \"测试丁\""),
           "test", "-c", bus->config, "--sources");
    /* what explain writes is what comes */
    EXPECT(0, TEXTS("written"), "explain", "-c", bus->config, "-s", "w", "--write-expected", "--force",
           payload);
    g_assert_true(g_file_get_contents(expected, &text, NULL, NULL));
    g_assert_nonnull(strstr(text, "\"street\""));
    g_assert_null(strstr(strstr(text, "\"street\""), "formerName"));
    EXPECT(0, TEXTS("ok 1 - w/row.xml"), "test", "-c", bus->config, "-s", "w");
    EXPECT(64, TEXTS("there is no [source nobody]"), "test", "-c", bus->config, "-s", "nobody");
    bus_process_free(bus);
    end();
}

/* ---- What is no fixture ---- */

static void test_what_is_wrong_is_told(void)
{
    begin();
    g_autofree char *mapping = in_folder("w.xml"), *nowhere = in_folder("nowhere"),
                    *fixtures = in_folder("w");
    EXPECT(64, TEXTS("nothing to test", "Bail out!"), "test", folder);
    EXPECT(64, TEXTS("nowhere"), "test", nowhere);
    put("w.xml", GOOD);
    EXPECT(64, TEXTS("no fixtures", "is no folder that can be read"), "test", mapping);
    put("w/README.md", "none");
    EXPECT(64, TEXTS("no fixtures", "has no payload"), "test", mapping);
    EXPECT(64, TEXTS("one of -m"), "test", "-m", mapping, "--sources");
    put("w/lonely.expected.json", "[]");
    EXPECT(1, TEXTS("not ok 1 - w/lonely.expected.json", "no payload beside"), "test", folder);
    put("w/lonely.xml", ROWS);
    put("w/lonely.expected.json", "[{\"divison\":null}]");
    EXPECT(1, TEXTS("not ok 1 - w/lonely.xml", "events[0].divison is no member of an event"), "test", folder);
    put("w/lonely.expected.json", "[{\"consumers\":\"street\"}]");
    EXPECT(1, TEXTS("events[0].consumers is of the wrong type"), "test", folder);
    g_autofree char *lonely = in_folder("w/lonely.expected.json");
    g_unlink(lonely);
    EXPECT(0, TEXTS("ok 1 - w/lonely.xml # SKIP nothing is expected of it (1 event: person.moved-in.v1)"),
           "test", folder);
    EXPECT(0, TEXTS("ok 1 - w/lonely.xml"), "test", "-m", mapping, fixtures);
    put("w/an #odd.xml", ROWS); /* no directive of TAP */
    EXPECT(0, TEXTS("ok 1 - w/an \\#odd.xml # SKIP"), "test", folder);
    put("w.xml", MAPPING("<element to='person.nam' from='XM'/>"));
    EXPECT(1, TEXTS("not ok 1 - ", "w.xml:5: error", "the rest of it was not tried", "1..1\n"), "test",
           folder);
    put("fixtures/x.xml", ROWS); /* an adapter's folder without its mapping */
    EXPECT(1, TEXTS("there is no mapping "), "test", folder);
    end();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/test/shipped-fixtures-pass", test_shipped_fixtures_pass);
    g_test_add_func("/test/every-value-that-differs-is-told", test_every_value_that_differs_is_told);
    g_test_add_func("/test/the-adapters-check-tells-values-to-people-only",
                    test_the_adapters_check_tells_values_to_people_only);
    g_test_add_func("/test/who-gets-what-is-compared", test_who_gets_what_is_compared);
    g_test_add_func("/test/what-is-wrong-is-told", test_what_is_wrong_is_told);
    return g_test_run();
}
