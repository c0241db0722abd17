/* Dates and times: which of the readers understands a text, and whether what it read is a date, none, or nothing that exists.
 * Called by the mapping engine for each date of each record (hot path, host process) and by the tools. What most systems write
 * is read by dates-scan.c at once; the others are asked only when that fails. Pure; any thread. */
#include "mappings/engine/values/dates.h"

#include "mappings/engine/values/dates-parts.h"
#include "mappings/engine/text/value.h"
#include "mappings/engine/values/convert.h"

#define YEAR_MIN 1800 /* below and above these a year is a misread number, not a date that a register holds */
#define YEAR_MAX 2199
#define YEAR_OPEN 9999
#define FLOAT_DIGITS_MIN 6 /* 2009.0 is a year, or a month that is unknown */

/* ---- Nulls ---- */

static HtDateResult refuse(HtDate *out, HtDateResult result)
{
    *out = (HtDate){.offset_minutes = HT_DATE_CHINA_OFFSET_MINUTES,
                    .marks = result == HT_DATE_INVALID ? HT_MARK_BIT(HT_MARK_DATE_INVALID) : 0};
    return result;
}

/* Dates that stand for "none" in one system or another, with or without a time: the first day that a database, a spreadsheet
 * or a library can hold. 1970-01-01 is not among them: people were born on it. */
static bool is_null_date(int year, int month, int day)
{
    switch (year * 10000 + MAX(month, 0) * 100 + MAX(day, 0)) {
    case 21130:    /* 0000-00-00 in Java */
    case 16010101: /* Windows */
    case 17530101: /* SQL Server, datetime */
    case 18991230: /* OLE, Access, Delphi */
    case 18991231: /* Excel */
    case 19000100:
    case 19000101: /* SQL Server, smalldatetime */
    case 19010101: return true;
    default: return year <= 1; /* zeros, and .NET's 0001-01-01 */
    }
}

/* 9999-12-31, the moments just before its end or of its midnight in UTC, and nines; and the first or last day of any other year
 * beyond those that a register holds (2999-12-31, 3000-01-01): programs write it, and no clerk mistypes it. */
static bool is_open_end(const HtDateParts *parts)
{
    bool last = parts->month == 12 && parts->day >= (parts->had_zone ? 30 : 31);
    if (parts->year == YEAR_OPEN) {
        return (parts->month == 12 && (parts->day >= 30 || parts->day < 1)) || parts->month < 1 ||
               parts->month == 99;
    }
    return parts->year > YEAR_MAX && parts->year < YEAR_OPEN &&
           (last || (parts->month == 1 && parts->day == 1));
}

/* The last day of the century is "no end", too: as the end of a validity it is what was written, but nothing has happened on it. */
static bool is_end_of_century(const HtDate *date)
{
    return date->year == 2099 && date->month == 12 && date->day == 31;
}

static HtDateResult make_open_end(unsigned flags, HtDate *out)
{
    if (!(flags & HT_DATE_OPEN_ENDED)) {
        return refuse(out, HT_DATE_NULL);
    }
    *out = (HtDate){.year = YEAR_OPEN,
                    .month = 12,
                    .day = 31,
                    .offset_minutes = HT_DATE_CHINA_OFFSET_MINUTES,
                    .precision = HT_PRECISION_DAY};
    return HT_DATE_OK;
}

/* ---- From parts to a date ---- */

static void add_day(HtDate *out)
{
    if (out->day > 0) { /* not a time of day alone */
        ht_date_from_days(ht_date_to_days(out->year, out->month, out->day) + 1, out);
    }
}

static bool set_time(const HtDateParts *parts, HtDate *out)
{
    if (parts->hour < 0) {
        return true;
    }
    bool end_of_day =
        parts->hour == 24 && parts->minute <= 0 && parts->second <= 0 && parts->millisecond == 0;
    if ((parts->hour > 23 && !end_of_day) || parts->minute > 59 || parts->second > 60) {
        return false;
    }
    if (parts->minute < 0) { /* yyyyMMddHH: minutes are not invented */
        out->marks |= HT_MARK_BIT(HT_MARK_DATE_PARTIAL);
        return !end_of_day;
    }
    out->hour = (uint8_t)(parts->hour % 24);
    out->minute = (uint8_t)parts->minute;
    out->second = (uint8_t)CLAMP(parts->second, 0, 59); /* a leap second counts as the one before */
    out->millisecond = (uint16_t)parts->millisecond;
    out->had_fraction = parts->millisecond != 0;
    out->precision = parts->second >= 0 ? HT_PRECISION_SECOND : HT_PRECISION_MINUTE;
    if (end_of_day) {
        add_day(out);
    }
    return true;
}

