/* The form of values in HL7 V3, in both encodings of the same thing, even mixed in one message:
 *
 *     <id root="2.16…" extension="46513245"/>          <id><item root="2.16…" extension="46513245"/></id>
 *     <name>测试甲</name>                               <name><item><part value="测试甲"/></item></name>
 *     <addr><state>广东省</state></addr>                <addr><item><part type="STA" value="广东省"/></item></addr>
 *     <telecom value="tel:020-00000000"/>              <effectiveTime><low value="20090401"/></effectiveTime>
 *
 * Called by match.c inside of records whose fields the mapping declares; host process, the mapper's thread. */
#include "mappings/engine/match/form.h"

#include "mappings/engine/text/value.h"

#include <stdio.h>

/* ---- Names ---- */

static const char *const part_names[HT_FORM_PARTS][2] = {
    {"SAL", "streetAddressLine"}, {"STA", "state"},      {"CTY", "city"},        {"CNT", "county"},
    {"STB", "streetNameBase"},    {"STR", "streetName"}, {"BNR", "houseNumber"}, {"ZIP", "postalCode"},
};

void ht_form_learn(HtFormNames *names, HtName (*intern)(void *user, const char *name), void *user)
{
    names->item = intern(user, "item");
    names->part = intern(user, "part");
    names->type = intern(user, "type");
    names->root = intern(user, "root");
    names->list = intern(user, "codeSystem");
    static const char *const joining[HT_FORM_JOINING] = {"part", "any", "low", "family", "given"};
    static const char *const values[HT_FORM_VALUES] = {"extension", "code", "value", "displayName"};
    for (unsigned i = 0; i < HT_FORM_JOINING; i++) {
        names->joining[i] = intern(user, joining[i]);
    }
    for (unsigned i = 0; i < HT_FORM_VALUES; i++) {
        names->values[i] = intern(user, values[i]);
    }
    for (unsigned i = 0; i < HT_FORM_PARTS; i++) {
        names->parts[i] = intern(user, part_names[i][1]);
    }
}

/* The attribute's value without blanks, absent when there is nothing. */
static HtText find_attribute(const HtAttribute *attributes, unsigned count, HtName name)
{
    for (unsigned i = 0; i < count; i++) {
        if (attributes[i].name == name) {
            HtText value = ht_text_trim(attributes[i].value.data, attributes[i].value.size);
            return value.size > 0 ? value : HT_TEXT_NONE;
        }
    }
    return HT_TEXT_NONE;
}

/* ---- Elements ---- */

static const HtNodeStep *find_part(HtMatch *match, HtText type)
{
    uint16_t anywhere = 0;
    for (unsigned i = 0; i < HT_FORM_PARTS; i++) {
        if (ht_text_is(type, part_names[i][0])) {
            return ht_match_tree_child(match, match->top->step->node, match->form.parts[i], &anywhere);
        }
    }
    return NULL;
}

static bool has_value(const HtNode *node)
{
    for (unsigned i = 0; i < node->n_fields; i++) {
        if (node->fields[i].joined.count == 0) {
            return true;
        }
    }
    return false;
}

const HtNodeStep *ht_form_step(HtMatch *match, HtName name, const HtAttribute *attributes, unsigned count,
                               bool *joins)
{
    const HtNodeStep *around = match->top->step;
    if (!around || name == match->form.item) {
        return around;
    }
    HtText type =
        name == match->form.part ? find_attribute(attributes, count, match->form.type) : HT_TEXT_NONE;
    const HtNodeStep *part = type.data ? find_part(match, type) : NULL;
    if (part || !has_value(around->node)) {
        return part;
    }
    for (unsigned i = 0; i < HT_FORM_JOINING; i++) {
        if (match->form.joining[i] == name) {
            *joins = true;
            return around;
        }
    }
    return NULL;
}

void ht_form_enter_record(HtMatch *match, const HtNode *node)
{
    HtOpenElement *frame = match->top;
    size_t start = match->text.size;
    frame->quiet = true;
    frame->form |= HT_FORM_INSIDE;
    match->wants_record = match->wants_record || match->record_depth == 0;
    if (node->named != HT_SLOT_NONE && match->record_depth == match->depth) {
        HtText name = ht_text_from(frame->name);
        HtStore store = {node->named, 0, 0};
        ht_buffer_add_text(&match->text, name);
        ht_match_store(match, &store,
                       &(HtValue){(uint32_t)start, (uint32_t)name.size, match->serial, 0, 0, 0, 0}, NULL);
    }
}

