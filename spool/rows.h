/* Writing events: each goes into the row that is being made, and a row that is full, or the last of a group, into the tables `rows`
 * and `places`. Writer thread; also the migration, while the spool is opened. */
#pragma once

#include "spool/damage.h"
#include "spool/places.h"
#include "spool/tail.h"

typedef struct HtSpoolRows HtSpoolRows;

/* Both stay the caller's. */
HtSpoolRows *ht_spool_rows_new(sqlite3 *db, HtSpoolDamages *damages, GError **error);
void ht_spool_rows_free(HtSpoolRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolRows, ht_spool_rows_free)

/* From now on rows are shown there as well, after COMMIT. */
void ht_spool_rows_show(HtSpoolRows *rows, HtSpoolTail *tail);

/* Inside a transaction: the next event, of the message (messages.id). The record's own `message` is not used; NULL: an event that is
 * not there, in a sequence without gaps. A sequence that does not follow begins a new row. */
bool ht_spool_rows_add(HtSpoolRows *rows, uint64_t sequence, uint64_t message, const HtSpoolRecord *record,
                       GError **error);

/* The sequence at which the last good place ends. */
bool ht_spool_rows_last(HtSpoolRows *rows, uint64_t *last, GError **error);

/* Inside a transaction, of the last place's sequence and a higher one: what is between was given out and is lost. Damaged places above
 * are removed, and a place without a row says it, so that no number is given out again. */
bool ht_spool_rows_lose(HtSpoolRows *rows, uint64_t last, uint64_t lost_to, GError **error);

/* Before COMMIT: what is still in the row that is being made. */
bool ht_spool_rows_write(HtSpoolRows *rows, GError **error);

/* ---- Rows that stand nowhere yet: pieces of a message that is not there before it is whole ---- */

/* From now on rows are written without a place, and put into `places` (of HtSpoolPlace, of which `count` and `row` count); NULL: they stand
 * at once again. Inside a transaction; what is in the row that is being made is written first. Over when the transaction is rolled back. */
bool ht_spool_rows_loosen(HtSpoolRows *rows, GArray *places, GError **error);

/* Inside a transaction: they stand from `first` on, in their order, as events of this message. */
bool ht_spool_rows_place(HtSpoolRows *rows, const GArray *places, uint64_t first, uint64_t message,
                         GError **error);

/* Inside a transaction, before the first of them, and when they stand: rows may be left that stand nowhere. */
bool ht_spool_rows_mark(HtSpoolRows *rows, sqlite3 *db, uint64_t last_sequence, GError **error);
bool ht_spool_rows_unmark(sqlite3 *db, GError **error);

/* Inside a transaction, or alone: deletes those that are left since the mark, and the mark. Nothing when there is none. */
bool ht_spool_rows_sweep(sqlite3 *db, GError **error);

/* After the transaction. */
void ht_spool_rows_committed(HtSpoolRows *rows);
void ht_spool_rows_rolled_back(HtSpoolRows *rows);

/* Inside a transaction: an event, also one of that transaction; its texts live until the next one is added or asked for. One that is
 * found damaged is set aside. */
bool ht_spool_rows_find(HtSpoolRows *rows, uint64_t sequence, HtSpoolFound *found, GError **error);
