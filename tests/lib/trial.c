/* One host and its messages, for tests of the supervisor: see trial.h. */
#include "tests/lib/trial.h"

#include "core/base/paths.h"

#include <errno.h>
#include <sys/wait.h>

HtHostOptions test_host_options(const char *program, const char *adapter_file)
{
    HtLimits limits = ht_limits_default();
    limits.start_ms = 20000;
    limits.message_ms = 20000;
    limits.idle_ms = 0;
    limits.strikes = 3;
    limits.waiting = 10000;
    limits.waiting_bytes = 256 << 20;
    return (HtHostOptions){
        .source = "test",
        .program = program,
        .adapter_file = adapter_file,
        .limits = limits,
        .frame_bytes = 1 << 20,
    };
}

HtHost *test_host(const char *adapter, void (*change)(HtHostOptions *options))
{
    g_autofree char *program = ht_paths_libexec("hutong-host");
    g_autofree char *file = test_adapter_path(adapter);
    HtHostOptions options = test_host_options(program, file);
    if (change) {
        change(&options);
    }
    return ht_host_new(&options);
}

static unsigned done_count;

static void take_outcome(TestMessage *message, const HtOutcome *outcome)
{
    message->verdict = outcome->verdict;
    message->events = outcome->events->len;
    message->reply = outcome->reply.data ? g_strndup(outcome->reply.data, outcome->reply.size) : NULL;
    if (outcome->fault_count > 0) {
        g_strlcpy(message->code, outcome->faults[0].code, sizeof message->code);
        g_strlcpy(message->text, outcome->faults[0].text, sizeof message->text);
    }
}

void test_message_done(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    TestMessage *message = user;
    g_assert_false(message->done);
    g_assert_true((outcome != NULL) == (error == NULL) && (frame != NULL) == (outcome != NULL));
    message->done = true;
    message->order = done_count++;
    message->ticket = NULL;
    if (error) {
        g_assert_true(error->domain == HT_HOST_ERROR);
        message->failed = true;
        message->error = (HtHostErrorCode)error->code;
        g_strlcpy(message->text, error->message, sizeof message->text);
    } else {
        take_outcome(message, outcome);
    }
}

gboolean test_fail_late(void *user)
{
    (void)user;
    g_error("nothing happened for %d s", TEST_DEADLINE_S);
    return G_SOURCE_REMOVE;
}

void test_submit_bytes(HtHost *host, TestMessage *message, GBytes *body)
{
    g_autoptr(GError) error = NULL;
    HtMessageHead head = {.id = ht_uuid_new(), .content_type = HT_TEXT_LITERAL("text/xml")};
    message->ticket = ht_host_submit(host, &head, body, test_message_done, message, &error);
    g_assert_no_error(error);
    g_assert_false(message->done);
}

void test_submit(HtHost *host, TestMessage *message, const char *text)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    test_submit_bytes(host, message, body);
}

void test_assert_refused(HtHost *host, HtHostErrorCode code)
{
    g_autoptr(GBytes) body = g_bytes_new_static("echo no", 7);
    g_autoptr(GError) error = NULL;
    HtMessageHead head = {.id = ht_uuid_new()};
    TestMessage never = {0};
    g_assert_null(ht_host_submit(host, &head, body, test_message_done, &never, &error));
    g_assert_error(error, HT_HOST_ERROR, (int)code);
}

void test_assert_error(const TestMessage *message, HtHostErrorCode code)
{
    g_assert_true(message->done && message->failed);
    g_assert_cmpint(message->error, ==, code);
}

void test_assert_reply(TestMessage *message, const char *reply)
{
    if (message->failed) {
        g_error("failed: %s", message->text);
    }
    g_assert_true(message->done);
    g_assert_cmpint(message->verdict, ==, HT_VERDICT_OK);
    g_assert_cmpstr(message->reply, ==, reply);
    g_clear_pointer(&message->reply, g_free);
}

HtHostStatus test_host_status(const HtHost *host)
{
    HtHostStatus status;
    ht_host_status(host, &status);
    return status;
}

void test_assert_serves(HtHost *host)
{
    TestMessage message = {0};
    test_submit(host, &message, "echo still here");
    test_run_until(message.done);
    test_assert_reply(&message, "still here");
}

void test_host_end(HtHost *host)
{
    ht_host_free(host);
    g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
    g_assert_cmpint(errno, ==, ECHILD);
}
