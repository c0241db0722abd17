/* The tables of ties. While a table has no row it is not asked. Writer thread. */
#include "spool/ties.h"

#include "core/base/identity.h"
#include "spool/schema.h"
#include "spool/words.h"

#define STEPS_MAX 1000 /* of a subject that went on as another: a person's number is not corrected so often */
#define KIND_MAX_BYTES 32
#define KIND_DIGITS_MAX 4

typedef struct {
    uint64_t forwards;  /* rows of `subjects` that name another */
    uint64_t conflicts; /* rows */
    uint64_t claims;    /* rows */
    bool subjects;      /* the table has rows */
} Figures;

struct HtSpoolTies {
    HtSpoolHasher *hasher;
    HtSpoolIndex *index; /* identities that are tied */
    HtSpoolWords *words;
    sqlite3_stmt *find_subject, *forward, *part, *number, *find_conflict, *add_conflict, *find_claim,
        *store_claim, *settle_claim, *settle;
    Figures now, committed;
    bool only_looks;       /* nothing is changed: see ht_spool_ties_look_only() */
    bool refused;          /* something was to be changed then */
    bool drops;            /* changes are dropped: see ht_spool_ties_drop_changes() */
    HtBuffer added;        /* of Added: ties that are new since, of which no row tells yet */
    HtSpoolKeyMap watched; /* identities that were looked for then */
    bool disturbed;        /* what was found of them may be otherwise since */
};

static bool prepare(HtSpoolTies *ties, sqlite3 *db, GError **error)
{
    const struct {
        sqlite3_stmt **statement;
        const char *sql;
    } all[] = {
        {&ties->find_subject, "SELECT numbered, forward FROM subjects WHERE subject = ?"},
        {&ties->forward, "INSERT INTO subjects(subject, numbered, forward) VALUES(?, 0, ?)"
                         " ON CONFLICT(subject) DO UPDATE SET forward = excluded.forward"},
        {&ties->part, "UPDATE subjects SET forward = NULL WHERE subject = ? AND forward IS NOT NULL"},
        {&ties->number, "INSERT INTO subjects(subject, numbered) VALUES(?, 1)"
                        " ON CONFLICT(subject) DO UPDATE SET numbered = 1"},
        {&ties->find_conflict, "SELECT subject, other, more FROM conflicts WHERE hash = ?"},
        {&ties->add_conflict,
         "INSERT INTO conflicts(hash, source, kind, subject, other, more, events, first, last)"
         " VALUES(?1, ?2, ?3, ?4, ?5, 0, 1, ?7, ?7)"
         " ON CONFLICT(hash) DO UPDATE SET events = events + 1, last = ?7, more = max(more, ?6)"},
        {&ties->settle, "DELETE FROM conflicts WHERE hash = ?"},
        {&ties->find_claim, "SELECT subject FROM claims WHERE hash = ?"},
        {&ties->store_claim, "INSERT INTO claims(hash, subject) VALUES(?, ?)"},
        {&ties->settle_claim, "DELETE FROM claims WHERE hash = ?"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!ht_spool_database_prepare(db, all[i].sql, all[i].statement, error)) {
            return false;
        }
    }
    return true;
}

static bool load_figures(HtSpoolTies *ties, sqlite3 *db, GError **error)
{
    int64_t subjects, forwards, conflicts, claims;
    if (!ht_spool_database_number(db, "SELECT count(*) FROM subjects", &subjects, error) ||
        !ht_spool_database_number(db, "SELECT count(forward) FROM subjects", &forwards, error) ||
        !ht_spool_database_number(db, "SELECT count(*) FROM conflicts", &conflicts, error) ||
        !ht_spool_database_number(db, "SELECT count(*) FROM claims", &claims, error)) {
        return false;
    }
    ties->now = ties->committed = (Figures){.forwards = (uint64_t)forwards,
                                            .conflicts = (uint64_t)conflicts,
                                            .claims = (uint64_t)claims,
                                            .subjects = subjects > 0};
    return true;
}

