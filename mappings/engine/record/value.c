/* One value, from the text that a department sent to what the dictionary's element carries. Called for every element of
 * every record: no allocation, and checks only for what the payload's text holds at all (traits). */
#include "mappings/engine/record/record.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/values/dates.h"
#include "mappings/engine/values/filler.h"
#include "mappings/engine/values/idnumber.h"
#include "mappings/engine/text/text.h"

/* After these marks the result does not tell what was sent: the original goes along. */
#define KEEP_ORIGINAL                                                              \
    (HT_MARK_BIT(HT_MARK_ID_15_UPGRADED) | HT_MARK_BIT(HT_MARK_ID_FOLDED) |        \
     HT_MARK_BIT(HT_MARK_NAME_DOT_NORMALISED) | HT_MARK_BIT(HT_MARK_NAME_FOLDED) | \
     HT_MARK_BIT(HT_MARK_CODE_FROM_TEXT) | HT_MARK_BIT(HT_MARK_CODE_APPROXIMATE))

/* What the value tells of whom the event is, and of what: a number that does not check and a filler tell nothing. */
static unsigned find_tells(const HtElementRule *rule, HtText text, HtMarks marks)
{
    bool wrong = marks & HT_MARK_BIT(HT_MARK_ID_CHECK_FAILED);
    return wrong || (rule->as != HT_AS_DATE && ht_is_filler(text)) ? 0 : rule->tells;
}

static unsigned get_traits(const HtRecorder *recorder)
{
    return recorder->reading ? recorder->reading->text_traits : HT_TRAIT_ALL;
}

/* Notes the marks of a converted value, and keeps the original where they ask for it. */
static HtConverted finish(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtMarks marks)
{
    if (rule->tells & ~recorder->told) {
        recorder->told |= find_tells(rule, text, marks);
    }
    if (marks) {
        ht_recorder_note(recorder, rule->element, marks);
        if (marks & KEEP_ORIGINAL) {
            ht_recorder_keep_original(recorder, rule->source_path, text);
        }
    }
    return HT_CONVERTED;
}

/* The value that several elements read is kept once. */
static HtConverted refuse(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtMark mark)
{
    ht_recorder_note(recorder, rule->element, HT_MARK_BIT(mark));
    if (!ht_recorder_is_refused(recorder, text)) {
        ht_recorder_keep_original(recorder, rule->source_path, text);
    }
    if (recorder->n_refused < HT_REFUSED_MAX && !rule->xpath) {
        recorder->refused[recorder->n_refused++] = text;
    }
    return HT_CONVERTED_INVALID;
}

/* ---- Texts ---- */

static HtMarks check_length(const HtElementRule *rule, HtText text)
{
    uint32_t most = rule->element->max_length;
    bool too_long = most > 0 && text.size > most && ht_value_length(text.data, text.size) > most;
    return too_long ? HT_MARK_BIT(HT_MARK_VALUE_TOO_LONG) : 0;
}

static HtMarks marks_of_text(unsigned found)
{
    HtMarks marks = 0;
    marks |= found & HT_TEXT_REPLACEMENT_CHARACTER ? HT_MARK_BIT(HT_MARK_NAME_REPLACEMENT_CHARACTER) : 0;
    marks |= found & HT_TEXT_PRIVATE_USE ? HT_MARK_BIT(HT_MARK_NAME_PRIVATE_USE) : 0;
    marks |= found & HT_TEXT_LOST ? HT_MARK_BIT(HT_MARK_CHARACTER_LOST) : 0;
    marks |= found & HT_TEXT_NAME_DOT ? HT_MARK_BIT(HT_MARK_NAME_DOT_NORMALISED) : 0;
    marks |= found & HT_TEXT_NAME_FOLDED ? HT_MARK_BIT(HT_MARK_NAME_FOLDED) : 0;
    return marks;
}

/* Without a trait of these in the whole payload, and but for names, a text has no marks. */
#define TRAITS_WITH_MARKS (HT_TRAIT_REPLACEMENT | HT_TRAIT_PRIVATE_USE | HT_TRAIT_REFERENCE | HT_TRAIT_BOX)

/* Written in one way when it is a code of this kind, as it was sent when it is none. */
static HtConverted convert_checked(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtItem *item)
{
    HtOrgNumber number;
    HtIdStatus status = rule->element->check == HT_CHECK_USCC
                            ? ht_uscc_parse(text.data, text.size, &number)
                            : ht_orgcode_parse(text.data, text.size, &number);
    if (status == HT_ID_EMPTY) {
        return HT_CONVERTED_NONE;
    }
    item->value = text;
    if (number.valid) {
        recorder->value.size = 0;
        ht_buffer_add(&recorder->value, number.canonical, number.size);
        item->value = ht_buffer_text(&recorder->value);
    }
    return finish(recorder, rule, text, number.marks | check_length(rule, item->value));
}

