/* plugins/supervisor against adapters that misbehave (tests/adapters/). Whatever a host does, every message
 * ends in exactly one way, and the next one is served. */
#include "core/base/paths.h"
#include "tests/lib/trial.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- Ways to die ---- */

static void hurry(HtHostOptions *options)
{
    options->limits.message_ms = 300;
}

/* A payload that ends its host, between others: those are answered, in order, and it is quarantined at its
 * third time. */
static void assert_quarantined(HtHost *host, const char *text)
{
    TestMessage before[3] = {0}, culprit = {0}, after[3] = {0};
    for (unsigned i = 0; i < 3; i++) {
        test_submit(host, &before[i], "echo before");
    }
    test_submit(host, &culprit, text);
    for (unsigned i = 0; i < 3; i++) {
        test_submit(host, &after[i], "echo after");
    }
    test_run_until(after[2].done && culprit.done);
    for (unsigned i = 0; i < 3; i++) {
        test_assert_reply(&before[i], "before");
        test_assert_reply(&after[i], "after");
    }
    test_assert_error(&culprit, HT_HOST_ERROR_QUARANTINE);
    g_assert_true(before[0].order < before[2].order && before[2].order < after[0].order);
    g_assert_true(after[0].order < after[1].order && after[1].order < after[2].order);
    HtHostStatus status = test_host_status(host);
    g_assert_cmpuint(status.quarantined, ==, 1);
    g_assert_cmpuint(status.restarts, ==, 3);
    g_assert_cmpuint(status.waiting, ==, 0);
}

static void test_death(const void *command)
{
    HtHost *host = test_host("obedient", NULL);
    assert_quarantined(host, command);
    g_assert_cmpuint(test_host_status(host).kills, ==, 0);
    test_assert_serves(host);
    test_host_end(host);
}

/* ---- No more memory ---- */

static void give_little_memory(HtHostOptions *options)
{
    options->limits.memory_bytes = 128 << 20;
}

static HtHost *begin_memory_test(void)
{
    if (TEST_SANITIZED) {
        g_test_skip("a build with sanitizers has no memory limit");
        return NULL;
    }
    return test_host("obedient", give_little_memory);
}

/* The adapter dies of it. Sending it again, or trying again, would help nobody. */
static void test_what_needs_too_much_memory_is_told_so_at_once(void)
{
    TestMessage message = {0};
    HtHost *host = begin_memory_test();
    if (!host) {
        return;
    }
    test_submit(host, &message, "leak");
    test_run_until(message.done);
    test_assert_error(&message, HT_HOST_ERROR_MEMORY);
    g_assert_nonnull(strstr(message.text, "134217728 bytes (memory = 128M)"));
    HtHostStatus status = test_host_status(host);
    g_assert_true(status.restarts == 0 && status.quarantined == 0);
    test_assert_serves(host);
    test_host_end(host);
}

/* The memory may have been spent by others: it is tried once more, with a new process; those beside it are answered. */
static void test_memory_that_others_spent_costs_one_try(void)
{
    TestMessage before = {0}, culprit = {0}, after = {0};
    HtHost *host = begin_memory_test();
    if (!host) {
        return;
    }
    test_submit(host, &before, "echo before");
    test_run_until(before.done);
    test_submit(host, &culprit, "leak");
    test_submit(host, &after, "echo after");
    test_run_until(culprit.done && after.done);
    test_assert_reply(&before, "before");
    test_assert_reply(&after, "after");
    test_assert_error(&culprit, HT_HOST_ERROR_MEMORY);
    g_assert_cmpuint(test_host_status(host).restarts, ==, 2);
    test_host_end(host);
}

