/* The user that a program of Hutong's runs as. Main thread, at start, before other threads and files. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* From here on this process is `name` (or its number) with that user's groups, for good: root's rights cannot be had back. Does nothing unless it is root, and
 * `name` is another. G_IO_ERROR, with the command that makes the user when there is none. */
bool ht_user_become(const char *name, GError **error);

/* What is to be said of a start as root: NULL unless this process is root and no user (`name` NULL) was named. */
const char *ht_user_warning(const char *name);
