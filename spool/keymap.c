/* Open addressing with linear probing; taking out moves later entries back, so that no tombstones are
 * needed. Used on the writer thread only (and at open). */
#include "spool/keymap.h"

#include <stdlib.h>

#define FIRST_CAPACITY 1024

static size_t bytes_of(const HtSpoolKeyMap *map)
{
    return map->entry_bytes ? map->entry_bytes : HT_SPOOL_ENTRY_NARROW;
}

static HtSpoolEntry *slot_at(const HtSpoolKeyMap *map, size_t slot)
{
    return (HtSpoolEntry *)(void *)(map->slots + slot * bytes_of(map));
}

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
    for (const HtSpoolEntry *at;
         (at = slot_at(map, slot))->value != 0 && memcmp(&at->hash, hash, sizeof *hash) != 0;) {
        slot = (slot + 1) & (map->capacity - 1);
    }
    return slot;
}

uint64_t ht_spool_keymap_get(const HtSpoolKeyMap *map, const HtSpoolHash *hash)
{
    return map->capacity ? slot_at(map, find_slot(map, hash))->value : 0;
}

bool ht_spool_keymap_find(const HtSpoolKeyMap *map, const HtSpoolHash *hash, HtSpoolEntry *entry)
{
    const HtSpoolEntry *found = map->capacity ? slot_at(map, find_slot(map, hash)) : NULL;
    if (!found || found->value == 0) {
        return false;
    }
    memset(entry, 0, sizeof *entry);
    memcpy(entry, found, bytes_of(map));
    return true;
}

static void grow(HtSpoolKeyMap *map)
{
    size_t bytes = bytes_of(map);
    HtSpoolKeyMap larger = *map;
    larger.capacity = map->capacity ? map->capacity * 2 : FIRST_CAPACITY;
    larger.slots = g_malloc0_n(larger.capacity, bytes);
    for (size_t i = 0; i < map->capacity; i++) {
        const HtSpoolEntry *entry = slot_at(map, i);
        if (entry->value != 0) {
            memcpy(slot_at(&larger, find_slot(&larger, &entry->hash)), entry, bytes);
        }
    }
    g_free(map->slots);
    *map = larger;
}

static void take_out(HtSpoolKeyMap *map, size_t slot)
{
    size_t mask = map->capacity - 1;
    for (size_t next = (slot + 1) & mask; slot_at(map, next)->value != 0; next = (next + 1) & mask) {
        size_t home = place_of(map, &slot_at(map, next)->hash);
        if (((next - home) & mask) >= ((next - slot) & mask)) {
            memcpy(slot_at(map, slot), slot_at(map, next), bytes_of(map));
            slot = next;
        }
    }
    slot_at(map, slot)->value = 0;
    map->count--;
}

void ht_spool_keymap_put(HtSpoolKeyMap *map, const HtSpoolEntry *entry)
{
    if ((map->count + 1) * 2 > map->capacity) {
        grow(map);
    }
    size_t slot = find_slot(map, &entry->hash);
    HtSpoolEntry *at = slot_at(map, slot);
    if (entry->value == 0) {
        if (at->value != 0) {
            take_out(map, slot);
        }
        return;
    }
    map->count += at->value == 0;
    memcpy(at, entry, bytes_of(map));
}

void ht_spool_keymap_set(HtSpoolKeyMap *map, const HtSpoolHash *hash, uint64_t value)
{
    HtSpoolEntry entry = {.hash = *hash, .value = value};
    ht_spool_keymap_put(map, &entry);
}

void ht_spool_keymap_clear(HtSpoolKeyMap *map)
{
    g_free(map->slots);
    *map = (HtSpoolKeyMap){.entry_bytes = map->entry_bytes};
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, HT_SPOOL_HASH_SIZE);
}

HtSpoolEntry *ht_spool_keymap_sorted(const HtSpoolKeyMap *map)
{
    HtSpoolEntry *entries = g_new0(HtSpoolEntry, map->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < map->capacity; i++) {
        const HtSpoolEntry *entry = slot_at(map, i);
        if (entry->value != 0) {
            memcpy(&entries[count++], entry, bytes_of(map));
        }
    }
    qsort(entries, count, sizeof *entries, compare);
    return entries;
}
