/* plugins/supervisor: the real supervisor with the real hutong-host at work: order, verdicts, pressure,
 * streams, ends. */
#include "tests/lib/trial.h"

#include <string.h>

/* ---- Good work ---- */

static void test_answers_in_order(void)
{
    HtHost *host = test_host("obedient", NULL);
    g_autofree TestMessage *messages = g_new0(TestMessage, 2000);
    for (unsigned i = 0; i < 2000; i++) {
        g_autofree char *text = g_strdup_printf("echo %u", i);
        test_submit(host, &messages[i], text);
    }
    g_assert_cmpuint(test_host_status(host).waiting, ==, 2000);
    test_run_until(messages[1999].done);
    for (unsigned i = 0; i < 2000; i++) {
        g_autofree char *text = g_strdup_printf("%u", i);
        test_assert_reply(&messages[i], text);
        g_assert_cmpuint(messages[i].order, ==, messages[0].order + i);
    }
    HtHostStatus status = test_host_status(host);
    g_assert_cmpstr(status.state, ==, "running");
    g_assert_cmpstr(status.adapter_version, ==, "1.2");
    g_assert_null(status.reason);
    g_assert_true(status.messages == 2000 && status.restarts == 0 && status.kills == 0 &&
                  status.waiting == 0);
    test_host_end(host);
}

static void test_large_bodies_arrive_whole(void)
{
    HtHost *host = test_host("obedient", NULL);
    TestMessage messages[20] = {0};
    for (unsigned i = 0; i < 20; i++) {
        size_t size = 100 + (size_t)i * i * i * 1000;
        char *text = g_malloc(size);
        memset(text, ' ', size);
        memcpy(text, "size", 4);
        g_autoptr(GBytes) body = g_bytes_new_take(text, size);
        test_submit_bytes(host, &messages[i], body);
    }
    test_run_until(messages[19].done);
    for (unsigned i = 0; i < 20; i++) {
        g_autofree char *size = g_strdup_printf("%zu", 100 + (size_t)i * i * i * 1000);
        test_assert_reply(&messages[i], size);
    }
    test_host_end(host);
}

static void test_verdicts_come_through(void)
{
    static const struct {
        const char *text;
        HtVerdict verdict;
        const char *code;
    } cases[] = {
        {"nothing", HT_VERDICT_OK, ""},
        {"reject", HT_VERDICT_REJECT, "adapter-rejected"},
        {"retry", HT_VERDICT_RETRY, "adapter-retry"},
        {"verdict", HT_VERDICT_REJECT, "adapter-rejected"},
        {"fault", HT_VERDICT_RETRY, "later"},
        {"map", HT_VERDICT_REJECT, "adapter-misuse"},
        {"misuse", HT_VERDICT_OK, ""},
        {"", HT_VERDICT_OK, ""},
    };
    HtHost *host = test_host("obedient", NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        TestMessage message = {0};
        test_submit(host, &message, cases[i].text);
        test_run_until(message.done);
        g_assert_false(message.failed);
        g_assert_cmpint(message.verdict, ==, cases[i].verdict);
        g_assert_cmpstr(message.code, ==, cases[i].code);
        g_assert_null(message.reply);
        g_assert_null(strstr(message.text, "9901"));
    }
    test_host_end(host);
}

static void give_colour(HtHostOptions *options)
{
    static const char *const colours[] = {"colour", "red", NULL};
    options->options = colours;
}

static void test_options_reach_the_adapter(void)
{
    HtHost *host = test_host("obedient", give_colour);
    TestMessage messages[3] = {0};
    test_submit(host, &messages[0], "option colour");
    test_submit(host, &messages[1], "option shape");
    test_submit(host, &messages[2], "option weight");
    test_run_until(messages[2].done);
    test_assert_reply(&messages[0], "red");
    test_assert_reply(&messages[1], "none");
    test_assert_reply(&messages[2], "none");
    ht_host_free(host);
    host = test_host("obedient", NULL);
    TestMessage fallback = {0};
    test_submit(host, &fallback, "option colour");
    test_run_until(fallback.done);
    test_assert_reply(&fallback, "green");
    test_host_end(host);
}

static void test_result_above_the_limit_is_a_fault(void)
{
    HtHost *host = test_host("obedient", NULL);
    TestMessage small = {0}, large = {0};
    test_submit(host, &small, "big 1000000");
    test_submit(host, &large, "big 1100000");
    test_run_until(large.done);
    g_assert_cmpint(small.verdict, ==, HT_VERDICT_OK);
    g_assert_cmpuint(strlen(small.reply), ==, 1000000);
    g_free(small.reply);
    g_assert_cmpint(large.verdict, ==, HT_VERDICT_REJECT);
    g_assert_cmpstr(large.code, ==, "result-too-large");
    g_assert_cmpuint(test_host_status(host).kills, ==, 0);
    test_host_end(host);
}

