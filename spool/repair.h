/* Who is who, changed by hand: what a department tied wrongly is undone, what it never tied is joined. For an
 * administrator; every change is kept with who made it and why (table `subject_audit`), and tells consumers by an event
 * of the bus's own, in the same transaction: subject.split.v1 or subject.merged.v1. */
#pragma once

#include "spool/hash.h"
#include "spool/spool.h"

/* The source of the bus's own events, which no department may have. */
#define HT_SPOOL_OWN_SOURCE "hutong"

typedef enum {
    /* An identity that is tied to `subject` goes back to the subject that it makes by itself, or to a new one when that is
     * in use: a citizen number with all that was tied to it before, any other kind alone. An identity in conflict,
     * named without a subject, is one that nothing is known of again. */
    HT_SPOOL_SPLIT,
    /* `other`, which goes on as `subject`, goes on as itself again, with all that was tied to it before. */
    HT_SPOOL_SPLIT_SUBJECT,
    /* `other` goes on as `subject`. A conflict between the two is over. */
    HT_SPOOL_JOIN,
} HtSpoolRepairVerb;

#define HT_SPOOL_REASON_MAX_BYTES 200

/* Texts that do not apply are NULL. */
typedef struct {
    HtSpoolRepairVerb verb;
    const char *subject, *other; /* pseudonyms */
    const char *kind, *source; /* of the identity; a citizen number and a birth certificate have no source */
    const char *value;         /* in clear; as the engine folds it. Forgotten when the answer is given */
    const char *reason;        /* ht_spool_repair_is_reason() */
    int64_t uid;               /* of the administrator */
    bool dry_run;              /* say what would become of it, and change nothing */
} HtSpoolRepair;

/* A subject by its form: "p-" and 26 characters. */
bool ht_spool_repair_is_subject(const char *text);

/* 1 to HT_SPOOL_REASON_MAX_BYTES of UTF-8 without control characters and without long numbers: it is in the log and goes to
 * consumers that have a purpose. */
bool ht_spool_repair_is_reason(const char *text);

/* The same, of up to so many bytes. */
bool ht_spool_repair_is_plain(const char *text, size_t max_bytes);

typedef struct {
    char subject[HT_SPOOL_SUBJECT]; /* the one that goes on */
    char other[HT_SPOOL_SUBJECT];   /* of a split the one that begins, of a join the one that ends */
    uint64_t sequence; /* of the event that tells consumers; 0 for a dry run and for a conflict forgotten */
} HtSpoolRepaired;

/* Exactly one is not NULL. HT_SPOOL_ERROR_REPAIR: it cannot be done; the message says why and holds no number. */
typedef void (*HtSpoolRepairDone)(const HtSpoolRepaired *repaired, const GError *error, void *user);

/* Does it with the next commit. What `repair` points to is copied. In spool.c. */
void ht_spool_repair(HtSpool *spool, const HtSpoolRepair *repair, HtSpoolRepairDone done, void *user);
