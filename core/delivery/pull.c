/* Pulling: who asks, and what goes to whom; see pull.h. The requests are read in pull-request.c. Main-loop thread.
 *
 * An asker is a call that stands open: a poll until it has an answer, a stream until it ends. States, and who makes them:
 *
 *   ASKING   it is in the queue of those that want events    ht_pull_get(), ht_pull_stream(), want_more()
 *   TAKING   a stream that has what was written last still   write_events(), beat()
 *            on its way: nothing is written for it
 *   OVER     a poll that was answered, a stream that ends    answer_poll(), end_stream(), hurry()
 *   (freed)  its connection is done with it                  end_asker()
 *
 * The live delivery and a replay are a channel each: they take turns with what is asked for, and what is said of an event is said to the one that it
 * came by.
 *
 * Invariants: only ASKING ones are in the queue; a stream has at most `limit` events out; a worker has one stream. */
#include "core/delivery/pull.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/delivery/lease.h"
#include "core/delivery/pull-request.h"
#include "core/base/timer.h"

#define LOOK_MS 250 /* a poll that does not wait, while events are being read: so long all the same */

#define REPLAY_TURN 4 /* one answer in so many is offered to a replay first */

typedef enum { ASKING, TAKING, OVER } State;

typedef struct Pull Pull;

typedef struct {
    GList link, ask_link; /* among all; in the queue */
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
} Asker;

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
    GQueue all, queue; /* of Asker */
    HtTimer *timer;
};

/* ---- When something is over ---- */

/* A stream with something out and nothing to write ends: its reader comes again, with Last-Event-ID. */
static int64_t linger_until(const Asker *asker)
{
    bool out = ht_leases_out(asker->pull->leases, asker->worker) > 0;
    return out ? asker->moved_us + (int64_t)asker->pull->config->linger_ms * 1000 : INT64_MAX;
}

static int64_t beat_at(const Asker *asker)
{
    return asker->wrote_us + (int64_t)asker->pull->config->heartbeat_ms * 1000;
}

static void set_timer(Pull *pull)
{
    int64_t at_us = ht_leases_due(pull->leases);
    for (const GList *link = pull->queue.head; link; link = link->next) {
        const Asker *asker = link->data;
        at_us = MIN(at_us, asker->is_stream ? MIN(beat_at(asker), linger_until(asker)) : asker->until_us);
    }
    ht_timer_set(pull->timer, at_us);
}

static void enter(Asker *asker, State state)
{
    g_assert(asker->state != OVER);
    if (asker->state == ASKING) {
        g_queue_unlink(&asker->pull->queue, &asker->ask_link);
    }
    asker->state = state;
    if (state == ASKING) {
        g_queue_push_tail_link(&asker->pull->queue, &asker->ask_link);
    }
}

static void end_stream(Asker *asker)
{
    enter(asker, OVER);
    ht_page_close(asker->call);
}

