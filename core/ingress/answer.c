/* Which status, which header, and the hand-over to libmicrohttpd. Called by request.c and intake.c; main-loop thread. */
#include "core/ingress/answer.h"

#include "core/ingress/answer-body.h"
#include "plugins/supervisor.h"

#include <stdio.h>

/* ---- What went wrong ---- */

/* The HTTP status of a fault code. Codes that are not here are about records, or the adapter's own: 422. */
static const struct {
    const char *code;
    unsigned status;
} statuses[] = {
    {"not-well-formed", 400},
    {"namespace-not-well-formed", 400},
    {"doctype-refused", 400},
    {"html-instead-of-xml", 400},
    {"empty", 400},
    {"soap-version", 400},
    {"soap-must-understand", 400},
    {"soap-malformed", 400},
    {"soap-header-malformed", 400},
    {"soap-outside-body", 400},
    {"soap-encoding-unknown", 400},
    {"soap-action-mismatch", 400},
    {"soap-body-empty", 400},
    {"soap-fault-received", 400},
    {"href-missing", 400},
    {"href-ambiguous", 400},
    {"href-cycle", 400},
    {"href-not-local", 400},
    {"attachment-missing", 400},
    {"attachment-unreferenced", 400},
    {"multipart-malformed", 400},
    {"zip-malformed", 400},
    {"unsupported-encoding", 415},
    {"part-not-xml", 415},
    {"part-nested", 415},
    {"zip-encrypted", 415},
    {"zip-method", 415},
    {"zip-bomb", 413},
    {"too-many-parts", 413},
    {"too-deep", 413},
    {"too-many-attributes", 413},
    {"start-tag-too-long", 413},
    {"too-many-names", 413},
    {"too-many-elements", 413},
    {"too-many-records", 413},
    {"value-too-long", 413},
    {"document-too-long", 413},
    {"too-slow", 413},
    {"result-too-large", 413},
    {"adapter-misuse", 500},
    {"filter-unbalanced", 500},
    {"key-not-unique", 500},
};

static unsigned status_of_fault(const HtFault *fault)
{
    for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
        if (fault->record == 0 && strcmp(fault->code, statuses[i].code) == 0) {
            return statuses[i].status;
        }
    }
    return 422;
}

#define RETRY_VERDICT_S 30

void ht_problem_of_outcome(HtProblem *problem, const HtOutcome *outcome)
{
    static const HtFault unexplained = {.code = "rejected",
                                        .text = "The message was refused without a reason."};
    const HtFault *first = outcome->fault_count > 0 ? &outcome->faults[0] : &unexplained;
    *problem = (HtProblem){.status = status_of_fault(first), .code = first->code, .text = first->text};
    if (outcome->fault_count > 0) {
        problem->fault_count = outcome->fault_count;
        problem->faults = outcome->faults;
        problem->faults_kept = MIN(outcome->fault_count, HT_OUTCOME_FAULTS);
    }
    if (outcome->verdict == HT_VERDICT_RETRY) {
        problem->status = 503;
        problem->retry_after_s = RETRY_VERDICT_S;
    }
    problem->not_understood = outcome->not_understood;
    problem->reply = outcome->reply;
    problem->reply_type = outcome->reply_type;
}

static const HtProblem host_problems[] = {
    [HT_HOST_ERROR_BUSY] =
        {.status = 503,
         .code = "busy",
         .retry_after_s = 2,
         .text = "Too many messages of this source are waiting; nothing was taken. Send it again."},
    [HT_HOST_ERROR_DOWN] =
        {.status = 503,
         .code = "adapter-down",
         .retry_after_s = 10,
         .text = "The source's adapter cannot be started at present; nothing was taken. Send it again."},
    [HT_HOST_ERROR_LOST] = {.status = 503,
                            .code = "adapter-died",
                            .retry_after_s = 2,
                            .text =
                                "The source's adapter died while it read; nothing was taken. Send it again."},
    [HT_HOST_ERROR_QUARANTINE] = {.status = 500,
                                  .code = "adapter-failed",
                                  .text =
                                      "The source's adapter fails on this message. It was put aside for the "
                                      "administrator; do not send it again."},
    [HT_HOST_ERROR_ADAPTER] =
        {.status = 503,
         .code = "adapter-broken",
         .retry_after_s = 60,
         .text = "The source's adapter or mapping is broken; nothing was taken. The administrator "
                 "must mend it."},
    [HT_HOST_ERROR_STOPPED] = {.status = 503,
                               .code = "stopping",
                               .retry_after_s = 10,
                               .text = "The bus is ending; nothing was taken. Send it again."},
    [HT_HOST_ERROR_SERVICE] = {.status = 404,
                               .code = "unknown-service",
                               .text = "This source has no service of this name."},
};

