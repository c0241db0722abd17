/* A repair (repair.h) inside the writer's transaction: what is tied, what becomes of it, the event that says so. Writer
 * thread. */
#pragma once

#include "spool/job.h"
#include "spool/repair.h"
#include "spool/subject.h"

/* On its way with a job. */
struct HtSpoolMending {
    HtSpoolRepair asked; /* texts are owned */
    HtSpoolRepairDone done;
    void *user;
    /* Filled by the writer. */
    HtSpoolRepaired repaired;
    HtSpoolSubjectAnswer whose; /* of the event */
    HtBuffer data;              /* of the event */
    char time[40];
};

/* Copies `asked`. The job's message is the bus's own, without its event. */
HtSpoolJob *ht_spool_mending_new(const HtSpoolRepair *asked, void (*done)(HtSpoolTask *task));
void ht_spool_mending_free(HtSpoolMending *mending);

typedef struct HtSpoolMender HtSpoolMender;

/* All stay the caller's. */
HtSpoolMender *ht_spool_mender_new(sqlite3 *db, HtSpoolTies *ties, HtSpoolSubjects *subjects, GError **error);
void ht_spool_mender_free(HtSpoolMender *mender);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolMender, ht_spool_mender_free)

/* Changes the ties, writes the row of the audit, and puts the event into the job's message. What cannot be done is the job's
 * error, and nothing is changed. False as everywhere: the transaction must be rolled back. */
bool ht_spool_mender_run(HtSpoolMender *mender, HtSpoolJob *job, GError **error);
