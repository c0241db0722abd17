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
    if (queue->in_work && queue->in_work == job->message->source) {
        return true;
    }
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

/* The next of these that is small, if the group has room. */
static HtSpoolTask *take_small(const HtSpoolQueue *queue, HtSpoolTasks *tasks, unsigned count, size_t bytes)
{
    bool fits = tasks->first && count < queue->group && bytes < GROUP_BYTES;
    return fits && !is_large(queue, tasks->first) ? ht_spool_tasks_take(tasks) : NULL;
}

HtSpoolJob *ht_spool_queue_take(HtSpoolQueue *queue, HtSpoolTasks *group)
{
    size_t bytes = 0;
    HtSpoolTask *task;
    *group = (HtSpoolTasks){NULL, NULL};
    for (unsigned count = 0; (task = take_small(queue, &queue->small, count, bytes)) ||
                             (!queue->in_work && (task = take_small(queue, &queue->large, count, bytes)));
         count++) {
        bytes += ht_spool_job_bytes((HtSpoolJob *)task);
        ht_spool_tasks_add(group, task);
    }
    if (queue->in_work || !queue->large.first || !is_large(queue, queue->large.first)) {
        return NULL;
    }
    HtSpoolJob *large = (HtSpoolJob *)ht_spool_tasks_take(&queue->large);
    queue->in_work = large->message->source;
    return large;
}

void ht_spool_queue_done(HtSpoolQueue *queue)
{
    queue->in_work = NULL;
}
