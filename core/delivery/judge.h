/* What an answer leads to: delivered, a dead letter, again, or a rest. And what a consumer is inside: consumer.c reads, sends and moves
 * the cursor, judge.c is asked with each answer and changes states; nobody else looks in here. The rules are in consumer.h. Main-loop
 * thread. */
#pragma once

#include "core/base/timer.h"
#include "core/delivery/backoff.h"
#include "core/delivery/consumer.h"
#include "core/delivery/health.h"
#include "core/delivery/policy.h"
#include "core/delivery/route.h"
#include "core/delivery/transport.h"
#include "core/delivery/window.h"
#include "spool/delivery.h"

#define HT_CONSUMER_FAILURES_DOWN 16 /* so many requests failed and none went through: it is the consumer */

typedef enum {
    HT_CONSUMER_DELIVERING, /* up to `connections` requests at once */
    HT_CONSUMER_PROBING, /* nothing goes through, or it asked to be left alone: one request at a time asks whether it works */
    HT_CONSUMER_PAUSED, /* an administrator said so, or it answered that it wants no more */
} HtConsumerState;

struct HtConsumer {
    HtConfig *all; /* held: what `config` is of */
    const HtConsumerConfig *config;
    char *settings;           /* all that it runs by: succession.c */
    HtDictionary *dictionary; /* held: the policy's */
    const HtDeliveryOptions *options;
    HtSpoolReplay *replay;     /* NULL: live delivery. The spool's; its figures are counted here */
    HtConsumer *live;          /* a replay's; NULL: there is none */
    void (*ended)(void *user); /* a replay's */
    void *ended_user;
    void (*wake)(void *consumer); /* there may be more to do */
    const GList *open_from;       /* in the live one's window, while a page is taken */
    char *cursor;                 /* the name that it has in the spool */
    unsigned connections;
    HtTransport *transport;
    HtPolicy *policy;
    HtRenderedClass class; /* of the policy */
    HtRoutes *routes;
    uint64_t pause_turn; /* of the spool, when the window was told which routes are paused; 0: anew */
    HtWindow window;
    HtSettling *settling; /* who waits until what was judged is on disk */
    HtTimer *timer;
    HtConsumerState state;
    bool reading, stopped, freed;
    bool unrecorded;  /* what goes out cannot be recorded: nothing personal does until it can */
    bool full;        /* no dead letter may be added: nothing is sent until there is room */
    bool strict;      /* what it refuses is no dead letter, but holds up its person */
    bool absent_read; /* the last page was one of those */
    unsigned sending, sending_failed; /* requests under way; those of them with what failed alone before */
    unsigned events_sending;
    unsigned company; /* of what never failed in one request at most: from 1 to what the transport takes */
    unsigned failed_in_row;  /* requests since one went through; those of POISON are not counted */
    unsigned untried_failed; /* probes with what had never failed, since PROBING began */
    HtBackoff backoff;       /* of probes */
    int64_t probe_at_us;   /* monotonic, as the others: the next probe not before, but for probes_at_once() */
    int64_t rest_until_us; /* as the consumer asked */
    int64_t sent_us;       /* when the last request went */
    int64_t read_at_us;    /* not read before */
    int64_t mark_at_us;    /* what is finished is not told before */
    uint64_t delivered, skipped, dead, attempts, failures;
    char *last_error;
    HtHealth health;
    const char *told_state; /* as the status last said it, */
    int64_t since_us;       /* and since when */
};

/* One request under way. */
typedef struct {
    HtConsumer *consumer;
    GPtrArray *entries; /* of HtEntry, in the window */
    bool is_probe;
    bool is_failed; /* with what failed alone before */
} HtConsumerRequest;

/* Whether events go when it asks for them, not when they are there. */
static inline bool ht_consumer_asks(const HtConsumer *consumer)
{
    return consumer->transport->room != NULL;
}

/* Takes the answer to a request that is not counted as under way any more; its entries are still SENDING, and leave that here. */
void ht_judge(HtConsumer *consumer, const HtConsumerRequest *request, const HtSent *sent);

/* Whether no pause counts: what failed until now may all be what the consumer cannot take, and there is more. */
bool ht_judge_probes_at_once(const HtConsumer *consumer);

/* An event that failed and waits becomes a dead letter, and its person goes on: an administrator says so. NULL, or why it cannot be. */
const char *ht_judge_skip(HtConsumer *consumer, const HtStoredEvent *event, const char *reason);

/* To PAUSED, or from it to DELIVERING, as the spool has it; to PROBING while a rest that it asked for is not over. */
void ht_judge_pause(HtConsumer *consumer);
