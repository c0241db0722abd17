/* A consumer's life: read, pick, send, judge the answer, move the cursor. Main-loop thread. */
#include "core/delivery/consumer.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/delivery/backoff.h"
#include "core/delivery/policy.h"
#include "core/delivery/route.h"
#include "core/delivery/timer.h"
#include "core/delivery/webhook.h"
#include "core/delivery/window.h"

#define WINDOW_EVENTS 4000
#define PAGE_EVENTS 500
#define ABSENT_EVENTS 100 /* looked at for what has to be sent again */
#define PAGE_BYTES (4 << 20)
#define REQUEST_BYTES (4 << 20)
#define READ_AGAIN_MS 1000
#define MARK_MS 100      /* what is finished is told to the spool this often, */
#define MARK_ENTRY_US 10 /* later the more there is to tell */
#define MARK_ENTRIES 64  /* but at once while it costs nothing to find out */
#define FAILURES_DOWN 16 /* so many requests failed and none went through: it is the consumer */
#define PROBES_AT_ONCE \
    16 /* that fail, while there is what never failed: it may have met what the consumer cannot take */
#define CHANCES 3 /* an event that failed alone so often goes again with the next sign of life */

typedef enum {
    DELIVERING, /* up to `connections` requests at once */
    PROBING, /* nothing goes through, or it asked to be left alone: one request at a time asks whether it works */
    PAUSED, /* it answered that it wants no more */
} State;

struct HtConsumer {
    const HtConsumerConfig *config;
    const HtDeliveryOptions *options;
    HtTransport *transport;
    HtPolicy *policy;
    HtRoutes *routes;
    HtWindow window;
    GSource *timer;
    State state;
    bool reading, stopped, freed;
    bool absent_read;                 /* the last page was one of those */
    unsigned sending, sending_failed; /* requests under way; those of them with what failed alone before */
    unsigned events_sending;
    unsigned failed_in_row;  /* requests since one went through; those of POISON are not counted */
    unsigned untried_failed; /* probes with what had never failed, since PROBING began */
    HtBackoff backoff;       /* of probes */
    int64_t probe_at_us;   /* monotonic, as the others: the next probe not before, but for probes_at_once() */
    int64_t rest_until_us; /* as the consumer asked */
    int64_t sent_us;       /* when the last request went */
    int64_t read_at_us;    /* not read before */
    int64_t mark_at_us;    /* what is finished is not told before */
    uint64_t delivered, skipped, dead, attempts, failures;
    char *last_error;
};

/* One request under way. */
typedef struct {
    HtConsumer *consumer;
    GPtrArray *entries; /* of HtEntry, in the window */
    bool is_probe;
    bool is_failed; /* with what failed alone before */
} Request;

static void pump(HtConsumer *consumer);

/* Whether it failed although others went through, again and again. */
static bool is_poison(const HtEntry *entry)
{
    return entry->chances >= CHANCES;
}

/* The invariants of the header, by number; after each transition. */
static void consumer_assert(const HtConsumer *consumer)
{
    g_assert(consumer->sending_failed <= consumer->sending); /* 1 */
    g_assert(consumer->sending <= consumer->config->connections);
    g_assert((consumer->sending == 0) == (consumer->events_sending == 0)); /* 2 */
    g_assert(consumer->events_sending == consumer->window.entries.length - consumer->window.waiting);
    g_assert(consumer->state != DELIVERING || consumer->failed_in_row < FAILURES_DOWN); /* 3 */
    g_assert(consumer->state == PROBING || consumer->untried_failed == 0);              /* 4 */
    g_assert(!consumer->freed || consumer->reading);                                    /* 5 */
    ht_window_assert(&consumer->window);
}

/* ---- When to look again ---- */

static gboolean on_timer(void *user)
{
    pump(user);
    return G_SOURCE_CONTINUE;
}

/* Whether no pause counts: what failed until now may all be what the consumer cannot take, and there is more. */
static bool probes_at_once(const HtConsumer *consumer)
{
    return consumer->untried_failed < PROBES_AT_ONCE && ht_window_has_untried(&consumer->window);
}

