/* Entries on their way into a segment, a slice with each group: those of the log, which are in memory (the first tier), or those of several
 * segments of a tier, of which one of the next is made. Of entries with the same hash the latest counts. Writer thread. */
#pragma once

#include "spool/maker.h"

#define HT_SPOOL_MERGE_SEGMENTS 8 /* of a tier, when they become one */

typedef struct HtSpoolMerging HtSpoolMerging;

/* The first two: which store, and what its segments are like. `sorted` becomes the merging's. `upto` and `total`: of the segment. */
HtSpoolMerging *ht_spool_merging_of_log(HtSpoolBlocks *blocks, unsigned store, HtSpoolWidth width,
                                        HtSpoolEntry *sorted, size_t count);

/* `segments` (of HtSpoolSegment, at most HT_SPOOL_MERGE_SEGMENTS; the latest last) stay where they are until it was taken. `oldest`: no
 * segment is older than these; what was taken out needs no entry any more. */
HtSpoolMerging *ht_spool_merging_of_segments(HtSpoolSegment *const *segments, unsigned count, bool oldest);

void ht_spool_merging_free(HtSpoolMerging *merging);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolMerging, ht_spool_merging_free)

/* Inside a transaction: so many blocks as have one parity. `done`: nothing is left. */
bool ht_spool_merging_slice(HtSpoolMerging *merging, bool *done, GError **error);

/* The segment that it makes. */
HtSpoolMaker *ht_spool_merging_maker(HtSpoolMerging *merging);

/* Its segments; NULL of the log. */
HtSpoolSegment *const *ht_spool_merging_segments(const HtSpoolMerging *merging, unsigned *count);

void ht_spool_merging_committed(HtSpoolMerging *merging);
void ht_spool_merging_rolled_back(HtSpoolMerging *merging);
