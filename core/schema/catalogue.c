/* Writing the catalogue. No state; main thread. */
#include "core/schema/catalogue.h"

#include "core/base/json.h"
#include "core/delivery/policy.h"
#include "core/delivery/route.h"

typedef struct {
    const HtSchemaSource *source;
    const HtConfig *config;
    const HtConsumerConfig *consumer; /* NULL: of all */
    const HtPolicy *policy;           /* the consumer's */
    HtBuffer *json;
} Catalogue;

static void add_text(HtBuffer *json, const char *name, const char *text)
{
    ht_json_member(json, name, ht_text_from(text));
}

static void open_object(HtBuffer *json)
{
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
}

static void open_list(HtBuffer *json, const char *name)
{
    ht_json_name(json, name);
    ht_buffer_add_char(json, '[');
}

static void add_item(HtBuffer *json, const char *text)
{
    ht_json_comma(json);
    ht_json_string(json, ht_text_from(text));
}

static void add_list(HtBuffer *json, const char *name, const char *const *texts)
{
    if (texts) {
        open_list(json, name);
        for (; *texts; texts++) {
            add_item(json, *texts);
        }
        ht_buffer_add_char(json, ']');
    }
}

/* ---- Routes ---- */

static bool leads_here(const Catalogue *catalogue, const HtRouteConfig *route)
{
    return g_strv_contains((const char *const *)route->to, catalogue->consumer->name);
}

static void write_routes(const Catalogue *catalogue)
{
    HtBuffer *json = catalogue->json;
    open_list(json, "routes");
    for (unsigned i = 0; i < catalogue->config->routes->len; i++) {
        const HtRouteConfig *route = catalogue->config->routes->pdata[i];
        if (leads_here(catalogue, route)) {
            open_object(json);
            add_text(json, "name", route->name);
            add_list(json, "from", (const char *const *)route->from);
            add_list(json, "types", (const char *const *)route->types);
            add_list(json, "divisions", (const char *const *)route->divisions);
            ht_buffer_add_char(json, '}');
        }
    }
    ht_buffer_add_char(json, ']');
}

/* Whether events of the type come to the consumer. */
static bool is_routed(const Catalogue *catalogue, const HtEventType *type)
{
    for (unsigned i = 0; catalogue->consumer && i < catalogue->config->routes->len; i++) {
        const HtRouteConfig *route = catalogue->config->routes->pdata[i];
        if (leads_here(catalogue, route) && ht_route_reaches(route, type)) {
            return true;
        }
    }
    return !catalogue->consumer;
}

static void write_route_names(const Catalogue *catalogue, const HtEventType *type)
{
    open_list(catalogue->json, "routes");
    for (unsigned i = 0; i < catalogue->config->routes->len; i++) {
        const HtRouteConfig *route = catalogue->config->routes->pdata[i];
        if (leads_here(catalogue, route) && ht_route_reaches(route, type)) {
            add_item(catalogue->json, route->name);
        }
    }
    ht_buffer_add_char(catalogue->json, ']');
}

/* ---- Event types ---- */

static void write_type(const Catalogue *catalogue, const HtEventType *type)
{
    HtBuffer *json = catalogue->json;
    g_autofree char *name = ht_event_schema_name(type);
    g_autofree char *schema =
        catalogue->source->url ? g_strconcat(catalogue->source->url, name, ".json", NULL) : NULL;
    const char *const directions[] = {type->direction, type->also, NULL};
    open_object(json);
    add_text(json, "type", name);
    add_text(json, "title", type->zh);
    add_text(json, "schema", schema);
    add_text(json, "department", type->department);
    add_text(json, "about", type->about ? type->about : "person");
    add_list(json, "direction", directions);
    ht_json_name(json, "restricted");
    ht_buffer_add_string(json, type->restricted ? "true" : "false");
    ht_json_name(json, "overtakes");
    ht_buffer_add_string(json, type->overtakes ? "true" : "false");
    if (catalogue->consumer) {
        write_route_names(catalogue, type);
    }
    add_list(json, "groups", type->groups);
    ht_buffer_add_char(json, '}');
}

