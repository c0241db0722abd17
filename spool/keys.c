/* Known keys: memory, log and tree (see keys.h). Writer thread. */
#include "spool/keys.h"

#include "spool/keymap.h"

#define SLICE_MIN 256
#define SLICE_MOST ((size_t)4096)
#define LOG_ENTRY (HT_SPOOL_HASH_SIZE + 8)

typedef struct {
    HtSpoolHash hash;
    uint64_t value;
    uint64_t before; /* what the group's rollback brings back */
} GroupEntry;

struct HtSpoolKeys {
    sqlite3_stmt *find, *merge, *log, *forget;
    size_t merge_at;
    HtSpoolKeyMap recent; /* in the log, not in the tree */
    GArray *group;        /* of GroupEntry: put since the last commit, also in `recent` */
    HtBuffer row;
    int64_t log_id; /* of the last committed log row */

    HtSpoolKeyMap frozen; /* being merged; still looked up here, since the tree has only part of it */
    HtSpoolKeyEntry *sorted;
    size_t merged, merged_in_group;
    int64_t frozen_log_id;
};

static void put_u64(uint8_t *at, uint64_t value)
{
    uint64_t little = GUINT64_TO_LE(value);
    memcpy(at, &little, sizeof little);
}

static uint64_t get_u64(const uint8_t *at)
{
    uint64_t little;
    memcpy(&little, at, sizeof little);
    return GUINT64_FROM_LE(little);
}

static bool load_row(HtSpoolKeys *keys, HtText row, GError **error)
{
    if (row.size % LOG_ENTRY != 0) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: a row of key_log has a wrong size");
        return false;
    }
    for (size_t i = 0; i < row.size; i += LOG_ENTRY) {
        HtSpoolHash hash;
        memcpy(hash.bytes, row.data + i, sizeof hash.bytes);
        ht_spool_keymap_set(&keys->recent, &hash, get_u64((const uint8_t *)row.data + i + sizeof hash.bytes));
    }
    return true;
}

static bool load_log(HtSpoolKeys *keys, sqlite3 *db, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    if (!ht_spool_database_prepare(db, "SELECT id, entries FROM key_log ORDER BY id", &rows, error)) {
        return false;
    }
    for (bool found = true; found;) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return false;
        }
        if (found) {
            keys->log_id = sqlite3_column_int64(rows, 0);
            if (!load_row(keys, ht_spool_column_bytes(rows, 1), error)) {
                return false;
            }
        }
    }
    return true;
}

HtSpoolKeys *ht_spool_keys_new(sqlite3 *db, size_t merge_at, GError **error)
{
    g_autoptr(HtSpoolKeys) keys = g_new0(HtSpoolKeys, 1);
    keys->group = g_array_new(FALSE, FALSE, sizeof(GroupEntry));
    keys->merge_at = merge_at;
    if (!ht_spool_database_prepare(db, "SELECT value FROM keys WHERE hash = ?", &keys->find, error) ||
        !ht_spool_database_prepare(db, "INSERT OR REPLACE INTO keys(hash, value) VALUES(?, ?)", &keys->merge,
                                   error) ||
        !ht_spool_database_prepare(db, "INSERT INTO key_log(id, entries) VALUES(?, ?)", &keys->log, error) ||
        !ht_spool_database_prepare(db, "DELETE FROM key_log WHERE id <= ?", &keys->forget, error) ||
        !load_log(keys, db, error)) {
        return NULL;
    }
    return g_steal_pointer(&keys);
}

void ht_spool_keys_free(HtSpoolKeys *keys)
{
    if (!keys) {
        return;
    }
    sqlite3_finalize(keys->find);
    sqlite3_finalize(keys->merge);
    sqlite3_finalize(keys->log);
    sqlite3_finalize(keys->forget);
    ht_spool_keymap_clear(&keys->recent);
    ht_spool_keymap_clear(&keys->frozen);
    ht_buffer_clear(&keys->row);
    g_array_unref(keys->group);
    g_free(keys->sorted);
    g_free(keys);
}

bool ht_spool_keys_find(HtSpoolKeys *keys, const HtSpoolHash *hash, uint64_t *value, GError **error)
{
    *value = ht_spool_keymap_get(&keys->recent, hash);
    if (*value == 0) {
        *value = ht_spool_keymap_get(&keys->frozen, hash);
    }
    if (*value != 0) {
        return true;
    }
    bool found;
    ht_spool_bind_blob(keys->find, 1, hash->bytes, sizeof hash->bytes);
    bool good = ht_spool_database_row(keys->find, &found, error);
    if (good && found) {
        *value = (uint64_t)sqlite3_column_int64(keys->find, 0);
    }
    sqlite3_reset(keys->find);
    return good;
}

