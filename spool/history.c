/* Messages, events and consumers, as commands look at them. Every read is a slice of rows in a transaction of its own. One thread. */
#include "spool/history.h"

#include "core/base/clock.h"
#include "spool/days.h"
#include "spool/finished.h"
#include "spool/look-inside.h"
#include "spool/page.h"
#include "spool/schema.h"

#define SLICE 1000
#define SLACK_US (600 * HT_SECOND) /* rows are out of the order of their times by less */
#define NEAR_ROWS 2000             /* looked at before the place that was found by halving */

#define COLUMNS "id, message, source, received, sha256, first_seq, events, duplicates, rejected"

/* ---- Messages ---- */

void ht_spool_kept_clear(HtSpoolKept *kept)
{
    g_free(kept->source);
    *kept = (HtSpoolKept){.source = NULL};
}

static bool read_kept(sqlite3_stmt *row, HtSpoolKept *kept, GError **error)
{
    HtText id = ht_spool_column_bytes(row, 1), source = ht_spool_column_bytes(row, 2);
    HtText sha256 = ht_spool_column_bytes(row, 4);
    if (id.size != HT_UUID_SIZE || sha256.size != sizeof kept->receipt.sha256) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: message %" G_GINT64_FORMAT " cannot be read",
                    (int64_t)sqlite3_column_int64(row, 0));
        return false;
    }
    *kept = (HtSpoolKept){.source = g_strndup(source.data, source.size)};
    memcpy(kept->receipt.id.bytes, id.data, id.size);
    memcpy(kept->receipt.sha256, sha256.data, sha256.size);
    kept->receipt.received_us = sqlite3_column_int64(row, 3);
    kept->receipt.sequence = (uint64_t)sqlite3_column_int64(row, 5);
    kept->receipt.events = (uint32_t)sqlite3_column_int64(row, 6);
    kept->receipt.duplicates = (uint32_t)sqlite3_column_int64(row, 7);
    kept->receipt.rejected = (uint32_t)sqlite3_column_int64(row, 8);
    return true;
}

/* The first row that was received at this time or later: by halving, so about. */
static bool find_row(HtSpoolLook *look, int64_t time_us, int64_t *row, GError **error)
{
    g_autoptr(sqlite3_stmt) ask = NULL;
    int64_t low, high;
    if (!ht_spool_database_number(look->db, "SELECT min(id) FROM messages", &low, error) ||
        !ht_spool_database_number(look->db, "SELECT max(id) + 1 FROM messages", &high, error) ||
        !ht_spool_database_prepare(look->db, "SELECT received FROM messages WHERE id = ?", &ask, error)) {
        return false;
    }
    while (low < high) {
        bool found;
        int64_t middle = low + (high - low) / 2;
        sqlite3_bind_int64(ask, 1, middle);
        if (!ht_spool_database_row(ask, &found, error)) {
            return false;
        }
        bool is_before = found && sqlite3_column_int64(ask, 0) < time_us;
        low = is_before ? middle + 1 : low;
        high = is_before ? high : middle;
        sqlite3_reset(ask);
    }
    *row = low;
    return true;
}

/* Called with each row; false ends it. */
typedef bool (*RowSeen)(sqlite3_stmt *row, void *user, GError **error);

/* Rows from `from` on, at most `most` of them. `ended`: the callee has said so, or there are no more. */
static bool read_slice(sqlite3_stmt *rows, int64_t *from, uint64_t most, RowSeen seen, void *user,
                       bool *ended, GError **error)
{
    bool found = true, good = true;
    sqlite3_bind_int64(rows, 1, *from);
    sqlite3_bind_int64(rows, 2, (sqlite3_int64)MIN(most, SLICE));
    while (good && !*ended) {
        good = ht_spool_database_row(rows, &found, error);
        if (!good || !found) {
            break;
        }
        *from = sqlite3_column_int64(rows, 0) + 1;
        g_autoptr(GError) wrong = NULL;
        *ended = !seen(rows, user, &wrong);
        good = !wrong;
        if (wrong) {
            g_propagate_error(error, g_steal_pointer(&wrong));
        }
    }
    sqlite3_reset(rows);
    return good;
}

static bool read_messages(HtSpoolLook *look, int64_t from, uint64_t most, RowSeen seen, void *user,
                          GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool ended = false;
    if (!ht_spool_database_prepare(
            look->db, "SELECT " COLUMNS " FROM messages WHERE id >= ? ORDER BY id LIMIT ?", &rows, error)) {
        return false;
    }
    while (!ended && most > 0) {
        int64_t before = from;
        if (!read_slice(rows, &from, most, seen, user, &ended, error)) {
            return false;
        }
        most -= MIN(most, (uint64_t)(from - before));
        ended = ended || from == before;
    }
    return true;
}

