/* One consumer's life, with a spool and a network that the test plays: what goes when, after which answer. */
#include "core/base/log.h"
#include "core/delivery/health.h"
#include "core/delivery/judge.h"
#include "core/delivery/purpose.h"
#include "tests/lib/consumer-harness.h"

#include <glib/gstdio.h>

static void test_a_poison_event_holds_back_only_its_person(void)
{
    static const char *const modes[] = {"mode = structured\n", "batch = 5\n", "batch = 5\nconnections = 1\n"};
    static const long statuses[] = {500, 404, 503, 0}; /* also when it looks like a consumer that is down */
    for (unsigned i = 0; i < G_N_ELEMENTS(modes) * G_N_ELEMENTS(statuses); i++) {
        Fixture f;
        g_test_message("case %u", i);
        start(&f, modes[i / G_N_ELEMENTS(statuses)], "abcdeafghij");
        serve(&f, 1, statuses[i % G_N_ELEMENTS(statuses)], 9);
        g_assert_cmpuint(spool.cursor, ==, 0);
        g_assert_cmpstr(spool.dead->str, ==, "");
        serve(&f, 0, 0, 11);
        g_assert_cmpuint(spool.cursor, ==, 11);
        stop(&f);
    }
}

static void test_many_events_go_past_a_poison_one(void)
{
    Fixture f;
    g_autofree char *persons = g_strnfill(9000, 'b');
    persons[0] = 'a';
    start(&f, "batch = 1000\n", persons);
    serve(&f, 1, 500, 8999);
    stop(&f);
}

static void test_a_consumer_that_is_down_gets_one_request_at_a_time(void)
{
    static const long statuses[] = {500, 401, 503, 0, UNREACHED};
    for (unsigned i = 0; i < G_N_ELEMENTS(statuses); i++) {
        Fixture f;
        g_autofree char *persons = g_strnfill(80, '*');
        start(&f, "mode = structured\nconnections = 4\n", persons);
        await(4);
        for (unsigned n = 0; n < 20; n++) {
            await(1);
            answer(statuses[i], 0);
        }
        while (requests->len > 1) {
            answer(statuses[i], 0);
        }
        for (unsigned n = 0; n < 36; n++) {
            await(1);
            run_until_idle();
            g_assert_cmpuint(requests->len, ==, 1);
            answer(statuses[i], 0);
        }
        g_assert_cmpuint(requests->len, ==, 0); /* it has its pauses by now */
        g_assert_cmpstr(status_of(&f).state, ==, "retrying");
        serve(&f, 0, 0, 80);
        g_assert_cmpuint(spool.cursor, ==, 80);
        stop(&f);
    }
}

static void test_a_failed_batch_costs_few_requests_while_all_fail(void)
{
    Fixture f;
    g_autofree char *persons = g_strnfill(4000, '*');
    start(&f, "batch = 100\nretry-first = 1min\nretry-max = 1min\n", persons);
    await(1);
    for (unsigned n = 0; n < 1000 && requests->len > 0; n++) {
        answer(500, 0);
    }
    run_until_idle();
    g_assert_cmpuint(posts, <=, 16 + 8 + 32);
    stop(&f);
}

/* Answers 500 to what holds event 5, and says how large the requests were. */
static void test_a_failed_batch_goes_again_in_halves(void)
{
    static const long statuses[] = {500, 422};
    for (unsigned i = 0; i < G_N_ELEMENTS(statuses); i++) {
        Fixture f;
        g_autoptr(GString) sent = g_string_new(NULL);
        start(&f, "batch = 8\nconnections = 1\nretry-first = 1min\nretry-max = 1min\n", "abcdefgh");
        await(1);
        while (requests->len > 0) {
            Request *first = requests->pdata[0];
            g_string_append_printf(sent, "%s| ", first->events);
            answer(holds(first->events, 5) ? statuses[i] : 204, 0);
        }
        g_assert_true(
            g_str_has_prefix(sent->str, "1 2 3 4 5 6 7 8 | 1 2 3 4 | 5 6 7 8 | 5 6 | 7 8 | 5 | 6 | "));
        g_assert_cmpuint(status_of(&f).delivered, ==, 7);
        g_assert_cmpuint(status_of(&f).dead, ==, statuses[i] == 422);
        stop(&f);
    }
}

