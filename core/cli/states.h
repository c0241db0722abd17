/* The words of the status page for a person. No state. */
#pragma once

/* A state of the bus, its spool, a host, a source's intake, a route, a consumer or a replay, in the person's language; one that is not known
 * here as it is. Static, or `state` itself. */
const char *ht_cli_state(const char *state);
