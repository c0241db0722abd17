/* One consumer: its window over the spool, what is under way, and its cursor. Main-loop thread.
 *
 * Events are read ahead into a window. A request takes waiting events in order, but never one whose person (partition
 * key) has an earlier event still waiting or under way elsewhere: so persons are delivered in parallel, and each in order.
 * The cursor follows the window's finished beginning.
 *
 * Two kinds of pause. An event that fails waits for its own time and only its person waits with it. The consumer as a whole
 * rests when it cannot be reached or says so (no answer, 429, 503), or when several different events fail and none goes
 * through; from then on one request at a time asks whether it is back. */
#pragma once

#include "core/delivery/delivery.h"
#include "core/delivery/sender.h"

typedef struct HtConsumer HtConsumer;

/* Opens the cursor and begins. NULL with every problem in `errors` (policy, secret, cursor). */
HtConsumer *ht_consumer_new(const HtConsumerConfig *config, const HtDeliveryOptions *options,
                            HtSender *sender, GString *errors);
void ht_consumer_free(HtConsumer *consumer);

/* There may be more to do. */
void ht_consumer_wake(HtConsumer *consumer);

/* Sends nothing more from now on; what is under way goes on. */
void ht_consumer_stop(HtConsumer *consumer);
bool ht_consumer_is_sending(const HtConsumer *consumer);

void ht_consumer_status(const HtConsumer *consumer, HtConsumerStatus *status);
