/* Walking a table of a damaged file: all rows that can be read, in the order of their keys. What cannot is leapt over; where the keys
 * are no numbers (nor hashes), the rest is read from the other end. Command, main thread; the connection is the caller's. */
#pragma once

#include "spool/database.h"

typedef struct {
    const char *table, *columns; /* the first column is the key, by which the table is ordered */
    /* False with an error ends the walk. `row` is valid for the call. */
    bool (*take)(sqlite3_stmt *row, void *user, GError **error);
    void *user;
    uint64_t rows;  /* taken */
    uint64_t holes; /* places in it that could not be read */
} HtSpoolWalk;

bool ht_spool_walk(sqlite3 *db, HtSpoolWalk *walk, GError **error);

/* The tables of `to` (but for those in `without`, NULL-terminated) are filled with what can be read of the tables of the same names in
 * `from`; columns that one of them has not are left out. For each table with holes, and each whose rows `to` does not take,
 * `lost` is called. */
bool ht_spool_walk_copy(sqlite3 *from, sqlite3 *to, const char *const *without,
                        void (*lost)(const char *table, uint64_t rows, uint64_t holes, void *user),
                        void *user, GError **error);
