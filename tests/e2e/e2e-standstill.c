/* Delivery never stands still, with the real programs: what a platform refuses, however often, holds up nobody else. The pauses in
 * the configuration are so long that a test fails when anything waits for one that need not. What leads to what in detail is
 * in tests/unit/test-consumer.c. */
#include "tests/lib/busproc.h"
#include "tests/lib/deaths.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

#define EVENTS 1000
#define LONG_PAUSES "retry-first = 10min\nretry-max = 10min\n"
#define SLACK_US (2 * G_USEC_PER_SEC) /* of a machine that does something else */
#define WAIT_MS 60000

typedef struct {
    Platform *platform;
    BusProcess *bus;
    unsigned posted; /* events */
} Fixture;

static void start(Fixture *f, const char *consumer)
{
    *f = (Fixture){.platform = platform_new()};
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n%s"
        "[route all]\nto = platform\n",
        platform_url(f->platform), consumer);
    f->bus = bus_process_new(NULL, sections);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    platform_free(f->platform);
}

/* Deaths of so many other persons, in one message; the business number of the first in the test is 1. */
static void post_deaths(Fixture *f, unsigned count)
{
    g_autofree char *payload = deaths_payload(f->posted + 1, count, 0);
    f->posted += count;
    g_autoptr(Answer) answer = post(f->bus->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200);
}

/* The time for EVENTS more of which `wrong` are never taken. */
static gint64 time_of_delivery(Fixture *f, unsigned wrong)
{
    PlatformCount count;
    platform_count(f->platform, &count);
    gint64 begin = g_get_monotonic_time();
    post_deaths(f, EVENTS);
    g_assert_true(platform_wait(f->platform, count.events + EVENTS - wrong, WAIT_MS));
    return g_get_monotonic_time() - begin;
}

static void assert_in_order(Fixture *f)
{
    PlatformCount count;
    platform_count(f->platform, &count);
    g_assert_cmpuint(count.repeated + count.doubled + count.disordered, ==, 0);
}

/* Of the second, third and fourth EVENTS: the first 20, each hundredth, each tenth. */
static bool is_wrong(unsigned business)
{
    unsigned part = (business - 1) / EVENTS, place = (business - 1) % EVENTS;
    return (part == 1 && place < 20) || (part == 2 && place % 100 == 9) || (part == 3 && place % 10 == 9);
}

static const char *const modes[] = {"mode = structured\n" LONG_PAUSES, "batch = 50\n" LONG_PAUSES,
                                    "mode = structured\nattempts = 100\n" LONG_PAUSES};

static void test_events_that_are_never_taken_hold_up_nobody(void)
{
    static const unsigned wrong[] = {20, EVENTS / 100, EVENTS / 10};
    for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
        Fixture f;
        unsigned failing = 0;
        start(&f, modes[i]);
        platform_refuse_if(f.platform, is_wrong, i == 0 ? 404 : 500);
        gint64 undisturbed_us = time_of_delivery(&f, 0);
        for (unsigned n = 0; n < G_N_ELEMENTS(wrong); n++) {
            gint64 took_us = time_of_delivery(&f, wrong[n]);
            g_test_message("mode %u, %u wrong: %.2f s beside %.2f s", i, wrong[n], (double)took_us / 1e6,
                           (double)undisturbed_us / 1e6);
            g_assert_cmpint(took_us, <=, 2 * undisturbed_us + SLACK_US);
            failing += wrong[n];
        }
        bus_process_wait_figure(f.bus, "consumers.0.failing", failing, WAIT_MS);
        g_assert_cmpint(bus_process_figure(f.bus, "consumers.0.failing"), ==, failing);
        assert_in_order(&f);
        stop(&f);
    }
}

static void test_one_failure_in_twenty_rests_nobody(void)
{
    static const unsigned statuses[] = {503, 500};
    for (unsigned i = 0; i < 2; i++) {
        Fixture f;
        start(&f, modes[i]);
        gint64 undisturbed_us = time_of_delivery(&f, 0);
        for (unsigned n = 0; n < G_N_ELEMENTS(statuses); n++) {
            platform_refuse_each(f.platform, 20, statuses[n]);
            gint64 took_us = time_of_delivery(&f, 0);
            g_test_message("%.2f s beside %.2f s", (double)took_us / 1e6, (double)undisturbed_us / 1e6);
            g_assert_cmpint(took_us, <=, undisturbed_us * 10 / 9 + SLACK_US);
        }
        assert_in_order(&f);
        stop(&f);
    }
}