typedef struct {
    const HtUuid *id;
    HtSpoolKept *kept;
    bool found;
} Search;

static bool is_other(sqlite3_stmt *row, void *user, GError **error)
{
    Search *search = user;
    HtText id = ht_spool_column_bytes(row, 1);
    if (id.size != HT_UUID_SIZE || memcmp(id.data, search->id->bytes, HT_UUID_SIZE) != 0) {
        return true;
    }
    search->found = read_kept(row, search->kept, error);
    return false;
}

static int64_t time_of(const HtUuid *id)
{
    int64_t ms = 0;
    for (unsigned i = 0; i < 6; i++) {
        ms = ms << 8 | id->bytes[i];
    }
    return ms * 1000;
}

bool ht_spool_look_message(HtSpoolLook *look, const HtUuid *id, uint64_t most, HtSpoolKept *kept, bool *found,
                           GError **error)
{
    int64_t row;
    Search search = {id, kept, false};
    if (!find_row(look, time_of(id), &row, error) ||
        !read_messages(look, MAX(row - NEAR_ROWS, 0), most > 0 ? most : UINT64_MAX, is_other, &search,
                       error) ||
        (most == 0 && !search.found && !read_messages(look, 0, UINT64_MAX, is_other, &search, error))) {
        return false;
    }
    *found = search.found;
    return true;
}

typedef struct {
    const HtSpoolSpan *span;
    void (*seen)(const HtSpoolKept *kept, void *user);
    void *user;
} Walk;

static bool walk(sqlite3_stmt *row, void *user, GError **error)
{
    const Walk *step = user;
    HtSpoolKept kept;
    int64_t received_us = sqlite3_column_int64(row, 3);
    if (received_us >= step->span->from_us && received_us < step->span->before_us) {
        if (!read_kept(row, &kept, error)) {
            return false;
        }
        step->seen(&kept, step->user);
        ht_spool_kept_clear(&kept);
    }
    return received_us - SLACK_US < step->span->before_us; /* which may be as far as there is */
}

bool ht_spool_look_messages(HtSpoolLook *look, const HtSpoolSpan *span,
                            void (*seen)(const HtSpoolKept *kept, void *user), void *user, GError **error)
{
    Walk step = {span, seen, user};
    int64_t row;
    return find_row(look, span->from_us - SLACK_US, &row, error) &&
           read_messages(look, row, UINT64_MAX, walk, &step, error);
}

/* ---- Consumers ---- */

static void free_consumer(void *item)
{
    HtSpoolConsumer *consumer = item;
    g_free(consumer->name);
    g_array_unref(consumer->finished);
    g_array_unref(consumer->dead);
    g_free(consumer);
}

/* What cannot be believed comes again, and is not finished. */
static HtSpoolConsumer *read_consumer(sqlite3_stmt *row)
{
    HtSpoolConsumer *consumer = g_new0(HtSpoolConsumer, 1);
    HtText name = ht_spool_column_bytes(row, 0), finished = ht_spool_column_bytes(row, 2);
    consumer->name = g_strndup(name.data, name.size);
    consumer->cursor = (uint64_t)sqlite3_column_int64(row, 1);
    consumer->start = (uint64_t)sqlite3_column_int64(row, 3);
    consumer->finished = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    consumer->dead = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    if (finished.size > 0) {
        ht_spool_finished_unpack(consumer->cursor, finished, consumer->finished);
    }
    return consumer;
}

static bool read_dead(HtSpoolLook *look, HtSpoolConsumer *consumer, uint64_t first, uint64_t last,
                      GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(
            look->db, "SELECT seq FROM dead_letters WHERE consumer = ? AND seq BETWEEN ? AND ? ORDER BY seq",
            &row, error)) {
        return false;
    }
    ht_spool_bind_text(row, 1, ht_text_from(consumer->name));
    sqlite3_bind_int64(row, 2, (sqlite3_int64)MIN(first, (uint64_t)INT64_MAX));
    sqlite3_bind_int64(row, 3, (sqlite3_int64)MIN(last, (uint64_t)INT64_MAX));
    while (found) {
        if (!ht_spool_database_row(row, &found, error)) {
            return false;
        }
        uint64_t sequence = found ? (uint64_t)sqlite3_column_int64(row, 0) : 0;
        if (found) {
            g_array_append_val(consumer->dead, sequence);
        }
    }
    return true;
}

