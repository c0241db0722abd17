/* An event's head: attributes and idempotency key. Called by record.c for each event, before its data, because
 * what is odd here becomes quality marks there. Texts are written into recorder->head, which has room for all of them. */
#include "mappings/engine/record/record.h"

#include "core/base/forms.h"
#include "mappings/engine/values/convert.h"
#include "mappings/engine/values/filler.h"
#include "mappings/engine/values/number-fold.h"

#define ATTRIBUTE_MAX 256
#define KEY_MAX 1024
#define CITIZEN_LEAST 15 /* bytes of a citizen number */
#define CORRELATION_DIGITS 32

/* The number as it is compared: ＡＢ１２ is AB12. Lies in the value, or in recorder->folded until the next is. */
static HtText fold(HtRecorder *recorder, HtText value, unsigned flags)
{
    recorder->folded.size = 0;
    HtText number = ht_number_fold(value, flags, ht_buffer_reserve(&recorder->folded, value.size));
    return number.data ? number : value;
}

/* ---- Business ---- */

/* What the record says of itself goes before what its operation means. */
static HtText find_action(HtRecorder *recorder, const HtEventRule *rule)
{
    HtMatch *match = recorder->match;
    if (rule->cancel && ht_when_holds(rule->cancel, match)) {
        return HT_TEXT_LITERAL("cancel");
    }
    if (rule->correct && ht_when_holds(rule->correct, match)) {
        return HT_TEXT_LITERAL("correct");
    }
    if (rule->verify && ht_when_holds(rule->verify, match)) {
        return HT_TEXT_LITERAL("verify");
    }
    if (recorder->record_means == HT_MEANS_CANCEL) {
        return HT_TEXT_LITERAL("cancel");
    }
    if (recorder->record_means == HT_MEANS_CORRECT && ht_text_is(rule->action, "assert")) {
        return HT_TEXT_LITERAL("correct");
    }
    return rule->action;
}

/* A business number; a filler is none. */
static void set_attribute(HtRecorder *recorder, HtEvent *event, HtAttr attribute, HtSlot slot,
                          const HtEventRule *rule)
{
    HtText value = ht_match_value(recorder->match, slot, 0);
    if (!value.data || ht_recorder_is_filler(recorder, rule, slot, value)) {
        return;
    }
    ht_match_take(recorder->match, slot, 0);
    HtText number = fold(recorder, value, HT_FOLD_KEEP_CASE);
    if (number.size <= ATTRIBUTE_MAX &&
        ht_text_is_line(number)) { /* attributes stand in HTTP headers and logs */
        event->attr[attribute] =
            number.data == value.data ? value : ht_recorder_keep(recorder, number.data, number.size);
    } else {
        ht_recorder_keep_original(recorder, ht_text_from(ht_attr_name(attribute)), value);
    }
}

/* A digest stands for a key that is too long. */
static HtText shorten(HtRecorder *recorder, size_t start)
{
    HtText key = {recorder->value.data + start, recorder->value.size - start};
    if (key.size <= KEY_MAX) {
        return ht_recorder_keep(recorder, key.data, key.size);
    }
    char hex[HT_SHA256_HEX];
    ht_sha256_hex(key, hex);
    return ht_recorder_keep(recorder, hex, strlen(hex));
}

/* A date and a citizen number in the one form in which elements carry them, a date as precise as it was sent: a notation is no
 * other number. Else without width, blanks and what else the part's fold takes away; absent for a null date. `form` has room
 * for a date. */
static HtText in_one_form(HtRecorder *recorder, const HtEventRule *rule, unsigned i, HtText value,
                          char form[HT_DATE_FORMAT_MAX])
{
    const HtElementRule *read = rule->id_reads[i];
    bool is_date = read && read->as == HT_AS_DATE;
    HtDate date;
    switch (is_date ? ht_recorder_date(recorder, value, read->date_flags, &date) : HT_DATE_INVALID) {
    case HT_DATE_OK: return (HtText){form, ht_date_format(&date, HT_TYPE_DATETIME, form)};
    case HT_DATE_NULL: return HT_TEXT_NONE;
    default: break;
    }
    const HtIdNumber *id = !is_date && value.size >= CITIZEN_LEAST ? ht_recorder_id(recorder, value) : NULL;
    bool citizen = id && id->valid;
    return citizen ? (HtText){id->canonical, id->size} : fold(recorder, value, rule->id_folds[i]);
}