HtSpoolTies *ht_spool_ties_new(HtSpoolBlocks *blocks, HtSpoolHasher *hasher, size_t merge_at, GError **error)
{
    g_autoptr(HtSpoolTies) ties = g_new0(HtSpoolTies, 1);
    sqlite3 *db = ht_spool_blocks_db(blocks);
    ties->hasher = hasher;
    ties->index = ht_spool_index_new(blocks, HT_SPOOL_STORE_TIES, merge_at, error);
    ties->words = ties->index ? ht_spool_words_new(db, error) : NULL;
    if (!ties->words || !prepare(ties, db, error) || !load_figures(ties, db, error)) {
        return NULL;
    }
    return g_steal_pointer(&ties);
}

void ht_spool_ties_free(HtSpoolTies *ties)
{
    if (!ties) {
        return;
    }
    sqlite3_stmt *const all[] = {ties->find_subject,  ties->forward,      ties->part,       ties->number,
                                 ties->find_conflict, ties->add_conflict, ties->find_claim, ties->store_claim,
                                 ties->settle_claim,  ties->settle};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        sqlite3_finalize(all[i]);
    }
    ht_spool_index_free(ties->index);
    ht_spool_words_free(ties->words);
    ht_spool_keymap_clear(&ties->watched);
    ht_buffer_clear(&ties->added);
    g_free(ties);
}

/* ---- Only looking ---- */

void ht_spool_ties_look_only(HtSpoolTies *ties, bool on)
{
    ties->only_looks = on;
    ties->refused = false;
}

void ht_spool_ties_drop_changes(HtSpoolTies *ties)
{
    ties->drops = true;
}

/* As the rows that tell of them have it. */
typedef struct {
    HtSpoolHash hash;
    char subject[HT_SPOOL_SUBJECT];
    uint8_t state;
} Added;

G_STATIC_ASSERT(sizeof(Added) == HT_SPOOL_HASH_SIZE + HT_SPOOL_SUBJECT + 1);

#define ADDED "loose-ties-" /* and a hash: names of meta rows */

bool ht_spool_ties_tell_added(HtSpoolTies *ties, sqlite3 *db, GError **error)
{
    GString *name = g_string_new(ADDED);
    const Added *first = (const Added *)(const void *)ties->added.data;
    for (size_t i = 0; first && i < sizeof first->hash.bytes; i++) {
        g_string_append_printf(name, "%02x", first->hash.bytes[i]);
    }
    bool good =
        ties->added.size == 0 || ht_spool_meta_set(db, name->str, ties->added.data, ties->added.size, error);
    g_string_free(name, TRUE);
    ties->added.size = 0;
    return good;
}

bool ht_spool_ties_keep_added(sqlite3 *db, GError **error)
{
    return ht_spool_database_run(db, "DELETE FROM meta WHERE name GLOB '" ADDED "*'", error);
}

/* Only what is still as it was added. */
static bool take_back(HtSpoolTies *ties, HtText told, GError **error)
{
    for (size_t at = 0; at + sizeof(Added) <= told.size; at += sizeof(Added)) {
        Added added;
        HtSpoolEntry entry;
        HtSpoolHash whose;
        bool found;
        memcpy(&added, told.data + at, sizeof added);
        HtText subject = {added.subject, sizeof added.subject - 1};
        if (!ht_spool_index_find(ties->index, &added.hash, &found, &entry, error)) {
            return false;
        }
        if (found && ht_spool_tie_state(&entry) == added.state && ht_spool_hash_of_subject(subject, &whose) &&
            memcmp(&whose, &entry.whose, sizeof whose) == 0) {
            ht_spool_index_take_out(ties->index, &added.hash);
            ht_spool_index_add_total(ties->index, -1);
        }
    }
    return true;
}

bool ht_spool_ties_take_added_back(HtSpoolTies *ties, sqlite3 *db, GError **error)
{
    g_autoptr(sqlite3_stmt) told = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(db, "SELECT value FROM meta WHERE name GLOB '" ADDED "*'", &told, error)) {
        return false;
    }
    while (found) {
        if (!ht_spool_database_row(told, &found, error) ||
            (found && !take_back(ties, ht_spool_column_bytes(told, 0), error))) {
            return false;
        }
    }
    sqlite3_reset(told);
    return ht_spool_ties_keep_added(db, error);
}

