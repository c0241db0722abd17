/* From a damaged file into a new one. Messages first, since they say which events there were; then events; then the other tables. */
#include "spool/salvage.h"

#include "core/base/clock.h"
#include "spool/disk.h"
#include "spool/index-walk.h"
#include "spool/keys.h"
#include "spool/legible.h"
#include "spool/messages.h"
#include "spool/roots.h"
#include "spool/rows.h"
#include "spool/schema.h"
#include "spool/turns.h"
#include "spool/vault.h"
#include "spool/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_FILE "spool.repairing"
#define KEPT_PREFIX "damaged-"
#define COMMIT_EVENTS 20000
#define LOOK_EVENTS 4096
#define KNOWN_EACH (20 * HT_SPOOL_KEYS_MERGE_AT)
#define FILTER_BYTES ((uint64_t)64 << 20)
#define SEQUENCE_MAX ((uint64_t)1 << 60)

typedef struct {
    const HtSpoolSalvage *asked;
    HtSpoolSalvaged *salvaged;
    sqlite3 *from, *to;
    HtSpoolDamages *damages;
    HtSpoolRows *rows;
    HtSpoolMessages *messages;
    sqlite3_stmt *next_message, *insert_damaged;
    GHashTable *receipts_lost; /* numbers of messages */

    /* Messages, while they are copied. */
    uint64_t number, promised;      /* of the last one, and up to which event they go */
    uint64_t named, named_sequence; /* the highest that known keys name */
    int64_t received_us;

    /* Events: the message whose turn it is. */
    struct {
        uint64_t number, first, events;
        int64_t received_us;
        HtUuid id;
        char *source;
    } now;
    uint64_t in_transaction;
} Salvage;

static void free_missing(void *data)
{
    HtSpoolMissing *missing = data;
    g_free(missing->source);
    g_free(missing);
}

static void free_hole(void *data)
{
    HtSpoolHole *hole = data;
    g_free(hole->table);
    g_free(hole);
}

void ht_spool_salvaged_clear(HtSpoolSalvaged *salvaged)
{
    g_clear_pointer(&salvaged->missing, g_ptr_array_unref);
    g_clear_pointer(&salvaged->holes, g_ptr_array_unref);
    g_clear_pointer(&salvaged->kept, g_free);
}

static void clear(Salvage *salvage)
{
    sqlite3_finalize(salvage->next_message);
    sqlite3_finalize(salvage->insert_damaged);
    ht_spool_messages_free(salvage->messages);
    ht_spool_rows_free(salvage->rows);
    ht_spool_damages_free(salvage->damages);
    g_clear_pointer(&salvage->receipts_lost, g_hash_table_unref);
    g_free(salvage->now.source);
    sqlite3_close(salvage->from);
    sqlite3_close(salvage->to);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Salvage, clear)

static void note_hole(const char *table, uint64_t rows, uint64_t holes, void *user)
{
    Salvage *salvage = user;
    HtSpoolHole *hole = g_new(HtSpoolHole, 1);
    *hole = (HtSpoolHole){g_strdup(table), rows, holes};
    g_ptr_array_add(salvage->salvaged->holes, hole);
}

/* ---- Messages ---- */

/* Stands for messages whose receipts are lost: numbers have no gaps, nor have the events that receipts name. */
static bool add_stand_in(Salvage *salvage, uint64_t number, uint64_t first, uint64_t events, GError **error)
{
    g_hash_table_add(salvage->receipts_lost, GSIZE_TO_POINTER(number));
    return ht_spool_messages_add_stand_in(salvage->messages, number, first, events, salvage->received_us,
                                          error);
}

/* Fills up to the message `number` (not it itself), whose events begin at `first`. */
static bool fill_messages(Salvage *salvage, uint64_t number, uint64_t first, GError **error)
{
    for (uint64_t i = salvage->number + 1; i < number; i++) {
        bool takes_all = first > salvage->promised + 1;
        if (!add_stand_in(salvage, i, salvage->promised + 1, takes_all ? first - salvage->promised - 1 : 0,
                          error)) {
            return false;
        }
        salvage->promised = MAX(salvage->promised, first - 1);
    }
    return true;
}

