/* The way out on which the consumer asks: it GETs a batch at /out/NAME, or reads the stream /out/NAME/stream (server-sent
 * events), and acknowledges. What it has got is out to one of its workers (lease.h) until it acknowledges or the lease is over;
 * so several workers share one consumer, and no event of a person is out while an earlier one is, but in one answer.
 * docs/consumer.md is the same for its reader. Main-loop thread. */
#pragma once

#include "core/config/config.h"
#include "core/delivery/transport.h"

/* The configuration lives longer. The caller frees the transport with its own function. With `live` (another of these) it is that of a
 * replay: its events come in the same answers and streams, and are acknowledged there. No event may be out by both. */
HtTransport *ht_pull_new(const HtConsumerConfig *config, const HtTransportOwner *owner, HtTransport *live);
