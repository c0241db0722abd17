/* `hutong map` and `hutong explain`, as a mapping's author meets them: every fixture, values blanked, what is wrong with files and
 * mappings, a consumer's view beside what that consumer really gets, and watching. */
#include "tests/lib/busproc.h"
#include "tests/lib/places.h"
#include "tests/lib/post.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Fixtures ---- */

typedef struct {
    const char *mapping, *folder;
} Set;

static const Set sets[] = {
    {"hukou.xml", "adapters/hukou/fixtures"},
    {"marriage.xml", "adapters/marriage/fixtures"},
    {"social-security.xml", "adapters/social-security/fixtures"},
    {"health.xml", "adapters/health/fixtures"},
};

static char *source_path(const char *path)
{
    return g_build_filename(g_getenv("HUTONG_SRCDIR"), path, NULL);
}

static char *expectation_of(const char *payload)
{
    const char *dot = strrchr(payload, '.');
    return g_strdup_printf("%.*s.expected.json", (int)(dot - payload), payload);
}

/* Paths of payloads that have an expectation. */
static GPtrArray *list_payloads(const char *folder)
{
    GPtrArray *payloads = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *expected = strrchr(name, '.') ? expectation_of(path) : NULL;
        if (expected && strcmp(expected, path) != 0 && g_file_test(expected, G_FILE_TEST_EXISTS)) {
            g_ptr_array_add(payloads, g_steal_pointer(&path));
        }
    }
    g_assert_cmpuint(payloads->len, >, 3);
    return payloads;
}

static JsonNode *load(const char *file)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    json_parser_load_from_file(parser, file, &error);
    g_assert_no_error(error);
    return json_parser_steal_root(parser);
}

/* What the fixture says is said in the new one; of `request` and of lists of types alone nothing more is asked. */
static void assert_says(JsonNode *wanted, JsonNode *got, const char *where)
{
    if (!got) {
        g_error("%s is missing", where);
    }
    if (JSON_NODE_HOLDS_OBJECT(wanted)) {
        g_autoptr(GList) names = json_object_get_members(json_node_get_object(wanted));
        for (GList *name = names; name; name = name->next) {
            g_autofree char *below = g_strdup_printf("%s.%s", where, (char *)name->data);
            assert_says(json_object_get_member(json_node_get_object(wanted), name->data),
                        json_object_get_member(json_node_get_object(got), name->data), below);
        }
    } else if (JSON_NODE_HOLDS_ARRAY(wanted)) {
        JsonArray *list = json_node_get_array(wanted), *other = json_node_get_array(got);
        g_assert_cmpuint(json_array_get_length(list), ==, json_array_get_length(other));
        for (unsigned i = 0; i < json_array_get_length(list); i++) {
            g_autofree char *below = g_strdup_printf("%s[%u]", where, i);
            assert_says(json_array_get_element(list, i), json_array_get_element(other, i), below);
        }
    } else if (JSON_NODE_HOLDS_NULL(wanted)) {
        bool none = JSON_NODE_HOLDS_NULL(got) ||
                    (JSON_NODE_HOLDS_VALUE(got) && g_strcmp0(json_node_get_string(got), "") == 0);
        g_assert_true(none);
    } else if (!json_node_equal(wanted, got)) {
        g_error("%s has another value", where);
    }
}

/* A copy, so that the new expectation has its own place; with the request of the old one, which says how it is sent. */
static void check_written(const Set *set, const char *payload, const char *folder)
{
    g_autofree char *old = expectation_of(payload), *name = g_path_get_basename(payload);
    g_autofree char *copy = g_build_filename(folder, name, NULL), *file = expectation_of(copy),
                    *output = NULL;
    g_autoptr(JsonNode) wanted = load(old);
    char *bytes;
    gsize size;
    if (!JSON_NODE_HOLDS_OBJECT(wanted)) {
        return;
    }
    g_assert_true(g_file_get_contents(payload, &bytes, &size, NULL));
    g_assert_true(g_file_set_contents(copy, bytes, (gssize)size, NULL));
    g_free(bytes);
    g_assert_true(g_file_get_contents(old, &bytes, &size, NULL));
    g_assert_true(g_file_set_contents(file, bytes, (gssize)size, NULL));
    g_free(bytes);
    run_hutong(&output, "map", "-m", set->mapping, "--write-expected", "--force", copy, NULL);
    g_autoptr(JsonNode) got = load(file);
    assert_says(wanted, got, name);
    g_unlink(copy);
    g_unlink(file);
}

