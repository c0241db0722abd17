/* Who an event is about: its identities, each in the form in which it is compared, and none that is a filler or another
 * person's number. Called by record/head.c for each event; texts are written into recorder->head. */
#include "mappings/engine/record/record.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/values/filler.h"
#include "mappings/engine/values/idnumber.h"
#include "mappings/engine/values/number-fold.h"

#define IDENTITY_MAX 255
#define UNIT_NUMBER_SIZE 28
#define GENERATION_YEARS 14 /* between a parent's birth and a child's, at least */
#define SIBLING_MONTHS 9
#define CHILD_YEARS 18 /* of whom a number a generation older is a parent's */

/* ---- Fillers ---- */

/* Marks the element that carries the slot's value in this event; without one the whole event. */
static void note(HtRecorder *recorder, const HtEventRule *rule, HtSlot slot, HtMark mark)
{
    const HtElement *found = NULL;
    for (unsigned b = 0; b < rule->n_blocks && !found; b++) {
        const HtBlock *block = &rule->blocks[b];
        for (unsigned i = 0; i < block->n_rules && !block->repeats && !found; i++) {
            const HtElementRule *one = &block->rules[i];
            bool carries = ht_from_has(&one->from, slot) && ht_when_holds(one->when, recorder->match);
            found = carries ? one->element : NULL;
        }
    }
    ht_recorder_note(recorder, found, HT_MARK_BIT(mark));
}

bool ht_recorder_is_filler(HtRecorder *recorder, const HtEventRule *rule, HtSlot slot, HtText value)
{
    bool filler = ht_match_is_filler(recorder->match, slot, value);
    if (filler) {
        note(recorder, rule, slot, HT_MARK_NUMBER_FILLER);
    }
    return filler;
}

/* The first of the identity's values, from path `*at` on, that is somebody's number. `*at` becomes its path's. */
static HtText find_value(HtRecorder *recorder, const HtEventRule *event, const HtIdentityRule *rule,
                         unsigned *at)
{
    for (; *at < rule->from.count; ++*at) {
        HtSlot slot = rule->from.slots[*at];
        HtText value = ht_match_value(recorder->match, slot, 0);
        if (value.data && ht_match_is_number(recorder->match, slot, value)) {
            recorder->identity = slot;
            return value;
        }
        if (value.data) {
            note(recorder, event, slot, HT_MARK_NUMBER_FILLER);
        }
    }
    return HT_TEXT_NONE;
}

/* ---- Births ---- */

/* The date of birth that the record gives its person; false when there is none. */
static bool find_birth(HtRecorder *recorder, const HtEventRule *rule, HtDate *birth)
{
    for (const HtElementRule *const *one = rule->births; *one; one++) {
        if (!ht_when_holds((*one)->when, recorder->match)) {
            continue;
        }
        bool constant;
        HtText text = ht_recorder_text(recorder, *one, &constant);
        return text.data && !constant &&
               ht_recorder_date(recorder, text, (*one)->date_flags, birth) == HT_DATE_OK;
    }
    return false;
}

static int read_number(const char *digits, size_t size)
{
    int number = 0;
    for (size_t i = 0; i < size; i++) {
        number = number * 10 + (digits[i] - '0');
    }
    return number;
}

/* The number's own day of birth, which need not exist. Numbers of 15 digits here are of unknown century: year 0 to 99. */
static void read_birth(const HtIdNumber *id, int *year, int *month, int *day)
{
    size_t digits = id->size == 18 ? 4 : 2;
    const char *start = id->canonical + 6;
    *year = read_number(start, digits);
    *month = read_number(start + digits, 2);
    *day = read_number(start + digits + 2, 2);
}

/* True when number and record name different days of birth; what the record does not know is no difference. */
static bool is_of_another_birth(const HtIdNumber *id, const HtDate *birth)
{
    int year, month, day;
    read_birth(id, &year, &month, &day);
    return year != (id->size == 18 ? birth->year : birth->year % 100) ||
           (birth->precision >= HT_PRECISION_MONTH && month != birth->month) ||
           (birth->precision >= HT_PRECISION_DAY && day != birth->day);
}

/* True when it is no slip of the pen that they differ: no two children of a mother, but twins, are born within nine months, so a
 * nearer day is the same child's, mended or mistyped. */
