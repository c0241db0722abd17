/* Names in lower case, each with its role. Host process, the mapper's thread. */
#include "mappings/engine/run/record-names.h"

#include "mappings/engine/service/service.h"

#define NAME_MAX_BYTES 256

/* Most names of a header are told from all others by their length and how they begin. */
struct HtRecordNames {
    GHashTable *roles;
    uint64_t sizes, beginnings;
};

static uint64_t size_bit(size_t size)
{
    return (uint64_t)1 << MIN(size, 63);
}

static uint64_t beginning_bit(HtText name)
{
    return (uint64_t)1 << (name.size > 0 ? name.data[0] & 0x1f : 0);
}

/* A name that is of a record somewhere counts as that everywhere. */
static void add(HtRecordNames *names, const char *name, HtNameRole role)
{
    char *folded = g_ascii_strdown(name, -1);
    HtNameRole known = GPOINTER_TO_INT(g_hash_table_lookup(names->roles, folded));
    names->sizes |= size_bit(strlen(folded));
    names->beginnings |= beginning_bit(ht_text_from(folded));
    g_hash_table_replace(names->roles, folded, GINT_TO_POINTER(MAX(role, known)));
}

/* True when the node is a record's, or one below it is. */
static bool add_way(HtRecordNames *names, const HtTrieNode *node)
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

HtRecordNames *ht_record_names_new(const HtMapping *mapping)
{
    HtRecordNames *names = g_new0(HtRecordNames, 1);
    names->roles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (const HtTrieNode *node = mapping->trie; node; node = node->next) {
        add_way(names, node);
    }
    for (guint i = 0; i < mapping->operations->len; i++) {
        add(names, ((const HtOperation *)mapping->operations->pdata[i])->name, HT_NAME_AROUND_RECORDS);
    }
    add(names, HT_SUBMIT, HT_NAME_AROUND_RECORDS);
    return names;
}

void ht_record_names_free(HtRecordNames *names)
{
    g_hash_table_unref(names->roles);
    g_free(names);
}

HtNameRole ht_record_names_find(const HtRecordNames *names, HtText name)
{
    char folded[NAME_MAX_BYTES];
    bool may_be = names->sizes & size_bit(name.size) && names->beginnings & beginning_bit(name);
    if (!may_be || name.size >= sizeof folded) {
        return HT_NAME_STRANGE;
    }
    for (size_t i = 0; i < name.size; i++) {
        folded[i] = g_ascii_tolower(name.data[i]);
    }
    folded[name.size] = '\0';
    return GPOINTER_TO_INT(g_hash_table_lookup(names->roles, folded));
}
