/* The time for what is removed by its age. A clock that is set forward would make everything old at once, and what is removed does not come
 * back when the clock does. So a step forward while the process runs is believed a day later only; until then ages go on as if it had not been
 * made. A step back is believed at once: less is removed. The clock as it was at the start is believed. */
#pragma once

#include "core/base/clock.h"

/* Microseconds since 1970. Any thread. */
int64_t ht_ages_now(void);