/* False for a filler where a number belongs; where there are several to choose from, for a text without digits and letters, too. */
static bool can_be_part(HtRecorder *recorder, const HtEventRule *rule, unsigned i, HtText value)
{
    bool chosen = rule->id_instead[i] || rule->id_instead[i + 1];
    return rule->id_words[i] || !(ht_recorder_is_filler(recorder, rule, rule->id.slots[i], value) ||
                                  (chosen && ht_is_without_number(value)));
}

/* The value of the key's part in the form in which it counts; absent when there is none that can. */
static HtText find_part(HtRecorder *recorder, const HtEventRule *rule, unsigned i,
                        char form[HT_DATE_FORMAT_MAX])
{
    HtText value = ht_match_value(recorder->match, rule->id.slots[i], 0);
    if (!value.data || !can_be_part(recorder, rule, i, value)) {
        return HT_TEXT_NONE;
    }
    return in_one_form(recorder, rule, i, value, form);
}

/* A value may hold what separates values. */
static void add_to_key(HtBuffer *key, HtText value)
{
    ht_buffer_add_char(key, '|');
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '|' || value.data[i] == '\\') {
            ht_buffer_add_char(key, '\\');
        }
        ht_buffer_add_char(key, value.data[i]);
    }
}

/* The first path behind the part that begins with path `i`. */
static unsigned end_part(const HtEventRule *rule, unsigned i)
{
    do {
        i++;
    } while (i < rule->id.count && rule->id_instead[i]);
    return i;
}

/* Appends the part between the paths: the first value that counts, whose bit is set. False when there is none. */
static bool add_part(HtRecorder *recorder, const HtEventRule *rule, unsigned i, unsigned end,
                     uint64_t *present)
{
    char form[HT_DATE_FORMAT_MAX];
    HtText value = find_part(recorder, rule, i, form);
    while (!value.data && i + 1 < end) {
        value = find_part(recorder, rule, ++i, form);
    }
    *present |= (uint64_t)(value.data != NULL) << MIN(i, 63);
    add_to_key(&recorder->value, value);
    return value.data != NULL;
}

/* Appends all parts, and sets the bits of the paths that count; the number of parts that the key needs and that are missing. */
static unsigned add_parts(HtRecorder *recorder, const HtEventRule *rule, uint64_t *present)
{
    unsigned missing = 0;
    for (unsigned i = 0, part = 0; i < rule->id.count; part++) {
        unsigned end = end_part(rule, i);
        missing += !add_part(recorder, rule, i, end, present) && part < rule->id_needed;
        i = end;
    }
    return missing;
}

static void take_parts(HtRecorder *recorder, const HtEventRule *rule, uint64_t present)
{
    for (unsigned i = 0; i < rule->id.count; i++) {
        if (present >> MIN(i, 63) & 1) {
            ht_match_take(recorder->match, rule->id.slots[i], 0);
        }
    }
}

/* "type|assert|value|…". The action is no part of it: the same number asserted and then cancelled is one number. (It was one, in
 * the second place: its most frequent word stays, so that a spool goes on knowing the numbers that it took.) With a needed value
 * missing it is no key, but what there is of it still tells two records apart. */