/* A whole receipt is kept when it follows the former ones. */
static bool take_message(sqlite3_stmt *row, void *user, GError **error)
{
    Salvage *salvage = user;
    int64_t number = sqlite3_column_int64(row, 0), first = sqlite3_column_int64(row, 5),
            events = sqlite3_column_int64(row, 6);
    bool follows =
        number > 0 && (uint64_t)number > salvage->number && events >= 0 &&
        (events == 0 || (first > 0 && (uint64_t)first > salvage->promised && (uint64_t)first < SEQUENCE_MAX));
    if (!follows || !ht_spool_messages_is_whole(row)) {
        return true;
    }
    uint64_t begin = events > 0 ? (uint64_t)first : salvage->promised + 1;
    if (!fill_messages(salvage, (uint64_t)number, begin, error)) {
        return false;
    }
    g_autoptr(sqlite3_stmt) insert = NULL;
    if (!ht_spool_database_prepare(
            salvage->to, "INSERT INTO messages(" HT_SPOOL_MESSAGE_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
            &insert, error)) {
        return false;
    }
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        sqlite3_bind_value(insert, i + 1, sqlite3_column_value(row, i));
    }
    salvage->number = (uint64_t)number;
    salvage->received_us = sqlite3_column_int64(row, 3);
    salvage->promised = events > 0 ? (uint64_t)(first + events - 1) : salvage->promised;
    salvage->salvaged->messages++;
    return ht_spool_database_do(insert, error);
}

/* The highest number of a kind of which there is a trace that can be read; 0 when there is none. */
static uint64_t trace(Salvage *salvage, const char *sql)
{
    int64_t number = 0;
    bool good = ht_spool_database_number(salvage->from, sql, &number, NULL);
    return good && number > 0 && (uint64_t)number < SEQUENCE_MAX ? (uint64_t)number : 0;
}

static bool note_named(const HtSpoolEntry *entry, void *user, GError **error)
{
    Salvage *salvage = user;
    uint64_t number = (entry->value & ~HT_SPOOL_KEY_SEQUENCE) >> HT_SPOOL_KEY_SHIFT;
    (void)error;
    if (number < SEQUENCE_MAX && entry->value & HT_SPOOL_KEY_SEQUENCE) {
        salvage->named_sequence = MAX(salvage->named_sequence, number);
    } else if (number < SEQUENCE_MAX && entry->value & HT_SPOOL_KEY_MESSAGE) {
        salvage->named = MAX(salvage->named, number);
    }
    return true;
}

/* Numbers that known keys name are not given out again: another message would stand under a key that is not its own. */
static bool find_named(Salvage *salvage, GError **error)
{
    HtSpoolIndexWalk walk = {.store = HT_SPOOL_STORE_KEYS, .take = note_named, .user = salvage};
    return ht_spool_index_walk(salvage->from, &walk, error);
}

static uint64_t find_last(Salvage *salvage)
{
    static const char *const traces[] = {"SELECT max(seq) FROM cursors", "SELECT max(seq) FROM dead_letters",
                                         "SELECT max(seq) FROM damaged"};
    uint64_t last = MAX(salvage->promised, salvage->named_sequence), pruned = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(traces); i++) {
        last = MAX(last, trace(salvage, traces[i]));
    }
    ht_spool_meta_pruned(salvage->from, &pruned, NULL);
    g_autoptr(HtSpoolPlaces) places = ht_spool_places_new(salvage->from, NULL);
    HtSpoolPlace place;
    bool found = places != NULL;
    for (uint64_t after = last; found; after = last = MAX(last, found ? place.last : 0)) {
        found = ht_spool_places_next(places, after, SEQUENCE_MAX, &place, &found, NULL) && found;
    }
    return MAX(last, pruned);
}

static bool save_messages(Salvage *salvage, GError **error)
{
    HtSpoolWalk walk = {
        .table = "messages", .columns = HT_SPOOL_MESSAGE_COLUMNS, .take = take_message, .user = salvage};
    if (!ht_spool_walk(salvage->from, &walk, error) || !find_named(salvage, error)) {
        return false;
    }
    if (walk.holes > 0) {
        note_hole("messages", 0, walk.holes, salvage);
    }
    salvage->salvaged->last = find_last(salvage);
    uint64_t known = MAX(trace(salvage, "SELECT max(id) FROM messages"), salvage->named);
    bool events_left = salvage->salvaged->last > salvage->promised;
    return fill_messages(salvage, MAX(known, salvage->number + events_left) + 1, salvage->salvaged->last + 1,
                         error);
}

/* ---- Events ---- */

