/* A state machine over the outermost document's elements; called by reader.c through libxml2's handlers, in the host's
 * only thread. Inside an operation it only counts what is open: that is the hot path.
 *
 * What a header demands and we do not know is refused, never ignored (mustUnderstand); what an envelope names (ReplyTo,
 * FaultTo, schemaLocation) is never used. */
#include "mappings/engine/envelope.h"

#include "mappings/engine/multiref.h"
#include "mappings/engine/service.h"
#include "mappings/engine/soap-action.h"
#include "mappings/engine/text-value.h"

#define HEADER_MAX 256 /* of a MessageID, of an Action */
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
    PLACE_SUBMIT, /* in the generic operation, between its documents */
    PLACE_FAULT,
    PLACE_RECORDED, /* in a child of the Body: all goes to multiref.c */
    PLACE_INCLUDE,  /* in an element for which an attachment stands: nothing in it is asked for */
    PLACE_SKIPPED,  /* in the Envelope, neither Header nor Body */
} Place;

typedef struct {
    HtName envelope, header, body, fault, fault_code, value, message_id, action, must_understand, actor, role;
    HtName submit, href, ref;
    HtName soap_11, soap_12, addressing_2004, addressing_2005, xop;
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
    uint32_t around; /* elements open around the documents: IN_BODY, or one more in the generic operation */
    HtMultiref *multiref;
    HtAttach *attach;
    uint32_t include_open; /* PLACE_INCLUDE: its elements that are open */
    bool records;          /* the body is recorded; false while it is given again */
    bool resolved;         /* what comes was recorded and has its references resolved */
    bool wants_record;     /* the reading was stopped to be begun again */
    HtText *capture;       /* gets the text of the header at hand; NULL: nobody wants it */
    bool is_captured;      /* the text of the element goes to `captured` */
    HtBuffer captured;
    HtBuffer header; /* MessageID and Action; room for both, so that none moves */
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
        .action = ht_sax_intern(sax, "Action"),
        .must_understand = ht_sax_intern(sax, "mustUnderstand"),
        .actor = ht_sax_intern(sax, "actor"),
        .role = ht_sax_intern(sax, "role"),
        .submit = ht_sax_intern(sax, HT_SUBMIT),
        .href = ht_sax_intern(sax, "href"),
        .ref = ht_sax_intern(sax, "ref"),
        .soap_11 = ht_sax_intern(sax, SOAP_11),
        .soap_12 = ht_sax_intern(sax, SOAP_12),
        .addressing_2004 = ht_sax_intern(sax, "http://schemas.xmlsoap.org/ws/2004/08/addressing"),
        .addressing_2005 = ht_sax_intern(sax, "http://www.w3.org/2005/08/addressing"),
        .xop = ht_sax_intern(sax, "http://www.w3.org/2004/08/xop/include"),
    };
    ht_buffer_reserve(&envelope->header, 2 * HEADER_MAX);
    envelope->multiref = ht_multiref_new(sax);
    envelope->attach = ht_attach_new(sax, strings);
    return envelope;
}

void ht_envelope_free(HtEnvelope *envelope)
{
    if (envelope) {
        ht_buffer_clear(&envelope->captured);
        ht_buffer_clear(&envelope->header);
        ht_multiref_free(envelope->multiref);
        ht_attach_free(envelope->attach);
        g_free(envelope);
    }
}

void ht_envelope_record(HtEnvelope *envelope, bool record)
{
    envelope->records = record;
}

bool ht_envelope_wants_record(const HtEnvelope *envelope)
{
    return envelope->wants_record;
}

