/* The order in which the box is built, see box.h: limits first; then, with everything open that is needed, the layers from the outside
 * inwards, the list of system calls last, since it forbids to build the others. Runs in hutong-host, before the adapter's first byte is mapped.
 *
 * A build with sanitizers (HT_SANITIZED, which configure defines) has no layers: they need a huge address space, threads and ptrace of their own, and files for
 * their reports. */
#include "plugins/box/box.h"

#include "plugins/box/filter.h"
#include "plugins/box/landlock.h"
#include "plugins/box/namespaces.h"
#include "plugins/box/trap.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef HT_SANITIZED
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define OPEN_FILES_MAX 128
#define THREADS_NICE 10

G_DEFINE_QUARK(ht_box_error, ht_box_error)

static bool fail(GError **error, const char *what, int code)
{
    g_set_error(error, HT_BOX_ERROR, 0, "the adapter's box cannot be built: %s: %s", what, g_strerror(code));
    return false;
}

static bool set_limit(int resource, const char *name, uint64_t most, GError **error)
{
    struct rlimit now, limit = {(rlim_t)most, (rlim_t)most};
    if (getrlimit((__rlimit_resource_t)resource, &now) == 0) { /* who started the bus may have set less */
        limit.rlim_cur = limit.rlim_max = MIN(limit.rlim_max, now.rlim_max);
    }
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0 || fail(error, name, errno);
}

static bool set_limits(uint64_t memory_bytes, GError **error)
{
    if (!SANITIZED && memory_bytes > 0 && !set_limit(RLIMIT_AS, "RLIMIT_AS", memory_bytes, error)) {
        return false;
    }
    return set_limit(RLIMIT_CORE, "RLIMIT_CORE", 0, error) &&
           set_limit(RLIMIT_FSIZE, "RLIMIT_FSIZE", 0, error) &&
           set_limit(RLIMIT_NOFILE, "RLIMIT_NOFILE", OPEN_FILES_MAX, error);
}

/* Both are undone when the process changes its user. */
static bool stay_private(GError **error)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return fail(error, "PR_SET_PDEATHSIG", errno);
    }
    return SANITIZED || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 || fail(error, "PR_SET_DUMPABLE", errno);
}

bool ht_box_begin(int last_fd, uint64_t memory_bytes, GError **error)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fail(error, "PR_SET_NO_NEW_PRIVS", errno);
    }
    if (syscall(SYS_close_range, (unsigned)last_fd + 1, ~0u, 0) != 0) {
        return fail(error, "close_range", errno);
    }
    return stay_private(error) && set_limits(memory_bytes, error);
}

/* Several threads of one adapter have together what one of another has: with nice 10 a thread weighs a ninth. Namespaces of a user's own
 * count its threads apart from all others'. */
static void limit_threads(const HtBox *box, uint32_t threads)
{
    if (threads > 0) {
        setpriority(PRIO_PROCESS, 0, THREADS_NICE);
    }
    bool apart = box->layer[HT_LAYER_USER].state == HT_LAYER_STANDS ||
                 box->layer[HT_LAYER_OWNER].state == HT_LAYER_STANDS;
    struct rlimit limit = {(rlim_t)threads + 1, (rlim_t)threads + 1};
    if (apart) {
        setrlimit(RLIMIT_NPROC, &limit);
    }
}

static void note(HtBox *box, HtLayer layer, int code)
{
    if (code == 0) {
        ht_layer_stands(box, layer);
    } else {
        ht_layer_misses(box, layer, code);
    }
}

static bool build(HtLibraries *libraries, HtBox *box, GError **error)
{
    ht_namespaces_enter(box);
    if (!stay_private(error)) {
        return false;
    }
    limit_threads(box, libraries->threads);
    note(box, HT_LAYER_FILES, ht_landlock_set());
    if (!ht_trap_set(libraries, error)) {
        return false;
    }
    note(box, HT_LAYER_CALLS, ht_filter_set(libraries->threads > 0));
    return true;
}

static bool check(const HtBox *box, HtBoxNeed need, GError **error)
{
    HtLayer lacking = ht_box_lacks(box, need);
    if (lacking == HT_LAYERS) {
        return true;
    }
    g_autofree char *how = ht_layer_describe(box, lacking);
    g_set_error(error, HT_BOX_ERROR, 0,
                "the adapter's box lacks a layer that must stand (require-box = %s): %s, %s: %s",
                need == HT_BOX_WHOLE ? "whole" : "calls", ht_layer_name(lacking), how,
                ht_layer_help(lacking));
    return false;
}

bool ht_box_enter(HtLibraries *libraries, HtBoxNeed need, HtBox *box, GError **error)
{
    *box = (HtBox){0};
    if (SANITIZED) {
        for (unsigned layer = 0; layer < HT_LAYERS; layer++) {
            box->layer[layer].state = HT_LAYER_OFF;
        }
    } else if (!build(libraries, box, error)) {
        return false;
    }
    return check(box, need, error);
}

void ht_box_close(void)
{
    ht_trap_end();
}
