/* The engine's front: one payload through reader, filters, matcher and recorder into an outcome. Called by the host, by
 * explain, by tests; one mapper belongs to one thread. Filters are filter.c's. */
#include "mappings/engine/run/mapper-inside.h"

#include "core/base/secrets.h"
#include "mappings/engine/run/record-names.h"
#include "mappings/engine/read/sax.h"
#include "mappings/engine/match/wait.h"
#include "mappings/engine/text/value.h"

#define LINE_MAX_BYTES 1024
#define UNPACKED_SHARE 20 /* of the time for a megabyte that was sent, for one that is unpacked */

/* ---- Life ---- */

static HtName intern(void *user, const char *name)
{
    return ht_reader_intern(user, name);
}

static uint32_t get_line(void *user)
{
    const HtMapper *mapper = user;
    return ht_reader_line(mapper->reader);
}

static void take_record(void *user, const HtRecordRule *rule)
{
    HtMapper *mapper = user;
    ht_recorder_record(&mapper->recorder, rule);
}

static void stop_at_records(void *user)
{
    HtMapper *mapper = user;
    HtFault fault;
    const HtLimits *limits = &mapper->options.limits;
    ht_fault_set_limit(&fault, "too-many-records", "One payload has", ht_limit_of(limits, &limits->records),
                       ": send it in smaller parts.");
    ht_reader_stop(mapper->reader, &fault);
}

static void stop_at_held(void *user)
{
    HtMapper *mapper = user;
    HtFault fault;
    const HtLimits *limits = &mapper->options.limits;
    ht_fault_set_limit(&fault, "record-too-large", "The records inside of one record take",
                       ht_limit_of(limits, &limits->held_bytes),
                       ": send them in several messages, or raise the limit.");
    ht_reader_stop(mapper->reader, &fault);
}

HtMapper *ht_mapper_new(const HtMapping *mapping, const HtReference *reference,
                        const HtMapperOptions *options)
{
    HtMapper *mapper = g_new0(HtMapper, 1);
    mapper->mapping = mapping;
    mapper->options = *options;
    mapper->division = g_strdup(options->division);
    mapper->options.division = mapper->division;
    mapper->reader = ht_reader_new(&mapper->options.limits);
    if (options->usernames || options->signatures) {
        ht_reader_want_security(mapper->reader, options->usernames, options->signatures);
    }
    HtMatchHooks hooks = {.line = get_line,
                          .record_end = take_record,
                          .too_much = stop_at_held,
                          .user = mapper,
                          .limits = &mapper->options.limits};
    ht_match_init(&mapper->match, mapping, &hooks, intern, mapper->reader);
    mapper->match.reading = &mapper->reading;
    ht_recorder_init(&mapper->recorder, mapping, reference, &mapper->options, &mapper->match);
    mapper->recorder.too_many = stop_at_records;
    mapper->recorder.user = mapper;
    mapper->record_names = ht_record_names_new(mapping);
    ht_filters_init(&mapper->filters, mapper);
    ht_operations_init(&mapper->operations, mapper);
    return mapper;
}

void ht_mapper_answer_queries(HtMapper *mapper)
{
    mapper->operations.answers_queries = true;
}

void ht_mapper_free(HtMapper *mapper)
{
    if (mapper) {
        ht_filters_clear(&mapper->filters);
        ht_record_names_free(mapper->record_names);
        ht_operations_clear(&mapper->operations);
        ht_recorder_clear(&mapper->recorder);
        ht_match_clear(&mapper->match);
        ht_reader_free(mapper->reader);
        ht_container_free(mapper->container);
        ht_buffer_clear(&mapper->texts);
        g_free(mapper->division);
        g_free(mapper);
    }
}

/* ---- The reader's events ---- */

static void take_document_start(void *user, HtName root)
{
    HtMapper *mapper = user;
    root = ht_operations_document_start(&mapper->operations, root);
    if (!ht_filters_document_start(&mapper->filters, root)) {
        ht_match_document_start(&mapper->match);
    }
}

