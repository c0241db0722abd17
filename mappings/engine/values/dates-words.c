/* Dates with words in them, and in the orders of other countries: what databases and libraries make of a date when somebody
 * turns it into text (Mar 13 2009 12:00AM, Fri Mar 13 00:00:00 CST 2009, 13-3月 -09, 2009/3/13 星期五 上午 12:00:00), and what
 * people write (二〇〇九年三月十三日, 民国98年3月13日). Asked after dates-scan.c, so it need not be quick. The text becomes
 * tokens (dates-tokens.c); here they are put together. Pure; any thread. */
#include "mappings/engine/values/dates-tokens.h"

#define LOOSE_MAX 3

/* A text as far as it is read. */
typedef struct {
    const HtDateToken *at;
    HtDateParts *parts;
    HtDateToken loose[LOOSE_MAX]; /* numbers whose meaning their order says */
    unsigned n_loose;
    char separator; /* between them: '-', '/' or '.' */
    bool separated;
    bool begun; /* a token was taken */
    HtDateHalf half;
    int era; /* the year before its first; -1: none */
} Reader;

static bool is_sign(const HtDateToken *token, char sign)
{
    return token->kind == HT_DATE_SIGN && token->value == sign;
}

static bool is_unit(const HtDateToken *token, char unit)
{
    return token->kind == HT_DATE_UNIT && token->value == unit;
}

static bool is_short(const HtDateToken *token)
{
    return token->kind == HT_DATE_NUMBER && token->digits <= 2;
}

/* ---- Time of day ---- */

/* Digits behind the second: the first three count. */
static void take_fraction(Reader *reader)
{
    int milliseconds = reader->at->value;
    for (int digits = reader->at->digits; digits < 3; digits++) {
        milliseconds *= 10;
    }
    for (int digits = reader->at->digits; digits > 3; digits--) {
        milliseconds /= 10;
    }
    reader->parts->millisecond = milliseconds;
    reader->at++;
}

/* A further number of a clock, behind the sign or unit that ends the one before; -1 when none follows. */
static int take_clock_number(Reader *reader, char sign, char unit)
{
    bool ended = is_sign(reader->at, sign) || is_unit(reader->at, unit);
    if (!ended || !is_short(reader->at + 1)) {
        reader->at += is_unit(reader->at, unit);
        return -1;
    }
    int value = reader->at[1].value;
    reader->at += 2;
    return value;
}

/* H:mm[:ss[.fff]], with Oracle's points (08.30.00.000000), SQL Server's colon before the fraction, or 时 分 秒. */
static bool read_clock(Reader *reader, char sign)
{
    HtDateParts *parts = reader->parts;
    if (parts->hour >= 0 || !is_short(reader->at)) {
        return false;
    }
    parts->hour = reader->at->value;
    reader->at++;
    int minute = take_clock_number(reader, sign, 'h');
    parts->minute = minute < 0 ? 0 : minute;
    parts->second = take_clock_number(reader, sign, 'i');
    reader->at += is_unit(reader->at, 's');
    bool fraction = is_sign(reader->at, '.') || is_sign(reader->at, ',') || is_sign(reader->at, ':');
    if (parts->second >= 0 && fraction && reader->at[1].kind == HT_DATE_NUMBER) {
        reader->at++;
        take_fraction(reader);
    }
    return true;
}

static bool apply_half(const Reader *reader)
{
    HtDateParts *parts = reader->parts;
    if (reader->half == HT_DATE_HALF_NONE) {
        return true;
    }
    if (parts->hour < 0) {
        return false;
    }
    switch (reader->half) {
    case HT_DATE_MORNING: parts->hour = parts->hour == 12 ? 0 : parts->hour; return parts->hour < 12;
    case HT_DATE_NOON: parts->hour += parts->hour < 3 ? 12 : 0; return parts->hour >= 11;
    case HT_DATE_EVENING: /* 晚上12点 is midnight, of which day nobody knows */
        parts->hour += parts->hour < 12 ? 12 : 0;
        return parts->hour > 12;
    default: parts->hour += parts->hour < 12 ? 12 : 0; return true;
    }
}

/* ---- Zones ---- */

/* +08:00, +0800, +8, behind the sign. A zone's name before it is kept only when no offset follows. */
static bool read_offset(Reader *reader, int sign)
{
    HtDateParts *parts = reader->parts;
    const HtDateToken *number = reader->at + 1;
    if (number->kind != HT_DATE_NUMBER || (number->digits > 2 && number->digits != 4)) {
        return false;
    }
    int hours = number->digits == 4 ? number->value / 100 : number->value;
    int minutes = number->digits == 4 ? number->value % 100 : 0;
    reader->at += 2;
    if (number->digits <= 2 && is_sign(reader->at, ':') && is_short(reader->at + 1)) {
        minutes = reader->at[1].value;
        reader->at += 2;
    }
    parts->offset_minutes = sign * (hours * 60 + minutes);
    parts->had_zone = true;
    return minutes <= 59 && hours * 60 + minutes <= HT_DATE_ZONE_MINUTES_MAX;
}

