/* Whether ThreadSanitizer sees what it is there for, and nothing where GLib keeps order (tsan-glib.c): `tsan-control CASE` does what CASE
 * names, each time with two threads and one number; check-tsan.sh says which cases must be reported. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    unsigned number;
    GMutex lock;
    GCond changed;
    GAsyncQueue *queue;
    GMainLoop *loop;
    void (*way)(void *shared);
} Shared;

static void add(void *data)
{
    ((Shared *)data)->number++;
}

static void add_locked(void *data)
{
    Shared *shared = data;
    g_mutex_lock(&shared->lock);
    add(shared);
    g_mutex_unlock(&shared->lock);
}

static void *run_way(void *data)
{
    ((Shared *)data)->way(data);
    return NULL;
}

/* Both threads do the same. */
static void both(Shared *shared, void (*way)(void *shared))
{
    shared->way = way;
    GThread *thread = g_thread_new("other", run_way, shared);
    way(shared);
    g_thread_join(thread);
}

static void race(Shared *shared)
{
    both(shared, add);
}

static void use_lock(Shared *shared)
{
    both(shared, add_locked);
}

static void wake(void *data)
{
    Shared *shared = data;
    g_mutex_lock(&shared->lock);
    add(shared);
    g_cond_signal(&shared->changed);
    g_mutex_unlock(&shared->lock);
}

static void use_condition(Shared *shared)
{
    shared->way = wake;
    GThread *thread = g_thread_new("other", run_way, shared);
    g_mutex_lock(&shared->lock);
    while (shared->number == 0) {
        g_cond_wait(&shared->changed, &shared->lock);
    }
    add(shared);
    g_mutex_unlock(&shared->lock);
    g_thread_join(thread);
}

static void take_and_add(void *data)
{
    add(g_async_queue_pop(((Shared *)data)->queue));
}

static void use_queue(Shared *shared)
{
    shared->queue = g_async_queue_new();
    shared->way = take_and_add;
    GThread *thread = g_thread_new("other", run_way, shared);
    add(shared);
    g_async_queue_push(shared->queue, shared);
    g_thread_join(thread);
    g_async_queue_unref(shared->queue);
}

/* As use_queue(), but the number is changed when it is another's. */
static void use_queue_too_late(Shared *shared)
{
    shared->queue = g_async_queue_new();
    shared->way = take_and_add;
    GThread *thread = g_thread_new("other", run_way, shared);
    g_async_queue_push(shared->queue, shared);
    add(shared);
    g_thread_join(thread);
    g_async_queue_unref(shared->queue);
}

static void add_pooled(void *item, void *user)
{
    (void)user;
    add(item);
}

static void use_pool(Shared *shared)
{
    GThreadPool *pool = g_thread_pool_new(add_pooled, NULL, 1, FALSE, NULL);
    add(shared);
    g_thread_pool_push(pool, shared, NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
    add(shared);
}

static gboolean add_and_end(void *data)
{
    add(data);
    g_main_loop_quit(((Shared *)data)->loop);
    return G_SOURCE_REMOVE;
}

static void attach(void *data)
{
    add(data);
    GSource *source = g_idle_source_new();
    g_source_set_callback(source, add_and_end, data, NULL);
    g_source_attach(source, NULL);
    g_source_unref(source);
}

static void use_main_loop(Shared *shared)
{
    shared->loop = g_main_loop_new(NULL, FALSE);
    shared->way = attach;
    GThread *thread = g_thread_new("other", run_way, shared);
    g_main_loop_run(shared->loop);
    g_thread_join(thread);
    g_main_loop_unref(shared->loop);
}

static void lock_twice(GMutex *first, GMutex *second)
{
    g_mutex_lock(first);
    g_mutex_lock(second);
    g_mutex_unlock(second);
    g_mutex_unlock(first);
}

/* One after the other here, but some day beside each other. */
static void lock_crosswise(Shared *shared)
{
    GMutex other;
    g_mutex_init(&other);
    lock_twice(&shared->lock, &other);
    lock_twice(&other, &shared->lock);
    g_mutex_clear(&other);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Shared *shared);
    } cases[] = {
        {"race", race},     {"late", use_queue_too_late}, {"crosswise", lock_crosswise},
        {"lock", use_lock}, {"condition", use_condition}, {"queue", use_queue},
        {"pool", use_pool}, {"loop", use_main_loop},
    };
    Shared shared = {.number = 0};
    g_mutex_init(&shared.lock);
    g_cond_init(&shared.changed);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run(&shared);
            return 0;
        }
    }
    fprintf(stderr, "usage: tsan-control CASE\n");
    return 2;
}
