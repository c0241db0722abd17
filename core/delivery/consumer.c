/* A consumer's life: read, pick, send, move the cursor. What an answer leads to is judge.c's. Main-loop thread. */
#include "core/delivery/consumer.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/delivery/file.h"
#include "core/delivery/judge.h"
#include "core/delivery/pull.h"
#include "core/delivery/purpose.h"
#include "core/delivery/reading.h"
#include "core/delivery/state.h"
#include "core/delivery/succession.h"
#include "core/delivery/webhook.h"

#define REQUEST_BYTES (4 << 20)
#define FULL_LOOK_MS 500
#define REPLAY_SHARE 4   /* of the connections one in so many is for a replay, beside the live ones */
#define MARK_MS 100      /* what is finished is told to the spool this often, */
#define MARK_ENTRY_US 10 /* later the more there is to tell */
#define MARK_ENTRIES 64  /* but at once while it costs nothing to find out */

static void pump(HtConsumer *consumer);

/* The invariants of the header, by number; after each transition. */
static void consumer_assert(const HtConsumer *consumer)
{
    g_assert(consumer->sending_failed <= consumer->sending); /* 1 */
    g_assert(ht_consumer_asks(consumer) || consumer->sending <= consumer->connections);
    g_assert(!ht_consumer_asks(consumer) || consumer->state != HT_CONSUMER_PROBING);
    g_assert((consumer->sending == 0) == (consumer->events_sending == 0)); /* 2 */
    g_assert(consumer->events_sending == consumer->window.entries.length - consumer->window.waiting);
    g_assert(consumer->state != HT_CONSUMER_DELIVERING ||
             consumer->failed_in_row < HT_CONSUMER_FAILURES_DOWN);                      /* 3 */
    g_assert(consumer->state == HT_CONSUMER_PROBING || consumer->untried_failed == 0);  /* 4 */
    g_assert(!consumer->freed || consumer->reading);                                    /* 5 */
    g_assert(consumer->company >= 1 && consumer->company <= consumer->transport->most); /* 7 */
    ht_window_assert(&consumer->window);
}

/* ---- When to look again ---- */

static gboolean on_timer(void *user)
{
    pump(user);
    return G_SOURCE_CONTINUE;
}

/* When the next request may go without that anything else happens before; INT64_MAX: never. */
static int64_t next_send(const HtConsumer *consumer)
{
    if (consumer->state == HT_CONSUMER_PAUSED || consumer->stopped || consumer->full ||
        consumer->window.waiting == 0) {
        return INT64_MAX;
    }
    if (consumer->state == HT_CONSUMER_DELIVERING) {
        return ht_window_due(&consumer->window);
    }
    int64_t at_us =
        MAX(ht_judge_probes_at_once(consumer) ? 0 : consumer->probe_at_us, consumer->rest_until_us);
    int64_t hung_us = consumer->sent_us + (int64_t)consumer->config->probe_ms * 1000;
    return consumer->sending == 0 ? at_us : MAX(at_us, hung_us);
}

static void set_timer(HtConsumer *consumer)
{
    int64_t now_us = ht_clock_monotonic(), at_us = next_send(consumer);
    if (at_us <= now_us) { /* what may go now and did not waits for an answer, or for its event to be read */
        int64_t due_us = ht_window_due(&consumer->window);
        at_us = due_us > now_us ? due_us : INT64_MAX;
    }
    if (consumer->read_at_us > now_us) {
        at_us = MIN(at_us, consumer->read_at_us);
    }
    if (consumer->full || consumer->unrecorded) { /* a replay may have made room, the audit may work again */
        at_us = MIN(at_us, now_us + FULL_LOOK_MS * 1000);
    }
    if (consumer->window.finished) {
        at_us = MIN(at_us, MAX(consumer->mark_at_us, now_us));
    }
    at_us = MIN(at_us, MAX(ht_settling_due(consumer->settling), now_us));
    ht_timer_set(consumer->timer, at_us);
}

/* ---- Requests ---- */

static void free_request(void *user)
{
    HtConsumerRequest *request = user;
    g_ptr_array_unref(request->entries);
    g_free(request);
}

static void finish_request(const HtSent *sent, void *user)
{
    HtConsumerRequest *request = user;
    HtConsumer *consumer = request->consumer;
    consumer->sending--;
    consumer->sending_failed -= request->is_failed;
    consumer->events_sending -= request->entries->len;
    ht_judge(consumer, request, sent);
    free_request(request);
    consumer_assert(consumer);
    pump(consumer);
}

