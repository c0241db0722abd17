/* Sums of digests. */
#include "core/reconcile/sum.h"

#include <nettle/sha2.h>

void ht_sum_add_digest(HtSum *sum, const uint8_t digest[HT_SUM_SIZE])
{
    unsigned carry = 0;
    for (unsigned i = HT_SUM_SIZE; i-- > 0;) {
        carry += (unsigned)sum->bytes[i] + digest[i];
        sum->bytes[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

void ht_sum_add(HtSum *sum, HtText text)
{
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, text.size, (const uint8_t *)text.data);
    sha256_digest(&context, sizeof digest, digest);
    ht_sum_add_digest(sum, digest);
}

void ht_sum_format(const HtSum *sum, char text[HT_SUM_TEXT])
{
    for (unsigned i = 0; i < HT_SUM_SIZE; i++) {
        g_snprintf(text + 2 * i, 3, "%02x", sum->bytes[i]);
    }
}
