/* The check of what is known: keys and ties of identities. */
#pragma once

#include "spool/database.h"

/* Calls `find` for each finding; `last` is the last sequence. */
bool ht_spool_check_keys(sqlite3 *db, uint64_t last, void (*find)(const char *what, void *user), void *user,
                         GError **error);
