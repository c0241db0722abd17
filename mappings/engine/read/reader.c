/* The reader's front: bytes to text, a look at what begins it, a strict reading, and a second one of the repaired text
 * where a mapping declares repairs. Called by the mapper in the host; one thread.
 *
 * The way of an event: sax.c (libxml2, caps) → envelope.c (SOAP) → strings.c (documents in strings) → the sink. */
#include "mappings/engine/read/reader.h"

#include "core/base/media-type.h"
#include "mappings/engine/read/envelope.h"
#include "mappings/engine/read/jsondoc.h"
#include "mappings/engine/read/repair.h"
#include "mappings/engine/text/text.h"

#define KEPT_BYTES (1 << 20) /* memory that is kept for the next payload */

/* Everything in one payload that does not change between the two readings. */
typedef struct {
    const HtPayload *payload;
    const HtSink *sink;
    void (*restart)(void *user);
    void *user;
    HtReading *reading;
    uint32_t first_line;
} Run;

struct HtReader {
    HtLimits limits;
    HtSax *sax;
    HtStrings *strings;
    HtEnvelope *envelope;
    HtTextBuffer *decoded;
    HtBuffer text; /* the decoded text with a NUL after it */
    HtRepairBuffers repaired;
};

HtReader *ht_reader_new(const HtLimits *limits)
{
    HtReader *reader = g_new0(HtReader, 1);
    reader->limits = *limits;
    reader->sax = ht_sax_new(limits);
    reader->strings = ht_strings_new(reader->sax);
    reader->envelope = ht_envelope_new(reader->sax, reader->strings);
    reader->decoded = ht_text_buffer_new(limits->document_bytes);
    return reader;
}

void ht_reader_want_security(HtReader *reader, bool usernames, bool signatures)
{
    ht_envelope_want_security(reader->envelope, usernames, signatures);
}

void ht_reader_free(HtReader *reader)
{
    if (!reader) {
        return;
    }
    ht_envelope_free(reader->envelope);
    ht_strings_free(reader->strings);
    ht_sax_free(reader->sax);
    ht_text_buffer_free(reader->decoded);
    ht_buffer_clear(&reader->text);
    ht_repair_clear(&reader->repaired);
    g_free(reader);
}

HtName ht_reader_intern(HtReader *reader, const char *name)
{
    return ht_sax_intern(reader->sax, name);
}

uint32_t ht_reader_line(const HtReader *reader)
{
    return ht_sax_line(reader->sax);
}

void ht_reader_stop(HtReader *reader, const HtFault *fault)
{
    ht_sax_stop(reader->sax, fault);
}

void ht_reader_end_at(HtReader *reader, int64_t until_us)
{
    ht_sax_end_at(reader->sax, until_us);
}

/* ---- Bytes to text ---- */

static void refuse_long(const HtReader *reader, HtFault *fault)
{
    ht_fault_set_limit(fault, "document-too-long", "As UTF-8 the document has",
                       ht_sax_document_limit(reader->sax), ": send it in smaller parts.");
}

static void explain_text_error(const HtReader *reader, const GError *error, HtFault *fault)
{
    switch (error->code) {
    case HT_TEXT_ERROR_TOO_LARGE: refuse_long(reader, fault); break;
    default: ht_fault_set(fault, "unsupported-encoding", "%s", error->message);
    }
}

static bool decode(HtReader *reader, Run *run, HtFault *fault)
{
    HtDecoded decoded;
    g_autoptr(GError) error = NULL;
    if (!run->payload->body.data || run->payload->body.size == 0) {
        ht_fault_set(fault, "empty", "The payload is empty: nothing was sent.");
        return false;
    }
    if (!ht_text_decode(reader->decoded, run->payload->body, run->payload->head.charset, &decoded, &error)) {
        explain_text_error(reader, error, fault);
        return false;
    }
    if (decoded.size > ht_sax_limits(reader->sax)->document_bytes) {
        refuse_long(reader, fault);
        return false;
    }
    ht_buffer_reset(&reader->text, KEPT_BYTES);
    ht_buffer_grow(&reader->text, decoded.size + 1);
    ht_buffer_add(&reader->text, decoded.text, decoded.size);
    reader->text.data[decoded.size] = '\0';
    run->first_line = decoded.skipped_lines + 1;
    run->reading->text_marks = decoded.marks;
    run->reading->text_traits = decoded.traits;
    return true;
}

