/* How an endpoint has answered of late: the last answers, and how long they took. Held by its consumer. Main-loop thread. */
#pragma once

#include "core/base/buffer.h"
#include "core/delivery/transport.h"

#define HT_HEALTH_ANSWERS 8
#define HT_HEALTH_TIMES 512

/* Alike answers that followed each other. */
typedef struct {
    char answer[64]; /* "HTTP 200", "Couldn't connect to server" */
    uint64_t count;
    int64_t first_us, last_us;
} HtHealthAnswer;

typedef struct HtHealth {
    HtHealthAnswer answers[HT_HEALTH_ANSWERS]; /* round and round */
    unsigned runs;                             /* of alike answers, in all */
    uint32_t times_us[HT_HEALTH_TIMES];        /* of the last answers, round and round */
    uint64_t timed, sum_us;                    /* all that came, and how long they took together */
} HtHealth;

void ht_health_note(HtHealth *health, const HtSent *sent);

/* The time within which so many of a hundred of the last answers came; 0: there were none. */
uint64_t ht_health_percentile(const HtHealth *health, unsigned percent);

/* Writes `"answers":[…]`, the latest first. */
void ht_health_json(const HtHealth *health, HtBuffer *json);
