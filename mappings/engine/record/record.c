/* From complete records to packed events; see record.h. */
#include "mappings/engine/record/record.h"

#include "core/base/clock.h"
#include "mappings/engine/values/convert.h"
#include "mappings/engine/match/wait.h"

#define EVENTS_KEEP (1024 * 1024)
#define VALUE_KEEP (256 * 1024)
#define CHINA_OFFSET_S (8 * 3600)
#define DAY_S (24 * 3600)

/* ---- Life ---- */

void ht_recorder_init(HtRecorder *recorder, const HtMapping *mapping, const HtReference *reference,
                      const HtMapperOptions *options, HtMatch *match)
{
    *recorder = (HtRecorder){.mapping = mapping, .reference = reference, .options = options, .match = match};
    recorder->covers = g_new0(uint64_t, mapping->n_bits / 64 + 1);
    recorder->spans = g_array_new(FALSE, FALSE, sizeof(HtSpan));
}

void ht_recorder_clear(HtRecorder *recorder)
{
    ht_buffer_clear(&recorder->events);
    ht_buffer_clear(&recorder->data);
    ht_buffer_clear(&recorder->head);
    ht_buffer_clear(&recorder->tree_text);
    ht_buffer_clear(&recorder->value);
    ht_buffer_clear(&recorder->folded);
    ht_buffer_clear(&recorder->originals.items);
    ht_buffer_clear(&recorder->key);
    ht_buffer_clear(&recorder->record_keys);
    g_free(recorder->covers);
    g_array_unref(recorder->spans);
}

