/* Cursors and dead letters, for pruning. One thread. */
#include "spool/keeping.h"

#include "spool/look-inside.h"
#include "spool/turns.h"

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

/* ---- Messages without events ---- */

/* A message, and when it was received, by a clock that was set back before it. */
typedef struct {
    uint64_t number;
    int64_t time_us;
} MessageTurn;

static GArray *find_turns(HtSpoolLook *look, GError **error)
{
    g_autoptr(GArray) stretches = ht_spool_turns_stretches(look->db, error);
    g_autoptr(GArray) turns = g_array_new(FALSE, FALSE, sizeof(MessageTurn));
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = false;
    if (!stretches ||
        !ht_spool_database_prepare(look->db, "SELECT received FROM messages WHERE id = ?", &row, error)) {
        return NULL;
    }
    for (guint i = 1; i < stretches->len; i++) {
        int64_t first = g_array_index(stretches, HtSpoolStretch, i).first;
        sqlite3_bind_int64(row, 1, first);
        if (!ht_spool_database_row(row, &found, error)) {
            return NULL;
        }
        if (found) {
            MessageTurn turn = {(uint64_t)first, sqlite3_column_int64(row, 0)};
            g_array_append_val(turns, turn);
        }
        sqlite3_reset(row);
    }
    return g_steal_pointer(&turns);
}

static HtSpoolEventless read_eventless(sqlite3_stmt *row, const GArray *turns)
{
    HtSpoolEventless message = {(uint64_t)sqlite3_column_int64(row, 0),
                                (const char *)sqlite3_column_text(row, 1), sqlite3_column_int64(row, 2),
                                (uint64_t)sqlite3_column_int64(row, 3)};
    for (guint i = 0; i < turns->len; i++) {
        const MessageTurn *turn = &g_array_index(turns, MessageTurn, i);
        message.received_us =
            message.number < turn->number ? MIN(message.received_us, turn->time_us) : message.received_us;
    }
    return message;
}

bool ht_spool_look_eventless(HtSpoolLook *look, uint64_t after, uint64_t until,
                             bool (*each)(const HtSpoolEventless *message, void *user), void *user,
                             GError **error)
{
    g_autoptr(GArray) turns = find_turns(look, error);
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = true, good, more = true;
    if (!turns ||
        !ht_spool_database_prepare(
            look->db,
            "SELECT id, source, received, coalesce(length(bytes), 0) + coalesce(length(faults), 0) FROM messages"
            " LEFT JOIN payloads ON payloads.message = id LEFT JOIN faults ON faults.message = id"
            " WHERE id > ? AND id <= ? AND events = 0"
            " AND (payloads.message IS NOT NULL OR faults.message IS NOT NULL) ORDER BY id",
            &row, error)) {
        return false;
    }
    sqlite3_bind_int64(row, 1, (sqlite3_int64)after);
    sqlite3_bind_int64(row, 2, (sqlite3_int64)until);
    while ((good = ht_spool_database_row(row, &found, error)) && found && more) {
        const HtSpoolEventless message = read_eventless(row, turns);
        more = each(&message, user);
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
