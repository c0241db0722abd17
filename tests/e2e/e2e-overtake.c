/* Warnings that overtake what waits for a consumer, with the real program: far behind a backlog they come first, once, in their own
 * order, and over stops and kills; and nothing of the backlog is lost. Persons are synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/deaths.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

#define BACKLOG 5000
#define SLACK \
    1000 /* deliveries between a warning's receipt and its arrival, on a machine that is busy with other things */
#define WAIT_MS 120000

static const char *const warnings[] = {"alert", "update", "cancel"};
static const char *const types[] = {"alert.issued.v1", "alert.updated.v1", "alert.cancelled.v1"};

static BusProcess *start_with(const char *consumer)
{
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[source emergency]\ndepartment = emergency\nadapter = xml\nmapping = emergency.xml\ndivision = 440104\n"
        "[consumer platform]\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n%s"
        "[route all]\nto = platform\n",
        consumer);
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    return bus;
}

static void send(const BusProcess *bus, const char *path, const char *payload, gsize size)
{
    g_autoptr(Answer) answer = post(bus->port, path, "text/xml", NULL, payload, size);
    g_assert_cmpint(answer->status, ==, 200);
}

static void post_backlog(const BusProcess *bus)
{
    for (unsigned first = 1; first < BACKLOG; first += 500) {
        g_autofree char *payload = deaths_payload(first, 500, 0);
        send(bus, "/in/hukou", payload, strlen(payload));
    }
}

static void post_warnings(const BusProcess *bus)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(warnings); i++) {
        gsize size;
        g_autofree char *path =
            g_strdup_printf("adapters/xml/fixtures/emergency/warning-%s.xml", warnings[i]);
        g_autofree char *payload = read_source_file(path, &size);
        send(bus, "/in/emergency", payload, size);
    }
}

/* ---- Sent ---- */

static unsigned events_of(Platform *platform)
{
    PlatformCount count;
    platform_count(platform, &count);
    return count.events;
}

static unsigned repeated_of(Platform *platform)
{
    PlatformCount count;
    platform_count(platform, &count);
    return count.repeated;
}

/* The arrivals of the warnings, among what arrived from `from` on: how many of them in order. */
static unsigned find_warnings(Platform *platform, unsigned places[])
{
    unsigned found = 0, events = events_of(platform);
    for (unsigned i = 0; i < events; i++) {
        JsonObject *event = platform_event(platform, i);
        const char *type = json_object_get_string_member(event, "type");
        if (g_str_has_prefix(type, "alert.")) {
            g_assert_cmpuint(found, <, G_N_ELEMENTS(types));
            g_assert_cmpstr(type, ==, types[found]);
            g_assert_false(json_object_has_member(event, "consumersequence"));
            places[found++] = i;
        }
    }
    return found;
}

/* Each event but the warnings has its number among those of the consumer. */
static void assert_numbers(Platform *platform)
{
    g_autofree bool *seen = g_new0(bool, BACKLOG + 1);
    for (unsigned i = 0; i < BACKLOG + G_N_ELEMENTS(types); i++) {
        JsonObject *event = platform_event(platform, i);
        if (json_object_has_member(event, "consumersequence")) {
            const char *text = json_object_get_string_member(event, "consumersequence");
            guint64 number = g_ascii_strtoull(text, NULL, 10);
            g_assert_cmpuint(number, >=, 1);
            g_assert_cmpuint(number, <=, BACKLOG);
            g_assert_false(seen[number]);
            seen[number] = true;
        }
    }
}

static void wait_for_warnings(Platform *platform, unsigned places[])
{
    gint64 deadline = g_get_monotonic_time() + (gint64)WAIT_MS * 1000;
    while (find_warnings(platform, places) < G_N_ELEMENTS(types)) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(20000);
    }
}

