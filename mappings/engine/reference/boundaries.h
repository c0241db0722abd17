/* Boundaries that change: from which day until which a division's code is in force, and which codes stand for its
 * ground afterwards. Rows of the lists of divisions that have a date (mappings/README.md). Filled by divisions.c, settled
 * once, never changed afterwards; any thread may read. */
#pragma once

#include <glib.h>

#include "core/base/buffer.h"
#include "mappings/engine/reference/tables.h"

#define HT_DIVISION_MAX 14 /* digits of the longest code */

/* How many of a code's digits matter, 6, 9, 12 or 14: groups of zeros at the end say that it is of a wider level. */
uint8_t ht_division_significant(const char *code, size_t size);

typedef struct HtBoundaries HtBoundaries;

HtBoundaries *ht_boundaries_new(void);
void ht_boundaries_free(HtBoundaries *boundaries);

/* What one row says; empty texts where it says nothing. */
typedef struct {
    const char *code; /* of a division */
    const char *from; /* YYYY-MM-DD, the first day; since ever */
    const char
        *until;      /* YYYY-MM-DD, the day of the change: the first on which the code is no more; in force */
    const char *now; /* the codes after that day, blanks between; nobody's */
} HtBoundary;

/* Takes a row; its texts are copied. What is wrong with it is appended to `errors`, `file:line: error: …`. */
void ht_boundaries_take(HtBoundaries *boundaries, const HtBoundary *boundary, const HtTsv *tsv, guint row,
                        GString *errors);

/* Puts the rows in order and appends what is wrong with them together: two of one code at the same time, one that leads
 * to what is no more by then (in a circle, that is), more than 256 steps from one. Call once, after the last row. */
void ht_boundaries_settle(HtBoundaries *boundaries, GString *errors);

/* Whether the code has rows; of the digits that matter, once settled. */
bool ht_boundaries_have(const HtBoundaries *boundaries, HtText code);

typedef struct {
    char code
        [HT_DIVISION_MAX]; /* where the code's ground lies on that day; the code itself when it is still so */
    uint8_t size;
    bool changed; /* it is another code */
    bool ended;   /* the code was given up before; without successors `changed` is false */
    bool coarser; /* nothing says in which of several places it is now, or only what is around it is listed: `code` is around it */
    bool early;   /* the code came into force later only */
} HtGround;

/* Follows a code (6, 9, 12 or 14 digits that matter) up to a day (yyyymmdd): that of the ground which had the code on the day `since`, for one
 * code may be given to other ground in between; the same day for what the code means by itself. A code that is not listed goes
 * where the listed division around it went. Some 20 ns where nothing is listed; nothing is allocated. */
HtGround ht_boundaries_find(const HtBoundaries *boundaries, HtText code, uint32_t since, uint32_t day);
