/* Altered values; see alter.h. No state; any thread. */
#include "mappings/engine/values/alter.h"

#include "mappings/engine/values/idnumber.h"

#include <glib.h>
#include <string.h>

#define CITIZEN 18
#define DIVISION 6 /* its first digits */
#define YEAR 4     /* a date's first digits */
#define SECONDS 10 /* digits of a moment since 1970, from 2001 to 2286 */
#define DAY 86400
#define CHINA 28800 /* seconds before UTC */
#define WIDE 3      /* bytes of a Chinese character, or of one in full width, in UTF-8 */

/* The place behind the digits (two at most) that follow whatever is no digit. */
static size_t skip_part(const char *text, size_t size, size_t at)
{
    while (at < size && !g_ascii_isdigit(text[at])) {
        at++;
    }
    for (unsigned digits = 0; digits < 2 && at < size && g_ascii_isdigit(text[at]); digits++) {
        at++;
    }
    return at;
}

/* The place of the day's last digit in a date that begins with its year, as 20090312, 2009-3-12 or 2009年3月12日; 0 when there is
 * none. */
static size_t find_day(const char *text, size_t size)
{
    bool recent =
        size >= 8 && (memcmp(text, "18", 2) == 0 || memcmp(text, "19", 2) == 0 || memcmp(text, "20", 2) == 0);
    size_t month =
        recent && g_ascii_isdigit(text[2]) && g_ascii_isdigit(text[3]) ? skip_part(text, size, 4) : size;
    size_t day = month < size ? skip_part(text, size, month) : 0;
    return day > 0 && g_ascii_isdigit(text[day - 1]) ? day - 1 : 0;
}

/* A day's digit goes down, so that no month becomes longer. */
static void alter_day(char *digit)
{
    *digit = *digit > '0' ? (char)(*digit - 1) : '1';
}

/* A small x is one too. */
static bool is_citizen(const char *text, size_t size)
{
    return size == CITIZEN && ht_idnumber_check(text) == g_ascii_toupper(text[CITIZEN - 1]);
}

static void set_digit(char *digit, int more)
{
    *digit = (char)('0' + (*digit - '0' + more) % 10);
}

/* The sequence's last digit tells the sex: it stays odd or even. */
static void alter_citizen(char *text)
{
    set_digit(&text[CITIZEN - 2], 2);
    text[CITIZEN - 1] = ht_idnumber_check(text);
}

static void alter_division(char *text)
{
    set_digit(&text[DIVISION - 1], 1);
    text[CITIZEN - 1] = ht_idnumber_check(text);
}

/* A digit in full width is EF BC and 90 to 99. */
static bool is_wide_digit(const char *at)
{
    return memcmp(at, "\xef\xbc", 2) == 0 && (unsigned char)at[2] >= 0x90 && (unsigned char)at[2] <= 0x99;
}

/* U+4000 to U+9FFF begin with E4 to E9. */
static bool is_hanzi(const char *at)
{
    return (unsigned char)at[0] >= 0xe4 && (unsigned char)at[0] <= 0xe9;
}

static bool is_narrow(const char *at)
{
    return g_ascii_isalnum(*at);
}

static void alter_wide_or_hanzi(char *at)
{
    if (is_wide_digit(at)) {
        at[2] = (char)((unsigned char)at[2] == 0x99 ? 0x90 : at[2] + 1);
    } else {
        memcpy(at, memcmp(at, "丁", WIDE) == 0 ? "戊" : "丁", WIDE);
    }
}

static void alter_at(char *at)
{
    char old = *at;
    if (g_ascii_isdigit(old)) {
        set_digit(at, 1);
    } else if (g_ascii_isalpha(old)) {
        *at = g_ascii_isupper(old) ? (old == 'B' ? 'C' : 'B') : (old == 'b' ? 'c' : 'b');
    } else {
        alter_wide_or_hanzi(at);
    }
}

/* Places of the first and the last character of this kind, each of which has this size; false when there is none. */
static bool find_kind(char *text, size_t size, bool (*is)(const char *at), size_t wide, char *ends[2])
{
    ends[0] = NULL;
    for (size_t i = 0; i + wide <= size; i++) {
        if (is(text + i)) {
            ends[0] = ends[0] ? ends[0] : text + i;
            ends[1] = text + i;
        }
    }
    return ends[0] != NULL;
}

/* Digits and letters first: names of places and units end in characters that are dropped with reason. */
static bool find_ends(char *text, size_t size, char *ends[2])
{
    return find_kind(text, size, is_narrow, 1, ends) || find_kind(text, size, is_wide_digit, WIDE, ends) ||
           find_kind(text, size, is_hanzi, WIDE, ends);
}

/* Ten digits that are a midnight, in UTC or in China: a day, counted in seconds. */
static bool is_day_in_seconds(const char *text, size_t size)
{
    uint64_t seconds = 0;
    for (size_t i = 0; i < size && g_ascii_isdigit(text[i]); i++) {
        seconds = seconds * 10 + (uint64_t)(text[i] - '0');
    }
    return size == SECONDS && text[0] == '1' && g_ascii_isdigit(text[size - 1]) &&
           (seconds % DAY == 0 || seconds % DAY == DAY - CHINA);
}

/* One day before: the digits of a day's seconds are taken away as by hand. */
static void alter_seconds(char *text)
{
    uint64_t left = DAY;
    for (size_t i = SECONDS; i-- > 0; left /= 10) {
        unsigned digit = (unsigned)(text[i] - '0'), less = (unsigned)(left % 10);
        if (digit < less) {
            digit += 10;
            left += 10;
        }
        text[i] = (char)('0' + digit - less);
    }
}

bool ht_alter_text(char *text, size_t size)
{
    size_t day = find_day(text, size);
    char *ends[2];
    if (is_citizen(text, size)) {
        alter_citizen(text);
    } else if (is_day_in_seconds(text, size)) {
        alter_seconds(text);
    } else if (day > 0) {
        alter_day(&text[day]);
    } else if (find_ends(text, size, ends)) {
        alter_at(ends[1]);
    } else {
        return false;
    }
    return true;
}

bool ht_alter_front(char *text, size_t size)
{
    char *ends[2];
    if (is_citizen(text, size)) {
        alter_division(text);
    } else if (find_day(text, size) > 0) {
        set_digit(&text[YEAR - 1], 9); /* one year before */
    } else if (find_ends(text, size, ends) && ends[0] != ends[1]) {
        alter_at(ends[0]);
    } else {
        return false;
    }
    return true;
}

bool ht_alter_end(char *text, size_t size)
{
    static bool (*const kinds[])(const char *at) = {is_narrow, is_wide_digit, is_hanzi};
    static const size_t sizes[] = {1, WIDE, WIDE};
    char *last = NULL, *ends[2];
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (find_kind(text, size, kinds[i], sizes[i], ends) && (!last || ends[1] > last)) {
            last = ends[1];
        }
    }
    if (!last || is_day_in_seconds(text, size)) {
        return false;
    }
    alter_at(last);
    return true;
}
