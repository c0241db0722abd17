/* Where a value goes once it is read: to the record at hand, to an instance of a repeated group, or to what is around the records. */
#include "mappings/engine/match/match.h"
#include "mappings/engine/match/nest.h"

/* Copies what lies in the record's text to the payload's. */
static uint32_t copy_text(HtMatch *match, uint32_t offset, uint32_t size)
{
    uint32_t to = (uint32_t)match->payload_text.size;
    ht_buffer_add(&match->payload_text, match->text.data + offset, size);
    return to;
}

/* Moves the value, and what is to be said of it, to the payload's own text, which outlives the record. */
static HtValue copy_to_payload(HtMatch *match, const HtValue *value, const HtChange *change)
{
    HtValue kept = *value;
    kept.offset = copy_text(match, value->offset, value->size);
    if (change) {
        HtChange copy = *change;
        copy.offset = kept.offset;
        copy.sent = copy_text(match, change->sent, change->sent_size);
        ht_buffer_add(&match->payload_changes, &copy, sizeof copy);
        kept.change = (uint32_t)(match->payload_changes.size / sizeof copy) & 0x3fffff;
    }
    return kept;
}

/* What the mapper itself says is known, whoever takes it. */
void ht_match_say(HtMatch *match, HtSlot slot, HtText value)
{
    if (slot == HT_SLOT_NONE) {
        return;
    }
    HtValue *kept = &match->absolutes[slot & HT_SLOT_NUMBER];
    *kept = (HtValue){.taken = HT_EVENT_NONE};
    if (value.data) {
        kept->offset = (uint32_t)match->payload_text.size;
        kept->size = (uint32_t)value.size;
        kept->serial = match->serial;
        ht_buffer_add_text(&match->payload_text, value);
    }
}

/* False when the slot has a value already: the first one counts. Of absolute values it is the last one. */
bool ht_match_store(HtMatch *match, const HtStore *store, const HtValue *value, const HtChange *change)
{
    if (store->slot & HT_SLOT_ABSOLUTE) {
        HtText text = {match->text.data + value->offset, value->size};
        HtText taken = ht_actions_take(match, store->slot, text);
        ht_match_drop_absolute(match, store->slot & HT_SLOT_NUMBER);
        if (taken.data != text.data) {
            ht_match_say(match, store->slot, taken);
            return true;
        }
        HtValue *absolute = &match->absolutes[store->slot & HT_SLOT_NUMBER];
        *absolute = copy_to_payload(match, value, change);
        if (store->level == HT_LEVEL_INSIDE) {
            absolute->taken = HT_EVENT_NONE; /* the record that it stands in answers for it */
        }
        return store->level != HT_LEVEL_INSIDE;
    }
    if (!match->record_depth || match->document != match->record_document) {
        return false;
    }
    if (store->level != match->nesting) {
        return store->level < match->nesting && ht_nest_store(match, store, value, change);
    }
    HtValue *slot = &match->values[store->slot & HT_SLOT_NUMBER];
    if (store->slot & HT_SLOT_COLUMN) {
        HtInstances *instances = &match->instances[store->each];
        if (instances->serial != match->serial || instances->count == 0 || instances->surplus) {
            return false;
        }
        slot =
            &instances->values[(instances->count - 1) * instances->columns + (store->slot & HT_SLOT_NUMBER)];
    }
    if (slot->serial == match->serial) {
        return false;
    }
    *slot = *value;
    slot->taken = 0;
    if (!(store->slot & HT_SLOT_COLUMN)) {
        match->stored[match->n_stored++] = store->slot;
    }
    return true;
}

/* ---- From around the record ---- */

/* A value of the payload's text as one of the record's, at the end of its text. */
static HtValue copy_to_record(HtMatch *match, const HtValue *value)
{
    HtValue kept = {.offset = (uint32_t)match->text.size,
                    .size = value->size,
                    .serial = match->serial,
                    .altered = value->altered};
    ht_buffer_add_text(&match->text, (HtText){match->payload_text.data + value->offset, value->size});
    if (value->change) {
        HtChange change = ((const HtChange *)(void *)match->payload_changes.data)[value->change - 1];
        HtText sent = {match->payload_text.data + change.sent, change.sent_size};
        change.offset = kept.offset;
        change.sent = (uint32_t)match->text.size;
        ht_buffer_add_text(&match->text, sent);
        ht_buffer_add(&match->changes, &change, sizeof change);
    }
    return kept;
}

/* Among the record's values, at this place. */
static void insert_stored(HtMatch *match, HtSlot slot, unsigned place)
{
    memmove(&match->stored[place + 1], &match->stored[place],
            (match->n_stored - place) * sizeof *match->stored);
    match->stored[place] = slot;
    match->n_stored++;
}

/* As ht_form_give() has it: the first value counts, and what nobody reads is not lost. True when it is the record's now. */
static bool take_around(HtMatch *match, const HtAround *around, unsigned place)
{
    HtValue *value = &match->absolutes[around->from & HT_SLOT_NUMBER], *slot = &match->values[around->slot];
    if (value->serial < match->payload_serial) {
        return false;
    }
    value->taken = HT_EVENT_NONE;
    if (around->plain->asked && slot->serial != match->serial) {
        *slot = copy_to_record(match, value);
        insert_stored(match, around->slot, place);
        return true;
    }
    if (!around->plain->ignore) {
        HtText text = {match->payload_text.data + value->offset, value->size};
        ht_unmapped_add(&match->record_unmapped, match->hooks.limits, ht_match_path(match, around->slot),
                        text);
    }
    return false;
}

void ht_match_take_around(HtMatch *match, const HtRecordRule *rule)
{
    unsigned taken = 0; /* they stand before what is in the record */
    for (unsigned i = 0; i < rule->n_around; i++) {
        taken += take_around(match, &rule->around[i], taken);
    }
}
