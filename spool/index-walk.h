/* All entries of a store, over any connection (which should be in a read transaction): for checking, repairing, migrating and counting. */
#pragma once

#include "spool/index.h"

typedef struct {
    HtSpoolStore store;
    /* Each entry, and those that were put in its place later behind it; an HT_SPOOL_ENTRY_GONE takes out. False with an error ends the walk. */
    bool (*take)(const HtSpoolEntry *entry, void *user, GError **error);
    /* What is not as it was written. `lost`: entries are, so many at most; 0: how many is not known. May be NULL. */
    void (*damaged)(const char *what, bool lost, uint64_t entries, void *user);
    void *user;
} HtSpoolIndexWalk;

/* From the oldest. Blocks that can be made again are told as damaged, too, and taken. What cannot be read is told and passed over; an error is
 * a disk that fails. */
bool ht_spool_index_walk(sqlite3 *db, const HtSpoolIndexWalk *walk, GError **error);
