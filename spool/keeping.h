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

/* A message that came to no event, and of which a payload or faults are kept. */
typedef struct {
    uint64_t number; /* messages.id: they rise in the order in which they came */
    const char *source;
    int64_t
        received_us; /* at the latest: a clock that was ahead, and was set back later, had made some younger than they are */
    uint64_t bytes; /* of what is kept, on disk */
} HtSpoolEventless;

/* Calls `each` for those above `after` and up to `until`, in order, which bounds how long it takes; and no more when it gives back false. */
bool ht_spool_look_eventless(HtSpoolLook *look, uint64_t after, uint64_t until,
                             bool (*each)(const HtSpoolEventless *message, void *user), void *user,
                             GError **error);

/* The last messages.id; 0: none. */
bool ht_spool_look_last_message(HtSpoolLook *look, uint64_t *last, GError **error);
