/* The engine's front: one payload through reader, filters, matcher and recorder into an outcome. Called by the host, by
 * explain, by tests; one mapper belongs to one thread. Filters are filter.c's. */
#include "mappings/engine/mapper-inside.h"

#define LINE_MAX_BYTES 1024

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
    ht_fault_set(&fault, "too-many-records", "more than %u records in one payload",
                 mapper->options.limits.records);
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
    HtMatchHooks hooks = {.line = get_line, .record_end = take_record, .user = mapper};
    ht_match_init(&mapper->match, mapping, &hooks, intern, mapper->reader);
    ht_recorder_init(&mapper->recorder, mapping, reference, &mapper->options, &mapper->match);
    mapper->recorder.too_many = stop_at_records;
    mapper->recorder.user = mapper;
    ht_filters_init(&mapper->filters, mapper);
    return mapper;
}

void ht_mapper_free(HtMapper *mapper)
{
    if (mapper) {
        ht_filters_clear(&mapper->filters);
        ht_recorder_clear(&mapper->recorder);
        ht_match_clear(&mapper->match);
        ht_reader_free(mapper->reader);
        ht_buffer_clear(&mapper->texts);
        g_free(mapper->division);
        g_free(mapper);
    }
}

uint32_t ht_mapper_line(const HtMapper *mapper)
{
    return ht_reader_line(mapper->reader);
}

/* ---- The reader's events ---- */

static void take_document_start(void *user, HtName root)
{
    HtMapper *mapper = user;
    if (!ht_filters_document_start(&mapper->filters, root)) {
        ht_match_document_start(&mapper->match);
    }
}

static void take_document_end(void *user)
{
    HtMapper *mapper = user;
    if (!ht_filters_document_end(&mapper->filters)) {
        ht_match_document_end(&mapper->match);
    }
}

static void take_start(void *user, HtName name, const HtAttribute *attributes, unsigned attribute_count)
{
    HtMapper *mapper = user;
    if (mapper->filters.active) {
        ht_filters_start(&mapper->filters, name, attributes, attribute_count);
    } else {
        ht_match_start(&mapper->match, name, attributes, attribute_count);
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

static void take_end(void *user, HtName name)
{
    HtMapper *mapper = user;
    if (mapper->filters.active) {
        ht_filters_end(&mapper->filters, name);
    } else {
        ht_match_end(&mapper->match);
    }
}

static void begin(HtMapper *mapper)
{
    HtOutcome *outcome = mapper->recorder.outcome;
    outcome->records = 0;
    outcome->rejected = 0;
    outcome->fault_count = 0;
    ht_match_begin(&mapper->match);
    ht_recorder_drop(&mapper->recorder);
    mapper->recorder.payload_unmapped = 0;
    ht_filters_begin(&mapper->filters);
}

/* The strict reading failed, and the repaired text is read from the beginning. */
static void begin_again(void *user)
{
    HtMapper *mapper = user;
    begin(mapper);
    mapper->recorder.repaired = true;
}

/* ---- The outcome ---- */

static void refuse(HtMapper *mapper, HtOutcome *outcome, HtVerdict verdict, const HtFault *fault)
{
    outcome->verdict = verdict;
    outcome->fault_count = 0;
    ht_outcome_add_fault(outcome, fault);
    ht_recorder_drop(&mapper->recorder);
}

/* What the outcome's texts may be: a line of some length. */
static bool is_line(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return false;
        }
    }
    return text.size > 0 && text.size <= LINE_MAX_BYTES;
}

/* Texts of the reading that the outcome keeps: copied, because the reader's memory is not ours. */
static void copy_texts(HtMapper *mapper, HtOutcome *outcome, const HtReading *reading)
{
    HtText operation = ht_text_from(reading->operation), id = reading->message_id;
    mapper->texts.size = 0;
    ht_buffer_reserve(&mapper->texts, operation.size + id.size + 1);
    if (is_line(operation)) {
        outcome->operation = (HtText){mapper->texts.data, operation.size};
        ht_buffer_add_text(&mapper->texts, operation);
    }
    if (is_line(id)) {
        outcome->message_id = (HtText){mapper->texts.data + mapper->texts.size, id.size};
        ht_buffer_add_text(&mapper->texts, id);
    }
}

/* True when the payload is an answer that says failure; the outcome says so then. */
static bool is_failure(HtMapper *mapper, HtOutcome *outcome)
{
    for (uint64_t left = mapper->match.answers; left; left &= left - 1) {
        const HtAnswerRule *rule = mapper->mapping->answers->pdata[__builtin_ctzll(left)];
        HtFault fault;
        HtVerdict verdict = ht_answer_judge(rule, &mapper->match, &fault);
        if (verdict != HT_VERDICT_OK) {
            refuse(mapper, outcome, verdict, &fault);
            return true;
        }
    }
    return false;
}

/* Nothing came of the payload, and it holds what the mapping does not name: to take it in silence would lose it. A payload
 * without records that is known from end to end (an empty batch, label rows, an acknowledgement) is fine. */
static bool is_foreign(const HtMapper *mapper, const HtOutcome *outcome)
{
    return outcome->records == 0 && !mapper->match.answers && mapper->match.stranger;
}

/* All of the payload was read. */
static void judge(HtMapper *mapper, HtOutcome *outcome)
{
    HtFault fault;
    if (mapper->filters.failed) {
        refuse(mapper, outcome, mapper->filters.verdict, &mapper->filters.fault);
    } else if (is_failure(mapper, outcome)) {
        return;
    } else if (!mapper->match.known || is_foreign(mapper, outcome)) {
        ht_fault_set(&fault, "unknown-document",
                     "nothing that the mapping knows is in the payload; see its root element");
        refuse(mapper, outcome, HT_VERDICT_REJECT, &fault);
    } else if (outcome->fault_count > 0 && !mapper->options.quarantine_invalid) {
        outcome->verdict = HT_VERDICT_REJECT;
        ht_recorder_drop(&mapper->recorder);
    } else {
        ht_recorder_finish(&mapper->recorder);
    }
}

void ht_mapper_run(HtMapper *mapper, const HtPayload *payload, HtOutcome *outcome)
{
    static const HtSink sink = {take_document_start, take_document_end, take_start, take_text, take_end};
    HtReading reading = {0};
    HtFault fault;
    ht_recorder_begin(&mapper->recorder, outcome, &reading);
    begin(mapper);
    bool good = ht_reader_run(mapper->reader, payload, mapper->mapping->repairs, &sink, begin_again, mapper,
                              &reading, &fault);
    outcome->soap = reading.soap;
    outcome->repaired = reading.repaired;
    copy_texts(mapper, outcome, &reading);
    if (good || mapper->filters.failed) {
        judge(mapper, outcome);
    } else {
        refuse(mapper, outcome, HT_VERDICT_REJECT, &fault);
    }
    mapper->recorder.reading = NULL;
}