/* When the next request may go without that anything else happens before; INT64_MAX: never. */
static int64_t next_send(const HtConsumer *consumer)
{
    if (consumer->state == PAUSED || consumer->stopped || consumer->window.waiting == 0) {
        return INT64_MAX;
    }
    if (consumer->state == DELIVERING) {
        return ht_window_due(&consumer->window);
    }
    int64_t at_us = MAX(probes_at_once(consumer) ? 0 : consumer->probe_at_us, consumer->rest_until_us);
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
    if (consumer->window.finished) {
        at_us = MIN(at_us, MAX(consumer->mark_at_us, now_us));
    }
    g_source_set_ready_time(consumer->timer, at_us == INT64_MAX ? -1 : at_us);
}

/* ---- Reading ahead ---- */

static bool is_wanted(void *user, const HtStoredEvent *event)
{
    HtConsumer *consumer = user;
    bool wanted = ht_routes_match(consumer->routes, &event->event);
    consumer->skipped += !wanted;
    return wanted;
}

static void free_when_idle(HtConsumer *consumer)
{
    if (consumer->freed && !consumer->reading) {
        g_free(consumer->last_error);
        g_free(consumer);
    }
}

static void take_page(HtSpoolPage *page, const GError *error, void *user)
{
    HtConsumer *consumer = user;
    consumer->reading = false;
    if (consumer->freed || error) {
        if (page) {
            ht_spool_page_free(page);
        }
        if (error && !consumer->freed) {
            ht_log(HT_LOG_ERROR, "delivery", "consumer %s cannot read the spool: %s", consumer->config->name,
                   error->message);
            consumer->read_at_us = ht_clock_monotonic() + READ_AGAIN_MS * 1000;
            set_timer(consumer);
        }
        free_when_idle(consumer);
        return;
    }
    ht_window_add(&consumer->window, page, is_wanted, consumer);
    pump(consumer);
}

/* The events that were only places take turns with what comes next. */
static void take_absent(HtSpoolPage *page, const GError *error, void *user)
{
    HtConsumer *consumer = user;
    consumer->reading = false;
    if (consumer->freed) {
        g_clear_pointer(&page, ht_spool_page_free);
        free_when_idle(consumer);
    } else if (error || !ht_window_fill(&consumer->window, page)) {
        ht_log(HT_LOG_ERROR, "delivery", "consumer %s cannot read events that it has to send again: %s",
               consumer->config->name, error ? error->message : "they are not there");
        consumer->read_at_us = ht_clock_monotonic() + READ_AGAIN_MS * 1000;
        set_timer(consumer);
    } else {
        consumer->absent_read = true;
        pump(consumer);
    }
}

static bool read_absent(HtConsumer *consumer)
{
    uint64_t sequence = ht_window_absent(&consumer->window, ht_clock_monotonic());
    if (sequence > 0) {
        consumer->reading = true;
        ht_spool_read(consumer->options->spool, sequence - 1, ABSENT_EVENTS,
                      MIN(PAGE_BYTES, consumer->config->window_bytes), take_absent, consumer);
    }
    return sequence > 0;
}

static void read_ahead(HtConsumer *consumer)
{
    HtWindow *window = &consumer->window;
    uint64_t last = ht_spool_last_sequence(consumer->options->spool);
    bool due = consumer->read_at_us <= ht_clock_monotonic();
    bool room = window->loaded < WINDOW_EVENTS && window->bytes < consumer->config->window_bytes &&
                window->entries.length < consumer->config->held;
    if (consumer->reading || !due || (!consumer->absent_read && read_absent(consumer))) {
        return;
    }
    if (room && ht_window_read_from(window) < last) {
        consumer->reading = true;
        ht_spool_read(consumer->options->spool, window->read_to, PAGE_EVENTS,
                      MIN(PAGE_BYTES, consumer->config->window_bytes), take_page, consumer);
    } else {
        read_absent(consumer);
    }
    consumer->absent_read = false;
}

/* ---- Pauses ---- */

