/* Work that would hold the main loop too long, on a thread beside it: a few threads for all, in the order in which it was given. What it
 * touches is its own until it is over. */
#pragma once

#include <glib.h>

typedef struct HtBeside HtBeside;

/* Where it is worth a thread: of what is unpacked, checked or searched. */
#define HT_BESIDE_BYTES ((size_t)256 * 1024)

/* Runs `work` on a thread, then `done` from the main loop (default main context), each with its own argument. Main-loop thread. */
HtBeside *ht_beside_start(void (*work)(void *data), void (*done)(void *user), void *data, void *user);

/* Blocks until `work` is over; `done` still comes. */
void ht_beside_wait(HtBeside *beside);

/* After `done`, or instead of it: then it blocks until `work` is over, and `done` does not come. */
void ht_beside_free(HtBeside *beside);

/* Bytes that take over what malloc() made, and give it back on a thread when it is much: pages are returned one by one. */
GBytes *ht_beside_bytes(void *memory, size_t size);
