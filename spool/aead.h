/* Authenticated encryption with a key made ready for many values. OpenSSL's: AES-256-GCM; or SM4-CTR with HMAC-SM3 over nonce, what is bound and the
 * encrypted bytes, cut to 128 bits, its two keys made of the one by HMAC-SM3 (OpenSSL 3.0 has no SM4-GCM). One thread at a time. A library that
 * fails at this has no memory: the process ends. */
#pragma once

#include "core/base/buffer.h"
#include "spool/spool.h"

#define HT_SPOOL_KEY_BYTES 32
#define HT_SPOOL_NONCE 12
#define HT_SPOOL_TAG 16

typedef struct HtSpoolAead HtSpoolAead;

HtSpoolAead *ht_spool_aead_new(HtSpoolCipher cipher, const uint8_t key[HT_SPOOL_KEY_BYTES]);
void ht_spool_aead_free(HtSpoolAead *aead);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolAead, ht_spool_aead_free)

/* Appends `plain` sealed, and its tag. No nonce twice under one key. */
void ht_spool_aead_seal(HtSpoolAead *aead, const uint8_t nonce[HT_SPOOL_NONCE], HtText bound, HtText plain,
                        HtBuffer *to);

/* In place: the first `size` - HT_SPOOL_TAG bytes are the plain text then. False when these are not the bytes that were sealed so; they are
 * of no use then. */
bool ht_spool_aead_open(HtSpoolAead *aead, const uint8_t nonce[HT_SPOOL_NONCE], HtText bound, uint8_t *bytes,
                        size_t size);

/* Random bytes of the kernel's, fetched many at once. Any thread. */
void ht_spool_random(void *bytes, size_t size);
