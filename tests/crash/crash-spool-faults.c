/* The spool on a disk that fails: each write, sync and truncate in turn, with EIO or ENOSPC, once or for
 * ever. Whatever happens, nothing is acknowledged that is not there after a restart on a good disk, and
 * nothing refused for want of room is. CRASH_STRIDE takes every n-th operation only (3).
 *
 * Kind: fault.
 * Shows: a receipt means: on disk. */
#include "tests/lib/crash-work.h"
#include "tests/lib/crash-vfs.h"

#define MESSAGES 40

typedef struct {
    ShimFault fault;
    bool for_ever;
} Kind;

static void expect_status(HtSpool *spool, const Work *work)
{
    HtSpoolStatus status;
    ht_spool_status(spool, &status);
    g_assert_true(work->io_errors == 0 || status.failed);
}

/* Returns false when the fault's operation was never reached. */
static bool run_once(const Kind *kind, unsigned operation)
{
    g_autofree char *directory = g_dir_make_tmp("crash-spool-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    Work work;
    shim_install(true);
    shim_reset();
    shim.fault = kind->fault;
    shim.for_ever = kind->for_ever;
    shim.fault_at = operation;
    HtSpool *spool = crash_open(directory, &error);
    g_assert_true((spool != NULL) != (error != NULL));
    work_init(&work, spool, 1, spool ? MESSAGES : 0);
    work_run(&work);
    if (spool) {
        expect_status(spool, &work);
    }
    ht_spool_close(spool);
    bool hit = shim.hit;
    g_assert_true(hit || work.acks->len >= MESSAGES);
    shim_reset();
    shim_install(false);
    prove(directory, work.acks, 0, work.refused);
    work_clear(&work);
    remove_directory(directory);
    return hit;
}

static void test_fault(const void *data)
{
    unsigned stride = rounds_from("CRASH_STRIDE", 3), operation = 1;
    while (run_once(data, operation)) {
        operation += stride;
    }
    g_test_message("%u operations", operation);
    g_assert_cmpuint(operation, >, 50); /* the work is not done without touching the disk */
}

int main(int argc, char **argv)
{
    static const Kind eio_once = {SHIM_EIO, false}, eio = {SHIM_EIO, true};
    static const Kind full_once = {SHIM_ENOSPC, false}, full = {SHIM_ENOSPC, true};
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level((HtLogLevel)-1); /* each round says what has failed */
    ht_spool_hooks.keys_merge_at = 20;
    g_test_add_data_func("/spool/fault/eio-once", &eio_once, test_fault);
    g_test_add_data_func("/spool/fault/eio-for-ever", &eio, test_fault);
    g_test_add_data_func("/spool/fault/enospc-once", &full_once, test_fault);
    g_test_add_data_func("/spool/fault/enospc-for-ever", &full, test_fault);
    return g_test_run();
}
