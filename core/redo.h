/* Messages whose payload is kept, in the hands of an administrator: the verbs `payload` (shows it), `drop` (keeps one in quarantine no longer) and `redo` (gives it to its source's
 * adapter and mapping again, as if its department had sent it again). Main thread of the bus; `payload` and `drop` also of a command. */
#pragma once

#include "core/admin/reply.h"

/* {"message": ID} → {"payload": BASE64}. 404 when none is kept. Audited. */
void ht_redo_show(void *user, JsonObject *asked, HtAdminReply *reply);

/* {"message": ID} → what became of it: {"message": its new id, "events", "duplicates", "rejected"}, answered when it is on disk; 409 with code and
 * reason when it is refused. Events that are known make nothing new; the old row stays where it is. Audited. */
void ht_redo_answer(void *user, JsonObject *asked, HtAdminReply *reply);

/* {"message": ID, "reason": TEXT} → {}: the message is in quarantine no longer, on disk. 404 when it is not there; 400 without a reason. Audited. */
void ht_redo_drop(void *user, JsonObject *asked, HtAdminReply *reply);
