/* Open addressing with linear probing; taking out moves later entries back, so that no tombstones are
 * needed. Used on the writer thread only (and at open). */
#include "spool/keymap.h"

#include <stdlib.h>

#define FIRST_CAPACITY 1024

static size_t place_of(const HtSpoolKeyMap *map, const HtSpoolHash *hash)
{
    uint64_t start;
    memcpy(&start, hash->bytes, sizeof start);
    return (size_t)start & (map->capacity - 1);
}

/* The slot that holds the hash, or the free one where it would go. */
static size_t find_slot(const HtSpoolKeyMap *map, const HtSpoolHash *hash)
{
    size_t slot = place_of(map, hash);
    while (map->slots[slot].value != 0 && memcmp(&map->slots[slot].hash, hash, sizeof *hash) != 0) {
        slot = (slot + 1) & (map->capacity - 1);
    }
    return slot;
}

uint64_t ht_spool_keymap_get(const HtSpoolKeyMap *map, const HtSpoolHash *hash)
{
    return map->capacity ? map->slots[find_slot(map, hash)].value : 0;
}

static void grow(HtSpoolKeyMap *map)
{
    HtSpoolKeyMap larger = {NULL, map->capacity ? map->capacity * 2 : FIRST_CAPACITY, map->count};
    larger.slots = g_new0(HtSpoolKeyEntry, larger.capacity);
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].value != 0) {
            larger.slots[find_slot(&larger, &map->slots[i].hash)] = map->slots[i];
        }
    }
    g_free(map->slots);
    *map = larger;
}

static void take_out(HtSpoolKeyMap *map, size_t slot)
{
    size_t mask = map->capacity - 1;
    for (size_t next = (slot + 1) & mask; map->slots[next].value != 0; next = (next + 1) & mask) {
        size_t home = place_of(map, &map->slots[next].hash);
        if (((next - home) & mask) >= ((next - slot) & mask)) {
            map->slots[slot] = map->slots[next];
            slot = next;
        }
    }
    map->slots[slot].value = 0;
    map->count--;
}

void ht_spool_keymap_set(HtSpoolKeyMap *map, const HtSpoolHash *hash, uint64_t value)
{
    if ((map->count + 1) * 2 > map->capacity) {
        grow(map);
    }
    size_t slot = find_slot(map, hash);
    if (value == 0) {
        if (map->slots[slot].value != 0) {
            take_out(map, slot);
        }
        return;
    }
    map->count += map->slots[slot].value == 0;
    map->slots[slot] = (HtSpoolKeyEntry){*hash, value};
}

void ht_spool_keymap_clear(HtSpoolKeyMap *map)
{
    g_free(map->slots);
    *map = (HtSpoolKeyMap){0};
}

static int compare(const void *a, const void *b)
{
    return memcmp(((const HtSpoolKeyEntry *)a)->hash.bytes, ((const HtSpoolKeyEntry *)b)->hash.bytes,
                  HT_SPOOL_HASH_SIZE);
}

HtSpoolKeyEntry *ht_spool_keymap_sorted(const HtSpoolKeyMap *map)
{
    HtSpoolKeyEntry *entries = g_new(HtSpoolKeyEntry, map->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].value != 0) {
            entries[count++] = map->slots[i];
        }
    }
    qsort(entries, count, sizeof *entries, compare);
    return entries;
}
