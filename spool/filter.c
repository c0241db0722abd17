/* The filter. The hashes are keyed and random: their second half says which block and which bits, the first is their place in a map. */
#include "spool/filter.h"

#define BITS 12 /* an entry */
#define BITS_MIN 2
#define WORDS 8 /* of a block, one bit each */
#define BLOCK_BITS (WORDS * 32)

static const uint32_t salts[WORDS] = {0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du,
                                      0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u};

void ht_spool_filter_init(HtSpoolFilter *filter, uint64_t entries, uint64_t most_bytes)
{
    uint64_t wanted = (entries * BITS + BLOCK_BITS - 1) / BLOCK_BITS;
    uint64_t blocks = MIN(wanted, most_bytes * 8 / BLOCK_BITS);
    *filter = (HtSpoolFilter){NULL, 0};
    if (blocks > 0 && blocks < UINT32_MAX && blocks * BLOCK_BITS >= entries * BITS_MIN) {
        filter->blocks = blocks;
        filter->words = g_new0(uint32_t, blocks * WORDS);
    }
}

void ht_spool_filter_clear(HtSpoolFilter *filter)
{
    g_free(filter->words);
    *filter = (HtSpoolFilter){NULL, 0};
}

uint64_t ht_spool_filter_bytes(const HtSpoolFilter *filter)
{
    return filter->blocks * WORDS * sizeof *filter->words;
}

/* The block of a hash, and what chooses its bits. */
static uint32_t *find_block(const HtSpoolFilter *filter, const HtSpoolHash *hash, uint32_t *bits)
{
    uint32_t halves[2];
    memcpy(halves, hash->bytes + 8, sizeof halves);
    *bits = halves[1];
    return filter->words + WORDS * ((uint64_t)halves[0] * filter->blocks >> 32);
}

void ht_spool_filter_add(HtSpoolFilter *filter, const HtSpoolHash *hash)
{
    uint32_t bits;
    if (filter->words) {
        uint32_t *block = find_block(filter, hash, &bits);
        for (unsigned i = 0; i < WORDS; i++) {
            block[i] |= (uint32_t)1 << (bits * salts[i] >> 27);
        }
    }
}

bool ht_spool_filter_may_have(const HtSpoolFilter *filter, const HtSpoolHash *hash)
{
    uint32_t bits, missing = 0;
    if (!filter->words) {
        return true;
    }
    const uint32_t *block = find_block(filter, hash, &bits);
    for (unsigned i = 0; i < WORDS; i++) {
        missing |= ~block[i] & (uint32_t)1 << (bits * salts[i] >> 27);
    }
    return missing == 0;
}
