/* GET /out/CONSUMER/deliveries, with the real programs: a consumer sees what became of its events, page by page, and of nobody else's. Persons are
 * synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

#define WAIT_MS 20000

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

static void start(Fixture *f)
{
    f->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[source other]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "mode = structured\nretry-first = 20ms\nretry-max = 100ms\n"
        "[consumer asks]\ntype = pull\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "[consumer far]\ntype = pull\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\npeers = 192.0.2.1\n"
        "[route first]\nfrom = hukou\nto = platform\n[route second]\nfrom = other\nto = asks;far\n",
        platform_url(f->platform));
    f->bus = bus_process_new(NULL, sections);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    if (f->bus->pid) {
        g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    }
    bus_process_free(f->bus);
    platform_free(f->platform);
}

static void send_death(Fixture *f, const char *source, unsigned number)
{
    g_autofree char *payload = g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%u</SWZXID><RYNBID>%u</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>测试丁</XM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS>",
        number, number, number);
    g_autofree char *path = g_strconcat("/in/", source, NULL);
    g_autoptr(Answer) answer = post(f->bus->port, path, "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200);
}

/* The page of this path; the caller unrefs. */
static JsonNode *ask(Fixture *f, const char *path)
{
    g_autoptr(Answer) answer = fetch(f->bus->port, path, NULL);
    g_autoptr(GError) error = NULL;
    g_test_message("%s: %s", path, answer->body->str);
    g_assert_cmpint(answer->status, ==, 200);
    g_assert_null(strstr(answer->body->str, "subject"));
    JsonNode *node = json_from_string(answer->body->str, &error);
    g_assert_no_error(error);
    return node;
}

/* "3:dead 4:waiting ", and what is said of the next page. */
static char *list(JsonNode *node)
{
    JsonObject *page = json_node_get_object(node);
    JsonArray *deliveries = json_object_get_array_member(page, "deliveries");
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < json_array_get_length(deliveries); i++) {
        JsonObject *delivery = json_array_get_object_element(deliveries, i);
        g_string_append_printf(
            text, "%u:%s ",
            (unsigned)g_ascii_strtoull(json_object_get_string_member(delivery, "sequence"), NULL, 10),
            json_object_get_string_member(delivery, "state"));
        g_assert_cmpstr(json_object_get_string_member(delivery, "type"), ==, "person.died.v1");
        g_assert_cmpuint(strlen(json_object_get_string_member(delivery, "id")), ==, 36);
        g_assert_cmpuint(strlen(json_object_get_string_member(delivery, "causationid")), ==, 36);
    }
    if (json_object_has_member(page, "next")) {
        g_string_append_printf(
            text, "next %u",
            (unsigned)g_ascii_strtoull(json_object_get_string_member(page, "next"), NULL, 10));
    }
    return g_string_free(text, FALSE);
}

static void expect_list(Fixture *f, const char *path, const char *text)
{
    g_autoptr(JsonNode) node = ask(f, path);
    g_autofree char *found = list(node);
    g_assert_cmpstr(found, ==, text);
}

static void expect_refused(Fixture *f, const char *path, long status, const char *code)
{
    g_autoptr(Answer) answer = fetch(f->bus->port, path, NULL);
    g_test_message("%s: %s", path, answer->body->str);
    g_assert_cmpint(answer->status, ==, status);
    g_assert_nonnull(strstr(answer->body->str, code));
}

/* 1 delivered, 2 of others, 3 a dead letter, 4 delivered, 5 and 6 wait: 5 others', 6 its own. */
static void make_some(Fixture *f)
{
    send_death(f, "hukou", 900006001);
    g_assert_true(platform_wait(f->platform, 1, WAIT_MS));
    send_death(f, "other", 900006002);
    platform_refuse(f->platform, 422, 0);
    send_death(f, "hukou", 900006003);
    bus_process_wait_figure(f->bus, "consumers.0.letters", 1, WAIT_MS);
    platform_refuse(f->platform, 0, 0);
    send_death(f, "hukou", 900006004);
    g_assert_true(platform_wait(f->platform, 2, WAIT_MS));
    bus_process_wait_figure(f->bus, "consumers.0.cursor", 4, WAIT_MS);
    g_autofree char *output = NULL; /* answered when all is on disk */
    g_assert_cmpint(run_hutong(&output, "consumer", "pause", "platform", "-c", f->bus->config, NULL), ==, 0);
    send_death(f, "other", 900006005);
    send_death(f, "hukou", 900006006);
}