/* ---- One reading ---- */

static char find_first(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!strchr(" \t\r\n", text.data[i])) {
            return text.data[i];
        }
    }
    return '\0';
}

/* What is refused at a glance, before a parser sees it. */
static bool check_beginning(const Run *run, HtText text, HtFault *fault)
{
    HtTextRoot root;
    bool has_root = ht_text_root_name(text, &root);
    if (root.is_html) {
        ht_fault_set(fault, "html-instead-of-xml",
                     "This is an HTML page, not data: most likely the error page of a server on the way.");
    } else if (root.has_doctype) {
        ht_fault_set(fault, "doctype-refused",
                     "The XML has a DOCTYPE, which is not accepted: send it without one.");
    } else if (!has_root && find_first(text) == '\0') {
        ht_fault_set(fault, "empty", "The payload holds nothing but blanks: nothing was sent.");
    } else {
        return true;
    }
    fault->line = root.name.data ? run->first_line + ht_text_count_lines(text.data, root.name.data) : 0;
    return false;
}

/* JSON is told by how it begins, whatever its Content-Type says; under one of JSON whatever is no markup is meant to be some. */
static bool is_json(const Run *run, HtText text)
{
    char first = find_first(text);
    HtText type = run->payload->head.content_type;
    if (run->payload->head.soap_expected || first == '<') {
        return false;
    }
    return first == '{' || first == '[' || ht_media_type_is_json(ht_media_type_cut(&type));
}

/* The place is in characters, as editors count them. */
static void refuse_flaw(HtReader *reader, const Run *run, HtText text, const HtJsonFlaw *flaw)
{
    HtFault fault = {0};
    const char *line = flaw->at;
    while (line > text.data && line[-1] != '\n') {
        line--;
    }
    if (flaw->too_deep) {
        ht_fault_set(&fault, "too-deep", "The JSON is nested deeper than %d levels.", HT_JSONDOC_DEPTH);
    } else {
        ht_fault_set(&fault, "json-malformed", "This is no JSON: at character %ld of the line %s.",
                     g_utf8_strlen(line, flaw->at - line) + 1, flaw->why);
    }
    fault.line = run->first_line + ht_text_count_lines(text.data, flaw->at);
    ht_sax_stop(reader->sax, &fault);
}

/* A payload that is JSON itself: the same events as from a string. */
static bool read_json(HtReader *reader, const Run *run, HtText text)
{
    HtJsonFlaw flaw;
    if (!ht_jsondoc_check(text, &flaw)) {
        refuse_flaw(reader, run, text, &flaw);
        return false;
    }
    ht_strings_look_everywhere(reader->strings);
    run->reading->operation = ht_sax_name(reader->sax, "json", 4);
    ht_strings_read_json(reader->strings, text, run->first_line);
    return !ht_sax_stopped(reader->sax);
}

static bool read_once(HtReader *reader, const Run *run, HtText text, const HtStringsOptions *options,
                      bool record)
{
    ht_sax_begin(reader->sax, text.size);
    ht_strings_begin(reader->strings, options);
    ht_envelope_begin(reader->envelope, run->payload, run->reading);
    ht_envelope_record(reader->envelope, record);
    if (is_json(run, text)) {
        return read_json(reader, run, text);
    }
    return ht_sax_parse(reader->sax, text, run->first_line, &ht_envelope_handler, reader->envelope);
}

static void restart(const Run *run)
{
    if (run->restart) {
        run->restart(run->user);
    }
}

