/* Loading a mapping file: its grammar, its top level, and what can only be checked when all of it has been read. Runs when a
 * host starts and in `hutong check`; not on the path of messages. */
#include "mappings/engine/compile/compile.h"

#include "core/base/paths.h"
#include "mappings/engine/compile/compiler.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>

G_DEFINE_QUARK(ht_mapping_error, ht_mapping_error)

/* ---- Grammar ---- */

static void note_error(void *user, xmlErrorPtr error)
{
    HtCompiler *compiler = user;
    g_autofree char *text = g_strstrip(g_strdup(error->message ? error->message : "not valid"));
    g_string_append_printf(compiler->errors, "%s:%d: error: %s\n",
                           error->file ? error->file : compiler->mapping->path, error->line, text);
}

static void note_invalid(void *user, xmlErrorPtr error)
{
    g_autofree char *text = g_strstrip(g_strdup(error->message ? error->message : "not valid"));
    ht_compile_error(user, error->node, "%s", text);
}

static xmlDoc *read_document(HtCompiler *compiler)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize size = 0;
    const char *path = compiler->mapping->path;
    if (!g_file_get_contents(path, &text, &size, &error) || size > INT_MAX) {
        g_string_append_printf(compiler->errors, "%s:1: error: %s\n", path,
                               error ? error->message : "too large");
        return NULL;
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
    xmlDoc *document = xmlCtxtReadMemory(parser, text, (int)size, path, NULL, options);
    xmlError *wrong = xmlCtxtGetLastError(parser);
    if (!document) {
        g_string_append_printf(compiler->errors, "%s:%d: error: %s", path, wrong ? wrong->line : 1,
                               wrong ? wrong->message : "not well-formed\n");
    }
    xmlFreeParserCtxt(parser);
    return document;
}

static bool validate(HtCompiler *compiler, xmlDoc *document)
{
    g_autofree char *path = ht_paths_data("mapping.rng");
    xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt(path);
    xmlRelaxNGSetParserStructuredErrors(parser, note_error, compiler);
    xmlRelaxNG *schema = xmlRelaxNGParse(parser);
    xmlRelaxNGFreeParserCtxt(parser);
    if (!schema) {
        g_string_append_printf(compiler->errors, "%s:1: error: the grammar of mappings cannot be read\n",
                               path);
        return false;
    }
    xmlRelaxNGValidCtxt *validator = xmlRelaxNGNewValidCtxt(schema);
    xmlRelaxNGSetValidStructuredErrors(validator, note_invalid, compiler);
    gsize before = compiler->errors->len;
    bool valid = xmlRelaxNGValidateDoc(validator, document) == 0;
    if (!valid) {
        g_autofree char *terse = g_strdup(compiler->errors->str + before);
        g_string_truncate(compiler->errors, before);
        ht_compile_explain(compiler, document);
        g_string_append(compiler->errors, compiler->errors->len == before ? terse : "");
    }
    xmlRelaxNGFreeValidCtxt(validator);
    xmlRelaxNGFree(schema);
    return valid;
}

/* ---- The top level ---- */

static void read_null(HtCompiler *compiler, const xmlNode *node)
{
    HtNullRule *rule = g_new0(HtNullRule, 1);
    const char *paths = ht_compile_attribute(compiler, node, "in");
    rule->value = ht_text_from(ht_compile_attribute(compiler, node, "value"));
    rule->zero = ht_text_is(rule->value, "0");
    rule->paths = paths ? ht_compile_words(compiler, paths) : NULL;
    g_ptr_array_add(compiler->mapping->nulls, rule);
}

static void read_markup(HtCompiler *compiler, const xmlNode *node)
{
    HtMarkupRule *rule = g_new0(HtMarkupRule, 1);
    rule->paths = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "in"));
    rule->url = ht_compile_is(node, "url-encoded");
    g_ptr_array_add(compiler->mapping->markups, rule);
}

static void read_repair(HtCompiler *compiler, const xmlNode *node)
{
    for (char **word = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "use")); *word;
         word++) {
        compiler->mapping->repairs |= ht_repair_parse(*word);
    }
}

