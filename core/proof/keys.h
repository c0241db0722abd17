/* The public halves of the keys that sign receipts (Ed25519, RFC 8032), as they are written down: one a line,
 *
 *     ed25519:BASE64 KEYID SINCE
 *
 * where only the first word counts. No state; any thread. */
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

#define HT_PUBLIC_KEY_SIZE 32
#define HT_PUBLIC_KEY_TEXT 53 /* "ed25519:", 44 characters of base64, and the end */
#define HT_KEY_ID 17          /* 16 hexadecimal digits and the end: the first of the SHA-256 of the key */

typedef struct {
    uint8_t bytes[HT_PUBLIC_KEY_SIZE];
    char id[HT_KEY_ID];
} HtPublicKey;

/* Fills in its id. */
void ht_public_key_name(HtPublicKey *key);

void ht_public_key_format(const HtPublicKey *key, char text[HT_PUBLIC_KEY_TEXT]);

/* All keys of a text (of HtPublicKey), lines that begin otherwise passed over; NULL when there is none. HT_PROOF_ERROR_FORMAT.
 * The caller unrefs. */
GArray *ht_public_keys_parse(const char *text, GError **error);

/* The same, of a file; or of a key that is given itself. */
GArray *ht_public_keys_read(const char *file_or_key, GError **error);
