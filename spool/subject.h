/* Whose event is it: from the identities that a source names to the subject, a keyed pseudonym (DESIGN 4.4).
 *
 * Every identity implies a subject, its HMAC under the site key. Only exceptions are stored, in the table
 * `aliases`: a citizen number (a strong identity) that is alone needs no row; an identity tied to
 * another's subject has one. Kinds other than idNumber and birthCertificate count within their source
 * only, so that no source can claim another's.
 *
 * An alias of a citizen number holds for all departments and for good. Only messages of an authority (the
 * police's register) make one. What any other source says ties its own numbers to a person and nothing else:
 * its event goes to the first citizen number's subject, else to the first birth certificate's, whatever
 * other numbers it names. */
#pragma once

#include "spool/database.h"
#include "spool/hash.h"

typedef struct HtSpoolSubjects HtSpoolSubjects;

/* `db` and `hasher` stay the caller's. */
HtSpoolSubjects *ht_spool_subjects_new(sqlite3 *db, HtSpoolHasher *hasher, GError **error);
void ht_spool_subjects_free(HtSpoolSubjects *subjects);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolSubjects, ht_spool_subjects_free)

typedef struct {
    const HtEvent *event;
    const char *source;
    const HtUuid *message; /* and index: of these an event without identities gets its subject */
    uint32_t index;
    bool authority;
} HtSpoolSubjectQuestion;

/* Inside a transaction: finds the subject and stores what has to be known of the identities from now on.
 * `former` is the subject under which earlier events of this person may have gone, empty when there is
 * none. */
bool ht_spool_subjects_resolve(HtSpoolSubjects *subjects, const HtSpoolSubjectQuestion *question,
                               char subject[HT_SPOOL_SUBJECT], char former[HT_SPOOL_SUBJECT], GError **error);

/* Aliases stored, those of an open transaction included. */
uint64_t ht_spool_subjects_count(const HtSpoolSubjects *subjects);

void ht_spool_subjects_committed(HtSpoolSubjects *subjects);
void ht_spool_subjects_rolled_back(HtSpoolSubjects *subjects);