static void answer_poll(Asker *asker, HtBuffer *body, bool more)
{
    HtPageAnswer answer = {
        .status = 200,
        .type = HT_PULL_BATCH "; charset=utf-8",
        .body = *body,
        .headers = {{"Cache-Control", "no-store"}, {"Hutong-More", more ? "true" : "false"}}};
    enter(asker, OVER);
    ht_page_answer(asker->call, &answer);
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

static void answer_empty(Asker *asker)
{
    HtBuffer body = {.data = NULL};
    ht_buffer_add_literal(&body, "[]");
    answer_poll(asker, &body, has_more(asker->pull));
}

/* ---- What goes out ---- */

static unsigned room_of(const Asker *asker)
{
    unsigned out = asker->is_stream ? ht_leases_out(asker->pull->leases, asker->worker) : 0;
    return asker->limit - MIN(asker->limit, out);
}

static Asker *first_with_room(const Pull *pull)
{
    GList *link = pull->queue.head;
    while (link && room_of(link->data) == 0) {
        link = link->next;
    }
    return link ? link->data : NULL;
}

static unsigned room(HtTransport *transport)
{
    const Asker *asker = first_with_room(((const PullChannel *)transport)->pull);
    return asker ? room_of(asker) : 0;
}

static void write_batch(Asker *asker, const HtOutgoing *outgoing)
{
    HtBuffer body = {.data = NULL};
    ht_buffer_add_char(&body, '[');
    for (unsigned i = 0; i < outgoing->events->len; i++) {
        ht_json_comma(&body);
        ht_rendered_add(&outgoing->class, outgoing->events->pdata[i], outgoing->bus, outgoing->policy, &body);
    }
    ht_buffer_add_char(&body, ']');
    answer_poll(asker, &body, has_more(asker->pull));
}

static void write_stream(Asker *asker, HtBuffer *text)
{
    enter(asker, TAKING);
    asker->wrote_us = ht_clock_monotonic();
    ht_page_write(asker->call, ht_buffer_text(text));
    ht_buffer_clear(text);
}

/* An event of JSON has no line break in it. */
static void write_events(Asker *asker, const HtOutgoing *outgoing)
{
    HtBuffer text = {.data = NULL};
    for (unsigned i = 0; i < outgoing->events->len; i++) {
        const HtStoredEvent *event = outgoing->events->pdata[i];
        ht_buffer_printf(&text, "id: %020" G_GUINT64_FORMAT "\ndata: ", event->sequence);
        ht_rendered_add(&outgoing->class, event, outgoing->bus, outgoing->policy, &text);
        ht_buffer_add_literal(&text, "\n\n");
    }
    write_stream(asker, &text);
    asker->moved_us = asker->wrote_us;
}

static void send_events(HtTransport *transport, const HtOutgoing *outgoing)
{
    Pull *pull = ((PullChannel *)transport)->pull;
    Asker *asker = first_with_room(pull);
    uint64_t lease = ht_leases_add(pull->leases, outgoing, asker->worker, transport);
    if (asker->is_stream) {
        write_events(asker, outgoing);
    } else {
        asker->lease = lease;
        write_batch(asker, outgoing);
    }
    set_timer(pull);
}

/* ---- Askers ---- */

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

static void end_asker(HtPageCall *call, bool sent)
{
    Asker *asker = call->user;
    Pull *pull = asker->pull;
    if (asker->state != OVER) {
        enter(asker, OVER);
    }
    if (!asker->is_stream && !sent) {
        ht_leases_return(pull->leases, asker->lease);
    }
    g_queue_unlink(&pull->all, &asker->link);
    g_free(asker);
    set_timer(pull);
}

/* All that was written is on its way. */
static void want_more(HtPageCall *call)
{
    Asker *asker = call->user;
    if (asker->state == TAKING) {
        enter(asker, ASKING);
        wake(asker->pull);
    }
}

/* The bus is ending: nobody is asked for any more. */
static void hurry(HtPageCall *call)
{
    Asker *asker = call->user;
    HtRefusal refusal;
    if (asker->state != OVER && asker->is_stream) {
        end_stream(asker);
    } else if (asker->state != OVER) {
        enter(asker, OVER);
        ht_refuse(&refusal, "stopping");
        ht_page_refuse(call, &refusal);
    }
}

static Asker *add_asker(Pull *pull, HtPageCall *call, const HtPullAsk *ask, bool is_stream)
{
    Asker *asker = g_new0(Asker, 1);
    asker->link.data = asker->ask_link.data = asker;
    asker->pull = pull;
    asker->call = call;
    asker->is_stream = is_stream;
    asker->limit = ask->limit;
    g_strlcpy(asker->worker, ask->worker, sizeof asker->worker);
    call->user = asker;
    call->ended = end_asker;
    call->hurry = hurry;
    g_queue_push_tail_link(&pull->all, &asker->link);
    asker->state = TAKING;
    return asker;
}

static bool may_ask(const Pull *pull, HtRefusal *refusal)
{
    return pull->all.length < pull->config->polls || ht_refuse(refusal, "too-many-polls");
}

static bool get(Pull *pull, HtPageCall *call, HtRefusal *refusal)
{
    HtPullAsk ask;
    if (!ht_pull_read_poll(call, pull->config, &ask, refusal) || !may_ask(pull, refusal)) {
        return false;
    }
    Asker *asker = add_asker(pull, call, &ask, false);
    asker->until_us = INT64_MAX;
    enter(asker, ASKING);
    wake(pull);
    if (asker->state == ASKING) {
        uint64_t wait_ms = has_more(pull) ? MAX(ask.wait_ms, LOOK_MS) : ask.wait_ms;
        asker->until_us = ht_clock_monotonic() + (int64_t)wait_ms * 1000;
        if (wait_ms == 0) {
            answer_empty(asker);
        }
    }
    set_timer(pull);
    return true;
}

static void end_former_stream(Pull *pull, const char *worker)
{
    for (GList *link = pull->all.head, *next; link; link = next) {
        Asker *asker = link->data;
        next = link->next;
        if (asker->is_stream && asker->state != OVER && g_str_equal(asker->worker, worker)) {
            end_stream(asker);
        }
    }
}

/* The reader says what it has: up to there all is taken, and what went to it later did not arrive. */
static void resume_after(Pull *pull, const HtPullAsk *ask)
{
    unsigned count;
    if (ask->last_id > 0) {
        ht_leases_return_after(pull->leases, ask->worker, ask->last_id);
        ht_leases_take_through(pull->leases, ask->worker, ask->last_id, &count);
    }
}

static bool stream(Pull *pull, HtPageCall *call, HtRefusal *refusal)
{
    HtPullAsk ask;
    HtPageAnswer head = {.status = 200,
                         .type = HT_PULL_STREAM,
                         .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}};
    if (!ht_pull_read_stream(call, pull->config, &ask, refusal) || !may_ask(pull, refusal)) {
        return false;
    }
    end_former_stream(pull, ask.worker);
    resume_after(pull, &ask);
    Asker *asker = add_asker(pull, call, &ask, true);
    call->room = want_more;
    asker->wrote_us = asker->moved_us = ht_clock_monotonic();
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
        ((Asker *)link->data)->moved_us = now_us;
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
        bool out =
            ht_leases_judge(pull->leases, g_array_index(verdict.sequences, uint64_t, i), &verdict.sent);
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

static void look_at_asker(Asker *asker, int64_t now_us)
{
    if (!asker->is_stream && asker->until_us <= now_us) {
        answer_empty(asker);
    } else if (asker->is_stream && linger_until(asker) <= now_us) {
        end_stream(asker);
    } else if (asker->is_stream && beat_at(asker) <= now_us) {
        HtBuffer text = {.data = NULL};
        ht_buffer_add_literal(&text, ": \n\n");
        write_stream(asker, &text);
    }
}

static gboolean on_timer(void *user)
{
    Pull *pull = user;
    int64_t now_us = ht_clock_monotonic();
    ht_leases_expire(pull->leases, now_us);
    for (GList *link = pull->queue.head, *next; link; link = next) {
        next = link->next;
        look_at_asker(link->data, now_us);
    }
    set_timer(pull);
    return G_SOURCE_CONTINUE;
}

/* What is out of a replay that was cancelled comes no more. */
static bool finish(HtTransport *transport)
{
    ht_leases_return_of(((PullChannel *)transport)->pull->leases, transport);
    return true;
}

/* With the last one the door is closed, and nobody asks. */
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
                                       .serve = serve,
                                       .free = free_channel};
    channel->owner = *owner;
    channel->pull = live ? ((PullChannel *)live)->pull : new_pull(config);
    g_ptr_array_add(channel->pull->channels, channel);
    return &channel->transport;
}
