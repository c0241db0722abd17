/* Are events what `hutong schema json` says of them: every fixture of every adapter goes through a real bus to consumers that see all of
 * it, and each element under each mask. And is what would be wrong refused. */
#include "tests/lib/busproc.h"
#include "tests/lib/eventcheck.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

static const struct {
    const char *source, *department, *adapter, *mapping, *folder;
} sources[] = {
    {"hukou", "police", "hukou", "hukou.xml", "hukou/fixtures"},
    {"marriage", "civil-affairs", "marriage", "marriage.xml", "marriage/fixtures"},
    {"social-security", "hrss", "social-security", "social-security.xml", "social-security/fixtures"},
    {"health", "health", "health", "health.xml", "health/fixtures"},
    {"disabled", "disabled", "xml", "disabled.xml", "xml/fixtures/disabled"},
    {"family-planning", "health", "xml", "family-planning.xml", "xml/fixtures/family-planning"},
    {"low-income", "civil-affairs", "xml", "low-income.xml", "xml/fixtures/low-income"},
    {"population-base", "police", "xml", "population-base.xml", "xml/fixtures/population-base"},
};
static const char *const masks[] = {NULL, "name", "idNumber", "phone", "address", "year", "last4"};

typedef struct {
    BusProcess *bus;
    Platform *platforms[G_N_ELEMENTS(masks)]; /* one for each mask */
} Fixture;

static void add_consumer(GString *sections, unsigned i, const char *url)
{
    g_autofree char *mask =
        masks[i] ? g_strdup_printf("mask = *:%s\n", masks[i]) : g_strdup("allow = unmapped\n");
    g_string_append_printf(sections,
                           "[consumer c%u]\ntype = webhook\nurl = %s\nclearance = 3\npurpose = 测试\n%s", i,
                           url, mask);
}

static void start(Fixture *f, const char *bus_keys)
{
    g_autoptr(GString) sections = g_string_new(NULL), to = g_string_new(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_string_append_printf(
            sections, "[source %s]\ndepartment = %s\nadapter = %s\nmapping = %s\ndivision = 440104\n",
            sources[i].source, sources[i].department, sources[i].adapter, sources[i].mapping);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(masks); i++) {
        f->platforms[i] = platform_new();
        add_consumer(sections, i, platform_url(f->platforms[i]));
        g_string_append_printf(to, "%sc%u", i ? ";" : "", i);
    }
    g_string_append_printf(sections, "[route all]\nto = %s\n", to->str);
    f->bus = bus_process_new(bus_keys, sections->str);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    for (unsigned i = 0; i < G_N_ELEMENTS(masks); i++) {
        platform_free(f->platforms[i]);
    }
}

/* ---- Sending all fixtures ---- */

/* The payload beside NAME.expected.json: whatever has that name and another ending. The caller frees. */
static char *find_payload(const char *folder, const char *expected)
{
    g_autofree char *stem = g_strndup(expected, strlen(expected) - strlen("expected.json"));
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        if (g_str_has_prefix(name, stem) && !g_str_equal(name, expected)) {
            return g_build_filename(folder, name, NULL);
        }
    }
    g_error("%s/%s: there is no payload beside it", folder, expected);
}

static void post_fixture(Fixture *f, const char *source, const char *folder, const char *expected)
{
    g_autofree char *payload = find_payload(folder, expected), *bytes = NULL,
                    *path = g_build_filename(folder, expected, NULL), *action = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    gsize size;
    g_assert_true(g_file_get_contents(payload, &bytes, &size, NULL));
    g_assert_true(json_parser_load_from_file(parser, path, NULL));
    JsonNode *root = json_parser_get_root(parser);
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    JsonObject *request = object && json_object_has_member(object, "request")
                              ? json_object_get_object_member(object, "request")
                              : json_object_new();
    const char *type = json_object_get_string_member_with_default(request, "contentType", "text/xml");
    const char *soap = json_object_get_string_member_with_default(request, "soapAction", NULL);
    action = soap ? g_strdup_printf("SOAPAction: %s", soap) : NULL;
    const char *const headers[] = {action, NULL};
    g_autofree char *target = g_strconcat("/in/", source, NULL);
    g_autoptr(Answer) answer = post(f->bus->port, target, type, headers, bytes, size);
    g_assert_cmpint(answer->status, !=, 0);
}

