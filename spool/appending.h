/* The appender's insides, for those that append by it: append.c a message in one transaction, pieces.c a large one in many. Writer
 * thread, inside a transaction. */
#pragma once

#include "spool/amend.h"
#include "spool/append.h"
#include "spool/content.h"
#include "spool/hollow.h"
#include "spool/keys.h"
#include "spool/mend.h"
#include "spool/messages.h"
#include "spool/quarantine.h"
#include "spool/sealer.h"
#include "spool/subject.h"
#include "spool/turns.h"

struct HtSpoolAppender {
    sqlite3 *db;
    HtSpoolHasher *hasher;
    HtSpoolDamages *damages;
    HtSpoolRows *rows;
    HtSpoolMessages *messages;
    HtSpoolTurns *turns;
    HtSpoolBlocks *blocks; /* of the next two */
    uint64_t filter_bytes;
    HtSpoolIndex *keys;
    HtSpoolTies *ties;
    HtSpoolContents *contents;
    HtSpoolSubjects *subjects;
    HtSpoolQuarantine *quarantine;
    HtSpoolMender *mender;
    HtSpoolHollower *hollower;
    sqlite3_stmt *insert_payload, *insert_faults;
    HtSpoolFigures now, committed;
    HtSpoolSealer *sealer;
    HtBuffer head, faults, sealed;
    HtBuffer marked[2]; /* data with marks of the spool's own, and with one more */
    HtSpoolAmendment amendment;

    const HtSpoolMessage *message;     /* being taken */
    const HtSpoolSubjectAnswer *whose; /* its events are, when no identity says it: the bus's own; else NULL */
    HtSpoolHash message_hash;          /* of its key, */
    bool by_event;                     /* which is that of its only event */
    char trace[HT_SPOOL_TRACE];        /* its trace context, for its events */
    uint64_t sequence, number;         /* of the event that is appended next, and messages.id */
};

/* Whether its columns have room for it. */
bool ht_spool_appending_fits(const HtSpoolMessage *message);

/* By what the message at hand is known: `message_hash` and `by_event`. Its contents have been read. */
bool ht_spool_appending_identify(HtSpoolAppender *appender, GError **error);

typedef enum {
    HT_SPOOL_BEFORE_NOT,
    HT_SPOOL_BEFORE_SENT, /* the job has the receipt, also of another payload */
    HT_SPOOL_BEFORE_MAYBE /* the same, if all that it says under numbers is known */
} HtSpoolBefore;

/* Whether the message at hand, which is no single event, was sent before. It has been identified. */
bool ht_spool_appending_find(HtSpoolAppender *appender, HtSpoolJob *job, HtSpoolBefore *before,
                             GError **error);

/* It was: counts it. */
void ht_spool_appending_resent(HtSpoolAppender *appender, const HtSpoolJob *job);

/* Makes the trace context of its events. */
void ht_spool_appending_trace(HtSpoolAppender *appender);

/* Appends the event of this index as `sequence` of `number`, unless it is known. Its key is not put. */
bool ht_spool_appending_event(HtSpoolAppender *appender, uint32_t index, bool *is_known, GError **error);

/* The receipt of a new message, before its events are counted in it. */
void ht_spool_appending_begin(HtSpoolJob *job);

/* Its events are in place, and counted in the receipt: the rest of it, as message number `now.messages`. */
bool ht_spool_appending_finish(HtSpoolAppender *appender, HtSpoolJob *job, GError **error);
