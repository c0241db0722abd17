/* Frames from a host, and the event source on its socket. Bus, main-loop thread.
 *
 * Everything here comes from a process that runs a department's code: a frame that is not what may come now
 * ends that host, charged to the message in its hands or, if it says it has none, to the oldest one that it
 * owes an answer. */
#include "plugins/supervision.h"

#include "core/base/log.h"
#include "plugins/scrub.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>

#define READ_BYTES (256 * 1024)
#define READS_AT_ONCE 4
#define KEEP_BYTES (1024 * 1024)
#define LOG_LINES_PER_SECOND 20
#define SERVICES_BYTES 1000

/* ---- Frames ---- */

static bool refuse_frame(HtHost *host, const char *reason)
{
    uint64_t blame = ht_process_hands(&host->process);
    if (!ht_tickets_find(host, blame) && host->flight.head) {
        blame = ((HtTicket *)host->flight.head->data)->number;
    }
    ht_host_kill(host, blame, reason);
    return false;
}

static HtTicket *take_oldest(HtHost *host, uint64_t number)
{
    HtTicket *ticket = host->flight.head ? host->flight.head->data : NULL;
    return ticket && ticket->sent && ticket->number == number ? ticket : NULL;
}

/* Texts of faults come from the adapter and go to logs and dead letters. The source's own limits are in its configuration, and how
 * many records there are, and where, is nobody's: a number that is one of them stays. */
static void clean_faults(const HtHost *host, HtOutcome *outcome)
{
    const HtLimits *limits = &host->options.limits;
    uint64_t own[sizeof *limits / sizeof(uint64_t) + 2] = {outcome->records, outcome->rejected};
    memcpy(own + 2, limits, sizeof *limits);
    for (unsigned i = 0; i < MIN(outcome->fault_count, HT_OUTCOME_FAULTS); i++) {
        HtFault *fault = &outcome->faults[i];
        g_autofree char *code = ht_scrub(ht_text_from(fault->code), sizeof fault->code - 1);
        g_autofree char *element = ht_scrub(ht_text_from(fault->element), sizeof fault->element - 1);
        g_autofree char *text =
            ht_scrub_but(ht_text_from(fault->text), sizeof fault->text - 1, own, G_N_ELEMENTS(own));
        g_strlcpy(fault->code, code, sizeof fault->code);
        g_strlcpy(fault->element, element, sizeof fault->element);
        g_strlcpy(fault->text, text, sizeof fault->text);
    }
}

static void finish_ticket(HtTicket *ticket, const HtOutcome *outcome, GBytes *frame)
{
    ht_ticket_detach(ticket);
    if (!ticket->orphan) {
        ticket->done(outcome, frame, NULL, ticket->user);
    }
    ht_ticket_free(ticket);
}

static bool take_result(HtHost *host, const HtFrame *frame, HtText body)
{
    HtTicket *ticket = take_oldest(host, frame->ticket);
    if (!ticket || ticket->kind == HT_TICKET_WSDL || host->state != HT_STATE_RUNNING) {
        return refuse_frame(host, "it answered a message that it was not asked next");
    }
    g_autoptr(GBytes) copy = g_bytes_new(body.data, body.size);
    g_autoptr(GError) error = NULL;
    HtText bytes = {g_bytes_get_data(copy, NULL), body.size};
    HtOutcome outcome;
    ht_outcome_init(&outcome);
    bool good = ht_outcome_unpack(bytes, &outcome, &error);
    if (good) {
        clean_faults(host, &outcome);
        ht_host_answered(host);
        finish_ticket(ticket, &outcome, copy);
    } else {
        ht_host_kill(host, frame->ticket, error->message);
    }
    ht_outcome_clear(&outcome);
    return good;
}

/* NULL unless a service was asked for that there is not. */
static GError *describe_services(HtText names)
{
    if (!names.data) {
        return NULL;
    }
    g_autofree char *clean = ht_scrub(names, SERVICES_BYTES);
    return g_error_new(HT_HOST_ERROR, HT_HOST_ERROR_SERVICE,
                       "This source has no service of this name. It has: %s.", clean);
}

