/* Turns of the clock. Writer thread; for looking, whichever has the connection. */
#include "spool/turns.h"

#include "spool/schema.h"

#define NOTED_US \
    (HT_SPOOL_TURN_SLACK_US / 2) /* the other half is for what is not known of messages before the start */
#define LOOKED_AT "1000"         /* of the last messages, for the latest time */

typedef struct {
    guint count;
    int64_t latest_us; /* behind the last turn */
} TurnsStand;

struct HtSpoolTurns {
    sqlite3 *db;
    GArray *numbers; /* of uint64_t */
    TurnsStand now, committed;
};

static void unpack(HtText bytes, GArray *numbers)
{
    for (size_t at = 0; at + sizeof(uint64_t) <= bytes.size && numbers->len < HT_SPOOL_TURNS_MAX;
         at += sizeof(uint64_t)) {
        uint64_t number;
        memcpy(&number, bytes.data + at, sizeof number);
        number = GUINT64_FROM_LE(number);
        g_array_append_val(numbers, number);
    }
}

/* `found`: the spool says whether there are any. */
static GArray *read_numbers(sqlite3 *db, bool *found, GError **error)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_autoptr(sqlite3_stmt) row = NULL;
    if (!ht_spool_database_prepare(db, "SELECT value FROM meta WHERE name = '" HT_SPOOL_META_TURNS "'", &row,
                                   error) ||
        !ht_spool_database_row(row, found, error)) {
        return NULL;
    }
    if (*found) {
        unpack(ht_spool_column_bytes(row, 0), numbers);
    }
    return g_steal_pointer(&numbers);
}

static bool write_numbers(const HtSpoolTurns *turns, GError **error)
{
    uint64_t little[HT_SPOOL_TURNS_MAX];
    for (guint i = 0; i < turns->now.count; i++) {
        little[i] = GUINT64_TO_LE(g_array_index(turns->numbers, uint64_t, i));
    }
    return ht_spool_meta_set(turns->db, HT_SPOOL_META_TURNS, little, turns->now.count * sizeof *little,
                             error);
}

/* Whether the message begins a turn. */
static bool take(HtSpoolTurns *turns, uint64_t number, int64_t received_us)
{
    bool turned = received_us + NOTED_US < turns->now.latest_us && turns->now.count < HT_SPOOL_TURNS_MAX;
    if (turned) {
        g_array_append_val(turns->numbers, number);
        turns->now.count++;
    }
    turns->now.latest_us = turned ? received_us : MAX(turns->now.latest_us, received_us);
    return turned;
}

bool ht_spool_turns_note(HtSpoolTurns *turns, uint64_t number, int64_t received_us, GError **error)
{
    return !take(turns, number, received_us) || write_numbers(turns, error);
}

static bool find_turns(HtSpoolTurns *turns, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    if (!ht_spool_database_prepare(turns->db, "SELECT id, received FROM messages ORDER BY id", &rows,
                                   error)) {
        return false;
    }
    for (bool found = true; found;) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return false;
        }
        if (found) {
            take(turns, (uint64_t)sqlite3_column_int64(rows, 0), sqlite3_column_int64(rows, 1));
        }
    }
    return write_numbers(turns, error);
}

/* The latest time behind the last turn, as far as the last messages say it. */
static bool load_latest(HtSpoolTurns *turns, GError **error)
{
    guint count = turns->numbers->len;
    turns->now.count = count;
    uint64_t first = count > 0 ? g_array_index(turns->numbers, uint64_t, count - 1) : 0;
    g_autofree char *sql = g_strdup_printf(
        "SELECT max(received) FROM (SELECT received FROM messages WHERE id >= %" G_GUINT64_FORMAT
        " ORDER BY id DESC LIMIT " LOOKED_AT ")",
        first);
    return ht_spool_database_number(turns->db, sql, &turns->now.latest_us, error);
}

HtSpoolTurns *ht_spool_turns_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolTurns) turns = g_new0(HtSpoolTurns, 1);
    bool found;
    turns->db = db;
    turns->numbers = read_numbers(db, &found, error);
    if (!turns->numbers || !(found ? load_latest(turns, error) : find_turns(turns, error))) {
        return NULL;
    }
    turns->committed = turns->now;
    return g_steal_pointer(&turns);
}

void ht_spool_turns_free(HtSpoolTurns *turns)
{
    if (turns) {
        g_clear_pointer(&turns->numbers, g_array_unref);
        g_free(turns);
    }
}

void ht_spool_turns_committed(HtSpoolTurns *turns)
{
    turns->committed = turns->now;
}

void ht_spool_turns_rolled_back(HtSpoolTurns *turns)
{
    turns->now = turns->committed;
    g_array_set_size(turns->numbers, turns->now.count);
}

bool ht_spool_turns_forget(sqlite3 *db, GError **error)
{
    return ht_spool_database_run(db, "DELETE FROM meta WHERE name = '" HT_SPOOL_META_TURNS "'", error);
}

GArray *ht_spool_turns_stretches(sqlite3 *db, GError **error)
{
    bool found;
    int64_t first, last;
    g_autoptr(GArray) stretches = g_array_new(FALSE, FALSE, sizeof(HtSpoolStretch));
    g_autoptr(GArray) numbers = read_numbers(db, &found, error);
    if (!numbers || !ht_spool_database_number(db, "SELECT min(id) FROM messages", &first, error) ||
        !ht_spool_database_number(db, "SELECT max(id) FROM messages", &last, error)) {
        return NULL;
    }
    HtSpoolStretch stretch = {first, last + 1, true};
    for (guint i = 0; last > 0 && i < numbers->len; i++) {
        int64_t turn = (int64_t)g_array_index(numbers, uint64_t, i);
        if (turn > stretch.first && turn <= last) {
            HtSpoolStretch before = {stretch.first, turn, true};
            g_array_append_val(stretches, before);
            stretch.first = turn;
        }
    }
    if (last > 0) {
        stretch.sorted = numbers->len < HT_SPOOL_TURNS_MAX;
        g_array_append_val(stretches, stretch);
    }
    return g_steal_pointer(&stretches);
}