static bool is_far(const HtIdNumber *id, const HtDate *birth)
{
    int year, month, day;
    read_birth(id, &year, &month, &day);
    if (id->size != 18 || birth->precision < HT_PRECISION_MONTH || month < 1 || month > 12) {
        return true;
    }
    return abs((year - birth->year) * 12 + month - birth->month) > SIBLING_MONTHS;
}

/* True when the record is about a child and the number is that of somebody a generation older. */
static bool is_of_a_parent(const HtRecorder *recorder, const HtIdNumber *id, const HtDate *birth)
{
    int year, month, day;
    read_birth(id, &year, &month, &day);
    bool child = birth->year + CHILD_YEARS > (int)(recorder->today / 10000);
    return child && id->size == 18 && year + GENERATION_YEARS <= birth->year;
}

/* ---- Other persons of the record ---- */

static bool is_plain(HtText text)
{
    if (text.size != 18) {
        return false;
    }
    for (size_t i = 0; i < 17; i++) {
        if (!g_ascii_isdigit(text.data[i])) {
            return false;
        }
    }
    return g_ascii_isdigit(text.data[17]) || text.data[17] == 'X';
}

/* In 15 or 18 digits, in any width. Most are 18 digits already. */
static bool is_same(HtRecorder *recorder, const HtIdNumber *id, HtText other)
{
    HtText number = {id->canonical, id->size};
    if (is_plain(other)) {
        return ht_text_equal(number, other);
    }
    const HtIdNumber *read = ht_recorder_id(recorder, other);
    return ht_text_equal(number, (HtText){read->canonical, read->size});
}

static bool is_value_same(HtRecorder *recorder, const HtIdNumber *id, const HtOtherRule *other)
{
    const HtBlock *block = other->block;
    if (!ht_when_holds(block->when, recorder->match) || !ht_when_holds(other->rule->when, recorder->match)) {
        return false;
    }
    bool constant;
    HtText text = ht_recorder_text(recorder, other->rule, &constant);
    return text.data && is_same(recorder, id, text);
}

/* In any of the instances, when the group repeats. */
static bool is_other(HtRecorder *recorder, const HtIdNumber *id, const HtOtherRule *other)
{
    HtMatch *match = recorder->match;
    if (other->block->each < 0) {
        return is_value_same(recorder, id, other);
    }
    const HtInstances *instances = &match->instances[other->block->each];
    bool found = false;
    for (unsigned i = 0; instances->serial == match->serial && i < instances->count && !found; i++) {
        match->columns = &instances->values[i * instances->columns];
        found = is_value_same(recorder, id, other);
    }
    match->columns = NULL;
    return found;
}

/* A relative's number is never the person's own; whoever reports or heads the household may be the person, but no newborn. A
 * number of the person's birthday (`agrees`) is not the mother's: then her column is the wrong one. */
static bool is_relative(HtRecorder *recorder, const HtEventRule *rule, const HtIdNumber *id, bool agrees)
{
    for (unsigned i = 0; i < rule->n_others; i++) {
        const HtOtherRule *other = &rule->others[i];
        HtNames names = other->rule->element->names;
        bool never = rule->newborn || names == HT_NAMES_SPOUSE || (names == HT_NAMES_ELDER && !agrees);
        if (never && is_other(recorder, id, other)) {
            return true;
        }
    }
    return false;
}

/* ---- Citizen numbers ---- */

typedef enum { OWN, ANOTHERS, CONTRADICTED } Whose;

static Whose find_whose(HtRecorder *recorder, const HtEventRule *rule, const HtIdNumber *id, HtDate *birth)
{
    bool known = find_birth(recorder, rule, birth);
    bool other_birth = known && is_of_another_birth(id, birth);
    bool agrees = known && !other_birth && birth->precision >= HT_PRECISION_DAY;
    if (is_relative(recorder, rule, id, agrees)) {
        return ANOTHERS;
    }
    bool contradicted =
        other_birth && (rule->newborn ? is_far(id, birth) : is_of_a_parent(recorder, id, birth));
    return contradicted ? CONTRADICTED : OWN;
}

/* A citizen number that names somebody; a wrong check digit does not matter: it is still the number by which the register knows
 * this person. */
static bool names_somebody(const HtIdNumber *id)
{
    switch (id->status) {
    case HT_ID_VALID:
    case HT_ID_AMBIGUOUS:
    case HT_ID_WRONG_CHECK:
    case HT_ID_WRONG_DATE:
    case HT_ID_FUTURE: return true;
    default: return false;
    }
}

