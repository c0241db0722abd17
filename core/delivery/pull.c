/* Pulling: who asks, and what goes to whom; see pull.h. The requests are read in pull-request.c. Main-loop thread.
 *
 * A reader is a call that stands open: a poll until it has an answer, a stream until it ends. States, and who makes them:
 *
 *   WAITING  it is in the queue of those that want events    ht_pull_get(), ht_pull_stream(), want_more()
 *   SENDING  a stream that has what was written last still   write_events(), beat()
 *            on its way: nothing is written for it
 *   OVER     a poll that was answered, a stream that ends    answer_poll(), end_stream(), hurry()
 *   (freed)  its connection is done with it                  end_reader()
 *
 * The live delivery and a replay are a channel each: they take turns with what is asked for, and what is said of an event is said to the one that it
 * came by.
 *
 * Invariants: only WAITING ones are in the queue; a stream has at most `limit` events out; a worker has one stream. */
#include "core/delivery/pull.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/delivery/lease.h"
#include "core/delivery/pull-request.h"
#include "core/base/timer.h"

#define LOOK_MS 250 /* a poll that does not wait, while events are being read: so long all the same */

#define REPLAY_TURN 4 /* one answer in so many is offered to a replay first */

typedef enum { WAITING, SENDING, OVER } State;

typedef struct Pull Pull;

typedef struct {
    GList link, wait_link; /* among all; in the queue */
    Pull *pull;
    HtPageCall *call;
    State state;
    bool is_stream;
    unsigned limit;   /* events in the answer; of a stream: that are out at once */
    int64_t until_us; /* a poll: then it has its answer */
    int64_t wrote_us; /* a stream: anything, */
    int64_t moved_us; /* and events, or one was acknowledged */
    uint64_t lease;   /* of a poll's answer */
    char worker[HT_PULL_WORKER];
} PullReader;

/* One that has events for whoever asks. */
typedef struct {
    HtTransport transport;
    HtTransportOwner owner;
    Pull *pull;
} PullChannel;

struct Pull {
    const HtConsumerConfig *config;
    GPtrArray *
        channels; /* of PullChannel: the live delivery, and behind it replays. The last one that goes frees the rest */
    unsigned turn;
    HtLeases *leases;
    GQueue all, queue; /* of PullReader */
    HtTimer *timer;
    bool retired; /* nobody asks any more */
};

/* ---- When something is over ---- */

/* A stream with something out and nothing to write ends: its reader comes again, with Last-Event-ID. */
static int64_t linger_until(const PullReader *reader)
{
    bool out = ht_leases_out(reader->pull->leases, reader->worker) > 0;
    return out ? reader->moved_us + (int64_t)reader->pull->config->linger_ms * 1000 : INT64_MAX;
}

static int64_t beat_at(const PullReader *reader)
{
    return reader->wrote_us + (int64_t)reader->pull->config->heartbeat_ms * 1000;
}

static void set_timer(Pull *pull)
{
    int64_t at_us = ht_leases_due(pull->leases);
    for (const GList *link = pull->queue.head; link; link = link->next) {
        const PullReader *reader = link->data;
        at_us = MIN(at_us, reader->is_stream ? MIN(beat_at(reader), linger_until(reader)) : reader->until_us);
    }
    ht_timer_set(pull->timer, at_us);
}

static void enter(PullReader *reader, State state)
{
    g_assert(reader->state != OVER);
    if (reader->state == WAITING) {
        g_queue_unlink(&reader->pull->queue, &reader->wait_link);
    }
    reader->state = state;
    if (state == WAITING) {
        g_queue_push_tail_link(&reader->pull->queue, &reader->wait_link);
    }
}

static void end_stream(PullReader *reader)
{
    enter(reader, OVER);
    ht_page_close(reader->call);
}

static bool is_paused(const Pull *pull)
{
    const PullChannel *first = pull->channels->len > 0 ? pull->channels->pdata[0] : NULL;
    return first && first->owner.paused(first->owner.user);
}