void ht_envelope_begin(HtEnvelope *envelope, const HtPayload *payload, HtReading *reading)
{
    envelope->payload = payload;
    envelope->reading = reading;
    envelope->place = PLACE_ROOT;
    envelope->open = 0;
    envelope->uri = NULL;
    envelope->operations = 0;
    envelope->around = IN_BODY;
    envelope->is_captured = false;
    envelope->capture = NULL;
    envelope->records = false;
    envelope->resolved = false;
    envelope->wants_record = false;
    ht_attach_begin(envelope->attach, payload->attachments, reading);
    envelope->header.size = 0;
    reading->operation = NULL;
    reading->addressing = HT_ADDRESSING_NONE;
    reading->message_id = HT_TEXT_NONE;
    reading->action = HT_TEXT_NONE;
    reading->soap = HT_SOAP_NONE;
    reading->submit = false;
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

/* Of WS-Addressing only what an answer needs is read. Where it asks the answer to be sent (ReplyTo, FaultTo) is never
 * followed: it goes back the way that the request came. */
static void start_addressing(HtEnvelope *envelope, const HtSaxElement *element)
{
    const Names *names = &envelope->names;
    HtReading *reading = envelope->reading;
    reading->addressing = element->uri == names->addressing_2004 ? HT_ADDRESSING_2004 : HT_ADDRESSING_2005;
    envelope->capture = NULL;
    if (element->name == names->message_id && !reading->message_id.data) {
        envelope->capture = &reading->message_id;
    } else if (element->name == names->action && !reading->action.data) {
        envelope->capture = &reading->action;
    }
    envelope->is_captured = envelope->capture != NULL;
    envelope->captured.size = 0;
}

static void start_block(HtEnvelope *envelope, const HtSaxElement *element)
{
    const Names *names = &envelope->names;
    bool is_addressing =
        element->uri && (element->uri == names->addressing_2004 || element->uri == names->addressing_2005);
    if (is_addressing) {
        start_addressing(envelope, element);
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

/* The end of a MessageID or Action, or an element inside it. One that is too long to be an id is none: cut, two messages
 * could share it. */
static void end_capture(HtEnvelope *envelope)
{
    if (!envelope->is_captured) {
        return;
    }
    envelope->is_captured = false;
    HtText text = ht_text_trim(envelope->captured.data, envelope->captured.size);
    if (envelope->capture && text.size > 0 && text.size <= HEADER_MAX) {
        *envelope->capture = (HtText){envelope->header.data + envelope->header.size, text.size};
        ht_buffer_add_text(&envelope->header, text);
    }
}

/* ---- Content ---- */

/* Not known before it is met, and all that came before may be out of order: begun again, this time recorded. */
static void demand_record(HtEnvelope *envelope)
{
    if (!ht_sax_stopped(envelope->sax)) {
        envelope->wants_record = true;
        ht_sax_refuse(envelope->sax, "href-missing",
                      "References (href) were met before the body was recorded.");
    }
}

static bool is_in_soap(const HtEnvelope *envelope)
{
    return envelope->reading->soap != HT_SOAP_NONE;
}

/* The operation's element itself, or a document of the generic operation. */
static bool is_document(const HtEnvelope *envelope)
{
    return envelope->operations > 0 && envelope->open == envelope->around + 1;
}

/* An element that may stand for something else, or have it for its content. Bytes that stand where a document must are
 * nobody's value: such an element is read as what it is, and the attachment stays without use. */
static G_GNUC_NO_INLINE void start_reference(HtEnvelope *envelope, const HtSaxElement *element)
{
    HtText href;
    HtSaxElement stripped;
    switch (ht_attach_look(envelope->attach, element, &href)) {
    case HT_ATTACH_INCLUDE:
        if (is_document(envelope)) {
            break;
        }
        envelope->place = PLACE_INCLUDE;
        envelope->include_open = envelope->open;
        ht_attach_give(envelope->attach, href, false);
        return;
    case HT_ATTACH_CONTENT:
        if (!is_in_soap(envelope) && !envelope->payload->attachments) {
            break;
        }
        stripped = ht_attach_strip(envelope->attach, element);
        ht_strings_start(envelope->strings, &stripped);
        ht_attach_give(envelope->attach, href, true);
        return;
    case HT_ATTACH_NOTHING:
        if (is_in_soap(envelope) && !envelope->resolved &&
            ht_multiref_concerns(envelope->multiref, element, false)) {
            demand_record(envelope);
            return;
        }
    }
    ht_strings_start(envelope->strings, element);
}

static inline bool may_refer(const HtEnvelope *envelope, const HtSaxElement *element)
{
    for (unsigned i = 0; i < element->attribute_count; i++) {
        HtName name = element->attributes[i].name;
        if (name == envelope->names.href || name == envelope->names.ref) {
            return true;
        }
    }
    return element->uri == envelope->names.xop;
}

static inline void start_content(HtEnvelope *envelope, const HtSaxElement *element)
{
    if (G_UNLIKELY(may_refer(envelope, element))) {
        start_reference(envelope, element);
    } else {
        ht_strings_start(envelope->strings, element);
    }
}

/* ---- Body ---- */

/* The bus's own generic operation: what it holds are the documents, or `<document>` with one in a string. */
static bool is_submit(const HtEnvelope *envelope, const HtSaxElement *element)
{
    return element->name == envelope->names.submit && element->uri &&
           g_str_has_prefix(element->uri, HT_SUBMIT_URI);
}

/* A header that names an operation around a document which is none says by what the document came: operation.c sees to it. */
static bool action_agrees(const HtEnvelope *envelope, const HtSaxElement *element)
{
    const HtPayload *payload = envelope->payload;
    HtText action = payload->soap_action.size > 0 ? payload->soap_action : envelope->reading->action;
    const HtOperation *operation = NULL, *other = NULL;
    if (payload->operations) {
        operation = ht_operations_find(payload->operations, element->name);
        other = ht_operations_find_action(payload->operations, action);
    }
    if (other && (operation ? operation != other : is_submit(envelope, element))) {
        return false;
    }
    return other || ht_soap_action_agrees(payload->soap_action, element->name, element->uri);
}

static void start_document(HtEnvelope *envelope, const HtSaxElement *element)
{
    envelope->operations++;
    envelope->place = PLACE_CONTENT;
    start_content(envelope, element);
}

static void start_operation(HtEnvelope *envelope, const HtSaxElement *element)
{
    if (!envelope->reading->operation) {
        envelope->reading->operation = element->name;
        if (!action_agrees(envelope, element)) {
            if (!envelope->resolved && ht_multiref_has_id(envelope->multiref, element)) {
                demand_record(envelope); /* it may be part of the operation, sent before it */
                return;
            }
            ht_sax_refuse(
                envelope->sax, "soap-action-mismatch",
                "The SOAPAction header names another operation than the SOAP body: send the body's, or \"\".");
            return;
        }
        envelope->reading->submit = is_submit(envelope, element);
        if (envelope->reading->submit) {
            envelope->place = PLACE_SUBMIT;
            envelope->around = IN_BODY + 1;
            return;
        }
    }
    start_document(envelope, element);
}

static void start_in_body(HtEnvelope *envelope, const HtSaxElement *element)
{
    if (element->name == envelope->names.fault && element->uri == envelope->uri) {
        envelope->place = PLACE_FAULT;
        envelope->captured.size = 0;
    } else if (envelope->records) {
        envelope->place = PLACE_RECORDED;
        ht_multiref_start(envelope->multiref, element);
    } else if (!envelope->resolved && ht_multiref_concerns(envelope->multiref, element, true)) {
        demand_record(envelope);
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
        if (envelope->records) {
            ht_multiref_begin(envelope->multiref);
        }
    } else {
        envelope->place = PLACE_SKIPPED;
    }
}

/* ---- Events ---- */

static G_GNUC_NO_INLINE void start_outside(HtEnvelope *envelope, const HtSaxElement *element)
{
    switch (envelope->place) {
    case PLACE_ROOT: start_root(envelope, element); break;
    case PLACE_LOOKALIKE: start_in_lookalike(envelope, element); break;
    case PLACE_ENVELOPE: start_in_envelope(envelope, element); break;
    case PLACE_BODY: start_in_body(envelope, element); break;
    case PLACE_SUBMIT: start_document(envelope, element); break;
    case PLACE_FAULT: start_in_fault(envelope, element); break;
    case PLACE_HEADER:
        end_capture(envelope);
        if (envelope->open == IN_BLOCK) {
            start_block(envelope, element);
        }
        break;
    case PLACE_RECORDED: ht_multiref_start(envelope->multiref, element); break;
    case PLACE_CONTENT:
    case PLACE_INCLUDE:
    case PLACE_SKIPPED: break;
    }
}

static void handle_start(void *user, const HtSaxElement *element)
{
    HtEnvelope *envelope = user;
    envelope->open++;
    if (envelope->place == PLACE_CONTENT) {
        start_content(envelope, element);
    } else {
        start_outside(envelope, element);
    }
}

static void handle_text(void *user, const char *text, size_t size)
{
    HtEnvelope *envelope = user;
    if (envelope->place == PLACE_CONTENT || envelope->place == PLACE_LOOKALIKE) {
        ht_strings_text(envelope->strings, text, size);
    } else if (envelope->place == PLACE_RECORDED) {
        ht_multiref_text(envelope->multiref, text, size);
    } else if (envelope->is_captured && envelope->captured.size <= 2 * HEADER_MAX) {
        ht_buffer_add(&envelope->captured, text, MIN(size, 2 * HEADER_MAX));
    }
}

/* The recorded Body has ended: its documents come now, as if it had just begun. */
static void give_recorded(HtEnvelope *envelope)
{
    envelope->records = false;
    envelope->resolved = true;
    envelope->place = PLACE_BODY;
    envelope->open = IN_BODY;
    ht_multiref_replay(envelope->multiref, &ht_envelope_handler, envelope);
    envelope->records = true;
    envelope->resolved = false;
    envelope->open = IN_ENVELOPE;
    envelope->place = PLACE_ENVELOPE;
}

static void end_recorded(HtEnvelope *envelope)
{
    ht_multiref_end(envelope->multiref);
    if (envelope->open == IN_BODY) {
        envelope->place = PLACE_BODY;
    }
}

/* The end of an element in the envelope, with `open` elements left. */
static G_GNUC_NO_INLINE void end_outside(HtEnvelope *envelope)
{
    if (envelope->place == PLACE_RECORDED) {
        end_recorded(envelope);
        return;
    }
    if (envelope->place == PLACE_INCLUDE) {
        envelope->place = envelope->open < envelope->include_open ? PLACE_CONTENT : PLACE_INCLUDE;
        return;
    }
    if (envelope->place == PLACE_HEADER) {
        end_capture(envelope);
    }
    envelope->is_captured = false;
    if (envelope->place == PLACE_FAULT && envelope->open == IN_BODY) {
        refuse_fault(envelope);
    } else if (envelope->open == IN_ENVELOPE && envelope->place == PLACE_BODY && envelope->records) {
        give_recorded(envelope);
    } else if (envelope->open == IN_ENVELOPE) {
        envelope->place = PLACE_ENVELOPE;
    } else if (envelope->place == PLACE_SUBMIT && envelope->open == IN_BODY) {
        envelope->place = PLACE_BODY;
        envelope->around = IN_BODY;
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
        if (envelope->open == envelope->around && envelope->operations > 0) {
            envelope->place = envelope->around == IN_BODY ? PLACE_BODY : PLACE_SUBMIT;
        }
    } else {
        end_outside(envelope);
    }
}

const HtSaxHandler ht_envelope_handler = {handle_start, handle_text, handle_end};
