/* Writing the AsyncAPI document. No state; main thread. */
#include "core/schema/asyncapi.h"

#include "core/base/json.h"
#include "core/delivery/route.h"

#include "generated/version.h"

#define STRUCTURED "application/cloudevents+json; charset=utf-8"
#define BATCH "application/cloudevents-batch+json; charset=utf-8"
#define BINARY "application/json; charset=utf-8"
#define FORMAT "application/schema+json;version=2020-12"

/* Schemas of what a pull consumer says of its events: what core/delivery/pull-request.c reads. */
#define WORKER "\"worker\":{\"type\":\"string\",\"maxLength\":64,\"pattern\":\"^[A-Za-z0-9._-]*$\"}"
#define SEQUENCE \
    "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1},{\"type\":\"string\",\"pattern\":\"^0*[1-9][0-9]*$\"}]}"
#define SEQUENCES "\"sequences\":{\"type\":\"array\",\"minItems\":1,\"items\":" SEQUENCE "}"
#define KEPT                                                                                       \
    "{\"type\":\"object\",\"additionalProperties\":false,\"oneOf\":[{\"required\":[\"through\"]}," \
    "{\"required\":[\"sequences\"]}],\"properties\":{\"through\":" SEQUENCE "," SEQUENCES "," WORKER "}}"
#define GIVEN_BACK                                                                                                \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"sequences\"],\"properties\":{" SEQUENCES \
    "," WORKER ",\"reason\":{\"type\":\"string\"}}}"

/* One way out. */
typedef struct {
    const HtSchemaSource *source;
    const HtConfig *config;           /* NULL: none */
    const HtConsumerConfig *consumer; /* NULL: stands for any */
    HtBuffer *json;
} Channel;

static void add_text(HtBuffer *json, const char *name, const char *text)
{
    ht_json_member(json, name, ht_text_from(text));
}

static void close_objects(HtBuffer *json, unsigned count)
{
    while (count-- > 0) {
        ht_buffer_add_char(json, '}');
    }
}

/* `{"$ref":"PREFIX NAME SUFFIX"}` */
static void add_reference(HtBuffer *json, const char *prefix, const char *name, const char *suffix)
{
    g_autofree char *target = g_strconcat(prefix, name, suffix, NULL);
    ht_buffer_add_char(json, '{');
    add_text(json, "$ref", target);
    ht_buffer_add_char(json, '}');
}

static const char *name_of(const Channel *channel)
{
    return channel->consumer ? channel->consumer->name : "events";
}

static bool is_of_type(const Channel *channel, const char *type)
{
    return channel->consumer && g_str_equal(channel->consumer->type, type);
}

/* What is fetched comes as arrays, what is in files an event a line. */
static bool has_mode(const Channel *channel, const char *mode)
{
    const char *own = is_of_type(channel, "webhook") ? channel->consumer->mode
                      : is_of_type(channel, "pull")  ? "batch"
                                                     : "structured";
    return g_str_equal(own, mode);
}

/* Where the consumer is reached, or reaches the bus; NULL where neither is known. */
static const char *server_url(const Channel *channel)
{
    return is_of_type(channel, "webhook") ? channel->consumer->url
           : is_of_type(channel, "pull")  ? channel->config->bus.public_url
                                          : NULL;
}

static bool is_routed(const Channel *channel, const HtEventType *type)
{
    for (unsigned i = 0; channel->consumer && i < channel->config->routes->len; i++) {
        const HtRouteConfig *route = channel->config->routes->pdata[i];
        if (g_strv_contains((const char *const *)route->to, channel->consumer->name) &&
            ht_route_reaches(route, type)) {
            return true;
        }
    }
    return !channel->consumer;
}

/* ---- Messages ---- */

static const char *schema_url(const HtSchemaSource *source)
{
    return source->url ? source->url : "./";
}

static void open_payload(HtBuffer *json)
{
    ht_json_open(json, "payload");
    add_text(json, "schemaFormat", FORMAT);
    ht_json_name(json, "schema");
}

/* The whole event as one body. */
static void write_structured(const HtSchemaSource *source, const HtEventType *type, const char *name,
                             HtBuffer *json)
{
    ht_json_open(json, name);
    add_text(json, "name", name);
    add_text(json, "title", type->zh);
    add_text(json, "contentType", STRUCTURED);
    open_payload(json);
    add_reference(json, schema_url(source), name, ".json");
    close_objects(json, 2);
}

