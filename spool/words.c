/* Words and their numbers. */
#include "spool/words.h"

#define KEY_MAX 512

typedef struct {
    char *kind, *source, *key; /* "kind\nsource" */
} Pair;

struct HtSpoolWords {
    sqlite3_stmt *insert;
    GPtrArray *pairs;  /* of Pair, by number, from 1 */
    GHashTable *known; /* keys to numbers */
    guint committed;   /* pairs */
    guint last;        /* the number asked for last; 0: none */
};

static void free_pair(void *data)
{
    Pair *pair = data;
    g_free(pair->kind);
    g_free(pair->source);
    g_free(pair->key);
    g_free(pair);
}

static void add(HtSpoolWords *words, HtText kind, HtText source)
{
    Pair *pair = g_new(Pair, 1);
    pair->kind = g_strndup(kind.size ? kind.data : "", kind.size);
    pair->source = g_strndup(source.size ? source.data : "", source.size);
    pair->key = g_strconcat(pair->kind, "\n", pair->source, NULL);
    g_ptr_array_add(words->pairs, pair);
    g_hash_table_insert(words->known, pair->key, GUINT_TO_POINTER(words->pairs->len));
}

static bool load(HtSpoolWords *words, sqlite3 *db, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    if (!ht_spool_database_prepare(db, "SELECT kind, source, id FROM tie_words ORDER BY id", &rows, error)) {
        return false;
    }
    for (bool found = true; found;) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return false;
        }
        /* What was lost leaves its number to nobody. */
        while (found &&
               words->pairs->len + 1 < (guint)MIN(sqlite3_column_int64(rows, 2), HT_SPOOL_WORDS_MAX + 8)) {
            add(words, HT_TEXT_LITERAL("other"), HT_TEXT_NONE);
        }
        if (found) {
            add(words, ht_spool_column_bytes(rows, 0), ht_spool_column_bytes(rows, 1));
        }
    }
    words->committed = words->pairs->len;
    return true;
}

HtSpoolWords *ht_spool_words_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolWords) words = g_new0(HtSpoolWords, 1);
    words->pairs = g_ptr_array_new_with_free_func(free_pair);
    words->known = g_hash_table_new(g_str_hash, g_str_equal);
    if (!ht_spool_database_prepare(db, "INSERT INTO tie_words(id, kind, source) VALUES(?, ?, ?)",
                                   &words->insert, error) ||
        !load(words, db, error)) {
        return NULL;
    }
    return g_steal_pointer(&words);
}

void ht_spool_words_free(HtSpoolWords *words)
{
    if (words) {
        sqlite3_finalize(words->insert);
        g_hash_table_unref(words->known);
        g_ptr_array_unref(words->pairs);
        g_free(words);
    }
}

/* Mostly a source names the same kind again. */
static bool is_last(const HtSpoolWords *words, HtText kind, HtText source)
{
    const Pair *pair = words->last > 0 ? words->pairs->pdata[words->last - 1] : NULL;
    return pair && ht_text_is(kind, pair->kind) && ht_text_is(source, pair->source);
}

bool ht_spool_words_number(HtSpoolWords *words, HtText kind, HtText source, uint32_t *number, GError **error)
{
    char key[KEY_MAX];
    if (is_last(words, kind, source)) {
        *number = words->last;
        return true;
    }
    if (words->pairs->len >= HT_SPOOL_WORDS_MAX) {
        kind = HT_TEXT_LITERAL("other");
        source = words->pairs->len > HT_SPOOL_WORDS_MAX ? HT_TEXT_NONE : source;
    }
    g_snprintf(key, sizeof key, "%.*s\n%.*s", (int)kind.size, kind.size ? kind.data : "", (int)source.size,
               source.size ? source.data : "");
    words->last = *number = GPOINTER_TO_UINT(g_hash_table_lookup(words->known, key));
    if (*number > 0) {
        return true;
    }
    words->last = *number = words->pairs->len + 1;
    sqlite3_bind_int64(words->insert, 1, *number);
    ht_spool_bind_text(words->insert, 2, kind.data ? kind : HT_TEXT_LITERAL(""));
    ht_spool_bind_text(words->insert, 3, source.data ? source : HT_TEXT_LITERAL(""));
    add(words, kind, source);
    return ht_spool_database_do(words->insert, error);
}

bool ht_spool_words_find(const HtSpoolWords *words, uint32_t number, const char **kind, const char **source)
{
    if (number == 0 || number > words->pairs->len) {
        return false;
    }
    const Pair *pair = words->pairs->pdata[number - 1];
    *kind = pair->kind;
    *source = pair->source;
    return true;
}

void ht_spool_words_committed(HtSpoolWords *words)
{
    words->committed = words->pairs->len;
}

void ht_spool_words_rolled_back(HtSpoolWords *words)
{
    words->last = 0;
    while (words->pairs->len > words->committed) {
        const Pair *last = words->pairs->pdata[words->pairs->len - 1];
        g_hash_table_remove(words->known, last->key);
        g_ptr_array_set_size(words->pairs, (gint)words->pairs->len - 1);
    }
}
