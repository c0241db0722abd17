/* The tables of the spool, version by version. Called while the spool is opened, on the main thread, and
 * by the check. */
#include "spool/schema.h"

/* Version 1. `messages.id` is given in order without gaps; `message` is the public identifier. A key's
 * value is `number << 2 | what` (keys.h). Events keep their head and data packed (core/base/event.h). */
static const char step_1[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE messages(id INTEGER PRIMARY KEY, message BLOB NOT NULL, source TEXT NOT NULL,"
    " received INTEGER NOT NULL, sha256 BLOB NOT NULL, first_seq INTEGER NOT NULL, events INTEGER NOT NULL,"
    " duplicates INTEGER NOT NULL, rejected INTEGER NOT NULL, reply BLOB, reply_type TEXT) STRICT;"
    "CREATE TABLE payloads(message INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE faults(message INTEGER PRIMARY KEY, faults BLOB NOT NULL) STRICT;"
    "CREATE TABLE events(seq INTEGER PRIMARY KEY, id BLOB NOT NULL, message INTEGER NOT NULL,"
    " recorded INTEGER NOT NULL, subject TEXT NOT NULL, head BLOB NOT NULL, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE keys(hash BLOB PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE key_log(id INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;"
    "CREATE TABLE aliases(hash BLOB PRIMARY KEY, subject TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE cursors(consumer TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE dead_letters(consumer TEXT NOT NULL, seq INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " reason TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY(consumer, seq)) STRICT, WITHOUT ROWID;";

/* Version 2: messages kept for a person to look at. The same payload of a source is kept once. */
static const char step_2[] =
    "CREATE TABLE quarantine(id INTEGER PRIMARY KEY, message BLOB NOT NULL, source TEXT NOT NULL,"
    " received INTEGER NOT NULL, sha256 BLOB NOT NULL, rejected INTEGER NOT NULL, reason TEXT NOT NULL,"
    " payload BLOB, faults BLOB, UNIQUE(source, sha256)) STRICT;";

/* Version 3: who says what an identity is tied to (ties.h), what is in conflict, and what administrators changed. Of what
 * version 2 had tied to each other it is not known whether a citizen number is among it: as if one were. */
static const char step_3[] =
    "ALTER TABLE aliases ADD COLUMN kind TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE aliases ADD COLUMN source TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE aliases ADD COLUMN state INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE subjects(subject TEXT PRIMARY KEY, numbered INTEGER NOT NULL, forward TEXT) STRICT,"
    " WITHOUT ROWID;"
    "INSERT INTO subjects SELECT subject, 1, NULL FROM aliases GROUP BY subject HAVING count(*) > 1;"
    "CREATE TABLE conflicts(hash BLOB PRIMARY KEY, source TEXT NOT NULL, kind TEXT NOT NULL,"
    " subject TEXT NOT NULL, other TEXT NOT NULL, more INTEGER NOT NULL, events INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE claims(hash BLOB PRIMARY KEY, subject TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE subject_audit(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, uid INTEGER NOT NULL,"
    " verb TEXT NOT NULL, subject TEXT NOT NULL, other TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,"
    " reason TEXT NOT NULL) STRICT;";

/* Version 4: what an event said (content.h), to tell a known number from known content. Older rows have none: what comes again
 * under their numbers counts as other content. */
static const char step_4[] = "ALTER TABLE events ADD COLUMN content BLOB;";

/* Version 5: what a consumer has finished above its cursor (finished.h). */
static const char step_5[] = "ALTER TABLE cursors ADD COLUMN finished BLOB;";

/* Version 6: the events of a group in rows (row.h), found by their places (places.h); those of older rows are moved when this step
 * was taken (migrate.h). Checksums, and what they found out. */
static const char step_6[] =
    "CREATE TABLE rows(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE places(last_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, row INTEGER NOT NULL,"
    " message INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;"
    "CREATE TABLE damaged(seq INTEGER PRIMARY KEY, reason TEXT NOT NULL, time INTEGER NOT NULL, message BLOB,"
    " source TEXT) STRICT;"
    "ALTER TABLE messages ADD COLUMN sum INTEGER;"
    "ALTER TABLE events RENAME TO events_5;";

/* Version 7: where a consumer began, and what leaves no row of its own, by the day (days.h). */
static const char step_7[] =
    "ALTER TABLE cursors ADD COLUMN start INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE days(day INTEGER NOT NULL, source TEXT NOT NULL, resent INTEGER NOT NULL, refused INTEGER NOT NULL,"
    " busy INTEGER NOT NULL, failed INTEGER NOT NULL, PRIMARY KEY(day, source)) STRICT, WITHOUT ROWID;";

/* Version 8: how many events up to its cursor were a consumer's. */
static const char step_8[] = "ALTER TABLE cursors ADD COLUMN wanted INTEGER NOT NULL DEFAULT 0;";

/* Version 9: what a dead letter was about, and what administrators decided about delivery (delivery.h): pauses, replays, and who did what. */
static const char step_9[] =
    "ALTER TABLE dead_letters ADD COLUMN source TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE dead_letters ADD COLUMN type TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE dead_letters ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE pauses(consumer TEXT PRIMARY KEY, kind INTEGER NOT NULL, since INTEGER NOT NULL,"
    " uid INTEGER NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE replays(id INTEGER PRIMARY KEY, consumer TEXT NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, types TEXT NOT NULL, sources TEXT NOT NULL, uid INTEGER NOT NULL,"
    " begun INTEGER NOT NULL, ended INTEGER NOT NULL, state INTEGER NOT NULL, delivered INTEGER NOT NULL,"
    " dead INTEGER NOT NULL, skipped INTEGER NOT NULL) STRICT;"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, uid INTEGER NOT NULL,"
    " verb TEXT NOT NULL, what TEXT NOT NULL, reason TEXT NOT NULL) STRICT;";

/* Version 10: known keys and ties of identities alike, in sorted segments (index.h). Those of older trees are moved when this step was
 * taken (migrate-keys.h). */
static const char step_10[] =
    "CREATE TABLE segments(id INTEGER PRIMARY KEY, store INTEGER NOT NULL, tier INTEGER NOT NULL,"
    " upto INTEGER NOT NULL, entries INTEGER NOT NULL, blocks INTEGER NOT NULL, total INTEGER NOT NULL,"
    " extents BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;"
    "CREATE TABLE segment_blocks(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE segment_log(id INTEGER PRIMARY KEY, store INTEGER NOT NULL, entries BLOB NOT NULL) STRICT;"
    "CREATE TABLE tie_words(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL) STRICT;"
    "ALTER TABLE keys RENAME TO keys_9; ALTER TABLE key_log RENAME TO key_log_9;"
    "ALTER TABLE aliases RENAME TO aliases_9;";

/* Version 11: not only consumers are paused (delivery.h). */
static const char step_11[] =
    "ALTER TABLE pauses RENAME TO pauses_10;"
    "CREATE TABLE pauses(what TEXT NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL, since INTEGER NOT NULL,"
    " uid INTEGER NOT NULL, reason TEXT NOT NULL, notice TEXT NOT NULL, retry INTEGER NOT NULL,"
    " PRIMARY KEY(what, name)) STRICT, WITHOUT ROWID;"
    "INSERT INTO pauses SELECT 'consumer', consumer, kind, since, uid, reason, '', 0 FROM pauses_10;"
    "DROP TABLE pauses_10;";

/* Version 12: reasons of dead letters are bytes, which may be sealed (reasons.h); those that are there are sealed after this step (seal-older.h). */
static const char step_12[] =
    "ALTER TABLE dead_letters RENAME TO dead_letters_11;"
    "CREATE TABLE dead_letters(id INTEGER PRIMARY KEY, consumer TEXT NOT NULL, seq INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, reason BLOB NOT NULL, time INTEGER NOT NULL, source TEXT NOT NULL,"
    " type TEXT NOT NULL, replay INTEGER NOT NULL, UNIQUE(consumer, seq)) STRICT;"
    "INSERT INTO dead_letters(consumer, seq, attempts, reason, time, source, type, replay) SELECT consumer, seq,"
    " attempts, CAST(reason AS BLOB), time, source, type, replay FROM dead_letters_11 ORDER BY consumer, seq;"
    "DROP TABLE dead_letters_11;";

static const char *const steps[HT_SPOOL_FORMAT] = {step_1, step_2, step_3, step_4,  step_5,  step_6,
                                                   step_7, step_8, step_9, step_10, step_11, step_12};

bool ht_spool_schema_version(sqlite3 *db, int *version, GError **error)
{
    int64_t application, format, objects;
    if (!ht_spool_database_number(db, "PRAGMA application_id", &application, error) ||
        !ht_spool_database_number(db, "PRAGMA user_version", &format, error) ||
        !ht_spool_database_number(db, "SELECT count(*) FROM sqlite_schema", &objects, error)) {
        return false;
    }
    bool is_new = application == 0 && format == 0 && objects == 0;
    if (!is_new && application != HT_SPOOL_APPLICATION_ID) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_FORMAT, "spool: the file is not a spool of Hutong");
        return false;
    }
    if (format > HT_SPOOL_FORMAT) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_FORMAT,
                    "spool: the file has format %d, this program knows up to %d: use the newer program",
                    (int)format, HT_SPOOL_FORMAT);
        return false;
    }
    *version = (int)format;
    return true;
}

