/* The writer's thread and queue. The lock is held for moments only, never during a commit. */
#include "spool/writer.h"

#include "core/base/clock.h"

#define MARKS_US (HT_SECOND / 10) /* marks alone are committed within this time */
#define FIGURES_US HT_SECOND      /* and figures */
#define MARKS_RETRY_US HT_SECOND  /* when they could not be written */

struct HtSpoolWriter {
    HtSpoolCommitter *committer; /* the thread's own */
    HtSpoolCompletions *completions;
    GThread *thread;

    GMutex lock;
    GCond wake, flushed;
    /* Under the lock. */
    HtSpoolQueue jobs;
    HtSpoolMarks *marks;
    int64_t marks_due;
    bool waiting, stopping;
    int64_t waits_until; /* when it looks by itself, while it waits */
    int64_t look_at; /* once more after each group: marks follow most of them, and need not wake it then */
    uint64_t flush_wanted, flush_done; /* tickets */
    bool flush_good;
    HtSpoolStatus status;
};

typedef enum { WORK, IDLE, END } Next;

/* With the lock held: what is to be done now; waits until there is something. */
static Next wait_for_work(HtSpoolWriter *writer)
{
    for (;;) {
        if (!ht_spool_queue_is_empty(&writer->jobs) || ht_spool_committer_has_large(writer->committer) ||
            writer->flush_done < writer->flush_wanted) {
            return WORK;
        }
        if (writer->stopping) {
            return END;
        }
        int64_t now = ht_clock_monotonic();
        int64_t marks_due = ht_spool_marks_are_empty(writer->marks) ? INT64_MAX : writer->marks_due;
        int64_t idle_due = ht_spool_committer_next(writer->committer);
        if (now >= marks_due) {
            return WORK;
        }
        if (now >= idle_due) {
            return IDLE;
        }
        int64_t due = MIN(MIN(marks_due, idle_due), writer->look_at > now ? writer->look_at : INT64_MAX);
        writer->waiting = true;
        writer->waits_until = due;
        if (due == INT64_MAX) {
            g_cond_wait(&writer->wake, &writer->lock);
        } else {
            g_cond_wait_until(&writer->wake, &writer->lock, due);
        }
        writer->waiting = false;
    }
}

/* With the lock held: what goes into one transaction. */
static HtSpoolGroup take_group(HtSpoolWriter *writer)
{
    HtSpoolGroup group = {.marks = writer->marks};
    writer->marks = ht_spool_marks_new();
    if (!ht_spool_committer_wants_alone(writer->committer)) {
        group.large = ht_spool_queue_take(&writer->jobs, &group.jobs);
    }
    return group;
}

/* With the lock held, which is let go for the time of the commit. */
static void commit_group(HtSpoolWriter *writer)
{
    HtSpoolGroup group = take_group(writer);
    uint64_t ticket = writer->flush_wanted;
    g_mutex_unlock(&writer->lock);
    bool marks_written = ht_spool_committer_run(writer->committer, &group);
    g_mutex_lock(&writer->lock);
    if (!ht_spool_committer_has_large(writer->committer)) {
        ht_spool_queue_done(&writer->jobs);
    }
    if (marks_written) {
        ht_spool_marks_free(group.marks);
    } else {
        ht_spool_marks_put_back(writer->marks, group.marks);
        writer->marks_due = ht_clock_monotonic() + MARKS_RETRY_US;
    }
    ht_spool_committer_status(writer->committer, &writer->status);
    writer->flush_good = marks_written;
    if (writer->flush_done != ticket) { /* somebody waits */
        writer->flush_done = ticket;
        g_cond_broadcast(&writer->flushed);
    }
    writer->look_at = ht_clock_monotonic() + MARKS_US;
    g_mutex_unlock(&writer->lock);
    ht_spool_completions_post(writer->completions, &group.jobs);
    ht_spool_committer_rest(writer->committer);
    g_mutex_lock(&writer->lock);
    /* The disk may have failed at a checkpoint, after which there may be no other group to say so. */
    ht_spool_committer_status(writer->committer, &writer->status);
}

static gpointer run(gpointer data)
{
    HtSpoolWriter *writer = data;
    g_mutex_lock(&writer->lock);
    for (Next next = wait_for_work(writer); next != END; next = wait_for_work(writer)) {
        if (next == WORK) {
            commit_group(writer);
            continue;
        }
        g_mutex_unlock(&writer->lock);
        ht_spool_committer_idle(writer->committer, ht_clock_monotonic());
        g_mutex_lock(&writer->lock);
        ht_spool_committer_status(writer->committer, &writer->status);
    }
    g_mutex_unlock(&writer->lock);
    ht_spool_committer_end(writer->committer);
    return NULL;
}

