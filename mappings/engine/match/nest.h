/* Records inside of records: what is around a record keeps its own values while that is read. Those inside wait (wait.c) until the
 * outermost has ended: then all around them is known, wherever it stood. Host process, the mapper's thread. Engine only. */
#pragma once

#include "mappings/engine/match/match.h"

void ht_nest_init(HtMatch *match);
void ht_nest_clear(HtMatch *match);

/* No record is at hand any more. */
void ht_nest_reset(HtMatch *match);

/* When serials start over: no level has a value. */
void ht_nest_forget(HtMatch *match);

/* True when the record that an element stands for begins: none is at hand, or the one that it is meant to lie in. */
static inline bool ht_nest_begins(const HtMatch *match, const HtRecordRule *rule)
{
    return !match->record_depth ||
           (rule->outer && match->record == rule->outer && match->document == match->record_document);
}

/* Sets the record at hand aside for one inside of it; and takes it up again. */
void ht_nest_enter(HtMatch *match);
void ht_nest_leave(HtMatch *match);

/* The record at hand is the next one of its kind inside of that around it. */
void ht_nest_number(HtMatch *match, const HtRecordRule *rule);

/* As ht_match_store(), for a record around the one at hand. */
bool ht_nest_store(HtMatch *match, const HtStore *store, const HtValue *value, const HtChange *change);