/* The message that the receipts give this event to. */
static bool find_message(Salvage *salvage, uint64_t sequence, GError **error)
{
    sqlite3_stmt *row = salvage->next_message;
    bool found;
    while (sequence >= salvage->now.first + salvage->now.events) {
        sqlite3_bind_int64(row, 1, (sqlite3_int64)salvage->now.number);
        if (!ht_spool_database_row(row, &found, error)) {
            return false;
        }
        if (!found) {
            sqlite3_reset(row);
            return true; /* pruned, and the first that is kept comes later */
        }
        HtText id = ht_spool_column_bytes(row, 1);
        g_free(salvage->now.source);
        salvage->now.number = (uint64_t)sqlite3_column_int64(row, 0);
        memcpy(salvage->now.id.bytes, id.data, HT_UUID_SIZE);
        salvage->now.source = g_strdup((const char *)sqlite3_column_text(row, 2));
        salvage->now.received_us = sqlite3_column_int64(row, 3);
        salvage->now.first = (uint64_t)sqlite3_column_int64(row, 4);
        salvage->now.events = (uint64_t)sqlite3_column_int64(row, 5);
        sqlite3_reset(row);
    }
    return true;
}

static HtSpoolMissing *missing_now(Salvage *salvage)
{
    bool is_known = !g_hash_table_contains(salvage->receipts_lost, GSIZE_TO_POINTER(salvage->now.number));
    GPtrArray *all = salvage->salvaged->missing;
    HtSpoolMissing *last = all->len > 0 ? all->pdata[all->len - 1] : NULL;
    char id[HT_UUID_TEXT];
    ht_uuid_format(&salvage->now.id, id);
    if (last && g_str_equal(last->message, is_known ? id : "") &&
        (is_known || last->first >= salvage->now.first)) {
        return last;
    }
    HtSpoolMissing *missing = g_new0(HtSpoolMissing, 1);
    g_strlcpy(missing->message, is_known ? id : "", sizeof missing->message);
    missing->source = g_strdup(is_known ? salvage->now.source : "");
    missing->received_us = is_known ? salvage->now.received_us : 0;
    missing->receipt_lost = !is_known;
    g_ptr_array_add(all, missing);
    return missing;
}

static bool lose_event(Salvage *salvage, uint64_t sequence, GError **error)
{
    HtSpoolMissing *missing = missing_now(salvage);
    missing->first = missing->first ? missing->first : sequence;
    missing->events++;
    salvage->salvaged->lost++;
    sqlite3_stmt *row = salvage->insert_damaged;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)sequence);
    ht_spool_bind_text(row, 2, ht_text_from(ht_spool_damage_reason(HT_STORED_LOST)));
    sqlite3_bind_int64(row, 3, ht_clock_now());
    ht_spool_bind_blob(row, 4, missing->receipt_lost ? NULL : salvage->now.id.bytes, HT_UUID_SIZE);
    ht_spool_bind_text(row, 5, missing->receipt_lost ? HT_TEXT_NONE : ht_text_from(salvage->now.source));
    return ht_spool_database_do(row, error) &&
           ht_spool_rows_add(salvage->rows, sequence, salvage->now.number, NULL, error);
}

static bool renew_transaction(Salvage *salvage, GError **error)
{
    if (++salvage->in_transaction % LOOK_EVENTS == 0 && salvage->asked->progress) {
        salvage->asked->progress(salvage->in_transaction, salvage->salvaged->last, salvage->asked->user);
    }
    return salvage->in_transaction % COMMIT_EVENTS != 0 ||
           (ht_spool_rows_write(salvage->rows, error) &&
            ht_spool_database_run(salvage->to, "COMMIT; BEGIN", error));
}

static bool is_sound(const HtSpoolRecord *record)
{
    HtUnpack unpack = ht_unpack(record->data.data, record->data.size);
    HtEvent event;
    HtItem item;
    while (ht_item_next(&unpack, &item)) {
    }
    return ht_event_unpack_head(record->head, &event) && !unpack.broken;
}

/* `row` is NULL where nothing can be read. */
static bool save_event(Salvage *salvage, uint64_t sequence, const HtSpoolRow *row, uint32_t index,
                       GError **error)
{
    HtSpoolRecord record;
    HtSpoolRowVerdict verdict = row ? ht_spool_row_read(row, index, &record) : HT_SPOOL_ROW_DAMAGED;
    if (!find_message(salvage, sequence, error) || !renew_transaction(salvage, error)) {
        return false;
    }
    if (verdict == HT_SPOOL_ROW_GONE) {
        return ht_spool_rows_add(salvage->rows, sequence, salvage->now.number, NULL, error);
    }
    if (verdict == HT_SPOOL_ROW_DAMAGED || !is_sound(&record)) {
        return lose_event(salvage, sequence, error);
    }
    salvage->salvaged->events++;
    return ht_spool_rows_add(salvage->rows, sequence, salvage->now.number, &record, error);
}

