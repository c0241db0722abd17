/* Requests: the state of one message between libmicrohttpd, its host and the spool. While it is with one of the latter its
 * connection is suspended and libmicrohttpd does not touch it, so a request is never gone behind a callback's back except
 * when the door closes. Main-loop thread. */
#include "core/ingress/request-inside.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/ingress/message.h"
#include "core/ingress/mhdsource.h"

#include <sys/socket.h>

/* A payload up to this is gathered and given to the host in one frame, and can be given again when the host dies. What is
 * larger goes there in pieces, so that memory does not grow with it. */
#define GATHER_MAX_BYTES 65536

static void free_request(HtRequest *request)
{
    ht_buffer_clear(&request->gathered);
    ht_answer_clear(&request->answer);
    g_clear_pointer(&request->body, g_bytes_unref);
    g_clear_pointer(&request->frame, g_bytes_unref);
    g_clear_pointer(&request->faults, g_array_unref);
    g_free(request);
}

static HtAsker make_asker(const HtArrival *arrival)
{
    const HtSource *source = arrival->source;
    return (HtAsker){.id = arrival->id,
                     .soap = arrival->head.soap,
                     .json = arrival->head.json,
                     .sender_is_400 = source && g_strcmp0(source->config->soap12_sender_status, "400") == 0};
}

static HtRequest *make_request(HtIntake *intake, const HtArrival *arrival, Phase phase)
{
    HtRequest *request = g_new0(HtRequest, 1);
    request->intake = intake;
    request->connection = arrival->connection;
    request->peer = arrival->peer;
    request->source = arrival->source;
    request->head = arrival->head;
    request->head.message.id = arrival->id;
    request->path = arrival->path;
    request->asker = make_asker(arrival);
    request->phase = phase;
    request->next = intake->first;
    if (request->next) {
        request->next->previous = request;
    }
    intake->first = request;
    return request;
}

static void suspend(HtRequest *request)
{
    request->suspended = true;
    MHD_suspend_connection(request->connection);
}

static void resume(HtRequest *request)
{
    if (request->suspended) {
        request->suspended = false;
        MHD_resume_connection(request->connection);
        ht_mhd_source_wake(request->intake->pump);
    }
}

static void leave_list(HtRequest *request)
{
    if (request->next) {
        request->next->previous = request->previous;
    }
    if (request->previous) {
        request->previous->next = request->next;
    } else {
        request->intake->first = request->next;
    }
}

void ht_request_resume_all(HtIntake *intake)
{
    for (HtRequest *request = intake->first; request; request = request->next) {
        resume(request);
    }
}

HtRequest *ht_request_new(HtIntake *intake, const HtArrival *arrival)
{
    HtRequest *request = make_request(intake, arrival, PHASE_BODY);
    sha256_init(&request->digest);
    ht_peer_enter(request->peer, HT_PEER_BODY);
    arrival->source->figures.messages++;
    return request;
}

bool ht_request_waits_for_form(const HtArrival *arrival, const HtRefusal *refusal)
{
    const HtHead *head = &arrival->head;
    return strcmp(refusal->code, "body-too-large") == 0 && head->soap == HT_SOAP_NONE && !head->json &&
           !head->expects;
}

HtRequest *ht_request_new_large(HtIntake *intake, const HtArrival *arrival)
{
    HtRequest *request = ht_request_new(intake, arrival);
    request->is_large = true;
    return request;
}

HtRequest *ht_request_new_wsdl(HtIntake *intake, const HtArrival *arrival)
{
    ht_peer_enter(arrival->peer, HT_PEER_BUSY);
    HtRequest *request = make_request(intake, arrival, PHASE_WSDL);
    request->service = arrival->service;
    return request;
}

/* ---- Answers ---- */

static void log_refusal(const char *source, const HtAnswer *answer)
{
    char id[HT_UUID_TEXT];
    ht_uuid_format(&answer->id, id);
    ht_log(HT_LOG_INFO, "ingress", "refused %s: source %s, status %u, %s", id, source, answer->status,
           answer->code);
}