/* Names are compared without signs and in lower case. */
static void read_secret(HtCompiler *compiler, const xmlNode *node)
{
    char **names = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "name"));
    for (char **name = names; name && *name; name++) {
        GString *folded = g_string_new(NULL);
        for (const char *at = *name; *at; at++) {
            if (!strchr("_-.", *at)) {
                g_string_append_c(folded, g_ascii_tolower(*at));
            }
        }
        g_ptr_array_add(compiler->mapping->secrets, g_string_free(folded, FALSE));
    }
}

static void read_ignore(HtCompiler *compiler, const xmlNode *node)
{
    g_autoptr(GPtrArray) bases = g_ptr_array_new();
    HtPathScope scope = {.compiler = compiler, .node = node, .bases = bases, .each = -1};
    const char *asides = ht_compile_attribute(compiler, node, "by-adapter");
    if (!asides) {
        ht_compile_ignore(&scope, node);
        return;
    }
    for (char **path = ht_compile_words(compiler, asides); *path; path++) {
        g_ptr_array_add(compiler->mapping->asides, g_strdup(*path));
    }
}

/* What events name must be known before them. */
static void read_declarations(HtCompiler *compiler, const xmlNode *root)
{
    for (const xmlNode *node = root->children; node; node = node->next) {
        if (ht_compile_is(node, "flag") || ht_compile_is(node, "choice")) {
            ht_compile_flag(compiler, node);
        } else if (ht_compile_is(node, "fields")) {
            ht_compile_fields(compiler, node);
        }
    }
}

static void read_top(HtCompiler *compiler, const xmlNode *root)
{
    HtMapping *mapping = compiler->mapping;
    mapping->source = g_strdup(ht_compile_attribute(compiler, root, "source"));
    mapping->authority = g_strdup(ht_compile_attribute(compiler, root, "authority"));
    mapping->case_ignored = g_strcmp0(ht_compile_attribute(compiler, root, "case"), "ignore") == 0;
    mapping->opens_strings = g_strcmp0(ht_compile_attribute(compiler, root, "strings"), "documents") == 0;
    read_declarations(compiler, root);
    for (const xmlNode *node = root->children; node; node = node->next) {
        if (ht_compile_is(node, "event")) {
            ht_compile_event(compiler, node);
        } else if (ht_compile_is(node, "answer")) {
            ht_compile_answer(compiler, node);
        } else if (ht_compile_is(node, "refuse")) {
            ht_compile_refuse(compiler, node);
        } else if (ht_compile_is(node, "count")) {
            ht_compile_count(compiler, node);
        } else if (ht_compile_is(node, "skip")) {
            ht_compile_skip(compiler, node);
        } else if (ht_compile_is(node, "null")) {
            read_null(compiler, node);
        } else if (ht_compile_is(node, "markup") || ht_compile_is(node, "url-encoded")) {
            read_markup(compiler, node);
        } else if (ht_compile_is(node, "filler")) {
            ht_compile_filler(compiler, node);
        } else if (ht_compile_is(node, "secret")) {
            read_secret(compiler, node);
        } else if (ht_compile_is(node, "repair")) {
            read_repair(compiler, node);
        } else if (ht_compile_is(node, "ignore")) {
            read_ignore(compiler, node);
        } else if (ht_compile_is(node, "service")) {
            ht_compile_service(compiler, node);
        } else if (ht_compile_is(node, "operation")) {
            ht_compile_operation(compiler, node);
        } else if (ht_compile_is(node, "action-value")) {
            ht_compile_action_value(compiler, node);
        }
    }
    for (const xmlNode *node = root->children; node; node = node->next) {
        if (ht_compile_is(node, "fields")) {
            ht_compile_fields_check(compiler, node);
        }
    }
    if (mapping->events->len == 0 && mapping->answers->len == 0) {
        ht_compile_error(compiler, root, "there is no <event>, <answer> or <refuse>");
    }
}

/* ---- What needs the whole ---- */

static bool lies_in(const HtMapping *mapping, const char *path, const char *folder)
{
    size_t size = strlen(folder);
    bool begins = mapping->case_ignored ? g_ascii_strncasecmp(path, folder, size) == 0
                                        : strncmp(path, folder, size) == 0;
    return begins && (path[size] == '\0' || path[size] == '/');
}

