/* The sources: what they send, send again, and send otherwise; and what the receipts that they get must say. */
#pragma once

#include "spool/spool.h"
#include "tests/simulate/world.h"

/* They begin to send to this spool; they are gone, and what they have under way with them. */
void sources_begin(HtSpool *spool);
void sources_end(void);

/* Sends; `seed` chooses what. Nothing when there is nothing of the kind yet, or no room in the account. */
void sources_send(StepKind kind, uint64_t seed);

/* How many wait for their answers. */
unsigned sources_waiting(void);

/* At the beginning of a life, and at its end: all that is in the spool, against all that anybody was told. */
void sources_compare(HtSpool *spool);

/* What the bus showed of an event: it is so for ever. */
void sources_note(uint64_t sequence, const Logged *what);
