/* A host: the policy over its runs. Bus, main-loop thread.
 *
 * States, and the function that makes each:
 *
 *   STOPPED    no run, and nothing to do                        ht_host_new(); start_if_wanted()
 *   RUNS       a run (run.h has its own states)                 start_run()
 *   THROTTLED  no run; the next may start at wake_us            throttle()
 *   BROKEN     no run; adapter or mapping is bad; tried         go_broken()
 *              again at wake_us
 *   (freed)                                                     ht_host_free()
 *
 *   STOPPED -> RUNS, at need; RUNS -> STOPPED (told to stop) | RUNS (again) | THROTTLED | BROKEN;
 *   THROTTLED, BROKEN -> RUNS at wake_us; THROTTLED -> STOPPED when nothing waits any more.
 *
 * What a death means (on_ended() and what it calls: the one place that decides it):
 *   - the ticket that it worked on, or the one for whose sake it was killed, gets a strike; the others are
 *     given to the next run in their order;
 *   - after good work, or with nothing to do, the next run may start at once;
 *   - else after a pause that doubles from 100 ms to 5 s; and when five died so while they worked on nothing,
 *     the adapter or the machine is to blame: everything that waits is told so, and new messages are refused
 *     until the next try.
 * A host that says FAILED is broken: adapter or mapping is bad. It is tried again after 1 s, doubling to a
 * minute, so that a file that was put right is found without anybody asking.
 *
 * What may be trusted: in RUNS, only what run.c says of it. A frame that is not what may come now, or not what its type says, ends that run.
 *
 * Invariants, asserted by check() at each transition:
 *   1. There is a run in RUNS, and only then.
 *   2. Tickets are connected exactly while a run is up: nothing is written to a process that is dying or told to stop.
 *   3. THROTTLED and BROKEN have a time at which they end, and a reason to tell.
 *   4. In STOPPED, and in BROKEN when it begins, nothing waits.
 *   5. While a large result is read (reading.h) its run is paused: nothing happens to it, the watchdog included.
 *   6. A host that was freed has no run and no tickets: only whoever is inside a callback still holds it. */
#include "plugins/supervisor.h"

#include "core/base/log.h"
#include "core/base/timer.h"
#include "plugins/heard.h"
#include "plugins/reading.h"
#include "plugins/run.h"
#include "plugins/said.h"
#include "plugins/scrub.h"
#include "plugins/watch.h"

#define PAUSE_FIRST_US 100000
#define PAUSE_MOST_US 5000000
#define BROKEN_FIRST_US 1000000
#define BROKEN_MOST_US 60000000
#define STOP_GRACE_US 2000000

/* So many deaths in a row without an answer while it worked on nothing: new messages are refused until the next try. */
#define DEATHS_DOWN 5

typedef enum { STOPPED, RUNS, THROTTLED, BROKEN } State;

struct HtHost {
    unsigned references; /* the owner, and whoever is inside a callback */
    bool freed;
    State state;
    HtRun *run;
    HtTickets *tickets;
    HtTimer *timer;  /* the one timer: what time means depends on the state */
    int64_t wake_us; /* when it fires */

    char *name; /* "host SOURCE", for the log */
    char *source, *program;
    HtLimits limits;
    HtBuffer start; /* what START carries, packed */
    uint64_t frame_bytes;

    bool restarting;           /* the next start follows a death */
    unsigned early_deaths;     /* in a row, before an answer: makes the pauses longer */
    unsigned blameless_deaths; /* of these, while it worked on nothing */
    unsigned failures;         /* in a row of FAILED */
    uint64_t messages, restarts, kills;
    char *adapter_version;
    char *reason;
    bool keeps_warnings;
    HtSaid said;
    HtResultReading *reading; /* a large result is being read, and the run paused; NULL: none */
};

static void check(const HtHost *host)
{
    g_assert((host->run != NULL) == (host->state == RUNS));
    if (!host->tickets) {
        g_assert(host->freed && !host->run && !host->timer);
        return;
    }
    bool pauses = host->state == THROTTLED || host->state == BROKEN;
    g_assert(!host->reading || (host->run && host->run->paused));
    g_assert(ht_tickets_are_connected(host->tickets) == (host->run && ht_run_is_up(host->run)));
    g_assert(!pauses || (host->wake_us != INT64_MAX && host->reason));
    g_assert((host->state != STOPPED && host->state != BROKEN) || ht_tickets_waiting(host->tickets) == 0);
}

