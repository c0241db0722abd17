/* Jobs and their messages: made and freed on the main thread, worked on by the writer. */
#include "spool/job.h"

#include "spool/chore.h"
#include "spool/mend.h"

HtSpoolJob *ht_spool_job_new(HtSpoolMessage *message, const char *reason, void (*done)(HtSpoolTask *task))
{
    HtSpoolJob *job = g_new0(HtSpoolJob, 1);
    job->task.done = done;
    job->message = message;
    message->source = g_intern_string(message->source); /* as many as there are configured sources */
    job->reason = g_strdup(reason);
    return job;
}

uint32_t ht_spool_message_count(const HtSpoolMessage *message)
{
    const GArray *events = message->packed ? message->packed : message->events;
    return events ? events->len : 0;
}

bool ht_spool_message_event(const HtSpoolMessage *message, uint32_t index, HtEvent *event, GError **error)
{
    if (!message->packed) {
        *event = g_array_index(message->events, HtEvent, index);
    } else if (!ht_event_unpack_again(g_array_index(message->packed, HtText, index), event)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_MESSAGE, "spool: an event cannot be read");
        return false;
    }
    for (unsigned attr = 0; attr < HT_ATTR_COUNT; attr++) {
        if (message->attr[attr].data) {
            event->attr[attr] = message->attr[attr];
        }
    }
    return true;
}

void ht_spool_job_reset(HtSpoolJob *job)
{
    g_clear_pointer(&job->kept, g_bytes_unref);
    g_clear_pointer(&job->kept_type, g_bytes_unref);
    job->receipt = (HtReceipt){0};
    job->taken = false;
}

size_t ht_spool_job_bytes(const HtSpoolJob *job)
{
    const HtSpoolMessage *message = job->message;
    return (message->backing ? g_bytes_get_size(message->backing) : 0) +
           (message->payload ? g_bytes_get_size(message->payload) : 0);
}

static void free_message(HtSpoolMessage *message)
{
    g_clear_pointer(&message->payload, g_bytes_unref);
    g_clear_pointer(&message->faults, g_array_unref);
    g_clear_pointer(&message->events, g_array_unref);
    g_clear_pointer(&message->packed, g_array_unref);
    g_clear_pointer(&message->backing, g_bytes_unref);
    g_free(message);
}

void ht_spool_job_free(HtSpoolJob *job)
{
    if (job) {
        ht_spool_job_reset(job);
        free_message(job->message);
        g_clear_error(&job->error);
        ht_spool_mending_free(job->mending);
        ht_spool_work_free(job->chore);
        g_free(job->reason);
        g_free(job);
    }
}
