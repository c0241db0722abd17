/* The whole check of a spool that no bus has open (a command, on the main thread), and the quick look at
 * open. */
#include "spool/check.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "spool/check-keys.h"
#include "spool/damage.h"
#include "spool/disk.h"
#include "spool/finished.h"
#include "spool/messages.h"
#include "spool/places.h"
#include "spool/schema.h"
#include "spool/vault.h"

#include <sys/stat.h>
#include <unistd.h>

#define QUICK_FILE_BYTES ((off_t)256 << 20)
#define QUICK_US (HT_SECOND / 2)
#define QUICK_STEPS 10000
#define QUICK_EVENTS 1000
#define FORMAT_OF_ROWS 6
#define FORMAT_OF_SEGMENTS 10
#define LINES_MAX 20 /* of one kind */

typedef struct {
    sqlite3 *db;
    GString *report;
    int findings;
    int format;           /* of the file: one that no bus of this version has opened yet lacks tables */
    uint64_t first, last; /* sequences, 0 when there are none */
    int lines;            /* of the part that is being looked at */
} SpoolCheck;

static void find_fault(SpoolCheck *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void find_fault(SpoolCheck *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(check->report, format, arguments);
    va_end(arguments);
    g_string_append_c(check->report, '\n');
    check->findings++;
    check->lines++;
}

/* ---- Events ---- */

/* The message whose events are being looked at, as its receipt has it. */
typedef struct {
    sqlite3_stmt *find;
    uint64_t number, first, events;
} Promise;

static const char *judge_record(const HtSpoolRecord *record)
{
    HtUnpack unpack = ht_unpack(record->data.data, record->data.size);
    HtEvent event;
    HtItem item;
    if (!ht_event_unpack_head(record->head, &event)) {
        return "its head cannot be read";
    }
    while (ht_item_next(&unpack, &item)) {
    }
    return unpack.broken ? "its data cannot be read" : NULL;
}

/* Whether the event is one of those that the receipt of its message names. */
static bool is_promised(Promise *promise, uint64_t message, uint64_t sequence, bool *promised, GError **error)
{
    bool found = true;
    if (message != promise->number) {
        sqlite3_bind_int64(promise->find, 1, (sqlite3_int64)message);
        if (!ht_spool_database_row(promise->find, &found, error)) {
            return false;
        }
        promise->number = message;
        promise->first = found ? (uint64_t)sqlite3_column_int64(promise->find, 0) : 0;
        promise->events = found ? (uint64_t)sqlite3_column_int64(promise->find, 1) : 0;
        sqlite3_reset(promise->find);
    }
    *promised = sequence >= promise->first && sequence - promise->first < promise->events;
    return true;
}

static bool check_record(SpoolCheck *check, const HtSpoolPlace *place, const HtSpoolRow *row, uint32_t index,
                         Promise *promise, GError **error)
{
    uint64_t sequence = ht_spool_place_first(place) + index;
    HtSpoolRecord record;
    bool promised = true;
    HtSpoolRowVerdict verdict = ht_spool_row_read(row, index, &record);
    const char *wrong = verdict == HT_SPOOL_ROW_DAMAGED ? ht_spool_damage_reason(HT_STORED_DAMAGED)
                        : verdict == HT_SPOOL_ROW_GOOD  ? judge_record(&record)
                                                        : NULL;
    if (wrong) {
        find_fault(check, "event %" G_GUINT64_FORMAT ": %s", sequence, wrong);
    } else if (verdict == HT_SPOOL_ROW_GOOD &&
               !is_promised(promise, place->message + record.message, sequence, &promised, error)) {
        return false;
    }
    if (!promised) {
        find_fault(check, "event %" G_GUINT64_FORMAT ": the receipt of its message does not name it",
                   sequence);
    }
    return true;
}

static bool check_place(SpoolCheck *check, HtSpoolPlaces *places, const HtSpoolPlace *place, Promise *promise,
                        GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    uint64_t first = ht_spool_place_first(place);
    if (!ht_spool_places_read(places, place, &bytes, error)) {
        return false;
    }
    HtSpoolRow row = ht_spool_place_row(place, bytes);
    if (place->row == 0) {
        return true; /* lost, and told: in the table `damaged` */
    }
    if (!bytes) {
        find_fault(check, "events %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ": their row cannot be read",
                   first, place->last);
        return true;
    }
    if (!ht_spool_row_is_whole(&row)) {
        find_fault(check,
                   "events %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ": the index of their row is damaged",
                   first, place->last);
    }
    bool good = true;
    for (uint32_t i = 0; good && i < place->count && check->lines < LINES_MAX; i++) {
        good = check_record(check, place, &row, i, promise, error);
    }
    return good;
}

/* Those above `after`, the places of which are at least as far as `end`. */
static bool walk_places(SpoolCheck *check, HtSpoolPlaces *places, uint64_t end, Promise *promise,
                        GError **error)
{
    bool found = true;
    check->lines = 0;
    while (found && check->lines < LINES_MAX) {
        HtSpoolPlace place;
        if (!ht_spool_places_next(places, check->last, end, &place, &found, error)) {
            return false;
        }
        uint64_t until = found ? ht_spool_place_first(&place) - 1 : end;
        if ((check->first > 0 || !found) && check->last < until) {
            find_fault(check, "events %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ": no place names them",
                       check->last + 1, until);
        }
        if (found && !check_place(check, places, &place, promise, error)) {
            return false;
        }
        if (found) {
            check->first = check->first ? check->first : until + 1;
            check->last = place.last;
        }
    }
    return true;
}

/* The events after `after`: 0 for all. */
static bool check_events(SpoolCheck *check, uint64_t after, GError **error)
{
    int64_t end;
    Promise promise = {NULL, 0, 0, 0};
    g_autoptr(HtSpoolPlaces) places = ht_spool_places_new(check->db, error);
    if (!places || !ht_spool_database_number(check->db, "SELECT max(last_seq) FROM places", &end, error) ||
        !ht_spool_database_prepare(check->db, "SELECT first_seq, events FROM messages WHERE id = ?",
                                   &promise.find, error)) {
        return false;
    }
    check->last = after;
    bool good = walk_places(check, places, (uint64_t)end, &promise, error);
    sqlite3_finalize(promise.find);
    return good;
}

static bool check_messages(SpoolCheck *check, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(check->db, "SELECT " HT_SPOOL_MESSAGE_COLUMNS " FROM messages ORDER BY id",
                                   &rows, error)) {
        return false;
    }
    for (check->lines = 0; found && check->lines < LINES_MAX;) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return false;
        }
        if (found && !ht_spool_messages_is_whole(rows)) {
            find_fault(check, "message %" G_GINT64_FORMAT ": its receipt is not what was written",
                       (int64_t)sqlite3_column_int64(rows, 0));
        }
    }
    return true;
}

