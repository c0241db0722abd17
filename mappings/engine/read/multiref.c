/* Recording and giving again; see multiref.h. Host process, the reader's thread.
 *
 * Elements and texts stand in one row, in the order they came; an element knows where its content ends. Giving an element
 * that refers means giving the other's row in place of its own. Chains of references are shortened beforehand, so that
 * the depth of this file's recursion is that of the elements given, which is capped. */
#include "mappings/engine/read/multiref.h"

#include "mappings/engine/text/value.h"

#include <stdlib.h>

#define KEPT_BYTES (64 * 1024) /* memory that is kept for the next payload */
#define NOBODY UINT32_MAX

/* An element, or (without a name) a text. */
typedef struct {
    HtName name, uri;
    uint32_t line;
    uint32_t next;   /* the entry after its content */
    uint32_t at;     /* a text's place in `texts`; an element's first of `attributes` */
    uint32_t size;   /* of the text; number of attributes */
    uint32_t target; /* the element that stands for its content; NOBODY: it is its own */
    bool is_nil, refers, is_target;
    bool is_given; /* at present: whoever comes to it again goes round in a circle */
} RefEntry;

typedef struct {
    HtName name, uri;
    uint32_t at, size; /* value, in `texts` */
    bool formal;
    bool refers, is_id; /* the reference, the id */
} Attribute;

typedef struct {
    HtText text;
    uint32_t entry;
    bool in_body; /* it is the Body's child */
} Id;

struct HtMultiref {
    HtSax *sax;
    HtName href, id, ref, root, multi_ref, encoding_11, encoding_12;
    GArray *entries;    /* RefEntry */
    GArray *attributes; /* Attribute */
    HtBuffer texts;
    GArray *ids;             /* Id: sorted when the Body has ended */
    GArray *open;            /* uint32_t: entries whose end has not come */
    uint32_t elements_first; /* counted by `sax` before the Body */
    uint64_t copied;         /* elements that were given again */

    /* while it is given again */
    const HtSaxHandler *handler;
    void *user;
    HtAttribute *given;
    HtName *given_uris;
    unsigned given_room;
};

HtMultiref *ht_multiref_new(HtSax *sax)
{
    HtMultiref *multiref = g_new0(HtMultiref, 1);
    multiref->sax = sax;
    multiref->href = ht_sax_intern(sax, "href");
    multiref->id = ht_sax_intern(sax, "id");
    multiref->ref = ht_sax_intern(sax, "ref");
    multiref->root = ht_sax_intern(sax, "root");
    multiref->multi_ref = ht_sax_intern(sax, "multiRef");
    multiref->encoding_11 = ht_sax_intern(sax, "http://schemas.xmlsoap.org/soap/encoding/");
    multiref->encoding_12 = ht_sax_intern(sax, "http://www.w3.org/2003/05/soap-encoding");
    multiref->entries = g_array_new(FALSE, FALSE, sizeof(RefEntry));
    multiref->attributes = g_array_new(FALSE, FALSE, sizeof(Attribute));
    multiref->ids = g_array_new(FALSE, FALSE, sizeof(Id));
    multiref->open = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return multiref;
}

void ht_multiref_free(HtMultiref *multiref)
{
    if (multiref) {
        g_array_unref(multiref->entries);
        g_array_unref(multiref->attributes);
        g_array_unref(multiref->ids);
        g_array_unref(multiref->open);
        ht_buffer_clear(&multiref->texts);
        g_free(multiref->given);
        g_free(multiref->given_uris);
        g_free(multiref);
    }
}

/* ---- Which attributes ---- */

static bool is_reference(const HtMultiref *multiref, HtName name, HtName uri)
{
    return (name == multiref->href && !uri) || (name == multiref->ref && uri == multiref->encoding_12);
}

static bool is_id(const HtMultiref *multiref, HtName name, HtName uri)
{
    return name == multiref->id && (!uri || uri == multiref->encoding_12);
}

