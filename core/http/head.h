/* A request's head: what must be refused before a body is read (RFC 9112's framing rules, which libmicrohttpd leaves to
 * the application), and what the rest of the door wants to know of it. Nothing here touches a body. No state; any
 * thread. */
#pragma once

#include "core/base/limits.h"
#include "core/base/message-head.h"
#include "core/base/outcome.h"
#include "core/refusal/refusal.h"

/* Texts point into the request's head and live as long as the request; absent when there is no such header. */
typedef struct {
    HtMessageHead message; /* what the host gets of it; its id is the door's to give */
    HtText media_type;     /* the content type without its parameters */
    HtText host, accept, idempotency_key, authorization;
    HtText
        traceparent; /* only a well-formed one (W3C Trace Context, version 00); no consumer sees it: spool/append.c */
    HtSoapVersion soap;  /* as far as the headers say; the host knows better */
    bool json;           /* the sender prefers JSON answers, or sends JSON and asks for nothing else */
    bool names_xml;      /* Accept names XML, and not behind JSON */
    bool signed_receipt; /* it asks for one */
    bool http_1_0;
    bool chunked;
    bool expects; /* the body comes only when it is told to */
    bool has_length;
    uint64_t length;
    bool has_type;        /* a Content-Type was seen */
    bool form;            /* it says that the body is a form: taken only when it begins as XML all the same */
    bool related_soap_12; /* it says that the document of a multipart/related is SOAP 1.2 */
} HtHead;

/* Whether the text is made of what a host name with a port is made of. */
bool ht_head_is_host(HtText text);

/* Whether the text holds nothing but what is visible, or beyond ASCII: no blank, no control character. */
bool ht_head_is_visible(HtText text);

/* Takes one header into the head. False when the request must be refused. Names are compared without case. */
bool ht_head_add(HtHead *head, HtText name, HtText value, HtRefusal *refusal);

/* Looks at the headers together. False when the request must be refused. */
bool ht_head_finish(HtHead *head, HtRefusal *refusal);

/* Does the head announce a message that can be taken: a length within the limits, of a type that a host can read?
 * False when the request must be refused. */
bool ht_head_check_message(const HtHead *head, const HtLimits *limits, HtRefusal *refusal);
