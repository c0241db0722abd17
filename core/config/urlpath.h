/* Paths of HTTP addresses, in the one form in which two of them are compared (RFC 3986, section 6.2.2). Pure; any thread. */
#pragma once

#include "core/base/buffer.h"

/* The longest that a configured path may be, as it is written. */
#define HT_URL_PATH_MAX 512

/* Writes the path, of which every byte stands in `path`, into `out` (room for 3 * path.size + 1): percent-encoded letters,
 * digits, '-', '.', '_' and '~' become themselves, other escapes have upper-case digits, bytes that are not ASCII are
 * escaped. Case stays, and so do dot segments: nothing is resolved. False when it does not begin with '/', has a
 * malformed escape, a blank, a control character, '?' or '#'. */
bool ht_url_path_write(HtText path, char *out);

/* Whether a source may have the written path as its own: no dot segment and no empty one in its middle, and not where
 * the bus has, or may have, pages of its own. False with the reason, which lives for ever. */
bool ht_url_path_may_serve(const char *path, const char **reason);
