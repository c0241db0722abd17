/* Messages on their way through a host, see tickets.h. Bus, main-loop thread.
 *
 * States of a ticket, and the function that makes each:
 *
 *   WAITING   complete, in `flight`, not sent      ht_tickets_add(), _add_wsdl(); ht_ticket_end(); settle_queue()
 *   STREAMING in `streams`, pieces still come      ht_tickets_add_stream()
 *   SENT      in `flight`, its answer is owed      send_ticket(), ht_ticket_end()
 *   ORPHAN    the same, but nobody waits for it    ht_ticket_cancel()
 *   LATE      in `late`: over, with `error`        make_late()
 *   (gone)                                         finish_…(), ht_tickets_run_late(), ht_ticket_cancel()
 *
 *   WAITING -> SENT -> gone (answered) | WAITING (the process died: tried again) | LATE (strikes, or no copy)
 *   STREAMING -> SENT | WAITING (no process yet) | LATE (its process died) | gone (cancelled)
 *   SENT -> ORPHAN -> gone (answered, or the process died)
 *   WAITING, STREAMING -> LATE (the host cannot start, or ends) | gone (cancelled)
 *
 * What may be trusted: of SENT, that its frames are with the present process or in its outbox, behind those of the ones before it; that
 * holds until ht_tickets_settle_death(), also while the process is dying. Of LATE nothing but `error` counts. Callbacks run from two places
 * only, the taking of an answer and ht_tickets_run_late(), always with the ticket out of its queue: whoever submits, cancels or frees from
 * inside one finds everything in order.
 *
 * Invariants, asserted by check() at each transition:
 *   1. A ticket is in exactly one queue, that which `queue` names; in `late` exactly when it has an error.
 *   2. While an outbox is connected, everything in `flight` is sent.
 *   3. An orphan is sent: what was not sent and nobody waits for is gone.
 *   4. `bytes` are those of the WHOLE tickets in all queues; none when there are no tickets.
 *   5. `drain_wanted` streams have paused; all are in `streams`. */
#include "plugins/tickets.h"

#include "plugins/frame.h"
#include "plugins/strikes.h"

/* Waiting for the host, a stream's writer is asked to pause above HIGH and to go on below LOW. */
#define DRAIN_HIGH (1024 * 1024)
#define DRAIN_LOW (256 * 1024)

#define CHECKED_MOST 16 /* tickets of each queue, so that the check costs the same however many wait */

G_DEFINE_QUARK(ht_host_error, ht_host_error)

typedef enum { WHOLE, STREAM, WSDL } Kind;

struct HtTicket {
    HtTickets *tickets;
    Kind kind;
    uint64_t number;
    GQueue *queue; /* in which `link` is */
    GList link;
    HtHostDone done;
    HtWsdlDone wsdl_done;
    void (*drained)(void *user);
    HtHostPrepare prepare; /* NULL: nothing takes long */
    void *user;
    GBytes *body;     /* WHOLE: kept for another try */
    HtBuffer pending; /* STREAM: pieces that came while there was no process */
    uint64_t size_bytes;
    uint64_t strikes;
    bool sent;
    bool begun; /* STREAM: BEGIN was sent to the present process */
    bool ended; /* STREAM: complete */
    bool orphan;
    bool wants_drain;
    uint8_t digest[32]; /* STREAM, when ended */
    int64_t sent_us;
    GError *error; /* LATE */
    size_t head_size;
    char head[]; /* packed fields */
};

struct HtTickets {
    unsigned references; /* the owner, and whoever runs callbacks */
    const HtLimits *limits;
    void (*given)(void *user);
    void *user;
    HtOutbox *out; /* NULL: nothing can be sent */
    GQueue flight; /* in the order in which answers must come */
    GQueue streams, late;
    GSource *idle;  /* runs `late` soon */
    HtBeside *work; /* on the answer of the oldest; NULL: none */
    uint64_t bytes;
    unsigned drain_wanted;
    uint64_t quarantined;
    HtStrikes strikes;
    HtBuffer scratch;
};

/* ---- Invariants ---- */