static HtHost *ref(HtHost *host)
{
    host->references++;
    return host;
}

static void unref(HtHost *host)
{
    if (--host->references > 0) {
        return;
    }
    ht_buffer_clear(&host->start);
    g_free(host->name);
    g_free(host->source);
    g_free(host->program);
    g_free(host->adapter_version);
    g_free(host->reason);
    ht_said_clear(&host->said);
    g_free(host);
}

static void set_reason(HtHost *host, const char *reason)
{
    char *copy = g_strdup(reason);
    g_free(host->reason);
    host->reason = copy;
}

static void wake_at(HtHost *host, int64_t time_us)
{
    host->wake_us = time_us;
    ht_timer_set(host->timer, time_us);
}

static void wake_in(HtHost *host, int64_t pause_us)
{
    wake_at(host, g_get_monotonic_time() + pause_us);
}

/* ---- Runs: start ---- */

static int64_t double_pause(int64_t first_us, int64_t most_us, unsigned times)
{
    return times > 16 ? most_us : MIN(first_us << times, most_us);
}

static void throttle(HtHost *host)
{
    host->state = THROTTLED;
    wake_in(host, double_pause(PAUSE_FIRST_US, PAUSE_MOST_US, host->early_deaths));
    host->early_deaths++;
}

static const HtRunEvents events;

/* On failure the host is throttled and `reason` set; no callback runs. */
static bool start_run(HtHost *host)
{
    g_autoptr(GError) error = NULL;
    HtRunOptions options = {host->program, host->source, ht_buffer_text(&host->start), host->frame_bytes};
    host->restarts += host->restarting;
    host->restarting = false;
    host->run = ht_run_start(&options, &events, host, &error);
    if (!host->run) {
        g_autofree char *reason = g_strdup_printf("hutong-host cannot be started: %s", error->message);
        ht_log(HT_LOG_ERROR, host->name, "%s", reason);
        set_reason(host, reason);
        host->blameless_deaths++;
        throttle(host);
        check(host);
        return false;
    }
    host->state = RUNS;
    ht_tickets_connect(host->tickets, &host->run->outbox);
    wake_at(host, host->run->started_us + (int64_t)host->limits.start_ms * 1000);
    check(host);
    return true;
}

static void fail_all(HtHost *host, HtHostErrorCode code)
{
    const char *reason = host->reason ? host->reason : "no reason is known";
    g_autofree char *down = g_strdup_printf("the host cannot be started: %s", reason);
    ht_tickets_fail_all(host->tickets, code, code == HT_HOST_ERROR_DOWN ? down : reason);
}

/* Starts when there is work, else rests. When it cannot be started time and again, whoever waits is told. */
static void start_if_wanted(HtHost *host)
{
    if (ht_tickets_waiting(host->tickets) == 0) {
        host->state = STOPPED;
        wake_at(host, INT64_MAX);
        check(host);
    } else if (!start_run(host) && host->blameless_deaths >= DEATHS_DOWN) {
        fail_all(host, HT_HOST_ERROR_DOWN);
    }
}

/* ---- Runs: end ---- */

static void kill_run(HtHost *host, uint64_t blame, const char *reason)
{
    if (host->run->state == HT_RUN_DYING) {
        return;
    }
    ht_log(HT_LOG_WARNING, host->name, "killed: %s", reason);
    set_reason(host, reason);
    host->kills++;
    ht_tickets_disconnect(host->tickets);
    ht_run_kill(host->run, blame);
    wake_at(host, INT64_MAX);
    check(host);
}

static void stop_run(HtHost *host)
{
    ht_tickets_disconnect(host->tickets);
    ht_run_stop(host->run);
    wake_in(host, STOP_GRACE_US);
    check(host);
}

static void go_broken(HtHost *host)
{
    host->state = BROKEN;
    wake_in(host, double_pause(BROKEN_FIRST_US, BROKEN_MOST_US, host->failures));
    host->failures++;
    fail_all(host, HT_HOST_ERROR_ADAPTER);
}

