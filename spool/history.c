/* Messages, events and consumers, as commands look at them. Every read is a slice of rows in a transaction of its own. One thread. */
#include "spool/history.h"

#include "core/base/clock.h"
#include "spool/days.h"
#include "spool/finished.h"
#include "spool/look-inside.h"
#include "spool/page.h"
#include "spool/schema.h"
#include "spool/turns.h"

#define SLICE 1000
#define SLACK_US HT_SPOOL_TURN_SLACK_US
#define SPAN_ROWS 20000 /* that may be out of order: some tens of milliseconds */
#define NEAR_ROWS 2000  /* looked at before the place that was found by halving */

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

/* The first row of the stretch that was received at this time or later: by halving, so about. Where nothing is sorted, its first. */
static bool find_row(HtSpoolLook *look, const HtSpoolStretch *stretch, int64_t time_us, int64_t *row,
                     GError **error)
{
    g_autoptr(sqlite3_stmt) ask = NULL;
    int64_t low = stretch->first, high = stretch->end;
    if (!ht_spool_database_prepare(look->db, "SELECT received FROM messages WHERE id = ?", &ask, error)) {
        return false;
    }
    while (stretch->sorted && low < high) {
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

/* The same by id. Those that stand in for lost ones are passed over: theirs are newer than their places. */
static bool find_id(HtSpoolLook *look, const HtUuid *id, int64_t *row, GError **error)
{
    g_autoptr(sqlite3_stmt) ask = NULL;
    int64_t low, high;
    if (!ht_spool_database_number(look->db, "SELECT min(id) FROM messages", &low, error) ||
        !ht_spool_database_number(look->db, "SELECT max(id) + 1 FROM messages", &high, error) ||
        !ht_spool_database_prepare(
            look->db,
            "SELECT id, message FROM messages WHERE id >= ? AND id < ? AND source <> ''"
            " ORDER BY id LIMIT 1",
            &ask, error)) {
        return false;
    }
    while (low < high) {
        bool found;
        int64_t middle = low + (high - low) / 2;
        sqlite3_bind_int64(ask, 1, middle);
        sqlite3_bind_int64(ask, 2, high);
        if (!ht_spool_database_row(ask, &found, error)) {
            return false;
        }
        HtText bytes = found ? ht_spool_column_bytes(ask, 1) : HT_TEXT_NONE;
        bool is_before = bytes.size == HT_UUID_SIZE && memcmp(bytes.data, id->bytes, HT_UUID_SIZE) < 0;
        low = is_before ? sqlite3_column_int64(ask, 0) + 1 : low;
        high = is_before ? high : middle;
        sqlite3_reset(ask);
    }
    *row = low;
    return true;
}

/* Called with each row; false ends it. */
typedef bool (*RowSeen)(sqlite3_stmt *row, void *user, GError **error);

/* Rows from `from` on, below `end`. `ended`: the callee has said so. */
static bool read_slice(sqlite3_stmt *rows, int64_t from, int64_t end, RowSeen seen, void *user, bool *ended,
                       GError **error)
{
    bool found = true, good = true;
    sqlite3_bind_int64(rows, 1, from);
    sqlite3_bind_int64(rows, 2, end);
    while (good && !*ended) {
        good = ht_spool_database_row(rows, &found, error);
        if (!good || !found) {
            break;
        }
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

/* From a row on, below `end`: a slice in a transaction. */
static bool read_messages(HtSpoolLook *look, int64_t from, int64_t end, RowSeen seen, void *user,
                          GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool ended = false;
    if (!ht_spool_database_prepare(look->db,
                                   "SELECT " COLUMNS " FROM messages WHERE id >= ? AND id < ? ORDER BY id",
                                   &rows, error)) {
        return false;
    }
    for (; !ended && from < end; from += SLICE) {
        if (!read_slice(rows, from, MIN(end, from + SLICE), seen, user, &ended, error)) {
            return false;
        }
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

bool ht_spool_look_message(HtSpoolLook *look, const HtUuid *id, uint64_t most, HtSpoolKept *kept, bool *found,
                           GError **error)
{
    int64_t row, last;
    Search search = {id, kept, false};
    if (!ht_spool_database_number(look->db, "SELECT max(id) FROM messages", &last, error) ||
        !find_id(look, id, &row, error)) {
        return false;
    }
    row = MAX(row - NEAR_ROWS, 0);
    int64_t end = most > 0 ? MIN(last + 1, row + (int64_t)MIN(most, INT32_MAX)) : last + 1;
    if (!read_messages(look, row, end, is_other, &search, error) ||
        (most == 0 && !search.found && !read_messages(look, 0, row, is_other, &search, error))) {
        return false;
    }
    *found = search.found;
    return true;
}

typedef struct {
    const HtSpoolSpan *span;
    bool sorted;
    void (*seen)(const HtSpoolKept *kept, void *user);
    void *user;
} Walk;

/* Without the slack, or with it; times may be as far as there are. */
static int64_t earlier(int64_t time_us)
{
    return time_us < INT64_MIN + SLACK_US ? INT64_MIN : time_us - SLACK_US;
}

static int64_t later(int64_t time_us)
{
    return time_us > INT64_MAX - SLACK_US ? INT64_MAX : time_us + SLACK_US;
}

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
    return !step->sorted ||
           received_us - SLACK_US < step->span->before_us; /* which may be as far as there is */
}

bool ht_spool_look_messages(HtSpoolLook *look, const HtSpoolSpan *span,
                            void (*seen)(const HtSpoolKept *kept, void *user), void *user, GError **error)
{
    g_autoptr(GArray) stretches = ht_spool_turns_stretches(look->db, error);
    bool good = stretches != NULL;
    for (guint i = 0; good && i < stretches->len; i++) {
        const HtSpoolStretch *stretch = &g_array_index(stretches, HtSpoolStretch, i);
        Walk step = {span, stretch->sorted, seen, user};
        int64_t row;
        good = find_row(look, stretch, earlier(span->from_us), &row, error) &&
               read_messages(look, row, stretch->end, walk, &step, error);
    }
    return good;
}

/* ---- Where a span lies among the events ---- */

/* The first of a stretch's events in the span, or the last one. */
typedef struct {
    const HtSpoolSpan *span;
    bool sorted, backward;
    uint64_t first, last; /* of the message that was found; 0: none */
} SpanSearch;

/* False when it is found, or cannot come any more. */
static bool search_row(const sqlite3_stmt *given, SpanSearch *search)
{
    sqlite3_stmt *row = (sqlite3_stmt *)given;
    int64_t received_us = sqlite3_column_int64(row, 0);
    uint64_t events = (uint64_t)sqlite3_column_int64(row, 2);
    if (received_us >= search->span->from_us && received_us < search->span->before_us && events > 0) {
        search->first = (uint64_t)sqlite3_column_int64(row, 1);
        search->last = search->first + events - 1;
        return false;
    }
    bool is_past = search->backward ? received_us < earlier(search->span->from_us)
                                    : earlier(received_us) >= search->span->before_us;
    return !search->sorted || !is_past;
}

static bool search_rows(HtSpoolLook *look, int64_t from, int64_t end, SpanSearch *search, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    g_autofree char *sql = g_strdup_printf("SELECT received, first_seq, events FROM messages"
                                           " WHERE id >= ? AND id < ? ORDER BY id%s",
                                           search->backward ? " DESC" : "");
    if (!ht_spool_database_prepare(look->db, sql, &rows, error)) {
        return false;
    }
    sqlite3_bind_int64(rows, 1, from);
    sqlite3_bind_int64(rows, 2, end);
    for (bool found = true; found;) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return false;
        }
        found = found && search_row(rows, search);
    }
    return true;
}

/* Rows that may be out of the order of their times are looked at, but not more than so many. */
static bool search_stretch(HtSpoolLook *look, const HtSpoolStretch *stretch, SpanSearch *search,
                           GError **error)
{
    int64_t from = stretch->first, end = stretch->end, near;
    const HtSpoolSpan *span = search->span;
    if (stretch->sorted && !search->backward) {
        if (!find_row(look, stretch, earlier(span->from_us), &from, error) ||
            !find_row(look, stretch, span->from_us, &near, error)) {
            return false;
        }
        from = MAX(from, near - SPAN_ROWS);
    } else if (stretch->sorted) {
        if (!find_row(look, stretch, later(span->before_us), &end, error) ||
            !find_row(look, stretch, span->before_us, &near, error)) {
            return false;
        }
        end = MIN(end, near + SPAN_ROWS);
    }
    return search_rows(look, from, end, search, error);
}

bool ht_spool_look_sequences(HtSpoolLook *look, const HtSpoolSpan *span, uint64_t *first, uint64_t *last,
                             GError **error)
{
    g_autoptr(GArray) stretches = ht_spool_turns_stretches(look->db, error);
    bool good = stretches != NULL;
    *first = *last = 0;
    for (guint i = 0; good && i < stretches->len; i++) {
        const HtSpoolStretch *stretch = &g_array_index(stretches, HtSpoolStretch, i);
        SpanSearch ahead = {span, stretch->sorted, false, 0, 0}, back = {span, stretch->sorted, true, 0, 0};
        good = search_stretch(look, stretch, &ahead, error) && search_stretch(look, stretch, &back, error);
        *first = *first > 0 ? *first : ahead.first;
        *last = MAX(*last, back.last);
    }
    return good;
}

GArray *ht_spool_look_turns(HtSpoolLook *look, GError **error)
{
    g_autoptr(GArray) stretches = ht_spool_turns_stretches(look->db, error);
    g_autoptr(GArray) turns = g_array_new(FALSE, FALSE, sizeof(HtSpoolTurn));
    g_autoptr(sqlite3_stmt) row = NULL;
    if (!stretches ||
        !ht_spool_database_prepare(
            look->db,
            "SELECT received, first_seq FROM messages WHERE id >= ? AND events > 0 ORDER BY id LIMIT 1", &row,
            error)) {
        return NULL;
    }
    for (guint i = 1; i < stretches->len; i++) {
        bool found;
        sqlite3_bind_int64(row, 1, g_array_index(stretches, HtSpoolStretch, i).first);
        if (!ht_spool_database_row(row, &found, error)) {
            return NULL;
        }
        if (found) {
            HtSpoolTurn turn = {(uint64_t)sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 0)};
            g_array_append_val(turns, turn);
        }
        sqlite3_reset(row);
    }
    return g_steal_pointer(&turns);
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
