/* When the WAL goes into the file. Only the writer's connection does it (two that checkpoint could corrupt
 * the file), and never as part of a commit: between groups when the WAL has grown, and when nothing else
 * is to be done. */
#pragma once

#include "spool/database.h"

typedef struct {
    sqlite3 *db;
    uint64_t limit_bytes, page_bytes;
    uint64_t frames;      /* in the WAL, as of the last commit */
    uint64_t done_frames; /* of these, already in the file */
    uint64_t retry_at;    /* frames; the WAL could not start over, readers were in it */
    uint64_t count;
} HtSpoolCheckpoint;

/* Follows the commits on `db` from now on. The struct must stay where it is. */
bool ht_spool_checkpoint_init(HtSpoolCheckpoint *checkpoint, sqlite3 *db, uint64_t limit_bytes,
                              GError **error);

uint64_t ht_spool_checkpoint_wal_bytes(const HtSpoolCheckpoint *checkpoint);

/* Between groups: does what the size of the WAL asks for, mostly nothing. `early`: less at a time, because it grows fast. */
bool ht_spool_checkpoint_if_large(HtSpoolCheckpoint *checkpoint, bool early, GError **error);

/* Whether a checkpoint is worth while when the writer has nothing else to do. */
bool ht_spool_checkpoint_wanted_idle(const HtSpoolCheckpoint *checkpoint);

/* Copies what can be copied without waiting for readers. */
bool ht_spool_checkpoint_passive(HtSpoolCheckpoint *checkpoint, GError **error);

/* Copies everything and empties the WAL; for open and close, when there are no readers. */
bool ht_spool_checkpoint_truncate(HtSpoolCheckpoint *checkpoint, GError **error);
