/* The supervisor's front: the verbs of supervisor.h. What a host does in between is in ticket.c,
 * lifecycle.c, receive.c and watch.c; supervision.h says how they go together. Bus, main-loop thread. */
#include "plugins/supervision.h"

G_DEFINE_QUARK(ht_host_error, ht_host_error)

/* ---- Making and freeing ---- */

static const char *own(HtHost *host, const char *string)
{
    char *copy = g_strdup(string);
    g_ptr_array_add(host->start.owned, copy);
    return copy;
}

static void copy_start(HtHost *host, const HtHostOptions *options)
{
    host->start = (HtStart){
        .owned = g_ptr_array_new_with_free_func(g_free),
        .options = g_ptr_array_new(),
        .quarantine_invalid = options->quarantine_invalid,
        .limits = options->limits,
        .frame_bytes = options->frame_bytes,
    };
    host->start.source = own(host, options->source);
    host->start.adapter_file = own(host, options->adapter_file);
    host->start.mapping_file = own(host, options->mapping_file);
    host->start.data_directory = own(host, options->data_directory);
    host->start.division = own(host, options->division);
    for (const char *const *option = options->options; option && *option; option++) {
        g_ptr_array_add(host->start.options, (gpointer)own(host, *option));
    }
}

static void copy_options(HtHost *host, const HtHostOptions *options)
{
    copy_start(host, options);
    host->options = *options;
    host->options.source = host->start.source;
    host->options.program = own(host, options->program);
    host->options.adapter_file = host->options.mapping_file = host->options.data_directory = NULL;
    host->options.division = NULL;
    host->options.options = NULL;
    host->options.limits.strikes = MAX(options->limits.strikes, 1);
}

HtHost *ht_host_new(const HtHostOptions *options)
{
    HtHost *host = g_new0(HtHost, 1);
    host->references = 1;
    host->name = g_strdup_printf("host %s", options->source);
    host->process = HT_PROCESS_NONE;
    host->outbox = HT_OUTBOX_EMPTY;
    copy_options(host, options);
    ht_host_make_timer(host);
    return host;
}

HtHost *ht_host_ref(HtHost *host)
{
    host->references++;
    return host;
}

void ht_host_unref(HtHost *host)
{
    if (--host->references > 0) {
        return;
    }
    ht_start_clear(&host->start);
    ht_buffer_clear(&host->scratch);
    g_free(host->name);
    g_free(host->adapter_version);
    g_free(host->reason);
    g_free(host);
}

