/* Numbers as people, spreadsheets and programs write them, into plain decimals. All on the text, digit by digit: no value is
 * rounded. Called by the mapping engine for each number of each record (hot path, host process). Pure; any thread. */
#include "mappings/engine/values/convert.h"

#include "mappings/engine/text/value.h"

#include <stdio.h>

#define EXPONENT_MAX 30

/* ---- Folding ---- */

/* A comma before exactly three digits. */
static bool is_thousands_comma(uint32_t character, const char *rest, size_t size)
{
    size_t digits = 0;
    for (size_t i = 0, taken; i < size && digits < 4; i += taken, digits++) {
        uint32_t digit = ht_value_character(rest + i, size - i, &taken);
        char ascii = digit < 0x80 ? (char)digit : ht_value_narrow(digit);
        if (!g_ascii_isdigit(ascii)) {
            break;
        }
    }
    return (character == ',' || character == 0xff0c) && digits == 3;
}

/* Digits at the beginning, as many as a number may have: mostly all of it. */
static size_t count_digits(const char *text, size_t size)
{
    size_t count = 0, most = MIN(size, HT_NUMBER_MAX - 1);
    while (count < most && g_ascii_isdigit(text[count])) {
        count++;
    }
    return count;
}

/* The sign that a character of a number is in ASCII; 0 for one that no number has. */
static char fold(uint32_t character)
{
    if (character >= 0x660 && character <= 0x669) { /* Arabic digits, as Uyghur keyboards have them */
        return (char)('0' + character - 0x660);
    }
    if (character >= 0x6f0 && character <= 0x6f9) {
        return (char)('0' + character - 0x6f0);
    }
    if (character == 0x2212) {
        return '-';
    }
    return character < 0x80 ? (char)character : ht_value_narrow(character);
}

/* Narrow text without blanks and thousands commas in `out`; 0 when it does not fit. */
static size_t squeeze(HtText text, char out[HT_NUMBER_MAX])
{
    size_t used = count_digits(text.data, text.size);
    memcpy(out, text.data, used);
    for (size_t i = used, taken; i < text.size; i += taken) {
        uint32_t character = ht_value_character(text.data + i, text.size - i, &taken);
        if (ht_text_is_blank(character) ||
            is_thousands_comma(character, text.data + i + taken, text.size - i - taken)) {
            continue;
        }
        char ascii = fold(character);
        if (!ascii || used == HT_NUMBER_MAX - 1) {
            return 0;
        }
        out[used++] = ascii;
    }
    return used;
}

/* ---- What stands around a number ---- */

static bool skip_start(HtText *text, const char *word)
{
    size_t size = strlen(word);
    bool fits = text->size > size && g_ascii_strncasecmp(text->data, word, size) == 0;
    if (fits) {
        *text = ht_text_trim(text->data + size, text->size - size);
    }
    return fits;
}

static bool skip_end(HtText *text, const char *word)
{
    size_t size = strlen(word);
    bool fits = text->size > size && memcmp(text->data + text->size - size, word, size) == 0;
    if (fits) {
        *text = ht_text_trim(text->data, text->size - size);
    }
    return fits;
}

/* Takes the currency of China away; the power of ten that is left behind the number (万, 亿) goes to `power`. Other units stay:
 * a number of something else is no number. */
static HtText strip_money(HtText text, int *power)
{
    static const char *const before[] = {"￥", "¥", "人民币", "RMB", "CNY"};
    static const char *const after[] = {"元/月", "元每月", "元",
                                        "圆"}; /* rents and allowances are a month's */
    for (size_t i = 0; i < G_N_ELEMENTS(before); i++) {
        skip_start(&text, before[i]);
    }
    skip_end(&text, "人民币");
    skip_end(&text, "整");
    bool done = false;
    for (size_t i = 0; i < G_N_ELEMENTS(after) && !done; i++) {
        done = skip_end(&text, after[i]);
    }
    *power = skip_end(&text, "万") ? 4 : skip_end(&text, "亿") ? 8 : 0;
    return text;
}

/* ---- Decimals ---- */

