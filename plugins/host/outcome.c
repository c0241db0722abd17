/* One payload through the adapter: decode, then the department's own answer, then the RESULT frame. Runs in
 * hutong-host.
 *
 * What the adapter's decode() returns and what the mapping found are brought together here: the worse of
 * the two counts, REJECT before RETRY before OK, and a payload that is not OK has at least one fault and no
 * events. */
#include "plugins/host/worker.h"

#include "core/base/clock.h"
#include "core/base/media-type.h"
#include "core/base/secrets.h"
#include "mappings/engine/outline/outline.h"
#include "mappings/engine/parts/container.h"
#include "mappings/engine/service/service.h"
#include "mappings/engine/wsdl/wsdl.h"
#include "plugins/host/memory.h"

#include <unistd.h>

#define KEEP_BYTES (1024 * 1024)

static hutong_text plain(HtText text)
{
    return (hutong_text){text.data, text.size};
}

void ht_worker_take(HtWorker *worker, uint64_t ticket)
{
    __atomic_store_n(&worker->page[HT_PAGE_CURRENT], ticket, __ATOMIC_RELEASE);
}

static void begin_payload(HtWorker *worker, HtPhase phase)
{
    ht_outcome_reset(&worker->outcome);
    worker->out.phase = phase;
    worker->out.verdict = HT_VERDICT_OK;
    worker->out.has_fault = false;
    worker->log_lines = 0;
    ht_buffer_reset(&worker->text, KEEP_BYTES);
    ht_buffer_reset(&worker->reply, KEEP_BYTES);
    worker->concealed.size = 0;
}

/* ---- The verdict ---- */

static HtVerdict read_verdict(hutong_verdict verdict)
{
    switch (verdict) {
    case HUTONG_OK: return HT_VERDICT_OK;
    case HUTONG_RETRY: return HT_VERDICT_RETRY;
    default: return HT_VERDICT_REJECT;
    }
}

static HtVerdict worse_of(HtVerdict a, HtVerdict b)
{
    if (a == HT_VERDICT_REJECT || b == HT_VERDICT_REJECT) {
        return HT_VERDICT_REJECT;
    }
    return a == HT_VERDICT_RETRY ? a : b;
}

static void settle_verdict(HtWorker *worker, HtVerdict returned)
{
    HtOutcome *outcome = &worker->outcome;
    outcome->verdict = worse_of(outcome->verdict, worse_of(returned, worker->out.verdict));
    if (worker->out.has_fault) {
        ht_outcome_add_fault(outcome, &worker->out.fault);
    }
    if (outcome->verdict == HT_VERDICT_OK) {
        return;
    }
    g_array_set_size(outcome->events, 0);
    if (outcome->fault_count == 0) {
        HtFault fault;
        bool rejected = outcome->verdict == HT_VERDICT_REJECT;
        ht_fault_set(&fault, rejected ? "adapter-rejected" : "adapter-retry",
                     rejected ? "the adapter refused the payload without saying why"
                              : "the adapter asks to send the payload again later");
        ht_outcome_add_fault(outcome, &fault);
    }
}

/* ---- The department's own answer ---- */

/* Without a header: what it says is of the request at hand, and a reply is kept for the message sent again. The bus puts it
 * in (core/ingress/answer-body.c). */
static void wrap_in_soap(HtWorker *worker)
{
    HtBuffer *reply = &worker->reply;
    const HtOutcome *outcome = &worker->outcome;
    ht_buffer_add_literal(reply, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"");
    ht_buffer_add_string(reply, outcome->soap == HT_SOAP_12 ? "http://www.w3.org/2003/05/soap-envelope"
                                                            : "http://schemas.xmlsoap.org/soap/envelope/");
    ht_buffer_add_literal(reply, "\"><soap:Body>");
    ht_buffer_add_text(reply, ht_buffer_text(&worker->text));
    ht_buffer_add_literal(reply, "</soap:Body></soap:Envelope>\n");
}

