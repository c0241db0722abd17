/* One run of a host, see run.h. Bus, main-loop thread.
 *
 * States, and the function that makes each:
 *
 *   STARTING  ht_run_start()
 *   SERVING   ht_run_serve()
 *   STOPPING  ht_run_stop()
 *   DYING     ht_run_kill(), ht_run_lost(), ht_run_give_up()
 *   (gone)    ht_run_free(), after `ended` or without waiting for it
 *
 *   STARTING -> SERVING -> STOPPING -> DYING -> gone; from each state to DYING, and from each to gone.
 *
 * What may be trusted: nothing that the process says, ever; its pid until on_child_exit(); what `current` says as a hint of who is to
 * blame. In DYING nothing is written and nothing more is heard, but for what the process had written before it died.
 *
 * Invariants, asserted by check() at each transition:
 *   1. While it is starting or serving it is listened to, and there is a process or its exit is being told.
 *   2. What is not listened to has an empty outbox: nothing is kept for a process that will not read it.
 *   3. It served exactly if it was ready; it was told to stop if it is stopping.
 *   4. Nobody is blamed for a run that goes on: `blames` only in DYING.
 *   5. It is listened to once: what was detached never listens again.
 *   6. While it is paused nothing of it is heard, its exit included; what it wrote waits, the socket's end, too. */
#include "plugins/run.h"

#include "core/base/beside.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>

#define READ_BYTES (256 * 1024)
#define READS_AT_ONCE 4
#define KEEP_BYTES (1024 * 1024)

static void check(const HtRun *run)
{
    g_assert(!ht_run_is_up(run) || run->io);
    g_assert(run->io || (ht_outbox_waiting(&run->outbox) == 0 && run->input.size == 0));
    g_assert(run->state != HT_RUN_SERVING || run->was_ready);
    g_assert(run->state != HT_RUN_STOPPING || run->told_to_stop);
    g_assert(!run->blames || run->state == HT_RUN_DYING);
    g_assert(run->blames || run->blamed == 0);
    g_assert(!run->paused || !run->socket_tag);
}

static HtRun *ref(HtRun *run)
{
    run->references++;
    return run;
}

static void unref(HtRun *run)
{
    if (--run->references == 0) {
        g_free(run);
    }
}

/* ---- The socket ---- */

static void detach(HtRun *run)
{
    if (run->io) {
        g_source_destroy(run->io);
        g_clear_pointer(&run->io, g_source_unref);
    }
    ht_outbox_clear(&run->outbox);
    ht_buffer_clear(&run->input);
}

/* A large body is handed over with the buffer that it lies in; only what follows it is copied. */
static void give_frame(HtRun *run, HtBuffer *input, size_t *done, const HtFrame *frame)
{
    size_t start = *done + HT_FRAME_HEAD;
    HtText body = {input->data + start, frame->size};
    g_autoptr(GBytes) owned = NULL;
    *done = start + frame->size;
    if (frame->size >= HT_BESIDE_BYTES) {
        HtBuffer rest = {.data = NULL};
        ht_buffer_add(&rest, input->data + *done, input->size - *done);
        g_autoptr(GBytes) all = ht_beside_bytes(input->data, input->size);
        owned = g_bytes_new_from_bytes(all, start, frame->size);
        *input = rest;
        *done = 0;
    }
    run->events->frame(run->user, frame, body, owned);
}

/* Gives the whole frames in `input` to the owner, who may pause the run, or detach it: then the rest is of no interest. */
static bool take_frames(HtRun *run)
{
    HtBuffer input = run->input;
    HtFrame frame;
    size_t done = 0;
    int found = 0;
    run->input = (HtBuffer){0};
    while (run->io && !run->paused &&
           (found = ht_frame_peek(input.data + done, input.size - done, run->frame_bytes, &frame)) > 0) {
        give_frame(run, &input, &done, &frame);
    }
    if (run->io && found < 0) {
        run->events->garbled(run->user);
    }
    if (!run->io) {
        ht_buffer_clear(&input);
        return false;
    }
    if (done > 0) {
        memmove(input.data, input.data + done, input.size - done);
        input.size -= done;
    }
    if (input.size == 0) {
        ht_buffer_reset(&input, KEEP_BYTES);
    }
    run->input = input;
    return true;
}

