/* A hash table from key hashes to values, in one block of memory. The hashes are already random, so their
 * first bytes are the place. A value of 0 means absent. */
#pragma once

#include "spool/hash.h"

typedef struct {
    HtSpoolHash hash;
    uint64_t value;
} HtSpoolKeyEntry;

typedef struct {
    HtSpoolKeyEntry *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
} HtSpoolKeyMap;

/* The value, 0 when absent. */
uint64_t ht_spool_keymap_get(const HtSpoolKeyMap *map, const HtSpoolHash *hash);

/* Sets a value; 0 takes the entry out. */
void ht_spool_keymap_set(HtSpoolKeyMap *map, const HtSpoolHash *hash, uint64_t value);

/* Frees the memory; the map is empty and usable again. */
void ht_spool_keymap_clear(HtSpoolKeyMap *map);

/* The entries in ascending order of their hash (of `map->count`). The caller frees them with g_free(). */
HtSpoolKeyEntry *ht_spool_keymap_sorted(const HtSpoolKeyMap *map);
