/* Looking at a write-ahead log before SQLite does: a frame that is not what was written ends it for SQLite, and all that was committed
 * behind that frame is gone without a word. Main thread, while the spool is opened. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* How many commits stand, whole, behind the first frame that is not: 0 of a good log, of none, and of one whose last group was cut off
 * by a power cut, as that was told to nobody. (Of the group that was being written when the power went, its last frame may be there
 * without an earlier one: one commit is no proof.) */
unsigned ht_spool_wal_cut_off(const char *path);
