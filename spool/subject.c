/* Subjects and aliases. Writer thread. */
#include "spool/subject.h"

#include "core/base/log.h"

struct HtSpoolSubjects {
    HtSpoolHasher *hasher;
    sqlite3_stmt *find, *store;
    uint64_t count, committed_count; /* rows in `aliases`; while there are none, nothing is looked up */
    uint64_t ignored;                /* events that said more of who is who than their source may */
};

/* One identity, with what is known of it. */
typedef struct {
    HtSpoolHash hash; /* in the table */
    char implied[HT_SPOOL_SUBJECT];
    char stored[HT_SPOOL_SUBJECT]; /* empty when it has no alias */
    bool strong;                   /* a citizen number */
    bool global;                   /* that, or a birth certificate: the same for all sources */
    bool fresh;
} Known;

typedef struct {
    Known known[HT_EVENT_IDENTITIES];
    unsigned count;
    char *subject, *former;
} Case;

HtSpoolSubjects *ht_spool_subjects_new(sqlite3 *db, HtSpoolHasher *hasher, GError **error)
{
    g_autoptr(HtSpoolSubjects) subjects = g_new0(HtSpoolSubjects, 1);
    int64_t count = 0;
    subjects->hasher = hasher;
    if (!ht_spool_database_prepare(db, "SELECT subject FROM aliases WHERE hash = ?", &subjects->find,
                                   error) ||
        !ht_spool_database_prepare(db, "INSERT OR REPLACE INTO aliases(hash, subject) VALUES(?, ?)",
                                   &subjects->store, error) ||
        !ht_spool_database_number(db, "SELECT count(*) FROM aliases", &count, error)) {
        return NULL;
    }
    subjects->count = subjects->committed_count = (uint64_t)count;
    return g_steal_pointer(&subjects);
}

void ht_spool_subjects_free(HtSpoolSubjects *subjects)
{
    if (subjects) {
        sqlite3_finalize(subjects->find);
        sqlite3_finalize(subjects->store);
        g_free(subjects);
    }
}

static bool find_alias(HtSpoolSubjects *subjects, Known *known, GError **error)
{
    if (subjects->count == 0) {
        return true;
    }
    bool found;
    ht_spool_bind_blob(subjects->find, 1, known->hash.bytes, sizeof known->hash.bytes);
    bool good = ht_spool_database_row(subjects->find, &found, error);
    if (good && found) {
        g_strlcpy(known->stored, (const char *)sqlite3_column_text(subjects->find, 0), sizeof known->stored);
    }
    sqlite3_reset(subjects->find);
    return good;
}

static bool look_up(HtSpoolSubjects *subjects, const char *source, const HtIdentity *identity, Known *known,
                    GError **error)
{
    HtSpoolHash halves[2];
    bool strong = ht_text_is(identity->kind, "idNumber");
    bool global = strong || ht_text_is(identity->kind, "birthCertificate");
    if (global) {
        ht_spool_hash(subjects->hasher, HT_TEXT_LITERAL("subject"), identity->kind, identity->value, halves);
    } else {
        g_autofree char *scope = g_strdup_printf("%s/%.*s", source, (int)identity->kind.size,
                                                 identity->kind.size ? identity->kind.data : "");
        ht_spool_hash(subjects->hasher, HT_TEXT_LITERAL("subject"), ht_text_from(scope), identity->value,
                      halves);
    }
    *known = (Known){.hash = halves[1], .strong = strong, .global = global, .fresh = identity->fresh};
    ht_spool_hash_subject(&halves[0], known->implied);
    return find_alias(subjects, known, error);
}

static bool store_alias(HtSpoolSubjects *subjects, const Known *known, const char *subject, GError **error)
{
    subjects->count += known->stored[0] == '\0';
    ht_spool_bind_blob(subjects->store, 1, known->hash.bytes, sizeof known->hash.bytes);
    ht_spool_bind_text(subjects->store, 2, ht_text_from(subject));
    return ht_spool_database_do(subjects->store, error);
}

