/* Names in lower case, each with its role. Host process, the mapper's thread. */
#include "mappings/engine/run/record-names.h"

#include "mappings/engine/service/service.h"

#define NAME_MAX_BYTES 256

/* A name that is of a record somewhere counts as that everywhere. */
static void add(GHashTable *names, const char *name, HtNameRole role)
{
    char *folded = g_ascii_strdown(name, -1);
    HtNameRole known = GPOINTER_TO_INT(g_hash_table_lookup(names, folded));
    g_hash_table_replace(names, folded, GINT_TO_POINTER(MAX(role, known)));
}

/* True when the node is a record's, or one below it is. */
static bool add_way(GHashTable *names, const HtTrieNode *node)
{
    bool holds = node->record >= 0;
    for (const HtTrieNode *child = node->children; child; child = child->next) {
        holds = add_way(names, child) || holds;
    }
    if (holds && node->name) {
        add(names, node->name, node->record >= 0 ? HT_NAME_OF_RECORD : HT_NAME_AROUND_RECORDS);
    }
    return holds;
}

GHashTable *ht_record_names_new(const HtMapping *mapping)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (const HtTrieNode *node = mapping->trie; node; node = node->next) {
        add_way(names, node);
    }
    for (guint i = 0; i < mapping->operations->len; i++) {
        add(names, ((const HtOperation *)mapping->operations->pdata[i])->name, HT_NAME_AROUND_RECORDS);
    }
    add(names, HT_SUBMIT, HT_NAME_AROUND_RECORDS);
    return names;
}

HtNameRole ht_record_names_find(GHashTable *names, HtText name)
{
    char folded[NAME_MAX_BYTES];
    if (name.size >= sizeof folded) {
        return HT_NAME_STRANGE;
    }
    for (size_t i = 0; i < name.size; i++) {
        folded[i] = g_ascii_tolower(name.data[i]);
    }
    folded[name.size] = '\0';
    return GPOINTER_TO_INT(g_hash_table_lookup(names, folded));
}
