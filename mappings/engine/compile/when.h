/* Conditions, read from a mapping. Used by the other files of this folder; a pool belongs to one mapping. */
#pragma once

#include "mappings/engine/rules/flag.h"
#include "mappings/engine/rules/when.h"
#include "mappings/engine/rules/xpathrec.h"

/* What the names in a condition mean, where it stands. */
typedef struct {
    /* The path's slot; HT_SLOT_NONE with `problem` set (transfer full) when it is no path. */
    HtSlot (*path)(void *user, const char *path, char **problem);
    /* The declaration of the path as a flag, or as a choice; NULL when there is none. */
    const HtFlagRule *(*flag)(void *user, const char *path, bool choice);
    /* How codes are read through a translation, NULL with `problem` set (transfer full) when there is no such one. */
    const HtFlagRule *(*reading)(void *user, const char *translation, char **problem);
    /* Told of each text that a path is compared with as it is written. */
    void (*literal)(void *user, const char *path, HtText text);
    void *user;
} HtWhenNames;

/* Compiles a condition: PATH, PATH='v', PATH!='v', PATH in ('a','b'), starts-with(PATH,'v'), contains(PATH,'v',…), same(PATH, PATH), same(PATH, PATH, 'HOW'), written(PATH), filled(PATH), yes(PATH), no(PATH),
 * code(PATH)='v' and number(PATH)='v' and so on, not(…), and, or, ( ). NULL with `problem` (transfer full): one line that says what was expected
 * where. */
const HtWhen *ht_when_parse(GPtrArray *pool, const char *text, const HtWhenNames *names, char **problem);

/* The condition that an XPath is true for the record. Takes no ownership of the expression. */
const HtWhen *ht_when_from_xpath(GPtrArray *pool, const HtXpath *xpath);
