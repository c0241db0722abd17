/* Values before they are dates, numbers or codes. Called by the mapping engine for each element of each
 * record (hot path, host process) and by the tools. Pure; any thread. */
#include "mappings/engine/values/convert.h"

#include "mappings/engine/text/value.h"

/* ---- Reading UTF-8 ---- */

uint32_t ht_value_character(const char *text, size_t size, size_t *taken)
{
    unsigned char first = (unsigned char)text[0];
    *taken = 1;
    if (first < 0x80) {
        return first;
    }
    size_t wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || wanted > size) {
        return 0xfffd;
    }
    uint32_t character = first & (0xff >> (wanted + 1));
    for (size_t i = 1; i < wanted; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) {
            return 0xfffd;
        }
        character = character << 6 | ((unsigned char)text[i] & 0x3f);
    }
    *taken = wanted;
    return character;
}

size_t ht_value_length(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0, taken; i < size; i += taken) {
        taken = 1;
        if ((unsigned char)text[i] >= 0x80) {
            ht_value_character(text + i, size - i, &taken);
        }
        count++;
    }
    return count;
}

/* The ASCII sign that a full-width character stands for, or 0. */
char ht_value_narrow(uint32_t character)
{
    if (character >= 0xff01 && character <= 0xff5e) {
        return (char)(character - 0xff01 + 0x21);
    }
    return character == 0x3000 ? ' ' : '\0';
}

/* ---- Null ---- */

#define SPELLING(literal)            \
    {                                \
        literal, sizeof(literal) - 1 \
    }

#define SPELLING_MAX 20 /* characters of the longest spelling */

/* What programs write for "there is none": in lower case, narrow, without blanks and without quotes around it. */
static bool is_null_spelling(HtText text)
{
    static const HtText spellings[] = {
        SPELLING("null"),
        SPELLING("(null)"),
        SPELLING("<null>"),
        SPELLING("[null]"),
        SPELLING("{null}"),
        SPELLING("nil"),
        SPELLING("(nil)"),
        SPELLING("<nil>"),
        SPELLING("none"),
        SPELLING("n/a"),
        SPELLING("#n/a"),
        SPELLING("#null!"),
        SPELLING("#value!"),
        SPELLING("#ref!"),
        SPELLING("nan"),
        SPELLING("undefined"),
        SPELLING("[undefined]"),
        SPELLING("\\n"),
        SPELLING("{}"),
        SPELLING("[]"),
        SPELLING("()"),
        SPELLING("<>"),
        SPELLING("[{}]"),
        SPELLING("[[]]"),
        SPELLING("anytype{}"),
        SPELLING("[objectobject]"),
        SPELLING("[objectnull]"),
        SPELLING("[objectundefined]"),
        SPELLING("dbnull"),
        SPELLING("system.dbnull"),
        SPELLING("system.object"),
        SPELLING("dbnull.value"),
        SPELLING("&nbsp;"),
        SPELLING("&amp;nbsp;"),
        SPELLING("&nbsp"),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++) {
        if (ht_text_equal(text, spellings[i])) {
            return true;
        }
    }
    return false;
}

static bool is_quote(char byte)
{
    return byte == '"' || byte == '\'';
}

/* True when folded, without blanks and one pair of quotes, it is one of the spellings. Quotes around nothing are one, too. */
static bool is_folded_null(HtText text)
{
    char folded[SPELLING_MAX + 2];
    size_t used = 0;
    for (size_t i = 0, taken; i < text.size; i += taken) {
        uint32_t character = ht_value_character(text.data + i, text.size - i, &taken);
        char ascii = character < 0x80 ? (char)character : ht_value_narrow(character);
        if (ht_text_is_blank(character)) {
            continue;
        }
        if (!ascii || used == sizeof folded) {
            return false;
        }
        folded[used++] = g_ascii_tolower(ascii);
    }
    bool quoted = used >= 2 && is_quote(folded[0]) && folded[0] == folded[used - 1];
    return (quoted && used == 2) || is_null_spelling((HtText){folded + quoted, used - 2 * quoted});
}

/* True for what may begin a spelling, so that others are not folded: an initial of a word, a bracket, a sign, or what may be
 * full-width. */
static bool may_spell_null(unsigned char first)
{
    return first == 0xef || (first < 0x80 && strchr("nNuUaAdDsS([{<#&\\\"'", first));
}