static HtConverted convert_text(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtItem *item)
{
    unsigned traits = get_traits(recorder), found = 0;
    if (rule->element->check != HT_CHECK_NONE) {
        return convert_checked(recorder, rule, text, item);
    }
    item->value = text;
    if (rule->as == HT_AS_NAME || traits & TRAITS_WITH_MARKS) {
        found = ht_text_value_marks(text.data, text.size, traits, rule->as == HT_AS_NAME);
    }
    if (found & (HT_TEXT_NAME_DOT | HT_TEXT_NAME_FOLDED)) {
        recorder->value.size = 0;
        char *out = ht_buffer_reserve(&recorder->value, HT_TEXT_NAME_ROOM(text.size));
        item->value = (HtText){out, ht_text_fix_name(text.data, text.size, out)};
    }
    return finish(recorder, rule, text, marks_of_text(found) | check_length(rule, item->value));
}

/* ---- Codes ---- */

/* A part of an original code: NUL separates the parts, so none may be inside (JSON can bring one). */
static void add_part(HtBuffer *buffer, HtText part)
{
    ht_buffer_add(buffer, part.data, part.data ? strnlen(part.data, part.size) : 0);
}

static void write_original(HtRecorder *recorder, const HtElementRule *rule, const HtCode *code, HtText text)
{
    recorder->value.size = 0;
    bool named = code->code.data || code->text.data;
    add_part(&recorder->value, named ? code->code : text);
    ht_buffer_add_char(&recorder->value, '\0');
    add_part(&recorder->value, code->text);
    ht_buffer_add_char(&recorder->value, '\0');
    ht_buffer_add_string(&recorder->value, rule->system);
}

/* What conditions of the mapping read as a code of the table is that code here too. */
static void read_as_choice(const HtElementRule *rule, HtText text, HtCode *code)
{
    if (code->status != HT_CODE_UNMAPPED || !rule->choice) {
        return;
    }
    bool unreadable;
    const HtTableEntry *entry = ht_flag_code(rule->choice, text, &unreadable);
    if (entry) {
        *code = (HtCode){.status = HT_CODE_OK, .entry = entry};
    }
}

static HtConverted convert_code(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtItem *item)
{
    if (!rule->table) {
        item->value = text;
        return finish(recorder, rule, text, check_length(rule, text));
    }
    HtCode code = ht_code_resolve(rule->table, rule->translation, text);
    read_as_choice(rule, text, &code);
    if (code.status == HT_CODE_NULL) {
        return HT_CONVERTED_NONE;
    }
    if (code.status == HT_CODE_OK) {
        item->value = (HtText){code.entry->code, code.entry->code_size};
        return finish(recorder, rule, text, code.marks);
    }
    write_original(recorder, rule, &code, text);
    item->value = ht_buffer_text(&recorder->value);
    item->form = HT_VALUE_ORIGINAL;
    return finish(recorder, rule, text, code.marks ? code.marks : HT_MARK_BIT(HT_MARK_CODE_UNMAPPED));
}

/* ---- Dates ---- */

/* True when someone born then may be under 14 today; unknown parts count in favour of the child. */
static bool is_minor(const HtRecorder *recorder, const char *iso, size_t size)
{
    uint32_t number = 0;
    for (size_t i = 0; i < size; i++) {
        number = iso[i] == '-' ? number : number * 10 + (uint32_t)(iso[i] - '0');
    }
    number = size == 4 ? number * 10000 + 1231 : size == 7 ? number * 100 + 31 : number;
    return (size == 4 || size == 7 || size == 8 || size == 10) && number + 140000 > recorder->today;
}

/* Also of a number with a wrong check character, whose birthday may be right all the same: then in favour of the child. */
static bool is_number_of_minor(const HtRecorder *recorder, const HtIdNumber *id)
{
    const char *birth = id->canonical + 6;
    if (id->status != HT_ID_WRONG_CHECK) {
        return id->birth_date[0] != '\0' && is_minor(recorder, id->birth_date, 10);
    }
    uint32_t number = 0;
    for (size_t i = 0; i < 8; i++) {
        number = number * 10 + (uint32_t)(birth[i] - '0');
    }
    bool exists = ht_date_exists((int)(number / 10000), (int)(number / 100 % 100), (int)(number % 100));
    return exists && number <= recorder->today && is_minor(recorder, birth, 8);
}