/* ---- Pressure ---- */

static void take_two(HtHostOptions *options)
{
    options->limits.waiting = 2;
}

static void take_ten_bytes(HtHostOptions *options)
{
    options->limits.waiting_bytes = 10;
}

static void assert_busy_then_free(HtHost *host, unsigned room)
{
    TestMessage messages[4] = {0};
    for (unsigned i = 0; i < room; i++) {
        test_submit(host, &messages[i], "echo 1");
    }
    test_assert_refused(host, HT_HOST_ERROR_BUSY);
    test_run_until(messages[room - 1].done);
    for (unsigned i = 0; i < room; i++) {
        test_assert_reply(&messages[i], "1");
    }
    test_assert_serves(host);
    test_host_end(host);
}

static void test_busy_by_number(void)
{
    assert_busy_then_free(test_host("obedient", take_two), 2);
}

/* One message is always taken, however large. */
static void test_busy_by_bytes(void)
{
    assert_busy_then_free(test_host("obedient", take_ten_bytes), 1);
}

/* ---- Streams ---- */

static void on_drained(void *user)
{
    ((TestMessage *)user)->drained++;
}

static void begin_stream(HtHost *host, TestMessage *message)
{
    g_autoptr(GError) error = NULL;
    HtMessageHead head = {.id = ht_uuid_new()};
    message->ticket = ht_host_stream(host, &head, test_message_done, on_drained, message, &error);
    g_assert_no_error(error);
}

static void end_stream(TestMessage *message, uint8_t mark)
{
    uint8_t digest[32] = {mark};
    ht_ticket_end(message->ticket, digest);
}

static void test_stream_arrives_whole(void)
{
    HtHost *host = test_host("obedient", NULL);
    TestMessage stream = {0}, whole = {0}, second = {0};
    begin_stream(host, &stream);
    begin_stream(host, &second);
    g_assert_true(ht_ticket_write(stream.ticket, "si", 2));
    g_assert_true(ht_ticket_write(second.ticket, "echo ", 5));
    test_submit(host, &whole, "echo meanwhile");
    test_run_until(whole.done);
    test_assert_reply(&whole, "meanwhile");
    g_assert_false(stream.done);
    g_assert_true(ht_ticket_write(stream.ticket, "ze ", 3));
    g_assert_true(ht_ticket_write(second.ticket, "two", 3));
    end_stream(&second, 1);
    end_stream(&stream, 2);
    test_run_until(stream.done);
    test_assert_reply(&stream, "5");
    test_assert_reply(&second, "two");
    g_assert_true(second.order < stream.order);
    test_host_end(host);
}

static void test_stream_writer_is_slowed(void)
{
    HtHost *host = test_host("obedient", NULL);
    g_autofree char *piece = g_strnfill(100000, ' ');
    TestMessage stream = {0};
    size_t written = 4;
    begin_stream(host, &stream);
    ht_ticket_write(stream.ticket, "size", 4);
    for (unsigned i = 0; i < 200; i++) {
        unsigned drained = stream.drained;
        written += 100000;
        if (!ht_ticket_write(stream.ticket, piece, 100000)) {
            test_run_until(stream.drained > drained);
        }
    }
    g_assert_cmpuint(stream.drained, >, 5);
    end_stream(&stream, 1);
    test_run_until(stream.done);
    g_autofree char *expected = g_strdup_printf("%zu", written);
    test_assert_reply(&stream, expected);
    test_host_end(host);
}

static void short_documents(HtHostOptions *options)
{
    options->limits.document_bytes = 1000;
}

static void test_stream_above_the_limit_is_refused(void)
{
    HtHost *host = test_host("obedient", short_documents);
    g_autofree char *piece = g_strnfill(3000, ' ');
    TestMessage stream = {0};
    begin_stream(host, &stream);
    ht_ticket_write(stream.ticket, piece, 3000);
    end_stream(&stream, 1);
    test_run_until(stream.done);
    g_assert_cmpint(stream.verdict, ==, HT_VERDICT_REJECT);
    g_assert_cmpstr(stream.code, ==, "document-too-long");
    test_host_end(host);
}

/* The bus has no copy: each time the sender is told to send again, and at the third time the payload is
 * known. */
