/* One group in one transaction, and what is done when that fails: the durability of the spool is decided
 * here.
 *
 * A message is acknowledged only after COMMIT returned with synchronous = FULL, that is after the fsync of
 * the WAL. A transaction that finds no room is rolled back and its messages are refused; nothing of them
 * stays. After any other failure of the disk nothing is acknowledged ever again: the kernel may have
 * dropped what it could not write. */
#pragma once

#include "spool/cursor.h"
#include "spool/hash.h"
#include "spool/job.h"
#include "spool/tail.h"

typedef struct {
    HtSpoolTasks jobs; /* of HtSpoolJob; afterwards also the large one that is done */
    HtSpoolJob *
        large; /* a large one, to be taken piece by piece with this group and the next ones; NULL: no further one */
    HtSpoolMarks *marks; /* never NULL */
} HtSpoolGroup;

typedef struct HtSpoolCommitter HtSpoolCommitter;

/* `db`, `hasher` and `tail` stay the caller's, and from now on the first two belong to the thread that uses the committer. `tail`
 * gets what was committed. */
HtSpoolCommitter *ht_spool_committer_new(sqlite3 *db, HtSpoolHasher *hasher, const HtSpoolOptions *options,
                                         HtSpoolTail *tail, GError **error);
void ht_spool_committer_free(HtSpoolCommitter *committer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolCommitter, ht_spool_committer_free)

/* Commits the group. Afterwards each job has its receipt, on disk, or its error. True when the marks are
 * on disk too; else they are still to be written. A large one needs more groups, be they empty, until it is among the jobs. */
bool ht_spool_committer_run(HtSpoolCommitter *committer, HtSpoolGroup *group);

/* A large one is in work, and whether its next group has to be empty, because it cannot be taken piece by piece. */
bool ht_spool_committer_has_large(const HtSpoolCommitter *committer);
bool ht_spool_committer_wants_alone(const HtSpoolCommitter *committer);

/* After the group's answers are on their way: a checkpoint if the WAL has grown. */
void ht_spool_committer_rest(HtSpoolCommitter *committer);

/* When (monotonic) it wants ht_spool_committer_idle() to be called if nothing else comes; INT64_MAX for
 * never. */
int64_t ht_spool_committer_next(const HtSpoolCommitter *committer);

/* A checkpoint of what has gathered, a look at the disk when intake has stopped. */
void ht_spool_committer_idle(HtSpoolCommitter *committer, int64_t now);

/* The last thing: marks the clean end and empties the WAL. Nothing after a failure. */
void ht_spool_committer_end(HtSpoolCommitter *committer);

/* Main thread: from the next look at the room on, these of the limits count: reserve_bytes and most_bytes. */
void ht_spool_committer_change_room(HtSpoolCommitter *committer, const HtSpoolLimits *limits);

/* Fills the figures that it knows; the sizes of files are left. */
void ht_spool_committer_status(HtSpoolCommitter *committer, HtSpoolStatus *status);
