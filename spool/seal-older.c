/* Each table by itself: its rows in order that hold a value which is not sealed; see seal-older.h. */
#include "spool/seal-older.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "spool/hooks.h"
#include "spool/messages.h"
#include "spool/quarantine.h"
#include "spool/reasons.h"
#include "spool/schema.h"
#include "spool/sealed-row.h"

#define SLICE_BYTES ((size_t)8 << 20)
#define TELL_US (2 * HT_SECOND)
#define SEALED_ROW "x'48745331'"   /* HtS1 */
#define SEALED_VALUE "x'48745631'" /* HtV1 */

typedef struct {
    sqlite3 *db;
    HtSpoolSealer *sealer;
    HtSpoolMessages *messages;
    HtSpoolReasons *reasons;
    sqlite3_stmt *select, *update;
    HtBuffer room;
    uint64_t sealed; /* values */
    int64_t last;    /* the key up to which the table at hand was gone through */
    int64_t told_at;
} Sealing;

/* A column of values. `select` gives key, value and, where the place is told by it, the message's id or the event's sequence. `since`: the program's turn in which it began to be
 * sealed ('1', '2', …), so that a spool that was sealed before is gone through for newer ones only. */
typedef struct {
    const char *name, *select, *update;
    char since;
    bool (*seal)(Sealing *sealing, const char *name, GError **error);
} Column;

static void clear(Sealing *sealing)
{
    ht_spool_sealer_free(sealing->sealer);
    ht_spool_messages_free(sealing->messages);
    ht_spool_reasons_free(sealing->reasons);
    sqlite3_finalize(sealing->select);
    sqlite3_finalize(sealing->update);
    ht_buffer_clear(&sealing->room);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sealing, clear)

/* ---- One value ---- */

static bool replace(Sealing *sealing, HtText stored, GError **error)
{
    sqlite3_bind_int64(sealing->update, 1, sealing->last);
    ht_spool_bind_blob(sealing->update, 2, stored.data, stored.size);
    sealing->sealed++;
    return ht_spool_database_do(sealing->update, error);
}

static bool seal_row(Sealing *sealing, const char *name, GError **error)
{
    (void)name;
    HtText bytes = ht_spool_column_bytes(sealing->select, 1);
    HtSpoolRow row = {bytes, (uint64_t)sealing->last, ht_spool_row_claimed(bytes)};
    return !ht_spool_row_is_whole(&row) ||
           replace(sealing, ht_spool_row_stored(sealing->sealer, row.number, bytes, &sealing->room), error);
}

static bool seal_at(Sealing *sealing, HtSpoolSpot spot, GError **error)
{
    HtText value = ht_spool_plain(ht_spool_column_bytes(sealing->select, 1));
    return replace(sealing, ht_spool_seal(sealing->sealer, spot, value, &sealing->room), error);
}

static bool seal_value(Sealing *sealing, const char *name, GError **error)
{
    return seal_at(sealing, (HtSpoolSpot){name, (uint64_t)sealing->last}, error);
}

static bool seal_held(Sealing *sealing, const char *name, GError **error)
{
    HtText id = ht_spool_column_bytes(sealing->select, 2);
    HtUuid message;
    if (id.size != HT_UUID_SIZE) {
        return true;
    }
    memcpy(message.bytes, id.data, HT_UUID_SIZE);
    return seal_at(sealing, ht_spool_quarantine_spot(&message, name), error);
}

/* The row has a checksum, which is made anew. */
static bool seal_reply(Sealing *sealing, const char *name, GError **error)
{
    (void)name;
    sealing->sealed++;
    return ht_spool_messages_seal(sealing->messages, (uint64_t)sealing->last, error);
}

/* After the rows, under whose keys they go. */
static bool seal_reason(Sealing *sealing, const char *name, GError **error)
{
    (void)name;
    uint64_t sequence = (uint64_t)sqlite3_column_int64(sealing->select, 2);
    HtText value = ht_spool_plain(ht_spool_column_bytes(sealing->select, 1)), stored;
    return ht_spool_reasons_seal(sealing->reasons, sequence, value, &stored, error) &&
           replace(sealing, stored, error);
}

/* In the order of their turns. */
static const Column columns[] = {
    {"rows", "SELECT id, bytes FROM rows WHERE id > ? AND substr(bytes, 1, 4) <> " SEALED_ROW " ORDER BY id",
     "UPDATE rows SET bytes = ?2 WHERE id = ?1", '1', seal_row},
    {"payloads",
     "SELECT message, bytes FROM payloads WHERE message > ? AND substr(bytes, 1, 4) <> " SEALED_VALUE
     " ORDER BY message",
     "UPDATE payloads SET bytes = ?2 WHERE message = ?1", '1', seal_value},
    {"faults",
     "SELECT message, faults FROM faults WHERE message > ? AND substr(faults, 1, 4) <> " SEALED_VALUE
     " ORDER BY message",
     "UPDATE faults SET faults = ?2 WHERE message = ?1", '1', seal_value},
    {"quarantine",
     "SELECT id, payload, message FROM quarantine WHERE id > ? AND payload IS NOT NULL AND substr(payload, 1, 4) <> " SEALED_VALUE
     " ORDER BY id",
     "UPDATE quarantine SET payload = ?2 WHERE id = ?1", '1', seal_held},
    {"quarantine.faults",
     "SELECT id, faults, message FROM quarantine WHERE id > ? AND faults IS NOT NULL AND substr(faults, 1, 4) <> " SEALED_VALUE
     " ORDER BY id",
     "UPDATE quarantine SET faults = ?2 WHERE id = ?1", '1', seal_held},
    {"messages.reply",
     "SELECT id, reply FROM messages WHERE id > ? AND reply IS NOT NULL AND substr(reply, 1, 4) <> " SEALED_VALUE
     " ORDER BY id",
     "SELECT ?1, ?2", '1', seal_reply},
    {"dead_letters",
     "SELECT id, reason, seq FROM dead_letters WHERE id > ? AND length(reason) > 0 AND substr(reason, 1, 4) <> " SEALED_VALUE
     " ORDER BY id",
     "UPDATE dead_letters SET reason = ?2 WHERE id = ?1", '2', seal_reason},
};

