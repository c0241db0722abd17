/* Makes a text that came from an adapter fit for the log and for faults. */
#pragma once

#include "core/base/limits.h"
#include "core/base/outcome.h"

#define HT_SCRUB_BYTES 300

/* The text as valid UTF-8 without control characters (line breaks become `; `), at most `most` bytes, every
 * run of 7 or more digits (of any script, Chinese numerals too, with single separators inside and an X at its end, as
 * core/base/citizen.h knows them) replaced by `[number]`. Free it. */
char *ht_scrub(HtText text, size_t most);

/* The same, but numbers that are one of these `count` and are written in plain digits stay: a fault's own. */
char *ht_scrub_but(HtText text, size_t most, const uint64_t *own, size_t count);

/* What an adapter logs: of the above only what can be no name and no long number stays. Words of ASCII letters in one case, with a capital or
 * up to three digits behind them, numbers of up to six digits (at most 12 digits in a line, and six between two words), and
 * punctuation; the rest, base64 and escapes too, becomes `[text]`. Free it. */
char *ht_scrub_words(HtText text, size_t most);

/* A version that an adapter gives itself: letters, digits and .+~_- of it, at most 24, without long numbers. Free it. */
char *ht_scrub_version(HtText text);

/* Cleans the texts of the outcome's faults, which go to logs and dead letters. A code that is no word with hyphens becomes `adapter-rejected`. The source's own limits are in its configuration, and how
 * many records there are, and where, is nobody's: a number that is one of them stays. */
void ht_scrub_outcome(HtOutcome *outcome, const HtLimits *limits);
