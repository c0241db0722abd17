/* The one place that calls libxmlsec: a signature whose form parts.c has checked, with a key that signers.c has found. Host process, one thread. */
#pragma once

#include "plugins/signature/parts.h"

#include <openssl/evp.h>

/* Prepares the libraries, which read their files now and never later. False: they cannot be used. Once in a process. */
bool ht_verify_begin(void);
void ht_verify_end(void);

/* Whether the signature verifies, and each of its references. The key is handed over. */
bool ht_verify(const HtParts *parts, EVP_PKEY *key, bool allows_sha1);
