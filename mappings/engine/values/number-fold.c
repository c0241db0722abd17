/* Numbers in the form in which they are compared; see number-fold.h. */
#include "mappings/engine/values/number-fold.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/text/value.h"

#include <glib.h>

/* ---- Characters ---- */

/* Nothing to fold in digits and capitals, and in hyphens where they count: nearly all numbers. */
static bool is_folded(HtText text, unsigned flags)
{
    bool any_case = flags & HT_FOLD_KEEP_CASE, hyphens = !(flags & HT_FOLD_SEPARATORS);
    unsigned odd = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        odd |= !g_ascii_isdigit(byte) && !g_ascii_isupper(byte) && !(any_case && g_ascii_islower(byte)) &&
               !(hyphens && byte == '-');
    }
    return !odd;
}

/* What is no letter and no digit beyond ASCII: hyphens of all kinds, brackets, №. */
static bool is_sign(uint32_t character)
{
    return !g_unichar_isalnum(character) && !g_unichar_ismark(character);
}

static bool is_dropped(uint32_t character, unsigned flags)
{
    if (character < 0x80) { /* nearly all, and without Unicode's tables */
        return character <= ' ' || character == 0x7f ||
               ((flags & HT_FOLD_SEPARATORS) && !g_ascii_isalnum((char)character));
    }
    bool invisible = g_unichar_type(character) == G_UNICODE_FORMAT || g_unichar_iscntrl(character);
    return ht_text_is_blank(character) || invisible || g_unichar_isspace(character) ||
           ((flags & HT_FOLD_SEPARATORS) && is_sign(character));
}

static uint32_t narrow(uint32_t character, unsigned flags)
{
    character = character >= 0xff01 && character <= 0xff5e ? character - 0xff01 + 0x21 : character;
    bool keep = character >= 0x80 || flags & HT_FOLD_KEEP_CASE;
    return keep ? character : (uint32_t)g_ascii_toupper((char)character);
}

static size_t fold(HtText text, unsigned flags, char *out)
{
    size_t used = 0;
    for (size_t i = 0, taken; i < text.size; i += taken) {
        uint32_t sent = ht_value_character(text.data + i, text.size - i, &taken);
        uint32_t character = narrow(sent, flags);
        if (is_dropped(character, flags)) {
            continue;
        }
        if (character < 0x80) {
            out[used++] = (char)character;
        } else {
            memmove(out + used, text.data + i, taken);
            used += taken;
        }
    }
    return used;
}

/* ---- Around the number ---- */

/* 12345.0 is 12345. Looked at before signs are dropped. */
static HtText cut_fraction(HtText text)
{
    size_t zeros = 0, digits = 0;
    while (zeros < text.size && text.data[text.size - 1 - zeros] == '0') {
        zeros++;
    }
    bool fraction = zeros > 0 && zeros + 1 < text.size && text.data[text.size - 1 - zeros] == '.';
    size_t whole = fraction ? text.size - 1 - zeros : 0;
    while (digits < whole && g_ascii_isdigit(text.data[digits])) {
        digits++;
    }
    return fraction && digits == whole ? (HtText){text.data, whole} : text;
}

static bool cut_start(HtText *text, const char *word)
{
    size_t size = strlen(word);
    bool found = text->size > size && memcmp(text->data, word, size) == 0;
    text->data += found ? size : 0;
    text->size -= found ? size : 0;
    return found;
}

static bool cut_end(HtText *text, const char *word)
{
    size_t size = strlen(word);
    bool found = text->size > size && memcmp(text->data + text->size - size, word, size) == 0;
    text->size -= found ? size : 0;
    return found;
}

/* NO before a number, or before its one letter. */
static void cut_latin_label(HtText *text)
{
    bool label = text->size > 4 && memcmp(text->data, "NO", 2) == 0;
    bool number = label && (g_ascii_isdigit(text->data[2]) ||
                            (g_ascii_isupper(text->data[2]) && g_ascii_isdigit(text->data[3])));
    text->data += number ? 2 : 0;
    text->size -= number ? 2 : 0;
}

static HtText cut_labels(HtText text)
{
    static const char *const labels[] = {"出生医学证明", "出生证明", "出生证", "医学证明", "证书",
                                         "证件",         "证明",     "编号",   "号码",     "证",
                                         "卡",           "字",       "第",     "号"};
    bool found = true;
    while (found) {
        found = false;
        for (size_t i = 0; i < G_N_ELEMENTS(labels); i++) {
            found |= cut_start(&text, labels[i]);
            found |= cut_end(&text, labels[i]);
        }
    }
    cut_latin_label(&text);
    return text;
}

HtText ht_number_fold(HtText text, unsigned flags, char *out)
{
    if (!is_folded(text, flags)) {
        text = cut_fraction((HtText){out, fold(text, flags & HT_FOLD_KEEP_CASE, out)});
        if (flags & HT_FOLD_SEPARATORS) {
            text.size = fold(text, flags, out);
        }
    }
    if (flags & HT_FOLD_SEPARATORS) {
        text = cut_labels(text);
    }
    return text.size > 0 ? text : HT_TEXT_NONE;
}
