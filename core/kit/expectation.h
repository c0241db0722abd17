/* What must become of a payload: NAME.expected.json beside it, and what differs. The one comparison that both the
 * conformance kit (core/kit/kit.c) and the adapters' own tests (tests/lib/adapter-test.h) use. No state; any thread.
 *
 *     { "request": { "contentType": "…", "soapAction": "…" },
 *       "verdict": "ok|reject|retry", "fault": code or null, "records": n, "repaired": true,
 *       "reply": text or null (a receipt),
 *       "events": [ { "type": …, "action": …, "key": has one, "identities": kinds, "data": {…} }, … ] }
 *
 * or only a list of events, each an object or the name of its type. What is not named is not compared, with two
 * exceptions: without `verdict` and `fault` the payload must be taken, and `repaired` that is left out means false. Of an
 * event the number in its list counts, `data` is compared whole, and null means absent. `identities` are the kinds in
 * their order, `*` behind one that begins a person afresh. `consumers` of an event are those that get it (names; or an object: what each
 * sees as `data`), which only `hutong test` compares. In `reply` the message's id stands as m-1. */
#pragma once

#include "core/base/message-head.h"
#include "core/base/outcome.h"

#include "core/kit/mismatch.h"

typedef struct HtExpectation HtExpectation;

#define HT_EXPECTATION_ERROR (ht_expectation_error_quark())
GQuark ht_expectation_error_quark(void);

/* The id of every message in expected replies. */
#define HT_EXPECTATION_MESSAGE_ID "m-1"

/* Reads the file. NULL with a JSON, file or HT_EXPECTATION_ERROR (a member that does not exist, or of another type). */
HtExpectation *ht_expectation_load(const char *file, GError **error);
void ht_expectation_free(HtExpectation *expectation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtExpectation, ht_expectation_free)

/* The head to send the payload with, as the public door would read it, with a new id; without an expectation (NULL) or a `request`,
 * text/xml. The texts live as long as the expectation. */
void ht_expectation_head(const HtExpectation *expectation, HtMessageHead *head);

/* The head of a request with this Content-Type and SOAPAction (NULL: text/xml, none), which live as long, with a new id. False when
 * the public door would refuse it. */
bool ht_expectation_make_head(const char *content_type, const char *soap_action, HtMessageHead *head);

/* Its `request`; NULL when it has none, or there is no expectation (NULL). */
JsonObject *ht_expectation_request(const HtExpectation *expectation);

/* Its list of events, each an object or the name of a type; NULL when it has none. */
JsonArray *ht_expectation_events(const HtExpectation *expectation);

/* Every place where outcome and reply (absent: a receipt) differ from what is expected. Of HtMismatch; empty when all is as expected.
 * transfer full. */
GPtrArray *ht_expectation_compare(const HtExpectation *expectation, const HtOutcome *outcome, HtText reply);

/* What reply() itself wrote, without the envelope that the host has put around it, and with HT_EXPECTATION_MESSAGE_ID
 * for the message's id. NULL when there is none. transfer full. */
char *ht_expectation_reply(const HtOutcome *outcome, const HtUuid *id, size_t *size);

/* The event as consumers would get it, nothing withheld. transfer full; NULL when it cannot be rendered. */
JsonNode *ht_expectation_render(const HtEvent *event);

/* The kinds of its identities as an expectation names them, in their order: "idNumber person*"; * is one that this event gives anew.
 * transfer full. */
char *ht_expectation_identities(const HtEvent *event);

/* "1 event: person.born.v1", "refused: required-missing": what came of a payload, for people. Codes and types only.
 * transfer full. */
char *ht_expectation_describe(const HtOutcome *outcome);
