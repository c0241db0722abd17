/* Receipts and faults as SOAP 1.1 (W3C Note, section 4.4), SOAP 1.2 (part 1, section 5.4), plain XML and JSON. Called by
 * answer.c; no state. */
#include "core/ingress/answer-body.h"

#include "core/base/not-understood.h"
#include "core/base/json.h"
#include "core/base/xml.h"
#include "core/refusal/chinese.h"

#define RECEIPT_NAMESPACE "urn:hutong:receipt:1"
#define ADDRESSING_2005 "http://www.w3.org/2005/08/addressing"
#define ADDRESSING_2004 "http://schemas.xmlsoap.org/ws/2004/08/addressing"

#define XML_DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/* ---- Texts ---- */

static void add_number(HtBuffer *body, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    ht_buffer_add(body, digits + at, sizeof digits - at);
}

/* In SOAP the elements have a prefix, because clients' tools bind the default namespace to what they like. */
static const char *prefix_of(const HtReplyContext *context)
{
    return context->soap == HT_SOAP_NONE ? "" : "hutong:";
}

static void open_tag(HtBuffer *body, const char *prefix, const char *name)
{
    ht_buffer_add_char(body, '<');
    ht_buffer_add_string(body, prefix);
    ht_buffer_add_string(body, name);
    ht_buffer_add_char(body, '>');
}

static void close_tag(HtBuffer *body, const char *prefix, const char *name)
{
    ht_buffer_add_literal(body, "</");
    ht_buffer_add_string(body, prefix);
    ht_buffer_add_string(body, name);
    ht_buffer_add_char(body, '>');
}

static void open_root(HtBuffer *body, const char *prefix, const char *name)
{
    ht_buffer_add_char(body, '<');
    ht_buffer_add_string(body, prefix);
    ht_buffer_add_string(body, name);
    ht_buffer_add_string(body, prefix[0] ? " xmlns:hutong=\"" : " xmlns=\"");
    ht_buffer_add_literal(body, RECEIPT_NAMESPACE "\">");
}

static void add_element(HtBuffer *body, const char *prefix, const char *name, HtText text)
{
    open_tag(body, prefix, name);
    ht_xml_add(body, text);
    close_tag(body, prefix, name);
}

/* For texts that hold nothing to escape: ids, digests, times, names. */
static void add_plain_element(HtBuffer *body, const char *prefix, const char *name, HtText text)
{
    open_tag(body, prefix, name);
    ht_buffer_add_text(body, text);
    close_tag(body, prefix, name);
}

static void add_number_element(HtBuffer *body, const char *prefix, const char *name, uint64_t number)
{
    open_tag(body, prefix, name);
    add_number(body, number);
    close_tag(body, prefix, name);
}

/* ---- Envelope ---- */

/* What the answer is, as WS-Addressing's Action. */
typedef enum { ACTION_RECEIPT, ACTION_REPLY, ACTION_FAULT } Action;

/* WS-Addressing's own pattern for a request without WSDL at hand: the answer to …/Op or …/OpRequest is …/OpResponse. */
static void add_reply_action(HtBuffer *body, HtText action)
{
    static const char ending[] = "Request";
    size_t size = sizeof ending - 1;
    if (action.size > size && memcmp(action.data + action.size - size, ending, size) == 0) {
        action.size -= size;
    }
    ht_xml_add(body, action);
    ht_buffer_add_literal(body, "Response");
}

static void add_action(HtBuffer *body, const HtReplyContext *context, Action action)
{
    bool old = context->addressing == HT_ADDRESSING_2004;
    if (action == ACTION_FAULT) {
        ht_buffer_add_string(body, old ? ADDRESSING_2004 "/fault" : ADDRESSING_2005 "/soap/fault");
    } else if (action == ACTION_REPLY && context->action.size > 0) {
        add_reply_action(body, context->action);
    } else {
        ht_buffer_add_literal(body, RECEIPT_NAMESPACE ":receipt");
    }
}

static bool is_addressed(const HtReplyContext *context)
{
    return context->addressing != HT_ADDRESSING_NONE || context->relates_to.data;
}

