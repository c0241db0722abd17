/* One consumer's life, with a spool and a network that the test plays: what goes when, after which answer. */
#include "core/base/log.h"
#include "core/delivery/consumer.h"
#include "tests/lib/data.h"

#include <glib/gstdio.h>

#define DEADLINE_S 20
#define POSTS_MOST 15000 /* more than any test needs: nothing may be sent again and again without a pause */
#define OWN_SIZE 16      /* of a subject of its own */
#define UNREACHED (-1)   /* instead of a status: nothing could be sent */

/* ---- The spool: one event for each letter of `persons`, which names whom it is about; each * is somebody else ---- */

static struct {
    const char *persons;
    size_t data_bytes;
    uint64_t read_to, cursor;
    GString *dead; /* "3:2 " sequence and attempts */
    char *reason;
} spool;

uint64_t ht_spool_last_sequence(HtSpool *none)
{
    (void)none;
    return strlen(spool.persons);
}

void ht_spool_page_free(HtSpoolPage *page)
{
    g_ptr_array_unref(page->events);
    g_free(page);
}

typedef struct {
    HtSpoolPage *page;
    HtSpoolPageDone done;
    void *user;
} Reading;

static gboolean end_reading(void *user)
{
    Reading *reading = user;
    reading->done(reading->page, NULL, reading->user);
    g_free(reading);
    return G_SOURCE_REMOVE;
}

static HtStoredEvent *make_event(uint64_t sequence)
{
    HtStoredEvent *event = g_malloc0(sizeof *event + spool.data_bytes + OWN_SIZE);
    char *own = (char *)(event + 1) + spool.data_bytes;
    event->sequence = sequence;
    event->id.bytes[HT_UUID_SIZE - 1] = (uint8_t)sequence;
    event->subject = (HtText){spool.persons + sequence - 1, 1};
    if (spool.persons[sequence - 1] == '*') {
        event->subject = (HtText){own, (size_t)g_snprintf(own, OWN_SIZE, "%u", (unsigned)sequence)};
    }
    event->event.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1");
    event->event.data = (HtText){(char *)(event + 1), spool.data_bytes};
    return event;
}

void ht_spool_read(HtSpool *none, uint64_t after, unsigned limit, size_t limit_bytes, HtSpoolPageDone done,
                   void *user)
{
    (void)none;
    Reading *reading = g_new0(Reading, 1);
    *reading = (Reading){g_new0(HtSpoolPage, 1), done, user};
    reading->page->events = g_ptr_array_new_with_free_func(g_free);
    size_t bytes = 0;
    for (; spool.persons[after] && reading->page->events->len < limit && bytes < limit_bytes; after++) {
        g_ptr_array_add(reading->page->events, make_event(after + 1));
        bytes += spool.data_bytes;
    }
    spool.read_to = after;
    g_idle_add(end_reading, reading);
}

bool ht_spool_cursor_open(HtSpool *none, const char *consumer, uint64_t initial, uint64_t *cursor,
                          GError **error)
{
    (void)none, (void)consumer, (void)error;
    *cursor = initial;
    return true;
}

void ht_spool_cursor_move(HtSpool *none, const char *consumer, uint64_t cursor)
{
    (void)none, (void)consumer;
    g_assert_cmpuint(cursor, >, spool.cursor);
    spool.cursor = cursor;
}

void ht_spool_dead_letter(HtSpool *none, const char *consumer, uint64_t sequence, unsigned attempts,
                          const char *reason)
{
    (void)none, (void)consumer;
    g_string_append_printf(spool.dead, "%u:%u ", (unsigned)sequence, attempts);
    g_free(spool.reason);
    spool.reason = g_strdup(reason);
}

/* ---- The network: requests wait here until the test answers ---- */

typedef struct {
    char *events; /* "1 2 3 " */
    void (*done)(const HtPosted *posted, void *user);
    void (*drop)(void *user);
    void *user;
} Request;

static GPtrArray *requests; /* of Request, under way */
static unsigned posts;      /* in all */

static void free_request(void *data)
{
    Request *request = data;
    if (request->drop) {
        request->drop(request->user);
    }
    g_free(request->events);
    g_free(request);
}

