/* Dates and times in the notations that departments send, into RFC 3339 and ISO 8601 (GB/T 7408). Pure
 * functions: no allocation, no locale, no clock, bounded by the size given. Any thread. dates.c and those below it read,
 * dates-write.c writes, dates-zone.c knows which days and zones there are. */
#pragma once

#include "core/base/buffer.h"
#include "mappings/engine/reference/dictionary.h"

typedef enum {
    HT_PRECISION_NONE,
    HT_PRECISION_YEAR,
    HT_PRECISION_MONTH,
    HT_PRECISION_DAY,
    HT_PRECISION_MINUTE,
    HT_PRECISION_SECOND,
} HtPrecision;

/* "year", "month", "day", "minute", "second"; "" for none. */
const char *ht_precision_name(HtPrecision precision);

/* What the field is; without any, a date with or without time. */
enum {
    HT_DATE_TIME_ONLY = 1 << 0, /* a time of day: HHmmss, HHmm, HH:mm, HH:mm:ss */
    HT_DATE_EPOCH = 1 << 1,     /* seconds since 1970 as text (13 digits: milliseconds) */
    HT_DATE_OPEN_ENDED =
        1
        << 2, /* 9999-12-31, 2099-12-31 and 长期 are a value (validity ends); else null, null, and unreadable */
    HT_DATE_MONTH_WANTED = 1 << 3, /* a month is all that is asked: not marked as partial */
};

/* Two-digit years are those of the hundred years that begin with `first`, 1800 to 2099; without this they are not read. */
#define HT_DATE_CENTURY(first) ((unsigned)(first) << 16)
#define HT_DATE_CENTURY_MASK 0xffff0000u

typedef struct {
    int16_t year; /* 0 with HT_DATE_TIME_ONLY */
    uint8_t month, day, hour, minute, second;
    uint16_t millisecond;
    int16_t offset_minutes; /* +480 when the source gave no zone; China's legal time of then when it did */
    bool had_zone;
    bool had_fraction;
    HtPrecision precision;
    HtMarks marks; /* date-partial, zone-converted or date-invalid */
} HtDate;

typedef enum {
    HT_DATE_OK,
    HT_DATE_NULL, /* empty, or a date that stands for none (1900-01-01, 1899-12-30, 0001-01-01, 0, …) */
    HT_DATE_INVALID, /* not a date, not one that exists, or one that can be read in two ways; marks has date-invalid */
} HtDateResult;

#define HT_DATE_CHINA_OFFSET_MINUTES 480
#define HT_DATE_TEXT_MAX 96 /* bytes; longer texts are invalid */

/* Reads `text` (`size` bytes of UTF-8, blanks around it and full-width signs allowed). Notations: docs/mapping.md lists
 * them. Day or month 00 is "unknown": lower precision and date-partial. A time with a zone is brought to China's legal time,
 * with zone-converted where the day becomes another; a time without one is taken as +08:00. 24:00:00 is the next day's
 * beginning, a leap second counts as the second before. `out` is always filled; with NULL or INVALID its precision is NONE. */
HtDateResult ht_date_parse(const char *text, size_t size, unsigned flags, HtDate *out);

#define HT_DATE_FORMAT_MAX 32 /* bytes that the formatters need at most, NUL included */

/* Writes the text that an element of this type carries and returns its size (NUL not counted, always
 * written): DATE as precise as known (1980, 1980-03, 1980-03-12); MONTH yyyy-mm (0 when only the year is
 * known); TIME hh:mm:ss; DATETIME RFC 3339, `2009-03-12T08:30:00+08:00`, or as DATE when no time is known.
 * 0 (and "") when the type asks for what the date has not, or is no date type. */
size_t ht_date_format(const HtDate *date, HtType type, char out[HT_DATE_FORMAT_MAX]);

/* Writes a full RFC 3339 time whatever the precision (unknown parts are the first of their kind), for an
 * event's `time`, which says its precision beside it. 0 for a time of day or an empty date. */
size_t ht_date_format_rfc3339(const HtDate *date, char out[HT_DATE_FORMAT_MAX]);

/* A moment, in milliseconds since 1970, as China's clocks showed it. Years 1 to 9999. */
void ht_date_from_epoch(int64_t milliseconds, HtDate *out);

/* True for a day of the calendar, years 1 to 9999. */
bool ht_date_exists(int year, int month, int day);