static void put_reply(HtWorker *worker)
{
    HtOutcome *outcome = &worker->outcome;
    if (outcome->soap == HT_SOAP_NONE) {
        outcome->reply = ht_buffer_text(&worker->text);
        outcome->reply_type = HT_TEXT_LITERAL("text/xml; charset=utf-8");
        return;
    }
    wrap_in_soap(worker);
    outcome->reply = ht_buffer_text(&worker->reply);
    outcome->reply_type = outcome->soap == HT_SOAP_12 ? HT_TEXT_LITERAL("application/soap+xml; charset=utf-8")
                                                      : HT_TEXT_LITERAL("text/xml; charset=utf-8");
}

static HtText find_business_id(const HtOutcome *outcome)
{
    HtEvent event;
    if (outcome->events->len == 0 ||
        !ht_event_unpack(g_array_index(outcome->events, HtText, 0), &event, NULL)) {
        return HT_TEXT_NONE;
    }
    return event.attr[HT_ATTR_BUSINESSID];
}

static void show_fault(const HtOutcome *outcome, hutong_outcome *shown)
{
    if (outcome->verdict == HT_VERDICT_OK || outcome->fault_count == 0) {
        return;
    }
    const HtFault *fault = &outcome->faults[0];
    shown->fault_code = plain(ht_text_from(fault->code));
    shown->fault_text = plain(ht_text_from(fault->text));
    shown->fault_element = plain(fault->element[0] ? ht_text_from(fault->element) : HT_TEXT_NONE);
    shown->fault_part = fault->part;
    shown->fault_record = fault->record;
    shown->fault_line = fault->line;
}

static hutong_verdict show_verdict(HtVerdict verdict)
{
    return verdict == HT_VERDICT_OK ? HUTONG_OK : verdict == HT_VERDICT_RETRY ? HUTONG_RETRY : HUTONG_REJECT;
}

/* Adapters of 1.0 take every outcome that they see for a success. */
static bool is_asked(const HtWorker *worker)
{
    const hutong_adapter *adapter = worker->adapter;
    return adapter->reply && (worker->outcome.verdict == HT_VERDICT_OK || adapter->abi_minor >= 1);
}

static bool ask_adapter(HtWorker *worker)
{
    const HtOutcome *outcome = &worker->outcome;
    if (!is_asked(worker)) {
        return false;
    }
    hutong_outcome shown = {.struct_size = sizeof shown,
                            .verdict = show_verdict(outcome->verdict),
                            .soap_version = outcome->soap,
                            .operation = plain(outcome->operation),
                            .records = outcome->records,
                            .events = outcome->events->len,
                            .business_id = plain(find_business_id(outcome)),
                            .message_id = plain(ht_text_from(worker->id))};
    show_fault(outcome, &shown);
    worker->out.phase = HT_PHASE_WRITE;
    hutong_verdict verdict = worker->adapter->reply(worker->state, &shown, &worker->out);
    worker->out.phase = HT_PHASE_NONE;
    if (verdict != HUTONG_OK) {
        return false;
    }
    if (!g_utf8_validate_len(worker->text.data ? worker->text.data : "", worker->text.size, NULL)) {
        ht_worker_log(worker, HUTONG_ERROR,
                      "the adapter's reply is not UTF-8; the sender gets a receipt instead");
        return false;
    }
    return true;
}

/* The answer that the mapping's `<service>` declares for the operation. "Not now" is none of its: what to do then, HTTP
 * says better than a client's idea of an error. */
static bool ask_service(HtWorker *worker)
{
    const HtOutcome *outcome = &worker->outcome;
    bool answers = worker->mapping && outcome->soap != HT_SOAP_NONE && outcome->verdict != HT_VERDICT_RETRY &&
                   ht_mapping_services(worker->mapping)->len > 0;
    if (!answers) { /* most: what follows unpacks an event */
        return false;
    }
    const HtFault *fault = outcome->fault_count > 0 ? &outcome->faults[0] : NULL;
    bool refused = outcome->verdict != HT_VERDICT_OK;
    HtServiceFacts facts = {.refused = refused,
                            .soap_12 = outcome->soap == HT_SOAP_12,
                            .operation = outcome->operation,
                            .message_id = ht_text_from(worker->id),
                            .business_id = find_business_id(outcome),
                            .code = refused && fault ? ht_text_from(fault->code) : HT_TEXT_NONE,
                            .text = refused && fault ? ht_text_from(fault->text) : HT_TEXT_NONE,
                            .records = outcome->records,
                            .events = outcome->events->len};
    ht_buffer_reset(&worker->text, KEEP_BYTES);
    return ht_services_answer(ht_mapping_services(worker->mapping), &facts, &worker->text);
}