void ht_form_enter_passed(HtMatch *match, const HtNode *node)
{
    HtOpenElement *frame = match->top;
    unsigned around = match->record_depth > 0 ? match->record_depth : match->depth;
    while (!match->record_depth && around > 1 &&
           !(match->frames[around].step && match->frames[around].step->node->declared)) {
        around--;
    }
    match->pass = node->pass;
    match->pass_depth = match->depth;
    frame->step = match->frames[around].step;
    frame->quiet = false;
    frame->form = 0;
}

/* ---- Values ---- */

/* The fields that the value is of: those of its numbering or code system, else those that name none. */
static uint32_t find_fits(const HtNode *node, HtText system)
{
    uint32_t said = 0, others = 0;
    for (unsigned i = 0; i < node->n_fields; i++) {
        const HtField *field = &node->fields[i];
        if (field->of && system.data && ht_text_is_one_of(system, (const char *const *)field->of)) {
            said |= 1u << i;
        } else if (!field->of && field->joined.count == 0) {
            others |= 1u << i;
        }
    }
    return said ? said : others;
}

/* Identifiers are copied from manuals, which write @ before what is to be filled in. */
static HtText skip_at(HtText value)
{
    while (value.size > 0 && (value.data[0] == '@' || g_ascii_isspace(value.data[0]))) {
        value = (HtText){value.data + 1, value.size - 1};
    }
    return value;
}

/* A telephone's number is a URL. */
static HtText undress(const HtMatch *match, HtName name, HtText value)
{
    static const char scheme[] = "tel:";
    if (name == match->form.values[0]) {
        return skip_at(value);
    }
    if (value.size >= sizeof scheme - 1 && g_ascii_strncasecmp(value.data, scheme, sizeof scheme - 1) == 0) {
        value = (HtText){value.data + sizeof scheme - 1, value.size - (sizeof scheme - 1)};
    }
    return value;
}

/* What is known of the value only with an attribute of it is kept with that. */
static void keep_with(HtMatch *match, const HtField *field, const HtAttribute *attributes, unsigned count)
{
    bool kept = match->record_depth > 0 && !field->plain->ignore;
    for (unsigned i = 0; i < count && kept; i++) {
        if (strcmp(attributes[i].name, field->with) == 0) {
            char name[HT_ITEM_NAME_MAX];
            HtText path = ht_match_path(match, field->slot);
            int size = snprintf(name, sizeof name, "%.*s/@%s", (int)path.size, path.data, field->with);
            ht_unmapped_add(&match->record_unmapped, match->hooks.limits,
                            (HtText){name, MIN((size_t)size, sizeof name - 1)}, attributes[i].value);
        }
    }
}

void ht_form_begin(HtMatch *match, const HtNode *node, const HtAttribute *attributes, unsigned count)
{
    HtOpenElement *frame = match->top;
    HtText system = find_attribute(attributes, count, match->form.root);
    system = system.data ? system : find_attribute(attributes, count, match->form.list);
    if (!frame->form) { /* it stands around a record that is declared, or a filter gave it */
        frame->form = HT_FORM_INSIDE;
        frame->quiet = true;
    }
    frame->fits = find_fits(node, skip_at(system));
    frame->inside = (uint32_t)match->text.size;
    for (unsigned i = 0; i < HT_FORM_VALUES; i++) {
        HtText value = find_attribute(attributes, count, match->form.values[i]);
        if (value.data) {
            value = undress(match, match->form.values[i], value);
            frame->start = frame->inside;
            frame->size = (uint32_t)value.size;
            ht_buffer_add_text(&match->text, value);
            break;
        }
    }
    for (unsigned i = 0; i < node->n_fields && frame->size > 0; i++) {
        if (frame->fits >> i & 1 && node->fields[i].with) {
            keep_with(match, &node->fields[i], attributes, count);
        }
    }
}

void ht_form_hand_up(HtMatch *match)
{
    HtOpenElement *part = match->top, *whole = part - 1;
    HtBuffer *text = &match->text;
    if (whole->size == 0) {
        whole->start = part->start;
    } else if (whole->start + whole->size != part->start) {
        uint32_t start = (uint32_t)text->size;
        ht_buffer_reserve(text, whole->size + part->size);
        ht_buffer_add(text, text->data + whole->start, whole->size);
        ht_buffer_add(text, text->data + part->start, part->size);
        whole->start = start;
    }
    whole->size += part->size;
    whole->form |= HT_FORM_GAP;
}

