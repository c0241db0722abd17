/* Certificates of who may sign, read once, and a message's signer held against them. Nothing is opened after they are read. Host process, one thread. */
#pragma once

#include "plugins/signature/parts.h"

#include <openssl/evp.h>

typedef struct HtSigners HtSigners;

/* HT_SIGNATURE_ERROR names the key whose certificates cannot be read. The subjects are borrowed. */
HtSigners *ht_signers_new(const HtSignatureKeys *keys, GError **error);
void ht_signers_free(HtSigners *signers);

/* The key of who signed, when its certificate is one of those of `signature-certificate`, or leads to `signature-ca` and has a name that may; it holds now, may sign, and its key is
 * long enough. EVP_PKEY_free(). NULL with signature-refused. */
EVP_PKEY *ht_signers_find(const HtSigners *signers, const HtParts *parts, int64_t now_us, HtFault *fault);