static void set_bit(uint64_t *bits, unsigned bit)
{
    bits[bit / 64] |= (uint64_t)1 << (bit % 64);
}

static void cover_ignored(const HtMapping *mapping, const char *ignored, uint64_t *bits)
{
    for (guint slot = 0; slot < mapping->record_paths->len; slot++) {
        if (lies_in(mapping, mapping->record_paths->pdata[slot], ignored)) {
            set_bit(bits, slot);
        }
    }
    for (guint i = 0; i < mapping->eaches->len; i++) {
        const HtEachRule *each = mapping->eaches->pdata[i];
        for (guint column = 0; column < each->columns->len; column++) {
            if (lies_in(mapping, each->columns->pdata[column], ignored)) {
                set_bit(bits, each->first_bit + column);
            }
        }
    }
}

static void number_bits(HtMapping *mapping)
{
    mapping->n_bits = mapping->record_paths->len;
    for (guint i = 0; i < mapping->eaches->len; i++) {
        HtEachRule *each = mapping->eaches->pdata[i];
        each->first_bit = mapping->n_bits;
        mapping->n_bits += each->columns->len;
    }
}

static void cover_named(const HtMapping *mapping, const HtCovers *covers, uint64_t *bits)
{
    for (guint n = 0; n < covers->named->len; n++) {
        HtStore named = g_array_index(covers->named, HtStore, n);
        bool column = named.slot & HT_SLOT_COLUMN;
        unsigned first = column ? ((HtEachRule *)mapping->eaches->pdata[named.each])->first_bit : 0;
        set_bit(bits, first + (named.slot & HT_SLOT_NUMBER));
    }
}

/* What `<ignore>` in the mapping itself says of the event's records. */
static void cover_ignored_everywhere(const HtCompiler *compiler, const HtEventRule *event, uint64_t *bits)
{
    const HtMapping *mapping = compiler->mapping;
    for (guint r = 0; r < mapping->records->len; r++) {
        const HtRecordRule *record = mapping->records->pdata[r];
        size_t size = strlen(record->path);
        bool is_its = false;
        for (unsigned e = 0; e < record->n_events; e++) {
            is_its = is_its || record->events[e] == event;
        }
        for (guint i = 0; is_its && i < compiler->ignored->len; i++) {
            const char *ignored = compiler->ignored->pdata[i];
            if (strncmp(ignored, record->path, size) == 0 && ignored[size] == '/') {
                cover_ignored(mapping, ignored + size + 1, bits);
            }
        }
    }
}

static void finish_covers(HtCompiler *compiler)
{
    HtMapping *mapping = compiler->mapping;
    number_bits(mapping);
    unsigned words = mapping->n_bits / 64 + 1;
    for (guint i = 0; i < mapping->events->len; i++) {
        HtEventRule *event = mapping->events->pdata[i];
        const HtCovers *covers = compiler->covers->pdata[i];
        event->covers = g_new0(uint64_t, words);
        event->named = g_new0(uint64_t, words);
        for (guint n = 0; n < covers->ignored->len; n++) {
            cover_ignored(mapping, covers->ignored->pdata[n], event->covers);
        }
        cover_ignored_everywhere(compiler, event, event->covers);
        cover_named(mapping, covers, event->named);
        for (unsigned word = 0; word < words; word++) {
            event->named[word] &= ~event->covers[word];
            event->covers[word] |= event->named[word];
        }
    }
}

/* The slots of `<null in=…>`, `<filler in=…>` and `<markup in=…>`. The paths must be named elsewhere: what is said of a value that nobody reads
 * is a mistake. */
