/* Looking at a spool's content. ht_spool_check() is declared in spool.h. */
#pragma once

#include "spool/database.h"

/* The quick look when the last run did not end cleanly: SQLite's quick_check as far as it comes in half a
 * second (for a file of moderate size), and the last events. HT_SPOOL_ERROR_CORRUPT. */
bool ht_spool_check_quickly(sqlite3 *db, const char *path, GError **error);
