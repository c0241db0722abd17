/* What pruning has to know of those who still want events. By the connection of look.h. Blocks. */
#pragma once

#include "spool/look.h"

typedef struct {
    uint64_t floor; /* each of the consumers, and each replay of theirs that runs, has what is up to here */
    uint64_t last;  /* the last sequence of a place */
    uint64_t page_bytes;
    GHashTable *dead; /* of uint64_t: dead letters of these consumers. The caller unrefs */
} HtSpoolKeeping;

/* `consumers`: their names, NULL-terminated; what the spool knows of others does not count. One that the spool does not know yet has nothing:
 * the floor is 0 then. Without consumers it is `last`. HT_SPOOL_ERROR. */
bool ht_spool_look_keeping(HtSpoolLook *look, const char *const *consumers, HtSpoolKeeping *keeping,
                           GError **error);