/* Attributes in headers, `data` as the body. */
static void write_binary(const HtSchemaSource *source, const HtEventType *type, const char *name,
                         HtBuffer *json)
{
    g_autofree char *key = g_strconcat(name, ".binary", NULL);
    ht_json_open(json, key);
    add_text(json, "name", name);
    add_text(json, "title", type->zh);
    add_text(json, "contentType", BINARY);
    ht_json_open(json, "headers");
    add_text(json, "type", "object");
    ht_buffer_add_string(
        json, ",\"required\":[\"ce-specversion\",\"ce-id\",\"ce-source\",\"ce-type\"],\"properties\":{"
              "\"ce-specversion\":{\"const\":\"1.0\"},\"ce-id\":{\"type\":\"string\"},\"ce-source\":"
              "{\"type\":\"string\"}");
    ht_json_open(json, "ce-type");
    add_text(json, "const", name);
    close_objects(json, 3);
    open_payload(json);
    add_reference(json, schema_url(source), name, ".json#/properties/data");
    close_objects(json, 2);
}

typedef void (*TypeFunction)(const HtSchemaSource *source, const HtEventType *type, const char *name,
                             HtBuffer *json);

static void each_type(const Channel *channel, TypeFunction write)
{
    const HtDictionary *dictionary = channel->source->dictionary;
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(dictionary, i);
        if (is_routed(channel, type)) {
            g_autofree char *name = ht_event_schema_name(type);
            write(channel->source, type, name, channel->json);
        }
    }
}

/* Several events in one body: one message of the channel's own. */
static void add_item(const HtSchemaSource *source, const HtEventType *type, const char *name, HtBuffer *json)
{
    (void)type;
    ht_json_comma(json);
    add_reference(json, schema_url(source), name, ".json");
}

