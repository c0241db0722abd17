/* Packing, unpacking and checking events. In the host events are made; in the bus they arrive from a process that may be
 * hostile, so ht_event_unpack() trusts nothing. No state; any thread. */
#include "core/base/event.h"

#include "core/base/identity.h"
#include "core/base/forms.h"

G_DEFINE_QUARK(ht_event_error, ht_event_error)

enum {
    TAG_ATTR_FIRST = 1,
    TAG_KEY = 64,
    TAG_IDENTITY,
    TAG_IDENTITY_FRESH,
    TAG_DATA,
    TAG_TIME_SENT,
    TAG_HALF_KEY,
    TAG_STATE
};

#define ITEM_REPORTED 0x10
#define ITEM_REPEATS 0x20
#define ITEM_SENDING 0x40
#define ITEM_NUMBER 0x80
#define ITEM_FORM 0x0f
#define ATTR_MAX_BYTES 256
#define TYPE_MAX_BYTES 80
#define KEY_MAX_BYTES 1024
#define IDENTITY_MAX_BYTES 256

static const char *const attr_names[HT_ATTR_COUNT] = {
    [HT_ATTR_TYPE] = "type",
    [HT_ATTR_ACTION] = "action",
    [HT_ATTR_TIME] = "time",
    [HT_ATTR_TIMEPRECISION] = "timeprecision",
    [HT_ATTR_BUSINESSID] = "businessid",
    [HT_ATTR_REVERSES] = "reverses",
    [HT_ATTR_DIRECTION] = "direction",
    [HT_ATTR_DIVISION] = "division",
    [HT_ATTR_FROMDIVISION] = "fromdivision",
    [HT_ATTR_DIVISIONEDITION] = "divisionedition",
    [HT_ATTR_DATACLASSIFICATION] = "dataclassification",
    [HT_ATTR_CORRELATIONID] = "correlationid",
    [HT_ATTR_SOURCE] = "source",
    [HT_ATTR_DEPARTMENT] = "department",
    [HT_ATTR_CAUSATIONID] = "causationid",
    [HT_ATTR_TRACEPARENT] = "traceparent",
    [HT_ATTR_FORMERSUBJECT] = "formersubject",
    [HT_ATTR_OTHERDIVISIONS] = "otherdivisions",
    [HT_ATTR_PRESENTDIVISIONS] = "presentdivisions",
};

const char *ht_attr_name(HtAttr attr)
{
    return attr < HT_ATTR_COUNT ? attr_names[attr] : NULL;
}

/* ---- Items ---- */

/* An item is: kind, form and flags, instance, name size (1 byte each), name, value. */
#define ITEM_HEAD 3

/* A call of its own: with the size's bound in sight the compiler copies a name's few bytes with `rep movs`, which costs more
 * than all the rest of an item. */
__attribute__((noinline)) static void copy_bytes(char *to, HtText from)
{
    if (from.size > 0) {
        memcpy(to, from.data, from.size);
    }
}

void ht_item_pack(HtBuffer *data, const HtItem *item)
{
    uint8_t head[ITEM_HEAD] = {
        (uint8_t)(item->form | (item->reported ? ITEM_REPORTED : 0) | (item->repeats ? ITEM_REPEATS : 0) |
                  (item->sending ? ITEM_SENDING : 0) | (item->number ? ITEM_NUMBER : 0)),
        item->instance, (uint8_t)MIN(item->name.size, 255)};
    char *at = ht_pack_reserve(data, (uint8_t)item->kind, ITEM_HEAD + head[2] + item->value.size);
    memcpy(at, head, ITEM_HEAD);
    copy_bytes(at + ITEM_HEAD, (HtText){item->name.data, head[2]});
    copy_bytes(at + ITEM_HEAD + head[2], item->value);
}

