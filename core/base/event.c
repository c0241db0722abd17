/* Packing, unpacking and checking events. In the host events are made; in the bus they arrive from a process that may be
 * hostile, so ht_event_unpack() trusts nothing. No state; any thread. */
#include "core/base/event.h"

G_DEFINE_QUARK(ht_event_error, ht_event_error)

enum { TAG_ATTR_FIRST = 1, TAG_KEY = 64, TAG_IDENTITY, TAG_IDENTITY_FRESH, TAG_DATA };

#define ITEM_REPORTED 0x10
#define ITEM_REPEATS 0x20
#define ITEM_FORM 0x0f
#define ATTR_MAX_BYTES 256
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
        (uint8_t)(item->form | (item->reported ? ITEM_REPORTED : 0) | (item->repeats ? ITEM_REPEATS : 0)),
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
        .instance = at[1],
    };
    return true;
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
    for (unsigned i = 0; i < event->identity_count; i++) {
        pack_identity(&event->identities[i], buffer);
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

static bool is_type(HtText type)
{
    size_t dots = 0;
    for (size_t i = 0; i < type.size; i++) {
        char byte = type.data[i];
        dots += byte == '.';
        if (!g_ascii_islower(byte) && !g_ascii_isdigit(byte) && byte != '-' && byte != '.') {
            return false;
        }
    }
    return dots == 2 && type.size <= 80;
}

static bool is_division(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!g_ascii_isdigit(text.data[i])) {
            return false;
        }
    }
    return text.size == 6 || text.size == 9 || text.size == 12;
}

static bool is_one_of(HtText text, const char *const *words)
{
    for (; *words; words++) {
        if (ht_text_is(text, *words)) {
            return true;
        }
    }
    return false;
}

