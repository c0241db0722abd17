/* Values that decide what a record means: flags (`<flag>`: yes or no, in whatever words a source has for them) and choices
 * (`<choice>`: a code read through its table). Read by conditions (when.c), so that a word, its width or a leading zero
 * does not change an action. Compiled once, then only read; any thread. Engine only. */
#pragma once

#include "mappings/engine/reference/tables.h"

/* The text of the fault flag-unreadable, beside which the path stands. */
#define HT_FLAG_UNREADABLE_TEXT "the value decides what the record means, and is none that the mapping knows"

#define HT_WORD_MAX 64 /* bytes of a folded word; what is longer is none that a mapping declares */

typedef enum {
    HT_FLAG_NO,
    HT_FLAG_YES,
    HT_FLAG_UNREADABLE,
} HtFlagState;

/* A declaration. With a table it is a choice, else a flag. */
typedef struct {
    char **paths;  /* as conditions write them, NULL-terminated */
    HtText *words; /* folded; those for yes, then those for no */
    unsigned n_yes, n_words;
    HtFlagState absent; /* what no value, or null, means */
    const HtTable *table;
    const HtTranslation *translation;
    bool lenient; /* a choice that cannot be read has no code; else it is unreadable */
} HtFlagRule;

/* The word as it is compared: width and ASCII case folded, without blanks, direction and control characters, and of a number
 * only its value (`01`, `1.0` and `１` are `1`). Returns its size; 0 when nothing is left or it is longer than a word. */
size_t ht_flag_fold(HtText text, char folded[HT_WORD_MAX]);

/* The number in its plain form, of one without fraction without zeros behind the point: `01` and `1.00` are `1`. Lies in `number`, which
 * has HT_NUMBER_MAX bytes; absent when the text is none. */
HtText ht_flag_number(HtText text, char *number);

/* What the value says; absent when there is none. */
HtFlagState ht_flag_read(const HtFlagRule *rule, HtText value);

/* The table's entry for the value, or NULL: there is no value, or (`unreadable` is set) it is none of the table's. */
const HtTableEntry *ht_flag_code(const HtFlagRule *rule, HtText value, bool *unreadable);
