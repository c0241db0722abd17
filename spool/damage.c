/* Events that are set aside. */
#include "spool/damage.h"

#include "core/base/clock.h"
#include "core/base/log.h"

struct HtSpoolDamages {
    sqlite3_stmt *insert, *find_message;
    uint64_t count, committed;
};

/* The message is one of those from the last place before the event on; a group has no more than so many. */
#define FIND_MESSAGE                                                                                         \
    "SELECT message, source FROM messages, (SELECT coalesce((SELECT message FROM places WHERE last_seq < ?1" \
    " ORDER BY last_seq DESC LIMIT 1), 0) AS base) WHERE id BETWEEN base AND base + 20000 AND events > 0"    \
    " AND first_seq BETWEEN 1 AND ?1 AND first_seq + events > ?1 ORDER BY id LIMIT 1"

HtSpoolDamages *ht_spool_damages_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolDamages) damages = g_new0(HtSpoolDamages, 1);
    int64_t count;
    if (!ht_spool_database_prepare(
            db, "INSERT OR IGNORE INTO damaged(seq, reason, time, message, source) VALUES(?, ?, ?, ?, ?)",
            &damages->insert, error) ||
        !ht_spool_database_prepare(db, FIND_MESSAGE, &damages->find_message, error) ||
        !ht_spool_database_number(db, "SELECT count(*) FROM damaged", &count, error)) {
        return NULL;
    }
    damages->count = damages->committed = (uint64_t)count;
    return g_steal_pointer(&damages);
}

void ht_spool_damages_free(HtSpoolDamages *damages)
{
    if (damages) {
        sqlite3_finalize(damages->insert);
        sqlite3_finalize(damages->find_message);
        g_free(damages);
    }
}

const char *ht_spool_damage_reason(HtStoredState state)
{
    switch (state) {
    case HT_STORED_DAMAGED: return "its bytes are not those that were written";
    case HT_STORED_LOST: return "its bytes cannot be found or read";
    case HT_STORED_REMOVED: return "it is kept no longer";
    case HT_STORED_WHOLE: break;
    }
    return "it is whole";
}

static bool insert(HtSpoolDamages *damages, uint64_t sequence, const char *reason, GError **error)
{
    sqlite3_stmt *row = damages->insert;
    HtText message = HT_TEXT_NONE, source = HT_TEXT_NONE;
    sqlite3_bind_int64(damages->find_message, 1, (sqlite3_int64)sequence);
    if (sqlite3_step(damages->find_message) == SQLITE_ROW) { /* what cannot be read there is not told */
        message = ht_spool_column_bytes(damages->find_message, 0);
        source = ht_spool_column_bytes(damages->find_message, 1);
    }
    sqlite3_bind_int64(row, 1, (sqlite3_int64)sequence);
    ht_spool_bind_text(row, 2, ht_text_from(reason));
    sqlite3_bind_int64(row, 3, ht_clock_now());
    ht_spool_bind_blob(row, 4, message.data, message.size);
    ht_spool_bind_text(row, 5, source);
    bool good = ht_spool_database_do(row, error);
    if (good && sqlite3_changes(sqlite3_db_handle(row)) > 0) {
        char id[HT_UUID_TEXT] = "not known";
        HtUuid uuid;
        if (message.size == HT_UUID_SIZE) {
            memcpy(uuid.bytes, message.data, HT_UUID_SIZE);
            ht_uuid_format(&uuid, id);
        }
        damages->count++;
        ht_log(HT_LOG_ERROR, "spool",
               "event %" G_GUINT64_FORMAT
               " is damaged and set aside, no consumer gets it: %s (message %s, source"
               " %.*s)",
               sequence, reason, id, source.data ? (int)source.size : 9,
               source.data ? source.data : "not known");
    }
    sqlite3_reset(damages->find_message);
    return good;
}

bool ht_spool_damages_set_aside(HtSpoolDamages *damages, uint64_t sequence, HtStoredState state,
                                GError **error)
{
    return insert(damages, sequence, ht_spool_damage_reason(state), error);
}

uint64_t ht_spool_damages_count(const HtSpoolDamages *damages)
{
    return damages->count;
}

void ht_spool_damages_committed(HtSpoolDamages *damages)
{
    damages->committed = damages->count;
}

void ht_spool_damages_rolled_back(HtSpoolDamages *damages)
{
    damages->count = damages->committed;
}
