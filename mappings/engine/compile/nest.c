/* Records inside of records: which lies in which, whose each value is, and what cannot be said of them. Runs when a mapping is loaded. */
#include "mappings/engine/compile/compiler.h"

/* ---- Which lies in which ---- */

static long line_of(const HtCompiler *compiler, const HtRecordRule *record)
{
    return xmlGetLineNo(compiler->record_nodes->pdata[record->number]);
}

static void check_record(HtCompiler *compiler, const HtRecordRule *record, const HtRecordRule *outer)
{
    const xmlNode *node = compiler->record_nodes->pdata[record->number];
    if (record->level == HT_NESTING_MAX) {
        ht_compile_error(compiler, node, "for-each=\"%s\": more than %d records lie inside of each other",
                         record->path, HT_NESTING_MAX);
    }
    if (record->needs_tree || outer->needs_tree) {
        ht_compile_error(compiler, node,
                         "for-each=\"%s\" lies inside of for-each=\"%s\" (line %ld): no XPath is possible in "
                         "either; paths, also absolute ones, reach what is inside and around",
                         record->path, outer->path, line_of(compiler, outer));
    }
}

/* True when there is a record at the node or below it. `outer` is that around it. */
static bool tie_records(HtCompiler *compiler, HtTrieNode *node, HtRecordRule *outer)
{
    HtRecordRule *record = node->record >= 0 ? compiler->mapping->records->pdata[node->record] : NULL;
    bool holds = false;
    if (record && outer) {
        record->outer = outer;
        record->level = outer->level + 1;
        compiler->mapping->nesting = MAX(compiler->mapping->nesting, record->level);
        check_record(compiler, record, outer);
    }
    for (HtTrieNode *child = node->children; child; child = child->next) {
        holds = tie_records(compiler, child, record ? record : outer) || holds;
    }
    if (record) {
        record->holds = holds;
    } else if (holds && outer && node->ignore) {
        ht_compile_error(compiler, compiler->record_nodes->pdata[outer->number],
                         "for-each=\"%s\": its \"%s\" is ignored, and records lie in it", outer->path,
                         node->name);
    }
    return holds || record;
}

/* ---- Whose each value is ---- */

static unsigned count_steps(const char *path)
{
    unsigned steps = strcmp(path, ".") == 0 ? 0 : 1;
    for (; *path; path++) {
        steps += *path == '/';
    }
    return steps;
}

/* How many records are around the one that is so many steps above. */
static uint16_t find_level(const HtTrieNode *node, unsigned steps)
{
    uint16_t level = 0;
    for (; steps > 0; steps--) {
        node = node->parent;
    }
    for (node = node->parent; node; node = node->parent) {
        level = (uint16_t)(level + (node->record >= 0));
    }
    return level;
}

static uint16_t find_store_level(const HtMapping *mapping, const HtTrieNode *node, const HtStore *store)
{
    if (store->slot & HT_SLOT_ABSOLUTE) {
        bool carried = g_array_index(mapping->absolute_carried, bool, store->slot &HT_SLOT_NUMBER);
        return carried ? HT_LEVEL_INSIDE : 0;
    }
    return find_level(node, count_steps(ht_mapping_path(mapping, store->slot, store->each).data));
}

/* Of what is in records that lie in others, or hold some. */
static void set_levels(HtCompiler *compiler, HtTrieNode *node)
{
    const HtMapping *mapping = compiler->mapping;
    node->nested = true;
    for (guint i = 0; i < node->stores->len; i++) {
        HtStore *store = &g_array_index(node->stores, HtStore, i);
        store->level = find_store_level(mapping, node, store);
    }
    if (node->each >= 0) {
        node->each_level =
            find_level(node, count_steps(((HtEachRule *)mapping->eaches->pdata[node->each])->path));
    }
    for (HtTrieNode *child = node->children; child; child = child->next) {
        set_levels(compiler, child);
    }
}

/* What is in HL7's form is looked at by its fields only. */
static bool is_declared(const HtTrieNode *node)
{
    bool declared = node->declared || node->around;
    for (const HtTrieNode *child = node->children; child && !declared; child = child->next) {
        declared = is_declared(child);
    }
    return declared;
}

static void set_outermost(HtCompiler *compiler, HtTrieNode *node, bool around_declared)
{
    const HtRecordRule *record = node->record >= 0 ? compiler->mapping->records->pdata[node->record] : NULL;
    if (record && !record->holds) {
        return;
    }
    if (record && (around_declared || is_declared(node))) {
        ht_compile_error(compiler, compiler->record_nodes->pdata[record->number],
                         "for-each=\"%s\" has records inside: it is no place for <fields>, nor in one",
                         record->path);
    }
    if (record) {
        set_levels(compiler, node);
        return;
    }
    for (HtTrieNode *child = node->children; child; child = child->next) {
        set_outermost(compiler, child, around_declared || node->declared);
    }
}

/* ---- What those inside want ---- */

static void add_wants(GArray *wants, const HtRecordRule *record)
{
    g_array_append_vals(wants, record->asks.slots, record->asks.count);
    for (unsigned i = 0; i < record->n_events; i++) {
        g_array_append_vals(wants, record->events[i]->needs.slots, record->events[i]->needs.count);
    }
}

static const HtRecordRule *find_outermost(const HtRecordRule *record)
{
    while (record->outer) {
        record = record->outer;
    }
    return record;
}

static void gather_wants(HtCompiler *compiler, HtRecordRule *outermost)
{
    GArray *wants = g_array_new(FALSE, FALSE, sizeof(HtSlot));
    const GPtrArray *records = compiler->mapping->records;
    for (guint i = 0; i < records->len; i++) {
        const HtRecordRule *record = records->pdata[i];
        if (record != outermost && find_outermost(record) == outermost) {
            add_wants(wants, record);
        }
    }
    outermost->inner_wants.count = wants->len;
    outermost->inner_wants.slots = ht_compile_own(compiler, g_array_free(wants, FALSE));
}

void ht_compile_nesting(HtCompiler *compiler)
{
    HtMapping *mapping = compiler->mapping;
    for (guint i = 0; i < mapping->records->len; i++) {
        ((HtRecordRule *)mapping->records->pdata[i])->number = i;
    }
    tie_records(compiler, mapping->trie, NULL);
    if (mapping->nesting == 0) {
        return;
    }
    set_outermost(compiler, mapping->trie, false);
    for (guint i = 0; i < mapping->records->len; i++) {
        HtRecordRule *record = mapping->records->pdata[i];
        if (record->holds && !record->outer) {
            gather_wants(compiler, record);
        }
    }
}
