/* All consumers together. Main-loop thread. */
#include "core/delivery/delivery.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/delivery/consumer.h"
#include "core/delivery/purpose.h"
#include "core/delivery/route.h"
#include "core/base/timer.h"

#define GRACE_MS 1000 /* for requests under way at the end */
#define LOOK_MS 10000 /* between looks whether a purpose lapses */

struct HtDelivery {
    HtDeliveryOptions options;
    HtSender *sender;
    HtRendered *rendered;
    GPtrArray *consumers; /* of HtConsumer, in the order of the configuration */
    GPtrArray *replays;   /* of HtConsumer: replays that run */
    HtTimer *ended;       /* rings when one of them may have ended */
    HtTimer *look;        /* rings when purposes are to be looked at */
};

G_DEFINE_QUARK(ht_delivery_error, ht_delivery_error)

/* Each with the first before it that has the same policy. */
static void class_policies(const HtDelivery *delivery)
{
    for (unsigned i = 1; i < delivery->consumers->len; i++) {
        HtRenderedClass class = {delivery->rendered, i};
        for (unsigned k = 0; k < i; k++) {
            if (ht_consumer_shares(delivery->consumers->pdata[i], delivery->consumers->pdata[k], &class)) {
                break;
            }
        }
    }
}

/* ---- Replays ---- */

/* Those that have ended are let go here, where none of them is at work. */
static void let_go_ended(HtDelivery *delivery)
{
    for (unsigned i = delivery->replays->len; i-- > 0;) {
        HtConsumer *replay = delivery->replays->pdata[i];
        if (ht_consumer_has_ended(replay)) {
            g_ptr_array_remove_index(delivery->replays, i);
            ht_consumer_free(replay);
        }
    }
}

static gboolean on_ended(void *delivery)
{
    let_go_ended(delivery);
    return G_SOURCE_CONTINUE;
}

static void note_ended(void *user)
{
    ht_timer_set(((HtDelivery *)user)->ended, 0);
}

static HtConsumer *find_consumer(const HtDelivery *delivery, const char *name)
{
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        HtConsumer *consumer = delivery->consumers->pdata[i];
        if (g_str_equal(ht_consumer_config(consumer)->name, name)) {
            return consumer;
        }
    }
    return NULL;
}

/* One of a consumer that is not configured any more stays as it is until it is again, or is cancelled. */
void ht_delivery_replay(HtDelivery *delivery, HtSpoolReplay *replay)
{
    HtConsumer *live = find_consumer(delivery, replay->consumer);
    g_autoptr(GString) errors = g_string_new(NULL);
    let_go_ended(delivery);
    if (!live || replay->state != HT_SPOOL_REPLAY_RUNS) {
        return;
    }
    HtConsumerReplay which = {replay, live, note_ended, delivery};
    HtConsumer *consumer =
        ht_consumer_new(ht_consumer_config(live), &delivery->options, delivery->sender, &which, errors);
    if (consumer) {
        g_ptr_array_add(delivery->replays, consumer);
        ht_consumer_wake(consumer);
    } else {
        ht_log(HT_LOG_ERROR, "delivery", "replay %" G_GINT64_FORMAT " cannot begin: %s", replay->id,
               g_strchomp(errors->str));
    }
}

void ht_delivery_cancel(HtDelivery *delivery, HtSpoolReplay *replay)
{
    for (unsigned i = 0; i < delivery->replays->len; i++) {
        if (ht_consumer_is_of(delivery->replays->pdata[i], replay)) {
            ht_consumer_stop(delivery->replays->pdata[i]);
        }
    }
    replay->state = HT_SPOOL_REPLAY_CANCELLED;
    replay->ended_us = ht_clock_now();
    ht_spool_replay_note(delivery->options.spool, replay);
    let_go_ended(delivery);
}

/* ---- All of them ---- */

/* Also where nothing is sent. */
static gboolean look_at_purposes(void *user)
{
    HtDelivery *delivery = user;
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_purpose_look(delivery->consumers->pdata[i], ht_clock_now());
    }
    ht_timer_set(delivery->look, ht_clock_monotonic() + (int64_t)LOOK_MS * 1000);
    return G_SOURCE_CONTINUE;
}

