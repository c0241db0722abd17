/* A request's head as libmicrohttpd has read it. Main-loop thread; no state. */
#pragma once

#include "core/http/head.h"

#include <microhttpd.h>

/* Whether the request line is a method, a target and a version with one blank between: a NUL would end a part for us and not for a
 * proxy before us. `target` is what lies in the library's buffer, up to its first NUL; absent when it is not visible. False with
 * `refusal`. */
bool ht_head_check_line(const char *method, HtText target, const char *version, HtRefusal *refusal);

/* Where the body's bytes begin in the library's buffer once the head is read; NULL when nothing is known of its ways. */
const char *ht_head_end(struct MHD_Connection *connection, const char *method);

/* Whether the lines before a piece of a chunked body, as far as they lie in the buffer before it, end in CR LF each: a proxy that takes a bare line
 * feed for a part of the line would see other chunks. `start` is ht_head_end(). A line that came alone lies there no more. */
bool ht_head_chunk_is_whole(const char *start, const char *piece);

/* Reads all headers of a request of libmicrohttpd, and refuses also what its parser has swallowed: folded lines, bare
 * line feeds, NUL bytes, headers without a name. `method` and `version` as given to the access handler. */
bool ht_head_read(struct MHD_Connection *connection, const char *method, const char *version, HtHead *head,
                  HtRefusal *refusal);
