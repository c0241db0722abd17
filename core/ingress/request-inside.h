/* A request's state, and what its parts ask of each other. Split by idea: request.c the connection, the body and the host;
 * request-spool.c the spool and the receipt. Only for these two. Main-loop thread. */
#pragma once

#include "core/ingress/beginning.h"
#include "core/ingress/request.h"

#include <nettle/sha2.h>

typedef enum {
    PHASE_BODY,   /* the body comes */
    PHASE_WSDL,   /* the host is asked for the WSDL, or will be */
    PHASE_HOST,   /* complete, with the host */
    PHASE_SPOOL,  /* with the spool */
    PHASE_ANSWER, /* the answer is ready, or on its way */
    PHASE_SAID,   /* the answer was written past libmicrohttpd */
} Phase;

struct HtRequest {
    HtRequest *previous, *next;        /* in the intake's list */
    HtIntake *intake;                  /* NULL: the door has closed, nobody waits for the answer */
    struct MHD_Connection *connection; /* the same */
    HtPeer *peer;
    HtSource *source;
    HtHead head;
    const char *service; /* of which the WSDL is asked for, as it stands in the URL; NULL: of all */
    const char *path;    /* under which its source answers here */
    HtBeginning beginning;
    HtAsker asker;
    Phase phase;
    bool suspended;           /* its connection */
    bool counted;             /* as in flight */
    bool waiting;             /* a callback will come that cannot be called off */
    bool by_payload;          /* the sender's own key is another message's */
    uint64_t spool_bytes;     /* what it keeps in memory while it waits for a commit */
    uint64_t size;            /* of the body so far */
    HtBuffer gathered;        /* the body, when it came in several pieces that are small together */
    GBytes *body;             /* the whole body, unless it was streamed */
    struct sha256_ctx digest; /* of the body so far */
    uint8_t sha256[SHA256_DIGEST_SIZE];
    HtTicket *ticket; /* at the host */
    bool is_large; /* more than may come is announced: it is refused once its beginning shows in which form */
    bool streaming;
    GBytes *frame;       /* the outcome's, for the texts that are still needed */
    GArray *faults;      /* of HtFault: records that were left out */
    int64_t received_us; /* when it was complete, since 1970 */
    int64_t complete_us; /* the same, monotonic */
    HtAnswer answer;
};

/* ---- request.c ---- */

void ht_request_set_refusal(HtRequest *request, const HtRefusal *refusal);
void ht_request_set_error(HtRequest *request, const GError *error);

/* The answer is ready: lets libmicrohttpd come for it, or frees the request when nobody waits. */
void ht_request_finish(HtRequest *request);

/* ---- request-spool.c ---- */

/* The error when too many bytes wait for a commit. */
GError *ht_request_busy(const HtRequest *request);

/* Each of these leads to ht_request_finish(), now or when the commit is on disk. */

/* Gives the message to the spool; its receipt, or what went wrong, becomes the answer. */
void ht_request_append(HtRequest *request, const HtOutcome *outcome);

/* The refusal is already the answer; it goes out when the message is on disk for a person to look at. When it cannot be
 * kept, the sender is asked to send it again. `outcome` may be NULL. */
void ht_request_quarantine(HtRequest *request, const HtOutcome *outcome, const char *reason);

/* The host gave back what it must not: said in the log, and the message refused. */
void ht_request_distrust(HtRequest *request, const GError *error);
