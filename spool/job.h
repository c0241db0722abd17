/* One message on its way through the writer and back. */
#pragma once

#include "spool/completions.h"
#include "spool/spool.h"

typedef struct HtSpoolMending HtSpoolMending; /* mend.h */
typedef struct HtSpoolWork HtSpoolWork;       /* chore.h */

typedef struct {
    HtSpoolTask task; /* first: a job is a task */
    HtSpoolMessage *message;
    char *reason;            /* why it goes to quarantine, NULL when it is to be taken */
    HtSpool *spool;          /* main thread only */
    HtSpoolMending *mending; /* an administrator's change of who is who; NULL of a department's message */
    HtSpoolWork *chore; /* what is to be done instead of taking a message; NULL: a message is to be taken */
    bool empty;         /* nothing is to be taken: it comes back when what was asked before it is on disk */
    HtSpoolDone done;
    void *user;

    bool taken;        /* by the writer, in the transaction that is open or was committed */
    HtReceipt receipt; /* filled by the writer; its reply points into the message or into `kept` */
    GBytes *kept, *kept_type;
    GError *error;
} HtSpoolJob;

/* Takes over `message`. `done` runs on the main loop when the job comes back; it ends with
 * ht_spool_job_free(). */
HtSpoolJob *ht_spool_job_new(HtSpoolMessage *message, const char *reason, void (*done)(HtSpoolTask *task));

/* How many events the message has. */
uint32_t ht_spool_message_count(const HtSpoolMessage *message);

/* One of them, with what the message adds to each. HT_SPOOL_ERROR_MESSAGE when it cannot be read. */
bool ht_spool_message_event(const HtSpoolMessage *message, uint32_t index, HtEvent *event, GError **error);

/* Forgets what a rolled back transaction had found out. */
void ht_spool_job_reset(HtSpoolJob *job);

/* About how much memory its content takes. */
size_t ht_spool_job_bytes(const HtSpoolJob *job);

void ht_spool_job_free(HtSpoolJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolJob, ht_spool_job_free)
