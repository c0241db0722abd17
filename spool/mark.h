/* The high-water mark: the last sequence that was committed, in the small file `mark` beside the spool, written after each commit that
 * gave one out. The WAL cannot tell that its end is missing: when it was cut, was altered, or an older copy of the spool was put back,
 * the mark says up to where sequences were given out.
 *
 * It is written after the WAL was synced and never synced before it, so it is never ahead of what was acknowledged. A kill loses nothing
 * of it; after a power cut it may be behind by what came since the last checkpoint, and then tells less. Main thread while the spool is
 * opened, then writer thread. */
#pragma once

#include "spool/spool.h"

typedef struct HtSpoolMark HtSpoolMark;

/* Opens the file, and makes it when there is none. HT_SPOOL_ERROR_IO. */
HtSpoolMark *ht_spool_mark_open(const char *directory, GError **error);
void ht_spool_mark_close(HtSpoolMark *mark);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolMark, ht_spool_mark_close)

/* What it says; 0 when it says nothing, or is damaged, which is logged. */
uint64_t ht_spool_mark_read(HtSpoolMark *mark);

/* Writes nothing when it says so already. A disk that refuses is told in the log, once: the spool itself does not depend on it. */
void ht_spool_mark_write(HtSpoolMark *mark, uint64_t sequence);

/* After a checkpoint. */
void ht_spool_mark_sync(HtSpoolMark *mark);
