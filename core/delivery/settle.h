/* Answers that wait until what a consumer said is on disk. All that gather while one commit is on its way wait for the next together, so that
 * many acknowledgements cost one fsync. Held by its consumer; main-loop thread.
 *
 *   ht_settling_add(…)            somebody waits
 *   ht_settling_due() <= now      then the consumer tells the spool what is finished, and
 *   ht_settling_begin(…)          those that wait until now are told when that is on disk
 */
#pragma once

#include "spool/spool.h"

#include <glib.h>

typedef struct HtSettling HtSettling;

/* With the error: it is not on disk, and whether it will be is not known. Once for each, later, or in ht_settling_free(). */
typedef void (*HtSettled)(const GError *error, void *user);

/* `wake` runs after those of a commit were told. */
HtSettling *ht_settling_new(HtSpool *spool, void (*wake)(void *user), void *user);

/* Those that wait are told that the consumer has ended (G_IO_ERROR_CANCELLED); a commit under way goes on. */
void ht_settling_free(HtSettling *settling);

/* `done` runs when all is on disk that is told to the spool before the next ht_settling_begin(). */
void ht_settling_add(HtSettling *settling, HtSettled done, void *user);

/* Nobody waits, and no commit is under way. */
bool ht_settling_is_idle(const HtSettling *settling);

/* From when on, monotonic, ht_settling_begin() is to be called: INT64_MAX while nobody waits, or a commit is under way. */
int64_t ht_settling_due(const HtSettling *settling);

/* What was judged is told to the spool: a commit with it begins. The next one not within `pause_us`. */
void ht_settling_begin(HtSettling *settling, int64_t pause_us);