/* A message that is taken out of the way for ever is progress too. */
static void go_on_after_death(HtHost *host, const HtRun *run, const HtTicketsDeath *death)
{
    bool early = run->answers == 0 && (ht_tickets_waiting(host->tickets) > 0 || !run->was_ready);
    host->restarting = true;
    bool pause = !ht_tickets_settle_death(host->tickets, death) && early;
    host->blameless_deaths = pause && death->culprit == 0 ? host->blameless_deaths + 1 : 0;
    host->early_deaths = pause ? host->early_deaths : 0;
    if (!pause) {
        start_if_wanted(host);
        return;
    }
    throttle(host);
    if (host->blameless_deaths >= DEATHS_DOWN) {
        fail_all(host, HT_HOST_ERROR_DOWN);
    }
}

/* The culprit's number, 0 when there is none: what it worked on counts only if the process was given it. */
static uint64_t find_culprit(const HtHost *host, const HtRun *run)
{
    HtTicketView view;
    uint64_t number = ht_run_culprit(run);
    bool given =
        ht_tickets_find(host->tickets, number, &view) ? view.sent : ht_tickets_streams(host->tickets, number);
    return number != 0 && given ? number : 0;
}

/* What is told of a death, in the log and as the host's reason. */
static char *describe_death(const HtHost *host, const HtTicketsDeath *death, int status)
{
    char limit[HT_LIMIT_TEXT];
    g_autofree char *how = ht_process_describe(status);
    if (!death->no_memory) {
        return g_steal_pointer(&how);
    }
    ht_limit_name(ht_limit_of(&host->limits, &host->limits.memory_bytes), limit);
    return g_strdup_printf("ran out of memory: it may have %s (%s)", limit, how);
}

static void on_ended(void *user, int status)
{
    HtHost *host = ref(user);
    HtRun *run = g_steal_pointer(&host->run);
    HtTicketsDeath death = {.culprit = find_culprit(host, run),
                            .no_memory = !run->blames && ht_process_ran_out(&run->process),
                            .served = run->answers > 0};
    g_autofree char *how = describe_death(host, &death, status);
    host->state = STOPPED;
    ht_tickets_disconnect(host->tickets);
    if (run->gave_up) {
        go_broken(host);
    } else if (run->told_to_stop && !run->blames) {
        if (status != 0) {
            ht_log(HT_LOG_WARNING, host->name, "was told to stop and %s", how);
        }
        start_if_wanted(host);
    } else {
        ht_log(HT_LOG_WARNING, host->name, "%s while it worked on %s; %u messages wait", how,
               death.culprit != 0 ? "a message" : "nothing", ht_tickets_waiting(host->tickets));
        if (!run->blames) {
            set_reason(host, how);
        }
        go_on_after_death(host, run, &death);
    }
    ht_run_free(run, 0);
    check(host);
    ht_tickets_run_late(host->tickets);
    unref(host);
}

static void on_gone(void *user)
{
    HtHost *host = user;
    bool stopping = host->run->told_to_stop;
    ht_tickets_disconnect(host->tickets);
    ht_run_lost(host->run);
    if (!stopping) {
        wake_at(host, INT64_MAX);
    }
    check(host);
}

/* ---- What it says ---- */

/* Charged to the message that it worked on or, if it says it has none, to the oldest one that it owes an answer. */
static void kill_for_frame(HtHost *host, const char *reason)
{
    HtTicketView view = {0};
    uint64_t current = ht_process_current(&host->run->process);
    if (!ht_tickets_find(host->tickets, current, &view)) {
        ht_tickets_find(host->tickets, 0, &view);
    }
    kill_run(host, view.number, reason);
}

/* Why a frame of this type may not come now; NULL: it may. */
static const char *find_untimely(const HtHost *host, const HtFrame *frame)
{
    bool starting = host->run->state == HT_RUN_STARTING, serving = host->run->state == HT_RUN_SERVING;
    switch (frame->type) {
    case HT_FRAME_BOX:
        return starting && !host->run->boxed ? NULL : "it told of its box at the wrong time, or twice";
    case HT_FRAME_READY:
        return starting && host->run->boxed ? NULL : "its READY is malformed or came at the wrong time";
    case HT_FRAME_FAILED: return starting ? NULL : "it said FAILED after READY";
    case HT_FRAME_RESULT:
        return serving && ht_tickets_expect(host->tickets, frame->ticket, false)
                   ? NULL
                   : "it answered a message that it was not asked next";
    case HT_FRAME_TEXT:
        return serving && ht_tickets_expect(host->tickets, frame->ticket, true)
                   ? NULL
                   : "it gave a WSDL that it was not asked for next";
    default: return NULL;
    }
}

