/* The one "no" towards a sender: why there is no receipt. It is made by its code; what the code means for the answer stands
 * in one table (table.c), which also writes docs/errors.md. Used by the public door, the sources and `hutong schema`. No state;
 * any thread. error.c makes it of errors, reference.c writes the page. */
#pragma once

#include "core/base/limits.h"
#include "core/base/outcome.h"

/* Whose fault it is, in SOAP: the sender's below status 500, else the receiver's; or it has a code of its own there. */
typedef enum { HT_SIDE_BY_STATUS, HT_SIDE_MUST_UNDERSTAND, HT_SIDE_VERSION, HT_SIDE_ENCODING } HtSoapSide;

/* What holds for every refusal of one code. */
typedef struct {
    const char *code; /* "body-too-large", … */
    unsigned status;  /* HTTP status of the answer without SOAP */
    const char *meaning,
        *advice;            /* for docs/errors.md, as Markdown. Without a meaning it shares the one before */
    const char *sentence;   /* goes to the sender; NULL: whoever refuses has words of its own */
    unsigned retry_after_s; /* 0: sending again will not help, or need not wait */
    bool may_wait;          /* an adapter or a mapping can say that it is for later: 503, and the time */
    HtSoapSide side;        /* in SOAP */
    bool about_header;      /* of SOAP, or its version: SOAP 1.1 has no detail then (section 4.4) */
    bool as_fault;          /* has SOAP's status with SOAP, although it is refused at the door */
} HtRefusalKind;

/* A refusal of one message. Points to what it is made of: the outcome, the error's or the caller's text. */
typedef struct {
    const HtRefusalKind *kind; /* never NULL; of an adapter's own code that of `rejected` */
    const char *code, *text;
    const char *
        notice; /* an administrator's words, beside the text; NULL: none. Lives as long as the refusal is used */
    unsigned status; /* HTTP status of the answer without SOAP */
    unsigned retry_after_s;
    bool at_door;          /* about HTTP rather than the message: the status stays also with SOAP */
    uint32_t fault_count;  /* of all; the array may hold fewer */
    const HtFault *faults; /* what is wrong with which record; NULL when there is nothing to add */
    uint32_t faults_kept;
    HtText not_understood;    /* headers (not-understood.h), with soap-must-understand; else absent */
    HtText reply, reply_type; /* the department's own way to say it, sent with status 200; absent: a fault */
} HtRefusal;

/* Each is always false, for `return ht_refuse(refusal, "two-lengths");`. A code that is not in the table is a mistake of the
 * program and ends it. */

/* With the table's sentence. */
bool ht_refuse(HtRefusal *refusal, const char *code);

/* With a sentence for this case: what, and what to do. It lives as long as the refusal is used. */
bool ht_refuse_with(HtRefusal *refusal, const char *code, const char *text);

/* A body above the source's limit. The text lives for ever; there is one for each limit that is configured. */
bool ht_refuse_large(HtRefusal *refusal, const HtLimits *limits);

/* A payload that the host has refused (REJECT or RETRY), by the code of its first fault. Points into the outcome, whose own
 * reply becomes the answer if there is one. */
bool ht_refuse_outcome(HtRefusal *refusal, const HtOutcome *outcome);

/* When the host (HT_HOST_ERROR) or the spool (HT_SPOOL_ERROR) had an error. Anything else counts as the bus's own failure.
 * Points to static text, or to the error's: of a service that there is not. */
bool ht_refuse_error(HtRefusal *refusal, const GError *error);

/* Writes docs/errors.md, and docs/errors.zh-CN.md. */
void ht_refusal_reference(GString *text);
void ht_refusal_reference_zh(GString *text);