bool ht_item_next(HtUnpack *unpack, HtItem *item)
{
    uint8_t kind;
    HtText bytes;
    if (!ht_unpack_next(unpack, &kind, &bytes)) {
        return false;
    }
    const uint8_t *at = (const uint8_t *)bytes.data;
    if (kind < HT_ITEM_ELEMENT || kind > HT_ITEM_UNMAPPED || bytes.size < ITEM_HEAD ||
        bytes.size < (size_t)ITEM_HEAD + at[2] || (at[0] & ITEM_FORM) > HT_VALUE_ORIGINAL) {
        unpack->broken = true;
        return false;
    }
    *item = (HtItem){
        .kind = (HtItemKind)kind,
        .name = {bytes.data + ITEM_HEAD, at[2]},
        .value = {bytes.data + ITEM_HEAD + at[2], bytes.size - ITEM_HEAD - at[2]},
        .form = (HtValueForm)(at[0] & ITEM_FORM),
        .reported = (at[0] & ITEM_REPORTED) != 0,
        .repeats = (at[0] & ITEM_REPEATS) != 0,
        .sending = (at[0] & ITEM_SENDING) != 0,
        .number = (at[0] & ITEM_NUMBER) != 0,
        .instance = at[1],
    };
    return true;
}

void ht_event_add_mark(HtText data, HtText element, const char *mark, HtBuffer *out)
{
    HtItem added = {.kind = HT_ITEM_QUALITY, .name = element, .value = ht_text_from(mark)};
    HtUnpack unpack = ht_unpack(data.data, data.size);
    HtItem item;
    bool done = false;
    while (ht_item_next(&unpack, &item)) {
        if (item.kind == HT_ITEM_UNMAPPED && !done) {
            ht_item_pack(out, &added);
        }
        done = done || item.kind == HT_ITEM_UNMAPPED ||
               (item.kind == HT_ITEM_QUALITY && ht_text_equal(item.name, element) &&
                ht_text_equal(item.value, added.value));
        ht_item_pack(out, &item);
    }
    if (!done) {
        ht_item_pack(out, &added);
    }
}

/* ---- The whole event ---- */

void ht_event_pack_head(const HtEvent *event, HtBuffer *buffer)
{
    for (unsigned attr = 0; attr < HT_ATTR_COUNT; attr++) {
        if (event->attr[attr].data) {
            ht_pack_text(buffer, (uint8_t)(TAG_ATTR_FIRST + attr), event->attr[attr]);
        }
    }
}

static void pack_identity(const HtIdentity *identity, HtBuffer *buffer)
{
    size_t place = ht_pack_begin(buffer, identity->fresh ? TAG_IDENTITY_FRESH : TAG_IDENTITY);
    ht_buffer_add_text(buffer, identity->kind);
    ht_buffer_add_char(buffer, '\0');
    ht_buffer_add_text(buffer, identity->value);
    ht_pack_end(buffer, place);
}

void ht_event_pack(const HtEvent *event, HtBuffer *buffer)
{
    ht_event_pack_head(event, buffer);
    if (event->key.data) {
        ht_pack_text(buffer, TAG_KEY, event->key);
    }
    if (event->half_key.data) {
        ht_pack_text(buffer, TAG_HALF_KEY, event->half_key);
    }
    for (unsigned i = 0; i < event->identity_count; i++) {
        pack_identity(&event->identities[i], buffer);
    }
    if (event->is_state) {
        ht_pack_text(buffer, TAG_STATE, HT_TEXT_LITERAL(""));
    }
    if (event->time_sent) {
        ht_pack_text(buffer, TAG_TIME_SENT, HT_TEXT_LITERAL(""));
    }
    ht_pack_text(buffer, TAG_DATA, event->data);
}

bool ht_event_unpack_head(HtText bytes, HtEvent *event)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint8_t tag;
    HtText value;
    *event = (HtEvent){0};
    while (ht_unpack_next(&unpack, &tag, &value)) {
        if (tag < TAG_ATTR_FIRST || tag >= TAG_ATTR_FIRST + HT_ATTR_COUNT) {
            return false;
        }
        event->attr[tag - TAG_ATTR_FIRST] = value;
    }
    return !unpack.broken;
}

/* ---- Checks ---- */

static bool refuse(GError **error, const char *what)
{
    g_set_error(error, HT_EVENT_ERROR, 0, "the event has %s", what);
    return false;
}

/* Printable UTF-8: no control characters, so that it can stand in a header, a log line, a database column. */
static bool is_clean(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return false;
        }
    }
    return g_utf8_validate_len(text.data, text.size, NULL);
}

/* Small letters, digits and hyphens, a letter first. */
static bool is_type_word(const char *word, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!g_ascii_islower(word[i]) && (i == 0 || (!g_ascii_isdigit(word[i]) && word[i] != '-'))) {
            return false;
        }
    }
    return size > 0;
}