/* The names of a zone that libraries put behind its offset say it once more. */
static bool read_zone(Reader *reader)
{
    HtDateParts *parts = reader->parts;
    int offset = reader->at->value;
    reader->at++;
    bool plus = is_sign(reader->at, '+'), minus = is_sign(reader->at, '-');
    if (offset == 0 && (plus || minus) && reader->at[1].kind == HT_DATE_NUMBER) {
        return !parts->had_zone && read_offset(reader, minus ? -1 : 1);
    }
    parts->offset_minutes = parts->had_zone ? parts->offset_minutes : offset;
    parts->had_zone = true;
    return true;
}

/* ---- Numbers ---- */

static bool set_once(int *field, int value)
{
    bool unset = *field < 0;
    *field = unset ? value : *field;
    return unset;
}

/* The year that two digits stand for, by the century that the flags name; -1 without one. */
static int full_year(int two_digits, unsigned flags)
{
    int first = (int)(flags >> 16);
    return first == 0 ? -1 : first + (two_digits - first % 100 + 100) % 100;
}

/* A number with 年, 月 or 日 behind it. */
static bool read_with_unit(Reader *reader, unsigned flags)
{
    HtDateParts *parts = reader->parts;
    const HtDateToken *number = reader->at, *unit = reader->at + 1;
    reader->at += 2;
    if (unit->value != 'y') {
        return number->digits <= 2 &&
               set_once(unit->value == 'm' ? &parts->month : &parts->day, number->value);
    }
    int year = number->digits == 4   ? number->value
               : number->digits == 2 ? full_year(number->value, flags)
                                     : -1;
    year = reader->era > 0 ? reader->era + number->value : year;
    return number->digits <= 4 && year > 0 && set_once(&parts->year, year);
}

/* True when the day is complete, so that a number begins the time. */
static bool has_day(const Reader *reader)
{
    const HtDateParts *parts = reader->parts;
    unsigned known = (parts->year >= 0) + (parts->month >= 0) + (parts->day >= 0) + reader->n_loose;
    bool compact = reader->n_loose == 1 && reader->loose[0].digits == 8;
    return known == 3 || compact;
}

static bool read_number(Reader *reader, unsigned flags)
{
    const HtDateToken *next = reader->at + 1;
    if (is_sign(next, ':') || is_unit(next, 'h')) {
        return read_clock(reader, ':');
    }
    if (next->kind == HT_DATE_UNIT) {
        return read_with_unit(reader, flags);
    }
    if (has_day(reader) && reader->parts->hour < 0) {
        bool with_half = reader->half != HT_DATE_HALF_NONE || next->kind == HT_DATE_HALF;
        if (with_half || is_sign(next, '.')) {
            return read_clock(reader, '.');
        }
    }
    if (reader->n_loose == LOOSE_MAX) {
        return false;
    }
    reader->loose[reader->n_loose++] = *reader->at;
    reader->at++;
    return true;
}

/* Signs between year, month and day are the same twice: 2009-03/12 is a slip. */
static bool read_sign(Reader *reader)
{
    char sign = (char)reader->at->value;
    bool zone = sign == '+' || (sign == '-' && reader->parts->hour >= 0);
    if (zone) {
        return !reader->parts->had_zone && read_offset(reader, sign == '-' ? -1 : 1);
    }
    reader->at++;
    if (sign == ',' || sign == '(' || sign == ')') {
        return true;
    }
    bool same = !reader->separated || reader->separator == sign;
    bool between = reader->at->kind != HT_DATE_END && reader->parts->hour < 0 && reader->begun;
    reader->separator = sign;
    reader->separated = true;
    return same && between && sign != ':';
}

static bool read_token(Reader *reader, unsigned flags)
{
    const HtDateToken *token = reader->at;
    switch (token->kind) {
    case HT_DATE_NUMBER: return read_number(reader, flags);
    case HT_DATE_SIGN: return read_sign(reader);
    case HT_DATE_ZONE: return read_zone(reader);
    case HT_DATE_MONTH: reader->at++; return set_once(&reader->parts->month, token->value);
    case HT_DATE_HALF:
        reader->at++;
        bool first = reader->half == HT_DATE_HALF_NONE;
        reader->half = (HtDateHalf)token->value;
        return first;
    case HT_DATE_ERA: reader->at++; return set_once(&reader->era, token->value);
    case HT_DATE_SKIP: reader->at++; return true;
    default: return false;
    }
}

/* ---- Order ---- */

