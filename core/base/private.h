/* Files that are the bus's alone: secrets, which nobody else may read, and what it obeys (configuration, certificates), which nobody
 * else may write. "Nobody else" is everybody but root and the user that the process runs as. No state; any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum {
    HT_PRIVATE_SECRET, /* a key, a token, a state: others neither read nor write it */
    HT_PRIVATE_OBEYED, /* others may read it */
} HtPrivateKind;

/* Whether the open file (or directory) `file`, found at `path`, is so: it belongs to root or to us, the mode of its kind holds, and each
 * folder above it, by the path as it is written and with its links resolved, belongs to root or us and cannot be written by others (a
 * sticky one, such as /tmp, may: nobody takes a name away there that is not his). A secret that belongs to root may be read by a
 * group of ours, 0640: so a service gets files that it cannot change. G_FILE_ERROR_PERM with the path, what is wrong and the command that
 * mends it; another G_FILE_ERROR when it cannot be looked at. */
bool ht_private_check(int file, const char *path, HtPrivateKind kind, GError **error);

/* The whole text of a file of at most `max_bytes`, when it is so. The caller clears (explicit_bzero) and frees. NULL with G_FILE_ERROR. */
char *ht_private_read(const char *path, HtPrivateKind kind, size_t max_bytes, size_t *size, GError **error);

/* The same of a file or directory that is only looked at; one that is not there is well. */
bool ht_private_look(const char *path, HtPrivateKind kind, GError **error);
