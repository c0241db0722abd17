/* Pausing on purpose: a consumer, a source, a route, or all sources (maintenance). The spool keeps it (spool/delivery.h), so it lasts over
 * restarts; here are the verbs of the admin socket, for core/verbs.h (`bus` is a HtBus), and what the pages say. Each change is in the log
 * and in the spool's table `audit` with who made it and why. Main thread.
 *
 *   consumer     {"verb":"pause"|"drain"|"resume","consumer":…,"reason":…}
 *   source       {"verb":"pause"|"drain"|"resume","source":…,"reason":…,"notice":…,"retryAfterS":…}
 *   route        {"verb":"pause"|"drain"|"resume","route":…,"reason":…}
 *   maintenance  {"verb":"on"|"off","reason":…,"notice":…,"retryAfterS":…}
 *
 * The answer is {"state":"open"|"paused"|"draining"|"drained","underWay":N}. What is paused takes nothing new from then on:
 *
 *   a source    answers 503 `source-paused`, with the notice; a message whose body still comes is refused when it is whole, but where it
 *               drains: there it is taken. In maintenance each source drains, and the code is `maintenance`
 *   a consumer  is sent nothing; what was sent is waited for, and judged
 *   a route     lets nothing through. Its consumers go on by their other routes; what goes by this one only waits in their windows, and later events
 *               of the same persons behind it. Their cursors stay before it
 *
 * Without a bus it is kept, and counts when the bus runs. */
#pragma once

#include "core/admin/reply.h"
#include "core/base/buffer.h"

#define HT_PAUSES_NOTICE_BYTES 500
#define HT_PAUSES_RETRY_MAX_S 604800 /* a week */

void ht_pauses_consumer(void *bus, JsonObject *asked, HtAdminReply *reply);
void ht_pauses_source(void *bus, JsonObject *asked, HtAdminReply *reply);
void ht_pauses_route(void *bus, JsonObject *asked, HtAdminReply *reply);
void ht_pauses_maintenance(void *bus, JsonObject *asked, HtAdminReply *reply);

/* What is held on purpose, as lines; NULL: nothing. The caller frees. `bus` is a HtBus. */
char *ht_pauses_notice(const void *bus);

/* Adds the members "maintenance" and "routes". */
void ht_pauses_json(const void *bus, HtBuffer *json);
void ht_pauses_metrics(const void *bus, HtBuffer *text);
