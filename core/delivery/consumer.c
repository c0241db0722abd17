/* A webhook consumer's life: read, pick, send, judge the answer, move the cursor. Main-loop thread. */
#include "core/delivery/consumer.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/delivery/backoff.h"
#include "core/delivery/policy.h"
#include "core/delivery/reason.h"
#include "core/delivery/route.h"
#include "core/delivery/signature.h"
#include "core/delivery/timer.h"
#include "core/delivery/window.h"

#define WINDOW_EVENTS 4000
#define PAGE_EVENTS 500
#define PAGE_BYTES (4 << 20)
#define REQUEST_BYTES (4 << 20)
#define READ_AGAIN_MS 1000
#define HEADS_DOWN 3      /* so many different events failed and none went through: it is the consumer */
#define PROBE_OTHER_MS 10 /* an event that failed is asked about after others */

struct HtConsumer {
    const HtConsumerConfig *config;
    const HtDeliveryOptions *options;
    HtSender *sender;
    HtPolicy *policy;
    HtRoutes *routes;
    HtSecret *secret; /* NULL: no signatures */
    HtWindow window;
    HtBackoff backoff;     /* of the consumer as a whole; failures in it: one request at a time */
    int64_t rest_until_us; /* monotonic */
    GSource *timer;        /* set to the end of the rest, or to when the next entry's time comes */
    unsigned sending;      /* requests under way */
    unsigned heads;        /* different events that failed since the last acknowledgement */
    unsigned streak;       /* counts acknowledgements after failures */
    bool reading, paused, stopped, freed;
    uint64_t delivered, skipped, dead, attempts, failures;
    char *last_error;
};

/* One request under way. */
typedef struct {
    HtConsumer *consumer;
    GPtrArray *entries; /* of HtEntry, in the window */
} Delivery;

static void pump(HtConsumer *consumer);

static bool is_batch(const HtConsumer *consumer)
{
    return g_str_equal(consumer->config->mode, "batch");
}

/* ---- Pauses ---- */

static bool is_resting(const HtConsumer *consumer)
{
    return consumer->rest_until_us > ht_clock_monotonic();
}

/* Looks again at that time, or earlier. */
static void look_at(HtConsumer *consumer, int64_t time_us)
{
    int64_t set_us = g_source_get_ready_time(consumer->timer);
    if (set_us < 0 || time_us < set_us) {
        g_source_set_ready_time(consumer->timer, time_us);
    }
}

static gboolean on_timer(void *user)
{
    HtConsumer *consumer = user;
    int64_t now_us = ht_clock_monotonic();
    pump(consumer);
    int64_t due_us = ht_window_due(&consumer->window, now_us);
    int64_t next_us = consumer->rest_until_us > now_us ? consumer->rest_until_us : due_us;
    if (next_us > 0) {
        look_at(consumer, next_us);
    }
    return G_SOURCE_CONTINUE;
}

/* Does nothing for so long; of several wishes the longest counts. */
static void rest(HtConsumer *consumer, uint64_t pause_ms)
{
    int64_t until_us = ht_clock_monotonic() + (int64_t)pause_ms * 1000;
    consumer->rest_until_us = MAX(consumer->rest_until_us, until_us);
    look_at(consumer, consumer->rest_until_us);
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
            rest(consumer, READ_AGAIN_MS);
        }
        free_when_idle(consumer);
        return;
    }
    ht_window_add(&consumer->window, page, is_wanted, consumer);
    pump(consumer);
}

static void read_ahead(HtConsumer *consumer)
{
    uint64_t last = ht_spool_last_sequence(consumer->options->spool);
    bool room = g_queue_get_length(&consumer->window.entries) < WINDOW_EVENTS &&
                consumer->window.bytes < consumer->config->window_bytes;
    if (!consumer->reading && room && consumer->window.read_to < last) {
        consumer->reading = true;
        ht_spool_read(consumer->options->spool, consumer->window.read_to, PAGE_EVENTS,
                      MIN(PAGE_BYTES, consumer->config->window_bytes), take_page, consumer);
    }
}

/* ---- Judging answers ---- */

static void bury(HtConsumer *consumer, HtEntry *entry, const HtPosted *posted)
{
    g_autofree char *reason = ht_reason_full(posted);
    ht_spool_dead_letter(consumer->options->spool, consumer->config->name, entry->event->sequence,
                         entry->attempts, reason);
    ht_log(HT_LOG_WARNING, "delivery", "consumer %s: event %" G_GUINT64_FORMAT " is a dead letter: %s",
           consumer->config->name, entry->event->sequence, consumer->last_error);
    ht_window_finish(&consumer->window, entry);
    consumer->dead++;
}

