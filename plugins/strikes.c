/* A ring of payloads that have ended their host, see strikes.h. */
#include "plugins/strikes.h"

#include <string.h>

/* HT_STRIKES_KEPT when it is not there. */
static unsigned find(const HtStrikes *strikes, const uint8_t digest[32])
{
    unsigned i = 0;
    while (i < HT_STRIKES_KEPT &&
           (strikes->kept[i].count == 0 || memcmp(strikes->kept[i].digest, digest, 32) != 0)) {
        i++;
    }
    return i;
}

uint64_t ht_strikes_of(const HtStrikes *strikes, const uint8_t digest[32])
{
    unsigned i = find(strikes, digest);
    return i < HT_STRIKES_KEPT ? strikes->kept[i].count : 0;
}

static uint64_t *count_of(HtStrikes *strikes, const uint8_t digest[32])
{
    unsigned i = find(strikes, digest);
    if (i == HT_STRIKES_KEPT) {
        i = strikes->next++ % HT_STRIKES_KEPT;
        memcpy(strikes->kept[i].digest, digest, 32);
        strikes->kept[i].count = 0;
    }
    return &strikes->kept[i].count;
}

uint64_t ht_strikes_add(HtStrikes *strikes, const uint8_t digest[32])
{
    return ++*count_of(strikes, digest);
}

void ht_strikes_end(HtStrikes *strikes, const uint8_t digest[32])
{
    *count_of(strikes, digest) = HT_STRIKES_NO_MEMORY;
}
