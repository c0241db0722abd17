/* Dates and times: a scanner over at most HT_DATE_TEXT_MAX bytes that knows the departments' notations,
 * and the writers of RFC 3339 text. Called by the mapping engine for each date of each record (hot path,
 * host process) and by the tools. Pure; any thread. */
#include "mappings/engine/dates.h"

#define CHINA_OFFSET_MINUTES 480
#define YEAR_MIN 1800 /* below and above these a year is a misread number, not a date that a register holds */
#define YEAR_MAX 2199

typedef struct {
    const char *at;
    const char *end;
} Scanner;

/* Day and month as written: 0 is "unknown", -1 "not written". */
typedef struct {
    int year, month, day;
    int hour, minute, second;
} Parts;

static const Parts NO_PARTS = {-1, -1, -1, -1, -1, -1};

const char *ht_precision_name(HtPrecision precision)
{
    static const char *const names[] = {"", "year", "month", "day", "minute", "second"};
    return (unsigned)precision < G_N_ELEMENTS(names) ? names[precision] : "";
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool ht_date_exists(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

/* ---- Folding: full-width signs and Chinese units become the ASCII notation ---- */

typedef struct {
    const char *from;
    const char *to;
} Fold;

static const Fold FOLDS[] = {
    {"年", "-"}, {"月", "-"}, {"日", " "},     {"号", " "},     {"时", ":"}, {"点", ":"},
    {"分", ":"}, {"秒", ""},  {"\u3000", " "}, {"\u00a0", " "}, {"—", "-"},  {"–", "-"},
};

/* Writes the ASCII form of one non-ASCII character; returns the bytes eaten, 0 for one that no date has. */
static size_t fold_character(const char *text, size_t size, char **out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(FOLDS); i++) {
        size_t from_size = strlen(FOLDS[i].from);
        if (size >= from_size && memcmp(text, FOLDS[i].from, from_size) == 0) {
            size_t to_size = strlen(FOLDS[i].to);
            memcpy(*out, FOLDS[i].to, to_size);
            *out += to_size;
            return from_size;
        }
    }
    const unsigned char *bytes = (const unsigned char *)text;
    if (size < 3 || bytes[0] != 0xef || (bytes[1] != 0xbc && bytes[1] != 0xbd)) {
        return 0;
    }
    int ascii = bytes[1] == 0xbc ? bytes[2] - 0x81 + 0x21 : bytes[2] - 0x80 + 0x60;
    if (ascii < 0x21 || ascii > 0x7e) {
        return 0;
    }
    *(*out)++ = (char)ascii;
    return 3;
}

/* Returns the folded size, or 0 when the text holds something that no date has. */
static size_t fold_text(const char *text, size_t size, char out[HT_DATE_TEXT_MAX])
{
    char *at = out;
    for (size_t i = 0; i < size;) {
        if ((unsigned char)text[i] < 0x80) {
            *at++ = text[i++];
            continue;
        }
        size_t eaten = fold_character(text + i, size - i, &at);
        if (eaten == 0) {
            return 0;
        }
        i += eaten;
    }
    return (size_t)(at - out);
}

static bool is_ascii(const char *text, size_t size)
{
    unsigned char all = 0;
    for (size_t i = 0; i < size; i++) {
        all |= (unsigned char)text[i];
    }
    return all < 0x80;
}

static void trim(Scanner *scan)
{
    while (scan->at < scan->end && (unsigned char)*scan->at <= ' ') {
        scan->at++;
    }
    while (scan->end > scan->at && (unsigned char)scan->end[-1] <= ' ') {
        scan->end--;
    }
}

/* ---- Scanning ---- */

static size_t count_digits(const Scanner *scan)
{
    const char *at = scan->at;
    while (at < scan->end && is_digit(*at)) {
        at++;
    }
    return (size_t)(at - scan->at);
}

/* Takes exactly `count` digits, which the caller has counted. */
static int take(Scanner *scan, size_t count)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number * 10 + (*scan->at++ - '0');
    }
    return number;
}

/* Takes one or two digits; -1 when there are none or more. */
static int take_short(Scanner *scan)
{
    size_t count = count_digits(scan);
    return count == 1 || count == 2 ? take(scan, count) : -1;
}

static bool at_char(const Scanner *scan, char byte)
{
    return scan->at < scan->end && *scan->at == byte;
}

static bool skip_char(Scanner *scan, char byte)
{
    if (!at_char(scan, byte)) {
        return false;
    }
    scan->at++;
    return true;
}

