/* `<fields>`: the fields of a record that stand in HL7's form, somewhere below it, as names that events read like any path. Read
 * before the events. Runs when a mapping is loaded. */
#include "mappings/engine/compile/compiler.h"

#define FIELDS_OF_A_PLACE 32 /* bits of HtFrame.fits */

/* The element or attribute at this path below the record; NULL after an error. */
static HtTrieNode *reach_below(HtPathScope *scope, const xmlNode *node, const char *path)
{
    if (*path == '/' || strcmp(path, ".") == 0) {
        ht_compile_error(scope->compiler, node, "\"%s\": elements below the record are meant", path);
        return NULL;
    }
    return ht_compile_reach(scope->compiler, node, scope->bases->pdata[0], path);
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
    if (place->attribute &&
        (field->of || field->with || field->digits_max || field->last || field->joined.count)) {
        ht_compile_error(scope->compiler, node,
                         "an attribute has no form: of, with, digits, places and joins are for elements");
    }
    if (place->attribute) {
        HtStore store = {field->slot, 0};
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

/* What joins is read from the fields that are declared above it. */
static HtFrom read_joined(HtPathScope *scope, const xmlNode *node)
{
    HtCompiler *compiler = scope->compiler;
    const char *names = ht_compile_attribute(compiler, node, "of");
    for (char **name = ht_compile_words(compiler, names); *name; name++) {
        if (!g_hash_table_contains(compiler->record_slots, *name)) {
            ht_compile_error(compiler, node, "<join>: there is no field \"%s\" above", *name);
        }
    }
    return ht_compile_paths(scope, names);
}

/* `<field>` or `<join>` */
static void read_field(HtPathScope *scope, const xmlNode *node)
{
    HtCompiler *compiler = scope->compiler;
    bool joins = ht_compile_is(node, "join");
    const char *name = ht_compile_attribute(compiler, node, "name");
    const char *of = joins ? NULL : ht_compile_attribute(compiler, node, "of");
    char *problem = NULL;
    unsigned digits[2] = {0, 0}, places[2] = {0, 0};
    HtField field = {.slot = ht_compile_path(scope, name, &problem),
                     .of = of ? ht_compile_words(compiler, of) : NULL,
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
    for (HtTrieNode *place; *path && (place = reach_below(scope, node, *path)); path++) {
        add_field(scope, node, place, &field);
    }
}

static void read_pass(HtPathScope *scope, const xmlNode *node)
{
    HtCompiler *compiler = scope->compiler;
    char **path = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "from"));
    for (HtTrieNode *place; *path && (place = reach_below(scope, node, *path)); path++) {
        if (place->attribute) {
            ht_compile_error(compiler, node, "\"%s\": an attribute is passed to no filter", *path);
        }
        g_free(place->pass);
        place->pass = g_strdup(ht_compile_attribute(compiler, node, "to"));
    }
}

static void read_fields(HtPathScope *scope, const xmlNode *node, HtTrieNode *base)
{
    HtCompiler *compiler = scope->compiler;
    const char *named = ht_compile_attribute(compiler, node, "named");
    char *problem = NULL;
    base->declared = true;
    base->named = named ? ht_compile_path(scope, named, &problem) : HT_SLOT_NONE;
    if (problem) {
        ht_compile_error(compiler, node, "%s", problem);
        g_free(problem);
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (ht_compile_is(child, "pass")) {
            read_pass(scope, child);
        } else if (child->type == XML_ELEMENT_NODE) {
            read_field(scope, child);
        }
    }
}

void ht_compile_fields(HtCompiler *compiler, const xmlNode *node)
{
    char **path = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "for"));
    compiler->mapping->has_fields = true;
    for (; *path; path++) {
        g_autoptr(GPtrArray) bases = g_ptr_array_new();
        HtPathScope scope = {.compiler = compiler, .node = node, .bases = bases, .each = -1};
        HtTrieNode *base = ht_compile_reach(compiler, node, compiler->mapping->trie, *path);
        if (!base || **path != '/' || base->attribute || base->declared) {
            ht_compile_error(compiler, node,
                             "for=\"%s\" must be the absolute path of an element, each in one <fields>",
                             *path);
            return;
        }
        g_ptr_array_add(bases, base);
        read_fields(&scope, node, base);
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
        }
    }
}
