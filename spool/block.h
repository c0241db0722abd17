/* A block: entries in ascending order of their hashes, as a value of the table `segment_blocks`, mostly one page. Bytes only: where it
 * stands is segment.h's, reading and writing it blocks.h's.
 *
 *   checksum (8), number of entries (4)
 *   entries: hash (16), value (8), and of wide ones whose (16)
 *
 * All numbers are little endian. The checksum is XXH3-64 over what is behind it, seeded with the block's id: a block that stands at another's
 * place is as wrong as one of which a bit was flipped. No state; any thread. */
#pragma once

#include "core/base/buffer.h"
#include "spool/keymap.h"

#define HT_SPOOL_BLOCK_HEAD 12
#define HT_SPOOL_BLOCK_SUM 8

/* A kind of entries: what index.h keeps of one of its stores. Their bytes on disk. */
typedef enum { HT_SPOOL_NARROW = 24, HT_SPOOL_WIDE = 40 } HtSpoolWidth;

/* How many entries one takes, so that it fits into a page of the file. */
uint32_t ht_spool_block_room(uint64_t page_bytes, HtSpoolWidth width);

/* Appends an entry, to a block or to a row of the log. */
void ht_spool_entry_write(HtBuffer *bytes, const HtSpoolEntry *entry, HtSpoolWidth width);
void ht_spool_entry_read(const uint8_t *bytes, HtSpoolWidth width, HtSpoolEntry *entry);

/* Puts the checksum in front, where room for it was left. */
void ht_spool_block_seal(HtBuffer *bytes, uint64_t id);
bool ht_spool_block_is_sealed(HtText bytes, uint64_t id);

typedef struct {
    const uint8_t *entries;
    uint32_t count;
    HtSpoolWidth width;
} HtSpoolBlock;

/* Of bytes whose seal was found good; false when they are no block. */
bool ht_spool_block_open(HtText bytes, HtSpoolWidth width, HtSpoolBlock *block);

static inline const uint8_t *ht_spool_block_at(const HtSpoolBlock *block, uint32_t index)
{
    return block->entries + (size_t)index * block->width;
}

bool ht_spool_block_find(const HtSpoolBlock *block, const HtSpoolHash *hash, HtSpoolEntry *entry);