static bool is_year(const HtDateToken *number)
{
    return number->digits == 4;
}

/* d-MON-yyyy, MON d yyyy, and with two digits d-MON-yy; or MON yyyy. */
static bool order_around_month(const Reader *reader, unsigned flags)
{
    HtDateParts *parts = reader->parts;
    const HtDateToken *first = &reader->loose[0], *second = &reader->loose[1];
    if (reader->n_loose == 1) {
        parts->year = first->value;
        return is_year(first);
    }
    if (reader->n_loose != 2 || parts->day >= 0) {
        return false;
    }
    bool year_first = is_year(first);
    const HtDateToken *day = year_first ? second : first, *year = year_first ? first : second;
    parts->day = day->value;
    parts->year = is_year(year) ? year->value : year->digits == 2 ? full_year(year->value, flags) : -1;
    return is_short(day) && parts->year > 0;
}

/* Month and day before the year: which is which, a number above 12 tells; or SQL Server, whose Chinese text of a date is
 * "03  5 2009 12:00AM" and nobody else's. */
static bool order_before_year(const Reader *reader)
{
    HtDateParts *parts = reader->parts;
    int first = reader->loose[0].value, second = reader->loose[1].value;
    bool sql_server = !reader->separated && reader->half != HT_DATE_HALF_NONE;
    bool month_first = second > 12 || first == second || sql_server;
    if (!month_first && first <= 12) {
        return false;
    }
    parts->year = reader->loose[2].value;
    parts->month = month_first ? first : second;
    parts->day = month_first ? second : first;
    return true;
}

static bool order_three(const Reader *reader, unsigned flags)
{
    HtDateParts *parts = reader->parts;
    const HtDateToken *loose = reader->loose;
    if (is_short(&loose[0]) && is_short(&loose[1]) && is_year(&loose[2])) {
        return order_before_year(reader);
    }
    bool rest_short = is_short(&loose[1]) && is_short(&loose[2]);
    parts->year = is_year(&loose[0])     ? loose[0].value
                  : loose[0].digits == 2 ? full_year(loose[0].value, flags)
                                         : -1;
    parts->month = loose[1].value;
    parts->day = loose[2].value;
    return rest_short && parts->year > 0;
}

/* yyyyMMdd beside a word, and yyMMdd. */
static bool order_compact(const Reader *reader, unsigned flags)
{
    HtDateParts *parts = reader->parts;
    int value = reader->loose[0].value, digits = reader->loose[0].digits;
    parts->month = value / 100 % 100;
    parts->day = value % 100;
    parts->year = digits == 8 ? value / 10000 : full_year(value / 10000, flags);
    return (digits == 8 || digits == 6) && parts->year > 0;
}

static bool order_numbers(const Reader *reader, unsigned flags)
{
    HtDateParts *parts = reader->parts;
    if (parts->year >= 0) {
        unsigned next = 0;
        if (parts->month < 0 && next < reader->n_loose) {
            parts->month = reader->loose[next++].value;
        }
        if (parts->day < 0 && next < reader->n_loose) {
            parts->day = reader->loose[next++].value;
        }
        return next == reader->n_loose && parts->month <= 12 && parts->day <= 31;
    }
    if (parts->month >= 0) {
        return order_around_month(reader, flags);
    }
    if (parts->day >= 0) {
        return false;
    }
    if (reader->n_loose == 2 && is_year(&reader->loose[0]) && is_short(&reader->loose[1])) {
        parts->year = reader->loose[0].value;
        parts->month = reader->loose[1].value;
        return true;
    }
    return reader->n_loose == 3   ? order_three(reader, flags)
           : reader->n_loose == 1 ? order_compact(reader, flags)
                                  : false;
}

static bool is_whole(const Reader *reader, unsigned flags)
{
    const HtDateParts *parts = reader->parts;
    bool day_needed = parts->hour >= 0;
    if (flags & HT_DATE_TIME_ONLY) {
        return parts->hour >= 0 && reader->n_loose == 0 && parts->year < 0;
    }
    return order_numbers(reader, flags) && (!day_needed || (parts->month >= 0 && parts->day >= 0));
}

bool ht_date_read_words(HtText text, unsigned flags, HtDateParts *parts)
{
    HtDateToken tokens[HT_DATE_TOKENS_MAX];
    if (!ht_date_split(text, tokens)) {
        return false;
    }
    *parts = HT_DATE_NO_PARTS;
    Reader reader = {.at = tokens, .parts = parts, .era = -1};
    while (reader.at->kind != HT_DATE_END) {
        if (!read_token(&reader, flags)) {
            return false;
        }
        reader.begun = true;
    }
    bool good = is_whole(&reader, flags) && apply_half(&reader);
    parts->had_zone = parts->had_zone && parts->hour >= 0;
    return good;
}
