/* Consumers that fetch their events, with the real program: workers that share one consumer, what comes again after a kill, who may
 * come in, what leaves, and streams. What single requests lead to is in tests/unit/test-pull.c. */
#include "tests/lib/busproc.h"
#include "tests/lib/deaths.h"
#include "tests/lib/post.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 300
#define KILLS 3
#define PERSONS 40
#define WORKERS 3
#define TOKEN "Authorization: Bearer 0123456789abcdef"

static BusProcess *start_with(const char *consumer)
{
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = pull\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n%s"
        "[route all]\nto = platform\n",
        consumer);
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    return bus;
}

static void stop(BusProcess *bus)
{
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void post_deaths(const BusProcess *bus, unsigned first, unsigned count, unsigned persons)
{
    g_autofree char *payload = deaths_payload(first, count, persons);
    g_autoptr(Answer) answer = post(bus->port, "/in/hukou", "text/xml", NULL, payload, strlen(payload));
    g_assert_cmpint(answer->status, ==, 200);
}

/* ---- Several workers ---- */

/* What all workers know. */
typedef struct {
    GMutex lock;
    unsigned port;     /* of the bus; another one after it was started again; atomic */
    GHashTable *last;  /* person → the last sequence that is acknowledged */
    GHashTable *taken; /* sequences */
    GHashTable *
        asked; /* the same, and those of which nobody knows: the answer to their acknowledgement did not come */
    unsigned repeated, disordered;
    int over; /* atomic */
} Book;

static guint64 sequence_of(JsonObject *event)
{
    return g_ascii_strtoull(json_object_get_string_member(event, "sequence"), NULL, 10);
}

/* Events of a person come from what is not acknowledged yet on, and rising within an answer. */
static void note_event(Book *book, JsonObject *event)
{
    guint64 sequence = sequence_of(event);
    const char *person = json_object_get_string_member(event, "partitionkey");
    g_mutex_lock(&book->lock);
    guint64 last = GPOINTER_TO_SIZE(g_hash_table_lookup(book->last, person));
    book->repeated += g_hash_table_contains(book->taken, GSIZE_TO_POINTER(sequence));
    book->disordered += sequence < last;
    g_mutex_unlock(&book->lock);
}

static void note_taken(Book *book, JsonArray *events, bool answered)
{
    g_mutex_lock(&book->lock);
    for (guint i = 0; i < json_array_get_length(events); i++) {
        JsonObject *event = json_array_get_object_element(events, i);
        guint64 sequence = sequence_of(event);
        g_hash_table_add(book->asked, GSIZE_TO_POINTER(sequence));
        if (answered) {
            g_hash_table_add(book->taken, GSIZE_TO_POINTER(sequence));
            g_hash_table_insert(book->last, g_strdup(json_object_get_string_member(event, "partitionkey")),
                                GSIZE_TO_POINTER(sequence));
        }
    }
    g_mutex_unlock(&book->lock);
}

static void work_on(Book *book, const char *worker, JsonArray *events)
{
    guint count = json_array_get_length(events);
    for (guint i = 0; i < count; i++) {
        note_event(book, json_array_get_object_element(events, i));
    }
    if (count > 0) {
        g_autofree char *body =
            g_strdup_printf("{\"worker\":\"%s\",\"through\":%" G_GUINT64_FORMAT "}", worker,
                            sequence_of(json_array_get_object_element(events, count - 1)));
        g_autoptr(Answer) answer = post(g_atomic_int_get(&book->port), "/out/platform/ack",
                                        "application/json", NULL, body, strlen(body));
        note_taken(book, events, answer->status == 200);
    }
}

static void *run_worker(void *user)
{
    Book *book = user;
    g_autofree char *worker = g_strdup_printf("w-%p", (void *)g_thread_self());
    g_autofree char *path = g_strdup_printf("/out/platform?wait=1&limit=7&worker=%s", worker);
    while (!g_atomic_int_get(&book->over)) {
        g_autoptr(Answer) answer = fetch(g_atomic_int_get(&book->port), path, NULL);
        g_autoptr(JsonParser) parser = json_parser_new();
        if (answer->status == 200) {
            bool good = json_parser_load_from_data(parser, answer->body->str, -1, NULL);
            g_assert_true(good);
            work_on(book, worker, json_node_get_array(json_parser_get_root(parser)));
        }
    }
    return NULL;
}

static void let_workers_work(BusProcess *bus, unsigned kills, Book *book)
{
    GThread *threads[WORKERS];
    *book = (Book){.port = bus->port,
                   .last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                   .taken = g_hash_table_new(NULL, NULL),
                   .asked = g_hash_table_new(NULL, NULL)};
    for (unsigned i = 0; i < WORKERS; i++) {
        threads[i] = g_thread_new("worker", run_worker, book);
    }
    for (unsigned i = 0; i < kills; i++) {
        bus_process_wait_figure(bus, "consumers.0.delivered", 20, 30000);
        bus_process_kill(bus);
        bus_process_start(bus);
        g_atomic_int_set(&book->port, bus->port);
    }
    bus_process_wait_figure(bus, "consumers.0.cursor", EVENTS, 60000);
    g_atomic_int_set(&book->over, true);
    for (unsigned i = 0; i < WORKERS; i++) {
        g_thread_join(threads[i]);
    }
    g_assert_cmpuint(g_hash_table_size(book->asked), ==, EVENTS);
    g_assert_true(kills > 0 || g_hash_table_size(book->taken) == EVENTS);
    g_hash_table_unref(book->asked);
    g_hash_table_unref(book->last);
    g_hash_table_unref(book->taken);
}

static void test_several_workers_share_one_consumer(void)
{
    Book book;
    BusProcess *bus = start_with("");
    post_deaths(bus, 1, EVENTS, PERSONS);
    let_workers_work(bus, 0, &book);
    g_assert_cmpuint(book.repeated + book.disordered, ==, 0);
    stop(bus);
}

/* What was told to be acknowledged does not come again, whenever the kill comes. */
static void test_a_kill_loses_nothing(void)
{
    Book book;
    BusProcess *bus = start_with("lease = 2s\n");
    post_deaths(bus, 1, EVENTS, PERSONS);
    let_workers_work(bus, KILLS, &book);
    g_assert_cmpuint(book.repeated, ==, 0);
    stop(bus);
}

/* ---- One by one ---- */

static unsigned count_events(const Answer *answer)
{
    unsigned count = 0;
    for (const char *at = answer->body->str; (at = strstr(at, "\"specversion\"")); at++) {
        count++;
    }
    return count;
}

static void test_nothing_acknowledged_comes_again_after_a_stop(void)
{
    static const char some[] = "{\"sequences\":[1,3,5,6]}";
    BusProcess *bus = start_with("");
    post_deaths(bus, 1, 8, 0);
    g_autoptr(Answer) first = fetch(bus->port, "/out/platform?wait=5&limit=8", NULL);
    g_assert_cmpuint(count_events(first), ==, 8);
    g_assert_cmpstr(first->content_type, ==, "application/cloudevents-batch+json; charset=utf-8");
    g_autoptr(Answer) ack =
        post(bus->port, "/out/platform/ack", "application/json", NULL, some, strlen(some));
    g_assert_cmpint(ack->status, ==, 200);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_start(bus);
    g_autoptr(Answer) second = fetch(bus->port, "/out/platform?wait=5", NULL);
    g_assert_cmpuint(count_events(second), ==, 4);
    g_assert_null(strstr(second->body->str, "\"sequence\":\"00000000000000000003\""));
    g_assert_nonnull(strstr(second->body->str, "\"sequence\":\"00000000000000000002\""));
    stop(bus);
}

/* ---- A replay ---- */

/* Takes what comes until there were so many; refuses the event 5 of a replay. Sequences in the order in which they came. */
static GArray *take_all(BusProcess *bus, unsigned count)
{
    GArray *got = g_array_new(FALSE, FALSE, sizeof(guint64));
    while (got->len < count) {
        g_autoptr(Answer) answer = fetch(bus->port, "/out/platform?wait=20&limit=7", NULL);
        g_autoptr(JsonParser) parser = json_parser_new();
        g_assert_cmpint(answer->status, ==, 200);
        g_assert_true(json_parser_load_from_data(parser, answer->body->str, -1, NULL));
        JsonArray *events = json_node_get_array(json_parser_get_root(parser));
        for (guint i = 0; i < json_array_get_length(events); i++) {
            JsonObject *event = json_array_get_object_element(events, i);
            guint64 sequence = sequence_of(event);
            bool refuse = sequence == 5 && !json_object_has_member(event, "consumersequence");
            g_autofree char *body = g_strdup_printf("{\"sequences\":[%" G_GUINT64_FORMAT "]}", sequence);
            g_autoptr(Answer) said = post(bus->port, refuse ? "/out/platform/refuse" : "/out/platform/ack",
                                          "application/json", NULL, body, strlen(body));
            g_assert_cmpint(said->status, ==, 200);
            g_assert_nonnull(strstr(said->body->str, "\"notOut\":0"));
            g_array_append_val(got, sequence);
        }
    }
    return got;
}

static char *show_replay(const BusProcess *bus, const char *state)
{
    char *shown = NULL;
    for (bool there = false; !there;) {
        g_clear_pointer(&shown, g_free);
        g_assert_cmpint(run_hutong(&shown, "replay", "show", "1", "--json", "-c", bus->config, NULL), ==, 0);
        there = strstr(shown, state) != NULL;
    }
    return shown;
}

static void assert_rises(const GArray *got, unsigned from, unsigned count, guint64 first)
{
    for (unsigned i = 0; i < count; i++) {
        g_assert_cmpuint(g_array_index(got, guint64, from + i), ==, first + i);
    }
}

/* Its events come in the same answers as new ones, in order, and go on after a kill where they were acknowledged. */
static void test_a_replay_comes_by_the_same_way(void)
{
    BusProcess *bus = start_with("lease = 2s\n");
    g_autofree char *begun = NULL, *listed = NULL;
    post_deaths(bus, 1, 30, 0);
    g_autoptr(GArray) live = take_all(bus, 30);
    assert_rises(live, 0, 30, 1);
    g_assert_cmpint(run_hutong(&begun, "replay", "--consumer", "platform", "--from", "beginning", "-c",
                               bus->config, NULL),
                    ==, 0);
    g_autoptr(GArray) some = take_all(bus, 10);
    guint64 last = g_array_index(some, guint64, some->len - 1);
    assert_rises(some, 0, some->len, 1);
    bus_process_kill(bus);
    bus_process_start(bus);
    post_deaths(bus, 31, 5, 0);
    g_autoptr(GArray) rest = take_all(bus, 30 - (unsigned)last + 5);
    g_autoptr(GArray) again = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (unsigned i = 0; i < rest->len; i++) {
        guint64 sequence = g_array_index(rest, guint64, i);
        if (sequence <= 30) {
            g_array_append_val(again, sequence);
        }
    }
    assert_rises(again, 0, 30 - (unsigned)last, last + 1);
    g_autofree char *shown = show_replay(bus, "\"state\":\"done\"");
    g_assert_nonnull(strstr(shown, "\"delivered\":29,\"dead\":1"));
    g_assert_nonnull(strstr(shown, "\"sequence\":5,")); /* and what failed */
    g_assert_cmpint(bus_process_figure(bus, "consumers.0.cursor"), ==, 35);
    stop(bus);
}

/* What live delivery has still to give, and what is out by it, is not given twice; what is out of a cancelled replay is let go. */
static void test_nothing_is_out_twice(void)
{
    BusProcess *bus = start_with("");
    g_autofree char *begun = NULL, *cancelled = NULL, *again = NULL;
    static const char some[] = "{\"sequences\":[1,2,3]}";
    post_deaths(bus, 1, 6, 0);
    g_autoptr(Answer) out = fetch(bus->port, "/out/platform?wait=5&limit=4", NULL);
    g_assert_cmpuint(count_events(out), ==, 4);
    g_autoptr(Answer) ack =
        post(bus->port, "/out/platform/ack", "application/json", NULL, some, strlen(some));
    g_assert_cmpint(ack->status, ==, 200);
    g_assert_cmpint(run_hutong(&begun, "replay", "--consumer", "platform", "--from", "beginning", "-c",
                               bus->config, NULL),
                    ==, 0);
    g_autoptr(Answer) live = fetch(bus->port, "/out/platform?wait=5&limit=2", NULL);
    g_autoptr(Answer) replayed = fetch(bus->port, "/out/platform?wait=5", NULL);
    g_assert_cmpuint(count_events(live) + count_events(replayed), ==, 2 + 3);
    g_assert_cmpint(run_hutong(&cancelled, "replay", "cancel", "1", "-c", bus->config, NULL), ==, 0);
    g_autoptr(Answer) late =
        post(bus->port, "/out/platform/ack", "application/json", NULL, some, strlen(some));
    g_assert_nonnull(strstr(late->body->str, "{\"acknowledged\":0,\"notOut\":3}"));
    g_assert_cmpint(
        run_hutong(&again, "replay", "--consumer", "platform", "--from", "2", "-c", bus->config, NULL), ==,
        0);
    g_autoptr(Answer) second = fetch(bus->port, "/out/platform?wait=5", NULL);
    g_assert_cmpuint(count_events(second), ==, 2);
    stop(bus);
}

static void test_who_may_come_in(void)
{
    static const char *const right[] = {TOKEN, NULL}, *const wrong[] = {TOKEN "0", NULL};
    static const struct {
        const char *path;
        const char *const *headers;
        long status;
    } cases[] = {{"/out/platform", NULL, 401},
                 {"/out/platform", wrong, 401},
                 {"/out/platform", right, 200},
                 {"/out/other", right, 401},
                 {"/out/hook", right, 404},
                 {"/out/nobody", right, 404},
                 {"/out/far", right, 403},
                 {"/out", right, 404},
                 {"/out/platform/", right, 404},
                 {"/out/platform/ack", right, 405},
                 {"/out/platform/stream", wrong, 401}};
    g_autofree char *token = g_build_filename(g_get_tmp_dir(), "pull-token", NULL);
    g_autofree char *other = g_build_filename(g_get_tmp_dir(), "pull-other", NULL);
    g_assert_true(
        g_file_set_contents_full(token, "0123456789abcdef\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_true(
        g_file_set_contents_full(other, "fedcba9876543210\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_autofree char *keys = g_strdup_printf(
        "token-file = %s\n[consumer other]\ntype = pull\ntoken-file = %s\n[consumer far]\ntype = pull\npeers = "
        "192.0.2.7\n[consumer hook]\ntype = webhook\nurl = http://127.0.0.1:1/\n"
        "[route others]\nto = other;far;hook\n",
        token, other);
    BusProcess *bus = start_with(keys);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].path);
        g_autoptr(Answer) answer = fetch(bus->port, cases[i].path, cases[i].headers);
        g_assert_cmpint(answer->status, ==, cases[i].status);
    }
    stop(bus);
    unlink(token);
    unlink(other);
}