/* One resident's life, as the demo sends it. */
static void post_life(Fixture *f)
{
    static const char *const steps[][2] = {{"health", "1-birth-certificate.xml"},
                                           {"hukou", "2-birth-registration.xml"},
                                           {"health", "3-vaccination-card.xml"},
                                           {"social-security", "4-insurance.xml"},
                                           {"marriage", "5-marriage.xml"},
                                           {"hukou", "6-move-in.xml"},
                                           {"population-base", "7-population-base.xml"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++) {
        gsize size;
        g_autofree char *file = g_build_filename("tests/demo/data", steps[i][1], NULL);
        g_autofree char *bytes = read_source_file(file, &size),
                        *target = g_strconcat("/in/", steps[i][0], NULL);
        g_autoptr(Answer) answer = post(f->bus->port, target, "text/xml", NULL, bytes, size);
        g_assert_cmpint(answer->status, ==, 200);
    }
}

static void post_folder(Fixture *f, const char *source, const char *below)
{
    g_autofree char *folder = g_build_filename(g_getenv("HUTONG_SRCDIR"), "adapters", below, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    for (const char *name; (name = g_dir_read_name(dir));) {
        if (g_str_has_suffix(name, ".expected.json")) {
            post_fixture(f, source, folder, name);
        }
    }
}

static void post_all(Fixture *f)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(sources); i++) {
        post_folder(f, sources[i].source, sources[i].folder);
    }
    post_life(f);
    unsigned events = (unsigned)bus_process_figure(f->bus, "spool.lastSequence");
    g_assert_cmpuint(events, >, 150);
    for (unsigned i = 0; i < G_N_ELEMENTS(masks); i++) {
        g_assert_true(platform_wait(f->platforms[i], events, 60000));
    }
}

static void test_every_fixture_makes_events_as_the_schemas_say(void)
{
    Fixture f;
    start(&f, "public-url = https://bus.example/hutong\n");
    post_all(&f);
    platforms_check_schemas(f.platforms, G_N_ELEMENTS(masks));
    const char *schema = json_object_get_string_member(platform_event(f.platforms[0], 0), "dataschema");
    g_assert_true(g_str_has_prefix(schema, "https://bus.example/hutong/schema/"));
    stop(&f);
}

/* ---- What is wrong is refused ---- */

#define HEAD                                                                                        \
    "{\"specversion\":\"1.0\",\"id\":\"01a1ff9e-0bd2-703d-bde2-e8db54382cbd\",\"source\":\"/b/s\"," \
    "\"type\":\"person.born.v1\",\"subject\":\"p-aaaaaaaaaaaaaaaaaaaaaaaaaa\","                     \
    "\"recordedtime\":\"2026-11-21T08:00:00.000+08:00\",\"sequence\":\"00000000000000000001\","     \
    "\"partitionkey\":\"p-aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"datacontenttype\":\"application/json\","   \
    "\"dataschema\":\"urn:hutong:schema:person.born.v1\",\"action\":\"assert\""

static void test_what_is_wrong_is_refused(void)
{
    static const struct {
        const char *rest;
        bool good;
    } cases[] = {
        {",\"data\":{}}", true},
        {",\"data\":{\"person\":{\"sex\":\"1\",\"birthDate\":\"2009-03\"}}}", true},
        {",\"data\":{\"person\":{\"sex\":{\"code\":\"x\",\"system\":\"y\"}}}}", true},
        {",\"data\":{\"person\":{\"sex\":\"*\",\"birthDate\":\"2009\",\"height\":\"**\"}}}", true},
        {",\"data\":{\"guardian\":[{\"name\":\"甲\"}]}}", true},
        {",\"data\":{\"reported\":{\"person\":{\"height\":170}}}}", true},
        {",\"data\":{\"person\":{\"sex\":\"7\"}}}", false},
        {",\"data\":{\"person\":{\"sex\":1}}}", false},
        {",\"data\":{\"person\":{\"sex\":{}}}}", false},
        {",\"data\":{\"person\":{\"sex\":{\"kode\":\"1\"}}}}", false},
        {",\"data\":{\"person\":{\"birthDate\":\"2009/03/12\"}}}", false},
        {",\"data\":{\"person\":{\"height\":\"170\"}}}", false},
        {",\"data\":{\"person\":{\"nmae\":\"甲\"}}}", false},
        {",\"data\":{\"person\":[{\"name\":\"甲\"}]}}", false},
        {",\"data\":{\"guardian\":{\"name\":\"甲\"}}}", false},
        {",\"data\":{\"marriage\":{}}}", false},
        {",\"data\":{\"quality\":[{\"element\":\"person.sex\"}]}}", false},
        {",\"data\":{\"quality\":[{\"mark\":\"no-such-mark\"}]}}", false},
        {",\"data\":{\"unmapped\":[{\"name\":\"A\"}]}}", false},
        {",\"data\":[]}", false},
        {"}", false},
        {",\"colour\":\"red\",\"data\":{}}", false},
        {",\"division\":\"4401\",\"data\":{}}", false},
        {",\"timeprecision\":\"day\",\"data\":{}}", false},
    };
    g_autoptr(GString) lines = g_string_new(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_string_append_printf(lines, HEAD "%s\n", cases[i].rest);
    }
    g_autofree char *errors = find_schema_errors(lines->str), *begun = g_strconcat("\n", errors, NULL);
    for (unsigned i = 0; errors && i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *number = g_strdup_printf("\n%u: ", i + 1);
        if ((strstr(begun, number) == NULL) != cases[i].good) {
            g_error("%s: %s", cases[i].rest, errors);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schema/every-fixture-makes-events-as-the-schemas-say",
                    test_every_fixture_makes_events_as_the_schemas_say);
    g_test_add_func("/schema/what-is-wrong-is-refused", test_what_is_wrong_is_refused);
    return g_test_run();
}
