/* Writing an event as CloudEvents 1.0 JSON, asking a policy for every item of its data. Used by delivery and explain in
 * the bus, and by tests and bench. No state; any thread. */
#include "core/base/event.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#define MASKED_KEEP 4096
#define JOINED_MAX 512

/* ---- Attributes ---- */

#define SEQUENCE_DIGITS 20
#define NUMBER_NAME "consumersequence"

static HtText write_sequence(uint64_t sequence, char digits[SEQUENCE_DIGITS])
{
    for (int i = SEQUENCE_DIGITS; i-- > 0; sequence /= 10) {
        digits[i] = (char)('0' + sequence % 10);
    }
    return (HtText){digits, SEQUENCE_DIGITS};
}

/* When it happened, as far as the consumer may see that. The masked time is the year's first instant: an event's own stand in
 * China's time, so that the year is as written. */
static void tell_time(const HtStoredEvent *stored, const HtEventPolicy *policy, HtEventAttribute tell,
                      void *user)
{
    HtText time = stored->event.attr[HT_ATTR_TIME], precision = stored->event.attr[HT_ATTR_TIMEPRECISION];
    HtSeen seen = policy && policy->see_time ? policy->see_time(policy->user, stored) : HT_SEEN_WHOLE;
    char year[] = "yyyy-01-01T00:00:00+08:00";
    if (seen == HT_SEEN_NOT || time.size < 4) {
        return;
    }
    if (seen == HT_SEEN_MASKED) {
        memcpy(year, time.data, 4);
        time = (HtText){year, sizeof year - 1};
        precision = HT_TEXT_LITERAL("year");
    }
    tell(user, "time", time);
    tell(user, "timeprecision", precision);
}

/* The names of bus and source, and an event's type, are short: the configuration and the dictionary have them so. */
static void tell_joined(const char *name, const HtText parts[4], HtEventAttribute tell, void *user)
{
    char joined[JOINED_MAX];
    size_t size = 0;
    for (unsigned i = 0; i < 4; i++) {
        size_t fits = MIN(parts[i].size, sizeof joined - size);
        if (fits > 0) {
            memcpy(joined + size, parts[i].data, fits);
        }
        size += fits;
    }
    tell(user, name, (HtText){joined, size});
}

void ht_event_attributes(const HtStoredEvent *stored, const char *bus, const HtEventPolicy *policy,
                         HtEventAttribute tell, void *user)
{
    char id[HT_UUID_TEXT], recorded[HT_CLOCK_TEXT], sequence[SEQUENCE_DIGITS];
    const HtText source[4] = {HT_TEXT_LITERAL("/"), ht_text_from(bus), HT_TEXT_LITERAL("/"),
                              stored->event.attr[HT_ATTR_SOURCE]};
    const char *url = policy ? policy->schema_url : NULL;
    const HtText schema[4] = {ht_text_from(url ? url : HT_EVENT_SCHEMA_URN), stored->event.attr[HT_ATTR_TYPE],
                              ht_text_from(url ? HT_EVENT_SCHEMA_DATA : NULL)};
    ht_uuid_format(&stored->id, id);
    size_t recorded_size = ht_clock_format(stored->recorded_us, recorded);
    if (stored->number > 0) { /* the first: what follows is the same for others */
        tell(user, NUMBER_NAME, write_sequence(stored->number, sequence));
    }
    tell(user, "specversion", HT_TEXT_LITERAL("1.0"));
    tell(user, "id", (HtText){id, HT_UUID_TEXT - 1});
    tell_joined("source", source, tell, user);
    tell(user, "subject", stored->subject);
    tell(user, "recordedtime", (HtText){recorded, recorded_size});
    tell(user, "sequence", write_sequence(stored->sequence, sequence));
    tell(user, "partitionkey", stored->subject);
    for (unsigned attr = 0; attr < HT_ATTR_COUNT; attr++) {
        const char *name = ht_attr_name((HtAttr)attr);
        if (attr == HT_ATTR_TIME) {
            tell_time(stored, policy, tell, user); /* with its precision */
        } else if (name && attr != HT_ATTR_SOURCE && attr != HT_ATTR_TIMEPRECISION) {
            tell(user, name, stored->event.attr[attr]);
        }
    }
    tell_joined("dataschema", schema, tell, user);
    tell(user, "datacontenttype", HT_TEXT_LITERAL("application/json"));
}

void ht_event_add_number(uint64_t number, HtText text, HtBuffer *json)
{
    char digits[SEQUENCE_DIGITS];
    ht_buffer_add_char(json, '{');
    ht_json_member(json, NUMBER_NAME, write_sequence(number, digits));
    ht_buffer_add_char(json, ',');
    ht_buffer_add(json, text.data + 1, text.size - 1);
}

static void add_attribute(void *json, const char *name, HtText value)
{
    ht_json_member(json, name, value);
}

/* ---- Data ---- */

/* What is open in the JSON while elements are written. */
typedef struct {
    HtBuffer *json;
    HtText group; /* absent: none open */
    bool reported, repeats;
    uint8_t instance;
} Open;

