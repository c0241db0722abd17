/* Conditions of a mapping (`when`, `cancel-when`, …): compiled once, held against the values of a record. Equal conditions,
 * and equal parts of them, are one: a record is asked once what several events and elements want to know. Engine only. */
#pragma once

#include <glib.h>

#include "core/base/buffer.h"
#include "mappings/engine/xpathrec.h"

typedef uint16_t HtSlot; /* see compile.h */

typedef struct HtMatch HtMatch;
typedef struct HtWhen HtWhen;

/* Turns a path of the condition into a slot; HT_SLOT_NONE with `problem` set (transfer full) when it is no path. */
typedef HtSlot (*HtWhenPath)(void *user, const char *path, char **problem);

/* What a record is known to fulfil, or not: one for each condition of the mapping. */
typedef struct {
    uint32_t serial; /* of the record */
    bool holds;
} HtWhenKnown;

/* For conditions and their parts, which belong to it. */
GPtrArray *ht_when_pool_new(void);

/* Compiles a condition: PATH, PATH='v', PATH!='v', PATH in ('a','b'), starts-with(PATH,'v'), not(…), and, or, ( ).
 * NULL with `problem` (transfer full): one line that says what was expected where. */
const HtWhen *ht_when_parse(GPtrArray *pool, const char *text, HtWhenPath path, void *user, char **problem);

/* The condition that an XPath is true for the record. Takes no ownership of the expression. */
const HtWhen *ht_when_from_xpath(GPtrArray *pool, const HtXpath *xpath);

bool ht_when_test(const HtWhen *when, HtMatch *match);

/* True when it holds for the record at hand. NULL always holds. */
static inline bool ht_when_holds(const HtWhen *when, HtMatch *match)
{
    return !when || ht_when_test(when, match);
}
