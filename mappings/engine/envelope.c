/* A state machine over the outermost document's elements; called by reader.c through libxml2's handlers, in the host's
 * only thread. Inside an operation it only counts what is open: that is the hot path.
 *
 * What a header demands and we do not know is refused, never ignored (mustUnderstand); what an envelope names (ReplyTo,
 * FaultTo, schemaLocation) is never used. */
#include "mappings/engine/envelope.h"

#include "mappings/engine/soap-action.h"
#include "mappings/engine/text-value.h"

#define MESSAGE_ID_MAX 256
#define FAULT_CODE_MAX 64

#define SOAP_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_12 "http://www.w3.org/2003/05/soap-envelope"

/* Elements open around the place that is meant. */
enum {
    IN_ENVELOPE = 1,
    IN_HEADER = 2,
    IN_BODY = 2,
    IN_BLOCK = 3,
    IN_FAULT = 3,
    IN_FAULT_PART = 4,
    IN_FAULT_VALUE = 5
};

typedef enum {
    PLACE_ROOT,      /* before the root */
    PLACE_CONTENT,   /* in a plain document or an operation: all goes to strings.c */
    PLACE_LOOKALIKE, /* in a root called Envelope of another namespace; as above until a Body comes */
    PLACE_ENVELOPE,
    PLACE_HEADER,
    PLACE_BODY,
    PLACE_FAULT,
    PLACE_SKIPPED, /* in the Envelope, neither Header nor Body */
} Place;

typedef struct {
    HtName envelope, header, body, fault, fault_code, value, message_id, must_understand, actor, role;
    HtName soap_11, soap_12, addressing_2004, addressing_2005;
} Names;

struct HtEnvelope {
    HtSax *sax;
    HtStrings *strings;
    Names names;
    const HtPayload *payload;
    HtReading *reading;
    Place place;
    uint32_t open; /* elements, in the payload's own document */
    HtName uri;    /* of the root */
    uint32_t operations;
    bool is_captured; /* the text of the element goes to `captured` */
    HtBuffer captured;
    HtBuffer message_id;
};

HtEnvelope *ht_envelope_new(HtSax *sax, HtStrings *strings)
{
    HtEnvelope *envelope = g_new0(HtEnvelope, 1);
    envelope->sax = sax;
    envelope->strings = strings;
    envelope->names = (Names){
        .envelope = ht_sax_intern(sax, "Envelope"),
        .header = ht_sax_intern(sax, "Header"),
        .body = ht_sax_intern(sax, "Body"),
        .fault = ht_sax_intern(sax, "Fault"),
        .fault_code = ht_sax_intern(sax, "faultcode"),
        .value = ht_sax_intern(sax, "Value"),
        .message_id = ht_sax_intern(sax, "MessageID"),
        .must_understand = ht_sax_intern(sax, "mustUnderstand"),
        .actor = ht_sax_intern(sax, "actor"),
        .role = ht_sax_intern(sax, "role"),
        .soap_11 = ht_sax_intern(sax, SOAP_11),
        .soap_12 = ht_sax_intern(sax, SOAP_12),
        .addressing_2004 = ht_sax_intern(sax, "http://schemas.xmlsoap.org/ws/2004/08/addressing"),
        .addressing_2005 = ht_sax_intern(sax, "http://www.w3.org/2005/08/addressing"),
    };
    return envelope;
}

void ht_envelope_free(HtEnvelope *envelope)
{
    if (envelope) {
        ht_buffer_clear(&envelope->captured);
        ht_buffer_clear(&envelope->message_id);
        g_free(envelope);
    }
}

void ht_envelope_begin(HtEnvelope *envelope, const HtPayload *payload, HtReading *reading)
{
    envelope->payload = payload;
    envelope->reading = reading;
    envelope->place = PLACE_ROOT;
    envelope->open = 0;
    envelope->uri = NULL;
    envelope->operations = 0;
    envelope->is_captured = false;
    reading->operation = NULL;
    reading->message_id = HT_TEXT_NONE;
    reading->soap = HT_SOAP_NONE;
    if (payload->soap_expected) {
        reading->soap =
            HT_SOAP_12; /* so that a fault is answered in the sender's form, whatever can be read */
    } else if (payload->soap_action.data) {
        reading->soap = HT_SOAP_11;
    }
}

/* ---- Header ---- */

static HtText find_attribute(const HtSaxElement *element, HtName name, HtName uri)
{
    for (unsigned i = 0; i < element->attribute_count; i++) {
        if (element->attributes[i].name == name && element->attribute_uris[i] == uri) {
            HtText value = element->attributes[i].value;
            return ht_text_trim(value.data, value.size);
        }
    }
    return HT_TEXT_NONE;
}

