/* Sealing what was written before values were sealed, in slices, each a transaction: what is sealed is sealed, whenever it ends. On the main thread, while the
 * spool is opened. */
#pragma once

#include "spool/database.h"

/* Does nothing when the vault does not seal (and looks at all again when it does), or all is sealed. A row that is damaged stays as it is. Then the WAL is
 * emptied: no copy is left in it. The progress goes to the log. HT_SPOOL_ERROR. */
bool ht_spool_seal_older(sqlite3 *db, GError **error);