static bool set_day(const HtDateParts *parts, unsigned flags, HtDate *out)
{
    if (parts->month > 12 || parts->day > 31) {
        return false;
    }
    out->year = (int16_t)parts->year;
    out->precision = HT_PRECISION_YEAR;
    if (parts->month >= 1) {
        out->month = (uint8_t)parts->month;
        out->precision = HT_PRECISION_MONTH;
    }
    if (parts->month >= 1 && parts->day >= 1) {
        if (parts->day > ht_date_days_in(parts->year, parts->month)) {
            return false;
        }
        out->day = (uint8_t)parts->day;
        out->precision = HT_PRECISION_DAY;
        return set_time(parts, out);
    }
    if (out->precision == HT_PRECISION_YEAR || !(flags & HT_DATE_MONTH_WANTED)) {
        out->marks |= HT_MARK_BIT(HT_MARK_DATE_PARTIAL);
    }
    return true;
}

static bool is_known_year(int year)
{
    return year >= YEAR_MIN && year <= YEAR_MAX;
}

static void set_zone(const HtDateParts *parts, HtDate *out)
{
    out->had_zone = parts->had_zone;
    if (parts->had_zone && out->precision >= HT_PRECISION_MINUTE) {
        out->offset_minutes = (int16_t)parts->offset_minutes;
        ht_date_to_china(out);
    }
}

static HtDateResult finish_date(const HtDateParts *parts, unsigned flags, HtDate *out)
{
    if (is_null_date(parts->year, parts->month, parts->day)) {
        return refuse(out, HT_DATE_NULL);
    }
    if (is_open_end(parts)) {
        return make_open_end(flags, out);
    }
    if (!is_known_year(parts->year) || !set_day(parts, flags, out)) {
        return refuse(out, HT_DATE_INVALID);
    }
    if (parts->had_zone) {
        set_zone(parts, out);
        if (is_null_date(out->year, out->month, out->day)) {
            return refuse(out, HT_DATE_NULL);
        }
    }
    if (is_end_of_century(out) && !(flags & HT_DATE_OPEN_ENDED)) {
        return refuse(out, HT_DATE_NULL);
    }
    return is_known_year(out->year) ? HT_DATE_OK : refuse(out, HT_DATE_INVALID);
}

/* A time alone has no day that could become another; its zone is taken as if China's had always been +08:00. */
static HtDateResult finish_time(const HtDateParts *parts, HtDate *out)
{
    if (!set_time(parts, out)) {
        return refuse(out, HT_DATE_INVALID);
    }
    int shift = parts->had_zone ? HT_DATE_CHINA_OFFSET_MINUTES - parts->offset_minutes : 0;
    if (shift != 0) {
        int minute = (out->hour * 60 + out->minute + shift + 2 * 1440) % 1440;
        out->hour = (uint8_t)(minute / 60);
        out->minute = (uint8_t)(minute % 60);
        out->marks |= HT_MARK_BIT(HT_MARK_ZONE_CONVERTED);
    }
    out->had_zone = parts->had_zone;
    return HT_DATE_OK;
}

static HtDateResult finish(const HtDateParts *parts, unsigned flags, HtDate *out)
{
    return flags & HT_DATE_TIME_ONLY ? finish_time(parts, out) : finish_date(parts, flags, out);
}

/* ---- Moments ---- */

void ht_date_from_epoch(int64_t milliseconds, HtDate *out)
{
    int64_t days = milliseconds / 86400000 - (milliseconds % 86400000 < 0);
    int64_t rest = milliseconds - days * 86400000;
    *out = (HtDate){.had_zone = true, .precision = HT_PRECISION_SECOND};
    ht_date_from_days(days, out);
    out->hour = (uint8_t)(rest / 3600000);
    out->minute = (uint8_t)(rest / 60000 % 60);
    out->second = (uint8_t)(rest / 1000 % 60);
    out->millisecond = (uint16_t)(rest % 1000);
    out->had_fraction = out->millisecond != 0;
    ht_date_to_china(out);
}

/* 0 is a null; a count says nothing of a day in another zone, so there is nothing to mark. */
static HtDateResult finish_epoch(int64_t milliseconds, HtDate *out)
{
    if (milliseconds == 0) {
        return refuse(out, HT_DATE_NULL);
    }
    ht_date_from_epoch(milliseconds, out);
    out->marks = 0;
    if (is_null_date(out->year, out->month, out->day)) {
        return refuse(out, HT_DATE_NULL);
    }
    return is_known_year(out->year) ? HT_DATE_OK : refuse(out, HT_DATE_INVALID);
}

