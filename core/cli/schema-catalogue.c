/* `hutong schema catalogue` and `hutong schema asyncapi`. */
#include "core/cli/schema.h"

#include "core/schema/asyncapi.h"
#include "core/delivery/policy.h"
#include "core/schema/catalogue.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

static const HtConsumerConfig *find_consumer(const HtSchemaRequest *request)
{
    return request->consumer ? ht_config_consumer(request->config, request->consumer) : NULL;
}

static HtSchemaSource source_of(const HtSchemaRequest *request)
{
    return (HtSchemaSource){.dictionary = request->dictionary, .url = request->url};
}

int ht_cli_schema_asyncapi(const HtSchemaRequest *request)
{
    const HtSchemaSource source = source_of(request);
    HtBuffer json = {0};
    ht_asyncapi(&source, request->config, find_consumer(request), &json);
    g_autoptr(GBytes) body = g_bytes_new(json.data, json.size);
    ht_buffer_clear(&json);
    return ht_cli_schema_put(body, "asyncapi.json", request->folder);
}

/* ---- The catalogue as a table ---- */

static const char *text(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, "");
}

/* "a, b" of a list; "all" where there is none. The caller frees. */
static char *join(JsonObject *object, const char *member)
{
    if (!json_object_has_member(object, member)) {
        return g_strdup("all");
    }
    JsonArray *list = json_object_get_array_member(object, member);
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    for (unsigned i = 0; i < json_array_get_length(list); i++) {
        g_ptr_array_add(texts, (gpointer)json_array_get_string_element(list, i));
    }
    g_ptr_array_add(texts, NULL);
    return g_strjoinv(", ", (char **)texts->pdata);
}

static void print_head(JsonObject *catalogue)
{
    JsonArray *routes = json_object_get_array_member(catalogue, "routes");
    const char *purpose = text(catalogue, "purpose");
    bool lapsed = g_str_equal(text(catalogue, "purposeState"), ht_purpose_name(HT_PURPOSE_LAPSED));
    printf("%s: clearance %" G_GINT64_FORMAT ", %s%s%s%s; what no mapping names: %s; policy %s\n",
           text(catalogue, "consumer"), json_object_get_int_member(catalogue, "clearance"),
           *purpose ? purpose : "no purpose, so nothing personal", *purpose ? " until " : "",
           text(catalogue, "purposeUntil"), lapsed ? ", which is over, so nothing personal" : "",
           text(catalogue, "unmapped"), text(catalogue, "policy"));
    for (unsigned i = 0; i < json_array_get_length(routes); i++) {
        JsonObject *route = json_array_get_object_element(routes, i);
        g_autofree char *from = join(route, "from"), *types = join(route, "types"),
                        *divisions = join(route, "divisions");
        printf("route %s: from %s; types %s; divisions %s\n", text(route, "name"), from, types, divisions);
    }
    putchar('\n');
}

static void print_events(JsonArray *events)
{
    printf("%-42s %-16s %s\n", "EVENT TYPE", "DIRECTION", "GROUPS");
    for (unsigned i = 0; i < json_array_get_length(events); i++) {
        JsonObject *event = json_array_get_object_element(events, i);
        g_autofree char *direction = join(event, "direction"), *groups = join(event, "groups");
        printf("%-42s %-16s %s  (%s)\n", text(event, "type"), direction, groups, text(event, "title"));
    }
}

/* "masked name; of a minor hidden". The caller frees. */
static char *describe_seen(JsonObject *element)
{
    const char *mask = text(element, "mask"), *minor = text(element, "minor"),
               *original = text(element, "original");
    return g_strconcat(text(element, "seen"), *mask ? " " : "", mask, *minor ? "; of a minor " : "", minor,
                       *original ? "; another code " : "", original, NULL);
}

static void print_elements(JsonArray *elements)
{
    printf("\n%-36s %-10s %-4s %-44s %s\n", "ELEMENT", "TYPE", "SENS", "SEEN", "NAME");
    for (unsigned i = 0; i < json_array_get_length(elements); i++) {
        JsonObject *element = json_array_get_object_element(elements, i);
        g_autofree char *seen = describe_seen(element);
        printf("%-36s %-10s %-4" G_GINT64_FORMAT " %-44s %s\n", text(element, "element"),
               text(element, "type"), json_object_get_int_member(element, "sensitivity"), seen,
               text(element, "title"));
    }
}

static void print_catalogue(const HtBuffer *json)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    if (!json_parser_load_from_data(parser, json->data, (gssize)json->size, &error)) {
        g_error("the catalogue is not JSON: %s", error->message);
    }
    JsonObject *catalogue = json_node_get_object(json_parser_get_root(parser));
    if (json_object_has_member(catalogue, "consumer")) {
        print_head(catalogue);
    }
    print_events(json_object_get_array_member(catalogue, "events"));
    print_elements(json_object_get_array_member(catalogue, "elements"));
}

int ht_cli_schema_catalogue(const HtSchemaRequest *request)
{
    const HtSchemaSource source = source_of(request);
    g_autoptr(GString) errors = g_string_new(NULL);
    HtBuffer json = {0};
    int status = HT_EXIT_OK;
    if (!ht_catalogue(&source, request->config, find_consumer(request), &json, errors)) {
        fputs(errors->str, stderr);
        status = HT_EXIT_CONFIG;
    } else if (request->json || request->folder) {
        g_autoptr(GBytes) body = g_bytes_new(json.data, json.size);
        status = ht_cli_schema_put(body, "catalogue.json", request->folder);
    } else {
        print_catalogue(&json);
    }
    ht_buffer_clear(&json);
    return status;
}