static bool read_once(HtRun *run, bool *more)
{
    char *to = ht_buffer_reserve(&run->input, READ_BYTES);
    ssize_t size = recv(run->process.fd, to, READ_BYTES, MSG_DONTWAIT);
    *more = size == READ_BYTES;
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (size <= 0) {
        run->events->gone(run->user);
        return false;
    }
    run->input.size += (size_t)size;
    return take_frames(run);
}

/* Takes what is in the socket. True when there may be more. */
static bool receive(HtRun *run)
{
    bool more = true;
    for (unsigned reads = 0; more && run->io && !run->paused && reads < READS_AT_ONCE; reads++) {
        more = read_once(run, &more) && more;
    }
    return more;
}

typedef struct {
    GSource source;
    HtRun *run;
    bool gone;
} SocketSource;

static void send_waiting(SocketSource *source)
{
    HtRun *run = source->run;
    HtOutboxState state = ht_outbox_send(&run->outbox, run->process.fd);
    source->gone = state == HT_OUTBOX_GONE;
    bool full = state == HT_OUTBOX_FULL;
    if (full != run->socket_full && run->socket_tag) {
        g_source_modify_unix_fd(&source->source, run->socket_tag, full ? G_IO_IN | G_IO_OUT : G_IO_IN);
    }
    run->socket_full = full;
}

/* Before the loop sleeps: everything that was given to the host in this turn goes out with one system call. */
static gboolean prepare_socket(GSource *base, int *timeout_ms)
{
    SocketSource *source = (SocketSource *)base;
    HtRun *run = source->run;
    *timeout_ms = -1;
    if (!run->socket_full && !source->gone) {
        send_waiting(source);
    }
    return run->events->can_refill(run->user);
}

/* Nothing while it is paused. */
static GIOCondition find_condition(GSource *base)
{
    const HtRun *run = ((SocketSource *)base)->run;
    return run->socket_tag ? g_source_query_unix_fd(base, run->socket_tag) : 0;
}

static gboolean check_socket(GSource *base)
{
    const HtRun *run = ((SocketSource *)base)->run;
    return find_condition(base) != 0 || run->events->can_refill(run->user);
}

/* A peer that has gone is found out by reading to the end: its last answers count. */
static gboolean dispatch_socket(GSource *base, GSourceFunc callback, void *user)
{
    (void)callback;
    (void)user;
    SocketSource *source = (SocketSource *)base;
    HtRun *run = ref(source->run);
    GIOCondition found = find_condition(base);
    if (found & G_IO_OUT) {
        send_waiting(source);
    }
    if (found & (G_IO_IN | G_IO_HUP | G_IO_ERR)) {
        receive(run);
    }
    if (run->io) {
        run->events->refill(run->user);
    }
    unref(run);
    return G_SOURCE_CONTINUE;
}

static void attach(HtRun *run)
{
    static GSourceFuncs functions = {
        .prepare = prepare_socket, .check = check_socket, .dispatch = dispatch_socket};
    run->io = g_source_new(&functions, sizeof(SocketSource));
    ((SocketSource *)run->io)->run = run;
    g_source_set_can_recurse(run->io, TRUE); /* it does not: see core/base/timer.h */
    run->socket_tag = g_source_add_unix_fd(run->io, run->process.fd, G_IO_IN);
    g_source_attach(run->io, NULL);
}

/* ---- Start and death ---- */

/* First what it had still written: answers that need not be worked out again. One that is paused has time. */
static void tell_exit(HtRun *run)
{
    while (run->io && !run->paused && receive(run)) {
    }
    if (!run->freed && !run->paused) {
        g_clear_pointer(&run->child, g_source_unref);
        run->events->ended(run->user, run->exit_status);
    }
}

