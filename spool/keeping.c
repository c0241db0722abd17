/* Cursors and dead letters, for pruning. One thread. */
#include "spool/keeping.h"

#include "spool/look-inside.h"

/* Of one consumer: its cursor and those of its replays ("NAME/NUMBER"). */
static bool lower(HtSpoolLook *look, const char *consumer, uint64_t *floor, GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found;
    if (!ht_spool_database_prepare(look->db,
                                   "SELECT min(seq), count(*) FILTER (WHERE consumer = ?1) FROM cursors"
                                   " WHERE consumer = ?1 OR substr(consumer, 1, length(?1) + 1) = ?1 || '/'",
                                   &row, error)) {
        return false;
    }
    ht_spool_bind_text(row, 1, ht_text_from(consumer));
    if (!ht_spool_database_row(row, &found, error)) {
        return false;
    }
    bool known = found && sqlite3_column_int64(row, 1) > 0;
    int64_t cursor = known ? sqlite3_column_int64(row, 0) : 0;
    *floor = MIN(*floor, (uint64_t)MAX(cursor, 0));
    return true;
}

static bool add_dead(HtSpoolLook *look, const char *consumer, GHashTable *dead, GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(look->db, "SELECT seq FROM dead_letters WHERE consumer = ?", &row,
                                   error)) {
        return false;
    }
    ht_spool_bind_text(row, 1, ht_text_from(consumer));
    bool good;
    while ((good = ht_spool_database_row(row, &found, error)) && found) {
        uint64_t *sequence = g_new(uint64_t, 1);
        *sequence = (uint64_t)sqlite3_column_int64(row, 0);
        g_hash_table_add(dead, sequence);
    }
    return good;
}

bool ht_spool_look_keeping(HtSpoolLook *look, const char *const *consumers, HtSpoolKeeping *keeping,
                           GError **error)
{
    int64_t last, page_bytes;
    if (!ht_spool_database_number(look->db, "PRAGMA page_size", &page_bytes, error) ||
        !ht_spool_database_number(look->db, "SELECT max(last_seq) FROM places", &last, error)) {
        return false;
    }
    *keeping = (HtSpoolKeeping){.floor = (uint64_t)MAX(last, 0),
                                .last = (uint64_t)MAX(last, 0),
                                .page_bytes = (uint64_t)page_bytes,
                                .dead = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL)};
    for (; *consumers; consumers++) {
        if (!lower(look, *consumers, &keeping->floor, error) ||
            !add_dead(look, *consumers, keeping->dead, error)) {
            g_clear_pointer(&keeping->dead, g_hash_table_unref);
            return false;
        }
    }
    return true;
}

bool ht_spool_look_eventless(HtSpoolLook *look, uint64_t after, uint64_t until,
                             void (*each)(const HtSpoolEventless *message, void *user), void *user,
                             GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = true, good;
    if (!ht_spool_database_prepare(
            look->db,
            "SELECT id, source, received FROM messages WHERE id > ? AND id <= ? AND events = 0 AND"
            " (EXISTS(SELECT 1 FROM payloads WHERE message = messages.id) OR"
            " EXISTS(SELECT 1 FROM faults WHERE message = messages.id)) ORDER BY id",
            &row, error)) {
        return false;
    }
    sqlite3_bind_int64(row, 1, (sqlite3_int64)after);
    sqlite3_bind_int64(row, 2, (sqlite3_int64)until);
    while ((good = ht_spool_database_row(row, &found, error)) && found) {
        const HtSpoolEventless message = {(uint64_t)sqlite3_column_int64(row, 0),
                                          (const char *)sqlite3_column_text(row, 1),
                                          sqlite3_column_int64(row, 2)};
        each(&message, user);
    }
    return good;
}

bool ht_spool_look_last_message(HtSpoolLook *look, uint64_t *last, GError **error)
{
    int64_t number = 0;
    bool good =
        ht_spool_database_number(look->db, "SELECT coalesce(max(id), 0) FROM messages", &number, error);
    *last = (uint64_t)MAX(number, 0);
    return good;
}
