/* The verbs of the admin socket: one table, each part brings its rows. Their `user` is a HtBus. Main thread of the bus; of a
 * command, ht_verbs_ask(). */
#pragma once

#include "core/admin/openapi.h"
#include "core/config/config.h"

extern const HtAdminVerb ht_verbs[];

/* They and what the pages give: what the admin API is. */
extern const HtAdminApi ht_verbs_api;

/* Has the running bus do the verb, and waits; when none runs and the row says `offline`, does it here: the spool is opened as the bus opens
 * it, whose lock keeps a bus away until this is over, and the verb's HtBus has `config` and `spool` only. `question` is a JSON
 * object. The answer (transfer full), or HT_ADMIN_ERROR (core/admin/ask.h) or the spool's error. `offline` says, also then, whether no bus
 * was running; may be NULL. */
JsonObject *ht_verbs_ask(const HtConfig *config, const char *verb, const char *question, bool *offline,
                         GError **error);
