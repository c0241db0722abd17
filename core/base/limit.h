/* How limits are named to whoever met one: with the value and with the configuration's key, "67108864 bytes (max-document =
 * 64M)", so that the administrator knows what to raise. What no key changes stands as a key would write it: "16M bytes (fixed)". Pure; any
 * thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum { HT_LIMIT_COUNT, HT_LIMIT_BYTES, HT_LIMIT_MS } HtLimitUnit;

typedef struct {
    const char *key; /* NULL: no key changes it */
    uint64_t value;
    HtLimitUnit unit;
    const char *of; /* what is counted, "levels"; not used for bytes and ms */
} HtLimit;

#define HT_LIMIT_TEXT 120

/* Writes the limit's name, cut to its room; returns `text`. */
const char *ht_limit_name(HtLimit limit, char text[HT_LIMIT_TEXT]);
