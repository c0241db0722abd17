/* What waits for the writer, and in which order it is committed: a large message in a group of its own, in turns with groups of small
 * ones, so that these wait for one large message at most; what the same source sends behind a large one stays behind it. Under the
 * writer's lock. */
#pragma once

#include "spool/job.h"

/* Begins as zeros but for the limits. */
typedef struct {
    uint64_t group;            /* messages of a group at most */
    uint64_t large_bytes;      /* a message from this on is large */
    HtSpoolTasks small, large; /* `large` also has what must stay behind a large one */
    bool large_next;
} HtSpoolQueue;

bool ht_spool_queue_is_empty(const HtSpoolQueue *queue);
void ht_spool_queue_add(HtSpoolQueue *queue, HtSpoolJob *job);

/* The next group; empty when nothing waits. */
HtSpoolTasks ht_spool_queue_take(HtSpoolQueue *queue);