static void answer_poll(PullReader *reader, HtBuffer *body, bool more)
{
    HtPageAnswer answer = {.status = 200,
                           .type = HT_PULL_BATCH "; charset=utf-8",
                           .body = *body,
                           .headers = {{"Cache-Control", "no-store"},
                                       {"Hutong-More", more ? "true" : "false"},
                                       {is_paused(reader->pull) ? "Hutong-Paused" : NULL, "true"}}};
    enter(reader, OVER);
    ht_page_answer(reader->call, &answer);
}

/* Whether one of them has, or may have, events. */
static bool has_more(const Pull *pull)
{
    bool more = false;
    for (unsigned i = 0; i < pull->channels->len && !more; i++) {
        const PullChannel *channel = pull->channels->pdata[i];
        more = channel->owner.more(channel->owner.user);
    }
    return more;
}

static void answer_empty(PullReader *reader)
{
    HtBuffer body = {.data = NULL};
    ht_buffer_add_literal(&body, "[]");
    answer_poll(reader, &body, has_more(reader->pull));
}

/* ---- What goes out ---- */

static unsigned room_of(const PullReader *reader)
{
    unsigned out = reader->is_stream ? ht_leases_out(reader->pull->leases, reader->worker) : 0;
    return reader->limit - MIN(reader->limit, out);
}

static PullReader *first_with_room(const Pull *pull)
{
    GList *link = pull->queue.head;
    while (link && room_of(link->data) == 0) {
        link = link->next;
    }
    return link ? link->data : NULL;
}

static unsigned room(HtTransport *transport)
{
    const PullReader *reader = first_with_room(((const PullChannel *)transport)->pull);
    return reader ? room_of(reader) : 0;
}

static void write_batch(PullReader *reader, const HtOutgoing *outgoing)
{
    HtBuffer body = {.data = NULL};
    ht_buffer_add_char(&body, '[');
    for (unsigned i = 0; i < outgoing->events->len; i++) {
        ht_json_comma(&body);
        ht_rendered_add(&outgoing->class, outgoing->events->pdata[i], outgoing->bus, outgoing->policy, &body);
    }
    ht_buffer_add_char(&body, ']');
    answer_poll(reader, &body, has_more(reader->pull));
}

static void write_stream(PullReader *reader, HtBuffer *text)
{
    enter(reader, SENDING);
    reader->wrote_us = ht_clock_monotonic();
    ht_page_write(reader->call, ht_buffer_text(text));
    ht_buffer_clear(text);
}

/* An event of JSON has no line break in it. */
static void write_events(PullReader *reader, const HtOutgoing *outgoing)
{
    HtBuffer text = {.data = NULL};
    for (unsigned i = 0; i < outgoing->events->len; i++) {
        const HtStoredEvent *event = outgoing->events->pdata[i];
        ht_buffer_printf(&text, "id: %020" G_GUINT64_FORMAT "\ndata: ", event->sequence);
        ht_rendered_add(&outgoing->class, event, outgoing->bus, outgoing->policy, &text);
        ht_buffer_add_literal(&text, "\n\n");
    }
    write_stream(reader, &text);
    reader->moved_us = reader->wrote_us;
}

static void send_events(HtTransport *transport, const HtOutgoing *outgoing)
{
    Pull *pull = ((PullChannel *)transport)->pull;
    PullReader *reader = first_with_room(pull);
    uint64_t lease = ht_leases_add(pull->leases, outgoing, reader->worker, transport);
    if (reader->is_stream) {
        write_events(reader, outgoing);
    } else {
        reader->lease = lease;
        write_batch(reader, outgoing);
    }
    set_timer(pull);
}

/* ---- Readers ---- */