/* ---- Streams ---- */

static int open_stream(const BusProcess *bus, const char *headers)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((guint16)bus->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 20};
    g_autofree char *request =
        g_strdup_printf("GET /out/platform/stream HTTP/1.1\r\nHost: b\r\n%s\r\n", headers);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(send(fd, request, strlen(request), MSG_NOSIGNAL), ==, (ssize_t)strlen(request));
    return fd;
}

/* Reads until the text is there; NULL: until the end. False at the end. */
static bool read_until(int fd, GString *got, const char *text)
{
    char bytes[4096];
    while (!text || !strstr(got->str, text)) {
        ssize_t size = recv(fd, bytes, sizeof bytes, 0);
        g_assert_cmpint(size, >=, 0);
        if (size == 0) {
            return false;
        }
        g_string_append_len(got, bytes, size);
    }
    return true;
}

static void test_a_stream_is_read_on_and_on(void)
{
    g_autoptr(GString) got = g_string_new(NULL), again = g_string_new(NULL);
    BusProcess *bus = start_with("linger = 300ms\nheartbeat = 200ms\n");
    int fd = open_stream(bus, "");
    g_assert_true(read_until(fd, got, "\r\n: \n\n")); /* a heartbeat, with nothing to send */
    post_deaths(bus, 1, 3, 0);
    g_assert_true(read_until(fd, got, "id: 00000000000000000003\n"));
    g_assert_nonnull(strstr(got->str, "Content-Type: text/event-stream\r\n"));
    g_assert_false(read_until(fd, got, NULL)); /* nobody acknowledges */
    close(fd);
    post_deaths(bus, 4, 1, 0);
    fd = open_stream(bus, "Last-Event-ID: 00000000000000000002\r\n");
    g_assert_true(read_until(fd, again, "id: 00000000000000000004\n"));
    g_assert_nonnull(strstr(again->str, "id: 00000000000000000003\n"));
    g_assert_null(strstr(again->str, "id: 00000000000000000002\n"));
    bus_process_wait_figure(bus, "consumers.0.cursor", 2, 5000);
    close(fd);
    stop(bus);
}

