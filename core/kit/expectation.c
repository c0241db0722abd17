/* Reading and comparing expectations: see expectation.h. */
#include "core/kit/expectation.h"

#include "core/http/head.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

G_DEFINE_QUARK(ht_expectation_error, ht_expectation_error)

struct HtExpectation {
    JsonNode *root;     /* an object, or an array of events */
    JsonObject *object; /* NULL when the root is an array */
    JsonArray *events;  /* NULL: not compared */
};

/* ---- Reading ---- */

static bool refuse(GError **error, const char *path, const char *what)
{
    g_set_error(error, HT_EXPECTATION_ERROR, 0, "%s %s", path, what);
    return false;
}

static bool is_string(JsonNode *node)
{
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
}

static bool is_string_or_null(JsonNode *node)
{
    return is_string(node) || JSON_NODE_HOLDS_NULL(node);
}

static bool is_number(JsonNode *node)
{
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64;
}

static bool is_boolean(JsonNode *node)
{
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN;
}

static bool is_object(JsonNode *node)
{
    return JSON_NODE_HOLDS_OBJECT(node);
}

static bool is_array(JsonNode *node)
{
    return JSON_NODE_HOLDS_ARRAY(node);
}

static bool is_array_or_object(JsonNode *node)
{
    return is_array(node) || is_object(node);
}

typedef struct {
    const char *name;
    bool (*is_good)(JsonNode *node);
} Member;

static const Member root_members[] = {
    {"request", is_object}, {"verdict", is_string},   {"fault", is_string_or_null},
    {"records", is_number}, {"repaired", is_boolean}, {"reply", is_string_or_null},
    {"events", is_array},
};
static const Member request_members[] = {{"contentType", is_string}, {"soapAction", is_string}};
static const Member event_members[] = {
    {"data", is_object},
    {"key", is_boolean},
    {"identities", is_string_or_null},
    {"consumers", is_array_or_object},
};

static const Member *find_member(const Member *members, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(members[i].name, name) == 0) {
            return &members[i];
        }
    }
    return NULL;
}

static bool check_members(JsonObject *object, const Member *members, size_t count, GError **error)
{
    g_autoptr(GList) names = json_object_get_members(object);
    for (GList *name = names; name; name = name->next) {
        const Member *member = find_member(members, count, name->data);
        if (!member) {
            return refuse(error, name->data, _("is no member of an expectation"));
        }
        if (!member->is_good(json_object_get_member(object, name->data))) {
            return refuse(error, name->data, _("is of the wrong type"));
        }
    }
    return true;
}

