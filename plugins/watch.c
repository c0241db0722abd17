/* The one timer of a host: what time means depends on its state. Bus, main-loop thread.
 *
 * While messages are with a running host it looks every 100 ms at the page that says what the host has in
 * its hands. The same ticket there for longer than its time (message-timeout, and the same again for each MB)
 * means that the adapter hangs, in a loop or in a wait; no answers although some are owed, that the host
 * itself does, or that its adapter plays with the page. */
#include "plugins/supervision.h"

#define TICK_US 100000
#define MEGABYTE (1024 * 1024)

void ht_host_wake_at(HtHost *host, int64_t time_us)
{
    host->wake_us = time_us;
    g_source_set_ready_time(host->timer, time_us == INT64_MAX ? -1 : time_us);
}

void ht_host_watch(HtHost *host)
{
    if (host->state != HT_STATE_RUNNING) {
        return;
    }
    int64_t now_us = g_get_monotonic_time();
    if (host->wake_us > now_us + TICK_US) {
        host->hands_us = now_us;
        ht_host_wake_at(host, now_us + TICK_US);
    }
}

static int64_t time_for(const HtHost *host, uint64_t size_bytes)
{
    int64_t share_us = (int64_t)host->options.limits.message_ms * 1000;
    return share_us + (int64_t)((double)share_us * ((double)size_bytes / MEGABYTE));
}

/* The time since anything moved: an answer, or the oldest message being handed over. */
static bool is_silent(const HtHost *host, const HtTicket *oldest, int64_t now_us, int64_t most_us)
{
    return now_us - MAX(host->active_us, oldest->sent_us) > most_us;
}

/* A page that changes all the time proves nothing, so silence alone is enough after twice the time. */
static void watch_hands(HtHost *host, int64_t now_us)
{
    const HtTicket *oldest = host->flight.head->data;
    uint64_t hands = ht_process_hands(&host->process);
    const HtTicket *held = ht_tickets_find(host, hands);
    if (hands != host->last_hands || host->active_us > host->hands_us) {
        host->last_hands = hands;
        host->hands_us = now_us;
    }
    if (held && now_us - host->hands_us > time_for(host, held->size_bytes)) {
        ht_host_kill(host, held->number, "a message took longer than message-timeout allows");
    } else if (is_silent(host, oldest, now_us, (held ? 2 : 1) * time_for(host, oldest->size_bytes))) {
        ht_host_kill(host, oldest->number, "it gives no answers although messages wait for it");
    }
}

static void watch_running(HtHost *host, int64_t now_us)
{
    if (host->flight.head) {
        watch_hands(host, now_us);
        if (host->state == HT_STATE_RUNNING) {
            ht_host_wake_at(host, now_us + TICK_US);
        }
        return;
    }
    int64_t idle_at_us = host->active_us + (int64_t)host->options.limits.idle_ms * 1000;
    if (host->options.limits.idle_ms == 0 || host->streams.head) {
        ht_host_wake_at(host, INT64_MAX);
    } else if (now_us < idle_at_us) {
        ht_host_wake_at(host, idle_at_us);
    } else {
        ht_host_end_idle(host);
    }
}

static void look(HtHost *host, int64_t now_us)
{
    switch (host->state) {
    case HT_STATE_STARTING:
        ht_host_kill(host, 0, "it did not get ready in the time that start-timeout allows");
        break;
    case HT_STATE_RUNNING: watch_running(host, now_us); break;
    case HT_STATE_ENDING: ht_host_kill(host, 0, "it did not end when it was told to"); break;
    case HT_STATE_THROTTLED:
    case HT_STATE_BROKEN: ht_host_wake(host); break;
    case HT_STATE_DYING: ht_process_kill(&host->process); break;
    case HT_STATE_STOPPED: break;
    }
}

typedef struct {
    GSource source;
    HtHost *host;
} TimerSource;

static gboolean dispatch_timer(GSource *source, GSourceFunc callback, void *user)
{
    (void)callback;
    (void)user;
    HtHost *host = ht_host_ref(((TimerSource *)source)->host);
    ht_host_wake_at(host, INT64_MAX);
    look(host, g_get_monotonic_time());
    ht_host_run_late(host);
    ht_host_unref(host);
    return G_SOURCE_CONTINUE;
}

void ht_host_make_timer(HtHost *host)
{
    static GSourceFuncs functions = {.dispatch = dispatch_timer};
    host->timer = g_source_new(&functions, sizeof(TimerSource));
    ((TimerSource *)host->timer)->host = host;
    ht_host_wake_at(host, INT64_MAX);
    g_source_attach(host->timer, NULL);
}
