/* Rows on their way into the file. */
#include "spool/rows.h"

struct HtSpoolRows {
    HtSpoolDamages *damages;
    HtSpoolPlaces *places;
    sqlite3_stmt *insert_row, *insert_place;
    HtSpoolRowMaker maker;
    HtSpoolPlace place; /* of the row that is being made: `last` and `message` hold while it has events */
    HtBuffer bytes, room;
    uint64_t next, committed_next; /* number of the next row */
};

HtSpoolRows *ht_spool_rows_new(sqlite3 *db, HtSpoolDamages *damages, GError **error)
{
    g_autoptr(HtSpoolRows) rows = g_new0(HtSpoolRows, 1);
    int64_t last;
    rows->damages = damages;
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
        g_free(rows);
    }
}

static bool insert(HtSpoolRows *rows, GError **error)
{
    const HtSpoolPlace *place = &rows->place;
    ht_spool_row_finish(&rows->maker, &rows->bytes);
    sqlite3_bind_int64(rows->insert_row, 1, (sqlite3_int64)place->row);
    ht_spool_bind_blob(rows->insert_row, 2, rows->bytes.data, rows->bytes.size);
    sqlite3_bind_int64(rows->insert_place, 1, (sqlite3_int64)place->last);
    sqlite3_bind_int64(rows->insert_place, 2, place->count);
    sqlite3_bind_int64(rows->insert_place, 3, (sqlite3_int64)place->row);
    sqlite3_bind_int64(rows->insert_place, 4, (sqlite3_int64)place->message);
    sqlite3_bind_int64(rows->insert_place, 5, ht_spool_place_sum(place));
    return ht_spool_database_do(rows->insert_row, error) && ht_spool_database_do(rows->insert_place, error);
}

bool ht_spool_rows_write(HtSpoolRows *rows, GError **error)
{
    if (ht_spool_row_count(&rows->maker) == 0) {
        return true;
    }
    rows->place.count = ht_spool_row_count(&rows->maker);
    rows->place.row = rows->next++;
    bool good = insert(rows, error);
    ht_spool_row_begin(&rows->maker, rows->next);
    ht_buffer_reset(&rows->bytes, 4 * HT_SPOOL_ROW_BYTES);
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

void ht_spool_rows_committed(HtSpoolRows *rows)
{
    rows->committed_next = rows->next;
}

void ht_spool_rows_rolled_back(HtSpoolRows *rows)
{
    rows->next = rows->committed_next;
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
