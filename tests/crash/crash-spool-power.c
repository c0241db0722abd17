/* The spool under power cuts: at a random operation the machine is off; the disk then holds all that was
 * synced, and of the rest nothing, some, or torn pieces. The spool opens on that, and nothing acknowledged
 * is lost. POWER_ROUNDS sets the number of cuts (30).
 *
 * Kind: power.
 * Shows: a resent message makes nothing new.
 * Shows: a large message is there whole or not at all. */
#include "spool/vault.h"
#include "tests/lib/crash-work.h"
#include "tests/lib/crash-vfs.h"

#define MESSAGES 1000
#define ENDING_MESSAGES 4
#define OPERATIONS 1500 /* about as many as the messages need */

/* What is told after the cut reaches nobody. */
static bool is_powered(void)
{
    g_mutex_lock(&shim.lock);
    bool powered = !shim.cut;
    g_mutex_unlock(&shim.lock);
    return powered;
}

/* What was synced before anything was sealed with it, by other means than the recorded ones. */
static void copy_keys(const char *from, const char *to)
{
    static const char *const names[] = {HT_SPOOL_PERIODS_FILE, HT_SPOOL_MASTER_FILE};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *file = g_build_filename(from, names[i], NULL),
                        *copy = g_build_filename(to, names[i], NULL);
        g_autofree char *bytes = NULL;
        gsize size;
        if (g_file_get_contents(file, &bytes, &size, NULL)) {
            g_assert_true(
                g_file_set_contents_full(copy, bytes, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        }
    }
}

static guint cut_once(ShimLoss loss, unsigned operation)
{
    g_autofree char *directory = g_dir_make_tmp("crash-spool-XXXXXX", NULL);
    g_autofree char *after = g_dir_make_tmp("crash-spool-XXXXXX", NULL);
    Work work;
    shim_install(true);
    shim_reset();
    shim.recording = true;
    shim.cut_at = operation;
    HtSpool *spool = crash_open(directory, NULL);
    work_init(&work, spool, 1, spool ? MESSAGES : 0);
    work.counts = is_powered;
    work_run(&work);
    ht_spool_close(spool);
    shim_write_images(after, loss);
    copy_keys(directory, after);
    shim_reset();
    shim_install(false);
    prove(after, work.acks, 0, NULL);
    guint count = work.acks->len;
    work_clear(&work);
    remove_directory(directory);
    remove_directory(after);
    return count;
}

static void test_cut(const void *data)
{
    ShimLoss loss = *(const ShimLoss *)data;
    unsigned rounds = (rounds_from("POWER_ROUNDS", 30) + 2) / 3;
    guint acknowledged = 0;
    for (unsigned round = 0; round < rounds; round++) {
        unsigned operation = round == 0 ? OPERATIONS / 2 : (unsigned)g_test_rand_int_range(1, OPERATIONS);
        acknowledged += cut_once(loss, operation);
    }
    g_test_message("%u cuts, %u acknowledged", rounds, acknowledged);
    g_assert_cmpuint(acknowledged, >, 0);
}

/* The end fails at its n-th call to the disk; the next run goes on with what the kernel still has of it, and then the power is cut. False: the end
 * has fewer calls. */
static bool cut_after_a_failed_end(unsigned at)
{
    g_autofree char *directory = g_dir_make_tmp("crash-spool-XXXXXX", NULL);
    g_autofree char *after = g_dir_make_tmp("crash-spool-XXXXXX", NULL);
    Work work;
    shim_install(true);
    shim_reset();
    shim.recording = true;
    shim.cut_at = G_MAXUINT;
    HtSpool *spool = crash_open(directory, NULL);
    work_init(&work, spool, 1, ENDING_MESSAGES);
    work_run(&work);
    shim.fault = SHIM_EIO;
    shim.fault_at = shim.operations + at;
    ht_spool_close(spool);
    bool hit = shim.hit;
    shim.fault = SHIM_NO_FAULT;
    work.spool = crash_open(directory, NULL);
    g_assert_nonnull(work.spool);
    work.end++; /* more, and a checkpoint begins the WAL anew */
    work_run(&work);
    shim_write_images(after, SHIM_LOSE_ALL);
    ht_spool_close(work.spool);
    copy_keys(directory, after);
    shim_reset();
    shim_install(false);
    prove(after, work.acks, 0, NULL);
    g_assert_cmpuint(work.acks->len, ==, ENDING_MESSAGES + 1);
    work_clear(&work);
    remove_directory(directory);
    remove_directory(after);
    return hit;
}

static void test_after_an_end_that_failed(void)
{
    unsigned calls = 0;
    while (cut_after_a_failed_end(++calls)) {
    }
    g_test_message("%u calls", calls - 1);
    g_assert_cmpuint(calls, >, 1);
}

int main(int argc, char **argv)
{
    static const ShimLoss all = SHIM_LOSE_ALL, some = SHIM_LOSE_SOME, torn = SHIM_TEAR;
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level((HtLogLevel)-1); /* each round says that the disk has failed */
    ht_spool_hooks.keys_merge_at = 100;
    g_test_add_data_func("/spool/power/loses-all-that-was-not-synced", &all, test_cut);
    g_test_add_data_func("/spool/power/loses-some-of-it", &some, test_cut);
    g_test_add_data_func("/spool/power/tears-it", &torn, test_cut);
    g_test_add_func("/spool/power/after-an-end-that-failed", test_after_an_end_that_failed);
    return g_test_run();
}
