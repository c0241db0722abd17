/* All consumers together, for tests: a delivery with the spool and the network of consumer-harness, whose requests are told apart by the paths of
 * their endpoints. */
#pragma once

#include "core/delivery/delivery.h"
#include "tests/lib/consumer-harness.h"

#define ENDPOINT "http://127.0.0.1/"
#define WAY_TO(name, path) "[consumer " name "]\ntype = webhook\nurl = " ENDPOINT path "\nmode = structured\n"
#define WAY(name) WAY_TO(name, name)
#define QUICK "retry-first = 10ms\nretry-max = 40ms\n"
#define TO(names) "[route r]\nto = " names "\n"

typedef struct {
    HtDictionary *dictionary;
    HtConfig *config;
    HtDeliveryOptions options;
    HtDelivery *delivery;
} All;

/* A bus with these sections. The caller frees. */
HtConfig *config_of(const char *sections);

/* Begins to deliver; play() came before, and what the test sets in `spool`. */
void open_all(All *a, const char *sections, const HtAccessRecorder *recorder);

/* Both, with an event for each letter. */
void begin(All *a, const char *sections, const char *persons);

/* Takes what is under way, and ends. */
void end(All *a);

/* Another configuration counts; until nobody is being changed any more. */
void change(All *a, const char *sections);
void finish_change(const All *a);

/* How the consumer is that must be there. */
HtConsumerStatus state_of(const All *a, const char *name);

/* How many requests are under way at an endpoint. */
unsigned count_at(const char *path);

/* Answers the oldest request at an endpoint, once there is one, and says what was in it. The caller frees. */
char *answer_at_path(const char *path, long status);

/* The endpoint takes these events next, in this order. */
void assert_takes(const char *path, const char *sequences);

/* Of consumer a, from the first event on. What it points to is static. */
HtSpoolReplay replay_of(uint64_t last, const char *types, const char *sources);

/* The spool keeps it from now on. */
void begin_replay(All *a, HtSpoolReplay *replay);
