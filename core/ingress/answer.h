/* Answers to departments: receipts and refusals, as SOAP, XML or JSON, and their HTTP status. docs/wire.md is the
 * same for departments. Pure but for ht_answer_response(). Main-loop thread. */
#pragma once

#include "core/base/outcome.h"
#include "core/page/page.h"
#include "core/proof/statement.h"
#include "core/refusal/refusal.h"
#include "spool/spool.h"

/* Whom the answer is for. */
typedef struct {
    HtUuid id;                /* of the message; for a resent one the receipt's id is said instead */
    HtSoapVersion soap;       /* the answer comes in the same envelope */
    bool json;                /* without SOAP: as JSON instead of XML */
    bool sender_is_400;       /* SOAP 1.2: faults that are the sender's to mend have this status; else 500 */
    bool chinese;             /* a refusal is said in Chinese, too */
    HtAddressing addressing;  /* the request's: the answer speaks the same */
    HtText relates_to;        /* its wsa:MessageID, */
    HtText action;            /* and its wsa:Action; absent when none */
    const char *submit;       /* the source's name when the operation was the generic Submit; else NULL */
    const char *allow;        /* the methods that there are at this address; static */
    const HtSigner *signer;   /* the receipt is to be signed; NULL: it need not be */
    const char *bus, *source; /* whose it is then */
    const HtDeliveryState *state; /* what has become of the events is asked; NULL: it is not */
} HtReplyContext;

typedef struct {
    unsigned status;
    unsigned retry_after_s;
    const char *code; /* of the refusal, for the log; NULL for a receipt. Lives as long as the refusal's */
    bool close;       /* the connection ends with it */
    bool resent;
    HtUuid id;
    const char *type; /* Content-Type */
    char *own_type;   /* the same when it is not static */
    HtBuffer body;
    const char *allow; /* the same as in the context */
    struct {
        const char *name;
        char *value;
    } more[HT_PAGE_HEADERS]; /* further headers of a page, up to the first without a name */
} HtAnswer;

/* The receipt of a message that is on disk. `faults` are the records that were left out (may be NULL); they are listed
 * only when they are the receipt's own. With an adapter's reply that is sent instead. */
void ht_answer_receipt(HtAnswer *answer, const HtReplyContext *context, const HtReceipt *receipt,
                       const GArray *faults);

void ht_answer_refusal(HtAnswer *answer, const HtReplyContext *context, const HtRefusal *refusal);

/* The WSDL, or whatever other text; copied. */
void ht_answer_text(HtAnswer *answer, const HtReplyContext *context, const char *type, HtText text);

/* A page's; its body moves over. */
void ht_answer_page(HtAnswer *answer, const HtReplyContext *context, HtPageAnswer *page);

/* Moves the body into a response for libmicrohttpd (transfer full). */
struct MHD_Response *ht_answer_response(HtAnswer *answer);

/* The same with a body that `read` gives, as libmicrohttpd's callback for contents. */
typedef ssize_t (*HtAnswerRead)(void *user, uint64_t at, char *bytes, size_t most);
struct MHD_Response *ht_answer_stream(const HtAnswer *answer, HtAnswerRead read, void *user);

/* Writes the whole answer as bytes of HTTP/1.1 with Connection: close, for a request that is still being sent. */
void ht_answer_write(const HtAnswer *answer, HtBuffer *bytes);

void ht_answer_clear(HtAnswer *answer);