static bool check_pruned(SpoolCheck *check, GError **error)
{
    uint64_t pruned;
    if (!ht_spool_meta_pruned(check->db, &pruned, error)) {
        return false;
    }
    if (check->first > 0 && check->first != pruned + 1) {
        find_fault(check, "events: the first is %" G_GUINT64_FORMAT ", it should be %" G_GUINT64_FORMAT,
                   check->first, pruned + 1);
    }
    check->last = MAX(check->last, pruned);
    return true;
}

/* ---- What refers to what ---- */

/* Gives the number of rows that are wrong; ?1 is the first sequence kept, ?2 the last. */
typedef struct {
    const char *sql, *what;
} Relation;

static const Relation relations[] = {
    {"SELECT count(*) FROM cursors WHERE seq < 0 OR seq > ?2", "cursors point behind the last event"},
    {"SELECT count(*) FROM dead_letters WHERE seq < 1 OR seq > ?2",
     "dead letters name events that never were"},
    {"SELECT count(*) FROM messages WHERE events > 0 AND (first_seq < 1 OR first_seq + events - 1 > ?2)",
     "receipts name events that never were"},
    {"SELECT count(*) FROM (SELECT sum(m.events) AS claimed FROM messages m WHERE m.first_seq >= ?1)"
     " WHERE ?1 > 0 AND claimed IS NOT ?2 - ?1 + 1 -"
     " (SELECT coalesce(sum(count), 0) FROM places WHERE row = 0)",
     "the receipts' events are not as many as the events"},
    {"SELECT (SELECT count(*) FROM messages) <> (SELECT coalesce(max(id), 0) FROM messages)",
     "messages are not numbered without gaps"},
    {"SELECT count(*) FROM (SELECT message FROM messages GROUP BY message HAVING count(*) > 1)",
     "message ids are there twice"},
    {"SELECT count(*) FROM subjects WHERE forward IS NOT NULL AND (forward = subject OR forward NOT GLOB 'p-*')",
     "subjects go on as what is no other subject"},
    {"SELECT count(*) FROM conflicts WHERE length(hash) <> 16 OR events < 1 OR last < first",
     "conflicts of identities cannot be read"},
};