static bool is_attribute(const char *name)
{
    for (unsigned i = 0; i < HT_ATTR_COUNT; i++) {
        const char *attribute = ht_attr_name((HtAttr)i);
        if (attribute && strcmp(attribute, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_event(JsonNode *node, unsigned index, GError **error)
{
    g_autofree char *path = g_strdup_printf("events[%u]", index);
    if (is_string(node)) {
        return true;
    }
    if (!is_object(node)) {
        return refuse(error, path, _("is neither an object nor the name of a type"));
    }
    JsonObject *event = json_node_get_object(node);
    g_autoptr(GList) names = json_object_get_members(event);
    for (GList *name = names; name; name = name->next) {
        g_autofree char *below = g_strdup_printf("%s.%s", path, (const char *)name->data);
        const Member *member = find_member(event_members, G_N_ELEMENTS(event_members), name->data);
        if (!member && !is_attribute(name->data)) {
            return refuse(error, below, _("is no member of an event"));
        }
        if (!(member ? member->is_good : is_string_or_null)(json_object_get_member(event, name->data))) {
            return refuse(error, below, _("is of the wrong type"));
        }
    }
    return true;
}

static bool check_events(JsonArray *events, GError **error)
{
    for (unsigned i = 0; i < json_array_get_length(events); i++) {
        if (!check_event(json_array_get_element(events, i), i, error)) {
            return false;
        }
    }
    return true;
}

static bool check_verdict(JsonObject *object, GError **error)
{
    const char *verdict = json_object_get_string_member_with_default(object, "verdict", "ok");
    return strcmp(verdict, "ok") == 0 || strcmp(verdict, "reject") == 0 || strcmp(verdict, "retry") == 0 ||
           refuse(error, "verdict", _("is none of ok, reject and retry"));
}

static bool check_object(JsonObject *object, GError **error)
{
    if (!check_members(object, root_members, G_N_ELEMENTS(root_members), error) ||
        !check_verdict(object, error)) {
        return false;
    }
    JsonObject *request =
        json_object_has_member(object, "request") ? json_object_get_object_member(object, "request") : NULL;
    return !request || check_members(request, request_members, G_N_ELEMENTS(request_members), error);
}

static bool check_root(HtExpectation *expectation, GError **error)
{
    JsonNode *root = expectation->root;
    if (root && is_array(root)) {
        expectation->events = json_node_get_array(root);
    } else if (root && is_object(root)) {
        expectation->object = json_node_get_object(root);
        if (!check_object(expectation->object, error)) {
            return false;
        }
        expectation->events = json_object_has_member(expectation->object, "events")
                                  ? json_object_get_array_member(expectation->object, "events")
                                  : NULL;
    } else {
        return refuse(error, _("the whole"), _("is neither an object nor a list of events"));
    }
    return !expectation->events || check_events(expectation->events, error);
}

HtExpectation *ht_expectation_load(const char *file, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(HtExpectation) expectation = g_new0(HtExpectation, 1);
    if (!json_parser_load_from_file(parser, file, error)) {
        g_prefix_error(error, "%s: ", file);
        return NULL;
    }
    expectation->root = json_parser_steal_root(parser);
    if (!check_root(expectation, error)) {
        g_prefix_error(error, "%s: ", file);
        return NULL;
    }
    return g_steal_pointer(&expectation);
}

JsonArray *ht_expectation_events(const HtExpectation *expectation)
{
    return expectation->events;
}

void ht_expectation_free(HtExpectation *expectation)
{
    g_clear_pointer(&expectation->root, json_node_unref);
    g_free(expectation);
}

/* ---- The head ---- */

JsonObject *ht_expectation_request(const HtExpectation *expectation)
{
    JsonObject *object = expectation ? expectation->object : NULL;
    return object && json_object_has_member(object, "request")
               ? json_object_get_object_member(object, "request")
               : NULL;
}

bool ht_expectation_make_head(const char *content_type, const char *soap_action, HtMessageHead *head)
{
    HtHead read = {0};
    HtRefusal refusal;
    bool good = ht_head_add(&read, HT_TEXT_LITERAL("Content-Type"),
                            ht_text_from(content_type ? content_type : "text/xml"), &refusal);
    if (good && soap_action) {
        good = ht_head_add(&read, HT_TEXT_LITERAL("SOAPAction"), ht_text_from(soap_action), &refusal);
    }
    HtLimits limits = ht_limits_default();
    read.has_length = true;
    good = ht_head_finish(&read, &refusal) && good && ht_head_check_message(&read, &limits, &refusal);
    *head = read.message;
    head->id = ht_uuid_new();
    return good;
}

static const char *member_of(JsonObject *object, const char *name)
{
    return object ? json_object_get_string_member_with_default(object, name, NULL) : NULL;
}

void ht_expectation_head(const HtExpectation *expectation, HtMessageHead *head)
{
    JsonObject *request = ht_expectation_request(expectation);
    ht_expectation_make_head(member_of(request, "contentType"), member_of(request, "soapAction"), head);
}

/* ---- Comparing events ---- */

JsonNode *ht_expectation_render(const HtEvent *event)
{
    HtStoredEvent stored = {.sequence = 1, .event = *event};
    HtBuffer json = {0};
    ht_event_render(&stored, "bus", NULL, &json);
    g_autoptr(JsonParser) parser = json_parser_new();
    bool good = json_parser_load_from_data(parser, json.data, (gssize)json.size, NULL);
    ht_buffer_clear(&json);
    return good ? json_parser_steal_root(parser) : NULL;
}

/* "idNumber* person": the kinds of the event's identities; * for one that begins afresh. */
char *ht_expectation_identities(const HtEvent *event)
{
    GString *kinds = g_string_new(NULL);
    for (unsigned i = 0; i < event->identity_count; i++) {
        const HtIdentity *identity = &event->identities[i];
        g_string_append_printf(kinds, "%s%.*s%s", i > 0 ? " " : "", (int)identity->kind.size,
                               identity->kind.data, identity->fresh ? "*" : "");
    }
    return g_string_free(kinds, FALSE);
}

static const char *string_of(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static char *quote(const char *text)
{
    g_autoptr(JsonNode) node = text ? json_node_init_string(json_node_alloc(), text) : NULL;
    return node ? json_to_string(node, FALSE) : NULL;
}

/* An attribute, or `identities`; NULL: absent. */
static void compare_text(const char *path, const char *wanted, const char *got, GPtrArray *differences)
{
    if (g_strcmp0(wanted, got) != 0) {
        ht_mismatches_add(differences, path, quote(wanted), quote(got), "%s",
                          !got      ? _("is missing")
                          : !wanted ? _("is not expected")
                                    : _("has another value"));
    }
}

static const char *text_or_none(const char *text)
{
    return text && *text ? text : NULL;
}

/* Who gets the event, and sees what of it, is not the mapping's: `hutong test` compares it. */
static void compare_member(JsonObject *wanted, const char *name, const char *path, const HtEvent *event,
                           JsonObject *got, GPtrArray *differences)
{
    if (strcmp(name, "data") == 0) {
        ht_mismatches_find(differences, path, json_object_get_member(wanted, name),
                           json_object_get_member(got, name));
    } else if (strcmp(name, "key") == 0) {
        bool has_key = event->key.data != NULL;
        if (json_object_get_boolean_member(wanted, name) != has_key) {
            ht_mismatches_add(differences, path, NULL, NULL, "%s", has_key ? _("is there") : _("is missing"));
        }
    } else if (strcmp(name, "identities") == 0) {
        g_autofree char *identities = ht_expectation_identities(event);
        compare_text(path, text_or_none(string_of(wanted, name)), text_or_none(identities), differences);
    } else if (strcmp(name, "consumers") != 0) {
        compare_text(path, string_of(wanted, name), string_of(got, name), differences);
    }
}

static void compare_event(JsonNode *wanted, const HtEvent *event, unsigned index, GPtrArray *differences)
{
    g_autoptr(JsonNode) node = ht_expectation_render(event);
    g_autofree char *whole = g_strdup_printf("events[%u]", index);
    if (!node) {
        ht_mismatches_add(differences, whole, NULL, NULL, _("cannot be written as JSON"));
        return;
    }
    JsonObject *got = json_node_get_object(node);
    if (is_string(wanted)) {
        g_autofree char *path = g_strconcat(whole, ".type", NULL);
        compare_text(path, json_node_get_string(wanted), string_of(got, "type"), differences);
        return;
    }
    JsonObject *object = json_node_get_object(wanted);
    g_autoptr(GList) names = json_object_get_members(object);
    for (GList *name = names; name; name = name->next) {
        g_autofree char *path = g_strdup_printf("%s.%s", whole, (char *)name->data);
        compare_member(object, name->data, path, event, got, differences);
    }
}

/* ["person.born.v1"]: what the events should be. */
static char *list_types(JsonArray *wanted)
{
    g_autoptr(JsonArray) types = json_array_new();
    for (unsigned i = 0; i < json_array_get_length(wanted); i++) {
        JsonNode *event = json_array_get_element(wanted, i);
        const char *type =
            is_string(event) ? json_node_get_string(event) : string_of(json_node_get_object(event), "type");
        json_array_add_string_element(types, type ? type : "?");
    }
    g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), types);
    return json_to_string(node, FALSE);
}

static char *list_types_of(const HtOutcome *outcome)
{
    g_autoptr(JsonArray) types = json_array_new();
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtEvent event;
        bool good = ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL);
        HtText text = good ? event.attr[HT_ATTR_TYPE] : HT_TEXT_LITERAL("?");
        g_autofree char *type = g_strndup(text.data, text.size);
        json_array_add_string_element(types, type);
    }
    g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), types);
    return json_to_string(node, FALSE);
}

