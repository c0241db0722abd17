/* One message inside the writer's transaction: known keys, subjects, rows, receipt. */
#pragma once

#include "spool/database.h"
#include "spool/hash.h"
#include "spool/job.h"
#include "spool/tail.h"

/* What the file holds, and what was refused since the spool was opened. */
typedef struct {
    uint64_t first_sequence; /* 0 when there are no events */
    uint64_t last_sequence;
    uint64_t messages; /* also the last messages.id */
    uint64_t resent, duplicates, quarantined, aliases, conflicts, damaged;
} HtSpoolFigures;

typedef struct HtSpoolAppender HtSpoolAppender;

/* `db` and `hasher` stay the caller's. `given_out` is the last sequence that was ever given out, as far as is known outside of the file:
 * what of it the file lacks is noted as lost, and is not given out again. `filter_bytes`: what filters before known keys may take. */
HtSpoolAppender *ht_spool_appender_new(sqlite3 *db, HtSpoolHasher *hasher, uint64_t given_out,
                                       uint64_t filter_bytes, GError **error);
void ht_spool_appender_free(HtSpoolAppender *appender);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolAppender, ht_spool_appender_free)

/* From now on what was committed is shown there. */
void ht_spool_appender_show(HtSpoolAppender *appender, HtSpoolTail *tail);

/* Takes the job's message, or keeps it in quarantine, and fills its receipt. On failure the transaction
 * must be rolled back: rows of this message may have been written. */
bool ht_spool_appender_take(HtSpoolAppender *appender, HtSpoolJob *job, GError **error);

/* Whether a failure since the last question came from what is known of one key or identity and cannot be read: it concerns the message that
 * asked for it only. */
bool ht_spool_appender_met_damage(HtSpoolAppender *appender);

/* Inside the transaction: events (of HtSpoolDamage) that were found damaged. */
bool ht_spool_appender_set_aside(HtSpoolAppender *appender, const GArray *damaged, GError **error);

/* Before COMMIT: what the group has gathered. */
bool ht_spool_appender_finish(HtSpoolAppender *appender, GError **error);

/* After COMMIT or ROLLBACK: the group's sequences, keys and figures count, or are given back. */
void ht_spool_appender_committed(HtSpoolAppender *appender);
void ht_spool_appender_rolled_back(HtSpoolAppender *appender);

/* As of the last commit. */
const HtSpoolFigures *ht_spool_appender_figures(const HtSpoolAppender *appender);
