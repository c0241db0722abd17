/* Who is who, changed by an administrator (spool/repair.h): the verb `subject` of the admin socket. */
#pragma once

#include "core/admin/reply.h"
#include "spool/repair.h"

#define HT_REPAIR_VERBS 3

/* What HtSpoolRepairVerb is called in the question. */
extern const char *const ht_repair_verbs[HT_REPAIR_VERBS];

/* For core/verbs.h; `bus` is a HtBus. 409 when it cannot be done, 503 when the spool does not take it. */
void ht_repair_answer(void *bus, JsonObject *asked, HtAdminReply *reply);
