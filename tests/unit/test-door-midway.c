/* The public door when something changes while a body comes: the host answers before its end, the adapter is replaced, the
 * spool is full of waiting messages, the bus is told to end. */
#include "tests/lib/door-harness.h"

#include "core/base/log.h"
#include "spool/hooks.h"

#define LARGE 200000 /* goes to the host in pieces */
#define HALF (LARGE / 2)

/* One request of which the head and the first half have come, and the rest is for the test to send. */
typedef struct {
    Client *client;
    char *body; /* blanks behind `begin` */
    size_t size;
} Upload;

static Upload upload_begin(Bus *bus, const char *begin, size_t size)
{
    Upload upload = {client_open(bus), g_strnfill(size, ' '), size};
    g_autofree char *head =
        g_strdup_printf("POST /in/hukou HTTP/1.1\r\nHost: b\r\nContent-Length: %zu\r\n\r\n", size);
    memcpy(upload.body, begin, strlen(begin));
    client_say(upload.client, head);
    client_send(upload.client, upload.body, size / 2);
    return upload;
}

static Answer *upload_end(Upload *upload)
{
    client_send(upload->client, upload->body + upload->size / 2, upload->size - upload->size / 2);
    Answer *answer = client_answer(upload->client);
    g_assert_nonnull(answer);
    client_free(upload->client);
    g_free(upload->body);
    return answer;
}

static void assert_refused(const Answer *answer, unsigned status, const char *code)
{
    g_autofree char *part = g_strdup_printf("<code>%s</code>", code);
    g_assert_cmpuint(answer->status, ==, status);
    if (!strstr(answer->body, part)) {
        g_error("no %s in: %s", part, answer->body);
    }
}

static HtSpoolStatus spool_status(Bus *bus)
{
    HtSpoolStatus status;
    ht_spool_status(bus->spool, &status);
    return status;
}

/* The head was taken: the door has read some of the body, or waits for it. */
static void wait_for_head(Bus *bus, size_t bytes)
{
    WAIT_FOR(bus->sources[0]->figures->bytes >= bytes);
}

/* ---- The host answers before the end ---- */

/* What it accepted without having seen the end is not taken, whoever is wrong. */
static void what_is_accepted_before_its_end_is_not_taken(void)
{
    static const char *const bodies[] = {"<a/>", "<two/>", "<none/>", "<a/><reply/>"};
    for (unsigned i = 0; i < G_N_ELEMENTS(bodies); i++) {
        Bus *bus = bus_start();
        Upload upload = upload_begin(bus, bodies[i], LARGE);
        WAIT_FOR(bus->hosts[0].streamed == 1 && bus->sources[0]->figures->bytes >= HALF);
        answer_ticket(g_queue_peek_head(&bus->hosts[0].tickets));
        g_autoptr(Answer) answer = upload_end(&upload);
        assert_refused(answer, 500, "adapter-failed");
        g_assert_cmpuint(bus_events(bus), ==, 0);
        g_assert_cmpuint(spool_status(bus).messages, ==, 0);
        g_assert_cmpuint(bus->sources[0]->figures->accepted, ==, 0);
        bus_stop(bus);
    }
}

/* Half a body is no evidence of what was sent: it is refused, and its sender has it. The whole one is kept. */
static void half_a_body_is_not_quarantined(void)
{
    static const char *const bodies[] = {"<bad/>", "<record/>"};
    for (unsigned i = 0; i < G_N_ELEMENTS(bodies); i++) {
        Bus *bus = bus_start();
        bus->source_configs[0].on_invalid = (char *)"quarantine";
        Upload half = upload_begin(bus, bodies[i], LARGE);
        WAIT_FOR(bus->hosts[0].streamed == 1 && bus->sources[0]->figures->bytes >= HALF);
        answer_ticket(g_queue_peek_head(&bus->hosts[0].tickets));
        g_autoptr(Answer) refused = upload_end(&half);
        g_assert_cmpuint(refused->status, >=, 400);
        g_assert_cmpuint(spool_status(bus).quarantined, ==, 0);
        g_assert_cmpuint(bus->sources[0]->figures->quarantined, ==, 0);
        g_autoptr(Answer) whole = post(bus, "hukou", "", bodies[i]);
        g_assert_cmpuint(whole->status, ==, refused->status);
        g_assert_cmpuint(spool_status(bus).quarantined, ==, 1);
        bus_stop(bus);
    }
}