/* ---- What is left of a number that contradicts the record ---- */

/* What newborns are called who have no name: it tells nobody apart. */
static bool is_no_name(HtText name)
{
    static const char *const parts[] = {"之", "婴", "取名", "命名", "宝", "毛毛", "无名"};
    g_autofree char *text = g_strndup(name.data, name.size);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (strstr(text, parts[i])) {
            return true;
        }
    }
    return ht_is_filler(name);
}

static HtText find_name(HtRecorder *recorder, const HtEventRule *rule)
{
    for (const HtElementRule *const *one = rule->names; *one; one++) {
        bool constant;
        HtText text = ht_when_holds((*one)->when, recorder->match)
                          ? ht_recorder_text(recorder, *one, &constant)
                          : HT_TEXT_NONE;
        if (text.data) {
            return is_no_name(text) ? HT_TEXT_NONE : text;
        }
    }
    return HT_TEXT_NONE;
}

/* The same child reported again has the same wrong number, name and day of birth: together they are an identity of the source's
 * own, when there is no better one. It is not the number's owner, and no twin, who has another name. */
static void add_contradicted(HtRecorder *recorder, const HtEventRule *rule, HtText number, HtEvent *event)
{
    HtDate birth;
    HtText name = find_name(recorder, rule);
    if (!name.data || !find_birth(recorder, rule, &birth)) {
        return;
    }
    HtBuffer *text = &recorder->value;
    char day[HT_DATE_FORMAT_MAX];
    text->size = 0;
    ht_buffer_add_text(text, number);
    ht_buffer_add_char(text, '|');
    ht_buffer_add(text, day, ht_date_format(&birth, HT_TYPE_DATE, day));
    ht_buffer_add_char(text, '|');
    ht_buffer_add_text(text, name);
    if (text->size <= IDENTITY_MAX) {
        HtText value = ht_recorder_keep(recorder, text->data, text->size);
        event->identities[event->identity_count++] =
            (HtIdentity){HT_TEXT_LITERAL("contradictedNumber"), value, false};
    }
}

/* ---- Identities ---- */

/* The first of the identity's values that is a citizen's number; what is none hides none. */
static bool find_id(HtRecorder *recorder, const HtEventRule *event, const HtIdentityRule *rule,
                    HtIdNumber *id)
{
    HtText text;
    for (unsigned at = 0; (text = find_value(recorder, event, rule, &at)).data; at++) {
        *id = *ht_recorder_id(recorder, text);
        if (names_somebody(id)) {
            return true;
        }
        if (id->status == HT_ID_FILLER) {
            note(recorder, event, recorder->identity, HT_MARK_NUMBER_FILLER);
        }
    }
    return false;
}

/* The number in its compared form; absent when it is nobody's, or not this person's. A number that contradicts the record is
 * left in `contradicted`. */
static HtText find_citizen(HtRecorder *recorder, const HtEventRule *event, const HtIdentityRule *rule,
                           HtText *contradicted)
{
    HtIdNumber id;
    if (!find_id(recorder, event, rule, &id)) {
        return HT_TEXT_NONE;
    }
    HtDate birth;
    Whose whose = find_whose(recorder, event, &id, &birth);
    HtText number = ht_recorder_keep(recorder, id.canonical, id.size);
    if (whose == OWN) {
        return number;
    }
    note(recorder, event, recorder->identity, HT_MARK_IDENTITY_CONFLICT);
    *contradicted = whose == CONTRADICTED ? number : *contradicted;
    return HT_TEXT_NONE;
}

/* "WITHIN:NUMBER"; absent without the first: then it is nobody's number. */
static HtText put_within(HtRecorder *recorder, const HtIdentityRule *rule, HtText number)
{
    HtText within = ht_match_first(recorder->match, &rule->within, 0);
    HtBuffer *text = &recorder->value;
    if (!within.data) {
        return HT_TEXT_NONE;
    }
    text->size = 0;
    ht_buffer_add_text(text, within);
    ht_buffer_add_char(text, ':');
    ht_buffer_add_text(text, number);
    return ht_buffer_text(text);
}