bool ht_spool_ties_refused(const HtSpoolTies *ties)
{
    return ties->refused;
}

bool ht_spool_ties_are_disturbed(const HtSpoolTies *ties)
{
    return ties->disturbed;
}

void ht_spool_ties_forget_looks(HtSpoolTies *ties)
{
    ht_spool_keymap_clear(&ties->watched);
    ties->disturbed = false;
}

static bool change(HtSpoolTies *ties, sqlite3_stmt *row, GError **error)
{
    if (ties->drops) {
        sqlite3_reset(row);
        return true;
    }
    return ht_spool_database_do(row, error);
}

/* Before each change. */
static bool may_change(HtSpoolTies *ties, GError **error)
{
    if (ties->only_looks) {
        ties->refused = true;
        g_set_error_literal(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_BUSY, "spool: ties are only looked at");
    }
    return !ties->only_looks;
}

/* As which a subject goes on concerns whoever was found to be it; that a citizen number goes to it changes no answer that
 * changed nothing. */
static bool may_change_subject(HtSpoolTies *ties, GError **error)
{
    ties->disturbed = ties->disturbed || ties->watched.count > 0;
    return may_change(ties, error);
}

static bool may_change_tie(HtSpoolTies *ties, const HtSpoolTie *tie, GError **error)
{
    ties->disturbed = ties->disturbed || ht_spool_keymap_get(&ties->watched, &tie->hash) != 0;
    return may_change(ties, error);
}

/* ---- Subjects ---- */

static void keep_text(sqlite3_stmt *row, int column, char subject[HT_SPOOL_SUBJECT])
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    g_strlcpy(subject, text ? text : "", HT_SPOOL_SUBJECT);
}

/* One step. `next` is empty when the subject goes on as itself. */
static bool find_next(HtSpoolTies *ties, const char *subject, char next[HT_SPOOL_SUBJECT], bool *numbered,
                      GError **error)
{
    bool found;
    next[0] = '\0';
    ht_spool_bind_text(ties->find_subject, 1, ht_text_from(subject));
    bool good = ht_spool_database_row(ties->find_subject, &found, error);
    if (good && found) {
        *numbered = *numbered || sqlite3_column_int(ties->find_subject, 0);
        keep_text(ties->find_subject, 1, next);
    }
    sqlite3_reset(ties->find_subject);
    return good;
}

bool ht_spool_ties_follow(HtSpoolTies *ties, char subject[HT_SPOOL_SUBJECT], bool *numbered, GError **error)
{
    for (unsigned steps = 0; ties->now.subjects && steps < STEPS_MAX; steps++) {
        char next[HT_SPOOL_SUBJECT];
        if (!find_next(ties, subject, next, numbered, error)) {
            return false;
        }
        if (next[0] == '\0') {
            return true;
        }
        memcpy(subject, next, HT_SPOOL_SUBJECT);
    }
    return true;
}

bool ht_spool_ties_forward(HtSpoolTies *ties, const char *from, const char *to, GError **error)
{
    if (!may_change_subject(ties, error)) {
        return false;
    }
    ties->now.forwards++;
    ties->now.subjects = true;
    ht_spool_bind_text(ties->forward, 1, ht_text_from(from));
    ht_spool_bind_text(ties->forward, 2, ht_text_from(to));
    return change(ties, ties->forward, error);
}

bool ht_spool_ties_part(HtSpoolTies *ties, const char *subject, bool *was, GError **error)
{
    bool numbered = false;
    char next[HT_SPOOL_SUBJECT];
    if (!find_next(ties, subject, next, &numbered, error)) {
        return false;
    }
    *was = next[0] != '\0';
    if (!*was) {
        return true;
    }
    if (!may_change_subject(ties, error)) {
        return false;
    }
    ties->now.forwards--;
    ht_spool_bind_text(ties->part, 1, ht_text_from(subject));
    return change(ties, ties->part, error);
}