/* ---- The adapter is replaced ---- */

static void an_adapter_that_is_replaced_gets_no_body(void)
{
    static const struct {
        HtGateState gate;
        const char *code;
    } cases[] = {{HT_GATE_CHECKING, "adapter-being-checked"}, {HT_GATE_FAILED, "adapter-failed-check"}};
    static const size_t sizes[] = {100, 2 * 60000}; /* whole, and in pieces of which none has gone */
    for (unsigned i = 0; i < G_N_ELEMENTS(cases) * G_N_ELEMENTS(sizes); i++) {
        Bus *bus = bus_start();
        size_t size = sizes[i / G_N_ELEMENTS(cases)];
        Upload upload = upload_begin(bus, "<a/>", size);
        wait_for_head(bus, size / 2);
        bus->sources[0]->gate = cases[i % G_N_ELEMENTS(cases)].gate;
        g_autoptr(Answer) answer = upload_end(&upload);
        assert_refused(answer, 503, cases[i % G_N_ELEMENTS(cases)].code);
        g_assert_cmpuint(bus->hosts[0].submitted + bus->hosts[0].streamed, ==, 0);
        bus->sources[0]->gate = HT_GATE_PASSED;
        g_autoptr(Answer) later = post(bus, "hukou", "", "<a/>");
        g_assert_cmpuint(later->status, ==, 200);
        bus_stop(bus);
    }
}

/* The half that the old one has is not completed. */
static void a_stream_to_an_adapter_that_is_replaced_is_cancelled(void)
{
    Bus *bus = bus_start();
    Upload upload = upload_begin(bus, "<a/>", LARGE);
    WAIT_FOR(bus->hosts[0].streamed == 1 && bus->sources[0]->figures->bytes >= HALF);
    bus->sources[0]->gate = HT_GATE_CHECKING;
    g_autoptr(Answer) answer = upload_end(&upload);
    assert_refused(answer, 503, "adapter-being-checked");
    g_assert_cmpuint(bus->hosts[0].cancelled, ==, 1);
    g_assert_cmpuint(bus_events(bus), ==, 0);
    bus_stop(bus);
}

/* ---- The spool is full of what waits ---- */

static GMutex disk;

/* On the writer's thread: a disk that does not answer while the test holds it. */
static void wait_for_disk(const char *step)
{
    (void)step;
    g_mutex_lock(&disk);
    g_mutex_unlock(&disk);
}

/* No host is given what could not be kept: it is told before. */
static void what_cannot_wait_for_the_spool_is_not_given_to_a_host(void)
{
    ht_spool_hooks.step = wait_for_disk;
    Bus *bus = bus_new();
    bus->spool_limits.queue_bytes = 1;
    bus_open_door(bus);
    g_mutex_lock(&disk);
    g_autoptr(Client) first = client_open(bus);
    client_post(first, "hukou", "", "<a n='1'/>");
    WAIT_FOR(bus->hosts[0].submitted == 1 && bus->hosts[0].tickets.length == 0);
    g_autoptr(Answer) small = post(bus, "hukou", "", "<a n='2'/>");
    assert_refused(small, 503, "busy");
    g_assert_nonnull(strstr(small->head, "Retry-After: "));
    Upload upload = upload_begin(bus, "<a n='3'/>", LARGE);
    g_autoptr(Answer) large = upload_end(&upload);
    assert_refused(large, 503, "busy");
    g_assert_cmpuint(bus->hosts[0].submitted, ==, 1);
    g_assert_cmpuint(bus->hosts[0].cancelled, ==, bus->hosts[0].streamed);
    g_assert_cmpuint(bus->sources[0]->figures->busy, ==, 2);
    g_mutex_unlock(&disk);
    g_autoptr(Answer) answer = client_answer(first);
    g_assert_cmpuint(answer->status, ==, 200);
    g_autoptr(Answer) later = post(bus, "hukou", "", "<a n='2'/>");
    g_assert_cmpuint(later->status, ==, 200);
    g_assert_cmpuint(bus_events(bus), ==, 2);
    bus_stop(bus);
    ht_spool_hooks.step = NULL;
}

