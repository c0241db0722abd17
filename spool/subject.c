/* The rules of subjects. Writer thread. */
#include "spool/subject.h"

#include "core/base/log.h"

struct HtSpoolSubjects {
    HtSpoolTies *ties;
    HtSpoolHasher *hasher;
    uint64_t ignored;   /* events that said more of who is who than their source may */
    uint64_t conflicts; /* identities that were found in conflict */
};

/* One event's. */
typedef struct {
    HtSpoolSubjects *subjects;
    const HtSpoolSubjectQuestion *question;
    HtSpoolSubjectAnswer *answer;
    HtSpoolTie ties[HT_EVENT_IDENTITIES];
    unsigned count;
    bool numbered; /* a citizen number goes to the subject */
} Case;

HtSpoolSubjects *ht_spool_subjects_new(HtSpoolTies *ties, HtSpoolHasher *hasher)
{
    HtSpoolSubjects *subjects = g_new0(HtSpoolSubjects, 1);
    *subjects = (HtSpoolSubjects){.ties = ties, .hasher = hasher};
    return subjects;
}

void ht_spool_subjects_free(HtSpoolSubjects *subjects)
{
    g_free(subjects);
}

void ht_spool_subjects_make_own(HtSpoolSubjects *subjects, const HtUuid *message, uint32_t index,
                                char subject[HT_SPOOL_SUBJECT])
{
    char value[HT_UUID_SIZE + 4];
    HtSpoolHash halves[2];
    index = GUINT32_TO_LE(index);
    memcpy(value, message->bytes, HT_UUID_SIZE);
    memcpy(value + HT_UUID_SIZE, &index, sizeof index);
    ht_spool_hash(subjects->hasher, HT_TEXT_LITERAL("nobody"), HT_TEXT_LITERAL(""),
                  (HtText){value, sizeof value}, halves);
    ht_spool_hash_subject(&halves[0], subject);
}

/* ---- Parts of the rules ---- */

static bool is_subject(const Case *found, const char *subject)
{
    return strcmp(subject, found->answer->subject) == 0;
}

static void set_subject(Case *found, const char *subject, bool numbered)
{
    g_strlcpy(found->answer->subject, subject, HT_SPOOL_SUBJECT);
    found->numbered = numbered;
}

static void set_own_subject(Case *found)
{
    ht_spool_subjects_make_own(found->subjects, found->question->message, found->question->index,
                               found->answer->subject);
    found->numbered = false;
}

static void note_former(Case *found, const char *before)
{
    if (found->answer->former[0] == '\0' && !is_subject(found, before)) {
        g_strlcpy(found->answer->former, before, HT_SPOOL_SUBJECT);
    }
}

/* The log gets the first, the second, the fourth, …: a source that does it with every event must not fill it. */
static bool is_worth_a_line(uint64_t count)
{
    return (count & (count - 1)) == 0;
}

/* Marks the event and counts it. `subject` and `other` are the two persons; NULL when that was said before. */
static bool note_conflict(Case *found, const HtSpoolTie *tie, const char *subject, const char *other,
                          GError **error)
{
    HtSpoolSubjectAnswer *answer = found->answer;
    answer->conflicts[answer->conflict_count++] = tie->kind;
    return ht_spool_ties_conflict(found->subjects->ties, tie, subject, other, found->question->time_us,
                                  error);
}

/* The identity, known with another citizen number, that of `other`, ties nothing any more. */
static bool part(Case *found, HtSpoolTie *tie, const char *other, HtSpoolTieState state, GError **error)
{
    const char *before = tie->subject[0] != '\0' ? tie->subject : tie->implied;
    uint64_t count = ++found->subjects->conflicts;
    if (is_worth_a_line(count)) {
        ht_log(
            HT_LOG_WARNING, "spool",
            "source %s: a %.*s that was seen with one citizen number (credit code, unit number) came with another: it ties nothing any more"
            " (`hutong subject conflicts`); %" G_GUINT64_FORMAT " since the start",
            found->question->source, (int)tie->kind.size, tie->kind.data, count);
    }
    return note_conflict(found, tie, other, found->answer->subject, error) &&
           ht_spool_ties_store(found->subjects->ties, tie, before, state, error);
}

