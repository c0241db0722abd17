/* Request targets: which path is meant, and by which host (RFC 9112, section 3.2). Pure; main-loop thread. */
#pragma once

#include "core/http/head.h"

/* Reads the target of a request, without its query: "/path" or "http://host:port/path". `path` becomes the path as
 * ht_url_path_write() has it (transfer full). The host of the second form takes the place of the head's, whatever that
 * says. False when the request must be refused: it is neither, the host is none, or an escape is malformed. */
bool ht_target_read(const char *target, HtHead *head, char **path, HtRefusal *refusal);