static void check_ticket(const HtTickets *tickets, const GQueue *queue, const HtTicket *ticket)
{
    g_assert(ticket->tickets == tickets && ticket->queue == queue);
    g_assert((ticket->error != NULL) == (queue == &tickets->late));
    g_assert(queue != &tickets->streams || (ticket->kind == STREAM && !ticket->ended));
    g_assert(queue != &tickets->flight || ticket->sent || !tickets->out);
    g_assert(!ticket->orphan || (ticket->sent && queue == &tickets->flight));
    g_assert((ticket->kind == WHOLE) == (ticket->body != NULL));
    g_assert(!ticket->wants_drain || queue == &tickets->streams);
}

static void check(const HtTickets *tickets)
{
    const GQueue *const queues[] = {&tickets->flight, &tickets->streams, &tickets->late};
    for (size_t i = 0; i < G_N_ELEMENTS(queues); i++) {
        const GList *link = queues[i]->head;
        for (unsigned checked = 0; link && checked < CHECKED_MOST; checked++, link = link->next) {
            check_ticket(tickets, queues[i], link->data);
        }
    }
    g_assert(tickets->bytes == 0 || tickets->flight.head || tickets->late.head);
    g_assert(tickets->drain_wanted <= tickets->streams.length);
}

/* ---- Looking ---- */

unsigned ht_tickets_waiting(const HtTickets *tickets)
{
    return tickets->flight.length + tickets->streams.length;
}

bool ht_tickets_are_connected(const HtTickets *tickets)
{
    return tickets->out != NULL;
}

/* In the queue; 0: the oldest. */
static HtTicket *find_in(const GQueue *queue, uint64_t number)
{
    GList *link = queue->head;
    while (number != 0 && link && ((HtTicket *)link->data)->number != number) {
        link = link->next;
    }
    return link ? link->data : NULL;
}

static HtTicket *find_ticket(const HtTickets *tickets, uint64_t number)
{
    return find_in(&tickets->flight, number);
}

bool ht_tickets_streams(const HtTickets *tickets, uint64_t number)
{
    return number != 0 && find_in(&tickets->streams, number);
}

bool ht_tickets_find(const HtTickets *tickets, uint64_t number, HtTicketView *view)
{
    const HtTicket *ticket = find_ticket(tickets, number);
    if (ticket && view) {
        *view = (HtTicketView){ticket->number, ticket->size_bytes, ticket->sent_us, ticket->sent};
    }
    return ticket != NULL;
}

uint64_t ht_tickets_quarantined(const HtTickets *tickets)
{
    return tickets->quarantined;
}

/* ---- Frames ---- */

static void send_empty(HtTicket *ticket, HtFrameType type)
{
    ht_frame_add(&ticket->tickets->out->gather, type, ticket->number, HT_TEXT_NONE);
}

static void send_chunks(HtTicket *ticket, const char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t piece = MIN(size - done, (size_t)HT_FRAME_CHUNK_BYTES);
        ht_frame_add(&ticket->tickets->out->gather, HT_FRAME_CHUNK, ticket->number,
                     (HtText){bytes + done, piece});
        done += piece;
    }
}

static void send_stream(HtTicket *ticket, HtBuffer *out)
{
    ht_frame_add(out, HT_FRAME_BEGIN, ticket->number, (HtText){ticket->head, ticket->head_size});
    ticket->begun = true;
    send_chunks(ticket, ticket->pending.data, ticket->pending.size);
    ht_buffer_clear(&ticket->pending);
    if (ticket->ended) {
        send_empty(ticket, HT_FRAME_END);
    }
}

/* All its frames, or a stream's pieces so far, if there is a process. */
static void send_ticket(HtTicket *ticket)
{
    HtTickets *tickets = ticket->tickets;
    if (!tickets->out) {
        return;
    }
    HtBuffer *out = &tickets->out->gather;
    if (ticket->kind == STREAM) {
        send_stream(ticket, out);
    } else if (ticket->kind == WSDL) {
        ht_frame_add(out, HT_FRAME_WSDL, ticket->number, (HtText){ticket->head, ticket->head_size});
    } else {
        ht_outbox_add_message(tickets->out, ticket->number, (HtText){ticket->head, ticket->head_size},
                              ticket->body);
    }
    ticket->sent = ticket->kind != STREAM || ticket->ended;
    ticket->sent_us = g_get_monotonic_time();
    tickets->given(tickets->user);
}

