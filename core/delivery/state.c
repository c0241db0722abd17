/* How a consumer is; see state.h. Main-loop thread. */
#include "core/delivery/state.h"

#include "core/base/clock.h"
#include "core/delivery/purpose.h"

static const char *paused_state(const HtConsumer *consumer)
{
    const HtSpoolPause *pause =
        ht_spool_paused(consumer->options->spool, HT_SPOOL_CONSUMER, consumer->config->name);
    bool drains = pause && pause->kind == HT_SPOOL_PAUSE_DRAIN;
    return !drains ? "paused" : consumer->sending > 0 ? "draining" : "drained";
}

static const char *state_of(const HtConsumer *consumer)
{
    if (consumer->state == HT_CONSUMER_PAUSED || consumer->full || consumer->unrecorded) {
        return consumer->state == HT_CONSUMER_PAUSED && !consumer->full ? paused_state(consumer) : "stopped";
    }
    bool any = consumer->window.entries.length > ht_window_held(&consumer->window);
    bool failing = consumer->state == HT_CONSUMER_PROBING || consumer->failed_in_row > 0 ||
                   (ht_consumer_asks(consumer) && consumer->last_error);
    return failing ? "retrying" : any ? "delivering" : "idle";
}

void ht_state_note(HtConsumer *consumer)
{
    const char *state = state_of(consumer);
    if (state != consumer->told_state) {
        consumer->told_state = state;
        consumer->since_us = ht_clock_now();
    }
}

void ht_consumer_status(const HtConsumer *consumer, HtConsumerStatus *status)
{
    const HtEntry *oldest = g_queue_peek_head((GQueue *)&consumer->window.entries);
    uint64_t last = ht_spool_last_sequence(consumer->options->spool);
    *status = (HtConsumerStatus){
        .name = consumer->config->name,
        .state = consumer->told_state,
        .since_us = consumer->since_us,
        .cursor = consumer->window.cursor,
        .backlog = last - consumer->window.cursor,
        .failing = ht_window_failing(&consumer->window),
        .held = ht_window_held(&consumer->window),
        .held_sending = ht_window_held_sending(&consumer->window),
        .under_way = consumer->events_sending,
        .delivered = consumer->delivered,
        .skipped = consumer->skipped,
        .dead = consumer->dead,
        .attempts = consumer->attempts,
        .failures = consumer->failures,
        .letters = ht_spool_dead_count(consumer->options->spool, consumer->config->name),
        .dead_max = consumer->config->dead_max,
        .pause = ht_spool_paused(consumer->options->spool, HT_SPOOL_CONSUMER, consumer->config->name),
        .policy = consumer->policy,
        .purpose_left_s = ht_purpose_left(consumer),
        .transport = consumer->transport,
        .oldest_us = oldest ? oldest->recorded_us : 0,
        .last_error = consumer->unrecorded ? "the audit log cannot be written" : consumer->last_error,
        .health = &consumer->health,
        .p50_us = ht_health_percentile(&consumer->health, 50),
        .p99_us = ht_health_percentile(&consumer->health, 99),
    };
}
