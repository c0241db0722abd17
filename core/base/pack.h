/* The binary form of frames and stored events: a row of fields, each `tag (1 byte) size (4 bytes, little endian) bytes`.
 * A reader never leaves its bounds, whatever the bytes say: what it reads may come from a hostile adapter. */
#pragma once

#include "core/base/buffer.h"

void ht_pack_bytes(HtBuffer *buffer, uint8_t tag, const void *bytes, size_t size);
void ht_pack_u32(HtBuffer *buffer, uint8_t tag, uint32_t value);
void ht_pack_u64(HtBuffer *buffer, uint8_t tag, uint64_t value);

/* Makes a field of this size and gives the place where its bytes go; the caller writes them all. */
char *ht_pack_reserve(HtBuffer *buffer, uint8_t tag, size_t size);

static inline void ht_pack_text(HtBuffer *buffer, uint8_t tag, HtText text)
{
    ht_pack_bytes(buffer, tag, text.data, text.size);
}

/* Nothing when the text is absent. */
static inline void ht_pack_present(HtBuffer *buffer, uint8_t tag, HtText text)
{
    if (text.data) {
        ht_pack_text(buffer, tag, text);
    }
}

/* Starts a field whose bytes follow piece by piece; returns the place to hand to ht_pack_end(). */
size_t ht_pack_begin(HtBuffer *buffer, uint8_t tag);
void ht_pack_end(HtBuffer *buffer, size_t place);

typedef struct {
    const uint8_t *next;
    const uint8_t *end;
    bool broken; /* a size pointed beyond the end; no more fields are given */
} HtUnpack;

static inline HtUnpack ht_unpack(const void *bytes, size_t size)
{
    const uint8_t *start = bytes;
    return (HtUnpack){start, start ? start + size : start, false};
}

/* Gives the next field; false at the end or when the bytes are broken (look at `broken`). */
bool ht_unpack_next(HtUnpack *unpack, uint8_t *tag, HtText *value);

/* Read a number field; false when its size is not that of the number. */
bool ht_unpack_u32(HtText value, uint32_t *number);
bool ht_unpack_u64(HtText value, uint64_t *number);