static void skip_blanks(Scanner *scan)
{
    while (at_char(scan, ' ')) {
        scan->at++;
    }
}

/* yyyy, yyyyMM, yyyyMMdd, yyyyMMddHH, yyyyMMddHHmm, yyyyMMddHHmmss: `count` digits stand together. */
static bool scan_compact(Scanner *scan, size_t count, Parts *parts)
{
    if (count < 4 || count > 14 || count % 2 != 0) {
        return false;
    }
    parts->year = take(scan, 4);
    int *const fields[] = {&parts->month, &parts->day, &parts->hour, &parts->minute, &parts->second};
    for (size_t i = 0; i < (count - 4) / 2; i++) {
        *fields[i] = take(scan, 2);
    }
    return true;
}

/* yyyy-M[-d], after the year; the separator is the same twice. A trailing one (1980年3月) is allowed. */
static bool scan_separated(Scanner *scan, Parts *parts)
{
    char separator = *scan->at++;
    if (scan->at == scan->end) {
        return separator == '-';
    }
    parts->month = take_short(scan);
    if (parts->month < 0) {
        return false;
    }
    if (!skip_char(scan, separator) || scan->at == scan->end) {
        return true;
    }
    parts->day = take_short(scan);
    return parts->day >= 0;
}

/* H:m[:s]; a trailing colon (8时30分) is allowed. */
static bool scan_clock(Scanner *scan, Parts *parts)
{
    parts->hour = take_short(scan);
    if (parts->hour < 0 || !skip_char(scan, ':')) {
        return false;
    }
    parts->minute = count_digits(scan) == 0 ? 0 : take_short(scan);
    if (parts->minute < 0) {
        return false;
    }
    if (skip_char(scan, ':') && count_digits(scan) > 0) {
        parts->second = take_short(scan);
        return parts->second >= 0;
    }
    return true;
}

/* .fff, any number of digits; the first three count. */
static bool scan_fraction(Scanner *scan, HtDate *out)
{
    if (!skip_char(scan, '.') && !skip_char(scan, ',')) {
        return true;
    }
    size_t count = count_digits(scan);
    if (count == 0) {
        return false;
    }
    unsigned milliseconds = 0;
    for (size_t i = 0; i < 3; i++) {
        milliseconds = milliseconds * 10 + (i < count ? (unsigned)(scan->at[i] - '0') : 0);
    }
    scan->at += count;
    out->millisecond = (uint16_t)milliseconds;
    out->had_fraction = milliseconds != 0;
    return true;
}

/* Z, +hh, +hhmm, +hh:mm, or nothing. */
static bool scan_zone(Scanner *scan, HtDate *out)
{
    skip_blanks(scan);
    if (scan->at == scan->end) {
        return true;
    }
    if (skip_char(scan, 'Z') || skip_char(scan, 'z')) {
        out->offset_minutes = 0;
        out->had_zone = true;
        return scan->at == scan->end;
    }
    int sign = at_char(scan, '-') ? -1 : 1;
    if (!skip_char(scan, '+') && !skip_char(scan, '-')) {
        return false;
    }
    size_t count = count_digits(scan);
    if (count != 2 && count != 4) {
        return false;
    }
    int hours = take(scan, 2);
    bool colon = count == 2 && skip_char(scan, ':');
    int minutes = 0;
    if (count == 4 || colon) {
        if (count_digits(scan) != 2) {
            return false;
        }
        minutes = take(scan, 2);
    }
    if (hours > 14 || minutes > 59 || scan->at != scan->end) {
        return false;
    }
    out->offset_minutes = (int16_t)(sign * (hours * 60 + minutes));
    out->had_zone = true;
    return true;
}

/* What follows the day: nothing, or a time with a zone. A zone without a time (XSD dates may have one)
 * says nothing. */
static bool scan_rest(Scanner *scan, Parts *parts, HtDate *out)
{
    if (scan->at == scan->end) {
        return true;
    }
    if (parts->hour < 0 && (at_char(scan, 'T') || at_char(scan, ' '))) {
        if (parts->day < 0) {
            skip_blanks(scan);
            return scan->at == scan->end;
        }
        scan->at++;
        skip_blanks(scan);
        size_t count = count_digits(scan);
        if (count == 4 || count == 6) {
            parts->hour = take(scan, 2);
            parts->minute = take(scan, 2);
            parts->second = count == 6 ? take(scan, 2) : -1;
        } else if (!scan_clock(scan, parts)) {
            return false;
        }
    }
    if (parts->second >= 0 && !scan_fraction(scan, out)) {
        return false;
    }
    if (!scan_zone(scan, out)) {
        return false;
    }
    if (parts->hour < 0) {
        out->had_zone = false;
        out->offset_minutes = CHINA_OFFSET_MINUTES;
    }
    return true;
}

