/* All consumers together. Main-loop thread. */
#include "core/delivery/delivery.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/delivery/consumer.h"
#include "core/delivery/purpose.h"
#include "core/delivery/route.h"
#include "core/delivery/policy.h"
#include "core/delivery/signature.h"
#include "core/delivery/succession.h"
#include "core/delivery/test-event.h"
#include "core/base/timer.h"

#define GRACE_MS 1000 /* for requests under way at the end */
#define LOOK_MS 10000 /* between looks whether a purpose lapses */
#define CHANGE_MS 20  /* between looks whether one that is replaced is over */
#define AGAIN_MS 1000 /* before one that could not be opened is tried again */

struct HtDelivery {
    HtDeliveryOptions options;
    HtSender *sender;
    HtRendered *rendered;
    HtConfig *config; /* held: the options' */
    HtDictionary *dictionary;
    GPtrArray *consumers; /* of HtConsumer */
    GPtrArray *
        listed; /* the same, in the order of the configuration, and for those that are not there yet who goes before them */
    GArray *retiring;   /* of Retiring */
    bool changed;       /* consumers came or went since they were settled */
    HtTimer *change;    /* rings while there are such, or one could not be opened */
    GPtrArray *replays; /* of HtConsumer: replays that run */
    HtTimer *ended;     /* rings when one of them may have ended */
    HtTimer *look;      /* rings when purposes are to be looked at */
};

/* A consumer, or a replay, that is stopped: freed when nothing of it is under way. A replay goes before the live one. */
typedef struct {
    HtConsumer *consumer;
    int64_t until_us; /* monotonic */
} Retiring;

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

/* For each one's status. */
static void list_consumers(HtDelivery *delivery);

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
    HtConsumer *live = find_consumer(delivery, replay->consumer); /* not while it is being changed */
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

/* ---- Another configuration ---- */

static HtConsumer *find_retiring(const HtDelivery *delivery, const char *name)
{
    for (unsigned i = 0; i < delivery->retiring->len; i++) {
        HtConsumer *consumer = g_array_index(delivery->retiring, Retiring, i).consumer;
        if (g_str_equal(ht_consumer_config(consumer)->name, name) && !ht_consumer_is_replay(consumer)) {
            return consumer;
        }
    }
    return NULL;
}

static void list_consumers(HtDelivery *delivery)
{
    g_ptr_array_set_size(delivery->listed, 0);
    for (unsigned i = 0; i < delivery->config->consumers->len; i++) {
        const char *name = ((const HtConsumerConfig *)delivery->config->consumers->pdata[i])->name;
        HtConsumer *consumer = find_consumer(delivery, name);
        consumer = consumer ? consumer : find_retiring(delivery, name);
        if (consumer) {
            g_ptr_array_add(delivery->listed, consumer);
        }
    }
}

/* Opens what the configuration has and is not there; `before`, which may be NULL, is how the one was that was in its place. */
static bool open_consumer(HtDelivery *delivery, const HtConsumerConfig *config,
                          const HtConsumerStatus *before)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    HtConsumer *consumer = ht_consumer_new(config, &delivery->options, delivery->sender, NULL, errors);
    if (!consumer) {
        ht_log(HT_LOG_ERROR, "delivery", "consumer %s cannot begin, and is tried again: %s", config->name,
               g_strchomp(errors->str));
        return false;
    }
    if (before) {
        ht_consumer_go_on(consumer, before);
    }
    g_ptr_array_add(delivery->consumers, consumer);
    delivery->changed = true;
    ht_consumer_wake(consumer);
    return true;
}

static bool has_replay(const HtDelivery *delivery, const HtConsumer *live)
{
    bool has = false;
    for (unsigned i = 0; i < delivery->retiring->len; i++) {
        has = has || ht_consumer_is_live(g_array_index(delivery->retiring, Retiring, i).consumer, live);
    }
    return has;
}

/* Frees those that are over, and opens who follows them. */
static void let_go_retiring(HtDelivery *delivery)
{
    int64_t now_us = ht_clock_monotonic();
    for (unsigned i = delivery->retiring->len; i-- > 0;) {
        Retiring retiring = g_array_index(delivery->retiring, Retiring, i);
        const char *name = ht_consumer_config(retiring.consumer)->name;
        const HtConsumerConfig *next = ht_config_consumer(delivery->config, name);
        bool late = !next || now_us >= retiring.until_us;
        if (has_replay(delivery, retiring.consumer) || !ht_consumer_is_over(retiring.consumer, late)) {
            continue;
        }
        HtConsumerStatus status;
        bool follows = next && !ht_consumer_is_replay(retiring.consumer);
        g_array_remove_index(delivery->retiring, i);
        ht_consumer_status(retiring.consumer, &status);
        ht_consumer_free(
            retiring.consumer); /* with it the spool knows where it is, and its files are closed */
        if (follows) {
            open_consumer(delivery, next, &status);
        }
        delivery->changed = true;
    }
}