/* The whole consumer rests. Several requests under way that fail together are one failure. */
static void begin_rest(HtConsumer *consumer, const HtPosted *posted)
{
    if (is_resting(consumer)) {
        rest(consumer, posted->retry_after_ms);
        return;
    }
    uint64_t pause_ms = ht_backoff_next(&consumer->backoff, posted->retry_after_ms);
    rest(consumer, pause_ms);
    ht_log(consumer->backoff.failures == 1 ? HT_LOG_WARNING : HT_LOG_INFO, "delivery",
           "consumer %s: attempt %u failed (%s); next in %" G_GUINT64_FORMAT " ms", consumer->config->name,
           consumer->backoff.failures, consumer->last_error, pause_ms);
}

static void count_head(HtConsumer *consumer, HtEntry *head)
{
    consumer->heads += head->streak != consumer->streak;
    head->streak = consumer->streak;
}

/* Whether it is the consumer that fails, and not single events. */
static bool is_down(const HtConsumer *consumer, HtPostedKind kind)
{
    return kind == HT_POSTED_UNAVAILABLE || consumer->heads >= HEADS_DOWN || consumer->backoff.failures > 0;
}

/* Counts a failed attempt; true when it was the last that the configuration allows. Only what failed in a request of its
 * own is given up: in a batch it may be another's fault. */
static bool has_used_up(const HtConsumer *consumer, HtEntry *entry, unsigned together)
{
    uint64_t most = consumer->config->attempts;
    if (together == 1) {
        entry->failures_alone++;
        return most > 0 && entry->failures_alone >= most;
    }
    if (most > 0 && entry->attempts >= most) {
        entry->together = 1;
    }
    return false;
}

/* When an entry that failed may go again. While the consumer is down, after others: it may be this very event that brings
 * it down. */
static int64_t next_time(const HtConsumer *consumer, HtEntry *entry, const HtPosted *posted, bool down)
{
    HtBackoff own = {consumer->config->retry_first_ms, consumer->config->retry_max_ms, entry->failures};
    uint64_t pause_ms = ht_backoff_next(&own, posted->retry_after_ms);
    int64_t time_us = ht_clock_monotonic() + (int64_t)pause_ms * 1000;
    entry->failures = own.failures;
    return down ? MAX(time_us, consumer->rest_until_us + PROBE_OTHER_MS * 1000) : time_us;
}

static void return_entries(HtConsumer *consumer, GPtrArray *entries, const HtPosted *posted, int64_t time_us)
{
    unsigned failures = ((HtEntry *)entries->pdata[0])->failures;
    bool unavailable = ht_posted_kind(posted->status) == HT_POSTED_UNAVAILABLE;
    unsigned together = unavailable ? MAX(entries->len / 2, 1) : 1;
    for (unsigned i = 0; i < entries->len; i++) {
        HtEntry *entry = entries->pdata[i];
        entry->together = together;
        entry->failures = MAX(entry->failures, failures);
        if (has_used_up(consumer, entry, entries->len)) {
            bury(consumer, entry, posted);
        } else {
            ht_window_return(&consumer->window, entry, time_us);
        }
    }
    look_at(consumer, time_us);
}

/* Nothing is given up unless a number of attempts is set. What failed in company goes in smaller company: at once alone
 * when the consumer is there, so that one bad event does not hold up the others; else half as many. */
static void retry(HtConsumer *consumer, GPtrArray *entries, const HtPosted *posted)
{
    HtEntry *head = entries->pdata[0];
    count_head(consumer, head);
    bool down = is_down(consumer, ht_posted_kind(posted->status));
    bool at_once = !down && entries->len > 1 && posted->retry_after_ms == 0;
    if (down) {
        begin_rest(consumer, posted);
    } else {
        ht_log(head->failures == 0 ? HT_LOG_WARNING : HT_LOG_INFO, "delivery",
               "consumer %s: %u events from %" G_GUINT64_FORMAT
               " on failed (%s); they go again, others go on",
               consumer->config->name, entries->len, head->event->sequence, consumer->last_error);
    }
    return_entries(consumer, entries, posted, at_once ? 0 : next_time(consumer, head, posted, down));
}