static void note_answer(HtHost *host)
{
    ht_run_answered(host->run);
    host->early_deaths = host->blameless_deaths = 0;
}

static void note_ready(HtHost *host, const HtReady *ready)
{
    ht_run_serve(host->run);
    host->failures = 0;
    g_free(host->adapter_version);
    host->adapter_version = ht_scrub_version(ht_text_from(ready->version));
    ht_log(HT_LOG_DEBUG, host->name, "ready: adapter '%s' %s", ready->name, host->adapter_version);
    ht_said_warnings(&host->said, host->name, ready->warnings, host->keeps_warnings);
    wake_at(host, 0);
    check(host);
}

static void note_failed(HtHost *host, const char *reason)
{
    ht_log(HT_LOG_ERROR, host->name, "cannot start: %s", reason);
    set_reason(host, reason);
    ht_tickets_disconnect(host->tickets);
    ht_run_give_up(host->run);
    wake_in(host, STOP_GRACE_US); /* it ends by itself; killed if it does not */
    check(host);
}

/* The callbacks of answers may end the host: nothing of it is looked at after them. */
static void note(HtHost *host, HtFrameType type, const HtHeard *heard)
{
    switch (type) {
    case HT_FRAME_BOX:
        host->run->boxed = true;
        ht_said_box(&host->said, host->name, &heard->box, host->keeps_warnings);
        break;
    case HT_FRAME_READY: note_ready(host, &heard->ready); break;
    case HT_FRAME_FAILED: note_failed(host, heard->text); break;
    case HT_FRAME_LOG: ht_said_log(&host->said, host->name, heard->level, heard->text); break;
    case HT_FRAME_RESULT:
        note_answer(host);
        ht_tickets_finish(host->tickets, &heard->outcome, heard->bytes);
        break;
    case HT_FRAME_TEXT:
        note_answer(host);
        ht_tickets_finish_wsdl(host->tickets, heard->bytes, heard->error);
        break;
    default: break;
    }
}

/* A large result was read: as if it had come now. */
static void on_read(void *user)
{
    HtHost *host = ref(user);
    HtResultReading *reading = g_steal_pointer(&host->reading);
    const char *malformed = ht_result_reading_malformed(reading);
    ht_tickets_work(host->tickets, NULL);
    if (malformed) {
        kill_run(host, ht_result_reading_ticket(reading), malformed);
    } else {
        note(host, HT_FRAME_RESULT, ht_result_reading_heard(reading));
    }
    if (!host->freed && host->run) {
        ht_run_resume(host->run);
    }
    ht_result_reading_free(reading);
    unref(host);
}

static void begin_reading(HtHost *host, const HtFrame *frame, GBytes *body)
{
    const HtResultReadingOptions options = {frame, body, &host->limits, host->tickets};
    ht_run_pause(host->run);
    host->reading = ht_result_reading_start(&options, on_read, host);
    ht_tickets_work(host->tickets, ht_result_reading_work(host->reading));
}

static void on_frame(void *user, const HtFrame *frame, HtText body, GBytes *owned)
{
    HtHost *host = ref(user);
    const char *untimely = find_untimely(host, frame);
    g_auto(HtHeard) heard = {.bytes = NULL};
    if (!untimely && frame->type == HT_FRAME_RESULT && owned) {
        begin_reading(host, frame, owned);
        unref(host);
        return;
    }
    g_autofree char *malformed = untimely ? NULL : ht_heard_read(frame, body, owned, &host->limits, &heard);
    if (untimely) {
        kill_for_frame(host, untimely);
    } else if (malformed && (frame->type == HT_FRAME_RESULT || frame->type == HT_FRAME_TEXT)) {
        kill_run(host, frame->ticket, malformed); /* its own answer is what is wrong */
    } else if (malformed) {
        kill_for_frame(host, malformed);
    } else {
        note(host, frame->type, &heard);
    }
    unref(host);
}

static void on_garbled(void *user)
{
    kill_for_frame(user, "it sent what is no frame, or one above the limit");
}

static bool can_refill(void *user)
{
    return ht_tickets_can_drain(((const HtHost *)user)->tickets);
}

static void refill(void *user)
{
    ht_tickets_drain(((HtHost *)user)->tickets);
}

