/* A webhook consumer's life: read, pick, send, judge the answer, move the cursor. Main-loop thread. */
#include "core/delivery/consumer.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/delivery/backoff.h"
#include "core/delivery/policy.h"
#include "core/delivery/route.h"
#include "core/delivery/signature.h"
#include "core/delivery/window.h"

#define WINDOW_EVENTS 4000
#define PAGE_EVENTS 500
#define PAGE_BYTES (4 << 20)
#define REQUEST_BYTES (4 << 20)
#define REASON_BYTES 300
#define READ_AGAIN_MS 1000

struct HtConsumer {
    const HtConsumerConfig *config;
    const HtDeliveryOptions *options;
    HtSender *sender;
    HtPolicy *policy;
    HtRoutes *routes;
    HtSecret *secret; /* NULL: no signatures */
    HtWindow window;
    HtBackoff backoff;
    GSource *pause;   /* set while retrying */
    unsigned sending; /* requests under way */
    bool reading, paused, freed;
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

static gboolean end_pause(void *user)
{
    HtConsumer *consumer = user;
    g_clear_pointer(&consumer->pause, g_source_unref);
    pump(consumer);
    return G_SOURCE_REMOVE;
}

/* Does nothing for so long; a pause that has begun stays as it is. */
static void rest(HtConsumer *consumer, uint64_t pause_ms)
{
    if (!consumer->pause) {
        consumer->pause = g_timeout_source_new((guint)MIN(pause_ms, G_MAXUINT));
        g_source_set_callback(consumer->pause, end_pause, consumer, NULL);
        g_source_attach(consumer->pause, NULL);
    }
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
    bool room = g_queue_get_length(&consumer->window.entries) < WINDOW_EVENTS;
    if (!consumer->reading && room && consumer->window.read_to < last) {
        consumer->reading = true;
        ht_spool_read(consumer->options->spool, consumer->window.read_to, PAGE_EVENTS, PAGE_BYTES, take_page,
                      consumer);
    }
}

/* ---- Judging answers ---- */

/* What the consumer answered, as the reason of a dead letter: no control characters, and no long number, which might be
 * somebody's. */
static char *describe(const HtPosted *posted)
{
    if (posted->error) {
        return g_strdup(posted->error);
    }
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "HTTP %ld", posted->status);
    g_autofree char *valid =
        g_utf8_make_valid(posted->body.data, (gssize)MIN(posted->body.size, REASON_BYTES));
    g_strdelimit(valid, "\r\n\t", ' ');
    if (*g_strstrip(valid)) {
        g_string_append_printf(text, ": %s", valid);
    }
    static GRegex *numbers;
    if (g_once_init_enter(&numbers)) {
        g_once_init_leave(&numbers, g_regex_new("[0-9０-９]{7,}[0-9０-９Xx]", 0, 0, NULL));
    }
    return g_regex_replace_literal(numbers, text->str, -1, 0, "[number]", 0, NULL);
}

static void bury(HtConsumer *consumer, HtEntry *entry, const char *reason)
{
    ht_spool_dead_letter(consumer->options->spool, consumer->config->name, entry->event->sequence,
                         entry->attempts, reason);
    ht_window_set(&consumer->window, entry, HT_ENTRY_DONE);
    consumer->dead++;
    ht_log(HT_LOG_WARNING, "delivery", "consumer %s: event %" G_GUINT64_FORMAT " is a dead letter: %s",
           consumer->config->name, entry->event->sequence, reason);
}

static void begin_pause(HtConsumer *consumer, const HtPosted *posted, const char *reason)
{
    if (consumer->pause) {
        return; /* several requests under way failed together: that is one failure */
    }
    uint64_t pause_ms = ht_backoff_next(&consumer->backoff, posted->retry_after_ms);
    rest(consumer, pause_ms);
    ht_log(consumer->backoff.failures == 1 ? HT_LOG_WARNING : HT_LOG_INFO, "delivery",
           "consumer %s: attempt %u failed (%s); next in %" G_GUINT64_FORMAT " ms", consumer->config->name,
           consumer->backoff.failures, reason, pause_ms);
}

