/* An event's data: its elements block by block, then quality marks, then what nobody named. Called by record.c for each
 * event of each record. */
#include "mappings/engine/record/record.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/text/text.h"

#include <stdio.h>

/* Where the elements of a block go. */
typedef struct {
    HtRecorder *recorder;
    const HtBlock *block;
    uint8_t instance;
    bool wrote; /* something, in this instance */
} ElementPlace;

/* ---- Elements ---- */

static void write_item(ElementPlace *place, const HtElement *element, HtItem *item)
{
    HtRecorder *recorder = place->recorder;
    item->kind = HT_ITEM_ELEMENT;
    item->name = (HtText){element->name, element->name_size};
    item->reported = place->block->reported;
    item->repeats = place->block->repeats;
    item->instance = place->instance;
    ht_item_pack(&recorder->data, item);
    recorder->sensitivity = MAX(recorder->sensitivity, element->sensitivity);
    place->wrote = true;
}

/* The first of the paths' values that is no null date. */
static HtText find_date(HtRecorder *recorder, const HtElementRule *rule)
{
    HtDate date;
    for (unsigned i = 0; i < rule->from.count; i++) {
        HtText text = ht_match_value(recorder->match, rule->from.slots[i], rule->null_flags);
        if (text.data && ht_recorder_date(recorder, text, rule->date_flags, &date) != HT_DATE_NULL) {
            recorder->match->taken = rule->from.slots[i];
            recorder->match->taken_at = i;
            return text;
        }
        recorder->match->tells_nothing = true;
        ht_match_take(recorder->match, rule->from.slots[i],
                      rule->null_flags); /* it says that there is none */
        recorder->match->tells_nothing = false;
    }
    return HT_TEXT_NONE;
}

/* The first of the paths' values that can be a number; if none can, the first. */
static HtText find_number(HtMatch *match, const HtElementRule *rule)
{
    HtText first = ht_match_first(match, &rule->from, rule->null_flags);
    for (unsigned i = match->taken_at; first.data && i < rule->from.count; i++) {
        HtSlot slot = rule->from.slots[i];
        HtText text = ht_match_value(match, slot, rule->null_flags);
        if (text.data && ht_match_is_number(match, slot, text)) {
            match->taken = slot;
            match->taken_at = i;
            return text;
        }
    }
    return first;
}

HtText ht_recorder_text(HtRecorder *recorder, const HtElementRule *rule, bool *constant)
{
    for (unsigned i = 0; i < rule->n_cases; i++) {
        if (ht_when_holds(rule->cases[i].when, recorder->match)) {
            *constant = true;
            return rule->cases[i].value;
        }
    }
    *constant = rule->constant.data != NULL;
    if (rule->constant.data) {
        return rule->constant;
    }
    if (!rule->xpath && rule->as == HT_AS_DATE && rule->from.count > 1) {
        return find_date(recorder, rule);
    }
    if (!rule->xpath && rule->as == HT_AS_ID_NUMBER && rule->from.count > 1) {
        return find_number(recorder->match, rule);
    }
    if (!rule->xpath) {
        return ht_match_first(recorder->match, &rule->from, rule->null_flags);
    }
    recorder->tree_text.size = 0;
    if (!recorder->match->tree ||
        !ht_xpath_string(rule->xpath, recorder->match->tree, &recorder->tree_text)) {
        return HT_TEXT_NONE;
    }
    HtText text = ht_text_trim(recorder->tree_text.data, recorder->tree_text.size);
    return ht_value_is_null(text.data, text.size, rule->null_flags) ? HT_TEXT_NONE : text;
}

/* ---- References ---- */

/* What the first bytes say. */
static HtText guess_media(const guchar *bytes, gsize size)
{
    if (size >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0) {
        return HT_TEXT_LITERAL("image/jpeg");
    }
    if (size >= 4 && memcmp(bytes, "\x89PNG", 4) == 0) {
        return HT_TEXT_LITERAL("image/png");
    }
    if (size >= 4 && memcmp(bytes, "GIF8", 4) == 0) {
        return HT_TEXT_LITERAL("image/gif");
    }
    if (size >= 2 && memcmp(bytes, "BM", 2) == 0) {
        return HT_TEXT_LITERAL("image/bmp");
    }
    if (size >= 4 && memcmp(bytes, "%PDF", 4) == 0) {
        return HT_TEXT_LITERAL("application/pdf");
    }
    return HT_TEXT_LITERAL("application/octet-stream");
}

