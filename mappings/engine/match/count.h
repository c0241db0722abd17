/* Counting the records of a payload against the numbers that it states (`<count>`). The matcher says when the element that
 * states a number has ended and when the wrapping of counted records begins, the recorder counts, the mapper asks at the
 * payload's end. Host process, the mapper's thread. Engine only. */
#pragma once

#include "mappings/engine/match/when.h"
#include "mappings/engine/rules/rules.h"

/* One rule's numbers in the payload at hand. */
typedef struct {
    uint64_t stated, counted;
    uint32_t line;  /* of the number that was stated last */
    bool is_stated; /* something was */
    bool wrong;     /* the numbers below differed, or what was stated is no number */
    bool unreadable;
    uint64_t wrong_stated, wrong_counted;
    uint32_t wrong_line;
} HtCount;

/* Forgets the payload before. */
void ht_counts_begin(HtMatch *match);

/* The element of the scope (HtTrieNode.count) has ended: its number is known. */
void ht_counts_scope_end(HtMatch *match, int scope, uint32_t line);

/* A record, not skipped, is complete and its values are there. */
void ht_counts_record(HtMatch *match, const HtRecordRule *rule);

/* At the payload's end: false when some number is wrong, with the fault count-mismatch. */
bool ht_counts_judge(HtMatch *match, HtFault *fault);
