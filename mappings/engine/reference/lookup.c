/* Lookup by text; see lookup.h. Finding is on the mapping engine's hot path. */
#include "mappings/engine/reference/lookup.h"

#include <glib.h>
#include <string.h>

/* Mixes eight bytes at a time; keys are short and come from trusted files, values asked for do not grow
 * the table. */
static inline uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static inline uint32_t hash_key(const char *key, size_t size)
{
    uint64_t hash = size, word;
    for (; size >= 8; key += 8, size -= 8) {
        memcpy(&word, key, 8);
        hash = mix(hash, word);
    }
    word = 0;
    for (size_t i = 0; i < size; i++) {
        word = word << 8 | (unsigned char)key[i];
    }
    hash = mix(hash, word);
    return (uint32_t)(hash >> 32);
}

void ht_lookup_init(HtLookup *lookup, uint32_t keys)
{
    uint32_t slots = 8;
    while (slots < keys * 2) {
        slots *= 2;
    }
    *lookup = (HtLookup){g_new0(HtLookupSlot, slots), slots - 1, 0};
}

void ht_lookup_clear(HtLookup *lookup)
{
    g_clear_pointer(&lookup->slots, g_free);
    *lookup = (HtLookup){0};
}

/* The slot of this key, or the free one where it belongs. */
static inline HtLookupSlot *find_slot(const HtLookup *lookup, const char *key, size_t size)
{
    uint32_t at = hash_key(key, size) & lookup->mask;
    while (lookup->slots[at].key) {
        HtLookupSlot *slot = &lookup->slots[at];
        if (slot->size == size && memcmp(slot->key, key, size) == 0) {
            return slot;
        }
        at = (at + 1) & lookup->mask;
    }
    return &lookup->slots[at];
}

bool ht_lookup_add(HtLookup *lookup, const char *key, size_t size, uint32_t value)
{
    HtLookupSlot *slot = find_slot(lookup, key, size);
    if (slot->key) {
        return false;
    }
    g_assert(lookup->count < lookup->mask);
    *slot = (HtLookupSlot){key, (uint32_t)size, value};
    lookup->count++;
    return true;
}

void ht_lookup_change(HtLookup *lookup, const char *key, size_t size, uint32_t value)
{
    find_slot(lookup, key, size)->value = value;
}

uint32_t ht_lookup_find(const HtLookup *lookup, const char *key, size_t size)
{
    if (!lookup->slots || !key) {
        return HT_LOOKUP_NONE;
    }
    const HtLookupSlot *slot = find_slot(lookup, key, size);
    return slot->key ? slot->value : HT_LOOKUP_NONE;
}