static void write_part(ElementPlace *place, const HtElement *element, HtText value)
{
    if (element) {
        bool number = element->type == HT_TYPE_INTEGER;
        HtItem item = {.value = value, .form = number ? HT_VALUE_NUMBER : HT_VALUE_STRING};
        write_item(place, element, &item);
    }
}

/* Digest, size and media type of what the base64 text holds; false when it holds nothing. */
static bool write_reference(ElementPlace *place, const HtElementRule *rule, HtText text)
{
    HtRecorder *recorder = place->recorder;
    recorder->value.size = 0;
    guchar *bytes = (guchar *)ht_buffer_reserve(&recorder->value, text.size / 4 * 3 + 3);
    gint state = 0;
    guint saved = 0;
    gsize size = g_base64_decode_step(text.data, text.size, bytes, &state, &saved);
    if (size == 0) {
        return false;
    }
    char number[32];
    HtText size_text = {number, (size_t)snprintf(number, sizeof number, "%zu", size)};
    char hex[HT_SHA256_HEX];
    ht_sha256_hex((HtText){(const char *)bytes, size}, hex);
    write_part(place, rule->element, ht_text_from(hex));
    write_part(place, rule->size_element, size_text);
    write_part(place, rule->media_element, rule->media.data ? rule->media : guess_media(bytes, size));
    return true;
}

/* ---- Rules ---- */

/* What the element is made of is carried: the value of a path; the one that a case stands for. */
static void take_origin(HtMatch *match, const HtElementRule *rule, HtText text, bool constant)
{
    if (constant || rule->xpath) {
        ht_match_take_first(match, &rule->from, rule->null_flags);
    } else if (text.data) {
        ht_match_take_found(match, &rule->from, text);
    }
    match->taken = rule->xpath ? HT_SLOT_NONE : match->taken;
}

/* Asked only when the conformance kit is: dates are read once in a record, but not for nothing. */
static bool is_null_date(HtRecorder *recorder, const HtElementRule *rule, HtText text)
{
    HtDate date;
    return recorder->match->alteration.ask != 0 && rule->as == HT_AS_DATE && text.data &&
           ht_recorder_date(recorder, text, rule->date_flags, &date) == HT_DATE_NULL;
}

/* True when the rule gave the event something. */
static bool apply(ElementPlace *place, const HtElementRule *rule)
{
    HtRecorder *recorder = place->recorder;
    if (!ht_when_holds(rule->when, recorder->match)) {
        return false;
    }
    bool constant = false;
    HtText text = ht_recorder_text(recorder, rule, &constant);
    if (recorder->match->alteration.ask != 0 && rule->xpath && !constant && text.data) {
        ht_match_alter_found(recorder->match, rule, (char *)text.data, text.size);
    }
    recorder->match->tells_nothing = rule->sending || is_null_date(recorder, rule, text);
    take_origin(recorder->match, rule, text, constant);
    recorder->match->tells_nothing = false;
    HtConverted converted = HT_CONVERTED_NONE;
    HtItem item = {.form = rule->form, .sending = rule->sending, .number = rule->number};
    if (text.data && rule->as == HT_AS_REFERENCE) {
        bool wrote = write_reference(place, rule, text);
        if (!wrote) {
            ht_recorder_keep_original(recorder, rule->source_path, text);
        }
        return wrote;
    }
    if (constant) {
        item.value = text;
        converted = HT_CONVERTED;
    } else if (text.data) {
        converted = ht_recorder_convert(recorder, rule, text, &item);
        if (rule->as == HT_AS_DIVISION && rule->from.count > 1) {
            ht_recorder_take_wider(recorder, &rule->from, item.value);
        }
    }
    if (converted == HT_CONVERTED) {
        write_item(place, rule->element, &item);
        return true;
    }
    if (rule->required && converted == HT_CONVERTED_INVALID) {
        ht_recorder_fault(recorder, "value-invalid", rule->label,
                          "the value of a required element cannot be read");
    } else if (rule->required) {
        ht_recorder_fault(recorder, "required-missing", rule->label, "a required element has no value");
    }
    return false;
}

static void write_instance(ElementPlace *place)
{
    const HtBlock *block = place->block;
    const HtElement *given = NULL;
    place->wrote = false;
    for (unsigned i = 0; i < block->n_rules; i++) {
        const HtElementRule *rule = &block->rules[i];
        bool skipped = rule->alternative && given == rule->element;
        if (!skipped && apply(place, rule)) {
            given = rule->element;
        }
    }
}

