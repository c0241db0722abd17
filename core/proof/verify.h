/* Whether a receipt, or the state of a message, is what this site has signed: from the file alone, wherever it is. Takes every form in
 * which the bus gives them: XML, SOAP 1.1 and 1.2, `SubmitResponse`, JSON; and the text of a page with its code; white space and prefixes may have been changed, values may
 * not. Blocks for some 100 µs; no state. */
#pragma once

#include "core/proof/keys.h"

/* What was read. */
typedef struct {
    GHashTable *values; /* of char *, by the name of the field */
    unsigned findings;  /* listed in it: they are not signed */
    bool of_state;      /* the state of a message, not only its receipt */
} HtClaim;

void ht_claim_clear(HtClaim *claim);

#define HT_CLAIM_MAX_BYTES (1 << 20)

/* Reads the file's content; nothing is verified. HT_PROOF_ERROR_FORMAT, or _FALSE when it holds what no receipt has. */
bool ht_claim_read(HtText text, HtClaim *claim, GError **error);

/* Held against `keys` (of HtPublicKey). HT_PROOF_ERROR_UNSIGNED, _KEY, _FALSE. */
bool ht_claim_verify(const HtClaim *claim, const GArray *keys, GError **error);

/* Whether the text is what the one of `keys` (of HtPublicKey) with this id has signed; `id` may be NULL. HT_PROOF_ERROR_KEY, _FALSE. */
bool ht_proof_verify(HtText text, const GArray *keys, const char *id, const char *signature, GError **error);

/* Whether the receipt is of these bytes. HT_PROOF_ERROR_PAYLOAD. */
bool ht_claim_is_of(const HtClaim *claim, HtText payload, GError **error);
