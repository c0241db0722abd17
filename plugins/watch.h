/* The watchdog: whether a run that serves does its work. Bus, main-loop thread; no state but run->current. */
#pragma once

#include "plugins/run.h"
#include "plugins/tickets.h"

/* How often it looks while messages are with the host. */
#define HT_WATCH_US 100000

/* Why the run is to be killed, and the ticket that is to blame; NULL: it works, or has nothing to do. */
const char *ht_watch_look(HtRun *run, const HtTickets *tickets, uint64_t message_ms, uint64_t *blame);
