/* Values in a message that say what is to be done with its records: the action of a platform that has one operation for
 * everything (`<action-value>`). Fed by the matcher with values of absolute paths, asked by the recorder and by operation.c;
 * host process, the mapper's thread. */
#pragma once

#include "mappings/engine/rules/rules.h"

struct HtMatch;

/* Of the part at hand. */
typedef struct {
    const HtActionValue
        *values[HT_ACTIONS_MAX]; /* of the outermost document at hand, by rule; NULL: none yet */
    HtMeans worst;               /* of all values that came */
    const HtActionRule *said;    /* which said that */
    const HtActionRule *unknown; /* NULL: all values were known */
    uint32_t since;              /* serial of the record when the outermost document began */
    bool is_late;                /* a value came after a record of its call */
    const HtActionRule *twice;   /* had two different values in one call; NULL: none */
} HtActions;

/* A part begins, or is begun again. */
void ht_actions_begin(HtActions *actions);

/* An outermost document begins: what the one before said is not said of it. */
void ht_actions_forget(struct HtMatch *match);

/* A value of an absolute path: the mapping's spelling of it if it is one that says what is to be done, in any case and width;
 * else as it is. */
HtText ht_actions_take(struct HtMatch *match, HtSlot slot, HtText value);

/* What the values that stand now mean for a record. */
HtMeans ht_actions_means(const struct HtMatch *match);
