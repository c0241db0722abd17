/* The texts of dates: RFC 3339 and ISO 8601 (GB/T 7408), as precise as the date is. Pure; any thread. */
#include "mappings/engine/values/dates.h"

const char *ht_precision_name(HtPrecision precision)
{
    static const char *const names[] = {"", "year", "month", "day", "minute", "second"};
    return (unsigned)precision < G_N_ELEMENTS(names) ? names[precision] : "";
}

static char *put(char *at, unsigned number, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + digits;
}

static char *put_day(char *at, const HtDate *date, HtPrecision precision)
{
    at = put(at, (unsigned)date->year, 4);
    if (precision >= HT_PRECISION_MONTH) {
        *at++ = '-';
        at = put(at, date->month, 2);
    }
    if (precision >= HT_PRECISION_DAY) {
        *at++ = '-';
        at = put(at, date->day, 2);
    }
    return at;
}

static char *put_clock(char *at, const HtDate *date)
{
    at = put(at, date->hour, 2);
    *at++ = ':';
    at = put(at, date->minute, 2);
    *at++ = ':';
    at = put(at, date->second, 2);
    if (date->had_fraction) {
        *at++ = '.';
        at = put(at, date->millisecond, 3);
    }
    return at;
}

static char *put_zone(char *at, const HtDate *date)
{
    unsigned minutes = (unsigned)(date->offset_minutes < 0 ? -date->offset_minutes : date->offset_minutes);
    if (minutes == 0) {
        *at++ = 'Z';
        return at;
    }
    *at++ = date->offset_minutes < 0 ? '-' : '+';
    at = put(at, minutes / 60, 2);
    *at++ = ':';
    return put(at, minutes % 60, 2);
}

size_t ht_date_format_rfc3339(const HtDate *date, char out[HT_DATE_FORMAT_MAX])
{
    char *at = out;
    if (date->year > 0 && date->precision != HT_PRECISION_NONE) {
        HtDate full = *date;
        full.month = MAX(full.month, 1);
        full.day = MAX(full.day, 1);
        at = put_day(at, &full, HT_PRECISION_DAY);
        *at++ = 'T';
        at = put_zone(put_clock(at, &full), &full);
    }
    *at = '\0';
    return (size_t)(at - out);
}

size_t ht_date_format(const HtDate *date, HtType type, char out[HT_DATE_FORMAT_MAX])
{
    char *at = out;
    bool has_time = date->precision >= HT_PRECISION_MINUTE;
    bool has_day = date->year > 0 && date->precision != HT_PRECISION_NONE;
    if (type == HT_TYPE_DATETIME && has_time && has_day) {
        return ht_date_format_rfc3339(date, out);
    }
    if ((type == HT_TYPE_DATE || type == HT_TYPE_DATETIME) && has_day) {
        at = put_day(at, date, date->precision);
    } else if (type == HT_TYPE_MONTH && has_day && date->precision >= HT_PRECISION_MONTH) {
        at = put_day(at, date, HT_PRECISION_MONTH);
    } else if (type == HT_TYPE_TIME && has_time) {
        at = put_clock(at, date);
    }
    *at = '\0';
    return (size_t)(at - out);
}
