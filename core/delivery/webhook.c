/* Webhooks. Main-loop thread. */
#include "core/delivery/webhook.h"

#include "core/base/clock.h"
#include "core/delivery/reason.h"
#include "core/delivery/signature.h"

#define NAME_HEX 32

typedef struct {
    HtTransport transport;
    const HtConsumerConfig *config;
    HtSender *sender;
    HtSecret *secret; /* NULL: no signatures */
    bool batch;
} Webhook;

/* One request under way. */
typedef struct {
    void (*done)(const HtSent *sent, void *user);
    void (*drop)(void *user);
    void *user;
} Exchange;

char *ht_webhook_name(const GPtrArray *events)
{
    if (events->len == 1) {
        char id[HT_UUID_TEXT];
        ht_uuid_format(&((const HtStoredEvent *)events->pdata[0])->id, id);
        return g_strdup(id);
    }
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (unsigned i = 0; i < events->len; i++) {
        const HtStoredEvent *event = events->pdata[i];
        g_checksum_update(sum, event->id.bytes, HT_UUID_SIZE);
    }
    return g_strdup_printf("batch-%.*s", NAME_HEX, g_checksum_get_string(sum));
}

static void render(const Webhook *webhook, const HtOutgoing *outgoing, HtBuffer *body)
{
    if (webhook->batch) {
        ht_buffer_add_char(body, '[');
    }
    for (unsigned i = 0; i < outgoing->events->len; i++) {
        if (i > 0) {
            ht_buffer_add_char(body, ',');
        }
        ht_event_render(outgoing->events->pdata[i], outgoing->bus, outgoing->policy, body);
    }
    if (webhook->batch) {
        ht_buffer_add_char(body, ']');
    }
}

static void drop(void *user)
{
    Exchange *exchange = user;
    exchange->drop(exchange->user);
    g_free(exchange);
}

static void finish(const HtPosted *posted, void *user)
{
    Exchange *exchange = user;
    g_autofree char *reason = NULL, *detail = NULL;
    HtSent sent = {.kind = ht_reason_kind(posted), .rest_ms = posted->retry_after_ms};
    if (sent.kind != HT_SENT_TAKEN) {
        sent.reason = reason = ht_reason_short(posted);
        sent.detail = detail = ht_reason_full(posted);
    }
    exchange->done(&sent, exchange->user);
    g_free(exchange);
}

static void send_events(HtTransport *transport, const HtOutgoing *outgoing)
{
    const Webhook *webhook = (const Webhook *)transport;
    HtPost post = {.url = webhook->config->url,
                   .content_type = webhook->batch ? "application/cloudevents-batch+json; charset=utf-8"
                                                  : "application/cloudevents+json; charset=utf-8",
                   .timeout_ms = webhook->config->timeout_ms,
                   .connect_timeout_ms = webhook->config->connect_timeout_ms,
                   .drop = drop};
    render(webhook, outgoing, &post.body);
    g_auto(GStrv) headers = NULL;
    if (webhook->secret) {
        g_autofree char *id = ht_webhook_name(outgoing->events);
        headers = ht_secret_sign(webhook->secret, id, ht_clock_now(), ht_buffer_text(&post.body));
        post.headers = (const char *const *)headers;
    }
    Exchange *exchange = g_new(Exchange, 1);
    *exchange = (Exchange){outgoing->done, outgoing->drop, outgoing->user};
    ht_sender_post(webhook->sender, &post, finish, exchange);
}

static void free_webhook(HtTransport *transport)
{
    Webhook *webhook = (Webhook *)transport;
    g_clear_pointer(&webhook->secret, ht_secret_free);
    g_free(webhook);
}

HtTransport *ht_webhook_new(const HtConsumerConfig *config, HtSender *sender, GString *errors)
{
    g_autoptr(GError) error = NULL;
    bool batch = g_str_equal(config->mode, "batch");
    Webhook *webhook = g_new0(Webhook, 1);
    *webhook = (Webhook){.transport = {batch ? (unsigned)config->batch : 1, send_events, free_webhook},
                         .config = config,
                         .sender = sender,
                         .batch = batch};
    if (config->secret_file && !(webhook->secret = ht_secret_load(config->secret_file, &error))) {
        g_string_append_printf(errors, "%s:%u: error: [consumer %s] %s\n", config->file, config->line,
                               config->name, error->message);
        g_free(webhook);
        return NULL;
    }
    return &webhook->transport;
}
