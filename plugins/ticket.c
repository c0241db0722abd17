/* Messages on their way through a host: their frames, queues, strikes and end. Bus, main-loop thread. */
#include "plugins/supervision.h"

/* ---- Frames ---- */

bool ht_host_is_up(const HtHost *host)
{
    return host->state == HT_STATE_STARTING || host->state == HT_STATE_RUNNING;
}

/* A body that is not copied: its field's head is written here, the bytes follow by reference. */
static void send_large(HtTicket *ticket, HtBuffer *out)
{
    uint32_t size = (uint32_t)g_bytes_get_size(ticket->body);
    size_t place = ht_frame_begin(out, HT_FRAME_MESSAGE, ticket->number);
    ht_buffer_add(out, ticket->head, ticket->head_size);
    size_t field = ht_pack_begin(out, HT_MESSAGE_BODY);
    for (unsigned i = 0; i < 4; i++) {
        out->data[field - 4 + i] = (char)(uint8_t)(size >> (8 * i));
    }
    HtFrame frame = {HT_FRAME_MESSAGE, (uint32_t)(out->size - place - HT_FRAME_HEAD) + size, ticket->number};
    ht_frame_write_head((uint8_t *)out->data + place, &frame);
    ht_outbox_add(&ticket->host->outbox, ticket->body);
}

static void send_small(HtTicket *ticket, HtBuffer *out)
{
    size_t size;
    const void *data = g_bytes_get_data(ticket->body, &size);
    size_t place = ht_frame_begin(out, HT_FRAME_MESSAGE, ticket->number);
    ht_buffer_add(out, ticket->head, ticket->head_size);
    ht_pack_bytes(out, HT_MESSAGE_BODY, data, size);
    ht_frame_end(out, place);
}

void ht_ticket_send_empty(HtTicket *ticket, HtFrameType type)
{
    HtBuffer *out = &ticket->host->outbox.gather;
    ht_frame_end(out, ht_frame_begin(out, type, ticket->number));
}

void ht_ticket_send_chunks(HtTicket *ticket, const char *bytes, size_t size)
{
    HtBuffer *out = &ticket->host->outbox.gather;
    for (size_t done = 0; done < size;) {
        size_t piece = MIN(size - done, (size_t)HT_FRAME_CHUNK_BYTES);
        size_t place = ht_frame_begin(out, HT_FRAME_CHUNK, ticket->number);
        ht_buffer_add(out, bytes + done, piece);
        ht_frame_end(out, place);
        done += piece;
    }
}

static void send_stream(HtTicket *ticket, HtBuffer *out)
{
    size_t place = ht_frame_begin(out, HT_FRAME_BEGIN, ticket->number);
    ht_buffer_add(out, ticket->head, ticket->head_size);
    ht_frame_end(out, place);
    ticket->begun = true;
    ht_ticket_send_chunks(ticket, ticket->pending.data, ticket->pending.size);
    ht_buffer_clear(&ticket->pending);
    if (ticket->ended) {
        ht_ticket_send_empty(ticket, HT_FRAME_END);
    }
}

static void send_wsdl(HtTicket *ticket, HtBuffer *out)
{
    size_t place = ht_frame_begin(out, HT_FRAME_WSDL, ticket->number);
    ht_buffer_add(out, ticket->head, ticket->head_size);
    ht_frame_end(out, place);
}

void ht_ticket_send(HtTicket *ticket)
{
    HtBuffer *out = &ticket->host->outbox.gather;
    switch (ticket->kind) {
    case HT_TICKET_WHOLE:
        if (g_bytes_get_size(ticket->body) > HT_OUTBOX_COPY_BYTES) {
            send_large(ticket, out);
        } else {
            send_small(ticket, out);
        }
        break;
    case HT_TICKET_STREAM: send_stream(ticket, out); break;
    case HT_TICKET_WSDL: send_wsdl(ticket, out); break;
    }
    ticket->sent = ticket->kind != HT_TICKET_STREAM || ticket->ended;
    ticket->sent_us = g_get_monotonic_time();
    ht_host_watch(ticket->host);
}

void ht_tickets_send_all(HtHost *host)
{
    for (GList *link = host->flight.head; link; link = link->next) {
        ht_ticket_send(link->data);
    }
    for (GList *link = host->streams.head; link; link = link->next) {
        ht_ticket_send(link->data);
    }
}

