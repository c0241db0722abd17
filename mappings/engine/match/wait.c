/* Keeping records and giving them back; see wait.h. A record is its text, its values with their slots, its instances, what was put
 * right in them and what nobody named, one after the other in a buffer. Offsets of values are kept relative to the record's text. */
#include "mappings/engine/match/wait.h"

#include "mappings/engine/match/tree.h"

typedef struct {
    const HtRecordRule *rule;
    uint32_t line;
    unsigned context;
    uint32_t text_size, n_stored, changes_size, unmapped_size, unmapped_count, n_instances;
    bool surplus;
} Kept;

typedef struct {
    uint32_t each, count;
    bool surplus;
} KeptInstances;

/* ---- Whether to wait ---- */

static bool may_come(const HtMatch *match, const HtPlace *place)
{
    bool root_open = false, inside_other = false;
    for (unsigned i = 1; i < match->record_depth; i++) {
        const HtNode *node = ht_match_open_node(match, i);
        if (node && node == place->parent) {
            return !place->is_attribute; /* its attributes have been there */
        }
        root_open = root_open || (node && node == place->root);
        inside_other = inside_other || ht_match_is_other_document(match, i);
    }
    bool document = root_open || (inside_other && place->root->entered < match->part_serial);
    return document && place->parent->entered < match->part_serial;
}

bool ht_wait_is_wanted(const HtMatch *match, const HtFrom *absolutes)
{
    for (unsigned i = 0; i < absolutes->count; i++) {
        unsigned number = absolutes->slots[i] & HT_SLOT_NUMBER;
        const HtPlace *place = &match->places_of_absolutes[number];
        bool there = match->absolutes[number].serial >= match->payload_serial;
        if (!there && !place->in_record && may_come(match, place)) {
            return true;
        }
    }
    return false;
}

/* ---- Keeping ---- */

static void add_value(HtMatch *match, const HtValue *value)
{
    HtValue kept = *value;
    kept.offset -= (uint32_t)match->record_start;
    ht_buffer_add(&match->waiting, &kept, sizeof kept);
}

static void add_instances(HtMatch *match, unsigned each)
{
    const HtInstances *instances = &match->instances[each];
    KeptInstances kept = {each, instances->count, instances->surplus};
    ht_buffer_add(&match->waiting, &kept, sizeof kept);
    for (unsigned i = 0; i < instances->count * instances->columns; i++) {
        add_value(match, &instances->values[i]);
    }
}

static void add_changes(HtMatch *match)
{
    const HtChange *changes = (const HtChange *)(void *)match->changes.data;
    for (size_t i = 0; i < match->changes.size / sizeof *changes; i++) {
        HtChange kept = changes[i];
        kept.offset -= (uint32_t)match->record_start;
        kept.sent -= (uint32_t)match->record_start;
        ht_buffer_add(&match->waiting, &kept, sizeof kept);
    }
}

/* What is open now, and begins anew later, is not around the record any more. */
static void note_open(HtMatch *match)
{
    match->waiting_serial = match->n_waiting == 0 ? match->serial : match->waiting_serial;
    for (unsigned i = 1; i < match->record_depth; i++) {
        HtNode *node = ht_match_open_node(match, i);
        if (node) {
            node->entered = match->serial;
        }
    }
}

void ht_wait_keep(HtMatch *match, unsigned context)
{
    HtBuffer *waiting = &match->waiting;
    note_open(match);
    Kept kept = {.rule = match->record,
                 .line = match->record_line,
                 .context = context,
                 .text_size = (uint32_t)(match->text.size - match->record_start),
                 .n_stored = match->n_stored,
                 .changes_size = (uint32_t)match->changes.size,
                 .unmapped_size = (uint32_t)match->record_unmapped.items.size,
                 .unmapped_count = match->record_unmapped.count,
                 .surplus = match->record_unmapped.surplus};
    guint eaches = match->mapping->eaches->len;
    for (guint each = 0; each < eaches; each++) {
        kept.n_instances += match->instances[each].serial == match->serial;
    }
    ht_buffer_add(waiting, &kept, sizeof kept);
    ht_buffer_add(waiting, match->text.data + match->record_start, kept.text_size);
    for (unsigned i = 0; i < match->n_stored; i++) {
        ht_buffer_add(waiting, &match->stored[i], sizeof match->stored[i]);
        add_value(match, &match->values[match->stored[i]]);
    }
    add_changes(match);
    ht_buffer_add_text(waiting, ht_buffer_text(&match->record_unmapped.items));
    for (guint each = 0; each < eaches; each++) {
        if (match->instances[each].serial == match->serial) {
            add_instances(match, each);
        }
    }
    match->n_waiting++;
}

/* ---- Giving back ---- */

static void take(const char **at, void *to, size_t size)
{
    memcpy(to, *at, size);
    *at += size;
}

static HtValue take_value(HtMatch *match, const char **at)
{
    HtValue value;
    take(at, &value, sizeof value);
    value.offset += (uint32_t)match->record_start;
    value.serial = value.serial > 0 ? match->serial : 0;
    return value;
}

static void take_instances(HtMatch *match, const char **at)
{
    KeptInstances kept;
    take(at, &kept, sizeof kept);
    HtInstances *instances = &match->instances[kept.each];
    instances->serial = match->serial;
    instances->count = kept.count; /* there is room: so many were there before */
    instances->surplus = kept.surplus;
    for (unsigned i = 0; i < kept.count * instances->columns; i++) {
        instances->values[i] = take_value(match, at);
    }
}

static void take_changes(HtMatch *match, const char **at, size_t size)
{
    match->changes.size = 0;
    ht_buffer_add(&match->changes, *at, size);
    *at += size;
    HtChange *changes = (HtChange *)(void *)match->changes.data;
    for (size_t i = 0; i < size / sizeof *changes; i++) {
        changes[i].offset += (uint32_t)match->record_start;
        changes[i].sent += (uint32_t)match->record_start;
    }
}

/* Makes the record that begins at `at` the one at hand. */
static const HtRecordRule *restore(HtMatch *match, const char **at)
{
    Kept kept;
    take(at, &kept, sizeof kept);
    match->serial++;
    match->event = 0;
    match->record_line = kept.line;
    match->context = kept.context;
    match->record_start = match->text.size;
    ht_buffer_add(&match->text, *at, kept.text_size);
    *at += kept.text_size;
    match->n_stored = kept.n_stored;
    for (unsigned i = 0; i < kept.n_stored; i++) {
        take(at, &match->stored[i], sizeof match->stored[i]);
        match->values[match->stored[i]] = take_value(match, at);
    }
    take_changes(match, at, kept.changes_size);
    match->record_unmapped.items.size = 0;
    ht_buffer_add(&match->record_unmapped.items, *at, kept.unmapped_size);
    *at += kept.unmapped_size;
    match->record_unmapped.count = kept.unmapped_count;
    match->record_unmapped.surplus = kept.surplus;
    for (unsigned i = 0; i < kept.n_instances; i++) {
        take_instances(match, at);
    }
    return kept.rule;
}

void ht_wait_release(HtMatch *match)
{
    const char *at = match->waiting.data;
    unsigned count = match->n_waiting;
    match->n_waiting = 0;
    match->is_releasing = true;
    for (; count > 0; count--) {
        const HtRecordRule *rule = restore(match, &at);
        match->settled = true;
        match->hooks.record_end(match->hooks.user, rule);
        match->settled = false;
        match->unreadable = NULL;
        match->text.size = match->record_start;
    }
    match->is_releasing = false;
    match->waiting.size = 0;
}