void ht_spool_keys_put(HtSpoolKeys *keys, const HtSpoolHash *hash, uint64_t value)
{
    GroupEntry *last =
        keys->group->len > 0 ? &g_array_index(keys->group, GroupEntry, keys->group->len - 1) : NULL;
    if (last && memcmp(&last->hash, hash, sizeof *hash) == 0) {
        last->value = value; /* a message and its only event under one key */
    } else {
        GroupEntry entry = {*hash, value, ht_spool_keymap_get(&keys->recent, hash)};
        g_array_append_val(keys->group, entry);
    }
    ht_spool_keymap_set(&keys->recent, hash, value);
}

static bool write_log(HtSpoolKeys *keys, GError **error)
{
    uint8_t number[8];
    ht_buffer_reset(&keys->row, 1 << 20);
    for (guint i = 0; i < keys->group->len; i++) {
        const GroupEntry *entry = &g_array_index(keys->group, GroupEntry, i);
        put_u64(number, entry->value);
        ht_buffer_add(&keys->row, entry->hash.bytes, sizeof entry->hash.bytes);
        ht_buffer_add(&keys->row, number, sizeof number);
    }
    sqlite3_bind_int64(keys->log, 1, keys->log_id + 1);
    ht_spool_bind_blob(keys->log, 2, keys->row.data, keys->row.size);
    return ht_spool_database_do(keys->log, error);
}

/* Twice as many as the group has put, so that a merge ends long before the next is due; but a group that puts very many does not wait for
 * that: groups that put none go on with it. */
static bool merge_slice(HtSpoolKeys *keys, GError **error)
{
    size_t slice = CLAMP(2 * (size_t)keys->group->len, SLICE_MIN, SLICE_MOST);
    size_t end = MIN(keys->merged + slice, keys->frozen.count);
    for (size_t i = keys->merged; i < end; i++) {
        ht_spool_bind_blob(keys->merge, 1, keys->sorted[i].hash.bytes, HT_SPOOL_HASH_SIZE);
        sqlite3_bind_int64(keys->merge, 2, (sqlite3_int64)keys->sorted[i].value);
        if (!ht_spool_database_do(keys->merge, error)) {
            return false;
        }
    }
    keys->merged_in_group = end - keys->merged;
    if (end < keys->frozen.count) {
        return true;
    }
    sqlite3_bind_int64(keys->forget, 1, keys->frozen_log_id);
    return ht_spool_database_do(keys->forget, error);
}

bool ht_spool_keys_write(HtSpoolKeys *keys, GError **error)
{
    return (keys->group->len == 0 || write_log(keys, error)) && (!keys->sorted || merge_slice(keys, error));
}

static void freeze(HtSpoolKeys *keys)
{
    keys->frozen = keys->recent;
    keys->recent = (HtSpoolKeyMap){0};
    keys->sorted = ht_spool_keymap_sorted(&keys->frozen);
    keys->merged = 0;
    keys->frozen_log_id = keys->log_id;
}

static void finish_merge(HtSpoolKeys *keys)
{
    g_clear_pointer(&keys->sorted, g_free);
    ht_spool_keymap_clear(&keys->frozen);
}

void ht_spool_keys_committed(HtSpoolKeys *keys)
{
    keys->log_id += keys->group->len > 0;
    g_array_set_size(keys->group, 0);
    keys->merged += keys->merged_in_group;
    keys->merged_in_group = 0;
    if (keys->sorted && keys->merged == keys->frozen.count) {
        finish_merge(keys);
    }
    if (!keys->sorted && keys->recent.count >= keys->merge_at) {
        freeze(keys);
    }
}

void ht_spool_keys_rolled_back(HtSpoolKeys *keys)
{
    for (guint i = keys->group->len; i > 0; i--) {
        const GroupEntry *entry = &g_array_index(keys->group, GroupEntry, i - 1);
        ht_spool_keymap_set(&keys->recent, &entry->hash, entry->before);
    }
    g_array_set_size(keys->group, 0);
    keys->merged_in_group = 0;
}
