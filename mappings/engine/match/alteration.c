/* Which value is altered when the conformance kit asks for it. Called for each value that the mapping names. */
#include "mappings/engine/match/match.h"

#include "mappings/engine/values/alter.h"

/* ---- What comes to the mapping ---- */

/* FNV-1a. */
void ht_alteration_see(HtAlteration *alteration, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        alteration->seen = (alteration->seen ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
}

/* With the NUL behind it, so that no two rows of names and values are one text. */
void ht_match_see_start(HtMatch *match, HtName name, const HtAttribute *attributes, unsigned attribute_count)
{
    HtAlteration *alteration = &match->alteration;
    ht_alteration_see(alteration, name, strlen(name) + 1);
    for (unsigned i = 0; i < attribute_count; i++) {
        ht_alteration_see(alteration, attributes[i].name, strlen(attributes[i].name) + 1);
        ht_alteration_see(alteration, attributes[i].value.data, attributes[i].value.size);
        ht_alteration_see(alteration, "", 1);
    }
}

/* ---- Which one ---- */

static bool names_person(const HtElementRule *rule)
{
    return strcmp(rule->element->name, "person.name") == 0 ||
           strcmp(rule->element->name, "person.idNumber") == 0;
}

static bool is_said_of_person(const HtEventRule *event, HtSlot slot)
{
    for (unsigned i = 0; i < event->n_identities; i++) {
        if (ht_from_has(&event->identities[i].from, slot)) {
            return true;
        }
    }
    for (unsigned b = 0; b < event->n_blocks; b++) {
        for (unsigned i = 0; event->blocks[b].each < 0 && i < event->blocks[b].n_rules; i++) {
            const HtElementRule *rule = &event->blocks[b].rules[i];
            if (names_person(rule) && ht_from_has(&rule->from, slot)) {
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
        match->alteration.path = ht_mapping_path(match->mapping, store->slot, store->each);
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