static void write_batch(const Channel *channel)
{
    HtBuffer *json = channel->json;
    g_autofree char *key = g_strconcat(name_of(channel), ".batch", NULL);
    if (!has_mode(channel, "batch")) {
        return;
    }
    ht_json_open(json, key);
    add_text(json, "name", key);
    add_text(json, "title", "Several events, in order");
    add_text(json, "contentType", BATCH);
    open_payload(json);
    ht_buffer_add_literal(json, "{\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":[");
    each_type(channel, add_item);
    ht_buffer_add_char(json, ']');
    close_objects(json, 4);
}

/* ---- Channels ---- */

/* Where the channel's messages stand. */
static void add_message(const Channel *channel, const char *key)
{
    ht_json_name(channel->json, key);
    add_reference(channel->json, "#/components/messages/", key, "");
}

static void add_message_of(const HtSchemaSource *source, const HtEventType *type, const char *name,
                           HtBuffer *json)
{
    (void)type;
    const Channel channel = {.source = source, .json = json};
    add_message(&channel, name);
}

static void add_binary_of(const HtSchemaSource *source, const HtEventType *type, const char *name,
                          HtBuffer *json)
{
    g_autofree char *key = g_strconcat(name, ".binary", NULL);
    add_message_of(source, type, key, json);
}

static void write_messages(const Channel *channel)
{
    g_autofree char *batch = g_strconcat(name_of(channel), ".batch", NULL);
    ht_json_open(channel->json, "messages");
    if (has_mode(channel, "batch")) {
        add_message(channel, batch);
    } else {
        each_type(channel, has_mode(channel, "binary") ? add_binary_of : add_message_of);
    }
    close_objects(channel->json, 1);
}

/* The path and the query of the consumer's address. The caller frees. */
static char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strpbrk(host + 3, "/?") : NULL;
    return !path ? g_strdup("/") : *path == '?' ? g_strconcat("/", path, NULL) : g_strdup(path);
}

static void write_address(const Channel *channel)
{
    HtBuffer *json = channel->json;
    if (is_of_type(channel, "webhook")) {
        g_autofree char *path = path_of(channel->consumer->url);
        add_text(json, "address", path);
    } else if (is_of_type(channel, "pull")) {
        g_autofree char *path = g_strconcat("/out/", channel->consumer->name, NULL);
        add_text(json, "address", path);
    } else {
        ht_json_name(json, "address");
        ht_buffer_add_literal(json, "null");
    }
}

static void write_servers(const Channel *channel)
{
    HtBuffer *json = channel->json;
    if (server_url(channel)) {
        ht_json_name(json, "servers");
        ht_buffer_add_char(json, '[');
        add_reference(json, "#/servers/", channel->consumer->name, "");
        ht_buffer_add_char(json, ']');
    }
}

/* What a pull consumer has besides its batches: the same events as a stream, and what it says of them. */
static const struct {
    const char *end, *title, *schema; /* schema: NULL: the consumer's events */
} pull_ways[] = {
    {"stream",
     "The consumer reads events as they come, as server-sent ones (text/event-stream): `id` is the sequence, "
     "`data` the event",
     NULL},
    {"ack", "The consumer has kept events", KEPT},
    {"retry", "The consumer could not take events now", GIVEN_BACK},
    {"refuse", "The consumer refuses events, which become dead letters", GIVEN_BACK},
};

static char *pull_key(const Channel *channel, unsigned way)
{
    return g_strconcat(name_of(channel), ".", pull_ways[way].end, NULL);
}

/* The body of a POST: said once, where it is sent. */
static void write_said(HtBuffer *json, unsigned way)
{
    ht_json_open(json, "messages");
    ht_json_open(json, pull_ways[way].end);
    add_text(json, "name", pull_ways[way].end);
    add_text(json, "contentType", "application/json");
    open_payload(json);
    ht_buffer_add_string(json, pull_ways[way].schema);
    close_objects(json, 3);
}

static void write_pull_channel(const Channel *channel, unsigned way)
{
    HtBuffer *json = channel->json;
    g_autofree char *key = pull_key(channel, way);
    g_autofree char *address = g_strconcat("/out/", name_of(channel), "/", pull_ways[way].end, NULL);
    ht_json_open(json, key);
    add_text(json, "address", address);
    add_text(json, "description", pull_ways[way].title);
    write_servers(channel);
    if (pull_ways[way].schema) {
        write_said(json, way);
    } else {
        ht_json_open(json, "messages");
        each_type(channel, add_message_of);
        close_objects(json, 1);
    }
    close_objects(json, 1);
}

static void write_channel(const Channel *channel)
{
    HtBuffer *json = channel->json;
    ht_json_open(json, name_of(channel));
    write_address(channel);
    add_text(json, "description",
             channel->consumer ? channel->consumer->purpose
                               : "Where a consumer's section says that its events go");
    write_servers(channel);
    write_messages(channel);
    close_objects(json, 1);
    for (unsigned i = 0; is_of_type(channel, "pull") && i < G_N_ELEMENTS(pull_ways); i++) {
        write_pull_channel(channel, i);
    }
}

static void write_server(const Channel *channel)
{
    HtBuffer *json = channel->json;
    const char *url = server_url(channel), *host = url ? strstr(url, "://") : NULL;
    if (!host) {
        return;
    }
    g_autofree char *protocol = g_strndup(url, (gsize)(host - url));
    g_autofree char *place = g_strndup(host + 3, strcspn(host + 3, "/?")), *path = path_of(url);
    ht_json_open(json, channel->consumer->name);
    add_text(json, "host", place);
    add_text(json, "protocol", protocol);
    add_text(json, "pathname", is_of_type(channel, "pull") ? path : NULL);
    close_objects(json, 1);
}

static void write_security(HtBuffer *json, const char *scheme)
{
    ht_json_name(json, "security");
    ht_buffer_add_char(json, '[');
    add_reference(json, "#/components/securitySchemes/", scheme, "");
    ht_buffer_add_char(json, ']');
}

/* `action`: what the bus does, with what is said of it and how HTTP is asked; the operation is left open. */
static void open_operation(const Channel *channel, const char *action, const char *name, const char *summary)
{
    HtBuffer *json = channel->json;
    g_autofree char *key = g_strconcat(action, ".", name, NULL);
    ht_json_open(json, key);
    add_text(json, "action", action);
    add_text(json, "summary", summary);
    ht_json_name(json, "channel");
    add_reference(json, "#/channels/", name, "");
    if (is_of_type(channel, "pull") && channel->consumer->token_file) {
        write_security(json, "bearer");
    } else if (channel->consumer && channel->consumer->secret_files) {
        write_security(json, "standard-webhooks");
    }
}

static void write_method(HtBuffer *json, const char *method)
{
    ht_json_open(json, "bindings");
    ht_json_open(json, "http");
    add_text(json, "method", method);
    add_text(json, "bindingVersion", "0.3.0");
    close_objects(json, 2);
}

static void write_operation(const Channel *channel)
{
    HtBuffer *json = channel->json;
    bool pull = is_of_type(channel, "pull"), file = is_of_type(channel, "file");
    open_operation(channel, "send", name_of(channel),
                   pull   ? "The consumer fetches events, and acknowledges them"
                   : file ? "The bus writes events into files, one a line"
                          : "The bus POSTs events; a 2xx acknowledges them");
    if (!file) {
        write_method(json, pull ? "GET" : "POST");
    }
    close_objects(json, 1);
    for (unsigned i = 0; pull && i < G_N_ELEMENTS(pull_ways); i++) {
        g_autofree char *key = pull_key(channel, i);
        open_operation(channel, pull_ways[i].schema ? "receive" : "send", key, pull_ways[i].title);
        write_method(json, pull_ways[i].schema ? "POST" : "GET");
        close_objects(json, 1);
    }
}

/* ---- The whole ---- */

/* Calls `write` for each channel of the document; `consumers` only for those that are a consumer's. */
static void each_channel(const Channel *first, bool consumers, void (*write)(const Channel *channel))
{
    if (first->consumer || !first->config) {
        if (first->consumer || !consumers) {
            write(first);
        }
        return;
    }
    for (unsigned i = 0; i < first->config->consumers->len; i++) {
        Channel channel = *first;
        channel.consumer = first->config->consumers->pdata[i];
        write(&channel);
    }
}

static bool is_binary(const Channel *channel)
{
    return has_mode(channel, "binary");
}

static bool is_structured(const Channel *channel)
{
    bool streams = is_of_type(channel, "pull");
    return streams || (!has_mode(channel, "binary") && !has_mode(channel, "batch"));
}

/* Whether a channel of that kind carries the type. */
static bool is_carried(const Channel *first, const HtEventType *type, bool (*is)(const Channel *channel))
{
    Channel channel = *first;
    if (first->consumer || !first->config) {
        return is(first) && is_routed(first, type);
    }
    for (unsigned i = 0; i < first->config->consumers->len; i++) {
        channel.consumer = first->config->consumers->pdata[i];
        if (is(&channel) && is_routed(&channel, type)) {
            return true;
        }
    }
    return false;
}

/* The messages of all channels of that kind, each once. */
static void write_carried(const Channel *first, bool (*is)(const Channel *channel), TypeFunction write)
{
    const HtDictionary *dictionary = first->source->dictionary;
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(dictionary, i);
        if (is_carried(first, type, is)) {
            g_autofree char *name = ht_event_schema_name(type);
            write(first->source, type, name, first->json);
        }
    }
}

