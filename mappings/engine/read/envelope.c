/* A state machine over the outermost document's elements; called by reader.c through libxml2's handlers, in the host's
 * only thread. Inside an operation it only counts what is open: that is the hot path.
 *
 * What stands where SOAP has no place for it is refused, never passed over (SOAP 1.2 part 1, section 5.1; 1.1, section 4);
 * what an envelope names (schemaLocation) is never used. */
#include "mappings/engine/read/envelope.h"

#include "mappings/engine/read/multiref.h"
#include "mappings/engine/service/service.h"
#include "mappings/engine/service/soap-action.h"
#include "mappings/engine/read/soap-aside.h"
#include "mappings/engine/read/soap-form.h"
#include "mappings/engine/read/soap-header.h"
#include "mappings/engine/text/value.h"

#define FAULT_CODE_MAX 64

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
    PLACE_BEHIND,   /* in an element behind the Body */
} Place;

/* How far the Envelope's own children have come. */
typedef enum { STAGE_BEGINNING, STAGE_HEADER, STAGE_BODY } Stage;

typedef struct {
    HtName envelope, header, body, fault, fault_code, value, encoding_style;
    HtName submit, href, ref;
    HtName soap_11, soap_12, xop;
} Names;

struct HtEnvelope {
    HtSax *sax;
    HtStrings *strings;
    Names names;
    const HtPayload *payload;
    HtReading *reading;
    Place place;
    Stage stage;
    uint32_t open;    /* elements, in the payload's own document */
    HtName uri;       /* of the root */
    bool is_envelope; /* the root is SOAP's */
    bool instructed;  /* there was a processing instruction */
    HtSoapHeader *header;
    HtSoapAside *aside;
    uint32_t operations;
    uint32_t around; /* elements open around the documents: IN_BODY, or one more in the generic operation */
    HtMultiref *multiref;
    HtAttach *attach;
    uint32_t include_open; /* PLACE_INCLUDE: its elements that are open */
    bool records;          /* the body is recorded; false while it is given again */
    bool resolved;         /* what comes was recorded and has its references resolved */
    bool wants_record;     /* the reading was stopped to be begun again */
    bool is_captured;      /* the text of the element goes to `captured` */
    HtBuffer captured;     /* code of a fault */
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
        .encoding_style = ht_sax_intern(sax, "encodingStyle"),
        .submit = ht_sax_intern(sax, HT_SUBMIT),
        .href = ht_sax_intern(sax, "href"),
        .ref = ht_sax_intern(sax, "ref"),
        .soap_11 = ht_sax_intern(sax, HT_SOAP_11_URI),
        .soap_12 = ht_sax_intern(sax, HT_SOAP_12_URI),
        .xop = ht_sax_intern(sax, "http://www.w3.org/2004/08/xop/include"),
    };
    envelope->header = ht_soap_header_new(sax);
    envelope->aside = ht_soap_aside_new(sax);
    envelope->multiref = ht_multiref_new(sax);
    envelope->attach = ht_attach_new(sax, strings);
    return envelope;
}

void ht_envelope_want_security(HtEnvelope *envelope, bool usernames, bool signatures)
{
    ht_soap_header_want_security(envelope->header, usernames, signatures);
}

