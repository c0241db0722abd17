/* Time: microseconds since 1970 for what is kept, monotonic microseconds for waits, and their text. */
#pragma once

#include "core/base/buffer.h"

#define HT_SECOND ((int64_t)1000000)

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t ht_clock_now(void);

/* Microseconds that never step back; for waits and latencies only. */
int64_t ht_clock_monotonic(void);

/* Room for "2026-11-21T08:00:00.123456+08:00" and its end. */
#define HT_CLOCK_TEXT 40

/* Writes RFC 3339 at +08:00, the zone of every department (Asia/Shanghai has had no other offset since 1991), with
 * milliseconds. Returns the length. */
size_t ht_clock_format(int64_t time_us, char text[HT_CLOCK_TEXT]);
