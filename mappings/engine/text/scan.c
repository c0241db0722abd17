/*
 * text/scan.c: checks UTF-8 and gathers the traits of a text in one pass.
 *
 * Called by text.c for each message, in the adapter host's only thread; no state, so any thread may call
 * it.
 *
 * With SSE2, 16 bytes are compared with the 16 that begin one, two and three bytes earlier: that tells whether
 * each lead has its continuations and no continuation is alone. Only leads for which this is not enough are
 * looked at one by one: those of two bytes (rare in Chinese text), those with a narrower second byte, and those
 * under which the characters live that a trait speaks of. Chinese characters, leads E4 to E9, are never among
 * them.
 */
#include "mappings/engine/text/scan.h"

#include <glib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

size_t ht_text_utf8_sequence(const uint8_t *bytes, size_t size, bool *valid)
{
    uint8_t lead = bytes[0], low = 0x80, high = 0xBF;
    size_t length;

    *valid = lead < 0x80;
    if (lead < 0xC2 || lead > 0xF4)
        return 1;
    length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (lead == 0xE0)
        low = 0xA0;
    else if (lead == 0xED)
        high = 0x9F;
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F;
    for (size_t i = 1; i < length; i++) {
        if (i >= size || bytes[i] < low || bytes[i] > high)
            return i;
        low = 0x80;
        high = 0xBF;
    }
    *valid = true;
    return length;
}

/* None of U+4000 to U+BFFF: ht_text_scan() passes over them. */
bool ht_text_is_lookalike_dot(uint32_t character)
{
    switch (character) {
    case 0x0387: /* Greek ano teleia */
    case 0x1427: /* Canadian syllabics final middle dot */
    case 0x16EB: /* runic single punctuation */
    case 0x2022: /* bullet */
    case 0x2024: /* one dot leader */
    case 0x2027: /* hyphenation point */
    case 0x2219: /* bullet operator */
    case 0x22C5: /* dot operator */
    case 0x25CF: /* black circle */
    case 0x25E6: /* white bullet */
    case 0x26AB: /* medium black circle */
    case 0x2E31: /* word separator middle dot */
    case 0x2E33: /* raised dot */
    case 0x3002: /* ideographic full stop */
    case 0x30FB: /* katakana middle dot */
    case 0x318D: /* Hangul letter araea */
    case 0xFE52: /* small full stop */
    case 0xFF0E: /* full-width full stop */
    case 0xFF61: /* half-width ideographic full stop */
    case 0xFF65: /* half-width katakana middle dot */ return true;
    default: return false;
    }
}

bool ht_text_is_invisible(uint32_t character)
{
    if (character < 0x2000)
        return (character >= 0x7F && character < 0xA0) || character == 0xAD || character == 0x61C ||
               character == 0x180E;
    return (character >= 0x200B && character <= 0x200F) || (character >= 0x202A && character <= 0x202E) ||
           (character >= 0x2060 && character <= 0x206F) || character == 0xFEFF ||
           (character >= 0xFFF9 && character <= 0xFFFB);
}

/* The trait of a character of the basic plane at U+0800 or above, by its number. */
static inline unsigned find_traits(uint32_t character)
{
    if (character > 0x3000 && character < 0xE000)
        return ht_text_is_lookalike_dot(character) ? HT_TRAIT_LOOKALIKE_DOT : 0;
    if (character >= 0xE000 && character <= 0xF8FF)
        return HT_TRAIT_PRIVATE_USE;
    if (character == 0xFFFD)
        return HT_TRAIT_REPLACEMENT;
    if (character >= 0xFFFE)
        return HT_TRAIT_CONTROL;
    unsigned traits = ht_text_is_lookalike_dot(character) ? HT_TRAIT_LOOKALIKE_DOT : 0;
    if (character == 0x3000 || (character >= 0xFF01 && character <= 0xFF5E))
        traits |= HT_TRAIT_FULL_WIDTH;
    if (character == 0x25A1 || character == 0x25AF)
        traits |= HT_TRAIT_BOX;
    if (ht_text_is_invisible(character))
        traits |= HT_TRAIT_INVISIBLE;
    return traits;
}

static bool check_two_bytes(const uint8_t *at, HtTextScan *found)
{
    if (ht_text_is_invisible((at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu)))
        found->traits |= HT_TRAIT_INVISIBLE;
    return at[0] >= 0xC2;
}

static bool check_four_bytes(const uint8_t *at, HtTextScan *found)
{
    uint32_t top =
        (at[0] & 0x07u) << 6 | (at[1] & 0x3Fu); /* the character's number without its last 12 bits */

    if (top >= 0xF0)
        found->traits |= HT_TRAIT_PRIVATE_USE;
    return top >= 0x10 && top < 0x110;
}