/* What of the value is the field's; size 0: nothing. */
static HtText cut(const HtField *field, HtText value)
{
    size_t digits = 0, off = field->without.size;
    if (off > 0 && value.size > off && memcmp(value.data, field->without.data, off) == 0) {
        value = (HtText){value.data + off, value.size - off};
    }
    while (field->digits_max > 0 && digits < value.size && g_ascii_isdigit(value.data[digits])) {
        digits++;
    }
    if (digits < field->digits_min || (field->digits_max > 0 && digits > field->digits_max)) {
        return HT_TEXT_NONE;
    }
    size_t end = field->last > 0 ? MIN(field->last, value.size) : value.size;
    size_t start = field->first > 0 ? MIN(field->first - 1, end) : 0;
    return (HtText){value.data + start, end - start};
}

HtStore ht_form_first(const HtMatch *match, const HtNode *node)
{
    for (unsigned i = 0; i < node->n_fields; i++) {
        if (match->top->fits >> i & 1 && node->fields[i].plain->asked) {
            return (HtStore){node->fields[i].slot, 0, 0};
        }
    }
    return (HtStore){HT_SLOT_NONE, 0, 0};
}

/* Around the records the first value counts, too. */
static void give_around(HtMatch *match, const HtField *field, const HtValue *value, const HtChange *change)
{
    HtStore store = {field->slot, 0, 0};
    const HtValue *there = &match->absolutes[field->slot & HT_SLOT_NUMBER];
    if (value->size > 0 && there->serial < match->payload_serial) {
        ht_match_store(match, &store, value, change);
    } else if (value->size > 0 && value->taken != HT_EVENT_NONE) {
        HtText text = {match->text.data + value->offset, value->size};
        ht_unmapped_add(&match->payload_unmapped, match->hooks.limits, ht_match_path(match, field->slot),
                        text);
    }
}

static void give_text(HtMatch *match, const HtField *field, const HtValue *value, const HtChange *change)
{
    HtStore store = {field->slot, 0, 0};
    if (field->slot & HT_SLOT_ABSOLUTE) {
        give_around(match, field, value, change);
        return;
    }
    if (match->record_depth == 0 || value->size == 0 ||
        (field->plain->asked && ht_match_store(match, &store, value, change))) {
        return;
    }
    if (!field->plain->ignore) {
        HtText text = {match->text.data + value->offset, value->size};
        ht_unmapped_add(&match->record_unmapped, match->hooks.limits, ht_match_path(match, field->slot),
                        text);
    }
}

void ht_form_give(HtMatch *match, const HtField *field, HtValue value, const HtChange *change)
{
    HtText part = cut(field, (HtText){match->text.data + value.offset, value.size});
    value.offset = part.data ? (uint32_t)(part.data - match->text.data) : 0;
    value.size = (uint32_t)part.size;
    value.altered = value.altered && field->last == 0; /* elsewhere, perhaps */
    give_text(match, field, &value, change);
}

/* The field's value as those of the element that ends say it together, at the end of match->text; size 0: there are none, or it has one
 * already. They are carried by that. */
static HtText join(HtMatch *match, const HtField *field, bool *altered)
{
    size_t start = match->text.size;
    bool is_there = match->values[field->slot].serial == match->serial;
    for (unsigned i = 0; i < field->joined.count && !is_there; i++) {
        HtValue *value = &match->values[field->joined.slots[i]];
        if (value->serial == match->serial && value->taken != HT_EVENT_NONE &&
            value->offset >= match->top->inside) {
            ht_buffer_reserve(&match->text, value->size);
            ht_buffer_add(&match->text, match->text.data + value->offset, value->size);
            *altered = *altered || value->altered;
            value->taken = HT_EVENT_NONE;
        }
    }
    return (HtText){match->text.data + start, match->text.size - start};
}

void ht_form_end(HtMatch *match, const HtNode *node)
{
    for (unsigned i = 0; i < node->n_fields; i++) {
        bool altered = false;
        HtText text = join(match, &node->fields[i], &altered);
        HtValue value = {
            (uint32_t)(text.data - match->text.data), (uint32_t)text.size, match->serial, 0, 0, altered, 0};
        give_text(match, &node->fields[i], &value, NULL);
    }
}
