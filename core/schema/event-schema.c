/* Writing an event type's JSON Schema. No state; any thread. */
#include "core/schema/event-schema.h"

#include "core/base/event.h"
#include "core/base/json.h"

static void add(HtBuffer *json, const char *text)
{
    ht_buffer_add_string(json, text);
}

static void add_text(HtBuffer *json, const char *name, const char *text)
{
    ht_json_member(json, name, ht_text_from(text));
}

/* `{"$ref":"#/$defs/KIND-NAME"}` */
static void add_reference(HtBuffer *json, const char *kind, const char *name)
{
    g_autofree char *target = g_strconcat("#/$defs/", kind, "-", name, NULL);
    ht_buffer_add_char(json, '{');
    add_text(json, "$ref", target);
    ht_buffer_add_char(json, '}');
}

char *ht_event_schema_name(const HtEventType *type)
{
    return g_strdup_printf("%s.v%u", type->name, type->version);
}

/* ---- Attributes ---- */

/* Names, and what their values look like. */
static const struct {
    const char *name, *schema;
    bool required;
} attributes[] = {
    {"specversion", "\"const\":\"1.0\"", true},
    {"id", "\"type\":\"string\",\"format\":\"uuid\"", true},
    {"source", "\"type\":\"string\",\"pattern\":\"^/[^/]+/[^/]+$\",\"description\":\"/BUS/SOURCE\"", true},
    {"subject",
     "\"type\":\"string\",\"pattern\":\"^p-[a-z2-7]{26}$\",\"description\":\"A pseudonym of the person, household, "
     "address or record\"",
     true},
    {"recordedtime", "\"type\":\"string\",\"format\":\"date-time\",\"description\":\"When the bus took it\"",
     true},
    {"sequence", "\"type\":\"string\",\"pattern\":\"^[0-9]{20}$\"", true},
    {"consumersequence",
     "\"type\":\"string\",\"pattern\":\"^[0-9]{20}$\",\"description\":\"Which event it is of those that the consumer gets\"",
     false},
    {"partitionkey",
     "\"type\":\"string\",\"pattern\":\"^p-[a-z2-7]{26}$\",\"description\":\"Events with one key come in order\"",
     true},
    {"action", "\"enum\":[\"assert\",\"correct\",\"cancel\",\"verify\"]", true},
    {"time",
     "\"type\":\"string\",\"format\":\"date-time\",\"description\":\"When it happened; absent where the consumer may "
     "not see the element that has this value\"",
     false},
    {"timeprecision", "\"enum\":[\"year\",\"month\",\"day\",\"minute\",\"second\"]", false},
    {"businessid", "\"type\":\"string\",\"minLength\":1,\"maxLength\":64", false},
    {"reverses",
     "\"type\":\"string\",\"minLength\":1,\"maxLength\":64,\"description\":\"The businessid, or else the id, of the "
     "event that this one undoes or stands in place of\"",
     false},
    {"direction", "\"enum\":[\"return\",\"report\",\"lateral\",\"query\"]", false},
    {"division", "\"type\":\"string\",\"pattern\":\"^([0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{14})$\"", false},
    {"fromdivision", "\"type\":\"string\",\"pattern\":\"^([0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{14})$\"", false},
    {"otherdivisions",
     "\"type\":\"string\",\"pattern\":\"^([0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{14})( ([0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{14})){0,7}$\"",
     false},
    {"presentdivisions",
     "\"type\":\"string\",\"pattern\":\"^([0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{14})( ([0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{14})){0,7}$\"",
     false},
    {"divisionedition", "\"type\":\"string\",\"minLength\":1,\"maxLength\":64", false},
    {"dataclassification",
     "\"enum\":[\"0\",\"1\",\"2\",\"3\"],\"description\":\"The highest sensitivity of its elements\"", false},
    {"correlationid", "\"type\":\"string\",\"pattern\":\"^b-[a-z2-7]{26}$\"", false},
    {"department", "\"type\":\"string\",\"minLength\":1,\"description\":\"Who answers for the data\"", false},
    {"causationid", "\"type\":\"string\",\"format\":\"uuid\",\"description\":\"The message that it came in\"",
     false},
    {"traceparent", "\"type\":\"string\",\"pattern\":\"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$\"", false},
    {"formersubject", "\"type\":\"string\",\"pattern\":\"^p-[a-z2-7]{26}$\"", false},
    {"dataschema", "\"type\":\"string\",\"format\":\"uri\"", true},
    {"datacontenttype", "\"const\":\"application/json\"", true},
};

