/* What is put right in a value before anybody sees it: elements, keys, identities, conditions and counts all get the same. Called
 * by match.c for each value that the mapping names; host process, the mapper's thread. Most payloads' texts hold nothing of the
 * kind, and then nothing is looked at. */
#include "mappings/engine/match/match.h"
#include "mappings/engine/text/recode.h"
#include "mappings/engine/text/text.h"

/* Without one of these in the text nothing is invisible. */
#define TRAITS_THAT_HIDE (HT_TRAIT_INVISIBLE | HT_TRAIT_REFERENCE)

/* And without one of these nothing was read wrongly. */
#define TRAITS_THAT_MISLEAD (HT_TRAIT_NON_ASCII | HT_TRAIT_REFERENCE)

/* After these the value as it was sent is kept, too. */
#define MARKS_THAT_LOSE (HT_MARK_BIT(HT_MARK_TEXT_RECODED) | HT_MARK_BIT(HT_MARK_MARKUP_REMOVED))

static unsigned get_traits(const HtMatch *match)
{
    return match->reading ? match->reading->text_traits : HT_TRAIT_ALL;
}

/* A text of match->text. */
typedef struct {
    size_t start, size;
} Span;

/* Appends the text without what is invisible, when there is something, and makes it the one at hand. */
static HtMarks drop_invisible(HtBuffer *text, Span *span)
{
    if (!ht_text_may_hide(text->data + span->start, span->size)) {
        return 0;
    }
    char *out = ht_buffer_reserve(text, span->size);
    size_t left = ht_text_drop_invisible(text->data + span->start, span->size, out);
    if (left == span->size) {
        return 0;
    }
    *span = (Span){text->size, left};
    text->size += left;
    return HT_MARK_BIT(HT_MARK_INVISIBLE_REMOVED);
}

/* Asked for each value: most are ASCII. */
static bool has_wide(const char *bytes, size_t size)
{
    uint64_t eight, high = 0;
    for (; size >= sizeof eight; bytes += sizeof eight, size -= sizeof eight) {
        memcpy(&eight, bytes, sizeof eight);
        high |= eight;
    }
    for (; size > 0; size--) {
        high |= (unsigned char)*bytes++;
    }
    return (high & UINT64_C(0x8080808080808080)) != 0;
}

/* The same with a text that was read as another encoding. One that has lost something stays as it is. */
static HtMarks recode(HtBuffer *text, Span *span)
{
    size_t end = text->size;
    if (span->size > HT_RECODE_MAX || !has_wide(text->data + span->start, span->size)) {
        return 0;
    }
    ht_buffer_reserve(text, span->size);
    switch (ht_text_recode((HtText){text->data + span->start, span->size}, text)) {
    case HT_RECODE_LOST: return HT_MARK_BIT(HT_MARK_CHARACTER_LOST);
    case HT_RECODE_DONE: *span = (Span){end, text->size - end}; return HT_MARK_BIT(HT_MARK_TEXT_RECODED);
    default: return 0;
    }
}

/* The same without tags and with the references that screens use resolved. `a<b` is no tag. */
static HtMarks drop_markup(HtBuffer *text, Span *span)
{
    if (!memchr(text->data + span->start, '<', span->size) &&
        !memchr(text->data + span->start, '&', span->size)) {
        return 0;
    }
    char *out = ht_buffer_reserve(text, span->size);
    size_t left = ht_text_drop_markup(text->data + span->start, span->size, out);
    if (left == span->size) {
        return 0;
    }
    /* What was escaped for a page was often escaped once more on its way. */
    for (size_t before = span->size; left < before && memmem(out, left, "<", 1);) {
        before = left;
        left = ht_text_drop_markup(out, before, out);
    }
    *span = (Span){text->size, left};
    text->size += left;
    return HT_MARK_BIT(HT_MARK_MARKUP_REMOVED);
}

static HtMarks decode_url(HtBuffer *text, Span *span)
{
    char *out = ht_buffer_reserve(text, span->size);
    size_t size = ht_text_decode_url(text->data + span->start, span->size, out);
    if (size == 0) {
        return 0;
    }
    *span = (Span){text->size, size};
    text->size += size;
    return HT_MARK_BIT(HT_MARK_URL_DECODED);
}

static Span trim(const HtBuffer *text, Span span)
{
    HtText trimmed = ht_text_trim(text->data + span.start, span.size);
    return (Span){(size_t)(trimmed.data - text->data), trimmed.size};
}

/* A value that is only marked is copied, too: what lies at the end of the text is easily found again. */
static Span copy_to_end(HtBuffer *text, Span span)
{
    ht_buffer_reserve(text, span.size);
    ht_buffer_add(text, text->data + span.start, span.size);
    return (Span){text->size - span.size, span.size};
}

bool ht_match_clean(HtMatch *match, size_t start, size_t size, const HtMarkupRule *markup, HtChange *change)
{
    unsigned traits = get_traits(match);
    Span sent = {start, size}, value = sent;
    HtMarks marks = markup && markup->url ? decode_url(&match->text, &value) : 0;
    marks |= traits & TRAITS_THAT_MISLEAD ? recode(&match->text, &value) : 0;
    marks |= traits & TRAITS_THAT_HIDE ? drop_invisible(&match->text, &value) : 0;
    marks |= markup && !markup->url ? drop_markup(&match->text, &value) : 0;
    if (!marks) {
        return false;
    }
    value = value.start == start ? copy_to_end(&match->text, value) : value;
    value = trim(&match->text, value);
    sent = marks & MARKS_THAT_LOSE ? trim(&match->text, sent) : (Span){0, 0};
    *change = (HtChange){
        (uint32_t)value.start, (uint32_t)value.size, (uint32_t)sent.start, (uint32_t)sent.size, false, marks};
    match->changed_any = match->changed_any || marks != HT_MARK_BIT(HT_MARK_CHARACTER_LOST);
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

HtText ht_match_sent(const HtMatch *match, HtText value, const HtChange *change)
{
    const HtBuffer *buffer = lies_in(value, &match->text) ? &match->text : &match->payload_text;
    return (HtText){buffer->data + change->sent, change->sent_size};
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

/* Of absolute values only those count that are valid now; of those in a record, which is an event's own, what the event has taken. */
static HtMarks find_payload_changes(const HtMatch *match)
{
    const HtChange *list = (const HtChange *)(void *)match->payload_changes.data;
    HtMarks marks = 0;
    for (unsigned i = 0; i < match->mapping->n_absolute; i++) {
        const HtValue *value = &match->absolutes[i];
        bool inside = match->mapping->nesting > 0 && match->places_of_absolutes[i].in_record;
        bool meant = !inside || value->taken == match->event;
        if (meant && value->serial >= match->payload_serial && value->change > 0 &&
            !list[value->change - 1].noted) {
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
