/* The certificate that a period's key was destroyed, and with it all that was sealed under it, copies included: lines `name=value`, the first of which says what it
 * is, the last one the signature of the site (keys.h) over those before. Verified from the file alone, wherever it is. Pure; any thread. */
#pragma once

#include "core/proof/signer.h"
#include "spool/spool.h"

#define HT_DESTROYED_TITLE "hutong-destroyed-key 1\n"

typedef struct {
    const char *bus;
    uint32_t period;
    const char *cipher;
    int64_t begun_us, ended_us, destroyed_us;
    int64_t uid; /* who did it; -1: not known */
    const char *reason;
} HtDestroyed;

/* Appends the certificate. */
void ht_destroyed_write(const HtDestroyed *destroyed, const HtSigner *signer, HtBuffer *text);

/* Whether it is what one of the keys (of HtPublicKey) has signed. HT_PROOF_ERROR_FORMAT, _KEY, _FALSE. */
bool ht_destroyed_verify(HtText text, const GArray *keys, GError **error);