/* The consumer says that what it got is wrong. Of a batch nobody knows which event is meant: each goes once more, alone. */
static void refuse(HtConsumer *consumer, GPtrArray *entries, const HtPosted *posted)
{
    if (entries->len == 1) {
        bury(consumer, entries->pdata[0], posted);
        return;
    }
    for (unsigned i = 0; i < entries->len; i++) {
        HtEntry *entry = entries->pdata[i];
        entry->together = 1;
        ht_window_return(&consumer->window, entry, 0);
    }
}

static void acknowledge(HtConsumer *consumer, GPtrArray *entries)
{
    for (unsigned i = 0; i < entries->len; i++) {
        ht_window_finish(&consumer->window, entries->pdata[i]);
    }
    consumer->delivered += entries->len;
    consumer->backoff.failures = 0;
    consumer->heads = 0;
    consumer->streak++;
    g_clear_pointer(&consumer->last_error, g_free);
}

static void gone(HtConsumer *consumer, GPtrArray *entries)
{
    for (unsigned i = 0; i < entries->len; i++) {
        ht_window_return(&consumer->window, entries->pdata[i], 0);
    }
    consumer->paused = true;
    ht_log(HT_LOG_WARNING, "delivery",
           "consumer %s answered 410 Gone: it is paused until the bus is started again",
           consumer->config->name);
}

static void judge(HtConsumer *consumer, GPtrArray *entries, const HtPosted *posted)
{
    HtPostedKind kind = ht_posted_kind(posted->status);
    consumer->attempts++;
    if (kind == HT_POSTED_TAKEN) {
        acknowledge(consumer, entries);
        return;
    }
    consumer->failures++;
    g_free(consumer->last_error);
    consumer->last_error = ht_reason_short(posted);
    if (kind == HT_POSTED_GONE) {
        gone(consumer, entries);
    } else if (kind == HT_POSTED_REFUSED) {
        refuse(consumer, entries, posted);
    } else {
        retry(consumer, entries, posted);
    }
}

static void free_delivery(void *user)
{
    Delivery *delivery = user;
    g_ptr_array_unref(delivery->entries);
    g_free(delivery);
}

static void finish_delivery(const HtPosted *posted, void *user)
{
    Delivery *delivery = user;
    HtConsumer *consumer = delivery->consumer;
    consumer->sending--;
    judge(consumer, delivery->entries, posted);
    free_delivery(delivery);
    pump(consumer);
}

/* ---- Sending ---- */

static void render(HtConsumer *consumer, GPtrArray *entries, HtBuffer *body)
{
    HtEventPolicy policy = {ht_policy_see_time, ht_policy_see, consumer->policy};
    if (is_batch(consumer)) {
        ht_buffer_add_char(body, '[');
    }
    for (unsigned i = 0; i < entries->len; i++) {
        HtEntry *entry = entries->pdata[i];
        entry->attempts++;
        if (i > 0) {
            ht_buffer_add_char(body, ',');
        }
        ht_event_render(entry->event, consumer->options->config->bus.name, &policy, body);
    }
    if (is_batch(consumer)) {
        ht_buffer_add_char(body, ']');
    }
}

static void send_entries(HtConsumer *consumer, GPtrArray *entries)
{
    HtPost post = {.url = consumer->config->url,
                   .content_type = is_batch(consumer) ? "application/cloudevents-batch+json; charset=utf-8"
                                                      : "application/cloudevents+json; charset=utf-8",
                   .timeout_ms = consumer->config->timeout_ms,
                   .connect_timeout_ms = consumer->config->connect_timeout_ms,
                   .drop = free_delivery};
    render(consumer, entries, &post.body);
    g_auto(GStrv) headers = NULL;
    if (consumer->secret) {
        g_autofree char *id = ht_window_name(entries);
        headers = ht_secret_sign(consumer->secret, id, ht_clock_now(), ht_buffer_text(&post.body));
        post.headers = (const char *const *)headers;
    }
    Delivery *delivery = g_new0(Delivery, 1);
    *delivery = (Delivery){consumer, entries};
    consumer->sending++;
    ht_sender_post(consumer->sender, &post, finish_delivery, delivery);
}

/* Whether another request should go now. While the consumer is not known to be well, one at a time. A short batch waits
 * while another is under way: more events will have come when that ends. */
