/* A request's head: what must be refused before a body is read (RFC 9112's framing rules, which libmicrohttpd leaves to
 * the application), and what the rest of the door wants to know of it. Nothing here touches a body. Main-loop thread;
 * no state. */
#pragma once

#include "core/base/limits.h"
#include "core/base/message-head.h"
#include "core/base/outcome.h"
#include "core/refusal/refusal.h"

#include <microhttpd.h>

/* Texts point into the request's head and live as long as the request; absent when there is no such header. */
typedef struct {
    HtMessageHead message; /* what the host gets of it; its id is the door's to give */
    HtText media_type;     /* the content type without its parameters */
    HtText host, accept, idempotency_key, authorization;
    HtText
        traceparent; /* only a well-formed one (W3C Trace Context, version 00); no consumer sees it: spool/append.c */
    HtSoapVersion soap;  /* as far as the headers say; the host knows better */
    bool json;           /* the sender prefers JSON answers */
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

/* Whether the request line is a method, a target and a version with one blank between: a NUL would end a part for us and not for a
 * proxy before us. `target` is what lies in the library's buffer, up to its first NUL; absent when it is not visible. False with
 * `refusal`. */
bool ht_head_check_line(const char *method, HtText target, const char *version, HtRefusal *refusal);

/* Takes one header into the head. False when the request must be refused. Names are compared without case. */
bool ht_head_add(HtHead *head, HtText name, HtText value, HtRefusal *refusal);

/* Looks at the headers together. False when the request must be refused. */
bool ht_head_finish(HtHead *head, HtRefusal *refusal);

/* Reads all headers of a request of libmicrohttpd, and refuses also what its parser has swallowed: folded lines, bare
 * line feeds, NUL bytes, headers without a name. `method` and `version` as given to the access handler. */
bool ht_head_read(struct MHD_Connection *connection, const char *method, const char *version, HtHead *head,
                  HtRefusal *refusal);

/* Does the head announce a message that can be taken: a length within the limits, of a type that a host can read?
 * False when the request must be refused. */
bool ht_head_check_message(const HtHead *head, const HtLimits *limits, HtRefusal *refusal);