static bool tie_to_subject(Case *found, HtSpoolTie *tie, GError **error)
{
    return ht_spool_ties_store(found->subjects->ties, tie, found->answer->subject,
                               found->numbered ? HT_SPOOL_TIE_NUMBERED : HT_SPOOL_TIE_ALONE, error);
}

/* The other subject is the same person and goes on as this one. */
static bool join(Case *found, const char *other, GError **error)
{
    HtSpoolTies *ties = found->subjects->ties;
    note_former(found, other);
    ht_log(HT_LOG_INFO, "spool", "subject %s is %s from now on", other, found->answer->subject);
    return ht_spool_ties_forward(ties, other, found->answer->subject, error) &&
           (!found->numbered || ht_spool_ties_number(ties, found->answer->subject, error));
}

/* A person who was known without a citizen number stays who she was: what is new is the number. One that was
 * joined to somebody before stays there. */
static bool join_person(Case *found, const HtSpoolTie *number, const HtSpoolTie *tie, GError **error)
{
    char before[HT_SPOOL_SUBJECT];
    if (!is_subject(found, number->implied)) {
        return join(found, tie->subject, error);
    }
    memcpy(before, found->answer->subject, sizeof before);
    set_subject(found, tie->subject, true);
    return join(found, before, error);
}

/* A source that is no authority moves its own number only. That earlier events went to another is said only when
 * that was made of the number itself: another person's subject would be a tie again. */
static bool move_own(Case *found, HtSpoolTie *tie, GError **error)
{
    if (tie->global) {
        return true; /* a second certificate, without a number */
    }
    if (strcmp(tie->subject, tie->implied) == 0) {
        note_former(found, tie->subject);
    }
    return tie_to_subject(found, tie, error);
}

/* ---- With a citizen number ---- */

static const HtSpoolTie *find_number(const Case *found)
{
    const HtSpoolTie *first = NULL;
    for (unsigned i = 0; i < found->count; i++) {
        const HtSpoolTie *tie = &found->ties[i];
        if (tie->strong && found->question->authority && strcmp(tie->subject, tie->implied) != 0) {
            return tie;
        }
        first = first || !tie->strong ? first : tie;
    }
    return first;
}

/* A second number: a correction, when an authority says it. */
static bool add_number(Case *found, const HtSpoolTie *tie, GError **error)
{
    if (is_subject(found, tie->subject)) {
        return true;
    }
    return found->question->authority
               ? join(found, tie->subject, error)
               : note_conflict(found, tie, tie->subject, found->answer->subject, error);
}

/* A certificate that a source without authority names with a citizen number: it is not tied to it, but that it was seen with it
 * is remembered, and with two it ties nothing. */
static bool add_claim(Case *found, HtSpoolTie *tie, GError **error)
{
    char claimed[HT_SPOOL_SUBJECT];
    HtSpoolTies *ties = found->subjects->ties;
    if (!ht_spool_ties_find_claim(ties, tie, claimed, error)) {
        return false;
    }
    if (claimed[0] == '\0') {
        return ht_spool_ties_store_claim(ties, tie, found->answer->subject, error);
    }
    return is_subject(found, claimed) || part(found, tie, claimed, HT_SPOOL_TIE_DOUBTED, error);
}

/* An authority says whose it is, whatever others said; that they did is marked. */
static bool end_doubt(Case *found, HtSpoolTie *tie, GError **error)
{
    tie->parted = tie->doubted = false;
    memcpy(tie->subject, tie->before, sizeof tie->subject);
    return note_conflict(found, tie, NULL, found->answer->subject, error) &&
           ht_spool_ties_follow(found->subjects->ties, tie->subject, &tie->numbered, error) &&
           ht_spool_ties_store(found->subjects->ties, tie, tie->subject, HT_SPOOL_TIE_ALONE, error);
}

static bool add_weak(Case *found, const HtSpoolTie *number, HtSpoolTie *tie, GError **error)
{
    bool authority = found->question->authority;
    if (tie->doubted && authority && !end_doubt(found, tie, error)) {
        return false;
    }
    if (tie->parted) {
        return note_conflict(found, tie, NULL, found->answer->subject, error);
    }
    if (tie->subject[0] != '\0' && is_subject(found, tie->subject)) {
        return true;
    }
    if (tie->numbered) {
        return part(found, tie, tie->subject, HT_SPOOL_TIE_PARTED, error);
    }
    if (!authority && tie->global) {
        return add_claim(found, tie, error);
    }
    if (tie->subject[0] == '\0') {
        return tie_to_subject(found, tie, error);
    }
    return authority ? join_person(found, number, tie, error) : move_own(found, tie, error);
}

