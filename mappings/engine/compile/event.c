/* Events of a mapping: for which records, with which head. What they carry is compile/block.c's. */
#include "mappings/engine/compile/compiler.h"

#include "mappings/engine/values/dates.h"

#define EVENTS_OF_A_RECORD 64 /* bits of the set of events that a record makes */

/* ---- Records ---- */

/* The record rule at this path; made when it is not there. NULL after an error. */
static HtRecordRule *find_record(HtCompiler *compiler, const xmlNode *node, const char *attribute,
                                 const char *path, HtTrieNode **base)
{
    HtMapping *mapping = compiler->mapping;
    if (*path != '/' || strchr(path, '@')) {
        ht_compile_error(compiler, node, "%s=\"%s\" must be the absolute path of an element", attribute,
                         path);
        return NULL;
    }
    *base = ht_compile_reach(compiler, node, mapping->trie, path);
    if (!*base) {
        return NULL;
    }
    if ((*base)->record < 0) {
        HtRecordRule *rule = g_new0(HtRecordRule, 1);
        rule->path = g_strdup(path);
        (*base)->record = (int)mapping->records->len;
        g_ptr_array_add(mapping->records, rule);
        g_ptr_array_add(compiler->record_nodes, (gpointer)node);
    }
    return mapping->records->pdata[(*base)->record];
}

GPtrArray *ht_compile_records(HtPathScope *scope, const xmlNode *node, const char *attribute)
{
    HtCompiler *compiler = scope->compiler;
    GPtrArray *records = g_ptr_array_new();
    char **paths = ht_compile_words(compiler, ht_compile_attribute(compiler, node, attribute));
    for (; *paths; paths++) {
        HtTrieNode *base = NULL;
        HtRecordRule *record = find_record(compiler, node, attribute, *paths, &base);
        if (record) {
            g_ptr_array_add(records, record);
            g_ptr_array_add(scope->bases, base);
        }
    }
    return records;
}

/* What the scope has named since there were `first` values decides about the records. */
static void add_asks(HtPathScope *scope, guint first, GPtrArray *records)
{
    for (guint i = 0; i < records->len; i++) {
        HtRecordRule *record = records->pdata[i];
        for (guint n = first; n < scope->absolutes->len; n++) {
            HtSlot *slots = g_new(HtSlot, record->asks.count + 1);
            if (record->asks.count > 0) {
                memcpy(slots, record->asks.slots, sizeof *slots * record->asks.count);
            }
            slots[record->asks.count++] = g_array_index(scope->absolutes, HtSlot, n);
            record->asks.slots = ht_compile_own(scope->compiler, slots);
        }
    }
}

static void add_skip(HtPathScope *scope, const xmlNode *node, GPtrArray *records)
{
    guint named = scope->absolutes->len;
    const HtWhen *when = ht_compile_when(scope, node, "when");
    add_asks(scope, named, records);
    for (guint i = 0; when && i < records->len; i++) {
        HtRecordRule *record = records->pdata[i];
        record->skips = g_renew(const HtWhen *, record->skips, record->n_skips + 1);
        record->skips[record->n_skips++] = when;
    }
}

static void mark_tree(GPtrArray *records, bool needed)
{
    for (guint i = 0; needed && i < records->len; i++) {
        ((HtRecordRule *)records->pdata[i])->needs_tree = true;
    }
}

void ht_compile_skip(HtCompiler *compiler, const xmlNode *node)
{
    bool needs_tree = false;
    g_autoptr(GPtrArray) bases = g_ptr_array_new();
    g_autoptr(GArray) absolutes = g_array_new(FALSE, FALSE, sizeof(HtSlot));
    HtPathScope scope = {.compiler = compiler,
                         .node = node,
                         .bases = bases,
                         .absolutes = absolutes,
                         .needs_tree = &needs_tree,
                         .each = -1};
    g_autoptr(GPtrArray) records = ht_compile_records(&scope, node, "for-each");
    add_skip(&scope, node, records);
    mark_tree(records, needs_tree);
}

/* ---- The head ---- */

static HtText own_text(HtCompiler *compiler, const xmlNode *node, const char *attribute)
{
    return ht_text_from(ht_compile_attribute(compiler, node, attribute));
}

