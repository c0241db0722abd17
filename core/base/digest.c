/* Digests by nettle, which is linked for the spool's hashes anyway, and needs no memory of its own. Any thread. */
#include "core/base/digest.h"

#include <nettle/sha1.h>
#include <nettle/base16.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

void ht_sha256(HtText text, uint8_t digest[HT_SHA256])
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, text.size, (const uint8_t *)(text.data ? text.data : ""));
    sha256_digest(&context, HT_SHA256, digest);
}

void ht_sha256_hex(HtText text, char hex[HT_SHA256_HEX])
{
    uint8_t digest[HT_SHA256];
    ht_sha256(text, digest);
    ht_hex_write(digest, sizeof digest, hex);
    hex[HT_SHA256_HEX - 1] = '\0';
}

void ht_hmac_sha256(HtText key, const HtText *texts, size_t count, uint8_t digest[HT_SHA256])
{
    struct hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, key.size, (const uint8_t *)key.data);
    for (size_t i = 0; i < count; i++) {
        hmac_sha256_update(&context, texts[i].size, (const uint8_t *)texts[i].data);
    }
    hmac_sha256_digest(&context, HT_SHA256, digest);
    explicit_bzero(&context, sizeof context);
}

bool ht_sha256_equal(const uint8_t a[HT_SHA256], const uint8_t b[HT_SHA256])
{
    return memeql_sec(a, b, HT_SHA256) != 0;
}

void ht_hex_write(const uint8_t *bytes, size_t size, char *hex)
{
    base16_encode_update(hex, size, bytes);
}

bool ht_hex_read(const char *hex, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(hex[2 * i + 1]);
        if (low < 0) {
            return false;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void ht_sha1(const HtText *texts, size_t count, uint8_t digest[20])
{
    struct sha1_ctx context;
    sha1_init(&context);
    for (size_t i = 0; i < count; i++) {
        sha1_update(&context, texts[i].size, (const uint8_t *)texts[i].data);
    }
    sha1_digest(&context, SHA1_DIGEST_SIZE, digest);
}
