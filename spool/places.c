/* Reading rows by their places. Damage is no error: it is what has been found. */
#include "spool/places.h"

#include "core/base/little.h"

#include "spool/sealed-row.h"

#include <xxhash.h>

struct HtSpoolPlaces {
    sqlite3 *db;
    bool bears;
    sqlite3_stmt *next, *before, *read;
    HtSpoolSealer *sealer;
};

int64_t ht_spool_place_sum(const HtSpoolPlace *place)
{
    uint64_t numbers[] = {GUINT64_TO_LE(place->last), GUINT64_TO_LE(place->row),
                          GUINT64_TO_LE(place->message), GUINT64_TO_LE((uint64_t)place->count)};
    return (int64_t)XXH3_64bits(numbers, sizeof numbers);
}

HtSpoolPlaces *ht_spool_places_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolPlaces) places = g_new0(HtSpoolPlaces, 1);
    places->db = db;
    places->sealer = ht_spool_sealer_new(ht_spool_vault_of(db));
    if (!ht_spool_database_prepare(db,
                                   "SELECT last_seq, count, row, message, sum FROM places WHERE last_seq > ?"
                                   " ORDER BY last_seq LIMIT 1",
                                   &places->next, error) ||
        !ht_spool_database_prepare(db,
                                   "SELECT last_seq, count, row, message, sum FROM places WHERE last_seq < ?"
                                   " ORDER BY last_seq DESC LIMIT 1",
                                   &places->before, error) ||
        !ht_spool_database_prepare(db, "SELECT bytes FROM rows WHERE id = ?", &places->read, error)) {
        return NULL;
    }
    return g_steal_pointer(&places);
}

void ht_spool_places_free(HtSpoolPlaces *places)
{
    if (places) {
        sqlite3_finalize(places->next);
        sqlite3_finalize(places->before);
        sqlite3_finalize(places->read);
        ht_spool_sealer_free(places->sealer);
        g_free(places);
    }
}

void ht_spool_places_bear(HtSpoolPlaces *places, bool bears)
{
    places->bears = bears;
}

/* What cannot be read is damage; what says that nothing can be read any more is an error. */
static bool is_damage(const HtSpoolPlaces *places, int result)
{
    return (result & 0xff) == SQLITE_CORRUPT || (places->bears && (result & 0xff) == SQLITE_IOERR);
}

/* ---- Places ---- */

typedef enum { NONE, GOOD, BAD, UNREADABLE } Probe;

/* A value that is none of ours gives 0. */
static uint64_t column_number(sqlite3_stmt *row, int column)
{
    int64_t number = sqlite3_column_int64(row, column);
    return number > 0 ? (uint64_t)number : 0;
}

/* The place that the statement finds from this sequence on. Of a BAD one only `last` says something: the key under which it stands. */
static bool probe_with(HtSpoolPlaces *places, sqlite3_stmt *row, uint64_t from, HtSpoolPlace *place,
                       Probe *found, GError **error)
{
    sqlite3_bind_int64(row, 1, (sqlite3_int64)MIN(from, (uint64_t)INT64_MAX));
    int result = sqlite3_step(row);
    bool good = result == SQLITE_ROW || result == SQLITE_DONE || is_damage(places, result);
    if (!good) {
        ht_spool_database_set_error(places->db, "reading", error);
    } else if (result == SQLITE_ROW) {
        *place = (HtSpoolPlace){.last = column_number(row, 0),
                                .count = (uint32_t)MIN(column_number(row, 1), (uint64_t)UINT32_MAX),
                                .row = column_number(row, 2),
                                .message = column_number(row, 3)};
        bool is_whole = place->count > 0 && place->count <= place->last &&
                        sqlite3_column_int64(row, 4) == ht_spool_place_sum(place);
        *found = is_whole ? GOOD : BAD;
    } else {
        *found = result == SQLITE_DONE ? NONE : UNREADABLE;
    }
    sqlite3_reset(row);
    return good;
}

/* The next place above `after`. */
static bool probe(HtSpoolPlaces *places, uint64_t after, HtSpoolPlace *place, Probe *found, GError **error)
{
    return probe_with(places, places->next, after, place, found, error);
}

