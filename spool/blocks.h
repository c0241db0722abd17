/* The table `segment_blocks`: one value after the other is written at its end, found by its id, and in the end, when nobody names it any
 * more, deleted. Also what all stores of a spool share: numbers of log rows, and the memory that their filters may take. Writer thread;
 * for looking, whichever has the connection. */
#pragma once

#include "spool/block.h"
#include "spool/database.h"

typedef struct HtSpoolBlocks HtSpoolBlocks;

/* Ids from `first` on. */
typedef struct {
    uint64_t first, count;
} HtSpoolExtent;

/* `db` stays the caller's. `filter_bytes`: 0 for who looks only, and writes nothing. */
HtSpoolBlocks *ht_spool_blocks_new(sqlite3 *db, uint64_t filter_bytes, GError **error);
void ht_spool_blocks_free(HtSpoolBlocks *blocks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolBlocks, ht_spool_blocks_free)

sqlite3 *ht_spool_blocks_db(const HtSpoolBlocks *blocks);
uint64_t ht_spool_blocks_page_bytes(const HtSpoolBlocks *blocks);
bool ht_spool_blocks_only_look(const HtSpoolBlocks *blocks);

/* Seals the bytes and writes them as the last block. */
bool ht_spool_blocks_write(HtSpoolBlocks *blocks, HtBuffer *bytes, uint64_t *id, GError **error);

/* Reads one; `whole` is false when it is not there or not as it was written. */
bool ht_spool_blocks_read(HtSpoolBlocks *blocks, uint64_t id, HtBuffer *bytes, bool *whole, GError **error);

/* How many were made again of others, and were not what they should be. */
uint64_t ht_spool_blocks_mended(const HtSpoolBlocks *blocks);

/* Writes the bytes, which are sealed, in place of those that are there; for who looks only, it is counted. Where a page of the file cannot be
 * changed it stays as it is. */
bool ht_spool_blocks_mend(HtSpoolBlocks *blocks, uint64_t id, const HtBuffer *bytes, GError **error);

/* Nobody names these any more. They go a few at a time, with the groups that follow, or (after a crash) when the spool was opened. */
void ht_spool_blocks_forget(HtSpoolBlocks *blocks, const HtSpoolExtent *extent);

/* While the spool is opened, of each extent of each segment; and when all were named, what stands between them is forgotten. */
void ht_spool_blocks_name(HtSpoolBlocks *blocks, const HtSpoolExtent *extent);
bool ht_spool_blocks_forget_unnamed(HtSpoolBlocks *blocks, GError **error);

/* Inside a transaction: deletes up to so many blocks of those. `swept` is how many there were. */
bool ht_spool_blocks_sweep(HtSpoolBlocks *blocks, unsigned most, unsigned *swept, GError **error);

/* The number of the next row of the log, of any store; it is taken with that. */
uint64_t ht_spool_blocks_number(HtSpoolBlocks *blocks);
/* At open: such a number is in use. */
void ht_spool_blocks_number_used(HtSpoolBlocks *blocks, uint64_t number);

/* Takes memory for a filter (false: so much is not left), and gives it back. */
uint64_t ht_spool_blocks_filter_left(const HtSpoolBlocks *blocks);
void ht_spool_blocks_filter_taken(HtSpoolBlocks *blocks, uint64_t bytes);
void ht_spool_blocks_filter_freed(HtSpoolBlocks *blocks, uint64_t bytes);

/* What is deleted of hashes need not be overwritten on its way to the free list: that would write each page once more. Around such
 * statements, inside a transaction. */
bool ht_spool_blocks_spare(HtSpoolBlocks *blocks, bool on, GError **error);

void ht_spool_blocks_committed(HtSpoolBlocks *blocks);
void ht_spool_blocks_rolled_back(HtSpoolBlocks *blocks);