HtDelivery *ht_delivery_new(const HtDeliveryOptions *options, GError **error)
{
    HtDelivery *delivery = g_new0(HtDelivery, 1);
    delivery->options = *options;
    delivery->sender = ht_sender_new();
    delivery->rendered = ht_rendered_new();
    delivery->consumers = g_ptr_array_new();
    delivery->replays = g_ptr_array_new();
    delivery->ended = ht_timer_new(on_ended, delivery);
    delivery->look = ht_timer_new(look_at_purposes, delivery);
    g_autoptr(GString) errors = g_string_new(NULL);
    ht_routes_check(options->config, options->dictionary, errors);
    for (unsigned i = 0; i < options->config->consumers->len; i++) {
        const HtConsumerConfig *config = options->config->consumers->pdata[i];
        HtConsumer *consumer = ht_consumer_new(config, &delivery->options, delivery->sender, NULL, errors);
        if (consumer) {
            g_ptr_array_add(delivery->consumers, consumer);
        }
    }
    if (errors->len > 0) {
        g_set_error_literal(error, HT_DELIVERY_ERROR, 0, g_strchomp(errors->str));
        ht_delivery_free(delivery);
        return NULL;
    }
    class_policies(delivery);
    ht_timer_set(delivery->look, 0);
    const GPtrArray *replays = ht_spool_replays(options->spool);
    for (unsigned i = 0; i < replays->len; i++) {
        ht_delivery_replay(delivery, replays->pdata[i]);
    }
    return delivery;
}

void ht_delivery_wake(HtDelivery *delivery, uint64_t last_sequence)
{
    (void)last_sequence;
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_wake(delivery->consumers->pdata[i]);
    }
    let_go_ended(delivery);
    for (unsigned i = 0; i < delivery->replays->len; i++) {
        ht_consumer_wake(delivery->replays->pdata[i]);
    }
}

static bool is_sending(const HtDelivery *delivery)
{
    bool sending = false;
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        sending = sending || ht_consumer_is_sending(delivery->consumers->pdata[i]);
    }
    for (unsigned i = 0; i < delivery->replays->len; i++) {
        sending = sending || ht_consumer_is_sending(delivery->replays->pdata[i]);
    }
    return sending;
}

static gboolean end_grace(void *over)
{
    *(bool *)over = true;
    return G_SOURCE_CONTINUE;
}

static void drain(HtDelivery *delivery)
{
    bool over = false;
    HtTimer *timer = ht_timer_new(end_grace, &over);
    ht_timer_set(timer, g_get_monotonic_time() + (int64_t)GRACE_MS * 1000);
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_stop(delivery->consumers->pdata[i]);
    }
    for (unsigned i = 0; i < delivery->replays->len; i++) {
        ht_consumer_stop(delivery->replays->pdata[i]);
    }
    while (!over && is_sending(delivery)) {
        g_main_context_iteration(NULL, TRUE);
    }
    ht_timer_free(timer);
}

void ht_delivery_free(HtDelivery *delivery)
{
    drain(delivery);
    ht_sender_free(delivery->sender);
    for (unsigned i = 0; i < delivery->replays->len; i++) {
        ht_consumer_free(delivery->replays->pdata[i]);
    }
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_free(delivery->consumers->pdata[i]);
    }
    ht_timer_free(delivery->ended);
    ht_timer_free(delivery->look);
    g_ptr_array_unref(delivery->replays);
    g_ptr_array_unref(delivery->consumers);
    ht_rendered_free(delivery->rendered);
    g_free(delivery);
}

HtTransport *ht_delivery_transport(const HtDelivery *delivery, const char *consumer)
{
    const HtConsumer *found = find_consumer(delivery, consumer);
    return found ? ht_consumer_transport(found) : NULL;
}

unsigned ht_delivery_consumers(const HtDelivery *delivery)
{
    return delivery->consumers->len;
}

void ht_delivery_status(const HtDelivery *delivery, unsigned index, HtConsumerStatus *status)
{
    ht_consumer_status(delivery->consumers->pdata[index], status);
}

bool ht_delivery_find(const HtDelivery *delivery, const char *name, HtConsumerStatus *status)
{
    const HtConsumer *found = find_consumer(delivery, name);
    if (found) {
        ht_consumer_status(found, status);
    }
    return found != NULL;
}

const char *ht_delivery_skip(HtDelivery *delivery, const char *consumer, const HtStoredEvent *event,
                             const char *reason)
{
    HtConsumer *found = find_consumer(delivery, consumer);
    return found ? ht_consumer_skip(found, event, reason) : "there is no consumer of this name";
}
