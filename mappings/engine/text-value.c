/*
 * text-value.c: looks at single values: replacement and private-use characters, the name dot, width,
 * blanks.
 *
 * Called by the mapping engine for each element value, in the adapter host's only thread.
 */
#include "mappings/engine/text-value.h"

/* Reads one character and steps over it; a byte that begins none counts as U+FFFD. `at` < `end`. */
static uint32_t read_character(const char **at, const char *end)
{
    const uint8_t *p = (const uint8_t *)*at;
    bool valid;
    size_t length = ht_text_utf8_sequence(p, (size_t)(end - *at), &valid);

    *at += length;
    if (!valid)
        return 0xFFFD;
    if (length == 1)
        return p[0];
    uint32_t character = p[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++)
        character = character << 6 | (p[i] & 0x3Fu);
    return character;
}

static bool is_private_use(uint32_t character)
{
    return (character >= 0xE000 && character <= 0xF8FF) || character >= 0xF0000;
}

/* Private-use and replacement characters stand for Chinese ones that were out of the sender's reach. */
static bool is_chinese(uint32_t character)
{
    return (character >= 0x3400 && character <= 0x9FFF) || (character >= 0x20000 && character <= 0x3FFFF) ||
           (character >= 0xF900 && character <= 0xFAFF) || character == 0x3007 || character == 0xFFFD ||
           is_private_use(character);
}

static bool is_latin(uint32_t character)
{
    uint32_t lower = character | 0x20;

    if (character < 0x80)
        return lower >= 'a' && lower <= 'z';
    return (character >= 0xC0 && character <= 0x24F && character != 0xD7 && character != 0xF7) ||
           (character >= 0x1E00 && character <= 0x1EFF);
}

/* Tells whether `character` is taken for the name dot between the two beside it. */
static bool is_wrong_dot(uint32_t before, uint32_t character, uint32_t after)
{
    if (character == '.')
        return is_chinese(before) && is_chinese(after);
    return ht_text_is_lookalike_dot(character) && (is_chinese(before) || is_latin(before)) &&
           (is_chinese(after) || is_latin(after));
}

/* The character at `at` without stepping over it; 0 at the end. */
static uint32_t peek_character(const char *at, const char *end)
{
    return at < end ? read_character(&at, end) : 0;
}

unsigned ht_text_value_marks(const char *value, size_t size, unsigned traits, bool is_name)
{
    const unsigned always = HT_TRAIT_REPLACEMENT | HT_TRAIT_PRIVATE_USE | HT_TRAIT_REFERENCE;
    unsigned marks = 0;
    uint32_t before = 0;

    if ((traits & always) == 0 &&
        !(is_name && ((traits & HT_TRAIT_LOOKALIKE_DOT) != 0 || (size > 0 && memchr(value, '.', size)))))
        return 0;
    for (const char *at = value, *end = value + size; at < end;) {
        uint32_t character = read_character(&at, end);
        if (character == 0xFFFD)
            marks |= HT_TEXT_REPLACEMENT_CHARACTER;
        else if (is_private_use(character))
            marks |= HT_TEXT_PRIVATE_USE;
        else if (is_name && is_wrong_dot(before, character, peek_character(at, end)))
            marks |= HT_TEXT_NAME_DOT;
        before = character;
    }
    return marks;
}

size_t ht_text_fix_name_dot(const char *value, size_t size, char *out)
{
    const char *end = value + size;
    char *to = out;
    uint32_t before = 0;

    for (const char *at = value; at < end;) {
        const char *from = at;
        uint32_t character = read_character(&at, end);
        if (is_wrong_dot(before, character, peek_character(at, end))) {
            memcpy(to, "\xC2\xB7", 2);
            to += 2;
        } else {
            memcpy(to, from, (size_t)(at - from));
            to += at - from;
        }
        before = character;
    }
    return (size_t)(to - out);
}

size_t ht_text_fold_width(const char *value, size_t size, char *out)
{
    const uint8_t *at = (const uint8_t *)value, *end = at + size;
    char *to = out;

    while (at < end) {
        unsigned second = end - at >= 3 ? at[1] : 0, third = second != 0 ? at[2] : 0;
        if (at[0] == 0xEF && second == 0xBC && third >= 0x81 && third <= 0xBF) {
            *to++ = (char)(third - 0x60);
            at += 3;
        } else if (at[0] == 0xEF && second == 0xBD && third >= 0x80 && third <= 0x9E) {
            *to++ = (char)(third - 0x20);
            at += 3;
        } else if (at[0] == 0xE3 && second == 0x80 && third == 0x80) {
            *to++ = ' ';
            at += 3;
        } else {
            *to++ = (char)*at++;
        }
    }
    return (size_t)(to - out);
}

/* Length of the blank that the value begins (or ends) with; 0 if it does not. */
static size_t find_blank(const char *value, size_t size, bool at_end)
{
    static const char *const blanks[] = {" ",  "\t",       "\n",           "\r",           "\v",
                                         "\f", "\xC2\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF", "\xE2\x80\x8B"};

    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        size_t length = strlen(blanks[i]);
        if (size >= length && memcmp(at_end ? value + size - length : value, blanks[i], length) == 0)
            return length;
    }
    return 0;
}

HtText ht_text_trim(const char *value, size_t size)
{
    size_t length;

    while ((length = find_blank(value, size, false)) > 0) {
        value += length;
        size -= length;
    }
    while ((length = find_blank(value, size, true)) > 0)
        size -= length;
    return (HtText){value, size};
}