/* ---- Making and queues ---- */

static uint64_t next_number(void)
{
    static uint64_t last;
    return ++last;
}

HtTicket *ht_ticket_new(HtHost *host, HtTicketKind kind, HtText head, void *user)
{
    HtTicket *ticket = g_malloc0(sizeof *ticket + head.size);
    ticket->host = host;
    ticket->kind = kind;
    ticket->number = next_number();
    ticket->link.data = ticket;
    ticket->user = user;
    ticket->head_size = head.size;
    if (head.size > 0) {
        memcpy(ticket->head, head.data, head.size);
    }
    return ticket;
}

void ht_ticket_attach(HtTicket *ticket, GQueue *queue)
{
    ticket->queue = queue;
    g_queue_push_tail_link(queue, &ticket->link);
}

void ht_ticket_detach(HtTicket *ticket)
{
    if (ticket->queue) {
        g_queue_unlink(ticket->queue, &ticket->link);
        ticket->queue = NULL;
    }
    ticket->host->drain_wanted -= ticket->wants_drain;
    ticket->wants_drain = false;
}

void ht_ticket_free(HtTicket *ticket)
{
    HtHost *host = ticket->host;
    ht_ticket_detach(ticket);
    if (ticket->kind == HT_TICKET_WHOLE) {
        host->waiting_bytes -= ticket->size_bytes;
    }
    g_clear_pointer(&ticket->body, g_bytes_unref);
    ht_buffer_clear(&ticket->pending);
    g_free(ticket);
}

HtTicket *ht_tickets_find(HtHost *host, uint64_t number)
{
    for (GList *link = host->flight.head; link; link = link->next) {
        HtTicket *ticket = link->data;
        if (ticket->number == number) {
            return ticket;
        }
    }
    return NULL;
}

void ht_ticket_make_late(HtTicket *ticket, HtHostErrorCode code)
{
    ht_ticket_detach(ticket);
    if (ticket->orphan) {
        ht_ticket_free(ticket);
        return;
    }
    ticket->late_code = code;
    ht_ticket_attach(ticket, &ticket->host->late);
}

void ht_tickets_fail_all(HtHost *host, HtHostErrorCode code)
{
    while (host->flight.head) {
        ht_ticket_make_late(host->flight.head->data, code);
    }
    while (host->streams.head) {
        ht_ticket_make_late(host->streams.head->data, code);
    }
}

/* ---- The end of a ticket ---- */

static GError *describe_end(const HtTicket *ticket)
{
    const HtHost *host = ticket->host;
    const char *reason = host->reason ? host->reason : "no reason is known";
    switch (ticket->late_code) {
    case HT_HOST_ERROR_LOST:
        return g_error_new(HT_HOST_ERROR, HT_HOST_ERROR_LOST,
                           "the host ended with this message in work: send it again");
    case HT_HOST_ERROR_QUARANTINE:
        return g_error_new(HT_HOST_ERROR, HT_HOST_ERROR_QUARANTINE,
                           "this payload ended its host %" G_GUINT64_FORMAT " times: it is refused",
                           host->options.limits.strikes);
    case HT_HOST_ERROR_STOPPED: return g_error_new(HT_HOST_ERROR, HT_HOST_ERROR_STOPPED, "the bus is ending");
    case HT_HOST_ERROR_ADAPTER: return g_error_new_literal(HT_HOST_ERROR, HT_HOST_ERROR_ADAPTER, reason);
    default:
        return g_error_new(HT_HOST_ERROR, (int)ticket->late_code, "the host cannot be started: %s", reason);
    }
}

static void finish_late(HtTicket *ticket)
{
    g_autoptr(GError) error = describe_end(ticket);
    ht_ticket_detach(ticket);
    if (ticket->kind == HT_TICKET_WSDL) {
        ticket->wsdl_done(NULL, error, ticket->user);
    } else {
        ticket->done(NULL, NULL, error, ticket->user);
    }
    ht_ticket_free(ticket);
}

void ht_host_run_late(HtHost *host)
{
    ht_host_ref(host);
    while (host->late.head) {
        finish_late(host->late.head->data);
    }
    ht_host_unref(host);
}

