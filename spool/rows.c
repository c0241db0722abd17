/* Rows on their way into the file. */
#include "spool/rows.h"

#include "spool/schema.h"
#include "spool/sealed-row.h"

struct HtSpoolRows {
    sqlite3 *db;
    HtSpoolDamages *damages;
    HtSpoolPlaces *places;
    HtSpoolTail *tail; /* or NULL */
    sqlite3_stmt *insert_row, *insert_place;
    HtSpoolRowMaker maker;
    HtSpoolPlace place; /* of the row that is being made: `last` and `message` hold while it has events */
    HtBuffer bytes, room;
    HtSpoolSealer *sealer;
    HtBuffer sealed;               /* what goes to the disk instead of `bytes` */
    uint64_t next, committed_next; /* number of the next row */
    GArray *loose; /* of HtSpoolPlace: rows go here instead of into `places`; NULL: they stand at once */
};

HtSpoolRows *ht_spool_rows_new(sqlite3 *db, HtSpoolDamages *damages, GError **error)
{
    g_autoptr(HtSpoolRows) rows = g_new0(HtSpoolRows, 1);
    int64_t last;
    rows->db = db;
    rows->damages = damages;
    rows->sealer = ht_spool_sealer_new(ht_spool_vault_of(db));
    rows->places = ht_spool_places_new(db, error);
    if (!rows->places ||
        !ht_spool_database_prepare(db, "INSERT INTO rows(id, bytes) VALUES(?, ?)", &rows->insert_row,
                                   error) ||
        !ht_spool_database_prepare(
            db, "INSERT INTO places(last_seq, count, row, message, sum) VALUES(?, ?, ?, ?, ?)",
            &rows->insert_place, error) ||
        !ht_spool_database_number(db, "SELECT max(id) FROM rows", &last, error)) {
        return NULL;
    }
    rows->next = rows->committed_next = (uint64_t)last + 1;
    ht_spool_row_begin(&rows->maker, rows->next);
    return g_steal_pointer(&rows);
}

void ht_spool_rows_free(HtSpoolRows *rows)
{
    if (rows) {
        ht_spool_places_free(rows->places);
        sqlite3_finalize(rows->insert_row);
        sqlite3_finalize(rows->insert_place);
        ht_spool_row_clear(&rows->maker);
        ht_buffer_clear(&rows->bytes);
        ht_buffer_clear(&rows->room);
        ht_buffer_clear(&rows->sealed);
        ht_spool_sealer_free(rows->sealer);
        g_free(rows);
    }
}

void ht_spool_rows_show(HtSpoolRows *rows, HtSpoolTail *tail)
{
    rows->tail = tail;
}

static bool insert_place(HtSpoolRows *rows, const HtSpoolPlace *place, GError **error)
{
    sqlite3_bind_int64(rows->insert_place, 1, (sqlite3_int64)place->last);
    sqlite3_bind_int64(rows->insert_place, 2, place->count);
    sqlite3_bind_int64(rows->insert_place, 3, (sqlite3_int64)place->row);
    sqlite3_bind_int64(rows->insert_place, 4, (sqlite3_int64)place->message);
    sqlite3_bind_int64(rows->insert_place, 5, ht_spool_place_sum(place));
    return ht_spool_database_do(rows->insert_place, error);
}

static bool insert(HtSpoolRows *rows, GError **error)
{
    const HtSpoolPlace *place = &rows->place;
    ht_spool_row_finish(&rows->maker, &rows->bytes);
    HtText bytes = ht_spool_row_stored(rows->sealer, place->row, ht_buffer_text(&rows->bytes), &rows->sealed);
    sqlite3_bind_int64(rows->insert_row, 1, (sqlite3_int64)place->row);
    ht_spool_bind_blob(rows->insert_row, 2, bytes.data, bytes.size);
    if (rows->loose) {
        g_array_append_val(rows->loose, *place);
        return ht_spool_database_do(rows->insert_row, error);
    }
    return ht_spool_database_do(rows->insert_row, error) && insert_place(rows, place, error);
}

bool ht_spool_rows_last(HtSpoolRows *rows, uint64_t *last, GError **error)
{
    return ht_spool_places_last(rows->places, last, error);
}

bool ht_spool_rows_lose(HtSpoolRows *rows, uint64_t last, uint64_t lost_to, GError **error)
{
    g_autofree char *forget = g_strdup_printf("DELETE FROM places WHERE last_seq > %" G_GUINT64_FORMAT, last);
    HtSpoolPlace place = {.last = lost_to, .count = (uint32_t)MIN(lost_to - last, (uint64_t)UINT32_MAX)};
    return ht_spool_database_run(rows->db, forget, error) && insert_place(rows, &place, error);
}

bool ht_spool_rows_write(HtSpoolRows *rows, GError **error)
{
    if (ht_spool_row_count(&rows->maker) == 0) {
        return true;
    }
    rows->place.count = ht_spool_row_count(&rows->maker);
    rows->place.row = rows->next++;
    bool good = insert(rows, error);
    if (good && rows->tail && !rows->loose) { /* of what stands nowhere yet nobody knows which events it is */
        ht_spool_tail_add(rows->tail, &rows->place, ht_buffer_text(&rows->bytes));
    }
    ht_spool_row_begin(&rows->maker, rows->next);
    ht_buffer_reset(&rows->bytes, 4 * HT_SPOOL_ROW_BYTES);
    ht_buffer_reset(&rows->sealed, 4 * HT_SPOOL_ROW_BYTES);
    return good;
}

