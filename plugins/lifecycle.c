/* A host's life: started at need, dead for some reason, paused, started again. Bus, main-loop thread.
 *
 * What a death means (the one place that decides it):
 *   - the ticket in its hands, or the one for whose sake it was killed, gets a strike; the others are
 *     given to the next process in their order;
 *   - after good work, or with nothing to do, the next process may start at once;
 *   - else after a pause that doubles from 100 ms to 5 s; and when five died so with nothing in their hands,
 *     the adapter or the machine is to blame: everything that waits is told so, and new messages are refused
 *     until the next try.
 * A host that says FAILED is broken: adapter or mapping is bad. It is tried again after 1 s, doubling to a
 * minute, so that a file that was put right is found without anybody asking. */
#include "plugins/supervision.h"

#include "core/base/log.h"
#include "plugins/scrub.h"

#include <sys/wait.h>

#define PAUSE_FIRST_US 100000
#define PAUSE_MOST_US 5000000
#define BROKEN_FIRST_US 1000000
#define BROKEN_MOST_US 60000000
#define STOP_GRACE_US 2000000
#define REASON_BYTES 8000

static int64_t double_pause(int64_t first_us, int64_t most_us, unsigned times)
{
    return times > 16 ? most_us : MIN(first_us << times, most_us);
}

static void set_reason(HtHost *host, const char *reason)
{
    char *copy = g_strdup(reason);
    g_free(host->reason);
    host->reason = copy;
}

/* ---- Start ---- */

static void throttle(HtHost *host)
{
    host->state = HT_STATE_THROTTLED;
    ht_host_wake_at(host,
                    g_get_monotonic_time() + double_pause(PAUSE_FIRST_US, PAUSE_MOST_US, host->early_deaths));
    host->early_deaths++;
}

static void on_child_exit(GPid pid, int status, void *user);

static void watch_child(HtHost *host)
{
    host->child = g_child_watch_source_new(host->process.pid);
    g_source_set_callback(host->child, G_SOURCE_FUNC(on_child_exit), host, NULL);
    g_source_attach(host->child, NULL);
}

static void send_start(HtHost *host)
{
    HtBuffer *out = &host->outbox.gather;
    size_t place = ht_frame_begin(out, HT_FRAME_START, 0);
    ht_start_pack(&host->start, out);
    ht_frame_end(out, place);
}

static void forget_process(HtHost *host)
{
    host->blames = host->was_ready = host->failed = host->told_to_stop = false;
    host->blamed = host->answers = host->last_hands = 0;
}

bool ht_host_start(HtHost *host)
{
    g_autoptr(GError) error = NULL;
    forget_process(host);
    host->restarts += host->restarting;
    host->restarting = false;
    if (!ht_process_spawn(&host->process, host->options.program, host->options.source, &error)) {
        g_autofree char *reason = g_strdup_printf("hutong-host cannot be started: %s", error->message);
        ht_log(HT_LOG_ERROR, host->name, "%s", reason);
        set_reason(host, reason);
        host->blameless_deaths++;
        throttle(host);
        return false;
    }
    host->state = HT_STATE_STARTING;
    host->started_us = host->active_us = g_get_monotonic_time();
    watch_child(host);
    ht_host_attach(host);
    send_start(host);
    ht_tickets_send_all(host);
    ht_host_wake_at(host, host->started_us + (int64_t)host->options.limits.start_ms * 1000);
    return true;
}

void ht_host_ready(HtHost *host, const HtReady *ready)
{
    host->state = HT_STATE_RUNNING;
    host->was_ready = true;
    host->failures = 0;
    host->active_us = host->hands_us = g_get_monotonic_time();
    g_free(host->adapter_version);
    host->adapter_version = ht_scrub(ht_text_from(ready->version), HT_SCRUB_BYTES);
    ht_log(HT_LOG_DEBUG, host->name, "ready: adapter '%s' %s, %s", ready->name, host->adapter_version,
           ready->sandbox);
    ht_host_wake_at(host, 0);
}

void ht_host_answered(HtHost *host)
{
    host->active_us = g_get_monotonic_time();
    host->early_deaths = host->blameless_deaths = 0;
    host->answers++;
}

/* ---- Death ---- */

static void begin_dying(HtHost *host)
{
    ht_process_kill(&host->process);
    ht_host_detach(host);
    host->state = HT_STATE_DYING;
    ht_host_wake_at(host, INT64_MAX);
}

void ht_host_kill(HtHost *host, uint64_t blame, const char *reason)
{
    if (!ht_host_is_up(host) && host->state != HT_STATE_ENDING) {
        return;
    }
    ht_log(HT_LOG_WARNING, host->name, "killed: %s", reason);
    set_reason(host, reason);
    host->kills++;
    host->blames = true;
    host->blamed = blame;
    begin_dying(host);
}

