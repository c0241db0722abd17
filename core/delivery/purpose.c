/* A consumer's purpose against the clock. Main-loop thread. */
#include "core/delivery/purpose.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/delivery/judge.h"

void ht_purpose_tell(const HtConsumer *consumer)
{
    const char *name = consumer->config->name, *until = consumer->config->purpose_until;
    HtPurpose purpose = ht_policy_purpose(consumer->policy);
    ht_log(HT_LOG_INFO, "delivery", "consumer %s: policy %s, purpose: %s", name,
           ht_policy_version(consumer->policy), ht_purpose_name(purpose));
    if (purpose == HT_PURPOSE_ENDS) {
        ht_log(HT_LOG_WARNING, "delivery",
               "consumer %s: its purpose lapses after %s: then it sees no personal data (purpose-until)",
               name, until);
    } else if (purpose == HT_PURPOSE_LAPSED) {
        ht_log(HT_LOG_ERROR, "delivery",
               "consumer %s: its purpose lapsed after %s: it sees no personal data (purpose-until)", name,
               until);
    }
}

/* What others of the same policy were sent may be of before it lapsed. */
void ht_purpose_look(HtConsumer *consumer, int64_t now_us)
{
    HtPurpose before = ht_policy_purpose(consumer->policy);
    if (ht_policy_look(consumer->policy, now_us)) {
        consumer->class = (HtRenderedClass){.number = 0};
    }
    if (before != ht_policy_purpose(consumer->policy) && !consumer->replay) {
        ht_purpose_tell(consumer);
    }
}

uint64_t ht_purpose_left(const HtConsumer *consumer)
{
    int64_t left_us = ht_policy_until(consumer->policy) - ht_clock_now();
    return left_us > 0 ? (uint64_t)(left_us / HT_SECOND) : 0;
}
