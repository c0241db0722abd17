/* Consumers that answer badly, all at once, with the real program: a good one beside them gets everything meanwhile, the bus
 * stays small and answers, and when they answer well they get all that they are owed. */
#include "tests/lib/bad-platform.h"
#include "tests/lib/busproc.h"
#include "tests/lib/data.h"
#include "tests/lib/places.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

#define EVENTS 40
#define WAIT_MS 60000
#define RSS_MAX_KB (200 * 1024)
#define LIVE_MAX_US (2 * G_USEC_PER_SEC)

typedef struct {
    BusProcess *bus;
    Platform *good;
    Platform **platforms; /* what each becomes */
    BadPlatform **bad;
    unsigned posted;
} Fixture;

static unsigned port_of(Platform *platform)
{
    const char *colon = strrchr(platform_url(platform), ':');
    return (unsigned)g_ascii_strtoull(colon + 1, NULL, 10);
}

static void add_consumer(GString *sections, const char *name, const char *url, const char *mode)
{
    g_string_append_printf(
        sections,
        "[consumer %s]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "timeout = 1s\nretry-first = 50ms\nretry-max = 500ms\nrest-max = 1s\nprobe = 200ms\n"
        "connections = 2\n%s\n[route %s]\nto = %s\n",
        name, url, mode, name, name);
}

static void start(Fixture *f, const char *mode)
{
    g_autoptr(GString) sections = g_string_new(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n");
    *f = (Fixture){.good = platform_new(),
                   .platforms = g_new(Platform *, bad_way_count),
                   .bad = g_new(BadPlatform *, bad_way_count)};
    add_consumer(sections, "good", platform_url(f->good), mode);
    for (unsigned i = 0; i < bad_way_count; i++) {
        f->platforms[i] = platform_new();
        add_consumer(sections, bad_ways[i].name, platform_url(f->platforms[i]), mode);
        platform_close(f->platforms[i]);
        f->bad[i] = bad_platform_new(port_of(f->platforms[i]), &bad_ways[i]);
    }
    f->bus = bus_process_new(NULL, sections->str);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    for (unsigned i = 0; i < bad_way_count; i++) {
        platform_free(f->platforms[i]);
    }
    platform_free(f->good);
    g_free(f->platforms);
    g_free(f->bad);
}

static void post_deaths(Fixture *f, unsigned count)
{
    g_autoptr(GString) payload = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS>");
    for (unsigned i = 0; i < count; i++) {
        unsigned n = ++f->posted;
        g_string_append_printf(
            payload,
            "<ROW no=\"%u\"><SWZXID>%09u</SWZXID><RYNBID>%09u</RYNBID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB>"
            "<HJYWID>%09u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH><XM>测试丁</XM>"
            "<XB>1</XB><MZ>01</MZ><CSRQ>19900317</CSRQ></ROW>",
            i + 1, n, n, n);
    }
    g_string_append(payload, "</ROWS>");
    g_autoptr(Answer) answer = post(f->bus->port, "/in/hukou", "text/xml", NULL, payload->str, payload->len);
    g_assert_cmpint(answer->status, ==, 200);
}

static gint64 figure(Fixture *f, const char *consumer, const char *name)
{
    g_autoptr(JsonNode) status = bus_process_status(f->bus);
    JsonArray *consumers = json_object_get_array_member(json_node_get_object(status), "consumers");
    for (unsigned i = 0; i < json_array_get_length(consumers); i++) {
        JsonObject *object = json_array_get_object_element(consumers, i);
        if (g_str_equal(json_object_get_string_member(object, "name"), consumer)) {
            return g_str_equal(name, "paused")
                       ? g_str_equal(json_object_get_string_member(object, "state"), name)
                       : json_object_get_int_member(object, name);
        }
    }
    g_assert_not_reached();
}

static void wait_for_figure(Fixture *f, const char *consumer, const char *name, gint64 value)
{
    gint64 end = g_get_monotonic_time() + WAIT_MS * 1000;
    while (figure(f, consumer, name) < value) {
        if (g_get_monotonic_time() > end) {
            g_error("%s: %s is %" G_GINT64_FORMAT " instead of %" G_GINT64_FORMAT, consumer, name,
                    figure(f, consumer, name), value);
        }
        g_usleep(20000);
    }
}

static gint64 resident_kb(GPid pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return g_ascii_strtoll(strstr(text, "VmRSS:") + 6, NULL, 10);
}

/* Until every bad one was tried some times, the bus stays small and quick. */
static void look_while_they_are_bad(Fixture *f)
{
    gint64 worst_us = 0;
    for (unsigned i = 0; i < bad_way_count; i++) {
        wait_for_figure(f, bad_ways[i].name, "attempts", bad_ways[i].outcome == BAD_KEEPS ? 4 : 1);
        unsigned status;
        gint64 begin = g_get_monotonic_time();
        g_autofree char *page = bus_process_page(f->bus, "/live", &status);
        g_assert_cmpuint(status, ==, 200);
        worst_us = MAX(worst_us, g_get_monotonic_time() - begin);
    }
    g_test_message("longest /live %.1f ms, %" G_GINT64_FORMAT " KB", (double)worst_us / 1e3,
                   resident_kb(f->bus->pid));
    g_assert_cmpint(worst_us, <, LIVE_MAX_US);
    if (!test_is_sanitized()) {
        g_assert_cmpint(resident_kb(f->bus->pid), <, RSS_MAX_KB);
    }
}

static void check_owed(Fixture *f, unsigned i)
{
    const char *name = bad_ways[i].name;
    PlatformCount count;
    switch (bad_ways[i].outcome) {
    case BAD_KEEPS:
        g_test_message("%s", name);
        g_assert_true(platform_wait(f->platforms[i], EVENTS, WAIT_MS));
        wait_for_figure(f, name, "delivered", EVENTS);
        g_assert_cmpint(figure(f, name, "dead"), ==, 0);
        break;
    case BAD_TAKES: wait_for_figure(f, name, "delivered", EVENTS); break;
    case BAD_REFUSES: wait_for_figure(f, name, "dead", EVENTS); break;
    case BAD_GONE: wait_for_figure(f, name, "paused", 1); break;
    }
    platform_count(f->platforms[i], &count);
    g_assert_cmpuint(count.doubled + count.disordered, ==, 0);
    g_assert_cmpuint(count.events, ==, bad_ways[i].outcome == BAD_KEEPS ? EVENTS : 0);
}

static void test_bad_consumers(gconstpointer mode)
{
    Fixture f;
    start(&f, mode);
    post_deaths(&f, EVENTS);
    g_assert_true(platform_wait(f.good, EVENTS, WAIT_MS));
    look_while_they_are_bad(&f);
    for (unsigned i = 0; i < bad_way_count; i++) {
        if (bad_ways[i].outcome != BAD_KEEPS) {
            check_owed(&f, i);
        }
    }
    for (unsigned i = 0; i < bad_way_count; i++) {
        bad_platform_free(f.bad[i]);
        platform_open(f.platforms[i]);
    }
    for (unsigned i = 0; i < bad_way_count; i++) {
        check_owed(&f, i);
    }
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/bad-consumers/one-by-one-get-all-they-are-owed", "mode = structured\n",
                         test_bad_consumers);
    g_test_add_data_func("/bad-consumers/in-batches-get-all-they-are-owed", "batch = 20\n",
                         test_bad_consumers);
    return g_test_run();
}
