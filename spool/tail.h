/* What was committed last, kept in memory for the consumers that are at the end: they all get the same pages, without a look at the
 * file. The writer gives rows and says what became of their transaction; the main thread asks for pages.
 *
 * A row is shown only after COMMIT has returned, that is after the fsync: what a page has is on disk. What does not fit into the
 * room, or was written before the start, is read from the file. */
#pragma once

#include "spool/page.h"

typedef struct HtSpoolTail HtSpoolTail;

/* `room_bytes` of rows stay; 0: none. */
HtSpoolTail *ht_spool_tail_new(size_t room_bytes);
void ht_spool_tail_free(HtSpoolTail *tail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolTail, ht_spool_tail_free)

/* Writer thread. A row of the transaction at hand, copied; then all of them are shown, or forgotten. */
void ht_spool_tail_add(HtSpoolTail *tail, const HtSpoolPlace *place, HtText bytes);
void ht_spool_tail_committed(HtSpoolTail *tail);
void ht_spool_tail_rolled_back(HtSpoolTail *tail);

/* Main thread: the page of the row that has the event behind `after`, or NULL. The caller gives it back with ht_spool_page_free(). */
HtSpoolPage *ht_spool_tail_page(HtSpoolTail *tail, uint64_t after);
