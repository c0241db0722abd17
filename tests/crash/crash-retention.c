/* Pruning ended at each of its steps, as kill -9 does: in the middle of an archive file, before it has its name or its manifest, before and after each
 * transaction that makes events hollow or gives pages back. Afterwards each event is whole in the spool or in a file of the archive that is what was
 * written; the next sweep does the rest; and every message is known when it is sent again. */
#include "core/keep/archive.h"
#include "core/keep/sweep.h"
#include "spool/history.h"
#include "tests/lib/crash-work.h"
#include "tests/lib/data.h"

#include <sys/wait.h>

#define MESSAGES 60
#define STEPS_MAX 500

typedef struct {
    char *folder, *state, *file;
} Place;

/* ---- In a child ---- */

static unsigned steps_left;

static void count_step(const char *name)
{
    (void)name;
    if (__atomic_sub_fetch(&steps_left, 1, __ATOMIC_SEQ_CST) == 0) {
        _exit(9);
    }
}

static HtConfig *load(const Place *place)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    HtConfig *config = ht_config_load(place->file, errors);
    if (!config) {
        g_printerr("%s", errors->str);
        _exit(2);
    }
    return config;
}

static void note_end(const HtSweepStatus *status, void *user)
{
    *(HtSweepStatus *)user = *status;
}

/* Ends after so many steps; 0: never. */
static void sweep(const Place *place, unsigned steps)
{
    g_autoptr(HtConfig) config = load(place);
    HtDictionary *dictionary = test_dictionary();
    HtSpool *spool = crash_open(place->state, NULL);
    HtSweeper *sweeper = ht_sweeper_new(config, dictionary, spool);
    HtSweepStatus status = {.running = true};
    steps_left = steps;
    ht_spool_hooks.step = steps > 0 ? count_step : NULL;
    ht_sweeper_start(sweeper, false, note_end, &status);
    while (status.running) {
        g_main_context_iteration(NULL, TRUE);
    }
    ht_spool_hooks.step = NULL;
    if (*status.problem) {
        g_printerr("%s\n", status.problem);
        _exit(3);
    }
    ht_sweeper_free(sweeper);
    ht_spool_close(spool);
    ht_dictionary_free(dictionary);
    _exit(0);
}

static void fill(const Place *place, unsigned unused)
{
    (void)unused;
    HtSpool *spool = crash_open(place->state, NULL);
    Work work;
    work_init(&work, spool, 1, MESSAGES);
    work_run(&work);
    ht_spool_close(spool);
    _exit(0);
}

typedef struct {
    GArray *whole; /* of bool, by sequence */
    uint64_t last;
} Seen;

static void see(const HtStoredEvent *event, void *user)
{
    Seen *seen = user;
    bool whole = event->state == HT_STORED_WHOLE;
    g_assert_true(whole || event->state == HT_STORED_REMOVED);
    g_assert_cmpuint(event->sequence, ==, ++seen->last);
    g_array_append_val(seen->whole, whole);
}

/* In each file of the archive that has its manifest (all of them, when nothing was ended) are the events from its first to its last. */
static void note_archived(const Place *place, bool all, GHashTable *archived)
{
    g_autofree char *folder = g_build_filename(place->state, "archive", NULL);
    g_autoptr(GPtrArray) files = ht_archive_files(folder);
    g_assert_true(ht_spool_vault_open(place->state, NULL, NULL));
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *manifest = g_strconcat(files->pdata[i], ".manifest.json", NULL);
        g_autoptr(GError) error = NULL;
        HtArchiveSum sum;
        if (!all && !g_file_test(manifest, G_FILE_TEST_EXISTS)) {
            continue;
        }
        ht_archive_verify(files->pdata[i], ht_spool_vault_at(place->state), &sum, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(sum.events, ==, sum.last - sum.first + 1);
        for (uint64_t sequence = sum.first; sequence <= sum.last; sequence++) {
            g_hash_table_add(archived, GSIZE_TO_POINTER(sequence));
        }
    }
}

static void prove_all(const Place *place, unsigned ended)
{
    g_autoptr(GHashTable) archived = g_hash_table_new(NULL, NULL);
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(place->state, NULL);
    Seen seen = {g_array_new(FALSE, FALSE, sizeof(bool)), 0};
    note_archived(place, ended > 0, archived);
    g_assert_nonnull(look);
    g_assert_true(ht_spool_look_events(look, 0, UINT32_MAX, see, &seen, NULL));
    g_assert_cmpuint(seen.last, >, MESSAGES);
    for (uint64_t i = 1; i <= seen.last; i++) {
        bool whole = g_array_index(seen.whole, bool, i - 1);
        g_assert_true(whole || g_hash_table_contains(archived, GSIZE_TO_POINTER(i)));
        g_assert_false(ended > 0 && whole);
    }
    g_array_unref(seen.whole);
    _exit(0);
}

static void resend(const Place *place, unsigned unused)
{
    (void)unused;
    expect_clean(place->state);
    HtSpool *spool = crash_open(place->state, NULL);
    uint64_t last = ht_spool_last_sequence(spool);
    Work work;
    work_init(&work, spool, 1, MESSAGES);
    work_run(&work);
    g_assert_cmpuint(ht_spool_last_sequence(spool), ==, last); /* nothing is new */
    ht_spool_close(spool);
    _exit(0);
}

/* ---- The parent ---- */

/* Its exit status. */
static int in_child(void (*what)(const Place *place, unsigned argument), const Place *place,
                    unsigned argument)
{
    int status;
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        what(place, argument);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void make_place(Place *place)
{
    place->folder = g_dir_make_tmp("crash-retention-XXXXXX", NULL);
    place->state = g_build_filename(place->folder, "state", NULL);
    place->file = g_build_filename(place->folder, "hutong.conf", NULL);
    static const char text[] =
        "[bus]\nname = crash\nstate = ./state\n[spool]\narchive-file = 64K\n[retention all]\nkeep = 1ms\n";
    g_assert_true(g_file_set_contents(place->file, text, -1, NULL));
}

static void remove_place(Place *place)
{
    g_autofree char *archive = g_build_filename(place->state, "archive", NULL);
    remove_directory(archive);
    remove_directory(place->state);
    remove_directory(place->folder);
    g_free(place->folder);
    g_free(place->state);
    g_free(place->file);
}

static void test_ended_at_each_step(void)
{
    unsigned ended = 0;
    for (unsigned step = 1;; step++) {
        Place place;
        make_place(&place);
        g_assert_cmpint(in_child(fill, &place, 0), ==, 0);
        int status = in_child(sweep, &place, step);
        g_assert_true(status == 9 || status == 0);
        ended += status == 9;
        g_assert_cmpint(in_child(prove_all, &place, 0), ==, 0);
        g_assert_cmpint(in_child(sweep, &place, 0), ==, 0);
        g_assert_cmpint(in_child(prove_all, &place, 1), ==, 0);
        g_assert_cmpint(in_child(resend, &place, 0), ==, 0);
        remove_place(&place);
        g_assert_cmpuint(step, <, STEPS_MAX);
        if (status == 0) {
            break;
        }
    }
    g_assert_cmpuint(ended, >, 8); /* archive: three, hollow: four, room: four, more with each batch */
    g_test_message("ended at %u steps", ended);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crash/retention/ended-at-each-step", test_ended_at_each_step);
    return g_test_run();
}
