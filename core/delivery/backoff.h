/* Pauses between attempts: exponential, with full jitter on the upper half, bounded, and as long as the consumer asked. */
#pragma once

#include <stdint.h>

typedef struct {
    uint64_t first_ms, max_ms;
    unsigned failures; /* in a row */
} HtBackoff;

/* Counts a failure and gives the pause in milliseconds: first × 2^(failures-1), at most max, of which a random part of
 * the upper half is taken; never less than `asked_ms` (Retry-After), which is capped at 24 h. */
uint64_t ht_backoff_next(HtBackoff *backoff, uint64_t asked_ms);

/* Milliseconds that a Retry-After header asks for (seconds, or an HTTP date), 0 when it says nothing. `now_us` is the
 * clock's. */
uint64_t ht_backoff_retry_after(const char *header, int64_t now_us);
