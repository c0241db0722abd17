/* The least that sending one event a POST costs: libcurl's multi interface with nothing around it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* POSTs events with the business numbers 1 to `events`, of about `size` bytes each, to 127.0.0.1:`port`, over so many connections. In
 * the caller's thread. False when one was not answered 2xx. */
bool bare_curl_run(unsigned port, uint64_t events, size_t size, unsigned connections);
