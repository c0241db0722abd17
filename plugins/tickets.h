/* Messages on their way through a host: each is a ticket, from the moment that it is given to the host until its callback has run. Bus,
 * main-loop thread.
 *
 * Here are their queues, what they count against, their frames, and what a death of the process means for them. Nothing here knows
 * processes or what the host's state is: whoever does (supervisor.c) connects an outbox while frames may be sent, and says when a result
 * has come or a process died. */
#pragma once

#include "core/base/beside.h"
#include "core/base/limits.h"
#include "core/base/message-head.h"
#include "core/base/outcome.h"
#include "plugins/outbox.h"

#define HT_HOST_ERROR (ht_host_error_quark())
GQuark ht_host_error_quark(void);

typedef enum {
    HT_HOST_ERROR_BUSY, /* too many messages or bytes wait for this host: 503 */
    HT_HOST_ERROR_DOWN, /* the host cannot be started at present (it dies at start; throttled): 503 */
    HT_HOST_ERROR_LOST, /* the host died with this message and the bus has no copy: 503, send again */
    HT_HOST_ERROR_QUARANTINE, /* this payload killed the host `strikes` times: it is refused; keep it for a person */
    HT_HOST_ERROR_ADAPTER, /* the adapter file or the mapping is bad (the reason in the message): 503, administrator */
    HT_HOST_ERROR_STOPPED, /* the bus is ending */
    HT_HOST_ERROR_MEMORY, /* the host ran out of memory with it (the message names the limit): 413, smaller parts */
    HT_HOST_ERROR_SERVICE, /* no service of this name has a WSDL (the message says which have): 404 */
} HtHostErrorCode;

/* ---- For whoever sends ---- */

typedef struct HtTicket HtTicket;

/* Exactly one of outcome and error. The outcome and what it points to live until the callee returns, unless it keeps
 * `frame` (ref it). */
typedef void (*HtHostDone)(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user);

/* What takes long with a large outcome, before `done`: on a thread beside the main loop, which leaves alone what `user` is meanwhile. */
typedef void (*HtHostPrepare)(const HtOutcome *outcome, GBytes *frame, void *user);

/* A WSDL's text, or an error, or neither when the adapter has none. */
typedef void (*HtWsdlDone)(GBytes *text, const GError *error, void *user);

/* Of a stream (ht_host_stream()). Returns false when enough is waiting for the host: call again only after `drained`. */
bool ht_ticket_write(HtTicket *ticket, const void *bytes, size_t size);

/* Of a stream: that was all. The digest is that of the whole; strikes are counted by it. */
void ht_ticket_end(HtTicket *ticket, const uint8_t sha256[32]);

/* Before its answer comes: `prepare` is to run when that is large. It may not: then all is left to `done`. */
void ht_ticket_prepare(HtTicket *ticket, HtHostPrepare prepare);

/* The sender went away: `done` will not run; when it is being prepared, the call waits for that; an outcome that still comes is thrown away. The ticket is gone. */
void ht_ticket_cancel(HtTicket *ticket);

/* ---- For the supervisor ---- */

typedef struct HtTickets HtTickets;

/* `limits` live as long. `given` is called when something was put into the outbox for which an answer is owed. */
HtTickets *ht_tickets_new(const HtLimits *limits, void (*given)(void *user), void *user);

/* When all have failed and their callbacks have run. May be called from one of these. */
void ht_tickets_free(HtTickets *tickets);

/* Whether one more of this size is taken; BUSY. */
bool ht_tickets_admit(const HtTickets *tickets, size_t size, GError **error);

/* New tickets. They are sent at once when an outbox is connected, else when one is. */
HtTicket *ht_tickets_add(HtTickets *tickets, const HtMessageHead *head, GBytes *body, HtHostDone done,
                         void *user);
HtTicket *ht_tickets_add_stream(HtTickets *tickets, const HtMessageHead *head, HtHostDone done,
                                void (*drained)(void *user), void *user);

/* A question for a WSDL: `head` are its packed fields. With a refusal (transfer full; NULL: none) it is over before it began. */
void ht_tickets_add_wsdl(HtTickets *tickets, HtText head, HtWsdlDone done, void *user, GError *refusal);

/* From now on a process takes frames, which go into `outbox`: everything that waits is sent. */
void ht_tickets_connect(HtTickets *tickets, HtOutbox *outbox);

/* It takes none any more; `outbox` may go. What was sent still counts as sent until ht_tickets_settle_death(). */
void ht_tickets_disconnect(HtTickets *tickets);

bool ht_tickets_are_connected(const HtTickets *tickets);

/* How many wait or are at work. */
unsigned ht_tickets_waiting(const HtTickets *tickets);

typedef struct {
    uint64_t number; /* unique in this bus process; the same when it is tried again */
    uint64_t size_bytes;
    int64_t sent_us;
    bool sent; /* to the present process */
} HtTicketView;

/* Whether this one still comes in pieces. */
bool ht_tickets_streams(const HtTickets *tickets, uint64_t number);

/* The complete ticket of this number; 0: the oldest. False when there is none. `view` may be NULL. */
bool ht_tickets_find(const HtTickets *tickets, uint64_t number, HtTicketView *view);

/* Is it this one's answer that must come next? */
bool ht_tickets_expect(const HtTickets *tickets, uint64_t number, bool wsdl);

/* Of the one that ht_tickets_expect() said yes to: somebody works on its answer, or (NULL) not any more; and what he lets its sender prepare, on
 * any thread. */
void ht_tickets_work(HtTickets *tickets, HtBeside *work);
void ht_tickets_prepare(const HtTickets *tickets, const HtOutcome *outcome, GBytes *frame);

/* The answer of the one that ht_tickets_expect() said yes to. Its callback runs, in which anything may happen, the end of the host
 * included. */
void ht_tickets_finish(HtTickets *tickets, const HtOutcome *outcome, GBytes *frame);
void ht_tickets_finish_wsdl(HtTickets *tickets, GBytes *text, const GError *error);

/* How a process died, of which message (0: none). */
typedef struct {
    uint64_t culprit;
    bool no_memory; /* it had no more memory */
    bool served;    /* it had answered others, which may have cost the memory */
} HtTicketsDeath;

/* The process is dead. The culprit is charged; what cannot or must not be tried again is over. Returns whether a message was taken out of
 * the way for good. */
bool ht_tickets_settle_death(HtTickets *tickets, const HtTicketsDeath *death);

/* So many were, for the strikes that they had. */
uint64_t ht_tickets_quarantined(const HtTickets *tickets);

/* Everything that waits is over, with this error. */
void ht_tickets_fail_all(HtTickets *tickets, HtHostErrorCode code, const char *text);

/* Runs the callbacks of those that are over. Never from inside a verb that a sender has called, except ht_host_free(). */
void ht_tickets_run_late(HtTickets *tickets);

/* Streams that paused are told to go on when there is room again. */
bool ht_tickets_can_drain(const HtTickets *tickets);
void ht_tickets_drain(HtTickets *tickets);
