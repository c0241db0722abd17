/* What a pulling consumer has and has not acknowledged: which events are out, to which of its workers, until when. The window
 * (window.h) holds them as SENDING meanwhile. No HTTP is known here. Main-loop thread.
 *
 * A lease is what went out at once (one answer, one piece of a stream); it ends with its last event, or at its time: what is left of it
 * then counts as failed and goes again. For each worker the order is kept in which events went to it: "through" means all that went
 * to it up to that one, whatever their numbers, so nothing is acknowledged that is still on its way.
 *
 * An event is OUT from ht_leases_add() to the function that judges it, returns it or lets its lease expire; then it is the window's again.
 *
 * Invariants, checked at each of these by lease.c's assert_leases(); 4 where an event ends:
 *   1. An event is out once, to one worker.
 *   2. A lease has events, a worker is known while it has some: where nothing is out, there are neither.
 *   3. Leases end in the order in which they began, so the first of the queue is the next.
 *   4. What ends with an event is out in the same lease: nothing of another is taken for acknowledged. */
#pragma once

#include "core/delivery/transport.h"

#include <glib.h>

typedef struct HtLeases HtLeases;

/* Leases that end after so long. */
HtLeases *ht_leases_new(uint64_t lease_ms);

/* Nothing is out any more. */
void ht_leases_free(HtLeases *leases);

/* These events go out to this worker now, for this channel (pull.c). Gives the lease's number. */
uint64_t ht_leases_add(HtLeases *leases, const HtOutgoing *outgoing, const char *worker, const void *channel);

/* What is out for this channel did not reach anybody. */
void ht_leases_return_of(HtLeases *leases, const void *channel);

/* What is out for this channel is dropped. */
void ht_leases_drop(HtLeases *leases, const void *channel);

/* Judges one event that is out, by its sequence: to this worker, or to any where `worker` is NULL. False when it is not out (any more). */
bool ht_leases_judge(HtLeases *leases, const char *worker, uint64_t sequence, const HtSent *sent);

/* All that went to the worker up to this one, this one included, is taken: `count` says how many. False when this one is not out
 * to it. */
bool ht_leases_take_through(HtLeases *leases, const char *worker, uint64_t sequence, unsigned *count);

/* What went to the worker after this one did not reach it. Before it is taken; when it is not out to the worker (any more), it was taken
 * before, and all that is out to the worker went after it. */
void ht_leases_return_after(HtLeases *leases, const char *worker, uint64_t sequence);

/* What is left of the lease did not reach anybody. Nothing when it has ended. */
void ht_leases_return(HtLeases *leases, uint64_t lease);

/* Ends the leases whose time is over. May send again at once. */
void ht_leases_expire(HtLeases *leases, int64_t now_us);

/* When the next one is over, monotonic; INT64_MAX when none is out. */
int64_t ht_leases_due(const HtLeases *leases);

/* How many events are out to this worker. */
unsigned ht_leases_out(const HtLeases *leases, const char *worker);
