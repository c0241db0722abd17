/* Loading what is kept of delivery, and its tables in memory. */
#include "spool/standing.h"

static void free_pause(void *data)
{
    HtSpoolPause *pause = data;
    g_free(pause->reason);
    g_free(pause->notice);
    g_free(pause);
}

static void free_replay(void *data)
{
    HtSpoolReplay *replay = data;
    g_free(replay->consumer);
    g_free(replay->types);
    g_free(replay->sources);
    g_free(replay);
}

static void init(HtSpoolStanding *kept)
{
    kept->letters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    for (unsigned i = 0; i < HT_SPOOL_PARTIES; i++) {
        kept->pauses[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_pause);
    }
    kept->pause_turn = 1;
    kept->replays = g_ptr_array_new_with_free_func(free_replay);
}

void ht_spool_standing_clear(HtSpoolStanding *kept)
{
    g_clear_pointer(&kept->letters, g_hash_table_unref);
    for (unsigned i = 0; i < HT_SPOOL_PARTIES; i++) {
        g_clear_pointer(&kept->pauses[i], g_hash_table_unref);
    }
    g_clear_pointer(&kept->replays, g_ptr_array_unref);
}

/* ---- Dead letters ---- */

static GArray *letters_of(HtSpoolStanding *kept, const char *consumer)
{
    GArray *letters = g_hash_table_lookup(kept->letters, consumer);
    if (!letters) {
        letters = g_array_new(FALSE, FALSE, sizeof(uint64_t));
        g_hash_table_insert(kept->letters, g_strdup(consumer), letters);
    }
    return letters;
}

