/* Bytes and names that must be on the disk. No state; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Writes all of it, however many writes that takes. False with errno; some of it may be written. */
bool ht_disk_write(int file, const void *bytes, size_t size);

/* What was made, renamed or removed in the folder is on disk. False with errno. */
bool ht_disk_sync_folder(const char *folder);