/* "v1": a number without zeros before it. */
static bool is_version(const char *word, size_t size)
{
    for (size_t i = 1; i < size; i++) {
        if (!g_ascii_isdigit(word[i])) {
            return false;
        }
    }
    return size > 1 && size < 6 && word[0] == 'v' && word[1] != '0';
}

static bool is_type(HtText type)
{
    const char *end = type.data + type.size;
    const char *first = type.size <= TYPE_MAX_BYTES ? memchr(type.data, '.', type.size) : NULL;
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    return second && is_type_word(type.data, (size_t)(first - type.data)) &&
           is_type_word(first + 1, (size_t)(second - first - 1)) &&
           is_version(second + 1, (size_t)(end - second - 1));
}

static bool is_attr(HtAttr attr, HtText value)
{
    static const char *const actions[] = {"assert", "correct", "cancel", "verify", NULL};
    static const char *const directions[] = {"return", "report", "lateral", "query", NULL};
    static const char *const precisions[] = {"year", "month", "day", "minute", "second", NULL};
    static const char *const classes[] = {"0", "1", "2", "3", NULL};
    switch (attr) {
    case HT_ATTR_TYPE: return is_type(value);
    case HT_ATTR_TIME: return ht_form_is_time(value);
    case HT_ATTR_ACTION: return ht_text_is_one_of(value, actions);
    case HT_ATTR_DIRECTION: return ht_text_is_one_of(value, directions);
    case HT_ATTR_TIMEPRECISION: return ht_text_is_one_of(value, precisions);
    case HT_ATTR_DATACLASSIFICATION: return ht_text_is_one_of(value, classes);
    case HT_ATTR_DIVISION:
    case HT_ATTR_FROMDIVISION: return ht_form_is_division(value);
    case HT_ATTR_OTHERDIVISIONS:
    case HT_ATTR_PRESENTDIVISIONS: return ht_form_are_divisions(value);
    default: return value.size > 0 && value.size <= ATTR_MAX_BYTES && is_clean(value);
    }
}

/* "group.element": letters and digits with one dot. Returns the group's size, 0 when it is not of that form. */
static size_t group_size(HtText name)
{
    size_t dot = 0;
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '.' && dot == 0 && i > 0) {
            dot = i;
        } else if (!g_ascii_isalnum(name.data[i])) {
            return 0;
        }
    }
    return dot > 0 && dot + 1 < name.size ? dot : 0;
}

/* An item and the size of its group's name. */
typedef struct {
    HtItem item;
    size_t group;
} Placed;

/* Compares two elements by reported, group, instance: the order in which JSON can be written in one pass. */
static int compare_place(const Placed *a, const Placed *b)
{
    if (a->item.reported != b->item.reported) {
        return a->item.reported ? 1 : -1;
    }
    int order = memcmp(a->item.name.data, b->item.name.data, MIN(a->group, b->group));
    if (order == 0) {
        order = a->group < b->group ? -1 : a->group > b->group;
    }
    return order ? order : (int)a->item.instance - (int)b->item.instance;
}

/* That an instance of a group has an element once is checked against the dictionary (core/message/vet.c). */
static bool is_element(Placed *now, const Placed *previous)
{
    const HtItem *item = &now->item;
    now->group = group_size(item->name);
    if (now->group == 0 || previous->item.kind > HT_ITEM_ELEMENT ||
        (item->form == HT_VALUE_NUMBER && !ht_form_is_number(item->value))) {
        return false;
    }
    int order = previous->item.kind ? compare_place(previous, now) : -1;
    return order < 0 || (order == 0 && previous->item.repeats == item->repeats &&
                         !ht_text_equal(previous->item.name, item->name));
}

/* `code NUL text NUL system` */
static bool is_original(HtText value)
{
    const char *end = value.data + value.size;
    const char *second = memchr(value.data, '\0', value.size);
    const char *third = second ? memchr(second + 1, '\0', (size_t)(end - second - 1)) : NULL;
    return third && !memchr(third + 1, '\0', (size_t)(end - third - 1)) &&
           g_utf8_validate_len(value.data, (size_t)(second - value.data), NULL) &&
           g_utf8_validate_len(second + 1, (size_t)(third - second - 1), NULL) &&
           is_clean((HtText){third + 1, (size_t)(end - third - 1)});
}