bool ht_spool_ties_number(HtSpoolTies *ties, const char *subject, GError **error)
{
    if (!may_change(ties, error)) {
        return false;
    }
    ties->now.subjects = true;
    ht_spool_bind_text(ties->number, 1, ht_text_from(subject));
    return change(ties, ties->number, error);
}

/* ---- Conflicts ---- */

typedef struct {
    bool found, more;
    char subject[HT_SPOOL_SUBJECT], other[HT_SPOOL_SUBJECT]; /* as which they go on */
} Conflict;

static bool find_conflict(HtSpoolTies *ties, const HtSpoolHash *hash, Conflict *conflict, GError **error)
{
    bool numbered = false;
    *conflict = (Conflict){0};
    ht_spool_bind_blob(ties->find_conflict, 1, hash->bytes, sizeof hash->bytes);
    bool good = ht_spool_database_row(ties->find_conflict, &conflict->found, error);
    if (good && conflict->found) {
        keep_text(ties->find_conflict, 0, conflict->subject);
        keep_text(ties->find_conflict, 1, conflict->other);
        conflict->more = sqlite3_column_int(ties->find_conflict, 2) != 0;
    }
    sqlite3_reset(ties->find_conflict);
    return good && ht_spool_ties_follow(ties, conflict->subject, &numbered, error) &&
           ht_spool_ties_follow(ties, conflict->other, &numbered, error);
}

/* Whether a third person is named. */
static bool names_more(const Conflict *conflict, const char *subject)
{
    return subject && strcmp(subject, conflict->subject) != 0 && strcmp(subject, conflict->other) != 0;
}

bool ht_spool_ties_conflict(HtSpoolTies *ties, const HtSpoolTie *tie, const char *subject, const char *other,
                            int64_t time_us, GError **error)
{
    Conflict known;
    sqlite3_stmt *row = ties->add_conflict;
    if (!may_change_tie(ties, tie, error) || !find_conflict(ties, &tie->hash, &known, error)) {
        return false;
    }
    ties->now.conflicts += !known.found;
    bool more = known.found && (names_more(&known, subject) || names_more(&known, other));
    ht_spool_bind_blob(row, 1, tie->hash.bytes, sizeof tie->hash.bytes);
    ht_spool_bind_text(row, 2, ht_text_from(tie->source));
    ht_spool_bind_text(row, 3, tie->kind);
    ht_spool_bind_text(row, 4, ht_text_from(subject ? subject : ""));
    ht_spool_bind_text(row, 5, ht_text_from(other ? other : ""));
    sqlite3_bind_int(row, 6, more);
    sqlite3_bind_int64(row, 7, time_us);
    return change(ties, row, error);
}

/* ---- Claims ---- */

bool ht_spool_ties_find_claim(HtSpoolTies *ties, const HtSpoolTie *tie, char claimed[HT_SPOOL_SUBJECT],
                              GError **error)
{
    bool found, numbered = false;
    claimed[0] = '\0';
    if (ties->now.claims == 0) {
        return true;
    }
    ht_spool_bind_blob(ties->find_claim, 1, tie->hash.bytes, sizeof tie->hash.bytes);
    bool good = ht_spool_database_row(ties->find_claim, &found, error);
    if (good && found) {
        keep_text(ties->find_claim, 0, claimed);
    }
    sqlite3_reset(ties->find_claim);
    return good && (claimed[0] == '\0' || ht_spool_ties_follow(ties, claimed, &numbered, error));
}

bool ht_spool_ties_store_claim(HtSpoolTies *ties, const HtSpoolTie *tie, const char *subject, GError **error)
{
    if (!may_change_tie(ties, tie, error)) {
        return false;
    }
    ties->now.claims++;
    ht_spool_bind_blob(ties->store_claim, 1, tie->hash.bytes, sizeof tie->hash.bytes);
    ht_spool_bind_text(ties->store_claim, 2, ht_text_from(subject));
    return change(ties, ties->store_claim, error);
}

