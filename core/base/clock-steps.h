/* Steps of the clock, as ages.h takes them. No state but the caller's; any thread, one at a time. */
#pragma once

#include "core/base/clock.h"

/* All 0 at first. */
typedef struct {
    bool begun;
    int64_t wall_us, steady_us; /* as of the last look */
    int64_t ahead_us;           /* of what the wall clock says, not believed */
    int64_t since_us;           /* steady: the last step forward */
} HtClockSteps;

#define HT_CLOCK_BELIEVED_US (24 * 3600 * HT_SECOND)
#define HT_CLOCK_STEP_US (60 * HT_SECOND) /* a clock that is brought right slowly makes no step */

/* The time by which things age, from what the wall clock says and one that nobody sets. */
int64_t ht_clock_steps_look(HtClockSteps *steps, int64_t wall_us, int64_t steady_us);
