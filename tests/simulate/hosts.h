/* The host processes, in the place of plugins/process.c: they answer well, late, out of turn, twice or with garbage, hang, and die. What the
 * bus makes of that is the product's supervisor, tickets and runs. */
#pragma once

#include "tests/simulate/world.h"

/* One of them does a piece of its work; all that they would do by themselves; another mood. */
void hosts_act(uint64_t seed);
void hosts_work(void);
void hosts_change_mood(uint64_t seed);
void hosts_be_good(void);

/* Whether one of them did wrong, or was too slow, in this life. */
bool hosts_misbehaved(void);