/* The adapter goes on without what it did not get: what it makes then may lack anything, and is not taken. */
static void test_what_was_made_without_memory_is_not_taken(void)
{
    TestMessage first = {0}, second = {0};
    HtHost *host = begin_memory_test();
    if (!host) {
        return;
    }
    test_submit(host, &first, "spend");
    test_submit(host, &second, "spend");
    test_run_until(first.done && second.done);
    g_assert_cmpint(first.verdict, ==, HT_VERDICT_REJECT);
    g_assert_cmpstr(first.code, ==, "no-memory");
    g_assert_nonnull(strstr(first.text, "134217728 bytes (memory = 128M)"));
    g_assert_cmpstr(second.code, ==, "no-memory");
    g_assert_cmpuint(test_host_status(host).restarts, ==, 1);
    test_assert_serves(host);
    test_host_end(host);
}

static void test_killed(const void *command)
{
    HtHost *host = test_host("obedient", hurry);
    assert_quarantined(host, command);
    g_assert_cmpuint(test_host_status(host).kills, ==, 3);
    test_assert_serves(host);
    test_host_end(host);
}

static void give_thread(HtHostOptions *options)
{
    static const char *const thread[] = {"thread", "yes", NULL};
    options->options = thread;
    options->limits.message_ms = 300;
    options->limits.memory_bytes = 0;
    options->limits.strikes = 1;
}

/* The adapter makes the page say all the time that something new is in hand: silence convicts it all the
 * same. */
static void test_playing_with_the_page_does_not_help(void)
{
    HtHost *host = test_host("obedient", give_thread);
    TestMessage culprit = {0};
    test_submit(host, &culprit, "hide");
    test_run_until(culprit.done);
    test_assert_error(&culprit, HT_HOST_ERROR_QUARANTINE);
    test_assert_serves(host);
    test_host_end(host);
}

static gboolean ring_on(void *data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

static void watch_rest(HtHostOptions *options)
{
    options->limits.idle_cpu_ms = 50;
}

/* A thread that goes on when the message is answered is found, though nobody waits. */
static void test_a_host_that_computes_for_nobody_is_killed(void)
{
    HtHost *host = test_host("obedient", watch_rest);
    TestMessage message = {0};
    test_submit(host, &message, "linger");
    test_run_until(message.done);
    g_assert_false(message.failed);
    g_assert_cmpint(message.verdict, ==, HT_VERDICT_OK);
    g_clear_pointer(&message.reply, g_free);
    test_run_until(test_host_status(host).kills == 1);
    test_assert_serves(host);
    test_host_end(host);
}

/* An adapter with threads gives way to those without. */
static void test_threads_cost_priority(void)
{
    HtHost *host = test_host("obedient", NULL);
    test_assert_serves(host);
    int weight = getpriority(PRIO_PROCESS, (id_t)test_host_status(host).pid);
    g_assert_cmpint(weight, >=, TEST_SANITIZED ? 0 : 10);
    test_host_end(host);
}

/* Looked at several times, one that rests is left alone. */
static void test_a_host_that_rests_is_left_alone(void)
{
    HtHost *host = test_host("obedient", watch_rest);
    test_assert_serves(host);
    int64_t end_us = g_get_monotonic_time() + 1200 * 1000;
    g_autoptr(GSource) ring = g_timeout_source_new(100); /* so that the loop turns */
    g_source_set_callback(ring, G_SOURCE_FUNC(ring_on), NULL, NULL);
    g_source_attach(ring, NULL);
    test_run_until(g_get_monotonic_time() > end_us);
    g_source_destroy(ring);
    HtHostStatus status = test_host_status(host);
    g_assert_true(status.kills == 0 && status.restarts == 0 && status.pid > 0);
    test_host_end(host);
}

/* An idle host that is killed from outside costs nobody anything. */
static void test_kills_from_outside_are_survived(void)
{
    HtHost *host = test_host("obedient", NULL);
    unsigned kills = TEST_SANITIZED ? 20 : 200;
    int64_t longest_us = 0;
    test_assert_serves(host);
    for (unsigned i = 0; i < kills; i++) {
        int pid = test_host_status(host).pid;
        g_assert_cmpint(pid, >, 0);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        int64_t start_us = g_get_monotonic_time();
        test_assert_serves(host);
        longest_us = MAX(longest_us, g_get_monotonic_time() - start_us);
    }
    g_test_message("longest time without service: %" G_GINT64_FORMAT " ms", longest_us / 1000);
    g_assert_cmpint(longest_us, <, 10 * G_USEC_PER_SEC); /* on a machine that does much else */
    HtHostStatus status = test_host_status(host);
    g_assert_true(status.restarts == kills && status.quarantined == 0);
    test_host_end(host);
}

/* Killed in the middle of work, by nobody's fault: nothing is lost, doubled or out of order. */
static void test_kills_under_load_lose_nothing(void)
{
    enum { COUNT = 3000 };
    HtHost *host = test_host("obedient", NULL);
    g_autofree TestMessage *messages = g_new0(TestMessage, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *text = g_strdup_printf("echo %u", i);
        test_submit(host, &messages[i], text);
    }
    for (unsigned next = 300; next < COUNT; next += 300) {
        test_run_until(messages[next].done);
        int pid = test_host_status(host).pid;
        if (pid > 0) {
            kill(pid, SIGKILL);
        }
    }
    test_run_until(messages[COUNT - 1].done);
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *text = g_strdup_printf("%u", i);
        test_assert_reply(&messages[i], text);
        g_assert_cmpuint(messages[i].order, ==, messages[0].order + i);
    }
    test_host_end(host);
}

