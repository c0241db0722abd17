/* Answers to departments: receipts, faults and problems, as SOAP, XML or JSON, and their HTTP status. docs/wire.md is the
 * same for departments. Pure but for ht_answer_response(). Main-loop thread. */
#pragma once

#include "core/base/outcome.h"
#include "core/ingress/framing.h"
#include "spool/spool.h"

/* Whom the answer is for. */
typedef struct {
    HtUuid id;               /* of the message; for a resent one the receipt's id is said instead */
    HtSoapVersion soap;      /* the answer comes in the same envelope */
    bool json;               /* without SOAP: as JSON instead of XML */
    bool sender_is_400;      /* SOAP 1.2: faults that are the sender's to mend have this status; else 500 */
    HtAddressing addressing; /* the request's: the answer speaks the same */
    HtText relates_to;       /* its wsa:MessageID, */
    HtText action;           /* and its wsa:Action; absent when none */
    const char *submit;      /* the source's name when the operation was the generic Submit; else NULL */
} HtAsker;

/* Why there is no receipt. */
typedef struct {
    unsigned status; /* HTTP status of the answer without SOAP */
    const char *code, *text;
    unsigned retry_after_s;   /* 0: sending again will not help, or need not wait */
    bool at_door;             /* about HTTP rather than the message: the HTTP status stays also with SOAP */
    const char *allow;        /* for 405 */
    const char *authenticate; /* for 401 */
    uint32_t fault_count;     /* of all; the array may hold fewer */
    const HtFault *faults;    /* what is wrong with which record; NULL when there is nothing to add */
    uint32_t faults_kept;
    HtText not_understood;    /* headers (not-understood.h), with soap-must-understand; else absent */
    HtText reply, reply_type; /* the department's own way to say it, sent with status 200; absent: a fault */
} HtProblem;

typedef struct {
    unsigned status;
    unsigned retry_after_s;
    const char *allow, *authenticate;
    const char *code; /* of the problem, for the log; NULL for a receipt. Lives as long as the problem's */
    bool close;       /* the connection ends with it */
    bool resent;
    HtUuid id;
    const char *type; /* Content-Type */
    char *own_type;   /* the same when it is not static */
    HtBuffer body;
} HtAnswer;

/* The receipt of a message that is on disk. `faults` are the records that were left out (may be NULL); they are listed
 * only when they are the receipt's own. With an adapter's reply that is sent instead. */
void ht_answer_receipt(HtAnswer *answer, const HtAsker *asker, const HtReceipt *receipt,
                       const GArray *faults);

void ht_answer_problem(HtAnswer *answer, const HtAsker *asker, const HtProblem *problem);

/* The WSDL, or whatever other text; copied. */
void ht_answer_text(HtAnswer *answer, const HtAsker *asker, const char *type, HtText text);

/* The problem of a payload that the host has refused (REJECT or RETRY), by the code of its first fault. The problem points
 * into the outcome, whose own reply becomes the answer if there is one. */
void ht_problem_of_outcome(HtProblem *problem, const HtOutcome *outcome);

/* The problem when the host (HT_HOST_ERROR) or the spool (HT_SPOOL_ERROR) had an error. Anything else counts as the bus's
 * own failure. Points to static text. */
void ht_problem_of_error(HtProblem *problem, const GError *error);

/* The problem of a payload on which the adapter always fails. `kept`: it stands in quarantine itself, not only its digest. */
void ht_problem_of_quarantine(HtProblem *problem, bool kept);

void ht_problem_of_refusal(HtProblem *problem, const HtRefusal *refusal);

/* Moves the body into a response for libmicrohttpd (transfer full). */
struct MHD_Response *ht_answer_response(HtAnswer *answer);

/* Writes the whole answer as bytes of HTTP/1.1 with Connection: close, for a request that is still being sent. */
void ht_answer_write(const HtAnswer *answer, HtBuffer *bytes);

void ht_answer_clear(HtAnswer *answer);