static void compare_events(JsonArray *wanted, const HtOutcome *outcome, GPtrArray *differences)
{
    unsigned expected = json_array_get_length(wanted), got = outcome->events->len;
    for (unsigned i = 0; i < MIN(expected, got); i++) {
        HtEvent event;
        if (ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL)) {
            compare_event(json_array_get_element(wanted, i), &event, i, differences);
        } else {
            g_autofree char *path = g_strdup_printf("events[%u]", i);
            ht_mismatches_add(differences, path, NULL, NULL, _("is one that a bus would refuse"));
        }
    }
    if (expected != got) {
        ht_mismatches_add(differences, "events", list_types(wanted), list_types_of(outcome),
                          _("has %u items, not %u"), got, expected);
    }
}

/* ---- Comparing the whole ---- */

static const char *name_verdict(HtVerdict verdict)
{
    return verdict == HT_VERDICT_OK ? "ok" : verdict == HT_VERDICT_RETRY ? "retry" : "reject";
}

/* A code that may be shown: words with hyphens, as all of ours are. */
static const char *show_code(const HtOutcome *outcome)
{
    const char *code = outcome->fault_count > 0 ? outcome->faults[0].code : NULL;
    if (!code) {
        return _("no fault");
    }
    return code[strspn(code, "abcdefghijklmnopqrstuvwxyz- ")] ? _("a fault") : code;
}

