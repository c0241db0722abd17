/* Vetting events against the dictionary. Called by message.c for every event; no state; main-loop thread. */
#include "core/message/vet.h"

#include "mappings/engine/values/fit.h"

static bool refuse(GError **error, const char *what)
{
    g_set_error(error, HT_EVENT_ERROR, 0, "the event has %s", what);
    return false;
}

/* The instance of a group at hand, and which of its elements have been. */
typedef struct {
    const HtElement *first; /* of the group */
    bool reported;
    uint8_t instance;
    uint64_t seen[4]; /* bits, by place in the group */
} Group;

static bool enter_group(const HtDictionary *dictionary, const HtElement *element, const HtItem *item,
                        Group *group)
{
    bool same = group->first && group->first->group == element->group && group->reported == item->reported &&
                group->instance == item->instance;
    if (!same) {
        const HtElement *first = ht_dictionary_find_group(dictionary, element->group, element->group_size);
        *group = (Group){.first = first, .reported = item->reported, .instance = item->instance};
    }
    return group->first != NULL;
}

/* True the first time that the element comes in its instance of the group. */
static bool is_new(const HtElement *element, Group *group)
{
    uint32_t place = element->index - group->first->index;
    if (place >= 64 * G_N_ELEMENTS(group->seen)) {
        return true;
    }
    uint64_t bit = UINT64_C(1) << place % 64;
    bool new = !(group->seen[place / 64] & bit);
    group->seen[place / 64] |= bit;
    return new;
}

/* Dates always are what the mapper makes of them. Texts, codes and numbers may be odd because the department's are: those
 * that do not fit pass, and delivery counts them as sensitive (core/delivery/policy.c). */
static bool is_made_to_fit(const HtElement *element)
{
    return element->type == HT_TYPE_DATE || element->type == HT_TYPE_DATETIME ||
           element->type == HT_TYPE_TIME || element->type == HT_TYPE_MONTH;
}

/* A number is written as one, a code without counterpart stands in a code's place only, and absent is absent: never empty. */
static bool has_form(const HtElement *element, const HtItem *item)
{
    bool number = element->type == HT_TYPE_INTEGER || element->type == HT_TYPE_DECIMAL;
    switch (item->form) {
    case HT_VALUE_NUMBER: return number;
    case HT_VALUE_ORIGINAL: return element->type == HT_TYPE_CODE;
    default: return !number && item->value.size > 0;
    }
}

static bool vet_element(const HtDictionary *dictionary, const HtItem *item, Group *group, GError **error)
{
    const HtElement *element = ht_dictionary_find(dictionary, item->name.data, item->name.size);
    if (!element || !enter_group(dictionary, element, item, group)) {
        return refuse(error, "an element that the dictionary does not know");
    }
    if (item->repeats != element->repeats || (item->instance > 0 && !element->repeats)) {
        return refuse(error, "a list that the dictionary does not know, or the reverse");
    }
    if (!is_new(element, group)) {
        return refuse(error, "an element twice");
    }
    if (!has_form(element, item) || (is_made_to_fit(element) && !ht_element_fits(element, item->value))) {
        return refuse(error, "a value that its element cannot hold");
    }
    return true;
}

static bool vet_quality(const HtDictionary *dictionary, const HtItem *item, GError **error)
{
    if (!ht_dictionary_find_mark(dictionary, item->value.data, item->value.size)) {
        return refuse(error, "a quality mark that the dictionary does not know");
    }
    if (item->name.size > 0 && !ht_dictionary_find(dictionary, item->name.data, item->name.size)) {
        return refuse(error, "a quality mark of an element that the dictionary does not know");
    }
    return true;
}

/* Whose value the time is: a name that is not known would hide it, for ever and without a word. */
static bool vet_time(const HtDictionary *dictionary, HtText names, GError **error)
{
    while (names.size > 0) {
        const char *blank = memchr(names.data, ' ', names.size);
        size_t size = blank ? (size_t)(blank - names.data) : names.size;
        if (!ht_dictionary_find(dictionary, names.data, size)) {
            return refuse(error, "a time of an element that the dictionary does not know");
        }
        size += blank != NULL;
        names = (HtText){names.data + size, names.size - size};
    }
    return true;
}

bool ht_vet_event(const HtDictionary *dictionary, const HtEvent *event, GError **error)
{
    HtText type = event->attr[HT_ATTR_TYPE];
    if (!ht_dictionary_find_event_type(dictionary, type.data, type.size)) {
        return refuse(error, "a type that the dictionary does not know");
    }
    if (ht_event_is_own_type(type)) {
        return refuse(error, "a type that only the bus itself may give");
    }
    if (!vet_time(dictionary, event->attr[HT_ATTR_TIMEELEMENTS], error)) {
        return false;
    }
    HtUnpack unpack = ht_unpack(event->data.data, event->data.size);
    HtItem item;
    Group group = {0};
    while (ht_item_next(&unpack, &item)) {
        if (item.kind == HT_ITEM_ELEMENT && !vet_element(dictionary, &item, &group, error)) {
            return false;
        }
        if (item.kind == HT_ITEM_QUALITY && !vet_quality(dictionary, &item, error)) {
            return false;
        }
    }
    return true;
}
