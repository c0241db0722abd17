/* The watchdog: whether a run that serves does its work. Bus, main-loop thread; no state but run->current. */
#pragma once

#include "plugins/run.h"
#include "plugins/tickets.h"

/* How often it looks while messages are with the host. */
#define HT_WATCH_US 100000

/* Why a run without a message is to be killed: in 10 * `cpu_ms` it has taken more processor time than `cpu_ms`. NULL: it rests, and is to be looked at
 * again at `again_us` (monotonic). */
const char *ht_watch_rest(HtRun *run, uint64_t cpu_ms, int64_t *again_us);

/* Why the run is to be killed, and the ticket that is to blame; NULL: it works, or has nothing to do. */
const char *ht_watch_look(HtRun *run, const HtTickets *tickets, uint64_t message_ms, uint64_t *blame);
