/* Writing an outcome for people, see map.h. Events are rendered as delivery renders them, under a policy of our own where nothing is to be
 * shown in clear. */
#include "core/cli/map.h"

#include "core/kit/expectation.h"

#include <glib/gi18n.h>
#include <string.h>

/* ---- Blanking ---- */

/* Its first character, and a star for each other: enough to see that the right thing is there. */
static void blank(HtText value, HtBuffer *masked)
{
    const char *end = value.data + value.size;
    for (const char *at = value.data; at < end; at = g_utf8_next_char(at)) {
        bool first = at == value.data && g_utf8_next_char(at) < end;
        if (first) {
            ht_buffer_add(masked, at, (size_t)(g_utf8_next_char(at) - at));
        } else {
            ht_buffer_add_char(masked, '*');
        }
    }
}

/* An original is `code NUL text NUL system`: its code may be anything that was sent. */
static HtSeen see_blanked(void *user, const HtStoredEvent *event, const HtItem *item, HtBuffer *masked)
{
    const HtDictionary *dictionary = user;
    (void)event;
    if (item->kind == HT_ITEM_QUALITY) {
        return HT_SEEN_WHOLE;
    }
    const HtElement *element = item->kind == HT_ITEM_ELEMENT
                                   ? ht_dictionary_find(dictionary, item->name.data, item->name.size)
                                   : NULL;
    if (element && element->sensitivity == 0 && item->form != HT_VALUE_ORIGINAL) {
        return HT_SEEN_WHOLE;
    }
    if (item->form == HT_VALUE_ORIGINAL) {
        ht_buffer_add_char(masked, '*');
    } else {
        blank(item->value, masked);
    }
    return HT_SEEN_MASKED;
}

static HtSeen see_year(void *user, const HtStoredEvent *event)
{
    (void)user;
    (void)event;
    return HT_SEEN_MASKED;
}

static HtEventPolicy policy_of(const HtMapConsumer *consumer)
{
    return (HtEventPolicy){.see_time = ht_policy_see_time, .see = ht_policy_see, .user = consumer->policy};
}

static HtEventPolicy choose_policy(const HtMapView *view)
{
    if (view->consumer) {
        return policy_of(view->consumer);
    }
    return (HtEventPolicy){.see_time = see_year, .see = see_blanked, .user = (void *)view->dictionary};
}

/* ---- An event ---- */

/* What the bus and the spool give an event: here there is neither. */
static void drop_given(JsonObject *object)
{
    static const char *const given[] = {"specversion", "id",           "source",
                                        "subject",     "sequence",     "recordedtime",
                                        "dataschema",  "partitionkey", "datacontenttype"};
    for (unsigned i = 0; i < G_N_ELEMENTS(given); i++) {
        json_object_remove_member(object, given[i]);
    }
}

/* NULL when it cannot be read again, which would be a fault of ours. */
static JsonObject *render(const HtEvent *event, const HtEventPolicy *policy)
{
    HtStoredEvent stored = {.sequence = 1, .event = *event};
    HtBuffer json = {0};
    g_autoptr(JsonParser) parser = json_parser_new();
    ht_event_render(&stored, "bus", policy, &json);
    bool good = json_parser_load_from_data(parser, json.data, (gssize)json.size, NULL);
    ht_buffer_clear(&json);
    return good ? json_object_ref(json_node_get_object(json_parser_get_root(parser))) : NULL;
}

static JsonArray *list_identities(const HtEvent *event, bool clear)
{
    JsonArray *list = json_array_new();
    for (unsigned i = 0; i < event->identity_count; i++) {
        const HtIdentity *identity = &event->identities[i];
        JsonObject *one = json_object_new();
        g_autofree char *kind = g_strndup(identity->kind.data, identity->kind.size);
        HtBuffer value = {0};
        if (clear) {
            ht_buffer_add_text(&value, identity->value);
        } else {
            blank(identity->value, &value);
        }
        ht_buffer_add_char(&value, '\0');
        json_object_set_string_member(one, "kind", kind);
        json_object_set_string_member(one, "value", value.data);
        if (identity->fresh) {
            json_object_set_boolean_member(one, "fresh", TRUE);
        }
        json_array_add_object_element(list, one);
        ht_buffer_clear(&value);
    }
    return list;
}

