/*
 * text/value.c: looks at single values: replacement and private-use characters, the name dot, blanks.
 *
 * Called by the mapping engine for each element value, in the adapter host's only thread.
 */
#include "mappings/engine/text/value.h"

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

/* Names show what harm came to them in ways that other texts may have honestly. */
static unsigned find_loss_in_name(uint32_t earlier, uint32_t before, uint32_t character)
{
    bool in_row = (before == 0x951F && character == 0x65A4) || (before == 0x65A4 && character == 0x62F7) ||
                  (before == 0x62F7 && character == 0x951F) || (before == 0x70EB && character == 0x70EB) ||
                  (earlier == 0x5C6F && before == 0x5C6F && character == 0x5C6F);

    return in_row || character == '?' || character == 0xFF1F ? HT_TEXT_LOST : 0;
}

/* A byte that begins something worth a look in a name whose text has no trait: signs of ASCII, 锟 (E9), 斤 and 拷 (E6), 烫
 * (E7), 屯 (E5), each with its second byte. */
static bool shows_in_name(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)value[i], next = i + 1 < size ? (unsigned char)value[i + 1] : 0;
        if (byte == '.' || byte == '?' || (byte == 0xE9 && next == 0x94) ||
            (byte == 0xE6 && (next == 0x96 || next == 0x8B)) || (byte == 0xE7 && next == 0x83) ||
            (byte == 0xE5 && next == 0xB1))
            return true;
    }
    return false;
}

unsigned ht_text_value_marks(const char *value, size_t size, unsigned traits, bool is_name)
{
    const unsigned always = HT_TRAIT_REPLACEMENT | HT_TRAIT_PRIVATE_USE | HT_TRAIT_REFERENCE | HT_TRAIT_BOX;
    const unsigned in_names = HT_TRAIT_LOOKALIKE_DOT | HT_TRAIT_FULL_WIDTH;
    unsigned marks = 0;
    uint32_t earlier = 0, before = 0;

    if ((traits & always) == 0 && !(is_name && ((traits & in_names) != 0 || shows_in_name(value, size))))
        return 0;
    for (const char *at = value, *end = value + size; at < end;) {
        uint32_t character = read_character(&at, end);
        marks |= is_name ? find_loss_in_name(earlier, before, character) : 0;
        if (character == 0xFFFD)
            marks |= HT_TEXT_REPLACEMENT_CHARACTER | HT_TEXT_LOST;
        else if (character == 0x25A1 || character == 0x25AF)
            marks |= HT_TEXT_LOST;
        else if (is_private_use(character))
            marks |= HT_TEXT_PRIVATE_USE;
        else if (is_name && is_wrong_dot(before, character, peek_character(at, end)))
            marks |= HT_TEXT_NAME_DOT;
        earlier = before;
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

bool ht_text_may_hide(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)value[i];
        if (byte >= 0x7F &&
            (byte == 0x7F || byte == 0xC2 || byte == 0xD8 || byte == 0xE1 || byte == 0xE2 || byte == 0xEF))
            return true;
    }
    return false;
}

/* Letters that change their form with their neighbours, as blocks of Unicode have them. */
static bool is_joining(uint32_t character)
{
    return (character >= 0x600 && character <= 0xDFF && character != 0x61C) ||
           (character >= 0x1800 && character <= 0x18AF && character != 0x180E) ||
           (character >= 0xFB50 && character <= 0xFDFF) || (character >= 0xFE70 && character <= 0xFEFC);
}

size_t ht_text_drop_invisible(const char *value, size_t size, char *out)
{
    const char *end = value + size;
    char *to = out;
    uint32_t before = 0;

    for (const char *at = value; at < end;) {
        const char *from = at;
        uint32_t character = read_character(&at, end);
        bool joins = (character == 0x200C || character == 0x200D || character == 0x180E) &&
                     is_joining(before) && is_joining(peek_character(at, end));
        if (ht_text_is_invisible(character) && !joins)
            continue;
        memcpy(to, from, (size_t)(at - from));
        to += at - from;
        before = character;
    }
    return (size_t)(to - out);
}