static void take_document_end(void *user)
{
    HtMapper *mapper = user;
    ht_operations_document_end(&mapper->operations);
    if (!ht_filters_document_end(&mapper->filters)) {
        ht_match_document_end(&mapper->match);
    }
}

/* In or around an operation: what the element is called to the matcher; NULL: it is not given to it. */
static G_GNUC_NO_INLINE HtName start_operation(HtMapper *mapper, HtName name)
{
    HtOperations *operations = &mapper->operations;
    if (operations->inner > 0) {
        operations->inner++;
    } else if (operations->holds > 0 && ht_operations_is_document(operations, name)) {
        take_document_start(mapper, name);
        operations->inner = 1;
    } else if (operations->watches) {
        name = ht_operations_start(operations, name);
    }
    return name;
}

static void take_start(void *user, HtName name, const HtAttribute *attributes, unsigned attribute_count)
{
    HtMapper *mapper = user;
    HtOperations *operations = &mapper->operations;
    if (operations->inner > 0 || operations->holds > 0 || operations->watches) {
        name = start_operation(mapper, name);
        if (!name) {
            return;
        }
    }
    if (mapper->filters.active) {
        ht_filters_start(&mapper->filters, name, attributes, attribute_count);
        return;
    }
    ht_match_start(&mapper->match, name, attributes, attribute_count);
    if (G_UNLIKELY(mapper->match.pass)) {
        ht_filters_pass_start(&mapper->filters, name, attributes, attribute_count);
    }
    if (operations->watches && operations->hushes) {
        ht_match_hush(&mapper->match);
    }
}

static void take_text(void *user, const char *text, size_t size)
{
    HtMapper *mapper = user;
    if (mapper->filters.active) {
        ht_filters_text(&mapper->filters, text, size);
    } else {
        ht_match_text(&mapper->match, text, size);
    }
}

/* A string is a document where it is no value of a record, nor in what is passed to a filter, and when somebody knows it by its root. */
static bool expects(void *user, HtText root)
{
    HtMapper *mapper = user;
    return mapper->match.record_depth == 0 && mapper->filters.passed == 0 &&
           (ht_match_knows(&mapper->match, root) || ht_filters_know(&mapper->filters, root) ||
            (!mapper->filters.active && ht_operations_expect(&mapper->operations, root)));
}

/* What a filter makes records of is known by its root. */
static HtNameRole get_role(void *user, HtText name)
{
    const HtMapper *mapper = user;
    HtNameRole role = ht_record_names_find(mapper->record_names, name);
    return role == HT_NAME_STRANGE && ht_filters_know(&mapper->filters, name) ? HT_NAME_AROUND_RECORDS : role;
}

static void take_end(void *user, HtName name)
{
    HtMapper *mapper = user;
    HtOperations *operations = &mapper->operations;
    if (operations->inner == 0 && operations->watches && !ht_operations_end(operations)) {
        return;
    }
    if (mapper->filters.active) {
        ht_filters_end(&mapper->filters, name);
        if (mapper->filters.passed > 0 && ht_filters_pass_end(&mapper->filters) && !mapper->filters.failed) {
            ht_match_end(&mapper->match);
        }
    } else {
        ht_match_end(&mapper->match);
    }
    if (operations->inner > 0 && --operations->inner == 0) {
        take_document_end(mapper);
    }
}

static void begin(HtMapper *mapper)
{
    HtOutcome *outcome = mapper->recorder.outcome;
    outcome->records = 0;
    outcome->rejected = 0;
    outcome->unchanged = 0;
    outcome->fault_count = 0;
    ht_match_begin(&mapper->match);
    ht_recorder_drop(&mapper->recorder);
    ht_recorder_begin_part(&mapper->recorder, 0);
    ht_filters_begin(&mapper->filters);
    ht_operations_begin(&mapper->operations);
}

/* One of several documents of a batch. The first has begun with the payload. */
static void begin_part(HtMapper *mapper, uint32_t number)
{
    ht_match_begin_part(&mapper->match);
    ht_recorder_begin_part(&mapper->recorder, number);
    ht_filters_begin(&mapper->filters);
    ht_operations_begin(&mapper->operations);
}