bool ht_spool_places_last(HtSpoolPlaces *places, uint64_t *last, GError **error)
{
    HtSpoolPlace place = {.last = INT64_MAX};
    Probe found = BAD;
    while (found == BAD) {
        if (!probe_with(places, places->before, place.last, &place, &found, error)) {
            return false;
        }
    }
    if (found == UNREADABLE) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: the end of the table of places cannot be read");
        return false;
    }
    *last = found == GOOD ? place.last : 0;
    return true;
}

/* From `*after`, where the table cannot be read, to the next sequence from where it can; `last` when there is none before it. */
static bool leap(HtSpoolPlaces *places, uint64_t last, uint64_t *after, GError **error)
{
    HtSpoolPlace place;
    Probe found = UNREADABLE;
    uint64_t low = *after, high = low;
    for (uint64_t step = 1; found == UNREADABLE && high < last; step *= 2) {
        low = high;
        high = MIN(high + step, last);
        if (!probe(places, high, &place, &found, error)) {
            return false;
        }
    }
    while (found != UNREADABLE && high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        Probe there;
        if (!probe(places, middle, &place, &there, error)) {
            return false;
        }
        *(there == UNREADABLE ? &low : &high) = middle;
    }
    *after = high;
    return true;
}

bool ht_spool_places_next(HtSpoolPlaces *places, uint64_t after, uint64_t last, HtSpoolPlace *place,
                          bool *found, GError **error)
{
    *found = false;
    for (;;) {
        Probe there;
        if (!probe(places, after, place, &there, error)) {
            return false;
        }
        *found = there == GOOD;
        if (there == GOOD || there == NONE || (there == UNREADABLE && after >= last)) {
            return true;
        }
        if (there == BAD) {
            after = MAX(after + 1, place->last);
        } else if (!leap(places, last, &after, error)) {
            return false;
        }
    }
}

/* ---- Rows ---- */

/* Takes the reference. */
static GBytes *open_row(HtSpoolPlaces *places, const HtSpoolPlace *place, GBytes *bytes)
{
    HtSpoolRow row = ht_spool_place_row(place, bytes);
    if (!ht_spool_sealed_row_is(row.bytes)) {
        return bytes;
    }
    GBytes *opened = ht_spool_sealed_row_open(places->sealer, &row);
    g_bytes_unref(bytes);
    return opened;
}

bool ht_spool_places_read(HtSpoolPlaces *places, const HtSpoolPlace *place, GBytes **bytes, GError **error)
{
    *bytes = NULL;
    sqlite3_bind_int64(places->read, 1, (sqlite3_int64)place->row);
    int result = sqlite3_step(places->read);
    bool good = result == SQLITE_ROW || result == SQLITE_DONE || is_damage(places, result);
    if (!good) {
        ht_spool_database_set_error(places->db, "reading", error);
    } else if (result == SQLITE_ROW) {
        /* The blob is asked for before its size: a page of it that cannot be read shows only then. */
        const void *data = sqlite3_column_blob(places->read, 0);
        *bytes =
            data ? open_row(places, place, g_bytes_new(data, (size_t)sqlite3_column_bytes(places->read, 0)))
                 : NULL;
    }
    sqlite3_reset(places->read);
    return good;
}

/* ---- One event ---- */

