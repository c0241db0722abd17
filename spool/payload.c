/* Packing payloads. Any thread. */
#include "spool/payload.h"

#include <string.h>
#include <zstd.h>

#define MAGIC_BYTES 4
#define PACKED "HtZ1"
#define PLAIN "HtZ0"
#define LEVEL 3
#define PAYS_BYTES 64                  /* saved at least */
#define MOST_BYTES ((uint64_t)4 << 30) /* more than a message may have */

static bool begins(HtText bytes, const char *magic)
{
    return bytes.size >= MAGIC_BYTES && memcmp(bytes.data, magic, MAGIC_BYTES) == 0;
}

static char *compress_bytes(const char *bytes, size_t size, size_t *packed_size)
{
    size_t most = ZSTD_compressBound(size);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (!context) {
        return NULL;
    }
    char *packed = g_malloc(MAGIC_BYTES + most);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t made = ZSTD_compress2(context, packed + MAGIC_BYTES, most, bytes, size);
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(made) || MAGIC_BYTES + made + PAYS_BYTES > size) {
        g_free(packed);
        return NULL;
    }
    memcpy(packed, PACKED, MAGIC_BYTES);
    *packed_size = MAGIC_BYTES + made;
    return g_realloc(packed, *packed_size);
}

char *ht_spool_payload_pack(char *bytes, size_t *size, bool compress)
{
    HtText text = {bytes, *size};
    char *packed = compress ? compress_bytes(bytes, *size, size) : NULL;
    if (packed) {
        g_free(bytes);
        return packed;
    }
    if (!begins(text, PACKED) && !begins(text, PLAIN)) {
        return bytes;
    }
    packed = g_malloc(MAGIC_BYTES + *size);
    memcpy(packed, PLAIN, MAGIC_BYTES);
    memcpy(packed + MAGIC_BYTES, bytes, *size);
    g_free(bytes);
    *size += MAGIC_BYTES;
    return packed;
}

static bool expand(HtText frame, HtBuffer *room, HtText *value)
{
    unsigned long long size = ZSTD_getFrameContentSize(frame.data, frame.size);
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > MOST_BYTES) {
        return false;
    }
    room->size = 0;
    char *to = (char *)ht_buffer_reserve(room, MAX((size_t)size, 1));
    size_t made = ZSTD_decompress(to, (size_t)size, frame.data, frame.size);
    if (ZSTD_isError(made) || made != size) {
        return false;
    }
    room->size = made;
    *value = (HtText){to, made};
    return true;
}

bool ht_spool_payload_unpack(HtText bytes, HtBuffer *room, HtText *value)
{
    HtText behind = {bytes.data + MAGIC_BYTES, bytes.size - MIN(bytes.size, MAGIC_BYTES)};
    if (begins(bytes, PACKED)) {
        return expand(behind, room, value);
    }
    *value = begins(bytes, PLAIN) ? behind : bytes;
    return true;
}