void ht_sender_post(HtSender *none, HtPost *post, void (*done)(const HtPosted *posted, void *user),
                    void *user)
{
    (void)none;
    static const char key[] = "\"sequence\":\"";
    g_autoptr(GString) events = g_string_new(NULL);
    ht_buffer_add_char(&post->body, '\0');
    for (const char *at = post->body.data; (at = strstr(at, key)); at++) {
        g_string_append_printf(events, "%u ", (unsigned)g_ascii_strtoull(at + strlen(key), NULL, 10));
    }
    ht_buffer_clear(&post->body);
    Request *request = g_new0(Request, 1);
    *request = (Request){g_strdup(events->str), done, post->drop, user};
    g_ptr_array_add(requests, request);
    posts++;
}

/* Answers the request that is under way longest. */
static void answer_with(const HtPosted *posted)
{
    Request *request = g_ptr_array_steal_index(requests, 0);
    g_assert_cmpuint(posts, <, POSTS_MOST);
    request->drop = NULL;
    request->done(posted, request->user);
    free_request(request);
}

static void answer(long status, uint64_t retry_after_ms)
{
    HtPosted posted = {.status = MAX(status, 0),
                       .error = status > 0 ? NULL : "Couldn't connect to server",
                       .unsent = status == UNREACHED,
                       .retry_after_ms = retry_after_ms,
                       .body = HT_TEXT_LITERAL("no: \33[31m990104 19800101 9915 is wrong")};
    answer_with(&posted);
}

static bool holds(const char *events, unsigned sequence)
{
    g_autofree char *padded = g_strdup_printf(" %s", events);
    g_autofree char *wanted = g_strdup_printf(" %u ", sequence);
    return strstr(padded, wanted) != NULL;
}

/* ---- The consumer ---- */

typedef struct {
    HtDictionary *dictionary;
    HtConfig *config;
    HtDeliveryOptions options;
    HtConsumer *consumer;
} Fixture;

static HtConfig *config_of(const char *keys)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "hutong-consumer-XXXXXX", NULL);
    g_close(g_mkstemp(path), NULL);
    g_autofree char *text =
        g_strdup_printf("[bus]\nname = b\n[source s]\ndepartment = police\nadapter = xml\nmapping = m\n"
                        "[consumer c]\ntype = webhook\nurl = http://127.0.0.1/\n%s%s[route r]\nto = c\n",
                        strstr(keys, "retry") ? "" : "retry-first = 10ms\nretry-max = 40ms\n", keys);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_autoptr(GString) errors = g_string_new(NULL);
    HtConfig *config = ht_config_load(path, errors);
    g_unlink(path);
    g_assert_cmpstr(errors->str, ==, "");
    return config;
}

static void start(Fixture *f, const char *keys, const char *persons)
{
    spool.persons = persons;
    spool.read_to = spool.cursor = 0;
    spool.dead = g_string_new(NULL);
    requests = g_ptr_array_new_with_free_func(free_request);
    posts = 0;
    f->dictionary = test_dictionary();
    f->config = config_of(keys);
    f->options = (HtDeliveryOptions){f->config, f->dictionary, NULL};
    g_autoptr(GString) errors = g_string_new(NULL);
    f->consumer = ht_consumer_new(f->config->consumers->pdata[0], &f->options, NULL, errors);
    g_assert_cmpstr(errors->str, ==, "");
}

static void stop(Fixture *f)
{
    ht_consumer_stop(f->consumer);
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    g_ptr_array_unref(requests);
    ht_consumer_free(f->consumer);
    ht_config_free(f->config);
    ht_dictionary_free(f->dictionary);
    g_string_free(spool.dead, TRUE);
    g_clear_pointer(&spool.reason, g_free);
    spool.data_bytes = 0;
}

static gboolean fail_late(void *user)
{
    (void)user;
    g_assert_cmpstr("no request", ==, "a request");
    return G_SOURCE_REMOVE;
}

/* Turns the main loop until so many requests are under way. */
static void await(unsigned under_way)
{
    guint deadline = g_timeout_add_seconds(DEADLINE_S, fail_late, NULL);
    while (requests->len < under_way) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(deadline);
}

static void turn(void)
{
    while (g_main_context_iteration(NULL, FALSE)) {
    }
}

static HtConsumerStatus status_of(const Fixture *f)
{
    HtConsumerStatus status;
    ht_consumer_status(f->consumer, &status);
    return status;
}

/* Plays a platform that answers `status` to every request with event `poison`, and takes the others, until `delivered`
 * are. */
