/* Who is who, changed by an administrator (spool/repair.h): asked by a command, of the bus that runs, by way of the admin
 * socket, or else of the spool itself. */
#pragma once

#include "core/admin/admin.h"
#include "core/config/config.h"
#include "spool/repair.h"

/* For HtAdminView; `bus` is a HtBus. 200 with the answer, 409 when it cannot be done, 400 when the question is none, 503 when the
 * spool does not take it. The body of all is JSON. */
void ht_repair_answer(void *bus, HtText body, int64_t uid, HtAdminReply *reply);

/* Asks, and waits. `offline` says whether no bus was running. HT_SPOOL_ERROR_REPAIR when it cannot be done, else the error
 * of the admin socket or of the spool. */
bool ht_repair_ask(const HtConfig *config, const HtSpoolRepair *repair, HtSpoolRepaired *repaired,
                   bool *offline, GError **error);
