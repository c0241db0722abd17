/* The known idempotency keys, of messages and of events.
 *
 * Key hashes are random: put one by one into a tree on disk, each would cost a page (8 KB) in the WAL. So
 * they go the way of a log-structured tree: new ones are kept in memory and, one row for each group, in the
 * table `key_log`, within the transaction that took the message. When many have gathered they are frozen,
 * sorted, and merged into the table `keys`, a slice with each later group; when the last slice is in, their
 * log is deleted. At open the log is read back. After a crash in the middle of a merge it is done again from
 * the start, to the same end.
 *
 * A value says what the key is known as. A message that is one event under one number has one key for both:
 * the event's sequence, from whose row the message is found. */
#pragma once

#include "spool/database.h"
#include "spool/hash.h"

enum {
    HT_SPOOL_KEY_MESSAGE = 1, /* a message is known by it; the value's upper bits are messages.id */
    HT_SPOOL_KEY_EVENT = 2,   /* an event is */
    HT_SPOOL_KEY_SHIFT = 2
};

/* The upper bits are the sequence of the latest event under the key. Until format 4 they were not: a key of an event alone had
 * none, and one of both the message's id. */
#define HT_SPOOL_KEY_SEQUENCE ((uint64_t)1 << 62)

/* Keys in memory before a merge begins: under 1 MB of memory, at most twice that during the merge. */
#define HT_SPOOL_KEYS_MERGE_AT 16384

typedef struct HtSpoolKeys HtSpoolKeys;

/* Reads the log. `db` stays the caller's. `merge_at` is HT_SPOOL_KEYS_MERGE_AT but for tests. */
HtSpoolKeys *ht_spool_keys_new(sqlite3 *db, size_t merge_at, GError **error);
void ht_spool_keys_free(HtSpoolKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolKeys, ht_spool_keys_free)

/* The value of a key, 0 when it is not known. */
bool ht_spool_keys_find(HtSpoolKeys *keys, const HtSpoolHash *hash, uint64_t *value, GError **error);

/* Sets a key's value within the group. */
void ht_spool_keys_put(HtSpoolKeys *keys, const HtSpoolHash *hash, uint64_t value);

/* Inside the transaction, after the last put: writes the log row and the next slice of a merge. */
bool ht_spool_keys_write(HtSpoolKeys *keys, GError **error);

/* After the transaction: what was put and merged counts, or never was. */
void ht_spool_keys_committed(HtSpoolKeys *keys);
void ht_spool_keys_rolled_back(HtSpoolKeys *keys);
