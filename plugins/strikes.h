/* Which payloads have ended their host, by digest: for those that came in pieces, of which the bus keeps nothing else. Bus, main-loop
 * thread. */
#pragma once

#include <stdint.h>

/* The oldest payload is forgotten for a new one. */
#define HT_STRIKES_KEPT 64

typedef struct {
    struct {
        uint8_t digest[32];
        uint64_t count; /* 0: free */
    } kept[HT_STRIKES_KEPT];
    unsigned next;
} HtStrikes;

/* How many it has; one more, and how many it has then. */
uint64_t ht_strikes_of(const HtStrikes *strikes, const uint8_t digest[32]);
uint64_t ht_strikes_add(HtStrikes *strikes, const uint8_t digest[32]);

/* It needs more memory than there is: no number of tries helps. It has so many from now on. */
#define HT_STRIKES_NO_MEMORY UINT64_MAX
void ht_strikes_end(HtStrikes *strikes, const uint8_t digest[32]);