bool ht_multiref_concerns(const HtMultiref *multiref, const HtSaxElement *element, bool in_body)
{
    for (unsigned i = 0; i < element->attribute_count; i++) {
        HtName name = element->attributes[i].name, uri = element->attribute_uris[i];
        if (is_reference(multiref, name, uri) ||
            (in_body && name == multiref->root && uri == multiref->encoding_11)) {
            return true;
        }
    }
    return in_body && element->name == multiref->multi_ref;
}

bool ht_multiref_has_id(const HtMultiref *multiref, const HtSaxElement *element)
{
    for (unsigned i = 0; i < element->attribute_count; i++) {
        if (is_id(multiref, element->attributes[i].name, element->attribute_uris[i])) {
            return true;
        }
    }
    return false;
}

/* ---- Recording ---- */

static RefEntry *entry_at(const HtMultiref *multiref, uint32_t index)
{
    return &g_array_index(multiref->entries, RefEntry, index);
}

static HtText text_at(const HtMultiref *multiref, uint32_t at, uint32_t size)
{
    return (HtText){multiref->texts.data + at, size};
}

/* A payload of unusual size must not be paid for ever after. */
static void empty(GArray **array)
{
    guint size = g_array_get_element_size(*array);
    if ((gsize)(*array)->len * size > KEPT_BYTES) {
        g_array_unref(*array);
        *array = g_array_new(FALSE, FALSE, size);
    }
    g_array_set_size(*array, 0);
}

void ht_multiref_begin(HtMultiref *multiref)
{
    empty(&multiref->entries);
    empty(&multiref->attributes);
    empty(&multiref->ids);
    empty(&multiref->open);
    ht_buffer_reset(&multiref->texts, KEPT_BYTES);
    ht_buffer_reserve(&multiref->texts, 1);
    multiref->elements_first = ht_sax_elements(multiref->sax);
    multiref->copied = 0;
}

/* What is recorded takes some times the room of what was sent. */
static bool has_room(HtMultiref *multiref)
{
    size_t size = multiref->entries->len * sizeof(RefEntry) + multiref->attributes->len * sizeof(Attribute) +
                  multiref->ids->len * sizeof(Id) + multiref->texts.size;
    if (size > 2 * ht_sax_limits(multiref->sax)->document_bytes) {
        ht_sax_refuse_limit(multiref->sax, "document-too-long",
                            "With its references (href) the message takes twice",
                            ht_sax_document_limit(multiref->sax), " to read: send it in smaller parts.");
        return false;
    }
    return true;
}

static uint32_t add_text(HtMultiref *multiref, HtText text)
{
    uint32_t at = (uint32_t)multiref->texts.size;
    ht_buffer_add_text(&multiref->texts, text);
    return at;
}

static void add_attributes(HtMultiref *multiref, const HtSaxElement *element, RefEntry *entry)
{
    for (unsigned i = 0; i < element->attribute_count; i++) {
        HtText value = element->attributes[i].value;
        HtName name = element->attributes[i].name, uri = element->attribute_uris[i];
        Attribute attribute = {name, uri, add_text(multiref, value), (uint32_t)value.size,
                               .formal = element->attributes[i].formal};
        attribute.refers = is_reference(multiref, name, uri) && !entry->refers && value.size > 0;
        attribute.is_id = is_id(multiref, name, uri);
        entry->refers = entry->refers || attribute.refers;
        g_array_append_val(multiref->attributes, attribute);
        if (attribute.is_id) {
            Id id = {{NULL, 0}, multiref->entries->len, multiref->open->len == 0};
            id.text.size = multiref->attributes->len - 1; /* until all texts are there: which attribute */
            g_array_append_val(multiref->ids, id);
        }
    }
}

/* Has content of its own: what looked like a reference is data. */
static void note_content(HtMultiref *multiref)
{
    if (multiref->open->len > 0) {
        uint32_t parent = g_array_index(multiref->open, uint32_t, multiref->open->len - 1);
        entry_at(multiref, parent)->refers = false;
    }
}

