/* See queue.h. Main thread and writer thread, under the writer's lock. */
#include "spool/queue.h"

#define GROUP_BYTES ((size_t)16 << 20) /* a group ends here whatever its number of messages */

bool ht_spool_queue_is_empty(const HtSpoolQueue *queue)
{
    return !queue->small.first && !queue->large.first;
}

static bool is_large(const HtSpoolQueue *queue, const HtSpoolTask *task)
{
    return ht_spool_job_bytes((const HtSpoolJob *)task) >= queue->large_bytes;
}

/* Sources' names are interned: job.c. */
static bool is_behind_large(const HtSpoolQueue *queue, const HtSpoolJob *job)
{
    for (const HtSpoolTask *task = queue->large.first; task; task = task->next) {
        if (((const HtSpoolJob *)task)->message->source == job->message->source) {
            return true;
        }
    }
    return false;
}

void ht_spool_queue_add(HtSpoolQueue *queue, HtSpoolJob *job)
{
    bool waits = is_large(queue, &job->task) || is_behind_large(queue, job);
    ht_spool_tasks_add(waits ? &queue->large : &queue->small, &job->task);
}

static HtSpoolTasks take_from(HtSpoolQueue *queue, HtSpoolTasks *tasks)
{
    HtSpoolTasks group = {NULL, NULL};
    size_t bytes = 0;
    for (unsigned count = 0; tasks->first && count < queue->group && bytes < GROUP_BYTES; count++) {
        bool large = is_large(queue, tasks->first);
        if (large && count > 0) {
            break;
        }
        HtSpoolTask *task = ht_spool_tasks_take(tasks);
        bytes += ht_spool_job_bytes((HtSpoolJob *)task);
        ht_spool_tasks_add(&group, task);
        if (large) {
            break;
        }
    }
    return group;
}

HtSpoolTasks ht_spool_queue_take(HtSpoolQueue *queue)
{
    bool large = queue->large.first && (queue->large_next || !queue->small.first);
    queue->large_next = !large;
    return take_from(queue, large ? &queue->large : &queue->small);
}