/* Where it is, or would be. */
static unsigned find(const GArray *letters, uint64_t sequence, bool *found)
{
    unsigned low = 0, high = letters->len;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (g_array_index(letters, uint64_t, middle) < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = low < letters->len && g_array_index(letters, uint64_t, low) == sequence;
    return low;
}

bool ht_spool_standing_add_letter(HtSpoolStanding *kept, const char *consumer, uint64_t sequence)
{
    GArray *letters = letters_of(kept, consumer);
    bool found;
    unsigned at = find(letters, sequence, &found);
    if (!found) {
        g_array_insert_val(letters, at, sequence);
    }
    return !found;
}

bool ht_spool_standing_has_letter(HtSpoolStanding *kept, const char *consumer, uint64_t sequence)
{
    bool found;
    find(letters_of(kept, consumer), sequence, &found);
    return found;
}

bool ht_spool_standing_remove_letter(HtSpoolStanding *kept, const char *consumer, uint64_t sequence)
{
    GArray *letters = letters_of(kept, consumer);
    bool found;
    unsigned at = find(letters, sequence, &found);
    if (found) {
        g_array_remove_index(letters, at);
    }
    return found;
}

uint64_t ht_spool_standing_letters(const HtSpoolStanding *kept)
{
    uint64_t count = 0;
    GHashTableIter iter;
    void *letters;
    g_hash_table_iter_init(&iter, kept->letters);
    while (g_hash_table_iter_next(&iter, NULL, &letters)) {
        count += ((GArray *)letters)->len;
    }
    return count;
}

/* ---- Pauses ---- */

static const char *const parties[HT_SPOOL_PARTIES] = {"consumer", "source", "route", "intake"};

const char *ht_spool_party_name(HtSpoolParty party)
{
    return parties[party];
}

void ht_spool_standing_pause(HtSpoolStanding *kept, HtSpoolParty party, const char *name,
                             const HtSpoolPause *pause)
{
    kept->pause_turn++;
    if (pause->kind == HT_SPOOL_PAUSE_NONE) {
        g_hash_table_remove(kept->pauses[party], name);
        return;
    }
    HtSpoolPause *copy = g_memdup2(pause, sizeof *pause);
    copy->reason = g_strdup(pause->reason ? pause->reason : "");
    copy->notice = g_strdup(pause->notice ? pause->notice : "");
    g_hash_table_replace(kept->pauses[party], g_strdup(name), copy);
}

/* ---- Loading ---- */

static char *text_of(sqlite3_stmt *row, int column)
{
    return g_strdup((const char *)sqlite3_column_text(row, column));
}

static void take_letter(HtSpoolStanding *kept, sqlite3_stmt *row)
{
    uint64_t sequence = (uint64_t)sqlite3_column_int64(row, 1);
    GArray *letters = letters_of(kept, (const char *)sqlite3_column_text(row, 0));
    g_array_append_val(letters, sequence);
}

static HtSpoolPauseKind read_kind(int kind)
{
    return kind == HT_SPOOL_PAUSE_GONE || kind == HT_SPOOL_PAUSE_DRAIN ? (HtSpoolPauseKind)kind
                                                                       : HT_SPOOL_PAUSE_ADMIN;
}

static void take_pause(HtSpoolStanding *kept, sqlite3_stmt *row)
{
    const char *what = (const char *)sqlite3_column_text(row, 0);
    HtSpoolPause pause = {.kind = read_kind(sqlite3_column_int(row, 2)),
                          .since_us = sqlite3_column_int64(row, 3),
                          .uid = sqlite3_column_int64(row, 4),
                          .reason = (char *)sqlite3_column_text(row, 5),
                          .notice = (char *)sqlite3_column_text(row, 6),
                          .retry_s = (unsigned)CLAMP(sqlite3_column_int64(row, 7), 0, UINT32_MAX)};
    for (unsigned i = 0; i < HT_SPOOL_PARTIES; i++) {
        if (g_strcmp0(what, parties[i]) == 0) {
            ht_spool_standing_pause(kept, i, (const char *)sqlite3_column_text(row, 1), &pause);
        }
    }
}

static void take_replay(HtSpoolStanding *kept, sqlite3_stmt *row)
{
    HtSpoolReplay *replay = g_new0(HtSpoolReplay, 1);
    *replay = (HtSpoolReplay){
        .id = sqlite3_column_int64(row, 0),
        .consumer = text_of(row, 1),
        .first = (uint64_t)sqlite3_column_int64(row, 2),
        .last = (uint64_t)sqlite3_column_int64(row, 3),
        .types = text_of(row, 4),
        .sources = text_of(row, 5),
        .uid = sqlite3_column_int64(row, 6),
        .begun_us = sqlite3_column_int64(row, 7),
        .ended_us = sqlite3_column_int64(row, 8),
        .state = (HtSpoolReplayState)CLAMP(sqlite3_column_int(row, 9), 0, HT_SPOOL_REPLAY_CANCELLED),
        .delivered = (uint64_t)sqlite3_column_int64(row, 10),
        .dead = (uint64_t)sqlite3_column_int64(row, 11),
        .skipped = (uint64_t)sqlite3_column_int64(row, 12)};
    g_ptr_array_add(kept->replays, replay);
}

static bool load(HtSpoolStanding *kept, sqlite3 *db, const char *sql,
                 void (*take)(HtSpoolStanding *kept, sqlite3_stmt *row), GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(db, sql, &rows, error)) {
        return false;
    }
    while (found) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return false;
        }
        if (found) {
            take(kept, rows);
        }
    }
    return true;
}

bool ht_spool_standing_load(HtSpoolStanding *kept, sqlite3 *db, GError **error)
{
    init(kept);
    return load(kept, db, "SELECT consumer, seq FROM dead_letters ORDER BY consumer, seq", take_letter,
                error) &&
           load(kept, db, "SELECT what, name, kind, since, uid, reason, notice, retry FROM pauses",
                take_pause, error) &&
           load(kept, db,
                "SELECT id, consumer, first, last, types, sources, uid, begun, ended, state, delivered, dead,"
                " skipped FROM replays ORDER BY id",
                take_replay, error);
}
