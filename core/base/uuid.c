/* UUIDv7. The random bits come from the kernel in blocks; each thread has its own block and counter. */
#include "core/base/uuid.h"

#include "core/base/clock.h"
#include "core/base/digest.h"

#include <glib.h>
#include <stdatomic.h>
#include <sys/random.h>

#define RANDOM_BLOCK 4096

static _Thread_local uint8_t random_block[RANDOM_BLOCK];
static _Thread_local size_t random_used = RANDOM_BLOCK;
static _Thread_local uint64_t last_milliseconds;
static _Thread_local unsigned counter;

/* The latest time of any id: of all threads, and of those that a spool has. */
static _Atomic uint64_t newest_milliseconds;

static void raise_newest(uint64_t milliseconds)
{
    uint64_t newest = atomic_load(&newest_milliseconds);
    while (milliseconds > newest &&
           !atomic_compare_exchange_weak(&newest_milliseconds, &newest, milliseconds)) {
    }
}

static uint64_t milliseconds_of(const HtUuid *uuid)
{
    uint64_t milliseconds = 0;
    for (int i = 0; i < 6; i++) {
        milliseconds = milliseconds << 8 | uuid->bytes[i];
    }
    return milliseconds;
}

void ht_uuid_rise_above(const HtUuid *uuid)
{
    raise_newest(milliseconds_of(uuid) + 1);
}

static void take_random(uint8_t *bytes, size_t size)
{
    if (random_used + size > RANDOM_BLOCK) {
        for (size_t have = 0; have < RANDOM_BLOCK;) {
            ssize_t got = getrandom(random_block + have, RANDOM_BLOCK - have, 0);
            have += got > 0 ? (size_t)got : 0;
        }
        random_used = 0;
    }
    memcpy(bytes, random_block + random_used, size);
    random_used += size;
}

HtUuid ht_uuid_new(void)
{
    HtUuid uuid;
    uint64_t milliseconds = MAX((uint64_t)ht_clock_now() / 1000, atomic_load(&newest_milliseconds));
    take_random(uuid.bytes, sizeof uuid.bytes);
    if (milliseconds > last_milliseconds) {
        last_milliseconds = milliseconds;
        counter = uuid.bytes[15] & 0x7f;
    } else if (++counter > 0xfff) {
        last_milliseconds++;
        counter = 0;
    }
    raise_newest(last_milliseconds);
    for (int i = 0; i < 6; i++) {
        uuid.bytes[i] = (uint8_t)(last_milliseconds >> (40 - 8 * i));
    }
    uuid.bytes[6] = (uint8_t)(0x70 | counter >> 8);
    uuid.bytes[7] = (uint8_t)counter;
    uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3f));
    return uuid;
}

void ht_uuid_format(const HtUuid *uuid, char text[HT_UUID_TEXT])
{
    static const char hex[] = "0123456789abcdef";
    char *at = text;
    for (int i = 0; i < HT_UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *at++ = '-';
        }
        *at++ = hex[uuid->bytes[i] >> 4];
        *at++ = hex[uuid->bytes[i] & 15];
    }
    *at = '\0';
}

bool ht_uuid_parse(HtText text, HtUuid *uuid)
{
    if (text.size != HT_UUID_TEXT - 1) {
        return false;
    }
    size_t from = 0;
    for (int i = 0; i < HT_UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (text.data[from++] != '-') {
                return false;
            }
        }
        if (!ht_hex_read(text.data + from, &uuid->bytes[i], 1)) {
            return false;
        }
        from += 2;
    }
    return true;
}
