/* Reading and writing time. No state; any thread. */
#include "core/base/clock.h"

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

/* The text of the last second asked for, up to its fraction: events come many to a second. */
typedef struct {
    time_t second;
    size_t size;
    char text[HT_CLOCK_TEXT];
} LastSecond;

size_t ht_clock_format(int64_t time_us, char text[HT_CLOCK_TEXT])
{
    static _Thread_local LastSecond last;
    time_t second = (time_t)(time_us / HT_SECOND) + CHINA_OFFSET;
    int milliseconds = (int)(time_us % HT_SECOND / 1000);
    if (last.size == 0 || last.second != second) {
        struct tm parts;
        gmtime_r(&second, &parts);
        last.size = strftime(last.text, HT_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &parts);
        last.second = second;
    }
    static const char zone[] = "+08:00";
    memcpy(text, last.text, last.size);
    char *at = text + last.size;
    *at++ = '.';
    *at++ = (char)('0' + milliseconds / 100);
    *at++ = (char)('0' + milliseconds / 10 % 10);
    *at++ = (char)('0' + milliseconds % 10);
    memcpy(at, zone, sizeof zone);
    return (size_t)(at - text) + sizeof zone - 1;
}