/* ---- Ways not to start ---- */

static void start_soon(HtHostOptions *options)
{
    options->limits.start_ms = TEST_SANITIZED ? 2000 : 200;
}

/* Dies at each start: whoever waits is told after the fifth time, and newcomers at once. */
static void assert_goes_down(HtHost *host, uint64_t kills)
{
    TestMessage message = {0};
    test_submit(host, &message, "echo");
    test_run_until(message.done);
    test_assert_error(&message, HT_HOST_ERROR_DOWN);
    HtHostStatus status = test_host_status(host);
    g_assert_cmpstr(status.state, ==, "throttled");
    g_assert_nonnull(status.reason);
    g_assert_cmpuint(status.kills, ==, kills);
    test_assert_refused(host, HT_HOST_ERROR_DOWN);
    test_run_until(strcmp(test_host_status(host).state, "throttled") != 0);
    TestMessage later = {0};
    test_submit(host, &later, "echo"); /* the next try */
    test_run_until(later.done);
    test_assert_error(&later, HT_HOST_ERROR_DOWN);
    test_host_end(host);
}

static void test_death_at_load_is_throttled(void)
{
    assert_goes_down(test_host("crash-at-load", NULL), 0);
}

static void test_death_in_open_is_throttled(void)
{
    assert_goes_down(test_host("crash-in-open", NULL), 0);
}

static void test_hanging_at_load_is_throttled(void)
{
    assert_goes_down(test_host("hang-at-load", start_soon), 5);
}

static void no_program(HtHostOptions *options)
{
    options->program = "/nonexistent/hutong-host";
}

static void test_missing_program_is_down(void)
{
    HtHost *host = test_host("obedient", no_program);
    test_assert_refused(host, HT_HOST_ERROR_DOWN);
    g_assert_cmpstr(test_host_status(host).state, ==, "throttled");
    test_host_end(host);
}

static void assert_broken(HtHost *host, const char *reason)
{
    TestMessage message = {0};
    test_submit(host, &message, "echo");
    test_run_until(message.done);
    test_assert_error(&message, HT_HOST_ERROR_ADAPTER);
    if (!strstr(message.text, reason)) {
        g_error("'%s' does not say '%s'", message.text, reason);
    }
    g_assert_cmpstr(test_host_status(host).state, ==, "broken");
    g_assert_nonnull(strstr(test_host_status(host).reason, reason));
    test_assert_refused(host, HT_HOST_ERROR_ADAPTER);
    test_host_end(host);
}

static void give_unknown(HtHostOptions *options)
{
    static const char *const unknown[] = {"color", "red", NULL};
    options->options = unknown;
}

static void no_mapping(HtHostOptions *options)
{
    options->mapping_file = "/nonexistent/mapping.xml";
}

