/* Forms of short texts that come from outside: is this a time, a date, a number. Pure: no allocation, no
 * locale, no clock. Any thread. Citizen numbers have a header of their own: core/base/citizen.h. */
#pragma once

#include "core/base/buffer.h"

/* RFC 3339 date-time of a day that exists, with a zone: "2009-03-12T08:30:00+08:00". */
bool ht_form_is_time(HtText text);

/* yyyy, yyyy-mm or yyyy-mm-dd, and a day that exists. */
bool ht_form_is_date(HtText text);

/* hh:mm:ss */
bool ht_form_is_time_of_day(HtText text);

/* Digits with an optional sign and fraction, as JSON wants a number. */
bool ht_form_is_number(HtText text);

/* 6, 9, 12 or 14 digits: never so many in a row that they could be taken for a citizen number. */
bool ht_form_is_division(HtText text);

/* Up to HT_DIVISIONS_MAX of these, with one blank between. ht_form_next_division() takes the first from `texts`, absent at the end. */
#define HT_DIVISIONS_MAX 8
bool ht_form_are_divisions(HtText texts);
HtText ht_form_next_division(HtText *texts);

/* 1 to `most` letters, digits, and characters of `signs`, all ASCII. */
bool ht_form_is_word(HtText text, const char *signs, size_t most);
