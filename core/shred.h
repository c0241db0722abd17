/* Destroying a period's key (spool/vault.h). Main thread. */
#pragma once

#include "core/admin/reply.h"

/* {"period", "reason"} → {"certificate", "file"}: the key is no more, in memory and on disk; the certificate (core/proof/destroyed.h) stands in
 * `destroyed/` in the state directory. 404 for no such period; 409 while anything in the spool is sealed under it, and for the current one. Audited. */
void ht_shred_answer(void *user, JsonObject *asked, HtAdminReply *reply);
