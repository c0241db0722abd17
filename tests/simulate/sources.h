/* The sources: what they send, send again, and send otherwise; and what the receipts that they get must say. */
#pragma once

#include "spool/spool.h"
#include "tests/simulate/world.h"

/* Sends; `seed` chooses what. Nothing when there is nothing of the kind yet, or no room in the account. */
void sources_send(HtSpool *spool, StepKind kind, uint64_t seed);

/* How many events a message under this number has, whom it is about. */
unsigned sources_places(unsigned key);
unsigned sources_person(unsigned key);

/* At the beginning of a life, and at its end: all that is in the spool, against all that anybody was told. */
void sources_compare(HtSpool *spool);

/* What the bus showed of an event: it is so for ever. */
void sources_note(uint64_t sequence, const Logged *what);