/* An outage of some seconds, in which pauses doubled; `begin` makes it, `end` ends it. */
static void live_through(const char *consumer, void (*begin)(Platform *platform),
                         void (*end)(Platform *platform))
{
    Fixture f;
    start(&f, consumer);
    begin(f.platform);
    post_deaths(&f, 50);
    bus_process_wait_figure(f.bus, "consumers.0.failures", 12, WAIT_MS);
    end(f.platform);
    gint64 begin_us = g_get_monotonic_time();
    g_assert_true(platform_wait(f.platform, 50, WAIT_MS));
    g_assert_cmpint(g_get_monotonic_time() - begin_us, <=, 200000 + SLACK_US);
    assert_in_order(&f);
    stop(&f);
}

static void fail(Platform *platform)
{
    platform_refuse(platform, 500, 0);
}

static void ask_for_a_day(Platform *platform)
{
    platform_refuse(platform, 503, 86400);
}

static void work_again(Platform *platform)
{
    platform_refuse(platform, 0, 0);
}

static void test_the_first_sign_of_life_starts_delivery_again(void)
{
    live_through("retry-first = 20ms\nretry-max = 1h\nprobe = 200ms\n", platform_close, platform_open);
    live_through("retry-first = 20ms\nretry-max = 1h\nprobe = 200ms\n", fail, work_again);
    live_through("mode = structured\nretry-first = 20ms\nretry-max = 1h\nprobe = 200ms\n", fail, work_again);
    live_through("retry-first = 20ms\nretry-max = 1h\nrest-max = 200ms\n", ask_for_a_day, work_again);
}

static bool is_the_first(unsigned business)
{
    return business == 1;
}

/* Also what was acknowledged above an event that is not. */
static void test_nothing_that_was_acknowledged_comes_again_after_a_restart(void)
{
    for (unsigned i = 0; i < 2; i++) {
        Fixture f;
        start(&f, modes[i]);
        platform_refuse_if(f.platform, is_the_first, 500);
        post_deaths(&f, EVENTS);
        g_assert_true(platform_wait(f.platform, EVENTS - 1, WAIT_MS));
        if (i == 0) {
            g_usleep(500000); /* what is finished is written within a fifth of a second */
            bus_process_kill(f.bus);
        } else {
            g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
        }
        bus_process_start(f.bus);
        post_deaths(&f, 10);
        g_assert_true(platform_wait(f.platform, EVENTS + 9, WAIT_MS));
        bus_process_wait_figure(f.bus, "consumers.0.failing", 1, WAIT_MS);
        g_assert_cmpint(bus_process_figure(f.bus, "consumers.0.cursor"), ==, 0);
        bus_process_wait_figure(f.bus, "consumers.0.delivered", 10, WAIT_MS);
        platform_refuse_if(f.platform, NULL, 0);
        bus_process_kill(f.bus);
        bus_process_start(f.bus);
        g_assert_true(platform_wait(f.platform, EVENTS + 10, WAIT_MS));
        bus_process_wait_figure(f.bus, "consumers.0.cursor", EVENTS + 10, WAIT_MS);
        PlatformCount count;
        platform_count(f.platform, &count);
        g_assert_cmpuint(count.repeated, <=,
                         11); /* which may have been taken just before the kill, the first too */
        g_assert_cmpuint(count.doubled + count.disordered, ==, 0);
        stop(&f);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/standstill/events-that-are-never-taken-hold-up-nobody",
                    test_events_that_are_never_taken_hold_up_nobody);
    g_test_add_func("/standstill/one-failure-in-twenty-rests-nobody",
                    test_one_failure_in_twenty_rests_nobody);
    g_test_add_func("/standstill/the-first-sign-of-life-starts-delivery-again",
                    test_the_first_sign_of_life_starts_delivery_again);
    g_test_add_func("/standstill/nothing-acknowledged-comes-again-after-a-restart",
                    test_nothing_that_was_acknowledged_comes_again_after_a_restart);
    return g_test_run();
}
