/* The way back from the spool's threads to the main loop: what a thread has finished is put in here and
 * handed back by one source of the main context, in order, all that have gathered at once. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Begins every piece of work that goes to a thread and comes back. */
typedef struct HtSpoolTask HtSpoolTask;
struct HtSpoolTask {
    HtSpoolTask *next;
    void (*done)(HtSpoolTask *task); /* on the main loop; frees the task */
};

/* Tasks in a row. */
typedef struct {
    HtSpoolTask *first, *last;
} HtSpoolTasks;

void ht_spool_tasks_add(HtSpoolTasks *tasks, HtSpoolTask *task);

/* Takes the first one out, NULL when there is none. */
HtSpoolTask *ht_spool_tasks_take(HtSpoolTasks *tasks);

typedef struct HtSpoolCompletions HtSpoolCompletions;

/* Made on the main thread. `after` runs each time when tasks were done. */
HtSpoolCompletions *ht_spool_completions_new(GMainContext *context, void (*after)(void *user), void *user);

/* Does what is left, without `after`. */
void ht_spool_completions_free(HtSpoolCompletions *completions);

/* Any thread. `tasks` is emptied; nothing happens when it is empty. */
void ht_spool_completions_post(HtSpoolCompletions *completions, HtSpoolTasks *tasks);