/* What an earlier identity of the event has joined is not where this one's look-up found it. */
static bool look_again(Case *found, HtSpoolTie *tie, GError **error)
{
    return tie->subject[0] == '\0' ||
           ht_spool_ties_follow(found->subjects->ties, tie->subject, &tie->numbered, error);
}

static bool resolve_number(Case *found, const HtSpoolTie *number, GError **error)
{
    set_subject(found, number->subject, true);
    for (unsigned i = 0; i < found->count; i++) {
        HtSpoolTie *tie = &found->ties[i];
        if (tie->strong && (!look_again(found, tie, error) || !add_number(found, tie, error))) {
            return false;
        }
    }
    for (unsigned i = 0; i < found->count; i++) {
        HtSpoolTie *tie = &found->ties[i];
        if (!tie->strong && (!look_again(found, tie, error) || !add_weak(found, number, tie, error))) {
            return false;
        }
    }
    return true;
}

/* ---- Without ---- */

/* An identity that is known with a citizen number, of another person than `but` when that is given; NULL without. */
static const HtSpoolTie *find_numbered(const Case *found, const HtSpoolTie *but)
{
    for (unsigned i = 0; i < found->count; i++) {
        const HtSpoolTie *tie = &found->ties[i];
        if (tie->numbered && tie->subject[0] != '\0' && (!but || strcmp(tie->subject, but->subject) != 0)) {
            return tie;
        }
    }
    return NULL;
}

/* The identities name two persons who have a number each: it cannot be said whose event it is. Their ties stay as
 * they are; one of them came with its number. */
static bool belong_to_nobody(Case *found, GError **error)
{
    set_own_subject(found);
    for (unsigned i = 0; i < found->count; i++) {
        const HtSpoolTie *tie = &found->ties[i];
        const HtSpoolTie *other = tie->numbered ? find_numbered(found, tie) : NULL;
        if ((other || tie->parted) &&
            !note_conflict(found, tie, other ? tie->subject : NULL, other ? other->subject : NULL, error)) {
            return false;
        }
    }
    return true;
}

/* Whose subject it is: of a source that is no authority the first certificate's; else the one with a citizen number,
 * the first one that is known, the first. NULL when each of them is parted. */
static HtSpoolTie *find_anchor(Case *found)
{
    HtSpoolTie *best = NULL;
    int best_rank = 0;
    for (unsigned i = 0; i < found->count; i++) {
        HtSpoolTie *tie = &found->ties[i];
        bool first = tie->global && !found->question->authority;
        int rank = tie->parted ? 0 : first ? 4 : tie->numbered ? 3 : tie->subject[0] != '\0' ? 2 : 1;
        if (rank > best_rank) {
            best = tie;
            best_rank = rank;
        }
    }
    return best;
}

static bool add_person(Case *found, HtSpoolTie *tie, GError **error)
{
    bool authority = found->question->authority;
    if (tie->parted) {
        return note_conflict(found, tie, NULL, NULL, error);
    }
    if (tie->subject[0] == '\0') {
        return (!authority && tie->global) || tie_to_subject(found, tie, error);
    }
    if (is_subject(found, tie->subject) || tie->numbered) {
        return true;
    }
    return authority ? join(found, tie->subject, error) : move_own(found, tie, error);
}

static bool resolve_person(Case *found, GError **error)
{
    const HtSpoolTie *numbered = find_numbered(found, NULL);
    if (numbered && find_numbered(found, numbered)) {
        return belong_to_nobody(found, error);
    }
    HtSpoolTie *anchor = find_anchor(found);
    if (!anchor) {
        set_own_subject(found);
    } else {
        bool known = anchor->subject[0] != '\0';
        set_subject(found, known ? anchor->subject : anchor->implied, anchor->numbered);
        if (!known && !tie_to_subject(found, anchor, error)) {
            return false;
        }
    }
    for (unsigned i = 0; i < found->count; i++) {
        HtSpoolTie *tie = &found->ties[i];
        if (!look_again(found, tie, error) || !add_person(found, tie, error)) {
            return false;
        }
    }
    return true;
}

