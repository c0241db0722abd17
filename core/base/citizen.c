/* Looking for citizen numbers (GB 11643-1999: province, division, date of birth, sequence, check character; before 1999 with
 * two digits for the year and no check character). No state; any thread. In the bus: attributes and elements of every
 * event, so what has too few digits is passed over at once. */
#include "core/base/citizen.h"

#define NEW_SIZE 18
#define OLD_SIZE 15
#define CHECK_X 10         /* the value of X */
#define SEPARATORS_MOST 3u /* between two digits of one number: " - " */

int ht_citizen_digit(gunichar character)
{
    static const gunichar chinese[] = {0x3007, 0x4e00, 0x4e8c, 0x4e09, 0x56db,
                                       0x4e94, 0x516d, 0x4e03, 0x516b, 0x4e5d};
    if (character < 0x80) {
        return g_ascii_isdigit((char)character) ? (int)character - '0' : -1;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(chinese); i++) {
        if (chinese[i] == character) {
            return (int)i;
        }
    }
    return character == 0x96f6 /* the other zero */ ? 0 : g_unichar_digit_value(character);
}

bool ht_citizen_is_x(gunichar character)
{
    return character == 'X' || character == 'x' || character == 0xff38 || character == 0xff58 ||
           character == 0x2169 || character == 0x2179;
}

bool ht_citizen_is_separator(gunichar character)
{
    if (character < 0x80) {
        return character != 0 && strchr("-_./: \t", (int)character) != NULL;
    }
    switch (g_unichar_type(character)) {
    case G_UNICODE_DASH_PUNCTUATION:
    case G_UNICODE_CONNECT_PUNCTUATION:
    case G_UNICODE_SPACE_SEPARATOR:
    case G_UNICODE_FORMAT: return true;
    default:
        return character == 0xb7 || character == 0x30fb || character == 0xff65 || character == 0x2022 ||
               character == 0xff0e || character == 0xff0f || character == 0xff1a || character == 0xfffd;
    }
}

/* The last digits in a row. */
typedef struct {
    uint8_t digits[NEW_SIZE]; /* the newest last */
    unsigned count;           /* how many there were in the row, also more than are kept */
    unsigned alone;           /* how many since the last separator */
    unsigned separators;      /* since the last digit */
} Row;

static int read_two(const uint8_t *at)
{
    return at[0] * 10 + at[1];
}

/* GB/T 2260; 99 is nobody's, and stands for invented persons. */
static bool is_province(const uint8_t *at)
{
    static const uint8_t provinces[] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35,
                                        36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
                                        61, 62, 63, 64, 65, 71, 81, 82, 83, 91, 99};
    return memchr(provinces, read_two(at), sizeof provinces) != NULL;
}

/* Registers hold days that do not exist: 31 is good enough for every month. */
static bool is_day(const uint8_t *at)
{
    int month = read_two(at), day = read_two(at + 2);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool has_new_date(const Row *row)
{
    int century = read_two(row->digits + 6);
    return century >= 18 && century <= 20 && is_day(row->digits + 10);
}

static bool has_old_date(const Row *row)
{
    return is_day(row->digits + NEW_SIZE - OLD_SIZE + 8);
}

static bool is_check_right(const Row *row)
{
    unsigned sum = 0;
    for (unsigned i = 0, weight = 7; i < NEW_SIZE - 1; i++, weight = weight * 6 % 11) {
        sum += row->digits[i] * weight;
    }
    return row->digits[NEW_SIZE - 1] == (12 - sum % 11) % 11;
}

static void add_digit(Row *row, int digit)
{
    memmove(row->digits, row->digits + 1, NEW_SIZE - 1);
    row->digits[NEW_SIZE - 1] = (uint8_t)digit;
    row->count++;
    row->alone++;
    row->separators = 0;
}

/* What the digits up to here are, when they end here (`ends`) and when they go on. */
static bool is_in_element(const Row *row, bool ends)
{
    bool alone =
        ends && (row->alone == NEW_SIZE ? has_new_date(row) : row->alone == OLD_SIZE && has_old_date(row));
    return alone ||
           (row->count >= NEW_SIZE && is_province(row->digits) && has_new_date(row) && is_check_right(row));
}

static bool may_be_in_attribute(const Row *row, bool ends)
{
    bool old = row->count >= OLD_SIZE && row->digits[NEW_SIZE - 1] != CHECK_X &&
               is_province(row->digits + NEW_SIZE - OLD_SIZE) && has_old_date(row);
    return old || (row->count >= NEW_SIZE && is_province(row->digits) && has_new_date(row)) ||
           is_in_element(row, ends);
}

/* Digits, and whatever is not ASCII and might be some. */
static bool has_enough(HtText text)
{
    size_t characters = 0;
    for (size_t i = 0; i < text.size && characters < OLD_SIZE; i++) {
        characters += g_ascii_isdigit(text.data[i]) || (unsigned char)text.data[i] >= 0xc0;
    }
    return characters >= OLD_SIZE;
}

/* The character at `at`, which begins one; bytes that are no UTF-8 are a character each, and none of a number. */
static gunichar read_character(HtText text, size_t at, size_t *size)
{
    unsigned char byte = (unsigned char)text.data[at];
    gunichar character = byte;
    *size = 1;
    if (byte >= 0x80) {
        character = g_utf8_get_char_validated(text.data + at, (gssize)(text.size - at));
        bool good = character < 0x110000;
        *size = good ? (size_t)g_unichar_to_utf8(character, NULL) : 1;
        character = good ? character : 0xfffc;
    }
    return character;
}

static bool take_character(Row *row, gunichar character, bool (*is_number)(const Row *, bool))
{
    int digit = ht_citizen_digit(character);
    if (digit >= 0) {
        add_digit(row, digit);
        return is_number(row, false);
    }
    bool ended = row->separators == 0 && is_number(row, true);
    if (ht_citizen_is_separator(character)) {
        bool far = ++row->separators > SEPARATORS_MOST;
        row->count = far ? 0 : row->count;
        row->alone = 0;
        return ended;
    }
    if (ht_citizen_is_x(character) && row->count >= NEW_SIZE - 1) {
        add_digit(row, CHECK_X);
        ended = ended || is_number(row, true);
    }
    row->count = row->alone = 0;
    return ended;
}

static bool find(HtText text, bool (*is_number)(const Row *, bool))
{
    Row row = {0};
    if (!has_enough(text)) {
        return false;
    }
    for (size_t at = 0, size; at < text.size; at += size) {
        if (take_character(&row, read_character(text, at, &size), is_number)) {
            return true;
        }
    }
    return is_number(&row, true);
}

bool ht_citizen_is_in(HtText text)
{
    return find(text, is_in_element);
}

bool ht_citizen_may_be_in(HtText text)
{
    return find(text, may_be_in_attribute);
}
