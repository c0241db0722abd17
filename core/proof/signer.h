/* The key under which this site signs receipts: Ed25519 (RFC 8032), so that the same receipt has the same signature whenever it is
 * made; or SM2 (sm2.h), where it has another one each time. The private half is `sign.key` in the state directory, that of SM2 `sign-sm2.key` (64 hexadecimal digits, mode 0600), made when it
 * is missing; the public halves of this key and of all former ones, of both kinds, are in `sign.pub` beside it (keys.h). Signing changes
 * nothing, and may be done by several threads. */
#pragma once

#include "core/proof/keys.h"

typedef struct HtSigner HtSigner;

#define HT_SIGNER_KEY "sign.key"
#define HT_SIGNER_KEY_SM2 "sign-sm2.key"
#define HT_SIGNER_PUBLIC "sign.pub"

/* Reads the key of a state directory, or makes it; adds its public half to `sign.pub` when it is not there. HT_SPOOL_ERROR_KEY,
 * HT_PROOF_ERROR_FILE. */
HtSigner *ht_signer_open(const char *state, HtSignatureKind kind, GError **error);

/* The file of the private half. */
const char *ht_signer_file(HtSignatureKind kind);

void ht_signer_free(HtSigner *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSigner, ht_signer_free)

/* Removes the private key and makes another. What the former one signed can be verified as before; a running bus goes on with the
 * former one until it is started again. */
HtSigner *ht_signer_rotate(const char *state, HtSignatureKind kind, GError **error);

/* After an older copy of `sign.pub` was put in place: the keys that `former`, the file that stood there, lists besides are added, so that what they signed since can be verified.
 * HT_PROOF_ERROR_FILE. */
bool ht_signer_keep_keys(const char *state, const char *former, GError **error);

const HtPublicKey *ht_signer_key(const HtSigner *signer);

/* Some tens of microseconds; some hundreds with SM2. */
void ht_signer_sign(const HtSigner *signer, HtText text, char signature[HT_SIGNATURE_TEXT]);
