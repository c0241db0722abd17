/* See machine.h. */
#include "tests/simulate/machine.h"

#include "core/base/clock.h"
#include "spool/hooks.h"
#include "tests/lib/crash-vfs.h"
#include "tests/simulate/threads.h"
#include "tests/simulate/world.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned calls, kill_at;
static int cut_loss;
static bool failed, full;

static char *path_of(const char *name)
{
    return g_build_filename(world->directory, name, NULL);
}

void machine_kill(void)
{
    g_autofree char *pending = path_of("pending");
    shim_save(pending);
    world_end_life(LIFE_OVER);
}

/* The mark is a file beside the spool: the disk has it as it was synced, or as it was written. */
static void lose_mark(void)
{
    g_autofree char *path = path_of("mark");
    if (g_random_boolean()) {
        shim_write_file(path, world->mark, world->mark_bytes);
    }
}

static void cut(void)
{
    g_autofree char *pending = path_of("pending");
    shim_write_images(world->directory, (ShimLoss)cut_loss);
    lose_mark();
    g_autofree char *shared = path_of("spool.db-shm");
    unlink(pending);
    unlink(shared);
    world_end_life(LIFE_OVER);
}

static void before_call(void)
{
    calls++;
    if (kill_at > 0 && calls >= kill_at) {
        machine_kill();
    }
    bool slept = shim.slept_us > 0;
    machine_wait(shim.slept_us);
    shim.slept_us = 0;
    if (slept || chance_below(&world->random, 256) < world->yield_chance) {
        threads_yield();
    }
}

void machine_kill_after(unsigned after)
{
    kill_at = calls + after + 1;
}

void machine_cut_after(unsigned after, int loss)
{
    cut_loss = loss;
    shim.cut_at = shim.operations + after + 1;
}

void machine_fail_after(unsigned after, bool is_full, bool for_ever)
{
    shim.fault = is_full ? SHIM_ENOSPC : SHIM_EIO;
    shim.fault_at = shim.operations + after + 1;
    shim.for_ever = for_ever;
    failed = failed || !is_full;
    full = full || is_full;
}

void machine_mend(void)
{
    shim.fault = SHIM_NO_FAULT;
}

/* A full disk may be told of by a sync, which leaves nothing that can be trusted. */
bool machine_has_failed(void)
{
    return (failed || full) && shim.hit;
}

bool machine_was_full(void)
{
    return full && shim.hit;
}

void machine_begin(void)
{
    g_autofree char *pending = path_of("pending");
    shim_install(true);
    shim_reset();
    shim.recording = true;
    shim.cut_at = G_MAXUINT;
    shim.before = before_call;
    shim.at_cut = cut;
    shim_load(pending);
}

/* ---- Time ---- */

int64_t __wrap_ht_clock_now(void);
int64_t __wrap_ht_clock_monotonic(void);
int64_t __wrap_g_get_monotonic_time(void);
int64_t __wrap_g_source_get_time(GSource *source);
gboolean __wrap_g_main_context_iteration(GMainContext *context, gboolean may_block);
gboolean __real_g_main_context_iteration(GMainContext *context, gboolean may_block);
ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags);
int __wrap_fsync(int file);
int __wrap_fdatasync(int file);

int64_t machine_monotonic(void)
{
    return world->monotonic_us;
}

void machine_wait(int64_t us)
{
    world->monotonic_us += MAX(us, 0);
}

int64_t __wrap_ht_clock_now(void)
{
    return world->monotonic_us + world->wall_offset_us;
}

int64_t __wrap_ht_clock_monotonic(void)
{
    return world->monotonic_us;
}

int64_t __wrap_g_get_monotonic_time(void)
{
    return world->monotonic_us;
}

int64_t __wrap_g_source_get_time(GSource *source)
{
    (void)source;
    return world->monotonic_us;
}

/* Who would sleep there lets the others go on, and time pass. */
gboolean __wrap_g_main_context_iteration(GMainContext *context, gboolean may_block)
{
    gboolean any = __real_g_main_context_iteration(context, FALSE);
    if (!any && may_block) {
        threads_rest();
        machine_wait(HT_SECOND / 100);
    }
    return any;
}

/* ---- Chance ---- */

ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)chance_next(&world->random);
    }
    return (ssize_t)size;
}

/* ---- Files beside SQLite's ---- */

/* Only of the mark it matters when it was synced: the others are not changed once they are there. */
int __wrap_fdatasync(int file)
{
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[MAX(size, 0)] = '\0';
    if (g_str_has_suffix(path, "/mark")) {
        ssize_t have = pread(file, world->mark, sizeof world->mark, 0);
        world->mark_bytes = (unsigned)MAX(have, 0);
    }
    return 0;
}

int __wrap_fsync(int file)
{
    (void)file;
    return 0;
}
