/* Numbers with check characters: citizen numbers (GB 11643), unified social credit codes (GB 32100),
 * organisation codes (GB 11714). A wrong check character is a mark, not a rejection: registers hold wrong
 * numbers that are somebody's number. Pure functions but for the clock that ht_idnumber_parse() asks, no
 * allocation. Any thread. */
#pragma once

#include "core/base/buffer.h"
#include "mappings/engine/reference/dictionary.h"

typedef enum {
    HT_ID_VALID,
    HT_ID_AMBIGUOUS, /* 15 digits, sequence 996 to 999: not upgraded; valid as far as can be said */
    HT_ID_EMPTY,
    HT_ID_WRONG_LENGTH, /* neither 15 nor 18 characters */
    HT_ID_WRONG_CHARACTER,
    HT_ID_FILLER,     /* 111111111111111111 and its like */
    HT_ID_WRONG_DATE, /* no such day */
    HT_ID_FUTURE,     /* born after today */
    HT_ID_WRONG_CHECK,
} HtIdStatus;

#define HT_ID_TEXT_MAX 32 /* characters looked at; longer values are no citizen numbers */

typedef struct {
    /* Trimmed, folded, x as X; 18 digits when upgraded; "" when too long or not ASCII: keep the original. */
    char canonical[HT_ID_TEXT_MAX + 1];
    uint8_t size;  /* of canonical */
    bool valid;    /* status is VALID */
    bool upgraded; /* was 15 digits */
    HtIdStatus status;
    char sex;            /* '1' or '2'; 0 unless VALID or AMBIGUOUS */
    char birth_date[11]; /* yyyy-mm-dd; "" unless VALID */
    HtMarks marks;
} HtIdNumber;

/* Reads a citizen number; `out` is always filled. `today` is yyyymmdd for the check against the future, 0
 * for none. Blanks, width and case are folded; what is no letter and no digit, a .0 or 身份证号： around a number that is right without
 * them go, too, and what looks like an X in the place of the check character is one. Returns out->status. */
HtIdStatus ht_idnumber_parse_at(const char *text, size_t size, uint32_t today, HtIdNumber *out);

/* The same with today's date in China. */
HtIdStatus ht_idnumber_parse(const char *text, size_t size, HtIdNumber *out);

/* The check character that goes with 17 digits ('0' to '9', 'X'), or 0 when they are not digits. */
char ht_idnumber_check(const char digits[17]);

typedef struct {
    char canonical[19]; /* upper case, folded, without hyphen; "" when it cannot be one */
    uint8_t size;
    bool valid;
    HtIdStatus status; /* VALID, EMPTY, WRONG_LENGTH, WRONG_CHARACTER, FILLER or WRONG_CHECK */
    HtMarks marks;
} HtOrgNumber;

/* Unified social credit code, 18 characters without I O S V Z. Both fill `out` always, and return out->status. */
HtIdStatus ht_uscc_parse(const char *text, size_t size, HtOrgNumber *out);

/* Organisation code, 8 characters and a check character, with or without the hyphen; canonical is without. */
HtIdStatus ht_orgcode_parse(const char *text, size_t size, HtOrgNumber *out);