static gboolean run_late_from_loop(void *user)
{
    HtHost *host = user;
    ht_host_ref(host);
    g_clear_pointer(&host->idle, g_source_unref);
    ht_host_run_late(host);
    ht_host_unref(host);
    return G_SOURCE_REMOVE;
}

void ht_host_run_late_soon(HtHost *host)
{
    if (!host->idle) {
        host->idle = g_idle_source_new();
        g_source_set_priority(host->idle, G_PRIORITY_DEFAULT);
        g_source_set_callback(host->idle, run_late_from_loop, host, NULL);
        g_source_attach(host->idle, NULL);
    }
}

/* ---- Strikes ---- */

static HtStrikes *find_strikes(HtHost *host, const uint8_t digest[32])
{
    for (unsigned i = 0; i < HT_STRIKES_KEPT; i++) {
        if (host->strikes[i].strikes > 0 && memcmp(host->strikes[i].digest, digest, 32) == 0) {
            return &host->strikes[i];
        }
    }
    return NULL;
}

unsigned ht_strikes_of(HtHost *host, const uint8_t digest[32])
{
    const HtStrikes *strikes = find_strikes(host, digest);
    return strikes ? strikes->strikes : 0;
}

/* The table is a ring: the oldest payload is forgotten for a new one. */
static unsigned strike_digest(HtHost *host, const uint8_t digest[32])
{
    HtStrikes *strikes = find_strikes(host, digest);
    if (!strikes) {
        strikes = &host->strikes[host->strikes_next++ % HT_STRIKES_KEPT];
        memcpy(strikes->digest, digest, 32);
        strikes->strikes = 0;
    }
    return ++strikes->strikes;
}

static void charge(HtTicket *ticket)
{
    HtHost *host = ticket->host;
    if (ticket->kind == HT_TICKET_WSDL || ticket->orphan) {
        ht_ticket_make_late(ticket, HT_HOST_ERROR_LOST);
        return;
    }
    ticket->strikes =
        ticket->kind == HT_TICKET_STREAM ? strike_digest(host, ticket->digest) : ticket->strikes + 1;
    if (ticket->strikes >= host->options.limits.strikes) {
        host->quarantined++;
        ht_ticket_make_late(ticket, HT_HOST_ERROR_QUARANTINE);
    } else if (ticket->kind == HT_TICKET_STREAM) {
        ht_ticket_make_late(ticket, HT_HOST_ERROR_LOST);
    }
}

static void settle_queue(GQueue *queue)
{
    GList *next;
    for (GList *link = queue->head; link; link = next) {
        HtTicket *ticket = link->data;
        next = link->next;
        ticket->sent = false;
        if (ticket->orphan || ticket->begun) {
            ht_ticket_make_late(ticket, HT_HOST_ERROR_LOST);
        }
    }
}

void ht_tickets_settle_death(HtHost *host, HtTicket *culprit)
{
    if (culprit) {
        charge(culprit);
    }
    settle_queue(&host->flight);
    settle_queue(&host->streams);
}

/* ---- Draining ---- */

bool ht_ticket_wants_drain(HtTicket *ticket)
{
    HtHost *host = ticket->host;
    size_t waiting = ht_host_is_up(host) ? ht_outbox_waiting(&host->outbox) : ticket->pending.size;
    if (waiting > HT_DRAIN_HIGH) {
        host->drain_wanted += !ticket->wants_drain;
        ticket->wants_drain = true;
    }
    return waiting > HT_DRAIN_HIGH;
}

bool ht_tickets_can_drain(const HtHost *host)
{
    return host->drain_wanted > 0 && ht_host_is_up(host) && ht_outbox_waiting(&host->outbox) <= HT_DRAIN_LOW;
}

/* A callback may end or cancel any stream, so the search begins anew after each. */
static HtTicket *find_waiting_stream(HtHost *host)
{
    for (GList *link = host->streams.head; link; link = link->next) {
        HtTicket *ticket = link->data;
        if (ticket->wants_drain) {
            return ticket;
        }
    }
    return NULL;
}

void ht_tickets_drain(HtHost *host)
{
    HtTicket *ticket;
    ht_host_ref(host);
    while (ht_tickets_can_drain(host) && (ticket = find_waiting_stream(host))) {
        ticket->wants_drain = false;
        host->drain_wanted--;
        if (ticket->drained) {
            ticket->drained(ticket->user);
        }
    }
    ht_host_unref(host);
}
