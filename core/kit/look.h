/* A hutong-host by hand, without the supervisor: for looking at an adapter, and for seeing it end. Blocks; for commands
 * only (the bus never waits). Main thread. */
#pragma once

#include "core/kit/expectation.h"
#include "plugins/start.h"

/* The code of the HT_LOADER_ERROR when a time limit was met. */
#define HT_KIT_LATE 1

/* Has a host load the file and say what it is, and which layers of the box stood around it. ht_ready_clear() frees `ready` on both
 * answers. HT_LOADER_ERROR. */
bool ht_kit_look(const char *file, HtReady *ready, HtBox *box, GError **error);

typedef struct {
    HtMessageHead head;
    GBytes *body;
} HtKitMessage;

/* Starts the adapter, has it decode `messages` (of HtKitMessage), tells it to stop, and waits for its end: true when
 * close() returned and the process ended with status 0. A build with sanitizers finds leaks there. */
bool ht_kit_close(const HtStart *start, const GArray *messages, GError **error);