void ht_multiref_start(HtMultiref *multiref, const HtSaxElement *element)
{
    if (!has_room(multiref)) {
        return;
    }
    note_content(multiref);
    uint32_t index = multiref->entries->len;
    RefEntry entry = {.name = element->name,
                      .uri = element->uri,
                      .line = ht_sax_line(multiref->sax),
                      .at = multiref->attributes->len,
                      .size = element->attribute_count,
                      .target = NOBODY,
                      .is_nil = element->nil};
    add_attributes(multiref, element, &entry);
    g_array_append_val(multiref->entries, entry);
    g_array_append_val(multiref->open, index);
}

void ht_multiref_text(HtMultiref *multiref, const char *text, size_t size)
{
    if (!has_room(multiref)) {
        return;
    }
    if (ht_text_trim(text, size).size > 0) {
        note_content(multiref);
    }
    RefEntry entry = {.line = ht_sax_line(multiref->sax),
                      .next = multiref->entries->len + 1,
                      .at = add_text(multiref, (HtText){text, size}),
                      .size = (uint32_t)size,
                      .target = NOBODY};
    g_array_append_val(multiref->entries, entry);
}

void ht_multiref_end(HtMultiref *multiref)
{
    if (multiref->open->len > 0) {
        uint32_t index = g_array_index(multiref->open, uint32_t, multiref->open->len - 1);
        entry_at(multiref, index)->next = multiref->entries->len;
        g_array_set_size(multiref->open, multiref->open->len - 1);
    }
}

/* ---- Who refers to whom ---- */

static void refuse(HtMultiref *multiref, const RefEntry *entry, const char *code, const char *sentence)
{
    ht_sax_set_line(multiref->sax, entry->line);
    ht_sax_refuse(multiref->sax, code, sentence);
}