static bool is_null_word(HtText text)
{
    static const HtText words[] = {SPELLING("无"), SPELLING("暂无"), SPELLING("空"), SPELLING("未填"),
                                   SPELLING("未填写")};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (ht_text_equal(text, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_null_sign(uint32_t character)
{
    switch (character) {
    case '-':
    case '_':
    case '/':
    case '\\':
    case '*':
    case '.':
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x3002:
    case 0xff0d:
    case 0xff0f:
    case 0xff3f: return true;
    default: return ht_text_is_blank(character);
    }
}

static bool is_all_signs(HtText text)
{
    for (size_t i = 0, taken; i < text.size; i += taken) {
        if (!is_null_sign(ht_value_character(text.data + i, text.size - i, &taken))) {
            return false;
        }
    }
    return true;
}

#define NULL_WORD_MAX 60 /* bytes; a longer value can only be a row of signs */

bool ht_value_is_null(const char *text, size_t size, unsigned flags)
{
    HtText value = ht_text_trim(text, size);
    if (value.size == 0) {
        return true;
    }
    unsigned char first = (unsigned char)value.data[0];
    if (g_ascii_isdigit(first)) { /* most values that are not names */
        return false;
    }
    if (value.size <= NULL_WORD_MAX) {
        bool keep_words = flags & HT_NULL_KEEP_WORDS;
        if (may_spell_null(first) && is_folded_null(value)) {
            return true;
        }
        if (first >= 0x80 && !keep_words && is_null_word(value)) {
            return true;
        }
    }
    return !(flags & HT_NULL_KEEP_SIGNS) && is_all_signs(value);
}

/* ---- Width ---- */

size_t ht_value_fold(const char *text, size_t size, char *out, size_t room)
{
    size_t used = 0;
    for (size_t i = 0, taken; i < size; i += taken) {
        char ascii = ht_value_narrow(ht_value_character(text + i, size - i, &taken));
        size_t width = ascii ? 1 : taken;
        if (room - used < width) {
            return SIZE_MAX;
        }
        if (ascii) {
            out[used] = ascii;
        } else {
            memcpy(out + used, text + i, taken);
        }
        used += width;
    }
    return used;
}

/* ---- Names ---- */

bool ht_value_is_dot(uint32_t character)
{
    return character == '.' || character == 0xb7 || ht_text_is_lookalike_dot(character);
}

/* ---- Codes ---- */

static bool is_code_character(char byte)
{
    return g_ascii_isalnum(byte);
}

static bool is_code(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_code_character(text.data[i])) {
            return false;
        }
    }
    return text.size > 0;
}

/* CODE sign TEXT. */
static bool split_before(HtText value, HtText *code, HtText *text)
{
    size_t at = 0;
    while (at < value.size && is_code_character(value.data[at])) {
        at++;
    }
    if (at == 0 || at == value.size || !strchr("/|-: ", value.data[at]) || value.data[at] == '\0') {
        return false;
    }
    *code = (HtText){value.data, at};
    *text = ht_text_trim(value.data + at + 1, value.size - at - 1);
    return text->size > 0 && !is_code(*text);
}

/* TEXT(CODE), with either kind of bracket. */
static bool split_bracketed(HtText value, HtText *code, HtText *text)
{
    size_t closing = 0, opening = 0;
    if (value.size >= 3 && value.data[value.size - 1] == ')') {
        closing = 1;
    } else if (value.size >= 3 && memcmp(value.data + value.size - 3, "）", 3) == 0) {
        closing = 3;
    } else {
        return false;
    }
    size_t end = value.size - closing, start = end;
    while (start > 0 && is_code_character(value.data[start - 1])) {
        start--;
    }
    if (start >= 1 && value.data[start - 1] == '(') {
        opening = 1;
    } else if (start >= 3 && memcmp(value.data + start - 3, "（", 3) == 0) {
        opening = 3;
    }
    if (opening == 0 || start == end || start == opening) {
        return false;
    }
    *code = (HtText){value.data + start, end - start};
    *text = ht_text_trim(value.data, start - opening);
    return text->size > 0 && !is_code(*text);
}

/* False when the value has neither form; code and text are then as before. */
static bool split_code(HtText value, HtText *code, HtText *text)
{
    HtText trimmed = ht_text_trim(value.data, value.size);
    HtText found_code, found_text;
    if (!split_before(trimmed, &found_code, &found_text) &&
        !split_bracketed(trimmed, &found_code, &found_text)) {
        return false;
    }
    *code = found_code;
    *text = found_text;
    return true;
}

/* 1/2, 20/30, 6/7/8/9: codes with slashes or commas between, two at least. */
static bool is_compound(HtText value)
{
    size_t separators = 0, run = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (is_code_character(value.data[i])) {
            run++;
            continue;
        }
        if (!strchr("/,;|", value.data[i]) || value.data[i] == '\0' || run == 0) {
            return false;
        }
        separators++;
        run = 0;
    }
    return separators > 0 && run > 0;
}

