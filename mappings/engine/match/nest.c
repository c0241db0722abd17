/* What is around a record inside of a record; see nest.h. The record at hand has its values in the matcher itself, as always; those
 * around it are copied to its levels and back, memory and all. */
#include "mappings/engine/match/nest.h"

/* ---- Life ---- */

static HtInstances *new_instances(const HtMapping *mapping)
{
    HtInstances *instances = g_new0(HtInstances, mapping->eaches->len + 1);
    for (guint i = 0; i < mapping->eaches->len; i++) {
        instances[i].columns = ((const HtEachRule *)mapping->eaches->pdata[i])->columns->len;
    }
    return instances;
}

/* The first level's memory is the matcher's own. */
void ht_nest_init(HtMatch *match)
{
    const HtMapping *mapping = match->mapping;
    match->levels = g_new0(HtRecordLevel, mapping->nesting + 1);
    match->numbers = g_new0(uint32_t, mapping->records->len + 1);
    for (unsigned i = 1; i <= mapping->nesting; i++) {
        match->levels[i].values = g_new0(HtValue, mapping->record_paths->len + 1);
        match->levels[i].stored = g_new0(HtSlot, mapping->record_paths->len + 1);
        match->levels[i].instances = new_instances(mapping);
    }
}

static void clear_level(const HtMapping *mapping, HtRecordLevel *level)
{
    for (guint i = 0; i < mapping->eaches->len; i++) {
        g_free(level->instances[i].values);
    }
    g_free(level->values);
    g_free(level->stored);
    g_free(level->instances);
    ht_buffer_clear(&level->changes);
    ht_buffer_clear(&level->unmapped.items);
}

void ht_nest_clear(HtMatch *match)
{
    ht_nest_reset(match);
    for (unsigned i = 1; i <= match->mapping->nesting; i++) {
        clear_level(match->mapping, &match->levels[i]);
    }
    g_free(match->levels);
    g_free(match->numbers);
}

void ht_nest_forget(HtMatch *match)
{
    const HtMapping *mapping = match->mapping;
    for (unsigned i = 1; i <= mapping->nesting; i++) {
        memset(match->levels[i].values, 0, sizeof(HtValue) * mapping->record_paths->len);
        for (guint each = 0; each < mapping->eaches->len; each++) {
            match->levels[i].instances[each].serial = 0;
        }
    }
}

/* ---- In and out ---- */

static HtRecordLevel get_level(const HtMatch *match)
{
    return (HtRecordLevel){.rule = match->record,
                           .depth = match->record_depth,
                           .serial = match->serial,
                           .line = match->record_line,
                           .start = match->record_start,
                           .waiting = match->record_waiting,
                           .values = match->values,
                           .stored = match->stored,
                           .n_stored = match->n_stored,
                           .instances = match->instances,
                           .changes = match->changes,
                           .unmapped = match->record_unmapped};
}

static void set_level(HtMatch *match, const HtRecordLevel *level)
{
    match->record = level->rule;
    match->record_depth = level->depth;
    match->serial = level->serial;
    match->record_line = level->line;
    match->record_start = level->start;
    match->record_waiting = level->waiting;
    match->values = level->values;
    match->stored = level->stored;
    match->n_stored = level->n_stored;
    match->instances = level->instances;
    match->changes = level->changes;
    match->record_unmapped = level->unmapped;
}

void ht_nest_enter(HtMatch *match)
{
    match->levels[match->nesting++] = get_level(match);
    set_level(match, &match->levels[match->nesting]);
}

/* Text that one around has taken stays. */
void ht_nest_leave(HtMatch *match)
{
    match->text.size = MAX(match->record_start, match->kept_text);
    match->levels[match->nesting] = get_level(match);
    set_level(match, &match->levels[--match->nesting]);
}

void ht_nest_reset(HtMatch *match)
{
    while (match->nesting > 0) {
        ht_nest_leave(match);
    }
    memset(match->numbers, 0, sizeof *match->numbers * match->mapping->records->len);
}

void ht_nest_number(HtMatch *match, const HtRecordRule *rule)
{
    const GPtrArray *records = match->mapping->records;
    match->numbers[rule->number]++;
    for (guint i = 0; rule->holds && i < records->len; i++) {
        const HtRecordRule *other = records->pdata[i];
        match->numbers[i] = other->outer == rule ? 0 : match->numbers[i];
    }
}

/* ---- Values ---- */

/* The column of the instance that is open there; NULL: there is none. */
static HtValue *find_column(const HtRecordLevel *level, const HtStore *store)
{
    const HtInstances *instances = &level->instances[store->each];
    if (instances->serial != level->serial || instances->count == 0 || instances->surplus) {
        return NULL;
    }
    return &instances->values[(instances->count - 1) * instances->columns + (store->slot & HT_SLOT_NUMBER)];
}

bool ht_nest_store(HtMatch *match, const HtStore *store, const HtValue *value, const HtChange *change)
{
    HtRecordLevel *level = &match->levels[store->level];
    bool column = store->slot & HT_SLOT_COLUMN;
    HtValue *slot = column ? find_column(level, store) : &level->values[store->slot & HT_SLOT_NUMBER];
    if (!slot || slot->serial == level->serial) {
        return false;
    }
    *slot = *value;
    slot->serial = level->serial;
    slot->taken = 0;
    if (!column) {
        level->stored[level->n_stored++] = store->slot;
    }
    if (change) {
        ht_buffer_add(&level->changes, change, sizeof *change);
    }
    match->kept_text = match->text.size;
    return true;
}