static bool is_attr(HtAttr attr, HtText value)
{
    static const char *const actions[] = {"assert", "correct", "cancel", "verify", NULL};
    static const char *const directions[] = {"return", "report", "lateral", "query", NULL};
    static const char *const precisions[] = {"year", "month", "day", "minute", "second", NULL};
    static const char *const classes[] = {"0", "1", "2", "3", NULL};
    switch (attr) {
    case HT_ATTR_TYPE: return is_type(value);
    case HT_ATTR_ACTION: return is_one_of(value, actions);
    case HT_ATTR_DIRECTION: return is_one_of(value, directions);
    case HT_ATTR_TIMEPRECISION: return is_one_of(value, precisions);
    case HT_ATTR_DATACLASSIFICATION: return is_one_of(value, classes);
    case HT_ATTR_DIVISION:
    case HT_ATTR_FROMDIVISION: return is_division(value);
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

static bool is_number(HtText value)
{
    size_t digits = 0;
    for (size_t i = 0; i < value.size; i++) {
        bool inside = i > 0 && i + 1 < value.size;
        if (g_ascii_isdigit(value.data[i])) {
            digits++;
        } else if (!(value.data[i] == '-' && i == 0) && !(value.data[i] == '.' && inside)) {
            return false;
        }
    }
    HtText figures =
        value.size > 0 && value.data[0] == '-' ? (HtText){value.data + 1, value.size - 1} : value;
    bool leading_zero = figures.size > 1 && figures.data[0] == '0' && figures.data[1] != '.';
    const char *dot = figures.size ? memchr(figures.data, '.', figures.size) : NULL;
    bool two_dots = dot && memchr(dot + 1, '.', (size_t)(figures.data + figures.size - dot - 1));
    return digits > 0 && !leading_zero && !two_dots && dot != figures.data;
}

/* Compares two elements by reported, group, instance: the order in which JSON can be written in one pass. */
static int compare_place(const HtItem *a, const HtItem *b)
{
    if (a->reported != b->reported) {
        return a->reported ? 1 : -1;
    }
    size_t a_size = group_size(a->name), b_size = group_size(b->name);
    int order = memcmp(a->name.data, b->name.data, MIN(a_size, b_size));
    if (order == 0) {
        order = a_size < b_size ? -1 : a_size > b_size;
    }
    return order ? order : (int)a->instance - (int)b->instance;
}

static bool is_element(const HtItem *item, const HtItem *previous)
{
    if (group_size(item->name) == 0 || (previous->kind && previous->kind > HT_ITEM_ELEMENT)) {
        return false;
    }
    if (item->form == HT_VALUE_NUMBER && !is_number(item->value)) {
        return false;
    }
    if (!previous->kind) {
        return true;
    }
    bool same_group = compare_place(previous, item) == 0;
    return compare_place(previous, item) <= 0 && !(same_group && previous->repeats != item->repeats) &&
           !(same_group && ht_text_equal(previous->name, item->name));
}

static bool check_items(HtText data, GError **error)
{
    HtUnpack unpack = ht_unpack(data.data, data.size);
    HtItem item, previous = {0};
    while (ht_item_next(&unpack, &item)) {
        bool good = item.kind == HT_ITEM_ELEMENT ? is_element(&item, &previous)
                                                 : item.kind >= previous.kind && is_clean(item.name);
        if (!good) {
            return refuse(error, "items out of order or with malformed names");
        }
        if (!g_utf8_validate_len(item.value.data, item.value.size, NULL) && item.form != HT_VALUE_ORIGINAL) {
            return refuse(error, "a value that is not UTF-8");
        }
        if (item.form == HT_VALUE_ORIGINAL) {
            const char *second = memchr(item.value.data, '\0', item.value.size);
            size_t left = second ? (size_t)(item.value.data + item.value.size - second - 1) : 0;
            const char *third = left ? memchr(second + 1, '\0', left) : NULL;
            if (!third || memchr(third + 1, '\0', (size_t)(item.value.data + item.value.size - third - 1)) ||
                !g_utf8_validate_len(item.value.data, (size_t)(second - item.value.data), NULL) ||
                !g_utf8_validate_len(second + 1, (size_t)(third - second - 1), NULL) ||
                !is_clean((HtText){third + 1, (size_t)(item.value.data + item.value.size - third - 1)})) {
                return refuse(error, "a malformed original code");
            }
        }
        previous = item;
    }
    return unpack.broken ? refuse(error, "broken data") : true;
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
    event->identities[event->identity_count++] = identity;
    return identity.kind.size > 0 && identity.value.size > 0 && is_clean(identity.kind) &&
           is_clean(identity.value);
}

static bool take_field(uint8_t tag, HtText value, HtEvent *event)
{
    switch (tag) {
    case TAG_KEY: event->key = value; return value.size > 0 && value.size <= KEY_MAX_BYTES;
    case TAG_IDENTITY: return take_identity(value, false, event);
    case TAG_IDENTITY_FRESH: return take_identity(value, true, event);
    case TAG_DATA: event->data = value; return true;
    default: break;
    }
    if (tag < TAG_ATTR_FIRST || tag >= TAG_ATTR_FIRST + HT_ATTR_COUNT) {
        return false;
    }
    event->attr[tag - TAG_ATTR_FIRST] = value;
    return is_attr((HtAttr)(tag - TAG_ATTR_FIRST), value);
}

bool ht_event_unpack(HtText bytes, HtEvent *event, GError **error)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint8_t tag;
    HtText value;
    *event = (HtEvent){0};
    while (ht_unpack_next(&unpack, &tag, &value)) {
        if (!take_field(tag, value, event)) {
            return refuse(error, "an unknown or malformed field");
        }
    }
    if (unpack.broken) {
        return refuse(error, "broken bytes");
    }
    if (!event->attr[HT_ATTR_TYPE].data || !event->attr[HT_ATTR_ACTION].data) {
        return refuse(error, "no type or action");
    }
    return check_items(event->data, error);
}