static bool may_send(const HtConsumer *consumer)
{
    if (consumer->paused || consumer->stopped || consumer->window.waiting == 0 || is_resting(consumer)) {
        return false;
    }
    if (consumer->backoff.failures > 0 || consumer->heads > 0) {
        return consumer->sending == 0;
    }
    bool full = !is_batch(consumer) || consumer->window.waiting >= consumer->config->batch;
    return consumer->sending < consumer->config->connections && (full || consumer->sending == 0);
}

static void pump(HtConsumer *consumer)
{
    while (may_send(consumer)) {
        unsigned most = is_batch(consumer) ? (unsigned)consumer->config->batch : 1;
        GPtrArray *entries = ht_window_pick(&consumer->window, most, REQUEST_BYTES, ht_clock_monotonic());
        if (entries->len == 0) {
            g_ptr_array_unref(entries);
            break;
        }
        send_entries(consumer, entries);
    }
    if (ht_window_advance(&consumer->window)) {
        ht_spool_cursor_move(consumer->options->spool, consumer->config->name, consumer->window.cursor);
    }
    read_ahead(consumer);
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

static void add_error(const HtConsumerConfig *config, GString *errors, const char *text)
{
    g_string_append_printf(errors, "%s:%u: error: [consumer %s] %s\n", config->file, config->line,
                           config->name, text);
}

static bool open_secret(HtConsumer *consumer, GString *errors)
{
    g_autoptr(GError) error = NULL;
    if (consumer->config->secret_file &&
        !(consumer->secret = ht_secret_load(consumer->config->secret_file, &error))) {
        add_error(consumer->config, errors, error->message);
        return false;
    }
    return true;
}

static bool open_cursor(HtConsumer *consumer, GString *errors)
{
    g_autoptr(GError) error = NULL;
    HtSpool *spool = consumer->options->spool;
    uint64_t initial = g_str_equal(consumer->config->start, "now") ? ht_spool_last_sequence(spool) : 0;
    if (!ht_spool_cursor_open(spool, consumer->config->name, initial, &consumer->window.cursor, &error)) {
        add_error(consumer->config, errors, error->message);
        return false;
    }
    consumer->window.read_to = consumer->window.cursor;
    return true;
}

HtConsumer *ht_consumer_new(const HtConsumerConfig *config, const HtDeliveryOptions *options,
                            HtSender *sender, GString *errors)
{
    HtConsumer *consumer = g_new0(HtConsumer, 1);
    *consumer = (HtConsumer){.config = config,
                             .options = options,
                             .sender = sender,
                             .backoff = {config->retry_first_ms, config->retry_max_ms, 0},
                             .streak = 1};
    consumer->timer = ht_timer_new(on_timer, consumer);
    consumer->policy = ht_policy_new(config, options->dictionary, errors);
    consumer->routes = ht_routes_new(options->config, config->name, options->dictionary);
    if (!consumer->policy || !open_secret(consumer, errors) || !open_cursor(consumer, errors)) {
        ht_consumer_free(consumer);
        return NULL;
    }
    read_ahead(consumer);
    return consumer;
}

void ht_consumer_free(HtConsumer *consumer)
{
    ht_timer_free(consumer->timer);
    ht_window_clear(&consumer->window);
    g_clear_pointer(&consumer->policy, ht_policy_free);
    g_clear_pointer(&consumer->routes, ht_routes_free);
    g_clear_pointer(&consumer->secret, ht_secret_free);
    consumer->freed = true;
    free_when_idle(consumer);
}

void ht_consumer_status(const HtConsumer *consumer, HtConsumerStatus *status)
{
    const HtEntry *oldest = g_queue_peek_head((GQueue *)&consumer->window.entries);
    uint64_t last = ht_spool_last_sequence(consumer->options->spool);
    *status = (HtConsumerStatus){
        .name = consumer->config->name,
        .state = consumer->paused                                ? "paused"
                 : consumer->backoff.failures || consumer->heads ? "retrying"
                 : oldest                                        ? "delivering"
                                                                 : "idle",
        .cursor = consumer->window.cursor,
        .backlog = last - consumer->window.cursor,
        .delivered = consumer->delivered,
        .skipped = consumer->skipped,
        .dead = consumer->dead,
        .attempts = consumer->attempts,
        .failures = consumer->failures,
        .oldest_us = oldest ? oldest->event->recorded_us : 0,
        .last_error = consumer->last_error,
    };
}
