/* Who is told of what goes out, before it goes. Delivery knows no audit: the bus brings one (core/access.h). Main-loop thread. */
#pragma once

#include "core/delivery/policy.h"

typedef struct {
    const HtConsumerConfig *consumer;
    const HtPolicy *policy;
    int64_t replay;          /* 0: none */
    const GPtrArray *events; /* of const HtStoredEvent */
} HtGiven;

typedef struct {
    /* These events are about to go out. False when that could not be recorded, and they must not. */
    bool (*record)(void *user, const HtGiven *given);

    /* Whether what goes to a consumer with this policy could be recorded, or need not be: asked before anything is picked. */
    bool (*allows)(void *user, const HtPolicy *policy);
    void *user;
} HtAccessRecorder;
