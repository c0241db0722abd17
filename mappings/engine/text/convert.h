/*
 * text/convert.h: bytes in a known encoding into UTF-8. Private to text.c and its tests; which encoding it
 * is, text.c decides.
 *
 * Each function takes the whole text, writes strict UTF-8 into `out` from its beginning, and adds to
 * `*repaired` the number of U+FFFD that it put in for what is no character. False when `out` would have to
 * grow beyond `max_size`.
 */
#pragma once

#include "core/base/buffer.h"

/* Where the text goes, and its bound. The buffer is reused: after the first messages nothing is allocated. */
typedef struct {
    HtBuffer buffer;
    size_t max_size; /* bytes; the buffer's capacity stays at or below this */
} HtTextOutput;

/*
 * GB 18030-2022, and so GB 2312 and GBK. A lead byte without a trail becomes one U+FFFD and the byte after
 * it is kept: a character cut in half at the end of a field never swallows the `<` that follows, nor the
 * first `]` of "]]>" although that byte could be a trail. So do 80 and FF and codes that stand for nothing.
 */
bool ht_text_convert_gb18030(const uint8_t *bytes, size_t size, HtTextOutput *out, size_t *repaired);

/*
 * UTF-8 with faults: each ill-formed stretch (Unicode 3.9, maximal subpart) becomes one U+FFFD. A character that came as two
 * surrogates of three bytes each (CESU-8) is put together and counted in `*joined`; a lone surrogate is one U+FFFD.
 */
bool ht_text_convert_broken_utf8(const uint8_t *bytes, size_t size, HtTextOutput *out, size_t *repaired,
                                 size_t *joined);

/* Size of the surrogate of three bytes at `bytes` (CESU-8), 0 when there is none; `unit` gets its number. */
size_t ht_text_read_surrogate(const uint8_t *bytes, size_t size, unsigned *unit);

/* The character's code of two bytes in GB 18030, the first in the upper half; 0 when it has none. */
unsigned ht_text_gb_code(uint32_t character);

/* UTF-16; a lone surrogate, and an odd byte at the end, become U+FFFD. */
bool ht_text_convert_utf16(const uint8_t *bytes, size_t size, bool big_endian, HtTextOutput *out,
                           size_t *repaired);
