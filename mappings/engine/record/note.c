/* What the files of this folder share: what is noted of a record while its events are made, and texts that are read once. */
#include "mappings/engine/record/record.h"

#include "mappings/engine/values/convert.h"

void ht_recorder_note(HtRecorder *recorder, const HtElement *element, HtMarks marks)
{
    const char *name = element ? element->name : "";
    for (unsigned i = 0; i < recorder->n_notes; i++) {
        if (recorder->notes[i].name == name) {
            recorder->notes[i].marks |= marks;
            return;
        }
    }
    if (marks && recorder->n_notes < HT_NOTES_MAX) {
        uint32_t size = element ? element->name_size : 0;
        recorder->notes[recorder->n_notes++] = (HtNote){name, size, marks};
    }
}

/* "; /house[2]/tenant[3]" of a record inside of another: which one it is, and in which; else nothing. */
static void say_place(const HtRecorder *recorder, const HtRecordRule *rule, GString *text)
{
    if (rule->outer) {
        say_place(recorder, rule->outer, text);
    }
    size_t known = rule->outer ? strlen(rule->outer->path) : 0;
    g_string_append_printf(text, "%s%s[%u]", known == 0 ? "; " : "", rule->path + known,
                           recorder->match->numbers[rule->number]);
}

void ht_recorder_fault(HtRecorder *recorder, const char *code, const char *label, const char *text)
{
    HtFault fault;
    g_autoptr(GString) place = g_string_new(NULL);
    if (recorder->rule->outer) {
        say_place(recorder, recorder->rule, place);
    }
    ht_fault_set(&fault, code, "%s%s", text, place->str);
    ht_fault_set_element(&fault, ht_text_from(label));
    fault.part = recorder->part.number;
    fault.record = recorder->outcome->records - recorder->part.records;
    fault.line = recorder->match->record_line;
    ht_outcome_add_fault(recorder->outcome, &fault);
    recorder->faults++;
}

void ht_recorder_keep_original(HtRecorder *recorder, HtText path, HtText value)
{
    HtSlot slot = recorder->match->taken;
    HtText name = slot == HT_SLOT_NONE ? path : ht_match_path(recorder->match, slot);
    ht_unmapped_add(&recorder->originals, &recorder->options->limits, name, value);
}

/* Pairs of zeros at the end stand for all that is inside. */
static size_t count_significant(const char *code, size_t size)
{
    while (size >= 4 && code[size - 1] == '0' && code[size - 2] == '0') {
        size -= 2;
    }
    return size;
}

void ht_recorder_take_wider(HtRecorder *recorder, const HtFrom *from, HtText code)
{
    char other[HT_NUMBER_MAX];
    for (unsigned i = 0; i < from->count; i++) {
        HtText text = ht_match_raw(recorder->match, from->slots[i]);
        size_t size = text.data ? ht_value_division(text.data, text.size, other) : 0;
        size = size > 0 ? count_significant(other, size) : 0;
        if (size > 0 && size <= code.size && memcmp(other, code.data, size) == 0) {
            ht_match_take(recorder->match, from->slots[i], 0);
        }
    }
}

/* True for a text of the record; that of an XPath makes place for the next one's. */
static bool is_lasting(const HtRecorder *recorder, HtText text)
{
    const HtBuffer *passing = &recorder->tree_text;
    return passing->capacity == 0 || text.data < passing->data ||
           text.data >= passing->data + passing->capacity;
}

const HtIdNumber *ht_recorder_id(HtRecorder *recorder, HtText text)
{
    uint32_t serial = recorder->match->serial;
    for (unsigned i = 0; i < HT_IDS; i++) {
        const HtReadId *known = &recorder->ids[i];
        if (known->text == text.data && known->size == text.size && known->serial == serial) {
            return &known->id;
        }
    }
    HtReadId *read = &recorder->ids[recorder->next_id];
    recorder->next_id = (recorder->next_id + 1) % HT_IDS;
    ht_idnumber_parse_at(text.data, text.size, recorder->today, &read->id);
    read->serial = is_lasting(recorder, text) ? serial : 0;
    read->text = text.data;
    read->size = text.size;
    return &read->id;
}

HtDateResult ht_recorder_date(HtRecorder *recorder, HtText text, unsigned flags, HtDate *date)
{
    uint32_t serial = recorder->match->serial;
    for (unsigned i = 0; i < HT_DATES; i++) {
        const HtReadDate *known = &recorder->dates[i];
        if (known->text == text.data && known->size == text.size && known->serial == serial &&
            known->flags == flags) {
            *date = known->date;
            return known->result;
        }
    }
    HtReadDate *read = &recorder->dates[recorder->next_date];
    recorder->next_date = (recorder->next_date + 1) % HT_DATES;
    *read = (HtReadDate){.serial = is_lasting(recorder, text) ? serial : 0,
                         .text = text.data,
                         .size = text.size,
                         .flags = flags};
    read->result = ht_date_parse(text.data, text.size, flags, &read->date);
    *date = read->date;
    return read->result;
}

HtText ht_recorder_keep(HtRecorder *recorder, const char *text, size_t size)
{
    HtText kept = {recorder->head.data + recorder->head.size, size};
    ht_buffer_add(&recorder->head, text, size);
    return kept;
}

bool ht_recorder_is_refused(const HtRecorder *recorder, HtText text)
{
    for (unsigned i = 0; i < recorder->n_refused; i++) {
        if (recorder->refused[i].data == text.data && recorder->refused[i].size == text.size) {
            return true;
        }
    }
    return false;
}
