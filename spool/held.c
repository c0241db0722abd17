/* Quarantine and payloads, as commands look at them. One thread. */
#include "spool/held.h"

#include "spool/look-inside.h"

#define COLUMNS "message, source, reason, received, rejected, length(payload), sha256"

void ht_spool_held_clear(HtSpoolHeld *held)
{
    g_free(held->source);
    g_free(held->reason);
    *held = (HtSpoolHeld){.source = NULL};
}

static char *take_text(sqlite3_stmt *row, int column)
{
    HtText text = ht_spool_column_bytes(row, column);
    return g_strndup(text.data ? text.data : "", text.size);
}

static bool read_held(sqlite3_stmt *row, HtSpoolHeld *held, GError **error)
{
    HtText id = ht_spool_column_bytes(row, 0), sha256 = ht_spool_column_bytes(row, 6);
    if (id.size != HT_UUID_SIZE || sha256.size != sizeof held->sha256) {
        g_set_error_literal(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                            "spool: a message in quarantine cannot be read");
        return false;
    }
    *held = (HtSpoolHeld){.source = take_text(row, 1),
                          .reason = take_text(row, 2),
                          .received_us = sqlite3_column_int64(row, 3),
                          .rejected = (uint32_t)sqlite3_column_int64(row, 4),
                          .bytes = (uint64_t)sqlite3_column_int64(row, 5)};
    memcpy(held->id.bytes, id.data, id.size);
    memcpy(held->sha256, sha256.data, sha256.size);
    return true;
}

bool ht_spool_look_held(HtSpoolLook *look, const HtSpoolSpan *span,
                        void (*seen)(const HtSpoolHeld *held, void *user), void *user, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true, good;
    if (!ht_spool_database_prepare(
            look->db, "SELECT " COLUMNS " FROM quarantine WHERE received >= ? AND received < ? ORDER BY id",
            &rows, error)) {
        return false;
    }
    sqlite3_bind_int64(rows, 1, span->from_us);
    sqlite3_bind_int64(rows, 2, span->before_us);
    while ((good = ht_spool_database_row(rows, &found, error)) && found) {
        HtSpoolHeld held;
        if (!read_held(rows, &held, error)) {
            return false;
        }
        seen(&held, user);
        ht_spool_held_clear(&held);
    }
    return good;
}

/* The first row of the statement, whose first parameter is the id. */
static bool ask(HtSpoolLook *look, const char *sql, const HtUuid *id, sqlite3_stmt **row, bool *found,
                GError **error)
{
    if (!ht_spool_database_prepare(look->db, sql, row, error)) {
        return false;
    }
    ht_spool_bind_blob(*row, 1, id->bytes, HT_UUID_SIZE);
    return ht_spool_database_row(*row, found, error);
}

bool ht_spool_look_held_one(HtSpoolLook *look, const HtUuid *id, HtSpoolHeld *held, bool *found,
                            GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    return ask(look, "SELECT " COLUMNS " FROM quarantine WHERE message = ?", id, &row, found, error) &&
           (!*found || read_held(row, held, error));
}

bool ht_spool_look_payload(HtSpoolLook *look, const HtUuid *id, GBytes **payload, GError **error)
{
    static const char *const places[] = {
        "SELECT payload FROM quarantine WHERE message = ? AND payload IS NOT NULL",
        "SELECT bytes FROM payloads WHERE message = (SELECT id FROM messages WHERE message = ?)"};
    *payload = NULL;
    for (size_t i = 0; !*payload && i < G_N_ELEMENTS(places); i++) {
        g_autoptr(sqlite3_stmt) row = NULL;
        bool found;
        if (!ask(look, places[i], id, &row, &found, error)) {
            return false;
        }
        HtText bytes = found ? ht_spool_column_bytes(row, 0) : HT_TEXT_NONE;
        *payload = found ? g_bytes_new(bytes.data, bytes.size) : NULL;
    }
    return true;
}

bool ht_spool_look_faults(HtSpoolLook *look, const HtUuid *id, GArray **faults, GError **error)
{
    static const char *const places[] = {
        "SELECT faults FROM quarantine WHERE message = ? AND faults IS NOT NULL",
        "SELECT faults FROM faults WHERE message = (SELECT id FROM messages WHERE message = ?)"};
    *faults = g_array_new(FALSE, FALSE, sizeof(HtFault));
    for (size_t i = 0; (*faults)->len == 0 && i < G_N_ELEMENTS(places); i++) {
        g_autoptr(sqlite3_stmt) row = NULL;
        bool found;
        if (!ask(look, places[i], id, &row, &found, error)) {
            g_clear_pointer(faults, g_array_unref);
            return false;
        }
        HtText packed = found ? ht_spool_column_bytes(row, 0) : HT_TEXT_NONE;
        HtUnpack unpack = ht_unpack(packed.data, packed.size);
        uint8_t tag;
        for (HtText value; found && ht_unpack_next(&unpack, &tag, &value);) {
            HtFault fault;
            if (ht_fault_unpack(value, &fault)) {
                g_array_append_val(*faults, fault);
            }
        }
    }
    return true;
}
