/* What messages say: number `key` in its version `version`, as a payload, and as the events that a host makes of it. No state. */
#pragma once

#include "core/base/outcome.h"
#include "tests/simulate/world.h"

/* How many events a message under this number has, whom they are about, and whose it is (of SOURCES). */
unsigned fact_places(unsigned key);
unsigned fact_person(unsigned key);
unsigned fact_source(unsigned key);

/* "key version"; and back. False when it is none. */
char *fact_payload(unsigned key, unsigned version);
bool fact_read(HtText payload, unsigned *key, unsigned *version);

/* Appends the packed outcome. */
void fact_pack(unsigned key, unsigned version, HtBuffer *outcome);

/* What an event of the spool says. */
Logged fact_of(const HtStoredEvent *event);
