/* The message of bench-bus: 2 KB of SOAP as a register sends it, one person each, with a business number of its own. */
#pragma once

#include <glib.h>
#include <stdint.h>

/* A message as it is sent; goes with tests/bench/data/bench-mapping.xml. Static. */
const char *bench_message(gsize *size);

/* Makes the message in `body` that of business `number` (at most ten digits), about another of some thousands of synthetic
 * persons. Usable as LoadFill. */
void bench_message_fill(char *body, uint64_t number);