static bool take_step(sqlite3 *db, int from, GError **error)
{
    g_autofree char *mark = g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d",
                                            HT_SPOOL_APPLICATION_ID, from + 1);
    if (ht_spool_database_run(db, "BEGIN IMMEDIATE", error) &&
        ht_spool_database_run(db, steps[from], error) && ht_spool_database_run(db, mark, error) &&
        ht_spool_database_run(db, "COMMIT", error)) {
        return true;
    }
    if (!sqlite3_get_autocommit(db)) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    return false;
}

bool ht_spool_schema_migrate(sqlite3 *db, int version, GError **error)
{
    int have;
    if (!ht_spool_schema_version(db, &have, error)) {
        return false;
    }
    for (; have < version; have++) {
        if (!take_step(db, have, error)) {
            return false;
        }
    }
    return true;
}

static bool check_pragma(sqlite3 *db, const char *pragma, const char *expected, GError **error)
{
    g_autoptr(sqlite3_stmt) statement = NULL;
    bool found = false;
    if (!ht_spool_database_prepare(db, pragma, &statement, error) ||
        !ht_spool_database_row(statement, &found, error)) {
        return false;
    }
    const char *value = found ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (g_strcmp0(value, expected) != 0) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO,
                    "spool: \"%s\" is %s and must be %s: refusing to run", pragma, value ? value : "unknown",
                    expected);
        return false;
    }
    return true;
}