static void send_all(GQueue *queue)
{
    for (GList *link = queue->head; link; link = link->next) {
        send_ticket(link->data);
    }
}

void ht_tickets_connect(HtTickets *tickets, HtOutbox *outbox)
{
    const HtTicket *oldest = find_ticket(tickets, 0);
    g_assert(!tickets->out && !(oldest && oldest->sent));
    tickets->out = outbox;
    send_all(&tickets->flight);
    send_all(&tickets->streams);
    check(tickets);
}

void ht_tickets_disconnect(HtTickets *tickets)
{
    tickets->out = NULL;
    check(tickets);
}

/* ---- Making ---- */

HtTickets *ht_tickets_new(const HtLimits *limits, void (*given)(void *user), void *user)
{
    HtTickets *tickets = g_new0(HtTickets, 1);
    tickets->references = 1;
    tickets->limits = limits;
    tickets->given = given;
    tickets->user = user;
    return tickets;
}

static void unref(HtTickets *tickets)
{
    if (--tickets->references == 0) {
        ht_buffer_clear(&tickets->scratch);
        g_free(tickets);
    }
}

void ht_tickets_free(HtTickets *tickets)
{
    g_assert(!tickets->flight.head && !tickets->streams.head && !tickets->late.head && !tickets->out);
    if (tickets->idle) {
        g_source_destroy(tickets->idle);
        g_clear_pointer(&tickets->idle, g_source_unref);
    }
    unref(tickets);
}

static bool refuse_busy(GError **error, HtLimit limit)
{
    char name[HT_LIMIT_TEXT];
    g_set_error(error, HT_HOST_ERROR, HT_HOST_ERROR_BUSY, "of this source no more than %s may wait",
                ht_limit_name(limit, name));
    return false;
}

bool ht_tickets_admit(const HtTickets *tickets, size_t size, GError **error)
{
    const HtLimits *limits = tickets->limits;
    if (ht_tickets_waiting(tickets) >= limits->waiting) {
        return refuse_busy(error, ht_limit_of(limits, &limits->waiting));
    }
    if ((tickets->bytes > 0 && tickets->bytes + size > limits->waiting_bytes) || size > UINT32_MAX / 2) {
        return refuse_busy(error, ht_limit_of(limits, &limits->waiting_bytes));
    }
    return true;
}

static HtTicket *make_ticket(HtTickets *tickets, Kind kind, HtText head, void *user)
{
    static uint64_t last;
    HtTicket *ticket = g_malloc0(sizeof *ticket + head.size);
    ticket->tickets = tickets;
    ticket->kind = kind;
    ticket->number = ++last;
    ticket->link.data = ticket;
    ticket->user = user;
    ticket->head_size = head.size;
    if (head.size > 0) {
        memcpy(ticket->head, head.data, head.size);
    }
    return ticket;
}

static HtTicket *make_message(HtTickets *tickets, Kind kind, const HtMessageHead *head, void *user)
{
    tickets->scratch.size = 0;
    ht_message_head_pack(head, &tickets->scratch);
    return make_ticket(tickets, kind, ht_buffer_text(&tickets->scratch), user);
}

static void attach(HtTicket *ticket, GQueue *queue)
{
    ticket->queue = queue;
    g_queue_push_tail_link(queue, &ticket->link);
}

HtTicket *ht_tickets_add(HtTickets *tickets, const HtMessageHead *head, GBytes *body, HtHostDone done,
                         void *user)
{
    HtTicket *ticket = make_message(tickets, WHOLE, head, user);
    ticket->done = done;
    ticket->body = g_bytes_ref(body);
    ticket->size_bytes = g_bytes_get_size(body);
    tickets->bytes += ticket->size_bytes;
    attach(ticket, &tickets->flight);
    send_ticket(ticket);
    check(tickets);
    return ticket;
}

