/* `<count>`: a number that the payload states, and the records that it must be equal to. Runs when a mapping is loaded. */
#include "mappings/engine/compile/compiler.h"

#define COUNTS_MAX 256

/* The element that states the number; `from` becomes relative to it. Without `for` it is the one that holds what `from`
 * names: `/HEAD/TOTAL` and `/rows/@total` are split before the last step. NULL after an error. */
static const char *find_scope(HtCompiler *compiler, const xmlNode *node, const char **from)
{
    const char *scope = ht_compile_attribute(compiler, node, "for");
    if (scope) {
        bool good = *scope == '/' && !strchr(scope, '@') && **from != '/';
        if (!good) {
            ht_compile_error(
                compiler, node,
                "for=\"%s\" must be the absolute path of an element, and from=\"%s\" relative to it", scope,
                *from);
        }
        return good ? scope : NULL;
    }
    if (**from != '/') {
        ht_compile_error(compiler, node, "from=\"%s\" must be absolute, or there must be a for=\"…\"", *from);
        return NULL;
    }
    const char *last = strrchr(*from, '/');
    bool alone = last == *from; /* the root element itself */
    scope = alone ? *from : ht_compile_own(compiler, g_strndup(*from, (gsize)(last - *from)));
    *from = alone ? "." : last + 1;
    return scope;
}

/* All counts of one element have one number. */
static int number_scope(HtMapping *mapping, HtTrieNode *scope)
{
    if (scope->count < 0) {
        scope->count = (int)mapping->counts->len;
    }
    return scope->count;
}

static bool lies_below(const HtTrieNode *node, const HtTrieNode *above)
{
    while (node && node != above) {
        node = node->parent;
    }
    return node != NULL;
}

/* Ties the records to the rule, and finds out where they are. */
static void add_records(HtPathScope *scope, const xmlNode *node, HtCountRule *rule, const HtTrieNode *stated)
{
    HtMapping *mapping = scope->compiler->mapping;
    g_autoptr(GPtrArray) records = ht_compile_records(scope, node, "of");
    unsigned below = 0;
    for (guint i = 0; i < records->len; i++) {
        HtRecordRule *record = records->pdata[i];
        record->counts = g_renew(unsigned, record->counts, record->n_counts + 1);
        record->counts[record->n_counts++] = mapping->counts->len;
        below += lies_below(scope->bases->pdata[i], stated);
    }
    rule->inside = below > 0;
    if (below > 0 && below < records->len) {
        ht_compile_error(scope->compiler, node,
                         "of=\"%s\": either all or none of these records must be inside of the element that "
                         "states their number",
                         rule->of);
    }
    for (guint i = 0; i < records->len && !rule->inside; i++) {
        HtTrieNode *record = scope->bases->pdata[i];
        bool is_root = record->parent->parent == NULL;
        (is_root ? record : record->parent)->wraps = true;
    }
    rule->when = ht_compile_when(scope, node, "of-when");
}

/* "/head/file/@records (@name='p.xml')": what and under which condition, for faults. */
static const char *describe(HtCompiler *compiler, const xmlNode *node, const char *path,
                            const char *condition)
{
    const char *when = ht_compile_attribute(compiler, node, condition);
    return when ? ht_compile_own(compiler, g_strdup_printf("%s (%s)", path, when)) : path;
}

void ht_compile_count(HtCompiler *compiler, const xmlNode *node)
{
    HtMapping *mapping = compiler->mapping;
    const char *from = ht_compile_attribute(compiler, node, "from");
    const char *stated_path = find_scope(compiler, node, &from);
    HtTrieNode *stated = stated_path ? ht_compile_reach(compiler, node, mapping->trie, stated_path) : NULL;
    if (stated && mapping->counts->len == COUNTS_MAX) {
        ht_compile_error(compiler, node, "more than %d <count>", COUNTS_MAX);
    }
    if (!stated || mapping->counts->len == COUNTS_MAX) {
        return;
    }
    bool self = strcmp(from, ".") == 0;
    char *problem = NULL;
    g_autoptr(GPtrArray) bases = g_ptr_array_new();
    HtPathScope head = {
        .compiler = compiler, .node = node, .bases = bases, .answer_path = stated_path, .each = -1};
    HtPathScope records = {.compiler = compiler, .node = node, .bases = bases, .each = -1};
    HtCountRule *rule = g_new0(HtCountRule, 1);
    rule->of = describe(compiler, node, ht_compile_attribute(compiler, node, "of"), "of-when");
    rule->path = ht_compile_own(compiler, g_strconcat(stated_path, self ? "" : "/", self ? "" : from, NULL));
    rule->path = describe(compiler, node, rule->path, "for-when");
    rule->from = ht_compile_path(&head, from, &problem);
    if (rule->from == HT_SLOT_NONE) {
        ht_compile_error(compiler, node, "%s", problem);
        g_free(problem);
    }
    rule->for_when = ht_compile_when(&head, node, "for-when");
    rule->scope = number_scope(mapping, stated);
    add_records(&records, node, rule, stated);
    g_ptr_array_add(mapping->counts, rule);
}

void ht_compile_counts_check(HtCompiler *compiler)
{
    const GPtrArray *records = compiler->mapping->records;
    for (guint i = 0; i < records->len; i++) {
        const HtRecordRule *record = records->pdata[i];
        if (record->n_counts > 0 && record->n_events == 0) {
            ht_compile_error(compiler, compiler->record_nodes->pdata[i],
                             "of=\"%s\" is not the for-each of any <event>", record->path);
        }
    }
}