static HtFrom find_slots(HtCompiler *compiler, char **paths, const char *what)
{
    HtFrom from = {NULL, 0};
    for (char **path = paths; path && *path; path++) {
        g_autofree char *key = ht_compile_key(compiler, *path);
        gpointer number = g_hash_table_lookup(compiler->record_slots, key);
        gpointer absolute = g_hash_table_lookup(compiler->absolute_slots, key);
        HtSlot slot = number ? (HtSlot)(GPOINTER_TO_UINT(number) - 1)
                             : (HtSlot)((GPOINTER_TO_UINT(absolute) - 1) | HT_SLOT_ABSOLUTE);
        if (!number && !absolute) {
            ht_compile_error(compiler, NULL, "<%s in=\"%s\">: nothing is read from that path", what, *path);
            continue;
        }
        HtSlot *slots = g_new(HtSlot, from.count + 1);
        if (from.count > 0) {
            memcpy(slots, from.slots, sizeof(HtSlot) * from.count);
        }
        slots[from.count++] = slot;
        from.slots = ht_compile_own(compiler, slots);
    }
    return from;
}

static void finish_spellings(HtCompiler *compiler)
{
    const HtMapping *mapping = compiler->mapping;
    for (guint i = 0; i < mapping->nulls->len; i++) {
        HtNullRule *rule = mapping->nulls->pdata[i];
        rule->slots = find_slots(compiler, rule->paths, "null");
    }
    for (guint i = 0; i < mapping->fillers->len; i++) {
        HtFillerRule *rule = mapping->fillers->pdata[i];
        rule->slots = find_slots(compiler, rule->paths, "filler");
    }
    for (guint i = 0; i < mapping->markups->len; i++) {
        HtMarkupRule *rule = mapping->markups->pdata[i];
        rule->slots = find_slots(compiler, rule->paths, rule->url ? "url-encoded" : "markup");
    }
}

static void free_covers(gpointer data)
{
    HtCovers *covers = data;
    g_array_unref(covers->named);
    g_ptr_array_unref(covers->ignored);
    g_free(covers);
}

static void compile(HtCompiler *compiler, xmlDoc *document)
{
    compiler->covers = g_ptr_array_new_with_free_func(free_covers);
    compiler->record_nodes = g_ptr_array_new();
    compiler->ignored = g_ptr_array_new();
    compiler->literals = g_ptr_array_new_with_free_func(g_free);
    compiler->record_slots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    compiler->absolute_slots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    compiler->eaches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    read_top(compiler, xmlDocGetRootElement(document));
    gpointer operation = g_hash_table_lookup(compiler->absolute_slots, HT_OPERATION_PATH);
    compiler->mapping->operation =
        operation ? (HtSlot)((GPOINTER_TO_UINT(operation) - 1) | HT_SLOT_ABSOLUTE) : HT_SLOT_NONE;
    ht_compile_nesting(compiler);
    ht_compile_counts_check(compiler);
    ht_compile_literals_check(compiler);
    finish_spellings(compiler);
    ht_compile_times(compiler);
    ht_compile_dated(compiler);
    finish_covers(compiler);
    g_ptr_array_unref(compiler->covers);
    g_ptr_array_unref(compiler->record_nodes);
    g_ptr_array_unref(compiler->ignored);
    g_ptr_array_unref(compiler->literals);
    g_hash_table_unref(compiler->record_slots);
    g_hash_table_unref(compiler->absolute_slots);
    g_hash_table_unref(compiler->eaches);
}

HtMapping *ht_mapping_load(const char *path, const HtReference *reference, GError **error)
{
    g_autoptr(HtMapping) mapping = ht_mapping_new(path);
    g_autoptr(GString) errors = g_string_new(NULL), warnings = g_string_new(NULL);
    g_autoptr(GPtrArray) uses = g_ptr_array_new_with_free_func(g_free);
    HtCompiler compiler = {
        .mapping = mapping, .reference = reference, .errors = errors, .warnings = warnings, .uses = uses};
    xmlDoc *document = read_document(&compiler);
    if (document && ht_compile_defines(&compiler, document) && validate(&compiler, document)) {
        compile(&compiler, document);
    }
    g_ptr_array_add(mapping->secrets, NULL);
    xmlFreeDoc(document);
    if (errors->len > 0) {
        g_string_truncate(errors, errors->len - 1);
        g_set_error_literal(error, HT_MAPPING_ERROR, 0, errors->str);
        return NULL;
    }
    g_string_truncate(warnings, warnings->len > 0 ? warnings->len - 1 : 0);
    mapping->warnings = g_strsplit(warnings->str, "\n", -1);
    return g_steal_pointer(&mapping);
}