static void write_attributes(const char *name, HtBuffer *json)
{
    ht_json_open(json, "type");
    add_text(json, "const", name);
    add(json, "}");
    for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
        ht_json_open(json, attributes[i].name);
        add(json, attributes[i].schema);
        add(json, "}");
    }
}

static void write_required(HtBuffer *json)
{
    add(json, ",\"required\":[\"type\",\"data\"");
    for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
        if (attributes[i].required) {
            ht_json_comma(json);
            ht_json_string(json, ht_text_from(attributes[i].name));
        }
    }
    add(json, "],\"dependentRequired\":{\"timeprecision\":[\"time\"]}");
}

/* ---- Elements ---- */

static bool is_plain(const HtElement *element)
{
    return element->type == HT_TYPE_STRING || element->type == HT_TYPE_ID_NUMBER ||
           element->type == HT_TYPE_DIVISION || element->type == HT_TYPE_REFERENCE;
}

/* A text that is masked is a text: only other values need to say that they may be masked. */
static void write_form(const HtElement *element, HtBuffer *json)
{
    if (is_plain(element)) {
        add_text(json, "type", "string");
        return;
    }
    ht_json_name(json, "anyOf");
    ht_buffer_add_char(json, '[');
    if (element->table) {
        add_reference(json, "table", element->table);
    } else {
        add_reference(json, "value", ht_type_name(element->type));
    }
    if (element->type == HT_TYPE_CODE) {
        ht_buffer_add_char(json, ',');
        add_reference(json, "value", "original");
    }
    ht_buffer_add_char(json, ',');
    add_reference(json, "value", "masked");
    ht_buffer_add_char(json, ']');
}

static void write_element(const HtElement *element, HtBuffer *json)
{
    ht_json_open(json, element->element);
    add_text(json, "title", element->zh);
    write_form(element, json);
    add_text(json, "x-type", ht_type_name(element->type));
    if (element->max_length > 0) {
        ht_json_member_number(json, "x-length", element->max_length);
    }
    ht_json_member_number(json, "x-sensitivity", element->sensitivity);
    add_text(json, "x-mask", ht_mask_name(element->mask));
    add_text(json, "x-authority", element->authority);
    add_text(json, "x-standard", element->standard);
    if (element->open_ended) {
        add_text(json, "description", "9999-12-31: without end (长期)");
    }
    ht_buffer_add_char(json, '}');
}

/* ---- Definitions ---- */

