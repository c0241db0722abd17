/* Completions: filled on the writer, reader and main threads, run on the main thread. */
#include "spool/completions.h"

struct HtSpoolCompletions {
    GMutex lock;
    HtSpoolTasks tasks; /* under the lock */
    GSource *source;
    void (*after)(void *user);
    void *user;
};

typedef struct {
    GSource source;
    HtSpoolCompletions *completions;
} CompletionsSource;

void ht_spool_tasks_add(HtSpoolTasks *tasks, HtSpoolTask *task)
{
    task->next = NULL;
    if (tasks->last) {
        tasks->last->next = task;
    } else {
        tasks->first = task;
    }
    tasks->last = task;
}

HtSpoolTask *ht_spool_tasks_take(HtSpoolTasks *tasks)
{
    HtSpoolTask *task = tasks->first;
    if (task) {
        tasks->first = task->next;
        tasks->last = tasks->first ? tasks->last : NULL;
        task->next = NULL;
    }
    return task;
}

static bool run_all(HtSpoolCompletions *completions)
{
    g_mutex_lock(&completions->lock);
    HtSpoolTasks tasks = completions->tasks;
    completions->tasks = (HtSpoolTasks){NULL, NULL};
    g_mutex_unlock(&completions->lock);
    bool any = tasks.first != NULL;
    HtSpoolTask *task;
    while ((task = ht_spool_tasks_take(&tasks))) {
        task->done(task);
    }
    return any;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
    (void)callback;
    (void)user;
    HtSpoolCompletions *completions = ((CompletionsSource *)source)->completions;
    g_source_set_ready_time(source, -1); /* before taking: what is posted from now on makes it ready again */
    run_all(completions);
    completions->after(completions->user);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_functions = {.dispatch = dispatch};

HtSpoolCompletions *ht_spool_completions_new(GMainContext *context, void (*after)(void *user), void *user)
{
    HtSpoolCompletions *completions = g_new0(HtSpoolCompletions, 1);
    g_mutex_init(&completions->lock);
    completions->after = after;
    completions->user = user;
    completions->source = g_source_new(&source_functions, sizeof(CompletionsSource));
    ((CompletionsSource *)completions->source)->completions = completions;
    g_source_set_name(completions->source, "spool");
    g_source_attach(completions->source, context);
    return completions;
}

void ht_spool_completions_free(HtSpoolCompletions *completions)
{
    if (!completions) {
        return;
    }
    g_source_destroy(completions->source);
    while (run_all(completions)) { /* a callback may have posted another */
    }
    g_source_unref(completions->source);
    g_mutex_clear(&completions->lock);
    g_free(completions);
}

void ht_spool_completions_post(HtSpoolCompletions *completions, HtSpoolTasks *tasks)
{
    if (!tasks->first) {
        return;
    }
    g_mutex_lock(&completions->lock);
    bool was_empty = !completions->tasks.first;
    if (was_empty) {
        completions->tasks = *tasks;
    } else {
        completions->tasks.last->next = tasks->first;
        completions->tasks.last = tasks->last;
    }
    g_mutex_unlock(&completions->lock);
    *tasks = (HtSpoolTasks){NULL, NULL};
    if (was_empty) {
        g_source_set_ready_time(completions->source, 0);
    }
}