static void read_action(HtPathScope *scope, const xmlNode *node, HtEventRule *event)
{
    HtText is = own_text(scope->compiler, node, "is"), otherwise = own_text(scope->compiler, node, "default");
    event->action = is.data ? is : otherwise.data ? otherwise : event->action;
    event->cancel = ht_compile_when(scope, node, "cancel-when");
    event->unchanged = ht_compile_when(scope, node, "unchanged-when");
    event->correct = ht_compile_when(scope, node, "correct-when");
    event->verify = ht_compile_when(scope, node, "verify-when");
    event->reverses = ht_compile_paths(scope, ht_compile_attribute(scope->compiler, node, "reverses"));
}

static const HtElement *find_time_element(HtCompiler *compiler, const xmlNode *node)
{
    const char *name = ht_compile_attribute(compiler, node, "element");
    const HtElement *element =
        name ? ht_dictionary_find(compiler->reference->dictionary, name, strlen(name)) : NULL;
    if (name && !element) {
        ht_compile_error(compiler, node, "element \"%s\" is not in the dictionary", name);
    }
    return element;
}

static void read_time(HtPathScope *scope, const xmlNode *node, HtEventRule *event)
{
    HtCompiler *compiler = scope->compiler;
    const char *from = ht_compile_attribute(compiler, node, "from");
    const char *others = ht_compile_attribute(compiler, node, "or");
    const char *all = ht_compile_own(compiler, g_strconcat(from, " ", others, NULL));
    event->time = ht_compile_paths(scope, all);
    event->time_paths = ht_compile_words(compiler, all);
    event->time_own = g_strv_length(ht_compile_words(compiler, from));
    event->time_element = find_time_element(compiler, node);
    event->time_sending = ht_compile_paths(scope, ht_compile_attribute(compiler, node, "sending"));
    event->time_finest = ht_compile_date(compiler, node, HT_TYPE_DATETIME, &event->time_flags);
    event->time_required = ht_compile_attribute(compiler, node, "required") != NULL;
}

static void read_other_division(HtPathScope *scope, const xmlNode *node, HtEventRule *event)
{
    if (event->n_other_divisions == HT_OTHER_PLACES) {
        ht_compile_error(scope->compiler, node, "more than %d elements other-division", HT_OTHER_PLACES);
        return;
    }
    event->other_divisions[event->n_other_divisions] = ht_compile_from(scope, node);
    event->other_division_paths[event->n_other_divisions++] = own_text(scope->compiler, node, "from");
}

/* One line for each element of the head. */
static void read_head(HtPathScope *scope, const xmlNode *node, const HtEventType *type, HtEventRule *event)
{
    HtCompiler *compiler = scope->compiler;
    scope->node = node;
    if (ht_compile_is(node, "id")) {
        ht_compile_id(scope, node, event);
    } else if (ht_compile_is(node, "action")) {
        read_action(scope, node, event);
    } else if (ht_compile_is(node, "direction")) {
        event->direction = own_text(compiler, node, "is");
    } else if (ht_compile_is(node, "time")) {
        read_time(scope, node, event);
    } else if (ht_compile_is(node, "identity")) {
        ht_compile_identity(scope, node, type, event);
    } else if (ht_compile_is(node, "division")) {
        event->division = ht_compile_from(scope, node);
        event->division_path = own_text(compiler, node, "from");
    } else if (ht_compile_is(node, "from-division")) {
        event->from_division = ht_compile_from(scope, node);
        event->from_division_path = own_text(compiler, node, "from");
    } else if (ht_compile_is(node, "other-division")) {
        read_other_division(scope, node, event);
    } else if (ht_compile_is(node, "correlation")) {
        event->correlation = ht_compile_paths(scope, ht_compile_attribute(compiler, node, "from"));
    } else if (ht_compile_is(node, "ignore")) {
        ht_compile_ignore(scope, node);
    }
}

/* ---- The event ---- */

