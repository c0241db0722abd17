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

static bool is_wide_letter(uint32_t character)
{
    return (character >= 0xFF21 && character <= 0xFF3A) || (character >= 0xFF41 && character <= 0xFF5A);
}

static bool is_latin(uint32_t character)
{
    uint32_t lower = character | 0x20;

    if (character < 0x80)
        return lower >= 'a' && lower <= 'z';
    return (character >= 0xC0 && character <= 0x24F && character != 0xD7 && character != 0xF7) ||
           (character >= 0x1E00 && character <= 0x1EFF) || is_wide_letter(character);
}

/* Tells whether `character` is taken for the name dot between the two beside it. */
static bool is_wrong_dot(uint32_t before, uint32_t character, uint32_t after)
{
    if (character == '.')
        return is_chinese(before) && is_chinese(after);
    return ht_text_is_lookalike_dot(character) && (is_chinese(before) || is_latin(before)) &&
           (is_chinese(after) || is_latin(after));
}

static const char *skip_blanks(const char *at, const char *end)
{
    const char *next = at;
    while (next < end && ht_text_is_blank(read_character(&next, end)))
        at = next;
    return at;
}

/* The first character from `at` on that is no blank; 0 when there is none. */
static uint32_t peek_letter(const char *at, const char *end)
{
    at = skip_blanks(at, end);
    return at < end ? read_character(&at, end) : 0;
}

/* How many Chinese characters stand in a row from `at` on, two at most. */
static unsigned count_chinese(const char *at, const char *end)
{
    unsigned count = 0;
    while (at < end && count < 2 && is_chinese(read_character(&at, end)))
        count++;
    return count;
}

/* What is written of a name, and what has been looked at of it. */
typedef struct {
    char *to;        /* NULL: only marks are asked for */
    unsigned marks;  /* NAME_DOT, NAME_FOLDED */
    uint32_t before; /* the last character that is no blank; the dot in place of its look-alike */
    unsigned row;    /* Chinese characters since the last other one or blank */
} NameWalk;

static void put_text(NameWalk *name, const char *from, size_t size)
{
    if (name->to) {
        memcpy(name->to, from, size);
        name->to += size;
    }
}

static bool is_dot_here(uint32_t before, uint32_t character, const char *behind, const char *end)
{
    return character == 0xB7 || is_wrong_dot(before, character, peek_letter(behind, end));
}

/* Blanks that end at `at`. Beside the dot and beside a single Chinese character they only space a name out (two words of two
 * characters may be two persons); between Latin words one ASCII blank is meant. */
static void put_blanks(NameWalk *name, const char *from, const char *at, const char *end)
{
    const char *behind = at;
    uint32_t after = at < end ? read_character(&behind, end) : 0;
    bool inside = name->before && after;
    bool dotted = inside && (name->before == 0xB7 || is_dot_here(name->before, after, behind, end));
    bool spaced =
        is_chinese(name->before) && is_chinese(after) && (name->row == 1 || count_chinese(at, end) == 1);
    bool plain = at - from == 1 && *from == ' ';
    if (dotted || spaced) {
        name->marks |= HT_TEXT_NAME_FOLDED;
    } else if (!plain && is_latin(name->before) && is_latin(after)) {
        name->marks |= HT_TEXT_NAME_FOLDED;
        put_text(name, " ", 1);
    } else {
        put_text(name, from, (size_t)(at - from));
    }
    name->row = 0;
}

static void put_letter(NameWalk *name, const char *from, uint32_t character, const char *at, const char *end)
{
    bool wrong = is_wrong_dot(name->before, character, peek_letter(at, end));
    char narrow = is_wide_letter(character) ? (char)(character - 0xFF21 + 'A') : '\0';
    if (wrong) {
        put_text(name, "\xC2\xB7", 2);
        name->marks |= HT_TEXT_NAME_DOT;
    } else if (narrow) {
        put_text(name, &narrow, 1);
        name->marks |= HT_TEXT_NAME_FOLDED;
    } else {
        put_text(name, from, (size_t)(at - from));
    }
    name->row = is_chinese(character) ? name->row + 1 : 0;
    name->before = wrong ? 0xB7 : character;
}

static void walk_name(NameWalk *name, const char *value, size_t size)
{
    const char *end = value + size;
    for (const char *at = value; at < end;) {
        const char *from = at;
        uint32_t character = read_character(&at, end);
        if (!ht_text_is_blank(character)) {
            put_letter(name, from, character, at, end);
            continue;
        }
        at = skip_blanks(at, end);
        put_blanks(name, from, at, end);
    }
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
 * (E7), 屯 (E5), each with its second byte; and all that ht_text_is_blank() knows. */
static bool shows_in_name(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)value[i], next = i + 1 < size ? (unsigned char)value[i + 1] : 0;
        bool blank = byte == ' ' || (byte >= '\t' && byte <= '\r') || (byte == 0xC2 && next == 0xA0) ||
                     (byte == 0xE3 && next == 0x80) || (byte == 0xE2 && next == 0x80) ||
                     (byte == 0xEF && next == 0xBB);
        if (byte == '.' || byte == '?' || blank || (byte == 0xCE && next == 0x87) ||
            (byte == 0xE9 && next == 0x94) || (byte == 0xE6 && (next == 0x96 || next == 0x8B)) ||
            (byte == 0xE7 && next == 0x83) || (byte == 0xE5 && next == 0xB1))
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
        earlier = before;
        before = character;
    }
    NameWalk name = {.marks = marks};
    if (is_name)
        walk_name(&name, value, size);
    return name.marks;
}

size_t ht_text_fix_name(const char *value, size_t size, char *out)
{
    NameWalk name = {.to = out};
    walk_name(&name, value, size);
    return (size_t)(name.to - out);
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
                     is_joining(before) && is_joining(peek_letter(at, end));
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