static void test_attempts_end_only_what_failed_alone(void)
{
    static const long statuses[] = {500, 503};
    for (unsigned i = 0; i < G_N_ELEMENTS(statuses); i++) {
        Fixture f;
        start(&f, "batch = 10\nattempts = 3\n", "abcdefghij");
        serve(&f, 4, statuses[i], 9);
        while (spool.dead->len == 0) {
            serve(&f, 4, statuses[i], 9);
            await(1);
            answer(statuses[i], 0);
            g_assert_cmpuint(posts, <, 100);
        }
        g_assert_true(g_str_has_prefix(spool.dead->str, "4:"));
        run_until_idle();
        g_assert_cmpuint(spool.cursor, ==, 10);
        g_assert_cmpuint(status_of(&f).dead, ==, 1);
        stop(&f);
    }
}

static void test_faults_of_the_endpoint_make_no_dead_letters(void)
{
    static const long temporary[] = {301, 302, 308, 401, 403, 404, 405, 407, 408, 411,
                                     414, 417, 421, 425, 426, 429, 500, 502, 504};
    static const long final[] = {400, 409, 413, 415, 422, 451};
    for (unsigned i = 0; i < G_N_ELEMENTS(temporary); i++) {
        Fixture f;
        start(&f, "mode = structured\n", "abc");
        await(3);
        answer(temporary[i], 0);
        g_test_message("%ld", temporary[i]);
        g_assert_cmpstr(spool.dead->str, ==, "");
        serve(&f, 0, 0, 3);
        stop(&f);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(final); i++) {
        Fixture f;
        start(&f, "mode = structured\n", "abc");
        await(3);
        answer(final[i], 0);
        g_assert_cmpstr(spool.dead->str, ==, "1:1 ");
        stop(&f);
    }
}

static void test_the_longest_retry_after_counts_up_to_rest_max(void)
{
    static const struct {
        const char *keys;
        uint64_t asked_ms;
        gint64 least_ms, most_ms;
    } cases[] = {
        {"mode = structured\nretry-first = 10ms\nretry-max = 20ms\n", 400, 400, 10000},
        {"mode = structured\nretry-first = 10ms\nretry-max = 20ms\nrest-max = 200ms\n", 86400000, 200, 10000},
        {"mode = structured\nretry-first = 10ms\nretry-max = 1h\nprobe = 100ms\n", 400, 400, 10000},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        start(&f, cases[i].keys, "abc");
        await(3);
        gint64 asked = g_get_monotonic_time();
        answer(429, 100);
        answer(503, cases[i].asked_ms);
        answer(204, 0); /* which was under way before */
        await(1);
        g_assert_cmpint(g_get_monotonic_time() - asked, >=, cases[i].least_ms * 1000);
        g_assert_cmpint(g_get_monotonic_time() - asked, <=, cases[i].most_ms * 1000);
        serve(&f, 0, 0, 3);
        stop(&f);
    }
}

static void test_what_a_consumer_answers_stays_in_the_dead_letter(void)
{
    Fixture f;
    start(&f, "mode = structured\n", "a");
    await(1);
    answer(422, 0);
    g_assert_cmpstr(status_of(&f).last_error, ==, "HTTP 422");
    g_assert_cmpstr(spool.reason, ==, "HTTP 422: no:  [31m[number] is wrong");
    stop(&f);
}