static void test_bad_adapters_are_broken(void)
{
    assert_broken(test_host("not-there", NULL), "No such file");
    assert_broken(test_host("wrong-major", NULL), "abi_major is 2");
    assert_broken(test_host("refuse-open", NULL), "cannot start");
    assert_broken(test_host("obedient", give_unknown), "has no option 'color'");
    assert_broken(test_host("obedient", no_mapping), "data directory");
}

static void test_broken_heals_when_the_file_is_put_right(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "obedient.so", NULL);
    g_autofree char *program = ht_paths_libexec("hutong-host");
    g_autofree char *good = test_adapter_path("obedient");
    g_autofree char *contents = NULL;
    size_t size;
    HtHostOptions options = test_host_options(program, file);
    HtHost *host = ht_host_new(&options);
    TestMessage message = {0};
    test_submit(host, &message, "echo");
    test_run_until(message.done);
    test_assert_error(&message, HT_HOST_ERROR_ADAPTER);
    g_assert_true(g_file_get_contents(good, &contents, &size, NULL));
    g_assert_true(g_file_set_contents(file, contents, (gssize)size, NULL));
    test_run_until(strcmp(test_host_status(host).state, "running") == 0); /* nobody asks for it */
    test_assert_serves(host);
    g_assert_null(test_host_status(host).reason);
    test_host_end(host);
    g_unlink(file);
    g_rmdir(folder);
}

/* ---- The sandbox ---- */

static void test_sandbox_refuses(void)
{
    static const char *const wishes[] = {"open", "create", "socket", "exec", "fork", "kill", "code", "load"};
    if (TEST_SANITIZED) {
        g_test_skip("a build with sanitizers has no seccomp filter");
        return;
    }
    HtHost *host = test_host("obedient", NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(wishes); i++) {
        g_autofree char *text = g_strdup_printf("refused %s", wishes[i]);
        TestMessage message = {0};
        test_submit(host, &message, text);
        test_run_until(message.done);
        if (message.failed || message.verdict != HT_VERDICT_OK) {
            g_error("the sandbox lets an adapter do: %s", wishes[i]);
        }
    }
    test_host_end(host);
}

static void test_host_has_nothing_of_ours(void)
{
    HtHost *host = test_host("obedient", NULL);
    int secret = open("/dev/null", O_RDONLY); /* not even close-on-exec */
    test_assert_serves(host);
    g_autofree char *folder = g_strdup_printf("/proc/%d/fd", test_host_status(host).pid);
    g_autoptr(GDir) fds = g_dir_open(folder, 0, NULL);
    const char *name;
    while (fds && (name = g_dir_read_name(fds))) {
        g_assert_true(TEST_SANITIZED ||
                      atoi(name) <=
                          4); /* with sanitizers the adapter is loaded by its descriptor, which stays */
    }
    g_autofree char *environment_file = g_strdup_printf("/proc/%d/environ", test_host_status(host).pid);
    g_autofree char *environment = NULL;
    size_t size;
    if (g_file_get_contents(environment_file, &environment, &size, NULL)) {
        g_assert_null(memmem(environment, size, "PATH=", 5));
    }
    close(secret);
    test_host_end(host);
}

/* ---- The log ---- */

/* What is logged while the host works on this payload. */
static char *log_of(const char *text)
{
    HtHost *host = test_host("obedient", NULL);
    g_autofree char *file = g_build_filename(g_get_tmp_dir(), "hutong-supervisor.log", NULL);
    char *lines;
    int log = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int kept = dup(STDERR_FILENO);
    g_assert_cmpint(dup2(log, STDERR_FILENO), ==, STDERR_FILENO);
    TestMessage message = {0};
    test_submit(host, &message, text);
    test_run_until(message.done);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(log);
    g_assert_true(g_file_get_contents(file, &lines, NULL, NULL));
    g_unlink(file);
    test_host_end(host);
    return lines;
}

static void test_log_holds_no_numbers(void)
{
    g_autofree char *lines = log_of("tell");
    g_assert_nonnull(strstr(lines, "host test: adapter: seen: [number]; and [number]"));
    g_assert_null(strstr(lines, "9901"));
}

