/* `hutong check --peers`: whether those whom the bus sends to can be reached, without an event. */
#pragma once

#include "core/config/config.h"

/* Tries every consumer at once, each at most `timeout_ms` long: a webhook by OPTIONS over its own TLS, a consumer of files by a file that is made and
 * removed. What came of each is told to standard error at its line, or with `json` to standard output as an object a line. How many could not be
 * reached. Runs the default main context. */
unsigned ht_cli_check_peers(const HtConfig *config, uint64_t timeout_ms, bool json);
