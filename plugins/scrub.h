/* Makes a text that came from an adapter fit for the log and for faults. */
#pragma once

#include "core/base/buffer.h"

#define HT_SCRUB_BYTES 300

/* The text as valid UTF-8 without control characters (line breaks become `; `), at most `most` bytes, every
 * run of 7 or more digits (ASCII or full-width, with single blanks or hyphens inside, an X at its end) replaced by `[number]`. Free it. */
char *ht_scrub(HtText text, size_t most);
