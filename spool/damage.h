/* Events that are set aside: what was found at their place is not what was written. The table `damaged` keeps each once, with the
 * reason, when it was found, and the message and source whose event it was, so that the department can be asked again.
 * Writer thread. */
#pragma once

#include "core/base/event.h"
#include "spool/database.h"

/* One that was found. */
typedef struct {
    uint64_t sequence;
    HtStoredState state;
} HtSpoolDamage;

typedef struct HtSpoolDamages HtSpoolDamages;

/* `db` stays the caller's. */
HtSpoolDamages *ht_spool_damages_new(sqlite3 *db, GError **error);
void ht_spool_damages_free(HtSpoolDamages *damages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolDamages, ht_spool_damages_free)

/* What a state says, as a person reads it. */
const char *ht_spool_damage_reason(HtStoredState state);

/* Inside a transaction. Does nothing when the event is there already; else says it in the log. */
bool ht_spool_damages_set_aside(HtSpoolDamages *damages, uint64_t sequence, HtStoredState state,
                                GError **error);

/* Inside a transaction: all of these were given out and are not in the file any more. One row of the table, with the first one's message,
 * and one line of the log. */
bool ht_spool_damages_lose(HtSpoolDamages *damages, uint64_t first, uint64_t last, GError **error);

/* How many are set aside, those of an open transaction included. */
uint64_t ht_spool_damages_count(const HtSpoolDamages *damages);

/* After the transaction. */
void ht_spool_damages_committed(HtSpoolDamages *damages);
void ht_spool_damages_rolled_back(HtSpoolDamages *damages);
