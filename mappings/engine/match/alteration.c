/* Which value is altered when the conformance kit asks for it. Called for each value that the mapping names. */
#include "mappings/engine/match/match.h"

#include "mappings/engine/values/alter.h"

static bool reads(const HtFrom *from, HtSlot slot)
{
    for (unsigned i = 0; i < from->count; i++) {
        if (from->slots[i] == slot) {
            return true;
        }
    }
    return false;
}

static bool names_person(const HtElementRule *rule)
{
    return strcmp(rule->element->name, "person.name") == 0 ||
           strcmp(rule->element->name, "person.idNumber") == 0;
}

static bool is_said_of_person(const HtEventRule *event, HtSlot slot)
{
    for (unsigned i = 0; i < event->n_identities; i++) {
        if (reads(&event->identities[i].from, slot)) {
            return true;
        }
    }
    for (unsigned b = 0; b < event->n_blocks; b++) {
        for (unsigned i = 0; event->blocks[b].each < 0 && i < event->blocks[b].n_rules; i++) {
            const HtElementRule *rule = &event->blocks[b].rules[i];
            if (names_person(rule) && ht_element_reads(rule, slot)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_of_person(const HtMapping *mapping, const HtStore *store)
{
    for (guint i = 0; !(store->slot & HT_SLOT_COLUMN) && i < mapping->events->len; i++) {
        if (is_said_of_person(mapping->events->pdata[i], store->slot)) {
            return true;
        }
    }
    return false;
}

static HtText find_path(const HtMapping *mapping, const HtStore *store)
{
    unsigned number = store->slot & HT_SLOT_NUMBER;
    if (store->slot & HT_SLOT_COLUMN) {
        const HtEachRule *each = mapping->eaches->pdata[store->each];
        return ht_text_from(each->columns->pdata[number]);
    }
    const GPtrArray *paths = store->slot & HT_SLOT_ABSOLUTE ? mapping->absolute_paths : mapping->record_paths;
    return ht_text_from(paths->pdata[number]);
}

/* True when this one is asked for, and is another one now. */
static bool alter(HtAlteration *alteration, bool of_person, char *text, size_t size)
{
    alteration->met++;
    if (alteration->ask == HT_ALTER_PERSON) {
        return of_person && ht_alter_text(text, size);
    }
    if (alteration->ask == (alteration->met | HT_ALTER_FRONT)) {
        return ht_alter_front(text, size);
    }
    return alteration->ask == alteration->met && ht_alter_text(text, size);
}

void ht_match_alter(HtMatch *match, const HtStore *store, HtValue *value)
{
    bool of_person = match->alteration.ask == HT_ALTER_PERSON && is_of_person(match->mapping, store);
    if (alter(&match->alteration, of_person, match->text.data + value->offset, value->size)) {
        match->alteration.path = find_path(match->mapping, store);
        value->altered = true;
    }
}

void ht_match_alter_found(HtMatch *match, const HtElementRule *rule, char *text, size_t size)
{
    if (alter(&match->alteration, names_person(rule), text, size)) {
        match->alteration.path = ht_text_from(rule->label);
        match->alteration.carried = match->alteration.carried || !rule->sending;
    }
}
