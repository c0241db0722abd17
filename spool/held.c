/* Quarantine and payloads, as commands look at them. One thread. */
#include "spool/held.h"

#include "spool/look-inside.h"
#include "spool/payload.h"
#include "spool/quarantine.h"

/* Without what sealing adds. */
#define LENGTH "length(payload) - 36 * (substr(payload, 1, 4) = x'48745631')"
#define COLUMNS "message, source, reason, received, rejected, " LENGTH ", sha256"

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

/* A value of a message, in quarantine or taken; `value` absent when there is none, or its key was destroyed. */
typedef struct {
    const char *held, *taken; /* statements, of the value; the second gives messages.id, too */
    const char *held_table, *taken_table;
    bool packed; /* as payload.h has it */
} KeptValue;

static bool fail(const HtUuid *id, GError **error)
{
    char text[HT_UUID_TEXT];
    ht_uuid_format(id, text);
    g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                "spool: what is kept of message %s is not what was written", text);
    return false;
}

static bool open_value(HtSpoolLook *look, const KeptValue *value, const HtUuid *id, GBytes **bytes,
                       GError **error)
{
    *bytes = NULL;
    for (unsigned i = 0; !*bytes && i < 2; i++) {
        g_autoptr(sqlite3_stmt) row = NULL;
        HtBuffer room = {.data = NULL};
        HtText text;
        bool found;
        if (!ask(look, i == 0 ? value->held : value->taken, id, &row, &found, error)) {
            return false;
        }
        if (!found) {
            continue;
        }
        HtSpoolSpot spot = i == 0 ? ht_spool_quarantine_spot(id, value->held_table)
                                  : (HtSpoolSpot){value->taken_table, (uint64_t)sqlite3_column_int64(row, 1)};
        HtSpoolOpened opened =
            ht_spool_unseal(look->sealer, spot, ht_spool_column_bytes(row, 0), &room, &text);
        HtBuffer expanded = {.data = NULL};
        if (opened == HT_SPOOL_OPENED && value->packed && !ht_spool_payload_unpack(text, &expanded, &text)) {
            opened = HT_SPOOL_NOT_GENUINE;
        }
        if (opened == HT_SPOOL_OPENED) {
            *bytes = g_bytes_new(text.data, text.size);
        }
        ht_buffer_clear(&expanded);
        ht_buffer_clear(&room);
        if (opened != HT_SPOOL_OPENED) {
            return opened == HT_SPOOL_DESTROYED || fail(id, error);
        }
    }
    return true;
}

bool ht_spool_look_payload(HtSpoolLook *look, const HtUuid *id, GBytes **payload, GError **error)
{
    static const KeptValue value = {
        "SELECT payload FROM quarantine WHERE message = ? AND payload IS NOT NULL",
        "SELECT bytes, message FROM payloads WHERE message = (SELECT id FROM messages WHERE message = ?)",
        "quarantine", "payloads", true};
    return open_value(look, &value, id, payload, error);
}

bool ht_spool_look_faults(HtSpoolLook *look, const HtUuid *id, GArray **faults, GError **error)
{
    static const KeptValue value = {
        "SELECT faults FROM quarantine WHERE message = ? AND faults IS NOT NULL",
        "SELECT faults, message FROM faults WHERE message = (SELECT id FROM messages WHERE message = ?)",
        "quarantine.faults", "faults", false};
    g_autoptr(GBytes) packed = NULL;
    if (!open_value(look, &value, id, &packed, error)) {
        *faults = NULL;
        return false;
    }
    gsize size = 0;
    const char *bytes = packed ? g_bytes_get_data(packed, &size) : NULL;
    HtUnpack unpack = ht_unpack(bytes, size);
    uint8_t tag;
    *faults = g_array_new(FALSE, FALSE, sizeof(HtFault));
    for (HtText text; ht_unpack_next(&unpack, &tag, &text);) {
        HtFault fault;
        if (ht_fault_unpack(text, &fault)) {
            g_array_append_val(*faults, fault);
        }
    }
    return true;
}
