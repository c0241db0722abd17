/* A hash table of entries, in one block of memory. The hashes are already random, so their first bytes are the place. A value of 0 means
 * absent. */
#pragma once

#include "spool/hash.h"

/* What is known under a hash. */
typedef struct {
    HtSpoolHash hash;
    uint64_t value;
    HtSpoolHash whose; /* of wide ones: a subject (ties.h) */
} HtSpoolEntry;

/* The value of an entry that was taken out of what is on disk: it hides earlier ones. */
#define HT_SPOOL_ENTRY_GONE ((uint64_t)1 << 63)

/* In memory. */
#define HT_SPOOL_ENTRY_NARROW offsetof(HtSpoolEntry, whose)
#define HT_SPOOL_ENTRY_WIDE sizeof(HtSpoolEntry)

typedef struct {
    uint8_t *slots;
    size_t entry_bytes; /* 0: NARROW */
    size_t capacity;    /* a power of two, or 0 */
    size_t count;
} HtSpoolKeyMap;

/* The value, 0 when absent. */
uint64_t ht_spool_keymap_get(const HtSpoolKeyMap *map, const HtSpoolHash *hash);

/* The whole entry; false when absent. */
bool ht_spool_keymap_find(const HtSpoolKeyMap *map, const HtSpoolHash *hash, HtSpoolEntry *entry);

/* Puts an entry, in place of one with the same hash; a value of 0 takes it out. */
void ht_spool_keymap_put(HtSpoolKeyMap *map, const HtSpoolEntry *entry);
void ht_spool_keymap_set(HtSpoolKeyMap *map, const HtSpoolHash *hash, uint64_t value);

/* Frees the memory; the map is empty and usable again. */
void ht_spool_keymap_clear(HtSpoolKeyMap *map);

/* The entries in ascending order of their hash (of `map->count`). The caller frees them with g_free(). */
HtSpoolEntry *ht_spool_keymap_sorted(const HtSpoolKeyMap *map);
