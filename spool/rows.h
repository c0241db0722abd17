/* Writing events: each goes into the row that is being made, and a row that is full, or the last of a group, into the tables `rows`
 * and `places`. Writer thread; also the migration, while the spool is opened. */
#pragma once

#include "spool/damage.h"
#include "spool/places.h"

typedef struct HtSpoolRows HtSpoolRows;

/* Both stay the caller's. */
HtSpoolRows *ht_spool_rows_new(sqlite3 *db, HtSpoolDamages *damages, GError **error);
void ht_spool_rows_free(HtSpoolRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolRows, ht_spool_rows_free)

/* Inside a transaction: the next event, of the message (messages.id). The record's own `message` is not used; NULL: an event that is
 * not there, in a sequence without gaps. A sequence that does not follow begins a new row. */
bool ht_spool_rows_add(HtSpoolRows *rows, uint64_t sequence, uint64_t message, const HtSpoolRecord *record,
                       GError **error);

/* Before COMMIT: what is still in the row that is being made. */
bool ht_spool_rows_write(HtSpoolRows *rows, GError **error);

/* After the transaction. */
void ht_spool_rows_committed(HtSpoolRows *rows);
void ht_spool_rows_rolled_back(HtSpoolRows *rows);

/* Inside a transaction: an event, also one of that transaction; its texts live until the next one is added or asked for. One that is
 * found damaged is set aside. */
bool ht_spool_rows_find(HtSpoolRows *rows, uint64_t sequence, HtSpoolFound *found, GError **error);
