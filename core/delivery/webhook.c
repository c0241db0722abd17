/* Webhooks. Main-loop thread. */
#include "core/delivery/webhook.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/delivery/reason.h"
#include "core/delivery/signature.h"
#include "core/delivery/validation.h"

#define NAME_HEX 32

typedef enum { BATCH, STRUCTURED, BINARY } Mode;

static const struct {
    const char *name, *content_type;
} modes[] = {
    [BATCH] = {"batch", "application/cloudevents-batch+json; charset=utf-8"},
    [STRUCTURED] = {"structured", "application/cloudevents+json; charset=utf-8"},
    [BINARY] = {"binary", "application/json"},
};

typedef struct Webhook Webhook;

struct Webhook {
    HtTransport transport;
    const HtConsumerConfig *config;
    HtSender *sender;
    HtSecret *secret; /* NULL: no signatures */
    bool has_tls;
    HtPostTls tls;
    Mode mode;
    Webhook *live;            /* itself, or that of which it is a replay's */
    HtValidation *validation; /* the live one's; NULL: it is not asked */
    GPtrArray *all;           /* the live one's: those that send to this endpoint, itself first */
    GQueue held;              /* of Exchange: that wait until the endpoint agrees, and for its rate */
};

/* One request, under way or held. */
typedef struct {
    Webhook *webhook;
    HtBuffer body;
    GPtrArray *headers; /* but for those of the signature, which has the time of sending in it */
    char *name;         /* for it; NULL: there is none */
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

static void free_exchange(Exchange *exchange)
{
    ht_buffer_clear(&exchange->body);
    g_ptr_array_unref(exchange->headers);
    g_free(exchange->name);
    g_free(exchange);
}

static void drop(void *user)
{
    Exchange *exchange = user;
    exchange->drop(exchange->user);
    free_exchange(exchange);
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
    free_exchange(exchange);
}

static void sign(const Webhook *webhook, Exchange *exchange)
{
    g_autofree char **made =
        ht_secret_sign(webhook->secret, exchange->name, ht_clock_now(), ht_buffer_text(&exchange->body));
    for (char **header = made; *header; header++) {
        g_ptr_array_add(exchange->headers, *header);
    }
}

static void post_exchange(Exchange *exchange)
{
    Webhook *webhook = exchange->webhook;
    HtPost post = {.url = webhook->config->url,
                   .tls = webhook->live->has_tls ? &webhook->live->tls : NULL,
                   .content_type = modes[webhook->mode].content_type,
                   .timeout_ms = webhook->config->timeout_ms,
                   .connect_timeout_ms = webhook->config->connect_timeout_ms,
                   .drop = drop};
    if (webhook->secret) {
        sign(webhook, exchange);
    }
    if (webhook->live->validation) {
        g_ptr_array_add(exchange->headers, g_strdup(ht_validation_header(webhook->live->validation)));
    }
    g_ptr_array_add(exchange->headers, NULL);
    post.headers = (const char *const *)exchange->headers->pdata;
    post.body = exchange->body;
    exchange->body = (HtBuffer){0};
    ht_sender_post(webhook->sender, &post, finish, exchange);
}

/* ---- Whether the endpoint agrees ---- */

/* It does not: nothing happened to the events. */
static void refuse_held(Webhook *webhook, const char *why)
{
    g_autofree char *reason = g_strdup_printf("OPTIONS: %s", why);
    HtSent sent = {.kind = HT_SENT_REST, .reason = reason, .detail = reason};
    for (unsigned count = webhook->held.length; count > 0;
         count--) { /* what is sent meanwhile waits its turn */
        Exchange *exchange = g_queue_pop_head(&webhook->held);
        exchange->done(&sent, exchange->user);
        free_exchange(exchange);
    }
}

static void look_at_held(Webhook *webhook)
{
    HtValidation *validation = webhook->live->validation;
    while (webhook->held.length > 0) {
        HtPermission permission = ht_validation_ask(validation);
        if (permission == HT_VALIDATION_NO) {
            refuse_held(webhook, ht_validation_reason(validation));
        }
        if (permission != HT_VALIDATION_GO) {
            return;
        }
        post_exchange(g_queue_pop_head(&webhook->held));
    }
}

static void on_changed(void *user)
{
    const Webhook *live = user;
    for (unsigned i = 0; i < live->all->len; i++) {
        look_at_held(live->all->pdata[i]);
    }
}

/* Another takes its place: what is held goes back, and is that one's. */
static void retire(HtTransport *transport)
{
    Webhook *webhook = (Webhook *)transport;
    const HtSent back = {.kind = HT_SENT_BACK};
    for (unsigned count = webhook->held.length; count > 0; count--) {
        Exchange *exchange = g_queue_pop_head(&webhook->held);
        exchange->done(&back, exchange->user);
        free_exchange(exchange);
    }
}

/* Nobody may come back to it. */
static bool is_over(HtTransport *transport)
{
    const Webhook *webhook = (const Webhook *)transport;
    return !webhook->validation || !ht_validation_is_asking(webhook->validation);
}

static void confirm(HtTransport *transport, HtPageCall *call)
{
    ht_validation_confirm(((Webhook *)transport)->validation, call);
}

static void describe(const HtTransport *transport, HtBuffer *json)
{
    ht_validation_json(((const Webhook *)transport)->live->validation, json);
}

static void send_events(HtTransport *transport, const HtOutgoing *outgoing)
{
    Webhook *webhook = (Webhook *)transport;
    Exchange *exchange = g_new0(Exchange, 1);
    *exchange = (Exchange){.webhook = webhook,
                           .body = ht_sender_body(webhook->sender),
                           .headers = g_ptr_array_new_with_free_func(g_free),
                           .name = webhook->secret ? ht_webhook_name(outgoing->events) : NULL,
                           .done = outgoing->done,
                           .drop = outgoing->drop,
                           .user = outgoing->user};
    render(webhook, outgoing, &exchange->body, exchange->headers);
    if (webhook->live->validation) {
        g_queue_push_tail(&webhook->held, exchange);
        ht_validation_ring(webhook->live->validation);
    } else {
        post_exchange(exchange);
    }
}

static void free_webhook(HtTransport *transport)
{
    Webhook *webhook = (Webhook *)transport;
    for (Exchange *exchange; (exchange = g_queue_pop_head(&webhook->held));) {
        drop(exchange);
    }
    g_ptr_array_remove(webhook->live->all, webhook);
    if (webhook->live == webhook) {
        g_clear_pointer(&webhook->validation, ht_validation_free);
        g_ptr_array_unref(webhook->all);
    }
    g_clear_pointer(&webhook->secret, ht_secret_free);
    g_free(webhook);
}

static bool load_secret(Webhook *webhook, GString *errors)
{
    const HtConsumerConfig *config = webhook->config;
    g_autoptr(GError) error = NULL;
    if (config->secret_files &&
        !(webhook->secret = ht_secret_load((const char *const *)config->secret_files, &error))) {
        g_autofree char *place = ht_consumer_place(config, "secret-file");
        g_string_append_printf(errors, "%s: error: [consumer %s] %s\n", place, config->name, error->message);
        return false;
    }
    return true;
}

static void be_live(Webhook *webhook, const HtBusConfig *bus)
{
    HtValidationOptions options = {webhook->config, bus,        webhook->has_tls ? &webhook->tls : NULL,
                                   webhook->sender, on_changed, webhook};
    webhook->live = webhook;
    webhook->all = g_ptr_array_new();
    if (g_strcmp0(webhook->config->validate, "yes") == 0) {
        webhook->validation = ht_validation_new(&options);
        webhook->transport.confirm = confirm;
        webhook->transport.describe = describe;
    }
}

HtTransport *ht_webhook_new(const HtConsumerConfig *config, const HtBusConfig *bus, HtSender *sender,
                            HtTransport *live, GString *errors)
{
    Mode mode = BATCH;
    while (!g_str_equal(modes[mode].name, config->mode)) {
        mode++;
    }
    Webhook *webhook = g_new0(Webhook, 1);
    *webhook = (Webhook){.transport = {.most = mode == BATCH ? (unsigned)config->batch : 1,
                                       .send = send_events,
                                       .finish = is_over,
                                       .retire = retire,
                                       .free = free_webhook},
                         .config = config,
                         .sender = sender,
                         .has_tls = config->tls_ca || config->tls_certificate || config->tls_pin,
                         .tls = {config->tls_ca, config->tls_certificate, config->tls_key, config->tls_pin},
                         .mode = mode,
                         .live = (Webhook *)live};
    if (!live) {
        be_live(webhook, bus);
    }
    g_ptr_array_add(webhook->live->all, webhook);
    if (!load_secret(webhook, errors)) {
        free_webhook(&webhook->transport);
        return NULL;
    }
    return &webhook->transport;
}
