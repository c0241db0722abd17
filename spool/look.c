/* Looking at who is who. The events are read row by row, so that no read transaction holds up a checkpoint. One thread. */
#include "spool/look.h"

#include "spool/disk.h"
#include "spool/index-walk.h"
#include "spool/look-inside.h"
#include "spool/places.h"
#include "spool/reasons.h"
#include "spool/schema.h"
#include "spool/ties.h"
#include "spool/words.h"

#include <glib/gi18n.h>

#define STEPS_MAX 1000

HtSpoolLook *ht_spool_look_open(const char *directory, GError **error)
{
    g_autoptr(HtSpoolLook) look = g_new0(HtSpoolLook, 1);
    g_autofree char *path = g_build_filename(directory, HT_SPOOL_FILE, NULL);
    int version;
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, _("spool: there is no \"%s\""), path);
        return NULL;
    }
    look->db = ht_spool_database_open(path, error);
    if (!look->db || !ht_spool_vault_open(directory, NULL, error) ||
        !ht_spool_database_run(look->db, "PRAGMA query_only = 1", error) ||
        !ht_spool_schema_version(look->db, &version, error)) {
        return NULL;
    }
    if (version != HT_SPOOL_FORMAT) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_FORMAT,
                    _("spool: \"%s\" has format %d, this program reads %d: start the bus once"), path,
                    version, HT_SPOOL_FORMAT);
        return NULL;
    }
    if (!ht_spool_vault_belongs(look->db, error)) {
        return NULL;
    }
    look->sealer = ht_spool_sealer_new(ht_spool_vault_of(look->db));
    return g_steal_pointer(&look);
}

void ht_spool_look_close(HtSpoolLook *look)
{
    if (look) {
        ht_spool_sealer_free(look->sealer);
        sqlite3_close(look->db);
        g_free(look);
    }
}

bool ht_spool_look_check_key(HtSpoolLook *look, HtSpoolHasher *hasher, GError **error)
{
    HtSpoolHash stored, made;
    bool found;
    ht_spool_hash_check(hasher, &made);
    if (!ht_spool_meta_get(look->db, HT_SPOOL_META_KEY_CHECK, stored.bytes, sizeof stored.bytes, &found,
                           error)) {
        return false;
    }
    if (!found || memcmp(stored.bytes, made.bytes, sizeof made.bytes) != 0) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY,
                    _("spool: it was made with another site key: no number can be found in it"));
        return false;
    }
    return true;
}

/* In a read transaction: what is read of an index must not be swept meanwhile. */
static bool find_tied(HtSpoolLook *look, HtSpoolHasher *hasher, const char *source,
                      const HtIdentity *identity, char subject[HT_SPOOL_SUBJECT], GError **error)
{
    HtSpoolTie tie;
    g_autoptr(HtSpoolBlocks) blocks = ht_spool_blocks_new(look->db, 0, error);
    g_autoptr(HtSpoolTies) ties = blocks ? ht_spool_ties_new(blocks, hasher, SIZE_MAX, error) : NULL;
    if (!ties || !ht_spool_ties_find(ties, source, identity, &tie, error)) {
        return false;
    }
    memcpy(subject, tie.subject, sizeof tie.subject);
    return true;
}

static bool end_reading(HtSpoolLook *look, bool good, GError **error)
{
    return ht_spool_database_run(look->db, "COMMIT", good ? error : NULL) && good;
}

bool ht_spool_look_number(HtSpoolLook *look, const uint8_t site_key[32], const char *source,
                          const HtIdentity *number, char subject[HT_SPOOL_SUBJECT], GError **error)
{
    g_autoptr(HtSpoolHasher) hasher = ht_spool_hasher_new(site_key);
    return ht_spool_look_check_key(look, hasher, error) && ht_spool_database_run(look->db, "BEGIN", error) &&
           end_reading(look, find_tied(look, hasher, source, number, subject, error), error);
}