/* One more pause between probes: as long as the consumer asked for, else longer and longer. */
static void pace_probes(HtConsumer *consumer, uint64_t asked_ms)
{
    uint64_t pause_ms = ht_backoff_next(&consumer->backoff, 0);
    pause_ms = asked_ms > 0 ? asked_ms : pause_ms;
    consumer->probe_at_us = ht_clock_monotonic() + (int64_t)pause_ms * 1000;
    ht_log(consumer->backoff.failures == 1 ? HT_LOG_WARNING : HT_LOG_INFO, "delivery",
           "consumer %s: nothing goes through (%s); asked again in %" G_GUINT64_FORMAT " ms",
           consumer->config->name, consumer->last_error, pause_ms);
}

/* DELIVERING to PROBING; `doubtful`: the failures may be those of the events. */
static void begin_probing(HtConsumer *consumer, bool doubtful, uint64_t asked_ms)
{
    consumer->state = PROBING;
    consumer->untried_failed = doubtful ? 0 : PROBES_AT_ONCE;
    consumer->backoff.failures = 0;
    if (!probes_at_once(consumer)) {
        pace_probes(consumer, asked_ms);
    }
}

/* The consumer answered an event: PROBING to DELIVERING. It still rests as long as it asked. */
static void note_sign_of_life(HtConsumer *consumer)
{
    if (consumer->state == PAUSED || consumer->rest_until_us > ht_clock_monotonic()) {
        return;
    }
    if (consumer->state == PROBING && consumer->backoff.failures > 0) {
        ht_log(HT_LOG_INFO, "delivery", "consumer %s works again", consumer->config->name);
    }
    consumer->state = DELIVERING;
    consumer->failed_in_row = consumer->untried_failed = 0;
    ht_window_release(&consumer->window);
}

/* A request failed; `counted`: it may be the consumer's fault. */
static void note_failure(HtConsumer *consumer, const Request *request, bool counted, uint64_t asked_ms)
{
    consumer->failed_in_row += counted && consumer->failed_in_row < UINT_MAX;
    if (consumer->state == PROBING && request->is_probe) {
        consumer->untried_failed += !request->is_failed;
        if (!probes_at_once(consumer)) {
            pace_probes(consumer, asked_ms);
        }
    } else if (consumer->state == DELIVERING && consumer->failed_in_row >= FAILURES_DOWN) {
        begin_probing(consumer, true, 0);
    }
}

/* ---- Judging answers ---- */

static void dead_letter(HtConsumer *consumer, HtEntry *entry, const HtSent *sent)
{
    ht_spool_dead_letter(consumer->options->spool, consumer->config->name, entry->sequence, entry->attempts,
                         sent->detail);
    ht_log(HT_LOG_WARNING, "delivery", "consumer %s: event %" G_GUINT64_FORMAT " is a dead letter: %s",
           consumer->config->name, entry->sequence, sent->reason);
    ht_window_finish(&consumer->window, entry);
    consumer->dead++;
}

/* In halves, so that what is good in it goes on after few requests. */
static void split(HtConsumer *consumer, GPtrArray *entries)
{
    for (unsigned i = 0; i < entries->len; i++) {
        ht_window_split(&consumer->window, entries->pdata[i], MAX(entries->len / 2, 1));
    }
}

/* Waits for its own time. While it may be the consumer that fails, not longer than until the next probe would go. */
static void wait_alone(HtConsumer *consumer, HtEntry *entry, const HtSent *sent)
{
    const HtConsumerConfig *config = consumer->config;
    bool poison = is_poison(entry);
    uint64_t most_ms = poison ? config->retry_max_ms : MIN(config->probe_ms, config->retry_max_ms);
    HtBackoff own = {config->retry_first_ms, most_ms, entry->failures};
    uint64_t pause_ms = ht_backoff_next(&own, MIN(sent->rest_ms, config->rest_max_ms));
    if (poison && entry->failures == 0) {
        ht_log(HT_LOG_WARNING, "delivery",
               "consumer %s: event %" G_GUINT64_FORMAT " failed again (%s); it waits alone, others go on",
               config->name, entry->sequence, sent->reason);
    }
    entry->failures = own.failures;
    ht_window_wait(&consumer->window, entry, poison ? HT_ENTRY_POISON : HT_ENTRY_DOUBTED,
                   ht_clock_monotonic() + (int64_t)pause_ms * 1000);
}