/* Few bodies have references inside: whether one has is seen by reading it, and then it is read again. */
static bool read_text(HtReader *reader, const Run *run, HtText text, unsigned repairs, unsigned *effective)
{
    HtStringsOptions options = {run->sink, run->user, run->reading, repairs, effective, run->sink->strings};
    if (read_once(reader, run, text, &options, false)) {
        return true;
    }
    if (!ht_envelope_wants_record(reader->envelope)) {
        return false;
    }
    restart(run);
    return read_once(reader, run, text, &options, true);
}

static bool read_strict(HtReader *reader, const Run *run, HtFault *fault)
{
    HtText text = ht_buffer_text(&reader->text);
    unsigned effective = 0;
    if (!check_beginning(run, text, fault)) {
        return false;
    }
    if (!read_text(reader, run, text, 0, &effective)) {
        *fault = *ht_sax_fault(reader->sax);
        return false;
    }
    return true;
}

/* ---- The second reading ---- */

static bool read_repaired(HtReader *reader, const Run *run, unsigned repairs, HtFault *fault)
{
    HtRepaired repaired = ht_repair_apply(repairs, ht_buffer_text(&reader->text),
                                          reader->limits.document_bytes, &reader->repaired);
    unsigned effective = repaired.effective;
    run->reading->text_traits |= repaired.traits;
    run->reading->text_marks |= repaired.effective & HT_REPAIR_SURROGATES ? HT_TEXT_SURROGATES_JOINED : 0;
    if (!check_beginning(run, repaired.text, fault)) {
        return false;
    }
    if (!read_text(reader, run, repaired.text, repairs, &effective)) {
        *fault = *ht_sax_fault(reader->sax);
        return false;
    }
    run->reading->repaired = effective != 0;
    run->reading->repairs = effective;
    return true;
}

/* Some senders' documents are all broken: where it shows at a glance, the strict reading that must fail is spared. A text
 * that needed no repair after all, or was refused, is read as any other. */
static bool read_repaired_first(HtReader *reader, const Run *run, unsigned repairs)
{
    HtReading before = *run->reading;
    HtFault fault;
    if (!ht_repair_is_likely(repairs, ht_buffer_text(&reader->text))) {
        return false;
    }
    run->reading->repairing = true;
    restart(run);
    if (read_repaired(reader, run, repairs, &fault) && run->reading->repaired) {
        return true;
    }
    *run->reading = before;
    restart(run);
    return false;
}

static bool is_repairable(const HtFault *fault)
{
    return strcmp(fault->code, "not-well-formed") == 0;
}

/* The first reading's fault is the one that the sender understands: its line and words are of what was sent. */
static void add_repaired_too(const HtFault *first, HtFault *fault)
{
    uint32_t line = first->line;
    ht_fault_set(fault, first->code, "%s (Also after repair.)", first->text);
    fault->line = line;
}

bool ht_reader_run(HtReader *reader, const HtPayload *payload, unsigned repairs, const HtSink *sink,
                   void (*on_restart)(void *user), void *user, HtReading *reading, HtFault *fault)
{
    Run run = {payload, sink, on_restart, user, reading, 1};
    *reading = (HtReading){0};
    ht_envelope_begin(reader->envelope, payload, reading);
    if (!decode(reader, &run, fault)) {
        return false;
    }
    if (reading->text_traits & HT_TRAIT_REFERENCE) {
        repairs |= HT_REPAIR_SURROGATES;
    }
    if (read_repaired_first(reader, &run, repairs) || read_strict(reader, &run, fault)) {
        return true;
    }
    if (repairs == 0 || !is_repairable(fault)) {
        return false;
    }
    HtFault first = *fault;
    reading->repairing = true;
    restart(&run);
    if (read_repaired(reader, &run, repairs, fault)) {
        return true;
    }
    if (is_repairable(fault)) {
        add_repaired_too(&first, fault);
    }
    return false;
}
