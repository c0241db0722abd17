/* The known idempotency keys, of messages and of events.
 *
 * A value says what the key is known as. A message that is one event under one number has one key for both:
 * the event's sequence, from whose row the message is found. How they are kept: index.h. */
#pragma once

#include "spool/index.h"

enum {
    HT_SPOOL_KEY_MESSAGE = 1, /* a message is known by it; the value's upper bits are messages.id */
    HT_SPOOL_KEY_EVENT = 2,   /* an event is */
    HT_SPOOL_KEY_SHIFT = 2
};

/* The upper bits are the sequence of the latest event under the key. Until format 4 they were not: a key of an event alone had
 * none, and one of both the message's id. */
#define HT_SPOOL_KEY_SEQUENCE ((uint64_t)1 << 62)

/* The value of a key, 0 when it is not known. */
bool ht_spool_keys_find(HtSpoolIndex *keys, const HtSpoolHash *hash, uint64_t *value, GError **error);

/* Sets a key's value within the group. */
void ht_spool_keys_put(HtSpoolIndex *keys, const HtSpoolHash *hash, uint64_t value);