static bool forget_claim(HtSpoolTies *ties, const HtSpoolTie *tie, GError **error)
{
    char claimed[HT_SPOOL_SUBJECT];
    if (!ht_spool_ties_find_claim(ties, tie, claimed, error)) {
        return false;
    }
    ties->now.claims -= claimed[0] != '\0';
    ht_spool_bind_blob(ties->settle_claim, 1, tie->hash.bytes, sizeof tie->hash.bytes);
    return change(ties, ties->settle_claim, error);
}

bool ht_spool_ties_settle(HtSpoolTies *ties, const HtSpoolTie *tie, GError **error)
{
    Conflict known;
    if (!may_change_tie(ties, tie, error) || !find_conflict(ties, &tie->hash, &known, error) ||
        !forget_claim(ties, tie, error)) {
        return false;
    }
    ties->now.conflicts -= known.found;
    ht_spool_bind_blob(ties->settle, 1, tie->hash.bytes, sizeof tie->hash.bytes);
    return change(ties, ties->settle, error);
}

/* ---- Identities ---- */

/* A mapping's word, as it may stand in a table and before a consumer: a host that puts something else there is not
 * quoted. */
static HtText name_kind(HtText kind)
{
    unsigned digits = 0;
    for (size_t i = 0; i < kind.size; i++) {
        digits += g_ascii_isdigit(kind.data[i]);
        if (!g_ascii_isalnum(kind.data[i]) && kind.data[i] != '-' && kind.data[i] != '_') {
            return HT_TEXT_LITERAL("other");
        }
    }
    return kind.size <= KIND_MAX_BYTES && digits <= KIND_DIGITS_MAX ? kind : HT_TEXT_LITERAL("other");
}

static void hash_identity(HtSpoolTies *ties, const HtIdentity *identity, HtSpoolTie *tie)
{
    HtSpoolHash halves[2];
    if (tie->global) {
        ht_spool_hash(ties->hasher, HT_TEXT_LITERAL("subject"), identity->kind, identity->value, halves);
    } else {
        g_autofree char *scope = g_strdup_printf("%s/%.*s", tie->source, (int)identity->kind.size,
                                                 identity->kind.size ? identity->kind.data : "");
        ht_spool_hash(ties->hasher, HT_TEXT_LITERAL("subject"), ht_text_from(scope), identity->value, halves);
    }
    tie->hash = halves[1];
    ht_spool_hash_subject(&halves[0], tie->implied);
}

/* A conflict ends when its two persons have turned out to be one. */
static bool find_parted(HtSpoolTies *ties, HtSpoolTie *tie, GError **error)
{
    Conflict conflict;
    if (!find_conflict(ties, &tie->hash, &conflict, error)) {
        return false;
    }
    tie->parted = !conflict.found || conflict.more || strcmp(conflict.subject, conflict.other) != 0;
    g_strlcpy(tie->subject, tie->parted ? "" : conflict.subject, sizeof tie->subject);
    tie->numbered = !tie->parted;
    return true;
}

static bool find_tied(HtSpoolTies *ties, HtSpoolTie *tie, GError **error)
{
    HtSpoolTieState state = HT_SPOOL_TIE_OLD;
    HtSpoolEntry entry;
    bool good = ht_spool_index_find(ties->index, &tie->hash, &tie->stored, &entry, error);
    if (good && tie->stored) {
        ht_spool_hash_subject(&entry.whose, tie->subject);
        state = ht_spool_tie_state(&entry);
    }
    if (!good || !tie->stored) {
        return good;
    }
    /* What an older version tied to another's subject may have been tied to a citizen number's. */
    bool doubtful = state == HT_SPOOL_TIE_OLD && strcmp(tie->subject, tie->implied) != 0;
    tie->numbered = tie->strong || state == HT_SPOOL_TIE_NUMBERED || doubtful;
    if (state == HT_SPOOL_TIE_DOUBTED) {
        memcpy(tie->before, tie->subject, sizeof tie->before);
        tie->parted = tie->doubted = true;
        tie->numbered = false;
        tie->subject[0] = '\0';
    }
    return state != HT_SPOOL_TIE_PARTED || find_parted(ties, tie, error);
}