/* What is wrong with the envelope itself is answered in SOAP's way, whatever the department's is. */
static bool is_about_envelope(const HtOutcome *outcome)
{
    return outcome->verdict != HT_VERDICT_OK && outcome->fault_count > 0 &&
           g_str_has_prefix(outcome->faults[0].code, "soap-");
}

static void ask_reply(HtWorker *worker)
{
    if (worker->outcome.submit || is_about_envelope(&worker->outcome)) {
        return;
    }
    if (ask_adapter(worker) || ask_service(worker)) {
        put_reply(worker);
    }
}

/* ---- What is kept nowhere ---- */

static void conceal_secret(void *user, size_t start, size_t size)
{
    ht_worker_conceal(user, start, size);
}

/* What the bus knows as a secret by its name it conceals itself. */
static void conceal_secrets(HtWorker *worker, HtText body)
{
    const char *const *names = worker->mapping ? ht_mapping_secrets(worker->mapping) : NULL;
    if (names && *names) {
        ht_secrets_find(body, names, conceal_secret, worker);
    }
    if (worker->mapper && ht_mapper_hides_secrets(worker->mapper)) {
        ht_worker_conceal(worker, 0, body.size);
    }
}

static int compare_parts(const void *a, const void *b)
{
    uint64_t first = ((const HtConcealed *)a)->start, second = ((const HtConcealed *)b)->start;
    return (first > second) - (first < second);
}

/* In order and without overlaps, as the bus wants them. */
static void settle_concealed(HtWorker *worker)
{
    HtConcealed *parts = (HtConcealed *)(void *)worker->concealed.data;
    size_t count = worker->concealed.size / sizeof *parts, used = 0;
    if (count == 0) {
        return;
    }
    qsort(parts, count, sizeof *parts, compare_parts);
    for (size_t i = 1; i < count; i++) {
        uint64_t end = parts[used].start + parts[used].size;
        if (parts[i].start > end) {
            parts[++used] = parts[i];
        } else {
            parts[used].size = MAX(end, parts[i].start + parts[i].size) - parts[used].start;
        }
    }
    worker->outcome.concealed = (HtText){worker->concealed.data, (used + 1) * sizeof *parts};
}

/* ---- The frame ---- */

static void refuse_too_large(HtWorker *worker, size_t size)
{
    HtFault fault;
    HtText concealed = worker->outcome.concealed;
    begin_payload(worker, HT_PHASE_NONE);
    worker->outcome.concealed = concealed;
    char name[HT_LIMIT_TEXT];
    const HtLimits *limits = &worker->start.limits;
    ht_fault_set(
        &fault, "result-too-large",
        "What the adapter made of the payload has %zu MB, more than twice %s and 1 MB: send smaller batches.",
        size >> 20, ht_limit_name(ht_limit_of(limits, &limits->document_bytes), name));
    worker->outcome.verdict = HT_VERDICT_REJECT;
    ht_outcome_add_fault(&worker->outcome, &fault);
}

/* Room for all of it at once: a buffer that grows has up to half as much again. */
static void reserve_result(HtWorker *worker)
{
    const HtOutcome *outcome = &worker->outcome;
    size_t size = outcome->original.size + outcome->reply.size + sizeof *outcome;
    for (unsigned i = 0; i < outcome->events->len; i++) {
        size += g_array_index(outcome->events, HtText, i).size + sizeof(HtText); /* more than its head */
    }
    ht_buffer_reserve(&worker->frames, size);
}