static const char values[] =
    "\"value-masked\":{\"type\":\"string\",\"pattern\":\"[*]|^[0-9]{4}$|^h-[0-9a-f]{32}$\",\"description\":\"What a consumer sees of a value "
    "that its policy masks or hashes\"},"
    "\"value-original\":{\"type\":\"object\",\"minProperties\":1,\"additionalProperties\":false,\"properties\":{"
    "\"code\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\"system\":{\"type\":\"string\"}},"
    "\"description\":\"A code, or a word, of the department's that has no counterpart in the table\"},"
    "\"value-code\":{\"type\":\"string\",\"minLength\":1},"
    "\"value-date\":{\"type\":\"string\",\"pattern\":\"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$\"},"
    "\"value-datetime\":{\"type\":\"string\",\"pattern\":\"^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    "([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?$\"},"
    "\"value-time\":{\"type\":\"string\",\"pattern\":\"^[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?$\"},"
    "\"value-month\":{\"type\":\"string\",\"pattern\":\"^[0-9]{4}-[0-9]{2}$\"},"
    "\"value-integer\":{\"type\":\"integer\"},"
    "\"value-decimal\":{\"type\":\"number\"}";

/* The first element of each group that the type carries; the caller frees the array. */
static GPtrArray *list_groups(const HtSchemaSource *source, const HtEventType *type)
{
    GPtrArray *groups = g_ptr_array_new();
    for (const char *const *group = type->groups; *group; group++) {
        const HtElement *first = ht_dictionary_find_group(source->dictionary, *group, strlen(*group));
        if (first) {
            g_ptr_array_add(groups, (gpointer)first);
        }
    }
    return groups;
}

/* The next element of the same group, or NULL. */
static const HtElement *next_of(const HtSchemaSource *source, const HtElement *element)
{
    const HtElement *next = ht_dictionary_element(source->dictionary, element->index + 1);
    return next && next->group == element->group ? next : NULL;
}

static void write_group(const HtSchemaSource *source, const HtElement *first, HtBuffer *json)
{
    g_autofree char *name = g_strconcat("group-", first->group, NULL);
    ht_json_open(json, name);
    if (first->repeats) {
        add(json, "\"type\":\"array\",\"minItems\":1,\"items\":{");
    }
    add(json, "\"type\":\"object\",\"properties\":{");
    for (const HtElement *element = first; element; element = next_of(source, element)) {
        write_element(element, json);
    }
    add(json, first->repeats ? "}}}" : "}}");
}

static void write_names(const HtTable *table, HtBuffer *json)
{
    ht_json_open(json, "x-names");
    for (guint i = 0; i < ht_table_count(table); i++) {
        const HtTableEntry *entry = ht_table_get(table, i);
        ht_json_open(json, entry->code);
        add_text(json, "zh", entry->zh);
        add_text(json, "en", *entry->en ? entry->en : NULL);
        add_text(json, "status", *entry->status ? entry->status : NULL);
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, '}');
}

static void write_table(const HtTable *table, HtBuffer *json)
{
    g_autofree char *name = g_strconcat("table-", ht_table_name(table), NULL);
    ht_json_open(json, name);
    add_text(json, "title", ht_table_name(table));
    add_text(json, "type", "string");
    ht_json_name(json, "enum");
    ht_buffer_add_char(json, '[');
    for (guint i = 0; i < ht_table_count(table); i++) {
        ht_json_comma(json);
        ht_json_string(json, ht_text_from(ht_table_get(table, i)->code));
    }
    ht_buffer_add_char(json, ']');
    write_names(table, json);
    ht_buffer_add_char(json, '}');
}

/* The tables of the groups' elements, each once. */
static void write_tables(const HtSchemaSource *source, const GPtrArray *groups, HtBuffer *json)
{
    g_autoptr(GHashTable) written = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < groups->len; i++) {
        for (const HtElement *element = groups->pdata[i]; element; element = next_of(source, element)) {
            const HtTable *table = element->table ? ht_tables_find(source->tables, element->table) : NULL;
            if (table && g_hash_table_add(written, (gpointer)element->table)) {
                write_table(table, json);
            }
        }
    }
}

static void write_marks(const HtSchemaSource *source, HtBuffer *json)
{
    ht_json_open(json, "marks");
    add(json, "\"type\":\"string\",\"enum\":[");
    for (uint32_t i = 0; i < ht_dictionary_n_marks(source->dictionary); i++) {
        ht_json_comma(json);
        ht_json_string(json, ht_text_from(ht_dictionary_mark(source->dictionary, i)->name));
    }
    ht_buffer_add_char(json, ']');
    ht_json_open(json, "x-names");
    for (uint32_t i = 0; i < ht_dictionary_n_marks(source->dictionary); i++) {
        const HtMarkInfo *mark = ht_dictionary_mark(source->dictionary, i);
        ht_json_open(json, mark->name);
        add_text(json, "zh", mark->zh);
        add_text(json, "en", mark->text);
        ht_buffer_add_char(json, '}');
    }
    add(json, "}}");
}

static void write_definitions(const HtSchemaSource *source, const GPtrArray *groups, HtBuffer *json)
{
    ht_json_open(json, "$defs");
    for (guint i = 0; i < groups->len; i++) {
        write_group(source, groups->pdata[i], json);
    }
    write_tables(source, groups, json);
    write_marks(source, json);
    ht_buffer_add_char(json, ',');
    add(json, values);
    ht_buffer_add_char(json, '}');
}

/* ---- Data ---- */

static void write_groups(const GPtrArray *groups, HtBuffer *json)
{
    for (guint i = 0; i < groups->len; i++) {
        const char *name = ((const HtElement *)groups->pdata[i])->group;
        ht_json_name(json, name);
        add_reference(json, "group", name);
    }
}

static const char lists[] =
    "\"quality\":{\"type\":\"array\",\"minItems\":1,\"description\":\"What was repaired, upgraded, guessed or does not "
    "check\",\"items\":{\"type\":\"object\",\"required\":[\"mark\"],\"properties\":{"
    "\"mark\":{\"$ref\":\"#/$defs/marks\"},"
    "\"element\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9]+[.][A-Za-z0-9]+$\"},"
    "\"identity\":{\"type\":\"string\",\"description\":\"The kind of a number that named somebody else, too\"}}}},"
    "\"unmapped\":{\"type\":\"array\",\"minItems\":1,\"description\":\"What the department sent and no mapping names\","
    "\"items\":{\"type\":\"object\",\"required\":[\"name\",\"value\"],\"properties\":{\"name\":{\"type\":\"string\"},"
    "\"value\":{\"type\":\"string\"}}}}";

static void write_data(const GPtrArray *groups, HtBuffer *json)
{
    ht_json_open(json, "data");
    add(json, "\"type\":\"object\",\"properties\":{");
    write_groups(groups, json);
    ht_json_open(json, "reported");
    add(json,
        "\"type\":\"object\",\"description\":\"What the department repeats although another is the authority for "
        "it\",\"properties\":{");
    write_groups(groups, json);
    add(json, "}},");
    add(json, lists);
    add(json, "}}");
}

/* ---- The whole ---- */

static void write_head(const HtSchemaSource *source, const HtEventType *type, const char *name,
                       HtBuffer *json)
{
    g_autofree char *id = source->url ? g_strconcat(source->url, name, ".json", NULL)
                                      : g_strconcat(HT_EVENT_SCHEMA_URN, name, NULL);
    add_text(json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    add_text(json, "$id", id);
    add_text(json, "title", type->zh);
    g_autofree char *description = g_strdup_printf(
        "The CloudEvent %s; `data` is at /properties/data. Names that are not here may come later.", name);
    add_text(json, "description", description);
    add_text(json, "x-department", type->department);
    add_text(json, "x-about", type->about ? type->about : "person");
    ht_json_name(json, "x-direction");
    ht_buffer_add_char(json, '[');
    ht_json_string(json, ht_text_from(type->direction));
    if (type->also) {
        ht_buffer_add_char(json, ',');
        ht_json_string(json, ht_text_from(type->also));
    }
    ht_buffer_add_char(json, ']');
    ht_json_name(json, "x-restricted");
    add(json, type->restricted ? "true" : "false");
}

void ht_event_schema(const HtSchemaSource *source, const HtEventType *type, HtBuffer *json)
{
    g_autofree char *name = ht_event_schema_name(type);
    g_autoptr(GPtrArray) groups = list_groups(source, type);
    ht_buffer_add_char(json, '{');
    write_head(source, type, name, json);
    add_text(json, "type", "object");
    write_required(json);
    ht_json_open(json, "properties");
    write_attributes(name, json);
    write_data(groups, json);
    ht_buffer_add_char(json, '}');
    write_definitions(source, groups, json);
    ht_buffer_add_char(json, '}');
}
