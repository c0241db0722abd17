/* Conditions of a mapping (`when`, `cancel-when`, …): compiled once, held against the values of a record. Equal conditions,
 * and equal parts of them, are one: a record is asked once what several events and elements want to know. Engine only. */
#pragma once

#include <glib.h>

#include "core/base/buffer.h"
#include "mappings/engine/rules/flag.h"
#include "mappings/engine/rules/xpathrec.h"

typedef uint16_t HtSlot; /* see rules.h */

typedef struct HtMatch HtMatch;
typedef struct HtWhen HtWhen;

/* What the names in a condition mean, where it stands. */
typedef struct {
    /* The path's slot; HT_SLOT_NONE with `problem` set (transfer full) when it is no path. */
    HtSlot (*path)(void *user, const char *path, char **problem);
    /* The declaration of the path as a flag, or as a choice; NULL when there is none. */
    const HtFlagRule *(*flag)(void *user, const char *path, bool choice);
    /* How codes are read through a translation, NULL with `problem` set (transfer full) when there is no such one. */
    const HtFlagRule *(*reading)(void *user, const char *translation, char **problem);
    void *user;
} HtWhenNames;

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

/* For conditions and their parts, which belong to it. */
GPtrArray *ht_when_pool_new(void);

/* Compiles a condition: PATH, PATH='v', PATH!='v', PATH in ('a','b'), starts-with(PATH,'v'), same(PATH, PATH), same(PATH, PATH, 'HOW'), written(PATH), filled(PATH), yes(PATH), no(PATH),
 * code(PATH)='v' and number(PATH)='v' and so on, not(…), and, or, ( ). NULL with `problem` (transfer full): one line that says what was expected
 * where. */
const HtWhen *ht_when_parse(GPtrArray *pool, const char *text, const HtWhenNames *names, char **problem);

/* The condition that an XPath is true for the record. Takes no ownership of the expression. */
const HtWhen *ht_when_from_xpath(GPtrArray *pool, const HtXpath *xpath);

/* Asks; when it hangs on what cannot be read, match->unreadable names that, and whoever asked must refuse. */
bool ht_when_test(const HtWhen *when, HtMatch *match);

/* True when it holds for the record at hand, as ht_when_test() says. NULL always holds. */
static inline bool ht_when_holds(const HtWhen *when, HtMatch *match)
{
    return !when || ht_when_test(when, match);
}
