/* The deterministic core of the bus from one seed: README.md. SEED runs one, SEEDS so many (200), from FROM on (1); TRACE a
 * file with a trace. FAILURES ends it after so many (3), SHRINK=0 tells the trace as it is, LOG lets the bus write its log.
 *
 * Shows: a receipt means: on disk.
 * Shows: no false receipt when the disk fails.
 * Shows: a resent message makes nothing new.
 * Shows: a known number is not known content.
 * Shows: no sequence is given out twice, and a lost end is told.
 * Shows: a large message is there whole or not at all.
 * Shows: one person, one subject.
 * Shows: order for each person.
 * Shows: what was acknowledged above an event that was not does not come again.
 * Shows: a consumer sees by a number whether one of its events is missing, also after a crash. */
#include "core/base/log.h"
#include "tests/simulate/life.h"
#include "tests/simulate/plan.h"
#include "tests/simulate/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIVES_MAX 400
#define LIFE_SECONDS 120

static void empty_directory(void)
{
    GDir *names = g_dir_open(world->directory, 0, NULL);
    const char *name;
    while (names && (name = g_dir_read_name(names))) {
        g_autofree char *path = g_build_filename(world->directory, name, NULL);
        g_unlink(path);
    }
    g_clear_pointer(&names, g_dir_close);
}

/* What an assertion of the product said before it ended the life. */
static void note_death(int status, const char *said)
{
    g_autofree char *text = NULL;
    bool hangs = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    if (!g_file_get_contents(said, &text, NULL, NULL)) {
        text = g_strdup("");
    }
    if (!*world->failure) {
        g_snprintf(world->failure, sizeof world->failure, "the bus %s (wait status %#x): %.300s",
                   hangs ? "hangs" : "died", (unsigned)status, g_strstrip(text));
    }
}

static void begin_child(const char *said)
{
    int file = g_getenv("LOG") ? -1 : open(said, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file >= 0) {
        dup2(file, STDERR_FILENO);
        dup2(file, STDOUT_FILENO);
    }
    alarm(LIFE_SECONDS);
    life_run();
}

/* One life; false when it was the last. */
static bool live(void)
{
    g_autofree char *said = g_build_filename(world->directory, "said", NULL);
    int status;
    pid_t child = fork();
    if (child == 0) {
        begin_child(said);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    world->lives++;
    if (WIFEXITED(status) && WEXITSTATUS(status) == LIFE_OVER) {
        if (world->lives < LIVES_MAX) {
            return true;
        }
        g_strlcpy(world->failure, "it never comes to an end", sizeof world->failure);
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != LIFE_DONE) {
        note_death(status, said);
    }
    return false;
}

/* Runs a plan from the beginning of the world; whether all held. */
static bool run_plan(const Plan *plan)
{
    char directory[sizeof world->directory];
    g_strlcpy(directory, world->directory, sizeof directory);
    memset(world, 0, sizeof *world);
    g_strlcpy(world->directory, directory, sizeof directory);
    plan_set(plan);
    empty_directory();
    while (live()) {
    }
    return !*world->failure;
}

/* Leaves out what the failure does not need: halves, quarters, …, single steps. */
static void shrink(Plan *plan)
{
    for (unsigned size = MAX(plan->count / 2, 1);; size /= 2) {
        for (unsigned from = 0; from < plan->count;) {
            Plan shorter = plan_without(plan, from, size);
            if (run_plan(&shorter)) {
                from += size;
            } else {
                *plan = shorter;
            }
        }
        if (size == 1) {
            break;
        }
    }
    run_plan(plan);
}

static unsigned number_from(const char *variable, unsigned otherwise)
{
    const char *text = g_getenv(variable);
    return text && *text ? (unsigned)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void tell(uint64_t seed, Plan *plan)
{
    g_autofree char *first = g_strdup(world->failure);
    if (number_from("SHRINK", 1)) {
        shrink(plan);
    }
    g_autofree char *text = plan_text(plan);
    g_test_message("seed %" G_GUINT64_FORMAT ": %s", seed, first);
    g_test_message("its shortest trace, %u steps in %u lives, fails with: %s\n%s", plan->count, world->lives,
                   world->failure, text);
}

static void test_seeds(void)
{
    unsigned from = number_from("SEED", number_from("FROM", 1)),
             seeds = number_from("SEED", 0) ? 1 : number_from("SEEDS", 200), failed = 0;
    uint64_t steps = 0, lives = 0;
    g_autoptr(GTimer) timer = g_timer_new(); /* the real time */
    for (uint64_t seed = from; seed < from + seeds; seed++) {
        Plan plan = plan_make(seed);
        if (!run_plan(&plan)) {
            failed++;
            tell(seed, &plan);
            if (failed >= number_from("FAILURES", 3)) {
                break;
            }
        }
        steps += world->done_steps;
        lives += world->lives;
    }
    double seconds = g_timer_elapsed(timer, NULL);
    g_test_message("%u seeds, %" G_GUINT64_FORMAT " steps in %" G_GUINT64_FORMAT
                   " lives, %.0f steps a second",
                   seeds, steps, lives, (double)steps / MAX(seconds, 0.001));
    if (failed > 0) {
        g_test_fail();
    }
}

/* What failed once: traces/, in the order of their names. */
static void test_trace(const void *path)
{
    g_autofree char *text = NULL;
    Plan plan;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_true(plan_read(text, &plan));
    if (!run_plan(&plan)) {
        g_test_message("%s: %s", (const char *)path, world->failure);
        g_test_fail();
    }
}

static void add_traces(void)
{
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "tests/simulate/traces", NULL);
    GDir *names = g_dir_open(folder, 0, NULL);
    const char *name;
    while (names && (name = g_dir_read_name(names))) {
        g_autofree char *test = g_strdup_printf("/simulate/trace/%s", name);
        g_test_add_data_func_full(test, g_build_filename(folder, name, NULL), test_trace, g_free);
    }
    g_clear_pointer(&names, g_dir_close);
}

static void make_world(void)
{
    const char *parent = g_file_test("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir();
    g_autofree char *directory = g_build_filename(parent, "hutong-simulate-XXXXXX", NULL);
    g_assert_nonnull(g_mkdtemp(directory));
    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(world != MAP_FAILED);
    g_strlcpy(world->directory, directory, sizeof world->directory);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level((HtLogLevel)number_from("LOG", UINT_MAX)); /* each life says how it began */
    make_world();
    settings_load();
    if (g_getenv("TRACE")) {
        g_test_add_data_func("/simulate/trace", g_getenv("TRACE"), test_trace);
    } else {
        add_traces();
        g_test_add_func("/simulate/seeds", test_seeds);
    }
    int status = g_test_run();
    empty_directory();
    g_rmdir(world->directory);
    return status;
}
