/* Consumers in trouble, with the real programs: what waits, what goes on, what is in the log, and what comes again after a
 * stop. What single answers lead to is in tests/unit/test-consumer.c. */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

static char *sections_of(const char *url, const char *consumer, const char *route)
{
    return g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n"
        "retry-first = 20ms\nretry-max = 100ms\n%s[route all]\nto = platform\n%s",
        url, consumer, route);
}

static void start(Fixture *f, const char *consumer)
{
    f->platform = platform_new();
    g_autofree char *sections = sections_of(platform_url(f->platform), consumer, "");
    f->bus = bus_process_new(NULL, sections);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    platform_free(f->platform);
}

static void post_payload(Fixture *f, const char *payload, gsize size)
{
    g_autoptr(Answer) answer = post(f->bus->port, "/in/hukou", "text/xml", NULL, payload, size);
    g_assert_cmpint(answer->status, ==, 200);
}

static void post_file(Fixture *f, const char *name)
{
    gsize size;
    g_autofree char *path = g_build_filename("adapters/hukou/fixtures", name, NULL);
    g_autofree char *payload = read_source_file(path, &size);
    post_payload(f, payload, size);
}

/* A death of synthetic person D. */
static void post_death(Fixture *f, const char *business)
{
    g_autofree char *payload = g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%s</SWZXID><RYNBID>900000204</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%s</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS>",
        business, business);
    post_payload(f, payload, strlen(payload));
}

static void test_a_poison_event_stops_nobody_else(void)
{
    static const char *const modes[] = {"mode = structured\n", "batch = 10\n"};
    for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
        Fixture f;
        PlatformCount count;
        start(&f, modes[i]);
        platform_delay(f.platform, 20);
        platform_refuse_text(f.platform, "900002001", 500);
        post_death(&f, "900002001");
        post_death(&f, "900002002"); /* the same person */
        post_file(&f, "hukou-birth-gbk.xml");
        post_file(&f, "hukou-move-in-gbk.xml");
        g_assert_true(platform_wait(f.platform, 2, 10000));
        bus_process_wait_figure(f.bus, "consumers.0.failures", 4, 10000);
        platform_count(f.platform, &count);
        g_assert_cmpuint(count.events, ==, 2);
        platform_refuse_text(f.platform, NULL, 0);
        g_assert_true(platform_wait(f.platform, 4, 10000));
        bus_process_wait_figure(f.bus, "consumers.0.cursor", 4, 5000);
        g_assert_cmpint(bus_process_figure(f.bus, "consumers.0.dead"), ==, 0);
        platform_count(f.platform, &count);
        g_assert_cmpuint(count.repeated + count.disordered, ==, 0);
        stop(&f);
    }
}

static void test_a_wrong_path_at_the_platform_loses_nothing(void)
{
    Fixture f;
    start(&f, "batch = 10\n");
    platform_refuse(f.platform, 404, 0);
    for (unsigned i = 0; i < 20; i++) {
        g_autofree char *business = g_strdup_printf("9000021%02u", i);
        post_death(&f, business);
    }
    bus_process_wait_figure(f.bus, "consumers.0.failures", 5, 10000);
    platform_refuse(f.platform, 0, 0);
    g_assert_true(platform_wait(f.platform, 20, 10000));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 20, 5000);
    g_assert_cmpint(bus_process_figure(f.bus, "spool.deadLetters"), ==, 0);
    stop(&f);
}

/* From when an event is in the window it is under way. */
static void wait_until_delivering(Fixture *f)
{
    unsigned status;
    bool delivering = false;
    while (!delivering) {
        g_autofree char *page = bus_process_page(f->bus, "/status", &status);
        delivering = strstr(page, "\"state\":\"delivering\"") != NULL;
    }
}

static void test_a_clean_stop_lets_requests_under_way_end(void)
{
    Fixture f;
    PlatformCount count;
    start(&f, "mode = structured\n");
    platform_delay(f.platform, 400);
    post_death(&f, "900002201");
    wait_until_delivering(&f);
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    platform_delay(f.platform, 0);
    bus_process_start(f.bus);
    post_death(&f, "900002202");
    g_assert_true(platform_wait(f.platform, 2, 10000));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 2, 5000);
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.repeated, ==, 0);
    stop(&f);
}

static void test_what_a_platform_answers_is_not_in_the_log(void)
{
    Fixture f;
    unsigned status;
    start(&f, "mode = structured\n");
    platform_refuse(f.platform, 422, 0);
    post_death(&f, "900002301");
    bus_process_wait_figure(f.bus, "consumers.0.dead", 1, 5000);
    g_autofree char *page = bus_process_page(f.bus, "/status", &status), *log = bus_process_log(f.bus);
    g_assert_nonnull(strstr(page, "\"lastError\":\"HTTP 422\""));
    g_assert_nonnull(strstr(log, "is a dead letter: HTTP 422"));
    g_assert_null(strstr(log, "the platform says no"));
    stop(&f);
}

static void test_a_route_that_fits_no_type_is_bad_configuration(void)
{
    static const char *const verbs[] = {"check", "run"};
    for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
        g_autofree char *sections =
            sections_of("http://127.0.0.1:9/", "", "types = persn.*;*.died.v1;justice.*\n");
        BusProcess *bus = bus_process_new(NULL, sections);
        g_autofree char *output = NULL;
        g_assert_cmpint(run_hutong(&output, verbs[i], "-c", bus->config, NULL), ==, 78);
        g_assert_nonnull(
            strstr(output, "[route all] types: 'persn.*' fits no event type; did you mean 'person.*'?"));
        g_assert_nonnull(strstr(output, "types: '*.died.v1': a * may only stand at the end"));
        g_assert_nonnull(strstr(output, "types: 'justice.*' fits restricted event types only"));
        bus_process_free(bus);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/a-poison-event-stops-nobody-else", test_a_poison_event_stops_nobody_else);
    g_test_add_func("/delivery/a-wrong-path-at-the-platform-loses-nothing",
                    test_a_wrong_path_at_the_platform_loses_nothing);
    g_test_add_func("/delivery/a-clean-stop-lets-requests-under-way-end",
                    test_a_clean_stop_lets_requests_under_way_end);
    g_test_add_func("/delivery/a-platforms-answer-is-not-in-the-log",
                    test_what_a_platform_answers_is_not_in_the_log);
    g_test_add_func("/delivery/a-route-that-fits-no-type-is-bad-configuration",
                    test_a_route_that_fits_no_type_is_bad_configuration);
    return g_test_run();
}
