/*
 * text/value.h: what is odd about one value's text, and the repairs that the mapping engine may make to it.
 * All on UTF-8 in memory that the caller owns (broken UTF-8 does no harm); no allocation, no locale; any
 * thread.
 *
 * Nothing here changes a value by itself: the caller keeps the original, and sets the mark that names the
 * change.
 */
#pragma once

#include "core/base/buffer.h"
#include "mappings/engine/text/scan.h"

/*
 * What happened to a text or is odd about a value; each becomes a quality mark. The first four are of a
 * whole text, set by ht_text_decode(), the others of one value, set by ht_text_value_marks().
 */
typedef enum {
    HT_TEXT_ENCODING_MISMATCH = 1 << 0,     /* encoding-mismatch: the bytes are not what was declared */
    HT_TEXT_ENCODING_ASSUMED = 1 << 1,      /* encoding-assumed: nothing was declared, UTF-8 is not certain */
    HT_TEXT_HALF_CHARACTER = 1 << 2,        /* half-character: bytes that are no character became U+FFFD */
    HT_TEXT_SURROGATES_JOINED = 1 << 6,     /* surrogates-joined: a character came as two surrogates */
    HT_TEXT_REPLACEMENT_CHARACTER = 1 << 3, /* replacement-character: U+FFFD in the value */
    HT_TEXT_PRIVATE_USE = 1 << 4,           /* private-use: a character that only the sender's font knows */
    HT_TEXT_NAME_DOT = 1 << 5,              /* name-dot: a look-alike where U+00B7 belongs */
    HT_TEXT_NAME_FOLDED = 1 << 8, /* name-folded: blanks that space a name out, full-width letters */
    HT_TEXT_LOST = 1 << 7,        /* character-lost: a sign stands for what could not be written */
} HtTextMark;

/*
 * The marks of one value. `traits` are those of the text that it was taken from: without a trait the search
 * for what it stands for is left out, and most values cost nothing. Pass HT_TRAIT_ALL when they are not
 * known.
 *
 * HT_TEXT_LOST: U+FFFD and the boxes U+25A1 and U+25AF in any value; in names also what else is honest elsewhere: a question mark
 * of either width, two of 锟斤拷 in a row (U+FFFD in UTF-8, read as GBK), 烫烫 and 屯屯屯 (memory that was never filled). One of
 * these characters alone is a name.
 *
 * Only with `is_name` are the next two looked for.
 * HT_TEXT_NAME_DOT: a look-alike dot between two characters that names are written with, Chinese or Latin, blanks beside it or not; a full
 * stop only between two Chinese ones, for in Latin script it is an abbreviation. Between katakana U+30FB is where it belongs.
 * HT_TEXT_NAME_FOLDED: blanks beside the dot, or between Chinese characters of which one stands alone (测 试: forms space short names
 * out; 测试甲 测试乙 may be two persons, and stays), other blanks than one of ASCII between Latin words, full-width Latin letters.
 */
unsigned ht_text_value_marks(const char *value, size_t size, unsigned traits, bool is_name);

/*
 * Bytes that ht_text_fix_name() may write: a full stop of one byte becomes a dot of two; in broken UTF-8 that
 * can be every other byte.
 */
#define HT_TEXT_NAME_ROOM(size) ((size) + (size) / 2 + 1)

/*
 * Writes the name with each dot that HT_TEXT_NAME_DOT means as U+00B7, without the blanks and in the width that HT_TEXT_NAME_FOLDED
 * means, and everything else as it is. `out` has at least HT_TEXT_NAME_ROOM(size) bytes and does not overlap `value`. Returns the
 * size written; no NUL is added. What was written has neither mark.
 */
size_t ht_text_fix_name(const char *value, size_t size, char *out);

/* True when the value holds something that ht_text_drop_invisible() takes out, or might. */
bool ht_text_may_hide(const char *value, size_t size);

/*
 * Writes the value without its invisible characters (ht_text_is_invisible()). Three of them join or part letters: U+200C,
 * U+200D and U+180E stay between two letters of a script that is written with them (Arabic as Uyghur and Kazakh use it,
 * Mongolian, Indic ones), where a name would be spelt differently without. `out` has at least `size` bytes and does not
 * overlap `value`. Returns the size written: `size` when nothing was taken out.
 */
size_t ht_text_drop_invisible(const char *value, size_t size, char *out);

/*
 * Writes the value, made for a screen, without its tags (<font color="red">, </b>, <br/>, <!-- -->) and with &nbsp; &lt; &gt; &amp;
 * &quot; as the characters that they mean. A `<` before anything but a letter, `/` or `!` stays, and so does one whose `>` is missing. `out`
 * has at least `size` bytes and does not overlap `value`. Returns the size written: `size` when nothing was taken out.
 */
size_t ht_text_drop_markup(const char *value, size_t size, char *out);

/*
 * Decodes a URL-encoded value as a form's field is: `%hh` is a byte, and `+` a blank where there is any `%hh`. `out` has at least `size`
 * bytes; it may be `value`. Returns the size written; 0 when there was nothing to decode, or what comes out is no UTF-8 (a NUL is none):
 * then what `out` holds is nothing.
 */
size_t ht_text_decode_url(const char *value, size_t size, char *out);

/* A blank: ASCII white space, U+00A0, U+3000, U+FEFF, U+200B. */
bool ht_text_is_blank(uint32_t character);

/* The same as ht_text_trim(), for values that may have blanks at their ends. */
HtText ht_text_trim_blanks(const char *value, size_t size);

/* The value without blanks at its ends. Points into `value`. Most values have none there: only bytes that can begin or end
 * a blank make it look closer. */
static inline HtText ht_text_trim(const char *value, size_t size)
{
    unsigned char first = size > 0 ? (unsigned char)value[0] : 0;
    unsigned char last = size > 0 ? (unsigned char)value[size - 1] : 0;
    bool plain_start = first > ' ' && first != 0xc2 && first != 0xe2 && first != 0xe3 && first != 0xef;
    bool plain_end = last > ' ' && last != 0x80 && last != 0x8b && last != 0xa0 && last != 0xbf;
    return plain_start && plain_end ? (HtText){value, size} : ht_text_trim_blanks(value, size);
}
