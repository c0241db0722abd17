/* Reading and writing time. No state; any thread. */
#include "core/base/clock.h"

#include <stdio.h>
#include <time.h>

#define CHINA_OFFSET (8 * 3600)

static int64_t read_clock(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * HT_SECOND + now.tv_nsec / 1000;
}

int64_t ht_clock_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t ht_clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

size_t ht_clock_format(int64_t time_us, char text[HT_CLOCK_TEXT])
{
    time_t seconds = (time_t)(time_us / HT_SECOND) + CHINA_OFFSET;
    int milliseconds = (int)(time_us % HT_SECOND / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t size = strftime(text, HT_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &parts);
    size += (size_t)snprintf(text + size, HT_CLOCK_TEXT - size, ".%03d+08:00", milliseconds);
    return size;
}
