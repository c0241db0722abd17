/* Which status, which header, and the hand-over to libmicrohttpd. Called by request.c; main-loop thread. */
#include "core/ingress/answer.h"

#include "core/ingress/answer-body.h"
#include <microhttpd.h>
#include <stdio.h>

/* ---- Answers ---- */

static const char *type_of(const HtReplyContext *context)
{
    if (context->soap == HT_SOAP_12) {
        return "application/soap+xml; charset=utf-8";
    }
    if (context->soap == HT_SOAP_NONE && context->json) {
        return "application/json";
    }
    return context->soap == HT_SOAP_11 ? "text/xml; charset=utf-8" : "application/xml; charset=utf-8";
}

/* A reply's type comes from an adapter: what cannot stand in a header is not let into one. */
static void set_reply_type(HtAnswer *answer, const HtReplyContext *context, HtText type)
{
    for (size_t i = 0; i < type.size; i++) {
        if ((unsigned char)type.data[i] < 0x20 || (unsigned char)type.data[i] > 0x7e) {
            type.size = 0;
        }
    }
    if (type.size == 0) {
        answer->type = type_of(context);
    } else {
        answer->own_type = g_strndup(type.data, type.size);
        answer->type = answer->own_type;
    }
}

void ht_answer_receipt(HtAnswer *answer, const HtReplyContext *context, const HtReceipt *receipt,
                       const GArray *faults)
{
    *answer = (HtAnswer){.status = 200, .resent = receipt->resent, .id = receipt->id};
    /* The mapping's own key may be that of a message that came without SOAP, or with it: then the receipt is what is
     * understood. Of the two versions each gets the other's reply in its own envelope. */
    if (receipt->reply.data && (!receipt->resent || ht_body_reply_fits(context, receipt->reply))) {
        bool is_old = receipt->resent && context->soap != HT_SOAP_NONE;
        set_reply_type(answer, context, is_old ? HT_TEXT_NONE : receipt->reply_type);
        ht_body_reply(&answer->body, context, receipt->reply);
        return;
    }
    answer->type = type_of(context);
    ht_body_receipt(&answer->body, context, receipt, receipt->rejected > 0 ? faults : NULL);
}

/* SOAP 1.1 over HTTP knows one status for faults, 500. SOAP 1.2 has 400 for env:Sender (part 2, table 20) and 500 for all
 * others, but some clients (WCF) read a fault under 500 only: which of the two is the source's to say. A 503 stays one: it
 * is what makes clients and proxies wait. */
static unsigned status_with_soap(const HtReplyContext *context, const HtRefusal *refusal)
{
    if (context->soap == HT_SOAP_NONE || refusal->at_door || refusal->status == 503) {
        return refusal->status;
    }
    bool is_sender =
        context->soap == HT_SOAP_12 && refusal->status < 500 && refusal->kind->side == HT_SIDE_BY_STATUS;
    return is_sender && context->sender_is_400 ? 400 : 500;
}

void ht_answer_refusal(HtAnswer *answer, const HtReplyContext *context, const HtRefusal *refusal)
{
    if (refusal->reply.data) {
        *answer = (HtAnswer){.status = 200, .code = refusal->code, .id = context->id};
        set_reply_type(answer, context, refusal->reply_type);
        ht_body_reply(&answer->body, context, refusal->reply);
        return;
    }
    *answer = (HtAnswer){.status = status_with_soap(context, refusal),
                         .retry_after_s = refusal->retry_after_s,
                         .code = refusal->code,
                         .id = context->id,
                         .allow = context->allow};
    answer->type = type_of(context);
    ht_body_refusal(&answer->body, context, refusal);
}

void ht_answer_text(HtAnswer *answer, const HtReplyContext *context, const char *type, HtText text)
{
    *answer = (HtAnswer){.status = 200, .id = context->id};
    answer->type = type;
    ht_buffer_add_text(&answer->body, text);
}

void ht_answer_page(HtAnswer *answer, const HtReplyContext *context, HtPageAnswer *page)
{
    *answer = (HtAnswer){.status = page->status, .id = context->id, .type = page->type, .body = page->body};
    page->body = (HtBuffer){.data = NULL};
    for (unsigned i = 0; i < HT_PAGE_HEADERS && page->headers[i].name; i++) {
        answer->more[i].name = page->headers[i].name;
        answer->more[i].value = g_strdup(page->headers[i].value);
    }
}

void ht_answer_clear(HtAnswer *answer)
{
    for (unsigned i = 0; i < HT_PAGE_HEADERS; i++) {
        g_free(answer->more[i].value);
    }
    g_free(answer->own_type);
    ht_buffer_clear(&answer->body);
    *answer = (HtAnswer){.status = 0};
}

/* ---- HTTP ---- */

#define STREAM_BLOCK 8192 /* bytes that libmicrohttpd asks for at once */
#define HEADERS_MAX (7 + HT_PAGE_HEADERS)

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
    if (answer->type) {
        add_header(headers, "Content-Type", answer->type);
    }
    if (answer->resent) {
        add_header(headers, "Hutong-Resent", "true");
    }
    if (answer->status == 405) {
        add_header(headers, "Allow", answer->allow ? answer->allow : "POST, GET, HEAD");
    }
    if (answer->status == 401) {
        add_header(headers, "WWW-Authenticate", "Bearer realm=\"hutong\"");
    }
    if (answer->retry_after_s > 0) {
        snprintf(headers->retry_after, sizeof headers->retry_after, "%u", answer->retry_after_s);
        add_header(headers, "Retry-After", headers->retry_after);
    }
    if (answer->close) {
        add_header(headers, "Connection", "close");
    }
    for (unsigned i = 0; i < HT_PAGE_HEADERS && answer->more[i].name; i++) {
        add_header(headers, answer->more[i].name, answer->more[i].value);
    }
}

static void add_to_response(const HtAnswer *answer, struct MHD_Response *response)
{
    Headers headers;
    collect_headers(answer, &headers);
    for (unsigned i = 0; i < headers.count; i++) {
        MHD_add_response_header(response, headers.list[i].name, headers.list[i].value);
    }
}

struct MHD_Response *ht_answer_response(HtAnswer *answer)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(answer->body.size, answer->body.data, g_free);
    if (response) {
        answer->body = (HtBuffer){.data = NULL};
        add_to_response(answer, response);
    }
    return response;
}

struct MHD_Response *ht_answer_stream(const HtAnswer *answer, HtAnswerRead read, void *user)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read, user, NULL);
    if (response) {
        add_to_response(answer, response);
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