static void add_consumers(const HtMapView *view, const HtEvent *event, JsonObject *object)
{
    JsonArray *list = json_array_new();
    for (unsigned i = 0; i < view->consumers->len; i++) {
        const HtMapConsumer *consumer = view->consumers->pdata[i];
        if (ht_routes_match(consumer->routes, event)) {
            json_array_add_string_element(list, consumer->name);
        }
    }
    json_object_set_array_member(object, "consumers", list);
}

/* What nobody but the bus sees is left out of what a consumer would get. */
static JsonObject *show_event(const HtMapView *view, const HtEvent *event, unsigned index)
{
    HtEventPolicy policy = choose_policy(view);
    bool whole = view->clear && !view->consumer;
    JsonObject *object = render(event, whole ? NULL : &policy);
    if (!object) {
        return NULL;
    }
    drop_given(object);
    if (!view->consumer) {
        json_object_set_boolean_member(object, "key", event->key.data != NULL);
        json_object_set_array_member(object, "identities", list_identities(event, view->clear));
    }
    if (view->known && !view->consumer) {
        json_object_set_object_member(object, "known",
                                      ht_map_show_known(&g_array_index(view->known, HtSpoolForetold, index)));
    }
    if (view->consumers) {
        add_consumers(view, event, object);
    }
    return object;
}

/* ---- Writing ---- */

static void write_node(JsonNode *node, unsigned indent, FILE *to)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, node);
    json_generator_set_pretty(generator, TRUE);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        fprintf(to, "%s%*s%s", i > 0 ? "\n" : "", i > 0 ? (int)indent : 0, "", lines[i]);
    }
}

static void write_object(JsonObject *object, unsigned indent, FILE *to)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
    write_node(node, indent, to);
}

static void write_member(const char *name, JsonNode *node, FILE *to)
{
    fprintf(to, ",\n  \"%s\" : ", name);
    write_node(node, 2, to);
    json_node_unref(node);
}

static void write_string(const char *name, const char *text, FILE *to)
{
    write_member(name, json_node_init_string(json_node_alloc(), text), to);
}

static void write_number(const char *name, int64_t number, FILE *to)
{
    write_member(name, json_node_init_int(json_node_alloc(), number), to);
}

static const char *name_verdict(HtVerdict verdict)
{
    return verdict == HT_VERDICT_OK ? "ok" : verdict == HT_VERDICT_RETRY ? "retry" : "reject";
}

static JsonObject *show_fault(const HtFault *fault)
{
    JsonObject *object = json_object_new();
    const struct {
        const char *name;
        uint32_t number;
    } places[] = {{"part", fault->part}, {"record", fault->record}, {"line", fault->line}};
    json_object_set_string_member(object, "code", fault->code);
    for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
        if (places[i].number > 0) {
            json_object_set_int_member(object, places[i].name, places[i].number);
        }
    }
    if (*fault->element) {
        json_object_set_string_member(object, "element", fault->element);
    }
    json_object_set_string_member(object, "text", fault->text);
    return object;
}

static void write_faults(const HtOutcome *outcome, FILE *to)
{
    JsonArray *list = json_array_new();
    for (unsigned i = 0; i < MIN(outcome->fault_count, HT_OUTCOME_FAULTS); i++) {
        json_array_add_object_element(list, show_fault(&outcome->faults[i]));
    }
    write_member("faults", json_node_init_array(json_node_alloc(), list), to);
    json_array_unref(list);
    if (outcome->fault_count > HT_OUTCOME_FAULTS) {
        write_number("faultCount", outcome->fault_count, to);
    }
}

