/* What the running bus says of itself at the admin socket: for `hutong status`, monitoring and tests. Each part says its own.
 * Main thread. */
#pragma once

#include "core/admin/form.h"
#include "core/base/buffer.h"

/* For HtAdminView; `bus` is a HtBus. */
const char *ht_status_ready(void *bus);
char *ht_status_notice(void *bus);
void ht_status_json(void *bus, HtBuffer *json);
void ht_status_recent(void *bus, uint64_t after, HtBuffer *json);
void ht_status_metrics(void *bus, HtBuffer *text);

/* What ht_status_json() and ht_status_recent() write. */
extern const HtFormMember ht_status_form[], ht_status_recent_form[];
