/* A request's head as libmicrohttpd has read it. Main-loop thread; no state. */
#pragma once

#include "core/http/head.h"

#include <microhttpd.h>

/* Whether the request line is a method, a target and a version with one blank between: a NUL would end a part for us and not for a
 * proxy before us. `target` is what lies in the library's buffer, up to its first NUL; absent when it is not visible. False with
 * `refusal`. */
bool ht_head_check_line(const char *method, HtText target, const char *version, HtRefusal *refusal);

/* Reads all headers of a request of libmicrohttpd, and refuses also what its parser has swallowed: folded lines, bare
 * line feeds, NUL bytes, headers without a name. `method` and `version` as given to the access handler. */
bool ht_head_read(struct MHD_Connection *connection, const char *method, const char *version, HtHead *head,
                  HtRefusal *refusal);