/* ---- Rows ---- */

static char *copy_text(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return g_strdup(text ? text : "");
}

static void free_tied(void *data)
{
    HtSpoolTied *tied = data;
    g_free(tied->kind);
    g_free(tied->source);
    g_free(tied);
}

static void free_conflict(void *data)
{
    HtSpoolConflict *conflict = data;
    g_free(conflict->kind);
    g_free(conflict->source);
    g_free(conflict->subject);
    g_free(conflict->other);
    g_free(conflict);
}

static void free_audit(void *data)
{
    HtSpoolAudit *audit = data;
    char *const texts[] = {audit->verb, audit->subject, audit->other,
                           audit->kind, audit->source,  audit->reason};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(texts[i]);
    }
    g_free(audit);
}

static void *read_conflict(sqlite3_stmt *row)
{
    HtSpoolConflict *conflict = g_new0(HtSpoolConflict, 1);
    *conflict = (HtSpoolConflict){.kind = copy_text(row, 0),
                                  .source = copy_text(row, 1),
                                  .subject = copy_text(row, 2),
                                  .other = copy_text(row, 3),
                                  .more = sqlite3_column_int(row, 4) != 0,
                                  .events = (uint64_t)sqlite3_column_int64(row, 5),
                                  .first_us = sqlite3_column_int64(row, 6),
                                  .last_us = sqlite3_column_int64(row, 7)};
    return conflict;
}

static void *read_audit(sqlite3_stmt *row)
{
    HtSpoolAudit *audit = g_new0(HtSpoolAudit, 1);
    *audit = (HtSpoolAudit){.time_us = sqlite3_column_int64(row, 0),
                            .uid = sqlite3_column_int64(row, 1),
                            .verb = copy_text(row, 2),
                            .subject = copy_text(row, 3),
                            .other = copy_text(row, 4),
                            .kind = copy_text(row, 5),
                            .source = copy_text(row, 6),
                            .reason = copy_text(row, 7)};
    return audit;
}

/* Appends what `read` makes of each row. */
static bool read_rows(HtSpoolLook *look, const char *sql, void *(*read)(sqlite3_stmt *), GPtrArray *rows,
                      GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(look->db, sql, &row, error)) {
        return false;
    }
    while (found) {
        if (!ht_spool_database_row(row, &found, error)) {
            return false;
        }
        if (found) {
            g_ptr_array_add(rows, read(row));
        }
    }
    return true;
}

/* ---- A person ---- */

/* As which the subject goes on. */
static bool find_root(HtSpoolLook *look, const char *given, char subject[HT_SPOOL_SUBJECT], GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = true;
    g_strlcpy(subject, given, HT_SPOOL_SUBJECT);
    if (!ht_spool_database_prepare(look->db,
                                   "SELECT forward FROM subjects WHERE subject = ? AND forward IS NOT NULL",
                                   &row, error)) {
        return false;
    }
    for (unsigned steps = 0; found && steps < STEPS_MAX; steps++) {
        ht_spool_bind_text(row, 1, ht_text_from(subject));
        if (!ht_spool_database_row(row, &found, error)) {
            return false;
        }
        g_autofree char *next = found ? copy_text(row, 0) : NULL;
        sqlite3_reset(row);
        if (next) {
            g_strlcpy(subject, next, HT_SPOOL_SUBJECT);
        }
    }
    return true;
}

static void *read_member(sqlite3_stmt *row)
{
    return copy_text(row, 0);
}

static bool find_members(HtSpoolLook *look, HtSpoolPerson *person, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "WITH RECURSIVE members(subject) AS (VALUES('%s') UNION SELECT s.subject FROM subjects s, members m"
        " WHERE s.forward = m.subject) SELECT subject FROM members LIMIT %d",
        person->subject, HT_SPOOL_MEMBERS_MAX);
    return read_rows(look, sql, read_member, person->members, error);
}