/* What cannot be read is damaged; only what says that nothing can be read any more is an error. */
static bool note_result(HtSpoolPlaces *places, int result, bool *readable, GError **error)
{
    *readable = result == SQLITE_OK;
    if ((result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_BUSY ||
        (result & 0xff) == SQLITE_NOMEM) {
        ht_spool_database_set_error(places->db, "reading", error);
        return false;
    }
    return true;
}

static bool read_bytes(HtSpoolPlaces *places, sqlite3_blob *blob, uint64_t offset, HtText room,
                       bool *readable, GError **error)
{
    *readable = offset + room.size <= (uint64_t)sqlite3_blob_bytes(blob);
    return !*readable ||
           note_result(places, sqlite3_blob_read(blob, (char *)room.data, (int)room.size, (int)offset),
                       readable, error);
}

/* What its records are sealed with, if they are. */
static bool read_head(HtSpoolPlaces *places, sqlite3_blob *blob, const HtSpoolRow *row,
                      uint8_t head[HT_SPOOL_SEALED_HEAD], bool *sealed, bool *readable, GError **error)
{
    char magic[4];
    uint64_t at = HT_SPOOL_ROW_HEAD + (uint64_t)row->count * HT_SPOOL_ROW_ENTRY;
    *sealed = false;
    if (!read_bytes(places, blob, 0, (HtText){magic, sizeof magic}, readable, error)) {
        return false;
    }
    *sealed = *readable && ht_spool_sealed_row_is((HtText){magic, sizeof magic});
    return !*sealed ||
           read_bytes(places, blob, at, (HtText){(char *)head, HT_SPOOL_SEALED_HEAD}, readable, error);
}

/* The record at `index` of the row that the blob is. */
static bool read_record(HtSpoolPlaces *places, sqlite3_blob *blob, const HtSpoolRow *row, uint32_t index,
                        HtBuffer *room, HtSpoolFound *found, GError **error)
{
    uint8_t entries[2 * HT_SPOOL_ROW_ENTRY] = {0};
    uint32_t before = index > 0 ? 1 : 0;
    HtText at = {(char *)entries + (before ? 0 : HT_SPOOL_ROW_ENTRY), (before + 1) * HT_SPOOL_ROW_ENTRY};
    uint64_t offset = HT_SPOOL_ROW_HEAD + (uint64_t)(index - before) * HT_SPOOL_ROW_ENTRY;
    size_t size;
    bool readable;
    const uint8_t *entry = entries + HT_SPOOL_ROW_ENTRY;
    if (!read_bytes(places, blob, offset, at, &readable, error)) {
        return false;
    }
    if (!readable || !ht_spool_row_locate(row, before ? entries : NULL, entry, &offset, &size)) {
        return true;
    }
    uint8_t head[HT_SPOOL_SEALED_HEAD];
    bool sealed;
    room->size = 0;
    HtText bytes = {ht_buffer_reserve(room, size + 1), size};
    if (!read_bytes(places, blob, offset, bytes, &readable, error) ||
        (readable && !read_head(places, blob, row, head, &sealed, &readable, error))) {
        return false;
    }
    if (readable) {
        found->verdict =
            sealed ? ht_spool_sealed_row_judge(places->sealer, row, index, entry, head, bytes, &found->record)
                   : ht_spool_row_judge(row, index, entry, bytes, &found->record);
    }
    return true;
}

bool ht_spool_places_find(HtSpoolPlaces *places, uint64_t sequence, HtBuffer *room, HtSpoolFound *found,
                          GError **error)
{
    HtSpoolPlace place;
    Probe there;
    bool readable;
    sqlite3_blob *blob = NULL;
    *found = (HtSpoolFound){.verdict = HT_SPOOL_ROW_GONE};
    if (sequence == 0) {
        return true;
    }
    if (!probe(places, sequence - 1, &place, &there, error)) {
        return false;
    }
    if (there == NONE || (there == GOOD && ht_spool_place_first(&place) > sequence)) {
        return true;
    }
    found->verdict = HT_SPOOL_ROW_DAMAGED;
    if (there != GOOD) {
        return true;
    }
    int result = sqlite3_blob_open(places->db, "main", "rows", "bytes", (sqlite3_int64)place.row, 0, &blob);
    bool good = note_result(places, result, &readable, error);
    if (good && readable) {
        HtSpoolRow row = {{NULL, (size_t)sqlite3_blob_bytes(blob)}, place.row, place.count};
        good = read_record(places, blob, &row, (uint32_t)(sequence - ht_spool_place_first(&place)), room,
                           found, error);
        found->message = place.message + found->record.message;
    }
    sqlite3_blob_close(blob);
    return good;
}

bool ht_spool_places_period(HtSpoolPlaces *places, uint64_t sequence, uint32_t *period, GError **error)
{
    HtSpoolPlace place;
    Probe there = NONE;
    bool readable, sealed = false;
    uint8_t head[HT_SPOOL_SEALED_HEAD];
    sqlite3_blob *blob = NULL;
    *period = 0;
    if (sequence == 0 || !probe(places, sequence - 1, &place, &there, error)) {
        return sequence == 0;
    }
    if (there != GOOD || ht_spool_place_first(&place) > sequence) {
        return true;
    }
    int result = sqlite3_blob_open(places->db, "main", "rows", "bytes", (sqlite3_int64)place.row, 0, &blob);
    bool good = note_result(places, result, &readable, error);
    if (good && readable) {
        HtSpoolRow row = {{NULL, (size_t)sqlite3_blob_bytes(blob)}, place.row, place.count};
        good = read_head(places, blob, &row, head, &sealed, &readable, error);
        *period = good && readable && sealed ? ht_little_u32((const char *)head) : 0;
    }
    sqlite3_blob_close(blob);
    return good;
}
