/* Reading the requests of pulling consumers; see pull-request.h. Bodies come from outside: they are bounded, flat, and of known
 * members only. No state; main-loop thread. */
#include "core/delivery/pull-request.h"

#include "core/base/json.h"
#include "core/delivery/reason.h"

#include <json-glib/json-glib.h>

#define SECOND_MS 1000
#define WAIT_MOST_S 86400
#define LIMIT_MOST 1000
#define BRACKETS_MOST 16

/* ---- Queries ---- */

static bool is_worker(const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        if (!g_ascii_isalnum(text[i]) && !strchr("._-", text[i])) {
            return false;
        }
    }
    return size < HT_PULL_WORKER;
}

static bool read_worker(const HtPageCall *call, HtPullRequest *request, HtRefusal *refusal)
{
    const char *worker = ht_page_query(call, "worker");
    request->worker = worker ? worker : "";
    return is_worker(request->worker) ||
           ht_refuse_with(refusal, "bad-query",
                          "worker= takes up to 64 letters, digits, dots, hyphens and underscores.");
}

static bool read_limit(const HtPageCall *call, const HtConsumerConfig *config, HtPullRequest *request,
                       HtRefusal *refusal)
{
    uint64_t limit;
    if (!ht_page_number(call, "limit", 1, LIMIT_MOST, config->batch, &limit, refusal)) {
        return false;
    }
    request->limit = (unsigned)MIN(limit, config->batch);
    return true;
}

bool ht_pull_read_poll(const HtPageCall *call, const HtConsumerConfig *config, HtPullRequest *request,
                       HtRefusal *refusal)
{
    uint64_t wait_s;
    *request = (HtPullRequest){.limit = 0};
    if (!ht_page_accepts(call, HT_PULL_BATCH, refusal) || !read_limit(call, config, request, refusal) ||
        !read_worker(call, request, refusal) ||
        !ht_page_number(call, "wait", 0, WAIT_MOST_S, 0, &wait_s, refusal)) {
        return false;
    }
    request->wait_ms = MIN(wait_s * SECOND_MS, config->wait_ms);
    return true;
}

/* A sequence as it is in events: digits, also with zeros before. */
static bool read_sequence(const char *text, uint64_t *sequence)
{
    return text && g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, sequence, NULL);
}

bool ht_pull_read_stream(const HtPageCall *call, const HtConsumerConfig *config, HtPullRequest *request,
                         HtRefusal *refusal)
{
    *request = (HtPullRequest){.limit = 0};
    if (!ht_page_accepts(call, HT_PULL_STREAM, refusal) || !read_limit(call, config, request, refusal) ||
        !read_worker(call, request, refusal)) {
        return false;
    }
    const char *last = ht_page_header(call, "Last-Event-ID");
    if (last && *last && !read_sequence(last, &request->last_id)) {
        return ht_refuse_with(refusal, "bad-query", "Last-Event-ID is the id of an event of this stream.");
    }
    return true;
}

/* ---- Bodies ---- */

static bool node_sequence(JsonNode *node, uint64_t *sequence)
{
    GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
    if (type == G_TYPE_INT64 && json_node_get_int(node) > 0) {
        *sequence = (uint64_t)json_node_get_int(node);
        return true;
    }
    return type == G_TYPE_STRING && read_sequence(json_node_get_string(node), sequence);
}

static bool node_sequences(JsonNode *node, GArray *sequences)
{
    JsonArray *array = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        uint64_t sequence;
        if (!node_sequence(json_array_get_element(array, i), &sequence)) {
            return false;
        }
        g_array_append_val(sequences, sequence);
    }
    return array != NULL;
}

static const char *node_text(JsonNode *node)
{
    bool is_text = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
    return is_text ? json_node_get_string(node) : NULL;
}

static bool read_member(const char *name, JsonNode *node, HtSentKind kind, HtPullVerdict *verdict)
{
    const char *text = node_text(node);
    if (g_str_equal(name, "sequences")) {
        return node_sequences(node, verdict->sequences);
    }
    if (kind == HT_SENT_TAKEN && g_str_equal(name, "through")) {
        return node_sequence(node, &verdict->through);
    }
    if (g_str_equal(name, "worker") && text && is_worker(text)) {
        verdict->by_worker = true;
        g_strlcpy(verdict->worker, text, sizeof verdict->worker);
        return true;
    }
    if (kind != HT_SENT_TAKEN && g_str_equal(name, "reason") && text && !verdict->detail) {
        verdict->detail = ht_reason_clean(verdict->reason, ht_text_from(text));
        return true;
    }
    return false;
}

static bool is_json(const HtPageCall *call)
{
    static const char json[] = "application/json";
    const char *type = ht_page_header(call, "Content-Type");
    return type && strcspn(type, "; \t") == strlen(json) &&
           g_ascii_strncasecmp(type, json, strlen(json)) == 0;
}

static bool read_body(const HtPageCall *call, HtSentKind kind, HtPullVerdict *verdict)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    bool good = call->body.size > 0 && ht_json_is_flat(call->body, BRACKETS_MOST) &&
                json_parser_load_from_data(parser, call->body.data, (gssize)call->body.size, NULL);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        return false;
    }
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    json_object_iter_init(&iter, json_node_get_object(root));
    while (json_object_iter_next(&iter, &name, &node)) {
        if (!read_member(name, node, kind, verdict)) {
            return false;
        }
    }
    return (verdict->through > 0) != (verdict->sequences->len > 0);
}

bool ht_pull_read_verdict(const HtPageCall *call, HtSentKind kind, HtPullVerdict *verdict, HtRefusal *refusal)
{
    *verdict = (HtPullVerdict){.sequences = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
    if (!is_json(call)) {
        return ht_refuse_with(refusal, "content-type", "Send JSON: Content-Type application/json.");
    }
    if (kind != HT_SENT_TAKEN) {
        verdict->reason = g_strdup(kind == HT_SENT_RETRY ? "given back" : "refused");
    }
    if (!read_body(call, kind, verdict)) {
        return ht_refuse(refusal, "bad-acknowledgement");
    }
    verdict->sent = (HtSent){.kind = kind,
                             .reason = verdict->reason,
                             .detail = verdict->detail ? verdict->detail : verdict->reason};
    return true;
}

void ht_pull_verdict_clear(HtPullVerdict *verdict)
{
    g_clear_pointer(&verdict->sequences, g_array_unref);
    g_free(verdict->reason);
    g_free(verdict->detail);
}

void ht_pull_answer_verdict(HtPageCall *call, HtSentKind kind, unsigned count, unsigned not_out)
{
    HtPageAnswer answer = {
        .status = 200, .type = "application/json", .headers = {{"Cache-Control", "no-store"}}};
    ht_buffer_add_char(&answer.body, '{');
    ht_json_member_number(&answer.body,
                          kind == HT_SENT_TAKEN   ? "acknowledged"
                          : kind == HT_SENT_RETRY ? "givenBack"
                                                  : "refused",
                          count);
    ht_json_member_number(&answer.body, "notOut", not_out);
    ht_buffer_add_literal(&answer.body, "}\n");
    ht_page_answer(call, &answer);
}
