/* Chores: made and answered on the main thread, done by the writer. */
#include "spool/chore.h"

#include "spool/appending.h"

struct HtSpoolWork {
    HtSpoolChore asked;
    uint64_t count;
    HtSpoolChoreDone done;
    void *user;
};

HtSpoolWork *ht_spool_work_new(const HtSpoolChore *chore, HtSpoolChoreDone done, void *user)
{
    HtSpoolWork *work = g_new(HtSpoolWork, 1);
    *work = (HtSpoolWork){*chore, 0, done, user};
    return work;
}

void ht_spool_work_free(HtSpoolWork *work)
{
    g_free(work);
}

static bool drop_held(HtSpoolWork *work, HtSpoolAppender *appender, GError **error)
{
    bool found;
    bool good = ht_spool_quarantine_drop(appender->quarantine, &work->asked.id, &found, error);
    work->count = found;
    return good;
}

bool ht_spool_work_run(HtSpoolWork *work, HtSpoolAppender *appender, GError **error)
{
    work->count = 0;
    switch (work->asked.kind) {
    case HT_SPOOL_CHORE_DROP_HELD: return drop_held(work, appender, error);
    }
    return true;
}

void ht_spool_work_answer(HtSpoolWork *work, const GError *error)
{
    work->done(error ? 0 : work->count, error, work->user);
}