static void drop_source(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

/* A host that is starting has nothing to finish. */
static void end_process(HtHost *host)
{
    unsigned grace_ms = 0;
    if (host->state == HT_STATE_RUNNING) {
        ht_host_end_idle(host);
        ht_outbox_send(&host->outbox, host->process.fd);
    }
    if (host->state == HT_STATE_ENDING) {
        grace_ms = HT_HOST_GRACE_MS;
    }
    drop_source(&host->child);
    ht_host_detach(host);
    ht_process_end(&host->process, grace_ms);
}

void ht_host_free(HtHost *host)
{
    if (host->freed) {
        return;
    }
    host->freed = true;
    ht_tickets_fail_all(host, HT_HOST_ERROR_STOPPED);
    ht_host_run_late(host);
    end_process(host);
    drop_source(&host->timer);
    drop_source(&host->idle);
    ht_host_unref(host);
}

/* ---- Messages ---- */

static bool refuse(GError **error, HtHostErrorCode code, const char *text)
{
    g_set_error_literal(error, HT_HOST_ERROR, (int)code, text);
    return false;
}

static bool refuse_busy(GError **error, HtLimit limit)
{
    char name[HT_LIMIT_TEXT];
    g_set_error(error, HT_HOST_ERROR, HT_HOST_ERROR_BUSY, "of this source no more than %s may wait",
                ht_limit_name(limit, name));
    return false;
}

/* Whether one more is taken now; starts the host if need be. */
static bool admit(HtHost *host, size_t size, GError **error)
{
    const HtLimits *limits = &host->options.limits;
    if (host->freed) {
        return refuse(error, HT_HOST_ERROR_STOPPED, "the bus is ending");
    }
    if (host->state == HT_STATE_BROKEN) {
        return refuse(error, HT_HOST_ERROR_ADAPTER, host->reason);
    }
    if (host->flight.length + host->streams.length >= limits->waiting) {
        return refuse_busy(error, ht_limit_of(limits, &limits->waiting));
    }
    if ((host->waiting_bytes > 0 && host->waiting_bytes + size > limits->waiting_bytes) ||
        size > UINT32_MAX / 2) {
        return refuse_busy(error, ht_limit_of(limits, &limits->waiting_bytes));
    }
    bool down = host->state == HT_STATE_THROTTLED && host->blameless_deaths >= HT_DEATHS_DOWN;
    if (down || (host->state == HT_STATE_STOPPED && !ht_host_start(host))) {
        return refuse(error, HT_HOST_ERROR_DOWN, host->reason);
    }
    host->messages++;
    return true;
}

HtTicket *ht_host_submit(HtHost *host, const HtMessageHead *head, GBytes *body, HtHostDone done, void *user,
                         GError **error)
{
    size_t size = g_bytes_get_size(body);
    if (!admit(host, size, error)) {
        return NULL;
    }
    host->scratch.size = 0;
    ht_message_head_pack(head, &host->scratch);
    HtTicket *ticket = ht_ticket_new(host, HT_TICKET_WHOLE, ht_buffer_text(&host->scratch), user);
    ticket->done = done;
    ticket->body = g_bytes_ref(body);
    ticket->size_bytes = size;
    host->waiting_bytes += size;
    ht_ticket_attach(ticket, &host->flight);
    if (ht_host_is_up(host)) {
        ht_ticket_send(ticket);
    }
    return ticket;
}

HtTicket *ht_host_stream(HtHost *host, const HtMessageHead *head, HtHostDone done,
                         void (*drained)(void *user), void *user, GError **error)
{
    if (!admit(host, 0, error)) {
        return NULL;
    }
    host->scratch.size = 0;
    ht_message_head_pack(head, &host->scratch);
    HtTicket *ticket = ht_ticket_new(host, HT_TICKET_STREAM, ht_buffer_text(&host->scratch), user);
    ticket->done = done;
    ticket->drained = drained;
    ht_ticket_attach(ticket, &host->streams);
    if (ht_host_is_up(host)) {
        ht_ticket_send(ticket);
    }
    return ticket;
}

bool ht_ticket_write(HtTicket *ticket, const void *bytes, size_t size)
{
    HtHost *host = ticket->host;
    if (ticket->queue == &host->late) {
        return true; /* lost; its `done` is about to say so */
    }
    ticket->size_bytes += size;
    if (ht_host_is_up(host)) {
        ht_ticket_send_chunks(ticket, bytes, size);
    } else {
        ht_buffer_add(&ticket->pending, bytes, size);
    }
    return !ht_ticket_wants_drain(ticket);
}

void ht_ticket_end(HtTicket *ticket, const uint8_t sha256[32])
{
    HtHost *host = ticket->host;
    if (ticket->queue == &host->late) {
        return;
    }
    memcpy(ticket->digest, sha256, 32);
    if (ht_strikes_of(host, sha256) >= host->options.limits.strikes) {
        if (ticket->begun) {
            ht_ticket_send_empty(ticket, HT_FRAME_ABORT);
        }
        ht_ticket_make_late(ticket, HT_HOST_ERROR_QUARANTINE);
        ht_host_run_late_soon(host);
        return;
    }
    ht_ticket_detach(ticket);
    ht_ticket_attach(ticket, &host->flight);
    ticket->ended = true;
    if (ticket->begun) {
        ht_ticket_send_empty(ticket, HT_FRAME_END);
        ticket->sent = true;
        ticket->sent_us = g_get_monotonic_time();
        ht_host_watch(host);
    }
}

void ht_ticket_cancel(HtTicket *ticket)
{
    HtHost *host = ticket->host;
    if (ticket->queue == &host->flight && ticket->sent) {
        ticket->orphan = true;
        return;
    }
    if (ticket->queue == &host->streams && ticket->begun) {
        ht_ticket_send_empty(ticket, HT_FRAME_ABORT);
    }
    ht_ticket_free(ticket);
}

/* A WSDL is asked for by people and tools at development time; whatever is wrong is told through `done`. */
void ht_host_wsdl(HtHost *host, const char *url, const char *service, HtWsdlDone done, void *user)
{
    g_autoptr(GError) error = NULL;
    HtBuffer head = {.data = NULL};
    ht_pack_text(&head, HT_FIELD_TEXT, ht_text_from(url));
    if (service) {
        ht_pack_text(&head, HT_FIELD_SERVICE, ht_text_from(service));
    }
    HtTicket *ticket = ht_ticket_new(host, HT_TICKET_WSDL, ht_buffer_text(&head), user);
    ht_buffer_clear(&head);
    ticket->wsdl_done = done;
    if (!admit(host, 0, &error)) {
        ticket->late_code = (HtHostErrorCode)error->code;
        ht_ticket_attach(ticket, &host->late);
        ht_host_run_late_soon(host);
        return;
    }
    ht_ticket_attach(ticket, &host->flight);
    if (ht_host_is_up(host)) {
        ht_ticket_send(ticket);
    }
}

/* ---- Status ---- */

static const char *name_state(HtHostState state)
{
    switch (state) {
    case HT_STATE_STARTING: return "starting";
    case HT_STATE_RUNNING: return "running";
    case HT_STATE_THROTTLED: return "throttled";
    case HT_STATE_BROKEN: return "broken";
    case HT_STATE_STOPPED:
    case HT_STATE_ENDING:
    case HT_STATE_DYING: break;
    }
    return "stopped";
}

void ht_host_status(const HtHost *host, HtHostStatus *status)
{
    bool troubled =
        host->state == HT_STATE_BROKEN || host->state == HT_STATE_THROTTLED || host->early_deaths > 0;
    *status = (HtHostStatus){
        .state = name_state(host->state),
        .pid = host->process.pid,
        .messages = host->messages,
        .restarts = host->restarts,
        .kills = host->kills,
        .quarantined = host->quarantined,
        .waiting = host->flight.length + host->streams.length,
        .adapter_version = host->adapter_version,
        .reason = troubled ? host->reason : NULL,
    };
}