static void add_addressing(HtBuffer *body, const HtReplyContext *context, Action action)
{
    const char *uri = context->addressing == HT_ADDRESSING_2004 ? ADDRESSING_2004 : ADDRESSING_2005;
    ht_buffer_add_literal(body, "<wsa:Action xmlns:wsa=\"");
    ht_buffer_add_string(body, uri);
    ht_buffer_add_literal(body, "\">");
    add_action(body, context, action);
    ht_buffer_add_literal(body, "</wsa:Action>");
    if (context->relates_to.data) {
        ht_buffer_add_literal(body, "<wsa:RelatesTo xmlns:wsa=\"");
        ht_buffer_add_string(body, uri);
        ht_buffer_add_literal(body, "\">");
        ht_xml_add(body, context->relates_to);
        ht_buffer_add_literal(body, "</wsa:RelatesTo>");
    }
}

static bool is_version(const HtRefusal *refusal)
{
    return refusal && refusal->kind->side == HT_SIDE_VERSION;
}

static bool lists_headers(const HtReplyContext *context, const HtRefusal *refusal)
{
    return refusal && context->soap == HT_SOAP_12 && refusal->not_understood.size > 0 &&
           refusal->kind->side == HT_SIDE_MUST_UNDERSTAND;
}

/* Which envelopes are understood, for a VersionMismatch (SOAP 1.2, 5.4.7; meant for senders of 1.1 too, appendix A). */
static void add_upgrade(HtBuffer *body)
{
    ht_buffer_add_literal(body,
                          "<env:Upgrade xmlns:env=\"" HT_SOAP_12_URI "\">"
                          "<env:SupportedEnvelope qname=\"new:Envelope\" xmlns:new=\"" HT_SOAP_12_URI "\"/>"
                          "<env:SupportedEnvelope qname=\"old:Envelope\" xmlns:old=\"" HT_SOAP_11_URI
                          "\"/></env:Upgrade>");
}

/* Which headers were meant (SOAP 1.2, 5.4.8). An attribute's value has its characters as text has them. */
static void add_not_understood(HtBuffer *body, HtText list)
{
    HtText uri, name;
    while (ht_not_understood_next(&list, &uri, &name)) {
        ht_buffer_add_literal(body, "<soap:NotUnderstood qname=\"");
        ht_buffer_add_string(body, uri.size > 0 ? "of:" : "");
        ht_xml_add(body, name);
        if (uri.size > 0) {
            ht_buffer_add_literal(body, "\" xmlns:of=\"");
            ht_xml_add(body, uri);
        }
        ht_buffer_add_literal(body, "\"/>");
    }
}

/* What the Header of an answer has besides addressing; a receipt's and a reply's has nothing. `refusal` may be NULL. */
static void add_fault_header(HtBuffer *body, const HtReplyContext *context, const HtRefusal *refusal)
{
    if (is_version(refusal)) {
        add_upgrade(body);
    }
    if (lists_headers(context, refusal)) {
        add_not_understood(body, refusal->not_understood);
    }
}

/* `refusal` is NULL when it is no fault. */
static void open_envelope(HtBuffer *body, const HtReplyContext *context, Action action,
                          const HtRefusal *refusal)
{
    ht_buffer_add_literal(body, XML_DECLARATION);
    if (context->soap == HT_SOAP_NONE) {
        return;
    }
    bool header = is_addressed(context) || is_version(refusal) || lists_headers(context, refusal);
    ht_buffer_add_literal(body, "<soap:Envelope xmlns:soap=\"");
    ht_buffer_add_string(body, context->soap == HT_SOAP_12 ? HT_SOAP_12_URI : HT_SOAP_11_URI);
    ht_buffer_add_string(body, header ? "\"><soap:Header>" : "\">");
    if (is_addressed(context)) {
        add_addressing(body, context, action);
    }
    add_fault_header(body, context, refusal);
    ht_buffer_add_string(body, header ? "</soap:Header><soap:Body>" : "<soap:Body>");
}

static void close_envelope(HtBuffer *body, const HtReplyContext *context)
{
    if (context->soap != HT_SOAP_NONE) {
        ht_buffer_add_literal(body, "</soap:Body></soap:Envelope>");
    }
}

/* ---- What is wrong with records ---- */

