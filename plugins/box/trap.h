/* Opening files in a process that may open none: the system calls by which the dynamic linker opens a library are caught (SIGSYS), and get
 * one of the descriptors that were opened before. Whoever else calls them gets the same, so nothing but these files. Needs nothing of the
 * kernel but seccomp. One table a process: a signal handler has no other place to look. */
#pragma once

#include "plugins/box/libraries.h"

/* From now on a caught call that asks for one of the files gets its descriptor, once; any other fails with EACCES. */
bool ht_trap_set(const HtLibraries *libraries, GError **error);

/* From now on every caught call fails; what nobody asked for is closed. */
void ht_trap_end(void);

#define HT_TRAP_ERROR (ht_trap_error_quark())
GQuark ht_trap_error_quark(void);