/* ---- A number shared by two persons ---- */

static HtSpoolTie *find_fresh(Case *found)
{
    for (unsigned i = 0; i < found->count; i++) {
        if (found->ties[i].fresh) {
            return &found->ties[i];
        }
    }
    return NULL;
}

/* The fresh identity starts a subject, what is weak goes with it, and the shared number stays where it is. Earlier
 * events of this person went to the other's subject: that is no former one, for it still is the other's. Whom a weak one named
 * without a number is this person, whole. */
static bool split(Case *found, HtSpoolTie *fresh, GError **error)
{
    if (fresh->parted) {
        set_own_subject(found);
        return note_conflict(found, fresh, NULL, NULL, error);
    }
    bool known = fresh->subject[0] != '\0';
    set_subject(found, known ? fresh->subject : fresh->implied, fresh->numbered);
    if (!known && !tie_to_subject(found, fresh, error)) {
        return false;
    }
    for (unsigned i = 0; i < found->count; i++) {
        HtSpoolTie *tie = &found->ties[i];
        if (!look_again(found, tie, error)) {
            return false;
        }
        bool moves = !tie->fresh && !tie->strong && !tie->parted && !is_subject(found, tie->subject);
        if (tie->parted && !note_conflict(found, tie, NULL, found->answer->subject, error)) {
            return false;
        }
        if (moves && tie->subject[0] != '\0' && !tie->numbered && !join(found, tie->subject, error)) {
            return false;
        }
        if (moves && !tie_to_subject(found, tie, error)) {
            return false;
        }
    }
    return true;
}

/* ---- Resolving ---- */

/* Is more said of who is who than one number of each kind? */
static bool says_too_much(const Case *found)
{
    unsigned numbers = 0, certificates = 0, fresh = 0;
    for (unsigned i = 0; i < found->count; i++) {
        numbers += found->ties[i].strong;
        certificates += found->ties[i].global && !found->ties[i].strong;
        fresh += found->ties[i].fresh;
    }
    return numbers > 1 || certificates > 1 || fresh > 0;
}

static void note_ignored(const Case *found)
{
    uint64_t count = ++found->subjects->ignored;
    if (is_worth_a_line(count)) {
        ht_log(
            HT_LOG_WARNING, "spool",
            "source %s ties numbers of persons (subject %s) and is no authority for that: ignored; %" G_GUINT64_FORMAT
            " such events since the start",
            found->question->source, found->answer->subject, count);
    }
}

/* Each identity once, however often it is named. */
static bool look_up(Case *found, GError **error)
{
    const HtEvent *event = found->question->event;
    for (unsigned i = 0; i < MIN(event->identity_count, HT_EVENT_IDENTITIES); i++) {
        HtSpoolTie *tie = &found->ties[found->count];
        unsigned known = 0;
        if (!ht_spool_ties_find(found->subjects->ties, found->question->source, &event->identities[i], tie,
                                error)) {
            return false;
        }
        while (memcmp(&found->ties[known].hash, &tie->hash, sizeof tie->hash) != 0) {
            known++;
        }
        found->ties[known].fresh = found->ties[known].fresh || tie->fresh;
        found->count += known == found->count;
    }
    return true;
}

bool ht_spool_subjects_resolve(HtSpoolSubjects *subjects, const HtSpoolSubjectQuestion *question,
                               HtSpoolSubjectAnswer *answer, GError **error)
{
    Case found;
    found.subjects = subjects;
    found.question = question;
    found.answer = answer;
    found.count = 0;
    answer->former[0] = '\0';
    answer->conflict_count = 0;
    if (!look_up(&found, error)) {
        return false;
    }
    if (found.count == 0) {
        set_own_subject(&found);
        return true;
    }
    HtSpoolTie *fresh = question->authority ? find_fresh(&found) : NULL;
    if (fresh) {
        return split(&found, fresh, error);
    }
    const HtSpoolTie *number = find_number(&found);
    bool good = number ? resolve_number(&found, number, error) : resolve_person(&found, error);
    if (good && !question->authority && says_too_much(&found)) {
        note_ignored(&found);
    }
    return good;
}
