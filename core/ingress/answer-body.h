/* The bodies of answers: what stands between the envelope and its end. Namespace urn:hutong:receipt:1; the JSON forms have
 * the same names. Pure; any thread. */
#pragma once

#include "core/ingress/answer.h"

/* A department's own reply, in an envelope of the host's if it is SOAP: the header that an answer to this request has is put
 * in, also when the reply was first made for an earlier one, whose envelope may have been of the other version. */
void ht_body_reply(HtBuffer *body, const HtReplyContext *context, HtText reply);

/* Whether it is SOAP as the answer to this request must be. One that was made for an earlier request may be otherwise. */
bool ht_body_reply_fits(const HtReplyContext *context, HtText reply);

void ht_body_receipt(HtBuffer *body, const HtReplyContext *context, const HtReceipt *receipt,
                     const GArray *faults);
void ht_body_refusal(HtBuffer *body, const HtReplyContext *context, const HtRefusal *refusal);