static void append_result(HtWorker *worker, uint64_t ticket)
{
    reserve_result(worker);
    size_t place = ht_frame_begin(&worker->frames, HT_FRAME_RESULT, ticket);
    size_t start = worker->frames.size;
    ht_outcome_pack(&worker->outcome, &worker->frames);
    size_t size = worker->frames.size - start;
    if (size > UINT32_MAX || (worker->start.frame_bytes > 0 && size > worker->start.frame_bytes)) {
        worker->frames.size = start;
        refuse_too_large(worker, size);
        ht_outcome_pack(&worker->outcome, &worker->frames);
    }
    ht_frame_end(&worker->frames, place);
}

void ht_worker_refuse(HtWorker *worker, uint64_t ticket, const HtFault *fault)
{
    begin_payload(worker, HT_PHASE_NONE);
    worker->outcome.verdict = HT_VERDICT_REJECT;
    ht_outcome_add_fault(&worker->outcome, fault);
    append_result(worker, ticket);
}

/* What has to be kept goes back to the bus, when that has let it pass in pieces: the bytes that were repaired, and those
 * that go into quarantine, whole or for some of their records. Only what leaves room for the rest of the frame, which is
 * all that was read: the engine reads nothing above max-document, the frame holds twice that. */
static bool must_return(const HtWorker *worker, HtText body)
{
    const HtOutcome *outcome = &worker->outcome;
    bool refused =
        outcome->verdict == HT_VERDICT_REJECT && worker->start.quarantine_invalid && !outcome->nobodys;
    bool partly = outcome->verdict == HT_VERDICT_OK && outcome->rejected > 0;
    bool fits = worker->start.frame_bytes == 0 || body.size < worker->start.frame_bytes / 2;
    return worker->in_pieces && fits && (outcome->repaired || refused || partly);
}

/* An allocation has failed, and the process lives: what has come of it may lack anything. In a process that has served others before, the
 * memory may be theirs, so it ends, and a new one tries: the bus knows why. */
static void refuse_for_memory(HtWorker *worker)
{
    const HtLimits *limits = &worker->start.limits;
    HtFault fault;
    if (worker->served) {
        _exit(EXIT_FAILURE);
    }
    begin_payload(worker, HT_PHASE_NONE);
    ht_fault_set_limit(&fault, "no-memory", "To read this payload, its adapter needs",
                       ht_limit_of(limits, &limits->memory_bytes), " of memory: send it in smaller parts.");
    worker->outcome.verdict = HT_VERDICT_REJECT;
    ht_outcome_add_fault(&worker->outcome, &fault);
}

/* Without adapter and mapping: the reply is what the payload is made of. */
static hutong_verdict write_outline(HtWorker *worker, HtText body)
{
    const HtPayload payload = {.body = body, .head = worker->head};
    HtFault fault;
    if (!ht_outline_write(&payload, &worker->start.limits, &worker->text, &fault)) {
        ht_outcome_add_fault(&worker->outcome, &fault);
        return HUTONG_REJECT;
    }
    worker->outcome.reply = ht_buffer_text(&worker->text);
    worker->outcome.reply_type = HT_TEXT_LITERAL("application/json");
    return HUTONG_OK;
}

/* ---- Signatures ---- */

/* Parts beside the document are in no signature of its Body. */
static bool is_alone(const HtWorker *worker, HtText body, HtFault *fault)
{
    const HtPayload payload = {.body = body, .head = worker->head};
    if (ht_container_kind(&payload) == HT_CONTAINER_NONE) {
        return true;
    }
    ht_fault_set(
        fault, "signature-unsupported",
        "The message has several parts, which its signature does not cover: send the Envelope alone.");
    return false;
}