static bool check_relations(SpoolCheck *check, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(relations); i++) {
        g_autoptr(sqlite3_stmt) statement = NULL;
        bool found;
        if (!ht_spool_database_prepare(check->db, relations[i].sql, &statement, error)) {
            return false;
        }
        if (sqlite3_bind_parameter_count(statement) > 0) {
            sqlite3_bind_int64(statement, 1, (sqlite3_int64)check->first);
            sqlite3_bind_int64(statement, 2, (sqlite3_int64)check->last);
        }
        if (!ht_spool_database_row(statement, &found, error)) {
            return false;
        }
        int64_t wrong = sqlite3_column_int64(statement, 0);
        if (wrong > 0) {
            find_fault(check, "%s: %" G_GINT64_FORMAT, relations[i].what, wrong);
        }
    }
    return true;
}

static bool check_finished(SpoolCheck *check, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(check->db,
                                   "SELECT consumer, seq, finished FROM cursors WHERE finished IS NOT NULL",
                                   &rows, error)) {
        return false;
    }
    while (found) {
        g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
        if (!ht_spool_database_row(rows, &found, error)) {
            return false;
        }
        if (!found) {
            break;
        }
        const char *consumer = (const char *)sqlite3_column_text(rows, 0);
        uint64_t cursor = (uint64_t)sqlite3_column_int64(rows, 1);
        if (!ht_spool_finished_unpack(cursor, ht_spool_column_bytes(rows, 2), runs)) {
            find_fault(check, "cursors: what \"%s\" has finished above its cursor cannot be read", consumer);
        } else if (runs->len > 0 && g_array_index(runs, HtSpoolRun, runs->len - 1).last > check->last) {
            find_fault(check, "cursors: \"%s\" has finished events that never were", consumer);
        }
    }
    return true;
}

/* ---- The whole ---- */

static bool check_integrity(SpoolCheck *check, const char *pragma, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(check->db, pragma, &rows, error)) {
        return false;
    }
    while (found) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return false;
        }
        const char *line = found ? (const char *)sqlite3_column_text(rows, 0) : NULL;
        if (line && strcmp(line, "ok") != 0) {
            find_fault(check, "SQLite: %s", line);
        }
    }
    return true;
}

/* Compares the tables with those that the steps of the schema make: of what a statement names none may be called otherwise. */
static bool compare_schema(SpoolCheck *check, sqlite3 *made, GError **error)
{
    g_autoptr(sqlite3_stmt) wanted = NULL, there = NULL;
    bool found = true, is;
    if (!ht_spool_schema_migrate(made, HT_SPOOL_FORMAT, error) ||
        !ht_spool_database_prepare(made,
                                   "SELECT name, sql FROM sqlite_schema WHERE name NOT GLOB '*_[59]'"
                                   " AND sql IS NOT NULL",
                                   &wanted, error) ||
        !ht_spool_database_prepare(check->db, "SELECT 1 FROM sqlite_schema WHERE name = ? AND sql = ?",
                                   &there, error)) {
        return false;
    }
    while (ht_spool_database_row(wanted, &found, error) && found) {
        ht_spool_bind_text(there, 1, ht_spool_column_bytes(wanted, 0));
        ht_spool_bind_text(there, 2, ht_spool_column_bytes(wanted, 1));
        if (!ht_spool_database_row(there, &is, error)) {
            return false;
        }
        sqlite3_reset(there);
        if (!is) {
            find_fault(check, "file: the table %s is not as it was made",
                       (const char *)sqlite3_column_text(wanted, 0));
        }
    }
    return !found;
}

