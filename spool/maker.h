/* Making a segment, over many transactions, a few blocks in each. Until its row is there nobody names its blocks: after a crash they are
 * swept, and it is made anew. Writer thread, inside transactions. */
#pragma once

#include "spool/segment.h"

typedef struct HtSpoolMaker HtSpoolMaker;

/* `expected` entries at most. */
HtSpoolMaker *ht_spool_maker_new(HtSpoolBlocks *blocks, unsigned store, HtSpoolWidth width,
                                 uint64_t expected);
void ht_spool_maker_free(HtSpoolMaker *maker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolMaker, ht_spool_maker_free)

/* Adds an entry with a higher hash than the last one. */
bool ht_spool_maker_add(HtSpoolMaker *maker, const HtSpoolEntry *entry, GError **error);

/* Whether all that was added is written, with its parity: only then may the transaction be committed. */
bool ht_spool_maker_is_even(const HtSpoolMaker *maker);

/* Writes the rest, and the row. Without entries there is no row. */
bool ht_spool_maker_finish(HtSpoolMaker *maker, unsigned tier, uint64_t upto, int64_t total, GError **error);

/* After that was committed: the segment, NULL when it would be empty. */
HtSpoolSegment *ht_spool_maker_take(HtSpoolMaker *maker);

void ht_spool_maker_committed(HtSpoolMaker *maker);
void ht_spool_maker_rolled_back(HtSpoolMaker *maker);
