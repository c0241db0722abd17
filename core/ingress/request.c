/* Requests: the connection's side of a message, of a question for the WSDL, or of a page. While the host or the spool has it, the connection is
 * suspended and libmicrohttpd does not touch it, so a request is never gone behind a callback's back except when the door closes.
 * Main-loop thread.
 *
 * States, and the function that makes each:
 *
 *   BODY     the body comes                            ht_request_new()
 *   WSDL     the host is asked, or will be             ht_request_new_wsdl()
 *   PAGE     its body comes, or its handler has it     ht_request_new_page()
 *   STREAM   the handler writes on and on              begin_stream()
 *   WAIT     the message is whole, and on its way      hand_over()
 *   ANSWER   the answer is ready, or on its way        refuse(), take_result(), take_wsdl()
 *   SAID     it was written past libmicrohttpd         answer_midway()
 *
 *   PAGE -> ANSWER, or -> STREAM;  PAGE -> ANSWER -> SAID (its body is too large)
 *   BODY -> WAIT -> ANSWER;  BODY -> ANSWER (refused early, or at its end) -> SAID (while the body still comes);  WSDL -> ANSWER
 *   From each it may be gone: ht_request_gone() frees it.
 *
 * What may be trusted: the head always; it was checked before there was a request. The message is its own in BODY and WAIT.
 *
 * Invariants, checked by assert_phase() at each transition:
 *   1. There is a message in BODY and WAIT, and no other time: what is answered has nothing on its way any more.
 *   2. A question is open in WSDL only.
 *   3. The connection is suspended in WAIT always; in BODY while the host has no room, in WSDL once it is asked; never when
 *      there is an answer: libmicrohttpd comes for it. In PAGE while the handler takes its time, in STREAM while there is
 *      nothing to write.
 *   4. Once it counts as in flight, from the end of BODY, it does so until it is gone; but not what comes while the door drains.
 *      A page counts from its answer on, or when the door drains.
 *   5. There is an exchange for a page, and only for one, as long as the request lives. */
#include "core/ingress/request.h"

#include "core/base/log.h"
#include "core/ingress/mhdhead.h"
#include "core/ingress/mhdsource.h"

#include <netdb.h>

typedef enum { PHASE_BODY, PHASE_WSDL, PHASE_PAGE, PHASE_STREAM, PHASE_WAIT, PHASE_ANSWER, PHASE_SAID } Phase;

/* What the host is asked cannot be called off. */
typedef struct {
    HtRequest *request; /* NULL: gone */
} RequestQuestion;

struct HtRequest {
    HtRequest *previous, *next; /* of those with a connection */
    HtRequests *requests;
    struct MHD_Connection *connection;
    HtPeer *peer;
    HtSource *source;
    HtHead head;
    const char *service;    /* of which the WSDL is asked for, as it stands in the URL; NULL: of all */
    char *path;             /* under which its source answers here */
    const char *start;      /* as in HtArrival */
    HtReplyContext context; /* whom the answer is for */
    Phase phase;
    bool suspended; /* its connection */
    bool counted;   /* as in flight */
    bool served;    /* its page's handler was called */
    bool left;      /* the peer has gone while it waited */
    HtPageExchange *exchange;
    HtMessage *message;
    RequestQuestion *question;
    HtAnswer answer;
};

static void assert_phase(const HtRequest *request)
{
    bool in_body = request->phase == PHASE_BODY, waits = request->phase == PHASE_WAIT;
    bool answered = request->phase == PHASE_ANSWER || request->phase == PHASE_SAID;
    g_assert((request->message != NULL) == (in_body || waits));
    g_assert(!request->question || request->phase == PHASE_WSDL);
    g_assert(!waits || (request->suspended && request->counted));
    g_assert(!answered || !request->suspended);
    bool is_page = request->phase == PHASE_PAGE || request->phase == PHASE_STREAM;
    g_assert(!request->counted || waits || answered || is_page);
    g_assert(!is_page || request->exchange);
}

/* Whether it is for a page of consumers or of schemas, also one that there is not, or whose head is bad: they are told in JSON. */
static bool is_for_consumers(const HtArrival *arrival)
{
    const char *target = arrival->peer->target;
    return (arrival->is_page && arrival->match.kind != HT_PARTY_SOURCE) ||
           (target && !arrival->source &&
            (g_str_has_prefix(target, "/out/") || g_str_has_prefix(target, "/schema/")));
}