/* Size of the tag that the value begins with; 0 if it does not. */
static size_t tag_at_start(const char *value, size_t size)
{
    bool tag =
        size > 2 && value[0] == '<' && (g_ascii_isalpha(value[1]) || value[1] == '/' || value[1] == '!');
    const char *close = tag ? memchr(value, '>', size) : NULL;
    return close ? (size_t)(close - value) + 1 : 0;
}

/* Size of the reference that the value begins with, and the character that it means; 0 if it does not. */
static size_t reference_at_start(const char *value, size_t size, char *character)
{
    static const struct {
        const char *name;
        char means;
    } references[] = {{"&nbsp;", ' '}, {"&lt;", '<'},   {"&gt;", '>'},    {"&amp;", '&'},
                      {"&quot;", '"'}, {"&#39;", '\''}, {"&apos;", '\''}, {"&#160;", ' '}};
    for (unsigned i = 0; i < G_N_ELEMENTS(references); i++) {
        size_t length = strlen(references[i].name);
        if (size >= length && g_ascii_strncasecmp(value, references[i].name, length) == 0) {
            *character = references[i].means;
            return length;
        }
    }
    return 0;
}

size_t ht_text_drop_markup(const char *value, size_t size, char *out)
{
    char *to = out;
    for (size_t at = 0; at < size;) {
        char character = value[at];
        size_t tag = tag_at_start(value + at, size - at);
        size_t reference = tag > 0 ? 0 : reference_at_start(value + at, size - at, &character);
        if (tag == 0) {
            *to++ = character;
        }
        at += tag > 0 ? tag : reference > 0 ? reference : 1;
    }
    return (size_t)(to - out);
}

/* The byte that `%hh` at the value's beginning stands for, or -1. */
static int read_percent(const char *value, size_t size)
{
    int high = size >= 3 ? g_ascii_xdigit_value(value[1]) : -1;
    int low = size >= 3 ? g_ascii_xdigit_value(value[2]) : -1;
    return value[0] == '%' && high >= 0 && low >= 0 ? high * 16 + low : -1;
}

static bool has_percent(const char *value, size_t size)
{
    const char *at = value, *end = value + size;
    while ((at = memchr(at, '%', (size_t)(end - at))) && read_percent(at, (size_t)(end - at)) < 0) {
        at++;
    }
    return at != NULL;
}

size_t ht_text_decode_url(const char *value, size_t size, char *out)
{
    char *to = out;
    if (!has_percent(value, size)) {
        return 0;
    }
    for (size_t at = 0; at < size;) {
        int byte = read_percent(value + at, size - at);
        *to++ = byte >= 0 ? (char)byte : value[at] == '+' ? ' ' : value[at];
        at += byte >= 0 ? 3 : 1;
    }
    size_t decoded = (size_t)(to - out);
    return g_utf8_validate_len(out, decoded, NULL) ? decoded : 0;
}

bool ht_text_is_blank(uint32_t character)
{
    return character == ' ' || (character >= '\t' && character <= '\r') || character == 0xA0 ||
           character == 0x3000 || character == 0xFEFF || character == 0x200B;
}

/* Size of the blank that the value begins with; 0 if it does not. */
static size_t blank_at_start(const char *value, size_t size)
{
    const char *at = value;

    return size > 0 && ht_text_is_blank(read_character(&at, value + size)) ? (size_t)(at - value) : 0;
}

static size_t blank_at_end(const char *value, size_t size)
{
    const char *end = value + size, *start = end;

    while (start > value && end - start < 2 && (start[-1] & 0xC0) == 0x80)
        start--;
    if (start == value)
        return 0;
    const char *at = --start;
    return ht_text_is_blank(read_character(&at, end)) && at == end ? (size_t)(end - start) : 0;
}

HtText ht_text_trim_blanks(const char *value, size_t size)
{
    size_t length;

    while ((length = blank_at_start(value, size)) > 0) {
        value += length;
        size -= length;
    }
    while (size > 0 && (length = blank_at_end(value, size)) > 0)
        size -= length;
    return (HtText){value, size};
}
