/* Large results of a host are read and prepared beside the main loop: in order all the same, and whatever happens meanwhile. */
#include "tests/lib/trial.h"

#include <signal.h>

#define LARGE "big 600000"

/* What holds a preparation until the test lets it go on. */
static struct {
    GMutex lock;
    GCond changed;
    bool holds, asked; /* asked: the main thread is about to wait for it */
    bool begun, over;
    GThread *thread;
} held;

static bool has_begun(void)
{
    g_mutex_lock(&held.lock);
    bool begun = held.begun;
    g_mutex_unlock(&held.lock);
    return begun;
}

static void let_go(void)
{
    g_mutex_lock(&held.lock);
    held.holds = false;
    g_cond_broadcast(&held.changed);
    g_mutex_unlock(&held.lock);
}

static void prepare(const HtOutcome *outcome, GBytes *frame, void *user)
{
    TestMessage *message = user;
    g_assert_cmpuint(outcome->reply.size, >=, 600000);
    g_assert_cmpuint(g_bytes_get_size(frame), >, outcome->reply.size);
    g_mutex_lock(&held.lock);
    g_assert_false(message->done);
    held.thread = g_thread_self();
    held.begun = true;
    while (held.holds) {
        g_cond_wait(&held.changed, &held.lock);
    }
    held.over = true;
    g_mutex_unlock(&held.lock);
}

static HtHost *begin(TestMessage *large, bool holds)
{
    HtHost *host = test_host("obedient", NULL);
    held.holds = holds;
    held.begun = held.over = held.asked = false;
    test_submit(host, large, LARGE);
    ht_ticket_prepare(large->ticket, prepare);
    return host;
}

static void ends_well(TestMessage *large)
{
    g_assert_true(large->done && !large->failed && held.over);
    g_clear_pointer(&large->reply, g_free);
}

static void test_a_large_result_is_prepared_beside_and_in_order(void)
{
    TestMessage large = {0}, small[3] = {0};
    HtHost *host = begin(&large, true);
    for (unsigned i = 0; i < G_N_ELEMENTS(small); i++) {
        test_submit(host, &small[i], "echo small");
    }
    test_run_until(has_begun());
    g_assert_true(held.thread != g_thread_self());
    for (unsigned turns = 0; turns < 100; turns++) {
        g_main_context_iteration(NULL, FALSE); /* nothing comes before its turn */
        g_assert_false(large.done || small[0].done);
    }
    let_go();
    test_run_until(small[2].done);
    g_assert_cmpuint(large.order, <, small[0].order);
    ends_well(&large);
    for (unsigned i = 0; i < G_N_ELEMENTS(small); i++) {
        test_assert_reply(&small[i], "small");
    }
    test_host_end(host);
}

/* The host dies while its answer is read: that counts, and what was behind it goes to the next one. */
static void test_a_host_that_dies_meanwhile_has_answered(void)
{
    TestMessage large = {0}, behind = {0};
    HtHost *host = begin(&large, true);
    test_run_until(has_begun());
    test_submit(host, &behind, "crash");
    g_assert_cmpint(kill(test_host_status(host).pid, SIGKILL), ==, 0);
    for (unsigned turns = 0; turns < 100; turns++) {
        g_main_context_iteration(NULL, FALSE);
    }
    let_go();
    test_run_until(behind.done);
    ends_well(&large);
    test_assert_error(&behind, HT_HOST_ERROR_QUARANTINE);
    test_assert_serves(host);
    test_host_end(host);
}

static gpointer let_go_when_asked(gpointer unused)
{
    g_mutex_lock(&held.lock);
    while (!held.asked) {
        g_cond_wait(&held.changed, &held.lock);
    }
    g_mutex_unlock(&held.lock);
    let_go();
    return unused;
}

static void ask(void)
{
    g_mutex_lock(&held.lock);
    held.asked = true;
    g_cond_broadcast(&held.changed);
    g_mutex_unlock(&held.lock);
}

static void test_who_cancels_waits_until_it_is_over(void)
{
    TestMessage large = {0};
    HtHost *host = begin(&large, true);
    test_run_until(has_begun());
    GThread *thread = g_thread_new("let go", let_go_when_asked, NULL);
    ask();
    ht_ticket_cancel(large.ticket);
    g_assert_true(held.over);
    g_thread_join(thread);
    test_assert_serves(host);
    g_assert_false(large.done);
    test_host_end(host);
}

static void test_who_ends_the_host_waits_until_it_is_over(void)
{
    TestMessage large = {0};
    HtHost *host = begin(&large, true);
    test_run_until(has_begun());
    GThread *thread = g_thread_new("let go", let_go_when_asked, NULL);
    ask();
    test_host_end(host);
    g_assert_true(held.over);
    g_thread_join(thread);
    test_assert_error(&large, HT_HOST_ERROR_STOPPED);
}

/* The watchdog does not count the time that the bus itself takes. */
static void hurry(HtHostOptions *options)
{
    options->limits.message_ms = 400;
}

static gboolean note_time(void *user)
{
    *(bool *)user = true;
    return G_SOURCE_REMOVE;
}

static void test_the_watchdog_waits_with_it(void)
{
    TestMessage large = {0}, small = {0};
    bool late = false;
    HtHost *host = test_host("obedient", hurry);
    held.holds = true;
    held.begun = held.over = false;
    test_submit(host, &large, LARGE);
    ht_ticket_prepare(large.ticket, prepare);
    test_run_until(has_begun());
    test_submit(host, &small, "echo small");
    g_timeout_add(1500, note_time, &late);
    test_run_until(late);
    let_go();
    test_run_until(small.done);
    ends_well(&large);
    test_assert_reply(&small, "small");
    g_assert_cmpuint(test_host_status(host).kills, ==, 0);
    test_host_end(host);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reading/is-beside-and-in-order", test_a_large_result_is_prepared_beside_and_in_order);
    g_test_add_func("/reading/a-host-that-dies-meanwhile-has-answered",
                    test_a_host_that_dies_meanwhile_has_answered);
    g_test_add_func("/reading/who-cancels-waits", test_who_cancels_waits_until_it_is_over);
    g_test_add_func("/reading/who-ends-the-host-waits", test_who_ends_the_host_waits_until_it_is_over);
    g_test_add_func("/reading/the-watchdog-waits", test_the_watchdog_waits_with_it);
    return g_test_run();
}
