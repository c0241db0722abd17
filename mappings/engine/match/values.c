/* What the matcher has kept, as conditions and the recorder ask for it: values by slot, null or not, and what nobody named.
 * Called at the end of each record; host process, the mapper's thread. */
#include "mappings/engine/match/match.h"

#include "mappings/engine/rules/flag.h"
#include "mappings/engine/values/convert.h"
#include "mappings/engine/values/filler.h"

enum { NULL_NOT_LOOKED, NULL_YES, NULL_NO };

#define NULL_WORD_MAX 9 /* bytes of the longest Chinese word for null, 未填写 */

/* ---- Null ---- */

/* False when no spelling of null that ht_value_is_null() knows begins like this: a digit, most letters (but N, U, A, D, S of
 * null, undefined, anyType{}, DBNull, System.DBNull), most Chinese characters. Spares most values the call. */
static inline bool may_be_null(HtText text)
{
    unsigned char first = text.size > 0 ? (unsigned char)text.data[0] : 0;
    if (first < 0x80) {
        bool letter = g_ascii_isalpha((char)first) && !strchr("nNuUaAdDsS", first);
        return !letter && !g_ascii_isdigit((char)first);
    }
    return !((first >= 0xe4 && first <= 0xe9) &&
             (text.size > NULL_WORD_MAX || (first != 0xe6 && first != 0xe7)));
}

/* ---- Values ---- */

static inline HtValue *find_value(HtMatch *match, HtSlot slot, const HtBuffer **text)
{
    unsigned number = slot & HT_SLOT_NUMBER;
    *text = &match->text;
    if (slot & HT_SLOT_COLUMN) {
        HtValue *value = match->columns ? &match->columns[number] : NULL;
        return value && value->serial == match->serial ? value : NULL;
    }
    if (slot & HT_SLOT_ABSOLUTE) {
        *text = &match->payload_text;
        HtValue *value = &match->absolutes[number];
        return value->serial >= match->payload_serial ? value : NULL;
    }
    HtValue *value = &match->values[number];
    return value->serial == match->serial ? value : NULL;
}

HtText ht_match_raw(HtMatch *match, HtSlot slot)
{
    const HtBuffer *text;
    const HtValue *value = find_value(match, slot, &text);
    return value ? (HtText){text->data + value->offset, value->size} : HT_TEXT_NONE;
}

/* Zeros of either width, perhaps a spreadsheet's. */
static bool is_zero(HtText value)
{
    char folded[HT_WORD_MAX];
    if (value.size == 0 || (value.data[0] != '0' && (unsigned char)value.data[0] != 0xef)) {
        return false; /* most values */
    }
    return ht_text_is((HtText){folded, ht_flag_fold(value, folded)}, "0");
}

/* The mapping's own spellings of null. A 0 may have as many digits as it likes. */
static bool is_extra_null(const HtMapping *mapping, HtSlot slot, HtText value)
{
    for (guint i = 0; i < mapping->nulls->len; i++) {
        const HtNullRule *rule = mapping->nulls->pdata[i];
        bool meant = !rule->paths;
        for (unsigned s = 0; s < rule->slots.count; s++) {
            meant = meant || rule->slots.slots[s] == slot;
        }
        if (meant && (ht_text_equal(rule->value, value) || (rule->zero && is_zero(value)))) {
            return true;
        }
    }
    return false;
}

static HtText look_at_null(HtMatch *match, HtSlot slot, HtValue *value, HtText raw)
{
    bool null = (may_be_null(raw) && ht_value_is_null(raw.data, raw.size, 0)) ||
                is_extra_null(match->mapping, slot, raw);
    value->null = null ? NULL_YES : NULL_NO;
    return null ? HT_TEXT_NONE : raw;
}

static inline HtText get_value(HtMatch *match, HtSlot slot, unsigned null_flags)
{
    const HtBuffer *text;
    HtValue *value = find_value(match, slot, &text);
    if (!value) {
        return HT_TEXT_NONE;
    }
    HtText raw = {text->data + value->offset, value->size};
    if (null_flags != 0) {
        return ht_value_is_null(raw.data, raw.size, null_flags) ? HT_TEXT_NONE : raw;
    }
    if (value->null == NULL_NOT_LOOKED) {
        return look_at_null(match, slot, value, raw);
    }
    return value->null == NULL_YES ? HT_TEXT_NONE : raw;
}

