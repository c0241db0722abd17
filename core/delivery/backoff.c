/* Back-off, once for all consumers. No state of its own. */
#include "core/delivery/backoff.h"

#include <curl/curl.h>
#include <glib.h>
#include <string.h>

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

uint64_t ht_backoff_next(HtBackoff *backoff, uint64_t asked_ms)
{
    uint64_t pause = backoff->first_ms;
    for (unsigned i = 0; i < backoff->failures && pause < backoff->max_ms; i++) {
        pause *= 2;
    }
    pause = MIN(pause, backoff->max_ms);
    backoff->failures += backoff->failures < 64;
    pause = pause / 2 + (uint64_t)(g_random_double() * (double)(pause - pause / 2 + 1));
    return MAX(pause, MIN(asked_ms, DAY_MS));
}

uint64_t ht_backoff_retry_after(const char *header, int64_t now_us)
{
    if (!header) {
        return 0;
    }
    if (g_ascii_isdigit(*header)) {
        uint64_t seconds = g_ascii_strtoull(header, NULL, 10);
        return MIN(seconds, DAY_MS / 1000) * 1000;
    }
    time_t when = curl_getdate(header, NULL);
    int64_t wait_ms = when < 0 ? 0 : (int64_t)when * 1000 - now_us / 1000;
    return wait_ms > 0 ? MIN((uint64_t)wait_ms, DAY_MS) : 0;
}
