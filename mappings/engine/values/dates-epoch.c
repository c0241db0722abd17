/* Moments that are counted from 1970, where a field holds dates: JavaScript's and Java's milliseconds, seconds, and what .NET
 * makes of a date in JSON. Only what cannot be a day of the calendar is read so. Pure; any thread. */
#include "mappings/engine/values/dates-parts.h"

#define DIGITS_MAX 14 /* .NET's first moment has so many */
#define SECONDS_DIGITS_MAX 10
#define NEGATIVE_DIGITS_MIN 5 /* -28800 is a midnight of 1970 in China; -1 is a filler */
#define DAY_S 86400

typedef struct {
    const char *digits;
    size_t count;
    int64_t value; /* without the sign */
    bool negative;
} Counted;

/* Takes a number from the text's beginning; false when there is none of a possible length. */
static bool take_number(HtText *text, Counted *counted)
{
    *counted = (Counted){.negative = text->size > 0 && text->data[0] == '-'};
    counted->digits = text->data + counted->negative;
    const char *end = text->data + text->size, *at = counted->digits;
    for (; at < end && g_ascii_isdigit(*at) && counted->count <= DIGITS_MAX; at++, counted->count++) {
        counted->value = counted->value * 10 + (*at - '0');
    }
    *text = (HtText){at, (size_t)(end - at)};
    return counted->count > 0 && counted->count <= DIGITS_MAX;
}

/* A birthday as a moment is a midnight, in China with or without summer time, or in UTC. */
static bool is_midnight(int64_t seconds)
{
    int64_t second = seconds % DAY_S;
    return second == 0 || second == DAY_S - 8 * 3600 || second == DAY_S - 9 * 3600;
}

/* yyyyMMdd in front: the number is such a date with a slip in it, and no count. */
static bool begins_with_day(const Counted *counted)
{
    if (counted->count < 8) {
        return false;
    }
    int day = 0;
    for (size_t i = 0; i < 8; i++) {
        day = day * 10 + (counted->digits[i] - '0');
    }
    return day >= 19000101 && ht_date_exists(day / 10000, day / 100 % 100, day % 100);
}

/* Ten digits that begin with 19 or 20 are yyyyMMddHH, or nothing; others are seconds. Where twelve begin so and are no date, or
 * there are nine, only midnights are taken: birthdays of the seventies to nineties, in milliseconds and in seconds. */
static bool is_count(const Counted *counted)
{
    if (counted->count > 1 && counted->digits[0] == '0') { /* nobody counts so: zeros that fill a column */
        return false;
    }
    bool like_year = counted->count >= 2 && (counted->value == 0 || memcmp(counted->digits, "19", 2) == 0 ||
                                             memcmp(counted->digits, "20", 2) == 0);
    if (counted->negative) {
        return counted->count >= NEGATIVE_DIGITS_MIN && counted->count <= 13 && !begins_with_day(counted);
    }
    switch (counted->count) {
    case 9: return is_midnight(counted->value);
    case 10: return !like_year;
    case 12:
        return !begins_with_day(counted) &&
               (!like_year || (counted->value % 1000 == 0 && is_midnight(counted->value / 1000)));
    default: return counted->count == 13;
    }
}

static bool skip_text(HtText *text, const char *word)
{
    size_t size = strlen(word);
    bool fits = text->size >= size && memcmp(text->data, word, size) == 0;
    if (fits) {
        *text = (HtText){text->data + size, text->size - size};
    }
    return fits;
}

static void skip_slashes(HtText *text)
{
    while (skip_text(text, "\\") || skip_text(text, "/")) {
    }
}

/* /Date(1236873600000+0800)/, \/Date(…)\/, new Date(…). The zone says how the sender's clocks stood; the moment is the same. */
static bool read_date_call(HtText text, int64_t *milliseconds)
{
    Counted counted, zone;
    skip_slashes(&text);
    skip_text(&text, "new ");
    if (!skip_text(&text, "Date(") || !take_number(&text, &counted)) {
        return false;
    }
    if (skip_text(&text, "+") || (text.size > 0 && text.data[0] == '-')) {
        if (!take_number(&text, &zone) || zone.count != 4) {
            return false;
        }
    }
    if (!skip_text(&text, ")")) {
        return false;
    }
    skip_slashes(&text);
    *milliseconds = counted.negative ? -counted.value : counted.value;
    return text.size == 0;
}

bool ht_date_read_epoch(HtText text, int64_t *milliseconds)
{
    HtText rest = text;
    Counted counted;
    if (!take_number(&rest, &counted) || rest.size > 0) {
        return read_date_call(text, milliseconds);
    }
    if (!is_count(&counted)) {
        return false;
    }
    int64_t value = counted.negative ? -counted.value : counted.value;
    *milliseconds = counted.count <= SECONDS_DIGITS_MAX ? value * 1000 : value;
    return true;
}
