/* What became of events, consumer by consumer: the routes of the configuration say whose an event is, the spool says how far each
 * consumer is. An event below a consumer's cursor that the routes give it counts as acknowledged: where routes were changed since, it is
 * what they are now that counts. One thread at a time. */
#pragma once

#include "core/config/config.h"
#include "core/proof/statement.h"
#include "mappings/engine/reference/dictionary.h"
#include "spool/history.h"

typedef struct HtDelivered HtDelivered;

/* Holds both. */
HtDelivered *ht_delivered_new(const HtConfig *config, const HtDictionary *dictionary);
void ht_delivered_free(HtDelivered *delivered);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtDelivered, ht_delivered_free)

/* Looks where the consumers are, for events from `first` to `last`. Before the others. */
bool ht_delivered_load(HtDelivered *delivered, HtSpoolLook *look, uint64_t first, uint64_t last,
                       GError **error);

/* Consumers are numbered as in the configuration. */
unsigned ht_delivered_count(const HtDelivered *delivered);

typedef enum {
    HT_DELIVERED_NOT_ITS, /* no route gives it to the consumer, or it began later */
    HT_DELIVERED_WAITING,
    HT_DELIVERED_ACKNOWLEDGED,
    HT_DELIVERED_DEAD,
} HtDeliveredState;

HtDeliveredState ht_delivered_state(const HtDelivered *delivered, unsigned consumer,
                                    const HtStoredEvent *event);

/* All deliveries of a message's events, as they are on disk now. Loads by itself. */
bool ht_delivered_message(HtDelivered *delivered, HtSpoolLook *look, const HtReceipt *receipt,
                          HtDeliveryState *state, GError **error);
