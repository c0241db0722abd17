/* Whose event is it: from the identities that a source names to the subject, a keyed pseudonym (DESIGN 4.4).
 *
 * Every identity implies a subject, its HMAC under the site key. Only exceptions are stored (ties.h): a citizen
 * number (a strong identity) that is alone needs no row; a weak one (every other kind) has one, and so has a
 * subject that goes on as another. Kinds other than those that all sources share
 * (core/base/identity.h: idNumber and birthCertificate of persons, creditCode of organisations, unitNumber of real property) count
 * within their source only, so that no source can claim another's. What is said here of persons and citizen numbers holds for
 * organisations and credit codes, and for units and unit numbers; no event names two of these (core/base/event.c).
 *
 * **Nobody is tied to somebody else.** Two citizen numbers become one subject only when an event of an authority
 * (the police's register) names both: a correction. Everything else joins at most one citizen number:
 *
 *   - a person who was known without a number and comes with one stays the same person. A certificate does that
 *     only for an authority; a source's own number, for its source;
 *   - a weak identity that is known with one number and comes with another is in conflict: the event goes to the
 *     number that it names, and from then on the identity ties nothing. Events that have nothing else get
 *     subjects of their own. It is over when a correction (or an administrator) says that the two are one;
 *   - weak identities that are known with different numbers join nobody: the event gets a subject of its own;
 *   - persons without a number are joined by an authority that names them as one.
 *
 * The event of a source that is no authority goes to the first citizen number's subject, else to the first birth
 * certificate's, whatever other numbers it names. */
#pragma once

#include "spool/ties.h"

/* The quality mark of an event with an identity in conflict; its element is the kind. As the dictionary names it. */
#define HT_SPOOL_MARK_CONFLICT "identity-conflict"

typedef struct HtSpoolSubjects HtSpoolSubjects;

/* `ties` stays the caller's. */
HtSpoolSubjects *ht_spool_subjects_new(HtSpoolTies *ties, HtSpoolHasher *hasher);
void ht_spool_subjects_free(HtSpoolSubjects *subjects);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolSubjects, ht_spool_subjects_free)

typedef struct {
    const HtEvent *event;
    const char *source;
    const HtUuid *message; /* and index: of these an event without identities gets its subject */
    uint32_t index;
    int64_t time_us; /* when the message was taken */
    bool authority;
} HtSpoolSubjectQuestion;

typedef struct {
    char subject[HT_SPOOL_SUBJECT];
    char former[HT_SPOOL_SUBJECT]; /* under which earlier events of this person may have gone; empty: none */
    HtText conflicts[HT_EVENT_IDENTITIES]; /* the kinds of identities in conflict; point into the event */
    unsigned conflict_count;
} HtSpoolSubjectAnswer;

/* Inside a transaction: finds the subject and stores what has to be known of the identities from now on. */
bool ht_spool_subjects_resolve(HtSpoolSubjects *subjects, const HtSpoolSubjectQuestion *question,
                               HtSpoolSubjectAnswer *answer, GError **error);

/* A subject that nothing else has: of an event without identities, made of the message and the index; and of what
 * an administrator took away from another's. */
void ht_spool_subjects_make_own(HtSpoolSubjects *subjects, const HtUuid *message, uint32_t index,
                                char subject[HT_SPOOL_SUBJECT]);
