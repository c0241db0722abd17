/* Delivery never stands still: what a consumer fails at, and what it does while nothing goes through. With a spool and a network that
 * the test plays. */
#include "core/base/log.h"
#include "tests/lib/consumer-harness.h"

/* Answers `status` to every 20th request, else takes; the next request must always be under way already. */
static void test_one_failure_among_many_rests_nobody(void)
{
    static const char *const modes[] = {"mode = structured\n", "batch = 50\n",
                                        "mode = structured\nconnections = 1\n"};
    static const long statuses[] = {503, 500, 404, 0};
    for (unsigned i = 0; i < G_N_ELEMENTS(modes) * G_N_ELEMENTS(statuses); i++) {
        Fixture f;
        g_autofree char *persons = g_strnfill(3000, '*');
        g_autofree char *keys =
            g_strconcat(modes[i % G_N_ELEMENTS(modes)], "retry-first = 1min\nretry-max = 1min\n", NULL);
        g_test_message("case %u", i);
        start(&f, keys, persons);
        await(1);
        for (unsigned n = 1; status_of(&f).delivered < 3000; n++) {
            run_until_idle(); /* pages come; no clock is waited for */
            g_assert_cmpuint(requests->len, >, 0);
            answer(n % 20 == 0 ? statuses[i / G_N_ELEMENTS(modes)] : 204, 0);
        }
        g_assert_cmpuint(posts, <=, 3000 * 11 / 10);
        stop(&f);
    }
}

/* Of 2,000 events those that `is_poison` says are never taken; the others are all delivered without a pause. */
static void deliver_beside(const char *keys, bool (*is_poison)(unsigned sequence), unsigned good)
{
    Fixture f;
    g_autofree char *persons = g_strnfill(2000, '*');
    start(&f, keys, persons);
    await(1);
    while (status_of(&f).delivered < good) {
        run_until_idle();
        g_assert_cmpuint(requests->len, >, 0);
        Request *first = requests->pdata[0];
        bool poisoned = false;
        for (char *at = first->events; *at; at = strchr(at, ' ') + 1) {
            poisoned = poisoned || is_poison((unsigned)strtoul(at, NULL, 10));
        }
        answer(poisoned ? 500 : 204, 0);
    }
    g_assert_cmpuint(posts, <, 2 * 2000);
    stop(&f);
}

static unsigned count_events(const char *events)
{
    unsigned count = 0;
    for (; *events; events = strchr(events, ' ') + 1) {
        count++;
    }
    return count;
}

/* Where every tenth event is refused, a batch of fifty would fail for certain, and its halves: each event went out five times. */
static void test_batches_shrink_where_much_is_refused_and_grow_again(void)
{
    Fixture f;
    unsigned events = 0, large = 0;
    g_autofree char *persons = g_strnfill(4000, '*');
    start(&f, "batch = 50\nretry-first = 1min\nretry-max = 1min\n", persons);
    await(1);
    while (status_of(&f).delivered < 3800) {
        run_until_idle();
        g_assert_cmpuint(requests->len, >, 0);
        const char *first = ((Request *)requests->pdata[0])->events;
        bool poisoned = false;
        for (const char *at = first; *at; at = strchr(at, ' ') + 1) {
            unsigned sequence = (unsigned)strtoul(at, NULL, 10);
            poisoned = poisoned || (sequence <= 2000 && sequence % 10 == 0);
            large += sequence > 3000 && count_events(first) == 50;
        }
        events += count_events(first);
        answer(poisoned ? 404 : 204, 0);
    }
    g_test_message("%u posts, %u events in them, %u of the last 1000 in whole batches", posts, events, large);
    g_assert_cmpuint(posts, <, 1750);
    g_assert_cmpuint(events, <, 2000 + 3 * 2000);
    g_assert_cmpuint(large, >=, 900);
    stop(&f);
}

static bool is_one_of_the_first_20(unsigned sequence)
{
    return sequence <= 20;
}

static bool is_one_of_the_first_500(unsigned sequence)
{
    return sequence <= 500;
}

static bool is_each_hundredth(unsigned sequence)
{
    return sequence % 100 == 1;
}

static bool is_each_tenth(unsigned sequence)
{
    return sequence % 10 == 0;
}

static bool is_each_third(unsigned sequence)
{
    return sequence % 3 == 0;
}

