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

/* Each row is an event; one of which the place has no row stands for all of that place. */
#define COUNT "SELECT count(*) + coalesce((SELECT sum(count - 1) FROM places WHERE row = 0), 0) FROM damaged"

HtSpoolDamages *ht_spool_damages_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolDamages) damages = g_new0(HtSpoolDamages, 1);
    int64_t count;
    if (!ht_spool_database_prepare(
            db, "INSERT OR IGNORE INTO damaged(seq, reason, time, message, source) VALUES(?, ?, ?, ?, ?)",
            &damages->insert, error) ||
        !ht_spool_database_prepare(db, FIND_MESSAGE, &damages->find_message, error) ||
        !ht_spool_database_number(db, COUNT, &count, error)) {
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

static bool insert(HtSpoolDamages *damages, uint64_t sequence, const char *reason, HtText message,
                   HtText source, GError **error)
{
    sqlite3_stmt *row = damages->insert;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)sequence);
    ht_spool_bind_text(row, 2, ht_text_from(reason));
    sqlite3_bind_int64(row, 3, ht_clock_now());
    ht_spool_bind_blob(row, 4, message.data, message.size);
    ht_spool_bind_text(row, 5, source);
    return ht_spool_database_do(row, error);
}

static void tell(uint64_t sequence, const char *reason, HtText message, HtText source)
{
    char id[HT_UUID_TEXT] = "not known";
    HtUuid uuid;
    if (message.size == HT_UUID_SIZE) {
        memcpy(uuid.bytes, message.data, HT_UUID_SIZE);
        ht_uuid_format(&uuid, id);
    }
    source = source.data ? source : HT_TEXT_LITERAL("not known");
    ht_log(HT_LOG_ERROR, "spool",
           "event %" G_GUINT64_FORMAT
           " is damaged and set aside, no consumer gets it: %s (message %s, source %.*s)",
           sequence, reason, id, (int)source.size, source.data);
}

/* Whose event it was. Texts live until the statement is reset; what cannot be read is not told. */
static void find_message(HtSpoolDamages *damages, uint64_t sequence, HtText *message, HtText *source)
{
    *message = *source = HT_TEXT_NONE;
    sqlite3_bind_int64(damages->find_message, 1, (sqlite3_int64)sequence);
    if (sqlite3_step(damages->find_message) == SQLITE_ROW) {
        *message = ht_spool_column_bytes(damages->find_message, 0);
        *source = ht_spool_column_bytes(damages->find_message, 1);
    }
}

bool ht_spool_damages_set_aside(HtSpoolDamages *damages, uint64_t sequence, HtStoredState state,
                                GError **error)
{
    HtText message, source;
    const char *reason = ht_spool_damage_reason(state);
    find_message(damages, sequence, &message, &source);
    bool good = insert(damages, sequence, reason, message, source, error);
    if (good && sqlite3_changes(sqlite3_db_handle(damages->insert)) > 0) {
        damages->count++;
        tell(sequence, reason, message, source);
    }
    sqlite3_reset(damages->find_message);
    return good;
}

bool ht_spool_damages_lose(HtSpoolDamages *damages, uint64_t first, uint64_t last, GError **error)
{
    g_autofree char *reason = g_strdup_printf(
        "events %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
        " were acknowledged and are not in the spool: its end was cut off or altered, or an older copy was put back",
        first, last);
    HtText message, source;
    ht_log(HT_LOG_ERROR, "spool", "%s; ask the departments to send again what they sent last", reason);
    damages->count += last - first + 1;
    find_message(damages, first, &message, &source);
    bool good = insert(damages, first, reason, message, source, error);
    sqlite3_reset(damages->find_message);
    return good;
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
