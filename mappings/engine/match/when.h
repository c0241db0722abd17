/* Conditions, held against the values of the record at hand. Host process, the mapper's thread. Engine only. */
#pragma once

#include <stdbool.h>

#include "mappings/engine/rules/when.h"

typedef struct HtMatch HtMatch;

/* What a condition says of a record. It hangs on a flag or choice that cannot be read only when no other part decides it:
 * `yes(A) and B` is false without B, whatever A is. */
typedef enum {
    HT_WHEN_NO,
    HT_WHEN_YES,
    HT_WHEN_UNREADABLE,
} HtWhenState;

/* What a record is known to fulfil, or not: one for each condition of the mapping. */
typedef struct {
    uint32_t serial; /* of the record */
    HtWhenState state;
} HtWhenKnown;

/* Asks; when it hangs on what cannot be read, match->unreadable names that, and whoever asked must refuse. */
bool ht_when_test(const HtWhen *when, HtMatch *match);

/* True when it holds for the record at hand, as ht_when_test() says. NULL always holds. */
static inline bool ht_when_holds(const HtWhen *when, HtMatch *match)
{
    return !when || ht_when_test(when, match);
}
