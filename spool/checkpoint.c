/* The checkpoint policy. Writer thread; at open and close the main thread.
 *
 * States, and the function that makes each:
 *
 *   CLEAN   all of the WAL is in the file       run(), when no reader was in the way; ht_spool_checkpoint_init(), of an empty WAL
 *   BEHIND  the WAL holds frames that the       note_commit(), with each commit
 *           file has not
 *   HELD    readers are in the WAL: it cannot   run() of a RESTART that they were in the way of; until there are `retry_at` frames,
 *           start over                          or it has started over
 *
 * What may be trusted: what is committed is in the WAL and synced, in each state; a checkpoint loses nothing and makes nothing durable
 * that was not. So an error here is told, and no receipt waits for it.
 *
 * Invariants, checked by assert_counts() at each transition:
 *   1. A checkpoint runs between transactions only: within one SQLite would refuse it, and the group's time would pay for it.
 *   2. No more frames are in the file than the WAL has.
 *   3. An empty WAL holds nobody up: it is not HELD.
 *   4. Limit and page are set: else every commit would be over the limit, or none. */
#include "spool/checkpoint.h"

#include "spool/hooks.h"

#define FRAME_HEAD 24
#define IDLE_BYTES ((uint64_t)1 << 20)
#define SOFT_SHARE 4 /* a passive checkpoint at a quarter of the limit */
#define EARLY_BYTES \
    ((uint64_t)4    \
     << 20) /* or so soon: 16 MB hold the next group up for longer than a piece of a large message may */

static void assert_counts(const HtSpoolCheckpoint *checkpoint)
{
    g_assert(checkpoint->done_frames <= checkpoint->frames);
    g_assert(checkpoint->frames > 0 || checkpoint->retry_at == 0);
    g_assert(checkpoint->limit_bytes > 0 && checkpoint->page_bytes > 0);
}

static int note_commit(void *user, sqlite3 *db, const char *name, int frames)
{
    (void)db;
    (void)name;
    HtSpoolCheckpoint *checkpoint = user;
    if ((uint64_t)frames < checkpoint->frames) {
        checkpoint->done_frames = 0; /* the WAL has started over */
        checkpoint->retry_at = 0;
    }
    checkpoint->frames = (uint64_t)frames;
    assert_counts(checkpoint);
    return SQLITE_OK;
}

bool ht_spool_checkpoint_init(HtSpoolCheckpoint *checkpoint, sqlite3 *db, uint64_t limit_bytes,
                              GError **error)
{
    int64_t page_bytes;
    if (!ht_spool_database_number(db, "PRAGMA page_size", &page_bytes, error)) {
        return false;
    }
    *checkpoint =
        (HtSpoolCheckpoint){.db = db, .limit_bytes = limit_bytes, .page_bytes = (uint64_t)page_bytes};
    assert_counts(checkpoint);
    sqlite3_wal_hook(db, note_commit, checkpoint);
    return true;
}

static uint64_t bytes_of(const HtSpoolCheckpoint *checkpoint, uint64_t frames)
{
    return frames * (checkpoint->page_bytes + FRAME_HEAD);
}

uint64_t ht_spool_checkpoint_wal_bytes(const HtSpoolCheckpoint *checkpoint)
{
    return bytes_of(checkpoint, checkpoint->frames);
}

/* BUSY is no failure: a reader is in the WAL, what could be copied was. */
static bool run(HtSpoolCheckpoint *checkpoint, int mode, GError **error)
{
    int frames = 0, done = 0;
    g_assert(sqlite3_get_autocommit(checkpoint->db));
    ht_spool_step("checkpoint");
    int result = sqlite3_wal_checkpoint_v2(checkpoint->db, NULL, mode, &frames, &done);
    if (result != SQLITE_OK && result != SQLITE_BUSY) {
        ht_spool_database_set_error(checkpoint->db, "checkpoint", error);
        return false;
    }
    if (frames >= 0) {
        checkpoint->frames = (uint64_t)frames;
        checkpoint->done_frames = (uint64_t)MAX(done, 0);
        checkpoint->retry_at = frames > 0 ? checkpoint->retry_at : 0;
        assert_counts(checkpoint);
    }
    checkpoint->count++;
    ht_spool_step("checkpointed");
    return true;
}

bool ht_spool_checkpoint_if_large(HtSpoolCheckpoint *checkpoint, bool early, GError **error)
{
    uint64_t soft_bytes = MIN(checkpoint->limit_bytes / SOFT_SHARE, early ? EARLY_BYTES : UINT64_MAX);
    if (ht_spool_checkpoint_wal_bytes(checkpoint) >= checkpoint->limit_bytes &&
        checkpoint->frames >= checkpoint->retry_at) {
        uint64_t before = checkpoint->frames;
        checkpoint->retry_at = before + soft_bytes / checkpoint->page_bytes + 1;
        return run(checkpoint, SQLITE_CHECKPOINT_RESTART, error);
    }
    if (bytes_of(checkpoint, checkpoint->frames - checkpoint->done_frames) >= soft_bytes) {
        return run(checkpoint, SQLITE_CHECKPOINT_PASSIVE, error);
    }
    return true;
}

bool ht_spool_checkpoint_wanted_idle(const HtSpoolCheckpoint *checkpoint)
{
    return bytes_of(checkpoint, checkpoint->frames - checkpoint->done_frames) >=
           MIN(IDLE_BYTES, checkpoint->limit_bytes / SOFT_SHARE);
}

bool ht_spool_checkpoint_passive(HtSpoolCheckpoint *checkpoint, GError **error)
{
    return run(checkpoint, SQLITE_CHECKPOINT_PASSIVE, error);
}

bool ht_spool_checkpoint_truncate(HtSpoolCheckpoint *checkpoint, GError **error)
{
    return run(checkpoint, SQLITE_CHECKPOINT_TRUNCATE, error);
}
