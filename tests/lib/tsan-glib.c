/* What GLib synchronizes, told to ThreadSanitizer. GLib is not built with it, and its locks are futexes of its own, so that it would see
 * no order at all between our threads, and call each of their hand-overs a race. The linker puts these functions in front of GLib's
 * (--wrap, in a build with --sanitize=thread only), for our code alone; each calls GLib's and says what that has ordered. Nothing is said
 * of more than it orders: of a queue or a pool by the item, of a lock by the lock. Any thread. */
#include <glib.h>
#include <sanitizer/tsan_interface.h>
#include <stdbool.h>

/* NAME: GLib's function; ours stands before it. */
#define WRAPPED(type, name, arguments) \
    type __real_##name arguments;      \
    type __wrap_##name arguments;      \
    type __wrap_##name arguments

/* ---- Locks: also which are held when another is taken, so that orders that could dead-lock are found ---- */

WRAPPED(void, g_mutex_lock, (GMutex * mutex))
{
    __tsan_mutex_pre_lock(mutex, 0);
    __real_g_mutex_lock(mutex);
    __tsan_mutex_post_lock(mutex, 0, 0);
}

WRAPPED(gboolean, g_mutex_trylock, (GMutex * mutex))
{
    __tsan_mutex_pre_lock(mutex, __tsan_mutex_try_lock);
    gboolean held = __real_g_mutex_trylock(mutex);
    __tsan_mutex_post_lock(mutex, __tsan_mutex_try_lock | (held ? 0 : __tsan_mutex_try_lock_failed), 0);
    return held;
}

WRAPPED(void, g_mutex_unlock, (GMutex * mutex))
{
    __tsan_mutex_pre_unlock(mutex, 0);
    __real_g_mutex_unlock(mutex);
    __tsan_mutex_post_unlock(mutex, 0);
}

WRAPPED(void, g_mutex_clear, (GMutex * mutex))
{
    __tsan_mutex_destroy(mutex, 0);
    __real_g_mutex_clear(mutex);
}

WRAPPED(void, g_cond_wait, (GCond * cond, GMutex *mutex))
{
    __tsan_mutex_pre_unlock(mutex, 0);
    __tsan_mutex_post_unlock(mutex, 0);
    __real_g_cond_wait(cond, mutex);
    __tsan_mutex_pre_lock(mutex, 0);
    __tsan_mutex_post_lock(mutex, 0, 0);
}

WRAPPED(gboolean, g_cond_wait_until, (GCond * cond, GMutex *mutex, gint64 end_us))
{
    __tsan_mutex_pre_unlock(mutex, 0);
    __tsan_mutex_post_unlock(mutex, 0);
    gboolean signalled = __real_g_cond_wait_until(cond, mutex, end_us);
    __tsan_mutex_pre_lock(mutex, 0);
    __tsan_mutex_post_lock(mutex, 0, 0);
    return signalled;
}

/* ---- Once: who finds it done sees what was done ---- */

WRAPPED(void, g_once_init_leave, (void *place, gsize result))
{
    __tsan_release(place);
    __real_g_once_init_leave(place, result);
}

WRAPPED(gboolean, g_once_init_enter, (void *place))
{
    gboolean first = __real_g_once_init_enter(place);
    __tsan_acquire(place);
    return first;
}

typedef struct {
    GThreadFunc function;
    void *user;
    GOnce *once;
} Once;

static void *run_once(void *user)
{
    Once *call = user;
    void *result = call->function(call->user);
    __tsan_release(call->once);
    return result;
}

WRAPPED(void *, g_once_impl, (GOnce * once, GThreadFunc function, void *user))
{
    Once call = {function, user, once};
    void *result = __real_g_once_impl(once, run_once, &call);
    __tsan_acquire(once);
    return result;
}

/* ---- Queues: who takes an item sees what was done before it was put in ---- */

WRAPPED(void, g_async_queue_push, (GAsyncQueue * queue, void *item))
{
    __tsan_release(item);
    __real_g_async_queue_push(queue, item);
}

static void *taken(void *item)
{
    if (item) {
        __tsan_acquire(item);
    }
    return item;
}

WRAPPED(void *, g_async_queue_pop, (GAsyncQueue * queue))
{
    return taken(__real_g_async_queue_pop(queue));
}

WRAPPED(void *, g_async_queue_try_pop, (GAsyncQueue * queue))
{
    return taken(__real_g_async_queue_try_pop(queue));
}

/* ---- Pools of threads: the same, and who waits for the pool's end sees what all its tasks did ---- */

/* In the place of a pool's function; lives as long as the process, as do its threads. */
typedef struct {
    GFunc function;
    void *user;
} PoolWork;

static void run_pooled(void *item, void *user)
{
    PoolWork *work = user;
    __tsan_acquire(item);
    work->function(item, work->user);
    __tsan_release(work);
}

WRAPPED(GThreadPool *, g_thread_pool_new,
        (GFunc function, void *user, int most, gboolean exclusive, GError **error))
{
    PoolWork *work = g_new(PoolWork, 1);
    *work = (PoolWork){function, user};
    return __real_g_thread_pool_new(run_pooled, work, most, exclusive, error);
}

WRAPPED(gboolean, g_thread_pool_push, (GThreadPool * pool, void *item, GError **error))
{
    __tsan_release(item);
    return __real_g_thread_pool_push(pool, item, error);
}

WRAPPED(void, g_thread_pool_free, (GThreadPool * pool, gboolean immediate, gboolean wait))
{
    void *work = pool->user_data;
    __real_g_thread_pool_free(pool, immediate, wait);
    if (wait) {
        __tsan_acquire(work);
    }
}

/* ---- The main loop: a callback sees what was done before its source was attached ---- */

typedef struct {
    GSource *source; /* only as an address */
    GSourceFunc function;
    void *user;
    GDestroyNotify destroy;
} Callback;

static gboolean run_callback(void *user)
{
    Callback *callback = user;
    __tsan_acquire(callback);
    __tsan_acquire(callback->source);
    return callback->function(callback->user);
}

static void free_callback(void *user)
{
    Callback *callback = user;
    __tsan_acquire(callback);
    __tsan_acquire(callback->source);
    if (callback->destroy) {
        callback->destroy(callback->user);
    }
    g_free(callback);
}

/* Of idle sources and timeouts only: what other threads attach; the functions of the others take other arguments. */
WRAPPED(void, g_source_set_callback,
        (GSource * source, GSourceFunc function, void *user, GDestroyNotify destroy))
{
    if (source->source_funcs != &g_idle_funcs && source->source_funcs != &g_timeout_funcs) {
        __real_g_source_set_callback(source, function, user, destroy);
        return;
    }
    Callback *callback = g_new(Callback, 1);
    *callback = (Callback){source, function, user, destroy};
    __tsan_release(callback);
    __real_g_source_set_callback(source, run_callback, callback, free_callback);
}

WRAPPED(guint, g_source_attach, (GSource * source, GMainContext *context))
{
    __tsan_release(source);
    return __real_g_source_attach(source, context);
}

/* ---- Counted boxes: who frees one sees what all its holders did ---- */

static _Thread_local GDestroyNotify clear_box;

static void run_clear_box(void *box)
{
    __tsan_acquire(box);
    if (clear_box) {
        clear_box(box);
    }
}

WRAPPED(void, g_atomic_rc_box_release_full, (void *box, GDestroyNotify clear))
{
    GDestroyNotify outer = clear_box; /* a box may hold another */
    __tsan_release(box);
    clear_box = clear;
    __real_g_atomic_rc_box_release_full(box, run_clear_box);
    clear_box = outer;
}