/* Moves one entry from the request to `entries`. */
static void split_off(HtConsumerRequest *request, unsigned index, GPtrArray *entries, GArray *ended)
{
    HtEntry *entry = g_ptr_array_steal_index(request->entries, index);
    g_array_append_val(ended, entry->sequence);
    g_ptr_array_add(entries, entry);
    request->consumer->events_sending--;
}

/* The entry with this sequence goes to `one`, and the later ones of its person to `later`, if that is not NULL. */
static void split_request(HtConsumerRequest *request, uint64_t sequence, GPtrArray *one, GPtrArray *later,
                          GArray *ended)
{
    unsigned index = 0;
    while (((HtEntry *)request->entries->pdata[index])->sequence != sequence) {
        index++;
    }
    const HtEntryRow *row = ((HtEntry *)request->entries->pdata[index])->row;
    split_off(request, index, one, ended);
    while (later && index < request->entries->len) {
        if (((HtEntry *)request->entries->pdata[index])->row == row) {
            split_off(request, index, later, ended);
        } else {
            index++;
        }
    }
}

static void finish_part(const HtSent *sent, uint64_t sequence, GArray *ended, void *user)
{
    static const HtSent back = {.kind = HT_SENT_BACK};
    HtConsumerRequest *request = user;
    HtConsumer *consumer = request->consumer;
    g_autoptr(GPtrArray) one = g_ptr_array_new(), later = g_ptr_array_new();
    HtConsumerRequest part = {consumer, one, request->is_probe, request->is_failed};
    HtConsumerRequest rest = {consumer, later, request->is_probe, request->is_failed};
    split_request(request, sequence, one, sent->kind == HT_SENT_TAKEN ? NULL : later, ended);
    if (later->len > 0) {
        ht_judge(consumer, &rest, &back);
    }
    ht_judge(consumer, &part, sent);
    if (request->entries->len == 0) {
        consumer->sending--;
        consumer->sending_failed -= request->is_failed;
        free_request(request);
    }
}

/* ---- Sending ---- */

/* Whether there are, or may be, further events for it. */
static bool has_more(void *user)
{
    HtConsumer *consumer = user;
    const HtWindow *window = &consumer->window;
    return ht_window_has_untried(window) || consumer->reading ||
           window->read_to < ht_spool_last_sequence(consumer->options->spool);
}

/* Nothing personal goes out unrecorded. */
static bool can_record(HtConsumer *consumer)
{
    const HtAccessRecorder *recorder = consumer->options->recorder;
    ht_purpose_look(consumer, ht_clock_now());
    consumer->unrecorded = recorder && !recorder->allows(recorder->user, consumer->policy);
    return !consumer->unrecorded;
}

static bool record(HtConsumer *consumer, const GPtrArray *events)
{
    const HtAccessRecorder *recorder = consumer->options->recorder;
    HtGiven given = {consumer->config, consumer->policy, consumer->replay ? consumer->replay->id : 0, events};
    consumer->unrecorded = recorder && !recorder->record(recorder->user, &given);
    return !consumer->unrecorded;
}

static HtConsumerRequest *begin_request(HtConsumer *consumer, GPtrArray *entries)
{
    const HtEntry *first = entries->pdata[0];
    HtConsumerRequest *request = g_new(HtConsumerRequest, 1);
    *request = (HtConsumerRequest){consumer, entries, consumer->state == HT_CONSUMER_PROBING,
                                   first->failures_alone > 0 || first->chances > 0};
    for (unsigned i = 0; i < entries->len; i++) {
        ((HtEntry *)entries->pdata[i])->attempts++;
    }
    consumer->sending++;
    consumer->sending_failed += request->is_failed;
    consumer->events_sending += entries->len;
    return request;
}

/* The last one first: they come to stand before what waits. */
static void give_back(HtConsumer *consumer, GPtrArray *entries)
{
    for (unsigned i = entries->len; i > 0; i--) {
        ht_window_return(&consumer->window, entries->pdata[i - 1]);
    }
    g_ptr_array_unref(entries);
}