static int compare_texts(HtText a, HtText b)
{
    int order = memcmp(a.data, b.data, MIN(a.size, b.size));
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* Of equal ids those of the Body's children come first. */
static int compare_ids(const void *a, const void *b)
{
    const Id *left = a, *right = b;
    int order = compare_texts(left->text, right->text);
    if (order != 0) {
        return order;
    }
    return left->in_body != right->in_body ? (left->in_body ? -1 : 1)
                                           : (left->entry > right->entry) - (left->entry < right->entry);
}

static void sort_ids(HtMultiref *multiref)
{
    Id *ids = (Id *)(void *)multiref->ids->data;
    for (guint i = 0; i < multiref->ids->len; i++) {
        const Attribute *attribute = &g_array_index(multiref->attributes, Attribute, ids[i].text.size);
        ids[i].text = text_at(multiref, attribute->at, attribute->size);
        ids[i].text = ht_text_trim(ids[i].text.data, ids[i].text.size);
    }
    if (multiref->ids->len > 1) {
        qsort(ids, multiref->ids->len, sizeof *ids, compare_ids);
    }
}

/* The first of the ids that is not before this text. */
static guint find_id(const HtMultiref *multiref, HtText text)
{
    guint low = 0, high = multiref->ids->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (compare_texts(g_array_index(multiref->ids, Id, middle).text, text) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void find_target(HtMultiref *multiref, RefEntry *entry, HtText wanted)
{
    const Id *ids = (const Id *)(const void *)multiref->ids->data;
    guint count = multiref->ids->len, found = find_id(multiref, wanted);
    if (found == count || !ht_text_equal(ids[found].text, wanted)) {
        refuse(
            multiref, entry, "href-missing",
            "A reference (href) names an id that no element of the SOAP body has: send the element with it.");
    } else if (found + 1 < count && ht_text_equal(ids[found + 1].text, wanted) &&
               ids[found].in_body == ids[found + 1].in_body) {
        refuse(
            multiref, entry, "href-ambiguous",
            "A reference (href) names an id that several elements of the SOAP body have: make ids unique.");
    } else {
        entry->target = ids[found].entry;
        entry_at(multiref, entry->target)->is_target = true;
    }
}

static const Attribute *find_reference(const HtMultiref *multiref, const RefEntry *entry)
{
    for (uint32_t i = 0; i < entry->size; i++) {
        const Attribute *attribute = &g_array_index(multiref->attributes, Attribute, entry->at + i);
        if (attribute->refers) {
            return attribute;
        }
    }
    return NULL;
}

/* `#id`, and `id` in SOAP 1.2. A cid: is an attachment's, which is looked up when the element is given. */
static void look_up(HtMultiref *multiref, RefEntry *entry)
{
    const Attribute *attribute = find_reference(multiref, entry);
    HtText value = text_at(multiref, attribute->at, attribute->size);
    bool is_id = attribute->name == multiref->ref;
    value = ht_text_trim(value.data, value.size);
    if (value.size > 0 && value.data[0] == '#') {
        value = (HtText){value.data + 1, value.size - 1};
        is_id = true;
    }
    if (is_id) {
        find_target(multiref, entry, value);
    } else if (value.size > 4 && ht_text_begins_in_any_case(value, "cid:")) {
        entry->refers = false;
    } else {
        refuse(
            multiref, entry, "href-not-local",
            "A reference (href) points out of the message, where nothing is fetched from: send what it means.");
    }
}

/* An element may refer to one that itself refers. All on the way get the last one, so that no way is gone twice. */
static void shorten_chain(HtMultiref *multiref, RefEntry *entry)
{
    uint32_t last = entry->target, steps = 0;
    while (entry_at(multiref, last)->refers) {
        last = entry_at(multiref, last)->target;
        if (++steps > multiref->entries->len) {
            refuse(multiref, entry, "href-cycle", "References (href) go round in a circle.");
            return;
        }
    }
    while (entry->refers && entry->target != last) {
        uint32_t next = entry->target;
        entry->target = last;
        entry = entry_at(multiref, next);
    }
}

static bool resolve(HtMultiref *multiref)
{
    sort_ids(multiref);
    for (guint i = 0; i < multiref->entries->len && !ht_sax_stopped(multiref->sax); i++) {
        RefEntry *entry = entry_at(multiref, i);
        if (entry->refers) {
            look_up(multiref, entry);
        }
    }
    for (guint i = 0; i < multiref->entries->len && !ht_sax_stopped(multiref->sax); i++) {
        RefEntry *entry = entry_at(multiref, i);
        if (entry->refers) {
            shorten_chain(multiref, entry);
        }
    }
    return !ht_sax_stopped(multiref->sax);
}

/* ---- Giving ---- */

static void give_entries(HtMultiref *multiref, uint32_t from, uint32_t end, bool is_copy);

static bool is_given_already(const HtMultiref *multiref, unsigned count, const Attribute *attribute)
{
    for (unsigned i = 0; i < count; i++) {
        if (multiref->given[i].name == attribute->name && multiref->given_uris[i] == attribute->uri) {
            return true;
        }
    }
    return false;
}

/* Reference and id have done their work. */
static unsigned add_given(HtMultiref *multiref, const RefEntry *entry, bool is_other, unsigned count)
{
    for (uint32_t i = 0; i < entry->size; i++) {
        const Attribute *attribute = &g_array_index(multiref->attributes, Attribute, entry->at + i);
        if ((attribute->refers && entry->refers) || (attribute->is_id && entry->is_target) ||
            (is_other && is_given_already(multiref, count, attribute))) {
            continue;
        }
        multiref->given[count] = (HtAttribute){
            attribute->name, text_at(multiref, attribute->at, attribute->size), attribute->formal};
        multiref->given_uris[count++] = attribute->uri;
    }
    return count;
}

static void make_room(HtMultiref *multiref, unsigned count)
{
    if (count > multiref->given_room) {
        multiref->given_room = count;
        multiref->given = g_renew(HtAttribute, multiref->given, count);
        multiref->given_uris = g_renew(HtName, multiref->given_uris, count);
    }
}

static void give_start(HtMultiref *multiref, const RefEntry *entry, const RefEntry *source)
{
    make_room(multiref, entry->size + source->size + 1);
    unsigned count = add_given(multiref, entry, false, 0);
    count = source != entry ? add_given(multiref, source, true, count) : count;
    HtSaxElement element = {.name = entry->name,
                            .uri = entry->uri,
                            .attributes = multiref->given,
                            .attribute_uris = multiref->given_uris,
                            .attribute_count = count,
                            .nil = entry->is_nil || source->is_nil};
    multiref->handler->start(multiref->user, &element);
}

/* How much an element's start tag says, as far as it is a copy. */
static size_t measure_attributes(const HtMultiref *multiref, const RefEntry *entry)
{
    size_t size = 1;
    for (uint32_t i = 0; i < entry->size; i++) {
        size += g_array_index(multiref->attributes, Attribute, entry->at + i).size;
    }
    return size;
}

/* References in what is referred to multiply: a kilobyte of them would come to millions of elements, as far as the caps of the source go. What is shared
 * in honest data (an address, a code with its name) is small, whatever refers to it. */
#define COPIES_FREE 4096
#define COPIES_PER_ENTRY 128

static bool may_copy(HtMultiref *multiref)
{
    if (++multiref->copied <= COPIES_FREE + (uint64_t)COPIES_PER_ENTRY * multiref->entries->len) {
        return true;
    }
    ht_sax_refuse(
        multiref->sax, "too-many-elements",
        "References (href) in what is referred to come to more than 128 times (fixed) the elements of the message: "
        "send what they mean.");
    return false;
}

static void give_element(HtMultiref *multiref, RefEntry *entry, bool is_copy)
{
    RefEntry *source = entry->refers ? entry_at(multiref, entry->target) : entry;
    uint32_t first = (uint32_t)(source - entry_at(multiref, 0)) + 1;
    bool becomes_copy = is_copy || source != entry;
    ht_sax_set_line(multiref->sax, entry->line);
    if (source->is_given) {
        refuse(multiref, entry, "href-cycle", "An element contains a reference (href) to itself.");
        return;
    }
    if (!ht_sax_enter(multiref->sax) || (becomes_copy && !may_copy(multiref)) ||
        (becomes_copy && !ht_sax_count_copy(multiref->sax, measure_attributes(multiref, source)))) {
        return;
    }
    source->is_given = true;
    give_start(multiref, entry, source);
    give_entries(multiref, first, source->next, becomes_copy);
    source->is_given = false;
    if (!ht_sax_stopped(multiref->sax)) {
        ht_sax_leave(multiref->sax);
        multiref->handler->end(multiref->user, entry->name);
    }
}

static void give_text(HtMultiref *multiref, const RefEntry *entry, bool is_copy)
{
    ht_sax_set_line(multiref->sax, entry->line);
    if (ht_sax_count_text(multiref->sax, entry->size) &&
        (!is_copy || ht_sax_count_copy(multiref->sax, entry->size))) {
        multiref->handler->text(multiref->user, multiref->texts.data + entry->at, entry->size);
    }
}

static void give_entries(HtMultiref *multiref, uint32_t from, uint32_t end, bool is_copy)
{
    for (uint32_t i = from; i < end && !ht_sax_stopped(multiref->sax);) {
        RefEntry *entry = entry_at(multiref, i);
        i = entry->next;
        if (entry->name) {
            give_element(multiref, entry, is_copy);
        } else {
            give_text(multiref, entry, is_copy);
        }
    }
}

void ht_multiref_replay(HtMultiref *multiref, const HtSaxHandler *handler, void *user)
{
    uint32_t given = 0;
    multiref->handler = handler;
    multiref->user = user;
    if (!resolve(multiref)) {
        return;
    }
    ht_sax_recount(multiref->sax, multiref->elements_first);
    for (uint32_t i = 0; i < multiref->entries->len && !ht_sax_stopped(multiref->sax);) {
        RefEntry *entry = entry_at(multiref, i);
        i = entry->next;
        if (entry->name && !entry->is_target) {
            give_element(multiref, entry, false);
            given++;
        }
    }
    if (given == 0 && multiref->entries->len > 0) {
        refuse(multiref, entry_at(multiref, 0), "href-cycle",
               "Every element of the SOAP body is referred to by another: none of them is the message.");
    }
    ht_sax_set_line(multiref->sax, 0);
}