/* Nothing is given up unless a number of attempts is set; only what failed in a request of its own is counted for it. */
static void retry(HtConsumer *consumer, const Request *request, const HtSent *sent)
{
    HtEntry *entry = request->entries->pdata[0];
    bool was_well = consumer->state == DELIVERING && consumer->failed_in_row == 0;
    bool counted = request->entries->len > 1 || !is_poison(entry);
    if (request->entries->len > 1) {
        split(consumer, request->entries);
    } else if (++entry->failures_alone == consumer->config->attempts) {
        dead_letter(consumer, entry, sent);
    } else if (was_well && counted && sent->rest_ms == 0) {
        ht_window_try_again(&consumer->window, entry);
    } else {
        wait_alone(consumer, entry, sent);
    }
    note_failure(consumer, request, counted, 0);
}

/* It cannot be reached: nothing happened to the events. Or it asked for a pause, which an event may cause that it cannot
 * take: they go again in other company. */
static void rest(HtConsumer *consumer, const Request *request, const HtSent *sent)
{
    GPtrArray *entries = request->entries;
    HtEntry *entry = entries->pdata[0];
    uint64_t asked_ms = MIN(sent->rest_ms, consumer->config->rest_max_ms);
    if (asked_ms > 0) {
        int64_t until_us = ht_clock_monotonic() + (int64_t)asked_ms * 1000;
        consumer->rest_until_us = MAX(consumer->rest_until_us, until_us);
    }
    if (asked_ms > 0 && entries->len > 1) {
        split(consumer, entries);
    } else if (asked_ms > 0) {
        entry->chances = MAX(entry->chances, CHANCES - 1);
        wait_alone(consumer, entry, sent);
    }
    for (unsigned i = 0; asked_ms == 0 && i < entries->len; i++) {
        ht_window_return(&consumer->window, entries->pdata[i]);
    }
    if (consumer->state == DELIVERING) {
        begin_probing(consumer, false, asked_ms);
    } else {
        note_failure(consumer, request, false, asked_ms);
    }
}

/* The consumer says that what it got is wrong. Of several events nobody knows which is meant. */
static void refuse(HtConsumer *consumer, const Request *request, const HtSent *sent)
{
    if (request->entries->len > 1) {
        split(consumer, request->entries);
        return;
    }
    dead_letter(consumer, request->entries->pdata[0], sent);
    note_sign_of_life(consumer);
}

static void acknowledge(HtConsumer *consumer, const Request *request)
{
    for (unsigned i = 0; i < request->entries->len; i++) {
        ht_window_finish(&consumer->window, request->entries->pdata[i]);
    }
    consumer->delivered += request->entries->len;
    g_clear_pointer(&consumer->last_error, g_free);
    note_sign_of_life(consumer);
}

/* Any state to PAUSED. */
static void pause_for_good(HtConsumer *consumer, const Request *request)
{
    for (unsigned i = 0; i < request->entries->len; i++) {
        ht_window_return(&consumer->window, request->entries->pdata[i]);
    }
    consumer->state = PAUSED;
    consumer->untried_failed = 0;
    ht_log(HT_LOG_WARNING, "delivery",
           "consumer %s answered 410 Gone: it is paused until the bus is started again",
           consumer->config->name);
}

static void judge(HtConsumer *consumer, const Request *request, const HtSent *sent)
{
    consumer->attempts++;
    if (sent->kind != HT_SENT_TAKEN) {
        consumer->failures++;
        g_free(consumer->last_error);
        consumer->last_error = g_strdup(sent->reason);
    }
    switch (sent->kind) {
    case HT_SENT_TAKEN: acknowledge(consumer, request); break;
    case HT_SENT_RETRY: retry(consumer, request, sent); break;
    case HT_SENT_REFUSED: refuse(consumer, request, sent); break;
    case HT_SENT_REST: rest(consumer, request, sent); break;
    case HT_SENT_GONE: pause_for_good(consumer, request); break;
    }
}