/* The bus had died when the dead letter was on disk, and the cursor was not. */
static void test_what_is_taken_is_no_dead_letter_any_more(void)
{
    Fixture f;
    start(&f, "batch = 1\n", "abc");
    spool.letter = 2;
    serve(&f, 0, 204, 1);
    g_assert_cmpuint(spool.letter, ==, 2);
    serve(&f, 0, 204, 3);
    g_assert_cmpuint(spool.letter, ==, 0);
    stop(&f);
}

static void test_a_rest_outlasts_a_pause(void)
{
    Fixture f;
    start(&f, "mode = structured\n", "abcdef");
    await(1);
    while (requests->len > 0) {
        answer(429, 3600 * 1000);
    }
    spool.pause = (HtSpoolPause){.kind = HT_SPOOL_PAUSE_ADMIN, .reason = (char *)"looked at"};
    ht_consumer_wake(f.consumer);
    g_assert_cmpstr(status_of(&f).state, ==, "paused");
    spool.pause.kind = HT_SPOOL_PAUSE_NONE;
    ht_consumer_wake(f.consumer);
    run_until_idle();
    g_assert_cmpuint(requests->len, ==, 0);
    g_assert_cmpstr(status_of(&f).state, ==, "retrying");
    stop(&f);
}

static void test_reading_ahead_stops_at_the_window(void)
{
    Fixture f;
    g_autofree char *persons = g_strnfill(2000, 'a');
    spool.data_bytes = 10000;
    start(&f, "window = 100K\n", persons);
    await(1);
    answer(UNREACHED, 0);
    for (unsigned i = 0; i < 5; i++) {
        await(1);
        run_until_idle();
        answer(UNREACHED, 0);
    }
    g_assert_cmpuint(spool.held, <=,
                     22); /* the window, and one page as large: what was looked through is let go */
    stop(&f);
}

/* Far behind all that fits into the window, which is full of what waits: it goes with the next request, with nobody else; and the
 * warning's own messages in their order. */
static void test_an_alert_overtakes_what_waits(void)
{
    Fixture f;
    g_autofree char *persons = g_strnfill(5003, '*');
    memcpy(persons + 2999, "!", 1);
    memcpy(persons + 5000, "!?!", 3);
    spool.data_bytes = 1000;
    start(&f, "window = 100K\nmode = structured\nconnections = 1\n", persons);
    await(1);
    run_until_idle();
    g_assert_true(holds(((Request *)requests->pdata[0])->events, 1));
    g_autoptr(GString) first = g_string_new(NULL);
    for (unsigned i = 0; i < 5; i++) {
        answer(204, 0);
        await(1);
        run_until_idle();
        g_string_append(first, ((Request *)requests->pdata[0])->events);
    }
    g_assert_cmpstr(first->str, ==, "3000 5002 5001 5003 2 ");
    serve(&f, 0, 0, 5003);
    g_assert_cmpuint(posts, ==, 5003);
    g_assert_cmpuint(spool.cursor, ==, 5003);
    stop(&f);
    spool.data_bytes = 0;
}

/* What it cannot take holds up nothing: the other events go, and the other warning. */
static void test_an_alert_that_fails_holds_up_itself(void)
{
    Fixture f;
    start(&f, "mode = structured\nconnections = 1\n", "ab!c?!d");
    serve(&f, 3, 500, 5);
    g_assert_cmpuint(spool.cursor, ==, 2);
    serve(&f, 0, 0, 7);
    g_assert_cmpuint(spool.cursor, ==, 7);
    stop(&f);
}

static void test_nothing_new_goes_once_stopped_and_answers_still_count(void)
{
    Fixture f;
    start(&f, "mode = structured\nconnections = 2\n", "abcd");
    await(2);
    ht_consumer_stop(f.consumer);
    g_assert_true(ht_consumer_is_sending(f.consumer));
    answer(204, 0);
    answer(204, 0);
    run_until_idle();
    g_assert_false(ht_consumer_is_sending(f.consumer));
    g_assert_cmpuint(spool.cursor, ==, 2);
    g_assert_cmpuint(posts, ==, 2);
    stop(&f);
}