/* The names that routes ask for. */
static void give_names(const HtMapView *view, HtEvent *event)
{
    event->attr[HT_ATTR_SOURCE] = ht_text_from(view->source);
    event->attr[HT_ATTR_DEPARTMENT] = ht_text_from(view->department);
}

static bool read_event(const HtMapView *view, const HtOutcome *outcome, unsigned index, HtEvent *event)
{
    bool good = ht_event_unpack(g_array_index(outcome->events, HtText, index), event, NULL);
    if (good) {
        give_names(view, event);
    }
    return good;
}

bool ht_map_sees(const HtMapView *view, const HtMapConsumer *consumer, HtEvent *event, JsonNode **seen)
{
    give_names(view, event);
    if (!ht_routes_match(consumer->routes, event)) {
        return false;
    }
    const HtEventPolicy policy = policy_of(consumer);
    g_autoptr(JsonObject) object = render(event, &policy);
    JsonNode *data = object ? json_object_get_member(object, "data") : NULL;
    *seen = data ? json_node_copy(data) : json_node_init_object(json_node_alloc(), json_object_new());
    return true;
}

/* One after the other: a large payload has many. */
static void write_events(const HtMapView *view, const HtOutcome *outcome, FILE *to)
{
    unsigned shown = 0, others = 0;
    fputs(",\n  \"events\" : [", to);
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtEvent event;
        bool good = read_event(view, outcome, i, &event);
        if (good && view->consumer && !ht_routes_match(view->consumer->routes, &event)) {
            others++;
            continue;
        }
        g_autoptr(JsonObject) object = good ? show_event(view, &event, i) : NULL;
        fputs(shown++ > 0 ? ",\n    " : "\n    ", to);
        if (object) {
            write_object(object, 4, to);
        } else {
            fputs("{ \"refused\" : \"a bus would not take this event\" }", to);
        }
    }
    fputs(shown > 0 ? "\n  ]" : "]", to);
    if (others > 0) {
        write_number("notRouted", others, to);
    }
}

void ht_map_show(const HtMapView *view, const char *payload, const HtOutcome *outcome, FILE *to)
{
    fputs("{\n  \"payload\" : ", to);
    g_autoptr(JsonNode) name = json_node_init_string(json_node_alloc(), payload);
    write_node(name, 2, to);
    if (view->consumer) {
        write_string("consumer", view->consumer->name, to);
    }
    write_string("verdict", name_verdict(outcome->verdict), to);
    write_number("records", outcome->records, to);
    if (outcome->rejected > 0) {
        write_number("rejected", outcome->rejected, to);
    }
    if (outcome->unchanged > 0) {
        write_number("unchanged", outcome->unchanged, to);
    }
    if (outcome->repaired) {
        write_member("repaired", json_node_init_boolean(json_node_alloc(), TRUE), to);
    }
    if (outcome->fault_count > 0) {
        write_faults(outcome, to);
    }
    if (outcome->reply.data && view->clear && !view->consumer) {
        g_autofree char *reply = g_utf8_make_valid(outcome->reply.data, (gssize)outcome->reply.size);
        write_string("reply", reply, to);
    }
    write_events(view, outcome, to);
    fputs("\n}\n", to);
}

/* ---- The fixture's other half ---- */

static const HtAttr expected_attributes[] = {
    HT_ATTR_TYPE,
    HT_ATTR_ACTION,
    HT_ATTR_TIME,
    HT_ATTR_TIMEPRECISION,
    HT_ATTR_BUSINESSID,
    HT_ATTR_REVERSES,
    HT_ATTR_DIVISION,
    HT_ATTR_FROMDIVISION,
    HT_ATTR_OTHERDIVISIONS,
    HT_ATTR_PRESENTDIVISIONS,
    HT_ATTR_DIVISIONEDITION,
    HT_ATTR_DIRECTION,
    HT_ATTR_DATACLASSIFICATION,
    HT_ATTR_CORRELATIONID,
};