/*
 * Looks at one sequence whose lead byte says that its length alone does not settle it. Whether the
 * continuation bytes are such is checked elsewhere; here it is their range. Returns false for what is never
 * UTF-8.
 */
static inline bool check_sequence(const uint8_t *at, size_t left, HtTextScan *found)
{
    if (at[0] < 0xE0)
        return check_two_bytes(at, found);
    if (left < 3 || at[0] > 0xF4)
        return false;
    found->has_wide = true;
    if (at[0] >= 0xF0)
        return check_four_bytes(at, found);
    uint32_t character = (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
    found->traits |= find_traits(character);
    return character >= 0x800 && (character & 0xF800) != 0xD800;
}

/*
 * A numeric reference is "&#", or "&amp;#" where a document travels escaped inside another. Only the number
 * signs need a look, and those are rare.
 */
static bool has_reference(const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes, *end = bytes + size;

    while (at < end && (at = memchr(at, '#', (size_t)(end - at))) != NULL) {
        if (at > bytes && at[-1] == '&')
            return true;
        if (at - bytes >= 4 && memcmp(at - 4, "amp;", 4) == 0)
            return true;
        at++;
    }
    return false;
}

/* What needs a look at ASCII; both are rare, and one search over the text each. */
static unsigned find_ascii_traits(const uint8_t *bytes, size_t size)
{
    bool has_delete = size > 0 && memchr(bytes, 0x7F, size) != NULL;

    return (has_reference(bytes, size) ? HT_TRAIT_REFERENCE : 0) | (has_delete ? HT_TRAIT_INVISIBLE : 0);
}

bool ht_text_scan_portable(const uint8_t *bytes, size_t size, HtTextScan *scan)
{
    HtTextScan found = {0, false};

    for (size_t i = 0; i < size;) {
        if (bytes[i] < 0x80) {
            if (bytes[i] < 0x20 && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r')
                found.traits |= HT_TRAIT_CONTROL;
            i++;
            continue;
        }
        bool valid;
        size_t length = ht_text_utf8_sequence(bytes + i, size - i, &valid);
        if (!valid || !check_sequence(bytes + i, size - i, &found))
            return false;
        found.traits |= HT_TRAIT_NON_ASCII;
        i += length;
    }
    found.traits |= find_ascii_traits(bytes, size);
    *scan = found;
    return true;
}

#ifdef __SSE2__

enum {
    BLOCK = 64,
    BEFORE = 3 /* bytes before a block that it is read with: a sequence reaches that far */
};

static inline __m128i load(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline __m128i fill(unsigned byte)
{
    return _mm_set1_epi8((char)byte);
}

/* FF for each byte of `x` that is `first` to `first + span`, else 00. */
static inline __m128i in_range(__m128i x, unsigned first, unsigned span)
{
    __m128i offset = _mm_sub_epi8(x, fill(first));

    return _mm_cmpeq_epi8(_mm_min_epu8(offset, fill(span)), offset);
}

/* `x` with FF for each byte that is `white`: then the least byte tells whether any other control is there. */
static inline __m128i hide(__m128i x, char white)
{
    return _mm_or_si128(x, _mm_cmpeq_epi8(x, _mm_set1_epi8(white)));
}

static inline __m128i hide_all(__m128i x)
{
    return hide(hide(hide(x, '\n'), '\r'), '\t');
}

/* Tells whether any byte is a control character that XML forbids. */
static bool has_control(__m128i a, __m128i b, __m128i c, __m128i d)
{
    __m128i least =
        _mm_min_epu8(_mm_min_epu8(hide_all(a), hide_all(b)), _mm_min_epu8(hide_all(c), hide_all(d)));

    return _mm_movemask_epi8(in_range(least, 0, 0x1F)) != 0;
}

/* For each of the 16 bytes before the last of those at `at`: 0 if it is no lead, else the lead less BF. */
static inline __m128i find_leads(const uint8_t *at)
{
    return _mm_subs_epu8(load(at - 1), fill(0xBF));
}

/*
 * FF for each of 16 bytes that continues a sequence although none is open, or does not although one is. `leads`
 * is find_leads() of the same place.
 */
static inline __m128i find_misplaced(const uint8_t *at, __m128i x, __m128i leads)
{
    __m128i third = _mm_subs_epu8(load(at - 2), fill(0xDF));
    __m128i fourth = _mm_subs_epu8(load(at - 3), fill(0xEF));
    __m128i due = _mm_or_si128(_mm_or_si128(leads, third), fourth);
    __m128i not_due = _mm_cmpeq_epi8(due, _mm_setzero_si128());

    return _mm_cmpeq_epi8(not_due, _mm_cmplt_epi8(x, fill(0xC0)));
}

/*
 * Looks at each sequence whose lead is not E4 to EB; false if one is ill-formed. `leads` are the block's, in
 * order; the first is the byte before `at`, which is never a lead where the text begins.
 */
static bool check_leads(const __m128i leads[4], const uint8_t *at, size_t left, HtTextScan *found)
{
    uint64_t special = 0;

    for (unsigned i = 0; i < 4; i++) {
        __m128i plain = _mm_or_si128(in_range(leads[i], 0xE4 - 0xBF, 0xEB - 0xE4), in_range(leads[i], 0, 0));
        special |= (uint64_t)(~(unsigned)_mm_movemask_epi8(plain) & 0xFFFF) << (16 * i);
    }
    for (; special != 0; special &= special - 1) {
        size_t i = (size_t)__builtin_ctzll(special);
        if (!check_sequence(at + i - 1, left + 1 - i, found))
            return false;
    }
    return true;
}

/*
 * Takes in the BLOCK bytes at `block` and reads BEFORE bytes before them. `at` is where they stand in the text,
 * which has `left` bytes from there: the block may be a padded copy. Leads are looked at from the one before
 * the block to the last but one in it.
 */
static inline __attribute__((always_inline)) bool scan_block(const uint8_t *block, const uint8_t *at,
                                                             size_t left, HtTextScan *found)
{
    __m128i a = load(block), b = load(block + 16), c = load(block + 32), d = load(block + 48);
    __m128i least =
        _mm_min_epu8(_mm_min_epu8(hide(a, '\n'), hide(b, '\n')), _mm_min_epu8(hide(c, '\n'), hide(d, '\n')));
    __m128i any = _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));

    if (_mm_movemask_epi8(in_range(least, 0, 0x1F)) != 0 && has_control(a, b, c, d))
        found->traits |= HT_TRAIT_CONTROL;
    if (_mm_movemask_epi8(_mm_or_si128(any, load(block - BEFORE))) == 0)
        return true;

    found->traits |= HT_TRAIT_NON_ASCII;
    __m128i leads[4] = {find_leads(block), find_leads(block + 16), find_leads(block + 32),
                        find_leads(block + 48)};
    __m128i misplaced = _mm_or_si128(
        _mm_or_si128(find_misplaced(block, a, leads[0]), find_misplaced(block + 16, b, leads[1])),
        _mm_or_si128(find_misplaced(block + 32, c, leads[2]), find_misplaced(block + 48, d, leads[3])));
    if (_mm_movemask_epi8(misplaced) != 0)
        return false;

    __m128i one = fill(1);
    __m128i most = _mm_max_epu8(_mm_max_epu8(leads[0], leads[1]), _mm_max_epu8(leads[2], leads[3]));
    __m128i fewest = _mm_min_epu8(_mm_min_epu8(_mm_sub_epi8(leads[0], one), _mm_sub_epi8(leads[1], one)),
                                  _mm_min_epu8(_mm_sub_epi8(leads[2], one), _mm_sub_epi8(leads[3], one)));
    found->has_wide |= _mm_movemask_epi8(_mm_cmpgt_epi8(most, fill(0xDF - 0xBF))) != 0;
    __m128i special = _mm_or_si128(_mm_cmpgt_epi8(most, fill(0xEB - 0xBF)), in_range(fewest, 0, 0xE3 - 0xC0));
    return _mm_movemask_epi8(special) == 0 || check_leads(leads, at, left, found);
}

/* Tells whether a sequence is still open after the last byte. */
static bool ends_open(const uint8_t *end)
{
    return end[-1] >= 0xC0 || end[-2] >= 0xE0 || end[-3] >= 0xF0;
}

bool ht_text_scan(const uint8_t *bytes, size_t size, HtTextScan *scan)
{
    HtTextScan found = {0, false};
    uint8_t front[BEFORE + BLOCK] = {' ', ' ', ' '};

    if (size < sizeof front)
        return ht_text_scan_portable(bytes, size, scan);
    memcpy(front + BEFORE, bytes, BLOCK);
    if (!scan_block(front + BEFORE, bytes, size, &found))
        return false;
    for (size_t i = BLOCK; i + BLOCK < size; i += BLOCK) {
        if (!scan_block(bytes + i, bytes + i, size - i, &found))
            return false;
    }
    /* The last block is a whole one, too: some of it is seen twice. */
    if (!scan_block(bytes + size - BLOCK, bytes + size - BLOCK, BLOCK, &found) || ends_open(bytes + size))
        return false;
    found.traits |= find_ascii_traits(bytes, size);
    *scan = found;
    return true;
}

#else

bool ht_text_scan(const uint8_t *bytes, size_t size, HtTextScan *scan)
{
    return ht_text_scan_portable(bytes, size, scan);
}

#endif