static bool save_place(Salvage *salvage, HtSpoolPlaces *places, const HtSpoolPlace *place, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    bool good = ht_spool_places_read(places, place, &bytes, error);
    HtSpoolRow row = ht_spool_place_row(place, bytes);
    for (uint32_t i = 0; good && i < place->count; i++) {
        good = save_event(salvage, ht_spool_place_first(place) + i, bytes ? &row : NULL, i, error);
    }
    return good;
}

static bool save_events(Salvage *salvage, GError **error)
{
    g_autoptr(HtSpoolPlaces) places = ht_spool_places_new(salvage->from, error);
    uint64_t last = salvage->salvaged->last, at = 0;
    if (!places || !ht_spool_meta_pruned(salvage->to, &at, error)) {
        return false;
    }
    for (bool found = true, good = true; good && at < last;) {
        HtSpoolPlace place;
        if (!ht_spool_places_next(places, at, last, &place, &found, error)) {
            return false;
        }
        uint64_t until = found ? MIN(ht_spool_place_first(&place) - 1, last) : last;
        for (; good && at < until; at++) {
            good = save_event(salvage, at + 1, NULL, 0, error);
        }
        if (!good || (found && !save_place(salvage, places, &place, error))) {
            return false;
        }
        at = found ? place.last : last;
    }
    return ht_spool_rows_write(salvage->rows, error);
}

/* ---- What is known ---- */

typedef struct {
    Salvage *salvage;
    HtSpoolIndex *index;
    HtSpoolBlocks *blocks;
    uint64_t taken, lost, holes;
} KnownSaving;

static bool write_known(KnownSaving *known, GError **error)
{
    if (!ht_spool_index_write_all(known->index, error) ||
        !ht_spool_database_run(known->salvage->to, "COMMIT; BEGIN", error)) {
        return false;
    }
    ht_spool_index_committed(known->index);
    ht_spool_blocks_committed(known->blocks);
    return true;
}

/* The count of a store is made anew. */
static bool take_known(const HtSpoolEntry *entry, void *user, GError **error)
{
    KnownSaving *known = user;
    HtSpoolEntry before;
    bool was, gone = entry->value & HT_SPOOL_ENTRY_GONE;
    if (!ht_spool_index_find(known->index, &entry->hash, &was, &before, error)) {
        return false;
    }
    ht_spool_index_add_total(known->index, gone ? -(int)was : !was);
    ht_spool_index_put(known->index, entry);
    return ++known->taken % KNOWN_EACH != 0 || write_known(known, error);
}

static void lose_known(const char *what, bool lost, uint64_t entries, void *user)
{
    KnownSaving *known = user;
    (void)what;
    known->lost += lost ? entries : 0;
    known->holes += lost;
}

static bool save_store(Salvage *salvage, HtSpoolBlocks *blocks, HtSpoolStore store, const char *name,
                       GError **error)
{
    g_autoptr(HtSpoolIndex) index = ht_spool_index_new(blocks, store, SIZE_MAX, error);
    KnownSaving known = {salvage, index, blocks, 0, 0, 0};
    HtSpoolIndexWalk walk = {store, take_known, lose_known, &known};
    bool good = index && ht_spool_index_walk(salvage->from, &walk, error) && write_known(&known, error);
    if (good && known.holes > 0) {
        note_hole(name, known.lost, known.holes, salvage);
    }
    return good;
}

static bool save_known(Salvage *salvage, GError **error)
{
    g_autoptr(HtSpoolBlocks) blocks = ht_spool_blocks_new(salvage->to, FILTER_BYTES, error);
    return blocks && save_store(salvage, blocks, HT_SPOOL_STORE_KEYS, "known keys", error) &&
           save_store(salvage, blocks, HT_SPOOL_STORE_TIES, "ties of identities", error);
}

/* ---- The whole ---- */

