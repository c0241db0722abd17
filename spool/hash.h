/* Hashes under the site key: what the spool keeps of keys and identities, so that neither is on disk in
 * clear. A hasher belongs to one thread at a time. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

#define HT_SPOOL_HASH_SIZE 16

typedef struct {
    uint8_t bytes[HT_SPOOL_HASH_SIZE];
} HtSpoolHash;

typedef struct HtSpoolHasher HtSpoolHasher;

HtSpoolHasher *ht_spool_hasher_new(const uint8_t site_key[32]);
void ht_spool_hasher_free(HtSpoolHasher *hasher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolHasher, ht_spool_hasher_free)

/* HMAC-SHA256 of `purpose NUL scope NUL value`, in two halves that are as good as two independent hashes.
 * `purpose` and `scope` must not hold a NUL byte, `value` may. */
void ht_spool_hash(HtSpoolHasher *hasher, HtText purpose, HtText scope, HtText value, HtSpoolHash halves[2]);

/* What a spool keeps of its site key, to know it again. */
void ht_spool_hash_check(HtSpoolHasher *hasher, HtSpoolHash *check);

/* "p-" and 26 characters of base32 (RFC 4648 alphabet in lower case, no padding), and the end. */
#define HT_SPOOL_SUBJECT 29

void ht_spool_hash_subject(const HtSpoolHash *hash, char subject[HT_SPOOL_SUBJECT]);

/* The hash that a subject was made of; false when it is no subject. */
bool ht_spool_hash_of_subject(HtText subject, HtSpoolHash *hash);

/* The same with "b-": stands for a business number. */
void ht_spool_hash_business(const HtSpoolHash *hash, char business[HT_SPOOL_SUBJECT]);

/* A W3C trace context, "00-TRACE-SPAN-FLAGS", and the end. */
#define HT_SPOOL_TRACE 56

/* Makes the trace context of a message's events: that of its sender may hold anything in its digits. The trace is a keyed
 * digest of the sender's, so that who has the site key can join the two, the span is the message's, and of the flags "sampled"
 * is kept. `given` is a well-formed one; of anything else an empty text is made. */
void ht_spool_hash_trace(HtSpoolHasher *hasher, HtText given, HtText message_id, char trace[HT_SPOOL_TRACE]);