/* [sign] digits [. digits] [E [sign] digits] and nothing else; .5 is what Oracle writes for 0.5. */
typedef struct {
    const char *digits, *end; /* of the whole part, the point and the fraction */
    size_t point;             /* digits of the whole part */
    bool negative;
    int exponent;
} Decimal;

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && g_ascii_isdigit(*at)) {
        at++;
    }
    return at;
}

static bool read_exponent(const char *at, const char *end, Decimal *decimal)
{
    bool negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (at == end || skip_digits(at, end) != end) {
        return false;
    }
    for (; at < end && decimal->exponent <= EXPONENT_MAX; at++) {
        decimal->exponent = decimal->exponent * 10 + (*at - '0');
    }
    bool fits = decimal->exponent <= EXPONENT_MAX;
    decimal->exponent = negative ? -decimal->exponent : decimal->exponent;
    return fits;
}

static bool read_decimal(const char *text, size_t size, Decimal *decimal)
{
    const char *end = text + size;
    bool has_sign = size > 0 && (text[0] == '-' || text[0] == '+');
    *decimal = (Decimal){.digits = text + has_sign, .negative = has_sign && text[0] == '-'};
    const char *at = skip_digits(decimal->digits, end);
    decimal->point = (size_t)(at - decimal->digits);
    if (decimal->point == 0 && (at == end || *at != '.')) {
        return false;
    }
    if (at < end && *at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction, end);
        if (at == fraction) {
            return false;
        }
    }
    decimal->end = at;
    return at == end || ((*at == 'e' || *at == 'E') && read_exponent(at + 1, end, decimal));
}

/* Moves the point in `room`: the digits without it, with as many zeros as that takes. False when they do not fit. */
static bool shift_point(Decimal *decimal, char room[HT_NUMBER_MAX])
{
    size_t fraction = (size_t)(decimal->end - decimal->digits) - decimal->point;
    fraction -= fraction > 0; /* the point */
    int whole = (int)decimal->point + decimal->exponent;
    int leading = whole < 1 ? 1 - whole : 0; /* zeros before the first digit */
    int count = (int)(decimal->point + fraction), trailing = MAX(whole - count, 0);
    if (leading + count + trailing + 1 >= HT_NUMBER_MAX) {
        return false;
    }
    char digits[HT_NUMBER_MAX];
    memset(digits, '0', sizeof digits);
    memcpy(digits + leading, decimal->digits, decimal->point);
    if (fraction > 0) {
        memcpy(digits + leading + decimal->point, decimal->digits + decimal->point + 1, fraction);
    }
    size_t point = (size_t)(whole + leading), all = (size_t)(leading + count + trailing);
    memcpy(room, digits, point);
    room[point] = '.';
    memcpy(room + point + 1, digits + point, all - point);
    decimal->digits = room;
    decimal->point = point;
    decimal->end = room + (all > point ? all + 1 : point);
    return true;
}

static bool all_zeros(const char *text, const char *end)
{
    for (; text < end; text++) {
        if (*text != '0' && *text != '.') {
            return false;
        }
    }
    return true;
}

/* Sign and leading zeros dropped where they say nothing. */
static size_t put_number(const Decimal *decimal, char out[HT_NUMBER_MAX])
{
    const char *start = decimal->digits, *whole_end = start + decimal->point;
    size_t used = 0;
    if (decimal->negative && !all_zeros(start, decimal->end)) {
        out[used++] = '-';
    }
    while (start < whole_end && *start == '0') {
        start++;
    }
    if (start == whole_end) {
        out[used++] = '0';
    }
    size_t size = (size_t)(decimal->end - start);
    if (used + size >= HT_NUMBER_MAX) {
        out[0] = '\0';
        return 0;
    }
    memcpy(out + used, start, size);
    used += size;
    out[used] = '\0';
    return used;
}

/* ---- Chinese numerals ---- */

static int find_word(const char *const *words, size_t count, HtText *text)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(words[i]);
        if (text->size >= size && memcmp(text->data, words[i], size) == 0) {
            *text = (HtText){text->data + size, text->size - size};
            return (int)i;
        }
    }
    return -1;
}