static void test_the_end_of_the_bus_ends_streams_and_polls(void)
{
    g_autoptr(GString) got = g_string_new(NULL);
    BusProcess *bus = start_with("");
    int fd = open_stream(bus, "");
    g_assert_true(read_until(fd, got, "retry: "));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_assert_false(read_until(fd, got, NULL));
    g_assert_true(g_str_has_suffix(got->str, "\r\n0\r\n\r\n"));
    close(fd);
    bus_process_free(bus);
}

/* Who lost his token in a reload reads no further by a stream, or a poll, that is open. */
static void test_a_reload_sends_away_whose_token_is_gone(void)
{
    g_autofree char *token = g_build_filename(g_get_tmp_dir(), "pull-token", NULL), *said = NULL;
    g_assert_true(
        g_file_set_contents_full(token, "0123456789abcdef\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_autofree char *keys = g_strdup_printf("token-file = %s\n", token);
    g_autoptr(GString) got = g_string_new(NULL), refused = g_string_new(NULL), again = g_string_new(NULL);
    BusProcess *bus = start_with(keys);
    int fd = open_stream(bus, TOKEN "\r\n");
    g_assert_true(read_until(fd, got, "retry: "));
    g_assert_true(
        g_file_set_contents_full(token, "fedcba9876543210\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_cmpint(run_hutong(&said, "reload", "-c", bus->config, NULL), ==, 0);
    post_deaths(bus, 1, 1, 0);
    g_assert_false(read_until(fd, got, "id: "));
    close(fd);
    fd = open_stream(bus, TOKEN "\r\n");
    g_assert_true(read_until(fd, refused, "\r\n"));
    g_assert_true(g_str_has_prefix(refused->str, "HTTP/1.1 401 "));
    close(fd);
    fd = open_stream(bus, "Authorization: Bearer fedcba9876543210\r\n");
    g_assert_true(read_until(fd, again, "id: 00000000000000000001\n"));
    close(fd);
    stop(bus);
    unlink(token);
}

/* A stream whose reader does not read is not written for without end, and disturbs nobody. */
static void test_a_reader_that_does_not_read_harms_nobody(void)
{
    BusProcess *bus = start_with("batch = 1000\nlease = 4s\n");
    int fd = open_stream(bus, "");
    for (unsigned i = 0; i < 5; i++) {
        post_deaths(bus, 1 + i * 400, 400, 0);
    }
    bus_process_wait_figure(bus, "consumers.0.failures", 1, 20000); /* leases that ended */
    unsigned taken = 0;
    while (taken < 2000) {
        g_autoptr(Answer) answer = fetch(bus->port, "/out/platform?wait=5&worker=w", NULL);
        g_autoptr(JsonParser) parser = json_parser_new();
        g_assert_true(json_parser_load_from_data(parser, answer->body->str, -1, NULL));
        JsonArray *events = json_node_get_array(json_parser_get_root(parser));
        guint count = json_array_get_length(events);
        g_assert_cmpuint(count, >, 0);
        g_autofree char *body =
            g_strdup_printf("{\"worker\":\"w\",\"through\":%" G_GUINT64_FORMAT "}",
                            sequence_of(json_array_get_object_element(events, count - 1)));
        g_autoptr(Answer) ack =
            post(bus->port, "/out/platform/ack", "application/json", NULL, body, strlen(body));
        g_assert_cmpint(ack->status, ==, 200);
        taken += count;
        if (fd >= 0) {
            close(fd);
            fd = -1;
        }
    }
    bus_process_wait_figure(bus, "consumers.0.cursor", 2000, 5000);
    stop(bus);
}

/* ---- What leaves ---- */

static void test_what_it_may_not_see_never_leaves(void)
{
    g_autoptr(GString) got = g_string_new(NULL);
    BusProcess *bus = start_with("lease = 1s\nmask = person.name:name\ndeny = person.idNumber\n");
    post_deaths(bus, 1, 1, 0);
    g_autoptr(Answer) answer = fetch(bus->port, "/out/platform?wait=5", NULL);
    g_assert_cmpuint(count_events(answer), ==, 1);
    g_assert_null(strstr(answer->body->str, "990104"));
    g_assert_null(strstr(answer->body->str, "测试丁"));
    int fd = open_stream(bus, "");
    g_assert_true(read_until(fd, got, "id: 00000000000000000001\n"));
    g_assert_true(read_until(fd, got, "}\n\n"));
    g_assert_null(strstr(got->str, "990104"));
    g_assert_null(strstr(got->str, "测试丁"));
    close(fd);
    stop(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pull/several-workers-share-one-consumer", test_several_workers_share_one_consumer);
    g_test_add_func("/pull/a-kill-loses-nothing", test_a_kill_loses_nothing);
    g_test_add_func("/pull/nothing-acknowledged-comes-again-after-a-stop",
                    test_nothing_acknowledged_comes_again_after_a_stop);
    g_test_add_func("/pull/a-replay-comes-by-the-same-way", test_a_replay_comes_by_the_same_way);
    g_test_add_func("/pull/nothing-is-out-twice", test_nothing_is_out_twice);
    g_test_add_func("/pull/who-may-come-in", test_who_may_come_in);
    g_test_add_func("/pull/what-it-may-not-see-never-leaves", test_what_it_may_not_see_never_leaves);
    g_test_add_func("/stream/is-read-on-and-on", test_a_stream_is_read_on_and_on);
    g_test_add_func("/stream/ends-with-the-bus", test_the_end_of_the_bus_ends_streams_and_polls);
    g_test_add_func("/stream/a-reload-sends-away-whose-token-is-gone",
                    test_a_reload_sends_away_whose_token_is_gone);
    g_test_add_func("/stream/a-reader-that-does-not-read-harms-nobody",
                    test_a_reader_that_does_not_read_harms_nobody);
    return g_test_run();
}
