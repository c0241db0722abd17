/* What the benchmarks of the mapping engine are held against: a bare pass of libxml2's SAX with empty handlers over the
 * same message, and a clock that counts only this thread's work. One thread. */
#pragma once

#include "core/base/buffer.h"

#include <stdbool.h>

#define BENCH_ROUNDS_MAX 1001

typedef struct BarePass BarePass;

BarePass *bare_pass_new(void); /* transfer full */
void bare_pass_free(BarePass *pass);

/* Parses `body` once; its handlers only count. False when it is not well-formed: then the pass was not whole. */
bool bare_pass_run(BarePass *pass, HtText body);

/* Runs `run(user)` `repeats` times; microseconds of this thread's CPU time for one: what others do on the machine counts
 * less. */
double bench_time(void (*run)(void *user), void *user, unsigned repeats);

/* Sorts `values` and gives the middle one. */
double bench_median(double *values, unsigned count);

/* Binds the process to the core that it is on. */
void bench_stay_on_one_core(void);