HtText ht_match_value(HtMatch *match, HtSlot slot, unsigned null_flags)
{
    return get_value(match, slot, null_flags);
}

/* ---- Fillers ---- */

static bool is_meant(const HtFillerRule *rule, HtSlot slot)
{
    bool meant = !rule->paths;
    for (unsigned i = 0; i < rule->slots.count && !meant; i++) {
        meant = rule->slots.slots[i] == slot;
    }
    return meant;
}

static bool is_as_folded(const HtFillerRule *rule, HtText value)
{
    char folded[HT_FILLER_MAX];
    size_t size = ht_filler_fold(value, folded);
    return size != SIZE_MAX && ht_text_equal(rule->folded, (HtText){folded, size});
}

bool ht_match_is_filler(const HtMatch *match, HtSlot slot, HtText value)
{
    const GPtrArray *fillers = match->mapping->fillers;
    bool filler = ht_is_filler(value);
    for (guint i = 0; i < fillers->len && !filler; i++) {
        const HtFillerRule *rule = fillers->pdata[i];
        filler = is_meant(rule, slot) &&
                 (rule->shorter > 0 ? ht_filler_is_shorter(value, rule->shorter) : is_as_folded(rule, value));
    }
    return filler;
}

bool ht_match_is_number(const HtMatch *match, HtSlot slot, HtText value)
{
    return !ht_is_without_number(value) && !ht_match_is_filler(match, slot, value);
}

/* ---- Taken ---- */

static inline void note_taken(HtMatch *match, HtSlot slot)
{
    const HtBuffer *text;
    HtValue *value = find_value(match, slot, &text);
    value->taken = match->event & 0x7f;
    match->alteration.carried = match->alteration.carried || (value->altered && !match->tells_nothing);
    match->taken = slot;
}

HtText ht_match_take(HtMatch *match, HtSlot slot, unsigned null_flags)
{
    HtText value = get_value(match, slot, null_flags);
    if (value.data) {
        note_taken(match, slot);
    }
    return value;
}

void ht_match_take_equal(HtMatch *match, const HtFrom *from, unsigned first, HtText value)
{
    HtSlot taken = match->taken;
    for (unsigned i = first; i < from->count; i++) {
        HtText other = ht_match_raw(match, from->slots[i]);
        if (other.data && ht_text_equal(other, value)) {
            note_taken(match, from->slots[i]);
        }
    }
    match->taken = taken;
}

HtText ht_match_first(HtMatch *match, const HtFrom *from, unsigned null_flags)
{
    for (unsigned i = 0; i < from->count; i++) {
        HtText value = get_value(match, from->slots[i], null_flags);
        if (value.data) {
            match->taken = from->slots[i];
            match->taken_at = i;
            return value;
        }
    }
    return HT_TEXT_NONE;
}

void ht_match_take_found(HtMatch *match, const HtFrom *from, HtText value)
{
    note_taken(match, match->taken);
    if (match->taken_at + 1 < from->count) {
        ht_match_take_equal(match, from, match->taken_at + 1, value);
    }
}

HtText ht_match_take_first(HtMatch *match, const HtFrom *from, unsigned null_flags)
{
    HtText value = ht_match_first(match, from, null_flags);
    if (value.data) {
        ht_match_take_found(match, from, value);
    }
    return value;
}

HtText ht_match_path(const HtMatch *match, HtSlot slot)
{
    return ht_mapping_path(match->mapping, slot, (unsigned)match->each);
}

/* ---- What nobody named ---- */

/* Names come from payloads: control characters (in JSON's member names) become `_`, and it ends at a character's border. */
static size_t clean_name(HtText name, char clean[HT_ITEM_NAME_MAX])
{
    size_t size = MIN(name.size, HT_ITEM_NAME_MAX);
    while (size > 0 && size < name.size && ((unsigned char)name.data[size] & 0xc0) == 0x80) {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        clean[i] = byte < 0x20 || byte == 0x7f ? '_' : (char)byte;
    }
    return size;
}

