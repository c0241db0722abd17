/* A test event: to try a consumer's way out, signature and receiving program without anybody's data. It is no event of the spool: it goes by no
 * route, moves no cursor, is counted nowhere, and is not sent again. Its type is bus.test.v1, its sequence 0, its data empty. Main-loop thread. */
#pragma once

#include "core/delivery/consumer.h"

/* What the consumer said; NULL when its way out ended first. */
typedef void (*HtTestDone)(const HtUuid *id, const HtSent *sent, void *user);

/* Sends one: to a webhook as its other events, also while it is paused; for a consumer of files as a file of its own, NAME.test-ID.jsonl. NULL, or
 * why that cannot be; then `done` does not run. */
const char *ht_consumer_test(HtConsumer *consumer, HtTestDone done, void *user);
