/* Masks: what a consumer sees of an element that it may not see in full. By characters, never by bytes. A
 * mask keeps no more than it promises, whatever the value: what has not the expected form is masked
 * entirely. Called by delivery for each masked element (hot path) and by the tools. Pure; any thread. */
#pragma once

#include "core/base/buffer.h"
#include "mappings/engine/reference/dictionary.h"

/* Appends the masked value to `out`. False, with nothing appended, when nothing may be shown: the caller
 * leaves the element out (mask hide always; year when the value does not begin with a year). An empty
 * value gives an empty one.
 *
 *   none      as it is
 *   name      the first character and the dots, each other character a *; a name of one character is *
 *   idNumber  18 characters 3 + 11 + 4; 15 characters 3 + 9 + 3; other lengths from 16 on 3 + … + 4;
 *             from 8 to 14 the last two; shorter nothing. With anything but letters and digits in it nothing
 *   phone     mobile 3 + 4 + 4, +86 kept; landline: the area code and the last three of the number;
 *             others: the last two of seven digits or more, where there are no words
 *   address   up to the last 省 市 区 县 街道 镇 乡 村 社区 居委会 路 街 … before the first digit, letter,
 *             house number in Chinese numerals (十二号) or punctuation, then ***
 *   year      of a date, its year
 *   last4     the last four characters of eight or more, where there are but letters, digits, - / . and blanks
 *   hide      nothing */
bool ht_mask_apply(HtMask mask, const char *value, size_t size, HtBuffer *out);
