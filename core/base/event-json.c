/* Writing an event as CloudEvents 1.0 JSON, asking a policy for every item of its data. Used by delivery and explain in
 * the bus, and by tests and bench. No state; any thread. */
#include "core/base/event.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#define MASKED_KEEP 4096

/* ---- Attributes ---- */

/* `,"source":"/BUS/SOURCE"`: both are names of the configuration, which need no escapes. */
static void render_source(const HtEvent *event, const char *bus, HtBuffer *json)
{
    ht_buffer_add_literal(json, ",\"source\":\"/");
    ht_buffer_add_string(json, bus);
    ht_buffer_add_char(json, '/');
    ht_buffer_add_text(json, event->attr[HT_ATTR_SOURCE]);
    ht_buffer_add_char(json, '"');
}

#define SEQUENCE_DIGITS 20

static void render_sequence(uint64_t sequence, HtBuffer *json)
{
    char digits[SEQUENCE_DIGITS];
    for (int i = SEQUENCE_DIGITS; i-- > 0; sequence /= 10) {
        digits[i] = (char)('0' + sequence % 10);
    }
    ht_buffer_add_literal(json, ",\"sequence\":\"");
    ht_buffer_add(json, digits, SEQUENCE_DIGITS);
    ht_buffer_add_char(json, '"');
}

/* When it happened, as far as the consumer may see that. The masked time is the year's first instant: an event's own stand in
 * China's time, so that the year is as written. */
static void render_time(const HtStoredEvent *stored, const HtEventPolicy *policy, HtBuffer *json)
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
    ht_json_member(json, "time", time);
    ht_json_member(json, "timeprecision", precision);
}

static void render_attributes(const HtStoredEvent *stored, const char *bus, const HtEventPolicy *policy,
                              HtBuffer *json)
{
    char id[HT_UUID_TEXT], recorded[HT_CLOCK_TEXT];
    ht_uuid_format(&stored->id, id);
    size_t recorded_size = ht_clock_format(stored->recorded_us, recorded);
    ht_buffer_add_literal(json, "\"specversion\":\"1.0\",\"id\":\"");
    ht_buffer_add(json, id, HT_UUID_TEXT - 1);
    ht_buffer_add_char(json, '"');
    render_source(&stored->event, bus, json);
    ht_json_member(json, "subject", stored->subject);
    ht_json_member(json, "recordedtime", (HtText){recorded, recorded_size});
    render_sequence(stored->sequence, json);
    ht_json_member(json, "partitionkey", stored->subject);
    for (unsigned attr = 0; attr < HT_ATTR_COUNT; attr++) {
        const char *name = ht_attr_name((HtAttr)attr);
        if (attr == HT_ATTR_TIME) {
            render_time(stored, policy, json); /* with its precision */
        } else if (name && attr != HT_ATTR_SOURCE && attr != HT_ATTR_TIMEPRECISION) {
            ht_json_member(json, name, stored->event.attr[attr]);
        }
    }
    HtText type = stored->event.attr[HT_ATTR_TYPE];
    ht_json_name(json, "dataschema");
    ht_buffer_add_literal(json, "\"urn:hutong:schema:");
    ht_buffer_add_text(json, type);
    ht_buffer_add_char(json, '"');
    ht_json_member(json, "datacontenttype", HT_TEXT_LITERAL("application/json"));
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

static void render_data(const HtStoredEvent *stored, const HtEventPolicy *policy, HtBuffer *json)
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
    render_attributes(event, bus, policy, json);
    ht_json_name(json, "data");
    render_data(event, policy, json);
    ht_buffer_add_char(json, '}');
}
