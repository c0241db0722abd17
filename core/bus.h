/* The running bus: puts the parts together, keeps the main loop, and ends in order. */
#pragma once

#include "core/config/config.h"

/* Exit statuses of the program (sysexits.h where it has one). */
enum { HT_EXIT_OK = 0, HT_EXIT_FAILED = 1, HT_EXIT_INTEGRITY = 2, HT_EXIT_USAGE = 64, HT_EXIT_CONFIG = 78 };

/* Runs until SIGTERM or SIGINT (the messages in flight get their answers first; a second signal does not wait), or until
 * the disk fails. Gives the exit status. `config` stays the caller's. */
int ht_bus_run(const HtConfig *config);
