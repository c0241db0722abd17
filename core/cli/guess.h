/* What a column may mean, by its name: for `hutong mapping new`. Commands, main thread. */
#pragma once

#include "mappings/engine/reference/reference.h"

typedef struct HtGuesser HtGuesser;

/* Reads what the mappings in the folders of `words` call their columns. `words` and `dictionary` live longer. transfer full. */
HtGuesser *ht_guesser_new(const HtWords *words, const HtDictionary *dictionary);
void ht_guesser_free(HtGuesser *guesser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtGuesser, ht_guesser_free)

typedef struct {
    const HtElement *element;
    char *reason; /* "XM are the initials of 姓名", "so called in hukou.xml" */
} HtGuess;

/* What the column, or the label that stands in its first row (NULL: none does), may be: of HtGuess, the likeliest first; empty when the name
 * says nothing. transfer full. */
GPtrArray *ht_guesser_find(const HtGuesser *guesser, const char *column, const char *label);

/* Whether mappings take columns of this name for the time of a fact, or for its division. The mapping's file, or NULL. */
const char *ht_guesser_time(const HtGuesser *guesser, const char *column);
const char *ht_guesser_division(const HtGuesser *guesser, const char *column);
