/* `<fields>`: the fields of a record that stand in HL7's form, somewhere below it or around it, as names that events read like any
 * path. Read before the events. Runs when a mapping is loaded. */
#include "mappings/engine/compile/compiler.h"

#define FIELDS_OF_A_PLACE 32 /* bits of HtOpenElement.fits */

/* The fields of one kind of record: the paths are meant from `part`, which is the record or an element in it. */
typedef struct {
    HtPathScope scope;
    const char *path; /* of the record */
    HtTrieNode *record, *part;
} Fields;

/* The element or attribute at this path; NULL after an error. A record has many fields, so it is none itself; an element in it may be. */
static HtTrieNode *reach_below(Fields *fields, const xmlNode *node, const char *path)
{
    HtPathScope *scope = &fields->scope;
    if (*path == '/' || (strcmp(path, ".") == 0 && fields->part == fields->record)) {
        ht_compile_error(scope->compiler, node, "\"%s\": elements below the record are meant", path);
        return NULL;
    }
    return ht_compile_reach(scope->compiler, node, fields->part, path);
}

/* "17", "12-13" or "14-"; as it was when there is no such attribute. */
static void read_range(HtPathScope *scope, const xmlNode *node, const char *name, unsigned range[2])
{
    const char *text = ht_compile_attribute(scope->compiler, node, name);
    char *end = NULL;
    if (!text) {
        return;
    }
    range[0] = range[1] = (unsigned)strtoul(text, &end, 10);
    if (*end == '-') {
        range[1] = end[1] ? (unsigned)strtoul(end + 1, NULL, 10) : UINT_MAX;
    }
    if (range[0] == 0 || range[1] < range[0]) {
        ht_compile_error(scope->compiler, node, "%s=\"%s\" is no range", name, text);
    }
}

static void add_field(HtPathScope *scope, const xmlNode *node, HtTrieNode *place, const HtField *field)
{
    if (place->attribute && (field->of || field->with || field->without.data || field->digits_max ||
                             field->last || field->joined.count)) {
        ht_compile_error(
            scope->compiler, node,
            "an attribute has no form: of, with, without, digits, places and joins are for elements");
    }
    if (place->attribute) {
        HtStore store = {field->slot, 0, 0};
        g_array_append_val(place->stores, store);
        return;
    }
    if (!place->fields) {
        place->fields = g_array_new(FALSE, FALSE, sizeof(HtField));
    }
    if (place->fields->len == FIELDS_OF_A_PLACE) {
        ht_compile_error(scope->compiler, node, "more than %d fields are read from one element",
                         FIELDS_OF_A_PLACE);
        return;
    }
    g_array_append_vals(place->fields, field, 1);
}

/* ---- Around the record ---- */

static const HtTrieNode *find_root(const HtTrieNode *node)
{
    while (node->parent && node->parent->parent) {
        node = node->parent;
    }
    return node;
}

/* What is around the record is under the same root, and neither in it nor the record itself. */
static bool is_around(const HtTrieNode *place, const HtTrieNode *record)
{
    bool inside = false;
    for (const HtTrieNode *node = place; node; node = node->parent) {
        inside = inside || node == record;
    }
    return !inside && find_root(place) == find_root(record);
}

static void add_around(Fields *fields, const xmlNode *node, const char *path, const HtField *field)
{
    HtPathScope *scope = &fields->scope;
    HtTrieNode *place = ht_compile_reach(scope->compiler, node, scope->compiler->mapping->trie, path);
    bool is_new = false;
    if (!place) {
        return;
    }
    if (!is_around(place, fields->record) || field->with) {
        ht_compile_error(scope->compiler, node,
                         "\"%s\" must lie around \"%s\": under the same root, and not in the record; and "
                         "with=\"…\" is for what lies in it",
                         path, fields->path);
        return;
    }
    HtField around = *field;
    around.slot = ht_compile_around(scope->compiler, node, path, &is_new);
    if (is_new) {
        add_field(scope, node, place, &around);
    }
    if (!fields->record->around) {
        fields->record->around = g_array_new(FALSE, FALSE, sizeof(HtAround));
    }
    HtAround entry = {field->slot, around.slot, field->plain};
    g_array_append_val(fields->record->around, entry);
}

/* The record waits for what may still come, before anything is asked of it. */
static void hand_to_record(HtCompiler *compiler, const HtTrieNode *base)
{
    HtRecordRule *record = compiler->mapping->records->pdata[base->record];
    if (!base->around || record->around) {
        return;
    }
    record->around = (const HtAround *)(void *)base->around->data;
    record->n_around = base->around->len;
    HtSlot *slots = g_new(HtSlot, record->asks.count + record->n_around);
    for (unsigned i = 0; i < record->asks.count; i++) {
        slots[i] = record->asks.slots[i];
    }
    for (unsigned i = 0; i < record->n_around; i++) {
        slots[record->asks.count++] = record->around[i].from;
    }
    record->asks.slots = ht_compile_own(compiler, slots);
}

/* ---- What is declared ---- */