/* The consumer cannot take it now: everything waits, nothing is given up unless a number of attempts is set. */
static void retry(HtConsumer *consumer, GPtrArray *entries, const HtPosted *posted, const char *reason)
{
    for (unsigned i = 0; i < entries->len; i++) {
        HtEntry *entry = entries->pdata[i];
        if (consumer->config->attempts > 0 && entry->attempts >= consumer->config->attempts) {
            bury(consumer, entry, reason);
        } else {
            ht_window_set(&consumer->window, entry, HT_ENTRY_WAITING);
        }
    }
    begin_pause(consumer, posted, reason);
}

/* The consumer says that what it got is wrong. Of a batch nobody knows which event is meant: each goes once more, alone. */
static void refuse(HtConsumer *consumer, GPtrArray *entries, const char *reason)
{
    if (entries->len == 1) {
        bury(consumer, entries->pdata[0], reason);
        return;
    }
    for (unsigned i = 0; i < entries->len; i++) {
        HtEntry *entry = entries->pdata[i];
        entry->alone = true;
        ht_window_set(&consumer->window, entry, HT_ENTRY_WAITING);
    }
}

static void acknowledge(HtConsumer *consumer, GPtrArray *entries)
{
    for (unsigned i = 0; i < entries->len; i++) {
        ht_window_set(&consumer->window, entries->pdata[i], HT_ENTRY_DONE);
    }
    consumer->delivered += entries->len;
    consumer->backoff.failures = 0;
    g_clear_pointer(&consumer->last_error, g_free);
}

static void gone(HtConsumer *consumer, GPtrArray *entries)
{
    for (unsigned i = 0; i < entries->len; i++) {
        ht_window_set(&consumer->window, entries->pdata[i], HT_ENTRY_WAITING);
    }
    consumer->paused = true;
    ht_log(HT_LOG_WARNING, "delivery",
           "consumer %s answered 410 Gone: it is paused until the bus is started again",
           consumer->config->name);
}

static bool is_temporary(long status)
{
    return status < 200 || status >= 500 || status == 408 || status == 425 || status == 429 ||
           (status >= 300 && status < 400);
}

static void judge(HtConsumer *consumer, GPtrArray *entries, const HtPosted *posted)
{
    consumer->attempts++;
    if (posted->status >= 200 && posted->status < 300) {
        acknowledge(consumer, entries);
        return;
    }
    g_autofree char *reason = describe(posted);
    consumer->failures++;
    g_free(consumer->last_error);
    consumer->last_error = g_strdup(reason);
    if (posted->status == 410) {
        gone(consumer, entries);
    } else if (is_temporary(posted->status)) {
        retry(consumer, entries, posted, reason);
    } else {
        refuse(consumer, entries, reason);
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
    HtEventPolicy policy = {ht_policy_see, consumer->policy};
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
        char id[HT_UUID_TEXT];
        ht_uuid_format(&((HtEntry *)entries->pdata[0])->event->id, id);
        headers = ht_secret_sign(consumer->secret, id, ht_clock_now(), ht_buffer_text(&post.body));
        post.headers = (const char *const *)headers;
    }
    Delivery *delivery = g_new0(Delivery, 1);
    *delivery = (Delivery){consumer, entries};
    consumer->sending++;
    ht_sender_post(consumer->sender, &post, finish_delivery, delivery);
}

/* Whether another request should go now. After a failure one request tries, alone. A short batch waits while another is
 * under way: more events will have come when that ends. */
static bool may_send(const HtConsumer *consumer)
{
    if (consumer->paused || consumer->pause || consumer->window.waiting == 0) {
        return false;
    }
    if (consumer->backoff.failures > 0) {
        return consumer->sending == 0;
    }
    bool full = !is_batch(consumer) || consumer->window.waiting >= consumer->config->batch;
    return consumer->sending < consumer->config->connections && (full || consumer->sending == 0);
}

static void pump(HtConsumer *consumer)
{
    while (may_send(consumer)) {
        unsigned most = is_batch(consumer) ? (unsigned)consumer->config->batch : 1;
        GPtrArray *entries = ht_window_pick(&consumer->window, most, REQUEST_BYTES);
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
                             .backoff = {config->retry_first_ms, config->retry_max_ms, 0}};
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
    if (consumer->pause) {
        g_source_destroy(consumer->pause);
        g_source_unref(consumer->pause);
    }
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
        .state = consumer->paused             ? "paused"
                 : consumer->backoff.failures ? "retrying"
                 : oldest                     ? "delivering"
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