static void set_key(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event)
{
    HtBuffer *key = &recorder->value;
    uint64_t present = 0;
    if (rule->id.count == 0) {
        return;
    }
    key->size = 0;
    ht_buffer_add_text(key, rule->id_of.data ? rule->id_of : rule->type);
    ht_buffer_add_literal(key, "|assert");
    unsigned missing = add_parts(recorder, rule, &present);
    if (missing == 0) {
        event->key = shorten(recorder, 0);
        event->is_state = rule->id_of.data != NULL;
        take_parts(recorder, rule, present);
    } else if (present) {
        event->half_key = shorten(recorder, 0);
    }
}

/* The first part's value, as it counts in the key. */
static void set_businessid(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event)
{
    unsigned end = end_part(rule, 0);
    for (unsigned i = 0; i < end && !event->attr[HT_ATTR_BUSINESSID].data; i++) {
        set_attribute(recorder, event, HT_ATTR_BUSINESSID, rule->id.slots[i], rule);
    }
}

/* Where the mapping has no path for the former number, a cancel repeats it as its own. */
static bool names_nothing(const HtEventRule *rule, const HtEvent *event)
{
    bool own = rule->reverses.count == 0 && event->key.data;
    return ht_text_is(event->attr[HT_ATTR_ACTION], "cancel") && !own && !event->attr[HT_ATTR_REVERSES].data;
}

static void set_business(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event)
{
    HtText action = find_action(recorder, rule);
    event->attr[HT_ATTR_ACTION] = action;
    set_key(recorder, rule, event);
    if (rule->id.count > 0 && !rule->id_personal) {
        set_businessid(recorder, rule, event);
    }
    bool reverses = ht_text_is(action, "cancel") || ht_text_is(action, "correct");
    for (unsigned i = 0; reverses && i < rule->reverses.count && !event->attr[HT_ATTR_REVERSES].data; i++) {
        set_attribute(recorder, event, HT_ATTR_REVERSES, rule->reverses.slots[i], rule);
    }
    if (names_nothing(rule, event)) {
        ht_recorder_note(recorder, NULL, HT_MARK_BIT(HT_MARK_REVERSAL_UNNAMED));
    }
}

/* True when the digest of the event before is of the same values: the same paths of the same record. */
static bool is_correlation_known(const HtRecorder *recorder, const HtFrom *of)
{
    const HtCorrelation *last = &recorder->correlation;
    return last->serial == recorder->match->serial && last->of->count == of->count &&
           memcmp(last->of->slots, of->slots, of->count * sizeof *of->slots) == 0;
}

/* Equal values give equal ids, in any event and source; the values themselves may be personal and stay out. False when one
 * of them is missing. */
static bool digest_correlation(HtRecorder *recorder, const HtEventRule *rule)
{
    const HtFrom *of = &rule->correlation;
    HtBuffer *values = &recorder->value;
    values->size = 0;
    for (unsigned i = 0; i < of->count; i++) {
        HtText value = ht_match_value(recorder->match, of->slots[i], 0);
        if (!value.data || ht_recorder_is_filler(recorder, rule, of->slots[i], value)) {
            return false;
        }
        HtText number = fold(recorder, value, HT_FOLD_KEEP_CASE);
        ht_buffer_add_text(values, number);
        ht_buffer_add_char(values, '\0');
    }
    ht_sha256_hex(ht_buffer_text(values), recorder->correlation.digest);
    recorder->correlation.serial = recorder->match->serial;
    recorder->correlation.of = of;
    return true;
}

static void set_correlation(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event)
{
    for (unsigned i = 0; i < rule->correlation.count; i++) {
        ht_match_take(recorder->match, rule->correlation.slots[i], 0);
    }
    if (is_correlation_known(recorder, &rule->correlation) || digest_correlation(recorder, rule)) {
        event->attr[HT_ATTR_CORRELATIONID] =
            ht_recorder_keep(recorder, recorder->correlation.digest, CORRELATION_DIGITS);
    }
}

/* ---- Place ---- */

