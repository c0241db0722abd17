/*
 * text/judge.h: whether bytes that are no sound UTF-8 are UTF-8 with faults, or GB 18030. Private to text.c and its tests; no
 * state, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is said of the text beside its bytes. */
typedef enum {
    HT_TEXT_SAYS_NOTHING,
    HT_TEXT_SAYS_UTF8, /* declared */
    HT_TEXT_SAYS_GB,   /* declared */
    HT_TEXT_SHOWS_UTF8 /* begins with UTF-8's byte order mark */
} HtTextSaid;

/*
 * True when the bytes are rather UTF-8. Both readings are tried and what each would give is weighed: a frequent character
 * (the first level of GB 2312) costs little, a rare one much, bytes that are no character more, and fewest where a byte-counted
 * column cuts a character, before markup. So one fault does not turn a short message of UTF-8 into rare characters, and
 * GB 18030 some of whose bytes are sound UTF-8 by chance stays GB 18030. The declaration decides only between readings that are
 * about as good. Looks no further once the answer is clear.
 */
bool ht_text_judge_utf8(const uint8_t *bytes, size_t size, HtTextSaid said);
