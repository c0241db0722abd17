/* Makes a text that came from an adapter fit for the log and for faults. */
#pragma once

#include "core/base/buffer.h"

#define HT_SCRUB_BYTES 300

/* The text as valid UTF-8 without control characters (line breaks become `; `), at most `most` bytes, every
 * run of 7 or more digits (of any script, Chinese numerals too, with single separators inside and an X at its end, as
 * core/base/citizen.h knows them) replaced by `[number]`. Free it. */
char *ht_scrub(HtText text, size_t most);

/* The same, but numbers that are one of these `count` and are written in plain digits stay: a fault's own. */
char *ht_scrub_but(HtText text, size_t most, const uint64_t *own, size_t count);
