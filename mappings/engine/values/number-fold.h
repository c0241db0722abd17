/* Numbers that name persons, in the form in which they are compared: two ways to write one number must name one person. What is
 * carried stays as it was sent. Pure, no allocation; any thread. Citizen numbers have idnumber.h. */
#pragma once

#include "core/base/buffer.h"

enum {
    /* Hyphens, dots and slashes do not count either, nor do the words around the number (编号：, No., 第…号): for numbers that
     * all have one form, as those printed on certificates and cards. With others 12-3 and 1-23 are two. */
    HT_FOLD_SEPARATORS = 1 << 0,
    HT_FOLD_KEEP_CASE = 1 << 1, /* `a` and `A` are two: for numbers of whose form nothing is known */
};

/* Width, case, blanks, invisible characters and a spreadsheet's `.0` folded; leading zeros stay. The text itself when there is
 * nothing to fold, else `out` of at least text.size bytes. Absent when nothing is left. */
HtText ht_number_fold(HtText text, unsigned flags, char *out);