/* ---- Slices ---- */

/* Inside a transaction. */
static bool seal_some(Sealing *sealing, const Column *column, bool *found, GError **error)
{
    size_t bytes = 0;
    bool good = true;
    *found = true;
    sqlite3_bind_int64(sealing->select, 1, sealing->last);
    for (unsigned count = 0; good && *found && count < ht_spool_hooks.migrate_slice && bytes < SLICE_BYTES;
         count++) {
        good = ht_spool_database_row(sealing->select, found, error);
        if (good && *found) {
            sealing->last = sqlite3_column_int64(sealing->select, 0);
            bytes += ht_spool_column_bytes(sealing->select, 1).size;
            good = column->seal(sealing, column->name, error);
        }
    }
    sqlite3_reset(sealing->select);
    if (bytes > 0) {
        ht_spool_step("seal");
    }
    return good;
}

static void tell(Sealing *sealing, const Column *column)
{
    if (ht_clock_monotonic() >= sealing->told_at + TELL_US) {
        sealing->told_at = ht_clock_monotonic();
        ht_log(HT_LOG_INFO, "spool", "sealing what is in the spool: %s up to %" G_GINT64_FORMAT, column->name,
               sealing->last);
    }
}

static bool seal_slice(Sealing *sealing, const Column *column, bool *found, GError **error)
{
    uint64_t before = sealing->sealed;
    if (!ht_spool_database_run(sealing->db, "BEGIN IMMEDIATE", error)) {
        return false;
    }
    if (!seal_some(sealing, column, found, error) || !ht_spool_database_run(sealing->db, "COMMIT", error)) {
        sqlite3_exec(sealing->db, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    if (sealing->sealed > before) {
        ht_spool_step("sealed");
    }
    tell(sealing, column);
    return ht_spool_database_run(sealing->db, "PRAGMA wal_checkpoint(PASSIVE)", error);
}

static bool seal_column(Sealing *sealing, const Column *column, GError **error)
{
    bool found = true;
    sealing->last = 0;
    if (!ht_spool_database_prepare(sealing->db, column->select, &sealing->select, error) ||
        !ht_spool_database_prepare(sealing->db, column->update, &sealing->update, error)) {
        return false;
    }
    while (found) {
        if (!seal_slice(sealing, column, &found, error)) {
            return false;
        }
    }
    g_clear_pointer(&sealing->select, sqlite3_finalize);
    g_clear_pointer(&sealing->update, sqlite3_finalize);
    return true;
}

/* `before`: the turn up to which all is sealed. */
static bool seal_all(sqlite3 *db, char before, GError **error)
{
    g_auto(Sealing) sealing = {.db = db,
                               .sealer = ht_spool_sealer_new(ht_spool_vault_of(db)),
                               .messages = ht_spool_messages_new(db, error),
                               .reasons = ht_spool_reasons_new(db, error),
                               .told_at = ht_clock_monotonic()};
    if (!sealing.messages || !sealing.reasons) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (columns[i].since > before && !seal_column(&sealing, &columns[i], error)) {
            return false;
        }
    }
    if (sealing.sealed > 0) {
        ht_log(HT_LOG_INFO, "spool", "%" G_GUINT64_FORMAT " values that were in the spool are sealed now",
               sealing.sealed);
    }
    return true;
}

bool ht_spool_seal_older(sqlite3 *db, GError **error)
{
    char sealed = '0', now = columns[G_N_ELEMENTS(columns) - 1].since;
    bool found = false;
    if (!ht_spool_vault_seals(ht_spool_vault_of(db))) {
        return ht_spool_database_run(db, "DELETE FROM meta WHERE name = '" HT_SPOOL_META_SEALED "'", error);
    }
    if (!ht_spool_meta_get(db, HT_SPOOL_META_SEALED, &sealed, 1, &found, error)) {
        return false;
    }
    return (found && sealed >= now) || (seal_all(db, found ? sealed : '0', error) &&
                                        ht_spool_meta_set(db, HT_SPOOL_META_SEALED, &now, 1, error) &&
                                        ht_spool_database_run(db, "PRAGMA wal_checkpoint(TRUNCATE)", error));
}
