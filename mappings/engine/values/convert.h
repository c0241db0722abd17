/* Values before they are dates, numbers or codes: the many spellings of null, width, numbers,
 * and the way from what a source sends to a table's code. Pure functions: no allocation, no locale,
 * bounded; results go to the caller's buffer or point into the value given. Any thread. Numbers are in convert-number.c. */
#pragma once

#include "core/base/buffer.h"
#include "mappings/engine/reference/dictionary.h"
#include "mappings/engine/reference/tables.h"

/* ---- Null ---- */

enum {
    HT_NULL_KEEP_WORDS = 1 << 0, /* 无, 未填, 不详 are values here (religion, for one) */
    HT_NULL_KEEP_SIGNS = 1 << 1, /* -, /, *, . and the like are values here */
};

/* True when the value says that there is none: empty, blanks only (U+00A0, U+3000, BOM included), what programs write for it in
 * any case and width (null (null) <null> nil none N/A #N/A NaN undefined \N DBNull System.DBNull {} [] anyType{}
 * [object Object] &nbsp; left as text; also in quotes), only signs - — – － _ / \ * . 。 (one or more), 无 未填 空 暂无 (none of
 * these is a code in any table). A mapping may add its own. */
bool ht_value_is_null(const char *text, size_t size, unsigned flags);

/* ---- Text ---- */

/* Full-width ASCII (U+FF01 to U+FF5E) and U+3000 to ASCII. Returns the size written (never more than
 * `size`), NUL is not added; SIZE_MAX when `room` does not suffice. */
size_t ht_value_fold(const char *text, size_t size, char *out, size_t room);

/* The ASCII sign that a full-width character (U+FF01 to U+FF5E, U+3000) stands for, or 0. */
char ht_value_narrow(uint32_t character);

/* The first character of UTF-8 text and its size in bytes; `size` is at least 1. A byte that begins no
 * character is one of its own, U+FFFD. */
uint32_t ht_value_character(const char *text, size_t size, size_t *taken);

/* The dot of minority names (U+00B7), and the signs that systems write for it. */
bool ht_value_is_dot(uint32_t character);

/* Number of characters (code points) of UTF-8; a broken byte counts as one. */
size_t ht_value_length(const char *text, size_t size);

/* ---- Numbers ---- */

#define HT_NUMBER_MAX 40 /* bytes a number needs at most */

/* A decimal in its plain form: folds width, drops blanks, thousands commas, a leading + and leading zeros, ¥, RMB and 元;
 * an exponent (1.2E4), 万 and 亿 move the point, exactly; Chinese numerals up to 9999 (十二) are read. `1.50` stays `1.50`.
 * Returns the size written, 0 when it is no number, among them (1,234), 5% and numbers with another unit (mark number-invalid is
 * the caller's). */
size_t ht_value_decimal(const char *text, size_t size, char out[HT_NUMBER_MAX]);

/* The same without fraction; `12.0` and `12.00` are 12. */
size_t ht_value_integer(const char *text, size_t size, char out[HT_NUMBER_MAX]);

/* A division code: trimmed, width folded, a trailing `.0` of spreadsheets dropped. Returns its size when
 * it is 6, 9, 12 or 14 digits (or 2 or 4: padded to 6 with zeros; or 18 with six zeros behind: the 12 before), else 0. */
size_t ht_value_division(const char *text, size_t size, char out[HT_NUMBER_MAX]);

/* ---- Codes ---- */

typedef enum {
    HT_CODE_OK,       /* entry is set */
    HT_CODE_NULL,     /* the value is one of the spellings of null */
    HT_CODE_UNMAPPED, /* no counterpart: the original travels with `marks` (code-unmapped, code-compound) */
} HtCodeStatus;

typedef struct {
    HtCodeStatus status;
    const HtTableEntry *entry; /* in the table asked for */
    HtText code;               /* when unmapped: the code part of what was sent, absent when it was a word */
    HtText text;               /* the text part of what was sent; absent when none */
    HtMarks marks;
} HtCode;

/* Finds the table's entry for what a source sent. In this order: the translation (may be NULL) for the
 * whole value; the table's code (not with a closed translation); with width folded; code and text together
 * (`1/男性`, `1|男性`, `1-男性`, `1:男性`, `男性(1)`), by its code and else by its text; the table's Chinese
 * name, with code-from-text. `1/2` (several codes) is unmapped with code-compound. Texts in the result point
 * into `value`. */
HtCode ht_code_resolve(const HtTable *table, const HtTranslation *translation, HtText value);