/* The new file goes away as long as it is not whole: nobody syncs it before that. */
static bool make_new(Salvage *salvage, const char *path, GError **error)
{
    HtSpoolOptions options = {.directory = salvage->asked->directory, .limits = salvage->asked->limits};
    g_unlink(path);
    return ht_spool_disk_make_file(path, error) &&
           (salvage->to = ht_spool_database_open(path, error)) != NULL &&
           ht_spool_schema_prepare(salvage->to, &options, error) &&
           ht_spool_schema_migrate(salvage->to, HT_SPOOL_FORMAT, error) &&
           ht_spool_database_run(salvage->to,
                                 "DROP TABLE IF EXISTS events_5; DROP TABLE keys_9; DROP TABLE key_log_9;"
                                 "DROP TABLE aliases_9; PRAGMA journal_mode = delete;"
                                 "PRAGMA synchronous = off; PRAGMA cache_size = -65536",
                                 error);
}

static bool prepare(Salvage *salvage, GError **error)
{
    salvage->receipts_lost = g_hash_table_new(NULL, NULL);
    return (salvage->damages = ht_spool_damages_new(salvage->to, error)) != NULL &&
           (salvage->rows = ht_spool_rows_new(salvage->to, salvage->damages, error)) != NULL &&
           (salvage->messages = ht_spool_messages_new(salvage->to, error)) != NULL &&
           ht_spool_database_prepare(salvage->to,
                                     "SELECT id, message, source, received, first_seq, events FROM messages"
                                     " WHERE id > ? AND events > 0 ORDER BY id LIMIT 1",
                                     &salvage->next_message, error) &&
           ht_spool_database_prepare(
               salvage->to,
               "INSERT OR REPLACE INTO damaged(seq, reason, time, message, source) VALUES(?, ?, ?, ?, ?)",
               &salvage->insert_damaged, error);
}

static const char *const own_tables[] = {"messages",       "rows",        "places", "segments",
                                         "segment_blocks", "segment_log", NULL};

/* A row whose bytes SQLite can read may be none of ours all the same: what the check would find in the new file is left out, and counts as
 * a hole. */
static const struct {
    const char *table, *wrong;
} unreadable[] = {
    {"conflicts", "length(hash) <> 16 OR events < 1 OR last < first"},
    {"subjects", "forward IS NOT NULL AND (forward = subject OR forward NOT GLOB 'p-*')"},
};

static bool leave_out_unreadable(Salvage *salvage, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(unreadable); i++) {
        g_autofree char *sql =
            g_strdup_printf("DELETE FROM %s WHERE %s", unreadable[i].table, unreadable[i].wrong);
        if (!ht_spool_database_run(salvage->to, sql, error)) {
            return false;
        }
        int left_out = sqlite3_changes(salvage->to);
        if (left_out > 0) {
            note_hole(unreadable[i].table, 0, (uint64_t)left_out, salvage);
        }
    }
    return true;
}

static bool save_all(Salvage *salvage, GError **error)
{
    return ht_spool_database_run(salvage->to, "BEGIN", error) &&
           ht_spool_walk_copy(salvage->from, salvage->to, own_tables, note_hole, salvage, error) &&
           leave_out_unreadable(salvage, error) &&
           ht_spool_rows_unmark(salvage->to, error) && /* rows that stood nowhere are not taken over */
           save_messages(salvage, error) && save_events(salvage, error) && save_known(salvage, error) &&
           ht_spool_turns_forget(salvage->to, error) && ht_spool_roots_note(salvage->to, error) &&
           ht_spool_meta_set(salvage->to, HT_SPOOL_META_CLEAN, "0", 1, error) &&
           ht_spool_database_run(salvage->to, "COMMIT; PRAGMA journal_mode = wal", error);
}

static bool move(const char *from, const char *to, bool may_miss, GError **error)
{
    if (g_rename(from, to) == 0 || (may_miss && errno == ENOENT)) {
        return true;
    }
    g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: cannot rename \"%s\" to \"%s\": %s", from,
                to, g_strerror(errno));
    return false;
}

static const char *const beside[] = {"-wal", "-shm"};