static HtReplyContext make_context(const HtArrival *arrival)
{
    const HtSource *source = arrival->source;
    bool of_page = is_for_consumers(arrival);
    return (HtReplyContext){.id = arrival->id,
                            .soap = arrival->is_page ? HT_SOAP_NONE : arrival->head.soap,
                            .json = arrival->head.json || of_page,
                            .allow = arrival->is_page ? ht_page_match_allow(&arrival->match) : NULL,
                            .sender_is_400 =
                                source && g_strcmp0(source->config->soap12_sender_status, "400") == 0,
                            .chinese = source && g_strcmp0(source->config->language, "both") == 0};
}

static HtRequest *make_request(HtRequests *requests, const HtArrival *arrival, Phase phase)
{
    HtRequest *request = g_new0(HtRequest, 1);
    request->requests = requests;
    request->connection = arrival->connection;
    request->peer = arrival->peer;
    request->source = arrival->source ? ht_source_hold(arrival->source) : NULL;
    request->head = arrival->head;
    request->head.message.id = arrival->id;
    request->path = g_strdup(arrival->path);
    request->start = arrival->start;
    request->service = arrival->service;
    request->context = make_context(arrival);
    request->phase = phase;
    request->next = requests->first;
    if (request->next) {
        request->next->previous = request;
    }
    requests->first = request;
    return request;
}

static void leave_list(HtRequest *request)
{
    if (request->next) {
        request->next->previous = request->previous;
    }
    if (request->previous) {
        request->previous->next = request->next;
    } else {
        request->requests->first = request->next;
    }
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
        ht_mhd_source_wake(request->peer->pump);
    }
}

void ht_request_resume_all(HtRequests *requests)
{
    for (HtRequest *request = requests->first; request; request = request->next) {
        resume(request);
    }
}

/* ---- Answers ---- */

