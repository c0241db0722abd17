/* Ages. One clock for the process, looked at by whoever removes something. Any thread. */
#include "core/base/ages.h"

#include "core/base/clock-steps.h"
#include "core/base/log.h"

#include <glib.h>
#include <time.h>

/* Goes on while the machine sleeps, too. */
static int64_t read_steady(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * HT_SECOND + now.tv_nsec / 1000;
}

int64_t ht_ages_now(void)
{
    static GMutex lock;
    static HtClockSteps steps;
    g_mutex_lock(&lock);
    int64_t before = steps.ahead_us;
    int64_t now = ht_clock_steps_look(&steps, ht_clock_now(), read_steady());
    int64_t more = steps.ahead_us - before;
    g_mutex_unlock(&lock);
    if (more > 0) {
        ht_log(HT_LOG_WARNING, "clock",
               "the clock was set forward by %" G_GINT64_FORMAT
               " seconds: if it stays so, nothing is removed by its new age before a day has passed",
               more / HT_SECOND);
    }
    return now;
}
