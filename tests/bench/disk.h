/* How long the disk takes to keep something: what a rate with fsync has to be read against. */
#pragma once

/* The median time, in milliseconds, of appending 64 KB (about what a commit writes) to a file in `folder` and having it
 * synced, out of some dozens. Negative when that fails. */
double disk_sync_ms(const char *folder);