/* yyyymmdd of the event; of today when it has no time. */
static uint32_t day_of(const HtRecorder *recorder, const HtEvent *event)
{
    static const unsigned digits[] = {0, 1, 2, 3, 5, 6, 8, 9}; /* of YYYY-MM-DD */
    HtText time = event->attr[HT_ATTR_TIME];
    uint32_t day = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(digits) && time.size >= 10; i++) {
        day = day * 10 + (uint32_t)(time.data[digits[i]] - '0');
    }
    return day ? day : recorder->today;
}

static HtMarks marks_of(const HtGround *ground)
{
    return (ground->ended ? HT_MARK_BIT(HT_MARK_DIVISION_RETIRED) : 0) |
           (ground->coarser ? HT_MARK_BIT(HT_MARK_DIVISION_COARSER) : 0) |
           (ground->early ? HT_MARK_BIT(HT_MARK_DIVISION_EARLY) : 0);
}

/* The code that the text is, or is known as on that day; 0: it is none. What was sent is kept when it is another. */
static size_t read_division(HtRecorder *recorder, HtText path, HtText text, uint32_t day,
                            char code[HT_NUMBER_MAX])
{
    const HtDivisions *divisions = recorder->reference->divisions;
    size_t size = ht_value_division(text.data, text.size, code);
    const char *now = ht_division_now(divisions, size > 0 ? (HtText){code, size} : text);
    if (now) {
        ht_recorder_note(recorder, NULL, size > 0 ? HT_MARK_BIT(HT_MARK_DIVISION_RETIRED) : 0);
        size = strlen(now);
        memcpy(code, now, size);
    }
    bool coarser = false, grid = false;
    if (size == 0) {
        size = ht_division_grid(divisions, text, code, &coarser);
        grid = size > 0;
    }
    HtGround ground = ht_division_ground(divisions, (HtText){code, size}, day, day);
    if (ground.changed) {
        size = ground.size;
        memcpy(code, ground.code, size);
    }
    ht_recorder_note(recorder, NULL,
                     marks_of(&ground) | (coarser ? HT_MARK_BIT(HT_MARK_DIVISION_COARSER) : 0));
    if (now || grid || ground.changed) {
        ht_recorder_keep_original(recorder, path, text);
    }
    return size;
}

/* The first of the values that is a division's code; absent when none is. */
static HtText find_division(HtRecorder *recorder, const HtFrom *from, HtText path, uint32_t day,
                            HtDivisionInfo *info)
{
    char code[HT_NUMBER_MAX];
    for (unsigned i = 0; i < from->count; i++) {
        HtText text = ht_match_take(recorder->match, from->slots[i], 0);
        size_t size = text.data ? read_division(recorder, path, text, day, code) : 0;
        if (size > 0) {
            ht_division_check(recorder->reference->divisions, code, size, info);
            ht_recorder_note(recorder, NULL, info->marks);
            ht_recorder_take_wider(recorder, from, (HtText){code, size});
            return ht_recorder_keep(recorder, code, info->size ? info->size : size);
        }
        if (text.data) {
            ht_recorder_note(recorder, NULL, HT_MARK_BIT(HT_MARK_DIVISION_UNKNOWN));
            ht_recorder_keep_original(recorder, path, text);
        }
    }
    return HT_TEXT_NONE;
}

/* Codes with blanks between, in recorder->value until they are kept. */
static void add_place(HtBuffer *places, HtText code)
{
    if (places->size > 0) {
        ht_buffer_add_char(places, ' ');
    }
    ht_buffer_add_text(places, code);
}

static bool is_around(HtText wide, HtText code)
{
    return wide.size <= code.size && memcmp(wide.data, code.data, wide.size) == 0;
}

/* True when one of these is the code, or lies in it: it says nothing more. */
static bool is_said(HtText code, HtText first, HtText others)
{
    bool said = first.data && is_around(code, first);
    for (HtText one = ht_form_next_division(&others); one.data && !said;
         one = ht_form_next_division(&others)) {
        said = is_around(code, one);
    }
    return said;
}

static HtText keep_places(HtRecorder *recorder, const HtBuffer *places)
{
    return places->size > 0 ? ht_recorder_keep(recorder, places->data, places->size) : HT_TEXT_NONE;
}

