/* What is known under hashes: of one store (idempotency keys, ties of identities), and the same for each.
 *
 * Hashes are random: put one by one into a tree on disk, each would cost a page of it in the WAL, and the more there are, the more pages are
 * read to learn that one is not there. So they go the way of a log-structured merge tree. What a group puts is kept in memory and, as one
 * row, in the table `segment_log`, within the group's transaction. When much has gathered it is frozen, sorted, and written as a segment
 * (segment.h); of eight segments of a tier one of the next is made (merging.h). All that happens in slices, with the groups that follow. A look-up
 * asks the memory, then the segments from the latest to the oldest; a filter in memory tells of most that they do not have the hash, so that
 * for a new one the disk is not read.
 *
 * Rolled back with its group: what was put, and the slice. After a crash the log is read again; what was made of a segment that was not finished
 * is swept, and it is made anew. Bytes that are not as they were written are found (block.h), and made again where they can be; else
 * a look-up that would have to read them fails with HT_SPOOL_ERROR_CORRUPT, and ht_spool_index_met_damage() tells it from a disk that fails: it is
 * never answered "not known". */
#pragma once

#include "spool/blocks.h"

/* Never renumbered: the column `store`. */
typedef enum { HT_SPOOL_STORE_KEYS = 1, HT_SPOOL_STORE_TIES = 2 } HtSpoolStore;

HtSpoolWidth ht_spool_store_width(HtSpoolStore store);

/* Of a row of a store's log: whether it is as it was written, and the total that it says. */
#define HT_SPOOL_LOG_HEAD 16
bool ht_spool_index_open_log(HtText row, uint64_t number, HtSpoolStore store, int64_t *total);

/* A row of a table that names no store is one of which the name was altered: what it has would be missed by nobody. */
#define HT_SPOOL_STORE_STRANGE "store NOT IN (1, 2)"

/* Entries in memory before they are frozen: under 1 MB of keys, 2 MB of ties, at most twice that while they are written. */
#define HT_SPOOL_KEYS_MERGE_AT 16384

typedef struct HtSpoolIndex HtSpoolIndex;

/* Reads the log, and (for who writes) all blocks, to make the filters. `blocks` stays the caller's; that of a connection that only
 * looks has to be in a read transaction as long as the index is used. */
HtSpoolIndex *ht_spool_index_new(HtSpoolBlocks *blocks, HtSpoolStore store, size_t merge_at, GError **error);
void ht_spool_index_free(HtSpoolIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolIndex, ht_spool_index_free)

bool ht_spool_index_find(HtSpoolIndex *index, const HtSpoolHash *hash, bool *found, HtSpoolEntry *entry,
                         GError **error);

/* Whether a look-up failed by damage since it was asked last. */
bool ht_spool_index_met_damage(HtSpoolIndex *index);

/* Puts an entry, in place of one with the same hash, within the group. Its value is not 0. */
void ht_spool_index_put(HtSpoolIndex *index, const HtSpoolEntry *entry);

/* Takes what is known under the hash out. */
void ht_spool_index_take_out(HtSpoolIndex *index, const HtSpoolHash *hash);

/* A count that the caller keeps, and that goes with the group: how many there are. */
int64_t ht_spool_index_total(const HtSpoolIndex *index);
void ht_spool_index_add_total(HtSpoolIndex *index, int64_t more);

/* Inside the transaction, after the last put: writes the row of the log, and the next slices. */
bool ht_spool_index_write(HtSpoolIndex *index, GError **error);

/* The same, and all that is in memory becomes a segment at once: for who fills a spool. */
bool ht_spool_index_write_all(HtSpoolIndex *index, GError **error);

/* After the transaction: what was put and written counts, or never was. */
void ht_spool_index_committed(HtSpoolIndex *index);
void ht_spool_index_rolled_back(HtSpoolIndex *index);