bool ht_spool_schema_prepare(sqlite3 *db, const HtSpoolOptions *options, GError **error)
{
    g_autofree char *settings = g_strdup_printf(
        "PRAGMA page_size = %" G_GUINT64_FORMAT
        "; PRAGMA auto_vacuum = incremental; PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA secure_delete = on;"
        "PRAGMA journal_size_limit = %" G_GUINT64_FORMAT "; PRAGMA cache_size = -1024",
        options->limits.page_bytes, options->limits.wal_bytes);
    return ht_spool_database_run(db, settings, error) &&
           check_pragma(db, "PRAGMA journal_mode", "wal", error) &&
           check_pragma(db, "PRAGMA synchronous", "2", error);
}

bool ht_spool_meta_get(sqlite3 *db, const char *name, void *value, size_t size, bool *found, GError **error)
{
    g_autoptr(sqlite3_stmt) statement = NULL;
    if (!ht_spool_database_prepare(db, "SELECT value FROM meta WHERE name = ?", &statement, error)) {
        return false;
    }
    ht_spool_bind_text(statement, 1, ht_text_from(name));
    if (!ht_spool_database_row(statement, found, error)) {
        return false;
    }
    if (*found) {
        HtText bytes = ht_spool_column_bytes(statement, 0);
        if (bytes.size != size) {
            g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                        "spool: meta row \"%s\" has a wrong size", name);
            return false;
        }
        memcpy(value, bytes.data, size);
    }
    return true;
}

bool ht_spool_meta_set(sqlite3 *db, const char *name, const void *value, size_t size, GError **error)
{
    g_autoptr(sqlite3_stmt) statement = NULL;
    if (!ht_spool_database_prepare(db, "INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)", &statement,
                                   error)) {
        return false;
    }
    ht_spool_bind_text(statement, 1, ht_text_from(name));
    ht_spool_bind_blob(statement, 2, value, size);
    return ht_spool_database_do(statement, error);
}

bool ht_spool_meta_pruned(sqlite3 *db, uint64_t *sequence, GError **error)
{
    uint64_t stored = 0;
    bool found = false;
    if (!ht_spool_meta_get(db, HT_SPOOL_META_PRUNED, &stored, sizeof stored, &found, error)) {
        return false;
    }
    *sequence = found ? GUINT64_FROM_LE(stored) : 0;
    return true;
}