static bool check_schema(SpoolCheck *check, GError **error)
{
    g_autoptr(sqlite3) made = NULL;
    if (sqlite3_open_v2(":memory:", &made, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        g_set_error_literal(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: no memory");
        return false;
    }
    return compare_schema(check, made, error);
}

/* A part that cannot even be read is a finding, and the others are looked at all the same. */
static void note_part(SpoolCheck *check, const char *part, bool good, GError *error)
{
    if (!good) {
        find_fault(check, "%s: %s", part, error->message);
        g_error_free(error);
    }
}

static void find_key(const char *what, void *user)
{
    SpoolCheck *check = user;
    if (check->lines < LINES_MAX) {
        find_fault(check, "%s", what);
    }
}

static void check_all(SpoolCheck *check)
{
    GError *error = NULL;
    bool good = check_integrity(check, "PRAGMA integrity_check(20)", &error);
    note_part(check, "file", good, error);
    error = NULL;
    good = check->format < HT_SPOOL_FORMAT || check_schema(check, &error);
    note_part(check, "tables", good, error);
    error = NULL;
    if (check->format < FORMAT_OF_ROWS) {
        return; /* the bus that opens it moves all that is in it */
    }
    good = check_events(check, 0, &error) && check_pruned(check, &error);
    note_part(check, "events", good, error);
    error = NULL;
    good = check_messages(check, &error);
    note_part(check, "messages", good, error);
    error = NULL;
    good = check_relations(check, &error) && check_finished(check, &error);
    note_part(check, "relations", good, error);
    error = NULL;
    check->lines = 0;
    good = check->format < FORMAT_OF_SEGMENTS ||
           ht_spool_check_keys(check->db, check->last, find_key, check, &error);
    note_part(check, "known keys", good, error);
}

static int check_file(const char *directory, const char *path, GString *report, GError **error)
{
    g_autoptr(sqlite3) db =
        ht_spool_vault_open(directory, NULL, error) ? ht_spool_database_open(path, error) : NULL;
    int version;
    if (!db || !ht_spool_vault_belongs(db, error) ||
        !ht_spool_database_run(db, "PRAGMA query_only = 1; PRAGMA cell_size_check = 1", error) ||
        !ht_spool_schema_version(db, &version, error)) {
        return -1;
    }
    int64_t events, keys;
    if (!ht_spool_database_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'events_5'", &events,
                                  error) ||
        !ht_spool_database_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'keys_9'", &keys,
                                  error)) {
        return -1;
    }
    int format = events ? FORMAT_OF_ROWS - 1 : keys ? MIN(version, FORMAT_OF_SEGMENTS - 1) : version;
    SpoolCheck check = {.db = db, .report = report, .format = format};
    if (version == 0) {
        find_fault(&check, "file: it is empty");
    } else {
        check_all(&check);
    }
    return check.findings;
}

int ht_spool_check(const char *directory, GString *report, GError **error)
{
    g_autofree char *path = g_build_filename(directory, HT_SPOOL_FILE, NULL);
    struct stat status;
    if (stat(path, &status) != 0) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: there is no \"%s\"", path);
        return -1;
    }
    int lock = ht_spool_disk_lock(directory, error);
    if (lock < 0) {
        return -1;
    }
    int findings = check_file(directory, path, report, error);
    close(lock);
    return findings;
}

static int is_out_of_time(void *user)
{
    return ht_clock_monotonic() > *(int64_t *)user;
}

/* What is not reached in time is left to ht_spool_check(): the bus must listen again soon. */
static bool check_pages_quickly(SpoolCheck *check, GError **error)
{
    g_autoptr(GError) reason = NULL;
    int64_t until = ht_clock_monotonic() + QUICK_US;
    sqlite3_progress_handler(check->db, QUICK_STEPS, is_out_of_time, &until);
    bool good = check_integrity(check, "PRAGMA quick_check(1)", &reason);
    bool late = !good && sqlite3_errcode(check->db) == SQLITE_INTERRUPT;
    sqlite3_progress_handler(check->db, 0, NULL, NULL);
    if (!good && !late) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    return true;
}

bool ht_spool_check_quickly(sqlite3 *db, const char *path, GError **error)
{
    g_autoptr(GString) report = g_string_new(NULL);
    SpoolCheck check = {.db = db, .report = report};
    struct stat status;
    int64_t last;
    if (stat(path, &status) == 0 && status.st_size <= QUICK_FILE_BYTES &&
        !check_pages_quickly(&check, error)) {
        return false;
    }
    if (!ht_spool_database_number(db, "SELECT max(last_seq) FROM places", &last, error) ||
        !check_events(&check, (uint64_t)MAX(last - QUICK_EVENTS, 0), error)) {
        return false;
    }
    if (check.findings > 0) {
        g_string_truncate(report, strcspn(report->str, "\n"));
        ht_log(
            HT_LOG_ERROR, "spool",
            "\"%s\" is damaged: %s; what is damaged is set aside, the rest goes on; `hutong spool check` lists all",
            path, report->str);
    }
    return true;
}
