/* Conditions that ask whether a path has a value (PATH, filled(PATH)), where that path is read as a date: 1900-01-01 and its kind are no
 * value there, as they are none for the element. Runs when all of a mapping is read. */
#include "mappings/engine/compile/compiler.h"

#include "mappings/engine/rules/when-inside.h"
#include "mappings/engine/values/dates.h"

/* How a path is read, by all of the mapping. */
typedef struct {
    bool as_date, otherwise;
    unsigned flags;
} DateReading;

static void note(DateReading *reading, const HtElementRule *rule)
{
    bool date = rule->as == HT_AS_DATE && !(rule->date_flags & HT_DATE_TIME_ONLY);
    reading->as_date = reading->as_date || date;
    reading->otherwise = reading->otherwise || !date;
    reading->flags |= date ? rule->date_flags : 0;
}

static void look_at_event(const HtEventRule *event, HtSlot slot, DateReading *reading)
{
    for (unsigned b = 0; b < event->n_blocks; b++) {
        const HtBlock *block = &event->blocks[b];
        for (unsigned r = 0; block->each < 0 && r < block->n_rules; r++) {
            if (ht_from_has(&block->rules[r].from, slot)) {
                note(reading, &block->rules[r]);
            }
        }
    }
    for (unsigned i = 0; i < event->time.count; i++) {
        if (event->time.slots[i] == slot) {
            reading->as_date = true;
            reading->flags |= event->time_flags;
        }
    }
}

void ht_compile_dated(HtCompiler *compiler)
{
    const HtMapping *mapping = compiler->mapping;
    for (guint i = 0; i < mapping->whens->len; i++) {
        HtWhen *when = mapping->whens->pdata[i];
        DateReading reading = {0};
        bool asks = (when->test == TEST_HAS || when->test == TEST_FILLED) && !when->is_of_columns;
        for (guint e = 0; asks && e < mapping->events->len; e++) {
            look_at_event(mapping->events->pdata[e], when->slot, &reading);
        }
        when->is_dated = reading.as_date;
        when->is_only_dated = reading.as_date && !reading.otherwise;
        when->date_flags = reading.flags;
    }
}