static void test_a_warning_overtakes_what_is_sent(void)
{
    unsigned places[G_N_ELEMENTS(types)];
    Platform *platform = platform_new();
    g_autofree char *consumer =
        g_strdup_printf("type = webhook\nurl = %s\nmode = structured\nconnections = 1\n"
                        "window = 1M\nretry-first = 20ms\nretry-max = 100ms\n",
                        platform_url(platform));
    platform_delay(platform, 50);
    BusProcess *bus = start_with(consumer);
    post_backlog(bus);
    post_warnings(bus);
    unsigned before = events_of(platform);
    wait_for_warnings(platform, places);
    g_assert_cmpuint(places[2], <, before + SLACK);
    g_assert_cmpuint(before + SLACK, <, BACKLOG);
    unsigned then = events_of(platform);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_start(bus);
    g_assert_true(platform_wait(platform, then + 5, WAIT_MS));
    g_assert_cmpuint(repeated_of(platform), <=,
                     1); /* what was under way; they would come before all others */
    bus_process_kill(bus);
    platform_delay(platform, 0);
    bus_process_start(bus);
    g_assert_true(platform_wait(platform, BACKLOG + G_N_ELEMENTS(types), WAIT_MS));
    bus_process_wait_figure(bus, "consumers.0.cursor", BACKLOG + G_N_ELEMENTS(types), WAIT_MS);
    PlatformCount count;
    platform_count(platform, &count);
    g_assert_cmpuint(count.events, ==, BACKLOG + G_N_ELEMENTS(types));
    g_assert_cmpuint(count.doubled, ==, 0);
    g_assert_cmpuint(count.disordered, ==, 0);
    g_assert_cmpuint(find_warnings(platform, places), ==, G_N_ELEMENTS(types));
    assert_numbers(platform);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
    platform_free(platform);
}

/* ---- Fetched ---- */

/* Fetches and acknowledges one event; its type goes to `type` (transfer full), and its sequence is the answer. 0: there was none. */
static guint64 take_one(const BusProcess *bus, char **type)
{
    g_autoptr(Answer) answer = fetch(bus->port, "/out/platform?limit=1&wait=10", NULL);
    g_assert_cmpint(answer->status, ==, 200);
    g_autoptr(JsonNode) node = json_from_string(answer->body->str, NULL);
    JsonArray *events = json_node_get_array(node);
    if (json_array_get_length(events) == 0) {
        return 0;
    }
    JsonObject *event = json_array_get_object_element(events, 0);
    const char *sequence = json_object_get_string_member(event, "sequence");
    *type = g_strdup(json_object_get_string_member(event, "type"));
    g_autofree char *body = g_strdup_printf("{\"sequences\":[\"%s\"]}", sequence);
    g_autoptr(Answer) acknowledged =
        post(bus->port, "/out/platform/ack", "application/json", NULL, body, strlen(body));
    g_assert_cmpint(acknowledged->status, ==, 200);
    return g_ascii_strtoull(sequence, NULL, 10);
}

/* What was acknowledged does not come again, also after a kill. */
static void test_a_warning_overtakes_what_is_fetched(void)
{
    BusProcess *bus = start_with("type = pull\nwindow = 1M\n");
    g_autofree bool *seen = g_new0(bool, BACKLOG + G_N_ELEMENTS(types) + 1);
    unsigned found = 0, taken = 0;
    post_backlog(bus);
    post_warnings(bus);
    while (found < G_N_ELEMENTS(types)) {
        g_autofree char *type = NULL;
        guint64 sequence = take_one(bus, &type);
        g_assert_cmpuint(sequence, >, 0);
        g_assert_false(seen[sequence]);
        seen[sequence] = true;
        found += g_str_equal(type, types[found]);
        g_assert_cmpuint(++taken, <, SLACK);
        if (found == 2) { /* between a warning's own messages */
            bus_process_kill(bus);
            bus_process_start(bus);
        }
    }
    bus_process_kill(bus);
    bus_process_start(bus);
    for (unsigned i = 0; i < 20; i++) {
        g_autofree char *type = NULL;
        guint64 sequence = take_one(bus, &type);
        g_assert_cmpstr(type, ==, "person.died.v1");
        g_assert_false(seen[sequence]);
        seen[sequence] = true;
    }
    bus_process_wait_figure(bus, "consumers.0.delivered", 20, WAIT_MS);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/overtake/a-warning-overtakes-what-is-sent", test_a_warning_overtakes_what_is_sent);
    g_test_add_func("/overtake/a-warning-overtakes-what-is-fetched",
                    test_a_warning_overtakes_what_is_fetched);
    return g_test_run();
}