/* ---- Where it begins, and what comes between ---- */

static void test_a_new_consumer_starts_where_it_is_told(void)
{
    static const struct {
        const char *keys;
        unsigned first;
    } cases[] = {{"mode = structured\n", 1},
                 {"mode = structured\nstart = beginning\n", 1},
                 {"mode = structured\nstart = now\n", 4}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        start(&f, cases[i].keys, "abc");
        run_until_idle();
        g_assert_cmpuint(requests->len, ==, cases[i].first == 1 ? 3 : 0);
        spool.persons = "abcd";
        ht_consumer_wake(f.consumer);
        await(1);
        g_assert_true(holds(((Request *)requests->pdata[0])->events, cases[i].first));
        serve(&f, 0, 0, 5 - cases[i].first);
        g_assert_cmpuint(spool.cursor, ==, 4);
        stop(&f);
    }
}

/* It is read again by itself, after a pause, whether messages come meanwhile or not, and nothing is left out. */
static void test_a_spool_that_cannot_be_read_is_read_again(void)
{
    ht_log_set_level((HtLogLevel)-1);
    for (unsigned wakes = 0; wakes <= 10; wakes += 10) {
        Fixture f;
        spool.bad_reads = 1;
        start(&f, "mode = structured\n", "abc");
        run_until_idle();
        for (unsigned i = 0; i < wakes; i++) {
            ht_consumer_wake(f.consumer);
            run_until_idle();
        }
        g_assert_cmpuint(spool.reads, ==, 1);
        g_assert_cmpuint(requests->len, ==, 0);
        gint64 begin = g_get_monotonic_time();
        await(3);
        g_assert_cmpint(g_get_monotonic_time() - begin, >, G_USEC_PER_SEC / 2);
        serve(&f, 0, 0, 3);
        g_assert_cmpuint(spool.cursor, ==, 3);
        stop(&f);
    }
    ht_log_set_level(HT_LOG_ERROR);
}

/* What is refused holds up the later events of its person, and nobody else's, until it is taken. */
static void test_strict_order_waits_for_what_is_refused(void)
{
    Fixture f;
    start(&f, "batch = 10\norder = strict\n", "abacad");
    serve(&f, 1, 422, 3);
    g_assert_cmpuint(status_of(&f).dead, ==, 0);
    g_assert_cmpuint(status_of(&f).failing, ==, 1);
    serve(&f, 0, 0, 6);
    g_assert_cmpuint(status_of(&f).dead, ==, 0);
    run_until_idle();
    g_assert_cmpuint(spool.cursor, ==, 6);
    stop(&f);
}

static void test_the_status_has_the_last_answers(void)
{
    Fixture f;
    HtBuffer json = {0};
    start(&f, "batch = 1\nconnections = 1\n", "abcd");
    static const long statuses[] = {500, 503, 503, 204};
    for (unsigned i = 0; i < G_N_ELEMENTS(statuses); i++) {
        await(1);
        answer(statuses[i], 0);
    }
    ht_buffer_add_char(&json, '{');
    ht_health_json(status_of(&f).health, &json);
    ht_buffer_add_char(&json, '\0');
    const char *last = strstr(json.data, "{\"answer\":\"HTTP 204\",\"count\":1,");
    const char *before = strstr(json.data, "{\"answer\":\"HTTP 503\",\"count\":2,");
    g_assert_true(last && before && last < before);
    g_assert_nonnull(strstr(before, "{\"answer\":\"HTTP 500\",\"count\":1,"));
    g_assert_cmpuint(status_of(&f).since_us, >, 0);
    ht_buffer_clear(&json);
    stop(&f);
}

