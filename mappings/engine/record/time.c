/* When it happened: an event's `time`. From the fact's own fields in order; a value of another field stands in for it, marked.
 * Called by record.c for each event, before and after its elements. */
#include "mappings/engine/record/record.h"

#include "mappings/engine/values/dates.h"

/* What an event's time cannot be read from; whether an element says so of the same value is known only when those are
 * written. */
static void remember(HtRecorder *recorder, HtText text, const char *path)
{
    if (recorder->n_time_originals < HT_TIME_ORIGINALS) {
        recorder->time_originals[recorder->n_time_originals++] = (HtTimeOriginal){text, path};
    }
}

/* The unknown parts are the first of their kind: the day's midnight stands at +08:00, in summer times, too, as for a day that
 * came without a zone. */
static void cut(HtDate *date, HtPrecision finest)
{
    if (date->precision > finest) {
        date->precision = finest;
        date->hour = date->minute = date->second = 0;
        date->millisecond = 0;
        date->had_fraction = false;
        date->offset_minutes = HT_DATE_CHINA_OFFSET_MINUTES;
    }
}

/* True when the path's value is a time; the event has it then. */
static bool take_time(HtRecorder *recorder, const HtEventRule *rule, unsigned path, HtEvent *event)
{
    HtDate date;
    char written[HT_DATE_FORMAT_MAX];
    HtText text = ht_match_value(recorder->match, rule->time.slots[path], 0);
    HtDateResult result =
        text.data ? ht_recorder_date(recorder, text, rule->time_flags, &date) : HT_DATE_NULL;
    if (text.data) {
        recorder->match->tells_nothing =
            result == HT_DATE_NULL || ht_from_has(&rule->time_sending, rule->time.slots[path]);
        ht_match_take(recorder->match, rule->time.slots[path], 0);
        recorder->match->tells_nothing = false;
    }
    if (result == HT_DATE_INVALID) {
        remember(recorder, text, rule->time_paths[path]);
    }
    if (result != HT_DATE_OK) {
        return false;
    }
    ht_match_take_equal(recorder->match, &rule->time, path + 1, text);
    bool assumed = path >= rule->time_own;
    recorder->time_marks = (date.marks & HT_MARK_BIT(HT_MARK_ZONE_CONVERTED)) |
                           (assumed ? HT_MARK_BIT(HT_MARK_TIME_ASSUMED) : 0);
    cut(&date, rule->time_finest ? (HtPrecision)rule->time_finest : HT_PRECISION_SECOND);
    cut(&date, assumed ? HT_PRECISION_DAY : HT_PRECISION_SECOND);
    size_t size = ht_date_format_rfc3339(&date, written);
    event->attr[HT_ATTR_TIME] = ht_recorder_keep(recorder, written, size);
    event->attr[HT_ATTR_TIMEPRECISION] = ht_text_from(ht_precision_name(date.precision));
    event->attr[HT_ATTR_TIMEELEMENTS] = rule->time_elements[path];
    event->time_sent = ht_from_has(&rule->time_sending, rule->time.slots[path]);
    recorder->told |= assumed ? 0 : HT_TELLS_FACT;
    return true;
}

void ht_recorder_time(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event)
{
    recorder->n_time_originals = 0;
    recorder->time_marks = 0;
    for (unsigned path = 0; path < rule->time.count; path++) {
        if (take_time(recorder, rule, path, event)) {
            return;
        }
    }
    if (rule->time_required) {
        bool given = recorder->n_time_originals > 0;
        g_autofree char *label = g_strdup_printf("time (%s)", rule->time_paths[0]);
        ht_recorder_fault(recorder, given ? "value-invalid" : "required-missing", label,
                          given ? "the time of the event cannot be read"
                                : "the time of the event has no value");
    }
}

static bool is_noted(const HtRecorder *recorder, HtMark mark)
{
    for (unsigned i = 0; i < recorder->n_notes; i++) {
        if (recorder->notes[i].marks & HT_MARK_BIT(mark)) {
            return true;
        }
    }
    return false;
}

void ht_recorder_note_time(HtRecorder *recorder)
{
    for (unsigned i = 0; i < recorder->n_time_originals; i++) {
        const HtTimeOriginal *original = &recorder->time_originals[i];
        if (!ht_recorder_is_refused(recorder, original->text)) {
            ht_recorder_note(recorder, NULL, HT_MARK_BIT(HT_MARK_DATE_INVALID));
            recorder->match->taken = HT_SLOT_NONE;
            ht_recorder_keep_original(recorder, ht_text_from(original->path), original->text);
        }
    }
    HtMarks marks = recorder->time_marks;
    marks &= is_noted(recorder, HT_MARK_ZONE_CONVERTED) ? ~HT_MARK_BIT(HT_MARK_ZONE_CONVERTED) : ~(HtMarks)0;
    if (marks) {
        ht_recorder_note(recorder, NULL, marks);
    }
}
