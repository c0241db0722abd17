/* The one allow-list of system calls, with their arguments. Host, before any of an adapter's code is mapped. */
#pragma once

#include <stdbool.h>

/* Sets it for all threads of this process and all that they start, for good: 0, or an errno. What is not in the list fails with EPERM;
 * opening a file and asking for its state come to trap.h. `threads`: more threads may be started. */
int ht_filter_set(bool threads);