/* True when all are there that can be. */
static bool open_missing(HtDelivery *delivery)
{
    bool good = true;
    for (unsigned i = 0; i < delivery->config->consumers->len; i++) {
        const HtConsumerConfig *config = delivery->config->consumers->pdata[i];
        if (!find_consumer(delivery, config->name) && !find_retiring(delivery, config->name)) {
            good = open_consumer(delivery, config, NULL) && good;
        }
    }
    return good;
}

static bool runs_already(const HtDelivery *delivery, const HtSpoolReplay *replay)
{
    bool runs = false;
    for (unsigned i = 0; i < delivery->replays->len; i++) {
        runs = runs || ht_consumer_is_of(delivery->replays->pdata[i], replay);
    }
    for (unsigned i = 0; i < delivery->retiring->len; i++) {
        runs = runs || ht_consumer_is_of(g_array_index(delivery->retiring, Retiring, i).consumer, replay);
    }
    return runs;
}

static void open_replays(HtDelivery *delivery)
{
    const GPtrArray *replays = ht_spool_replays(delivery->options.spool);
    for (unsigned i = 0; i < replays->len; i++) {
        if (!runs_already(delivery, replays->pdata[i])) {
            ht_delivery_replay(delivery, replays->pdata[i]);
        }
    }
}

/* Once more after each change: policies are numbered anew, so nothing that was written by the former numbers may be found. */
static void settle_consumers(HtDelivery *delivery)
{
    ht_rendered_clear(delivery->rendered);
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_share_nothing(delivery->consumers->pdata[i]);
    }
    class_policies(delivery);
    open_replays(delivery);
    list_consumers(delivery);
    delivery->changed = false;
}

static gboolean go_on_changing(void *user)
{
    HtDelivery *delivery = user;
    let_go_retiring(delivery);
    bool missing = !open_missing(delivery);
    if (delivery->changed) {
        settle_consumers(delivery);
    }
    if (delivery->retiring->len > 0 || missing) {
        int64_t pause_ms = delivery->retiring->len > 0 ? CHANGE_MS : AGAIN_MS;
        ht_timer_set(delivery->change, ht_clock_monotonic() + pause_ms * 1000);
    }
    return G_SOURCE_CONTINUE;
}

static void retire(HtDelivery *delivery, GPtrArray *from, unsigned index)
{
    uint64_t drain_ms = delivery->config->bus.reload_drain_ms;
    Retiring retiring = {g_ptr_array_steal_index(from, index),
                         ht_clock_monotonic() + (int64_t)drain_ms * 1000};
    g_array_append_val(delivery->retiring, retiring);
    ht_consumer_retire(retiring.consumer);
}

static void retire_replays(HtDelivery *delivery, const HtConsumer *live)
{
    for (unsigned i = delivery->replays->len; i-- > 0;) {
        if (ht_consumer_is_live(delivery->replays->pdata[i], live)) {
            retire(delivery, delivery->replays, i);
        }
    }
}

static void change_consumer(HtDelivery *delivery, unsigned index)
{
    HtConsumer *consumer = delivery->consumers->pdata[index];
    const HtConsumerConfig *next = ht_config_consumer(delivery->config, ht_consumer_config(consumer)->name);
    if (next && ht_consumer_is_as(consumer, next, delivery->dictionary)) {
        ht_consumer_reroute(consumer);
        ht_consumer_send_away(consumer);
        return;
    }
    retire_replays(delivery, consumer);
    retire(delivery, delivery->consumers, index);
}

void ht_delivery_change(HtDelivery *delivery, const HtConfig *config, const HtDictionary *dictionary)
{
    HtConfig *former = delivery->config;
    HtDictionary *former_dictionary = delivery->dictionary;
    delivery->options.config = delivery->config = ht_config_hold(config);
    delivery->options.dictionary = delivery->dictionary = ht_dictionary_hold(dictionary);
    let_go_ended(delivery);
    for (unsigned i = delivery->consumers->len; i-- > 0;) {
        change_consumer(delivery, i);
    }
    for (unsigned i = 0; i < delivery->replays->len; i++) {
        ht_consumer_reroute(delivery->replays->pdata[i]);
    }
    delivery->changed = true;
    go_on_changing(delivery);
    ht_config_free(former);
    ht_dictionary_free(former_dictionary);
}

