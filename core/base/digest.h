/* SHA-256 and HMAC-SHA-256 in one piece, and bytes in hexadecimal. What comes in pieces goes to nettle itself. No state; any
 * thread. */
#pragma once

#include "core/base/buffer.h"

#define HT_SHA256 32     /* bytes */
#define HT_SHA256_HEX 65 /* with the NUL */

/* SHA-256 of the text; an absent one is an empty one. */
void ht_sha256(HtText text, uint8_t digest[HT_SHA256]);

/* The same in hexadecimal, in small letters. */
void ht_sha256_hex(HtText text, char hex[HT_SHA256_HEX]);

/* SHA-1 of all the texts behind each other: for a protocol that says so, never for a secret of ours. */
void ht_sha1(const HtText *texts, size_t count, uint8_t digest[20]);

/* HMAC-SHA-256 (RFC 2104) of all the texts behind each other. */
void ht_hmac_sha256(HtText key, const HtText *texts, size_t count, uint8_t digest[HT_SHA256]);

/* Whether two digests are equal, in a time that does not tell how far they are. */
bool ht_sha256_equal(const uint8_t a[HT_SHA256], const uint8_t b[HT_SHA256]);

/* The bytes in hexadecimal, in small letters: 2 * `size` characters without a NUL. */
void ht_hex_write(const uint8_t *bytes, size_t size, char *hex);

/* `size` bytes of 2 * `size` hexadecimal digits, in letters of either case. False at the first character that is none: what follows is not
 * looked at, so a text that ends with a NUL may be shorter. */
bool ht_hex_read(const char *hex, uint8_t *bytes, size_t size);
