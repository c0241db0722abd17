/* Whether a consumer's purpose holds, and saying so in time. Main-loop thread. */
#pragma once

#include "core/delivery/consumer.h"

/* Looks at the clock. What it changes is logged. Before each request, and now and then where none goes. */
void ht_purpose_look(HtConsumer *consumer, int64_t now_us);

/* To the log: what its policy is, and that the purpose is about to lapse or has lapsed. */
void ht_purpose_tell(const HtConsumer *consumer);

/* Seconds until it lapses; 0: there is none, or it has lapsed. */
uint64_t ht_purpose_left(const HtConsumer *consumer);
