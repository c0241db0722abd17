/* A filter in memory before a look-up on disk: says of a hash that it was surely not added, or that it may have been. A Bloom filter in
 * blocks of 32 bytes, one cache line a question (the split block Bloom filter that Apache Parquet specifies). With 12 bits an entry one
 * question of 200 is answered "may" in vain. One thread. */
#pragma once

#include "spool/hash.h"

typedef struct {
    uint32_t *words; /* NULL: says "may" of all */
    uint64_t blocks;
} HtSpoolFilter;

/* For so many entries, with at most so many bytes: with fewer than two bits an entry there is none. */
void ht_spool_filter_init(HtSpoolFilter *filter, uint64_t entries, uint64_t most_bytes);
void ht_spool_filter_clear(HtSpoolFilter *filter);

uint64_t ht_spool_filter_bytes(const HtSpoolFilter *filter);

/* Adding again changes nothing. */
void ht_spool_filter_add(HtSpoolFilter *filter, const HtSpoolHash *hash);

bool ht_spool_filter_may_have(const HtSpoolFilter *filter, const HtSpoolHash *hash);
