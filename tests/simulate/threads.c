/* Real threads that hand a baton to each other, so that each has its own stack and thread-local data as in the bus. */
#include "tests/simulate/threads.h"

#include "tests/simulate/machine.h"
#include "tests/simulate/world.h"

#include <pthread.h>

#define THREADS_MAX 16

/* RESTING: goes on when no other can, before time passes. */
typedef enum { FREE, READY, WAITING, RESTING, ENDED } ThreadState;

typedef struct {
    ThreadState state;
    const void *waits_for; /* the condition, or the thread */
    int64_t until_us;
    bool woken; /* by the condition, not by the time */
    pthread_cond_t go;
    GThread *thread;
    GThreadFunc function;
    gpointer data, result;
} Thread;

static Thread threads[THREADS_MAX];
static Thread *running; /* whoever has the baton */
static pthread_mutex_t baton = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local Thread *self;

static Thread *add_thread(void)
{
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        if (threads[i].state == FREE) {
            threads[i] = (Thread){.state = READY, .until_us = INT64_MAX};
            pthread_cond_init(&threads[i].go, NULL);
            return &threads[i];
        }
    }
    world_fail("more threads than can be simulated");
}

void threads_begin(void)
{
    running = self = add_thread();
    pthread_mutex_lock(&baton);
}

static bool can_go(const Thread *thread)
{
    return thread->state == READY || (thread->state == WAITING && thread->until_us <= machine_monotonic());
}

static Thread *pick_among_ready(void)
{
    Thread *found = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        if (can_go(&threads[i]) && chance_in(&world->random, ++count)) {
            found = &threads[i];
        }
    }
    for (unsigned i = 0; !found && i < THREADS_MAX; i++) {
        found = threads[i].state == RESTING ? &threads[i] : NULL;
    }
    return found;
}

static Thread *pick(void)
{
    Thread *found = pick_among_ready();
    int64_t first_us = INT64_MAX;
    for (unsigned i = 0; !found && i < THREADS_MAX; i++) {
        if (threads[i].state == WAITING) {
            first_us = MIN(first_us, threads[i].until_us);
        }
    }
    if (!found && first_us == INT64_MAX) {
        world_fail("deadlock: no thread can go on, and none waits for a time");
    }
    if (!found) {
        machine_wait(first_us - machine_monotonic());
        found = pick_among_ready();
    }
    found->state = READY;
    found->until_us = INT64_MAX;
    return found;
}

/* Gives the baton away, and comes back with it. */
static void pass_on(void)
{
    running = pick();
    if (running != self) {
        pthread_cond_signal(&running->go);
    }
    while (running != self) {
        pthread_cond_wait(&self->go, &baton);
    }
}

void threads_yield(void)
{
    pass_on();
}

void threads_rest(void)
{
    self->state = RESTING;
    pass_on();
}

/* ---- What the linker puts in the place of GLib's ---- */

GThread *__wrap_g_thread_new(const char *name, GThreadFunc function, gpointer data);
gpointer __wrap_g_thread_join(GThread *thread);
void __wrap_g_mutex_lock(GMutex *mutex);
gboolean __wrap_g_mutex_trylock(GMutex *mutex);
void __wrap_g_mutex_unlock(GMutex *mutex);
void __wrap_g_cond_wait(GCond *condition, GMutex *mutex);
gboolean __wrap_g_cond_wait_until(GCond *condition, GMutex *mutex, int64_t until_us);
void __wrap_g_cond_signal(GCond *condition);
void __wrap_g_cond_broadcast(GCond *condition);
GThread *__real_g_thread_new(const char *name, GThreadFunc function, gpointer data);
gpointer __real_g_thread_join(GThread *thread);

static gpointer run_thread(gpointer data)
{
    self = data;
    pthread_mutex_lock(&baton);
    while (running != self) {
        pthread_cond_wait(&self->go, &baton);
    }
    self->result = self->function(self->data);
    self->state = ENDED;
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        if (threads[i].state == WAITING && threads[i].waits_for == self) {
            threads[i].state = READY;
        }
    }
    running = pick();
    pthread_cond_signal(&running->go);
    pthread_mutex_unlock(&baton);
    return self->result;
}

GThread *__wrap_g_thread_new(const char *name, GThreadFunc function, gpointer data)
{
    Thread *thread = add_thread();
    thread->function = function;
    thread->data = data;
    thread->thread = __real_g_thread_new(name, run_thread, thread);
    return thread->thread;
}

static void wait_for(const void *what, int64_t until_us)
{
    self->state = WAITING;
    self->waits_for = what;
    self->until_us = until_us;
    self->woken = false;
    pass_on();
}

gpointer __wrap_g_thread_join(GThread *thread)
{
    Thread *found = NULL;
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        found = threads[i].state != FREE && threads[i].thread == thread ? &threads[i] : found;
    }
    g_assert(found);
    while (found->state != ENDED) {
        wait_for(found, INT64_MAX);
    }
    found->state = FREE;
    pthread_mutex_unlock(&baton); /* its last breath */
    gpointer result = __real_g_thread_join(thread);
    pthread_mutex_lock(&baton);
    return result;
}

void __wrap_g_mutex_lock(GMutex *mutex)
{
    while (mutex->p) {
        threads_yield();
    }
    mutex->p = self;
}

gboolean __wrap_g_mutex_trylock(GMutex *mutex)
{
    gboolean is_free = mutex->p == NULL;
    mutex->p = is_free ? self : mutex->p;
    return is_free;
}

void __wrap_g_mutex_unlock(GMutex *mutex)
{
    g_assert(mutex->p == self);
    mutex->p = NULL;
}

gboolean __wrap_g_cond_wait_until(GCond *condition, GMutex *mutex, int64_t until_us)
{
    __wrap_g_mutex_unlock(mutex);
    wait_for(condition, until_us);
    __wrap_g_mutex_lock(mutex);
    return self->woken;
}

void __wrap_g_cond_wait(GCond *condition, GMutex *mutex)
{
    __wrap_g_cond_wait_until(condition, mutex, INT64_MAX);
}

static void wake(const GCond *condition, bool all)
{
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        if (threads[i].state == WAITING && threads[i].waits_for == condition) {
            threads[i].state = READY;
            threads[i].woken = true;
            if (!all) {
                return;
            }
        }
    }
}

void __wrap_g_cond_signal(GCond *condition)
{
    wake(condition, false);
}

void __wrap_g_cond_broadcast(GCond *condition)
{
    wake(condition, true);
}