static void test_every_fixture_is_written_as_it_is(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-map-XXXXXX", NULL);
    bool slow = test_is_sanitized(); /* each start of a host takes long then */
    for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++) {
        g_autofree char *path = source_path(sets[i].folder);
        g_autoptr(GPtrArray) payloads = list_payloads(path);
        for (unsigned j = 0; j < payloads->len; j += slow ? 4 : 1) {
            check_written(&sets[i], payloads->pdata[j], folder);
        }
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* ---- Blanked ---- */

/* Eighteen figures that begin as a sample person's do, or such a person's name. */
static bool shows_a_person(const char *text)
{
    g_autoptr(GRegex) person = g_regex_new("99[0-9]{15}[0-9Xx]|测试[甲乙丙丁戊]", 0, 0, NULL);
    return g_regex_match(person, text, 0, NULL);
}

static void test_values_are_blanked_unless_asked_for(void)
{
    unsigned in_clear = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++) {
        g_autofree char *path = source_path(sets[i].folder);
        g_autoptr(GPtrArray) payloads = list_payloads(path);
        for (unsigned j = 0; j < payloads->len; j += 3) {
            g_autofree char *blanked = NULL, *clear = NULL;
            run_hutong(&blanked, "map", "-m", sets[i].mapping, payloads->pdata[j], NULL);
            run_hutong(&clear, "map", "-m", sets[i].mapping, "--clear", payloads->pdata[j], NULL);
            g_assert_false(shows_a_person(blanked));
            in_clear += shows_a_person(clear);
        }
    }
    g_assert_cmpuint(in_clear, >, 5);
}

/* ---- What is wrong ---- */