void ht_unmapped_add(HtUnmapped *unmapped, const HtLimits *limits, HtText name, HtText value)
{
    if (ht_value_is_null(value.data, value.size, 0)) {
        return;
    }
    if (unmapped->count == limits->unmapped || unmapped->items.size + value.size > limits->unmapped_bytes) {
        unmapped->surplus = true;
        return;
    }
    char clean[HT_ITEM_NAME_MAX];
    HtItem item = {.kind = HT_ITEM_UNMAPPED, .name = {clean, clean_name(name, clean)}, .value = value};
    ht_item_pack(&unmapped->items, &item);
    unmapped->count++;
}

static bool has_bit(const uint64_t *bits, unsigned bit)
{
    return bits[bit / 64] >> (bit % 64) & 1;
}

/* Instance for instance, column for column: what is in none of the bits. */
static void collect_instances(HtMatch *match, unsigned each, const uint64_t *covers)
{
    const HtEachRule *rule = match->mapping->eaches->pdata[each];
    const HtInstances *instances = &match->instances[each];
    if (instances->serial != match->serial) {
        return;
    }
    for (unsigned i = 0; i < instances->count * instances->columns; i++) {
        unsigned column = i % instances->columns;
        const HtValue *value = &instances->values[i];
        if (value->serial == match->serial && !has_bit(covers, rule->first_bit + column)) {
            HtText text = {match->text.data + value->offset, value->size};
            ht_unmapped_add(&match->record_unmapped, match->hooks.limits,
                            ht_text_from(rule->columns->pdata[column]), text);
        }
    }
}

void ht_match_collect_uncovered(HtMatch *match, const uint64_t *covers)
{
    const HtMapping *mapping = match->mapping;
    for (unsigned i = 0; i < match->n_stored; i++) {
        HtSlot slot = match->stored[i];
        if (!has_bit(covers, slot) && match->values[slot].taken != HT_EVENT_NONE) {
            HtText name = ht_text_from(mapping->record_paths->pdata[slot]);
            ht_unmapped_add(&match->record_unmapped, match->hooks.limits, name, ht_match_raw(match, slot));
        }
    }
    for (guint each = 0; each < mapping->eaches->len; each++) {
        collect_instances(match, each, covers);
    }
}

/* What is left of the instances of one repeated group. */
static void collect_left_instances(HtMatch *match, unsigned each, const uint64_t *named, HtUnmapped *left)
{
    const HtEachRule *rule = match->mapping->eaches->pdata[each];
    const HtInstances *instances = &match->instances[each];
    match->each = (int)each;
    for (unsigned i = 0; instances->serial == match->serial && i < instances->count; i++) {
        match->columns = &instances->values[i * instances->columns];
        for (unsigned column = 0; column < instances->columns; column++) {
            HtSlot slot = (HtSlot)(column | HT_SLOT_COLUMN);
            bool named_here = has_bit(named, rule->first_bit + column);
            if (named_here && match->columns[column].taken != match->event) {
                ht_unmapped_add(left, match->hooks.limits, ht_match_path(match, slot),
                                ht_match_value(match, slot, 0));
            }
        }
    }
    match->columns = NULL;
}

void ht_match_collect_left(HtMatch *match, const uint64_t *named, HtUnmapped *left)
{
    const HtMapping *mapping = match->mapping;
    for (unsigned i = 0; i < match->n_stored; i++) {
        HtSlot slot = match->stored[i];
        if (match->values[slot].taken != match->event && has_bit(named, slot)) {
            ht_unmapped_add(left, match->hooks.limits, ht_match_path(match, slot),
                            ht_match_value(match, slot, 0));
        }
    }
    for (guint each = 0; each < mapping->eaches->len; each++) {
        collect_left_instances(match, each, named, left);
    }
}

void ht_match_drop_absolute(HtMatch *match, unsigned number)
{
    HtSlot slot = (HtSlot)(number | HT_SLOT_ABSOLUTE);
    HtValue *value = &match->absolutes[number];
    if (value->serial >= match->payload_serial && !value->taken &&
        g_array_index(match->mapping->absolute_carried, bool, number)) {
        ht_unmapped_add(&match->payload_unmapped, match->hooks.limits, ht_match_path(match, slot),
                        ht_match_value(match, slot, 0));
    }
    value->serial = 0;
}
