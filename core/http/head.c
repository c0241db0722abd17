/* The checks of request heads. Called by the door for each request, before anything of its body is looked at, and by the conformance kit
 * for what stands in the place of one. No state. */
#include "core/http/head.h"

#include "core/base/media-type.h"

#include <glib.h>

#define KEY_MAX_BYTES 255

/* ---- Texts ---- */

static bool is_token(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!g_ascii_isalnum(text.data[i]) && !strchr("!#$%&'*+-.^_`|~", text.data[i])) {
            return false;
        }
    }
    return text.size > 0;
}

static bool is_field_value(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_visible_ascii(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x21 || text.data[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* ---- Single headers ---- */

static bool add_length(HtHead *head, HtText value, HtRefusal *refusal)
{
    if (head->has_length) {
        return ht_refuse(refusal, "repeated-length");
    }
    if (value.size == 0 || value.size > 18) {
        return ht_refuse(refusal, "bad-length");
    }
    for (size_t i = 0; i < value.size; i++) {
        if (!g_ascii_isdigit(value.data[i])) {
            return ht_refuse(refusal, "bad-length");
        }
        head->length = head->length * 10 + (uint64_t)(value.data[i] - '0');
    }
    head->has_length = true;
    return true;
}

static bool add_transfer_coding(HtHead *head, HtText value, HtRefusal *refusal)
{
    if (head->chunked) {
        return ht_refuse(refusal, "repeated-coding");
    }
    if (!ht_text_is_in_any_case(
            value, "chunked")) { /* nor with a blank behind it: the library would not decode the body then */
        return ht_refuse(refusal, "transfer-coding");
    }
    head->chunked = true;
    return true;
}

bool ht_head_is_host(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!g_ascii_isalnum(text.data[i]) && (text.data[i] == '\0' || !strchr(".-_:[]", text.data[i]))) {
            return false;
        }
    }
    return true;
}

bool ht_head_is_visible(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= ' ' || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

/* It goes into the WSDL's address. Blanks behind a value are no part of it; libmicrohttpd leaves them there. */
static bool add_host(HtHead *head, HtText value, HtRefusal *refusal)
{
    if (head->host.data) {
        return ht_refuse(refusal, "repeated-host");
    }
    value = ht_text_strip(value);
    if (!ht_head_is_host(value)) {
        return ht_refuse(refusal, "bad-host");
    }
    head->host = value;
    return true;
}

static void add_type_parameter(HtHead *head, HtText name, HtText value)
{
    if (ht_text_is_in_any_case(name, "charset")) {
        head->message.charset = value;
    } else if (ht_text_is_in_any_case(name, "action") && !head->message.soap_action.data) {
        head->message.soap_action = value;
    } else if ((ht_text_is_in_any_case(name, "type") || ht_text_is_in_any_case(name, "start-info")) &&
               ht_text_begins_in_any_case(value, "application/soap+xml")) {
        head->related_soap_12 = true;
    }
}

static bool add_content_type(HtHead *head, HtText value, HtRefusal *refusal)
{
    if (head->has_type) {
        return ht_refuse(refusal, "repeated-type");
    }
    HtMediaParameter parameter;
    if (value.size > 0 && !ht_media_type_is_whole(value)) {
        return ht_refuse_with(refusal, "content-type",
                              "Content-Type is not written as HTTP wants it: a type, then `; name=value`.");
    }
    head->has_type = true;
    head->message.content_type = value;
    head->media_type = ht_media_type_cut(&value);
    while (ht_media_parameter_cut(&value, &parameter)) {
        add_type_parameter(head, parameter.name, parameter.value);
    }
    return true;
}

static bool add_content_encoding(HtHead *head, HtText value, HtRefusal *refusal)
{
    (void)head;
    if (value.size > 0 && !ht_text_is_in_any_case(value, "identity")) {
        return ht_refuse(refusal, "content-encoding");
    }
    return true;
}

static bool add_expect(HtHead *head, HtText value, HtRefusal *refusal)
{
    head->expects = true;
    return ht_text_is_in_any_case(ht_text_strip(value), "100-continue") || ht_refuse(refusal, "expectation");
}

static bool add_idempotency_key(HtHead *head, HtText value, HtRefusal *refusal)
{
    value = ht_text_unquote(value);
    if (head->idempotency_key.data || value.size == 0 || value.size > KEY_MAX_BYTES ||
        !is_visible_ascii(value)) {
        return ht_refuse(refusal, "bad-idempotency-key");
    }
    head->idempotency_key = value;
    return true;
}

static bool add_authorization(HtHead *head, HtText value, HtRefusal *refusal)
{
    if (head->authorization.data) {
        return ht_refuse(refusal, "repeated-authorization");
    }
    head->authorization = ht_text_strip(value);
    return true;
}

static bool add_soap_action(HtHead *head, HtText value, HtRefusal *refusal)
{
    (void)refusal;
    head->message.soap_action = ht_text_unquote(value);
    head->soap = HT_SOAP_11;
    return true;
}

/* JSON when it is named before any XML, or without; see ht_head_finish() for who sends JSON and names neither. */
static bool add_accept(HtHead *head, HtText value, HtRefusal *refusal)
{
    (void)refusal;
    head->accept = value;
    for (size_t i = 0; i < value.size; i++) {
        HtText rest = {value.data + i, value.size - i};
        if (ht_text_begins_in_any_case(rest, "xml")) {
            head->names_xml = true;
            break;
        }
        if (ht_text_begins_in_any_case(rest, "/json") || ht_text_begins_in_any_case(rest, "+json")) {
            head->json = true;
            break;
        }
    }
    return true;
}

static bool is_hex(const char *digits, size_t size)
{
    bool zero = true;
    for (size_t i = 0; i < size; i++) {
        if (!g_ascii_isxdigit(digits[i]) || g_ascii_isupper(digits[i])) {
            return false;
        }
        zero = zero && digits[i] == '0';
    }
    return !zero;
}

/* "00-" 32 hex "-" 16 hex "-" 2 hex; a malformed one is ignored, as the standard wants it. */
static bool add_traceparent(HtHead *head, HtText value, HtRefusal *refusal)
{
    (void)refusal;
    const char *at = value.data;
    if (value.size == 55 && at[0] == '0' && at[1] == '0' && at[2] == '-' && is_hex(at + 3, 32) &&
        at[35] == '-' && is_hex(at + 36, 16) && at[52] == '-' &&
        (is_hex(at + 53, 2) || memcmp(at + 53, "00", 2) == 0)) {
        head->traceparent = value;
    }
    return true;
}

static bool add_receipt(HtHead *head, HtText value, HtRefusal *refusal)
{
    (void)refusal;
    head->signed_receipt = head->signed_receipt || ht_text_is_in_any_case(value, "signed");
    return true;
}

static const struct {
    const char *name;
    bool (*add)(HtHead *head, HtText value, HtRefusal *refusal);
} known_headers[] = {
    {"content-length", add_length},
    {"transfer-encoding", add_transfer_coding},
    {"host", add_host},
    {"content-type", add_content_type},
    {"content-encoding", add_content_encoding},
    {"soapaction", add_soap_action},
    {"accept", add_accept},
    {"expect", add_expect},
    {"idempotency-key", add_idempotency_key},
    {"authorization", add_authorization},
    {"traceparent", add_traceparent},
    {"hutong-receipt", add_receipt},
};

bool ht_head_add(HtHead *head, HtText name, HtText value, HtRefusal *refusal)
{
    if (!is_token(name) || !is_field_value(value)) {
        return ht_refuse(refusal, "bad-header");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(known_headers); i++) {
        if (ht_text_is_in_any_case(name, known_headers[i].name)) {
            return known_headers[i].add(head, value, refusal);
        }
    }
    return true;
}

/* ---- The whole head ---- */

bool ht_head_finish(HtHead *head, HtRefusal *refusal)
{
    if (head->chunked && head->has_length) {
        return ht_refuse(refusal, "two-lengths");
    }
    if (head->chunked && head->http_1_0) {
        return ht_refuse(refusal, "chunked-http-1.0");
    }
    if (ht_text_is_in_any_case(head->media_type, "application/soap+xml") ||
        (ht_text_is_in_any_case(head->media_type, "multipart/related") && head->related_soap_12)) {
        head->soap = HT_SOAP_12;
    }
    head->message.soap_expected = head->soap == HT_SOAP_12;
    head->form = ht_text_is_in_any_case(head->media_type, "application/x-www-form-urlencoded");
    head->json = head->json || (!head->names_xml && ht_media_type_is_json(head->media_type));
    return true;
}

static bool check_type(const HtHead *head, HtRefusal *refusal)
{
    HtText type = head->media_type;
    if (type.size == 0 || head->form || ht_text_is_in_any_case(type, "text/xml") ||
        ht_text_is_in_any_case(type, "application/xml") || ht_text_ends_in_any_case(type, "+xml") ||
        ht_media_type_is_json(type) || ht_text_is_in_any_case(type, "text/plain") ||
        ht_text_is_in_any_case(type, "application/octet-stream")) {
        return true;
    }
    if (ht_text_is_in_any_case(type, "multipart/related") ||
        ht_text_is_in_any_case(type, "multipart/mixed") || ht_text_is_in_any_case(type, "application/zip") ||
        ht_text_is_in_any_case(type, "application/x-zip-compressed")) {
        return true;
    }
    if (ht_text_begins_in_any_case(type, "multipart/")) {
        return ht_refuse(refusal, "attachments");
    }
    return ht_refuse(refusal, "content-type");
}

bool ht_head_check_message(const HtHead *head, const HtLimits *limits, HtRefusal *refusal)
{
    if (!head->chunked && !head->has_length) {
        return ht_refuse(refusal, "length-required");
    }
    if (head->length > limits->body_bytes) {
        return ht_refuse_large(refusal, limits);
    }
    return check_type(head, refusal);
}