void ht_host_lost(HtHost *host)
{
    if (host->told_to_stop) {
        ht_host_detach(host);
    } else if (host->state != HT_STATE_DYING) {
        begin_dying(host);
    }
}

void ht_host_failed(HtHost *host, HtText text)
{
    g_autofree char *reason = ht_scrub(text, REASON_BYTES);
    ht_log(HT_LOG_ERROR, host->name, "cannot start: %s", reason);
    set_reason(host, reason);
    host->failed = true;
    ht_host_detach(host);
    host->state = HT_STATE_DYING; /* it ends by itself; killed if it does not */
    ht_host_wake_at(host, g_get_monotonic_time() + STOP_GRACE_US);
}

/* ---- After death ---- */

static void go_broken(HtHost *host)
{
    host->state = HT_STATE_BROKEN;
    ht_host_wake_at(host,
                    g_get_monotonic_time() + double_pause(BROKEN_FIRST_US, BROKEN_MOST_US, host->failures));
    host->failures++;
    ht_tickets_fail_all(host, HT_HOST_ERROR_ADAPTER);
}

static bool has_work(const HtHost *host)
{
    return host->flight.length + host->streams.length > 0;
}

/* Starts when there is work, else rests. When it cannot be started time and again, whoever waits is told. */
static void start_if_wanted(HtHost *host)
{
    if (!has_work(host)) {
        host->state = HT_STATE_STOPPED;
        ht_host_wake_at(host, INT64_MAX);
    } else if (!ht_host_start(host) && host->blameless_deaths >= HT_DEATHS_DOWN) {
        ht_tickets_fail_all(host, HT_HOST_ERROR_DOWN);
    }
}

static HtTicket *find_culprit(HtHost *host)
{
    uint64_t number = host->blames ? host->blamed : ht_process_hands(&host->process);
    HtTicket *ticket = number > 0 ? ht_tickets_find(host, number) : NULL;
    return ticket && ticket->sent ? ticket : NULL;
}

static void explain_death(HtHost *host, int status, const HtTicket *culprit)
{
    g_autofree char *how = ht_process_describe(status);
    ht_log(HT_LOG_WARNING, host->name, "%s, with %s in its hands; %u messages wait", how,
           culprit ? "a message" : "nothing", host->flight.length);
    if (!host->blames) {
        set_reason(host, how);
    }
}

/* A message that is taken out of the way for ever is progress too. */
static void go_on_after_death(HtHost *host, HtTicket *culprit)
{
    bool early = host->answers == 0 && (has_work(host) || !host->was_ready);
    uint64_t quarantined = host->quarantined;
    host->restarting = true;
    ht_tickets_settle_death(host, culprit);
    bool pause = early && host->quarantined == quarantined;
    host->blameless_deaths = pause && !culprit ? host->blameless_deaths + 1 : 0;
    host->early_deaths = pause ? host->early_deaths : 0;
    if (!pause) {
        start_if_wanted(host);
        return;
    }
    throttle(host);
    if (host->blameless_deaths >= HT_DEATHS_DOWN) {
        ht_tickets_fail_all(host, HT_HOST_ERROR_DOWN);
    }
}

static void bury(HtHost *host, int status)
{
    bool as_told = host->told_to_stop && !host->blames;
    HtTicket *culprit = find_culprit(host);
    ht_host_detach(host);
    ht_process_close(&host->process);
    if (host->failed) {
        go_broken(host);
    } else if (as_told) {
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            g_autofree char *how = ht_process_describe(status);
            ht_log(HT_LOG_WARNING, host->name, "was told to stop and %s", how);
        }
        start_if_wanted(host);
    } else {
        explain_death(host, status, culprit);
        go_on_after_death(host, culprit);
    }
}

/* First what it had still written: answers that need not be worked out again. */
static void on_child_exit(GPid pid, int status, void *user)
{
    (void)pid;
    HtHost *host = ht_host_ref(user);
    host->process.pid = 0;
    while (host->io && ht_host_receive(host)) {
    }
    if (!host->freed) {
        g_clear_pointer(&host->child, g_source_unref);
        bury(host, status);
        ht_host_run_late(host);
    }
    ht_host_unref(host);
}

/* ---- Pauses and idleness ---- */

void ht_host_wake(HtHost *host)
{
    if (host->state == HT_STATE_BROKEN) {
        ht_host_start(host);
    } else {
        start_if_wanted(host);
    }
}

void ht_host_end_idle(HtHost *host)
{
    HtBuffer *out = &host->outbox.gather;
    ht_frame_end(out, ht_frame_begin(out, HT_FRAME_STOP, 0));
    host->state = HT_STATE_ENDING;
    host->told_to_stop = true;
    ht_host_wake_at(host, g_get_monotonic_time() + STOP_GRACE_US);
}