static void wake(Pull *pull)
{
    unsigned count = pull->channels->len;
    unsigned first = count > 1 && ++pull->turn % REPLAY_TURN == 0 ? 1 : 0;
    for (unsigned i = 0; i < count; i++) {
        const PullChannel *channel = pull->channels->pdata[(first + i) % count];
        channel->owner.wake(channel->owner.user);
    }
    set_timer(pull);
}

static void end_reader(HtPageCall *call, bool sent)
{
    PullReader *reader = call->user;
    Pull *pull = reader->pull;
    if (reader->state != OVER) {
        enter(reader, OVER);
    }
    if (!reader->is_stream && !sent) {
        ht_leases_return(pull->leases, reader->lease);
    }
    g_queue_unlink(&pull->all, &reader->link);
    g_free(reader);
    set_timer(pull);
}

/* All that was written is on its way. */
static void want_more(HtPageCall *call)
{
    PullReader *reader = call->user;
    if (reader->state == SENDING) {
        enter(reader, WAITING);
        wake(reader->pull);
    }
}

/* The bus is ending: nobody is asked for any more. */
static void hurry(HtPageCall *call)
{
    PullReader *reader = call->user;
    HtRefusal refusal;
    if (reader->state != OVER && reader->is_stream) {
        end_stream(reader);
    } else if (reader->state != OVER) {
        enter(reader, OVER);
        ht_refuse(&refusal, "stopping");
        ht_page_refuse(call, &refusal);
    }
}

/* Who waits asks again. */
static void let_go(PullReader *reader)
{
    if (reader->state != OVER && reader->is_stream) {
        end_stream(reader);
    } else if (reader->state != OVER) {
        answer_empty(reader);
    }
}

static void send_away(HtTransport *transport)
{
    Pull *pull = ((PullChannel *)transport)->pull;
    for (GList *link = pull->all.head, *next; link; link = next) {
        next = link->next;
        let_go(link->data);
    }
    set_timer(pull);
}

static void retire(HtTransport *transport)
{
    ((PullChannel *)transport)->pull->retired = true;
    send_away(transport);
}

static PullReader *add_reader(Pull *pull, HtPageCall *call, const HtPullRequest *request, bool is_stream)
{
    PullReader *reader = g_new0(PullReader, 1);
    reader->link.data = reader->wait_link.data = reader;
    reader->pull = pull;
    reader->call = call;
    reader->is_stream = is_stream;
    reader->limit = request->limit;
    g_strlcpy(reader->worker, request->worker, sizeof reader->worker);
    call->user = reader;
    call->ended = end_reader;
    call->hurry = hurry;
    g_queue_push_tail_link(&pull->all, &reader->link);
    reader->state = SENDING;
    return reader;
}

static bool may_read(const Pull *pull, HtRefusal *refusal)
{
    if (pull->retired) {
        return ht_refuse(refusal, "consumer-changed");
    }
    return pull->all.length < pull->config->polls || ht_refuse(refusal, "too-many-polls");
}

static bool get(Pull *pull, HtPageCall *call, HtRefusal *refusal)
{
    HtPullRequest request;
    if (!ht_pull_read_poll(call, pull->config, &request, refusal) || !may_read(pull, refusal)) {
        return false;
    }
    PullReader *reader = add_reader(pull, call, &request, false);
    reader->until_us = INT64_MAX;
    enter(reader, WAITING);
    wake(pull);
    if (reader->state == WAITING) {
        uint64_t wait_ms = has_more(pull) ? MAX(request.wait_ms, LOOK_MS) : request.wait_ms;
        reader->until_us = ht_clock_monotonic() + (int64_t)wait_ms * 1000;
        if (wait_ms == 0) {
            answer_empty(reader);
        }
    }
    set_timer(pull);
    return true;
}

static void end_former_stream(Pull *pull, const char *worker)
{
    for (GList *link = pull->all.head, *next; link; link = next) {
        PullReader *reader = link->data;
        next = link->next;
        if (reader->is_stream && reader->state != OVER && g_str_equal(reader->worker, worker)) {
            end_stream(reader);
        }
    }
}

