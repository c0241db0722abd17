/* Records that wait: a value by an absolute path may come after the record that wants it (a head behind the rows, an action behind the
 * message). Such a record is held as it was read, and made when the value is there or cannot come any more; those behind it wait
 * too, so that the order of events stays. Beyond HtLimits.held_bytes records are made without what has not come. Host process, the mapper's thread. Engine only. */
#pragma once

#include "mappings/engine/match/match.h"

/* True when one of these absolute values is not there, and may still come: the document that would hold it is open, and the element
 * around it has not been there. */
bool ht_wait_is_wanted(const HtMatch *match, const HtFrom *absolutes);

/* Keeps the record at hand, before those inside of it that wait, and for its release match->context. Only inside of hooks.record_end. */
void ht_wait_keep(HtMatch *match, unsigned context);

/* A place in the record around those that wait begins anew: they keep the values that stood there. */
void ht_wait_lose(HtMatch *match, HtNode *node);

/* An element of the record around them that states their number has ended: it is held against them when they are made. */
void ht_wait_count(HtMatch *match, int scope, uint32_t line);

/* Makes the records that wait: hooks.record_end is called for each as if it ended now. Not while a record is read. */
void ht_wait_release(HtMatch *match);
