/* Conditions of a mapping (`when`, `cancel-when`, …): compiled once, held against the values of a record. Engine only. */
#pragma once

#include "core/base/buffer.h"
#include "mappings/engine/xpathrec.h"

typedef uint16_t HtSlot; /* see compile.h */

typedef struct HtMatch HtMatch;
typedef struct HtWhen HtWhen;

/* Turns a path of the condition into a slot; HT_SLOT_NONE with `problem` set (transfer full) when it is no path. */
typedef HtSlot (*HtWhenPath)(void *user, const char *path, char **problem);

/* Compiles a condition: PATH, PATH='v', PATH!='v', PATH in ('a','b'), starts-with(PATH,'v'), not(…), and, or, ( ).
 * transfer full. NULL with `problem` (transfer full): one line that says what was expected where. */
HtWhen *ht_when_parse(const char *text, HtWhenPath path, void *user, char **problem);

/* The condition that an XPath is true for the record. Takes no ownership of the expression. */
HtWhen *ht_when_from_xpath(const HtXpath *xpath);

void ht_when_free(HtWhen *when);

/* True when it holds for the record at hand. NULL always holds. */
bool ht_when_holds(const HtWhen *when, HtMatch *match);
