/* The life of a mapping, and what others may know of it. */
#include "mappings/engine/rules/mapping.h"

#include "mappings/engine/rules/rules.h"

HtTrieNode *ht_trie_new(void)
{
    HtTrieNode *node = g_new0(HtTrieNode, 1);
    node->stores = g_array_new(FALSE, FALSE, sizeof(HtStore));
    node->clears = g_array_new(FALSE, FALSE, sizeof(HtSlot));
    node->record = node->each = node->answer = node->count = -1;
    node->named = HT_SLOT_NONE;
    return node;
}

static void free_nodes(HtTrieNode *node)
{
    while (node) {
        HtTrieNode *next = node->next;
        free_nodes(node->children);
        g_array_unref(node->stores);
        g_array_unref(node->clears);
        if (node->fields) {
            g_array_unref(node->fields);
        }
        if (node->around) {
            g_array_unref(node->around);
        }
        g_free(node->pass);
        g_free(node->name);
        g_free(node);
        node = next;
    }
}

static void free_record(gpointer data)
{
    HtRecordRule *rule = data;
    g_free(rule->path);
    g_free(rule->events);
    g_free(rule->skips);
    g_free(rule->counts);
    g_free(rule);
}

static void free_each(gpointer data)
{
    HtEachRule *rule = data;
    g_free(rule->path);
    g_ptr_array_unref(rule->columns);
    g_free(rule);
}

static void free_event(gpointer data)
{
    HtEventRule *rule = data;
    g_free(rule->covers);
    g_free(rule->named);
    g_free(rule);
}

static void free_flag(gpointer data)
{
    HtFlagRule *rule = data;
    for (unsigned i = 0; i < rule->n_words; i++) {
        g_free((char *)rule->words[i].data);
    }
    g_free(rule->words);
    g_free(rule);
}

static void free_action(gpointer data)
{
    HtActionRule *rule = data;
    g_array_unref(rule->values);
    g_free(rule);
}

static void free_xpath(gpointer data)
{
    ht_xpath_free(data);
}

static void free_array(gpointer data)
{
    g_ptr_array_unref(data);
}

HtMapping *ht_mapping_new(const char *path)
{
    HtMapping *mapping = g_new0(HtMapping, 1);
    mapping->path = g_strdup(path);
    mapping->trie = ht_trie_new();
    mapping->events = g_ptr_array_new_with_free_func(free_event);
    mapping->records = g_ptr_array_new_with_free_func(free_record);
    mapping->eaches = g_ptr_array_new_with_free_func(free_each);
    mapping->answers = g_ptr_array_new_with_free_func(g_free);
    mapping->counts = g_ptr_array_new_with_free_func(g_free);
    mapping->nulls = g_ptr_array_new_with_free_func(g_free);
    mapping->markups = g_ptr_array_new_with_free_func(g_free);
    mapping->flags = g_ptr_array_new_with_free_func(free_flag);
    mapping->fillers = g_ptr_array_new_with_free_func(g_free);
    mapping->secrets = g_ptr_array_new_with_free_func(g_free);
    mapping->asides = g_ptr_array_new_with_free_func(g_free);
    mapping->record_paths = g_ptr_array_new_with_free_func(g_free);
    mapping->absolute_paths = g_ptr_array_new_with_free_func(g_free);
    mapping->absolute_carried = g_array_new(FALSE, TRUE, sizeof(bool));
    mapping->owned = g_ptr_array_new_with_free_func(g_free);
    mapping->services = g_ptr_array_new();
    mapping->operations = g_ptr_array_new();
    mapping->actions = g_ptr_array_new_with_free_func(free_action);
    mapping->arrays = g_ptr_array_new_with_free_func(free_array);
    mapping->whens = ht_when_pool_new();
    mapping->xpaths = g_ptr_array_new_with_free_func(free_xpath);
    return mapping;
}

void ht_mapping_free(HtMapping *mapping)
{
    if (!mapping) {
        return;
    }
    free_nodes(mapping->trie);
    GPtrArray *arrays[] = {
        mapping->events,   mapping->records, mapping->eaches,       mapping->answers,
        mapping->nulls,    mapping->markups, mapping->record_paths, mapping->whens,
        mapping->xpaths,   mapping->counts,  mapping->arrays,       mapping->owned,
        mapping->services, mapping->flags,   mapping->fillers,      mapping->absolute_paths};
    for (unsigned i = 0; i < G_N_ELEMENTS(arrays); i++) {
        g_ptr_array_unref(arrays[i]);
    }
    g_ptr_array_unref(mapping->operations);
    g_ptr_array_unref(mapping->secrets);
    g_ptr_array_unref(mapping->asides);
    g_ptr_array_unref(mapping->actions);
    g_array_unref(mapping->absolute_carried);
    g_strfreev(mapping->warnings);
    g_free(mapping->path);
    g_free(mapping->source);
    g_free(mapping->authority);
    g_free(mapping);
}

const char *const *ht_mapping_warnings(const HtMapping *mapping)
{
    return (const char *const *)mapping->warnings;
}

const char *const *ht_mapping_secrets(const HtMapping *mapping)
{
    return (const char *const *)mapping->secrets->pdata;
}

const GPtrArray *ht_mapping_services(const HtMapping *mapping)
{
    return mapping->services;
}

HtText ht_mapping_path(const HtMapping *mapping, HtSlot slot, unsigned each)
{
    unsigned number = slot & HT_SLOT_NUMBER;
    if (slot & HT_SLOT_COLUMN) {
        const HtEachRule *rule = mapping->eaches->pdata[each];
        return ht_text_from(rule->columns->pdata[number]);
    }
    const GPtrArray *paths = slot & HT_SLOT_ABSOLUTE ? mapping->absolute_paths : mapping->record_paths;
    return ht_text_from(paths->pdata[number]);
}