static const HtProblem spool_full = {.status = 503,
                                     .code = "spool-full",
                                     .retry_after_s = 60,
                                     .text =
                                         "There is no room left; nothing was taken. Send it again later."};
static const HtProblem spool_busy = {.status = 503,
                                     .code = "busy",
                                     .retry_after_s = 2,
                                     .text =
                                         "Too many messages are waiting; nothing was taken. Send it again."};
static const HtProblem spool_failed = {.status = 503,
                                       .code = "spool-failed",
                                       .retry_after_s = 60,
                                       .text = "The bus cannot write to its disk. Send it again later."};

static const HtProblem too_large = {
    .status = 413,
    .code = "too-large-to-keep",
    .text = "The payload, the reply or an event has more than 900 MB (fixed), which the spool cannot "
            "keep; nothing was taken. Send its records in several messages."};

/* Who is busy says how many may wait. One text for each limit that is configured, which lives for ever. */
static void name_limit(HtProblem *problem, const GError *error)
{
    if (g_str_equal(problem->code, "busy")) {
        g_autofree char *text =
            g_strdup_printf("The bus is busy: %s. Nothing was taken; send it again.", error->message);
        problem->text = g_intern_string(text);
    }
}

void ht_problem_of_error(HtProblem *problem, const GError *error)
{
    if (error->domain == HT_HOST_ERROR && (size_t)error->code < G_N_ELEMENTS(host_problems)) {
        *problem = host_problems[error->code];
        name_limit(problem, error);
    } else if (g_error_matches(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_FULL)) {
        *problem = spool_full;
    } else if (g_error_matches(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_BUSY)) {
        *problem = spool_busy;
        name_limit(problem, error);
    } else if (g_error_matches(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_MESSAGE)) {
        *problem = too_large;
    } else if (error->domain == HT_SPOOL_ERROR) {
        *problem = spool_failed;
    } else {
        *problem = host_problems[HT_HOST_ERROR_QUARANTINE];
        problem->text =
            "The source's adapter gave back something that is not an event; nothing was taken. The "
            "administrator must mend it.";
    }
}

void ht_problem_of_quarantine(HtProblem *problem, bool kept)
{
    *problem = host_problems[HT_HOST_ERROR_QUARANTINE];
    if (!kept) {
        problem->text =
            "The source's adapter fails on this message. The administrator was told, but the payload was "
            "not kept: keep it, and send it again when told.";
    }
}

/* A body that is too large is the message's fault, as document-too-long is: clients read a SOAP fault under 500 only. */
void ht_problem_of_refusal(HtProblem *problem, const HtRefusal *refusal)
{
    *problem = (HtProblem){.status = refusal->status,
                           .code = refusal->code,
                           .text = refusal->text,
                           .at_door = refusal->status != 413};
}

/* ---- Answers ---- */

static const char *type_of(const HtAsker *asker)
{
    if (asker->soap == HT_SOAP_12) {
        return "application/soap+xml; charset=utf-8";
    }
    if (asker->soap == HT_SOAP_NONE && asker->json) {
        return "application/json";
    }
    return asker->soap == HT_SOAP_11 ? "text/xml; charset=utf-8" : "application/xml; charset=utf-8";
}

/* A reply's type comes from an adapter: what cannot stand in a header is not let into one. */
static void set_reply_type(HtAnswer *answer, const HtAsker *asker, HtText type)
{
    for (size_t i = 0; i < type.size; i++) {
        if ((unsigned char)type.data[i] < 0x20 || (unsigned char)type.data[i] > 0x7e) {
            type.size = 0;
        }
    }
    if (type.size == 0) {
        answer->type = type_of(asker);
    } else {
        answer->own_type = g_strndup(type.data, type.size);
        answer->type = answer->own_type;
    }
}

void ht_answer_receipt(HtAnswer *answer, const HtAsker *asker, const HtReceipt *receipt, const GArray *faults)
{
    *answer = (HtAnswer){.status = 200, .resent = receipt->resent, .id = receipt->id};
    /* The mapping's own key may be that of a message that came without SOAP, or with it: then the receipt is what is
     * understood. Of the two versions each gets the other's reply in its own envelope. */
    if (receipt->reply.data && (!receipt->resent || ht_body_reply_fits(asker, receipt->reply))) {
        bool is_old = receipt->resent && asker->soap != HT_SOAP_NONE;
        set_reply_type(answer, asker, is_old ? HT_TEXT_NONE : receipt->reply_type);
        ht_body_reply(&answer->body, asker, receipt->reply);
        return;
    }
    answer->type = type_of(asker);
    ht_body_receipt(&answer->body, asker, receipt, receipt->rejected > 0 ? faults : NULL);
}