/* "'p-…','p-…'": pseudonyms have neither quotes nor anything else to escape. The caller frees. */
static char *list_members(const HtSpoolPerson *person)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < person->members->len; i++) {
        g_string_append_printf(list, "%s'%s'", i ? "," : "", (const char *)person->members->pdata[i]);
    }
    return g_string_free(list, FALSE);
}

static bool is_member(const HtSpoolPerson *person, HtText subject)
{
    bool found = false;
    for (guint i = 0; !found && i < person->members->len; i++) {
        found = ht_text_is(subject, person->members->pdata[i]);
    }
    return found;
}

/* ---- What is tied to a person ---- */

typedef struct {
    HtSpoolKeyMap members; /* hashes of subjects */
    HtSpoolKeyMap tied;    /* identities that go to one of them, as of what was walked so far */
} Tied;

/* A later one of the same identity counts. */
static bool note_tie(const HtSpoolEntry *entry, void *user, GError **error)
{
    (void)error;
    Tied *tied = user;
    HtSpoolTieState state = ht_spool_tie_state(entry);
    bool ties = !(entry->value & HT_SPOOL_ENTRY_GONE) && state != HT_SPOOL_TIE_PARTED &&
                state != HT_SPOOL_TIE_DOUBTED && ht_spool_keymap_get(&tied->members, &entry->whose) != 0;
    ht_spool_keymap_set(&tied->tied, &entry->hash, ties ? (uint64_t)ht_spool_tie_word(entry) + 1 : 0);
    return true;
}

static int compare_tied(const void *a, const void *b)
{
    const HtSpoolTied *left = *(HtSpoolTied *const *)a, *right = *(HtSpoolTied *const *)b;
    int order = strcmp(left->kind, right->kind);
    return order ? order : strcmp(left->source, right->source);
}

/* How many there are of each kind and source. */
static void count_tied(const Tied *tied, const HtSpoolWords *words, HtSpoolPerson *person)
{
    g_autofree HtSpoolEntry *all = ht_spool_keymap_sorted(&tied->tied);
    g_autoptr(GHashTable) counts = g_hash_table_new(NULL, NULL);
    for (size_t i = 0; i < tied->tied.count; i++) {
        HtSpoolTied *one = g_hash_table_lookup(counts, GSIZE_TO_POINTER(all[i].value));
        const char *kind = "other", *source = "";
        if (!one) {
            ht_spool_words_find(words, (uint32_t)(all[i].value - 1), &kind, &source);
            one = g_new0(HtSpoolTied, 1);
            *one = (HtSpoolTied){g_strdup(kind), g_strdup(source), 0};
            g_hash_table_insert(counts, GSIZE_TO_POINTER(all[i].value), one);
            g_ptr_array_add(person->tied, one);
        }
        one->count++;
    }
    g_ptr_array_sort(person->tied, compare_tied);
}

static bool read_ties(HtSpoolLook *look, HtSpoolPerson *person, GError **error)
{
    Tied tied = {{0}, {0}};
    HtSpoolIndexWalk walk = {.store = HT_SPOOL_STORE_TIES, .take = note_tie, .user = &tied};
    for (guint i = 0; i < person->members->len; i++) {
        HtSpoolHash member;
        if (ht_spool_hash_of_subject(ht_text_from(person->members->pdata[i]), &member)) {
            ht_spool_keymap_set(&tied.members, &member, 1);
        }
    }
    g_autoptr(HtSpoolWords) words = ht_spool_words_new(look->db, error);
    bool good = words && ht_spool_index_walk(look->db, &walk, error);
    if (good) {
        count_tied(&tied, words, person);
    }
    ht_spool_keymap_clear(&tied.members);
    ht_spool_keymap_clear(&tied.tied);
    return good;
}

/* ---- Its events ---- */

