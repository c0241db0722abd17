/* Ids of messages and events rise with their order, whatever the clock does. Within a run core/base/uuid.h sees to it; over a restart the
 * spool says how far they were. */
#pragma once

#include "spool/database.h"

/* While the spool is opened: new ids are above those of its last messages (also of those in quarantine), and of its last event, `last`.
 * What of them is damaged says nothing. */
bool ht_spool_rise(sqlite3 *db, uint64_t last, GError **error);
