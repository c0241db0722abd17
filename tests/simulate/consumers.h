/* The consumers: what they answer, each in its mood, and the way out to them, in the place of core/delivery/sender.c. */
#pragma once

#include "spool/spool.h"
#include "tests/simulate/world.h"

/* Delivery of a life begins. */
void consumers_begin(HtSpool *spool);

/* As the bus ends it, before the spool. */
void consumers_end(void);

/* One request that is under way gets its answer; another mood; what was sent too long ago gets none. */
void consumers_answer(uint64_t seed);
void consumers_change_mood(uint64_t seed);
void consumers_time_out(void);

/* From now on all of them take everything. */
void consumers_be_good(void);

/* Whether none has anything to do any more. */
bool consumers_are_done(uint64_t last);

/* What must hold after each step. */
void consumers_check(void);
