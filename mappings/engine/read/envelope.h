/* The SOAP envelope around a payload, if there is one: tells SOAP from plain XML, reads the header, refuses what cannot
 * be honoured, and gives what stands in the Body (or the plain document) to strings.c. Called by reader.c; one owner, one
 * thread. SOAP 1.1, SOAP 1.2, WS-Addressing of 2004 and 2005. */
#pragma once

#include "mappings/engine/read/attach.h"

typedef struct HtEnvelope HtEnvelope;

HtEnvelope *ht_envelope_new(HtSax *sax, HtStrings *strings);
void ht_envelope_free(HtEnvelope *envelope);

/* From now on WS-Security headers are understood, and `reading` gets what they say of user names (soap-security.h). */
void ht_envelope_want_security(HtEnvelope *envelope, bool usernames, bool signatures);

/* Before a reading. `reading` gets soap, operation and message_id; the latter lives until the next call. */
void ht_envelope_begin(HtEnvelope *envelope, const HtPayload *payload, HtReading *reading);

/* Takes the events of the payload's own document, with the envelope as user. */
extern const HtSaxHandler ht_envelope_handler;

/* Before the first event: whether a SOAP body is to be recorded and given at its end with its references resolved
 * (multiref.h). Off after ht_envelope_begin(). */
void ht_envelope_record(HtEnvelope *envelope, bool record);

/* True when a reading was stopped only because the body has references: it must be read again, recorded. */
bool ht_envelope_wants_record(const HtEnvelope *envelope);
