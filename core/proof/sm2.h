/* Signatures by SM2 with SM3 (GB/T 32918.2, 32905), with the curve of GB/T 32918.5 and the signer's identity "1234567812345678", which GM/T 0009 has where none is agreed. OpenSSL's. A key signs
 * with a random number of its own: the same text has another signature each time. Any thread. A library that fails at this has no memory: the process ends. */
#pragma once

#include "core/base/buffer.h"

#define HT_SM2_SECRET 32
#define HT_SM2_POINT 64     /* both coordinates, big endian */
#define HT_SM2_SIGNATURE 64 /* r and s, big endian */

typedef struct evp_pkey_st HtSm2Key;

/* The key with this private half, and its public half; NULL when these bytes are none: as one of 2^32 random ones is. */
HtSm2Key *ht_sm2_key_new(const uint8_t secret[HT_SM2_SECRET], uint8_t point[HT_SM2_POINT]);
void ht_sm2_key_free(HtSm2Key *key);

void ht_sm2_sign(const HtSm2Key *key, HtText text, uint8_t signature[HT_SM2_SIGNATURE]);

/* Whether it is a point of the curve. */
bool ht_sm2_is_point(const uint8_t point[HT_SM2_POINT]);

bool ht_sm2_verify(const uint8_t point[HT_SM2_POINT], HtText text, const uint8_t signature[HT_SM2_SIGNATURE]);

/* SM3 (GB/T 32905). */
void ht_sm3(HtText text, uint8_t digest[32]);
