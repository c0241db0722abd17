/* Group commit. Writer thread.
 *
 * States of a committer, and the function that makes each:
 *
 *   REST     no transaction                      ht_spool_committer_new(), commit_once() at its end, roll_back()
 *   OPEN     a group's transaction is open       commit_once(), with BEGIN
 *   FAILED   the disk cannot be trusted any      fail(); final, until the process ends
 *            more
 *
 *   A large message (pieces.h) is in work from ht_spool_committer_run() that is given it to the one that has it among its jobs; each
 *   transaction of them takes a piece of it, last.
 *
 *   REST -> OPEN -> REST (committed) | REST (rolled back: the group again, without what was bad) | FAILED
 *
 * What may be trusted: in REST the figures, cursors and the map of keys say what is on disk. In OPEN they may be ahead of
 * it: nobody is told of them before commit_once() has returned true. In FAILED they say what was on disk for certain;
 * what the file holds beyond that, the next start finds out.
 *
 * Invariants, checked by assert_rest() and assert_answered():
 *   1. A transaction is open in OPEN only: never between two groups, never while answers are on their way.
 *   2. `current` names a job of the group in OPEN only.
 *   3. FAILED is final: `commits` does not grow any more.
 *   4. After ht_spool_committer_run() each job was taken by the commit or has an error, never both and never neither.
 *   5. The large one in work is in no group; what is answered is not in work.
 *   6. Sequence numbers that were committed never become fewer, so none is given out twice. */
#include "spool/commit.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "spool/append.h"
#include "spool/checkpoint.h"
#include "spool/disk.h"
#include "spool/hooks.h"
#include "spool/mark.h"
#include "spool/pieces.h"
#include "spool/schema.h"

#include <stdlib.h>

#define IDLE_US (HT_SECOND / 10)
#define TIMES 1024
#define P99_US (HT_SECOND / 10)

struct HtSpoolCommitter {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *roll_back;
    HtSpoolAppender *appender;
    HtSpoolCursors *cursors;
    HtSpoolCheckpoint checkpoint;
    HtSpoolDisk disk;
    HtSpoolFiles files;
    HtSpoolMark *mark;
    HtSpoolJob *current; /* being taken, while a transaction is open */
    struct {
        HtSpoolJob *job;          /* NULL: none is in work */
        HtSpoolPieces *pieces;    /* NULL: it is to be taken in one */
        HtSpoolPiecesState state; /* of the open transaction */
    } large;
    bool sweep; /* pieces of one that was given up are left */
    bool failed;
    uint64_t failed_at; /* `commits` when it failed */
    uint64_t committed; /* the last sequence number on disk */
    int64_t last_commit;
    uint64_t commits, sum_us; /* all of them, and how long they took together */
    uint32_t times_us[TIMES]; /* of the last commits, round and round */
    uint64_t p99_us;
    int64_t p99_at; /* when it was worked out */
};

/* Invariants 1, 2, 3 and 6. The rollback itself may be what failed: in FAILED a transaction can be left, which is never
 * committed. */
static void assert_rest(HtSpoolCommitter *committer)
{
    uint64_t last = ht_spool_appender_figures(committer->appender)->last_sequence;
    g_assert(committer->failed || sqlite3_get_autocommit(committer->db));
    g_assert(!committer->current);
    g_assert(!committer->failed || committer->commits == committer->failed_at);
    g_assert(last >= committer->committed);
    committer->committed = last;
}

/* Invariants 4 and 5. */
static void assert_answered(const HtSpoolGroup *group)
{
    for (const HtSpoolTask *task = group->jobs.first; task; task = task->next) {
        const HtSpoolJob *job = (const HtSpoolJob *)task;
        g_assert(job->taken != (job->error != NULL));
    }
}

