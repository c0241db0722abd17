/* Whether a SOAP message is signed by who may (WS-Security 1.0 and 1.1, X.509 Certificate Token Profile; XML Signature with xmlsec). A source with `signature-ca` or
 * `signature-certificate` asks for it. Runs in a host made for that (hutong-host-signed): keys are read before its box stands, messages are judged in it, before the
 * adapter sees a byte.
 *
 * What is verified is what is used: the same text is read as a tree here and as events by the engine, both with libxml2 and without a DTD; the tree must be one Envelope
 * with one Body, which one signature names by its wsu:Id, and only what stands in its own place (the Body, a child of the Header, of the Security header) can be named.
 * So nothing that was moved elsewhere, and nothing put in its place, verifies. Nothing outside of the document is ever fetched.
 *
 * One owner, one thread. */
#pragma once

#include "core/base/fault.h"
#include "core/base/outcome.h"
#include "plugins/start.h"

typedef struct HtSignature HtSignature;

#define HT_SIGNATURE_ERROR (ht_signature_error_quark())
GQuark ht_signature_error_quark(void);

/* Prepares libxmlsec and OpenSSL, which may read their own files, and takes the certificates. `limits` bound what is read of a message. HT_SIGNATURE_ERROR says which key of
 * the source is wrong. One in a process. */
HtSignature *ht_signature_new(const HtSignatureKeys *keys, const HtLimits *limits, GError **error);
void ht_signature_free(HtSignature *signature);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSignature, ht_signature_free)

/* What was found; filled as far as it came, also of a message that is refused. */
typedef struct {
    HtSoapVersion soap;
    bool action, message_id; /* WS-Addressing's are signed, too: only then they may be used */
} HtSigned;

/* True when the body, in the charset that HTTP says, is a SOAP message whose Body is signed by who may. Else `fault`: signature-missing, -unsupported, -refused, -stale, or
 * why it cannot be read, as the engine says it. Nothing of what stands in it is in the fault. */
bool ht_signature_check(HtSignature *signature, HtText body, HtText charset, int64_t now_us, HtSigned *found,
                        HtFault *fault);
