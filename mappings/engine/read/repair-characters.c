/* Repairs of single characters: forbidden ones, and `&` that begins nothing. Called by repair.c in the host. */
#include "mappings/engine/read/markup.h"
#include "mappings/engine/read/repair-steps.h"

#include <glib.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static bool has_references(HtMarkupKind kind)
{
    return kind == HT_MARKUP_TEXT || kind == HT_MARKUP_START || kind == HT_MARKUP_EMPTY;
}

/* The size of a numeric reference at `at` ('&') with its ';', and its character; 0 when it is none. A number beyond
 * Unicode stays beyond it. */
static size_t read_reference(const char *at, const char *end, uint32_t *character)
{
    const char *digits = at + 2;
    if (end - at < 4 || at[1] != '#') {
        return 0;
    }
    bool is_hex = *digits == 'x' || *digits == 'X';
    digits += is_hex;
    const char *from = digits;
    *character = 0;
    for (; digits < end && *digits != ';'; digits++) {
        int digit = is_hex ? g_ascii_xdigit_value(*digits) : g_ascii_digit_value(*digits);
        if (digit < 0) {
            return 0;
        }
        *character = MIN(*character * (is_hex ? 16 : 10) + (uint32_t)digit, 0x110000);
    }
    return digits < end && digits > from ? (size_t)(digits + 1 - at) : 0;
}

/* Char of XML 1.0 (production 2), negated. */
static bool is_forbidden(uint32_t character)
{
    return (character < 0x20 && character != '\t' && character != '\n' && character != '\r') ||
           (character >= 0xd800 && character < 0xe000) || character == 0xfffe || character == 0xffff ||
           character > 0x10ffff;
}

/* The size of what is forbidden at `at`, 0 when it is a good character. */
static size_t measure_forbidden(const char *at, const char *end, bool references)
{
    unsigned char byte = (unsigned char)*at;
    uint32_t character;
    if (byte < 0x20) {
        return is_forbidden(byte);
    }
    if (byte == 0xef && end - at >= 3 && memcmp(at, "\xef\xbf", 2) == 0 && (unsigned char)at[2] >= 0xbe) {
        return 3;
    }
    if (byte == '&' && references) {
        size_t size = read_reference(at, end, &character);
        return size > 0 && is_forbidden(character) ? size : 0;
    }
    return 0;
}

/* Two references that are the surrogates of one character, as serialisers in Java have written it; also with the `X` that XML
 * does not know. Their size together, 0 when there are none. */
static size_t read_surrogates(const char *at, const char *end, uint32_t *character)
{
    uint32_t high = 0, low = 0;
    size_t first = read_reference(at, end, &high);
    if (first == 0 || high < 0xd800 || high > 0xdbff) {
        return 0;
    }
    size_t second = at + first < end && at[first] == '&' ? read_reference(at + first, end, &low) : 0;
    if (second == 0 || low < 0xdc00 || low > 0xdfff) {
        return 0;
    }
    *character = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
    return first + second;
}

/* Copies a piece of markup, with surrogates put together. */
static bool join_surrogates(const char *at, const char *end, HtRepairOutput *output)
{
    const char *from = at;
    bool changed = false;
    while (at < end && (at = memchr(at, '&', (size_t)(end - at)))) {
        uint32_t character;
        size_t size = read_surrogates(at, end, &character);
        if (size > 0) {
            char bytes[6];
            ht_repair_put(output, from, (size_t)(at - from));
            ht_repair_put(output, bytes, (size_t)g_unichar_to_utf8(character, bytes));
            from = at + size;
            changed = true;
        }
        at += size > 0 ? size : 1;
    }
    ht_repair_put(output, from, (size_t)(end - from));
    return changed;
}

bool ht_repair_surrogates(HtText text, HtRepairOutput *output)
{
    bool changed = false;
    const char *end = text.data + text.size;
    if (!memmem(text.data, text.size, "&#", 2)) {
        return false;
    }
    for (const char *at = text.data; at < end && !output->full;) {
        HtMarkup piece = ht_markup_read(at, end);
        const char *stop = at + piece.text.size;
        if (has_references(piece.kind)) {
            changed = join_surrogates(at, stop, output) || changed;
        } else {
            ht_repair_put(output, at, piece.text.size);
        }
        at = stop;
    }
    return changed;
}

bool ht_repair_controls(HtText text, HtRepairOutput *output)
{
    bool changed = false;
    const char *end = text.data + text.size;
    for (const char *at = text.data; at < end && !output->full;) {
        HtMarkup piece = ht_markup_read(at, end);
        const char *stop = at + piece.text.size, *from = at;
        while (at < stop) {
            size_t size = measure_forbidden(at, stop, has_references(piece.kind));
            if (size > 0) {
                ht_repair_put(output, from, (size_t)(at - from));
                ht_repair_put(output, REPLACEMENT, 3);
                from = at + size;
                changed = true;
            }
            at += size > 0 ? size : 1;
        }
        ht_repair_put(output, from, (size_t)(stop - from));
    }
    return changed;
}

/* Without a DTD, which is never accepted, XML knows five entities. `at` is at '&'. */
static bool begins_entity(const char *at, const char *end)
{
    static const char *const entities[] = {"lt;", "gt;", "amp;", "apos;", "quot;"};
    uint32_t character;
    for (size_t i = 0; i < G_N_ELEMENTS(entities); i++) {
        size_t size = strlen(entities[i]);
        if ((size_t)(end - at) > size && memcmp(at + 1, entities[i], size) == 0) {
            return true;
        }
    }
    return read_reference(at, end, &character) > 0 && at[2] != 'X';
}

bool ht_repair_ampersands(HtText text, HtRepairOutput *output)
{
    bool changed = false;
    const char *end = text.data + text.size;
    for (const char *at = text.data; at < end && !output->full;) {
        HtMarkup piece = ht_markup_read(at, end);
        const char *stop = at + piece.text.size;
        const char *sign = has_references(piece.kind) ? memchr(at, '&', piece.text.size) : NULL;
        while (sign) {
            size_t size = (size_t)(sign + 1 - at);
            ht_repair_put(output, at, size);
            if (!begins_entity(sign, stop)) {
                ht_repair_put(output, "amp;", 4);
                changed = true;
            }
            at = sign + 1;
            sign = memchr(at, '&', (size_t)(stop - at));
        }
        ht_repair_put(output, at, (size_t)(stop - at));
        at = stop;
    }
    return changed;
}
