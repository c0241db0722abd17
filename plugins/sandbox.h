/* What a host process takes away from itself, in two steps. Called by hutong-host only, from its one
 * thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Before any line of an adapter runs (its constructors do when it is loaded): dies with the bus, no new
 * privileges, no core file, nothing readable through /proc, descriptors above `last_fd` closed, limits set,
 * and from now on no network, no new process, no other program, no file changed. `memory_bytes` bounds the
 * address space; 0: unbounded. */
bool ht_sandbox_enter(int last_fd, uint64_t memory_bytes, GError **error);

/* When everything is loaded: no file is opened any more; what is left is memory, time and the descriptors
 * that are open. Other system calls fail with EPERM. */
bool ht_sandbox_seal(GError **error);

/* "sealed", or what a build with sanitizers leaves out. For READY. */
const char *ht_sandbox_state(void);

#define HT_SANDBOX_ERROR (ht_sandbox_error_quark())
GQuark ht_sandbox_error_quark(void);
