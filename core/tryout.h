/* Trying a configuration before a reload takes it: `hutong check` as a child process, so that its errors are told as that tells them, and the
 * bus goes on meanwhile. At low priority, within a time limit. Main-loop thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct HtTryout HtTryout;

/* `told` is what it said, line by line; valid until the callee returns. Runs once, later; the tryout may be freed in it. */
typedef void (*HtTryoutDone)(bool good, const char *told, void *user);

/* GSpawnError when it cannot be started. */
HtTryout *ht_tryout_start(const char *config_file, uint64_t within_ms, HtTryoutDone done, void *user,
                          GError **error);

/* Ends it; `done` does not run any more. */
void ht_tryout_free(HtTryout *tryout);