static void write_components(const Channel *first)
{
    HtBuffer *json = first->json;
    ht_json_open(json, "components");
    ht_json_open(json, "messages");
    write_carried(first, is_structured, write_structured);
    write_carried(first, is_binary, write_binary);
    each_channel(first, true, write_batch);
    close_objects(json, 1);
    ht_buffer_add_literal(
        json,
        ",\"securitySchemes\":{\"standard-webhooks\":{\"type\":\"httpApiKey\",\"name\":\"webhook-signature\","
        "\"in\":\"header\",\"description\":\"HMAC-SHA256 over webhook-id, webhook-timestamp and the body, as "
        "https://www.standardwebhooks.com has it\"},\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}}");
    close_objects(json, 1);
}

static void write_info(const Channel *first)
{
    HtBuffer *json = first->json;
    g_autofree char *title = first->config ? g_strdup_printf("Events of %s", first->config->bus.name)
                                           : g_strdup("Events of Hutong 互通");
    add_text(json, "asyncapi", "3.0.0");
    ht_json_open(json, "info");
    add_text(json, "title", title);
    add_text(json, "version", HT_VERSION);
    g_autofree char *description = g_strdup_printf(
        "CloudEvents 1.0; every payload's JSON Schema is what its events' dataschema names. What became of "
        "them is told at the public door: GET /out/%s/deliveries",
        first->consumer ? first->consumer->name : "CONSUMER");
    add_text(json, "description", description);
    close_objects(json, 1);
    add_text(json, "defaultContentType", STRUCTURED);
}

void ht_asyncapi(const HtSchemaSource *source, const HtConfig *config, const HtConsumerConfig *consumer,
                 HtBuffer *json)
{
    const Channel first = {source, config, consumer, json};
    ht_buffer_add_char(json, '{');
    write_info(&first);
    ht_json_open(json, "servers");
    each_channel(&first, true, write_server);
    close_objects(json, 1);
    ht_json_open(json, "channels");
    each_channel(&first, false, write_channel);
    close_objects(json, 1);
    ht_json_open(json, "operations");
    each_channel(&first, false, write_operation);
    close_objects(json, 1);
    write_components(&first);
    ht_buffer_add_char(json, '}');
}
