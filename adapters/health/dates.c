/* Dates of a city's tables: seconds since 1970 in one column, any of five notations in the next. */
#include "health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400
#define YEAR_1928 (-1325462400)
#define YEAR_1992 694224000

/* 2009031208 is a day and an hour, 1238544000 is not. */
static bool is_calendar(const char *digits)
{
    unsigned year, month, day, hour;
    if (sscanf(digits, "%4u%2u%2u%2u", &year, &month, &day, &hour) != 4) {
        return false;
    }
    return year >= 1900 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24;
}

/* Midnights at which China's clocks did not show +08:00: those of its summer times, the last in 1991, are an hour before, and
 * those of local mean time, which libraries count until 1927, up to six minutes. What they must be put forward by. */
static time_t find_delay(time_t china)
{
    time_t second = (china % DAY_S + DAY_S) % DAY_S;
    bool summer = second == DAY_S - 3600 && china < YEAR_1992;
    bool local_mean = second >= DAY_S - 360 && china < YEAR_1928;
    return summer || local_mean ? DAY_S - second : 0;
}

bool health_epoch_day(const char *text, char day[16])
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    size_t size = strspn(digits, "0123456789");
    struct tm parts;
    bool counted = (size == 9 || size == 10 || (digits > text && size > 0 && size < 11)) && !digits[size];
    if (!counted || (digits == text && size == 10 && is_calendar(digits))) {
        return false;
    }
    time_t seconds = (time_t)strtoll(text, NULL, 10) + HEALTH_CHINA_S;
    seconds += find_delay(seconds);
    if (!gmtime_r(&seconds, &parts) || parts.tm_year < -99 || parts.tm_year > 8099) {
        return false;
    }
    return strftime(day, 16, "%Y-%m-%d", &parts) > 0;
}

/* The next number in the text, or -1. */
static int read_number(const char **at, unsigned digits_max)
{
    int number = 0;
    unsigned digits = 0;
    *at += strcspn(*at, "0123456789");
    for (; **at >= '0' && **at <= '9' && digits < digits_max; (*at)++, digits++) {
        number = number * 10 + (**at - '0');
    }
    return digits > 0 ? number : -1;
}

bool health_day_key(const char *text, char key[16])
{
    const char *at = text;
    int year = read_number(&at, 4);
    int month = read_number(&at, 2);
    int day = read_number(&at, 2);
    if (year < 1000 || month < 1 || month > 12 || day < 1 || day > 31) {
        return false;
    }
    snprintf(key, 16, "%04d%02d%02d", year % 10000, month % 100, day % 100);
    return true;
}
