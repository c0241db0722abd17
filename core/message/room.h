/* Room for what waits for a commit, shared among the sources so that none makes the messages of another "busy": a source may always hold
 * its equal part (`queue` and `queue-bytes`, divided by the number of sources), and up to its share (`queue-share`) while there is room for
 * all. A message is let in as long as less than that waits, however large it is: large messages need not find an empty queue. What is
 * above a source's share counts against nobody else. So all together hold at most twice the limit, and for each source one message
 * more. Main-loop thread. */
#pragma once

#include "core/message/message.h"

/* Whether a message of the source may wait now. HT_SPOOL_ERROR_BUSY, which names the limit. */
bool ht_room_admits(const HtIntake *intake, const HtShare *share, GError **error);

/* A message of so many bytes waits, and does not any more. */
void ht_room_enter(HtIntake *intake, HtShare *share, uint64_t bytes);
void ht_room_leave(HtIntake *intake, HtShare *share, uint64_t bytes);