/* Of the key `secret-file` follows that each request is signed, and without it none is. */
static void test_a_secret_signs_every_request(void)
{
    static const char *const modes[] = {"mode = structured\n", "batch = 2\n"};
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "hutong-secret-XXXXXX", NULL);
    g_close(g_mkstemp(path), NULL);
    g_assert_true(g_file_set_contents_full(path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", -1,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(modes); i++) {
        Fixture f;
        bool secret = i % 2;
        g_autofree char *keys =
            g_strdup_printf("%s%s%s\n", modes[i / 2], secret ? "secret-file = " : "", secret ? path : "");
        start(&f, keys, "abcde");
        serve(&f, 0, 0, 5);
        g_assert_cmpuint(posts, >=, 3);
        g_assert_cmpuint(signed_posts, ==, secret ? posts : 0);
        stop(&f);
    }
    g_unlink(path);
}

/* So many attempts as are set, neither one more nor one less, and with the last the event is a dead letter. */
static void test_attempts_are_counted_to_the_one(void)
{
    for (unsigned attempts = 1; attempts <= 5; attempts++) {
        Fixture f;
        g_autofree char *keys =
            g_strdup_printf("mode = structured\nconnections = 1\nattempts = %u\n", attempts);
        g_autofree char *dead = g_strdup_printf("1:%u ", attempts);
        start(&f, keys, "a");
        for (unsigned n = 1; n <= attempts; n++) {
            g_assert_cmpstr(spool.dead->str, ==, "");
            await(1);
            answer(500, 0);
        }
        g_assert_cmpstr(spool.dead->str, ==, dead);
        run_until_idle();
        g_assert_cmpuint(posts, ==, attempts);
        g_assert_cmpuint(spool.cursor, ==, 1);
        stop(&f);
    }
}

/* As many dead letters as it may have, and no more: what is refused then waits, and goes when there is room. */
static void test_a_full_list_of_dead_letters_stops_it(void)
{
    Fixture f;
    ht_log_set_level(HT_LOG_NOTHING);
    start(&f, "mode = structured\nconnections = 1\ndead-max = 2\n", "abcd");
    for (unsigned n = 1; n <= 3; n++) {
        await(1);
        g_assert_cmpstr(status_of(&f).state, !=, "stopped");
        answer(422, 0);
    }
    run_until_idle();
    g_assert_cmpstr(spool.dead->str, ==, "1:1 2:1 ");
    g_assert_cmpuint(status_of(&f).dead, ==, 2);
    g_assert_cmpstr(status_of(&f).state, ==, "stopped");
    g_assert_cmpuint(requests->len, ==, 0);
    spool.letters = 1; /* one was replayed */
    ht_consumer_wake(f.consumer);
    serve(&f, 3, 422, 1);
    while (spool.letters == 1) {
        await(1);
        answer(422, 0);
    }
    g_assert_true(g_str_has_prefix(spool.dead->str, "1:1 2:1 3:"));
    ht_log_set_level(HT_LOG_ERROR);
    stop(&f);
}

#define DAY_US (INT64_C(86400) * 1000000)

/* The log tells it once, each time that it changes; and what others of the same policy are sent is not shown to it any more. */
static void test_a_purpose_that_lapses_is_told(void)
{
    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr(
            "*info*consumer c: policy *, purpose: holds\n*consumer c: policy *, purpose: "
            "ends\n*warning*its purpose lapses after 2099-12-31: then*consumer c: policy *, "
            "purpose: lapsed\n*error*its purpose lapsed after 2099-12-31: it sees*");
        g_test_trap_assert_stderr_unmatched("*lapsed after*lapsed after*");
        g_test_trap_assert_stderr_unmatched("*lapses after*lapses after*");
        return;
    }
    Fixture f;
    ht_log_set_level(HT_LOG_INFO);
    start(&f, "clearance = 1\npurpose = p\npurpose-until = 2099-12-31\npurpose-alarm = 10d\n", "");
    int64_t until_us = ht_policy_until(f.consumer->policy);
    for (unsigned twice = 0; twice < 2; twice++) {
        f.consumer->class.number = 7;
        ht_purpose_look(f.consumer, until_us - 20 * DAY_US);
        g_assert_cmpuint(f.consumer->class.number, ==, 7);
    }
    ht_purpose_look(f.consumer, until_us - 5 * DAY_US);
    ht_purpose_look(f.consumer, until_us - 4 * DAY_US);
    g_assert_cmpuint(f.consumer->class.number, ==, 7);
    ht_purpose_look(f.consumer, until_us);
    g_assert_cmpuint(f.consumer->class.number, ==, 0);
    ht_purpose_look(f.consumer, until_us + DAY_US);
    ht_log_set_level(HT_LOG_ERROR);
    stop(&f);
}