static void add_fault_xml(HtBuffer *body, const char *prefix, const HtFault *fault)
{
    open_tag(body, prefix, "finding");
    add_element(body, prefix, "code", ht_text_from(fault->code));
    if (fault->part > 0) {
        add_number_element(body, prefix, "part", fault->part);
    }
    if (fault->record > 0) {
        add_number_element(body, prefix, "record", fault->record);
    }
    if (fault->element[0]) {
        add_element(body, prefix, "element", ht_text_from(fault->element));
    }
    if (fault->line > 0) {
        add_number_element(body, prefix, "line", fault->line);
    }
    add_element(body, prefix, "text", ht_text_from(fault->text));
    close_tag(body, prefix, "finding");
}

static void add_fault_json(HtBuffer *body, const HtFault *fault)
{
    ht_json_comma(body);
    ht_buffer_add_char(body, '{');
    ht_json_member(body, "code", ht_text_from(fault->code));
    if (fault->part > 0) {
        ht_json_member_number(body, "part", fault->part);
    }
    if (fault->record > 0) {
        ht_json_member_number(body, "record", fault->record);
    }
    if (fault->element[0]) {
        ht_json_member(body, "element", ht_text_from(fault->element));
    }
    if (fault->line > 0) {
        ht_json_member_number(body, "line", fault->line);
    }
    ht_json_member(body, "text", ht_text_from(fault->text));
    ht_buffer_add_char(body, '}');
}

static void add_findings(HtBuffer *body, const HtReplyContext *context, const HtFault *faults, uint32_t count)
{
    bool json = context->json && context->soap == HT_SOAP_NONE;
    if (json && count > 0) {
        ht_json_name(body, "findings");
        ht_buffer_add_char(body, '[');
    }
    for (uint32_t i = 0; i < count; i++) {
        if (json) {
            add_fault_json(body, &faults[i]);
        } else {
            add_fault_xml(body, prefix_of(context), &faults[i]);
        }
    }
    if (json && count > 0) {
        ht_buffer_add_char(body, ']');
    }
}

/* ---- Receipts ---- */

/* The receipt's element, or the answer of the generic operation, which is of the same type. A source's name has nothing to
 * escape. */
static void open_receipt(HtBuffer *body, const HtReplyContext *context)
{
    if (!context->submit) {
        open_root(body, prefix_of(context), "receipt");
        return;
    }
    ht_buffer_add_literal(body, "<s:" HT_SUBMIT "Response xmlns:s=\"" HT_SUBMIT_URI);
    ht_buffer_add_string(body, context->submit);
    ht_buffer_add_literal(body, "\" xmlns:hutong=\"" RECEIPT_NAMESPACE "\">");
}

static void close_receipt(HtBuffer *body, const HtReplyContext *context)
{
    close_tag(body, context->submit ? "s:" : prefix_of(context),
              context->submit ? HT_SUBMIT "Response" : "receipt");
}

void ht_body_receipt(HtBuffer *body, const HtReplyContext *context, const HtReceipt *receipt,
                     const GArray *faults)
{
    HtStatementFields fields;
    const HtStatement statement = {receipt, context->bus, context->source, context->state, context->signer};
    ht_statement_fields(&statement, &fields);
    const HtFault *findings = faults ? (const HtFault *)(const void *)faults->data : NULL;
    uint32_t count = faults ? faults->len : 0;
    ht_buffer_reserve(body, 640);
    if (context->json && context->soap == HT_SOAP_NONE) {
        ht_buffer_add_char(body, '{');
        ht_statement_json(&fields, body);
        add_findings(body, context, findings, count);
        ht_buffer_add_literal(body, "}\n");
        return;
    }
    open_envelope(body, context, context->submit ? ACTION_REPLY : ACTION_RECEIPT, NULL);
    open_receipt(body, context);
    for (unsigned i = 0; i < fields.count; i++) {
        add_plain_element(body, prefix_of(context), fields.list[i].name, fields.list[i].value);
    }
    add_findings(body, context, findings, count);
    close_receipt(body, context);
    close_envelope(body, context);
    ht_buffer_add_char(body, '\n');
}

/* ---- Replies ---- */

