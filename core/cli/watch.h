/* Files that somebody is writing: waits until one of them is saved. Commands, main thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct HtWatched HtWatched;

/* Of paths (char *), which are copied; NULL with a GFileError where one's folder cannot be watched. A folder among them stands for every file in it. */
HtWatched *ht_watched_new(const GPtrArray *paths, GError **error);
void ht_watched_free(HtWatched *watched);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtWatched, ht_watched_free)

/* Runs the default main context until one was saved, however its editor does that (in place, or by renaming), and nothing more has come for
 * some milliseconds. True with `changed[i]` set for those that were. */
void ht_watched_wait(HtWatched *watched, bool *changed);
