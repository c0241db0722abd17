/* Which events a replay is to send. Main-loop thread. */
#pragma once

#include "core/delivery/window.h"
#include "spool/delivery.h"

/* Whether the event lies in it and is of the types and sources that were asked for. */
bool ht_replay_wants(const HtSpoolReplay *replay, const HtStoredEvent *event);

/* Whether live delivery, whose window this is, has still to finish the event. Asked in order of sequences: `from` is where the last question
 * ended, NULL before the first one; nothing changes between them. */
bool ht_replay_is_open(const HtWindow *window, uint64_t sequence, const GList **from);
