/* What became of one payload in the host: the frame that goes back to the bus. The host fills and packs it; the bus
 * unpacks and checks it; ingress turns it into an answer, and its events go to the spool. */
#pragma once

#include "core/base/event.h"
#include "core/base/fault.h"

typedef enum {
    HT_VERDICT_OK,     /* take the events (there may be none: an acknowledgement, an empty answer) */
    HT_VERDICT_REJECT, /* the payload or a record is wrong; faults say what. Sending it again will not help */
    HT_VERDICT_RETRY /* not now: the department's side says so, or the host lacks something; sending again may help */
} HtVerdict;

typedef enum { HT_SOAP_NONE = 0, HT_SOAP_11 = 11, HT_SOAP_12 = 12 } HtSoapVersion;

/* The namespaces of their envelopes. */
#define HT_SOAP_11_URI "http://schemas.xmlsoap.org/soap/envelope/"
#define HT_SOAP_12_URI "http://www.w3.org/2003/05/soap-envelope"

/* Which WS-Addressing the request's header has; an answer speaks the same. */
typedef enum { HT_ADDRESSING_NONE = 0, HT_ADDRESSING_2004 = 2004, HT_ADDRESSING_2005 = 2005 } HtAddressing;

/* The generic operation that every source has, and how its namespace begins; the source's name follows. */
#define HT_SUBMIT "Submit"
#define HT_SUBMIT_URI "urn:hutong:source:"

/* Events that one record can make at most, as the mapping engine has it too. */
#define HT_OUTCOME_RECORD_EVENTS 64

/* A part of the payload that is kept nowhere. They stand in HtOutcome.concealed, not aligned, in the order of the payload,
 * and do not overlap. */
typedef struct {
    uint64_t start, size; /* bytes */
} HtConcealed;

#define HT_OUTCOME_CONCEALED 4096

/* Faults kept in an outcome; the number of all is in fault_count. */
#define HT_OUTCOME_FAULTS 20

/* How much the first fault's code says about the HTTP status: the bus's table in core/refusal/table.c. */

/* What came of an alteration that the conformance kit asked for (mappings/engine/values/alter.h); all zero when nothing was asked. */
typedef struct {
    uint32_t values; /* that the mapping names, in the payload */
    HtText path;     /* of the value that was altered; absent: none was */
    bool carried;    /* some event says it */
    uint64_t seen;   /* a digest of all that came to the mapping */
} HtAltered;

typedef struct {
    HtVerdict verdict;
    HtSoapVersion soap; /* what the request was wrapped in, as far as it could be read */
    HtText operation; /* SOAP body's first element, local name; else the root element's name; may be absent */
    HtAddressing addressing;
    HtText message_id; /* wsa:MessageID, to be echoed as RelatesTo, and an idempotency key; absent when none */
    HtText action;     /* wsa:Action, of which the answer's is made; absent when none */
    HtText
        not_understood; /* with soap-must-understand: which headers, as not-understood.h has them; else absent */
    HtText security; /* who says that he sends (username-token.h); absent when nobody does, or nobody asked */
    HtText key;      /* idempotency key of the message: the mapping's <id>; absent otherwise */
    HtText reply; /* the department's own answer, also to a refusal; a whole HTTP body. Absent: the bus's */
    HtText reply_type; /* its Content-Type */
    HtText
        original; /* the payload as received, when it has to be kept and the bus has no copy (it came in pieces) */
    HtText concealed;  /* of HtConcealed: blanks are written over these wherever the payload is kept */
    uint32_t records;  /* records read */
    uint32_t rejected; /* records with a fault (with on-invalid = quarantine the others are taken) */
    uint32_t
        unchanged; /* events that there are not, because their record says itself that nothing has changed */
    bool submit;   /* the operation is the generic Submit: the receipt is its answer */
    bool nobodys;  /* refused for want of a signature that is good: nothing of it is kept */
    bool repaired; /* bytes or values were repaired, and the events do not show all of what was sent: keep the original */
    HtAltered altered;
    uint32_t fault_count;
    HtFault faults[HT_OUTCOME_FAULTS];
    GArray *events; /* of HtText, each a packed event in record order */
} HtOutcome;

/* An empty outcome (OK, no events). */
void ht_outcome_init(HtOutcome *outcome);
/* Makes one that was in use empty again; the room for its events stays. */
void ht_outcome_reset(HtOutcome *outcome);
void ht_outcome_clear(HtOutcome *outcome);

/* Counts a fault and keeps it if there is room. */
void ht_outcome_add_fault(HtOutcome *outcome, const HtFault *fault);

void ht_outcome_pack(const HtOutcome *outcome, HtBuffer *buffer);

/* Into an outcome that ht_outcome_init() made. The texts point into `bytes`. Checks bounds, numbers, UTF-8 of texts (not of
 * the reply), and that there are no more events than so many records can make; events are checked one by one with
 * ht_event_unpack(). Takes less memory than `bytes` has, whatever they are. False with HT_EVENT_ERROR. */
bool ht_outcome_unpack(HtText bytes, HtOutcome *outcome, GError **error);