/* The beginnings of envelopes as the host writes them. */
static const char *const openings[] = {
    XML_DECLARATION "<soap:Envelope xmlns:soap=\"" HT_SOAP_11_URI "\">",
    XML_DECLARATION "<soap:Envelope xmlns:soap=\"" HT_SOAP_12_URI "\">",
};

bool ht_body_reply_fits(const HtReplyContext *context, HtText reply)
{
    HtSoapVersion found = HT_SOAP_NONE;
    for (size_t i = 0; i < G_N_ELEMENTS(openings); i++) {
        size_t size = strlen(openings[i]);
        if (reply.size >= size && memcmp(reply.data, openings[i], size) == 0) {
            found = i == 0 ? HT_SOAP_11 : HT_SOAP_12;
        }
    }
    return (found == HT_SOAP_NONE) == (context->soap == HT_SOAP_NONE);
}

/* How much of the reply is the beginning of an envelope; 0: it is none. */
static size_t measure_opening(HtText reply)
{
    static const char next[] = "<soap:Body>";
    for (size_t i = 0; i < G_N_ELEMENTS(openings); i++) {
        size_t size = strlen(openings[i]);
        if (reply.size >= size + sizeof next - 1 && memcmp(reply.data, openings[i], size) == 0 &&
            memcmp(reply.data + size, next, sizeof next - 1) == 0) {
            return size;
        }
    }
    return 0;
}

void ht_body_reply(HtBuffer *body, const HtReplyContext *context, HtText reply)
{
    size_t opening = context->soap != HT_SOAP_NONE ? measure_opening(reply) : 0;
    if (opening > 0) {
        ht_buffer_add_string(body, openings[context->soap == HT_SOAP_12]);
    }
    if (opening > 0 && is_addressed(context)) {
        ht_buffer_add_literal(body, "<soap:Header>");
        add_addressing(body, context, ACTION_REPLY);
        ht_buffer_add_literal(body, "</soap:Header>");
    }
    ht_buffer_add(body, reply.data + opening, reply.size - opening);
}

/* ---- Refusals ---- */

/* In SOAP 1.1 a detail is about the body: what is wrong with headers or the version has none (section 4.4). */
static bool has_detail(const HtReplyContext *context, const HtRefusal *refusal)
{
    return context->soap == HT_SOAP_12 || !refusal->kind->about_header;
}

static const char *fault_code_of(const HtReplyContext *context, const HtRefusal *refusal)
{
    bool new = context->soap == HT_SOAP_12;
    switch (refusal->kind->side) {
    case HT_SIDE_MUST_UNDERSTAND: return "soap:MustUnderstand";
    case HT_SIDE_VERSION: return "soap:VersionMismatch";
    case HT_SIDE_ENCODING:
        return new ? "soap:DataEncodingUnknown" : "soap:Client"; /* 1.1 has no code for it */
    case HT_SIDE_BY_STATUS: break;
    }
    if (refusal->status >= 500) {
        return new ? "soap:Receiver" : "soap:Server";
    }
    return new ? "soap:Sender" : "soap:Client";
}

/* The refusal's code as a qualified name. An adapter's code may be none, and is then said in the detail only. */
static void add_subcode(HtBuffer *body, const char *code)
{
    bool good = g_ascii_isalpha(code[0]);
    for (const char *at = code; *at; at++) {
        good = good && (g_ascii_isalnum(*at) || *at == '-' || *at == '_' || *at == '.');
    }
    if (good) {
        ht_buffer_add_literal(body,
                              "<soap:Subcode><soap:Value xmlns:hutong=\"" RECEIPT_NAMESPACE "\">hutong:");
        ht_buffer_add_string(body, code);
        ht_buffer_add_literal(body, "</soap:Value></soap:Subcode>");
    }
}

static const char *chinese_of(const HtReplyContext *context, const HtRefusal *refusal)
{
    return context->chinese ? ht_refusal_chinese(refusal) : NULL;
}

