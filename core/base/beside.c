/* See beside.h. `work` runs on the pool's threads, everything else on the main-loop thread; bytes may be let go of on any. */
#include "core/base/beside.h"

#include <stdbool.h>

#define THREADS 2
#define MUCH_BYTES ((size_t)4 << 20)

struct HtBeside {
    void (*work)(void *data);
    void (*done)(void *user);
    void *data, *user;
    GSource *source; /* runs `done` */
    GMutex lock;
    GCond over;
    bool is_over; /* under the lock */
};

/* What the pool's queue holds. */
typedef struct {
    HtBeside *beside; /* or */
    void *memory;     /* to be given back */
} Task;

static void run_task(void *data, void *user)
{
    Task *task = data;
    HtBeside *beside = task->beside;
    (void)user;
    g_free(task->memory);
    g_free(task);
    if (!beside) {
        return;
    }
    beside->work(beside->data);
    g_mutex_lock(&beside->lock);
    beside->is_over = true;
    g_source_set_ready_time(beside->source, 0);
    g_cond_broadcast(&beside->over);
    g_mutex_unlock(&beside->lock);
}

static void *make_pool(void *unused)
{
    (void)unused;
    return g_thread_pool_new(run_task, NULL, THREADS, FALSE, NULL);
}

/* The pool is there as long as the process; its threads end when they are idle. */
static void push(Task task)
{
    static GOnce once = G_ONCE_INIT;
    GThreadPool *pool = g_once(&once, make_pool, NULL);
    g_thread_pool_push(pool, g_memdup2(&task, sizeof task), NULL);
}

static gboolean dispatch(GSource *source, GSourceFunc callback, void *user)
{
    (void)source;
    return callback(user);
}

static gboolean tell(void *user)
{
    HtBeside *beside = user;
    g_source_set_ready_time(beside->source, -1);
    beside->done(beside->user); /* which may free it */
    return G_SOURCE_CONTINUE;
}

HtBeside *ht_beside_start(void (*work)(void *data), void (*done)(void *user), void *data, void *user)
{
    static GSourceFuncs functions = {.dispatch = dispatch};
    HtBeside *beside = g_new0(HtBeside, 1);
    beside->work = work;
    beside->done = done;
    beside->data = data;
    beside->user = user;
    g_mutex_init(&beside->lock);
    g_cond_init(&beside->over);
    beside->source = g_source_new(&functions, sizeof(GSource));
    g_source_set_callback(beside->source, tell, beside, NULL);
    g_source_attach(beside->source, NULL);
    push((Task){.beside = beside});
    return beside;
}

void ht_beside_wait(HtBeside *beside)
{
    g_mutex_lock(&beside->lock);
    while (!beside->is_over) {
        g_cond_wait(&beside->over, &beside->lock);
    }
    g_mutex_unlock(&beside->lock);
}

void ht_beside_free(HtBeside *beside)
{
    ht_beside_wait(beside);
    g_source_destroy(beside->source);
    g_source_unref(beside->source);
    g_mutex_clear(&beside->lock);
    g_cond_clear(&beside->over);
    g_free(beside);
}

static void give_back(void *memory)
{
    push((Task){.memory = memory});
}

GBytes *ht_beside_bytes(void *memory, size_t size)
{
    return size < MUCH_BYTES ? g_bytes_new_take(memory, size)
                             : g_bytes_new_with_free_func(memory, size, give_back, memory);
}
