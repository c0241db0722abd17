/* Files; see file.h. Main-loop thread, and the thread of run_job().
 *
 * States, and the function that makes each:
 *
 *   IDLE    the files are the main loop's         ht_file_new(), take_result()
 *   WORKS   a job is with the thread, and the     push_job()
 *           files are the thread's
 *   RESTS   IDLE after a failure: nothing is      take_result(), by note_failure(); until the pause is over
 *           asked for (the disk is full, or too
 *           many files wait to be fetched)
 *
 * Invariants, checked by assert_idle() and in push_job():
 *   1. One job at a time; what it brings back is of the job that was pushed.
 *   2. Events are told as taken only by a job that has written them and synced (batchfile.h), each job once.
 *   3. RESTS has an end. */
#include "core/delivery/file.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/delivery/backoff.h"
#include "core/delivery/batchfile.h"
#include "core/base/timer.h"

typedef struct {
    HtTransport transport;
    const HtConsumerConfig *config;
    HtTransportOwner owner;
    HtBatchFiles *files;
    GHashTable *written; /* of uint64_t: in a file, and the spool does not know */
    GThreadPool *thread;
    HtTimer *timer;
    struct Job *job; /* with the thread, or its result is on its way; NULL: none */
    HtBackoff backoff;
    int64_t not_before_us; /* after a failure */
    int64_t rotate_us;     /* when the part is to be closed; 0: there is none */
} Files;

/* What the thread does. Made and freed on the main loop's. */
typedef struct Job {
    Files *owner;
    HtBuffer lines;
    bool rotate; /* also when it is not full */
    GError *append_error, *rotate_error;
    void (*done)(const HtSent *sent, void *user); /* NULL: it only rotates */
    void (*drop)(void *user);
    void *user;
    GSource *result; /* brings it back; attached by the thread */
} Job;

static void free_job(void *data)
{
    Job *job = data;
    if (job->done) {
        job->drop(job->user);
    }
    g_source_unref(job->result);
    ht_buffer_clear(&job->lines);
    g_clear_error(&job->append_error);
    g_clear_error(&job->rotate_error);
    g_free(job);
}

/* What the thread brought back is no longer anybody's. */
static void assert_idle(const Files *files)
{
    g_assert(!files->job);
    g_assert(files->backoff.failures == 0 || files->not_before_us > 0);
}

static void set_timer(Files *files)
{
    int64_t pause_us = files->backoff.failures > 0 ? files->not_before_us : INT64_MAX;
    int64_t rotate_us = files->rotate_us > 0 ? MAX(files->rotate_us, files->not_before_us) : INT64_MAX;
    ht_timer_set(files->timer, files->job ? INT64_MAX : MIN(pause_us, rotate_us));
}

/* ---- What the thread did ---- */

static void note_failure(Files *files, const GError *error)
{
    uint64_t pause_ms = ht_backoff_next(&files->backoff, 0);
    files->not_before_us = ht_clock_monotonic() + (int64_t)pause_ms * 1000;
    ht_log(files->backoff.failures == 1 ? HT_LOG_WARNING : HT_LOG_DEBUG, "delivery",
           "consumer %s: nothing can be written: %s", files->config->name, error->message);
}

static void note_result(Files *files, const Job *job)
{
    const GError *error = job->append_error ? job->append_error : job->rotate_error;
    if (error) {
        note_failure(files, error);
    } else {
        if (files->backoff.failures > 0) {
            ht_log(HT_LOG_INFO, "delivery", "consumer %s: files are written again", files->config->name);
        }
        files->backoff.failures = 0;
        files->not_before_us = 0;
    }
    bool has_part = ht_batch_files_has_part(files->files);
    if (!has_part || job->rotate) {
        files->rotate_us = 0;
    }
    if (has_part && files->rotate_us == 0) {
        files->rotate_us = ht_clock_monotonic() + (int64_t)files->config->rotate_ms * 1000;
    }
}

static gboolean take_result(void *user)
{
    Job *job = user;
    Files *files = job->owner;
    HtSent sent = {.kind = job->append_error ? HT_SENT_BACK : HT_SENT_TAKEN,
                   .reason = job->append_error ? "it cannot be written (see the log)" : NULL};
    void (*done)(const HtSent *, void *) = job->done;
    g_assert(files->job == job);
    files->job = NULL;
    note_result(files, job);
    assert_idle(files);
    job->done = NULL;
    set_timer(files);
    if (done) {
        done(&sent, job->user);
        set_timer(files);
    } else {
        files->owner.wake(files->owner.user);
    }
    return G_SOURCE_REMOVE;
}

