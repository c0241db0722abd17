/* Chores: made and answered on the main thread, done by the writer. */
#include "spool/chore.h"

#include "spool/appending.h"
#include "spool/hooks.h"

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
    if (chore->runs) {
        g_array_ref(chore->runs);
    }
    return work;
}

void ht_spool_work_free(HtSpoolWork *work)
{
    if (work) {
        g_clear_pointer(&work->asked.runs, g_array_unref);
        g_free(work);
    }
}

static bool drop_held(HtSpoolWork *work, HtSpoolAppender *appender, GError **error)
{
    bool found;
    bool good = ht_spool_quarantine_drop(appender->quarantine, &work->asked.id, &found, error);
    work->count = found;
    return good;
}

/* What is free at the end of the file is cut off by the next checkpoint. Nothing in a file that was not made for it: stock.h. */
static bool give_back(HtSpoolWork *work, sqlite3 *db, GError **error)
{
    g_autofree char *vacuum = g_strdup_printf("PRAGMA incremental_vacuum(%u)", work->asked.pages);
    int64_t before, after;
    if (!ht_spool_database_number(db, "PRAGMA page_count", &before, error) ||
        !ht_spool_database_run(db, vacuum, error) ||
        !ht_spool_database_number(db, "PRAGMA page_count", &after, error)) {
        return false;
    }
    work->count = (uint64_t)MAX(before - after, 0);
    return true;
}

bool ht_spool_work_run(HtSpoolWork *work, HtSpoolAppender *appender, GError **error)
{
    work->count = 0;
    switch (work->asked.kind) {
    case HT_SPOOL_CHORE_DROP_HELD: return drop_held(work, appender, error);
    case HT_SPOOL_CHORE_HOLLOW:
        ht_spool_step("hollow");
        return ht_spool_hollower_run(appender->hollower, work->asked.runs, &work->count, error);
    case HT_SPOOL_CHORE_FORGET:
        ht_spool_step("forget");
        return ht_spool_hollower_forget(appender->hollower, work->asked.runs, &work->count, error);
    case HT_SPOOL_CHORE_GIVE_BACK: ht_spool_step("give-back"); return give_back(work, appender->db, error);
    }
    return true;
}

void ht_spool_work_answer(HtSpoolWork *work, const GError *error)
{
    work->done(error ? 0 : work->count, error, work->user);
}