static void test_good_events_go_past_poison_ones_without_a_pause(void)
{
    static const char *const modes[] = {"mode = structured\n", "batch = 100\n",
                                        "mode = structured\nattempts = 50\n",
                                        "batch = 50\nconnections = 1\n"};
    for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autofree char *keys = g_strconcat(modes[i], "retry-first = 1min\nretry-max = 1min\n", NULL);
        deliver_beside(keys, is_one_of_the_first_20, 1980);
        deliver_beside(keys, is_one_of_the_first_500, 1500);
        deliver_beside(keys, is_each_hundredth, 1980);
        deliver_beside(keys, is_each_tenth, 1800);
        deliver_beside(keys, is_each_third, 1334);
    }
}

/* All that is left has failed, and more of it in a row than when a consumer is down: what comes new goes at once. */
static void test_new_events_go_although_all_others_fail(void)
{
    Fixture f;
    g_autofree char *persons = g_strnfill(21, '*'), *more = g_strnfill(25, '*');
    start(&f, "mode = structured\nretry-first = 1min\nretry-max = 1min\nprobe = 1min\n", persons);
    await(1);
    while (requests->len > 0) {
        answer(holds(((Request *)requests->pdata[0])->events, 1) ? 204 : 500, 0);
        run_until_idle();
    }
    spool.persons = more;
    ht_consumer_wake(f.consumer);
    while (status_of(&f).delivered < 5) {
        run_until_idle();
        g_assert_cmpuint(requests->len, >, 0);
        unsigned sequence = (unsigned)strtoul(((Request *)requests->pdata[0])->events, NULL, 10);
        answer(sequence > 21 ? 204 : 500, 0);
    }
    stop(&f);
}

static void test_a_poison_event_is_tried_by_its_own_clock(void)
{
    Fixture f;
    unsigned tries = 0;
    g_autofree char *persons = g_strnfill(1000, '*');
    start(&f, "mode = structured\nretry-first = 1min\nretry-max = 1min\n", persons);
    await(1);
    while (requests->len > 0) {
        bool poison = holds(((Request *)requests->pdata[0])->events, 3);
        tries += poison;
        answer(poison ? 500 : 204, 0);
        run_until_idle();
    }
    g_assert_cmpuint(status_of(&f).delivered, ==, 999);
    g_assert_cmpuint(tries, <=, 4);
    g_assert_cmpuint(status_of(&f).failing, ==, 1);
    g_assert_cmpuint(spool.cursor, ==, 2);
    g_assert_cmpuint(spool.above, ==, 997); /* and that is what the next start knows */
    stop(&f);
}

static void test_the_first_sign_of_life_starts_delivery_again(void)
{
    static const long statuses[] = {500, 503, 0, UNREACHED};
    static const char *const modes[] = {"mode = structured\n", "batch = 10\n"};
    for (unsigned i = 0; i < G_N_ELEMENTS(statuses) * G_N_ELEMENTS(modes); i++) {
        Fixture f;
        g_autofree char *persons = g_strnfill(i < 4 ? 5 : 300, '*');
        g_autofree char *keys =
            g_strconcat(modes[i % 2], "retry-first = 10ms\nretry-max = 1h\nprobe = 20ms\n", NULL);
        start(&f, keys, persons);
        for (unsigned n = 0; n < 80; n++) { /* pauses that doubled would be days by now */
            gint64 begin = g_get_monotonic_time();
            await(1);
            g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
            answer(statuses[i / 2], 0);
        }
        await(1);
        gint64 begin = g_get_monotonic_time();
        serve(&f, 0, 0, strlen(persons));
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
        stop(&f);
    }
}

static void test_a_probe_that_hangs_keeps_no_other_from_asking(void)
{
    Fixture f;
    start(&f, "mode = structured\nretry-max = 40ms\nretry-first = 10ms\nprobe = 50ms\nconnections = 3\n",
          "abcd");
    await(3);
    answer(UNREACHED, 0);
    answer(UNREACHED, 0);
    answer(UNREACHED, 0);
    await(1);
    await(3); /* nobody answers */
    run_until_idle();
    g_assert_cmpuint(requests->len, ==, 3);
    serve(&f, 0, 0, 4);
    stop(&f);
}

