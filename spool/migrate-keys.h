/* From format 9 to 10: known keys and ties of identities from trees into segments. While the spool is opened, main thread. */
#pragma once

#include "spool/database.h"

/* Moves what is left of the older tables, slice by slice, each in a transaction: ended at any point, it goes on there at the next start.
 * Does nothing when there are none. */
bool ht_spool_migrate_keys(sqlite3 *db, GError **error);