static const Known *find_fresh(const Case *question)
{
    for (unsigned i = 0; i < question->count; i++) {
        if (question->known[i].fresh) {
            return &question->known[i];
        }
    }
    return NULL;
}

/* The subject when no identity is fresh: a stored alias wins, then a citizen number, then whatever comes
 * first. */
static const char *choose_subject(const Case *question)
{
    for (unsigned i = 0; i < question->count; i++) {
        if (question->known[i].stored[0] != '\0') {
            return question->known[i].stored;
        }
    }
    for (unsigned i = 0; i < question->count; i++) {
        if (question->known[i].strong) {
            return question->known[i].implied;
        }
    }
    return question->known[0].implied;
}

/* Where events of this identity have gone until now; NULL when there can be none. */
static const char *subject_until_now(const Known *known)
{
    if (known->stored[0] != '\0') {
        return known->stored;
    }
    return known->strong ? known->implied : NULL;
}

static void note_former(Case *question, const char *before)
{
    if (question->former[0] == '\0' && before && strcmp(before, question->subject) != 0) {
        g_strlcpy(question->former, before, HT_SPOOL_SUBJECT);
    }
}

/* Ties one identity to the subject. A citizen number that already has an alias keeps it: a number is never
 * taken from one person for another by a message that merely names both. */
static bool tie(HtSpoolSubjects *subjects, Case *question, const Known *known, GError **error)
{
    const char *before = subject_until_now(known);
    note_former(question, before);
    bool settled =
        before && (strcmp(before, question->subject) == 0 || (known->strong && known->stored[0] != '\0'));
    if (settled) {
        return true;
    }
    if (before && known->strong) {
        ht_log(HT_LOG_INFO, "spool", "subject %s is %s from now on", before, question->subject);
    }
    return store_alias(subjects, known, question->subject, error);
}

/* A number shared by two persons: the fresh identity starts a subject, what is local to the source goes
 * with it, and the shared number stays where it is. */
static bool split(HtSpoolSubjects *subjects, Case *question, const Known *fresh, GError **error)
{
    g_strlcpy(question->subject, fresh->stored[0] != '\0' ? fresh->stored : fresh->implied, HT_SPOOL_SUBJECT);
    for (unsigned i = 0; i < question->count; i++) {
        const Known *known = &question->known[i];
        bool moves = known == fresh || (!known->fresh && !known->strong);
        if (moves && !tie(subjects, question, known, error)) {
            return false;
        }
    }
    return true;
}

static bool join(HtSpoolSubjects *subjects, Case *question, GError **error)
{
    g_strlcpy(question->subject, choose_subject(question), HT_SPOOL_SUBJECT);
    for (unsigned i = 0; i < question->count; i++) {
        if (!tie(subjects, question, &question->known[i], error)) {
            return false;
        }
    }
    return true;
}

/* ---- Sources that are no authority ---- */

/* The first citizen number, else the first birth certificate; NULL when there are only the source's own. */
static const Known *find_anchor(const Case *question)
{
    const Known *anchor = NULL;
    for (unsigned i = 0; i < question->count; i++) {
        const Known *known = &question->known[i];
        if (known->strong) {
            return known;
        }
        anchor = anchor || !known->global ? anchor : known;
    }
    return anchor;
}

/* Is more said of who is who than one number of each kind? */
static bool says_too_much(const Case *question)
{
    unsigned numbers = 0, certificates = 0, fresh = 0;
    for (unsigned i = 0; i < question->count; i++) {
        numbers += question->known[i].strong;
        certificates += question->known[i].global && !question->known[i].strong;
        fresh += question->known[i].fresh;
    }
    return numbers > 1 || certificates > 1 || fresh > 0;
}