/* A block without actor (SOAP 1.1) or role (1.2) is for the last receiver, and that is us. */
static bool is_for_us(const HtEnvelope *envelope, const HtSaxElement *element)
{
    HtName name = envelope->uri == envelope->names.soap_11 ? envelope->names.actor : envelope->names.role;
    HtText role = find_attribute(element, name, envelope->uri);
    return role.size == 0 || ht_text_is(role, "http://schemas.xmlsoap.org/soap/actor/next") ||
           ht_text_is(role, SOAP_12 "/role/next") || ht_text_is(role, SOAP_12 "/role/ultimateReceiver");
}

static void start_block(HtEnvelope *envelope, const HtSaxElement *element)
{
    const Names *names = &envelope->names;
    bool is_addressing =
        element->uri && (element->uri == names->addressing_2004 || element->uri == names->addressing_2005);
    if (is_addressing) {
        envelope->is_captured = element->name == names->message_id;
        envelope->captured.size = 0;
        return;
    }
    HtText must = element->attribute_count > 0
                      ? find_attribute(element, names->must_understand, envelope->uri)
                      : HT_TEXT_NONE;
    if ((ht_text_is(must, "1") || ht_text_is(must, "true")) && is_for_us(envelope, element)) {
        ht_sax_refuse(
            envelope->sax, "soap-must-understand",
            "A SOAP header must be understood (mustUnderstand) and is not: send it without that header.");
    }
}

/* The end of a MessageID, or an element inside it. One that is too long to be an id is none: cut, two messages could
 * share it. */
static void end_capture(HtEnvelope *envelope)
{
    if (!envelope->is_captured) {
        return;
    }
    envelope->is_captured = false;
    HtText id = ht_text_trim(envelope->captured.data, envelope->captured.size);
    if (id.size > 0 && id.size <= MESSAGE_ID_MAX) {
        ht_buffer_reset(&envelope->message_id, MESSAGE_ID_MAX);
        ht_buffer_add_text(&envelope->message_id, id);
        envelope->reading->message_id = ht_buffer_text(&envelope->message_id);
    }
}

/* ---- Body ---- */

static void start_operation(HtEnvelope *envelope, const HtSaxElement *element)
{
    if (envelope->operations++ == 0) {
        envelope->reading->operation = element->name;
        if (!ht_soap_action_agrees(envelope->payload->soap_action, element->name, element->uri)) {
            ht_sax_refuse(
                envelope->sax, "soap-action-mismatch",
                "The SOAPAction header names another operation than the SOAP body: send the body's, or \"\".");
            return;
        }
    }
    envelope->place = PLACE_CONTENT;
    ht_strings_start(envelope->strings, element);
}

static void start_in_body(HtEnvelope *envelope, const HtSaxElement *element)
{
    if (element->name == envelope->names.fault && element->uri == envelope->uri) {
        envelope->place = PLACE_FAULT;
        envelope->captured.size = 0;
    } else {
        start_operation(envelope, element);
    }
}

/* SOAP 1.1: Fault/faultcode; 1.2: Fault/Code/Value. Only the first, and never the faultstring. */
static void start_in_fault(HtEnvelope *envelope, const HtSaxElement *element)
{
    bool is_code = (element->name == envelope->names.fault_code && envelope->open == IN_FAULT_PART) ||
                   (element->name == envelope->names.value && envelope->open == IN_FAULT_VALUE);
    envelope->is_captured = is_code && envelope->captured.size == 0;
}

/* The local part of the code, if it looks like one: it goes into the fault's text. */
static void refuse_fault(HtEnvelope *envelope)
{
    HtText code = ht_text_trim(envelope->captured.data, envelope->captured.size);
    const char *colon = code.size > 0 ? memrchr(code.data, ':', code.size) : NULL;
    if (colon) {
        code = (HtText){colon + 1, (size_t)(code.data + code.size - colon - 1)};
    }
    bool is_plain = code.size > 0 && code.size <= FAULT_CODE_MAX;
    for (size_t i = 0; is_plain && i < code.size; i++) {
        is_plain = g_ascii_isalpha(code.data[i]) || code.data[i] == '.' || code.data[i] == '_' ||
                   code.data[i] == '-';
    }
    g_autofree char *sentence = g_strdup_printf(
        "The payload is a SOAP fault (%.*s), not data: look at the system that answered with it.",
        is_plain ? (int)code.size : 7, is_plain ? code.data : "no code");
    ht_sax_refuse(envelope->sax, "soap-fault-received", sentence);
}

/* ---- Root ---- */