/* What joins is read from the fields that are declared above it. */
static HtFrom read_joined(HtPathScope *scope, const xmlNode *node)
{
    HtCompiler *compiler = scope->compiler;
    const char *names = ht_compile_attribute(compiler, node, "of");
    for (char **name = ht_compile_words(compiler, names); *name; name++) {
        g_autofree char *key = ht_compile_key(compiler, *name);
        if (!g_hash_table_contains(compiler->record_slots, key)) {
            ht_compile_error(compiler, node, "<join>: there is no field \"%s\" above", *name);
        }
    }
    scope->declares = false;
    HtFrom joined = ht_compile_paths(scope, names);
    scope->declares = true;
    return joined;
}

/* `<field>` or `<join>` */
static void read_field(Fields *fields, const xmlNode *node)
{
    HtPathScope *scope = &fields->scope;
    HtCompiler *compiler = scope->compiler;
    bool joins = ht_compile_is(node, "join");
    const char *name = ht_compile_attribute(compiler, node, "name");
    const char *of = joins ? NULL : ht_compile_attribute(compiler, node, "of");
    char *problem = NULL;
    unsigned digits[2] = {0, 0}, places[2] = {0, 0};
    HtField field = {.slot = ht_compile_path(scope, name, &problem),
                     .of = of ? ht_compile_words(compiler, of) : NULL,
                     .without = ht_text_from(ht_compile_attribute(compiler, node, "without")),
                     .with = ht_compile_attribute(compiler, node, "with"),
                     .joined = joins ? read_joined(scope, node) : (HtFrom){NULL, 0}};
    if (problem || *name == '/') {
        ht_compile_error(compiler, node, "\"%s\" cannot be a field's name", name);
        g_free(problem);
        return;
    }
    read_range(scope, node, "digits", digits);
    read_range(scope, node, "places", places);
    field.digits_min = digits[0], field.digits_max = digits[1];
    field.first = places[0], field.last = places[1];
    field.plain = ht_compile_reach(compiler, node, scope->bases->pdata[0], name);
    char **path = ht_compile_words(compiler, ht_compile_attribute(compiler, node, joins ? "at" : "from"));
    for (HtTrieNode *place; *path; path++) {
        if (**path == '/' && !joins) {
            add_around(fields, node, *path, &field);
        } else if ((place = reach_below(fields, node, *path))) {
            add_field(scope, node, place, &field);
        }
    }
}

static void read_pass(Fields *fields, const xmlNode *node)
{
    HtCompiler *compiler = fields->scope.compiler;
    char **path = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "from"));
    for (HtTrieNode *place; *path; path++) {
        place = strcmp(*path, ".") == 0 ? fields->part : reach_below(fields, node, *path);
        if (!place) {
            continue;
        }
        if (place->attribute) {
            ht_compile_error(compiler, node, "\"%s\": an attribute is passed to no filter", *path);
        }
        g_free(place->pass);
        place->pass = g_strdup(ht_compile_attribute(compiler, node, "to"));
    }
}

static void read_fields(Fields *fields, const xmlNode *node)
{
    HtPathScope *scope = &fields->scope;
    const char *named = ht_compile_attribute(scope->compiler, node, "named");
    char *problem = NULL;
    fields->part->declared = true;
    fields->part->named = named ? ht_compile_path(scope, named, &problem) : HT_SLOT_NONE;
    if (problem) {
        ht_compile_error(scope->compiler, node, "%s", problem);
        g_free(problem);
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (ht_compile_is(child, "pass")) {
            read_pass(fields, child);
        } else if (child->type == XML_ELEMENT_NODE) {
            read_field(fields, child);
        }
    }
}

void ht_compile_fields(HtCompiler *compiler, const xmlNode *node)
{
    char **path = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "for"));
    const char *in = ht_compile_attribute(compiler, node, "in");
    compiler->mapping->has_fields = true;
    for (; *path; path++) {
        g_autoptr(GPtrArray) bases = g_ptr_array_new();
        HtTrieNode *base = ht_compile_reach(compiler, node, compiler->mapping->trie, *path);
        Fields fields = {{.compiler = compiler, .node = node, .bases = bases, .declares = true, .each = -1},
                         *path,
                         base,
                         base};
        bool known = base && **path == '/' && !base->attribute;
        fields.part = known && in ? reach_below(&fields, node, in) : base;
        if (!known || !fields.part || fields.part->attribute || fields.part->declared) {
            ht_compile_error(
                compiler, node,
                "for=\"%s\" must be the absolute path of an element, each in one <fields>, or in=\"…\" an element in it",
                *path);
            return;
        }
        g_ptr_array_add(bases, base);
        read_fields(&fields, node);
    }
}

void ht_compile_fields_check(HtCompiler *compiler, const xmlNode *node)
{
    char **path = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "for"));
    bool holds = false;
    for (const xmlNode *child = node->children; child; child = child->next) {
        holds = holds || ht_compile_is(child, "field");
    }
    for (HtTrieNode *base; holds && *path; path++) {
        base = ht_compile_reach(compiler, node, compiler->mapping->trie, *path);
        if (base && base->record < 0) {
            ht_compile_error(compiler, node, "no <event> has for-each=\"%s\"", *path);
        } else if (base) {
            hand_to_record(compiler, base);
        }
    }
}
