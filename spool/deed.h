/* A change that is written with the marks of delivery (cursor.h): one SQL statement with its values. Made on the main thread, done
 * by the writer inside a transaction, in the order in which they were made and before the cursors. */
#pragma once

#include "spool/reasons.h"

typedef struct HtSpoolDeed HtSpoolDeed;

/* `types` has a letter for each value: i int64_t, t const char * (copied; NULL counts as empty), r the same, the reason of a dead letter, which is written as
 * reasons.h has it: the value before it is the sequence. `sql` is a literal. */
HtSpoolDeed *ht_spool_deed_new(const char *sql, const char *types, ...);
void ht_spool_deed_free(HtSpoolDeed *deed);

bool ht_spool_deed_do(const HtSpoolDeed *deed, sqlite3 *db, HtSpoolReasons *reasons, GError **error);

/* Hands it to the writer (transfer full), or frees it when the spool is being closed. In spool.c. */
void ht_spool_do(HtSpool *spool, HtSpoolDeed *deed);
