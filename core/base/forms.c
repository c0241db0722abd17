/* Forms of short texts. No state; any thread. In the bus: attributes and elements that a host sent; asked for every event. */
#include "core/base/forms.h"

#include <glib.h>
#include <string.h>

/* The number that these digits make; -1 when there is something else among them. */
static int read_number(const char *at, size_t digits)
{
    int number = 0;
    for (size_t i = 0; i < digits; i++) {
        if (!g_ascii_isdigit(at[i])) {
            return -1;
        }
        number = number * 10 + (at[i] - '0');
    }
    return number;
}

static bool is_day(int year, int month, int day)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (leap || month != 2 || day < 29);
}

bool ht_form_is_date(HtText text)
{
    if (text.size != 4 && text.size != 7 && text.size != 10) {
        return false;
    }
    const char *at = text.data;
    int month = text.size > 4 ? (at[4] == '-' ? read_number(at + 5, 2) : -1) : 1;
    int day = text.size > 7 ? (at[7] == '-' ? read_number(at + 8, 2) : -1) : 1;
    return is_day(read_number(at, 4), month, day);
}

static bool is_between(int number, int most)
{
    return number >= 0 && number <= most;
}

bool ht_form_is_time_of_day(HtText text)
{
    const char *at = text.data;
    return text.size == 8 && at[2] == ':' && at[5] == ':' && is_between(read_number(at, 2), 23) &&
           is_between(read_number(at + 3, 2), 59) && is_between(read_number(at + 6, 2), 60);
}

static bool is_zone(const char *at, size_t size)
{
    if (size == 1) {
        return *at == 'Z';
    }
    return size == 6 && (*at == '+' || *at == '-') && at[3] == ':' &&
           is_between(read_number(at + 1, 2), 23) && is_between(read_number(at + 4, 2), 59);
}

#define TIME_SIZE 19 /* without fraction and zone */

bool ht_form_is_time(HtText text)
{
    if (text.size <= TIME_SIZE || text.size > 40 || text.data[10] != 'T' ||
        !ht_form_is_date((HtText){text.data, 10}) || !ht_form_is_time_of_day((HtText){text.data + 11, 8})) {
        return false;
    }
    const char *zone = text.data + TIME_SIZE, *end = text.data + text.size;
    if (*zone == '.') {
        const char *fraction = ++zone;
        while (zone < end && g_ascii_isdigit(*zone)) {
            zone++;
        }
        if (zone == fraction) {
            return false;
        }
    }
    return is_zone(zone, (size_t)(end - zone));
}

bool ht_form_is_number(HtText text)
{
    const char *at = text.data, *end = text.data + text.size;
    at += at < end && *at == '-';
    const char *whole = at;
    while (at < end && g_ascii_isdigit(*at)) {
        at++;
    }
    if (at == whole || (*whole == '0' && at - whole > 1)) {
        return false;
    }
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        while (at < end && g_ascii_isdigit(*at)) {
            at++;
        }
        return at == end && at > fraction;
    }
    return at == end;
}

bool ht_form_is_division(HtText text)
{
    return (text.size == 6 || text.size == 9 || text.size == 12 || text.size == 14) &&
           read_number(text.data, 6) >= 0 && read_number(text.data + 6, text.size - 6) >= 0;
}

HtText ht_form_next_division(HtText *texts)
{
    if (!texts->data) {
        return HT_TEXT_NONE;
    }
    const char *blank = memchr(texts->data, ' ', texts->size);
    size_t size = blank ? (size_t)(blank - texts->data) : texts->size;
    HtText first = {texts->data, size};
    *texts = blank ? (HtText){blank + 1, texts->size - size - 1} : HT_TEXT_NONE;
    return first;
}

bool ht_form_are_divisions(HtText texts)
{
    unsigned count = 0;
    for (HtText one = ht_form_next_division(&texts); one.data; one = ht_form_next_division(&texts)) {
        if (++count > HT_DIVISIONS_MAX || !ht_form_is_division(one)) {
            return false;
        }
    }
    return count > 0;
}

bool ht_form_is_word(HtText text, const char *signs, size_t most)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!g_ascii_isalnum(text.data[i]) && (text.data[i] == '\0' || !strchr(signs, text.data[i]))) {
            return false;
        }
    }
    return text.size > 0 && text.size <= most;
}