/* The reader says what it has: up to there all is taken, and what went to it later did not arrive. */
static void resume_after(Pull *pull, const HtPullRequest *request)
{
    unsigned count;
    if (request->last_id > 0) {
        ht_leases_return_after(pull->leases, request->worker, request->last_id);
        ht_leases_take_through(pull->leases, request->worker, request->last_id, &count);
    }
}

static bool stream(Pull *pull, HtPageCall *call, HtRefusal *refusal)
{
    HtPullRequest request;
    HtPageAnswer head = {.status = 200,
                         .type = HT_PULL_STREAM,
                         .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}};
    if (!ht_pull_read_stream(call, pull->config, &request, refusal) || !may_read(pull, refusal)) {
        return false;
    }
    end_former_stream(pull, request.worker);
    resume_after(pull, &request);
    PullReader *reader = add_reader(pull, call, &request, true);
    call->room = want_more;
    reader->wrote_us = reader->moved_us = ht_clock_monotonic();
    ht_page_stream(call, &head);
    ht_page_write(call, HT_TEXT_LITERAL("retry: 1000\n\n"));
    wake(pull);
    return true;
}

/* ---- Acknowledging ---- */

static void note_moved(Pull *pull)
{
    int64_t now_us = ht_clock_monotonic();
    for (GList *link = pull->all.head; link; link = link->next) {
        ((PullReader *)link->data)->moved_us = now_us;
    }
}

/* What a consumer said of events, and is told when it is on disk. */
typedef struct {
    HtPageCall *call; /* NULL: it has gone */
    HtSentKind kind;
    unsigned count, not_out;
    unsigned left; /* channels that have not said yet */
    bool failed;
} Saying;

static void forget_saying(HtPageCall *call, bool sent)
{
    (void)sent;
    ((Saying *)call->user)->call = NULL;
}

/* The bus is ending: there is time for the disk. */
static void let_settle(HtPageCall *call)
{
    (void)call;
}

static void answer_saying(Saying *saying)
{
    HtPageCall *call = saying->call;
    HtRefusal refusal;
    call->ended = NULL;
    if (saying->failed) {
        ht_refuse(&refusal, "not-kept-yet");
        ht_page_refuse(call, &refusal);
    } else {
        ht_pull_answer_verdict(call, saying->kind, saying->count, saying->not_out);
    }
}

static void take_settled(const GError *error, void *user)
{
    Saying *saying = user;
    saying->failed = saying->failed || error;
    if (--saying->left == 0) {
        if (saying->call) {
            answer_saying(saying);
        }
        g_free(saying);
    }
}

static void answer_when_kept(Pull *pull, HtPageCall *call, const Saying *said)
{
    Saying *saying = g_memdup2(said, sizeof *said);
    call->user = saying;
    call->ended = forget_saying;
    call->hurry = let_settle;
    saying->left = pull->channels->len;
    for (unsigned i = 0; i < pull->channels->len; i++) {
        const PullChannel *channel = pull->channels->pdata[i];
        channel->owner.settle(channel->owner.user, take_settled, saying);
    }
    set_timer(pull);
}

static bool judge(Pull *pull, HtPageCall *call, HtSentKind kind, HtRefusal *refusal)
{
    g_auto(HtPullVerdict) verdict = {.sequences = NULL};
    if (!ht_pull_read_verdict(call, kind, &verdict, refusal)) {
        return false;
    }
    unsigned count = 0, not_out = 0;
    if (verdict.through > 0 &&
        !ht_leases_take_through(pull->leases, verdict.worker, verdict.through, &count)) {
        return ht_refuse(refusal, "not-out");
    }
    for (unsigned i = 0; i < verdict.sequences->len; i++) {
        bool out = ht_leases_judge(pull->leases, verdict.by_worker ? verdict.worker : NULL,
                                   g_array_index(verdict.sequences, uint64_t, i), &verdict.sent);
        count += out;
        not_out += !out;
    }
    note_moved(pull);
    answer_when_kept(pull, call, &(Saying){.call = call, .kind = kind, .count = count, .not_out = not_out});
    return true;
}

