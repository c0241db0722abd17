/* Each entry of both stores is looked at, those that later ones stand in for too. Command, main thread. */
#include "spool/check-keys.h"

#include "spool/index-walk.h"
#include "spool/keys.h"
#include "spool/ties.h"
#include "spool/words.h"

typedef struct {
    sqlite3 *db;
    void (*find)(const char *what, void *user);
    void *user;
    uint64_t last, messages;
    uint64_t unreadable, no_messages, no_events, bad_ties, unexplained;
    HtSpoolKeyMap parted; /* identities that tie nothing, as of what was walked so far */
} CheckKeys;

static void note_damage(const char *what, bool lost, uint64_t entries, void *user)
{
    const CheckKeys *check = user;
    (void)lost;
    (void)entries;
    check->find(what, check->user);
}

static bool check_key(const HtSpoolEntry *entry, void *user, GError **error)
{
    CheckKeys *check = user;
    uint64_t what = entry->value & (HT_SPOOL_KEY_MESSAGE | HT_SPOOL_KEY_EVENT);
    uint64_t number = (entry->value & ~HT_SPOOL_KEY_SEQUENCE) >> HT_SPOOL_KEY_SHIFT;
    (void)error;
    if (what == 0 || entry->value & HT_SPOOL_ENTRY_GONE) {
        check->unreadable++;
    } else if (entry->value & HT_SPOOL_KEY_SEQUENCE) {
        check->no_events += number < 1 || number > check->last;
    } else if (what & HT_SPOOL_KEY_MESSAGE) {
        check->no_messages += number < 1 || number > check->messages;
    }
    return true;
}

static bool check_tie(const HtSpoolEntry *entry, void *user, GError **error)
{
    CheckKeys *check = user;
    HtSpoolTieState state = ht_spool_tie_state(entry);
    bool gone = entry->value & HT_SPOOL_ENTRY_GONE;
    (void)error;
    check->bad_ties += !gone && (state > HT_SPOOL_TIE_DOUBTED || ht_spool_tie_word(entry) == 0);
    bool parted = !gone && (state == HT_SPOOL_TIE_PARTED || state == HT_SPOOL_TIE_DOUBTED);
    ht_spool_keymap_set(&check->parted, &entry->hash, parted);
    return true;
}

/* Whether a conflict says why each ties nothing. */
static bool check_parted(CheckKeys *check, GError **error)
{
    g_autofree HtSpoolEntry *all = ht_spool_keymap_sorted(&check->parted);
    g_autoptr(sqlite3_stmt) row = NULL;
    if (!ht_spool_database_prepare(check->db, "SELECT 1 FROM conflicts WHERE hash = ?", &row, error)) {
        return false;
    }
    for (size_t i = 0; i < check->parted.count; i++) {
        bool found;
        ht_spool_bind_blob(row, 1, all[i].hash.bytes, HT_SPOOL_HASH_SIZE);
        if (!ht_spool_database_row(row, &found, error)) {
            return false;
        }
        check->unexplained += !found;
        sqlite3_reset(row);
    }
    return true;
}

static void tell(const CheckKeys *check)
{
    const struct {
        uint64_t count;
        const char *what;
    } all[] = {{check->unreadable, "known keys cannot be read"},
               {check->no_messages, "known keys name messages that never were"},
               {check->no_events, "known keys name events that never were"},
               {check->bad_ties, "ties of identities cannot be read"},
               {check->unexplained, "identities tie nothing, and no conflict says why"}};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i].count > 0) {
            g_autofree char *line = g_strdup_printf("%s: %" G_GUINT64_FORMAT, all[i].what, all[i].count);
            check->find(line, check->user);
        }
    }
}

bool ht_spool_check_keys(sqlite3 *db, uint64_t last, void (*find)(const char *what, void *user), void *user,
                         GError **error)
{
    CheckKeys check = {.db = db, .find = find, .user = user, .last = last};
    HtSpoolIndexWalk keys = {HT_SPOOL_STORE_KEYS, check_key, note_damage, &check};
    HtSpoolIndexWalk ties = {HT_SPOOL_STORE_TIES, check_tie, note_damage, &check};
    int64_t messages;
    g_autoptr(HtSpoolWords) words = ht_spool_words_new(db, error);
    bool good = words && ht_spool_database_number(db, "SELECT max(id) FROM messages", &messages, error);
    check.messages = good ? (uint64_t)messages : 0;
    good = good && ht_spool_index_walk(db, &keys, error) && ht_spool_index_walk(db, &ties, error) &&
           check_parted(&check, error);
    ht_spool_keymap_clear(&check.parted);
    tell(&check);
    return good;
}
