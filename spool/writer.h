/* The writer thread: takes what has gathered since its last commit, commits it as one group, sends the
 * answers back. A message that finds the writer idle is committed at once. Its functions are called on the
 * main thread. */
#pragma once

#include "spool/commit.h"
#include "spool/completions.h"
#include "spool/queue.h"

typedef struct HtSpoolWriter HtSpoolWriter;

/* Starts the thread. `committer` (and its connection) is the thread's until ht_spool_writer_stop(). */
HtSpoolWriter *ht_spool_writer_start(HtSpoolCommitter *committer, HtSpoolCompletions *completions,
                                     const HtSpoolLimits *limits);

/* Commits what is waiting, ends cleanly and joins the thread. */
void ht_spool_writer_stop(HtSpoolWriter *writer);

/* Takes over the job; it comes back through the completions. */
void ht_spool_writer_append(HtSpoolWriter *writer, HtSpoolJob *job);

void ht_spool_writer_move(HtSpoolWriter *writer, const char *consumer, const HtSpoolCursor *cursor);
void ht_spool_writer_add_deed(HtSpoolWriter *writer, HtSpoolDeed *deed);
void ht_spool_writer_add_damage(HtSpoolWriter *writer, const HtSpoolDamage *damage);
void ht_spool_writer_count(HtSpoolWriter *writer, const HtSpoolDay *more);

/* Waits until the marks given so far are on disk. False when they could not be written. */
bool ht_spool_writer_flush(HtSpoolWriter *writer);

/* As of the last commit; the sizes of files are left. */
void ht_spool_writer_status(HtSpoolWriter *writer, HtSpoolStatus *status);

uint64_t ht_spool_writer_last_sequence(HtSpoolWriter *writer);