/* SOAP 1.1 over HTTP knows one status for faults, 500. SOAP 1.2 has 400 for env:Sender (part 2, table 20) and 500 for all
 * others, but some clients (WCF) read a fault under 500 only: which of the two is the source's to say. A 503 stays one: it
 * is what makes clients and proxies wait. */
static unsigned status_with_soap(const HtAsker *asker, const HtProblem *problem)
{
    if (asker->soap == HT_SOAP_NONE || problem->at_door || problem->status == 503) {
        return problem->status;
    }
    bool is_sender = asker->soap == HT_SOAP_12 && problem->status < 500 && !ht_body_has_own_code(problem);
    return is_sender && asker->sender_is_400 ? 400 : 500;
}

void ht_answer_problem(HtAnswer *answer, const HtAsker *asker, const HtProblem *problem)
{
    if (problem->reply.data) {
        *answer = (HtAnswer){.status = 200, .code = problem->code, .id = asker->id};
        set_reply_type(answer, asker, problem->reply_type);
        ht_body_reply(&answer->body, asker, problem->reply);
        return;
    }
    *answer = (HtAnswer){.status = status_with_soap(asker, problem),
                         .retry_after_s = problem->retry_after_s,
                         .allow = problem->allow,
                         .authenticate = problem->authenticate,
                         .code = problem->code,
                         .id = asker->id};
    answer->type = type_of(asker);
    ht_body_problem(&answer->body, asker, problem);
}

void ht_answer_text(HtAnswer *answer, const HtAsker *asker, const char *type, HtText text)
{
    *answer = (HtAnswer){.status = 200, .id = asker->id};
    answer->type = type;
    ht_buffer_add_text(&answer->body, text);
}

void ht_answer_clear(HtAnswer *answer)
{
    g_free(answer->own_type);
    ht_buffer_clear(&answer->body);
    *answer = (HtAnswer){.status = 0};
}

/* ---- HTTP ---- */

#define HEADERS_MAX 7

typedef struct {
    const char *name, *value;
} Header;

typedef struct {
    Header list[HEADERS_MAX];
    unsigned count;
    char id[HT_UUID_TEXT], retry_after[12];
} Headers;

static void add_header(Headers *headers, const char *name, const char *value)
{
    headers->list[headers->count++] = (Header){name, value};
}

static void collect_headers(const HtAnswer *answer, Headers *headers)
{
    headers->count = 0;
    ht_uuid_format(&answer->id, headers->id);
    add_header(headers, "Hutong-Message-Id", headers->id);
    add_header(headers, "Content-Type", answer->type);
    if (answer->resent) {
        add_header(headers, "Hutong-Resent", "true");
    }
    if (answer->allow) {
        add_header(headers, "Allow", answer->allow);
    }
    if (answer->authenticate) {
        add_header(headers, "WWW-Authenticate", answer->authenticate);
    }
    if (answer->retry_after_s > 0) {
        snprintf(headers->retry_after, sizeof headers->retry_after, "%u", answer->retry_after_s);
        add_header(headers, "Retry-After", headers->retry_after);
    }
    if (answer->close) {
        add_header(headers, "Connection", "close");
    }
}

struct MHD_Response *ht_answer_response(HtAnswer *answer)
{
    Headers headers;
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(answer->body.size, answer->body.data, g_free);
    if (!response) {
        return NULL;
    }
    answer->body = (HtBuffer){.data = NULL};
    collect_headers(answer, &headers);
    for (unsigned i = 0; i < headers.count; i++) {
        MHD_add_response_header(response, headers.list[i].name, headers.list[i].value);
    }
    return response;
}

static const char *phrase_of(unsigned status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 413: return "Content Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Refused";
    }
}

void ht_answer_write(const HtAnswer *answer, HtBuffer *bytes)
{
    Headers headers;
    HtAnswer closing = *answer;
    closing.close = true;
    collect_headers(&closing, &headers);
    ht_buffer_printf(bytes, "HTTP/1.1 %u %s\r\n", answer->status, phrase_of(answer->status));
    for (unsigned i = 0; i < headers.count; i++) {
        ht_buffer_printf(bytes, "%s: %s\r\n", headers.list[i].name, headers.list[i].value);
    }
    ht_buffer_printf(bytes, "Content-Length: %zu\r\n\r\n", answer->body.size);
    ht_buffer_add(bytes, answer->body.data, answer->body.size);
}
