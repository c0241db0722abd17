/* Reading flags and choices; see flag.h. Called for conditions that ask for them, at a record's end. */
#include "mappings/engine/rules/flag.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/text/value.h"

#define PADDED_MAX 4 /* digits of the longest code of which systems drop leading zeros */

/* Without what is not seen, in ASCII's width and small letters. */
static size_t squeeze(HtText text, char folded[HT_WORD_MAX])
{
    size_t used = 0;
    for (size_t i = 0, taken; i < text.size; i += taken) {
        uint32_t character = ht_value_character(text.data + i, text.size - i, &taken);
        if (ht_text_is_blank(character) || ht_text_is_invisible(character)) {
            continue;
        }
        size_t width = ht_value_fold(text.data + i, taken, folded + used, HT_WORD_MAX - 1 - used);
        if (width == SIZE_MAX) {
            return 0;
        }
        folded[used] = width == 1 ? g_ascii_tolower(folded[used]) : folded[used];
        used += width;
    }
    return used;
}

size_t ht_flag_fold(HtText text, char folded[HT_WORD_MAX])
{
    char number[HT_NUMBER_MAX];
    size_t size = squeeze(text, folded);
    size_t plain = size > 0 ? ht_value_integer(folded, size, number) : 0;
    if (plain > 0) {
        memcpy(folded, number, plain);
        return plain;
    }
    return size;
}

HtText ht_flag_number(HtText text, char *number)
{
    size_t size = ht_value_integer(text.data, text.size, number);
    size = size > 0 ? size : ht_value_decimal(text.data, text.size, number);
    return size > 0 ? (HtText){number, size} : HT_TEXT_NONE;
}

HtFlagState ht_flag_read(const HtFlagRule *rule, HtText value)
{
    char folded[HT_WORD_MAX];
    size_t size = value.data ? ht_flag_fold(value, folded) : 0;
    for (unsigned i = 0; size > 0 && i < rule->n_words; i++) {
        if (ht_text_equal(rule->words[i], (HtText){folded, size})) {
            return i < rule->n_yes ? HT_FLAG_YES : HT_FLAG_NO;
        }
    }
    bool null = !value.data || ht_value_is_null(value.data, value.size, 0);
    return null ? rule->absent : HT_FLAG_UNREADABLE;
}

/* The entry that the text names. A code beside a text that says another one names none. */
static const HtTableEntry *resolve(const HtFlagRule *rule, HtText text)
{
    HtCode code = ht_code_resolve(rule->table, rule->translation, text);
    bool sure = code.status == HT_CODE_OK && !(code.marks & HT_MARK_BIT(HT_MARK_CODE_TEXT_DIFFERS));
    return sure ? code.entry : NULL;
}

/* The same, in one case of letters or the other. */
static const HtTableEntry *find_cased(const HtFlagRule *rule, char *text, size_t size)
{
    const HtTableEntry *entry = resolve(rule, (HtText){text, size});
    for (size_t i = 0; i < size; i++) {
        text[i] = g_ascii_toupper(text[i]);
    }
    return entry ? entry : resolve(rule, (HtText){text, size});
}

/* As systems mangle codes on their way: `11.0`, `011`, ` 11`, `ia`; and 1 for 01, where there is no 1. */
static const HtTableEntry *find_mangled(const HtFlagRule *rule, HtText value)
{
    char text[HT_WORD_MAX + PADDED_MAX];
    size_t size = ht_flag_fold(value, text);
    const HtTableEntry *entry = size > 0 ? find_cased(rule, text, size) : NULL;
    while (!entry && size > 0 && size < PADDED_MAX && g_ascii_isdigit(text[0])) {
        memmove(text + 1, text, size++);
        text[0] = '0';
        entry = find_cased(rule, text, size);
    }
    return entry;
}

const HtTableEntry *ht_flag_code(const HtFlagRule *rule, HtText value, bool *unreadable)
{
    *unreadable = false;
    if (!value.data) {
        return NULL;
    }
    const HtTableEntry *entry = resolve(rule, value);
    if (!entry && !ht_value_is_null(value.data, value.size, 0)) {
        entry = find_mangled(rule, value);
        *unreadable = !entry && !rule->lenient;
    }
    return entry;
}
