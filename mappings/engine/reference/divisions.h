/* Administrative divisions (the files of mappings/divisions/): which codes exist, in which edition of the
 * lists, and which are no longer in force. Loaded at start in the host, the bus and the tools; never
 * changed afterwards, any thread may read.
 *
 * No code is ever rejected here: lists age faster than registers. A committee or street that no list has
 * is taken on its county's word. */
#pragma once

#include <glib.h>

#include "core/base/buffer.h"
#include "mappings/engine/reference/boundaries.h"
#include "mappings/engine/reference/dictionary.h"

typedef enum {
    HT_DIVISION_NONE,       /* not a division code: not 6, 9, 12 or 14 digits */
    HT_DIVISION_PROVINCE,   /* 440000 */
    HT_DIVISION_PREFECTURE, /* 440100 */
    HT_DIVISION_COUNTY,     /* 440104 */
    HT_DIVISION_STREET,     /* 440104012 */
    HT_DIVISION_COMMITTEE,  /* 440104012003 */
    HT_DIVISION_GRID,       /* 44010401200307: a committee and two digits, as CJ/T 213 numbers grids */
} HtDivisionLevel;

typedef struct {
    HtDivisionLevel level;
    uint8_t size;        /* digits that matter, 6, 9, 12 or 14 (440104012000 is a street: 9); 0 with NONE */
    bool known;          /* listed itself, or its county is */
    bool exact;          /* listed itself */
    bool retired;        /* it or its county is in no current list, or is marked as withdrawn */
    const char *edition; /* the newest list that has it (or its county): "nbs-2022-10"; NULL when unknown */
    const char *name;    /* Chinese name of the listed code; NULL unless exact */
    HtMarks marks;       /* division-unknown or division-retired */
} HtDivisionInfo;

typedef struct HtDivisions HtDivisions;

/* Reads every *.tsv of the folder, and of the site's (NULL, or not there: none). A few milliseconds. transfer full. NULL with HT_DIVISIONS_ERROR: all
 * errors at once, `file:line: error: …`, one a line. */
HtDivisions *ht_divisions_load(const char *folder, const char *site, GError **error);
void ht_divisions_free(HtDivisions *divisions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtDivisions, ht_divisions_free)

/* Looks a code of 6, 9, 12 or 14 ASCII digits up and always fills `info`; returns info->known. A police unit's
 * 9 digits look like a street's: the caller knows from the field which it has, and does not ask here. */
bool ht_division_check(const HtDivisions *divisions, const char *code, size_t size, HtDivisionInfo *info);

/* The code of a grid whose number is written otherwise than CJ/T 213 does, where a list says so (column `grids`): 440104001003017 is grid 17,
 * 44010400100317. A number above 99, or with letters, has none: the committee's then, and `coarser`. Returns the size, 12 or 14; 0 for what is no grid,
 * and for what may be somebody's number. */
size_t ht_division_grid(const HtDivisions *divisions, HtText text, char code[HT_DIVISION_MAX], bool *coarser);

/* Where the ground that had a code of 6, 9, 12 or 14 digits on the day `since` lies on another (yyyymmdd), by the rows that have days
 * (boundaries.h). */
HtGround ht_division_ground(const HtDivisions *divisions, HtText code, uint32_t since, uint32_t day);

/* The code (6, 9, 12 or 14 digits) under which this one is known now: a division that went into another, whenever that was, or a department's own numbering of
 * places. NULL: it is known as it is. */
const char *ht_division_now(const HtDivisions *divisions, HtText code);

/* The newest complete edition loaded: what a code is read against when it is nowhere found. Never NULL. */
const char *ht_divisions_edition(const HtDivisions *divisions);

#define HT_DIVISIONS_ERROR (ht_divisions_error_quark())
GQuark ht_divisions_error_quark(void);
