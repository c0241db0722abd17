/* An event as a line of an export or of the archive: {"state": {CONSUMER: "waiting" | "finished" | "dead letter", …}, "event": the CloudEvent with
 * all that is in it}. It holds residents' data. One thread. */
#pragma once

#include "core/reconcile/delivered.h"

/* Writes the line into `line`, emptied first. `delivered` has been loaded for the event; its consumers are those of `config`. */
void ht_keep_line(const HtConfig *config, const HtDelivered *delivered, const HtStoredEvent *event,
                  HtBuffer *line);
