/* Numbers as they lie in files and frames: little-endian, at any address. */
#pragma once

#include <glib.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t ht_little_u32(const void *at)
{
    uint32_t little;
    memcpy(&little, at, sizeof little);
    return GUINT32_FROM_LE(little);
}

static inline uint64_t ht_little_u64(const void *at)
{
    uint64_t little;
    memcpy(&little, at, sizeof little);
    return GUINT64_FROM_LE(little);
}

static inline void ht_little_put_u32(void *at, uint32_t value)
{
    uint32_t little = GUINT32_TO_LE(value);
    memcpy(at, &little, sizeof little);
}

static inline void ht_little_put_u64(void *at, uint64_t value)
{
    uint64_t little = GUINT64_TO_LE(value);
    memcpy(at, &little, sizeof little);
}