static void compare_verdict(JsonObject *object, const HtOutcome *outcome, GPtrArray *differences)
{
    const char *got = name_verdict(outcome->verdict);
    const char *code = outcome->fault_count > 0 ? outcome->faults[0].code : NULL;
    bool has_fault = object && json_object_has_member(object, "fault");
    const char *fault = has_fault ? string_of(object, "fault") : NULL;
    const char *wanted =
        object && json_object_has_member(object, "verdict") ? string_of(object, "verdict") : NULL;
    wanted = wanted ? wanted : fault ? NULL : "ok";
    if (wanted && strcmp(wanted, got) != 0) {
        ht_mismatches_add(differences, "verdict", NULL, NULL, _("is %s (%s), not %s"), got,
                          show_code(outcome), wanted);
    }
    if (has_fault && g_strcmp0(fault, code) != 0) {
        ht_mismatches_add(differences, "fault", NULL, NULL, _("is %s, not %s"), show_code(outcome),
                          fault ? fault : "null");
    }
}

static void compare_reply(JsonObject *object, HtText reply, GPtrArray *differences)
{
    const char *wanted = string_of(object, "reply");
    if (!wanted || !reply.data) {
        if (wanted || reply.data) {
            g_autofree char *got = reply.data ? g_strndup(reply.data, reply.size) : NULL;
            ht_mismatches_add(differences, "reply", quote(wanted), quote(got), "%s",
                              wanted ? _("is missing") : _("is not expected"));
        }
        return;
    }
    size_t at = 0;
    while (at < reply.size && wanted[at] && wanted[at] == reply.data[at]) {
        at++;
    }
    if (at < reply.size || wanted[at]) {
        ht_mismatches_add(differences, "reply", g_strdup(wanted + at),
                          g_strndup(reply.data + at, reply.size - at), _("is another from byte %zu on"),
                          at + 1);
    }
}

static void compare_figures(JsonObject *object, const HtOutcome *outcome, GPtrArray *differences)
{
    int64_t records = json_object_get_int_member_with_default(object, "records", outcome->records);
    bool repaired = json_object_get_boolean_member_with_default(object, "repaired", FALSE);
    if (records != outcome->records) {
        ht_mismatches_add(differences, "records", NULL, NULL, _("is %u, not %" PRIi64), outcome->records,
                          records);
    }
    if (repaired != outcome->repaired) {
        ht_mismatches_add(differences, "repaired", NULL, NULL, "%s",
                          outcome->repaired ? _("is true") : _("is false"));
    }
}

/* The host writes the envelope itself, so that its tags are known. */
static HtText find_body(const HtOutcome *outcome)
{
    static const char start[] = "<soap:Body>", end[] = "</soap:Body></soap:Envelope>\n";
    HtText reply = outcome->reply;
    const char *begin = memmem(reply.data, reply.size, start, sizeof start - 1);
    if (outcome->soap == HT_SOAP_NONE || !begin) {
        return reply;
    }
    begin += sizeof start - 1;
    size_t left = reply.size - (size_t)(begin - reply.data), tail = sizeof end - 1;
    return (HtText){begin, left >= tail ? left - tail : left};
}

char *ht_expectation_reply(const HtOutcome *outcome, const HtUuid *id, size_t *size)
{
    *size = 0;
    if (!outcome->reply.data) {
        return NULL;
    }
    char uuid[HT_UUID_TEXT];
    HtText body = find_body(outcome);
    ht_uuid_format(id, uuid);
    GString *text = g_string_new_len(body.data, (gssize)body.size);
    g_string_replace(text, uuid, HT_EXPECTATION_MESSAGE_ID, 0);
    *size = text->len;
    return g_string_free(text, FALSE);
}

GPtrArray *ht_expectation_compare(const HtExpectation *expectation, const HtOutcome *outcome, HtText reply)
{
    GPtrArray *differences = ht_mismatches_new();
    JsonObject *object = expectation->object;
    compare_verdict(object, outcome, differences);
    if (object) {
        compare_figures(object, outcome, differences);
    }
    if (expectation->events) {
        compare_events(expectation->events, outcome, differences);
    }
    if (object && json_object_has_member(object, "reply")) {
        compare_reply(object, reply, differences);
    }
    return differences;
}

char *ht_expectation_describe(const HtOutcome *outcome)
{
    if (outcome->verdict != HT_VERDICT_OK) {
        return g_strdup_printf(outcome->verdict == HT_VERDICT_RETRY ? _("later: %s") : _("refused: %s"),
                               show_code(outcome));
    }
    GString *text = g_string_new(NULL);
    g_string_printf(text, ngettext("%u event", "%u events", outcome->events->len), outcome->events->len);
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtEvent event;
        bool good = ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL);
        HtText type = good ? event.attr[HT_ATTR_TYPE] : ht_text_from(_("(one that a bus would refuse)"));
        g_string_append_printf(text, "%s%.*s", i > 0 ? ", " : ": ", (int)type.size, type.data);
        if (i == 2 && outcome->events->len > 4) {
            g_string_append(text, ", …");
            break;
        }
    }
    return g_string_free(text, FALSE);
}
