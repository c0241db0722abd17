/* From format 5 to 6, slice by slice: the table `events` was renamed by the step of the schema, so that no older program takes a half
 * for the whole; here its events move, in order, and go from it in the same transaction. */
#include "spool/migrate.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "spool/hooks.h"
#include "spool/migrate-keys.h"
#include "spool/rows.h"

#define SLICE_BYTES ((size_t)8 << 20)
#define TELL_US (2 * HT_SECOND)

typedef struct {
    sqlite3 *db;
    HtSpoolDamages *damages;
    HtSpoolRows *rows;
    sqlite3_stmt *select, *forget;
    uint64_t last, end; /* sequences: moved, and of the last to be moved */
    int64_t told_at;
} Migration;

static void clear(Migration *migration)
{
    ht_spool_damages_free(migration->damages);
    ht_spool_rows_free(migration->rows);
    sqlite3_finalize(migration->select);
    sqlite3_finalize(migration->forget);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Migration, clear)

static bool move_event(Migration *migration, size_t *bytes, GError **error)
{
    sqlite3_stmt *row = migration->select;
    HtText id = ht_spool_column_bytes(row, 1), content = ht_spool_column_bytes(row, 7);
    HtSpoolRecord record = {.recorded_us = sqlite3_column_int64(row, 3),
                            .subject = ht_spool_column_bytes(row, 4),
                            .head = ht_spool_column_bytes(row, 5),
                            .data = ht_spool_column_bytes(row, 6)};
    uint64_t message = (uint64_t)MAX(sqlite3_column_int64(row, 2), 0);
    migration->last = (uint64_t)sqlite3_column_int64(row, 0);
    *bytes += record.head.size + record.data.size;
    if (id.size != HT_UUID_SIZE || record.subject.size > UINT8_MAX) {
        return ht_spool_rows_add(migration->rows, migration->last, message, NULL, error) &&
               ht_spool_damages_set_aside(migration->damages, migration->last, HT_STORED_DAMAGED, error);
    }
    memcpy(record.id.bytes, id.data, HT_UUID_SIZE);
    record.content = content.size == HT_SPOOL_CONTENT_SIZE ? content : HT_TEXT_NONE;
    return ht_spool_rows_add(migration->rows, migration->last, message, &record, error);
}

/* Inside a transaction. */
static bool move_events(Migration *migration, bool *found, GError **error)
{
    size_t bytes = 0;
    bool good = true;
    *found = true;
    for (unsigned count = 0; good && *found && count < ht_spool_hooks.migrate_slice && bytes < SLICE_BYTES;
         count++) {
        good = ht_spool_database_row(migration->select, found, error) &&
               (!*found || move_event(migration, &bytes, error));
    }
    sqlite3_reset(migration->select);
    ht_spool_step("migrate");
    sqlite3_bind_int64(migration->forget, 1, (sqlite3_int64)migration->last);
    return good && ht_spool_rows_write(migration->rows, error) &&
           ht_spool_database_do(migration->forget, error);
}

static void tell(Migration *migration)
{
    if (ht_clock_monotonic() >= migration->told_at + TELL_US) {
        migration->told_at = ht_clock_monotonic();
        ht_log(HT_LOG_INFO, "spool",
               "bringing the spool to a newer format: event %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT,
               migration->last, migration->end);
    }
}

/* The WAL begins anew after each slice: the reserve has room for it. */
static bool move_slice(Migration *migration, bool *found, GError **error)
{
    if (!ht_spool_database_run(migration->db, "BEGIN IMMEDIATE", error)) {
        return false;
    }
    if (!move_events(migration, found, error) || !ht_spool_database_run(migration->db, "COMMIT", error)) {
        sqlite3_exec(migration->db, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    ht_spool_step("migrated");
    ht_spool_rows_committed(migration->rows);
    tell(migration);
    return ht_spool_database_run(migration->db, "PRAGMA wal_checkpoint(PASSIVE)", error);
}

static bool prepare(Migration *migration, GError **error)
{
    int64_t end;
    migration->damages = ht_spool_damages_new(migration->db, error);
    migration->rows = migration->damages ? ht_spool_rows_new(migration->db, migration->damages, error) : NULL;
    if (!migration->rows ||
        !ht_spool_database_prepare(migration->db,
                                   "SELECT seq, id, message, recorded, subject, head, data, content"
                                   " FROM events_5 ORDER BY seq",
                                   &migration->select, error) ||
        !ht_spool_database_prepare(migration->db, "DELETE FROM events_5 WHERE seq <= ?", &migration->forget,
                                   error) ||
        !ht_spool_database_number(migration->db, "SELECT max(seq) FROM events_5", &end, error)) {
        return false;
    }
    migration->end = (uint64_t)end;
    return true;
}

static bool move_all(sqlite3 *db, GError **error)
{
    g_auto(Migration) migration = {.db = db, .told_at = ht_clock_monotonic()};
    bool found = true;
    if (!prepare(&migration, error)) {
        return false;
    }
    while (found) {
        if (!move_slice(&migration, &found, error)) {
            return false;
        }
    }
    return true;
}

static bool move_events_5(sqlite3 *db, GError **error)
{
    int64_t older, events = 0;
    return ht_spool_database_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'events_5'", &older,
                                    error) &&
           (older == 0 || ht_spool_database_number(db, "SELECT 1 FROM events_5 LIMIT 1", &events, error)) &&
           (events == 0 || move_all(db, error)) &&
           (older == 0 || ht_spool_database_run(db, "DROP TABLE events_5", error));
}

bool ht_spool_migrate(sqlite3 *db, GError **error)
{
    return move_events_5(db, error) && ht_spool_migrate_keys(db, error);
}