static enum MHD_Result queue_answer(struct MHD_Connection *connection, HtAnswer *answer)
{
    struct MHD_Response *response = ht_answer_response(answer);
    if (!response) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result ht_request_refuse(HtIntake *intake, const HtArrival *arrival, const HtRefusal *refusal)
{
    HtAsker asker = make_asker(arrival);
    HtAnswer answer;
    ht_answer_refusal(&answer, &asker, refusal);
    answer.close = true;
    intake->refused++;
    log_refusal(arrival->source ? arrival->source->config->name : "-", &answer);
    ht_peer_enter(arrival->peer, HT_PEER_BUSY);
    arrival->peer->linger = true;
    enum MHD_Result result = queue_answer(arrival->connection, &answer);
    ht_answer_clear(&answer);
    return result;
}

static void count_refusal(HtSource *source, const HtRefusal *refusal)
{
    if (refusal->status == 503) {
        source->figures.busy++;
    } else if (refusal->status >= 500) {
        source->figures.failed++;
    } else {
        source->figures.rejected++;
    }
}

void ht_request_set_refusal(HtRequest *request, const HtRefusal *refusal)
{
    request->phase = PHASE_ANSWER;
    ht_answer_refusal(&request->answer, &request->asker, refusal);
    log_refusal(request->source->config->name, &request->answer);
    request->answer.code = NULL; /* it may point into the outcome, which ends before the answer does */
    count_refusal(request->source, refusal);
}

/* No host has said what the message is: its beginning does. */
static void look_for_soap(HtRequest *request)
{
    gsize size = request->gathered.size;
    const char *bytes = request->body ? g_bytes_get_data(request->body, &size) : request->gathered.data;
    if (request->asker.soap == HT_SOAP_NONE && size > 0) {
        request->asker.soap = ht_beginning_soap(bytes, size);
    }
}

void ht_request_set_error(HtRequest *request, const GError *error)
{
    look_for_soap(request);
    HtRefusal refusal;
    ht_refuse_error(&refusal, error);
    ht_request_set_refusal(request, &refusal);
}

void ht_request_finish(HtRequest *request)
{
    request->phase = PHASE_ANSWER;
    if (!request->intake) {
        free_request(request);
        return;
    }
    if (request->counted) {
        uint64_t latency_us = (uint64_t)MAX(ht_clock_monotonic() - request->complete_us, 0);
        HtSourceFigures *figures = &request->source->figures;
        figures->answers++;
        figures->latency_us_sum += latency_us;
        figures->latency_us_max = MAX(figures->latency_us_max, latency_us);
    }
    resume(request);
}

/* ---- The host ---- */

static void take_error(HtRequest *request, const GError *error)
{
    HtRefusal refusal;
    ht_refuse_error(&refusal, error);
    if (!g_error_matches(error, HT_HOST_ERROR, HT_HOST_ERROR_QUARANTINE)) {
        ht_request_set_refusal(request, &refusal);
        ht_request_finish(request);
        return;
    }
    if (!request->body) {
        ht_refuse_with(&refusal, refusal.code,
                       "The source's adapter fails on this message. The administrator was told, but the "
                       "payload was not kept: keep it, and send it again when told.");
    }
    ht_request_set_refusal(request, &refusal);
    ht_request_quarantine(request, NULL, refusal.code);
}

static void take_refusal(HtRequest *request, const HtOutcome *outcome)
{
    HtRefusal refusal;
    ht_refuse_outcome(&refusal, outcome);
    ht_request_set_refusal(request, &refusal);
    if (outcome->verdict == HT_VERDICT_REJECT && request->complete_us != 0 &&
        g_strcmp0(request->source->config->on_invalid, "quarantine") == 0) {
        ht_request_quarantine(request, outcome, refusal.code);
    } else {
        ht_request_finish(request);
    }
}

/* Only a payload that came in pieces is taken from the host, as evidence of what was sent. */
static bool is_forged(const HtRequest *request, const HtOutcome *outcome)
{
    return request->phase == PHASE_HOST && !request->body && outcome->original.data &&
           !ht_taken_is_genuine(outcome, request->sha256);
}

static void take_outcome(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    HtRequest *request = user;
    bool complete = request->phase == PHASE_HOST;
    request->ticket = NULL;
    if (error) {
        take_error(request, error);
        return;
    }
    if (is_forged(request, outcome)) {
        g_autoptr(GError) forged =
            g_error_new_literal(HT_EVENT_ERROR, 0, "what it gave back as the payload is not what was sent");
        ht_request_distrust(request, forged);
        return;
    }
    request->frame = frame ? g_bytes_ref(frame) : NULL;
    request->faults = ht_taken_faults(outcome);
    request->asker.soap = outcome->soap != HT_SOAP_NONE ? outcome->soap : request->asker.soap;
    request->asker.addressing = outcome->addressing;
    request->asker.relates_to = outcome->message_id;
    request->asker.action = outcome->action;
    request->asker.submit = outcome->submit ? request->source->config->name : NULL;
    if (outcome->verdict != HT_VERDICT_OK) {
        take_refusal(request, outcome);
    } else if (complete) {
        ht_request_append(request, outcome);
    } else {
        g_autoptr(GError) early =
            g_error_new_literal(HT_EVENT_ERROR, 0, "the host accepted a message before its end");
        take_error(request, early);
    }
}

/* ---- The body ---- */

/* An answer while the body still comes: libmicrohttpd 0.9 cannot queue one then, so it is written to the socket, which
 * has nothing else to send, and the connection closed. */
static enum MHD_Result answer_midway(HtRequest *request)
{
    HtBuffer bytes = {.data = NULL};
    ht_answer_write(&request->answer, &bytes);
    ssize_t sent = send(request->peer->fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    request->peer->linger = sent == (ssize_t)bytes.size;
    ht_buffer_clear(&bytes);
    request->phase = PHASE_SAID;
    return MHD_NO;
}

static enum MHD_Result refuse_midway(HtRequest *request, const HtRefusal *refusal)
{
    g_clear_pointer(&request->ticket, ht_ticket_cancel);
    look_for_soap(request);
    ht_request_set_refusal(request, refusal);
    return answer_midway(request);
}

/* What has the type of a form and is none may be what a careless client sends as its XML. */
static bool is_form(HtRequest *request, const char *bytes, size_t size)
{
    ht_beginning_look(&request->beginning, bytes, size);
    return request->head.form && request->beginning == HT_BEGINNING_OTHER;
}

static enum MHD_Result refuse_form(HtRequest *request)
{
    HtRefusal refusal;
    ht_refuse_with(&refusal, "content-type",
                   "Forms are not taken: send the XML itself, as text/xml or application/xml.");
    return refuse_midway(request, &refusal);
}

static enum MHD_Result refuse_too_large(HtRequest *request, const char *bytes, size_t size)
{
    HtRefusal refusal;
    if (!request->streaming && request->gathered.size < HT_BEGINNING_BYTES) {
        ht_buffer_add(&request->gathered, bytes, MIN(size, HT_BEGINNING_BYTES));
    }
    if (request->is_large && request->gathered.size < MIN(HT_BEGINNING_BYTES, request->head.length)) {
        return MHD_YES;
    }
    ht_head_refuse_large(&refusal, &request->source->config->limits);
    return refuse_midway(request, &refusal);
}

/* The host has room again. */
static void go_on_streaming(void *user)
{
    HtRequest *request = user;
    if (request->suspended && request->phase == PHASE_BODY) {
        ht_peer_pause(request->peer, false);
        resume(request);
    }
}

static void stream_piece(HtRequest *request, const char *bytes, size_t size)
{
    if (!ht_ticket_write(request->ticket, bytes, size) && !request->suspended) {
        ht_peer_pause(request->peer, true);
        suspend(request);
    }
}

static enum MHD_Result start_streaming(HtRequest *request)
{
    g_autoptr(GError) error = NULL;
    HtRefusal refusal;
    if (!ht_source_admits(request->source, &refusal)) { /* its adapter may have been replaced by now */
        return refuse_midway(request, &refusal);
    }
    request->ticket = ht_host_stream(request->source->host, &request->head.message, take_outcome,
                                     go_on_streaming, request, &error);
    if (!request->ticket) {
        ht_refuse_error(&refusal, error);
        return refuse_midway(request, &refusal);
    }
    request->streaming = true;
    look_for_soap(request);
    stream_piece(request, request->gathered.data, request->gathered.size);
    ht_buffer_clear(&request->gathered);
    return MHD_YES;
}

static enum MHD_Result take_piece(HtRequest *request, const char *bytes, size_t size)
{
    if (request->streaming) {
        stream_piece(request, bytes, size);
        return MHD_YES;
    }
    if (request->head.has_length && request->head.length == size && size <= GATHER_MAX_BYTES) {
        request->body = g_bytes_new(bytes, size);
        return MHD_YES;
    }
    ht_buffer_add(&request->gathered, bytes, size);
    return request->size > GATHER_MAX_BYTES ? start_streaming(request) : MHD_YES;
}

enum MHD_Result ht_request_take(HtRequest *request, const char *bytes, size_t *size_left)
{
    size_t size = *size_left;
    if (request->phase == PHASE_ANSWER) {
        return answer_midway(request);
    }
    if (request->suspended) {
        return MHD_YES;
    }
    *size_left = 0;
    request->size += size;
    request->peer->body_bytes += size;
    request->source->figures.bytes += size;
    if (request->is_large || request->size > request->source->config->limits.body_bytes) {
        return refuse_too_large(request, bytes, size);
    }
    if (is_form(request, bytes, size)) {
        return refuse_form(request);
    }
    sha256_update(&request->digest, size, (const uint8_t *)bytes);
    return take_piece(request, bytes, size);
}

/* ---- The end of the body ---- */

static void count_in(HtRequest *request)
{
    request->counted = true;
    request->intake->in_flight++;
    ht_peer_enter(request->peer, HT_PEER_BUSY);
    request->complete_us = ht_clock_monotonic();
    request->received_us = ht_clock_now();
}

static enum MHD_Result answer_now(HtRequest *request)
{
    ht_peer_enter(request->peer, HT_PEER_BUSY);
    /* libmicrohttpd also accepts chunks whose lines end in a bare line feed, where a proxy before us may see other ends:
     * what follows a chunked body on its connection may be smuggled, and is not read. */
    request->answer.close = request->intake->draining || request->head.chunked;
    return queue_answer(request->connection, &request->answer);
}

static enum MHD_Result submit(HtRequest *request)
{
    g_autoptr(GError) error = NULL;
    if (!request->body) {
        HtBuffer *gathered = &request->gathered;
        request->body = g_bytes_new_take(g_steal_pointer(&gathered->data), gathered->size);
        *gathered = (HtBuffer){.data = NULL};
    }
    request->ticket = ht_host_submit(request->source->host, &request->head.message, request->body,
                                     take_outcome, request, &error);
    if (!request->ticket) {
        ht_request_set_error(request, error);
        return answer_now(request);
    }
    suspend(request);
    return MHD_YES;
}

/* Nothing is taken at present. */
static enum MHD_Result refuse_complete(HtRequest *request, GError *error /* transfer full */)
{
    g_clear_pointer(&request->ticket, ht_ticket_cancel);
    ht_request_set_error(request, error);
    g_error_free(error);
    return answer_now(request);
}

static enum MHD_Result hand_over(HtRequest *request)
{
    const HtIntake *intake = request->intake;
    if (intake->draining) {
        return refuse_complete(
            request, g_error_new_literal(HT_HOST_ERROR, HT_HOST_ERROR_STOPPED, "the bus is ending"));
    }
    if (intake->spool_bytes > 0 && intake->spool_bytes >= intake->spool_limits->queue_bytes) {
        return refuse_complete(request, ht_request_busy(request));
    }
    HtRefusal refusal;
    if (!ht_source_admits(request->source, &refusal)) {
        g_clear_pointer(&request->ticket, ht_ticket_cancel);
        look_for_soap(request);
        ht_request_set_refusal(request, &refusal);
        return answer_now(request);
    }
    sha256_digest(&request->digest, sizeof request->sha256, request->sha256);
    count_in(request);
    request->phase = PHASE_HOST;
    if (!request->streaming) {
        return submit(request);
    }
    ht_ticket_end(request->ticket, request->sha256);
    suspend(request);
    return MHD_YES;
}

/* ---- The WSDL ---- */

static void take_wsdl(GBytes *text, const GError *error, void *user)
{
    HtRequest *request = user;
    request->waiting = false;
    if (!request->intake) {
        ht_request_finish(request);
        return;
    }
    if (text) {
        gsize size;
        const char *bytes = g_bytes_get_data(text, &size);
        ht_answer_text(&request->answer, &request->asker, "text/xml; charset=utf-8", (HtText){bytes, size});
    } else {
        HtRefusal refusal;
        if (error && error->domain == HT_HOST_ERROR) {
            ht_refuse_error(&refusal, error);
        } else {
            ht_refuse(&refusal, "no-wsdl");
        }
        ht_answer_refusal(&request->answer, &request->asker, &refusal);
        log_refusal(request->source->config->name, &request->answer);
    }
    ht_request_finish(request);
}

static char *make_address(const HtRequest *request)
{
    const HtBusConfig *bus = request->intake->bus;
    const char *path = request->path;
    if (bus->public_url) {
        size_t size = strlen(bus->public_url);
        return g_strdup_printf("%.*s%s", (int)(size - (size > 0 && bus->public_url[size - 1] == '/')),
                               bus->public_url, path);
    }
    HtText host = request->head.host.size > 0 ? request->head.host : ht_text_from(bus->listen);
    return g_strdup_printf("http://%.*s%s", (int)host.size, host.data, path);
}

static enum MHD_Result ask_wsdl(HtRequest *request)
{
    g_autofree char *address = make_address(request);
    /* What is no escape stays as it is: no service is called so. */
    g_autofree char *plain = request->service ? g_uri_unescape_string(request->service, NULL) : NULL;
    suspend(request);
    request->waiting = true;
    ht_host_wsdl(request->source->host, address, plain ? plain : request->service, take_wsdl, request);
    return MHD_YES;
}

/* ---- What libmicrohttpd says ---- */

enum MHD_Result ht_request_go_on(HtRequest *request)
{
    switch (request->phase) {
    case PHASE_BODY: return hand_over(request);
    case PHASE_WSDL: return ask_wsdl(request);
    case PHASE_ANSWER: return answer_now(request);
    case PHASE_HOST:
    case PHASE_SPOOL:
    case PHASE_SAID: break; /* called although suspended: nothing to do yet */
    }
    return MHD_YES;
}

void ht_request_gone(HtRequest *request, bool sent)
{
    HtIntake *intake = request->intake;
    bool counted = request->counted;
    if (request->phase == PHASE_ANSWER && !sent) {
        intake->unsent++;
    }
    g_clear_pointer(&request->ticket, ht_ticket_cancel);
    leave_list(request);
    intake->spool_bytes -= request->spool_bytes;
    request->intake = NULL;
    request->connection = NULL;
    if (!request->waiting) {
        free_request(request);
    }
    if (counted && --intake->in_flight == 0 && intake->drained) {
        intake->drained(intake->drained_user);
    }
}
