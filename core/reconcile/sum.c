/* Sums of digests. */
#include "core/reconcile/sum.h"

#include "core/base/digest.h"

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
    uint8_t digest[HT_SHA256];
    ht_sha256(text, digest);
    ht_sum_add_digest(sum, digest);
}

void ht_sum_format(const HtSum *sum, char text[HT_SUM_TEXT])
{
    ht_hex_write(sum->bytes, HT_SUM_SIZE, text);
    text[2 * HT_SUM_SIZE] = '\0';
}