bool ht_spool_rows_add(HtSpoolRows *rows, uint64_t sequence, uint64_t message, const HtSpoolRecord *record,
                       GError **error)
{
    const HtSpoolPlace *place = &rows->place;
    size_t more = record ? record->head.size + record->data.size : 0;
    uint32_t count = ht_spool_row_count(&rows->maker);
    bool follows = count > 0 && sequence == place->last + 1 && message >= place->message &&
                   message - place->message <= UINT32_MAX &&
                   rows->maker.records.size + more <= HT_SPOOL_ROW_BYTES;
    if (!follows && !ht_spool_rows_write(rows, error)) {
        return false;
    }
    if (!follows) {
        rows->place.message = message;
    }
    rows->place.last = sequence;
    if (record) {
        HtSpoolRecord placed = *record;
        placed.message = (uint32_t)(message - place->message);
        ht_spool_row_add(&rows->maker, &placed);
    } else {
        ht_spool_row_add(&rows->maker, NULL);
    }
    return true;
}

/* ---- Rows that stand nowhere yet ---- */

bool ht_spool_rows_loosen(HtSpoolRows *rows, GArray *places, GError **error)
{
    if (!ht_spool_rows_write(rows, error)) {
        return false;
    }
    rows->loose = places;
    return true;
}

bool ht_spool_rows_place(HtSpoolRows *rows, const GArray *places, uint64_t first, uint64_t message,
                         GError **error)
{
    for (guint i = 0; i < places->len; i++) {
        HtSpoolPlace place = g_array_index(places, HtSpoolPlace, i);
        place.last = first + place.count - 1;
        place.message = message;
        first = place.last + 1;
        if (!insert_place(rows, &place, error)) {
            return false;
        }
    }
    return true;
}

/* Little endian: rows from this number on may stand nowhere, places with a higher last sequence name those that do. */
typedef struct {
    uint64_t row, sequence;
} Mark;

bool ht_spool_rows_mark(HtSpoolRows *rows, sqlite3 *db, uint64_t last_sequence, GError **error)
{
    Mark mark = {GUINT64_TO_LE(rows->next), GUINT64_TO_LE(last_sequence)};
    return ht_spool_meta_set(db, HT_SPOOL_META_LOOSE, &mark, sizeof mark, error);
}

bool ht_spool_rows_unmark(sqlite3 *db, GError **error)
{
    return ht_spool_database_run(db, "DELETE FROM meta WHERE name = '" HT_SPOOL_META_LOOSE "'", error);
}

bool ht_spool_rows_sweep(sqlite3 *db, GError **error)
{
    Mark mark;
    bool found;
    g_autoptr(sqlite3_stmt) sweep = NULL;
    if (!ht_spool_meta_get(db, HT_SPOOL_META_LOOSE, &mark, sizeof mark, &found, error)) {
        return false;
    }
    if (!found) {
        return true;
    }
    if (!ht_spool_database_prepare(db,
                                   "DELETE FROM rows WHERE id >= ?1 AND id NOT IN"
                                   " (SELECT row FROM places WHERE last_seq > ?2)",
                                   &sweep, error)) {
        return false;
    }
    sqlite3_bind_int64(sweep, 1, (sqlite3_int64)GUINT64_FROM_LE(mark.row));
    sqlite3_bind_int64(sweep, 2, (sqlite3_int64)GUINT64_FROM_LE(mark.sequence));
    return ht_spool_database_do(sweep, error) && ht_spool_rows_unmark(db, error);
}

void ht_spool_rows_committed(HtSpoolRows *rows)
{
    rows->committed_next = rows->next;
    if (rows->tail) {
        ht_spool_tail_committed(rows->tail);
    }
}

void ht_spool_rows_rolled_back(HtSpoolRows *rows)
{
    rows->next = rows->committed_next;
    rows->loose = NULL;
    if (rows->tail) {
        ht_spool_tail_rolled_back(rows->tail);
    }
    ht_spool_row_begin(&rows->maker, rows->next);
}

bool ht_spool_rows_find(HtSpoolRows *rows, uint64_t sequence, HtSpoolFound *found, GError **error)
{
    uint32_t count = ht_spool_row_count(&rows->maker);
    uint64_t first = rows->place.last - count + 1;
    if (count == 0 || sequence < first || sequence > rows->place.last) {
        return ht_spool_places_find(rows->places, sequence, &rows->room, found, error) &&
               (found->verdict != HT_SPOOL_ROW_DAMAGED ||
                ht_spool_damages_set_aside(rows->damages, sequence, HT_STORED_DAMAGED, error));
    }
    bool good = ht_spool_row_look(&rows->maker, (uint32_t)(sequence - first), &found->record);
    found->verdict = good ? HT_SPOOL_ROW_GOOD : HT_SPOOL_ROW_GONE;
    found->message = rows->place.message + found->record.message;
    return true;
}
