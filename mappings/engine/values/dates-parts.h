/* What the readers of dates hand to each other: the numbers of a date as they stand in the text, not yet looked at. Engine
 * only, between the files dates*.c; others use dates.h. */
#pragma once

#include "mappings/engine/values/dates.h"

/* 0 is "unknown" as the text says it (1980-03-00), -1 "not written". */
typedef struct {
    int year, month, day;
    int hour, minute, second;
    int millisecond;
    int offset_minutes; /* counts only with had_zone */
    bool had_zone;
} HtDateParts;

/* As far as XML Schema lets a zone be from UTC, and as far as any is. */
#define HT_DATE_ZONE_MINUTES_MAX (14 * 60)

#define HT_DATE_NO_PARTS ((HtDateParts){-1, -1, -1, -1, -1, -1, 0, HT_DATE_CHINA_OFFSET_MINUTES, false})

/* dates-scan.c: notations of digits and signs only. False when the text is none; `parts` is then undefined. */
bool ht_date_scan(HtText text, unsigned flags, HtDateParts *parts);

/* dates-words.c: notations with words: months, weekdays, halves of the day, zones, eras, Chinese numerals; and the orders that
 * begin with day or month. False when the text is none of them, or can be read in two ways. */
bool ht_date_read_words(HtText text, unsigned flags, HtDateParts *parts);

/* dates-epoch.c: a moment counted from 1970, as a whole text that is no day of the calendar, or as /Date(…)/. */
bool ht_date_read_epoch(HtText text, int64_t *milliseconds);

/* ---- dates-zone.c: calendar and China's legal time ---- */

int ht_date_days_in(int year, int month);

/* Days since 1970-01-01 of a day of the (proleptic Gregorian) calendar, and back into year, month and day. */
int64_t ht_date_to_days(int year, int month, int day);
void ht_date_from_days(int64_t days, HtDate *out);

/* Brings a moment (precision minute or finer) with its own offset to China's legal time of then. Sets zone-converted where
 * the day becomes another. A moment that is midnight by its own zone is a day that a toolkit wrote as a moment: it keeps its
 * day. */
void ht_date_to_china(HtDate *date);