/* Today in China; worked out once a day. */
static uint32_t find_today(HtRecorder *recorder)
{
    time_t seconds = (time_t)(ht_clock_now() / HT_SECOND) + CHINA_OFFSET_S;
    if (recorder->today == 0 || recorder->day != seconds / DAY_S) {
        struct tm day;
        gmtime_r(&seconds, &day);
        recorder->day = seconds / DAY_S;
        recorder->today = (uint32_t)((day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday);
    }
    return recorder->today;
}

void ht_recorder_begin(HtRecorder *recorder, HtOutcome *outcome, const HtReading *reading)
{
    recorder->outcome = outcome;
    recorder->reading = reading;
    recorder->repaired = false;
    recorder->today = find_today(recorder);
    recorder->payload_unmapped = 0;
    recorder->payload_surplus = false;
    memset(recorder->ids, 0, sizeof recorder->ids);
    memset(recorder->dates, 0, sizeof recorder->dates);
    recorder->correlation.serial = 0;
    ht_buffer_reset(&recorder->data, VALUE_KEEP);
    ht_buffer_reset(&recorder->value, VALUE_KEEP);
    ht_buffer_reset(&recorder->tree_text, VALUE_KEEP);
    ht_buffer_reset(&recorder->originals.items, VALUE_KEEP);
    ht_recorder_drop(recorder);
}

void ht_recorder_drop(HtRecorder *recorder)
{
    ht_buffer_reset(&recorder->events, EVENTS_KEEP);
    g_array_set_size(recorder->spans, 0);
}

void ht_recorder_begin_part(HtRecorder *recorder, uint32_t number)
{
    const HtOutcome *outcome = recorder->outcome;
    recorder->part = (HtPartStart){.number = number,
                                   .records = outcome->records,
                                   .rejected = outcome->rejected,
                                   .unchanged = outcome->unchanged,
                                   .fault_count = outcome->fault_count,
                                   .events = recorder->spans->len,
                                   .events_size = recorder->events.size};
    recorder->repaired = false;
    recorder->payload_unmapped = 0;
    recorder->payload_surplus = false;
}

void ht_recorder_rewind_part(HtRecorder *recorder)
{
    HtOutcome *outcome = recorder->outcome;
    outcome->records = recorder->part.records;
    outcome->rejected = recorder->part.rejected;
    outcome->unchanged = recorder->part.unchanged;
    outcome->fault_count = recorder->part.fault_count;
    recorder->events.size = recorder->part.events_size;
    g_array_set_size(recorder->spans, recorder->part.events);
    recorder->payload_unmapped = 0;
    recorder->payload_surplus = false;
}

/* ---- What the parts ask for ---- */

/* ---- Records ---- */

static void begin_event(HtRecorder *recorder)
{
    recorder->match->event++;
    recorder->n_notes = 0;
    recorder->sensitivity = 0;
    recorder->minor = recorder->aged = false;
    recorder->n_refused = 0;
    recorder->told = 0;
    recorder->originals.items.size = 0;
    recorder->originals.count = 0;
    recorder->originals.surplus = false;
}

/* Two events of one record under one key would be taken for one event sent twice: the second would be lost. */
static void check_key(HtRecorder *recorder, HtText key)
{
    for (unsigned i = 0; key.data && i < recorder->n_record_keys; i++) {
        HtSpan other = recorder->record_key[i];
        if (ht_text_equal(key, (HtText){recorder->record_keys.data + other.start, other.size})) {
            ht_recorder_fault(
                recorder, "key-not-unique", NULL,
                "two events of this record have the same key; <id> must name what sets them apart");
            return;
        }
    }
    if (key.data && recorder->n_record_keys < HT_RECORD_EVENTS) {
        recorder->record_key[recorder->n_record_keys++] = (HtSpan){recorder->record_keys.size, key.size};
        ht_buffer_add_text(&recorder->record_keys, key);
    }
}

/* A death is of somebody: a number of the person says of whom, or a name together with the fact's own date or a number: of its
 * certificate, of the department's business (its key), or of the business that a cancel takes back. */
static void check_person(HtRecorder *recorder, const HtEventRule *rule, const HtEvent *event)
{
    unsigned told = recorder->told;
    bool reverses = event->attr[HT_ATTR_REVERSES].data && ht_text_is(event->attr[HT_ATTR_ACTION], "cancel");
    told |= event->identity_count > 0 ? HT_TELLS_NUMBER : 0;
    told |= reverses || event->key.data ? HT_TELLS_FACT : 0;
    if (!(told & HT_TELLS_NUMBER) && !((told & HT_TELLS_NAME) && (told & HT_TELLS_FACT))) {
        ht_recorder_fault(
            recorder, "required-missing", rule->type.data,
            "nobody is named: neither a number of the person, nor a name with the date or number of the fact");
    }
}

static void make_event(HtRecorder *recorder, const HtEventRule *rule, bool alone)
{
    static const char *const classes[] = {"0", "1", "2", "3"};
    HtEvent event = {0};
    begin_event(recorder);
    if (recorder->by_place) {
        ht_recorder_note(recorder, NULL, HT_MARK_BIT(HT_MARK_PARAMETERS_BY_PLACE));
    }
    ht_recorder_head(recorder, rule, &event);
    if (!alone) {
        check_key(recorder, event.key);
    }
    ht_recorder_data(recorder, rule);
    if (rule->needs_person && recorder->faults == 0) {
        check_person(recorder, rule, &event);
    }
    recorder->minor = recorder->minor || (rule->newborn && !recorder->aged);
    unsigned class = recorder->minor ? 3 : MIN(recorder->sensitivity, 3);
    event.attr[HT_ATTR_DATACLASSIFICATION] = (HtText){classes[class], 1};
    event.attr[HT_ATTR_MINOR] = recorder->minor ? HT_TEXT_LITERAL("1") : HT_TEXT_NONE;
    event.data = ht_buffer_text(&recorder->data);
    if (recorder->spans->len == 0) {
        recorder->key.size = 0;
        ht_buffer_add_text(&recorder->key, event.key);
    }

    HtSpan span = {recorder->events.size, 0};
    ht_event_pack(&event, &recorder->events);
    span.size = recorder->events.size - span.start;
    g_array_append_val(recorder->spans, span);
}

/* What none of the record's events names. */
static void collect_unmapped(HtRecorder *recorder, const HtRecordRule *rule, uint64_t made)
{
    unsigned words = recorder->mapping->n_bits / 64 + 1;
    uint64_t *covers = recorder->covers;
    memset(covers, 0, sizeof *covers * words);
    for (uint64_t left = made; left; left &= left - 1) {
        const HtEventRule *event = rule->events[__builtin_ctzll(left)];
        for (unsigned word = 0; word < words; word++) {
            covers[word] |= event->covers[word];
        }
    }
    ht_match_collect_uncovered(recorder->match, covers);
}

/* Bits of the rule's events whose condition holds. */
static uint64_t choose_events(HtRecorder *recorder, const HtRecordRule *rule)
{
    uint64_t chosen = 0;
    for (unsigned i = 0; i < rule->n_events; i++) {
        if (ht_when_holds(rule->events[i]->when, recorder->match)) {
            chosen |= (uint64_t)1 << i;
        }
    }
    return chosen;
}

static bool is_skipped(HtRecorder *recorder, const HtRecordRule *rule)
{
    for (unsigned i = 0; i < rule->n_skips; i++) {
        if (ht_when_holds(rule->skips[i], recorder->match)) {
            return true;
        }
    }
    return false;
}

/* False when the payload has more records than are taken; the reading is stopped then. */
static bool count_record(HtRecorder *recorder)
{
    if (recorder->outcome->records >= recorder->options->limits.records) {
        recorder->too_many(recorder->user);
        return false;
    }
    recorder->outcome->records++;
    return true;
}

/* A flag or choice that decided something and cannot be read: nothing is taken for granted in its place. */
static void check_readable(HtRecorder *recorder)
{
    const char *path = recorder->match->unreadable;
    if (path) {
        ht_recorder_fault(recorder, "flag-unreadable", path, HT_FLAG_UNREADABLE_TEXT);
    }
}

/* A correction that changes nothing is known, and no event: it counts as one that was. */
static bool changes_nothing(HtRecorder *recorder, const HtEventRule *rule)
{
    return rule->unchanged && ht_when_holds(rule->unchanged, recorder->match);
}

/* All events of a record; or none, and the faults that refuse it. */
static void make_events(HtRecorder *recorder, const HtRecordRule *rule, uint64_t chosen)
{
    size_t events_size = recorder->events.size;
    guint events = recorder->spans->len;
    uint32_t unchanged = recorder->outcome->unchanged;
    recorder->faults = 0;
    recorder->rule = rule;
    recorder->n_record_keys = 0;
    recorder->record_keys.size = 0;
    if (!chosen && !recorder->match->unreadable) {
        ht_recorder_fault(recorder, "no-event-for-record", NULL,
                          "no event of the mapping is meant for this record");
    } else {
        collect_unmapped(recorder, rule, chosen);
    }
    bool alone = (chosen & (chosen - 1)) == 0;
    for (uint64_t left = chosen; left; left &= left - 1) {
        const HtEventRule *event = rule->events[__builtin_ctzll(left)];
        if (changes_nothing(recorder, event)) {
            recorder->outcome->unchanged++;
        } else {
            make_event(recorder, event, alone);
        }
    }
    check_readable(recorder);
    if (recorder->faults > 0) {
        recorder->events.size = events_size;
        g_array_set_size(recorder->spans, events);
        recorder->outcome->unchanged = unchanged;
        recorder->outcome->rejected++;
    } else {
        recorder->payload_unmapped = recorder->match->payload_unmapped.items.size;
        recorder->payload_surplus = recorder->match->payload_unmapped.surplus;
    }
}

/* True when nothing can be asked of the record yet: what decides about it may still come, others wait before it, or the record around it
 * has not ended. */
static bool must_wait(const HtMatch *match, const HtRecordRule *rule)
{
    if (match->nesting > 0) {
        return true;
    }
    bool may = !match->is_releasing && !match->waits_no_more && !rule->needs_tree;
    return may && (match->waited > 0 || ht_wait_is_wanted(match, &rule->asks));
}

/* True when something that its events carry may still come. */
static bool should_wait(const HtMatch *match, const HtRecordRule *rule, uint64_t chosen)
{
    bool wanted = false;
    for (uint64_t left = chosen; left && !wanted; left &= left - 1) {
        const HtFrom *needs = &rule->events[__builtin_ctzll(left)]->needs;
        wanted = needs->count > 0 && ht_wait_is_wanted(match, needs);
    }
    return wanted && !match->is_releasing && !match->waits_no_more && !rule->needs_tree;
}

#define CONTEXT_BY_PLACE 0x100
#define CONTEXT_AROUND 0x200 /* it has taken what is around it */

/* Records that wait count for the limit already: when they are made the reading is over. So is the call that they came by. */
static void keep_waiting(HtRecorder *recorder, unsigned context)
{
    if (recorder->outcome->records + recorder->match->n_waiting >= recorder->options->limits.records) {
        recorder->too_many(recorder->user);
    } else {
        ht_wait_keep(recorder->match,
                     (unsigned)recorder->means | (recorder->by_place ? CONTEXT_BY_PLACE : 0) | context);
    }
}

static void make_record(HtRecorder *recorder, const HtRecordRule *rule)
{
    HtMatch *match = recorder->match;
    if (must_wait(match, rule)) {
        keep_waiting(recorder, 0);
        return;
    }
    if (!match->is_releasing || !(match->context & CONTEXT_AROUND)) {
        ht_match_take_around(match, rule);
    }
    recorder->record_means = MAX(recorder->means, ht_actions_means(match));
    if (recorder->record_means == HT_MEANS_ACKNOWLEDGEMENT || is_skipped(recorder, rule)) {
        return; /* what somebody repeats who has got it is no news */
    }
    uint64_t chosen = choose_events(recorder, rule);
    if (should_wait(match, rule, chosen)) {
        keep_waiting(recorder, CONTEXT_AROUND);
    } else if (count_record(recorder)) {
        ht_counts_record(match, rule);
        make_events(recorder, rule, chosen);
    }
}

/* A record that has waited, as if its call were still read. */
static void make_late(HtRecorder *recorder, const HtRecordRule *rule)
{
    HtMeans means = recorder->means;
    bool by_place = recorder->by_place;
    recorder->means = (HtMeans)(recorder->match->context & ~(unsigned)(CONTEXT_BY_PLACE | CONTEXT_AROUND));
    recorder->by_place = recorder->match->context & CONTEXT_BY_PLACE;
    make_record(recorder, rule);
    recorder->means = means;
    recorder->by_place = by_place;
}

void ht_recorder_record(HtRecorder *recorder, const HtRecordRule *rule)
{
    if (recorder->match->is_releasing) {
        make_late(recorder, rule);
    } else {
        make_record(recorder, rule);
    }
}

/* ---- The payload's end ---- */

/* Fields that came after the last record, or that no record has taken, go to the last event since `first`: nothing is dropped in
 * silence. */
static void append_trailer(HtRecorder *recorder, guint first)
{
    const HtUnmapped *unmapped = &recorder->match->payload_unmapped;
    const HtBuffer *items = &unmapped->items;
    bool surplus = unmapped->surplus && !recorder->payload_surplus;
    if (recorder->spans->len == first || (items->size <= recorder->payload_unmapped && !surplus)) {
        return;
    }
    HtSpan *span = &g_array_index(recorder->spans, HtSpan, recorder->spans->len - 1);
    g_autofree char *packed = g_memdup2(recorder->events.data + span->start, span->size);
    HtEvent event;
    if (!ht_event_unpack((HtText){packed, span->size}, &event, NULL)) {
        return;
    }
    HtText fields = {items->data + recorder->payload_unmapped, items->size - recorder->payload_unmapped};
    recorder->data.size = 0;
    if (surplus) {
        ht_event_add_mark(event.data, HT_TEXT_LITERAL(""), ht_mark_name(HT_MARK_VALUE_TRUNCATED),
                          &recorder->data);
    } else {
        ht_buffer_add_text(&recorder->data, event.data);
    }
    ht_buffer_add_text(&recorder->data, fields);
    event.data = ht_buffer_text(&recorder->data);
    recorder->events.size = span->start;
    ht_event_pack(&event, &recorder->events);
    span->size = recorder->events.size - span->start;
    recorder->payload_unmapped = items->size;
    recorder->payload_surplus = unmapped->surplus;
}

void ht_recorder_end_part(HtRecorder *recorder)
{
    append_trailer(recorder, recorder->part.events);
    recorder->payload_unmapped = recorder->match->payload_unmapped.items.size;
    recorder->payload_surplus = recorder->match->payload_unmapped.surplus;
}

/* Absolute values may belong to records of a later part: only now it is known that no record takes them. */
static void append_left_absolutes(HtRecorder *recorder)
{
    for (unsigned i = 0; i < recorder->mapping->n_absolute; i++) {
        ht_match_drop_absolute(recorder->match, i);
    }
    append_trailer(recorder, 0);
}

void ht_recorder_finish(HtRecorder *recorder)
{
    const HtOutcome *outcome = recorder->outcome;
    append_left_absolutes(recorder);
    bool alone = recorder->spans->len == 1 && outcome->records == 1 && outcome->rejected == 0;
    if (alone && recorder->key.size > 0) {
        recorder->outcome->key = ht_buffer_text(&recorder->key);
    }
    for (guint i = 0; i < recorder->spans->len; i++) {
        HtSpan span = g_array_index(recorder->spans, HtSpan, i);
        HtText event = {recorder->events.data + span.start, span.size};
        g_array_append_val(recorder->outcome->events, event);
    }
}