static void run_job(void *data, void *user)
{
    (void)user;
    Job *job = data;
    HtBatchFiles *files = job->owner->files;
    if (ht_batch_files_append(files, ht_buffer_text(&job->lines), &job->append_error) &&
        (job->rotate || ht_batch_files_is_full(files))) {
        ht_batch_files_rotate(files, &job->rotate_error);
    }
    g_autoptr(GSource) result =
        g_source_ref(job->result); /* from here on the job is the main loop's, and may be gone */
    g_source_attach(result, NULL);
}

static void push_job(Files *files, Job *job)
{
    assert_idle(files);
    files->job = job;
    job->result = g_idle_source_new();
    g_source_set_priority(job->result, G_PRIORITY_DEFAULT);
    g_source_set_callback(job->result, take_result, job, free_job);
    set_timer(files);
    g_thread_pool_push(files->thread, job, NULL);
}

/* ---- What it is given to do ---- */

static unsigned room(HtTransport *transport)
{
    const Files *files = (const Files *)transport;
    bool rests = files->backoff.failures > 0 && files->not_before_us > ht_clock_monotonic();
    return files->job || rests ? 0 : transport->most;
}

static void send_events(HtTransport *transport, const HtOutgoing *outgoing)
{
    Files *files = (Files *)transport;
    Job *job = g_new0(Job, 1);
    *job = (Job){.owner = files, .done = outgoing->done, .drop = outgoing->drop, .user = outgoing->user};
    for (unsigned i = 0; i < outgoing->events->len; i++) {
        const HtStoredEvent *event = outgoing->events->pdata[i];
        if (!g_hash_table_remove(files->written, &event->sequence)) {
            ht_rendered_add(&outgoing->class, event, outgoing->bus, outgoing->policy, &job->lines);
            ht_buffer_add_char(&job->lines, '\n');
        }
    }
    push_job(files, job);
}

static void push_rotation(Files *files)
{
    Job *job = g_new0(Job, 1);
    *job = (Job){.owner = files, .rotate = true};
    push_job(files, job);
}

/* What was written last becomes a file. */
static bool finish(HtTransport *transport)
{
    Files *files = (Files *)transport;
    bool left = files->job || ht_batch_files_has_part(files->files);
    if (left && room(transport) > 0) {
        push_rotation(files);
    }
    return !left;
}

static gboolean on_timer(void *user)
{
    Files *files = user;
    if (files->rotate_us > 0 && files->rotate_us <= ht_clock_monotonic() && !files->job) {
        push_rotation(files);
    }
    files->owner.wake(files->owner.user);
    return G_SOURCE_CONTINUE;
}

/* ---- Beginning and end ---- */

/* Delivery has drained, mostly: what the thread still does is told to nobody, and found at the next start. */
static void free_files(HtTransport *transport)
{
    Files *files = (Files *)transport;
    g_autoptr(GError) error = NULL;
    ht_timer_free(files->timer);
    g_thread_pool_free(files->thread, FALSE, TRUE);
    if (files->job) {
        g_source_destroy(files->job->result);
    }
    if (!ht_batch_files_rotate(files->files, &error)) {
        ht_log(HT_LOG_WARNING, "delivery", "consumer %s: the last file is closed at the next start: %s",
               files->config->name, error->message);
    }
    ht_batch_files_free(files->files);
    g_hash_table_unref(files->written);
    g_free(files);
}

HtTransport *ht_file_new(const HtConsumerConfig *config, const HtTransportOwner *owner, uint64_t cursor,
                         int64_t replay, GString *errors)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) written = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    HtBatchOptions options = {.directory = config->directory,
                              .name = config->name,
                              .replay = replay,
                              .rotate_bytes = config->rotate_bytes,
                              .most_bytes = config->files_bytes,
                              .keep_ms = config->keep_files_ms};
    HtBatchFiles *batch_files = ht_batch_files_open(&options, cursor, written, &error);
    if (!batch_files) {
        g_string_append_printf(errors, "%s:%u: error: [consumer %s] directory: %s\n", config->file,
                               config->line, config->name, error->message);
        return NULL;
    }
    Files *files = g_new0(Files, 1);
    files->transport = (HtTransport){.most = (unsigned)config->batch,
                                     .room = room,
                                     .send = send_events,
                                     .finish = finish,
                                     .free = free_files};
    files->config = config;
    files->owner = *owner;
    files->files = batch_files;
    files->written = g_steal_pointer(&written);
    files->backoff = (HtBackoff){config->retry_first_ms, MIN(config->probe_ms, config->retry_max_ms), 0};
    files->thread = g_thread_pool_new(run_job, NULL, 1, FALSE, NULL);
    files->timer = ht_timer_new(on_timer, files);
    return &files->transport;
}