static JsonObject *expect_consumers(const HtMapView *view, HtEvent *event)
{
    JsonObject *consumers = json_object_new();
    for (unsigned i = 0; i < view->consumers->len; i++) {
        const HtMapConsumer *consumer = view->consumers->pdata[i];
        JsonNode *seen;
        if (ht_map_sees(view, consumer, event, &seen)) {
            json_object_set_member(consumers, consumer->name, seen);
        }
    }
    return consumers;
}

static JsonObject *expect_event(const HtMapView *view, HtEvent *event)
{
    g_autoptr(JsonObject) rendered = render(event, NULL);
    JsonObject *object = json_object_new();
    for (unsigned i = 0; rendered && i < G_N_ELEMENTS(expected_attributes); i++) {
        const char *name = ht_attr_name(expected_attributes[i]);
        JsonNode *value = json_object_get_member(rendered, name);
        json_object_set_member(object, name,
                               value ? json_node_copy(value) : json_node_init_null(json_node_alloc()));
    }
    g_autofree char *identities = ht_expectation_identities(event);
    json_object_set_boolean_member(object, "key", event->key.data != NULL);
    json_object_set_string_member(object, "identities", identities);
    if (rendered) {
        json_object_set_member(object, "data", json_node_copy(json_object_get_member(rendered, "data")));
    }
    if (view->consumers) {
        json_object_set_object_member(object, "consumers", expect_consumers(view, event));
    }
    return object;
}

/* In a fixture the message's id is HT_EXPECTATION_MESSAGE_ID. */
static void expect_reply(const HtOutcome *outcome, const HtUuid *id, JsonObject *object)
{
    size_t size;
    g_autofree char *reply = ht_expectation_reply(outcome, id, &size);
    if (reply) {
        json_object_set_string_member(object, "reply", reply);
    } else {
        json_object_set_null_member(object, "reply");
    }
}

char *ht_map_expected(const HtMapView *view, const HtOutcome *outcome, const HtUuid *id, JsonObject *request)
{
    g_autoptr(JsonObject) object = json_object_new();
    if (request) {
        json_object_set_object_member(object, "request", json_object_ref(request));
    }
    json_object_set_string_member(object, "verdict", name_verdict(outcome->verdict));
    if (outcome->fault_count > 0) {
        json_object_set_string_member(object, "fault", outcome->faults[0].code);
    } else {
        json_object_set_null_member(object, "fault");
    }
    json_object_set_int_member(object, "records", outcome->records);
    if (outcome->repaired) {
        json_object_set_boolean_member(object, "repaired", TRUE);
    }
    expect_reply(outcome, id, object);
    JsonArray *events = json_array_new();
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtEvent event;
        if (ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL)) {
            json_array_add_object_element(events, expect_event(view, &event));
        }
    }
    json_object_set_array_member(object, "events", events);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = json_node_init_object(json_node_alloc(), object);
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    return g_strconcat(text, "\n", NULL);
}

/* ---- One line ---- */

static void count_items(const HtEvent *event, unsigned *marks, unsigned *unmapped)
{
    HtUnpack unpack = ht_unpack(event->data.data, event->data.size);
    HtItem item;
    while (ht_item_next(&unpack, &item)) {
        *marks += item.kind == HT_ITEM_QUALITY;
        *unmapped += item.kind == HT_ITEM_UNMAPPED;
    }
}

char *ht_map_describe(const HtOutcome *outcome)
{
    unsigned marks = 0, unmapped = 0;
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtEvent event;
        if (ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL)) {
            count_items(&event, &marks, &unmapped);
        }
    }
    g_autofree char *what = ht_expectation_describe(outcome);
    g_autofree char *records =
        g_strdup_printf(ngettext("%u record", "%u records", outcome->records), outcome->records);
    g_autofree char *marked = g_strdup_printf(ngettext("%u mark", "%u marks", marks), marks);
    return g_strdup_printf(_("%s; %s; %s, %u unmapped"), records, what, marked, unmapped);
}
