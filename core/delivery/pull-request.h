/* Requests of pulling consumers: reading what they ask for and what they say of events, and the answer to that. Pure; main-loop
 * thread. */
#pragma once

#include "core/config/config.h"
#include "core/delivery/transport.h"

#define HT_PULL_BATCH "application/cloudevents-batch+json"
#define HT_PULL_STREAM "text/event-stream"
#define HT_PULL_WORKER 65  /* bytes of a worker's name and its end */
#define HT_PULL_BODY 65536 /* bytes of an acknowledgement at most */

typedef struct {
    unsigned limit;
    uint64_t wait_ms;
    uint64_t last_id;   /* Last-Event-ID; 0: there is none */
    const char *worker; /* "" when it does not say; lives as long as the call */
} HtPullRequest;

/* The query of a poll and of a stream. False with the refusal. What is above the consumer's keys is cut to them. */
bool ht_pull_read_poll(const HtPageCall *call, const HtConsumerConfig *config, HtPullRequest *request,
                       HtRefusal *refusal);
bool ht_pull_read_stream(const HtPageCall *call, const HtConsumerConfig *config, HtPullRequest *request,
                         HtRefusal *refusal);

typedef struct {
    HtSent sent;
    uint64_t through;            /* 0: it names sequences */
    GArray *sequences;           /* of uint64_t; empty with `through` */
    char worker[HT_PULL_WORKER]; /* "" is one, too: who does not say who they are */
    bool by_worker;              /* it says which: `sequences` are those that are out to that one */
    char *reason, *detail;
} HtPullVerdict;

/* {"through": S} or {"sequences": [S, …]}, with "worker" and, unless the events are taken, "reason". `kind` is what is said of
 * them. False with the refusal. */
bool ht_pull_read_verdict(const HtPageCall *call, HtSentKind kind, HtPullVerdict *verdict,
                          HtRefusal *refusal);
void ht_pull_verdict_clear(HtPullVerdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtPullVerdict, ht_pull_verdict_clear)

/* How many it was said of, and how many are not out (any more). */
void ht_pull_answer_verdict(HtPageCall *call, HtSentKind kind, unsigned count, unsigned not_out);