GPtrArray *ht_spool_look_consumers(HtSpoolLook *look, uint64_t first, uint64_t last, GError **error)
{
    g_autoptr(GPtrArray) consumers = g_ptr_array_new_with_free_func(free_consumer);
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(
            look->db,
            "SELECT consumer, seq, finished, start FROM cursors WHERE instr(consumer, '/') = 0 ORDER BY consumer",
            &row, error)) {
        return NULL;
    }
    while (found) {
        if (!ht_spool_database_row(row, &found, error)) {
            return NULL;
        }
        if (found) {
            g_ptr_array_add(consumers, read_consumer(row));
        }
    }
    sqlite3_reset(row);
    for (guint i = 0; i < consumers->len; i++) {
        if (!read_dead(look, consumers->pdata[i], first, last, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&consumers);
}

bool ht_spool_look_latest(HtSpoolLook *look, uint64_t most,
                          void (*seen)(const char *source, int64_t received_us, void *user), void *user,
                          GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found;
    if (!ht_spool_database_prepare(look->db,
                                   "SELECT source, max(received) FROM (SELECT source, received FROM messages "
                                   "ORDER BY id DESC LIMIT ?) GROUP BY source",
                                   &row, error)) {
        return false;
    }
    sqlite3_bind_int64(row, 1, (int64_t)most);
    while (ht_spool_database_row(row, &found, error)) {
        if (!found) {
            return true;
        }
        seen((const char *)sqlite3_column_text(row, 0), sqlite3_column_int64(row, 1), user);
    }
    return false;
}

GArray *ht_spool_look_days(HtSpoolLook *look, int first, int last, GError **error)
{
    return ht_spool_days_read(look->db, first, last, error);
}

bool ht_spool_look_pruned(HtSpoolLook *look, uint64_t *sequence, GError **error)
{
    return ht_spool_meta_pruned(look->db, sequence, error);
}

const HtSpoolConsumer *ht_spool_consumer_find(const GPtrArray *consumers, const char *name)
{
    for (guint i = 0; i < consumers->len; i++) {
        const HtSpoolConsumer *consumer = consumers->pdata[i];
        if (strcmp(consumer->name, name) == 0) {
            return consumer;
        }
    }
    return NULL;
}

static int compare_run(const void *key, const void *item)
{
    const uint64_t *sequence = key;
    const HtSpoolRun *run = item;
    return *sequence < run->first ? -1 : *sequence > run->last;
}

static int compare_sequence(const void *key, const void *item)
{
    const uint64_t *left = key, *right = item;
    return *left < *right ? -1 : *left > *right;
}

static bool holds(const GArray *array, uint64_t sequence, int (*compare)(const void *, const void *))
{
    return array->len > 0 &&
           bsearch(&sequence, array->data, array->len, g_array_get_element_size((GArray *)array), compare);
}

HtSpoolEventState ht_spool_consumer_state(const HtSpoolConsumer *consumer, uint64_t sequence)
{
    if (holds(consumer->dead, sequence, compare_sequence)) {
        return HT_SPOOL_EVENT_DEAD;
    }
    bool finished = sequence <= consumer->cursor || holds(consumer->finished, sequence, compare_run);
    return finished ? HT_SPOOL_EVENT_FINISHED : HT_SPOOL_EVENT_WAITING;
}

/* ---- Events ---- */

/* The events of one place, in one transaction: what it names is there as long. */
static bool read_place(HtSpoolLook *look, HtSpoolPlaces *places, uint64_t after, uint64_t last,
                       HtSpoolPage **page, GError **error)
{
    HtSpoolPageRoom room = {UINT_MAX, SIZE_MAX};
    HtSpoolPlace place;
    g_autoptr(GBytes) bytes = NULL;
    bool found = false;
    *page = ht_spool_page_new(after);
    bool good = ht_spool_database_run(look->db, "BEGIN", error) &&
                ht_spool_places_next(places, after, last, &place, &found, error) &&
                (!found || ht_spool_places_read(places, &place, &bytes, error));
    good = ht_spool_database_run(look->db, "COMMIT", good ? error : NULL) && good;
    if (good && found) {
        ht_spool_page_skip(*page, ht_spool_place_first(&place) - 1);
        ht_spool_page_add(*page, &place, bytes, &room);
    }
    return good;
}

bool ht_spool_look_events(HtSpoolLook *look, uint64_t after, uint64_t last,
                          void (*seen)(const HtStoredEvent *event, void *user), void *user, GError **error)
{
    g_autoptr(HtSpoolPlaces) places = ht_spool_places_new(look->db, error);
    bool good = places != NULL, more = true;
    while (good && more) {
        HtSpoolPage *page;
        good = read_place(look, places, after, last, &page, error);
        more = good && ht_spool_page_last(page) > after;
        after = ht_spool_page_last(page);
        for (guint i = 0; good && i < page->events->len; i++) {
            const HtStoredEvent *event = page->events->pdata[i];
            if (event->sequence <= last) {
                seen(event, user);
            }
        }
        ht_spool_page_free(page);
    }
    return good;
}