static void log_refusal(const HtRequests *requests, const HtSource *source, const HtAnswer *answer)
{
    char id[HT_UUID_TEXT];
    ht_uuid_format(&answer->id, id);
    ht_log(HT_LOG_INFO, "ingress", "refused %s: source %s, status %u, %s", id,
           source ? source->config->name : "-", answer->status, answer->code);
    ht_recent_refused(requests->recent, &answer->id, source ? source->config->name : NULL, answer->status,
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

/* A message that was too large, or of a wrong type, is the source's own; a stranger's request, or no message, is not. */
static void count_for_source(const HtRequests *requests, const HtArrival *arrival, const HtRefusal *refusal)
{
    static const unsigned others[] = {401, 403, 404, 405};
    bool own = arrival->source != NULL;
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        own = own && refusal->status != others[i];
    }
    if (own) {
        ht_message_count_refused(requests->intake, arrival->source, refusal);
    }
}

enum MHD_Result ht_request_refuse(HtRequests *requests, const HtArrival *arrival, const HtRefusal *refusal)
{
    HtReplyContext context = make_context(arrival);
    HtAnswer answer;
    ht_answer_refusal(&answer, &context, refusal);
    answer.close = true;
    requests->refused++;
    count_for_source(requests, arrival, refusal);
    log_refusal(requests, arrival->source, &answer);
    ht_peer_enter(arrival->peer, HT_PEER_BUSY);
    arrival->peer->linger = true;
    enum MHD_Result result = queue_answer(arrival->connection, &answer);
    ht_answer_clear(&answer);
    return result;
}

/* The answer is made: what it is about has ended. */
static void enter_answer(HtRequest *request)
{
    g_clear_pointer(&request->message, ht_message_free);
    resume(request);
    request->phase = PHASE_ANSWER;
    assert_phase(request);
}

static void refuse(HtRequest *request, const HtRefusal *refusal)
{
    request->context.soap = request->message ? request->message->soap : request->context.soap;
    ht_answer_refusal(&request->answer, &request->context, refusal);
    log_refusal(request->requests, request->source, &request->answer);
    request->answer.code = NULL; /* it may point into the message, which ends before the answer does */
    enter_answer(request);
}

static enum MHD_Result answer_now(HtRequest *request)
{
    ht_peer_enter(request->peer, HT_PEER_BUSY);
    /* libmicrohttpd also accepts chunks whose lines end in a bare line feed, where a proxy before us may see other ends:
     * what follows a chunked body on its connection may be smuggled, and is not read. */
    request->answer.close = request->requests->draining || request->head.chunked;
    return queue_answer(request->connection, &request->answer);
}

/* An answer while the body still comes: libmicrohttpd 0.9 cannot queue one then, so it is written to the socket, which
 * has nothing else to send, and the connection closed. */
static enum MHD_Result answer_midway(HtRequest *request)
{
    HtBuffer bytes = {.data = NULL};
    ht_answer_write(&request->answer, &bytes);
    ssize_t sent = ht_peer_send(request->peer, bytes.data, bytes.size);
    request->peer->linger = sent == (ssize_t)bytes.size;
    ht_buffer_clear(&bytes);
    request->phase = PHASE_SAID;
    assert_phase(request);
    return MHD_NO;
}

/* ---- The message ---- */

/* Signing costs a quarter of what a message costs in all: it is done for those who ask, and where the source is to. */
static void ask_for_signature(HtRequest *request)
{
    const HtSourceConfig *source = request->source->config;
    if (request->head.signed_receipt || g_strcmp0(source->sign_receipts, "all") == 0) {
        request->context.signer = request->requests->signer;
        request->context.bus = request->requests->bus->name;
        request->context.source = source->name;
    }
}

static void take_result(const HtMessageResult *result, void *user)
{
    HtRequest *request = user;
    const HtMessage *message = request->message;
    HtReplyContext *context = &request->context;
    context->soap = message->soap;
    context->addressing = message->addressing;
    context->relates_to = message->message_id;
    context->action = message->action;
    context->submit = message->submit ? request->source->config->name : NULL;
    if (result->receipt) {
        ask_for_signature(request);
    }
    if (result->refusal) {
        refuse(request, result->refusal);
    } else {
        ht_answer_receipt(&request->answer, context, result->receipt, result->faults);
        ht_recent_taken(request->requests->recent, result->receipt, request->source->config->name);
        enter_answer(request);
    }
}

bool ht_request_waits_for_form(const HtArrival *arrival, const HtRefusal *refusal)
{
    const HtHead *head = &arrival->head;
    return !arrival->is_page && strcmp(refusal->code, "body-too-large") == 0 && head->soap == HT_SOAP_NONE &&
           !head->json && !head->expects;
}

static void have_room(void *user)
{
    HtRequest *request = user;
    if (request->suspended) {
        ht_peer_pause(request->peer, false);
        resume(request);
    }
}

/* ---- Pages ---- */

static void count_in(HtRequest *request)
{
    request->counted = true;
    request->requests->in_flight++;
    ht_peer_enter(request->peer, HT_PEER_BUSY);
}

static void take_page_answer(HtPageAnswer *answer, void *user)
{
    HtRequest *request = user;
    ht_answer_page(&request->answer, &request->context, answer);
    count_in(request);
    enter_answer(request);
}

static void take_page_refusal(const HtRefusal *refusal, void *user)
{
    count_in(user);
    refuse(user, refusal);
}

static void begin_stream(HtPageAnswer *head, void *user)
{
    HtRequest *request = user;
    ht_answer_page(&request->answer, &request->context, head);
    request->phase = PHASE_STREAM;
    resume(request);
}

static void flow(void *user)
{
    HtRequest *request = user;
    ht_peer_enter(request->peer, HT_PEER_BUSY);
    resume(request);
}

static void note_left(void *user)
{
    HtRequest *request = user;
    request->left = true;
    resume(request);
}

/* Until its handler, or what it wrote, wakes it. */
static void wait_for_page(HtRequest *request)
{
    ht_peer_enter(request->peer, HT_PEER_WAIT);
    suspend(request);
}

static ssize_t read_stream(void *user, uint64_t at, char *bytes, size_t most)
{
    (void)at;
    HtRequest *request = user;
    if (request->left) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    ssize_t size = ht_page_exchange_read(request->exchange, bytes, most);
    if (size == 0) {
        wait_for_page(request);
    }
    return size < 0 ? MHD_CONTENT_READER_END_OF_STREAM : size;
}

static enum MHD_Result queue_stream(HtRequest *request)
{
    request->answer.close = true;
    struct MHD_Response *response = ht_answer_stream(&request->answer, read_stream, request);
    if (!response) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_queue_response(request->connection, request->answer.status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result serve_page(HtRequest *request)
{
    if (request->left) {
        return MHD_NO;
    }
    if (request->suspended) {
        return MHD_YES;
    }
    if (!request->served) {
        ht_peer_enter(request->peer, HT_PEER_BUSY);
        request->served = true;
        ht_page_exchange_serve(request->exchange);
    }
    switch (request->phase) {
    case PHASE_ANSWER: return answer_now(request);
    case PHASE_STREAM: return queue_stream(request);
    default: wait_for_page(request);
    }
    return MHD_YES;
}

static enum MHD_Result take_of_page(HtRequest *request, const char *bytes, size_t size)
{
    HtRefusal refusal;
    if (ht_page_exchange_take(request->exchange, bytes, size, &refusal)) {
        return MHD_YES;
    }
    refuse(request, &refusal);
    return answer_midway(request);
}

HtRequest *ht_request_new_page(HtRequests *requests, HtArrival *arrival)
{
    HtPageMethod method = arrival->page_method;
    HtRequest *request = make_request(requests, arrival, PHASE_PAGE);
    HtPageOwner owner = {take_page_answer, take_page_refusal, begin_stream, flow, request};
    request->exchange = ht_page_exchange_new(arrival->connection, arrival->match.pages[method],
                                             arrival->match.users[method], &arrival->match, &owner);
    request->peer->left = note_left;
    request->peer->left_user = request;
    ht_peer_enter(request->peer, method == HT_PAGE_POST ? HT_PEER_BODY : HT_PEER_BUSY);
    assert_phase(request);
    return request;
}

void ht_request_hurry_all(HtRequests *requests)
{
    for (HtRequest *request = requests->first; request; request = request->next) {
        bool streams = request->phase == PHASE_STREAM;
        if (streams) {
            count_in(request);
        }
        if (streams || (request->phase == PHASE_PAGE && request->served)) {
            ht_page_exchange_hurry(request->exchange);
        }
    }
}

/* ---- Messages come in ---- */

HtRequest *ht_request_new(HtRequests *requests, const HtArrival *arrival)
{
    HtRequest *request = make_request(requests, arrival, PHASE_BODY);
    HtMessageStart start = {.source = request->source,
                            .head = request->head.message,
                            .idempotency_key = request->head.idempotency_key,
                            .traceparent = request->head.traceparent,
                            .soap = request->head.soap,
                            .is_form = request->head.form,
                            .length = request->head.length};
    HtMessageOwner owner = {have_room, take_result, request};
    request->message = ht_message_new(requests->intake, &start, &owner);
    ht_peer_enter(request->peer, HT_PEER_BODY);
    assert_phase(request);
    return request;
}

enum MHD_Result ht_request_take(HtRequest *request, const char *bytes, size_t *size_left)
{
    HtRefusal refusal;
    size_t size = *size_left;
    if (request->phase == PHASE_ANSWER) {
        return answer_midway(request);
    }
    if (request->suspended) {
        return MHD_YES;
    }
    if (request->message && !ht_head_chunk_is_whole(request->start, bytes)) {
        ht_refuse(&refusal, "bad-chunk");
        ht_message_refuse(request->message, &refusal);
        refuse(request, &refusal);
        return answer_midway(request);
    }
    *size_left = 0;
    request->peer->body_bytes += size;
    if (request->phase == PHASE_PAGE) {
        return take_of_page(request, bytes, size);
    }
    switch (ht_message_take(request->message, bytes, size, &refusal)) {
    case HT_TAKE_MORE: break;
    case HT_TAKE_FULL:
        ht_peer_pause(request->peer, true);
        suspend(request);
        break;
    case HT_TAKE_NOT: refuse(request, &refusal); return answer_midway(request);
    }
    return MHD_YES;
}

static enum MHD_Result hand_over(HtRequest *request)
{
    HtRefusal refusal;
    if (request->requests->draining) {
        ht_refuse(&refusal, "stopping");
        ht_message_refuse(request->message, &refusal);
        refuse(request, &refusal);
        return answer_now(request);
    }
    count_in(request);
    if (!ht_message_end(request->message, &refusal)) {
        refuse(request, &refusal);
        return answer_now(request);
    }
    suspend(request);
    request->phase = PHASE_WAIT;
    assert_phase(request);
    return MHD_YES;
}

/* ---- The WSDL ---- */

HtRequest *ht_request_new_wsdl(HtRequests *requests, const HtArrival *arrival)
{
    ht_peer_enter(arrival->peer, HT_PEER_BUSY);
    HtRequest *request = make_request(requests, arrival, PHASE_WSDL);
    assert_phase(request);
    return request;
}

static void take_wsdl(GBytes *text, const GError *error, void *user)
{
    RequestQuestion *question = user;
    HtRequest *request = question->request;
    g_free(question);
    if (!request) {
        return;
    }
    request->question = NULL;
    if (text) {
        gsize size;
        const char *bytes = g_bytes_get_data(text, &size);
        ht_answer_text(&request->answer, &request->context, "text/xml; charset=utf-8", (HtText){bytes, size});
        enter_answer(request);
        return;
    }
    HtRefusal refusal;
    if (error && error->domain == HT_HOST_ERROR) {
        ht_refuse_error(&refusal, error);
    } else {
        ht_refuse(&refusal, "no-wsdl");
    }
    refuse(request, &refusal);
}

/* Where the client has connected to: "10.1.2.3:8080". The caller frees. */
static char *find_own_address(const HtRequest *request)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(request->peer->fd, (struct sockaddr *)&address, &size) != 0 ||
        address.ss_family == AF_UNIX ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return g_strdup("localhost");
    }
    return g_strdup_printf(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

/* What anybody may write into a request's Host would send other clients, by a cache between, to a place of his. */
static char *find_host(const HtRequest *request)
{
    HtText host = request->head.host;
    for (char **name = request->requests->bus->hosts; name && *name; name++) {
        if (host.size > 0 && ht_text_is_in_any_case(host, *name)) {
            return g_strdup(*name);
        }
    }
    return find_own_address(request);
}

static char *make_address(const HtRequest *request)
{
    const HtBusConfig *bus = request->requests->bus;
    const char *path = request->path;
    if (bus->public_url) {
        size_t size = strlen(bus->public_url);
        return g_strdup_printf("%.*s%s", (int)(size - (size > 0 && bus->public_url[size - 1] == '/')),
                               bus->public_url, path);
    }
    g_autofree char *host = find_host(request);
    return g_strdup_printf("%s://%s%s", request->peer->tls ? "https" : "http", host, path);
}

static enum MHD_Result ask_wsdl(HtRequest *request)
{
    HtRefusal refusal;
    if (!request->source->host) {
        ht_refuse(&refusal, "source-changed");
        refuse(request, &refusal);
        return answer_now(request);
    }
    g_autofree char *address = make_address(request);
    /* What is no escape stays as it is: no service is called so. */
    g_autofree char *plain = request->service ? g_uri_unescape_string(request->service, NULL) : NULL;
    suspend(request);
    request->question = g_new(RequestQuestion, 1);
    request->question->request = request;
    ht_host_wsdl(request->source->host, address, plain ? plain : request->service, take_wsdl,
                 request->question);
    return MHD_YES;
}

/* ---- What libmicrohttpd says ---- */

enum MHD_Result ht_request_go_on(HtRequest *request)
{
    assert_phase(request);
    switch (request->phase) {
    case PHASE_BODY: return hand_over(request);
    case PHASE_WSDL: return ask_wsdl(request);
    case PHASE_PAGE: return serve_page(request);
    case PHASE_ANSWER: return answer_now(request);
    case PHASE_STREAM:
    case PHASE_WAIT:
    case PHASE_SAID: break; /* called although suspended: nothing to do yet */
    }
    return MHD_YES;
}

void ht_request_gone(HtRequest *request, bool sent)
{
    HtRequests *requests = request->requests;
    bool counted = request->counted;
    if (request->phase == PHASE_ANSWER && !sent) {
        requests->unsent++;
    }
    if (request->question) {
        request->question->request = NULL;
    }
    leave_list(request);
    g_clear_pointer(&request->message, ht_message_free);
    if (request->exchange) {
        ht_page_exchange_free(request->exchange, sent);
    }
    ht_answer_clear(&request->answer);
    ht_source_free(request->source);
    g_free(request->path);
    g_free(request);
    if (counted && --requests->in_flight == 0 && requests->drained) {
        requests->drained(requests->drained_user);
    }
}
