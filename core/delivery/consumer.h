/* One consumer: its window over the spool, what is under way, and its cursor. Main-loop thread.
 *
 * Events are read ahead into a window (window.h). Persons are delivered in parallel, and each in order. The cursor follows
 * the window's finished beginning. How events go out is the transport's (transport.h); what an answer leads to is decided
 * in judge.h: delivered, a dead letter, again, or a rest.
 *
 * An event that fails waits alone by its own clock, and only its person waits with it. The consumer as a whole waits only
 * when it asks for it or cannot be reached, or when nothing at all goes through. States, and which function makes each:
 *
 *   DELIVERING  up to `connections` requests            ht_consumer_new(), note_sign_of_life(), ht_judge_pause()
 *   PROBING     one request at a time, with one event   begin_probing(): a rest, or FAILURES_DOWN failures in a row;
 *                                                       ht_judge_pause(): resumed before a rest is over
 *   PAUSED      it wants no more (410), or the           ht_judge_pause(), as the spool has it: also after a restart
 *               administrator paused it
 *
 * Probes take what never failed first, from anywhere in the window: what stands at its front may be what the consumer
 * cannot take. While there is such, the first PROBES_AT_ONCE with it follow each other; then their pauses double from `retry-first`
 * up to `probe`. The first event that is taken (or refused as wrong) ends it, and what failed meanwhile goes again.
 *
 * An event that failed alone is not known to be at fault: it goes again at once when the request before went through, and
 * with each sign of life, CHANCES times in all; until then it is asked about at least every `probe`. After that it is POISON:
 * it waits up to `retry-max`, and its failures say nothing about the consumer any more.
 *
 * Invariants (consumer_assert() checks them after each answer and each round of sending):
 *   1. Requests under way are at most `connections`, those with what failed alone among them; but on a way where the consumer asks.
 *   2. Their events are the SENDING entries of the window.
 *   3. While DELIVERING, fewer than FAILURES_DOWN requests failed since one went through.
 *   4. Probes with what never failed are counted in PROBING only.
 *   5. What is freed lives on only until the page comes that was asked for.
 *   6. The cursor that the spool was given never sinks, and what it was told to be finished stays so.
 * A consumer that asks (pull.h) works when it asks: it is DELIVERING always, and what failed waits by itself only.
 *
 * What may be trusted: in DELIVERING, that no rest is under way that the consumer asked for; of `last_error`, that nothing
 * stands there that a consumer wrote. */
#pragma once

#include "core/delivery/delivery.h"
#include "core/delivery/rendered.h"
#include "core/delivery/sender.h"
#include "spool/delivery.h"

typedef struct HtConsumer HtConsumer;

typedef struct {
    HtSpoolReplay *replay; /* the spool's */
    HtConsumer *live; /* the live delivery to the same consumer; it ends later, or never is asked again */
    void (*ended)(void *user); /* runs when ht_consumer_has_ended() may have come true */
    void *user;
} HtConsumerReplay;

/* Opens the cursor and begins. NULL with every problem in `errors` (policy, secret, cursor).
 *
 * With `replay` it is not the live delivery but that replay, a delivery of its own beside it: with a window and a cursor
 * of its own, up to the replay's last event, over a quarter of the connections (at least one), or of the answers where the consumer
 * asks, or in files of its own; refused events become dead letters also with order = strict. Dead letters that it delivers are none
 * any more. What the live delivery has not finished is left to it. */
HtConsumer *ht_consumer_new(const HtConsumerConfig *config, const HtDeliveryOptions *options,
                            HtSender *sender, const HtConsumerReplay *replay, GString *errors);

/* Whether it is a replay that is at its end, or was cancelled, and nothing of it is under way. Brings to its end what still is; `ended` runs
 * then. */
bool ht_consumer_has_ended(const HtConsumer *consumer);
bool ht_consumer_is_of(const HtConsumer *consumer, const HtSpoolReplay *replay);
const HtConsumerConfig *ht_consumer_config(const HtConsumer *consumer);
void ht_consumer_free(HtConsumer *consumer);

/* When both see the same of every event, they share what is written of it, as this class or as the other's own. */
bool ht_consumer_shares(HtConsumer *consumer, HtConsumer *other, const HtRenderedClass *class);

/* There may be more to do. */
void ht_consumer_wake(HtConsumer *consumer);

/* As ht_judge_skip() says; what it held up goes at once. */
const char *ht_consumer_skip(HtConsumer *consumer, const HtStoredEvent *event, const char *reason);

/* Sends nothing more from now on; what is under way goes on. */
void ht_consumer_stop(HtConsumer *consumer);
bool ht_consumer_is_sending(const HtConsumer *consumer);

/* Its way out; the consumer's. */
HtTransport *ht_consumer_transport(const HtConsumer *consumer);

/* In state.c. */
void ht_consumer_status(const HtConsumer *consumer, HtConsumerStatus *status);