HtTicket *ht_tickets_add_stream(HtTickets *tickets, const HtMessageHead *head, HtHostDone done,
                                void (*drained)(void *user), void *user)
{
    HtTicket *ticket = make_message(tickets, STREAM, head, user);
    ticket->done = done;
    ticket->drained = drained;
    attach(ticket, &tickets->streams);
    send_ticket(ticket);
    check(tickets);
    return ticket;
}

/* ---- Leaving ---- */

static void detach(HtTicket *ticket)
{
    g_queue_unlink(ticket->queue, &ticket->link);
    ticket->queue = NULL;
    ticket->tickets->drain_wanted -= ticket->wants_drain;
    ticket->wants_drain = false;
}

/* For good: what is left of it is for its callback. */
static void take_out(HtTicket *ticket)
{
    detach(ticket);
    if (ticket->kind == WHOLE) {
        ticket->tickets->bytes -= ticket->size_bytes;
    }
    check(ticket->tickets);
}

static void free_ticket(HtTicket *ticket)
{
    g_clear_pointer(&ticket->body, g_bytes_unref);
    g_clear_error(&ticket->error);
    ht_buffer_clear(&ticket->pending);
    g_free(ticket);
}

/* `error`: transfer full. */
static void make_late(HtTicket *ticket, GError *error)
{
    if (ticket->orphan) {
        g_error_free(error);
        take_out(ticket);
        free_ticket(ticket);
        return;
    }
    detach(ticket);
    ticket->error = error;
    attach(ticket, &ticket->tickets->late);
}

static void finish_late(HtTicket *ticket)
{
    take_out(ticket);
    if (ticket->kind == WSDL) {
        ticket->wsdl_done(NULL, ticket->error, ticket->user);
    } else {
        ticket->done(NULL, NULL, ticket->error, ticket->user);
    }
    free_ticket(ticket);
}

void ht_tickets_run_late(HtTickets *tickets)
{
    tickets->references++;
    while (tickets->late.head) {
        finish_late(tickets->late.head->data);
    }
    unref(tickets);
}

static gboolean run_late_from_loop(void *user)
{
    HtTickets *tickets = user;
    g_clear_pointer(&tickets->idle, g_source_unref);
    ht_tickets_run_late(tickets);
    return G_SOURCE_REMOVE;
}

static void run_late_soon(HtTickets *tickets)
{
    if (!tickets->idle) {
        tickets->idle = g_idle_source_new();
        g_source_set_priority(tickets->idle, G_PRIORITY_DEFAULT);
        g_source_set_callback(tickets->idle, run_late_from_loop, tickets, NULL);
        g_source_attach(tickets->idle, NULL);
    }
}

void ht_tickets_add_wsdl(HtTickets *tickets, HtText head, HtWsdlDone done, void *user, GError *refusal)
{
    HtTicket *ticket = make_ticket(tickets, WSDL, head, user);
    ticket->wsdl_done = done;
    ticket->error = refusal;
    attach(ticket, refusal ? &tickets->late : &tickets->flight);
    if (refusal) {
        run_late_soon(tickets);
    } else {
        send_ticket(ticket);
    }
    check(tickets);
}

static void fail_queue(GQueue *queue, HtHostErrorCode code, const char *text)
{
    while (queue->head) {
        make_late(queue->head->data, g_error_new_literal(HT_HOST_ERROR, (int)code, text));
    }
}

void ht_tickets_fail_all(HtTickets *tickets, HtHostErrorCode code, const char *text)
{
    fail_queue(&tickets->flight, code, text);
    fail_queue(&tickets->streams, code, text);
    check(tickets);
}

/* ---- Answers ---- */

bool ht_tickets_expect(const HtTickets *tickets, uint64_t number, bool wsdl)
{
    const HtTicket *ticket = find_ticket(tickets, 0);
    return ticket && ticket->sent && ticket->number == number && (ticket->kind == WSDL) == wsdl;
}

static HtTicket *take_oldest(HtTickets *tickets)
{
    HtTicket *ticket = find_ticket(tickets, 0);
    g_assert(ticket && ticket->sent);
    take_out(ticket);
    return ticket;
}

