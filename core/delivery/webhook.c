/* Webhooks. Main-loop thread. */
#include "core/delivery/webhook.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/delivery/reason.h"
#include "core/delivery/signature.h"

#define NAME_HEX 32

typedef enum { BATCH, STRUCTURED, BINARY } Mode;

static const struct {
    const char *name, *content_type;
} modes[] = {
    [BATCH] = {"batch", "application/cloudevents-batch+json; charset=utf-8"},
    [STRUCTURED] = {"structured", "application/cloudevents+json; charset=utf-8"},
    [BINARY] = {"binary", "application/json"},
};

typedef struct {
    HtTransport transport;
    const HtConsumerConfig *config;
    HtSender *sender;
    HtSecret *secret; /* NULL: no signatures */
    bool has_tls;
    HtPostTls tls;
    Mode mode;
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
    g_autoptr(GByteArray) ids = g_byte_array_new();
    for (unsigned i = 0; i < events->len; i++) {
        const HtStoredEvent *event = events->pdata[i];
        g_byte_array_append(ids, event->id.bytes, HT_UUID_SIZE);
    }
    char hex[HT_SHA256_HEX];
    ht_sha256_hex((HtText){(const char *)ids->data, ids->len}, hex);
    return g_strdup_printf("batch-%.*s", NAME_HEX, hex);
}

/* As the CloudEvents HTTP binding has it (3.1.3.2): UTF-8, of which what is not visible ASCII, and quote and percent, are
 * percent-encoded. */
static void add_header(void *user, const char *name, HtText value)
{
    GPtrArray *headers = user;
    if (!value.data || g_str_equal(name, "datacontenttype")) { /* that one is the Content-Type */
        return;
    }
    GString *header = g_string_sized_new(strlen(name) + value.size + 8);
    g_string_append_printf(header, "ce-%s: ", name);
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = (uint8_t)value.data[i];
        if (byte > ' ' && byte < 0x7f && byte != '"' && byte != '%') {
            g_string_append_c(header, (char)byte);
        } else {
            g_string_append_printf(header, "%%%02X", byte);
        }
    }
    g_ptr_array_add(headers, g_string_free(header, FALSE));
}

static void render_batch(const HtOutgoing *outgoing, HtBuffer *body)
{
    ht_buffer_add_char(body, '[');
    for (unsigned i = 0; i < outgoing->events->len; i++) {
        ht_json_comma(body);
        ht_rendered_add(&outgoing->class, outgoing->events->pdata[i], outgoing->bus, outgoing->policy, body);
    }
    ht_buffer_add_char(body, ']');
}

static void render(const Webhook *webhook, const HtOutgoing *outgoing, HtBuffer *body, GPtrArray *headers)
{
    const HtStoredEvent *event = outgoing->events->pdata[0];
    switch (webhook->mode) {
    case BATCH: render_batch(outgoing, body); break;
    case STRUCTURED: ht_rendered_add(&outgoing->class, event, outgoing->bus, outgoing->policy, body); break;
    case BINARY:
        ht_event_attributes(event, outgoing->bus, outgoing->policy, add_header, headers);
        ht_event_render_data(event, outgoing->policy, body);
        break;
    }
}

static void sign(const Webhook *webhook, const HtOutgoing *outgoing, const HtBuffer *body, GPtrArray *headers)
{
    g_autofree char *id = ht_webhook_name(outgoing->events);
    g_autofree char **made = ht_secret_sign(webhook->secret, id, ht_clock_now(), ht_buffer_text(body));
    for (char **header = made; *header; header++) {
        g_ptr_array_add(headers, *header);
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
    HtSent sent = {.kind = ht_reason_kind(posted),
                   .rest_ms = posted->retry_after_ms,
                   .status = posted->status,
                   .took_us = posted->took_us};
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
                   .tls = webhook->has_tls ? &webhook->tls : NULL,
                   .content_type = modes[webhook->mode].content_type,
                   .timeout_ms = webhook->config->timeout_ms,
                   .connect_timeout_ms = webhook->config->connect_timeout_ms,
                   .body = ht_sender_body(webhook->sender),
                   .drop = drop};
    g_autoptr(GPtrArray) headers = g_ptr_array_new_with_free_func(g_free);
    render(webhook, outgoing, &post.body, headers);
    if (webhook->secret) {
        sign(webhook, outgoing, &post.body, headers);
    }
    g_ptr_array_add(headers, NULL);
    post.headers = (const char *const *)headers->pdata;
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
    Mode mode = BATCH;
    while (!g_str_equal(modes[mode].name, config->mode)) {
        mode++;
    }
    Webhook *webhook = g_new0(Webhook, 1);
    *webhook = (Webhook){.transport = {.most = mode == BATCH ? (unsigned)config->batch : 1,
                                       .send = send_events,
                                       .free = free_webhook},
                         .config = config,
                         .sender = sender,
                         .has_tls = config->tls_ca || config->tls_certificate || config->tls_pin,
                         .tls = {config->tls_ca, config->tls_certificate, config->tls_key, config->tls_pin},
                         .mode = mode};
    if (config->secret_files &&
        !(webhook->secret = ht_secret_load((const char *const *)config->secret_files, &error))) {
        g_autofree char *place = ht_consumer_place(config, "secret-file");
        g_string_append_printf(errors, "%s: error: [consumer %s] %s\n", place, config->name, error->message);
        g_free(webhook);
        return NULL;
    }
    return &webhook->transport;
}