static void test_log_is_bounded(void)
{
    g_autofree char *lines = log_of("flood");
    g_auto(GStrv) list = g_strsplit(lines, "adapter: flood", -1);
    g_assert_cmpuint(g_strv_length(list) - 1, >=, 20);
    g_assert_cmpuint(g_strv_length(list) - 1, <=, 40); /* a second may have turned in between */
    g_assert_nonnull(strstr(lines, "more than 20 lines a second"));
}

static void add_deaths(void)
{
    static const char *const deaths[] = {"crash", "abort", "stack", "exit"};
    static const char *const kills[] = {"hang", "spin"};
    static const char *const lies[] = {"garbage", "oversized", "foreign", "bus-frame", "ready"};
    for (unsigned i = 0; i < G_N_ELEMENTS(deaths); i++) {
        g_autofree char *path = g_strdup_printf("/supervisor/death/%s-is-charged-and-quarantined", deaths[i]);
        g_test_add_data_func(path, deaths[i], test_death);
    }
    g_test_add_data_func("/supervisor/death/half-a-frame-is-charged-and-quarantined", "half", test_death);
    g_test_add_data_func("/supervisor/death/closed-descriptors-are-charged-and-quarantined", "close",
                         test_death);
    g_test_add_func("/supervisor/memory/what-needs-too-much-is-told-so-at-once",
                    test_what_needs_too_much_memory_is_told_so_at_once);
    g_test_add_func("/supervisor/memory/what-others-spent-costs-one-try",
                    test_memory_that_others_spent_costs_one_try);
    g_test_add_func("/supervisor/memory/what-was-made-without-it-is-not-taken",
                    test_what_was_made_without_memory_is_not_taken);
    for (unsigned i = 0; i < G_N_ELEMENTS(kills); i++) {
        g_autofree char *path =
            g_strdup_printf("/supervisor/watchdog/%s-is-killed-and-quarantined", kills[i]);
        g_test_add_data_func(path, kills[i], test_killed);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(lies); i++) {
        g_autofree char *path = g_strdup_printf("/supervisor/frames/%s-is-killed-and-quarantined", lies[i]);
        g_test_add_data_func(path, lies[i], test_killed);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_deaths();
    g_test_add_func("/supervisor/watchdog/playing-with-the-page-does-not-help",
                    test_playing_with_the_page_does_not_help);
    g_test_add_func("/supervisor/watchdog/a-host-that-computes-for-nobody-is-killed",
                    test_a_host_that_computes_for_nobody_is_killed);
    g_test_add_func("/supervisor/start/threads-cost-priority", test_threads_cost_priority);
    g_test_add_func("/supervisor/watchdog/a-host-that-rests-is-left-alone",
                    test_a_host_that_rests_is_left_alone);
    g_test_add_func("/supervisor/death/kills-from-outside-are-survived",
                    test_kills_from_outside_are_survived);
    g_test_add_func("/supervisor/death/kills-under-load-lose-nothing", test_kills_under_load_lose_nothing);
    g_test_add_func("/supervisor/start/death-at-load-is-throttled", test_death_at_load_is_throttled);
    g_test_add_func("/supervisor/start/death-in-open-is-throttled", test_death_in_open_is_throttled);
    g_test_add_func("/supervisor/start/hanging-at-load-is-throttled", test_hanging_at_load_is_throttled);
    g_test_add_func("/supervisor/start/missing-program-is-down", test_missing_program_is_down);
    g_test_add_func("/supervisor/start/bad-adapters-are-broken", test_bad_adapters_are_broken);
    g_test_add_func("/supervisor/start/broken-heals-when-the-file-is-put-right",
                    test_broken_heals_when_the_file_is_put_right);
    g_test_add_func("/supervisor/sandbox/refuses", test_sandbox_refuses);
    g_test_add_func("/supervisor/sandbox/host-has-nothing-of-ours", test_host_has_nothing_of_ours);
    g_test_add_func("/supervisor/log/holds-no-numbers", test_log_holds_no_numbers);
    g_test_add_func("/supervisor/log/is-bounded", test_log_is_bounded);
    return g_test_run();
}
