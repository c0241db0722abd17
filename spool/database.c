/* SQLite's calls with the spool's errors. Called by every other file of the spool, on whichever thread
 * owns the connection. */
#include "spool/database.h"

#include <errno.h>

#define BUSY_TIMEOUT_MS 2000

G_DEFINE_QUARK(ht_spool_error, ht_spool_error)

static bool is_out_of_room(sqlite3 *db, int result)
{
    int number = sqlite3_system_errno(db);
    if (result == SQLITE_IOERR_FSYNC || result == SQLITE_IOERR_DIR_FSYNC) {
        return false; /* the kernel has dropped the pages: nothing that was written since can be trusted */
    }
    return number == ENOSPC || number == EDQUOT;
}

static HtSpoolErrorCode classify(sqlite3 *db, int result)
{
    switch (result & 0xff) {
    case SQLITE_FULL: return HT_SPOOL_ERROR_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return HT_SPOOL_ERROR_BUSY;
    case SQLITE_TOOBIG: return HT_SPOOL_ERROR_MESSAGE;
    case SQLITE_CORRUPT:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH: return HT_SPOOL_ERROR_CORRUPT;
    case SQLITE_NOTADB: return HT_SPOOL_ERROR_FORMAT;
    case SQLITE_IOERR: return is_out_of_room(db, result) ? HT_SPOOL_ERROR_FULL : HT_SPOOL_ERROR_IO;
    default: return HT_SPOOL_ERROR_IO;
    }
}

void ht_spool_database_set_error(sqlite3 *db, const char *doing, GError **error)
{
    int result = sqlite3_extended_errcode(db);
    g_set_error(error, HT_SPOOL_ERROR, (int)classify(db, result), "spool: %s: %s (SQLite %d)", doing,
                sqlite3_errmsg(db), result);
}

/* Counting its memory costs SQLite a lock for each allocation: a tenth of the time of an append. Refused,
 * and no harm done, when somebody has used SQLite before. */
static gpointer set_up_library(gpointer unused)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return unused;
}

sqlite3 *ht_spool_database_open(const char *path, GError **error)
{
    static GOnce once = G_ONCE_INIT;
    g_autoptr(sqlite3) db = NULL;
    g_once(&once, set_up_library, NULL);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: cannot open \"%s\": %s", path,
                    db ? sqlite3_errmsg(db) : "no memory");
        return NULL;
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    sqlite3_wal_autocheckpoint(db, 0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (!ht_spool_database_run(
            db, "PRAGMA mmap_size = 0; PRAGMA trusted_schema = 0; PRAGMA temp_store = memory", error)) {
        return NULL;
    }
    return g_steal_pointer(&db);
}

bool ht_spool_database_run(sqlite3 *db, const char *sql, GError **error)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        ht_spool_database_set_error(db, "running a statement", error);
        return false;
    }
    return true;
}

bool ht_spool_database_number(sqlite3 *db, const char *sql, int64_t *number, GError **error)
{
    g_autoptr(sqlite3_stmt) statement = NULL;
    bool found = false;
    *number = 0;
    if (!ht_spool_database_prepare(db, sql, &statement, error) ||
        !ht_spool_database_row(statement, &found, error)) {
        return false;
    }
    if (found) {
        *number = sqlite3_column_int64(statement, 0);
    }
    return true;
}

bool ht_spool_database_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement, GError **error)
{
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK) {
        ht_spool_database_set_error(db, "preparing a statement", error);
        return false;
    }
    return true;
}

bool ht_spool_database_do(sqlite3_stmt *statement, GError **error)
{
    int result = sqlite3_step(statement);
    if (result != SQLITE_DONE && result != SQLITE_ROW) {
        ht_spool_database_set_error(sqlite3_db_handle(statement), "writing", error);
        sqlite3_reset(statement);
        return false;
    }
    sqlite3_reset(statement);
    return true;
}

bool ht_spool_database_row(sqlite3_stmt *statement, bool *found, GError **error)
{
    int result = sqlite3_step(statement);
    *found = result == SQLITE_ROW;
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        ht_spool_database_set_error(sqlite3_db_handle(statement), "reading", error);
        return false;
    }
    return true;
}

HtText ht_spool_column_bytes(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) {
        return HT_TEXT_NONE;
    }
    const char *bytes = sqlite3_column_blob(statement, column);
    return (HtText){bytes ? bytes : "", (size_t)sqlite3_column_bytes(statement, column)};
}
