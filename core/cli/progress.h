/* How far a command is, for who looks at a terminal. */
#pragma once

#include <stdint.h>

/* Draws it on standard error, when that is a terminal: a callback whose `user` is the word before the bar. */
void ht_cli_progress(uint64_t done, uint64_t all, void *user);