void ht_envelope_free(HtEnvelope *envelope)
{
    if (envelope) {
        ht_buffer_clear(&envelope->captured);
        ht_soap_header_free(envelope->header);
        ht_soap_aside_free(envelope->aside);
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
    envelope->stage = STAGE_BEGINNING;
    envelope->open = 0;
    envelope->uri = NULL;
    envelope->is_envelope = false;
    envelope->instructed = false;
    envelope->operations = 0;
    envelope->around = IN_BODY;
    envelope->is_captured = false;
    envelope->records = false;
    envelope->resolved = false;
    envelope->wants_record = false;
    ht_attach_begin(envelope->attach, payload->attachments, reading);
    ht_soap_header_begin(envelope->header, reading);
    reading->operation = NULL;
    reading->soap = HT_SOAP_NONE;
    reading->submit = false;
    if (payload->head.soap_expected) {
        reading->soap =
            HT_SOAP_12; /* so that a fault is answered in the sender's form, whatever can be read */
    } else if (payload->head.soap_action.data) {
        reading->soap = HT_SOAP_11;
    }
}

/* ---- Form ---- */

static bool is_soap_12(const HtEnvelope *envelope)
{
    return envelope->uri == envelope->names.soap_12;
}

/* What SOAP 1.1's senders put there says nothing. */
static void check_part(HtEnvelope *envelope, const HtSaxElement *part)
{
    if (is_soap_12(envelope)) {
        ht_soap_form_check_part(envelope->sax, part);
    }
}

static void check_encoding(HtEnvelope *envelope, const HtSaxElement *element)
{
    if (is_soap_12(envelope)) {
        ht_soap_form_check_encoding(envelope->sax, element, envelope->uri);
    }
}

/* A processing instruction. SOAP 1.1 has none either, but tools that write them say nothing with it. */
static void handle_instruction(void *user)
{
    HtEnvelope *envelope = user;
    envelope->instructed = true;
    if (envelope->is_envelope && is_soap_12(envelope)) {
        ht_soap_form_refuse(envelope->sax,
                            "There is a processing instruction, which SOAP 1.2 has not: leave it out.");
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

/* An element that may stand for something else, or have it for its content, or be encoded. Bytes that stand where a document must are
 * nobody's value: such an element is read as what it is, and the attachment stays without use. */
static G_GNUC_NO_INLINE void start_reference(HtEnvelope *envelope, const HtSaxElement *element)
{
    HtText href;
    HtSaxElement stripped;
    check_encoding(envelope, element);
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
        if (name == envelope->names.href || name == envelope->names.ref ||
            name == envelope->names.encoding_style) {
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
    HtText action =
        payload->head.soap_action.size > 0 ? payload->head.soap_action : envelope->reading->action;
    const HtOperation *operation = NULL, *other = NULL;
    if (payload->operations) {
        operation = ht_operations_find(payload->operations, element->name);
        other = ht_operations_find_action(payload->operations, action);
    }
    if (other && (operation ? operation != other : is_submit(envelope, element))) {
        return false;
    }
    return other || ht_soap_action_agrees(payload->head.soap_action, element->name, element->uri);
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
            check_encoding(envelope, element);
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
    } else if (element->uri == envelope->uri) {
        ht_soap_form_refuse(envelope->sax,
                            "The Body holds an element of SOAP's own that is no Fault: send the data there.");
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

static void start_soap(HtEnvelope *envelope, const HtSaxElement *element)
{
    envelope->is_envelope = true;
    envelope->reading->soap = is_soap_12(envelope) ? HT_SOAP_12 : HT_SOAP_11;
    envelope->place = PLACE_ENVELOPE;
    ht_strings_look_everywhere(envelope->strings);
    ht_soap_aside_begin(envelope->aside, ht_strings_options(envelope->strings));
    if (is_soap_12(envelope)) {
        ht_soap_form_check_envelope(envelope->sax, element);
    }
    if (envelope->instructed) {
        handle_instruction(envelope);
    }
}

static void start_root(HtEnvelope *envelope, const HtSaxElement *element)
{
    const Names *names = &envelope->names;
    bool is_soap = element->uri && (element->uri == names->soap_11 || element->uri == names->soap_12);
    envelope->uri = element->uri;
    if (is_soap && element->name == names->envelope) {
        start_soap(envelope, element);
        return;
    }
    envelope->reading->operation = element->name;
    if (envelope->payload->head.soap_expected) {
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
        HtReading *reading = envelope->reading; /* SOAP is what its sender reads, of whichever version */
        reading->soap = reading->soap == HT_SOAP_NONE ? HT_SOAP_11 : reading->soap;
        ht_sax_refuse(
            envelope->sax, "soap-version",
            "The Envelope has a namespace that is neither SOAP 1.1's nor SOAP 1.2's: send one of these.");
        return;
    }
    ht_strings_start(envelope->strings, element);
}

static void start_body(HtEnvelope *envelope)
{
    envelope->stage = STAGE_BODY;
    envelope->place = PLACE_BODY;
    if (envelope->records) {
        ht_multiref_begin(envelope->multiref);
    }
}

/* SOAP has one Header at most, one Body, in this order, and SOAP 1.1 what else it likes behind them, with a namespace. */
static void start_stranger(HtEnvelope *envelope, const HtSaxElement *element, bool is_part)
{
    if (is_part && element->name == envelope->names.body) {
        ht_soap_form_refuse(
            envelope->sax, "The Envelope has a second Body: put all documents into one, or send each alone.");
    } else if (is_part && element->name == envelope->names.header) {
        ht_soap_form_refuse(
            envelope->sax,
            "The Envelope has a second Header, or one behind the Body: it has one, before the Body.");
    } else if (envelope->stage != STAGE_BODY || is_soap_12(envelope) || is_part || !element->uri) {
        ht_soap_form_refuse(
            envelope->sax,
            "The Envelope holds an element that is neither its Header nor its Body: send it in one of "
            "them, in this order.");
    } else {
        envelope->place = PLACE_BEHIND;
        ht_soap_aside_start(envelope->aside, element);
    }
}

static void start_in_envelope(HtEnvelope *envelope, const HtSaxElement *element)
{
    bool is_part = element->uri == envelope->uri;
    if (is_part && element->name == envelope->names.header && envelope->stage == STAGE_BEGINNING) {
        envelope->stage = STAGE_HEADER;
        envelope->place = PLACE_HEADER;
        check_part(envelope, element);
    } else if (is_part && element->name == envelope->names.body && envelope->stage < STAGE_BODY) {
        start_body(envelope);
        check_part(envelope, element);
    } else {
        start_stranger(envelope, element, is_part);
    }
}

static void start_in_header(HtEnvelope *envelope, const HtSaxElement *element)
{
    if (envelope->open == IN_BLOCK) {
        ht_soap_header_block(envelope->header, element, envelope->uri);
    } else {
        ht_soap_header_start(envelope->header, element, envelope->open - IN_BLOCK);
    }
    ht_soap_aside_start(envelope->aside, element);
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
    case PLACE_HEADER: start_in_header(envelope, element); break;
    case PLACE_BEHIND: ht_soap_aside_start(envelope->aside, element); break;
    case PLACE_RECORDED: ht_multiref_start(envelope->multiref, element); break;
    case PLACE_CONTENT:
    case PLACE_INCLUDE: break;
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

static void take_header_text(HtEnvelope *envelope, const char *text, size_t size)
{
    if (envelope->open < IN_BLOCK) {
        ht_soap_form_check_blank(envelope->sax, text, size);
    } else {
        ht_soap_header_text(envelope->header, text, size);
        ht_soap_aside_text(envelope->aside, text, size);
    }
}

static G_GNUC_NO_INLINE void text_outside(HtEnvelope *envelope, const char *text, size_t size)
{
    switch (envelope->place) {
    case PLACE_RECORDED: ht_multiref_text(envelope->multiref, text, size); break;
    case PLACE_HEADER: take_header_text(envelope, text, size); break;
    case PLACE_BEHIND: ht_soap_aside_text(envelope->aside, text, size); break;
    case PLACE_ENVELOPE:
    case PLACE_BODY:
    case PLACE_SUBMIT: ht_soap_form_check_blank(envelope->sax, text, size); break;
    case PLACE_FAULT:
        if (envelope->is_captured && envelope->captured.size <= 2 * FAULT_CODE_MAX) {
            ht_buffer_add(&envelope->captured, text, MIN(size, 2 * FAULT_CODE_MAX));
        }
        break;
    case PLACE_ROOT:
    case PLACE_CONTENT:
    case PLACE_LOOKALIKE:
    case PLACE_INCLUDE: break;
    }
}

static void handle_text(void *user, const char *text, size_t size)
{
    HtEnvelope *envelope = user;
    if (envelope->place == PLACE_CONTENT || envelope->place == PLACE_LOOKALIKE) {
        ht_strings_text(envelope->strings, text, size);
    } else {
        text_outside(envelope, text, size);
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
}

static void end_recorded(HtEnvelope *envelope)
{
    ht_multiref_end(envelope->multiref);
    if (envelope->open == IN_BODY) {
        envelope->place = PLACE_BODY;
    }
}

/* What anybody on the way may have written neither chooses an operation nor says which message this is. */
static void doubt_addressing(HtEnvelope *envelope)
{
    if (envelope->payload->doubts_action) {
        envelope->reading->action = HT_TEXT_NONE;
    }
    if (envelope->payload->doubts_message_id) {
        envelope->reading->message_id = HT_TEXT_NONE;
    }
}

static void end_in_header(HtEnvelope *envelope, HtName name)
{
    if (envelope->open >= IN_HEADER) {
        ht_soap_header_end(envelope->header, envelope->open + 1 - IN_BLOCK);
        ht_soap_aside_end(envelope->aside, name);
    } else {
        envelope->place = PLACE_ENVELOPE;
        ht_soap_header_judge(envelope->header);
        doubt_addressing(envelope);
    }
}

static void end_behind(HtEnvelope *envelope, HtName name)
{
    ht_soap_aside_end(envelope->aside, name);
    if (envelope->open == IN_ENVELOPE) {
        envelope->place = PLACE_ENVELOPE;
    }
}

static void end_in_body(HtEnvelope *envelope)
{
    if (envelope->open != IN_ENVELOPE) {
        return;
    }
    if (envelope->records) {
        give_recorded(envelope);
    }
    envelope->place = PLACE_ENVELOPE;
}

static void end_in_fault(HtEnvelope *envelope)
{
    envelope->is_captured = false;
    if (envelope->open == IN_BODY) {
        refuse_fault(envelope);
    }
}

/* The end of an element in the envelope, with `open` elements left. */
static G_GNUC_NO_INLINE void end_outside(HtEnvelope *envelope, HtName name)
{
    switch (envelope->place) {
    case PLACE_RECORDED: end_recorded(envelope); break;
    case PLACE_INCLUDE:
        envelope->place = envelope->open < envelope->include_open ? PLACE_CONTENT : PLACE_INCLUDE;
        break;
    case PLACE_HEADER: end_in_header(envelope, name); break;
    case PLACE_BEHIND: end_behind(envelope, name); break;
    case PLACE_BODY: end_in_body(envelope); break;
    case PLACE_FAULT: end_in_fault(envelope); break;
    case PLACE_SUBMIT:
        if (envelope->open == IN_BODY) {
            envelope->place = PLACE_BODY;
            envelope->around = IN_BODY;
        }
        break;
    case PLACE_ENVELOPE:
        if (envelope->operations == 0) {
            ht_sax_refuse(envelope->sax, "soap-body-empty",
                          "The SOAP body holds no element: there is nothing to take in.");
        }
        break;
    case PLACE_ROOT:
    case PLACE_CONTENT:
    case PLACE_LOOKALIKE: break;
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
        end_outside(envelope, name);
    }
}

const HtSaxHandler ht_envelope_handler = {handle_start, handle_text, handle_end, handle_instruction};