static void start_root(HtEnvelope *envelope, const HtSaxElement *element)
{
    const Names *names = &envelope->names;
    bool is_soap = element->uri && (element->uri == names->soap_11 || element->uri == names->soap_12);
    envelope->uri = element->uri;
    if (is_soap && element->name == names->envelope) {
        envelope->reading->soap = element->uri == names->soap_11 ? HT_SOAP_11 : HT_SOAP_12;
        envelope->place = PLACE_ENVELOPE;
        ht_strings_look_everywhere(envelope->strings);
        return;
    }
    envelope->reading->operation = element->name;
    if (envelope->payload->soap_expected) {
        ht_sax_refuse(envelope->sax, "soap-version",
                      "The Content-Type says SOAP 1.2, but the root element is no SOAP 1.1 or 1.2 Envelope.");
        return;
    }
    envelope->reading->soap = HT_SOAP_NONE;
    envelope->place = element->uri && element->name == names->envelope ? PLACE_LOOKALIKE : PLACE_CONTENT;
    ht_strings_start(envelope->strings, element);
}

static void start_in_lookalike(HtEnvelope *envelope, const HtSaxElement *element)
{
    if (envelope->open == IN_ENVELOPE + 1 && element->name == envelope->names.body &&
        element->uri == envelope->uri) {
        ht_sax_refuse(
            envelope->sax, "soap-version",
            "The Envelope has a namespace that is neither SOAP 1.1's nor SOAP 1.2's: send one of these.");
        return;
    }
    ht_strings_start(envelope->strings, element);
}

static void start_in_envelope(HtEnvelope *envelope, const HtSaxElement *element)
{
    bool is_soap = element->uri == envelope->uri;
    if (is_soap && element->name == envelope->names.header) {
        envelope->place = PLACE_HEADER;
    } else if (is_soap && element->name == envelope->names.body) {
        envelope->place = PLACE_BODY;
    } else {
        envelope->place = PLACE_SKIPPED;
    }
}

/* ---- Events ---- */

static void start_outside(HtEnvelope *envelope, const HtSaxElement *element)
{
    switch (envelope->place) {
    case PLACE_ROOT: start_root(envelope, element); break;
    case PLACE_LOOKALIKE: start_in_lookalike(envelope, element); break;
    case PLACE_ENVELOPE: start_in_envelope(envelope, element); break;
    case PLACE_BODY: start_in_body(envelope, element); break;
    case PLACE_FAULT: start_in_fault(envelope, element); break;
    case PLACE_HEADER:
        end_capture(envelope);
        if (envelope->open == IN_BLOCK) {
            start_block(envelope, element);
        }
        break;
    case PLACE_CONTENT:
    case PLACE_SKIPPED: break;
    }
}

static void handle_start(void *user, const HtSaxElement *element)
{
    HtEnvelope *envelope = user;
    envelope->open++;
    if (envelope->place == PLACE_CONTENT) {
        ht_strings_start(envelope->strings, element);
    } else {
        start_outside(envelope, element);
    }
}

static void handle_text(void *user, const char *text, size_t size)
{
    HtEnvelope *envelope = user;
    if (envelope->place == PLACE_CONTENT || envelope->place == PLACE_LOOKALIKE) {
        ht_strings_text(envelope->strings, text, size);
    } else if (envelope->is_captured && envelope->captured.size <= 2 * MESSAGE_ID_MAX) {
        ht_buffer_add(&envelope->captured, text, MIN(size, 2 * MESSAGE_ID_MAX));
    }
}

/* The end of an element in the envelope, with `open` elements left. */
static void end_outside(HtEnvelope *envelope)
{
    if (envelope->place == PLACE_HEADER) {
        end_capture(envelope);
    }
    envelope->is_captured = false;
    if (envelope->place == PLACE_FAULT && envelope->open == IN_BODY) {
        refuse_fault(envelope);
    } else if (envelope->open == IN_ENVELOPE) {
        envelope->place = PLACE_ENVELOPE;
    } else if (envelope->open == 0 && envelope->operations == 0) {
        ht_sax_refuse(envelope->sax, "soap-body-empty",
                      "The SOAP body holds no element: there is nothing to take in.");
    }
}

static void handle_end(void *user, HtName name)
{
    HtEnvelope *envelope = user;
    envelope->open--;
    if (envelope->place == PLACE_CONTENT || envelope->place == PLACE_LOOKALIKE) {
        ht_strings_end(envelope->strings, name);
        if (envelope->open == IN_BODY && envelope->operations > 0) {
            envelope->place = PLACE_BODY;
        }
    } else {
        end_outside(envelope);
    }
}

const HtSaxHandler ht_envelope_handler = {handle_start, handle_text, handle_end};