bool ht_spool_ties_find(HtSpoolTies *ties, const char *source, const HtIdentity *identity, HtSpoolTie *tie,
                        GError **error)
{
    bool strong = ht_identity_is_strong(identity->kind);
    *tie = (HtSpoolTie){.kind = name_kind(identity->kind),
                        .source = source,
                        .strong = strong,
                        .global = ht_identity_is_shared(identity->kind),
                        .fresh = identity->fresh};
    hash_identity(ties, identity, tie);
    if (ties->only_looks) {
        ht_spool_keymap_set(&ties->watched, &tie->hash, 1);
    }
    if (ht_spool_index_total(ties->index) > 0 && !find_tied(ties, tie, error)) {
        return false;
    }
    if (strong && !tie->stored) {
        memcpy(tie->subject, tie->implied, sizeof tie->subject);
        tie->numbered = true;
    }
    return tie->subject[0] == '\0' || ht_spool_ties_follow(ties, tie->subject, &tie->numbered, error);
}

/* Its subject is one of ours: 16 bytes say it. */
static bool put(HtSpoolTies *ties, const HtSpoolTie *tie, const char *subject, HtSpoolTieState state,
                GError **error)
{
    HtSpoolEntry entry = {.hash = tie->hash};
    uint32_t word;
    if (ties->drops) {
        return true;
    }
    if (!ht_spool_hash_of_subject(ht_text_from(subject), &entry.whose)) {
        g_set_error_literal(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT, "spool: a tie names no subject");
        return false;
    }
    if (!ht_spool_words_number(ties->words, tie->kind, ht_text_from(tie->source), &word, error)) {
        return false;
    }
    entry.value = ht_spool_tie_value(state, word);
    ht_spool_index_add_total(ties->index, !tie->stored);
    ht_spool_index_put(ties->index, &entry);
    return true;
}

bool ht_spool_ties_store(HtSpoolTies *ties, HtSpoolTie *tie, const char *subject, HtSpoolTieState state,
                         GError **error)
{
    bool is_new = !tie->stored && !tie->global && tie->subject[0] == '\0' &&
                  (state == HT_SPOOL_TIE_ALONE || state == HT_SPOOL_TIE_NUMBERED);
    if (!(ties->only_looks && is_new) && !may_change_tie(ties, tie, error)) {
        return false;
    }
    if (ties->only_looks) {
        Added added = {.hash = tie->hash, .state = (uint8_t)state};
        g_strlcpy(added.subject, subject, sizeof added.subject);
        ht_buffer_add(&ties->added, &added, sizeof added);
    }
    if (!put(ties, tie, subject, state, error)) {
        return false;
    }
    tie->stored = true;
    tie->doubted = state == HT_SPOOL_TIE_DOUBTED;
    tie->parted = tie->doubted || state == HT_SPOOL_TIE_PARTED;
    tie->numbered = state == HT_SPOOL_TIE_NUMBERED;
    if (tie->parted) {
        tie->subject[0] = '\0';
    } else if (tie->subject != subject) {
        g_strlcpy(tie->subject, subject, sizeof tie->subject);
    }
    return true;
}

uint64_t ht_spool_ties_count(const HtSpoolTies *ties)
{
    return (uint64_t)ht_spool_index_total(ties->index) + ties->now.forwards;
}

uint64_t ht_spool_ties_conflicts(const HtSpoolTies *ties)
{
    return ties->now.conflicts;
}

bool ht_spool_ties_write(HtSpoolTies *ties, GError **error)
{
    return ht_spool_index_write(ties->index, error);
}

bool ht_spool_ties_met_damage(HtSpoolTies *ties)
{
    return ht_spool_index_met_damage(ties->index);
}

void ht_spool_ties_committed(HtSpoolTies *ties)
{
    ties->committed = ties->now;
    ht_spool_index_committed(ties->index);
    ht_spool_words_committed(ties->words);
}

void ht_spool_ties_rolled_back(HtSpoolTies *ties)
{
    ties->now = ties->committed;
    ties->added.size = 0;
    ht_spool_index_rolled_back(ties->index);
    ht_spool_words_rolled_back(ties->words);
}