static void test_attempts_are_not_charged_with_what_was_not_sent(void)
{
    static const struct {
        long status;
        uint64_t retry_after_ms;
    } cases[] = {{UNREACHED, 0}, {503, 1}, {429, 1}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        start(&f, "mode = structured\nattempts = 2\n", "ab");
        for (unsigned n = 0; n < 10; n++) {
            await(1);
            answer(cases[i].status, cases[i].retry_after_ms);
        }
        g_assert_cmpstr(spool.dead->str, ==, "");
        serve(&f, 0, 0, 2);
        stop(&f);
    }
}

/* What was let go and has to be read again cannot be, so many times: each time there is a pause, whatever fails meanwhile. */
static void fail_to_read_again(unsigned times)
{
    gint64 begin = g_get_monotonic_time();
    spool.bad_reads = times;
    ht_log_set_level(HT_LOG_NOTHING);
    while (spool.bad_reads > 0) {
        g_main_context_iteration(NULL, FALSE);
        if (requests->len > 0) {
            answer(500, 0);
        }
        g_assert_cmpint(g_get_monotonic_time() - begin, <, DEADLINE_S * G_USEC_PER_SEC);
    }
    ht_log_set_level(HT_LOG_ERROR);
    g_assert_cmpint(g_get_monotonic_time() - begin, >, (times - 1) * G_USEC_PER_SEC * 3 / 4);
}

/* More than a window holds, and one of them with many behind it. */
static void test_more_poison_events_than_a_window_holds(void)
{
    static const char *const modes[] = {"mode = structured\n", "batch = 20\n"};
    for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
        Fixture f;
        enum { ALL = 8000, ROW = 500 };
        unsigned good = 0, failing = 0;
        g_autofree char *persons = g_strnfill(ALL, '*');
        g_autofree char *keys =
            g_strconcat(modes[i], "retry-first = 50ms\nretry-max = 1h\nprobe = 100ms\n", NULL);
        for (unsigned n = 0; n < ROW; n++) {
            persons[2 * n] = 'a'; /* all behind the first, which is poison */
        }
        for (unsigned n = 1; n <= ALL; n++) {
            good += persons[n - 1] == '*' && n % 4 == 3;
        }
        start(&f, keys, persons);
        posts_most = 100000;
        while (status_of(&f).delivered < good) {
            await(1);
            Request *first = requests->pdata[0];
            bool poisoned = false;
            for (char *at = first->events; *at; at = strchr(at, ' ') + 1) {
                unsigned sequence = (unsigned)strtoul(at, NULL, 10);
                poisoned = poisoned || sequence % 4 != 3;
            }
            failing += poisoned;
            answer(poisoned ? 500 : 204, 0);
        }
        g_assert_cmpuint(failing, >, 0);
        fail_to_read_again(3);
        serve(&f, 0, 0, ALL); /* they are mended */
        g_assert_cmpuint(spool.cursor, ==, ALL);
        stop(&f);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/standstill/one-failure-among-many-rests-nobody",
                    test_one_failure_among_many_rests_nobody);
    g_test_add_func("/standstill/good-events-go-past-poison-ones-without-a-pause",
                    test_good_events_go_past_poison_ones_without_a_pause);
    g_test_add_func("/standstill/batches-shrink-where-much-is-refused-and-grow-again",
                    test_batches_shrink_where_much_is_refused_and_grow_again);
    g_test_add_func("/standstill/new-events-go-although-all-others-fail",
                    test_new_events_go_although_all_others_fail);
    g_test_add_func("/standstill/a-poison-event-is-tried-by-its-own-clock",
                    test_a_poison_event_is_tried_by_its_own_clock);
    g_test_add_func("/standstill/the-first-sign-of-life-starts-delivery-again",
                    test_the_first_sign_of_life_starts_delivery_again);
    g_test_add_func("/standstill/a-probe-that-hangs-keeps-no-other-from-asking",
                    test_a_probe_that_hangs_keeps_no_other_from_asking);
    g_test_add_func("/standstill/attempts-are-not-charged-with-what-was-not-sent",
                    test_attempts_are_not_charged_with_what_was_not_sent);
    g_test_add_func("/standstill/more-poison-events-than-a-window-holds",
                    test_more_poison_events_than_a_window_holds);
    return g_test_run();
}