static void test_stream_is_lost_then_quarantined(void)
{
    HtHost *host = test_host("obedient", NULL);
    for (unsigned time = 1; time <= 4; time++) {
        TestMessage stream = {0}, open = {0};
        begin_stream(host, &stream);
        begin_stream(host, &open);
        ht_ticket_write(stream.ticket, "crash", 5);
        ht_ticket_write(open.ticket, "echo", 4);
        end_stream(&stream, 7);
        test_run_until(stream.done);
        test_assert_error(&stream, time < 3 ? HT_HOST_ERROR_LOST : HT_HOST_ERROR_QUARANTINE);
        if (time < 4) {
            test_run_until(open.done);
            test_assert_error(&open, HT_HOST_ERROR_LOST);
        } else {
            ht_ticket_cancel(open.ticket); /* the fourth time it was not even tried */
        }
        test_assert_serves(host);
    }
    g_assert_cmpuint(test_host_status(host).restarts, ==, 3);
    test_host_end(host);
}

static void test_cancelled_are_not_answered(void)
{
    HtHost *host = test_host("obedient", NULL);
    TestMessage waiting = {0}, sent = {0}, stream = {0}, ended = {0};
    test_submit(host, &waiting, "echo waiting");
    ht_ticket_cancel(waiting.ticket);
    test_assert_serves(host);
    test_submit(host, &sent, "echo sent");
    begin_stream(host, &stream);
    begin_stream(host, &ended);
    ht_ticket_write(stream.ticket, "echo", 4);
    end_stream(&ended, 1);
    ht_ticket_cancel(sent.ticket);
    ht_ticket_cancel(stream.ticket);
    ht_ticket_cancel(ended.ticket);
    test_assert_serves(host);
    g_assert_false(waiting.done || sent.done || stream.done || ended.done);
    g_assert_cmpuint(test_host_status(host).waiting, ==, 0);
    test_host_end(host);
}

/* ---- WSDL ---- */

typedef struct {
    bool done;
    char *text;
    int error;
} Wsdl;

static void on_wsdl(GBytes *text, const GError *error, void *user)
{
    Wsdl *wsdl = user;
    wsdl->done = true;
    wsdl->error = error ? error->code : -1;
    wsdl->text = text ? g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text)) : NULL;
}

static void test_wsdl(void)
{
    HtHost *host = test_host("obedient", NULL);
    Wsdl wsdl = {0}, none = {0}, fatal = {0};
    TestMessage message = {0};
    ht_host_wsdl(host, "http://x/?a=1&b=2", NULL, on_wsdl, &wsdl);
    test_submit(host, &message, "echo between");
    ht_host_wsdl(host, "http://none/", NULL, on_wsdl, &none);
    ht_host_wsdl(host, "http://crash/", NULL, on_wsdl, &fatal);
    g_assert_false(wsdl.done);
    test_run_until(fatal.done && message.done && none.done);
    g_assert_cmpstr(wsdl.text, ==, "<definitions location=\"http://x/?a=1&amp;b=2\"/>");
    test_assert_reply(&message, "between");
    g_assert_true(none.done && !none.text && none.error == -1);
    g_assert_true(!fatal.text && fatal.error == HT_HOST_ERROR_LOST);
    g_free(wsdl.text);
    test_assert_serves(host);
    test_host_end(host);
}

static void test_wsdl_of_a_broken_host_is_an_error(void)
{
    HtHost *host = test_host("not-there", NULL);
    Wsdl first = {0}, second = {0};
    ht_host_wsdl(host, "http://x/", NULL, on_wsdl, &first);
    test_run_until(first.done);
    ht_host_wsdl(host, "http://x/", NULL, on_wsdl, &second);
    g_assert_false(second.done);
    test_run_until(second.done);
    g_assert_cmpint(first.error, ==, HT_HOST_ERROR_ADAPTER);
    g_assert_cmpint(second.error, ==, HT_HOST_ERROR_ADAPTER);
    test_host_end(host);
}

/* ---- Ends ---- */

static void rest_soon(HtHostOptions *options)
{
    options->limits.idle_ms = 20;
}

static void test_idle_host_is_ended(void)
{
    HtHost *host = test_host("obedient", rest_soon);
    for (unsigned i = 0; i < 3; i++) {
        test_assert_serves(host);
        test_run_until(strcmp(test_host_status(host).state, "running") != 0);
        if (i == 0) {
            test_run_until(test_host_status(host).pid == 0);
        } /* else the next message comes while it ends */
    }
    HtHostStatus status = test_host_status(host);
    g_assert_true(status.restarts == 0 && status.kills == 0);
    test_host_end(host);
}

