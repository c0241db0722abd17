/* Pruning: an event that is kept no longer leaves a hollow record in its row, with all that is needed to know it again: id, subject, what it
 * said (content.h), and the attributes that corrections, routes and the books ask for. Its data is gone. So what a department sends again is
 * known and gets the first receipt, a correction of it names it, and the books of its day stay as they were.
 *
 * A row is written anew in its place, in one transaction: whoever reads sees the one or the other. A row of which a part is damaged is left
 * as it is. Writer thread. */
#pragma once

#include "spool/database.h"

typedef struct HtSpoolHollower HtSpoolHollower;

/* `db` stays the caller's. `answered`: inside the transaction, of a message (messages.id) that has an answer, and no event with data any more. */
HtSpoolHollower *ht_spool_hollower_new(sqlite3 *db,
                                       bool (*answered)(void *user, uint64_t number, GError **error),
                                       void *user, GError **error);
void ht_spool_hollower_free(HtSpoolHollower *hollower);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolHollower, ht_spool_hollower_free)

/* Inside a transaction: the events of `runs` (of HtSpoolRun, ascending, apart from each other) are hollow; what is so already stays. `count`:
 * how many were made so. With the last event of a message that had data its kept payload goes, and its
 * faults. */
bool ht_spool_hollower_run(HtSpoolHollower *hollower, const GArray *runs, uint64_t *count, GError **error);

/* The same of the messages (messages.id) of `runs` that came to no event: their payload goes, and their faults. `count`: those that had any. */
bool ht_spool_hollower_forget(HtSpoolHollower *hollower, const GArray *runs, uint64_t *count, GError **error);