static bool take_wsdl(HtHost *host, const HtFrame *frame, HtText body)
{
    HtTicket *ticket = take_oldest(host, frame->ticket);
    if (!ticket || ticket->kind != HT_TICKET_WSDL || host->state != HT_STATE_RUNNING) {
        return refuse_frame(host, "it gave a WSDL that it was not asked for next");
    }
    HtText text = ht_field_find(body, HT_FIELD_TEXT);
    if (text.data && !g_utf8_validate_len(text.data, text.size, NULL)) {
        return refuse_frame(host, "its WSDL is not UTF-8");
    }
    g_autoptr(GBytes) bytes = text.data ? g_bytes_new(text.data, text.size) : NULL;
    g_autoptr(GError) error = bytes ? NULL : describe_services(ht_field_find(body, HT_FIELD_SERVICE));
    ht_host_answered(host);
    ht_ticket_detach(ticket);
    if (!ticket->orphan) {
        ticket->wsdl_done(bytes, error, ticket->user);
    }
    ht_ticket_free(ticket);
    return true;
}

static bool take_ready(HtHost *host, HtText body)
{
    HtReady ready;
    bool good = ht_ready_unpack(body, &ready) && host->state == HT_STATE_STARTING;
    if (good) {
        ht_host_ready(host, &ready);
    } else {
        refuse_frame(host, "its READY is malformed or came at the wrong time");
    }
    ht_ready_clear(&ready);
    return good;
}

static bool may_log(HtHost *host)
{
    int64_t second = g_get_monotonic_time() / G_USEC_PER_SEC;
    if (second != host->log_second) {
        host->log_second = second;
        host->log_lines = 0;
    }
    if (host->log_lines++ == LOG_LINES_PER_SECOND) {
        ht_log(HT_LOG_WARNING, host->name,
               "its adapter logs more than %u lines a second; the rest of this one is left out",
               LOG_LINES_PER_SECOND);
    }
    return host->log_lines <= LOG_LINES_PER_SECOND;
}

static bool take_log(HtHost *host, HtText body)
{
    uint32_t level;
    HtText text = ht_field_find(body, HT_FIELD_TEXT);
    if (!text.data || !ht_unpack_u32(ht_field_find(body, HT_FIELD_LEVEL), &level) || level > HT_LOG_DEBUG) {
        return refuse_frame(host, "its log line is malformed");
    }
    if (may_log(host)) {
        g_autofree char *clean = ht_scrub(text, HT_SCRUB_BYTES);
        ht_log((HtLogLevel)level, host->name, "adapter: %s", clean);
    }
    return true;
}

static bool take_failed(HtHost *host, HtText body)
{
    HtText text = ht_field_find(body, HT_FIELD_TEXT);
    if (host->state != HT_STATE_STARTING) {
        return refuse_frame(host, "it said FAILED after READY");
    }
    ht_host_failed(host, text.data ? text : HT_TEXT_LITERAL("no reason given"));
    return false;
}

/* False: the process is not to be listened to any more. */
static bool take_frame(HtHost *host, const HtFrame *frame, HtText body)
{
    switch (frame->type) {
    case HT_FRAME_READY: return take_ready(host, body);
    case HT_FRAME_RESULT: return take_result(host, frame, body);
    case HT_FRAME_TEXT: return take_wsdl(host, frame, body);
    case HT_FRAME_LOG: return take_log(host, body);
    case HT_FRAME_FAILED: return take_failed(host, body);
    default: return refuse_frame(host, "it sent a frame that only the bus sends");
    }
}

/* Takes the whole frames out of `input`. A callback may end this process, and even start the next: hence
 * the check that the socket's source is still the same. */