#define CODE_ROOM 64

typedef struct {
    const HtTable *table;
    const HtTranslation *translation;
} CodeSystem;

static const HtTableEntry *translate(const CodeSystem *system, HtText value, HtMarks *marks)
{
    if (!system->translation) {
        return NULL;
    }
    const HtTranslationEntry *row = ht_translation_find(system->translation, value.data, value.size);
    if (!row) {
        return NULL;
    }
    *marks |= row->has_mark ? HT_MARK_BIT(row->mark) : 0;
    return row->to;
}

static const HtTableEntry *find_in_table(const CodeSystem *system, HtText value, HtMarks *marks)
{
    if (system->translation && ht_translation_closed(system->translation)) {
        return NULL;
    }
    const HtTableEntry *entry = ht_table_find(system->table, value.data, value.size);
    if (entry && strcmp(entry->status, "deprecated") == 0) {
        *marks |= HT_MARK_BIT(HT_MARK_CODE_DEPRECATED);
    }
    return entry;
}

/* The translation first, then the standard's own codes, unless the source's are known to be others, then
 * its words. */
static const HtTableEntry *find_either(const CodeSystem *system, HtText value, HtMarks *marks)
{
    const HtTableEntry *entry = translate(system, value, marks);
    if (entry) {
        *marks |= is_code(value) ? 0 : HT_MARK_BIT(HT_MARK_CODE_FROM_TEXT);
        return entry;
    }
    entry = find_in_table(system, value, marks);
    if (entry) {
        return entry;
    }
    entry = ht_table_find_name(system->table, value.data, value.size);
    *marks |= entry ? HT_MARK_BIT(HT_MARK_CODE_FROM_TEXT) : 0;
    return entry;
}

/* In ASCII's width, and then in capital letters, in which most codes are written. */
static const HtTableEntry *find_folded(const CodeSystem *system, HtText value, HtMarks *marks)
{
    char folded[CODE_ROOM];
    size_t size = ht_value_fold(value.data, value.size, folded, sizeof folded);
    if (size == SIZE_MAX) {
        return NULL;
    }
    HtText narrow_value = ht_text_trim(folded, size);
    const HtTableEntry *entry = size < value.size ? find_either(system, narrow_value, marks) : NULL;
    if (entry) {
        return entry;
    }
    bool small = false;
    for (size_t i = 0; i < size; i++) {
        small = small || g_ascii_islower(folded[i]);
        folded[i] = g_ascii_toupper(folded[i]);
    }
    return small ? find_either(system, narrow_value, marks) : NULL;
}

/* The code counts, the text beside it only when the code says nothing. When both say something else, that
 * is marked. */
static const HtTableEntry *find_split(const CodeSystem *system, HtText value, HtCode *result)
{
    if (!split_code(value, &result->code, &result->text)) {
        return NULL;
    }
    HtMarks text_marks = 0;
    const HtTableEntry *by_code = find_either(system, result->code, &result->marks);
    const HtTableEntry *by_text = find_either(system, result->text, &text_marks);
    if (!by_code) {
        result->marks |= text_marks;
        return by_text;
    }
    if (by_text && by_text != by_code) {
        result->marks |= HT_MARK_BIT(HT_MARK_CODE_TEXT_DIFFERS);
    }
    return by_code;
}

static void explain_unmapped(HtText value, HtCode *result)
{
    result->status = HT_CODE_UNMAPPED;
    result->marks = HT_MARK_BIT(HT_MARK_CODE_UNMAPPED);
    if (is_compound(value)) {
        result->marks |= HT_MARK_BIT(HT_MARK_CODE_COMPOUND);
        result->code = value;
        result->text = HT_TEXT_NONE; /* what stands behind the first slash is no text */
    } else if (!result->code.data) {
        *(is_code(value) ? &result->code : &result->text) = value;
    }
}

HtCode ht_code_resolve(const HtTable *table, const HtTranslation *translation, HtText value)
{
    CodeSystem system = {table, translation};
    HtCode result = {.status = HT_CODE_OK};
    HtText trimmed = ht_text_trim(value.data, value.size);
    result.entry = find_either(&system, trimmed, &result.marks);
    if (result.entry) {
        return result;
    }
    if (ht_value_is_null(trimmed.data, trimmed.size, 0)) {
        result.status = HT_CODE_NULL;
        return result;
    }
    result.entry = find_folded(&system, trimmed, &result.marks);
    if (!result.entry) {
        result.entry = find_split(&system, trimmed, &result);
    }
    if (!result.entry) {
        explain_unmapped(trimmed, &result);
    }
    return result;
}
