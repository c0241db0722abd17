/* The verbs of the admin socket that are about delivery; for core/verbs.h, `bus` is a HtBus. Questions and answers are JSON objects;
 * each change is in the log and in the spool's table `audit` with who made it.
 *
 *   skip      {"consumer":…,"sequence":…,"reason":…}: an event that holds up its person becomes a dead letter; of a running bus only
 *   dead      {"verb":"drop"|"replay","consumer":…,"sequences":"3-5;9","reason":…}: {"count":…} or that and a replay
 *   replay    {"verb":"begin","consumer":…,"from":SEQUENCE|"fromTime":TIME,"to":…|"toTime":…,"types":…,"sources":…,"failedOnly":…}: a
 *             replay; {"verb":"list"}: {"replays":[…]}; {"verb":"cancel","id":…}
 *   test      {"consumer":…}: {"id":…,"taken":…,"status":…,"reason":…,"tookUs":…}, a test event; of a running bus only
 *   event     {"consumer":…,"sequence":…}: {"event":{…}} as that consumer sees it; of a running bus only
 *
 * Without a bus a replay is kept, and begins when the bus runs. */
#pragma once

#include "core/admin/reply.h"

void ht_outlet_dead(void *bus, JsonObject *asked, HtAdminReply *reply);
void ht_outlet_test(void *bus, JsonObject *asked, HtAdminReply *reply);
void ht_outlet_skip(void *bus, JsonObject *asked, HtAdminReply *reply);
void ht_outlet_event(void *bus, JsonObject *asked, HtAdminReply *reply);