static const HtEventType *find_type(HtCompiler *compiler, const xmlNode *node, const char *name)
{
    const HtDictionary *dictionary = compiler->reference->dictionary;
    const HtEventType *type = ht_dictionary_find_event_type(dictionary, name, strlen(name));
    if (!type) {
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
            const HtEventType *other = ht_dictionary_event_type(dictionary, i);
            g_ptr_array_add(names, g_strdup_printf("%s.v%u", other->name, other->version));
        }
        g_autofree char *hint = ht_compile_suggest_in(name, names, ht_dictionary_files(dictionary));
        ht_compile_error(compiler, node, "event type \"%s\" is not in the dictionary%s", name, hint);
    }
    if (type && ht_event_is_own_type(ht_text_from(name))) {
        ht_compile_error(compiler, node, "event type \"%s\" is the bus's own", name);
    }
    return type;
}

static void add_to_records(HtCompiler *compiler, const xmlNode *node, const HtEventRule *event,
                           GPtrArray *records)
{
    for (guint i = 0; i < records->len; i++) {
        HtRecordRule *record = records->pdata[i];
        if (record->n_events == EVENTS_OF_A_RECORD) {
            ht_compile_error(compiler, node, "more than %d events for each \"%s\"", EVENTS_OF_A_RECORD,
                             record->path);
            return;
        }
        record->events = g_renew(const HtEventRule *, record->events, record->n_events + 1);
        record->events[record->n_events++] = event;
    }
}

static HtText default_direction(const HtEventType *type)
{
    static const char *const known[] = {"return", "report", "lateral", "query", NULL};
    bool is_known = type->direction && g_strv_contains(known, type->direction);
    return is_known ? ht_text_from(type->direction) : HT_TEXT_NONE;
}

/* Only of an event that needs somebody it matters what its values tell. */
static void forget_tells(HtEventRule *event)
{
    for (unsigned b = 0; b < event->n_blocks; b++) {
        for (unsigned r = 0; r < event->blocks[b].n_rules; r++) {
            event->blocks[b].rules[r].tells = 0;
        }
    }
}

static void read_children(HtPathScope *scope, const xmlNode *node, const HtEventType *type,
                          HtEventRule *event, GPtrArray *records)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (ht_compile_is(child, "skip")) {
            add_skip(scope, child, records);
        } else if (child->type == XML_ELEMENT_NODE) {
            read_head(scope, child, type, event);
        }
    }
}

void ht_compile_event(HtCompiler *compiler, const xmlNode *node)
{
    const char *name = ht_compile_attribute(compiler, node, "type");
    const HtEventType *type = find_type(compiler, node, name);
    HtEventRule *event = g_new0(HtEventRule, 1);
    HtCovers *covers = g_new0(HtCovers, 1);
    covers->named = g_array_new(FALSE, FALSE, sizeof(HtStore));
    covers->ignored = g_ptr_array_new();
    g_ptr_array_add(compiler->mapping->events, event);
    g_ptr_array_add(compiler->covers, covers);
    event->type = ht_text_from(name);
    event->action = HT_TEXT_LITERAL("assert");
    event->direction = type ? default_direction(type) : HT_TEXT_NONE;
    event->needs_person = type && type->needs_person;
    event->line = (int)xmlGetLineNo((xmlNode *)node);

    bool needs_tree = false;
    g_autoptr(GPtrArray) bases = g_ptr_array_new();
    g_autoptr(GArray) absolutes = g_array_new(FALSE, FALSE, sizeof(HtSlot));
    HtPathScope scope = {.compiler = compiler,
                         .node = node,
                         .bases = bases,
                         .type = type,
                         .covers = covers,
                         .absolutes = absolutes,
                         .needs_tree = &needs_tree,
                         .each = -1};
    g_autoptr(GPtrArray) records = ht_compile_records(&scope, node, "for-each");
    event->when = ht_compile_when(&scope, node, "when");
    add_asks(&scope, 0, records);
    read_children(&scope, node, type, event, records);
    if (type) {
        ht_compile_blocks(&scope, node, event, type);
        ht_compile_persons(compiler, event, type);
    }
    if (!event->needs_person) {
        forget_tells(event);
    }
    event->needs.count = absolutes->len;
    event->needs.slots =
        ht_compile_own(compiler, g_memdup2(absolutes->data, absolutes->len * sizeof(HtSlot)));
    add_to_records(compiler, node, event, records);
    mark_tree(records, needs_tree);
}