static void count_row(const HtSpoolPlace *place, GBytes *bytes, HtSpoolPerson *person)
{
    HtSpoolRow row = ht_spool_place_row(place, bytes);
    HtSpoolRecord record;
    for (uint32_t i = 0; i < place->count; i++) {
        if (ht_spool_row_read(&row, i, &record) == HT_SPOOL_ROW_GOOD && is_member(person, record.subject)) {
            person->last = ht_spool_place_first(place) + i;
            person->first = person->first ? person->first : person->last;
            person->events++;
        }
    }
}

static bool count_events(HtSpoolLook *look, HtSpoolPerson *person, GError **error)
{
    int64_t last;
    bool found = true;
    uint64_t after = 0;
    g_autoptr(HtSpoolPlaces) places = ht_spool_places_new(look->db, error);
    if (!places || !ht_spool_database_number(look->db, "SELECT max(last_seq) FROM places", &last, error)) {
        return false;
    }
    while (found) {
        g_autoptr(GBytes) bytes = NULL;
        HtSpoolPlace place;
        if (!ht_spool_places_next(places, after, (uint64_t)last, &place, &found, error) ||
            (found && !ht_spool_places_read(places, &place, &bytes, error))) {
            return false;
        }
        if (found) {
            after = place.last;
            count_row(&place, bytes, person);
        }
    }
    return true;
}

#define CONFLICT_COLUMNS "kind, source, subject, other, more, events, first, last"

static bool read_all(HtSpoolLook *look, HtSpoolPerson *person, GError **error)
{
    g_autofree char *members = list_members(person);
    g_autofree char *conflicts =
        g_strdup_printf("SELECT " CONFLICT_COLUMNS " FROM conflicts WHERE subject IN (%s) OR other IN (%s)"
                        " ORDER BY last DESC LIMIT 1000",
                        members, members);
    g_autofree char *audit =
        g_strdup_printf("SELECT time, uid, verb, subject, other, kind, source, reason FROM subject_audit"
                        " WHERE subject IN (%s) OR other IN (%s) ORDER BY id DESC LIMIT 1000",
                        members, members);
    return ht_spool_database_run(look->db, "BEGIN", error) &&
           end_reading(look, read_ties(look, person, error), error) &&
           read_rows(look, conflicts, read_conflict, person->conflicts, error) &&
           read_rows(look, audit, read_audit, person->audit, error) && count_events(look, person, error);
}

bool ht_spool_look_person(HtSpoolLook *look, const char *subject, HtSpoolPerson *person, GError **error)
{
    *person = (HtSpoolPerson){.members = g_ptr_array_new_with_free_func(g_free),
                              .tied = g_ptr_array_new_with_free_func(free_tied),
                              .conflicts = g_ptr_array_new_with_free_func(free_conflict),
                              .audit = g_ptr_array_new_with_free_func(free_audit)};
    return find_root(look, subject, person->subject, error) && find_members(look, person, error) &&
           read_all(look, person, error);
}

void ht_spool_person_clear(HtSpoolPerson *person)
{
    GPtrArray *const arrays[] = {person->members, person->tied, person->conflicts, person->audit};
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++) {
        if (arrays[i]) {
            g_ptr_array_unref(arrays[i]);
        }
    }
    *person = (HtSpoolPerson){.events = 0};
}

/* ---- Conflicts ---- */

/* As which the two go on; `over` when that is one. */
static bool follow_conflict(HtSpoolLook *look, HtSpoolConflict *conflict, bool *over, GError **error)
{
    char subject[HT_SPOOL_SUBJECT], other[HT_SPOOL_SUBJECT];
    if (!find_root(look, conflict->subject, subject, error) ||
        !find_root(look, conflict->other, other, error)) {
        return false;
    }
    g_free(conflict->subject);
    g_free(conflict->other);
    conflict->subject = g_strdup(subject);
    conflict->other = g_strdup(other);
    *over = !conflict->more && g_str_equal(subject, other);
    return true;
}