/* ---- The bus ends ---- */

static void note(void *user)
{
    *(bool *)user = true;
}

/* What was not whole when the bus was told to end is not taken, in pieces or not. */
static void a_body_that_ends_while_draining_is_not_taken(void)
{
    static const size_t sizes[] = {100, LARGE};
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        Bus *bus = bus_start();
        bool quiet = false;
        Upload upload = upload_begin(bus, "<a/>", sizes[i]);
        wait_for_head(bus, sizes[i] / 2);
        ht_door_drain(bus->door, note, &quiet);
        g_autoptr(Answer) answer = upload_end(&upload);
        assert_refused(answer, 503, "stopping");
        g_assert_nonnull(strstr(answer->head, "Connection: close"));
        g_assert_cmpuint(bus->hosts[0].submitted, ==, 0);
        g_assert_cmpuint(bus->hosts[0].cancelled, ==, bus->hosts[0].streamed);
        g_assert_cmpuint(bus_events(bus), ==, 0);
        bus_stop(bus);
    }
}

/* Nor is what comes on a connection that was open. */
static void a_message_that_begins_while_draining_is_not_taken(void)
{
    Bus *bus = bus_start();
    bool quiet = false;
    g_autoptr(Client) held = client_open(bus);
    g_autoptr(Client) kept = client_open(bus);
    bus->hosts[1].hold = true;
    client_post(held, "marriage", "", "<a/>"); /* so that the door stays */
    client_post(kept, "hukou", "", "<b/>");
    g_autoptr(Answer) before = client_answer(kept);
    WAIT_FOR(bus->hosts[1].submitted == 1);
    ht_door_drain(bus->door, note, &quiet);
    client_post(kept, "hukou", "", "<c/>");
    g_autoptr(Answer) after = client_answer(kept);
    assert_refused(after, 503, "stopping");
    g_assert_cmpuint(bus->hosts[0].submitted, ==, 1);
    bus->hosts[1].hold = false;
    wake_host(&bus->hosts[1]);
    g_autoptr(Answer) answer = client_answer(held);
    g_assert_cmpuint(answer->status, ==, 200);
    WAIT_FOR(quiet);
    bus_stop(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/door/midway/what-is-accepted-before-its-end-is-not-taken",
                    what_is_accepted_before_its_end_is_not_taken);
    g_test_add_func("/door/midway/half-a-body-is-not-quarantined", half_a_body_is_not_quarantined);
    g_test_add_func("/door/midway/an-adapter-that-is-replaced-gets-no-body",
                    an_adapter_that_is_replaced_gets_no_body);
    g_test_add_func("/door/midway/a-stream-to-an-adapter-that-is-replaced-is-cancelled",
                    a_stream_to_an_adapter_that_is_replaced_is_cancelled);
    g_test_add_func("/door/midway/what-cannot-wait-for-the-spool-is-not-given-to-a-host",
                    what_cannot_wait_for_the_spool_is_not_given_to_a_host);
    g_test_add_func("/door/midway/a-body-that-ends-while-draining-is-not-taken",
                    a_body_that_ends_while_draining_is_not_taken);
    g_test_add_func("/door/midway/a-message-that-begins-while-draining-is-not-taken",
                    a_message_that_begins_while_draining_is_not_taken);
    return g_test_run();
}