static HtText find_local(HtRecorder *recorder, const HtEventRule *event, const HtIdentityRule *rule)
{
    unsigned at = 0;
    HtText text = find_value(recorder, event, rule, &at);
    if (text.data && rule->within.count > 0) {
        text = put_within(recorder, rule, text);
    }
    if (!text.data || text.size > IDENTITY_MAX) {
        return HT_TEXT_NONE;
    }
    char room[IDENTITY_MAX];
    HtText folded = ht_number_fold(text, rule->separators ? HT_FOLD_SEPARATORS : 0, room);
    return folded.data ? ht_recorder_keep(recorder, folded.data, folded.size) : folded;
}

/* A credit code whose check character is wrong, or what stands in its place (a registration number, the owner's citizen
 * number), names no organisation. */
static HtText find_credit_code(HtRecorder *recorder, const HtEventRule *event, const HtIdentityRule *rule)
{
    HtText text;
    for (unsigned at = 0; (text = find_value(recorder, event, rule, &at)).data; at++) {
        HtOrgNumber code;
        if (ht_uscc_parse(text.data, text.size, &code) == HT_ID_VALID) {
            return ht_recorder_keep(recorder, code.canonical, code.size);
        }
    }
    return HT_TEXT_NONE;
}

static HtText find_unit_number(HtRecorder *recorder, const HtEventRule *event, const HtIdentityRule *rule)
{
    HtText number = find_local(recorder, event, rule);
    for (size_t i = 0; i < number.size; i++) {
        if (!g_ascii_isalnum(number.data[i])) {
            return HT_TEXT_NONE;
        }
    }
    return number.size == UNIT_NUMBER_SIZE ? number : HT_TEXT_NONE;
}

static HtText find_number(HtRecorder *recorder, const HtEventRule *event, const HtIdentityRule *rule,
                          HtText *contradicted)
{
    return rule->id_number     ? find_citizen(recorder, event, rule, contradicted)
           : rule->credit_code ? find_credit_code(recorder, event, rule)
           : rule->unit_number ? find_unit_number(recorder, event, rule)
                               : find_local(recorder, event, rule);
}

/* The first shared number says what the event is about: a person's and an organisation's would make one subject of the two. */
static bool is_of_another_class(HtRecorder *recorder, const HtIdentityRule *rule, const HtEvent *event)
{
    for (unsigned i = 0; rule->what != HT_SUBJECT_ANY && i < event->identity_count; i++) {
        HtSubjectClass what = ht_identity_class(event->identities[i].kind);
        if (what != HT_SUBJECT_ANY && what != rule->what) {
            ht_recorder_note(recorder, NULL, HT_MARK_BIT(HT_MARK_IDENTITY_CONFLICT));
            return true;
        }
    }
    return false;
}

/* True when it cannot be told whose the value is: it is none then, and marked. */
static bool is_doubtful(HtRecorder *recorder, const HtIdentityRule *rule)
{
    bool doubtful = rule->doubt && ht_when_holds(rule->doubt, recorder->match) &&
                    ht_match_first(recorder->match, &rule->from, 0).data;
    if (doubtful) {
        ht_recorder_note(recorder, NULL, HT_MARK_BIT(HT_MARK_IDENTITY_CONFLICT));
    }
    return doubtful;
}

static void add_identity(HtRecorder *recorder, const HtIdentityRule *rule, HtText value, HtEvent *event)
{
    if (value.data && ht_text_is_line(value) && value.size + rule->kind.size <= IDENTITY_MAX) {
        bool fresh = rule->fresh && ht_when_holds(rule->fresh, recorder->match);
        ht_match_take(recorder->match, recorder->identity, 0);
        event->identities[event->identity_count++] = (HtIdentity){rule->kind, value, fresh};
    }
}

void ht_recorder_identities(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event)
{
    HtText contradicted = HT_TEXT_NONE;
    for (unsigned i = 0; i < rule->n_identities; i++) {
        const HtIdentityRule *identity = &rule->identities[i];
        if (!ht_when_holds(identity->when, recorder->match) || is_doubtful(recorder, identity)) {
            continue;
        }
        HtText value = find_number(recorder, rule, identity, &contradicted);
        if (value.data && !is_of_another_class(recorder, identity, event)) {
            add_identity(recorder, identity, value, event);
        }
    }
    if (contradicted.data && event->identity_count == 0) {
        add_contradicted(recorder, rule, contradicted, event);
    }
}
