/* The newest ids. Whichever thread opens the spool. */
#include "spool/rise.h"

#include "spool/messages.h"
#include "spool/places.h"

#define LOOKED_AT "100" /* messages: ids are given when a request begins, and rows when it is committed */

static void rise_above(HtText bytes)
{
    HtUuid id;
    if (bytes.size == sizeof id.bytes) {
        memcpy(id.bytes, bytes.data, sizeof id.bytes);
        ht_uuid_rise_above(&id);
    }
}

static bool see_messages(sqlite3 *db, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = ht_spool_database_prepare(
        db, "SELECT " HT_SPOOL_MESSAGE_COLUMNS " FROM messages ORDER BY id DESC LIMIT " LOOKED_AT, &rows,
        error);
    bool good = found;
    while (good && found) {
        good = ht_spool_database_row(rows, &found, error);
        if (good && found && ht_spool_messages_is_whole(rows)) {
            rise_above(ht_spool_column_bytes(rows, 1));
        }
    }
    return good;
}

static bool see_held(sqlite3 *db, GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = false;
    if (!ht_spool_database_prepare(db, "SELECT message FROM quarantine ORDER BY id DESC LIMIT 1", &row,
                                   error) ||
        !ht_spool_database_row(row, &found, error)) {
        return false;
    }
    if (found) {
        rise_above(ht_spool_column_bytes(row, 0));
    }
    return true;
}

static bool see_event(sqlite3 *db, uint64_t last, GError **error)
{
    g_autoptr(HtSpoolPlaces) places = ht_spool_places_new(db, error);
    HtBuffer room = {0};
    HtSpoolFound found;
    bool good = places && (last == 0 || ht_spool_places_find(places, last, &room, &found, error));
    if (good && last > 0 && found.verdict == HT_SPOOL_ROW_GOOD) {
        ht_uuid_rise_above(&found.record.id);
    }
    ht_buffer_clear(&room);
    return good;
}

bool ht_spool_rise(sqlite3 *db, uint64_t last, GError **error)
{
    return see_messages(db, error) && see_held(db, error) && see_event(db, last, error);
}