static void free_request(void *user)
{
    Request *request = user;
    g_ptr_array_unref(request->entries);
    g_free(request);
}

static void finish_request(const HtSent *sent, void *user)
{
    Request *request = user;
    HtConsumer *consumer = request->consumer;
    consumer->sending--;
    consumer->sending_failed -= request->is_failed;
    consumer->events_sending -= request->entries->len;
    judge(consumer, request, sent);
    free_request(request);
    consumer_assert(consumer);
    pump(consumer);
}

/* ---- Sending ---- */

static void send_entries(HtConsumer *consumer, GPtrArray *entries)
{
    HtEventPolicy policy = {ht_policy_see_time, ht_policy_see, consumer->policy};
    HtEntry *first = entries->pdata[0];
    Request *request = g_new(Request, 1);
    *request = (Request){consumer, entries, consumer->state == PROBING,
                         first->failures_alone > 0 || first->chances > 0};
    g_autoptr(GPtrArray) events = g_ptr_array_sized_new(entries->len);
    for (unsigned i = 0; i < entries->len; i++) {
        HtEntry *entry = entries->pdata[i];
        entry->attempts++;
        g_ptr_array_add(events, entry->event);
    }
    consumer->sending++;
    consumer->sending_failed += request->is_failed;
    consumer->events_sending += entries->len;
    consumer->sent_us = ht_clock_monotonic();
    HtOutgoing outgoing = {events, consumer->options->config->bus.name, &policy, finish_request, free_request,
                           request};
    consumer->transport->send(consumer->transport, &outgoing);
}

/* Up to `connections` requests; what failed alone takes up at most half of them. A short batch waits while another is
 * under way: more events will have come when that ends. */
static GPtrArray *pick_to_deliver(HtConsumer *consumer, int64_t now_us)
{
    unsigned connections = (unsigned)consumer->config->connections;
    HtPick pick = {.most = consumer->transport->most,
                   .most_bytes = REQUEST_BYTES,
                   .now_us = now_us,
                   .failed_too = consumer->sending_failed < MAX(connections / 2, 1)};
    if (consumer->sending >= connections || (consumer->sending > 0 && pick.most > 1 &&
                                             ht_window_is_short(&consumer->window, pick.most, now_us))) {
        return NULL;
    }
    return ht_window_pick(&consumer->window, &pick);
}

/* One at a time; another beside it when it is under way for longer than the time between probes. */
static GPtrArray *pick_to_probe(HtConsumer *consumer, int64_t now_us)
{
    bool may_send = consumer->sending < consumer->config->connections && next_send(consumer) <= now_us;
    return may_send ? ht_window_pick_probe(&consumer->window) : NULL;
}

/* What goes in the next request; NULL when there is nothing for now. */
static GPtrArray *pick(HtConsumer *consumer)
{
    int64_t now_us = ht_clock_monotonic();
    if (consumer->state == PAUSED || consumer->stopped || consumer->window.waiting == 0) {
        return NULL;
    }
    g_autoptr(GPtrArray) entries =
        consumer->state == PROBING ? pick_to_probe(consumer, now_us) : pick_to_deliver(consumer, now_us);
    return entries && entries->len > 0 ? g_steal_pointer(&entries) : NULL;
}

/* Tells the spool what is finished: up to the cursor, and above it. */
static void mark(HtConsumer *consumer, bool now)
{
    HtWindow *window = &consumer->window;
    int64_t now_us = ht_clock_monotonic();
    bool due = now || consumer->mark_at_us <= now_us || window->entries.length <= MARK_ENTRIES;
    if (!window->finished || !due) {
        return;
    }
    ht_window_advance(window);
    g_autoptr(GArray) finished = ht_window_finished(window);
    ht_spool_cursor_move_past(consumer->options->spool, consumer->config->name, window->cursor, finished);
    consumer->mark_at_us = now_us + MARK_MS * 1000 + window->entries.length * MARK_ENTRY_US;
}

