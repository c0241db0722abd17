/* Landlock: no access to any file, no TCP, no abstract socket and no signal to the outside, as far as this kernel knows these. Host. */
#pragma once

/* For this thread and all that it starts, for good: 0, or an errno. Needs no_new_privs. */
int ht_landlock_set(void);