/* The log gets the first, the second, the fourth, …: a source that does it with every event must not fill it. */
static void note_ignored(HtSpoolSubjects *subjects, const HtSpoolSubjectQuestion *question,
                         const char *subject)
{
    uint64_t count = ++subjects->ignored;
    if ((count & (count - 1)) == 0) {
        ht_log(
            HT_LOG_WARNING, "spool",
            "source %s ties numbers of persons (subject %s) and is no authority for that: ignored; %" G_GUINT64_FORMAT
            " such events since the start",
            question->source, subject, count);
    }
}

/* The source's own number goes to the subject. That earlier events went to another is said only when that was made of the
 * number itself: another person's subject would be a tie again. */
static bool tie_own(HtSpoolSubjects *subjects, Case *question, const Known *known, GError **error)
{
    if (strcmp(known->stored, question->subject) == 0) {
        return true;
    }
    if (strcmp(known->stored, known->implied) == 0) {
        note_former(question, known->stored);
    }
    return store_alias(subjects, known, question->subject, error);
}

static bool join_own(HtSpoolSubjects *subjects, Case *question, GError **error)
{
    const Known *anchor = find_anchor(question);
    const char *subject = !anchor                     ? choose_subject(question)
                          : anchor->stored[0] != '\0' ? anchor->stored
                                                      : anchor->implied;
    g_strlcpy(question->subject, subject, HT_SPOOL_SUBJECT);
    bool unknown = anchor && !anchor->strong && anchor->stored[0] == '\0';
    if (unknown && !store_alias(subjects, anchor, subject, error)) {
        return false;
    }
    for (unsigned i = 0; i < question->count; i++) {
        if (!question->known[i].global && !tie_own(subjects, question, &question->known[i], error)) {
            return false;
        }
    }
    return true;
}

/* ---- Resolving ---- */

static void make_own_subject(HtSpoolSubjects *subjects, const HtSpoolSubjectQuestion *question, char *subject)
{
    char value[HT_UUID_SIZE + 4];
    HtSpoolHash halves[2];
    uint32_t index = GUINT32_TO_LE(question->index);
    memcpy(value, question->message->bytes, HT_UUID_SIZE);
    memcpy(value + HT_UUID_SIZE, &index, sizeof index);
    ht_spool_hash(subjects->hasher, HT_TEXT_LITERAL("nobody"), HT_TEXT_LITERAL(""),
                  (HtText){value, sizeof value}, halves);
    ht_spool_hash_subject(&halves[0], subject);
}

bool ht_spool_subjects_resolve(HtSpoolSubjects *subjects, const HtSpoolSubjectQuestion *question,
                               char subject[HT_SPOOL_SUBJECT], char former[HT_SPOOL_SUBJECT], GError **error)
{
    Case found;
    found.count = MIN(question->event->identity_count, HT_EVENT_IDENTITIES);
    found.subject = subject;
    found.former = former;
    former[0] = '\0';
    if (found.count == 0) {
        make_own_subject(subjects, question, subject);
        return true;
    }
    for (unsigned i = 0; i < found.count; i++) {
        if (!look_up(subjects, question->source, &question->event->identities[i], &found.known[i], error)) {
            return false;
        }
    }
    if (!question->authority) {
        bool good = join_own(subjects, &found, error);
        if (good && says_too_much(&found)) {
            note_ignored(subjects, question, subject);
        }
        return good;
    }
    const Known *fresh = find_fresh(&found);
    return fresh ? split(subjects, &found, fresh, error) : join(subjects, &found, error);
}

uint64_t ht_spool_subjects_count(const HtSpoolSubjects *subjects)
{
    return subjects->count;
}

void ht_spool_subjects_committed(HtSpoolSubjects *subjects)
{
    subjects->committed_count = subjects->count;
}

void ht_spool_subjects_rolled_back(HtSpoolSubjects *subjects)
{
    subjects->count = subjects->committed_count;
}
