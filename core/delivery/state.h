/* How a consumer is, as the status says it (ht_consumer_status() of consumer.h). Main-loop thread. */
#pragma once

#include "core/delivery/judge.h"

/* From when on it is in the state that the status shows. After each change. */
void ht_state_note(HtConsumer *consumer);