/* False when they could not be recorded: they are as they were. */
static bool send_entries(HtConsumer *consumer, GPtrArray *entries)
{
    HtEventPolicy policy = {ht_policy_see_time, ht_policy_see, consumer->policy,
                            consumer->options->config->bus.schema_url};
    g_autoptr(GPtrArray) events = g_ptr_array_sized_new(entries->len);
    g_autofree HtStoredEvent *numbered = g_new(HtStoredEvent, entries->len);
    for (unsigned i = 0; i < entries->len; i++) {
        HtEntry *entry = entries->pdata[i];
        numbered[i] = *entry->event;
        bool counts = !consumer->replay && !entry->overtakes; /* a replay counts its own window only */
        numbered[i].number = counts ? entry->number : 0;
        g_ptr_array_add(events, &numbered[i]);
    }
    if (!record(consumer, events)) {
        give_back(consumer, entries);
        return false;
    }
    HtConsumerRequest *request = begin_request(consumer, entries);
    consumer->sent_us = ht_clock_monotonic();
    HtOutgoing outgoing = {.events = events,
                           .bus = consumer->options->config->bus.name,
                           .policy = &policy,
                           .more = has_more(consumer),
                           .done = finish_request,
                           .part = finish_part,
                           .drop = free_request,
                           .user = request,
                           .class = consumer->class};
    consumer->transport->send(consumer->transport, &outgoing);
    return true;
}

/* What it asks for. */
static GPtrArray *pick_asked(HtConsumer *consumer, int64_t now_us)
{
    HtPick pick = {.most = consumer->transport->room(consumer->transport),
                   .most_bytes = REQUEST_BYTES,
                   .now_us = now_us,
                   .failed_too = true};
    return pick.most > 0 ? ht_window_pick(&consumer->window, &pick) : NULL;
}

/* Up to `connections` requests; what failed alone takes up at most half of them. A short batch waits while another is
 * under way: more events will have come when that ends. */
static GPtrArray *pick_to_deliver(HtConsumer *consumer, int64_t now_us)
{
    unsigned connections = consumer->connections;
    HtPick pick = {.most = consumer->transport->most,
                   .company = consumer->company,
                   .most_bytes = REQUEST_BYTES,
                   .now_us = now_us,
                   .failed_too = consumer->sending_failed < MAX(connections / 2, 1)};
    if (consumer->sending >= connections || (consumer->sending > 0 && pick.most > 1 &&
                                             ht_window_is_short(&consumer->window, pick.company, now_us))) {
        return NULL;
    }
    return ht_window_pick(&consumer->window, &pick);
}

/* One at a time; another beside it when it is under way for longer than the time between probes. */
static GPtrArray *pick_to_probe(HtConsumer *consumer, int64_t now_us)
{
    bool may_send = consumer->sending < consumer->connections && next_send(consumer) <= now_us;
    return may_send ? ht_window_pick_probe(&consumer->window) : NULL;
}

/* What goes in the next request; NULL when there is nothing for now. */
static GPtrArray *pick(HtConsumer *consumer)
{
    int64_t now_us = ht_clock_monotonic();
    if (consumer->state == HT_CONSUMER_PAUSED || consumer->stopped || consumer->full ||
        consumer->window.waiting == 0) {
        return NULL;
    }
    g_autoptr(GPtrArray) entries = ht_consumer_asks(consumer) ? pick_asked(consumer, now_us)
                                   : consumer->state == HT_CONSUMER_PROBING
                                       ? pick_to_probe(consumer, now_us)
                                       : pick_to_deliver(consumer, now_us);
    return entries && entries->len > 0 ? g_steal_pointer(&entries) : NULL;
}

/* How far the replay is; at its end it stops. */
static void note_replay(HtConsumer *consumer)
{
    HtSpoolReplay *replay = consumer->replay;
    replay->delivered = consumer->delivered;
    replay->dead = consumer->dead;
    replay->skipped = consumer->skipped;
    if (consumer->window.cursor >= replay->last && replay->state == HT_SPOOL_REPLAY_RUNS) {
        replay->state = HT_SPOOL_REPLAY_DONE;
        replay->ended_us = ht_clock_now();
        consumer->stopped = true;
        ht_log(HT_LOG_INFO, "delivery",
               "consumer %s: replay %" G_GINT64_FORMAT " is done: %" G_GUINT64_FORMAT
               " events delivered, %" G_GUINT64_FORMAT " dead letters",
               replay->consumer, replay->id, replay->delivered, replay->dead);
    }
    ht_spool_replay_note(consumer->options->spool, replay);
}

/* Tells the spool what is finished: up to the cursor, and above it. In how many pieces. */
static unsigned mark(HtConsumer *consumer, bool now)
{
    HtWindow *window = &consumer->window;
    int64_t now_us = ht_clock_monotonic();
    bool due = now || consumer->mark_at_us <= now_us || window->entries.length <= MARK_ENTRIES;
    if (!window->finished || !due) {
        return 0;
    }
    ht_window_advance(window);
    g_autoptr(GArray) finished = ht_window_finished(window);
    ht_spool_cursor_count(consumer->options->spool, consumer->cursor, ht_window_wanted(window));
    ht_spool_cursor_move(consumer->options->spool, consumer->cursor, window->cursor, finished);
    if (consumer->replay) {
        note_replay(consumer);
    }
    consumer->mark_at_us = now_us + MARK_MS * 1000 + window->entries.length * MARK_ENTRY_US;
    return finished->len;
}

