/* What leaves no row of its own, counted by the day and source: messages that were refused, and those that were sent again. The main
 * thread counts in memory; the table `days` gets it with the next commit, at least once a second and at the end. kill -9 loses the
 * counts of the last second, and no message. */
#pragma once

#include "spool/database.h"

/* Of HtSpoolDay; owns their names. */
GArray *ht_spool_days_new(void);

/* Adds to the entry of that day and source. */
void ht_spool_days_add(GArray *days, const HtSpoolDay *more);

/* Inside a transaction: adds to what is in the table. */
bool ht_spool_days_write(sqlite3 *db, const GArray *days, GError **error);

/* Those from `first` to `last`, in order of day and source (of HtSpoolDay); NULL on failure. The caller unrefs. */
GArray *ht_spool_days_read(sqlite3 *db, int first, int last, GError **error);
