/* Lookup by text: the open-addressing index that dictionary and tables share. Made at start, then only read; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *key;
    uint32_t size;
    uint32_t value;
} HtLookupSlot;

typedef struct {
    HtLookupSlot *slots;
    uint32_t mask; /* number of slots - 1; slots are at least twice the keys */
    uint32_t count;
} HtLookup;

#define HT_LOOKUP_NONE UINT32_MAX

/* Makes room for `keys` keys; ht_lookup_clear() frees it. Keys are not copied and must outlive the lookup. */
void ht_lookup_init(HtLookup *lookup, uint32_t keys);
void ht_lookup_clear(HtLookup *lookup);

/* Adds a key that is not yet there; false (nothing changed) when it is. */
bool ht_lookup_add(HtLookup *lookup, const char *key, size_t size, uint32_t value);

/* Gives another value to a key that is there. */
void ht_lookup_change(HtLookup *lookup, const char *key, size_t size, uint32_t value);

/* The key's value or HT_LOOKUP_NONE. */
uint32_t ht_lookup_find(const HtLookup *lookup, const char *key, size_t size);