/* True when the text, which is long enough, begins with this form: 0 stands for any digit, T also for a blank. */
static bool has_form(const Scanner *scan, const char *form)
{
    const char *at = scan->at;
    for (; *form; form++, at++) {
        bool fits = *form == '0' ? is_digit(*at) : *form == *at || (*form == 'T' && *at == ' ');
        if (!fits) {
            return false;
        }
    }
    return true;
}

/* yyyy-MM-dd, alone or with THH:mm:ss behind it: what most systems write. Nothing is taken when it is anything else. */
static bool scan_usual(Scanner *scan, Parts *parts)
{
    size_t size = (size_t)(scan->end - scan->at);
    bool has_time = size >= 19;
    if ((size != 10 && !has_time) || !has_form(scan, has_time ? "0000-00-00T00:00:00" : "0000-00-00")) {
        return false;
    }
    int *const fields[] = {&parts->month, &parts->day, &parts->hour, &parts->minute, &parts->second};
    parts->year = take(scan, 4);
    for (size_t i = 0; i < (has_time ? 5 : 2); i++) {
        scan->at++;
        *fields[i] = take(scan, 2);
    }
    return true;
}

static bool scan_date(Scanner *scan, Parts *parts, HtDate *out)
{
    if (scan_usual(scan, parts)) {
        return scan_rest(scan, parts, out);
    }
    size_t count = count_digits(scan);
    if (!scan_compact(scan, count, parts)) {
        return false;
    }
    bool separated = count == 4 && (at_char(scan, '-') || at_char(scan, '/') || at_char(scan, '.'));
    if (separated && !scan_separated(scan, parts)) {
        return false;
    }
    return scan_rest(scan, parts, out);
}

/* HHmmss, HHmm, H:m[:s[.fff]]. */
static bool scan_time(Scanner *scan, Parts *parts, HtDate *out)
{
    size_t count = count_digits(scan);
    if (count == 4 || count == 6) {
        parts->hour = take(scan, 2);
        parts->minute = take(scan, 2);
        parts->second = count == 6 ? take(scan, 2) : -1;
    } else if (!scan_clock(scan, parts)) {
        return false;
    }
    if (parts->second >= 0 && !scan_fraction(scan, out)) {
        return false;
    }
    return scan_zone(scan, out);
}

/* ---- From parts to a date ---- */

static HtDateResult refuse(HtDate *out, HtDateResult result)
{
    *out = (HtDate){.offset_minutes = CHINA_OFFSET_MINUTES,
                    .marks = result == HT_DATE_INVALID ? HT_MARK_BIT(HT_MARK_DATE_INVALID) : 0};
    return result;
}

/* Dates that stand for "none" in one system or another: zeros of databases and spreadsheets. */
static bool is_null_date(const Parts *parts)
{
    int day = parts->year * 10000 + MAX(parts->month, 0) * 100 + MAX(parts->day, 0);
    return parts->year == 0 || day == 19000101 || day == 19010101 || day == 18991231 || day == 18991230 ||
           day == 10101;
}

static bool is_open_end(const Parts *parts)
{
    return parts->year == 9999 && parts->month == 12 && parts->day == 31;
}

static bool set_time(const Parts *parts, HtDate *out)
{
    if (parts->hour < 0) {
        return true;
    }
    if (parts->hour > 23 || parts->minute > 59 || parts->second > 60) {
        return false;
    }
    if (parts->minute < 0) { /* yyyyMMddHH: minutes are not invented */
        out->marks |= HT_MARK_BIT(HT_MARK_DATE_PARTIAL);
        return true;
    }
    out->hour = (uint8_t)parts->hour;
    out->minute = (uint8_t)parts->minute;
    out->second = (uint8_t)CLAMP(parts->second, 0, 59); /* a leap second counts as the one before */
    out->precision = parts->second >= 0 ? HT_PRECISION_SECOND : HT_PRECISION_MINUTE;
    return true;
}

