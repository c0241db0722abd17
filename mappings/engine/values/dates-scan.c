/* Dates of digits and signs: what most systems write, so this comes first and is quick. Full-width signs and Chinese units are
 * folded before. Pure; any thread. */
#include "mappings/engine/values/dates-parts.h"

/* Ten or twelve digits that begin with an earlier year count from 1970: nobody writes the hour of a day so long ago. */
#define COUNTED_YEAR_MIN 1900

typedef struct {
    const char *at;
    const char *end;
} Scanner;

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* ---- Folding: full-width signs and Chinese units become the ASCII notation ---- */

typedef struct {
    const char *from;
    const char *to;
} Fold;

static const Fold FOLDS[] = {
    {"年", "-"}, {"月", "-"},     {"日", " "},     {"号", " "}, {"时", ":"}, {"点", ":"}, {"分", ":"},
    {"秒", ""},  {"\u3000", " "}, {"\u00a0", " "}, {"—", "-"},  {"–", "-"},  {"。", "-"}, {"、", "-"},
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
static bool scan_compact(Scanner *scan, size_t count, HtDateParts *parts)
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
static bool scan_separated(Scanner *scan, HtDateParts *parts)
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
static bool scan_clock(Scanner *scan, HtDateParts *parts)
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
static bool scan_fraction(Scanner *scan, HtDateParts *parts)
{
    if (!skip_char(scan, '.') && !skip_char(scan, ',')) {
        return true;
    }
    size_t count = count_digits(scan);
    if (count == 0) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        parts->millisecond = parts->millisecond * 10 + (i < count ? scan->at[i] - '0' : 0);
    }
    scan->at += count;
    return true;
}

/* hh, hhmm, hh:mm, and hh:mm:ss of local mean times, whose seconds do not count. */
static bool scan_offset(Scanner *scan, int sign, HtDateParts *parts)
{
    size_t count = count_digits(scan);
    if (count != 2 && count != 4) {
        return false;
    }
    int hours = take(scan, 2), minutes = 0;
    if (count == 4 || skip_char(scan, ':')) {
        if (count_digits(scan) != 2) {
            return false;
        }
        minutes = take(scan, 2);
    }
    if (skip_char(scan, ':')) {
        if (count_digits(scan) != 2) {
            return false;
        }
        take(scan, 2);
    }
    parts->offset_minutes = sign * (hours * 60 + minutes);
    parts->had_zone = true;
    return minutes <= 59 && hours * 60 + minutes <= HT_DATE_ZONE_MINUTES_MAX && scan->at == scan->end;
}

/* Z, an offset, or nothing. */
static bool scan_zone(Scanner *scan, HtDateParts *parts)
{
    skip_blanks(scan);
    if (scan->at == scan->end) {
        return true;
    }
    if (skip_char(scan, 'Z') || skip_char(scan, 'z')) {
        parts->offset_minutes = 0;
        parts->had_zone = true;
        return scan->at == scan->end;
    }
    int sign = at_char(scan, '-') ? -1 : 1;
    return (skip_char(scan, '+') || skip_char(scan, '-')) && scan_offset(scan, sign, parts);
}

/* HHmmss, HHmm, H:m[:s]. */
static bool scan_hours(Scanner *scan, HtDateParts *parts)
{
    size_t count = count_digits(scan);
    if (count != 4 && count != 6) {
        return scan_clock(scan, parts);
    }
    parts->hour = take(scan, 2);
    parts->minute = take(scan, 2);
    parts->second = count == 6 ? take(scan, 2) : -1;
    return true;
}

/* What follows the day: nothing, or a time with a zone. A zone without a time (XSD dates may have one)
 * says nothing. */
static bool scan_rest(Scanner *scan, HtDateParts *parts)
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
        if (!scan_hours(scan, parts)) {
            return false;
        }
    }
    if (parts->second >= 0 && !scan_fraction(scan, parts)) {
        return false;
    }
    if (!scan_zone(scan, parts)) {
        return false;
    }
    parts->had_zone = parts->had_zone && parts->hour >= 0;
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
static bool scan_usual(Scanner *scan, HtDateParts *parts)
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

static bool scan_date(Scanner *scan, unsigned flags, HtDateParts *parts)
{
    if (scan_usual(scan, parts)) {
        return scan_rest(scan, parts);
    }
    size_t count = count_digits(scan);
    if (!scan_compact(scan, count, parts)) {
        return false;
    }
    bool two_digit_years = count == 6 && (flags & HT_DATE_CENTURY_MASK);
    bool epoch = (count == 10 || count == 12) && parts->year < COUNTED_YEAR_MIN;
    if (two_digit_years || epoch) {
        return false;
    }
    bool separated = count == 4 && (at_char(scan, '-') || at_char(scan, '/') || at_char(scan, '.'));
    if (separated && !scan_separated(scan, parts)) {
        return false;
    }
    return scan_rest(scan, parts);
}

/* A time alone. */
static bool scan_time(Scanner *scan, HtDateParts *parts)
{
    if (!scan_hours(scan, parts)) {
        return false;
    }
    if (parts->second >= 0 && !scan_fraction(scan, parts)) {
        return false;
    }
    return scan_zone(scan, parts);
}

static bool scan_trimmed(Scanner *scan, unsigned flags, HtDateParts *parts)
{
    *parts = HT_DATE_NO_PARTS;
    trim(scan);
    return flags & HT_DATE_TIME_ONLY ? scan_time(scan, parts) : scan_date(scan, flags, parts);
}

bool ht_date_scan(HtText text, unsigned flags, HtDateParts *parts)
{
    if (is_ascii(text.data, text.size)) {
        Scanner scan = {text.data, text.data + text.size};
        return scan_trimmed(&scan, flags, parts);
    }
    char folded[HT_DATE_TEXT_MAX];
    size_t size = fold_text(text.data, text.size, folded);
    Scanner scan = {folded, folded + size};
    return size > 0 && scan_trimmed(&scan, flags, parts);
}