/* A field of counts: seconds (up to 11 digits) or milliseconds (12 or 13) since 1970. */
static HtDateResult parse_counted(HtText text, HtDate *out)
{
    bool negative = text.data[0] == '-';
    size_t count = text.size - negative;
    int64_t number = 0;
    for (size_t i = negative; i < text.size; i++) {
        if (!g_ascii_isdigit(text.data[i]) || count > 13) {
            return refuse(out, HT_DATE_INVALID);
        }
        number = number * 10 + (text.data[i] - '0');
    }
    if (count == 0) {
        return refuse(out, HT_DATE_INVALID);
    }
    return finish_epoch((count >= 12 ? number : number * 1000) * (negative ? -1 : 1), out);
}

/* ---- What is rare ---- */

/* For ever, as identity cards and licences print it. */
static bool is_for_ever(HtText text)
{
    static const char *const words[] = {"长期",   "长期有效", "永久",     "永久有效",
                                        "永久性", "终身",     "终身有效", "无限期"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (ht_text_is(text, words[i])) {
            return true;
        }
    }
    return false;
}

/* What a number's column holds that has no date: zeros of either width, perhaps a spreadsheet's. */
static bool is_zero(HtText text)
{
    char narrow[HT_DATE_TEXT_MAX];
    size_t zeros = 0, size = ht_value_fold(text.data, text.size, narrow, sizeof narrow);
    while (size != SIZE_MAX && zeros < size && narrow[zeros] == '0') {
        zeros++;
    }
    return zeros > 0 && (zeros == size || (zeros + 2 == size && memcmp(narrow + zeros, ".0", 2) == 0));
}

/* A date of digits that went through a column of floating point: 20090313.0, Java's 2.0090313E7, 1236873600.0. The digits; absent
 * when it is none. */
static HtText read_float(HtText text, char digits[HT_NUMBER_MAX])
{
    bool plain = text.size > FLOAT_DIGITS_MIN, point = false;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        plain = plain && (g_ascii_isdigit(byte) || byte == '.' || (i > 0 && (byte == 'E' || byte == 'e')));
        point = point || byte == '.';
    }
    size_t size = plain && point ? ht_value_integer(text.data, text.size, digits) : 0;
    return size >= FLOAT_DIGITS_MIN ? (HtText){digits, size} : (HtText){NULL, 0};
}

static HtDateResult parse_rare(HtText text, unsigned flags, HtDate *out)
{
    HtDateParts parts;
    int64_t milliseconds;
    char digits[HT_NUMBER_MAX];
    if (!(flags & HT_DATE_TIME_ONLY)) {
        if (is_zero(text)) {
            return refuse(out, HT_DATE_NULL);
        }
        if ((flags & HT_DATE_OPEN_ENDED) && is_for_ever(text)) {
            return make_open_end(flags, out);
        }
        if (text.size > 6 && memcmp(text.data, "-0001-", 6) == 0) { /* PHP's 0000-00-00 */
            return refuse(out, HT_DATE_NULL);
        }
        if (ht_date_read_epoch(text, &milliseconds)) {
            return finish_epoch(milliseconds, out);
        }
        HtText whole = read_float(text, digits);
        if (whole.size > 0) {
            return ht_date_parse(whole.data, whole.size, flags, out);
        }
    }
    *out = (HtDate){.offset_minutes = HT_DATE_CHINA_OFFSET_MINUTES};
    bool good = ht_date_read_words(text, flags, &parts);
    return good ? finish(&parts, flags, out) : refuse(out, HT_DATE_INVALID);
}

HtDateResult ht_date_parse(const char *text, size_t size, unsigned flags, HtDate *out)
{
    *out = (HtDate){.offset_minutes = HT_DATE_CHINA_OFFSET_MINUTES};
    HtText value = ht_text_trim(text, size);
    if (value.size == 0) {
        return refuse(out, HT_DATE_NULL);
    }
    if (value.size > HT_DATE_TEXT_MAX) {
        return refuse(out, HT_DATE_INVALID);
    }
    if (flags & HT_DATE_EPOCH) {
        return parse_counted(value, out);
    }
    HtDateParts parts;
    HtDateResult result = ht_date_scan(value, flags, &parts) ? finish(&parts, flags, out) : HT_DATE_INVALID;
    return result == HT_DATE_INVALID ? parse_rare(value, flags, out) : result;
}
