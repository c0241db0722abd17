/* What a consumer has finished above its cursor, as it stands in the file: lengths of what is open and what is finished, and how
 * many of these the consumer got, one after the other from the cursor on, each seven bits a byte (LEB128), and a digest of them and the cursor. A set that
 * belongs to another cursor, or of which a bit is not as it was, is not believed: what is in it comes again. Any thread. */
#pragma once

#include "spool/spool.h"

/* `runs` of HtSpoolRun, as for ht_spool_cursor_move(). NULL when there are none; the caller unrefs. */
GBytes *ht_spool_finished_pack(uint64_t cursor, const GArray *runs);

/* Appends to `runs`, in order; false (and nothing is appended) when the bytes are not those of this cursor. */
bool ht_spool_finished_unpack(uint64_t cursor, HtText bytes, GArray *runs);