static bool set_day(const Parts *parts, unsigned flags, HtDate *out)
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
        if (parts->day > days_in(parts->year, parts->month)) {
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

static HtDateResult finish_date(const Parts *parts, unsigned flags, HtDate *out)
{
    if (is_null_date(parts) || (is_open_end(parts) && !(flags & HT_DATE_OPEN_ENDED))) {
        return refuse(out, HT_DATE_NULL);
    }
    bool year_known = (parts->year >= YEAR_MIN && parts->year <= YEAR_MAX) || is_open_end(parts);
    if (!year_known || !set_day(parts, flags, out)) {
        return refuse(out, HT_DATE_INVALID);
    }
    return HT_DATE_OK;
}

/* From days since 1970-01-01 (proleptic Gregorian), by eras of 400 years that begin in March. */
static void civil_from_days(int64_t days, HtDate *out)
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

void ht_date_from_epoch(int64_t milliseconds, HtDate *out)
{
    int64_t local = milliseconds + (int64_t)CHINA_OFFSET_MINUTES * 60000;
    int64_t days = local / 86400000 - (local % 86400000 < 0);
    int64_t rest = local - days * 86400000;
    *out =
        (HtDate){.offset_minutes = CHINA_OFFSET_MINUTES, .had_zone = true, .precision = HT_PRECISION_SECOND};
    civil_from_days(days, out);
    out->hour = (uint8_t)(rest / 3600000);
    out->minute = (uint8_t)(rest / 60000 % 60);
    out->second = (uint8_t)(rest / 1000 % 60);
    out->millisecond = (uint16_t)(rest % 1000);
    out->had_fraction = out->millisecond != 0;
}

/* Seconds (up to 11 digits) or milliseconds (12 or 13) since 1970, shown in China's time. 0 is a null. */
static HtDateResult parse_epoch(Scanner *scan, HtDate *out)
{
    bool negative = skip_char(scan, '-');
    size_t count = count_digits(scan);
    if (count == 0 || count > 13 || scan->at + count != scan->end) {
        return refuse(out, HT_DATE_INVALID);
    }
    int64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number * 10 + (*scan->at++ - '0');
    }
    if (number == 0) {
        return refuse(out, HT_DATE_NULL);
    }
    ht_date_from_epoch((count >= 12 ? number : number * 1000) * (negative ? -1 : 1), out);
    return out->year >= YEAR_MIN && out->year <= YEAR_MAX ? HT_DATE_OK : refuse(out, HT_DATE_INVALID);
}

static HtDateResult parse_time(Scanner *scan, HtDate *out)
{
    Parts parts = NO_PARTS;
    if (!scan_time(scan, &parts, out) || !set_time(&parts, out)) {
        return refuse(out, HT_DATE_INVALID);
    }
    return HT_DATE_OK;
}

static HtDateResult parse_scanner(Scanner *scan, unsigned flags, HtDate *out)
{
    trim(scan);
    if (scan->at == scan->end) {
        return refuse(out, HT_DATE_NULL);
    }
    if (flags & HT_DATE_EPOCH) {
        return parse_epoch(scan, out);
    }
    if (flags & HT_DATE_TIME_ONLY) {
        return parse_time(scan, out);
    }
    Parts parts = NO_PARTS;
    if (!scan_date(scan, &parts, out)) {
        return refuse(out, HT_DATE_INVALID);
    }
    return finish_date(&parts, flags, out);
}

/* 长期 (for ever), as identity cards print it. */
static bool is_for_ever(const char *text, size_t size)
{
    return (size == strlen("长期") && memcmp(text, "长期", size) == 0) ||
           (size == strlen("长期有效") && memcmp(text, "长期有效", size) == 0);
}

HtDateResult ht_date_parse(const char *text, size_t size, unsigned flags, HtDate *out)
{
    *out = (HtDate){.offset_minutes = CHINA_OFFSET_MINUTES};
    if (size > HT_DATE_TEXT_MAX) {
        return refuse(out, HT_DATE_INVALID);
    }
    if (is_ascii(text, size)) {
        Scanner scan = {text, text + size};
        return parse_scanner(&scan, flags, out);
    }
    if (is_for_ever(text, size)) {
        Scanner scan = {"99991231", NULL};
        scan.end = scan.at + 8;
        return parse_scanner(&scan, flags, out);
    }
    char folded[HT_DATE_TEXT_MAX];
    size_t folded_size = fold_text(text, size, folded);
    if (folded_size == 0) {
        return refuse(out, HT_DATE_INVALID);
    }
    Scanner scan = {folded, folded + folded_size};
    return parse_scanner(&scan, flags, out);
}

/* ---- Writing ---- */

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