static char *write_file(const char *folder, const char *name, const char *text)
{
    char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

#define MAPPING(element)                                                                                        \
    "<?xml version='1.0'?>\n<mapping xmlns='urn:hutong:mapping:1' source='w' authority='police' version='1'>\n" \
    "<event type='person.moved-in.v1' for-each='/ROWS/ROW'><id from='B'/><time from='T'/>\n"                    \
    "<identity kind='idNumber' from='N'/>\n" element "</event></mapping>"

#define ROW "<ROWS><ROW><B>7</B><N>990104195008179950</N><T>20090318</T><XM>测试丁</XM></ROW></ROWS>"

static void expect(int status, const char *text, char *output, int got)
{
    g_test_message("%d: %s", got, output);
    g_assert_cmpint(got, ==, status);
    if (text) {
        g_assert_nonnull(strstr(output, text));
    }
    g_free(output);
}

#define EXPECT(status, text, ...)                         \
    do {                                                  \
        char *told = NULL;                                \
        int ended = run_hutong(&told, __VA_ARGS__, NULL); \
        expect(status, text, told, ended);                \
    } while (0)

static void test_what_is_wrong_is_told(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-map-XXXXXX", NULL);
    g_autofree char *good = write_file(folder, "good.xml", MAPPING("<element to='person.name' from='XM'/>"));
    g_autofree char *bad = write_file(folder, "bad.xml", MAPPING("<element to='person.nam' from='XM'/>"));
    g_autofree char *payload = write_file(folder, "row.xml", ROW);
    g_autofree char *empty = write_file(folder, "empty.xml", "");
    g_autofree char *broken = write_file(folder, "broken.xml", "<ROWS>\n<ROW>\n</ROWS>");
    g_autofree char *missing = g_build_filename(folder, "missing.xml", NULL);
    EXPECT(0, "\"person.moved-in.v1\"", "map", "-m", good, payload);
    EXPECT(64, "-m FILE", "map", payload);
    EXPECT(64, "-s SOURCE", "explain", payload);
    EXPECT(1, "bad.xml:5: error", "map", "-m", bad, payload);
    EXPECT(1, "missing.xml", "map", "-m", missing, payload);
    EXPECT(1, "missing.xml: No such file", "map", "-m", good, missing);
    EXPECT(1, "Is a directory", "map", "-m", good, folder);
    EXPECT(1, "\"line\" : 3", "map", "-m", good, broken);
    EXPECT(1, "\"verdict\" : \"reject\"", "map", "-m", good, empty);
    EXPECT(1, "broken.xml", "map", "-m", good, broken, payload); /* one of several */
    EXPECT(1, "nothing-there", "map", "-m", good, "-a", "nothing-there", payload);
    EXPECT(1, "would refuse", "map", "-m", good, "--content-type", "application/pdf", payload);
    EXPECT(0, "written", "map", "-m", good, "--write-expected", payload);
    EXPECT(0, "--force", "map", "-m", good, "--write-expected", payload);
    const char *const files[] = {good, bad, payload, empty, broken};
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        g_unlink(files[i]);
    }
    g_autofree char *expected = g_build_filename(folder, "row.expected.json", NULL);
    g_unlink(expected);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* Larger than what is given at once, so that it goes in pieces: as many events as rows. And more than a bus would take. */
static void test_large_payloads(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-map-XXXXXX", NULL);
    g_autofree char *good = write_file(folder, "good.xml", MAPPING("<element to='person.name' from='XM'/>"));
    g_autoptr(GString) rows = g_string_new("<ROWS>");
    unsigned count = 0;
    while (rows->len < 3 << 20) {
        g_string_append_printf(
            rows, "<ROW><B>%u</B><N>9901041950081%05u</N><T>20090318</T><XM>测试丁</XM></ROW>", count, count);
        count++;
    }
    g_string_append(rows, "</ROWS>");
    g_autofree char *large = write_file(folder, "large.xml", rows->str);
    g_autofree char *records = g_strdup_printf("\"records\" : %u,", count);
    char *output = NULL;
    int status = run_hutong(&output, "map", "-m", good, large, NULL);
    g_assert_true(status == 0 || status == 1); /* most of these numbers are none: marked, or refused */
    g_assert_nonnull(strstr(output, records));
    g_free(output);
    while (rows->len <= 17 << 20) {
        g_string_append_len(rows, rows->str, (gssize)rows->len);
    }
    g_autofree char *huge = write_file(folder, "huge.xml", rows->str);
    EXPECT(1, "max-body", "map", "-m", good, huge);
    g_unlink(good);
    g_unlink(large);
    g_unlink(huge);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* ---- What a consumer would see, and sees ---- */

static JsonNode *parse(const char *text)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    const char *begin = strpbrk(text, "{["), *end = strrchr(text, *text == '[' ? ']' : '}');
    g_assert_true(begin && end && json_parser_load_from_data(parser, begin, end + 1 - begin, NULL));
    return json_parser_steal_root(parser);
}

static JsonArray *events_of(JsonNode *node)
{
    return json_object_get_array_member(json_node_get_object(node), "events");
}

static void test_a_consumers_view_is_what_it_gets(void)
{
    static const char sections[] =
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = pull\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\nmask = person.name:name\ndeny = father.name\n"
        "[consumer none]\ntype = pull\n"
        "[route all]\ntypes = person.*\nto = platform\n[route none]\ntypes = benefit.*\nto = none\n";
    static const char fixture[] = "adapters/hukou/fixtures/full-birth.xml";
    BusProcess *bus = bus_process_new(NULL, sections);
    g_autofree char *payload = source_path(fixture), *output = NULL, *explained = NULL, *nobody = NULL;
    gsize size;
    g_autofree char *bytes = read_source_file(fixture, &size);
    g_assert_cmpint(
        run_hutong(&output, "map", "-c", bus->config, "-s", "hukou", "--consumer", "platform", payload, NULL),
        ==, 0);
    g_assert_cmpint(run_hutong(&explained, "explain", "-c", bus->config, "-s", "hukou", payload, NULL), ==,
                    0);
    g_assert_cmpint(
        run_hutong(&nobody, "explain", "-c", bus->config, "-s", "hukou", "--consumer", "none", payload, NULL),
        ==, 0);
    bus_process_start(bus);
    g_autoptr(Answer) sent = post(bus->port, "/in/hukou", "text/xml", NULL, bytes, size);
    g_assert_cmpint(sent->status, ==, 200);
    g_autoptr(Answer) got = fetch(bus->port, "/out/platform?wait=5", NULL);
    g_assert_cmpint(got->status, ==, 200);
    g_autoptr(JsonNode) delivered = parse(got->body->str), shown = parse(output);
    JsonArray *there = json_node_get_array(delivered), *here = events_of(shown);
    g_assert_cmpuint(json_array_get_length(here), ==, json_array_get_length(there));
    g_assert_cmpuint(json_array_get_length(here), >, 0);
    for (unsigned i = 0; i < json_array_get_length(here); i++) {
        JsonObject *a = json_array_get_object_element(here, i), *b = json_array_get_object_element(there, i);
        g_assert_true(json_node_equal(json_object_get_member(a, "data"), json_object_get_member(b, "data")));
        g_assert_cmpstr(json_object_get_string_member(a, "time"), ==,
                        json_object_get_string_member(b, "time"));
    }
    g_autoptr(JsonNode) all = parse(explained), none = parse(nobody);
    JsonArray *who =
        json_object_get_array_member(json_array_get_object_element(events_of(all), 0), "consumers");
    g_assert_cmpuint(json_array_get_length(who), ==, 1);
    g_assert_cmpstr(json_array_get_string_element(who, 0), ==, "platform");
    g_assert_cmpuint(json_array_get_length(events_of(none)), ==, 0);
    g_assert_cmpint(json_object_get_int_member(json_node_get_object(none), "notRouted"), ==,
                    json_array_get_length(there));
    EXPECT(78, "[source nobody]", "explain", "-c", bus->config, "-s", "nobody", payload);
    EXPECT(78, "[consumer nobody]", "map", "-c", bus->config, "-s", "hukou", "--consumer", "nobody", payload);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

/* ---- What is known already ---- */

/* As the bus knows it now; NULL where it was not told. */
static char *explain_known(BusProcess *bus, const char *payload)
{
    g_autofree char *output = NULL;
    run_hutong(&output, "explain", "-c", bus->config, "-s", "hukou", payload, NULL);
    g_autoptr(JsonNode) shown = parse(output);
    JsonObject *event = json_array_get_object_element(events_of(shown), 0);
    return json_object_has_member(event, "known")
               ? g_strdup(json_object_get_string_member(json_object_get_object_member(event, "known"), "as"))
               : NULL;
}

static void expect_known(BusProcess *bus, const char *payload, const char *as)
{
    g_autofree char *known = explain_known(bus, payload);
    g_assert_cmpstr(known, ==, as);
}

static void test_explain_says_what_is_known(void)
{
    static const char fixture[] = "adapters/hukou/fixtures/hukou-death-gb2312.xml";
    BusProcess *bus = bus_process_new(
        NULL, "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
              "identities = authority\ntrust-address = yes\n");
    g_autofree char *payload = source_path(fixture),
                    *other = g_build_filename(bus->folder, "other.xml", NULL);
    gsize size;
    g_autofree char *bytes = read_source_file(fixture, &size);
    g_autoptr(GString) changed = g_string_new_len(bytes, (gssize)size);
    g_assert_cmpuint(g_string_replace(changed, "<SWNL>58", "<SWNL>57", 0), ==, 1);
    g_assert_true(g_file_set_contents(other, changed->str, (gssize)changed->len, NULL));
    expect_known(bus, payload, NULL); /* no bus has run here */
    bus_process_start(bus);
    expect_known(bus, payload, "new");
    expect_known(bus, payload, "new"); /* asking makes nothing known */
    g_autoptr(Answer) sent = post(bus->port, "/in/hukou", "text/xml", NULL, bytes, size);
    g_assert_cmpint(sent->status, ==, 200);
    expect_known(bus, payload, "duplicate");
    expect_known(bus, other, "correction");
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    expect_known(bus, payload, "duplicate");
    EXPECT(0, "known already: 0 new, 0 duplicate, 1 correction, 0 number-reused; 0 in conflict", "explain",
           "-c", bus->config, "-s", "hukou", other);
    bus_process_free(bus);
}

/* ---- Watching ---- */

/* Reads on until the text has come; the test's own time limit ends a wait for nothing. */
static void wait_for(int fd, GString *seen, const char *text)
{
    char piece[4096];
    for (int i = 0; i < 3000 && !strstr(seen->str, text); i++) {
        ssize_t size = read(fd, piece, sizeof piece);
        if (size > 0) {
            g_string_append_len(seen, piece, size);
        } else {
            g_usleep(10000);
        }
    }
    g_test_message("%" G_GSIZE_FORMAT " bytes", seen->len); /* in clear: not for a log */
    g_assert_nonnull(strstr(seen->str, text));
    g_string_truncate(seen, 0);
}

/* In place, as some editors save, and by renaming, as others do. */
static void save(const char *path, const char *text, bool in_place)
{
    if (in_place) {
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
        close(fd);
    } else {
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
    }
}

static void test_watching_shows_what_was_saved(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-map-XXXXXX", NULL);
    g_autofree char *mapping = write_file(folder, "m.xml", MAPPING("<element to='person.name' from='XM'/>"));
    g_autofree char *payload = write_file(folder, "row.xml", ROW);
    const char *const arguments[] = {g_getenv("HUTONG"), "map",     "-m",    mapping,
                                     "--watch",          "--clear", payload, NULL};
    g_autoptr(GString) seen = g_string_new(NULL);
    GPid pid;
    int output;
    g_assert_true(g_spawn_async_with_pipes(NULL, (char **)arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                           NULL, &pid, NULL, &output, NULL, NULL));
    g_assert_cmpint(fcntl(output, F_SETFL, O_NONBLOCK), ==, 0);
    wait_for(output, seen, "\"events\"");
    save(mapping, MAPPING("<element to='person.formerName' from='XM'/>"), false);
    wait_for(output, seen, "formerName");
    save(payload, "<ROWS><ROW><B>7</B><N>990104195008179950</N><T>20090318</T><XM>测试戊</XM></ROW></ROWS>",
         true);
    wait_for(output, seen, "测试戊");
    save(mapping, "<mapping", true); /* half a file: told, and waited for the rest */
    g_usleep(200000);
    save(mapping, MAPPING("<element to='person.name' from='XM'/>"), true);
    wait_for(output, seen, "\"name\" : \"测试戊\"");
    kill(pid, SIGTERM);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    close(output);
    g_unlink(mapping);
    g_unlink(payload);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/map/every-fixture-is-written-as-it-is", test_every_fixture_is_written_as_it_is);
    g_test_add_func("/map/values-are-blanked-unless-asked-for", test_values_are_blanked_unless_asked_for);
    g_test_add_func("/map/what-is-wrong-is-told", test_what_is_wrong_is_told);
    g_test_add_func("/map/large-payloads", test_large_payloads);
    g_test_add_func("/map/a-consumers-view-is-what-it-gets", test_a_consumers_view_is_what_it_gets);
    g_test_add_func("/map/explain-says-what-is-known", test_explain_says_what_is_known);
    g_test_add_func("/map/watching-shows-what-was-saved", test_watching_shows_what_was_saved);
    return g_test_run();
}