static void pump(HtConsumer *consumer)
{
    for (GPtrArray *entries; (entries = pick(consumer));) {
        send_entries(consumer, entries);
    }
    read_ahead(consumer);
    mark(consumer, false);
    set_timer(consumer);
    consumer_assert(consumer);
}

void ht_consumer_wake(HtConsumer *consumer)
{
    pump(consumer);
}

void ht_consumer_stop(HtConsumer *consumer)
{
    consumer->stopped = true;
}

bool ht_consumer_is_sending(const HtConsumer *consumer)
{
    return consumer->sending > 0;
}

/* ---- Beginning and end ---- */

static bool open_cursor(HtConsumer *consumer, GString *errors)
{
    g_autoptr(GError) error = NULL;
    HtSpool *spool = consumer->options->spool;
    uint64_t initial = g_str_equal(consumer->config->start, "now") ? ht_spool_last_sequence(spool) : 0;
    uint64_t cursor;
    if (!ht_spool_cursor_open(spool, consumer->config->name, initial, &cursor, &error)) {
        g_string_append_printf(errors, "%s:%u: error: [consumer %s] %s\n", consumer->config->file,
                               consumer->config->line, consumer->config->name, error->message);
        return false;
    }
    ht_window_init(&consumer->window, cursor, ht_spool_cursor_finished(spool, consumer->config->name));
    return true;
}

HtConsumer *ht_consumer_new(const HtConsumerConfig *config, const HtDeliveryOptions *options,
                            HtSender *sender, GString *errors)
{
    HtConsumer *consumer = g_new0(HtConsumer, 1);
    uint64_t most_ms = MIN(config->probe_ms, config->retry_max_ms);
    *consumer =
        (HtConsumer){.config = config, .options = options, .backoff = {config->retry_first_ms, most_ms, 0}};
    consumer->timer = ht_timer_new(on_timer, consumer);
    consumer->policy = ht_policy_new(config, options->dictionary, errors);
    consumer->routes = ht_routes_new(options->config, config->name, options->dictionary);
    consumer->transport = ht_webhook_new(config, sender, errors);
    if (!consumer->policy || !consumer->transport || !open_cursor(consumer, errors)) {
        ht_consumer_free(consumer);
        return NULL;
    }
    read_ahead(consumer);
    return consumer;
}

void ht_consumer_free(HtConsumer *consumer)
{
    ht_timer_free(consumer->timer);
    mark(consumer, true);
    ht_window_clear(&consumer->window);
    if (consumer->transport) {
        consumer->transport->free(consumer->transport);
    }
    g_clear_pointer(&consumer->policy, ht_policy_free);
    g_clear_pointer(&consumer->routes, ht_routes_free);
    consumer->freed = true;
    free_when_idle(consumer);
}

static const char *state_of(const HtConsumer *consumer)
{
    if (consumer->state == PAUSED) {
        return "paused";
    }
    bool failing = consumer->state == PROBING || consumer->failed_in_row > 0;
    return failing ? "retrying" : consumer->window.entries.length > 0 ? "delivering" : "idle";
}

void ht_consumer_status(const HtConsumer *consumer, HtConsumerStatus *status)
{
    const HtEntry *oldest = g_queue_peek_head((GQueue *)&consumer->window.entries);
    uint64_t last = ht_spool_last_sequence(consumer->options->spool);
    *status = (HtConsumerStatus){
        .name = consumer->config->name,
        .state = state_of(consumer),
        .cursor = consumer->window.cursor,
        .backlog = last - consumer->window.cursor,
        .failing = ht_window_failing(&consumer->window),
        .delivered = consumer->delivered,
        .skipped = consumer->skipped,
        .dead = consumer->dead,
        .attempts = consumer->attempts,
        .failures = consumer->failures,
        .oldest_us = oldest ? oldest->recorded_us : 0,
        .last_error = consumer->last_error,
    };
}