/* The document is read from its beginning once more: as repaired text after the strict reading has failed, or because it
 * holds references. */
static void begin_again(void *user)
{
    HtMapper *mapper = user;
    if (mapper->recorder.part.number == 0) {
        begin(mapper);
    } else {
        ht_match_rewind_part(&mapper->match);
        ht_recorder_rewind_part(&mapper->recorder);
        ht_filters_begin(&mapper->filters);
        ht_operations_begin(&mapper->operations);
    }
    mapper->recorder.repaired = mapper->reading.repairing;
}

/* ---- The outcome ---- */

static void refuse(HtMapper *mapper, HtVerdict verdict, const HtFault *fault)
{
    HtOutcome *outcome = mapper->recorder.outcome;
    HtFault numbered = *fault;
    numbered.part = fault->part > 0 ? fault->part : mapper->recorder.part.number;
    outcome->verdict = verdict;
    outcome->fault_count = 0;
    ht_outcome_add_fault(outcome, &numbered);
    ht_recorder_drop(&mapper->recorder);
}

static HtText keep(HtMapper *mapper, HtText text)
{
    if (text.size == 0) {
        return HT_TEXT_NONE;
    }
    HtText kept = {mapper->texts.data + mapper->texts.size, text.size};
    ht_buffer_add_text(&mapper->texts, text);
    return kept;
}

static HtText keep_line(HtMapper *mapper, HtText text)
{
    return text.size <= LINE_MAX_BYTES && ht_text_is_line(text) ? keep(mapper, text) : HT_TEXT_NONE;
}

/* What the outcome keeps of the reading of a payload that is one document. Texts are copied, because the reader's memory is
 * not ours. */
static void take_reading(HtMapper *mapper)
{
    HtOutcome *outcome = mapper->recorder.outcome;
    const HtReading *reading = &mapper->reading;
    HtText operation = ht_text_from(reading->operation);
    outcome->soap = reading->soap;
    outcome->submit = reading->submit;
    outcome->addressing = reading->addressing;
    mapper->texts.size = 0;
    ht_buffer_reserve(&mapper->texts, operation.size + reading->message_id.size + reading->action.size +
                                          reading->not_understood.size + reading->security.size + 1);
    outcome->operation = keep_line(mapper, operation);
    outcome->message_id = keep_line(mapper, reading->message_id);
    outcome->action = keep_line(mapper, reading->action);
    outcome->not_understood = keep(mapper, reading->not_understood);
    outcome->security = keep(mapper, reading->security);
}

/* True when the document is an answer that says failure; the outcome says so then. */
static bool is_failure(HtMapper *mapper)
{
    for (uint64_t left = mapper->match.answers; left; left &= left - 1) {
        const HtAnswerRule *rule = mapper->mapping->answers->pdata[__builtin_ctzll(left)];
        HtFault fault;
        HtVerdict verdict = ht_answer_judge(rule, &mapper->match, &fault);
        if (verdict != HT_VERDICT_OK) {
            refuse(mapper, verdict, &fault);
            return true;
        }
    }
    return false;
}

/* Nothing came of the document, and it holds what the mapping does not name, elements, attributes or text: to take it in silence would
 * lose it. One without records that is known from end to end (an empty batch, label rows) is fine, and so is an acknowledgement, whatever
 * messages stand beside its code; but not rows under a name that is not known. */
static bool is_foreign(const HtMapper *mapper)
{
    const HtRecorder *recorder = &mapper->recorder;
    const HtMatch *match = &mapper->match;
    return recorder->outcome->records == recorder->part.records &&
           (match->strange_tree || (!match->answers && (match->stranger || match->said)));
}