/* Before the adapter sees a byte. What HTTP's SOAPAction says is signed by nobody: it is as if it were not there. */
static bool is_signed(HtWorker *worker, HtText body)
{
    HtFault fault;
    if (!worker->signature) {
        return true;
    }
    worker->found = (HtSigned){.soap = HT_SOAP_NONE};
    bool good = is_alone(worker, body, &fault) &&
                worker->verifier->check(worker->signature, body, worker->head.charset, ht_clock_now(),
                                        &worker->found, &fault);
    worker->outcome.soap = worker->found.soap != HT_SOAP_NONE      ? worker->found.soap
                           : worker->head.soap_expected            ? HT_SOAP_12
                           : worker->head.soap_action.data != NULL ? HT_SOAP_11
                                                                   : HT_SOAP_NONE;
    worker->head.soap_action = HT_TEXT_NONE;
    if (!good) {
        worker->outcome.verdict = HT_VERDICT_REJECT;
        worker->outcome.nobodys = true;
        ht_outcome_add_fault(&worker->outcome, &fault);
    }
    return good;
}

/* ---- */

static void decode(HtWorker *worker, HtText body)
{
    const HtMessageHead *head = &worker->head;
    HtText type = head->content_type;
    ht_uuid_format(&head->id, worker->id);
    hutong_payload payload = {.struct_size = sizeof payload,
                              .body = plain(body.data ? body : HT_TEXT_LITERAL("")),
                              .content_type = plain(ht_media_type_cut(&type)), /* alone */
                              .charset = plain(head->charset),
                              .soap_action = plain(head->soap_action),
                              .message_id = plain(ht_text_from(worker->id))};
    worker->out.phase = HT_PHASE_DECODE;
    hutong_verdict returned = worker->start.outline
                                  ? write_outline(worker, body)
                                  : worker->adapter->decode(worker->state, &payload, &worker->out);
    worker->out.phase = HT_PHASE_NONE;
    conceal_secrets(worker, body);
    settle_concealed(worker);
    settle_verdict(worker, read_verdict(returned));
    if (!worker->start.outline) {
        ask_reply(worker);
    }
}

void ht_worker_decode(HtWorker *worker, uint64_t ticket, HtText body)
{
    ht_worker_take(worker, ticket);
    begin_payload(worker, HT_PHASE_NONE);
    worker->body_size = body.size;
    if (is_signed(worker, body)) {
        decode(worker, body);
    }
    if (must_return(worker, body)) {
        worker->outcome.original = body;
    }
    if (ht_memory_failed()) {
        refuse_for_memory(worker);
    }
    append_result(worker, ticket);
    worker->served = true;
    ht_worker_take(worker, 0);
}

/* The adapter's own (which knows no services), else one made from the mapping. False: neither. */
static bool write_wsdl(HtWorker *worker, const HtWsdlQuestion *question, bool *unknown)
{
    bool given = false;
    begin_payload(worker, HT_PHASE_WRITE);
    if (worker->adapter->wsdl) {
        given = worker->adapter->wsdl(worker->state, question->address, &worker->out) == HUTONG_OK;
    }
    worker->out.phase = HT_PHASE_NONE;
    if (!given && worker->mapping) {
        ht_buffer_reset(&worker->text, KEEP_BYTES);
        given = ht_wsdl_write(worker->mapping, question, &worker->text);
        *unknown = !given;
    }
    return given;
}

void ht_worker_wsdl(HtWorker *worker, uint64_t ticket, HtText url, HtText service)
{
    g_autofree char *address = g_strndup(url.data ? url.data : "", url.size);
    g_autofree char *name = service.data ? g_strndup(service.data, service.size) : NULL;
    HtWsdlQuestion question = {.source = worker->start.source, .address = address, .service = name};
    bool unknown = false;
    ht_worker_take(worker, ticket);
    bool given = write_wsdl(worker, &question, &unknown);
    size_t place = ht_frame_begin(&worker->frames, HT_FRAME_TEXT, ticket);
    if (given) {
        ht_pack_text(&worker->frames, HT_FIELD_TEXT, ht_buffer_text(&worker->text));
    } else if (unknown) {
        g_autofree char *services = ht_wsdl_services(worker->mapping, worker->start.source);
        ht_pack_text(&worker->frames, HT_FIELD_SERVICE, ht_text_from(services));
    }
    ht_frame_end(&worker->frames, place);
    ht_worker_take(worker, 0);
}