/* Gives the groups that the types hold. The caller frees. */
static GHashTable *write_types(const Catalogue *catalogue)
{
    const HtDictionary *dictionary = catalogue->source->dictionary;
    GHashTable *groups = g_hash_table_new(g_str_hash, g_str_equal);
    open_list(catalogue->json, "events");
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(dictionary, i);
        if (!is_routed(catalogue, type)) {
            continue;
        }
        write_type(catalogue, type);
        for (const char *const *group = type->groups; *group; group++) {
            g_hash_table_add(groups, (gpointer)*group);
        }
    }
    ht_buffer_add_char(catalogue->json, ']');
    return groups;
}

/* ---- Elements ---- */

static const char *word_of(const HtPolicyAnswer *answer)
{
    if (answer->seen == HT_SEEN_MASKED) {
        return answer->why == HT_WHY_HASHED ? "hashed" : "masked";
    }
    return answer->seen == HT_SEEN_WHOLE ? "whole" : "hidden";
}

static void write_seen(const Catalogue *catalogue, const HtElement *element)
{
    HtBuffer *json = catalogue->json;
    HtPolicyAnswer plain = ht_policy_shows(catalogue->policy, element, HT_SHOWN_PLAIN);
    HtPolicyAnswer minor = ht_policy_shows(catalogue->policy, element, HT_SHOWN_MINOR);
    HtPolicyAnswer original = ht_policy_shows(catalogue->policy, element, HT_SHOWN_ORIGINAL);
    add_text(json, "seen", word_of(&plain));
    if (plain.why == HT_WHY_MASKED) {
        add_text(json, "mask", ht_mask_name(plain.mask));
    }
    if (minor.seen != plain.seen) {
        add_text(json, "minor", word_of(&minor));
    }
    if (element->type == HT_TYPE_CODE && original.seen != plain.seen) {
        add_text(json, "original", word_of(&original));
    }
}

static void write_element(const Catalogue *catalogue, const HtElement *element)
{
    HtBuffer *json = catalogue->json;
    open_object(json);
    add_text(json, "element", element->name);
    add_text(json, "title", element->zh);
    add_text(json, "type", ht_type_name(element->type));
    add_text(json, "table", element->table);
    add_text(json, "authority", element->authority);
    ht_json_member_number(json, "sensitivity", element->sensitivity);
    if (catalogue->policy) {
        write_seen(catalogue, element);
    } else {
        add_text(json, "mask", ht_mask_name(element->mask));
    }
    ht_buffer_add_char(json, '}');
}

static void write_elements(const Catalogue *catalogue, GHashTable *groups)
{
    const HtDictionary *dictionary = catalogue->source->dictionary;
    open_list(catalogue->json, "elements");
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *element = ht_dictionary_element(dictionary, i);
        if (g_hash_table_contains(groups, element->group)) {
            write_element(catalogue, element);
        }
    }
    ht_buffer_add_char(catalogue->json, ']');
}

/* ---- The whole ---- */

static void write_consumer(const Catalogue *catalogue)
{
    const HtConsumerConfig *consumer = catalogue->consumer;
    add_text(catalogue->json, "consumer", consumer->name);
    HtPolicyAnswer unmapped = ht_policy_shows_unmapped(catalogue->policy);
    add_text(catalogue->json, "purpose", consumer->purpose);
    add_text(catalogue->json, "purposeUntil", consumer->purpose_until);
    add_text(catalogue->json, "purposeState", ht_purpose_name(ht_policy_purpose(catalogue->policy)));
    add_text(catalogue->json, "policy", ht_policy_version(catalogue->policy));
    ht_json_member_number(catalogue->json, "clearance", (int64_t)consumer->clearance);
    add_text(catalogue->json, "unmapped", word_of(&unmapped));
    write_routes(catalogue);
}

bool ht_catalogue(const HtSchemaSource *source, const HtConfig *config, const HtConsumerConfig *consumer,
                  HtBuffer *json, GString *errors)
{
    g_autoptr(HtPolicy) policy = consumer ? ht_policy_new(consumer, source->dictionary, errors) : NULL;
    if (consumer && !policy) {
        return false;
    }
    const Catalogue catalogue = {source, config, consumer, policy, json};
    ht_buffer_add_char(json, '{');
    if (config) {
        add_text(json, "bus", config->bus.name);
    }
    if (consumer) {
        write_consumer(&catalogue);
    }
    g_autoptr(GHashTable) groups = write_types(&catalogue);
    write_elements(&catalogue, groups);
    ht_buffer_add_char(json, '}');
    return true;
}
