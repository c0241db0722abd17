/* The bytes of blocks. */
#include "spool/block.h"

#include "core/base/little.h"

#include <xxhash.h>

#define PAGE_MAX ((uint64_t)16 << 10) /* a larger page has several */
#define PAGE_OVERHEAD \
    48 /* SQLite's, of a row that takes a page for itself (35 and the row's head); and the sum of parity */

uint32_t ht_spool_block_room(uint64_t page_bytes, HtSpoolWidth width)
{
    return (uint32_t)((MIN(page_bytes, PAGE_MAX) - PAGE_OVERHEAD - HT_SPOOL_BLOCK_HEAD) / width);
}

void ht_spool_entry_write(HtBuffer *bytes, const HtSpoolEntry *entry, HtSpoolWidth width)
{
    uint64_t value = GUINT64_TO_LE(entry->value);
    ht_buffer_add(bytes, entry->hash.bytes, HT_SPOOL_HASH_SIZE);
    ht_buffer_add(bytes, &value, sizeof value);
    if (width == HT_SPOOL_WIDE) {
        ht_buffer_add(bytes, entry->whose.bytes, HT_SPOOL_HASH_SIZE);
    }
}

void ht_spool_entry_read(const uint8_t *bytes, HtSpoolWidth width, HtSpoolEntry *entry)
{
    memcpy(entry->hash.bytes, bytes, HT_SPOOL_HASH_SIZE);
    entry->value = ht_little_u64(bytes + HT_SPOOL_HASH_SIZE);
    entry->whose = (HtSpoolHash){{0}};
    if (width == HT_SPOOL_WIDE) {
        memcpy(entry->whose.bytes, bytes + HT_SPOOL_NARROW, HT_SPOOL_HASH_SIZE);
    }
}

static uint64_t sum_of(const char *data, size_t size, uint64_t id)
{
    return GUINT64_TO_LE(XXH3_64bits_withSeed(data + HT_SPOOL_BLOCK_SUM, size - HT_SPOOL_BLOCK_SUM, id));
}

void ht_spool_block_seal(HtBuffer *bytes, uint64_t id)
{
    uint64_t sum = sum_of((const char *)bytes->data, bytes->size, id);
    memcpy(bytes->data, &sum, sizeof sum);
}

bool ht_spool_block_is_sealed(HtText bytes, uint64_t id)
{
    if (bytes.size < HT_SPOOL_BLOCK_SUM) {
        return false;
    }
    uint64_t sum = sum_of(bytes.data, bytes.size, id);
    return memcmp(bytes.data, &sum, sizeof sum) == 0;
}

bool ht_spool_block_open(HtText bytes, HtSpoolWidth width, HtSpoolBlock *block)
{
    uint32_t count;
    if (bytes.size < HT_SPOOL_BLOCK_HEAD) {
        return false;
    }
    memcpy(&count, bytes.data + HT_SPOOL_BLOCK_SUM, sizeof count);
    *block = (HtSpoolBlock){(const uint8_t *)bytes.data + HT_SPOOL_BLOCK_HEAD, GUINT32_FROM_LE(count), width};
    return block->count > 0 && bytes.size - HT_SPOOL_BLOCK_HEAD == (size_t)block->count * width;
}

bool ht_spool_block_find(const HtSpoolBlock *block, const HtSpoolHash *hash, HtSpoolEntry *entry)
{
    uint32_t low = 0, high = block->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = memcmp(ht_spool_block_at(block, middle), hash->bytes, HT_SPOOL_HASH_SIZE);
        if (order == 0) {
            ht_spool_entry_read(ht_spool_block_at(block, middle), block->width, entry);
            return true;
        }
        *(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
    }
    return false;
}
