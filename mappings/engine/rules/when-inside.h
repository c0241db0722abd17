/* A condition, as compile/when.c makes it and match/when.c holds it against a record. Private to them. */
#pragma once

#include "mappings/engine/rules/rules.h"

typedef enum {
    TEST_HAS,
    TEST_EQUAL,
    TEST_UNEQUAL,
    TEST_IN,
    TEST_STARTS,
    TEST_CONTAINS, /* one of these, anywhere in it */
    TEST_SAME,     /* two values say the same */
    TEST_WRITTEN,  /* a word for none counts */
    TEST_FILLED,   /* with what can be somebody's number */
    TEST_YES,
    TEST_NO,
    TEST_CODE,       /* has one */
    TEST_CODE_IN,    /* one of these */
    TEST_CODE_OTHER, /* one, and none of these */
    TEST_NUMBER,     /* is one */
    TEST_NUMBER_IN,
    TEST_NUMBER_OTHER,
    TEST_NOT,
    TEST_AND,
    TEST_OR,
    TEST_XPATH
} Test;

struct HtWhen {
    Test test;
    HtSlot slot, other;  /* `other` of same() */
    unsigned number;     /* its place in the pool */
    bool is_shared;      /* asked for more than once */
    bool is_of_columns;  /* of a repeated group's instance: another value for each */
    bool is_dated;       /* of a path that is read as a date: one that stands for none is no value */
    bool is_only_dated;  /* and as nothing else: a word there tells nothing */
    unsigned date_flags; /* of such a path */
    HtText *values;      /* folded in width; of a choice the table's own codes */
    unsigned n_values;
    const HtFlagRule *flag; /* of yes(), no(), code(); of same() with a translation, which reads both */
    HtAs as;                /* how same() reads both without one; HT_AS_STRING: as text or as a day */
    char *path;             /* the same's */
    const HtXpath *xpath;
    const HtWhen *left, *right;
};

void ht_when_free(HtWhen *when);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtWhen, ht_when_free)