static const HtRunEvents events = {.frame = on_frame,
                                   .garbled = on_garbled,
                                   .gone = on_gone,
                                   .ended = on_ended,
                                   .can_refill = can_refill,
                                   .refill = refill};

/* ---- Time ---- */

/* A ticket was sent: the watchdog looks again soon. */
static void on_given(void *user)
{
    HtHost *host = user;
    int64_t now_us = g_get_monotonic_time();
    if (host->run->state == HT_RUN_SERVING && host->wake_us > now_us + HT_WATCH_US) {
        host->run->current.since_us = now_us;
        wake_at(host, now_us + HT_WATCH_US);
    }
}

/* No message is with it, and none waits. */
static void watch_rest(HtHost *host)
{
    HtRun *run = host->run;
    int64_t look_at_us;
    int64_t idle_at_us =
        host->limits.idle_ms > 0 ? run->active_us + (int64_t)host->limits.idle_ms * 1000 : INT64_MAX;
    const char *reason = ht_watch_rest(run, host->limits.idle_cpu_ms, &look_at_us);
    if (reason) {
        kill_run(host, 0, reason);
    } else if (g_get_monotonic_time() < idle_at_us) {
        wake_at(host, MIN(look_at_us, idle_at_us));
    } else {
        stop_run(host);
    }
}

static void watch_serving(HtHost *host)
{
    HtRun *run = host->run;
    uint64_t blame = 0;
    const char *reason = ht_watch_look(run, host->tickets, host->limits.message_ms, &blame);
    if (reason) {
        kill_run(host, blame, reason);
    } else if (ht_tickets_find(host->tickets, 0, NULL)) {
        wake_in(host, HT_WATCH_US);
    } else if (ht_tickets_waiting(host->tickets) > 0) {
        wake_at(host, INT64_MAX);
    } else {
        watch_rest(host);
    }
}

static void look_at_run(HtHost *host)
{
    switch (host->run->state) {
    case HT_RUN_STARTING:
        kill_run(host, 0, "it did not get ready in the time that start-timeout allows");
        break;
    case HT_RUN_SERVING: watch_serving(host); break;
    case HT_RUN_STOPPING: kill_run(host, 0, "it did not end when it was told to"); break;
    case HT_RUN_DYING: ht_process_kill(&host->run->process); break;
    }
}

static gboolean on_timer(void *user)
{
    HtHost *host = user;
    wake_at(host, INT64_MAX);
    if (host->reading) {
        wake_in(host, HT_WATCH_US); /* the host waits for us */
        return G_SOURCE_CONTINUE;
    }
    switch (host->state) {
    case RUNS: look_at_run(host); break;
    case THROTTLED: start_if_wanted(host); break;
    case BROKEN: start_run(host); break;
    case STOPPED: break;
    }
    ht_tickets_run_late(host->tickets);
    return G_SOURCE_CONTINUE;
}

/* ---- Making and freeing ---- */

static void pack_start(HtHost *host, const HtHostOptions *options)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    for (const char *const *option = options->options; option && *option; option++) {
        g_ptr_array_add(list, (gpointer)*option);
    }
    HtStart start = {.source = options->source,
                     .adapter_file = options->adapter_file,
                     .mapping_file = options->mapping_file,
                     .data_directory = options->data_directory,
                     .site_directory = options->site_directory,
                     .division = options->division,
                     .quarantine_invalid = options->quarantine_invalid,
                     .usernames = options->usernames,
                     .signature = options->signature,
                     .need = options->need,
                     .outline = options->outline,
                     .limits = options->limits,
                     .frame_bytes = options->frame_bytes,
                     .options = list};
    ht_start_pack(&start, &host->start);
}

HtHost *ht_host_new(const HtHostOptions *options)
{
    HtHost *host = g_new0(HtHost, 1);
    host->references = 1;
    host->state = STOPPED;
    host->name = g_strdup_printf("host %s", options->source);
    host->source = g_strdup(options->source);
    host->program = g_strdup(options->program);
    host->limits = options->limits;
    host->limits.strikes = MAX(options->limits.strikes, 1);
    host->frame_bytes = options->frame_bytes;
    host->keeps_warnings = options->keeps_warnings;
    pack_start(host, options);
    host->tickets = ht_tickets_new(&host->limits, on_given, host);
    host->timer = ht_timer_new(on_timer, host);
    host->wake_us = INT64_MAX;
    check(host);
    return host;
}