/* 三, 十二, 一百零五, 三千二百, up to 9999, as digits and powers of ten falling; -1 for anything else. */
static int read_chinese(HtText text)
{
    static const char *const digits[] = {"零", "一", "二", "三", "四", "五",
                                         "六", "七", "八", "九", "〇", "两"};
    static const char *const powers[] = {"", "十", "百", "千"};
    static const int values[] = {1, 10, 100, 1000};
    int sum = 0, last = 10000;
    bool begun = false;
    while (text.size > 0) {
        int digit = find_word(digits, G_N_ELEMENTS(digits), &text);
        digit = digit == 10 ? 0 : digit == 11 ? 2 : digit;
        if (digit == 0) {
            begun = true;
            continue;
        }
        int power = find_word(powers + 1, G_N_ELEMENTS(powers) - 1, &text);
        bool ten = digit < 0 && power == 0 && !begun; /* 十二 */
        int value = power < 0 ? 1 : values[power + 1];
        if ((digit < 0 && !ten) || value >= last) {
            return -1;
        }
        sum += (ten ? 1 : digit) * value;
        last = value;
        begun = true;
    }
    return begun ? sum : -1;
}

/* ---- Elements ---- */

/* The text as a decimal whose digits lie in `plain`. */
static bool read_number(HtText text, char plain[HT_NUMBER_MAX], Decimal *decimal)
{
    size_t size = squeeze(text, plain);
    if (size > 0 && read_decimal(plain, size, decimal)) {
        return true;
    }
    int power = 0;
    HtText bare = strip_money(ht_text_trim(text.data, text.size), &power);
    int chinese = read_chinese(bare);
    if (chinese >= 0) {
        size = (size_t)snprintf(plain, HT_NUMBER_MAX, "%d", chinese);
    } else {
        size = squeeze(bare, plain);
    }
    if (size == 0 || !read_decimal(plain, size, decimal)) {
        return false;
    }
    decimal->exponent += power;
    return true;
}

/* The same, with its point where the exponent puts it. */
static bool read_plain(HtText text, char plain[HT_NUMBER_MAX], char room[HT_NUMBER_MAX], Decimal *decimal)
{
    return read_number(text, plain, decimal) && (decimal->exponent == 0 || shift_point(decimal, room));
}

size_t ht_value_decimal(const char *text, size_t size, char out[HT_NUMBER_MAX])
{
    char plain[HT_NUMBER_MAX], room[HT_NUMBER_MAX];
    Decimal decimal;
    out[0] = '\0';
    return read_plain((HtText){text, size}, plain, room, &decimal) ? put_number(&decimal, out) : 0;
}

size_t ht_value_integer(const char *text, size_t size, char out[HT_NUMBER_MAX])
{
    char plain[HT_NUMBER_MAX], room[HT_NUMBER_MAX];
    Decimal decimal;
    out[0] = '\0';
    if (!read_plain((HtText){text, size}, plain, room, &decimal)) {
        return 0;
    }
    const char *fraction = decimal.digits + decimal.point;
    if (!all_zeros(fraction, decimal.end)) {
        return 0;
    }
    decimal.end = fraction;
    return put_number(&decimal, out);
}

size_t ht_value_division(const char *text, size_t size, char out[HT_NUMBER_MAX])
{
    char plain[HT_NUMBER_MAX], room[HT_NUMBER_MAX];
    Decimal decimal;
    size_t plain_size = squeeze((HtText){text, size}, plain);
    out[0] = '\0';
    if (plain_size == 0 || !g_ascii_isdigit(plain[0]) || !read_decimal(plain, plain_size, &decimal) ||
        (decimal.exponent != 0 && !shift_point(&decimal, room)) ||
        !all_zeros(decimal.digits + decimal.point, decimal.end)) {
        return 0;
    }
    size_t point = decimal.point;
    /* Civil affairs' areas have a division's twelve digits, and six zeros for levels of their own. */
    if (point == 18 && all_zeros(decimal.digits + 12, decimal.digits + point)) {
        point = 12;
    }
    bool short_form = point == 2 || point == 4;
    if (!short_form && point != 6 && point != 9 && point != 12 && point != 14) {
        return 0;
    }
    memcpy(out, "000000", 6);
    memcpy(out, decimal.digits, point);
    size_t used = short_form ? 6 : point;
    out[used] = '\0';
    return used;
}