bool ht_delivery_is_changing(const HtDelivery *delivery)
{
    return delivery->retiring->len > 0;
}

bool ht_delivery_check(const HtConfig *config, const HtDictionary *dictionary, GString *errors)
{
    size_t before = errors->len;
    ht_routes_check(config, dictionary, errors);
    for (unsigned i = 0; i < config->consumers->len; i++) {
        const HtConsumerConfig *consumer = config->consumers->pdata[i];
        g_autoptr(HtPolicy) policy = ht_policy_new(consumer, dictionary, errors);
        g_autoptr(GError) error = NULL;
        g_autoptr(HtSecret) secret = consumer->secret_files
                                         ? ht_secret_load((const char *const *)consumer->secret_files, &error)
                                         : NULL;
        if (error) {
            g_autofree char *place = ht_consumer_place(consumer, "secret-file");
            g_string_append_printf(errors, "%s: error: [consumer %s] %s\n", place, consumer->name,
                                   error->message);
        }
    }
    return errors->len == before;
}

/* ---- Beginning and end ---- */

HtDelivery *ht_delivery_new(const HtDeliveryOptions *options, GError **error)
{
    HtDelivery *delivery = g_new0(HtDelivery, 1);
    delivery->options = *options;
    delivery->options.config = delivery->config = ht_config_hold(options->config);
    delivery->options.dictionary = delivery->dictionary = ht_dictionary_hold(options->dictionary);
    delivery->listed = g_ptr_array_new();
    delivery->retiring = g_array_new(FALSE, FALSE, sizeof(Retiring));
    delivery->change = ht_timer_new(go_on_changing, delivery);
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
    list_consumers(delivery);
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
    for (unsigned i = 0; i < delivery->retiring->len; i++) {
        sending = sending || ht_consumer_is_sending(g_array_index(delivery->retiring, Retiring, i).consumer);
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
    g_clear_pointer(&delivery->change, ht_timer_free);
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
    for (unsigned i = 0; i < delivery->retiring->len; i++) {
        ht_consumer_free(g_array_index(delivery->retiring, Retiring, i).consumer);
    }
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_free(delivery->consumers->pdata[i]);
    }
    ht_timer_free(delivery->ended);
    ht_timer_free(delivery->look);
    g_ptr_array_unref(delivery->replays);
    g_ptr_array_unref(delivery->consumers);
    g_ptr_array_unref(delivery->listed);
    g_array_unref(delivery->retiring);
    ht_rendered_free(delivery->rendered);
    ht_config_free(delivery->config);
    ht_dictionary_free(delivery->dictionary);
    g_free(delivery);
}

HtTransport *ht_delivery_transport(const HtDelivery *delivery, const char *consumer)
{
    const HtConsumer *found = find_consumer(delivery, consumer);
    found = found ? found : find_retiring(delivery, consumer);
    return found ? ht_consumer_transport(found) : NULL;
}

unsigned ht_delivery_consumers(const HtDelivery *delivery)
{
    return delivery->listed->len;
}

void ht_delivery_status(const HtDelivery *delivery, unsigned index, HtConsumerStatus *status)
{
    ht_consumer_status(delivery->listed->pdata[index], status);
}

bool ht_delivery_find(const HtDelivery *delivery, const char *name, HtConsumerStatus *status)
{
    const HtConsumer *found = find_consumer(delivery, name);
    found = found ? found : find_retiring(delivery, name);
    if (found) {
        ht_consumer_status(found, status);
    }
    return found != NULL;
}

const char *ht_delivery_skip(HtDelivery *delivery, const char *consumer, const HtStoredEvent *event,
                             const char *reason)
{
    HtConsumer *found = find_consumer(delivery, consumer);
    return found ? ht_consumer_skip(found, event, reason)
           : find_retiring(delivery, consumer)
               ? "the consumer's settings are being changed: try again in a moment"
               : "there is no consumer of this name";
}

const char *ht_delivery_test(HtDelivery *delivery, const char *consumer,
                             void (*done)(const HtUuid *id, const HtSent *sent, void *user), void *user)
{
    HtConsumer *found = find_consumer(delivery, consumer);
    return found ? ht_consumer_test(found, done, user)
           : find_retiring(delivery, consumer)
               ? "the consumer's settings are being changed: try again in a moment"
               : "there is no consumer of this name";
}