static void serve(HtTransport *transport, HtOutPage page, HtPageCall *call)
{
    Pull *pull = ((PullChannel *)transport)->pull;
    HtRefusal refusal;
    bool good = page == HT_OUT_GET      ? get(pull, call, &refusal)
                : page == HT_OUT_STREAM ? stream(pull, call, &refusal)
                : page == HT_OUT_ACK    ? judge(pull, call, HT_SENT_TAKEN, &refusal)
                : page == HT_OUT_RETRY  ? judge(pull, call, HT_SENT_RETRY, &refusal)
                                        : judge(pull, call, HT_SENT_REFUSED, &refusal);
    if (!good) {
        ht_page_refuse(call, &refusal);
    }
}

/* ---- Beginning and end ---- */

static void look_at_reader(PullReader *reader, int64_t now_us)
{
    if (!reader->is_stream && reader->until_us <= now_us) {
        answer_empty(reader);
    } else if (reader->is_stream && linger_until(reader) <= now_us) {
        end_stream(reader);
    } else if (reader->is_stream && beat_at(reader) <= now_us) {
        HtBuffer text = {.data = NULL};
        ht_buffer_add_string(&text, is_paused(reader->pull) ? ": paused\n\n" : ": \n\n");
        write_stream(reader, &text);
    }
}

static gboolean on_timer(void *user)
{
    Pull *pull = user;
    int64_t now_us = ht_clock_monotonic();
    ht_leases_expire(pull->leases, now_us);
    for (GList *link = pull->queue.head, *next; link; link = next) {
        next = link->next;
        look_at_reader(link->data, now_us);
    }
    set_timer(pull);
    return G_SOURCE_CONTINUE;
}

/* What is out of a replay that was cancelled comes no more, nor what is out too long when another takes its place. */
static bool finish(HtTransport *transport)
{
    const Pull *pull = ((PullChannel *)transport)->pull;
    ht_leases_return_of(pull->leases, transport);
    return !pull->retired || pull->all.length == 0;
}

/* With the last one nobody asks any more. */
static void free_channel(HtTransport *transport)
{
    PullChannel *channel = (PullChannel *)transport;
    Pull *pull = channel->pull;
    ht_leases_drop(pull->leases, channel);
    g_ptr_array_remove(pull->channels, channel);
    g_free(channel);
    if (pull->channels->len == 0) {
        g_assert(pull->all.length == 0);
        ht_timer_free(pull->timer);
        ht_leases_free(pull->leases);
        g_ptr_array_unref(pull->channels);
        g_free(pull);
    } else {
        set_timer(pull);
    }
}

static Pull *new_pull(const HtConsumerConfig *config)
{
    Pull *pull = g_new0(Pull, 1);
    pull->config = config;
    pull->channels = g_ptr_array_new();
    pull->leases = ht_leases_new(config->lease_ms);
    pull->timer = ht_timer_new(on_timer, pull);
    return pull;
}

HtTransport *ht_pull_new(const HtConsumerConfig *config, const HtTransportOwner *owner, HtTransport *live)
{
    PullChannel *channel = g_new0(PullChannel, 1);
    channel->transport = (HtTransport){.most = (unsigned)config->batch,
                                       .room = room,
                                       .send = send_events,
                                       .finish = finish,
                                       .retire = retire,
                                       .send_away = send_away,
                                       .serve = serve,
                                       .free = free_channel};
    channel->owner = *owner;
    channel->pull = live ? ((PullChannel *)live)->pull : new_pull(config);
    g_ptr_array_add(channel->pull->channels, channel);
    return &channel->transport;
}