static HtConverted convert_date(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtItem *item)
{
    HtDate date;
    HtDateResult result = ht_recorder_date(recorder, text, rule->date_flags, &date);
    if (result == HT_DATE_NULL) {
        return HT_CONVERTED_NONE;
    }
    HtType type = rule->element->type;
    if (rule->finest && (int)date.precision > rule->finest) {
        date.precision = (HtPrecision)rule->finest;
    }
    recorder->value.size = 0;
    char *out = ht_buffer_reserve(&recorder->value, HT_DATE_FORMAT_MAX);
    size_t size = result == HT_DATE_OK ? ht_date_format(&date, type, out) : 0;
    if (size == 0) {
        return refuse(recorder, rule, text, HT_MARK_DATE_INVALID);
    }
    item->value = (HtText){out, size};
    bool zone_assumed = type == HT_TYPE_DATETIME && date.precision >= HT_PRECISION_MINUTE && !date.had_zone &&
                        !(rule->date_flags & HT_DATE_EPOCH);
    recorder->minor = recorder->minor || (rule->is_birth_date && is_minor(recorder, out, size));
    recorder->aged = recorder->aged || rule->is_birth_date;
    return finish(recorder, rule, text, date.marks | (zone_assumed ? HT_MARK_BIT(HT_MARK_ZONE_ASSUMED) : 0));
}

/* ---- Numbers ---- */

static bool has_unit(HtText text)
{
    static const char *const units[] = {"万", "亿", "元", "圆"};
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (memmem(text.data, text.size, units[i], strlen(units[i]))) {
            return true;
        }
    }
    return false;
}

/* The number with its column's unit behind it, unless it says its own. */
static HtText add_unit(HtText text, char room[HT_NUMBER_MAX])
{
    static const HtText unit = HT_TEXT_LITERAL("万");
    if (has_unit(text) || text.size + unit.size > HT_NUMBER_MAX) {
        return text;
    }
    memcpy(room, text.data, text.size);
    memcpy(room + text.size, unit.data, unit.size);
    return (HtText){room, text.size + unit.size};
}

static HtConverted convert_number(HtRecorder *recorder, const HtElementRule *rule, HtText sent, HtItem *item)
{
    char room[HT_NUMBER_MAX];
    HtText text = rule->ten_thousands ? add_unit(sent, room) : sent;
    recorder->value.size = 0;
    char *out = ht_buffer_reserve(&recorder->value, HT_NUMBER_MAX);
    size_t size = rule->as == HT_AS_INTEGER ? ht_value_integer(text.data, text.size, out)
                                            : ht_value_decimal(text.data, text.size, out);
    if (size == 0) {
        return refuse(recorder, rule, sent, HT_MARK_NUMBER_INVALID);
    }
    item->value = (HtText){out, size};
    return finish(recorder, rule, sent, 0);
}

static HtConverted convert_id(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtItem *item)
{
    const HtIdNumber *id = ht_recorder_id(recorder, text);
    if (id->status == HT_ID_EMPTY) {
        return HT_CONVERTED_NONE;
    }
    item->value = id->size > 0 ? (HtText){id->canonical, id->size} : text;
    recorder->minor = recorder->minor || (rule->is_id_number && is_number_of_minor(recorder, id));
    recorder->aged = recorder->aged || (rule->is_id_number && id->birth_date[0] != '\0');
    return finish(recorder, rule, text, id->marks);
}

static HtConverted convert_division(HtRecorder *recorder, const HtElementRule *rule, HtText text,
                                    HtItem *item)
{
    recorder->value.size = 0;
    char *out = ht_buffer_reserve(&recorder->value, HT_NUMBER_MAX);
    size_t size = ht_value_division(text.data, text.size, out);
    item->value = text;
    HtDivisionInfo info = {.marks = HT_MARK_BIT(HT_MARK_DIVISION_UNKNOWN)};
    if (size > 0) {
        ht_division_check(recorder->reference->divisions, out, size, &info);
        item->value = (HtText){out, size};
    }
    return finish(recorder, rule, text, info.marks);
}

/* What the matcher has put right in the text belongs to the element. */
static void note_change(HtRecorder *recorder, const HtElementRule *rule, HtText text)
{
    HtChange *change = ht_match_change(recorder->match, text);
    if (change) {
        change->noted = true;
        ht_recorder_note(recorder, rule->element, change->marks);
        if (change->sent_size > 0) {
            ht_recorder_keep_original(recorder, rule->source_path,
                                      ht_match_sent(recorder->match, text, change));
        }
    }
}

HtConverted ht_recorder_convert(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtItem *item)
{
    item->form = rule->form;
    note_change(recorder, rule, text);
    switch (rule->as) {
    case HT_AS_CODE: return convert_code(recorder, rule, text, item);
    case HT_AS_DATE: return convert_date(recorder, rule, text, item);
    case HT_AS_INTEGER:
    case HT_AS_DECIMAL: return convert_number(recorder, rule, text, item);
    case HT_AS_ID_NUMBER: return convert_id(recorder, rule, text, item);
    case HT_AS_DIVISION: return convert_division(recorder, rule, text, item);
    default: return convert_text(recorder, rule, text, item);
    }
}
