/* What waits for the writer, and in which order it is committed: small messages in groups, large ones beside them, one after the other,
 * piece by piece (pieces.h); what the same source sends behind a large one stays behind it. Under the writer's lock. */
#pragma once

#include "spool/job.h"

/* Begins as zeros but for the limits. */
typedef struct {
    uint64_t group;            /* messages of a group at most */
    uint64_t large_bytes;      /* a message from this on is large */
    HtSpoolTasks small, large; /* `large` also has what must stay behind a large one */
    const char *in_work;       /* source of the large one that is being taken; NULL: none is */
} HtSpoolQueue;

bool ht_spool_queue_is_empty(const HtSpoolQueue *queue);
void ht_spool_queue_add(HtSpoolQueue *queue, HtSpoolJob *job);

/* The next group; empty when nothing waits. When no large one is in work, the next one is taken out, too, and is in work from then on;
 * else NULL. */
HtSpoolJob *ht_spool_queue_take(HtSpoolQueue *queue, HtSpoolTasks *group);

/* The large one is done. */
void ht_spool_queue_done(HtSpoolQueue *queue);