/* ---- Paused routes ---- */

static void pause_routes(Fixture *f, bool paused)
{
    spool.routes_paused = paused;
    spool.pause_turn++;
    ht_consumer_wake(f->consumer);
}

static void test_a_paused_route_holds_what_goes_by_it(void)
{
    Fixture f;
    start(&f, "batch = 1\nconnections = 1\n", "abca");
    await(1);
    pause_routes(&f, true);
    g_assert_cmpuint(status_of(&f).held_sending, ==, 1);
    g_assert_cmpuint(status_of(&f).held, ==, 2); /* of a, one is under way */
    answer(204, 0);
    run_until_idle();
    g_assert_cmpuint(requests->len, ==, 0);
    g_assert_cmpuint(status_of(&f).held, ==, 3);
    g_assert_cmpuint(status_of(&f).failing, ==, 0);
    g_assert_cmpstr(status_of(&f).state, ==, "idle");
    g_assert_cmpuint(spool.cursor, ==, 1);
    pause_routes(&f, false);
    serve(&f, 0, 0, 4);
    run_until_idle();
    g_assert_cmpuint(spool.cursor, ==, 4);
    g_assert_cmpuint(status_of(&f).held, ==, 0);
    stop(&f);
}

static void test_much_that_was_held_comes_back_as_there_is_room(void)
{
    Fixture f;
    g_autofree char *persons = g_strnfill(9000, '*');
    start(&f, "batch = 100\nconnections = 1\n", persons);
    pause_routes(&f, true);
    while (status_of(&f).held < 9000) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpuint(status_of(&f).delivered, ==, 0);
    unsigned reads = spool.reads;
    pause_routes(&f, false);
    await(1);
    run_until_idle();
    g_assert_cmpuint(spool.reads - reads, <=, 1000 / 100 + 1); /* and no more while the window is full */
    serve(&f, 0, 0, 9000);
    run_until_idle();
    g_assert_cmpuint(spool.cursor, ==, 9000);
    stop(&f);
}

static void test_twice_what_can_be_under_way_is_read_ahead(void)
{
    static const struct {
        const char *keys;
        unsigned events;
    } cases[] = {{"batch = 50\nconnections = 4\n", 1000},
                 {"mode = structured\nconnections = 8\n", 1000},
                 {"batch = 400\nconnections = 4\n", 3200},
                 {"batch = 1000\nconnections = 8\n", 4000}};
    g_autofree char *persons = g_strnfill(9000, '*');
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        start(&f, cases[i].keys, persons);
        await(1);
        run_until_idle();
        g_assert_cmpuint(spool.held, >=, cases[i].events);
        g_assert_cmpuint(spool.held, <, cases[i].events + 500); /* a page */
        stop(&f);
    }
}

