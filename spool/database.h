/* Talking to SQLite: a connection set up the spool's way, statements, and SQLite's results as
 * HT_SPOOL_ERROR. A connection and its statements belong to one thread at a time. */
#pragma once

#include "spool/spool.h"

#include <sqlite3.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3, sqlite3_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3_stmt, sqlite3_finalize)

/* Opens an existing file for reading and writing: no memory map, no checkpoint by itself (neither after a
 * commit nor on close), waits up to two seconds for a lock. Sets neither the journal mode nor synchronous. */
sqlite3 *ht_spool_database_open(const char *path, GError **error);

/* What became of the last call on `db`, as an error: FULL for a disk without room, IO for a disk that
 * fails (a failed fsync always, whatever its reason), CORRUPT, BUSY, FORMAT, or MESSAGE for a value that
 * is too large. */
void ht_spool_database_set_error(sqlite3 *db, const char *doing, GError **error);

/* Runs statements that give no rows. */
bool ht_spool_database_run(sqlite3 *db, const char *sql, GError **error);

/* The first column of the first row, 0 without a row or when it is NULL. */
bool ht_spool_database_number(sqlite3 *db, const char *sql, int64_t *number, GError **error);

/* Prepares a statement that is kept. */
bool ht_spool_database_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement, GError **error);

/* Runs a bound statement that gives no rows, and makes it ready for the next time. */
bool ht_spool_database_do(sqlite3_stmt *statement, GError **error);

/* Asks a bound statement for a row. The caller resets it. */
bool ht_spool_database_row(sqlite3_stmt *statement, bool *found, GError **error);

/* Binds memory that stays as it is until the statement was run. Absent is NULL. */
static inline void ht_spool_bind_blob(sqlite3_stmt *statement, int column, const void *bytes, size_t size)
{
    sqlite3_bind_blob64(statement, column, bytes, size, SQLITE_STATIC);
}

static inline void ht_spool_bind_text(sqlite3_stmt *statement, int column, HtText text)
{
    sqlite3_bind_text64(statement, column, text.data, text.size, SQLITE_STATIC, SQLITE_UTF8);
}

/* A blob column, valid until the statement is stepped or reset. An empty blob is a text of size 0, NULL is
 * absent. */
HtText ht_spool_column_bytes(sqlite3_stmt *statement, int column);
