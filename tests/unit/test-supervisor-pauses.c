/* plugins/supervisor between runs: how long it waits before the next try. Times are least times: a machine under load is slower. */
#include "tests/lib/trial.h"

#include <string.h>

static int64_t begin_us;

static void begin(void)
{
    begin_us = g_get_monotonic_time();
}

/* So much time has passed since begin(), and not several times more. */
static void assert_passed(int64_t least_ms)
{
    int64_t passed_ms = (g_get_monotonic_time() - begin_us) / 1000;
    g_test_message("%" G_GINT64_FORMAT " ms of at least %" G_GINT64_FORMAT, passed_ms, least_ms);
    g_assert_cmpint(passed_ms, >=, least_ms);
    g_assert_cmpint(passed_ms, <, 4 * least_ms + 20000);
}

static bool is_in(const HtHost *host, const char *state)
{
    return strcmp(test_host_status(host).state, state) == 0;
}

/* 100, 200, 400 and 800 ms between five deaths at start, then 1600: each pause is twice the one before. */
static void test_pauses_after_deaths_double(void)
{
    HtHost *host = test_host("crash-at-load", NULL);
    TestMessage message = {0}, another = {0};
    begin();
    test_submit(host, &message, "echo");
    test_run_until(message.done);
    test_assert_error(&message, HT_HOST_ERROR_DOWN);
    assert_passed(1500);
    g_assert_cmpuint(test_host_status(host).restarts, ==, 4);
    begin();
    test_run_until(!is_in(host, "throttled"));
    assert_passed(1550);
    begin();
    test_submit(host, &another, "echo"); /* the next try dies as well */
    test_run_until(another.done);
    begin();
    test_run_until(!is_in(host, "throttled"));
    assert_passed(3150);
    test_host_end(host);
}

/* A second, then two, before a bad adapter is looked at again. */
static void test_pauses_of_a_broken_one_double(void)
{
    HtHost *host = test_host("not-there", NULL);
    TestMessage message = {0};
    test_submit(host, &message, "echo");
    test_run_until(message.done);
    test_assert_error(&message, HT_HOST_ERROR_ADAPTER);
    for (int64_t pause_ms = 1000; pause_ms <= 2000; pause_ms *= 2) {
        begin();
        test_run_until(!is_in(host, "broken"));
        assert_passed(pause_ms - 50);
        test_run_until(is_in(host, "broken"));
    }
    test_host_end(host);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/supervisor/pauses/after-deaths-double", test_pauses_after_deaths_double);
    g_test_add_func("/supervisor/pauses/of-a-broken-one-double", test_pauses_of_a_broken_one_double);
    return g_test_run();
}