/* Of a large message that the last run did not finish. */
static bool sweep_at_open(HtSpoolCommitter *committer, GError **error)
{
    bool good = ht_spool_database_run(committer->db, "BEGIN IMMEDIATE", error) &&
                ht_spool_pieces_sweep(committer->db, committer->appender, error) &&
                ht_spool_appender_finish(committer->appender, error) &&
                ht_spool_database_run(committer->db, "COMMIT", error);
    if (good) {
        ht_spool_appender_committed(committer->appender);
    } else if (!sqlite3_get_autocommit(committer->db)) {
        sqlite3_exec(committer->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return good;
}

HtSpoolCommitter *ht_spool_committer_new(sqlite3 *db, HtSpoolHasher *hasher, const HtSpoolOptions *options,
                                         HtSpoolTail *tail, GError **error)
{
    g_autoptr(HtSpoolCommitter) committer = g_new0(HtSpoolCommitter, 1);
    committer->db = db;
    ht_spool_disk_init(&committer->disk, options->directory, &options->limits);
    ht_spool_files_init(&committer->files, options->directory);
    committer->mark = ht_spool_mark_open(options->directory, error);
    if (!committer->mark) {
        return NULL;
    }
    committer->appender = ht_spool_appender_new(db, hasher, ht_spool_mark_read(committer->mark),
                                                options->limits.filter_bytes, error);
    if (!committer->appender || !sweep_at_open(committer, error)) {
        return NULL;
    }
    ht_spool_appender_show(committer->appender, tail);
    committer->cursors = ht_spool_cursors_new(db, error);
    if (!committer->cursors ||
        !ht_spool_checkpoint_init(&committer->checkpoint, db, options->limits.wal_bytes, error) ||
        !ht_spool_database_prepare(db, "BEGIN IMMEDIATE", &committer->begin, error) ||
        !ht_spool_database_prepare(db, "COMMIT", &committer->commit, error) ||
        !ht_spool_database_prepare(db, "ROLLBACK", &committer->roll_back, error)) {
        return NULL;
    }
    ht_spool_disk_look(&committer->disk, committer->db, ht_clock_monotonic());
    assert_rest(committer);
    return g_steal_pointer(&committer);
}

void ht_spool_committer_free(HtSpoolCommitter *committer)
{
    if (!committer) {
        return;
    }
    sqlite3_wal_hook(committer->db, NULL, NULL);
    sqlite3_finalize(committer->begin);
    sqlite3_finalize(committer->commit);
    sqlite3_finalize(committer->roll_back);
    ht_spool_appender_free(committer->appender);
    ht_spool_cursors_free(committer->cursors);
    ht_spool_mark_close(committer->mark);
    ht_spool_files_clear(&committer->files);
    ht_spool_disk_clear(&committer->disk);
    g_free(committer);
}

/* ---- The large one ---- */

bool ht_spool_committer_has_large(const HtSpoolCommitter *committer)
{
    return committer->large.job != NULL;
}

bool ht_spool_committer_wants_alone(const HtSpoolCommitter *committer)
{
    return committer->large.job && !committer->large.pieces;
}

/* Pieces are of events: what goes to quarantine, or changes who is who, has none however large it is. */
static bool has_pieces(const HtSpoolJob *job)
{
    return !job->reason && !job->mending && ht_spool_message_count(job->message) > 0;
}

/* Without memory for them, too, it is taken in one. */
static void begin_large(HtSpoolCommitter *committer, HtSpoolGroup *group)
{
    if (group->large) {
        HtSpoolJob *job = committer->large.job = g_steal_pointer(&group->large);
        committer->large.pieces =
            has_pieces(job) ? ht_spool_pieces_new(committer->appender, job, NULL) : NULL;
    } else if (ht_spool_committer_wants_alone(committer)) {
        g_assert(!group->jobs.first);
        ht_spool_tasks_add(&group->jobs, &g_steal_pointer(&committer->large.job)->task);
    }
}

/* It has its receipt or its error: it is answered with the group. */
static void end_large(HtSpoolCommitter *committer, HtSpoolGroup *group)
{
    g_clear_pointer(&committer->large.pieces, ht_spool_pieces_free);
    ht_spool_tasks_add(&group->jobs, &g_steal_pointer(&committer->large.job)->task);
}

static void give_large_up(HtSpoolCommitter *committer, HtSpoolGroup *group, const GError *error)
{
    if (committer->large.job) {
        ht_spool_job_reset(committer->large.job);
        committer->large.job->error = g_error_copy(error);
        committer->sweep = true;
        end_large(committer, group);
    }
}

static bool take_piece(HtSpoolCommitter *committer, GError **error)
{
    committer->large.state = HT_SPOOL_PIECES_MORE;
    if (!committer->large.pieces) {
        return true;
    }
    committer->current = committer->large.job;
    bool good = ht_spool_pieces_take(committer->large.pieces, &committer->large.state, error);
    committer->current = good ? NULL : committer->current;
    return good;
}

static void note_piece(HtSpoolCommitter *committer, HtSpoolGroup *group)
{
    if (!committer->large.pieces) {
        return;
    }
    ht_spool_pieces_committed(committer->large.pieces);
    if (committer->large.state == HT_SPOOL_PIECES_WHOLE) {
        committer->large.job->taken = true;
        end_large(committer, group);
    } else if (committer->large.state == HT_SPOOL_PIECES_CANNOT) {
        g_clear_pointer(&committer->large.pieces, ht_spool_pieces_free);
    }
}

/* ---- The group ---- */

static HtSpoolJob *next_job(HtSpoolTask *task)
{
    while (task && ((HtSpoolJob *)task)->error) {
        task = task->next;
    }
    return (HtSpoolJob *)task;
}

static void refuse_job(HtSpoolJob *job, const GError *error)
{
    ht_spool_job_reset(job);
    job->error = g_error_copy(error);
}

/* Gives every job that has no error yet a copy of this one; it has not been taken. `full`: but those that bring nothing and only wait for
 * the marks, for which room is kept. Whether there was one. */
static bool refuse(HtSpoolGroup *group, bool full, const GError *error)
{
    bool found = false;
    for (HtSpoolJob *job = next_job(group->jobs.first); job; job = next_job(job->task.next)) {
        if (!full || !job->empty) {
            found = true;
            refuse_job(job, error);
        }
    }
    return found;
}

static void refuse_with(HtSpoolCommitter *committer, HtSpoolGroup *group, HtSpoolErrorCode code,
                        const char *text)
{
    g_autoptr(GError) error = g_error_new_literal(HT_SPOOL_ERROR, (int)code, text);
    refuse(group, code == HT_SPOOL_ERROR_FULL, error);
    give_large_up(committer, group, error);
}

/* Chores make room: they are done all the same. */
static void refuse_intake(HtSpoolCommitter *committer, HtSpoolGroup *group)
{
    bool is_disk = committer->disk.disk_level >= committer->disk.size_level;
    g_autoptr(GError) error =
        g_error_new_literal(HT_SPOOL_ERROR, is_disk ? HT_SPOOL_ERROR_FULL : HT_SPOOL_ERROR_CAPPED,
                            is_disk ? "spool: too little room on the disk (reserve)"
                                    : "spool: it has reached its size (max-size)");
    for (HtSpoolJob *job = next_job(group->jobs.first); job; job = next_job(job->task.next)) {
        if (!job->chore && !job->empty) {
            refuse_job(job, error);
        }
    }
    give_large_up(committer, group, error);
}

static bool take_jobs(HtSpoolCommitter *committer, HtSpoolGroup *group, GError **error)
{
    for (HtSpoolJob *job = next_job(group->jobs.first); job; job = next_job(job->task.next)) {
        committer->current = job;
        ht_spool_job_reset(job);
        if (!ht_spool_appender_take(committer->appender, job, error)) {
            return false;
        }
        job->taken = !job->error; /* a repair may be refused by what it found */
    }
    committer->current = NULL;
    return take_piece(committer, error) && ht_spool_appender_finish(committer->appender, error);
}

/* A full disk has no room even for this; then it is done when there is. */
static bool sweep(HtSpoolCommitter *committer, GError **error)
{
    return !committer->sweep || committer->disk.stopped ||
           ht_spool_pieces_sweep(committer->db, committer->appender, error);
}

/* Why a receipt may be given after this returned true:
 *
 * - Everything that the receipt says is in one transaction: the events, their keys (a resend is known), the subjects and the
 *   cursors. There is no crash after which a part of it holds.
 * - COMMIT returns after fdatasync() of the WAL (synchronous = FULL), and what a checkpoint moves is synced before the WAL
 *   is begun anew. A frame that power failure tore has a wrong checksum: SQLite ends there, before it, and the group is
 *   not there, which nobody was told.
 * - Killed before COMMIT: the WAL has frames without a commit, which the next start ignores. Killed after it and before
 *   the answer: the message is there, its sender sends again and gets the first receipt.
 * - An error of write or fdatasync is final (fail()): the kernel may have marked the page clean that it could not write, and a
 *   second fdatasync would then succeed over a hole. Only the next start, which writes the WAL into the file and syncs it
 *   (recover() in spool.c), knows what is there.
 * - It is the file that the next start will open: one that was removed or replaced meanwhile is synced as well, and gone with the last
 *   descriptor. So it is looked at after each COMMIT, before anybody is told.
 * - Memory follows the disk: figures, map of keys and cursors are settled (…_committed()) after COMMIT, never before it;
 *   on every other way they are taken back (roll_back()). */
static bool commit_once(HtSpoolCommitter *committer, HtSpoolGroup *group, GError **error)
{
    int64_t start = ht_clock_monotonic();
    ht_spool_step("begin");
    if (!ht_spool_database_do(committer->begin, error) ||
        !ht_spool_cursors_write(committer->cursors, group->marks, error) ||
        !ht_spool_appender_set_aside(committer->appender, ht_spool_marks_damages(group->marks), error) ||
        !sweep(committer, error) || !take_jobs(committer, group, error)) {
        return false;
    }
    ht_spool_step("commit");
    if (!ht_spool_database_do(committer->commit, error)) {
        return false;
    }
    ht_spool_step("committed");
    if (!ht_spool_files_are_same(&committer->files)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO,
                    "spool: \"%s\" was removed or replaced while the bus ran", committer->files.path);
        return false;
    }
    ht_spool_appender_committed(committer->appender);
    committer->sweep = committer->sweep && committer->disk.stopped;
    note_piece(committer, group);
    ht_spool_mark_write(committer->mark, ht_spool_appender_figures(committer->appender)->last_sequence);
    committer->last_commit = ht_clock_monotonic();
    committer->times_us[committer->commits++ % TIMES] = (uint32_t)(committer->last_commit - start);
    committer->sum_us += (uint64_t)(committer->last_commit - start);
    return true;
}

static void fail(HtSpoolCommitter *committer, const GError *error)
{
    if (!committer->failed) {
        ht_log(HT_LOG_ERROR, "spool", "%s: nothing is acknowledged any more", error->message);
        committer->failed_at = committer->commits;
    }
    committer->failed = true;
}

static void roll_back(HtSpoolCommitter *committer)
{
    g_autoptr(GError) error = NULL;
    if (!sqlite3_get_autocommit(committer->db) && !ht_spool_database_do(committer->roll_back, &error)) {
        fail(committer, error);
    }
    ht_spool_appender_rolled_back(committer->appender);
    if (committer->large.pieces) {
        ht_spool_pieces_rolled_back(committer->large.pieces);
    }
}

/* The message at which the transaction failed, and no other. */
static void refuse_one(HtSpoolCommitter *committer, HtSpoolGroup *group, HtSpoolJob *bad, const GError *error)
{
    if (bad == committer->large.job) {
        give_large_up(committer, group, error);
    } else {
        refuse_job(bad, error);
    }
}

/* After a failed transaction, which is rolled back: whether to try again with what is left of the group. */
static bool try_again(HtSpoolCommitter *committer, HtSpoolGroup *group, const GError *error)
{
    HtSpoolJob *bad = committer->current;
    bool damage = ht_spool_appender_met_damage(committer->appender);
    bool had_jobs = committer->large.job != NULL;
    committer->current = NULL;
    roll_back(committer);
    switch ((HtSpoolErrorCode)error->code) {
    case HT_SPOOL_ERROR_MESSAGE:
        if (bad) {
            refuse_one(committer, group, bad, error);
            return true;
        }
        break;
    case HT_SPOOL_ERROR_FULL:
        ht_spool_disk_full(&committer->disk, ht_clock_monotonic());
        had_jobs = refuse(group, true, error) || had_jobs;
        give_large_up(committer, group, error);
        if (!had_jobs) {
            refuse(group, false, error);
        }
        return had_jobs; /* the marks alone may still find room */
    case HT_SPOOL_ERROR_CORRUPT:
        if (bad && bad->chore) { /* what it was to make smaller stays as it is */
            refuse_job(bad, error);
            return true;
        }
        if (bad && damage) { /* what is known of its own key, or of one of its persons, cannot be read */
            refuse_one(committer, group, bad, error);
            return true;
        }
        break;
    case HT_SPOOL_ERROR_BUSY:
        refuse(group, false, error);
        give_large_up(committer, group, error);
        return false;
    default: break;
    }
    fail(committer, error);
    refuse(group, false, error);
    give_large_up(committer, group, error);
    return false;
}

/* commit_once() until it holds or there is nothing left that could be tried; true when the marks are on disk. */
static bool commit(HtSpoolCommitter *committer, HtSpoolGroup *group)
{
    bool again = true;
    while (again && !committer->failed) {
        g_autoptr(GError) error = NULL;
        if (!next_job(group->jobs.first) && ht_spool_marks_are_empty(group->marks) && !committer->large.job) {
            return true;
        }
        if (commit_once(committer, group, &error)) {
            return true;
        }
        again = try_again(committer, group, error);
    }
    refuse_with(committer, group, HT_SPOOL_ERROR_IO,
                "spool: the disk has failed, nothing is acknowledged any more");
    return ht_spool_marks_are_empty(group->marks);
}

bool ht_spool_committer_run(HtSpoolCommitter *committer, HtSpoolGroup *group)
{
    assert_rest(committer);
    begin_large(committer, group);
    if (!committer->failed && (next_job(group->jobs.first) || committer->large.job) &&
        ht_spool_disk_look(&committer->disk, committer->db, ht_clock_monotonic())) {
        refuse_intake(committer, group);
    }
    bool marks_written = commit(committer, group);
    assert_rest(committer);
    assert_answered(group);
    return marks_written;
}

static void note_checkpoint(HtSpoolCommitter *committer, const GError *error)
{
    if (error && error->code == HT_SPOOL_ERROR_FULL) {
        ht_spool_disk_full(&committer->disk,
                           ht_clock_monotonic()); /* the WAL keeps what the file could not take */
    } else if (error) {
        fail(committer, error);
    }
}

void ht_spool_committer_rest(HtSpoolCommitter *committer)
{
    g_autoptr(GError) error = NULL;
    if (!committer->failed) {
        ht_spool_checkpoint_if_large(&committer->checkpoint, committer->large.job != NULL, &error);
        note_checkpoint(committer, error);
    }
}

int64_t ht_spool_committer_next(const HtSpoolCommitter *committer)
{
    if (committer->failed) {
        return INT64_MAX;
    }
    int64_t next = committer->disk.stopped ? committer->disk.next_look : INT64_MAX;
    return ht_spool_checkpoint_wanted_idle(&committer->checkpoint)
               ? MIN(next, committer->last_commit + IDLE_US)
               : next;
}

void ht_spool_committer_idle(HtSpoolCommitter *committer, int64_t now)
{
    g_autoptr(GError) error = NULL;
    if (committer->disk.stopped) {
        ht_spool_disk_look(&committer->disk, committer->db, now);
    }
    if (ht_spool_checkpoint_wanted_idle(&committer->checkpoint) && now >= committer->last_commit + IDLE_US) {
        committer->last_commit = now; /* when readers keep it from finishing, not again at once */
        ht_spool_checkpoint_passive(&committer->checkpoint, &error);
        ht_spool_mark_sync(committer->mark);
        note_checkpoint(committer, error);
    }
}

void ht_spool_committer_end(HtSpoolCommitter *committer)
{
    g_autoptr(GError) error = NULL;
    if (committer->failed) {
        return;
    }
    if (!ht_spool_meta_set(committer->db, HT_SPOOL_META_CLEAN, "1", 1, &error) ||
        !ht_spool_checkpoint_truncate(&committer->checkpoint, &error)) {
        ht_log(HT_LOG_WARNING, "spool", "%s: the file will be checked at the next start", error->message);
    }
}

static int compare_times(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* Sorting costs as much as some messages: ten times a second will do. */
static void work_out_p99(HtSpoolCommitter *committer)
{
    uint32_t sorted[TIMES];
    size_t count = MIN(committer->commits, TIMES);
    if (count == 0 || (committer->p99_us > 0 && committer->last_commit < committer->p99_at + P99_US)) {
        return;
    }
    memcpy(sorted, committer->times_us, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_times);
    committer->p99_us = sorted[(count * 99 + 99) / 100 - 1];
    committer->p99_at = committer->last_commit;
}

void ht_spool_committer_change_room(HtSpoolCommitter *committer, const HtSpoolLimits *limits)
{
    committer->disk.reserve_bytes = limits->reserve_bytes;
    committer->disk.most_bytes = limits->most_bytes;
}

void ht_spool_committer_status(HtSpoolCommitter *committer, HtSpoolStatus *status)
{
    work_out_p99(committer);
    const HtSpoolFigures *figures = ht_spool_appender_figures(committer->appender);
    *status = (HtSpoolStatus){.first_sequence = figures->first_sequence,
                              .last_sequence = figures->last_sequence,
                              .messages = figures->messages,
                              .resent = figures->resent,
                              .duplicates = figures->duplicates,
                              .quarantined = figures->quarantined,
                              .aliases = figures->aliases,
                              .conflicts = figures->conflicts,
                              .damaged = figures->damaged,
                              .wal_bytes = ht_spool_checkpoint_wal_bytes(&committer->checkpoint),
                              .commits = committer->commits,
                              .commit_sum_us = committer->sum_us,
                              .checkpoints = committer->checkpoint.count,
                              .commit_p99_us = committer->p99_us,
                              .used_bytes = committer->disk.used_bytes,
                              .most_bytes = committer->disk.most_bytes,
                              .size_level = committer->disk.size_level,
                              .disk_level = committer->disk.disk_level,
                              .intake_stopped = committer->disk.stopped,
                              .failed = committer->failed};
}
