/* What is put right in a value before anybody sees it: elements, keys, identities, conditions and counts all get the same. Called
 * by match.c for each value that the mapping names; host process, the mapper's thread. Most payloads' texts hold nothing of the
 * kind, and then nothing is looked at. */
#include "mappings/engine/match.h"
#include "mappings/engine/text.h"

/* Without one of these in the text nothing is invisible. */
#define TRAITS_THAT_HIDE (HT_TRAIT_INVISIBLE | HT_TRAIT_REFERENCE)

static unsigned get_traits(const HtMatch *match)
{
    return match->reading ? match->reading->text_traits : HT_TRAIT_ALL;
}

/* Appends the text without what is invisible; false, and nothing is appended, when there was nothing. */
static bool drop_invisible(HtBuffer *text, size_t start, size_t size)
{
    char *out = ht_buffer_reserve(text, size);
    size_t left = ht_text_drop_invisible(text->data + start, size, out);
    text->size += left < size ? left : 0;
    return left < size;
}

bool ht_match_clean(HtMatch *match, size_t start, size_t size, HtChange *change)
{
    HtBuffer *text = &match->text;
    size_t end = text->size;
    if (!(get_traits(match) & TRAITS_THAT_HIDE) || !ht_text_may_hide(text->data + start, size) ||
        !drop_invisible(text, start, size)) {
        return false;
    }
    HtText value = ht_text_trim(text->data + end, text->size - end);
    *change = (HtChange){.offset = (uint32_t)(value.data - text->data),
                         .size = (uint32_t)value.size,
                         .marks = HT_MARK_BIT(HT_MARK_INVISIBLE_REMOVED)};
    match->changed_any = true;
    return true;
}

/* ---- What changed ---- */

static HtChange *find_change(HtBuffer *changes, uint32_t offset, size_t size)
{
    HtChange *list = (HtChange *)(void *)changes->data;
    size_t low = 0, high = changes->size / sizeof *list;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list[middle].offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < changes->size / sizeof *list && list[low].offset == offset && list[low].size == size;
    return found ? &list[low] : NULL;
}

static bool lies_in(HtText value, const HtBuffer *buffer)
{
    return buffer->size > 0 && value.data >= buffer->data && value.data < buffer->data + buffer->size;
}

HtChange *ht_match_change(HtMatch *match, HtText value)
{
    if (match->changes.size > 0 && lies_in(value, &match->text)) {
        return find_change(&match->changes, (uint32_t)(value.data - match->text.data), value.size);
    }
    if (match->payload_changes.size > 0 && lies_in(value, &match->payload_text)) {
        return find_change(&match->payload_changes, (uint32_t)(value.data - match->payload_text.data),
                           value.size);
    }
    return NULL;
}

static void forget_notes(HtBuffer *changes)
{
    HtChange *list = (HtChange *)(void *)changes->data;
    for (size_t i = 0; i < changes->size / sizeof *list; i++) {
        list[i].noted = false;
    }
}

void ht_match_forget_notes(HtMatch *match)
{
    forget_notes(&match->changes);
    forget_notes(&match->payload_changes);
}

/* Of absolute values only those count that are valid now. */
static HtMarks find_payload_changes(const HtMatch *match)
{
    const HtChange *list = (const HtChange *)(void *)match->payload_changes.data;
    HtMarks marks = 0;
    for (unsigned i = 0; i < match->mapping->n_absolute; i++) {
        const HtValue *value = &match->absolutes[i];
        if (value->serial >= match->payload_serial && value->change > 0 && !list[value->change - 1].noted) {
            marks |= list[value->change - 1].marks;
        }
    }
    return marks;
}

HtMarks ht_match_other_changes(const HtMatch *match)
{
    const HtChange *list = (const HtChange *)(void *)match->changes.data;
    HtMarks marks = match->payload_changes.size > 0 ? find_payload_changes(match) : 0;
    if (match->tree && ht_record_tree_changed(match->tree)) {
        marks |= HT_MARK_BIT(HT_MARK_INVISIBLE_REMOVED);
    }
    for (size_t i = 0; i < match->changes.size / sizeof *list; i++) {
        marks |= list[i].noted ? 0 : list[i].marks;
    }
    return marks;
}
