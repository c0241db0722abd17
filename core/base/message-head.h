/* What is known of a message before its body is read: made at the door (or by the conformance kit), carried to the host, handed to the
 * mapper. No state; any thread. */
#pragma once

#include "core/base/uuid.h"

/* Texts are another's; absent when the request did not say. */
typedef struct {
    HtUuid id;
    HtText content_type; /* with its parameters, as it came. Says whether the body is a container */
    HtText charset;      /* its parameter */
    HtText soap_action;  /* header, or SOAP 1.2's action parameter */
    bool soap_expected;  /* the content type says SOAP 1.2 */
    uint32_t
        alter; /* what of it the conformance kit wants altered (values/alter.h); 0, as always in a bus: nothing */
} HtMessageHead;

/* The field that may follow the head, as the last one: the body itself. */
#define HT_MESSAGE_BODY 7

void ht_message_head_pack(const HtMessageHead *head, HtBuffer *buffer);

/* Reads a head and the body behind it; `body` (may be NULL: there must be none) is absent when there is none. Texts point into `bytes`.
 * False when they are broken. */
bool ht_message_unpack(HtText bytes, HtMessageHead *head, HtText *body);