/* Where else it concerns somebody: the residence of one whose register is elsewhere. */
static void set_other_divisions(HtRecorder *recorder, const HtEventRule *rule, uint32_t day, HtEvent *event)
{
    HtBuffer *places = &recorder->value;
    places->size = 0;
    for (unsigned i = 0; i < rule->n_other_divisions; i++) {
        HtDivisionInfo info = {0};
        HtText code =
            find_division(recorder, &rule->other_divisions[i], rule->other_division_paths[i], day, &info);
        if (code.data && !is_said(code, event->attr[HT_ATTR_DIVISION], ht_buffer_text(places))) {
            add_place(places, code);
        }
    }
    event->attr[HT_ATTR_OTHERDIVISIONS] = keep_places(recorder, places);
}

static void add_present(HtRecorder *recorder, HtText code, uint32_t day, const HtEvent *event)
{
    HtBuffer *places = &recorder->value;
    HtGround ground = ht_division_ground(recorder->reference->divisions, code, day, recorder->today);
    HtText now = {ground.code, ground.size};
    if (ground.changed && !is_said(now, event->attr[HT_ATTR_DIVISION], event->attr[HT_ATTR_OTHERDIVISIONS]) &&
        !is_said(now, HT_TEXT_NONE, ht_buffer_text(places))) {
        add_place(places, now);
    }
}

/* Whoever has the ground today gets what happened there before. */
static void set_present_divisions(HtRecorder *recorder, uint32_t day, HtEvent *event)
{
    static const HtAttr single[] = {HT_ATTR_DIVISION, HT_ATTR_FROMDIVISION};
    recorder->value.size = 0;
    HtText others = event->attr[HT_ATTR_OTHERDIVISIONS];
    for (unsigned i = 0; i < G_N_ELEMENTS(single); i++) {
        if (event->attr[single[i]].data) {
            add_present(recorder, event->attr[single[i]], day, event);
        }
    }
    for (HtText one = ht_form_next_division(&others); one.data; one = ht_form_next_division(&others)) {
        add_present(recorder, one, day, event);
    }
    event->attr[HT_ATTR_PRESENTDIVISIONS] = keep_places(recorder, &recorder->value);
}

static void set_division(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event)
{
    uint32_t day = day_of(recorder, event);
    HtDivisionInfo info = {0};
    HtText code = find_division(recorder, &rule->division, rule->division_path, day, &info);
    const char *assumed = recorder->options->division;
    if (!code.data && assumed && *assumed) {
        ht_division_check(recorder->reference->divisions, assumed, strlen(assumed), &info);
        ht_recorder_note(recorder, NULL, HT_MARK_BIT(HT_MARK_DIVISION_ASSUMED));
        code = ht_text_from(assumed);
    }
    if (code.data) {
        const char *edition =
            info.edition ? info.edition : ht_divisions_edition(recorder->reference->divisions);
        event->attr[HT_ATTR_DIVISION] = code;
        event->attr[HT_ATTR_DIVISIONEDITION] = ht_text_from(edition);
    }
    HtDivisionInfo from_info = {0};
    event->attr[HT_ATTR_FROMDIVISION] =
        find_division(recorder, &rule->from_division, rule->from_division_path, day, &from_info);
    set_other_divisions(recorder, rule, day, event);
    set_present_divisions(recorder, day, event);
}

void ht_recorder_head(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event)
{
    recorder->head.size = 0;
    ht_buffer_reserve(&recorder->head, HT_HEAD_BYTES);
    event->attr[HT_ATTR_TYPE] = rule->type;
    event->attr[HT_ATTR_DIRECTION] = rule->direction;
    set_business(recorder, rule, event);
    ht_recorder_time(recorder, rule, event);
    set_division(recorder, rule, event);
    if (rule->correlation.count > 0) {
        set_correlation(recorder, rule, event);
    }
    ht_recorder_identities(recorder, rule, event);
}