static bool check_items(HtText data, GError **error)
{
    HtUnpack unpack = ht_unpack(data.data, data.size);
    Placed now = {0}, previous = {0};
    while (ht_item_next(&unpack, &now.item)) {
        const HtItem *item = &now.item;
        bool good = item->kind == HT_ITEM_ELEMENT ? is_element(&now, &previous)
                                                  : item->kind >= previous.item.kind && is_clean(item->name);
        if (!good) {
            return refuse(error, "items out of order or with malformed names");
        }
        if (item->form == HT_VALUE_ORIGINAL) {
            if (!is_original(item->value)) {
                return refuse(error, "a malformed original code");
            }
        } else if (!g_utf8_validate_len(item->value.data, item->value.size, NULL)) {
            return refuse(error, "a value that is not UTF-8");
        }
        previous = now;
    }
    return unpack.broken ? refuse(error, "broken data") : true;
}

/* A person's number and an organisation's in one event would make one subject of the two. */
static bool names_the_same(const HtEvent *event, HtText kind)
{
    HtSubjectClass what = ht_identity_class(kind);
    for (unsigned i = 0; what != HT_SUBJECT_ANY && i < event->identity_count; i++) {
        HtSubjectClass other = ht_identity_class(event->identities[i].kind);
        if (other != HT_SUBJECT_ANY && other != what) {
            return false;
        }
    }
    return true;
}

static bool take_identity(HtText value, bool fresh, HtEvent *event)
{
    const char *split = memchr(value.data, '\0', value.size);
    if (!split || event->identity_count == HT_EVENT_IDENTITIES || value.size > IDENTITY_MAX_BYTES) {
        return false;
    }
    HtIdentity identity = {{value.data, (size_t)(split - value.data)},
                           {split + 1, (size_t)(value.data + value.size - split - 1)},
                           fresh};
    if (!names_the_same(event, identity.kind)) {
        return false;
    }
    event->identities[event->identity_count++] = identity;
    return identity.kind.size > 0 && identity.value.size > 0 && is_clean(identity.kind) &&
           is_clean(identity.value);
}

static bool take_field(uint8_t tag, HtText value, bool checked, HtEvent *event)
{
    switch (tag) {
    case TAG_KEY: event->key = value; return value.size > 0 && value.size <= KEY_MAX_BYTES;
    case TAG_HALF_KEY: event->half_key = value; return value.size > 0 && value.size <= KEY_MAX_BYTES;
    case TAG_IDENTITY: return take_identity(value, false, event);
    case TAG_IDENTITY_FRESH: return take_identity(value, true, event);
    case TAG_DATA: event->data = value; return true;
    case TAG_STATE: event->is_state = true; return value.size == 0;
    case TAG_TIME_SENT: event->time_sent = true; return value.size == 0;
    default: break;
    }
    if (tag < TAG_ATTR_FIRST || tag >= TAG_ATTR_FIRST + HT_ATTR_COUNT) {
        return false;
    }
    HtAttr attr = (HtAttr)(tag - TAG_ATTR_FIRST);
    if (attr >= HT_ATTR_SOURCE && attr <= HT_ATTR_FORMERSUBJECT) {
        return true; /* set by the bus and the spool, whatever a host says */
    }
    event->attr[attr] = value;
    return !checked || is_attr(attr, value);
}

static bool take_fields(HtText bytes, bool checked, HtEvent *event, GError **error)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint8_t tag;
    HtText value;
    *event = (HtEvent){0};
    while (ht_unpack_next(&unpack, &tag, &value)) {
        if (!take_field(tag, value, checked, event)) {
            return refuse(error, "an unknown or malformed field");
        }
    }
    return unpack.broken ? refuse(error, "broken bytes") : true;
}

bool ht_event_unpack(HtText bytes, HtEvent *event, GError **error)
{
    if (!take_fields(bytes, true, event, error)) {
        return false;
    }
    if (!event->attr[HT_ATTR_TYPE].data || !event->attr[HT_ATTR_ACTION].data) {
        return refuse(error, "no type or action");
    }
    return check_items(event->data, error);
}

bool ht_event_unpack_again(HtText bytes, HtEvent *event)
{
    return take_fields(bytes, false, event, NULL);
}