static void close_group(Open *open)
{
    if (open->group.data) {
        ht_buffer_add_string(open->json, open->repeats ? "}]" : "}");
        open->group = HT_TEXT_NONE;
    }
}

static void open_group(Open *open, const HtItem *item, HtText group)
{
    bool same = open->group.data && open->reported == item->reported && ht_text_equal(open->group, group);
    if (same && open->instance == item->instance) {
        return;
    }
    if (same && open->repeats) {
        ht_buffer_add_literal(open->json, "},{");
        open->instance = item->instance;
        return;
    }
    close_group(open);
    if (item->reported && !open->reported) {
        ht_json_name(open->json, "reported");
        ht_buffer_add_char(open->json, '{');
    }
    ht_json_name_text(open->json, group);
    ht_buffer_add_string(open->json, item->repeats ? "[{" : "{");
    *open = (Open){open->json, group, item->reported, item->repeats, item->instance};
}

static void render_original(HtText value, HtBuffer *json)
{
    static const char *const names[] = {"code", "text", "system"};
    const char *at = value.data, *end = value.data + value.size;
    ht_buffer_add_char(json, '{');
    for (int part = 0; part < 3 && at <= end; part++) {
        const char *stop = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        HtText text = {at, (size_t)((stop ? stop : end) - at)};
        if (text.size > 0) {
            ht_json_member(json, names[part], text);
        }
        at = stop ? stop + 1 : end + 1;
    }
    ht_buffer_add_char(json, '}');
}

static void render_element(Open *open, const HtItem *item, HtSeen seen, HtText masked)
{
    const char *dot = memchr(item->name.data, '.', item->name.size);
    HtText group = {item->name.data, (size_t)(dot - item->name.data)};
    HtText element = {dot + 1, item->name.size - group.size - 1};
    open_group(open, item, group);
    ht_json_name_text(open->json, element);
    if (seen == HT_SEEN_MASKED) {
        ht_json_string(open->json, masked);
    } else if (item->form == HT_VALUE_NUMBER) {
        ht_buffer_add_text(open->json, item->value);
    } else if (item->form == HT_VALUE_ORIGINAL) {
        render_original(item->value, open->json);
    } else {
        ht_json_string(open->json, item->value);
    }
}

/* Opens "quality" or "unmapped" when its first item comes. */
static void open_list(Open *open, HtItemKind *list, HtItemKind kind)
{
    if (*list == kind) {
        return;
    }
    if (*list == HT_ITEM_ELEMENT) {
        close_group(open);
        if (open->reported) {
            ht_buffer_add_char(open->json, '}');
        }
    } else {
        ht_buffer_add_char(open->json, ']');
    }
    ht_json_name(open->json, kind == HT_ITEM_QUALITY ? "quality" : "unmapped");
    ht_buffer_add_char(open->json, '[');
    *list = kind;
}

static void render_list_item(Open *open, const HtItem *item, HtText value)
{
    bool quality = item->kind == HT_ITEM_QUALITY;
    ht_json_comma(open->json);
    ht_buffer_add_char(open->json, '{');
    ht_json_member(open->json, quality ? "mark" : "name", quality ? item->value : item->name);
    if (quality && item->name.size > 0) {
        bool element = memchr(item->name.data, '.', item->name.size) != NULL;
        ht_json_member(open->json, element ? "element" : "identity", item->name);
    } else if (!quality) {
        ht_json_member(open->json, "value", value);
    }
    ht_buffer_add_char(open->json, '}');
}

void ht_event_render_data(const HtStoredEvent *stored, const HtEventPolicy *policy, HtBuffer *json)
{
    static _Thread_local HtBuffer masked;
    Open open = {.json = json};
    HtItemKind list = HT_ITEM_ELEMENT;
    HtUnpack unpack = ht_unpack(stored->event.data.data, stored->event.data.size);
    HtItem item;
    ht_buffer_add_char(json, '{');
    while (ht_item_next(&unpack, &item)) {
        ht_buffer_reset(&masked, MASKED_KEEP);
        HtSeen seen = policy ? policy->see(policy->user, stored, &item, &masked) : HT_SEEN_WHOLE;
        if (seen == HT_SEEN_NOT) {
            continue;
        }
        if (item.kind == HT_ITEM_ELEMENT) {
            render_element(&open, &item, seen, ht_buffer_text(&masked));
        } else {
            open_list(&open, &list, item.kind);
            render_list_item(&open, &item, seen == HT_SEEN_MASKED ? ht_buffer_text(&masked) : item.value);
        }
    }
    if (list == HT_ITEM_ELEMENT) {
        close_group(&open);
        ht_buffer_add_string(json, open.reported ? "}}" : "}");
    } else {
        ht_buffer_add_literal(json, "]}");
    }
}

void ht_event_render(const HtStoredEvent *event, const char *bus, const HtEventPolicy *policy, HtBuffer *json)
{
    ht_buffer_add_char(json, '{');
    ht_event_attributes(event, bus, policy, add_attribute, json);
    ht_json_name(json, "data");
    ht_event_render_data(event, policy, json);
    ht_buffer_add_char(json, '}');
}
