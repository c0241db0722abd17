/* A site's own event types, elements, tables and mappings beside the shipped ones: in `hutong map`, in the check, in a running bus, and in
 * what a consumer is told of them. */
#include "tests/lib/busproc.h"
#include "tests/lib/places.h"
#include "tests/lib/post.h"
#include "tests/lib/tree.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <utime.h>

static char *site;

static void put(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(site, name, NULL), *above = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(above, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static const char dictionary[] =
    "<dictionary xmlns='urn:hutong:dictionary:1' edition='1.0'>\n"
    "<group name='meter' zh='水表'>"
    "<element name='number' zh='表号' type='string' length='20' sensitivity='0' mask='none'/>"
    "<element name='kind' zh='类别' type='code' length='2' table='meter.kind' sensitivity='0' mask='none'/></group>\n"
    "<eventType name='meter.read' version='1' zh='抄表' direction='return' groups='person meter'/>\n"
    "</dictionary>";
static const char mapping[] =
    "<mapping xmlns='urn:hutong:mapping:1' source='water' authority='water' version='1'>\n"
    "<event type='meter.read.v1' for-each='/R/W'><id from='N'/><time from='T'/>\n"
    "<identity kind='idNumber' from='S'/>\n"
    "<element to='meter.number' from='N'/>\n"
    "<element to='meter.kind' from='K' translate='meter.words'/></event></mapping>";
static const char payload[] = "<R><W><N>000123</N><T>20260318</T><S>990104195008179950</S><K>冷</K></W></R>";

static void make_site(void)
{
    site = g_dir_make_tmp("hutong-site-XXXXXX", NULL);
    put("dictionary.d/water.xml", dictionary);
    put("tables/meter.kind.tsv", "# standard: none\ncode\tzh\n1\t冷水\n2\t热水\n");
    put("tables/translate/meter.words.tsv", "# table: meter.kind\nfrom\tto\n冷\t1\n");
    put("water.xml", mapping);
    put("water/one.xml", payload);
    put("water/one.expected.json", "[\"meter.read.v1\"]");
}

static void end_site(void)
{
    tree_remove(site);
    g_clear_pointer(&site, g_free);
}

static void expect(int status, const char *text, char *output, int got)
{
    g_test_message("%d: %s", got, output);
    g_assert_cmpint(got, ==, status);
    g_assert_nonnull(strstr(output, text));
    g_free(output);
}

#define EXPECT(status, text, ...)                         \
    do {                                                  \
        char *told = NULL;                                \
        int ended = run_hutong(&told, __VA_ARGS__, NULL); \
        expect(status, text, told, ended);                \
    } while (0)

/* No option says where the words are. */
static void test_words_are_found_beside_the_mapping(void)
{
    make_site();
    g_autofree char *file = g_build_filename(site, "water.xml", NULL),
                    *one = g_build_filename(site, "water/one.xml", NULL),
                    *fixtures = g_build_filename(site, "water", NULL),
                    *words = g_build_filename(site, "tables/translate/meter.words.tsv", NULL);
    EXPECT(0, "\"meter.read.v1\"", "map", "-m", file, one);
    EXPECT(0, "ok 1 - water/one.xml", "test", site);
    EXPECT(0, "passed", "adapter", "check", "xml", "--mapping", file, "--fixtures", fixtures);
    g_unlink(words);
    EXPECT(1, "water.xml:5: error: there is no translation \"meter.words\" in ", "map", "-m", file, one);
    EXPECT(1, site, "map", "-m", file, one); /* where it was looked for */
    put("tables/translate/meter.words.tsv", "# table: meter.kind\nfrom\tto\n冷\t1\n");
    put("dictionary.d/water.xml",
        "<dictionary xmlns='urn:hutong:dictionary:1' edition='1.0'>\n"
        "<group name='person' zh='人员'><element name='sex' zh='性别' type='string' "
        "length='1' sensitivity='0' mask='none'/></group></dictionary>");
    EXPECT(78, "water.xml:2: error: element \"person.sex\" means something else in ", "map", "-m", file, one);
    end_site();
}

/* Every fixture of the adapter xml, altered value by value, takes minutes under a sanitizer. */
static bool is_checked(void)
{
    return !test_is_sanitized();
}

static BusProcess *make_bus(void)
{
    static const char sections[] =
        "[source water]\ndepartment = water\nadapter = xml\nmapping = water.xml\ndivision = 440104\n"
        "published = 2026-03-18\n"
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = pull\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "[route all]\ntypes = meter.*\nto = platform\n";
    g_autofree char *keys =
        g_strdup_printf("mappings = %s\nadapter-check = %s\n", site, is_checked() ? "on" : "off");
    return bus_process_new(keys, sections);
}

static JsonObject *find_entry(JsonNode *catalogue, const char *identifier)
{
    JsonArray *entries = json_node_get_array(catalogue);
    for (unsigned i = 0; i < json_array_get_length(entries); i++) {
        JsonObject *entry = json_array_get_object_element(entries, i);
        if (g_str_equal(json_object_get_string_member(entry, "信息资源标识符"), identifier)) {
            return entry;
        }
    }
    g_assert_not_reached();
}

/* Dates are of the configuration, the files and nobody else; what is not known is not there. */
static void expect_dates(BusProcess *bus)
{
    g_autofree char *output = NULL, *file = g_build_filename(site, "water.xml", NULL);
    struct utimbuf later = {4102444800, 4102444800}; /* 2100-01-01T00:00:00Z: after all other files */
    g_assert_cmpint(utime(file, &later), ==, 0);
    g_assert_cmpint(run_hutong(&output, "catalogue", "-c", bus->config, "--json", NULL), ==, 0);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_assert_true(json_parser_load_from_data(parser, strstr(output, "[\n"), -1, NULL));
    JsonObject *water = find_entry(json_parser_get_root(parser), "water/meter.read.v1");
    JsonObject *other = find_entry(json_parser_get_root(parser), "hukou/person.born.v1");
    g_assert_cmpstr(json_object_get_string_member(water, "信息资源出版日期"), ==, "2026-03-18");
    g_assert_cmpstr(json_object_get_string_member(water, "元数据更新日期"), ==, "2100-01-01");
    g_assert_cmpstr(json_object_get_string_member(water, "服务信息"), ==, "拉取（/out/platform）");
    g_assert_false(json_object_has_member(other, "信息资源出版日期"));
    g_assert_false(json_object_has_member(other, "服务信息"));
    g_assert_cmpuint(strlen(json_object_get_string_member(other, "元数据更新日期")), ==,
                     strlen("2026-03-18"));
    g_assert_cmpstr(json_object_get_string_member(other, "元数据更新日期"), !=, "2100-01-01");
}

static void test_a_bus_serves_a_sites_words_and_the_shipped_mappings(void)
{
    gsize size;
    g_autofree char *birth = read_source_file("adapters/hukou/fixtures/full-birth.xml", &size);
    make_site();
    BusProcess *bus = make_bus();
    EXPECT(0, "", "check", "-c", bus->config);
    bus_process_start(bus);
    if (is_checked()) {
        bus_process_wait_check(bus, 0, "passed", 60000);
        bus_process_wait_check(bus, 1, "passed", 60000);
    }
    g_autoptr(Answer) sent = post(bus->port, "/in/water", "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(sent->status, ==, 200);
    g_autoptr(Answer) shipped = post(bus->port, "/in/hukou", "text/xml", NULL, birth, size);
    g_assert_cmpint(shipped->status, ==, 200); /* a shipped mapping, by its name, beside the site's */
    g_autoptr(Answer) got = fetch(bus->port, "/out/platform?wait=5", NULL);
    g_assert_cmpint(got->status, ==, 200);
    g_assert_nonnull(strstr(got->body->str, "\"meter.read.v1\""));
    g_assert_nonnull(strstr(got->body->str, "\"kind\":\"1\""));
    g_autoptr(Answer) schema = fetch(bus->port, "/schema/meter.read.v1.json", NULL);
    g_assert_cmpint(schema->status, ==, 200);
    g_assert_nonnull(strstr(schema->body->str, "冷水"));
    EXPECT(0, "## 抄表（water/meter.read.v1）", "catalogue", "-c", bus->config);
    EXPECT(0, "| platform | 社区人口服务 | 2099-12-31 | 2 | 全部 |", "catalogue", "-c", bus->config);
    EXPECT(0, "\"信息资源提供方\" : \"police\"", "catalogue", "-c", bus->config, "--json");
    EXPECT(0, "\"元数据标识符\" : \"yuexiu/water/meter.read.v1\"", "catalogue", "-c", bus->config, "--json");
    EXPECT(0, "没有使用方。", "catalogue", "-c", bus->config); /* nothing of the register is routed */
    expect_dates(bus);
    EXPECT(78, "none.conf", "catalogue", "-c", "/nonexistent/none.conf");
    EXPECT(0, "meter.kind", "schema", "-c", bus->config, "json", "meter.read.v1");
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
    end_site();
}

static void test_the_check_tells_what_is_wrong_with_a_sites_words(void)
{
    make_site();
    BusProcess *bus = make_bus();
    put("dictionary.d/a.xml", "<dictionary xmlns='urn:hutong:dictionary:1' edition='1.0'>\n"
                              "<eventType name='person.born' version='1' zh='他' direction='return' "
                              "groups='person'/></dictionary>");
    EXPECT(78, "a.xml:2: error: event type \"person.born\" means something else", "check", "-c", bus->config);
    put("dictionary.d/a.xml", "<dictionary xmlns='urn:hutong:dictionary:1' edition='1.0'/>");
    put("tables/GB-T-2261.1.tsv", "# standard: none\ncode\tzh\n1\t女\n");
    EXPECT(78, "GB-T-2261.1.tsv has that name", "check", "-c", bus->config);
    bus_process_free(bus);
    end_site();
}

/* ---- Places ---- */

/* The divisions of the events that a consumer has got, in order: "440104001003 …". The caller frees. */
static char *places_of(const BusProcess *bus, const char *consumer)
{
    g_autofree char *path = g_strdup_printf("/out/%s?wait=10&limit=20", consumer);
    g_autoptr(Answer) got = fetch(bus->port, path, NULL);
    g_assert_cmpint(got->status, ==, 200);
    g_autoptr(JsonNode) node = json_from_string(got->body->str, NULL);
    JsonArray *events = json_node_get_array(node);
    GString *places = g_string_new(NULL);
    for (guint i = 0; i < json_array_get_length(events); i++) {
        JsonObject *event = json_array_get_object_element(events, i);
        g_string_append_printf(places, "%s ", json_object_get_string_member(event, "division"));
    }
    return g_string_free(places, FALSE);
}

/* Below the committee, after a merger, and by the sender's own numbering: each goes to the place of today, and to who serves that. */
static void test_events_go_to_the_grid_of_today(void)
{
    static const char rows[] =
        "<R><W><N>1</N><T>20260318</T><P>44010400100301</P></W><W><N>2</N><T>20260318</T><P>44010400100302</P></W>"
        "<W><N>3</N><T>20260318</T><P>PQ-017</P></W><W><N>4</N><T>20260318</T><P>440104001004</P></W>"
        "<W><N>5</N><T>20260318</T><P>440104001003015</P></W><W><N>6</N><T>20260318</T><P>990104195008179950</P></W></R>";
    static const char places[] =
        "<mapping xmlns='urn:hutong:mapping:1' source='water' authority='water' version='1'>\n"
        "<event type='meter.read.v1' for-each='/R/W'><id from='N'/><time from='T'/><division from='P'/>"
        "<element to='meter.number' from='N'/></event></mapping>";
    make_site();
    put("water.xml", places);
    put("divisions/grids.tsv", "code\tzh\tnow\n440104001004\tx\t440104001003\nPQ-017\tx\t44010400100302\n");
    g_autofree char *keys = g_strdup_printf("mappings = %s\n", site);
    BusProcess *bus = bus_process_new(
        keys,
        "[source water]\ndepartment = water\nadapter = xml\nmapping = water.xml\ndivision = 440104\n"
        "[consumer grid]\ntype = pull\n[consumer committee]\ntype = pull\n[consumer other]\ntype = pull\n"
        "[route grid]\ndivisions = 44010400100302*\nto = grid\n"
        "[route committee]\ndivisions = 440104001003*\nto = committee\n"
        "[route other]\ndivisions = 440104*\nto = other\n");
    bus_process_start(bus);
    g_autoptr(Answer) sent = post(bus->port, "/in/water", "text/xml", NULL, rows, strlen(rows));
    g_assert_cmpint(sent->status, ==, 200);
    g_autofree char *grid = places_of(bus, "grid"), *committee = places_of(bus, "committee"),
                    *other = places_of(bus, "other");
    g_assert_cmpstr(grid, ==, "44010400100302 44010400100302 ");
    g_assert_cmpstr(committee, ==, "44010400100301 44010400100302 44010400100302 440104001003 ");
    /* What no list knows is the source's place: fifteen digits could be a person's number, eighteen are one. */
    g_assert_cmpstr(other, ==, "44010400100301 44010400100302 44010400100302 440104001003 440104 440104 ");
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
    end_site();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/are-found-beside-the-mapping", test_words_are_found_beside_the_mapping);
    g_test_add_func("/words/a-bus-serves-a-sites-and-the-shipped",
                    test_a_bus_serves_a_sites_words_and_the_shipped_mappings);
    g_test_add_func("/words/events-go-to-the-grid-of-today", test_events_go_to_the_grid_of_today);
    g_test_add_func("/words/the-check-tells-what-is-wrong",
                    test_the_check_tells_what_is_wrong_with_a_sites_words);
    return g_test_run();
}