/* Also for those that wait until it is on disk: sooner, and the later the more there was to tell. */
static void mark_and_settle(HtConsumer *consumer)
{
    bool settles = ht_settling_due(consumer->settling) <= ht_clock_monotonic();
    unsigned runs = mark(consumer, settles);
    if (settles) {
        ht_settling_begin(consumer->settling, (int64_t)runs * MARK_ENTRY_US);
    }
}

/* ---- Paused routes ---- */

static bool is_route_paused(void *user, const char *route)
{
    return ht_spool_paused(((HtConsumer *)user)->options->spool, HT_SPOOL_ROUTE, route) != NULL;
}

static bool holds(void *user, const HtStoredEvent *event)
{
    const HtConsumer *consumer = user;
    return ht_routes_wait(consumer->routes, &event->event, is_route_paused, user);
}

/* What goes by a paused route only stays in the window. */
static void look_at_routes(HtConsumer *consumer)
{
    HtSpool *spool = consumer->options->spool;
    uint64_t turn = ht_spool_pause_turn(spool);
    bool any = ht_spool_pauses(spool, HT_SPOOL_ROUTE) > 0;
    if (consumer->pause_turn != turn && (any || consumer->window.holds)) {
        ht_window_hold(&consumer->window, any ? holds : NULL, consumer);
    }
    consumer->pause_turn = turn;
}

static void pump(HtConsumer *consumer)
{
    if (!consumer->replay) {
        ht_reading_take_recent(consumer);
    }
    ht_judge_pause(consumer);
    look_at_routes(consumer);
    consumer->full =
        consumer->full &&
        ht_spool_dead_count(consumer->options->spool, consumer->config->name) >= consumer->config->dead_max;
    for (GPtrArray *entries;
         can_record(consumer) && (entries = pick(consumer)) && send_entries(consumer, entries);) {
    }
    ht_reading_go_on(consumer);
    mark_and_settle(consumer);
    set_timer(consumer);
    ht_state_note(consumer);
    consumer_assert(consumer);
    if (consumer->replay && consumer->replay->state != HT_SPOOL_REPLAY_RUNS) {
        consumer->ended(consumer->ended_user);
    }
}

static void wake(void *user)
{
    pump(user);
}

static void settle(void *user, HtSettled done, void *done_user)
{
    HtConsumer *consumer = user;
    ht_settling_add(consumer->settling, done, done_user);
    pump(consumer);
}

void ht_consumer_wake(HtConsumer *consumer)
{
    pump(consumer);
}

bool ht_consumer_shares(HtConsumer *consumer, HtConsumer *other, const HtRenderedClass *class)
{
    bool same = ht_policy_equal(consumer->policy, other->policy);
    if (same) {
        consumer->class = other->class = other->class.number > 0 ? other->class : *class;
    }
    return same;
}

const char *ht_consumer_skip(HtConsumer *consumer, const HtStoredEvent *event, const char *reason)
{
    const char *problem = ht_judge_skip(consumer, event, reason);
    pump(consumer);
    return problem;
}

void ht_consumer_stop(HtConsumer *consumer)
{
    consumer->stopped = true;
}

HtTransport *ht_consumer_transport(const HtConsumer *consumer)
{
    return consumer->transport;
}

bool ht_consumer_is_sending(const HtConsumer *consumer)
{
    return consumer->sending > 0 &&
           !consumer->transport->serve; /* who asks there does so at a door that is closed by then */
}

/* ---- Beginning and end ---- */

static bool open_cursor(HtConsumer *consumer, GString *errors)
{
    g_autoptr(GError) error = NULL;
    HtSpool *spool = consumer->options->spool;
    uint64_t initial = g_str_equal(consumer->config->start, "now") ? ht_spool_last_sequence(spool) : 0;
    uint64_t cursor;
    if (!ht_spool_cursor_open(spool, consumer->cursor, initial, &cursor, &error)) {
        g_string_append_printf(errors, "%s:%u: error: [consumer %s] %s\n", consumer->config->file,
                               consumer->config->line, consumer->config->name, error->message);
        return false;
    }
    ht_window_init(&consumer->window, cursor, ht_spool_cursor_finished(spool, consumer->cursor));
    ht_window_count_from(&consumer->window, ht_spool_cursor_counted(spool, consumer->cursor));
    ht_window_set_overtakes(&consumer->window, ht_reading_overtakes, consumer);
    consumer->window.finished = consumer->replay != NULL; /* it may be at its end already */
    return true;
}

