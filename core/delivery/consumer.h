/* One consumer: its window over the spool, what is under way, and its cursor. Main-loop thread.
 *
 * Events are read ahead into a window. A request takes waiting events in order, but never one whose person (partition
 * key) has an earlier event still waiting or under way elsewhere: so persons are delivered in parallel, and each in order.
 * The cursor follows the window's finished beginning. */
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

void ht_consumer_status(const HtConsumer *consumer, HtConsumerStatus *status);
