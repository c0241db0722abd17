/* The public halves of the keys that sign receipts (Ed25519, RFC 8032; or SM2, sm2.h), as they are written down: one a line,
 *
 *     ed25519:BASE64 KEYID SINCE
 *     sm2:BASE64 KEYID SINCE
 *
 * where only the first word counts. How a signature is verified is said by the key alone, never by what is signed. No state; any thread. */
#pragma once

#include "core/base/buffer.h"

#define HT_PROOF_ERROR (ht_proof_error_quark())
GQuark ht_proof_error_quark(void);

typedef enum {
    HT_PROOF_ERROR_FILE,     /* a file cannot be read or written */
    HT_PROOF_ERROR_FORMAT,   /* it is no receipt, or no key */
    HT_PROOF_ERROR_UNSIGNED, /* a receipt without a signature: nothing can be said */
    HT_PROOF_ERROR_KEY,      /* signed with a key that is not among those given */
    HT_PROOF_ERROR_FALSE,    /* it is not what was signed */
    HT_PROOF_ERROR_PAYLOAD,  /* the receipt is genuine, and of another payload */
} HtProofErrorCode;

typedef enum { HT_SIGNATURE_ED25519, HT_SIGNATURE_SM2, HT_SIGNATURE_KINDS } HtSignatureKind;

#define HT_PUBLIC_KEY_SIZE 64 /* of the longest: 32 bytes of Ed25519, 64 of SM2 */
#define HT_PUBLIC_KEY_TEXT 93 /* "sm2:", 88 characters of base64, and the end */
#define HT_KEY_ID \
    21 /* 16 hexadecimal digits: the first of the SHA-256 of the key; of SM2 "sm2-" and those of its SM3; and the end */
#define HT_SIGNATURE_SIZE 64
#define HT_SIGNATURE_TEXT 89 /* 88 characters of base64 and the end */

typedef struct {
    HtSignatureKind kind;
    uint8_t bytes[HT_PUBLIC_KEY_SIZE];
    char id[HT_KEY_ID];
} HtPublicKey;

/* Fills in its id. */
void ht_public_key_name(HtPublicKey *key);

void ht_public_key_format(const HtPublicKey *key, char text[HT_PUBLIC_KEY_TEXT]);

/* "ed25519", "sm2": as the configuration has it. Ed25519 for any other word. */
HtSignatureKind ht_signature_kind(const char *name);
const char *ht_signature_name(HtSignatureKind kind);

/* Whether the key has signed the text. One signature has one text: base64 that decodes to the same bytes but is written otherwise is another one. */
bool ht_public_key_verify(const HtPublicKey *key, HtText text, const char *signature);

/* Whether the line begins as that of a key does, of which the rest may be missing. */
bool ht_public_key_begins(const char *line);

/* All keys of a text (of HtPublicKey), lines that begin otherwise passed over; NULL when there is none. HT_PROOF_ERROR_FORMAT.
 * The caller unrefs. */
GArray *ht_public_keys_parse(const char *text, GError **error);

/* The same, of a file; or of a key that is given itself. */
GArray *ht_public_keys_read(const char *file_or_key, GError **error);
