/* Where the clock was set back. Messages stand in the order of their commits. That is the order of the times at which they were received, but
 * for what each of them took, and for a clock that was set back: from there on a search by time has to begin anew. The number of the first
 * message behind each such turn is in the meta row "turns"; between two of them no message is earlier than one before it by as much as
 * HT_SPOOL_TURN_SLACK_US. A clock that is set forward makes no turn.
 *
 * A clock that goes to and fro for ever would make ever more of them: behind the last that is kept, times are in no order. */
#pragma once

#include "core/base/clock.h"
#include "spool/database.h"

#define HT_SPOOL_TURN_SLACK_US (600 * HT_SECOND)
#define HT_SPOOL_TURNS_MAX 256

typedef struct HtSpoolTurns HtSpoolTurns;

/* Reads them; of a spool that does not say, from its messages, once. `db` stays the caller's. */
HtSpoolTurns *ht_spool_turns_new(sqlite3 *db, GError **error);
void ht_spool_turns_free(HtSpoolTurns *turns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolTurns, ht_spool_turns_free)

/* Inside a transaction, of each message in turn: its number, and when it was received. */
bool ht_spool_turns_note(HtSpoolTurns *turns, uint64_t number, int64_t received_us, GError **error);

/* After the transaction. */
void ht_spool_turns_committed(HtSpoolTurns *turns);
void ht_spool_turns_rolled_back(HtSpoolTurns *turns);

/* Messages were put in otherwise: the next start finds the turns anew. */
bool ht_spool_turns_forget(sqlite3 *db, GError **error);

/* Messages between two turns. */
typedef struct {
    int64_t first, end; /* messages.id, the last one not included */
    bool sorted;        /* by time, but for the slack */
} HtSpoolStretch;

/* All messages there are, as stretches, in order (of HtSpoolStretch; none when there is no message). Any connection. The caller unrefs. */
GArray *ht_spool_turns_stretches(sqlite3 *db, GError **error);