GPtrArray *ht_spool_look_conflicts(HtSpoolLook *look, GError **error)
{
    g_autoptr(GPtrArray) conflicts = g_ptr_array_new_with_free_func(free_conflict);
    if (!read_rows(look, "SELECT " CONFLICT_COLUMNS " FROM conflicts ORDER BY last DESC", read_conflict,
                   conflicts, error)) {
        return NULL;
    }
    for (guint i = conflicts->len; i-- > 0;) {
        bool over;
        if (!follow_conflict(look, conflicts->pdata[i], &over, error)) {
            return NULL;
        }
        if (over) {
            g_ptr_array_remove_index(conflicts, i);
        }
    }
    return g_steal_pointer(&conflicts);
}

/* ---- Dead letters ---- */

static void free_letter(void *data)
{
    HtSpoolLooked *letter = data;
    g_free(letter->consumer);
    g_free(letter->reason);
    g_free(letter->source);
    g_free(letter->type);
    g_free(letter);
}

static HtSpoolLooked *read_letter(HtSpoolLook *look, sqlite3_stmt *row)
{
    HtSpoolLooked *letter = g_new0(HtSpoolLooked, 1);
    uint64_t sequence = (uint64_t)sqlite3_column_int64(row, 1);
    *letter =
        (HtSpoolLooked){.consumer = copy_text(row, 0),
                        .sequence = sequence,
                        .attempts = (unsigned)sqlite3_column_int64(row, 2),
                        .reason = ht_spool_reason_read(look->sealer, sequence, ht_spool_column_bytes(row, 3)),
                        .time_us = sqlite3_column_int64(row, 4),
                        .source = copy_text(row, 5),
                        .type = copy_text(row, 6),
                        .replay = sqlite3_column_int64(row, 7)};
    return letter;
}

/* The reason is sealed: it is looked at here, not by SQLite. */
static void take_letter(HtSpoolLook *look, sqlite3_stmt *row, const HtSpoolLetterFilter *filter,
                        GPtrArray *letters)
{
    HtSpoolLooked *letter = read_letter(look, row);
    if (!filter->reason || strstr(letter->reason, filter->reason)) {
        g_ptr_array_add(letters, letter);
    } else {
        free_letter(letter);
    }
}

GPtrArray *ht_spool_look_letters(HtSpoolLook *look, const HtSpoolLetterFilter *filter, GError **error)
{
    g_autoptr(GPtrArray) letters = g_ptr_array_new_with_free_func(free_letter);
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true;
    const char *texts[] = {filter->consumer, filter->source, filter->type};
    if (!ht_spool_database_prepare(
            look->db,
            "SELECT consumer, seq, attempts, reason, time, source, type, replay FROM dead_letters"
            " WHERE (?1 = '' OR consumer = ?1) AND (?2 = '' OR source = ?2) AND (?3 = '' OR type GLOB ?3 OR type GLOB ?3 || '.v[0-9]*')"
            " AND time >= ?4 AND time <= ?5 AND (?6 = 0 OR seq = ?6) AND (?7 = 0 OR replay = ?7)"
            " ORDER BY consumer, seq",
            &rows, error)) {
        return NULL;
    }
    for (int i = 0; i < (int)G_N_ELEMENTS(texts); i++) {
        ht_spool_bind_text(rows, i + 1, ht_text_from(texts[i] ? texts[i] : ""));
    }
    sqlite3_bind_int64(rows, 4, filter->since_us);
    sqlite3_bind_int64(rows, 5, filter->until_us > 0 ? filter->until_us : INT64_MAX);
    sqlite3_bind_int64(rows, 6, (sqlite3_int64)filter->sequence);
    sqlite3_bind_int64(rows, 7, filter->replay);
    while (found) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return NULL;
        }
        if (found) {
            take_letter(look, rows, filter, letters);
        }
    }
    return g_steal_pointer(&letters);
}