/* Ends with spool.db being the new file, and the old one with what was beside it in `folder`. */
static bool swap(Salvage *salvage, const char *old, const char *new, GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *name = g_date_time_format(now, KEPT_PREFIX "%Y%m%dT%H%M%SZ");
    g_autofree char *folder = g_build_filename(salvage->asked->directory, name, NULL);
    g_autofree char *kept = g_build_filename(folder, HT_SPOOL_FILE, NULL);
    if (g_mkdir(folder, 0700) != 0 || link(old, kept) != 0) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: cannot keep the old file in \"%s\": %s",
                    folder, g_strerror(errno));
        return false;
    }
    salvage->salvaged->kept = g_strdup(folder);
    if (!ht_spool_disk_sync(salvage->asked->directory, error)) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(beside); i++) {
        g_autofree char *from = g_strconcat(old, beside[i], NULL), *to = g_strconcat(kept, beside[i], NULL);
        if (!move(from, to, true, error)) {
            return false;
        }
    }
    return ht_spool_disk_sync(folder, error) && move(new, old, false, error) &&
           ht_spool_disk_sync(salvage->asked->directory, error);
}

/* Takes back what swap() did before it was interrupted: spool.db is then the file in `folder`, too. */
static bool take_back(const char *folder, const char *old, GError **error)
{
    g_autofree char *kept = g_build_filename(folder, HT_SPOOL_FILE, NULL);
    struct stat now, then;
    if (stat(old, &now) != 0 || stat(kept, &then) != 0 || now.st_ino != then.st_ino ||
        now.st_dev != then.st_dev) {
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(beside); i++) {
        g_autofree char *to = g_strconcat(old, beside[i], NULL), *from = g_strconcat(kept, beside[i], NULL);
        if (!move(from, to, true, error)) {
            return false;
        }
    }
    return g_unlink(kept) == 0 && g_rmdir(folder) == 0;
}

static bool take_back_all(const char *directory, const char *old, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    bool good = true;
    for (const char *name; good && dir && (name = g_dir_read_name(dir));) {
        g_autofree char *folder = g_build_filename(directory, name, NULL);
        good = !g_str_has_prefix(name, KEPT_PREFIX) || take_back(folder, old, error);
    }
    return good;
}

static bool close_both(Salvage *salvage, GError **error)
{
    sqlite3 *to = g_steal_pointer(&salvage->to), *from = g_steal_pointer(&salvage->from);
    clear(salvage);
    *salvage = (Salvage){.asked = salvage->asked, .salvaged = salvage->salvaged};
    sqlite3_close(from);
    if (sqlite3_close(to) != SQLITE_OK) {
        g_set_error_literal(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: the new file cannot be closed");
        return false;
    }
    return true;
}

/* With other keys every event would count as lost. Where not even that can be read of the file, what can be is tried. */
static bool has_its_keys(const char *path, GError **error)
{
    g_autoptr(sqlite3) db = ht_spool_database_open(path, NULL);
    g_autoptr(GError) reason = NULL;
    if (!db || ht_spool_vault_belongs(db, &reason) ||
        !g_error_matches(reason, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY)) {
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&reason));
    return false;
}

static bool save(Salvage *salvage, GError **error)
{
    g_autofree char *old = g_build_filename(salvage->asked->directory, HT_SPOOL_FILE, NULL);
    g_autofree char *new = g_build_filename(salvage->asked->directory, NEW_FILE, NULL);
    if (!g_file_test(old, G_FILE_TEST_EXISTS)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: there is no \"%s\"", old);
        return false;
    }
    bool good = take_back_all(salvage->asked->directory, old, error) && has_its_keys(old, error) &&
                ht_spool_vault_open(salvage->asked->directory, &salvage->asked->sealing, error) &&
                (salvage->from = ht_spool_legible_open(salvage->asked, error)) != NULL &&
                make_new(salvage, new, error) && prepare(salvage, error) && save_all(salvage, error) &&
                close_both(salvage, error) && ht_spool_disk_sync(new, error) &&
                swap(salvage, old, new, error);
    if (!good) {
        g_unlink(new);
    }
    ht_spool_legible_forget(salvage->asked->directory);
    return good;
}

bool ht_spool_salvage(const HtSpoolSalvage *asked, HtSpoolSalvaged *salvaged, GString *report, GError **error)
{
    g_auto(Salvage) salvage = {.asked = asked, .salvaged = salvaged};
    *salvaged = (HtSpoolSalvaged){.missing = g_ptr_array_new_with_free_func(free_missing),
                                  .holes = g_ptr_array_new_with_free_func(free_hole)};
    int lock = ht_spool_disk_lock(asked->directory, error);
    if (lock < 0) {
        return false;
    }
    bool good = save(&salvage, error);
    close(lock);
    if (good) {
        salvaged->findings = ht_spool_check(asked->directory, report, error);
    }
    return good && salvaged->findings >= 0;
}
