/* Listening on a unix socket: for the admin socket and the public door. No state; main thread. */
#pragma once

#include <glib.h>

/* Makes the folder of `path` (mode `folder_mode`) if it is missing, and listens there, mode `mode`. A socket that nobody listens on any more is
 * replaced. The descriptor, close-on-exec and without blocking; -1 with a G_FILE_ERROR: the path is too long or no socket, somebody listens
 * there (G_FILE_ERROR_EXIST), or the folder does not let us. */
int ht_unix_listen(const char *path, unsigned mode, unsigned folder_mode, int backlog, GError **error);
