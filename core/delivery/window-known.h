/* What a window knows to be finished: by a former run, or ahead of what was read; and what it tells the spool of it. For window.c. Main-loop
 * thread. */
#pragma once

#include "core/delivery/window.h"

/* The first run that was known and does not lie wholly below the sequence; NULL when there is none. */
HtSpoolRun *ht_window_known_run(HtWindow *window, uint64_t sequence);

/* Counts what of the run was the consumer's, once. */
void ht_window_pass_over(HtWindow *window, HtSpoolRun *run);

/* Whether it lies behind what was read, and is finished. */
bool ht_window_is_known(const HtWindow *window, uint64_t sequence);

/* It lies behind what was read, and is finished: reading passes over it when it comes there, as over what a former run finished. */
void ht_window_note_known(HtWindow *window, uint64_t sequence);
