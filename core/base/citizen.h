/* Citizen numbers in short texts: is there one, however it is written. Asked of what leaves the bus outside of an event's
 * data, or of elements that are not personal. Pure: no allocation, no locale, no clock. Any thread. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

/* The value of a decimal digit of any script (5, ５, ٥, 五, 〇); -1 when the character is none. */
int ht_citizen_digit(gunichar character);

/* The last place of a number may be one of these: X x Ｘ ｘ Ⅹ ⅹ. */
bool ht_citizen_is_x(gunichar character);

/* What people and programs write between the digits of one number: blanks, dashes, dots, slashes, underlines and characters
 * that are not seen. */
bool ht_citizen_is_separator(gunichar character);

/* For elements, where business numbers of many digits are ordinary. True when digits that stand alone may be a citizen
 * number: 18, the last of which may be X, with a date of birth in the 7th to 14th, or 15 with one in the 7th to 12th; and
 * when any 18 digits in a row, with or without separators, begin with a province, hold such a date and have the right check
 * digit. */
bool ht_citizen_is_in(HtText text);

/* For attributes, which everybody sees, and where a pseudonym does no harm: true also when any 15 or 18 digits in a row,
 * with or without separators, begin with a province and hold a date, whatever the check digit is. */
bool ht_citizen_may_be_in(HtText text);
