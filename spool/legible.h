/* A damaged spool that SQLite can open: the file as it stands; or a copy of it beside it, when its first page, which says where all tables begin, cannot
 * be read, or when it is of an older format.
 *
 * The first page is taken from a new spool of the same page size. `meta` begins where it does there, and says where the other tables begin (roots.h); where
 * that cannot be read, they are where a new one has them, unless an older version made them. Whether they are is told by the row of `meta` with the site key's check, or by messages.
 * For repairing (salvage.h). */
#pragma once

#include "spool/salvage.h"

#include <sqlite3.h>

/* Of "spool.db" in the directory. NULL: neither can it be opened, nor a copy of it; `error` says what to do. What was made goes away by
 * ht_spool_legible_forget(), when the connection is closed, or there is none. */
sqlite3 *ht_spool_legible_open(const HtSpoolSalvage *asked, GError **error);
void ht_spool_legible_forget(const char *directory);