void ht_ticket_prepare(HtTicket *ticket, HtHostPrepare prepare)
{
    ticket->prepare = prepare;
}

void ht_tickets_work(HtTickets *tickets, HtBeside *work)
{
    tickets->work = work;
}

void ht_tickets_prepare(const HtTickets *tickets, const HtOutcome *outcome, GBytes *frame)
{
    const HtTicket *ticket = find_ticket(tickets, 0);
    if (ticket->prepare && !ticket->orphan) {
        ticket->prepare(outcome, frame, ticket->user);
    }
}

void ht_tickets_finish(HtTickets *tickets, const HtOutcome *outcome, GBytes *frame)
{
    HtTicket *ticket = take_oldest(tickets);
    if (!ticket->orphan) {
        ticket->done(outcome, frame, NULL, ticket->user);
    }
    free_ticket(ticket);
}

void ht_tickets_finish_wsdl(HtTickets *tickets, GBytes *text, const GError *error)
{
    HtTicket *ticket = take_oldest(tickets);
    if (!ticket->orphan) {
        ticket->wsdl_done(text, error, ticket->user);
    }
    free_ticket(ticket);
}

/* ---- Strikes ---- */

static GError *make_lost(void)
{
    return g_error_new_literal(HT_HOST_ERROR, HT_HOST_ERROR_LOST,
                               "the host ended with this message in work: send it again");
}

static GError *make_quarantined(const HtTickets *tickets)
{
    return g_error_new(HT_HOST_ERROR, HT_HOST_ERROR_QUARANTINE,
                       "this payload ended its host %" G_GUINT64_FORMAT " times: it is refused",
                       tickets->limits->strikes);
}

static GError *make_no_memory(const HtTickets *tickets)
{
    char name[HT_LIMIT_TEXT];
    ht_limit_name(ht_limit_of(tickets->limits, &tickets->limits->memory_bytes), name);
    return g_error_new(HT_HOST_ERROR, HT_HOST_ERROR_MEMORY, "the adapter needs more than %s of memory for it",
                       name);
}

/* Whether trying again cannot help: the process had all its memory for this message, or the message is too large in any case, or a new
 * process was tried already. */
static bool is_hopeless(const HtTicket *ticket, const HtTicketsDeath *death)
{
    const HtTickets *tickets = ticket->tickets;
    uint64_t tries = ticket->ended ? ht_strikes_of(&tickets->strikes, ticket->digest) : ticket->strikes;
    return death->no_memory && (!death->served || tries > 0 ||
                                ht_limits_memory_for(ticket->size_bytes) > tickets->limits->memory_bytes);
}

/* Returns whether it is refused for good. */
static bool charge(HtTicket *ticket, const HtTicketsDeath *death)
{
    HtTickets *tickets = ticket->tickets;
    if (ticket->kind == WSDL || ticket->orphan) {
        make_late(ticket, make_lost());
        return false;
    }
    if (is_hopeless(ticket, death)) {
        if (ticket->ended) {
            ht_strikes_end(&tickets->strikes, ticket->digest);
        }
        make_late(ticket, make_no_memory(tickets));
        return true;
    }
    ticket->strikes = ticket->ended ? ht_strikes_add(&tickets->strikes, ticket->digest) : ticket->strikes + 1;
    if (ticket->strikes >= tickets->limits->strikes && !death->no_memory) {
        tickets->quarantined++;
        make_late(ticket, make_quarantined(tickets));
        return true;
    }
    return false;
}

static void settle_queue(GQueue *queue)
{
    GList *next;
    for (GList *link = queue->head; link; link = next) {
        HtTicket *ticket = link->data;
        next = link->next;
        if (ticket->orphan || ticket->begun) {
            make_late(ticket, make_lost());
        } else {
            ticket->sent = false;
        }
    }
}

