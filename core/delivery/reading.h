/* What of the spool comes into a consumer's window: what comes next, what was only a place there, and, while it is full, what overtakes.
 * For consumer.c. Main-loop thread. */
#pragma once

#include "core/delivery/judge.h"

/* Whether the event overtakes, by the dictionary that the consumer (`user`) began with: what is in the window is all of one mind. */
bool ht_reading_overtakes(void *user, const HtStoredEvent *event);

/* Takes what was just committed, and needs no reading. */
void ht_reading_take_recent(HtConsumer *consumer);

/* Asks for the next page if one is wanted; the consumer is woken when it is there. One at a time. */
void ht_reading_go_on(HtConsumer *consumer);

/* Frees one that ht_consumer_free() let go, once no page is on its way to it. */
void ht_reading_free_when_idle(HtConsumer *consumer);
