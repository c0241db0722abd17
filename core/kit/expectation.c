/* Reading and comparing expectations: see expectation.h. */
#include "core/kit/expectation.h"

#include "core/http/head.h"

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
    {"data", is_object}, {"key", is_boolean}, {"identities", is_string_or_null}};

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
            return refuse(error, name->data, "is no member of an expectation");
        }
        if (!member->is_good(json_object_get_member(object, name->data))) {
            return refuse(error, name->data, "is of the wrong type");
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
        return refuse(error, path, "is neither an object nor the name of a type");
    }
    JsonObject *event = json_node_get_object(node);
    g_autoptr(GList) names = json_object_get_members(event);
    for (GList *name = names; name; name = name->next) {
        g_autofree char *below = g_strdup_printf("%s.%s", path, (const char *)name->data);
        const Member *member = find_member(event_members, G_N_ELEMENTS(event_members), name->data);
        if (!member && !is_attribute(name->data)) {
            return refuse(error, below, "is no member of an event");
        }
        if (!(member ? member->is_good : is_string_or_null)(json_object_get_member(event, name->data))) {
            return refuse(error, below, "is of the wrong type");
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
           refuse(error, "verdict", "is none of ok, reject and retry");
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
        return refuse(error, "the whole", "is neither an object nor a list of events");
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

/* ---- Comparing JSON ---- */

static char *find_difference(JsonNode *wanted, JsonNode *got, const char *path);

static char *compare_objects(JsonObject *wanted, JsonObject *got, const char *path)
{
    g_autoptr(GList) names = json_object_get_members(got);
    for (GList *name = names; name; name = name->next) {
        if (!json_object_has_member(wanted, name->data)) {
            return g_strdup_printf("%s.%s is not expected", path, (char *)name->data);
        }
    }
    g_autoptr(GList) wanted_names = json_object_get_members(wanted);
    for (GList *name = wanted_names; name; name = name->next) {
        g_autofree char *below = g_strdup_printf("%s.%s", path, (char *)name->data);
        JsonNode *other = json_object_get_member(got, name->data);
        char *difference = other ? find_difference(json_object_get_member(wanted, name->data), other, below)
                                 : g_strdup_printf("%s is missing", below);
        if (difference) {
            return difference;
        }
    }
    return NULL;
}

static char *compare_arrays(JsonArray *wanted, JsonArray *got, const char *path)
{
    unsigned length = json_array_get_length(wanted), got_length = json_array_get_length(got);
    for (unsigned i = 0; i < MIN(length, got_length); i++) {
        g_autofree char *below = g_strdup_printf("%s[%u]", path, i);
        char *difference =
            find_difference(json_array_get_element(wanted, i), json_array_get_element(got, i), below);
        if (difference) {
            return difference;
        }
    }
    return length == got_length ? NULL : g_strdup_printf("%s has %u items, not %u", path, got_length, length);
}

/* Where the two differ first, or NULL. transfer full. */
static char *find_difference(JsonNode *wanted, JsonNode *got, const char *path)
{
    if (JSON_NODE_TYPE(wanted) != JSON_NODE_TYPE(got)) {
        return g_strdup_printf("%s is of another type", path);
    }
    if (JSON_NODE_HOLDS_OBJECT(wanted)) {
        return compare_objects(json_node_get_object(wanted), json_node_get_object(got), path);
    }
    if (JSON_NODE_HOLDS_ARRAY(wanted)) {
        return compare_arrays(json_node_get_array(wanted), json_node_get_array(got), path);
    }
    return json_node_equal(wanted, got) ? NULL : g_strdup_printf("%s has another value", path);
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
static char *describe_identities(const HtEvent *event)
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

/* One member of an expected event: its data, something that is not rendered, or an attribute (null: absent). */
static char *compare_member(JsonObject *wanted, const char *name, const HtEvent *event, JsonObject *got)
{
    if (strcmp(name, "data") == 0) {
        return find_difference(json_object_get_member(wanted, name), json_object_get_member(got, name),
                               "data");
    }
    if (strcmp(name, "key") == 0) {
        bool has_key = event->key.data != NULL;
        bool same = json_object_get_boolean_member(wanted, name) == has_key;
        return same ? NULL : g_strdup_printf("key is %s", has_key ? "there" : "missing");
    }
    g_autofree char *identities = strcmp(name, "identities") == 0 ? describe_identities(event) : NULL;
    const char *value = identities ? identities : string_of(got, name), *expected = string_of(wanted, name);
    if (g_strcmp0(expected, value) == 0 || (identities && !expected && !*identities)) {
        return NULL;
    }
    return g_strdup_printf("%s %s", name,
                           !value      ? "is missing"
                           : !expected ? "is not expected"
                                       : "has another value");
}

static void compare_event(JsonNode *wanted, const HtEvent *event, unsigned index, GPtrArray *differences)
{
    g_autoptr(JsonNode) node = ht_expectation_render(event);
    if (!node) {
        g_ptr_array_add(differences, g_strdup_printf("events[%u] cannot be written as JSON", index));
        return;
    }
    JsonObject *got = json_node_get_object(node);
    if (is_string(wanted)) {
        if (g_strcmp0(json_node_get_string(wanted), string_of(got, "type")) != 0) {
            g_ptr_array_add(differences, g_strdup_printf("events[%u].type has another value", index));
        }
        return;
    }
    JsonObject *object = json_node_get_object(wanted);
    g_autoptr(GList) names = json_object_get_members(object);
    for (GList *name = names; name; name = name->next) {
        g_autofree char *difference = compare_member(object, name->data, event, got);
        if (difference) {
            g_ptr_array_add(differences, g_strdup_printf("events[%u].%s", index, difference));
        }
    }
}

static void compare_events(JsonArray *wanted, const HtOutcome *outcome, GPtrArray *differences)
{
    unsigned expected = json_array_get_length(wanted), got = outcome->events->len;
    for (unsigned i = 0; i < MIN(expected, got); i++) {
        HtEvent event;
        if (ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL)) {
            compare_event(json_array_get_element(wanted, i), &event, i, differences);
        } else {
            g_ptr_array_add(differences, g_strdup_printf("events[%u] is one that a bus would refuse", i));
        }
    }
    if (expected != got) {
        g_ptr_array_add(differences, g_strdup_printf("events has %u items, not %u", got, expected));
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
    const char *code = outcome->fault_count > 0 ? outcome->faults[0].code : "no fault";
    return code[strspn(code, "abcdefghijklmnopqrstuvwxyz- ")] ? "a fault" : code;
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
        g_ptr_array_add(differences,
                        g_strdup_printf("verdict is %s (%s), not %s", got, show_code(outcome), wanted));
    }
    if (has_fault && g_strcmp0(fault, code) != 0) {
        g_ptr_array_add(differences,
                        g_strdup_printf("fault is %s, not %s", show_code(outcome), fault ? fault : "null"));
    }
}

static void compare_reply(JsonObject *object, HtText reply, GPtrArray *differences)
{
    const char *wanted = string_of(object, "reply");
    if (!wanted || !reply.data) {
        if (wanted || reply.data) {
            g_ptr_array_add(differences, g_strdup(wanted ? "reply is missing" : "reply is not expected"));
        }
        return;
    }
    size_t at = 0;
    while (at < reply.size && wanted[at] && wanted[at] == reply.data[at]) {
        at++;
    }
    if (at < reply.size || wanted[at]) {
        g_ptr_array_add(differences, g_strdup_printf("reply is another from byte %zu on", at + 1));
    }
}

static void compare_figures(JsonObject *object, const HtOutcome *outcome, GPtrArray *differences)
{
    int64_t records = json_object_get_int_member_with_default(object, "records", outcome->records);
    bool repaired = json_object_get_boolean_member_with_default(object, "repaired", FALSE);
    if (records != outcome->records) {
        g_ptr_array_add(differences,
                        g_strdup_printf("records is %u, not %" G_GINT64_FORMAT, outcome->records, records));
    }
    if (repaired != outcome->repaired) {
        g_ptr_array_add(differences, g_strdup_printf("repaired is %s", outcome->repaired ? "true" : "false"));
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
    GPtrArray *differences = g_ptr_array_new_with_free_func(g_free);
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
        return g_strdup_printf("%s: %s", outcome->verdict == HT_VERDICT_RETRY ? "later" : "refused",
                               show_code(outcome));
    }
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%u event%s", outcome->events->len, outcome->events->len == 1 ? "" : "s");
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtEvent event;
        bool good = ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL);
        HtText type = good ? event.attr[HT_ATTR_TYPE] : HT_TEXT_LITERAL("(one that a bus would refuse)");
        g_string_append_printf(text, "%s%.*s", i > 0 ? ", " : ": ", (int)type.size, type.data);
        if (i == 2 && outcome->events->len > 4) {
            g_string_append(text, ", …");
            break;
        }
    }
    return g_string_free(text, FALSE);
}
