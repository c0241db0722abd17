/* The watchdog, see watch.h. Bus, main-loop thread.
 *
 * The page shared with the host says what it is working on. The same ticket there for longer than its time (message-timeout, and the
 * same again for each MB) means that the adapter hangs, in a loop or in a wait; no answers although some are owed, that the host itself
 * does, or that its adapter plays with the page. */
#include "plugins/watch.h"

#define MEGABYTE (1024 * 1024)
#define REST_SHARE 10

static int64_t time_for(uint64_t message_ms, uint64_t size_bytes)
{
    int64_t share_us = (int64_t)message_ms * 1000;
    return share_us + (int64_t)((double)share_us * ((double)size_bytes / MEGABYTE));
}

/* A look counts only if nothing came of the run since the one before: what a message takes is not charged to its rest. */
const char *ht_watch_rest(HtRun *run, uint64_t cpu_ms, int64_t *again_us)
{
    int64_t now_us = g_get_monotonic_time(), span_us = (int64_t)cpu_ms * 1000 * REST_SHARE;
    bool counts = run->rest.since_us > run->active_us;
    if (counts && now_us < run->rest.since_us + span_us) {
        *again_us = run->rest.since_us + span_us;
        return NULL;
    }
    int64_t cpu_us = ht_process_cpu(&run->process), before_us = run->rest.cpu_us;
    run->rest.cpu_us = cpu_us;
    run->rest.since_us = now_us;
    *again_us = now_us + span_us;
    return counts && cpu_us - before_us > (int64_t)cpu_ms * 1000
               ? "it computes although no message is with it, longer than idle-cpu allows"
               : NULL;
}

/* A page that changes all the time proves nothing, so silence alone is enough after twice the time: since anything moved, an answer, or the
 * oldest message being handed over. */
const char *ht_watch_look(HtRun *run, const HtTickets *tickets, uint64_t message_ms, uint64_t *blame)
{
    HtTicketView oldest, held;
    int64_t now_us = g_get_monotonic_time();
    if (!ht_tickets_find(tickets, 0, &oldest)) {
        return NULL;
    }
    uint64_t current = ht_process_current(&run->process);
    bool holds = current != 0 && ht_tickets_find(tickets, current, &held);
    if (current != run->current.ticket || run->active_us > run->current.since_us) {
        run->current.ticket = current;
        run->current.since_us = now_us;
    }
    if (holds && now_us - run->current.since_us > time_for(message_ms, held.size_bytes)) {
        *blame = held.number;
        return "a message took longer than message-timeout allows";
    }
    int64_t silent_us = now_us - MAX(run->active_us, oldest.sent_us);
    if (silent_us > (holds ? 2 : 1) * time_for(message_ms, oldest.size_bytes)) {
        *blame = oldest.number;
        return "it gives no answers although messages wait for it";
    }
    return NULL;
}
