/* Building the box around a host, in two steps. Called by hutong-host only, from its one thread. */
#pragma once

#include "plugins/box/libraries.h"
#include "plugins/layer.h"

/* Before anything is read: dies with the bus, no new privileges, no core file, descriptors above `last_fd` closed, limits set.
 * `memory_bytes` bounds the address space; 0: unbounded. */
bool ht_box_begin(int last_fd, uint64_t memory_bytes, GError **error);

/* When everything but the adapter is loaded, and its files are open: builds all layers. From then on no path means anything, and nothing is
 * left but memory, time, the descriptors that are open, and loading `libraries`. What the kernel refuses is noted in `box`; HT_BOX_ERROR when that is more
 * than `need` allows: then nothing of an adapter may be loaded. */
bool ht_box_enter(HtLibraries *libraries, HtBoxNeed need, HtBox *box, GError **error);

/* The libraries are loaded: no file is opened any more. */
void ht_box_close(void);

#define HT_BOX_ERROR (ht_box_error_quark())
GQuark ht_box_error_quark(void);
