/* A segment: entries in ascending order of their hashes, of which no two are the same, in many blocks; written once, never changed. The
 * table `segments` has a row for each: which blocks it has, in order, and up to which row of the log it knows everything. A block that no segment
 * names is not there.
 *
 * After each sixteen blocks (and the last) stands their parity: a block that is not as it was written, or not there, is made again of the
 * others. With a second one of the sixteen gone it cannot be; then that is an error, never "not known". */
#pragma once

#include "spool/blocks.h"
#include "spool/filter.h"

#define HT_SPOOL_PARITY_BLOCKS 16

typedef struct {
    uint64_t id;    /* segments.id; 0: no row yet */
    unsigned store; /* whose it is: index.h */
    unsigned tier;  /* of how many merges it is the outcome */
    uint64_t upto;  /* number of a row of the log */
    uint64_t entries;
    uint64_t blocks; /* without parity */
    int64_t total;   /* what index.h counts, as of then */
    GArray *extents; /* of HtSpoolExtent: blocks and parity, in order */
    GArray *fences;  /* of HtSpoolHash: the first of each block; NULL: not in memory */
    HtSpoolFilter filter;
    HtSpoolWidth width;
    HtSpoolBlocks *in;
} HtSpoolSegment;

void ht_spool_segment_free(HtSpoolSegment *segment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolSegment, ht_spool_segment_free)

/* All of a store, in the order of `upto` (of HtSpoolSegment; the array frees them). HT_SPOOL_ERROR_CORRUPT when a row of the table is not as
 * it was written; unless `damaged` is given, which then says how many were passed over. */
GPtrArray *ht_spool_segments_load(HtSpoolBlocks *blocks, unsigned store, HtSpoolWidth width,
                                  unsigned *damaged, GError **error);

/* Reads all of it, for filter and fences. That blocks cannot be read, nor made again, is said in the log; then there is no filter. */
bool ht_spool_segment_warm(HtSpoolSegment *segment, GError **error);

/* Block `index`, whose bytes are in `room`. Made again when it has to be (and written, inside a transaction). HT_SPOOL_ERROR_CORRUPT when it
 * cannot be. */
bool ht_spool_segment_read(HtSpoolSegment *segment, uint64_t index, HtBuffer *room, HtSpoolBlock *block,
                           GError **error);

/* Whether the parity of a block is as it was written. */
bool ht_spool_segment_is_paired(HtSpoolSegment *segment, uint64_t index, HtBuffer *room, bool *whole,
                                GError **error);

/* Looks for a hash. */
bool ht_spool_segment_find(HtSpoolSegment *segment, const HtSpoolHash *hash, HtBuffer *room, bool *found,
                           HtSpoolEntry *entry, GError **error);

/* Inside a transaction: its row of the table, which gives it its id. */
bool ht_spool_segment_insert(HtSpoolSegment *segment, GError **error);

/* Inside a transaction: its row goes. Its blocks are forgotten when that was committed. */
bool ht_spool_segment_remove(const HtSpoolSegment *segment, GError **error);
void ht_spool_segment_forget(const HtSpoolSegment *segment);

/* Its blocks are named by it: blocks.h. */
void ht_spool_segment_name(const HtSpoolSegment *segment);
