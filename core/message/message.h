/* A message on its way in, from its first byte to its receipt or refusal: what it is, its body, the host that reads it, the spool
 * that keeps it. Whoever brings it in owns it (a connection of the public door; a batch file or a poll would be another); while it
 * is with the spool it can only be let go of. Main-loop thread. */
#pragma once

#include "core/base/beside.h"
#include "core/message/beginning.h"
#include "core/refusal/refusal.h"
#include "core/source/sources.h"
#include "mappings/engine/reference/dictionary.h"
#include "spool/spool.h"

#include <nettle/sha2.h>

/* What all ways in share. Owned by the bus; lives longer than the spool. */
typedef struct {
    HtSpool *spool;
    const HtSpoolLimits *limits;
    const HtDictionary
        *dictionary;      /* what hosts send is held against it; NULL, in tests only: against nothing */
    unsigned sources;     /* among which the room is shared */
    uint64_t spool_bytes; /* in memory of messages that wait for a commit */
    HtShare counted;      /* of what waits, without what is above a source's share */
} HtIntake;

typedef struct HtMessage HtMessage;

/* What became of it: a receipt or a refusal. Lives until the callee returns. */
typedef struct {
    const HtReceipt *receipt; /* everything is on disk */
    const GArray *faults; /* of HtFault: this message's records that were left out; NULL when there are none */
    const HtRefusal *refusal;
} HtMessageResult;

/* Who brings it in, and is told. Both from the main loop, never from inside of a function of this header. */
typedef struct {
    void (*room)(void *user); /* after HT_TAKE_FULL: the host has room again */

    /* Once, and the message may be freed from inside. Also while the body still comes, when the host refuses it early. */
    void (*done)(const HtMessageResult *result, void *user);
    void *user;
} HtMessageOwner;

typedef enum {
    HT_MESSAGE_BODY_COMES,
    HT_MESSAGE_AT_HOST,
    HT_MESSAGE_AT_SPOOL,
    HT_MESSAGE_DONE,
} HtMessageState;

/* For reading; only message.c changes it. */
struct HtMessage {
    HtMessageState state;
    HtIntake *intake;
    HtSource *source;                    /* held; a reload gives later messages another */
    HtDictionary *dictionary;            /* held: the intake's when it began */
    HtMessageHead head;                  /* texts are the owner's, until it lets go */
    HtText idempotency_key, traceparent; /* of the request, the same; absent when none */
    HtSoapVersion
        soap; /* what it is wrapped in: as the head says, or else its beginning; best as the host does */
    HtMessageOwner owner; /* without `done`: it was let go of */

    /* its body */
    uint64_t length; /* as announced; 0: not known */
    bool is_form;
    HtBeginning beginning;
    uint64_t size;            /* so far */
    HtBuffer gathered;        /* small pieces that are small together */
    GBytes *body;             /* the whole body, unless it was streamed */
    bool streamed;            /* it goes, or has gone, to the host in pieces */
    struct sha256_ctx digest; /* so far */
    uint8_t sha256[SHA256_DIGEST_SIZE];
    int64_t received_us; /* when it was whole, since 1970 */
    int64_t complete_us; /* the same, monotonic */
    HtTicket *ticket;    /* at the host */

    /* what the host made of it; absent before its outcome. A large one is prepared on a thread of its own: until that is over nothing here
     * is touched. */
    bool prepared;
    HtSpoolMessage *kept; /* which the spool gets; NULL when it gets none, */
    GError *bad;          /* or when it cannot be made: why */
    HtBeside *beside;     /* what is prepared once more, under another key; NULL: nothing */
    GBytes *frame;        /* the outcome's: what the texts here point into */
    GArray *faults;       /* of HtFault; NULL when there are none */
    HtAddressing addressing;
    HtText message_id, action; /* wsa:MessageID and wsa:Action */
    bool submit;               /* the operation was the generic Submit */
    bool by_payload;   /* the key that the sender gave is another message's: it is known by its payload */
    HtRefusal refusal; /* which will be its result; no code: none */

    uint64_t spool_bytes; /* what it keeps in memory while it waits for a commit, */
    HtShare *share;       /* of its source's share; NULL when it does not wait */
};

/* What is known of it before its body. */
typedef struct {
    HtSource *source;
    HtMessageHead head;
    HtText idempotency_key, traceparent;
    HtSoapVersion soap; /* as far as the head says */
    bool is_form;       /* its type says that it is a form: taken only when it begins as XML all the same */
    uint64_t
        length; /* of the body; 0: not known. May be above the limit: then it is refused when its first bytes have come */
} HtMessageStart;

/* Whether an administrator lets the source send; `begun`: the message is on its way already, which a source that drains still takes. The
 * refusal's notice lives until the main loop goes on. */
bool ht_intake_admits(const HtIntake *intake, const HtSource *source, bool begun, HtRefusal *refusal);

HtMessage *ht_message_new(HtIntake *intake, const HtMessageStart *start, const HtMessageOwner *owner);

typedef enum {
    HT_TAKE_MORE, /* taken; there is room for more */
    HT_TAKE_FULL, /* taken; but nothing more before `room` */
    HT_TAKE_NOT,  /* refused: it is done, and `done` will not be called */
} HtTake;

/* A piece of the body. */
HtTake ht_message_take(HtMessage *message, const char *bytes, size_t size, HtRefusal *refusal);

/* The body is whole: the host reads it, then `done` is called. False when it is refused at once: it is done, and `done` will not be
 * called. */
bool ht_message_end(HtMessage *message, HtRefusal *refusal);

/* Its owner refuses it, before its end. It is done. */
void ht_message_refuse(HtMessage *message, const HtRefusal *refusal);

/* Counts one that was refused by its head alone, and never became a message. */
void ht_message_count_refused(const HtIntake *intake, const HtSource *source, const HtRefusal *refusal);

/* Its owner lets go of it: with the spool it is kept all the same, and nobody is told; else the host forgets it, and nothing was
 * taken. */
void ht_message_free(HtMessage *message);
