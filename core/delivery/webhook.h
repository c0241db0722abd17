/* The way out by HTTP: events are POSTed as CloudEvents, one or an array, signed if there is a secret. Main-loop thread. */
#pragma once

#include "core/config/config.h"
#include "core/delivery/sender.h"
#include "core/delivery/transport.h"

/* NULL with the problem in `errors` (the secret's file). The sender is kept; the caller frees through the transport. With `live` (another of
 * these, which lives longer) it is that of a replay: the endpoint is asked, and its rate kept, for both together. */
HtTransport *ht_webhook_new(const HtConsumerConfig *config, const HtBusConfig *bus, HtSender *sender,
                            HtTransport *live, GString *errors);

/* A name for a request with these events, the same whenever the same go together: the id of a single event, else made
 * from all their ids. The caller frees. */
char *ht_webhook_name(const GPtrArray *events);