bool ht_tickets_settle_death(HtTickets *tickets, const HtTicketsDeath *death)
{
    HtTicket *ticket = death->culprit != 0 ? find_ticket(tickets, death->culprit) : NULL;
    g_assert(!tickets->out);
    if (ht_tickets_streams(tickets, death->culprit) && death->no_memory) {
        ticket = find_in(&tickets->streams, death->culprit); /* its pieces alone were too much */
    }
    bool gone = ticket && charge(ticket, death);
    settle_queue(&tickets->flight);
    settle_queue(&tickets->streams);
    check(tickets);
    return gone;
}

/* ---- Streams ---- */

/* Whether so much waits for the host that its writer should pause; remembers to tell it when to go on. */
static bool wants_drain(HtTicket *ticket)
{
    HtTickets *tickets = ticket->tickets;
    size_t waiting = tickets->out ? ht_outbox_waiting(tickets->out) : ticket->pending.size;
    if (waiting > DRAIN_HIGH) {
        tickets->drain_wanted += !ticket->wants_drain;
        ticket->wants_drain = true;
    }
    return waiting > DRAIN_HIGH;
}

bool ht_ticket_write(HtTicket *ticket, const void *bytes, size_t size)
{
    if (ticket->queue == &ticket->tickets->late) {
        return true; /* lost; its `done` is about to say so */
    }
    g_assert(ticket->queue == &ticket->tickets->streams);
    ticket->size_bytes += size;
    if (ticket->tickets->out) {
        send_chunks(ticket, bytes, size);
    } else {
        ht_buffer_add(&ticket->pending, bytes, size);
    }
    return !wants_drain(ticket);
}

void ht_ticket_end(HtTicket *ticket, const uint8_t sha256[32])
{
    HtTickets *tickets = ticket->tickets;
    if (ticket->queue == &tickets->late) {
        return;
    }
    g_assert(ticket->queue == &tickets->streams);
    bool reachable = ticket->begun && tickets->out;
    memcpy(ticket->digest, sha256, 32);
    uint64_t strikes = ht_strikes_of(&tickets->strikes, sha256);
    if (strikes >= tickets->limits->strikes) {
        if (reachable) {
            send_empty(ticket, HT_FRAME_ABORT);
        }
        make_late(ticket,
                  strikes == HT_STRIKES_NO_MEMORY ? make_no_memory(tickets) : make_quarantined(tickets));
        run_late_soon(tickets);
        check(tickets);
        return;
    }
    detach(ticket);
    attach(ticket, &tickets->flight);
    ticket->ended = true;
    if (reachable) {
        send_empty(ticket, HT_FRAME_END);
        ticket->sent = true;
        ticket->sent_us = g_get_monotonic_time();
        tickets->given(tickets->user);
    }
    check(tickets);
}

void ht_ticket_cancel(HtTicket *ticket)
{
    HtTickets *tickets = ticket->tickets;
    if (ticket->queue == &tickets->flight && ticket->sent) {
        if (tickets->work && ticket == find_ticket(tickets, 0)) {
            ht_beside_wait(tickets->work);
        }
        ticket->orphan = true;
        check(tickets);
        return;
    }
    if (ticket->queue == &tickets->streams && ticket->begun && tickets->out) {
        send_empty(ticket, HT_FRAME_ABORT);
    }
    take_out(ticket);
    free_ticket(ticket);
}

bool ht_tickets_can_drain(const HtTickets *tickets)
{
    return tickets->drain_wanted > 0 && tickets->out && ht_outbox_waiting(tickets->out) <= DRAIN_LOW;
}

/* A callback may end or cancel any stream, so the search begins anew after each. */
static HtTicket *find_paused(HtTickets *tickets)
{
    for (GList *link = tickets->streams.head; link; link = link->next) {
        HtTicket *ticket = link->data;
        if (ticket->wants_drain) {
            return ticket;
        }
    }
    return NULL;
}

void ht_tickets_drain(HtTickets *tickets)
{
    HtTicket *ticket;
    tickets->references++;
    while (ht_tickets_can_drain(tickets) && (ticket = find_paused(tickets))) {
        ticket->wants_drain = false;
        tickets->drain_wanted--;
        if (ticket->drained) {
            ticket->drained(ticket->user);
        }
    }
    unref(tickets);
}
