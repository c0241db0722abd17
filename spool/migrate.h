/* What an older format keeps otherwise and takes longer than a step of the schema: events of format 5, a row each, into packed rows; known
 * keys of format 9 (migrate-keys.h). On the main thread, while the spool is opened. */
#pragma once

#include "spool/database.h"

/* In slices, each a transaction: what was moved is moved, whenever it ends. Does nothing when there is nothing left to move. The
 * progress goes to the log. HT_SPOOL_ERROR_FULL when the disk has no room for a slice more. */
bool ht_spool_migrate(sqlite3 *db, GError **error);