static void on_child_exit(GPid pid, int status, void *user)
{
    (void)pid;
    HtRun *run = ref(user);
    run->process.pid = 0;
    run->exited = true;
    run->exit_status = status;
    tell_exit(run);
    unref(run);
}

void ht_run_pause(HtRun *run)
{
    g_assert(run->io && !run->paused);
    run->paused = true;
    g_source_remove_unix_fd(run->io, run->socket_tag);
    run->socket_tag = NULL;
    check(run);
}

void ht_run_resume(HtRun *run)
{
    g_assert(run->paused);
    run->paused = false;
    ref(run);
    if (run->io) {
        run->socket_tag =
            g_source_add_unix_fd(run->io, run->process.fd, run->socket_full ? G_IO_IN | G_IO_OUT : G_IO_IN);
        take_frames(run);
    }
    if (run->exited && !run->paused) {
        tell_exit(run);
    }
    unref(run);
}

static void watch_child(HtRun *run)
{
    run->child = g_child_watch_source_new(run->process.pid);
    g_source_set_callback(run->child, G_SOURCE_FUNC(on_child_exit), run, NULL);
    g_source_attach(run->child, NULL);
}

HtRun *ht_run_start(const HtRunOptions *options, const HtRunEvents *events, void *user, GError **error)
{
    HtProcess process;
    if (!ht_process_spawn(&process, options->program, options->title, error)) {
        return NULL;
    }
    HtRun *run = g_new0(HtRun, 1);
    run->references = 1;
    run->state = HT_RUN_STARTING;
    run->process = process;
    run->outbox = HT_OUTBOX_EMPTY;
    run->frame_bytes = options->frame_bytes;
    run->events = events;
    run->user = user;
    run->started_us = run->active_us = g_get_monotonic_time();
    watch_child(run);
    attach(run);
    ht_frame_add(&run->outbox.gather, HT_FRAME_START, 0, options->start);
    check(run);
    return run;
}

bool ht_run_is_up(const HtRun *run)
{
    return run->state == HT_RUN_STARTING || run->state == HT_RUN_SERVING;
}

void ht_run_serve(HtRun *run)
{
    g_assert(run->state == HT_RUN_STARTING);
    run->state = HT_RUN_SERVING;
    run->was_ready = true;
    run->active_us = run->current.since_us = g_get_monotonic_time();
    check(run);
}

void ht_run_answered(HtRun *run)
{
    run->active_us = g_get_monotonic_time();
    run->answers++;
}

void ht_run_stop(HtRun *run)
{
    g_assert(run->state == HT_RUN_SERVING);
    ht_frame_add(&run->outbox.gather, HT_FRAME_STOP, 0, HT_TEXT_NONE);
    run->state = HT_RUN_STOPPING;
    run->told_to_stop = true;
    check(run);
}

void ht_run_give_up(HtRun *run)
{
    run->gave_up = true;
    detach(run);
    run->state = HT_RUN_DYING;
    check(run);
}

void ht_run_lost(HtRun *run)
{
    if (!run->told_to_stop && run->state != HT_RUN_DYING) {
        ht_process_kill(&run->process);
        run->state = HT_RUN_DYING;
    }
    detach(run);
    check(run);
}

void ht_run_kill(HtRun *run, uint64_t blame)
{
    g_assert(run->state != HT_RUN_DYING);
    ht_process_kill(&run->process);
    detach(run);
    run->state = HT_RUN_DYING;
    run->blames = true;
    run->blamed = blame;
    check(run);
}

uint64_t ht_run_culprit(const HtRun *run)
{
    return run->blames ? run->blamed : ht_process_current(&run->process);
}

void ht_run_free(HtRun *run, unsigned grace_ms)
{
    run->freed = true;
    if (run->io && run->state == HT_RUN_STOPPING) {
        ht_outbox_send(&run->outbox, run->process.fd);
    }
    if (run->child) {
        g_source_destroy(run->child);
        g_clear_pointer(&run->child, g_source_unref);
    }
    detach(run);
    ht_process_end(&run->process, run->state == HT_RUN_STOPPING ? grace_ms : 0);
    unref(run);
}
