/* Work on what the spool keeps, asked for by the main loop and done by the writer beside messages, in their transactions: what keeps it
 * small. Each chore is small enough that others do not wait for it; who has more to do asks for the next when one is done. Chores are done
 * also while intake is stopped for want of room: they make some. */
#pragma once

#include "spool/append.h"

typedef enum {
    HT_SPOOL_CHORE_DROP_HELD, /* the message `id` is to be in quarantine no longer; counts 1, or 0 when it was not */
    HT_SPOOL_CHORE_HOLLOW, /* the events of `runs` are to be kept no longer (hollow.h); counts those that were */
    HT_SPOOL_CHORE_FORGET, /* of the messages (messages.id) of `runs` that came to no event nothing is to be kept but that they are known; counts those of which something was */
    HT_SPOOL_CHORE_GIVE_BACK, /* at most `pages` free pages are to be given back to the disk; counts those that were */
} HtSpoolChoreKind;

typedef struct {
    HtSpoolChoreKind kind;
    HtUuid id;
    GArray *
        runs; /* of HtSpoolRun, ascending, apart from each other: of a megabyte of rows or so. It takes a reference */
    unsigned pages;
} HtSpoolChore;

/* `count`: of what the chore counts; on disk. With an error nothing was done. */
typedef void (*HtSpoolChoreDone)(uint64_t count, const GError *error, void *user);

/* Asks for it; what `chore` points to is copied. In spool.c. */
void ht_spool_chore(HtSpool *spool, const HtSpoolChore *chore, HtSpoolChoreDone done, void *user);

/* ---- On its way ---- */

HtSpoolWork *ht_spool_work_new(const HtSpoolChore *chore, HtSpoolChoreDone done, void *user);
void ht_spool_work_free(HtSpoolWork *work);

/* Writer thread, inside a transaction; anew when that was rolled back. */
bool ht_spool_work_run(HtSpoolWork *work, HtSpoolAppender *appender, GError **error);

/* Main thread: tells who asked. */
void ht_spool_work_answer(HtSpoolWork *work, const GError *error);