static void open_soap_fault(HtBuffer *body, const HtReplyContext *context, const HtRefusal *refusal)
{
    if (context->soap == HT_SOAP_12) {
        ht_buffer_add_literal(body, "<soap:Fault><soap:Code><soap:Value>");
        ht_buffer_add_string(body, fault_code_of(context, refusal));
        ht_buffer_add_literal(body, "</soap:Value>");
        add_subcode(body, refusal->code);
        ht_buffer_add_literal(body, "</soap:Code><soap:Reason><soap:Text xml:lang=\"en\">");
        ht_xml_add(body, ht_text_from(refusal->text));
        ht_buffer_add_literal(body, "</soap:Text>");
        if (chinese_of(context, refusal)) {
            ht_buffer_add_literal(body, "<soap:Text xml:lang=\"zh\">");
            ht_xml_add(body, ht_text_from(chinese_of(context, refusal)));
            ht_buffer_add_literal(body, "</soap:Text>");
        }
        ht_buffer_add_literal(body, "</soap:Reason>");
    } else {
        ht_buffer_add_literal(body, "<soap:Fault><faultcode>");
        ht_buffer_add_string(body, fault_code_of(context, refusal));
        ht_buffer_add_literal(body, "</faultcode><faultstring xml:lang=\"en\">");
        ht_xml_add(body, ht_text_from(refusal->text));
        ht_buffer_add_literal(body, "</faultstring>");
    }
}

static void add_refusal_xml(HtBuffer *body, const HtReplyContext *context, const HtRefusal *refusal,
                            HtText id)
{
    const char *prefix = prefix_of(context);
    open_root(body, prefix, "fault");
    add_plain_element(body, prefix, "messageId", id);
    add_element(body, prefix, "code", ht_text_from(refusal->code));
    add_element(body, prefix, "text", ht_text_from(refusal->text));
    if (refusal->fault_count > 0) {
        add_number_element(body, prefix, "count", refusal->fault_count);
    }
    add_findings(body, context, refusal->faults, refusal->faults_kept);
    if (refusal->notice) { /* last: clients of an older WSDL do not know it */
        add_element(body, prefix, "notice", ht_text_from(refusal->notice));
    }
    if (chinese_of(context, refusal)) {
        add_element(body, prefix, "textZh", ht_text_from(chinese_of(context, refusal)));
    }
    close_tag(body, prefix, "fault");
}

static void add_soap_fault(HtBuffer *body, const HtReplyContext *context, const HtRefusal *refusal, HtText id)
{
    if (context->soap == HT_SOAP_NONE) {
        add_refusal_xml(body, context, refusal, id);
        return;
    }
    bool new = context->soap == HT_SOAP_12;
    open_soap_fault(body, context, refusal);
    if (has_detail(context, refusal)) {
        ht_buffer_add_string(body, new ? "<soap:Detail>" : "<detail>");
        add_refusal_xml(body, context, refusal, id);
        ht_buffer_add_string(body, new ? "</soap:Detail>" : "</detail>");
    }
    ht_buffer_add_literal(body, "</soap:Fault>");
}

static void add_refusal_json(HtBuffer *body, const HtReplyContext *context, const HtRefusal *refusal,
                             HtText id)
{
    ht_buffer_add_char(body, '{');
    ht_json_member(body, "messageId", id);
    ht_json_member(body, "code", ht_text_from(refusal->code));
    ht_json_member(body, "text", ht_text_from(refusal->text));
    if (chinese_of(context, refusal)) {
        ht_json_member(body, "textZh", ht_text_from(chinese_of(context, refusal)));
    }
    if (refusal->notice) {
        ht_json_member(body, "notice", ht_text_from(refusal->notice));
    }
    if (refusal->fault_count > 0) {
        ht_json_member_number(body, "count", refusal->fault_count);
    }
    add_findings(body, context, refusal->faults, refusal->faults_kept);
    ht_buffer_add_literal(body, "}\n");
}

void ht_body_refusal(HtBuffer *body, const HtReplyContext *context, const HtRefusal *refusal)
{
    char id_text[HT_UUID_TEXT];
    ht_uuid_format(&context->id, id_text);
    HtText id = {id_text, HT_UUID_TEXT - 1};
    if (context->json && context->soap == HT_SOAP_NONE) {
        add_refusal_json(body, context, refusal, id);
        return;
    }
    open_envelope(body, context, ACTION_FAULT, refusal);
    add_soap_fault(body, context, refusal, id);
    close_envelope(body, context);
    ht_buffer_add_char(body, '\n');
}
