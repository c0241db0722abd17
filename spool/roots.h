/* Where each table begins, kept in a row of `meta`. `meta` itself begins on the same page in every spool, for it was made first; the others begin
 * wherever the versions that a file has gone through put them. For repairing a file whose first page, which says it, is lost (legible.h). */
#pragma once

#include "spool/database.h"

/* Of the tables and indices as they are now: after each change of the schema. */
bool ht_spool_roots_note(sqlite3 *db, GError **error);

/* What `from` has noted, as text; NULL: nothing, or it cannot be read. The caller frees. */
char *ht_spool_roots_read(sqlite3 *from);

/* The schema of `db` says from here on that its tables begin there, whether they do or not: nothing but copying its first page may follow. */
bool ht_spool_roots_put(sqlite3 *db, const char *roots, GError **error);