HtSpoolWriter *ht_spool_writer_start(HtSpoolCommitter *committer, HtSpoolCompletions *completions,
                                     const HtSpoolLimits *limits)
{
    HtSpoolWriter *writer = g_new0(HtSpoolWriter, 1);
    writer->committer = committer;
    writer->completions = completions;
    writer->jobs = (HtSpoolQueue){.group = limits->group, .large_bytes = limits->large_bytes};
    writer->marks = ht_spool_marks_new();
    g_mutex_init(&writer->lock);
    g_cond_init(&writer->wake);
    g_cond_init(&writer->flushed);
    ht_spool_committer_status(committer, &writer->status);
    writer->thread = g_thread_new("spool-writer", run, writer);
    return writer;
}

/* With the lock held: a futex call only when the thread is asleep. */
static void wake_up(HtSpoolWriter *writer)
{
    if (writer->waiting) {
        writer->waiting = false;
        g_cond_signal(&writer->wake);
    }
}

void ht_spool_writer_stop(HtSpoolWriter *writer)
{
    if (!writer) {
        return;
    }
    g_mutex_lock(&writer->lock);
    writer->stopping = true;
    writer->flush_wanted++;
    wake_up(writer);
    g_mutex_unlock(&writer->lock);
    g_thread_join(writer->thread);
    ht_spool_marks_free(writer->marks);
    g_cond_clear(&writer->wake);
    g_cond_clear(&writer->flushed);
    g_mutex_clear(&writer->lock);
    g_free(writer);
}

void ht_spool_writer_append(HtSpoolWriter *writer, HtSpoolJob *job)
{
    g_mutex_lock(&writer->lock);
    ht_spool_queue_add(&writer->jobs, job);
    wake_up(writer);
    g_mutex_unlock(&writer->lock);
}

/* With the lock held. While it waits it mostly looks soon enough by itself. */
static void expect_at(HtSpoolWriter *writer, int64_t due)
{
    writer->marks_due = due;
    if (writer->waits_until > due) {
        wake_up(writer);
    }
}

/* With the lock held, before the first mark is put in. */
static void expect_marks(HtSpoolWriter *writer)
{
    if (ht_spool_marks_can_wait(writer->marks)) {
        expect_at(writer, ht_clock_monotonic() + MARKS_US);
    }
}

void ht_spool_writer_move(HtSpoolWriter *writer, const char *consumer, const HtSpoolCursor *cursor)
{
    g_mutex_lock(&writer->lock);
    expect_marks(writer);
    ht_spool_marks_move(writer->marks, consumer, cursor);
    g_mutex_unlock(&writer->lock);
}

void ht_spool_writer_add_deed(HtSpoolWriter *writer, HtSpoolDeed *deed)
{
    g_mutex_lock(&writer->lock);
    expect_marks(writer);
    ht_spool_marks_add_deed(writer->marks, deed);
    g_mutex_unlock(&writer->lock);
}

void ht_spool_writer_add_damage(HtSpoolWriter *writer, const HtSpoolDamage *damage)
{
    g_mutex_lock(&writer->lock);
    expect_marks(writer);
    ht_spool_marks_add_damage(writer->marks, damage);
    g_mutex_unlock(&writer->lock);
}

void ht_spool_writer_count(HtSpoolWriter *writer, const HtSpoolDay *more)
{
    g_mutex_lock(&writer->lock);
    if (ht_spool_marks_are_empty(writer->marks)) {
        expect_at(writer, ht_clock_monotonic() + FIGURES_US);
    }
    ht_spool_marks_count(writer->marks, more);
    g_mutex_unlock(&writer->lock);
}

bool ht_spool_writer_flush(HtSpoolWriter *writer)
{
    g_mutex_lock(&writer->lock);
    uint64_t ticket = ++writer->flush_wanted;
    wake_up(writer);
    while (writer->flush_done < ticket) {
        g_cond_wait(&writer->flushed, &writer->lock);
    }
    bool good = writer->flush_good;
    g_mutex_unlock(&writer->lock);
    return good;
}

void ht_spool_writer_status(HtSpoolWriter *writer, HtSpoolStatus *status)
{
    g_mutex_lock(&writer->lock);
    *status = writer->status;
    g_mutex_unlock(&writer->lock);
}

uint64_t ht_spool_writer_last_sequence(HtSpoolWriter *writer)
{
    g_mutex_lock(&writer->lock);
    uint64_t last = writer->status.last_sequence;
    g_mutex_unlock(&writer->lock);
    return last;
}
