/* When a reload changes a consumer: whether it is another, and how one ends and the next goes on. delivery.c has who follows whom. Main-loop
 * thread. */
#pragma once

#include "core/delivery/consumer.h"

/* It runs by this configuration, of which its section is, until it is freed. */
void ht_consumer_hold(HtConsumer *consumer, const HtConfig *all);
void ht_consumer_let_go(HtConsumer *consumer);

/* Whether it would be the same with this section and dictionary. */
bool ht_consumer_is_as(const HtConsumer *consumer, const HtConsumerConfig *config,
                       const HtDictionary *dictionary);

/* The routes as the options' configuration has them now, for what is read from here on. Nobody shares what is written of it any more. */
void ht_consumer_reroute(HtConsumer *consumer);

/* Who reads it now is let go, and asked again who he is when he comes again: after a reload others may come in, by keys, files, users or groups. */
void ht_consumer_send_away(HtConsumer *consumer);

/* Another takes its place, when this is over: nothing more is sent. `late`: what a worker holds goes again. */
void ht_consumer_retire(HtConsumer *consumer);
bool ht_consumer_is_over(HtConsumer *consumer, bool late);

/* Goes on with the figures of the one before. */
void ht_consumer_go_on(HtConsumer *consumer, const HtConsumerStatus *before);

/* What is written of its events is its own. */
void ht_consumer_share_nothing(HtConsumer *consumer);

bool ht_consumer_is_replay(const HtConsumer *consumer);
bool ht_consumer_is_live(const HtConsumer *replay, const HtConsumer *live);
