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
/* What the consumers' policies say, one each. */
#define SEES(keys) "clearance = 3\npurpose = 测试\npurpose-until = 2099-12-31\n" keys "\n"
static const struct {
    const char *name, *keys;
} consumers[] = {
    {"all", SEES("allow = unmapped")},
    {"name", SEES("mask = *:name")},
    {"number", SEES("mask = *:idNumber")},
    {"phone", SEES("mask = *:phone")},
    {"address", SEES("mask = *:address")},
    {"year", SEES("mask = *:year")},
    {"last", SEES("mask = *:last4")},
    {"limited",
     "clearance = 1\npurpose = 测试\npurpose-until = 2099-12-31\nmask = *.name:name;*.birthDate:year\ndeny = *.phone\nallow = *.idNumber\n"},
};
enum { ALL, LIMITED = G_N_ELEMENTS(consumers) - 1 };

typedef struct {
    BusProcess *bus;
    Platform *platforms[G_N_ELEMENTS(consumers)];
} Fixture;

static void start(Fixture *f, const char *bus_keys)
{
    g_autoptr(GString) sections = g_string_new(NULL), to = g_string_new(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_string_append_printf(
            sections, "[source %s]\ndepartment = %s\nadapter = %s\nmapping = %s\ndivision = 440104\n",
            sources[i].source, sources[i].department, sources[i].adapter, sources[i].mapping);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(consumers); i++) {
        f->platforms[i] = platform_new();
        g_string_append_printf(sections, "[consumer %s]\ntype = webhook\nurl = %s\n%s", consumers[i].name,
                               platform_url(f->platforms[i]), consumers[i].keys);
        g_string_append_printf(to, "%s%s", i ? ";" : "", consumers[i].name);
    }
    /* no wildcard reaches a restricted type */
    g_string_append_printf(
        sections, "[route all]\nto = %s\n[route restricted]\ntypes = person.death-hinted.v1\nto = %s\n",
        to->str, to->str);
    f->bus = bus_process_new(bus_keys, sections->str);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    for (unsigned i = 0; i < G_N_ELEMENTS(consumers); i++) {
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
    for (unsigned i = 0; i < G_N_ELEMENTS(consumers); i++) {
        g_assert_true(platform_wait(f->platforms[i], events, 60000));
    }
}

static void test_every_fixture_makes_events_as_the_schemas_say(void)
{
    Fixture f;
    start(&f, "public-url = https://bus.example/hutong\n");
    post_all(&f);
    platforms_check_schemas(f.platforms, G_N_ELEMENTS(consumers));
    const char *schema = json_object_get_string_member(platform_event(f.platforms[ALL], 0), "dataschema");
    g_assert_true(g_str_has_prefix(schema, "https://bus.example/hutong/schema/"));
    stop(&f);
}

/* ---- What the catalogue says is seen ---- */

/* What is seen of each element by the catalogue: name → "whole", "masked" or "hidden", behind it `?` where an event or a value can
 * make it less. */
static GHashTable *read_catalogue(const BusProcess *bus)
{
    g_autofree char *output = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_assert_cmpint(run_hutong(&output, "schema", "catalogue", "--json", "--consumer", "limited", "-c",
                               bus->config, NULL),
                    ==, 0);
    g_assert_true(json_parser_load_from_data(parser, output, -1, NULL));
    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    JsonArray *elements = json_object_get_array_member(root, "elements");
    for (guint i = 0; i < json_array_get_length(elements); i++) {
        JsonObject *element = json_array_get_object_element(elements, i);
        bool less = json_object_has_member(element, "minor") || json_object_has_member(element, "original");
        g_hash_table_insert(
            seen, g_strdup(json_object_get_string_member(element, "element")),
            g_strconcat(json_object_get_string_member(element, "seen"), less ? "?" : "", NULL));
    }
    return seen;
}

/* How many elements there were of which the catalogue says so, by what was seen of them. */
typedef struct {
    GHashTable *seen;
    unsigned whole, masked, hidden;
} Comparison;

static void compare_element(Comparison *comparison, const char *name, JsonNode *whole, JsonNode *limited)
{
    const char *said = g_hash_table_lookup(comparison->seen, name);
    g_assert_nonnull(said);
    if (!limited) {
        comparison->hidden++;
        g_assert_true(g_str_equal(said, "hidden") || g_str_has_suffix(said, "?"));
    } else if (json_node_equal(whole, limited)) {
        comparison->whole++;
        g_assert_true(g_str_has_prefix(said, "whole") || g_str_has_prefix(said, "masked"));
    } else {
        comparison->masked++;
        g_assert_true(g_str_has_prefix(said, "masked"));
    }
}

static JsonObject *member_of(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* The groups that are no lists. */
static void compare_groups(Comparison *comparison, JsonObject *whole, JsonObject *limited)
{
    g_autoptr(GList) groups = json_object_get_members(whole);
    for (GList *group = groups; group; group = group->next) {
        JsonObject *one = member_of(whole, group->data), *other = member_of(limited, group->data);
        if (!one || g_str_equal(group->data, "reported")) {
            continue;
        }
        g_autoptr(GList) elements = json_object_get_members(one);
        for (GList *element = elements; element; element = element->next) {
            g_autofree char *name = g_strdup_printf("%s.%s", (char *)group->data, (char *)element->data);
            compare_element(comparison, name, json_object_get_member(one, element->data),
                            other ? json_object_get_member(other, element->data) : NULL);
        }
    }
}

static JsonObject *find_event(Platform *platform, const char *id)
{
    JsonObject *event;
    for (unsigned i = 0; (event = platform_event(platform, i)); i++) {
        if (g_str_equal(json_object_get_string_member(event, "id"), id)) {
            return event;
        }
    }
    g_error("the event did not come to both");
}

static void test_the_catalogue_says_what_is_seen(void)
{
    Fixture f;
    start(&f, NULL);
    post_all(&f);
    Comparison comparison = {.seen = read_catalogue(f.bus)};
    JsonObject *event;
    for (unsigned i = 0; (event = platform_event(f.platforms[ALL], i)); i++) {
        JsonObject *limited = find_event(f.platforms[LIMITED], json_object_get_string_member(event, "id"));
        JsonObject *data = json_object_get_object_member(event, "data");
        JsonObject *other = json_object_get_object_member(limited, "data");
        compare_groups(&comparison, data, other);
        if (json_object_has_member(data, "reported")) {
            compare_groups(&comparison, json_object_get_object_member(data, "reported"),
                           member_of(other, "reported"));
        }
    }
    g_test_message("%u whole, %u masked, %u hidden", comparison.whole, comparison.masked, comparison.hidden);
    g_assert_cmpuint(MIN(comparison.whole, MIN(comparison.masked, comparison.hidden)), >, 50);
    g_hash_table_unref(comparison.seen);
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
    g_test_add_func("/schema/the-catalogue-says-what-is-seen", test_the_catalogue_says_what_is_seen);
    g_test_add_func("/schema/what-is-wrong-is-refused", test_what_is_wrong_is_refused);
    return g_test_run();
}
