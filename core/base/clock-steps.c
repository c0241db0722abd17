/* Steps of the clock. Any thread. */
#include "core/base/clock-steps.h"

#include <glib.h>

int64_t ht_clock_steps_look(HtClockSteps *steps, int64_t wall_us, int64_t steady_us)
{
    int64_t step = steps->begun ? (wall_us - steps->wall_us) - (steady_us - steps->steady_us) : 0;
    if (step > HT_CLOCK_STEP_US) {
        steps->ahead_us += step;
        steps->since_us = steady_us;
    } else if (step < -HT_CLOCK_STEP_US) {
        steps->ahead_us = MAX(steps->ahead_us + step, 0);
    }
    if (steady_us - steps->since_us >= HT_CLOCK_BELIEVED_US) {
        steps->ahead_us = 0;
    }
    steps->begun = true;
    steps->wall_us = wall_us;
    steps->steady_us = steady_us;
    return wall_us - steps->ahead_us;
}