static bool take_frames(HtHost *host)
{
    HtBuffer input = host->input;
    g_autoptr(GSource) io = g_source_ref(host->io); /* held, so that no other can have its address */
    HtFrame frame;
    size_t done = 0;
    int found = 0;
    host->input = (HtBuffer){0};
    while (host->io == io && (found = ht_frame_peek(input.data + done, input.size - done,
                                                    host->options.frame_bytes, &frame)) > 0) {
        HtText body = {input.data + done + HT_FRAME_HEAD, frame.size};
        done += HT_FRAME_HEAD + (size_t)frame.size;
        if (!take_frame(host, &frame, body)) {
            break;
        }
    }
    if (host->io == io && found < 0) {
        refuse_frame(host, "it sent what is no frame, or one above the limit");
    }
    if (host->io != io) {
        ht_buffer_clear(&input);
        return false;
    }
    memmove(input.data, input.data + done, input.size - done);
    input.size -= done;
    if (input.size == 0) {
        ht_buffer_reset(&input, KEEP_BYTES);
    }
    host->input = input;
    return true;
}

/* ---- The socket ---- */

static bool read_once(HtHost *host, bool *more)
{
    char *to = ht_buffer_reserve(&host->input, READ_BYTES);
    ssize_t size = recv(host->process.fd, to, READ_BYTES, MSG_DONTWAIT);
    *more = size == READ_BYTES;
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (size <= 0) {
        ht_host_lost(host);
        return false;
    }
    host->input.size += (size_t)size;
    return take_frames(host);
}

bool ht_host_receive(HtHost *host)
{
    bool more = true;
    ht_host_ref(host);
    for (unsigned reads = 0; more && host->io && reads < READS_AT_ONCE; reads++) {
        more = read_once(host, &more) && more;
    }
    ht_host_unref(host);
    return more;
}

typedef struct {
    GSource source;
    HtHost *host;
    bool gone;
} SocketSource;

static void send_waiting(SocketSource *source)
{
    HtHost *host = source->host;
    HtOutboxState state = ht_outbox_send(&host->outbox, host->process.fd);
    source->gone = state == HT_OUTBOX_GONE;
    bool full = state == HT_OUTBOX_FULL;
    if (full != host->socket_full) {
        g_source_modify_unix_fd(&source->source, host->socket_tag, full ? G_IO_IN | G_IO_OUT : G_IO_IN);
        host->socket_full = full;
    }
}

/* Before the loop sleeps: everything that was given to the host in this turn goes out with one system call. */
static gboolean prepare_socket(GSource *base, int *timeout_ms)
{
    SocketSource *source = (SocketSource *)base;
    HtHost *host = source->host;
    *timeout_ms = -1;
    if (!host->socket_full && !source->gone) {
        send_waiting(source);
    }
    return ht_tickets_can_drain(host);
}

static gboolean check_socket(GSource *base)
{
    SocketSource *source = (SocketSource *)base;
    return g_source_query_unix_fd(base, source->host->socket_tag) != 0 || ht_tickets_can_drain(source->host);
}

/* A peer that has gone is found out by reading to the end: its last answers count. */
static gboolean dispatch_socket(GSource *base, GSourceFunc callback, void *user)
{
    (void)callback;
    (void)user;
    SocketSource *source = (SocketSource *)base;
    HtHost *host = ht_host_ref(source->host);
    GIOCondition found = g_source_query_unix_fd(base, host->socket_tag);
    if (found & G_IO_OUT) {
        send_waiting(source);
    }
    if (found & (G_IO_IN | G_IO_HUP | G_IO_ERR)) {
        ht_host_receive(host);
    }
    ht_tickets_drain(host);
    ht_host_unref(host);
    return G_SOURCE_CONTINUE;
}

void ht_host_attach(HtHost *host)
{
    static GSourceFuncs functions = {
        .prepare = prepare_socket, .check = check_socket, .dispatch = dispatch_socket};
    host->io = g_source_new(&functions, sizeof(SocketSource));
    ((SocketSource *)host->io)->host = host;
    host->socket_tag = g_source_add_unix_fd(host->io, host->process.fd, G_IO_IN);
    host->socket_full = false;
    g_source_attach(host->io, NULL);
}

void ht_host_detach(HtHost *host)
{
    if (host->io) {
        g_source_destroy(host->io);
        g_clear_pointer(&host->io, g_source_unref);
    }
    ht_outbox_clear(&host->outbox);
    ht_buffer_clear(&host->input);
}