void ht_host_free(HtHost *host)
{
    if (host->freed) {
        return;
    }
    host->freed = true;
    g_clear_pointer(&host->reading, ht_result_reading_free);
    ht_tickets_work(host->tickets, NULL);
    ht_tickets_fail_all(host->tickets, HT_HOST_ERROR_STOPPED, "the bus is ending");
    ht_tickets_run_late(host->tickets);
    if (host->run && host->run->state == HT_RUN_SERVING) {
        stop_run(host); /* one that is starting has nothing to finish */
    }
    ht_tickets_disconnect(host->tickets);
    if (host->run) {
        ht_run_free(g_steal_pointer(&host->run), HT_HOST_GRACE_MS);
    }
    g_clear_pointer(&host->tickets, ht_tickets_free);
    g_clear_pointer(&host->timer, ht_timer_free);
    host->state = STOPPED;
    check(host);
    unref(host);
}

/* ---- Messages ---- */

static bool refuse(GError **error, HtHostErrorCode code, const char *text)
{
    g_set_error_literal(error, HT_HOST_ERROR, (int)code, text);
    return false;
}

/* Whether one more is taken now; starts a run if need be. */
static bool admit(HtHost *host, size_t size, GError **error)
{
    if (host->freed) {
        return refuse(error, HT_HOST_ERROR_STOPPED, "the bus is ending");
    }
    if (host->state == BROKEN) {
        return refuse(error, HT_HOST_ERROR_ADAPTER, host->reason);
    }
    if (!ht_tickets_admit(host->tickets, size, error)) {
        return false;
    }
    bool down = host->state == THROTTLED && host->blameless_deaths >= DEATHS_DOWN;
    if (down || (host->state == STOPPED && !start_run(host))) {
        return refuse(error, HT_HOST_ERROR_DOWN, host->reason);
    }
    host->messages++;
    return true;
}

HtTicket *ht_host_submit(HtHost *host, const HtMessageHead *head, GBytes *body, HtHostDone done, void *user,
                         GError **error)
{
    return admit(host, g_bytes_get_size(body), error) ? ht_tickets_add(host->tickets, head, body, done, user)
                                                      : NULL;
}

HtTicket *ht_host_stream(HtHost *host, const HtMessageHead *head, HtHostDone done,
                         void (*drained)(void *user), void *user, GError **error)
{
    return admit(host, 0, error) ? ht_tickets_add_stream(host->tickets, head, done, drained, user) : NULL;
}

/* A WSDL is asked for by people and tools at development time; whatever is wrong is told through `done`. */
void ht_host_wsdl(HtHost *host, const char *url, const char *service, HtWsdlDone done, void *user)
{
    GError *refusal = NULL;
    HtBuffer head = {.data = NULL};
    ht_pack_text(&head, HT_FIELD_TEXT, ht_text_from(url));
    if (service) {
        ht_pack_text(&head, HT_FIELD_SERVICE, ht_text_from(service));
    }
    admit(host, 0, &refusal);
    ht_tickets_add_wsdl(host->tickets, ht_buffer_text(&head), done, user, refusal);
    ht_buffer_clear(&head);
}

/* ---- Status ---- */

static const char *name_state(const HtHost *host)
{
    switch (host->state) {
    case THROTTLED: return "throttled";
    case BROKEN: return "broken";
    case RUNS:
        return host->run->state == HT_RUN_STARTING  ? "starting"
               : host->run->state == HT_RUN_SERVING ? "running"
                                                    : "stopped";
    case STOPPED: break;
    }
    return "stopped";
}

void ht_host_status(const HtHost *host, HtHostStatus *status)
{
    bool troubled = host->state == BROKEN || host->state == THROTTLED || host->early_deaths > 0;
    *status = (HtHostStatus){
        .state = name_state(host),
        .pid = host->run ? host->run->process.pid : 0,
        .messages = host->messages,
        .restarts = host->restarts,
        .kills = host->kills,
        .quarantined = ht_tickets_quarantined(host->tickets),
        .waiting = ht_tickets_waiting(host->tickets),
        .adapter_version = host->adapter_version,
        .reason = troubled ? host->reason : NULL,
        .warnings = host->said.warnings,
        .box = host->said.knows_box ? &host->said.box : NULL,
    };
}