static void test_a_consumer_sees_its_own_deliveries(void)
{
    Fixture f;
    start(&f);
    expect_list(&f, "/out/platform/deliveries", "");
    make_some(&f);
    expect_list(&f, "/out/platform/deliveries", "1:delivered 3:dead 4:delivered 6:waiting ");
    expect_list(&f, "/out/platform/deliveries?limit=2", "1:delivered 3:dead next 3");
    expect_list(&f, "/out/platform/deliveries?limit=2&after=3", "4:delivered 6:waiting ");
    expect_list(&f, "/out/platform/deliveries?after=00000000000000000004", "6:waiting ");
    expect_list(&f, "/out/platform/deliveries?after=99", "");
    expect_list(&f, "/out/platform/deliveries?state=dead", "3:dead ");
    expect_list(&f, "/out/platform/deliveries?state=waiting", "6:waiting ");
    expect_list(&f, "/out/platform/deliveries?state=delivered&limit=1", "1:delivered next 1");
    expect_list(&f, "/out/asks/deliveries", "2:waiting 5:waiting ");
    g_autoptr(JsonNode) node = ask(&f, "/out/platform/deliveries?state=dead");
    JsonObject *dead = json_array_get_object_element(
        json_object_get_array_member(json_node_get_object(node), "deliveries"), 0);
    g_assert_nonnull(strstr(json_object_get_string_member(dead, "reason"), "HTTP 422"));
    g_assert_cmpint(json_object_get_int_member(dead, "attempts"), ==, 1);
    g_assert_true(json_object_has_member(dead, "deadtime"));
    const char *cursor = json_object_get_string_member(json_node_get_object(node), "cursor");
    g_assert_cmpuint(strlen(cursor), ==, 20);
    g_assert_cmpuint(g_ascii_strtoull(cursor, NULL, 10), >=, 4); /* it passes what is not its own */
    g_assert_cmpuint(g_ascii_strtoull(cursor, NULL, 10), <, 6);
    stop(&f);
}

static void test_what_is_asked_wrongly_is_refused(void)
{
    Fixture f;
    start(&f);
    expect_refused(&f, "/out/platform/deliveries?limit=0", 400, "bad-query");
    expect_refused(&f, "/out/platform/deliveries?limit=1001", 400, "bad-query");
    expect_refused(&f, "/out/platform/deliveries?after=-1", 400, "bad-query");
    expect_refused(&f, "/out/platform/deliveries?state=all", 400, "bad-query");
    expect_refused(&f, "/out/nobody/deliveries", 404, "unknown-consumer");
    expect_refused(&f, "/out/far/deliveries", 403, "peer-refused");
    g_autoptr(Answer) changed =
        post(f.bus->port, "/out/platform/deliveries", "application/json", NULL, "{}", 2);
    g_assert_cmpint(changed->status, ==, 405);
    stop(&f);
}

/* Another's routes count from a reload on. */
static void test_a_reload_changes_whose_an_event_is(void)
{
    Fixture f;
    start(&f);
    send_death(&f, "hukou", 900006101);
    expect_list(&f, "/out/asks/deliveries", "");
    g_autofree char *text = NULL, *output = NULL;
    g_assert_true(g_file_get_contents(f.bus->config, &text, NULL, NULL));
    g_autofree char *more = g_strconcat(text, "[route third]\nfrom = hukou\nto = asks\n", NULL);
    g_assert_true(g_file_set_contents_full(f.bus->config, more, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_cmpint(run_hutong(&output, "reload", "-c", f.bus->config, NULL), ==, 0);
    send_death(&f, "hukou", 900006102);
    g_autoptr(JsonNode) node = ask(&f, "/out/asks/deliveries?after=1");
    g_autofree char *found = list(node);
    g_assert_cmpstr(found, ==, "2:waiting ");
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/deliveries/a-consumer-sees-its-own", test_a_consumer_sees_its_own_deliveries);
    g_test_add_func("/deliveries/what-is-asked-wrongly-is-refused", test_what_is_asked_wrongly_is_refused);
    g_test_add_func("/deliveries/a-reload-changes-whose-an-event-is",
                    test_a_reload_changes_whose_an_event_is);
    return g_test_run();
}