static void serve(Fixture *f, unsigned poison, long status, uint64_t delivered)
{
    while (status_of(f).delivered < delivered) {
        await(1);
        Request *first = requests->pdata[0];
        answer(holds(first->events, poison) ? status : 204, 0);
    }
}

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
        g_autofree char *persons = g_strnfill(60, '*');
        start(&f, "mode = structured\nconnections = 4\n", persons);
        await(4);
        for (unsigned n = 0; n < 20; n++) {
            await(1);
            answer(statuses[i], 0);
        }
        while (requests->len > 1) {
            answer(statuses[i], 0);
        }
        for (unsigned n = 0; n < 20; n++) {
            await(1);
            turn();
            g_assert_cmpuint(requests->len, ==, 1);
            answer(statuses[i], 0);
        }
        g_assert_cmpuint(requests->len, ==, 0); /* it has its pauses by now */
        g_assert_cmpstr(status_of(&f).state, ==, "retrying");
        serve(&f, 0, 0, 60);
        g_assert_cmpuint(spool.cursor, ==, 60);
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
    turn();
    g_assert_cmpuint(posts, <=, 16 + 8 + 16);
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

static void test_attempts_bury_only_what_failed_alone(void)
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
        turn();
        g_assert_cmpuint(spool.cursor, ==, 10);
        g_assert_cmpuint(status_of(&f).dead, ==, 1);
        stop(&f);
    }
}

static void test_faults_of_the_endpoint_bury_nothing(void)
{
    static const long temporary[] = {301, 302, 308, 401, 403, 404, 405, 407, 408, 425, 429, 500, 502, 504};
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

/* ---- Never a standstill ---- */

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
            turn(); /* pages come; no clock is waited for */
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
        turn();
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
        turn();
    }
    spool.persons = more;
    ht_consumer_wake(f.consumer);
    while (status_of(&f).delivered < 5) {
        turn();
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
        turn();
    }
    g_assert_cmpuint(status_of(&f).delivered, ==, 999);
    g_assert_cmpuint(tries, <=, 4);
    g_assert_cmpuint(status_of(&f).failing, ==, 1);
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
    turn();
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

static void test_reading_ahead_stops_at_the_window(void)
{
    Fixture f;
    g_autofree char *persons = g_strnfill(2000, 'a');
    spool.data_bytes = 10000;
    start(&f, "window = 100K\n", persons);
    await(1);
    answer(0, 0);
    for (unsigned i = 0; i < 5; i++) {
        await(1);
        turn();
        answer(0, 0);
    }
    g_assert_cmpuint(spool.read_to, <=, 22); /* the window, and one page as large */
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
    turn();
    g_assert_false(ht_consumer_is_sending(f.consumer));
    g_assert_cmpuint(spool.cursor, ==, 2);
    g_assert_cmpuint(posts, ==, 2);
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/consumer/a-poison-event-holds-back-only-its-person",
                    test_a_poison_event_holds_back_only_its_person);
    g_test_add_func("/consumer/many-events-go-past-a-poison-one", test_many_events_go_past_a_poison_one);
    g_test_add_func("/consumer/down-gets-one-request-at-a-time",
                    test_a_consumer_that_is_down_gets_one_request_at_a_time);
    g_test_add_func("/consumer/a-failed-batch-costs-few-requests-while-all-fail",
                    test_a_failed_batch_costs_few_requests_while_all_fail);
    g_test_add_func("/consumer/attempts-bury-only-what-failed-alone",
                    test_attempts_bury_only_what_failed_alone);
    g_test_add_func("/consumer/faults-of-the-endpoint-bury-nothing",
                    test_faults_of_the_endpoint_bury_nothing);
    g_test_add_func("/consumer/a-failed-batch-goes-again-in-halves",
                    test_a_failed_batch_goes_again_in_halves);
    g_test_add_func("/consumer/the-longest-retry-after-counts-up-to-rest-max",
                    test_the_longest_retry_after_counts_up_to_rest_max);
    g_test_add_func("/standstill/one-failure-among-many-rests-nobody",
                    test_one_failure_among_many_rests_nobody);
    g_test_add_func("/standstill/good-events-go-past-poison-ones-without-a-pause",
                    test_good_events_go_past_poison_ones_without_a_pause);
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
    g_test_add_func("/consumer/an-answer-stays-in-the-dead-letter",
                    test_what_a_consumer_answers_stays_in_the_dead_letter);
    g_test_add_func("/consumer/reading-ahead-stops-at-the-window", test_reading_ahead_stops_at_the_window);
    g_test_add_func("/consumer/nothing-new-goes-once-stopped",
                    test_nothing_new_goes_once_stopped_and_answers_still_count);
    return g_test_run();
}
