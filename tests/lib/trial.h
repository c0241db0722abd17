/* A host under the real supervisor with an adapter of tests/adapters/, and what becomes of messages: so
 * that a test of the supervisor reads as its claim. Main thread, default main context. Whatever does not
 * hold fails the test at once. */
#pragma once

#include "plugins/supervisor.h"
#include "tests/lib/places.h"

#define TEST_DEADLINE_S 60
#ifdef HT_SANITIZED
#define TEST_SANITIZED true
#else
#define TEST_SANITIZED false
#endif

/* Limits that a test does not meet by accident. */
HtHostOptions test_host_options(const char *program, const char *adapter_file);

/* A host of that adapter; `change` (or NULL) may change its options. */
HtHost *test_host(const char *adapter, void (*change)(HtHostOptions *options));

/* Frees the host and holds the promise that no process is left behind. */
void test_host_end(HtHost *host);

HtHostStatus test_host_status(const HtHost *host);

/* What became of one message. Begins as zeros. */
typedef struct {
    bool done;
    HtHostErrorCode error; /* when `failed` */
    bool failed;
    HtVerdict verdict;
    char code[HT_FAULT_CODE];
    char text[HT_FAULT_TEXT]; /* of the first fault, or of the error */
    char *reply;              /* NULL: none; test_assert_reply() frees it */
    unsigned events;
    unsigned order;   /* how many were done before */
    HtTicket *ticket; /* until it is done */
    unsigned drained;
} TestMessage;

void test_submit(HtHost *host, TestMessage *message, const char *text);
void test_submit_bytes(HtHost *host, TestMessage *message, GBytes *body);

/* The HtHostDone of these, for tests that submit themselves; `user` is the TestMessage. */
void test_message_done(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user);

/* A message is refused at the door. */
void test_assert_refused(HtHost *host, HtHostErrorCode code);

/* The message ended so. */
void test_assert_error(const TestMessage *message, HtHostErrorCode code);
void test_assert_reply(TestMessage *message, const char *reply);

/* One more message is given to an `obedient` host, and answered. */
void test_assert_serves(HtHost *host);

gboolean test_fail_late(void *user);

/* Turns the main loop until the condition holds; the test fails when that takes too long. */
#define test_run_until(condition)                                                              \
    do {                                                                                       \
        unsigned test_deadline = g_timeout_add_seconds(TEST_DEADLINE_S, test_fail_late, NULL); \
        while (!(condition)) {                                                                 \
            g_main_context_iteration(NULL, TRUE);                                              \
        }                                                                                      \
        g_source_remove(test_deadline);                                                        \
    } while (0)
