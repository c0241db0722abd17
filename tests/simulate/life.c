/* See life.h. */
#include "tests/simulate/life.h"

#include "core/base/clock.h"
#include "spool/hooks.h"
#include "spool/spool.h"
#include "tests/simulate/account.h"
#include "tests/simulate/consumers.h"
#include "tests/simulate/hosts.h"
#include "tests/simulate/machine.h"
#include "tests/simulate/sources.h"
#include "tests/simulate/threads.h"

#include <string.h>

#define TURNS 6
#define ROUNDS_MAX 100000
#define ENDING_MAX 60000

static const uint8_t site_key[32] = {9};

static HtSpool *spool;

static bool has_failed(void)
{
    HtSpoolStatus status;
    ht_spool_status(spool, &status);
    return status.failed;
}

/* Until nothing is left to do at this time. */
static void run(void)
{
    unsigned round = 0;
    do {
        threads_rest();
        if (++round == ROUNDS_MAX) {
            world_fail("the bus never comes to rest");
        }
        consumers_time_out();
        hosts_work();
    } while (g_main_context_iteration(NULL, FALSE));
    if (!machine_has_failed() && !machine_was_full()) {
        account_rested(false);
    }
}

static void turn(uint64_t *seed)
{
    for (unsigned i = 0; i < TURNS; i++) {
        if (chance_in(seed, 2)) {
            threads_yield();
        } else {
            g_main_context_iteration(NULL, FALSE);
        }
    }
}

static void pass_time(uint64_t *seed)
{
    static const int64_t most_us[] = {HT_SECOND / 1000, HT_SECOND / 10, HT_SECOND, 60 * HT_SECOND};
    machine_wait((int64_t)chance_below(seed, (uint64_t)most_us[chance_below(seed, 4)]));
}

static void set_clock(uint64_t *seed)
{
    static const int64_t most_us[] = {HT_SECOND, 3600 * HT_SECOND, 400 * 86400 * HT_SECOND};
    uint64_t most = (uint64_t)most_us[chance_below(seed, 3)];
    int64_t by_us = (int64_t)chance_below(seed, 2 * most) - (int64_t)most;
    world->wall_offset_us += by_us;
}

/* As core/bus.c ends it. */
static void end(void)
{
    sources_end();
    consumers_end();
    ht_spool_close(spool);
    if (!machine_has_failed() && !machine_was_full()) {
        account_rested(true);
    }
    machine_kill();
}

static void fail_disk(StepKind kind, uint64_t *seed)
{
    unsigned after = (unsigned)chance_below(seed, 60);
    machine_fail_after(after, kind == STEP_ENOSPC, chance_in(seed, 3));
}

static void do_step(const Step *step)
{
    uint64_t seed = step->seed;
    switch ((StepKind)step->kind) {
    case STEP_NEW:
    case STEP_AGAIN:
    case STEP_OTHER:
    case STEP_BACK: sources_send(step->kind, seed); break;
    case STEP_RUN: run(); break;
    case STEP_TURN: turn(&seed); break;
    case STEP_WAIT: pass_time(&seed); break;
    case STEP_CLOCK: set_clock(&seed); break;
    case STEP_EIO:
    case STEP_ENOSPC: fail_disk(step->kind, &seed); break;
    case STEP_MEND: machine_mend(); break;
    case STEP_KILL: machine_kill_after((unsigned)chance_below(&seed, 80)); break;
    case STEP_CUT: machine_cut_after((unsigned)chance_below(&seed, 40), (int)chance_below(&seed, 3)); break;
    case STEP_END: end(); break;
    case STEP_ANSWER: consumers_answer(seed); break;
    case STEP_MOOD: consumers_change_mood(seed); break;
    case STEP_HOST: hosts_act(seed); break;
    case STEP_TROUBLE: hosts_change_mood(seed); break;
    case STEP_KINDS: break;
    }
}

static void check(void)
{
    if (has_failed()) {
        if (!machine_has_failed()) {
            world_fail("the spool says that the disk has failed, and it has not");
        }
        end();
    }
    if (ht_spool_last_sequence(spool) < world->last) {
        world_fail("sequence %" G_GUINT64_FORMAT " is known, and the spool ends at %" G_GUINT64_FORMAT,
                   world->last, ht_spool_last_sequence(spool));
    }
    consumers_check();
}

/* What was under way when the former life ended: nobody knows. */
static void begin_account(void)
{
    for (unsigned i = 0; i < world->attempts; i++) {
        Attempt *attempt = &world->attempt[i];
        if (attempt->state == SENT) {
            attempt->state = UNKNOWN;
            world->latest[attempt->key].known = false;
        }
    }
    memset(world->under_way, 0, sizeof world->under_way);
}

static void open_spool(void)
{
    g_autoptr(GError) error = NULL;
    HtSpoolOptions options = {.directory = world->directory,
                              .site_key = site_key,
                              .limits = ht_spool_limits_default(),
                              .sealing = {.cipher = (HtSpoolCipher)world->cipher}};
    options.limits.group = 8;
    options.limits.wal_bytes = 1 << 17;
    options.limits.reserve_bytes = 0;
    options.limits.large_bytes = 4096;
    ht_spool_hooks.piece_events = 4;
    ht_spool_hooks.keys_merge_at = 40;
    spool = ht_spool_open(&options, &error);
    if (!spool) {
        world_fail("the spool cannot be opened: %s", error->message);
    }
}

/* All is well from here on: everything must come to its end. */
static void come_to_an_end(void)
{
    machine_mend();
    consumers_be_good();
    hosts_be_good();
    for (unsigned round = 0; round < ENDING_MAX; round++) {
        run();
        check();
        if (sources_waiting() == 0 && ht_spool_backlog(spool) == 0 &&
            consumers_are_done(ht_spool_last_sequence(spool))) {
            return;
        }
        uint64_t seed = round;
        consumers_answer(seed);
        machine_wait(round % 8 == 0 ? HT_SECOND / 4 : 0);
    }
    world_fail("it does not come to its end: %u messages have no answer", sources_waiting());
}

static void finish(void)
{
    come_to_an_end();
    sources_compare(spool);
    for (unsigned i = 0; i < CONSUMERS; i++) {
        account_finish(i);
    }
    sources_end();
    consumers_end();
    ht_spool_close(spool);
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    if (ht_spool_check(world->directory, report, &error) != 0) {
        world_fail("the check finds: %.300s", error ? error->message : report->str);
    }
    world_end_life(LIFE_DONE);
}

void life_run(void)
{
    threads_begin();
    machine_begin();
    begin_account();
    open_spool();
    sources_compare(spool);
    consumers_begin(spool);
    sources_begin(spool);
    while (world->at < world->steps) {
        const Step *step = &world->plan[world->at++];
        world->random = step->seed ^ 0x5bd1e995;
        g_random_set_seed((guint32)step->seed);
        world->done_steps++;
        do_step(step);
        check();
    }
    finish();
    world_end_life(LIFE_DONE);
}
