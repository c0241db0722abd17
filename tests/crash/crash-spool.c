/* The spool under kill -9: at random moments while eight slots feed it, and at every named step of a
 * commit and of a checkpoint. The child tells each acknowledgement through a pipe; the parent then opens
 * the spool and proves that nothing acknowledged is lost or there twice. CRASH_ROUNDS sets the number of
 * random kills (30). */
#include "tests/lib/crash-work.h"
#include "tests/lib/crash-vfs.h"
#include "tests/lib/places.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#define ENDLESS ((uint64_t)1 << 40)
#define ROUNDS_PER_SPOOL 15 /* checking takes longer as it grows */

static int ack_pipe = -1;
static const char *exit_step;
static unsigned exit_count;

static void tell(const Ack *ack)
{
    if (write(ack_pipe, ack, sizeof *ack) != sizeof *ack) {
        _exit(3);
    }
}

/* In the child: never returns. */
static void run_child(const char *directory, uint64_t first, uint64_t count)
{
    g_autoptr(GError) error = NULL;
    Work work;
    HtSpool *spool = crash_open(directory, &error);
    if (!spool) {
        _exit(2);
    }
    work_init(&work, spool, first, count);
    work.acknowledged = tell;
    work_run(&work);
    ht_spool_close(spool);
    _exit(0);
}

static pid_t start_child(const char *directory, uint64_t first, uint64_t count, int *reading)
{
    int ends[2];
    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        close(ends[0]);
        ack_pipe = ends[1];
        run_child(directory, first, count);
    }
    close(ends[1]);
    *reading = ends[0];
    return child;
}

/* Reads acks until the child ends; kills it when the time has come. */
static int collect(pid_t child, int reading, int64_t kill_at, GArray *acks)
{
    bool alive = true;
    for (;;) {
        struct pollfd poller = {.fd = reading, .events = POLLIN};
        int64_t left_us = kill_at - ht_clock_monotonic();
        if (alive && left_us <= 0) {
            kill(child, SIGKILL);
            alive = false;
        }
        struct timespec wait = {.tv_sec = left_us / HT_SECOND, .tv_nsec = left_us % HT_SECOND * 1000};
        if (ppoll(&poller, 1, alive ? &wait : NULL, NULL) <= 0) {
            continue;
        }
        Ack ack;
        ssize_t size = read(reading, &ack, sizeof ack);
        if (size <= 0) {
            break;
        }
        g_assert_cmpint(size, ==, sizeof ack);
        g_array_append_val(acks, ack);
    }
    int status;
    close(reading);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    return status;
}

/* Up to `rounds` kills on one spool, so that it also meets what earlier ones have left. Returns how many
 * were told. */
static guint kill_at_random(unsigned rounds)
{
    g_autofree char *directory = g_dir_make_tmp("crash-spool-XXXXXX", NULL);
    g_autoptr(GArray) acks = g_array_new(FALSE, FALSE, sizeof(Ack));
    uint64_t last = 0;
    for (unsigned round = 0; round < rounds; round++) {
        int reading;
        pid_t child = start_child(directory, ((uint64_t)round << 24) + 1, ENDLESS, &reading);
        int64_t kill_at =
            ht_clock_monotonic() + g_test_rand_int_range(1000, test_is_sanitized() ? 1200000 : 120000);
        int status = collect(child, reading, kill_at, acks);
        g_assert_true(WIFSIGNALED(status));
        last = prove(directory, acks, last, NULL);
    }
    g_assert_cmpuint(prove(directory, acks, 0, NULL), ==, last);
    remove_directory(directory);
    return acks->len;
}

static void test_random_kills(void)
{
    unsigned rounds = rounds_from("CRASH_ROUNDS", 30);
    guint acknowledged = 0;
    for (unsigned done = 0; done < rounds; done += ROUNDS_PER_SPOOL) {
        acknowledged += kill_at_random(MIN(ROUNDS_PER_SPOOL, rounds - done));
    }
    g_test_message("%u kills, %u acknowledged", rounds, acknowledged);
    g_assert_cmpuint(acknowledged, >, rounds);
}

/* ---- At every step ---- */

static void exit_at_step(const char *name)
{
    if (strcmp(name, exit_step) == 0 && --exit_count == 0) {
        _exit(9);
    }
}

static void exit_at_write(void)
{
    if (--exit_count == 0) {
        _exit(9);
    }
}

/* Lets a child feed the spool until it ends itself as it was told, and proves what it has left. */
static void end_once(const char *directory, GArray *acks, uint64_t first)
{
    int reading;
    pid_t child = start_child(directory, first, 400, &reading);
    shim_reset();
    shim_install(false);
    ht_spool_hooks.step = NULL;
    int status = collect(child, reading, INT64_MAX / 2, acks);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 9); /* the step was reached */
    prove(directory, acks, 0, NULL);
}

static void test_step(const void *step)
{
    static const unsigned counts[] = {1, 2, 3, 5};
    g_autofree char *directory = g_dir_make_tmp("crash-spool-XXXXXX", NULL);
    g_autoptr(GArray) acks = g_array_new(FALSE, FALSE, sizeof(Ack));
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        exit_step = step;
        exit_count = counts[i];
        ht_spool_hooks.step = exit_at_step;
        end_once(directory, acks, i * 1000 + 1);
    }
    remove_directory(directory);
}

/* In the middle of a checkpoint, before the n-th page goes into the file. */
static void test_checkpoint_writes(void)
{
    static const unsigned counts[] = {1, 2, 3, 8, 20, 50, 90};
    g_autofree char *directory = g_dir_make_tmp("crash-spool-XXXXXX", NULL);
    g_autoptr(GArray) acks = g_array_new(FALSE, FALSE, sizeof(Ack));
    HtSpool *spool =
        crash_open(directory, NULL); /* so that the file is there: only checkpoints write to it */
    g_assert_nonnull(spool);
    ht_spool_close(spool);
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        shim_install(true);
        shim_reset();
        shim.main_write = exit_at_write;
        exit_count = counts[i];
        end_once(directory, acks, i * 1000 + 1);
    }
    remove_directory(directory);
}

int main(int argc, char **argv)
{
    static const char *const steps[] = {"begin",   "event",     "piece",      "whole",
                                        "message", "merge",     "merged",     "sweep",
                                        "commit",  "committed", "checkpoint", "checkpointed"};
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR); /* each round warns that the last one did not end cleanly */
    ht_spool_hooks.keys_merge_at = 20;
    shim_install(false);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autofree char *path = g_strconcat("/spool/crash/at-", steps[i], NULL);
        g_test_add_data_func(path, steps[i], test_step);
    }
    g_test_add_func("/spool/crash/in-a-checkpoint", test_checkpoint_writes);
    g_test_add_func("/spool/crash/kill-at-random", test_random_kills);
    return g_test_run();
}
