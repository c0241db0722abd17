/* Altered values: how the conformance kit (core/kit) asks what a change in a payload changes in its events. One value that the
 * mapping names becomes another one of its kind before anybody sees it, whatever encoding, wrapping or form it came in; or all
 * that say who the person is do. Only the kit asks; a bus never does. Host process, the mapper's thread. */
#pragma once

#include "core/base/buffer.h"

#include <stdint.h>

/* What HtMessageHead.alter asks for, beside the number of a value, from 1, in the order in which the mapping's values are met. */
#define HT_ALTER_NONE 0
#define HT_ALTER_FRONT (1u << 31)       /* beside the number: its first character, not the last */
#define HT_ALTER_COUNT (UINT32_MAX - 1) /* nothing is altered, only counted */
#define HT_ALTER_PERSON UINT32_MAX      /* identities and the person's name */

/* Makes the text another one of its kind and size: of a citizen number the sequence (its check character follows), of a date the day
 * (also when it is counted in seconds), else the last digit, letter or Chinese character. False when there is none of these. */
bool ht_alter_text(char *text, size_t size);

/* The same at the other end: the division, the year, the first character. False when there is none, or it is the last one too. */
bool ht_alter_front(char *text, size_t size);

/* The last digit, letter or Chinese character, whatever stands before it: of a time its seconds, of an address what follows the number.
 * False when there is none, and of a day that is counted in seconds, which has no other end. */
bool ht_alter_end(char *text, size_t size);
