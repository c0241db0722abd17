/* One consumer's life, with a spool and a network that the test plays: what goes when, after which answer. */
#include "core/base/log.h"
#include "core/delivery/consumer.h"
#include "tests/lib/data.h"

#include <glib/gstdio.h>

#define DEADLINE_S 20
#define POSTS_MOST 15000 /* more than any test needs: nothing may be sent again and again without a pause */

/* ---- The spool: one event for each letter of `persons` ---- */

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
    HtStoredEvent *event = g_malloc0(sizeof *event + spool.data_bytes);
    event->sequence = sequence;
    event->id.bytes[HT_UUID_SIZE - 1] = (uint8_t)sequence;
    event->subject = (HtText){spool.persons + sequence - 1, 1};
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
    HtPosted posted = {.status = status,
                       .error = status ? NULL : "Couldn't connect to server",
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
    static const long statuses[] = {500, 401, 503, 0};
    for (unsigned i = 0; i < G_N_ELEMENTS(statuses); i++) {
        Fixture f;
        start(&f, "mode = structured\nconnections = 4\n", "abcdefghijkl");
        await(4);
        for (unsigned n = 0; n < 4; n++) {
            answer(statuses[i], 0);
        }
        for (unsigned n = 0; n < 10; n++) {
            g_assert_cmpuint(requests->len, ==, 0);
            await(1);
            turn();
            g_assert_cmpuint(requests->len, ==, 1);
            answer(statuses[i], 0);
        }
        g_assert_cmpstr(status_of(&f).state, ==, "retrying");
        serve(&f, 0, 0, 12);
        g_assert_cmpuint(spool.cursor, ==, 12);
        stop(&f);
    }
}

static void test_a_refused_batch_costs_few_requests_while_all_fail(void)
{
    Fixture f;
    start(&f, "batch = 100\nretry-first = 1min\nretry-max = 1min\n", "abcdefghij");
    for (unsigned n = 0; n < 4; n++) { /* the batch, and three alone */
        await(1);
        answer(500, 0);
    }
    turn();
    g_assert_cmpuint(posts, ==, 4);
    stop(&f);
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

static void test_the_longest_retry_after_counts(void)
{
    Fixture f;
    start(&f, "mode = structured\n", "abc");
    await(3);
    gint64 asked = g_get_monotonic_time();
    answer(429, 0);
    answer(429, 400);
    answer(429, 0);
    await(1);
    g_assert_cmpint(g_get_monotonic_time() - asked, >=, 400000);
    stop(&f);
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
                    test_a_refused_batch_costs_few_requests_while_all_fail);
    g_test_add_func("/consumer/attempts-bury-only-what-failed-alone",
                    test_attempts_bury_only_what_failed_alone);
    g_test_add_func("/consumer/faults-of-the-endpoint-bury-nothing",
                    test_faults_of_the_endpoint_bury_nothing);
    g_test_add_func("/consumer/the-longest-retry-after-counts", test_the_longest_retry_after_counts);
    g_test_add_func("/consumer/an-answer-stays-in-the-dead-letter",
                    test_what_a_consumer_answers_stays_in_the_dead_letter);
    g_test_add_func("/consumer/reading-ahead-stops-at-the-window", test_reading_ahead_stops_at_the_window);
    g_test_add_func("/consumer/nothing-new-goes-once-stopped",
                    test_nothing_new_goes_once_stopped_and_answers_still_count);
    return g_test_run();
}
