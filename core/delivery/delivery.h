/* Delivery: reads the spool for every consumer, routes, applies the field policy, sends, and moves the cursor. A consumer
 * in trouble delays only itself. Main-loop thread; HTTP out is libcurl's multi interface on the main loop. */
#pragma once

#include "core/config/config.h"
#include "core/delivery/recorder.h"
#include "core/delivery/transport.h"
#include "mappings/engine/reference/dictionary.h"
#include "spool/delivery.h"

typedef struct HtDelivery HtDelivery;

typedef struct {
    const HtConfig *config;
    const HtDictionary *dictionary;
    HtSpool *spool;
    const uint8_t *
        pseudonym_key; /* HT_POLICY_KEY bytes, for `hash`; it lives as long; NULL: what is to be hashed is not seen */
    const HtAccessRecorder *recorder; /* it lives as long; NULL: nobody is told */
} HtDeliveryOptions;

#define HT_DELIVERY_ERROR (ht_delivery_error_quark())
GQuark ht_delivery_error_quark(void);

/* Checks the routes, opens every consumer's cursor and begins to deliver. On failure NULL, and the error holds every problem, one a line:
 * `file:line: error: …`. */
HtDelivery *ht_delivery_new(const HtDeliveryOptions *options, GError **error);

/* Whether the configuration could be delivered by: problems go to `errors`, as above. Changes nothing. */
bool ht_delivery_check(const HtConfig *config, const HtDictionary *dictionary, GString *errors);

/* From here on it counts. Consumers whose settings are the same stay as they are, but for their routes; the others' requests under way end
 * under the old settings, then another goes on from where each is. What a worker of a pulling consumer holds goes again after `reload-drain`. What
 * cannot be opened then is logged, and tried again. */
void ht_delivery_change(HtDelivery *delivery, const HtConfig *config, const HtDictionary *dictionary);

/* Whether a consumer is still being changed. */
bool ht_delivery_is_changing(const HtDelivery *delivery);

/* New events are in the spool. */
void ht_delivery_wake(HtDelivery *delivery, uint64_t last_sequence);

/* Sends nothing more, runs the default main context until the requests under way have ended, for up to a second, then drops those that
 * have not. What is finished is handed to the spool, also above an event
 * that is not. */
void ht_delivery_free(HtDelivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtDelivery, ht_delivery_free)

typedef struct {
    const char *name;
    const char *
        state; /* "idle" (also when all that is there is held), "delivering", "retrying", "paused", "draining", "drained", "stopped" (dead letters up to dead-max) */
    uint64_t cursor, backlog; /* events behind the spool's end (routed or not) */
    uint64_t failing;         /* persons of whom an event failed alone, and waits to go again */
    uint64_t held; /* events that wait for a paused route, with those of the same persons behind them */
    uint64_t held_sending; /* events under way that would wait for one */
    uint64_t under_way;    /* events that it has not answered */
    uint64_t delivered, skipped, dead, attempts, failures;
    uint64_t letters, dead_max; /* dead letters that are there, and may be */
    const HtSpoolPause *pause;  /* NULL: none */
    struct HtPolicy *policy;    /* what it may see */
    const HtTransport *transport;
    uint64_t purpose_left_s; /* until its purpose lapses; 0: there is none, or it has lapsed */
    int64_t oldest_us;       /* when the oldest event not yet delivered was recorded; 0 when none */
    const char *last_error;  /* NULL when the last attempt went well */
    int64_t since_us;        /* from when on it is in this state */
    uint64_t p50_us, p99_us; /* of the time until an answer came, of late; 0 when none did */
    const struct HtHealth *health;
} HtConsumerStatus;

/* The way out to the consumer of this name; NULL when there is none. */
HtTransport *ht_delivery_transport(const HtDelivery *delivery, const char *consumer);

/* Those that are configured, and open. */
unsigned ht_delivery_consumers(const HtDelivery *delivery);
void ht_delivery_status(const HtDelivery *delivery, unsigned index, HtConsumerStatus *status);

/* The consumer with this name; false when there is none. */
bool ht_delivery_find(const HtDelivery *delivery, const char *name, HtConsumerStatus *status);

/* An event that holds up its person becomes a dead letter. NULL, or why it cannot be. */
const char *ht_delivery_skip(HtDelivery *delivery, const char *consumer, const HtStoredEvent *event,
                             const char *reason);

/* Sends the consumer a test event: see test-event.h. NULL, or why it cannot be. */
const char *ht_delivery_test(HtDelivery *delivery, const char *consumer,
                             void (*done)(const HtUuid *id, const HtSent *sent, void *user), void *user);

/* Begins a replay that the spool keeps. */
void ht_delivery_replay(HtDelivery *delivery, HtSpoolReplay *replay);

/* Ends it where it is. */
void ht_delivery_cancel(HtDelivery *delivery, HtSpoolReplay *replay);
