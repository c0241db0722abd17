/*
 * text/scan.h: what a stretch of bytes is: valid UTF-8 or not, and what kinds of characters it holds.
 *
 * One pass over the text answers both, so that later checks of single values can be skipped for the many
 * messages that hold nothing unusual. No allocation, no state; safe from any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a text may hold, anywhere in it. A missing trait is a promise: no value taken from this text holds
 * such a character. A trait that is set promises nothing about a single value.
 */
typedef enum {
    HT_TRAIT_NON_ASCII = 1 << 0,
    HT_TRAIT_REPLACEMENT = 1 << 1,   /* U+FFFD, whether sent or put in by us */
    HT_TRAIT_PRIVATE_USE = 1 << 2,   /* U+E000 to U+F8FF and planes 15 and 16 */
    HT_TRAIT_LOOKALIKE_DOT = 1 << 3, /* taken for the name dot U+00B7: see ht_text_is_lookalike_dot() */
    HT_TRAIT_FULL_WIDTH = 1 << 4,    /* U+FF01 to U+FF5E and the ideographic space U+3000 */
    HT_TRAIT_CONTROL = 1 << 5,       /* forbidden by XML 1.0: U+FFFE, U+FFFF, C0 controls but TAB, LF, CR */
    HT_TRAIT_REFERENCE = 1 << 6,     /* a numeric character reference, also a doubly escaped one: the parser
                                         may make any character of it, so value checks must not be skipped */
    HT_TRAIT_INVISIBLE = 1 << 7,     /* see ht_text_is_invisible() */
    HT_TRAIT_BOX = 1 << 8,           /* U+25A1 and U+25AF: what a font shows of a character that it lacks */
    HT_TRAIT_ALL = (1 << 9) - 1,
} HtTextTrait;

typedef struct {
    unsigned traits; /* HtTextTrait bits */
    bool has_wide;   /* a sequence of three or four bytes: Chinese text, unlikely to be UTF-8 by chance */
} HtTextScan;

/*
 * Checks that `size` bytes are strict UTF-8 (Unicode table 3-7: no surrogates, no overlong forms, nothing
 * above U+10FFFF, no cut sequence at the end) and gathers their traits. Returns false at the first fault;
 * `scan` then holds nothing of use.
 */
bool ht_text_scan(const uint8_t *bytes, size_t size, HtTextScan *scan);

/* The same, one character at a time: ht_text_scan() where SSE2 is missing, and what tests hold it against. */
bool ht_text_scan_portable(const uint8_t *bytes, size_t size, HtTextScan *scan);

/*
 * Length in bytes of the UTF-8 sequence at `bytes` (size > 0). With `*valid` false it is the length of what
 * one U+FFFD stands for: the longest cut-off start of a sequence, else one byte (Unicode 3.9, maximal
 * subpart).
 */
size_t ht_text_utf8_sequence(const uint8_t *bytes, size_t size, bool *valid);

/*
 * The characters seen where the dot of minority names belongs, other than U+00B7 itself, which the notice
 * of twelve ministries of 2016 (民委发[2016]33号) makes the only one: U+2022 U+2024 U+2027 U+2219 U+22C5 U+2E31
 * U+30FB U+FF0E U+FF65. The full stop is not among them: it is judged by its neighbours, see text/value.h.
 */
bool ht_text_is_lookalike_dot(uint32_t character);

/*
 * The characters that nobody sees and that make equal values unequal: DEL, the C1 controls U+0080 to U+009F, U+00AD
 * (soft hyphen), U+061C, U+180E, U+200B to U+200F, U+202A to U+202E, U+2060 to U+206F, U+FEFF (byte order mark) and U+FFF9 to
 * U+FFFB. Direction marks come with values copied from chat windows and web pages. Blanks are not among them.
 */
bool ht_text_is_invisible(uint32_t character);