static void test_a_drained_consumer_is_waited_for(void)
{
    Fixture f;
    start(&f, "batch = 1\nconnections = 1\n", "ab");
    await(1);
    spool.pause = (HtSpoolPause){.kind = HT_SPOOL_PAUSE_DRAIN};
    ht_consumer_wake(f.consumer);
    g_assert_cmpstr(status_of(&f).state, ==, "draining");
    g_assert_cmpuint(status_of(&f).under_way, ==, 1);
    answer(204, 0);
    run_until_idle();
    g_assert_cmpstr(status_of(&f).state, ==, "drained");
    g_assert_cmpuint(requests->len, ==, 0);
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/consumer/an-alert-overtakes-what-waits", test_an_alert_overtakes_what_waits);
    g_test_add_func("/consumer/an-alert-that-fails-holds-up-itself",
                    test_an_alert_that_fails_holds_up_itself);
    g_test_add_func("/consumer/a-poison-event-holds-back-only-its-person",
                    test_a_poison_event_holds_back_only_its_person);
    g_test_add_func("/consumer/many-events-go-past-a-poison-one", test_many_events_go_past_a_poison_one);
    g_test_add_func("/consumer/down-gets-one-request-at-a-time",
                    test_a_consumer_that_is_down_gets_one_request_at_a_time);
    g_test_add_func("/consumer/a-failed-batch-costs-few-requests-while-all-fail",
                    test_a_failed_batch_costs_few_requests_while_all_fail);
    g_test_add_func("/consumer/attempts-end-only-what-failed-alone",
                    test_attempts_end_only_what_failed_alone);
    g_test_add_func("/consumer/faults-of-the-endpoint-make-no-dead-letters",
                    test_faults_of_the_endpoint_make_no_dead_letters);
    g_test_add_func("/consumer/a-failed-batch-goes-again-in-halves",
                    test_a_failed_batch_goes_again_in_halves);
    g_test_add_func("/consumer/the-longest-retry-after-counts-up-to-rest-max",
                    test_the_longest_retry_after_counts_up_to_rest_max);
    g_test_add_func("/consumer/an-answer-stays-in-the-dead-letter",
                    test_what_a_consumer_answers_stays_in_the_dead_letter);
    g_test_add_func("/consumer/what-is-taken-is-no-dead-letter-any-more",
                    test_what_is_taken_is_no_dead_letter_any_more);
    g_test_add_func("/consumer/a-rest-outlasts-a-pause", test_a_rest_outlasts_a_pause);
    g_test_add_func("/consumer/reading-ahead-stops-at-the-window", test_reading_ahead_stops_at_the_window);
    g_test_add_func("/consumer/a-new-one-starts-where-it-is-told",
                    test_a_new_consumer_starts_where_it_is_told);
    g_test_add_func("/consumer/a-spool-that-cannot-be-read-is-read-again",
                    test_a_spool_that_cannot_be_read_is_read_again);
    g_test_add_func("/consumer/strict-order-waits-for-what-is-refused",
                    test_strict_order_waits_for_what_is_refused);
    g_test_add_func("/consumer/the-status-has-the-last-answers", test_the_status_has_the_last_answers);
    g_test_add_func("/consumer/a-secret-signs-every-request", test_a_secret_signs_every_request);
    g_test_add_func("/consumer/attempts-are-counted-to-the-one", test_attempts_are_counted_to_the_one);
    g_test_add_func("/consumer/nothing-new-goes-once-stopped",
                    test_nothing_new_goes_once_stopped_and_answers_still_count);
    g_test_add_func("/consumer/a-full-list-of-dead-letters-stops-it",
                    test_a_full_list_of_dead_letters_stops_it);
    g_test_add_func("/consumer/route/paused-holds-what-goes-by-it",
                    test_a_paused_route_holds_what_goes_by_it);
    g_test_add_func("/consumer/route/much-that-was-held-comes-back",
                    test_much_that_was_held_comes_back_as_there_is_room);
    g_test_add_func("/consumer/reads-ahead-twice-what-can-be-under-way",
                    test_twice_what_can_be_under_way_is_read_ahead);
    g_test_add_func("/consumer/drained-is-waited-for", test_a_drained_consumer_is_waited_for);
    g_test_add_func("/consumer/purpose/that-lapses-is-told", test_a_purpose_that_lapses_is_told);
    return g_test_run();
}
