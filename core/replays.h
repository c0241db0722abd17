/* Replays: events that a consumer gets again, as a job beside live delivery that survives a restart (core/delivery/consumer.h does it). Here
 * they are begun, listed and cancelled. Main thread. */
#pragma once

#include "core/admin/reply.h"
#include "core/bus.h"

/* Begins one of these dead letters (of uint64_t, ascending, at least one), and answers. */
void ht_replays_letters(const HtBus *bus, const char *consumer, const GArray *letters, HtAdminReply *reply);

/* The verb `replay`: core/outlet.h says what it is asked. */
void ht_replays_verb(void *bus, JsonObject *asked, HtAdminReply *reply);