/* A document was read to its end. False when it refuses the payload. */
static bool judge_part(HtMapper *mapper)
{
    HtFault fault;
    if (!ht_operations_judge(&mapper->operations, &fault)) {
        refuse(mapper, HT_VERDICT_REJECT, &fault);
        return false;
    }
    if (mapper->filters.failed) {
        refuse(mapper, mapper->filters.verdict, &mapper->filters.fault);
        return false;
    }
    ht_wait_release(&mapper->match);
    if (is_failure(mapper)) {
        return false;
    }
    if (mapper->match.unreadable) {
        ht_fault_set(&fault, "flag-unreadable", HT_FLAG_UNREADABLE_TEXT);
        ht_fault_set_element(&fault, ht_text_from(mapper->match.unreadable));
        refuse(mapper, HT_VERDICT_REJECT, &fault);
        return false;
    }
    if (mapper->match.wants_record && !mapper->match.answers) {
        ht_fault_set(&fault, "record-missing", "the message is known, and what it is about is not in it");
        refuse(mapper, HT_VERDICT_REJECT, &fault);
        return false;
    }
    if (!mapper->match.known || is_foreign(mapper)) {
        ht_fault_set(&fault, "unknown-document",
                     "nothing that the mapping knows is in the payload; see its root element");
        refuse(mapper, HT_VERDICT_REJECT, &fault);
        return false;
    }
    ht_recorder_end_part(&mapper->recorder);
    return true;
}

/* All of the payload was read, and none of its documents refuses it. */
static void judge(HtMapper *mapper)
{
    HtOutcome *outcome = mapper->recorder.outcome;
    HtFault fault;
    mapper->recorder.part.number = 0;
    if (!ht_counts_judge(&mapper->match, &fault)) {
        refuse(mapper, HT_VERDICT_REJECT, &fault); /* also with quarantine: some of it was lost */
    } else if (outcome->fault_count > 0 && !mapper->options.quarantine_invalid) {
        outcome->verdict = HT_VERDICT_REJECT;
        ht_recorder_drop(&mapper->recorder);
    } else {
        ht_recorder_finish(&mapper->recorder);
    }
}

/* ---- Running ---- */

/* What the events do not show as it was sent must be kept. */
static void note_repair(HtMapper *mapper)
{
    const unsigned lossy = HT_TEXT_HALF_CHARACTER | HT_TEXT_SURROGATES_JOINED;
    HtOutcome *outcome = mapper->recorder.outcome;
    outcome->repaired = outcome->repaired || mapper->reading.repaired || mapper->match.changed_any ||
                        (mapper->reading.text_marks & lossy);
}

/* Reads one document. False when it refuses the payload. */
static bool read_document(HtMapper *mapper, const HtPayload *payload)
{
    const HtSink sink = {
        take_document_start,           take_document_end, take_start, take_text, take_end, expects, get_role,
        mapper->mapping->opens_strings};
    HtPayload known = *payload;
    HtFault fault;
    unsigned repairs = mapper->options.signatures ? 0 : mapper->mapping->repairs;
    known.operations = mapper->mapping->operations;
    mapper->payload = &known;
    ht_operations_forget(&mapper->operations);
    bool good =
        ht_reader_run(mapper->reader, &known, repairs, &sink, begin_again, mapper, &mapper->reading, &fault);
    if (good && ht_operations_learn(&mapper->operations)) {
        begin_again(mapper);
        good = ht_reader_run(mapper->reader, &known, repairs, &sink, begin_again, mapper, &mapper->reading,
                             &fault);
    }
    note_repair(mapper);
    if (mapper->recorder.part.number == 0) {
        take_reading(mapper);
    }
    if (!good && !mapper->filters.failed) {
        refuse(mapper, HT_VERDICT_REJECT, &fault);
        return false;
    }
    return judge_part(mapper);
}

/* Each document may take the time of its own size. So that a thousand that hold next to nothing do not take a thousand times
 * the least share, all together may take that of the payload, and something for what it unpacks to: little, because the
 * bus's watchdog counts what was sent. */
typedef struct {
    int64_t begun_us, share_us;
    size_t sent, unpacked;
} Time;

