/* Signed SOAP messages, made without libxmlsec, which is what they are for: every signed part is written in its canonical form already, so that its digest is that of its letters.
 * Keys and certificates are made when they are asked for, and belong to nobody. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define SIGNING_WSSE "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define SIGNING_WSU "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define SIGNING_X509 "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0"
#define SIGNING_DS "http://www.w3.org/2000/09/xmldsig#"
#define SIGNING_EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"

typedef struct Signer Signer;

typedef struct {
    const char *name;       /* of the certificate: its CN */
    const Signer *issuer;   /* NULL: itself */
    unsigned rsa_bits;      /* 0: ECDSA with P-256 */
    int from_days, to_days; /* from now; both 0: yesterday to tomorrow */
    bool authority;         /* may issue */
    bool for_exchange;      /* its key may not sign */
    const Signer *renews;   /* whose key it has; NULL: a new one */
} SignerOptions;

Signer *signer_new(const SignerOptions *options);
void signer_free(Signer *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Signer, signer_free)

/* The certificate. The caller frees. */
char *signer_pem(const Signer *signer);
char *signer_base64(const Signer *signer);
char *signer_serial(const Signer *signer);     /* decimal */
char *signer_key_id(const Signer *signer);     /* base64 */
char *signer_thumbprint(const Signer *signer); /* the same, SHA-1 */

/* Base64 of a digest ("sha256", "sha1") and of a signature over a text. The caller frees. */
char *signing_digest(const char *text, const char *hash);
char *signing_sign(const Signer *signer, const char *text, const char *hash);

/* `<wsu:Timestamp>` as it is signed, so many seconds from now. The caller frees. */
char *signing_timestamp(int created_s, int expires_s);

/* `<Body>` of SOAP 1.1 around `inside`, with a wsu:Id. */
char *signing_body(const char *id, const char *inside);

/* A Reference to `#ID`, by its whole URI, of a text. */
char *signing_reference(const char *uri, const char *text);

/* A Signature with these References; `key_info` NULL: a SecurityTokenReference to `#token`. */
typedef struct {
    const Signer *signer;
    const char *references;
    const char *method;    /* of the signature; NULL: by the key, with SHA-256 */
    const char *hash;      /* that is used with it; NULL: sha256 */
    const char *canonical; /* NULL: exclusive */
    const char *key_info;
} SignatureOptions;
char *signing_signature(const SignatureOptions *options);

/* The token `#token` of a certificate. */
char *signing_token(const Signer *signer);

/* An Envelope with this in its Security header, this in the Header beside it, and these at the end. */
char *signing_envelope(const char *security, const char *beside, const char *rest);

/* All of it: a Body around `inside`, signed with a token and a fresh Timestamp. */
char *signing_message(const Signer *signer, const char *inside);
