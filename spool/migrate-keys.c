/* Moving known keys and ties. What the older log of keys has is later than what their tree has, so it comes behind that. */
#include "spool/migrate-keys.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "spool/hooks.h"
#include "spool/ties.h"
#include "spool/words.h"

#define SLICE_ENTRIES 64 /* times as many as events: they are small */
#define FILTER_BYTES ((uint64_t)32 << 20)
#define TELL_US (2 * HT_SECOND)
#define LOG_ENTRY (HT_SPOOL_HASH_SIZE + 8)

typedef struct {
    sqlite3 *db;
    HtSpoolBlocks *blocks;
    HtSpoolIndex *index; /* of the store whose turn it is */
    HtSpoolWords *words;
    uint64_t moved, refused;
    int64_t told_at;
} Moving;

static void clear(Moving *moving)
{
    ht_spool_index_free(moving->index);
    ht_spool_words_free(moving->words);
    ht_spool_blocks_free(moving->blocks);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Moving, clear)

/* A table that is moved: its rows in order, what becomes of one, and how those up to the last one go from it. */
typedef struct {
    HtSpoolStore store;
    const char *select, *forget;
    bool (*move)(Moving *moving, sqlite3_stmt *row, GError **error);
} Table;

static bool read_hash(sqlite3_stmt *row, HtSpoolEntry *entry)
{
    HtText hash = ht_spool_column_bytes(row, 0);
    if (hash.size == sizeof entry->hash) {
        memcpy(&entry->hash, hash.data, sizeof entry->hash);
    }
    return hash.size == sizeof entry->hash;
}

static bool move_key(Moving *moving, sqlite3_stmt *row, GError **error)
{
    (void)error;
    HtSpoolEntry entry = {.value = (uint64_t)sqlite3_column_int64(row, 1)};
    if (entry.value == 0 || entry.value & HT_SPOOL_ENTRY_GONE || !read_hash(row, &entry)) {
        moving->refused++;
    } else {
        ht_spool_index_put(moving->index, &entry);
    }
    return true;
}

static bool move_log(Moving *moving, sqlite3_stmt *row, GError **error)
{
    (void)error;
    HtText entries = ht_spool_column_bytes(row, 1);
    moving->refused += entries.size % LOG_ENTRY != 0;
    for (size_t at = 0; at + LOG_ENTRY <= entries.size; at += LOG_ENTRY) {
        HtSpoolEntry entry;
        ht_spool_entry_read((const uint8_t *)entries.data + at, HT_SPOOL_NARROW, &entry);
        ht_spool_index_put(moving->index, &entry);
    }
    return true;
}

static bool move_tie(Moving *moving, sqlite3_stmt *row, GError **error)
{
    HtSpoolEntry entry = {.value = 0};
    HtText kind = ht_spool_column_bytes(row, 2), source = ht_spool_column_bytes(row, 3);
    int64_t state = sqlite3_column_int64(row, 4);
    uint32_t word;
    if (!read_hash(row, &entry) || !ht_spool_hash_of_subject(ht_spool_column_bytes(row, 1), &entry.whose) ||
        state < HT_SPOOL_TIE_OLD || state > HT_SPOOL_TIE_DOUBTED) {
        moving->refused++;
        return true;
    }
    if (!ht_spool_words_number(moving->words, kind, source, &word, error)) {
        return false;
    }
    entry.value = ht_spool_tie_value((HtSpoolTieState)state, word);
    ht_spool_index_put(moving->index, &entry);
    ht_spool_index_add_total(moving->index, 1);
    return true;
}

static const Table tables[] = {
    {HT_SPOOL_STORE_KEYS, "SELECT hash, value FROM keys_9 ORDER BY hash LIMIT ?",
     "DELETE FROM keys_9 WHERE hash <= ?", move_key},
    {HT_SPOOL_STORE_KEYS, "SELECT id, entries FROM key_log_9 ORDER BY id LIMIT ?",
     "DELETE FROM key_log_9 WHERE id <= ?", move_log},
    {HT_SPOOL_STORE_TIES, "SELECT hash, subject, kind, source, state FROM aliases_9 ORDER BY hash LIMIT ?",
     "DELETE FROM aliases_9 WHERE hash <= ?", move_tie},
};