static bool has_time(HtMapper *mapper, Time *time, size_t size, HtFault *fault)
{
    time->unpacked += size;
    int64_t until_us = time->begun_us + time->share_us * (int64_t)(1 + (time->sent >> 20)) +
                       time->share_us / UNPACKED_SHARE * (int64_t)(time->unpacked >> 20);
    ht_reader_end_at(mapper->reader, until_us);
    if (ht_sax_cpu() <= until_us) {
        return true;
    }
    const HtLimits *limits = &mapper->options.limits;
    ht_fault_set_limit(fault, "too-slow", "Reading takes for each megabyte",
                       ht_limit_of(limits, &limits->cpu_ms_per_mb),
                       " of processor time: send it in several messages.");
    return false;
}

static void look_for_secrets(HtMapper *mapper, HtText body)
{
    mapper->hides_secrets =
        mapper->hides_secrets || ht_secrets_are_in(body, ht_mapping_secrets(mapper->mapping));
}

bool ht_mapper_hides_secrets(const HtMapper *mapper)
{
    return mapper->hides_secrets;
}

/* All documents of a container. False when the payload is refused. */
static bool read_parts(HtMapper *mapper, HtContainerKind kind, const HtPayload *payload)
{
    HtPayload part;
    HtFault fault;
    uint32_t number = 0;
    Time time = {ht_sax_cpu(), (int64_t)mapper->options.limits.cpu_ms_per_mb * 1000, payload->body.size, 0};
    HtContainerStep step = HT_CONTAINER_BAD;
    if (ht_container_open(mapper->container, kind, payload, &fault)) {
        while ((step = ht_container_next(mapper->container, &part, &number, &fault)) == HT_CONTAINER_PART) {
            if (number > 0) {
                begin_part(mapper, number);
            }
            if (kind == HT_CONTAINER_ZIP) {
                look_for_secrets(mapper, part.body);
            }
            if (!has_time(mapper, &time, part.body.size, &fault)) {
                step = HT_CONTAINER_BAD;
                break;
            }
            if (!read_document(mapper, &part)) {
                return false;
            }
        }
    }
    if (step == HT_CONTAINER_BAD || !ht_container_check_used(mapper->container, &fault)) {
        refuse(mapper, HT_VERDICT_REJECT, &fault);
        return false;
    }
    return true;
}

/* So that a fault is answered in the sender's form although nothing was read yet. */
static HtSoapVersion guess_soap(const HtPayload *payload)
{
    return payload->head.soap_expected      ? HT_SOAP_12
           : payload->head.soap_action.data ? HT_SOAP_11
                                            : HT_SOAP_NONE;
}

static bool read_container(HtMapper *mapper, HtContainerKind kind, const HtPayload *payload)
{
    mapper->recorder.outcome->soap = kind == HT_CONTAINER_RELATED ? guess_soap(payload) : HT_SOAP_NONE;
    if (!mapper->container) {
        mapper->container = ht_container_new(&mapper->options.limits);
    }
    bool good = read_parts(mapper, kind, payload);
    mapper->hides_secrets = mapper->hides_secrets || (kind == HT_CONTAINER_ZIP && !good);
    ht_reader_end_at(mapper->reader, INT64_MAX);
    ht_container_close(mapper->container);
    return good;
}

void ht_mapper_run(HtMapper *mapper, const HtPayload *payload, HtOutcome *outcome)
{
    HtContainerKind kind = ht_container_kind(payload);
    ht_recorder_begin(&mapper->recorder, outcome, &mapper->reading);
    mapper->match.alteration = (HtAlteration){.ask = payload->head.alter};
    begin(mapper);
    outcome->altered = (HtAltered){0};
    outcome->repaired = false;
    mapper->hides_secrets = false;
    bool good =
        kind == HT_CONTAINER_NONE ? read_document(mapper, payload) : read_container(mapper, kind, payload);
    if (good) {
        judge(mapper);
    }
    const HtAlteration *alteration = &mapper->match.alteration;
    if (alteration->ask != HT_ALTER_NONE) {
        outcome->altered =
            (HtAltered){alteration->met, alteration->path, alteration->carried, alteration->seen};
    }
    mapper->recorder.reading = NULL;
}