static void test_free_tells_everybody(void)
{
    HtHost *host = test_host("obedient", NULL);
    TestMessage hanging = {0}, waiting = {0}, stream = {0};
    test_assert_serves(host);
    test_submit(host, &hanging, "hang");
    test_submit(host, &waiting, "echo");
    begin_stream(host, &stream);
    ht_ticket_write(stream.ticket, "echo", 4);
    test_host_end(host);
    test_assert_error(&hanging, HT_HOST_ERROR_STOPPED);
    test_assert_error(&waiting, HT_HOST_ERROR_STOPPED);
    test_assert_error(&stream, HT_HOST_ERROR_STOPPED);
}

static void test_free_before_it_started(void)
{
    HtHost *host = test_host("hang-at-load", NULL);
    TestMessage message = {0};
    test_submit(host, &message, "echo");
    test_host_end(host);
    test_assert_error(&message, HT_HOST_ERROR_STOPPED);
    test_host_end(test_host("obedient", NULL));
}

/* What a caller may do from inside `done`. */
typedef struct {
    HtHost *host;
    TestMessage first, second;
    HtTicket *other;
    bool freed;
} Nested;

static void submit_again(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    Nested *nested = user;
    test_message_done(outcome, frame, error, &nested->first);
    ht_ticket_cancel(nested->other);
    test_submit(nested->host, &nested->second, "echo second");
}

static void free_host(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    Nested *nested = user;
    test_message_done(outcome, frame, error, &nested->first);
    ht_host_free(nested->host);
    nested->freed = true;
}

static void test_done_may_submit_and_cancel(void)
{
    Nested nested = {.host = test_host("obedient", NULL)};
    g_autoptr(GBytes) body = g_bytes_new_static("echo first", 10);
    HtMessageHead head = {.id = ht_uuid_new()};
    TestMessage other = {0};
    ht_host_submit(nested.host, &head, body, submit_again, &nested, NULL);
    test_submit(nested.host, &other, "echo other");
    nested.other = other.ticket;
    test_run_until(nested.second.done);
    test_assert_reply(&nested.first, "first");
    test_assert_reply(&nested.second, "second");
    g_assert_false(other.done);
    test_host_end(nested.host);
}

static void test_done_may_free_the_host(void)
{
    Nested nested = {.host = test_host("obedient", NULL)};
    g_autoptr(GBytes) body = g_bytes_new_static("echo first", 10);
    HtMessageHead head = {.id = ht_uuid_new()};
    TestMessage other = {0};
    ht_host_submit(nested.host, &head, body, free_host, &nested, NULL);
    test_submit(nested.host, &other, "echo other");
    test_run_until(nested.freed);
    test_assert_reply(&nested.first, "first");
    test_assert_error(&other, HT_HOST_ERROR_STOPPED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/supervisor/answers-in-order", test_answers_in_order);
    g_test_add_func("/supervisor/large-bodies-arrive-whole", test_large_bodies_arrive_whole);
    g_test_add_func("/supervisor/verdicts-come-through", test_verdicts_come_through);
    g_test_add_func("/supervisor/options-reach-the-adapter", test_options_reach_the_adapter);
    g_test_add_func("/supervisor/result-above-the-limit-is-a-fault", test_result_above_the_limit_is_a_fault);
    g_test_add_func("/supervisor/busy/by-number", test_busy_by_number);
    g_test_add_func("/supervisor/busy/by-bytes", test_busy_by_bytes);
    g_test_add_func("/supervisor/stream/arrives-whole", test_stream_arrives_whole);
    g_test_add_func("/supervisor/stream/writer-is-slowed", test_stream_writer_is_slowed);
    g_test_add_func("/supervisor/stream/above-the-limit-is-refused", test_stream_above_the_limit_is_refused);
    g_test_add_func("/supervisor/stream/is-lost-then-quarantined", test_stream_is_lost_then_quarantined);
    g_test_add_func("/supervisor/cancelled-are-not-answered", test_cancelled_are_not_answered);
    g_test_add_func("/supervisor/wsdl", test_wsdl);
    g_test_add_func("/supervisor/wsdl-of-a-broken-host-is-an-error", test_wsdl_of_a_broken_host_is_an_error);
    g_test_add_func("/supervisor/idle-host-is-ended", test_idle_host_is_ended);
    g_test_add_func("/supervisor/free/tells-everybody", test_free_tells_everybody);
    g_test_add_func("/supervisor/free/before-it-started", test_free_before_it_started);
    g_test_add_func("/supervisor/done/may-submit-and-cancel", test_done_may_submit_and_cancel);
    g_test_add_func("/supervisor/done/may-free-the-host", test_done_may_free_the_host);
    return g_test_run();
}
