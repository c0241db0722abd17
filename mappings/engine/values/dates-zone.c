/* The calendar, and China's legal time: what its clocks showed at a moment. A table, not the system's zones: a host process has
 * no files, and two versions of those would read the same payload differently. Pure; any thread. */
#include "mappings/engine/values/dates-parts.h"

#define DAY_MINUTES 1440
#define SUMMER_OFFSET_MINUTES 540

/* Until 1927 libraries count Shanghai's local mean time, 8:05:43, :52 or :57 before UTC by their age: a midnight that they
 * wrote in UTC is up to six minutes too early for +08:00. */
#define LOCAL_MEAN_TIME_LAST_YEAR 1927
#define LOCAL_MEAN_TIME_MINUTES 6

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int ht_date_days_in(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool ht_date_exists(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= ht_date_days_in(year, month);
}

/* By eras of 400 years that begin in March. */
int64_t ht_date_to_days(int year, int month, int day)
{
    int64_t shifted = year - (month <= 2);
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

void ht_date_from_days(int64_t days, HtDate *out)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int day_of_era = (int)(days - era * 146097);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * day_of_year + 2) / 153;
    out->day = (uint8_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    out->month = (uint8_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    out->year = (int16_t)(year_of_era + era * 400 + (out->month <= 2));
}

/* Summer times as the IANA time zone database (Asia/Shanghai, edition 2025) has them, from and to in +08:00, yyyymmddhh.
 * Those of 1986 to 1991 were the whole country's (State Council: 夏时制), the earlier ones Shanghai's. */
static const struct {
    uint32_t from, to;
} SUMMERS[] = {
    {1919041300, 1919093023}, {1940060100, 1940101223}, {1941031500, 1941110123}, {1942013100, 1945090123},
    {1946051500, 1946093023}, {1947041500, 1947103123}, {1948050100, 1948093023}, {1949050100, 1949052723},
    {1986050402, 1986091401}, {1987041202, 1987091301}, {1988041702, 1988091101}, {1989041602, 1989091701},
    {1990041502, 1990091601}, {1991041402, 1991091501},
};

/* `date` is in +08:00. */
static bool is_summer(const HtDate *date)
{
    if (date->year > 1991 || date->year < 1919 || (date->year > 1949 && date->year < 1986)) {
        return false;
    }
    uint32_t hour = (uint32_t)(date->year * 1000000 + date->month * 10000 + date->day * 100 + date->hour);
    for (size_t i = 0; i < G_N_ELEMENTS(SUMMERS); i++) {
        if (hour >= SUMMERS[i].from && hour < SUMMERS[i].to) {
            return true;
        }
    }
    return false;
}

static void move(HtDate *date, int minutes)
{
    int minute = date->hour * 60 + date->minute + minutes;
    int carry = minute >= 0 ? minute / DAY_MINUTES : -((DAY_MINUTES - 1 - minute) / DAY_MINUTES);
    minute -= carry * DAY_MINUTES;
    if (carry != 0) {
        ht_date_from_days(ht_date_to_days(date->year, date->month, date->day) + carry, date);
    }
    date->hour = (uint8_t)(minute / 60);
    date->minute = (uint8_t)(minute % 60);
}

/* The midnight of local mean time that this moment in +08:00 stands just before. */
static void reach_midnight(HtDate *date)
{
    bool just_before = date->hour == 23 && date->minute >= 60 - LOCAL_MEAN_TIME_MINUTES &&
                       date->year <= LOCAL_MEAN_TIME_LAST_YEAR;
    if (just_before) {
        move(date, 60 - date->minute);
        date->second = 0;
        date->millisecond = 0;
        date->had_fraction = false;
    }
}

static bool is_midnight(const HtDate *date)
{
    return date->hour == 0 && date->minute == 0 && date->second == 0 && date->millisecond == 0;
}

static bool same_day(const HtDate *a, const HtDate *b)
{
    return a->day == b->day && a->month == b->month && a->year == b->year;
}

void ht_date_to_china(HtDate *date)
{
    HtDate china = *date;
    move(&china, HT_DATE_CHINA_OFFSET_MINUTES - date->offset_minutes);
    china.offset_minutes = HT_DATE_CHINA_OFFSET_MINUTES;
    if (is_summer(&china)) {
        move(&china, SUMMER_OFFSET_MINUTES - HT_DATE_CHINA_OFFSET_MINUTES);
        china.offset_minutes = SUMMER_OFFSET_MINUTES;
    }
    if (date->offset_minutes != HT_DATE_CHINA_OFFSET_MINUTES) {
        reach_midnight(&china);
    }
    if (same_day(date, &china)) {
        *date = china;
    } else if (!is_midnight(date)) {
        *date = china;
        date->marks |= HT_MARK_BIT(HT_MARK_ZONE_CONVERTED);
    }
}
