/* Fields in a row, written and read. Used by frames (bus and host) and by stored events; no state of its own. */
#include "core/base/pack.h"

#include "core/base/little.h"

#define FIELD_HEAD 5

char *ht_pack_reserve(HtBuffer *buffer, uint8_t tag, size_t size)
{
    uint8_t *at = (uint8_t *)ht_buffer_reserve(buffer, FIELD_HEAD + size);
    at[0] = tag;
    ht_little_put_u32(at + 1, (uint32_t)size);
    buffer->size += FIELD_HEAD + size;
    return (char *)at + FIELD_HEAD;
}

void ht_pack_bytes(HtBuffer *buffer, uint8_t tag, const void *bytes, size_t size)
{
    char *at = ht_pack_reserve(buffer, tag, size);
    if (size > 0) {
        memcpy(at, bytes, size);
    }
}

void ht_pack_u32(HtBuffer *buffer, uint8_t tag, uint32_t value)
{
    uint8_t bytes[4];
    ht_little_put_u32(bytes, value);
    ht_pack_bytes(buffer, tag, bytes, sizeof bytes);
}

void ht_pack_u64(HtBuffer *buffer, uint8_t tag, uint64_t value)
{
    uint8_t bytes[8];
    ht_little_put_u32(bytes, (uint32_t)value);
    ht_little_put_u32(bytes + 4, (uint32_t)(value >> 32));
    ht_pack_bytes(buffer, tag, bytes, sizeof bytes);
}

size_t ht_pack_begin(HtBuffer *buffer, uint8_t tag)
{
    ht_pack_bytes(buffer, tag, NULL, 0);
    return buffer->size;
}

void ht_pack_end(HtBuffer *buffer, size_t place)
{
    ht_little_put_u32((uint8_t *)buffer->data + place - 4, (uint32_t)(buffer->size - place));
}

bool ht_unpack_next(HtUnpack *unpack, uint8_t *tag, HtText *value)
{
    size_t left = (size_t)(unpack->end - unpack->next);
    if (left == 0 || unpack->broken) {
        return false;
    }
    if (left < FIELD_HEAD || ht_little_u32(unpack->next + 1) > left - FIELD_HEAD) {
        unpack->broken = true;
        return false;
    }
    *tag = unpack->next[0];
    *value = (HtText){(const char *)unpack->next + FIELD_HEAD, ht_little_u32(unpack->next + 1)};
    unpack->next += FIELD_HEAD + value->size;
    return true;
}

bool ht_unpack_u32(HtText value, uint32_t *number)
{
    if (value.size != 4) {
        return false;
    }
    *number = ht_little_u32((const uint8_t *)value.data);
    return true;
}

bool ht_unpack_u64(HtText value, uint64_t *number)
{
    if (value.size != 8) {
        return false;
    }
    const uint8_t *at = (const uint8_t *)value.data;
    *number = (uint64_t)ht_little_u32(at) | (uint64_t)ht_little_u32(at + 4) << 32;
    return true;
}
