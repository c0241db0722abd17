/* Packing what is finished above a cursor. No state. */
#include "spool/finished.h"

#include <nettle/sha2.h>

#define DIGEST 8
#define WITH_COUNTS "counted"
#define BITS 7
#define MORE 0x80

/* Sets without counts (before format 8) have another digest. */
static void digest(uint64_t cursor, bool counted, HtText bytes, uint8_t made[DIGEST])
{
    uint64_t little = GUINT64_TO_LE(cursor);
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, counted ? sizeof WITH_COUNTS : 0, (const uint8_t *)WITH_COUNTS);
    sha256_update(&context, sizeof little, (const uint8_t *)&little);
    sha256_update(&context, bytes.size, (const uint8_t *)bytes.data);
    sha256_digest(&context, DIGEST, made);
}

static void add_number(HtBuffer *buffer, uint64_t number)
{
    for (; number >= MORE; number >>= BITS) {
        ht_buffer_add_char(buffer, (char)(number | MORE));
    }
    ht_buffer_add_char(buffer, (char)number);
}

static bool take_number(HtText *bytes, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; bytes->size > 0 && shift < 64; shift += BITS) {
        uint8_t byte = (uint8_t)*bytes->data++;
        bytes->size--;
        *number |= (uint64_t)(byte & ~MORE) << shift;
        if (!(byte & MORE)) {
            return true;
        }
    }
    return false;
}

GBytes *ht_spool_finished_pack(uint64_t cursor, const GArray *runs)
{
    uint8_t made[DIGEST];
    HtBuffer packed = {0};
    uint64_t at = cursor;
    for (unsigned i = 0; runs && i < runs->len; i++) {
        const HtSpoolRun *run = &g_array_index(runs, HtSpoolRun, i);
        g_assert(run->first > at + 1 && run->last >= run->first);
        add_number(&packed, run->first - at - 1);
        add_number(&packed, run->last - run->first + 1);
        add_number(&packed, run->wanted);
        at = run->last;
    }
    if (packed.size == 0) {
        return NULL;
    }
    digest(cursor, true, ht_buffer_text(&packed), made);
    ht_buffer_add(&packed, made, DIGEST);
    GBytes *bytes = g_bytes_new(packed.data, packed.size);
    ht_buffer_clear(&packed);
    return bytes;
}

static bool is_whole(uint64_t cursor, bool counted, HtText bytes)
{
    uint8_t made[DIGEST];
    digest(cursor, counted, bytes, made);
    return memcmp(made, bytes.data + bytes.size, DIGEST) == 0;
}

bool ht_spool_finished_unpack(uint64_t cursor, HtText bytes, GArray *runs)
{
    uint64_t at = cursor, open, finished, wanted = 0;
    if (bytes.size <= DIGEST) {
        return false;
    }
    bytes.size -= DIGEST;
    bool counted = is_whole(cursor, true, bytes);
    if (!counted && !is_whole(cursor, false, bytes)) {
        return false;
    }
    while (take_number(&bytes, &open) && take_number(&bytes, &finished) &&
           (!counted || take_number(&bytes, &wanted))) {
        HtSpoolRun run = {at + open + 1, at + open + finished, wanted};
        g_array_append_val(runs, run);
        at = run.last;
    }
    return true;
}