static void tell(Moving *moving)
{
    if (ht_clock_monotonic() >= moving->told_at + TELL_US) {
        moving->told_at = ht_clock_monotonic();
        ht_log(HT_LOG_INFO, "spool",
               "bringing the spool to a newer format: %" G_GUINT64_FORMAT " known keys moved", moving->moved);
    }
}

static bool move_rows(Moving *moving, const Table *table, sqlite3_stmt *rows, sqlite3_stmt *forget,
                      unsigned *count, GError **error)
{
    bool good = true;
    sqlite3_bind_int(rows, 1, (int)(ht_spool_hooks.migrate_slice * SLICE_ENTRIES));
    for (bool found = true; good && found;) {
        good = ht_spool_database_row(rows, &found, error);
        if (good && found) {
            sqlite3_bind_value(forget, 1, sqlite3_column_value(rows, 0));
            good = table->move(moving, rows, error);
            ++*count;
        }
    }
    sqlite3_reset(rows);
    moving->moved += *count;
    if (!good || *count == 0) {
        return good;
    }
    ht_spool_step("migrate");
    return ht_spool_blocks_spare(moving->blocks, true, error) && ht_spool_database_do(forget, error) &&
           ht_spool_blocks_spare(moving->blocks, false, error) &&
           ht_spool_index_write_all(moving->index, error);
}

/* `count`: rows that were moved. */
static bool move_slice(Moving *moving, const Table *table, sqlite3_stmt *rows, sqlite3_stmt *forget,
                       unsigned *count, GError **error)
{
    *count = 0;
    if (!ht_spool_database_run(moving->db, "BEGIN IMMEDIATE", error)) {
        return false;
    }
    if (!move_rows(moving, table, rows, forget, count, error) ||
        !ht_spool_database_run(moving->db, "COMMIT", error)) {
        sqlite3_exec(moving->db, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    if (*count > 0) {
        ht_spool_step("migrated");
    }
    ht_spool_index_committed(moving->index);
    ht_spool_words_committed(moving->words);
    ht_spool_blocks_committed(moving->blocks);
    tell(moving);
    return ht_spool_database_run(moving->db, "PRAGMA wal_checkpoint(PASSIVE)", error);
}

static bool move_table(Moving *moving, const Table *table, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL, forget = NULL;
    g_clear_pointer(&moving->index, ht_spool_index_free);
    moving->index = ht_spool_index_new(moving->blocks, table->store, HT_SPOOL_KEYS_MERGE_AT, error);
    if (!moving->index || !ht_spool_database_prepare(moving->db, table->select, &rows, error) ||
        !ht_spool_database_prepare(moving->db, table->forget, &forget, error)) {
        return false;
    }
    for (unsigned count = 1; count > 0;) {
        if (!move_slice(moving, table, rows, forget, &count, error)) {
            return false;
        }
    }
    return true;
}

static bool move_all(sqlite3 *db, GError **error)
{
    g_auto(Moving) moving = {.db = db, .told_at = ht_clock_monotonic()};
    moving.blocks = ht_spool_blocks_new(db, FILTER_BYTES, error);
    moving.words = moving.blocks ? ht_spool_words_new(db, error) : NULL;
    bool good = moving.words != NULL;
    for (size_t i = 0; good && i < G_N_ELEMENTS(tables); i++) {
        good = move_table(&moving, &tables[i], error);
    }
    if (moving.refused > 0) {
        ht_log(HT_LOG_ERROR, "spool",
               "%" G_GUINT64_FORMAT
               " known keys or ties of identities cannot be read, and are not in the newer format",
               moving.refused);
    }
    return good;
}

bool ht_spool_migrate_keys(sqlite3 *db, GError **error)
{
    int64_t older, rows = 0;
    return ht_spool_database_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'keys_9'", &older,
                                    error) &&
           (older == 0 ||
            ht_spool_database_number(db,
                                     "SELECT EXISTS(SELECT 1 FROM keys_9) OR EXISTS(SELECT 1 FROM key_log_9)"
                                     " OR EXISTS(SELECT 1 FROM aliases_9)",
                                     &rows, error)) &&
           (rows == 0 || move_all(db, error)) &&
           (older == 0 || ht_spool_database_run(db,
                                                "BEGIN; DROP TABLE aliases_9; DROP TABLE key_log_9;"
                                                " DROP TABLE keys_9; COMMIT",
                                                error));
}