static bool is_held(void *user)
{
    return ((HtConsumer *)user)->state == HT_CONSUMER_PAUSED;
}

static bool open_way(HtConsumer *consumer, HtSender *sender, GString *errors)
{
    const HtConsumerConfig *config = consumer->config;
    HtTransportOwner owner = {wake, has_more, settle, is_held, consumer};
    if (g_str_equal(config->type, "pull")) {
        consumer->transport = ht_pull_new(config, &owner, consumer->live ? consumer->live->transport : NULL);
    } else if (g_str_equal(config->type, "file")) {
        consumer->transport = ht_file_new(config, &owner, consumer->window.cursor,
                                          consumer->replay ? consumer->replay->id : 0, errors);
    } else {
        consumer->transport = ht_webhook_new(config, &consumer->all->bus, sender,
                                             consumer->live ? consumer->live->transport : NULL, errors);
    }
    return consumer->transport != NULL;
}

/* What a replay has counted before a restart goes on. Strict order is the live delivery's: a replay comes to its end. */
static void set_replay(HtConsumer *consumer, const HtConsumerReplay *which)
{
    const HtConsumerConfig *config = consumer->config;
    HtSpoolReplay *replay = which ? which->replay : NULL;
    consumer->replay = replay;
    consumer->cursor = replay ? ht_spool_replay_cursor(replay) : g_strdup(config->name);
    consumer->connections =
        replay ? MAX((unsigned)config->connections / REPLAY_SHARE, 1) : (unsigned)config->connections;
    consumer->strict = !replay && g_str_equal(config->order, "strict");
    if (replay) {
        consumer->live = which->live;
        consumer->ended = which->ended;
        consumer->ended_user = which->user;
        consumer->delivered = replay->delivered;
        consumer->dead = replay->dead;
        consumer->skipped = replay->skipped;
    }
}

HtConsumer *ht_consumer_new(const HtConsumerConfig *config, const HtDeliveryOptions *options,
                            HtSender *sender, const HtConsumerReplay *replay, GString *errors)
{
    HtConsumer *consumer = g_new0(HtConsumer, 1);
    uint64_t most_ms = MIN(config->probe_ms, config->retry_max_ms);
    *consumer = (HtConsumer){
        .config = config, .options = options, .wake = wake, .backoff = {config->retry_first_ms, most_ms, 0}};
    ht_consumer_hold(consumer, replay ? replay->live->all : options->config);
    set_replay(consumer, replay);
    consumer->timer = ht_timer_new(on_timer, consumer);
    consumer->settling = ht_settling_new(options->spool, wake, consumer);
    consumer->policy = ht_policy_new(config, options->dictionary, errors);
    if (consumer->policy && options->pseudonym_key) {
        ht_policy_set_key(consumer->policy, options->pseudonym_key);
    }
    consumer->routes = ht_routes_new(options->config, config->name, options->dictionary);
    if (!consumer->policy || !open_cursor(consumer, errors) || !open_way(consumer, sender, errors)) {
        ht_consumer_free(consumer);
        return NULL;
    }
    consumer->company = consumer->transport->most;
    if (!replay) {
        ht_purpose_tell(consumer);
    }
    ht_judge_pause(consumer);
    look_at_routes(consumer);
    ht_reading_go_on(consumer);
    ht_state_note(consumer);
    return consumer;
}

bool ht_consumer_has_ended(const HtConsumer *consumer)
{
    HtTransport *transport = consumer->transport;
    return consumer->replay && consumer->replay->state != HT_SPOOL_REPLAY_RUNS &&
           (!transport->finish || transport->finish(transport)) && consumer->sending == 0 &&
           ht_settling_is_idle(consumer->settling);
}

bool ht_consumer_is_of(const HtConsumer *consumer, const HtSpoolReplay *replay)
{
    return consumer->replay == replay;
}

const HtConsumerConfig *ht_consumer_config(const HtConsumer *consumer)
{
    return consumer->config;
}

void ht_consumer_free(HtConsumer *consumer)
{
    ht_timer_free(consumer->timer);
    mark(consumer, true);
    ht_settling_free(consumer->settling);
    ht_window_clear(&consumer->window);
    if (consumer->transport) {
        consumer->transport->free(consumer->transport);
    }
    g_clear_pointer(&consumer->policy, ht_policy_free);
    g_clear_pointer(&consumer->routes, ht_routes_free);
    ht_consumer_let_go(consumer);
    consumer->freed = true;
    ht_reading_free_when_idle(consumer);
}
