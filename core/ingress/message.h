/* From what the host made of a payload to what the spool takes. Pure. Main-loop thread. */
#pragma once

#include "core/config/config.h"
#include "core/base/outcome.h"
#include "mappings/engine/reference/dictionary.h"
#include "spool/spool.h"

/* What is known of a message when it is to be kept. Borrowed for the call. */
typedef struct {
    HtUuid id;
    const HtSourceConfig *source;
    int64_t received_us;
    const uint8_t *sha256;          /* 32 bytes */
    HtText idempotency_key;         /* of the request's head; absent when none */
    HtText traceparent;             /* the same */
    const HtDictionary *dictionary; /* events are held against it; NULL in tests only */
    bool by_payload;          /* the key that the sender gave is another message's: know it by its payload */
    GBytes *body;             /* the payload; NULL when it came in pieces and is gone */
    const HtOutcome *outcome; /* NULL when the host gave none */
    GBytes *frame;            /* what the outcome's texts point into */
    GArray *faults;           /* of HtFault, the outcome's; NULL when there are none */
} HtTaken;

/* The message with its events, for ht_spool_append(). Each event is checked here, and stays packed. HT_EVENT_ERROR when the host gave
 * something that is not an event. */
HtSpoolMessage *ht_taken_message(const HtTaken *taken, GError **error);

/* The message without events, for ht_spool_quarantine(): the payload, if it is there, and the faults. */
HtSpoolMessage *ht_taken_quarantine(const HtTaken *taken);

/* Is what the host gave back as the payload what was sent? */
bool ht_taken_is_genuine(const HtOutcome *outcome, const uint8_t sha256[32]);

/* Copies the faults that an outcome keeps; NULL when it has none. */
GArray *ht_taken_faults(const HtOutcome *outcome);

/* Frees a message that was not given to the spool. */
void ht_taken_free(HtSpoolMessage *message);