/* One more instance of a repeated group, unless nothing in it had a value. */
static void write_repeated(ElementPlace *place)
{
    if (place->instance == place->recorder->options->limits.instances) {
        ht_recorder_note(place->recorder, NULL, HT_MARK_BIT(HT_MARK_VALUE_TRUNCATED));
        return;
    }
    if (ht_when_holds(place->block->when, place->recorder->match)) {
        write_instance(place);
        place->instance = (uint8_t)(place->instance + place->wrote);
    }
}

/* The matcher's columns point to the instance at hand while its rules are applied. */
static void write_each(ElementPlace *place)
{
    HtMatch *match = place->recorder->match;
    const HtInstances *instances = &match->instances[place->block->each];
    if (instances->serial != match->serial) {
        return;
    }
    for (unsigned i = 0; i < instances->count; i++) {
        match->each = place->block->each;
        match->columns = &instances->values[i * instances->columns];
        write_repeated(place);
    }
    match->columns = NULL;
    if (instances->surplus) {
        ht_recorder_note(place->recorder, NULL, HT_MARK_BIT(HT_MARK_VALUE_TRUNCATED));
    }
}

static void write_elements(HtRecorder *recorder, const HtEventRule *rule)
{
    ElementPlace place = {.recorder = recorder};
    for (unsigned i = 0; i < rule->n_blocks; i++) {
        const HtBlock *block = &rule->blocks[i];
        place.block = block;
        place.instance = block->goes_on ? place.instance : 0;
        if (!block->repeats) {
            write_instance(&place);
        } else if (block->each < 0) {
            write_repeated(&place);
        } else {
            write_each(&place);
        }
    }
}

/* ---- Quality and unmapped ---- */

static void write_quality(HtRecorder *recorder)
{
    for (unsigned i = 0; i < recorder->n_notes; i++) {
        const HtNote *note = &recorder->notes[i];
        for (HtMarks marks = note->marks; marks; marks &= marks - 1) {
            const char *mark = ht_mark_name((HtMark)__builtin_ctzll(marks));
            HtItem item = {
                .kind = HT_ITEM_QUALITY, .name = {note->name, note->name_size}, .value = ht_text_from(mark)};
            ht_item_pack(&recorder->data, &item);
        }
    }
}

/* Marks of the whole text: they say nothing of a single element. */
static void note_text(HtRecorder *recorder)
{
    const HtReading *reading = recorder->reading;
    if (!reading || (!reading->text_marks && !recorder->repaired)) {
        return;
    }
    HtMarks marks = recorder->repaired ? HT_MARK_BIT(HT_MARK_REPAIRED_XML) : 0;
    marks |= reading->text_marks & HT_TEXT_ENCODING_MISMATCH ? HT_MARK_BIT(HT_MARK_ENCODING_MISMATCH) : 0;
    marks |= reading->text_marks & HT_TEXT_ENCODING_ASSUMED ? HT_MARK_BIT(HT_MARK_ENCODING_ASSUMED) : 0;
    marks |= reading->text_marks & HT_TEXT_HALF_CHARACTER ? HT_MARK_BIT(HT_MARK_HALF_CHARACTER) : 0;
    marks |= reading->text_marks & HT_TEXT_SURROGATES_JOINED ? HT_MARK_BIT(HT_MARK_SURROGATES_JOINED) : 0;
    if (marks) {
        ht_recorder_note(recorder, NULL, marks);
    }
}

void ht_recorder_data(HtRecorder *recorder, const HtEventRule *rule)
{
    const HtMatch *match = recorder->match;
    recorder->data.size = 0;
    ht_match_forget_notes(recorder->match);
    write_elements(recorder, rule);
    ht_recorder_note_time(recorder);
    ht_match_collect_left(recorder->match, rule->named, &recorder->originals);
    note_text(recorder);
    ht_recorder_note(recorder, NULL, ht_match_other_changes(match));
    if (match->record_unmapped.surplus || match->payload_unmapped.surplus || recorder->originals.surplus) {
        ht_recorder_note(recorder, NULL, HT_MARK_BIT(HT_MARK_VALUE_TRUNCATED));
    }
    write_quality(recorder);
    ht_buffer_add_text(&recorder->data, ht_buffer_text(&recorder->originals.items));
    ht_buffer_add_text(&recorder->data, ht_buffer_text(&match->record_unmapped.items));
    ht_buffer_add_text(&recorder->data, ht_buffer_text(&match->payload_unmapped.items));
}
