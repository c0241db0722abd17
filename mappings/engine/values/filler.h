/* Fillers: what clerks and programs put where a number belongs and there is none (0, 99999, -1, X, A000000000, 不详). The one
 * list of them, for keys, business numbers, identities, certificates and citizen numbers: a filler is nobody's number, and
 * what has it in common has nothing in common. Pure functions, no allocation, bounded; any thread.
 *
 * Width, case, blanks, hyphens, dots, brackets and what else is no letter and no digit do not count, nor do the words around
 * a number (编号, 第…号). Then these are fillers:
 *   - nothing at all, zeros, one digit five times or more, six digits or more that count up or down, -1 to -99;
 *   - a row of X, three or more of another letter; N/A, NULL, TEST and their kin;
 *   - letters with zeros (A000000000), and with a row of another digit;
 *   - a running part that is all zeros, or five nines and more, behind an authority's prefix (J440104-2019-000000);
 *   - words that say that there is no number, or none yet: 不详, 无, 补办中, 未办理, 待补, 遗失.
 * 1, 10000 and 90000 are none: they may be somebody's. */
#pragma once

#include "core/base/buffer.h"

/* True when UTF-8 text that stands for a number is a filler. Blank text is one, too. About 5 ns for a number of digits. */
bool ht_is_filler(HtText text);

/* The same for a citizen number's digits: a row, or a count up or down. */
bool ht_is_filler_digits(const char *digits, size_t size);

/* True when there is neither a digit nor a Latin letter in it, nor is it mostly Chinese numerals: such a text is nobody's
 * number, even if it is no filler that is known. */
bool ht_is_without_number(HtText text);

#define HT_FILLER_MAX 256 /* bytes of a folded text; what is longer is a filler only as a row of one sign */

/* Writes the text as fillers are compared: capitals, digits and Chinese characters only. Returns the size; SIZE_MAX when it
 * does not fit. For a mapping's own fillers. */
size_t ht_filler_fold(HtText text, char out[HT_FILLER_MAX]);

/* True when fewer than `least` characters are left of the text when it is written so. */
bool ht_filler_is_shorter(HtText text, size_t least);
