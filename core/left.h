/* What is left in the spool of consumers that are configured no more: told by reload, status and check, moved to another name or dropped by an
 * administrator. Main thread. */
#pragma once

#include "core/admin/reply.h"
#include "core/base/buffer.h"
#include "core/config/config.h"
#include "spool/estate.h"

/* What the member "left" has of each. */
extern const HtFormMember ht_left_form[];

/* In words, with what can be done. The caller frees. */
char *ht_left_describe(const HtSpoolEstate *estate);

/* Of a HtBus: to the log; a line each; as the member "left": [{"consumer","cursor","letters"}]. */
void ht_left_log(const void *bus);
void ht_left_notice(const void *bus, GString *text);
void ht_left_json(const void *bus, HtBuffer *json);

/* {"verb":"rename","consumer":…,"to":…} or {"verb":"forget","consumer":…,"reason":…}: {} when it is on disk. 409 while the consumer is configured,
 * is still being let go of, or has nothing; and when the other has something. Audited. */
void ht_left_verb(void *bus, JsonObject *asked, HtAdminReply *reply);
