/* SHA-256 over what an event says. No state; any thread. On the spool's writer thread once for each event: nothing is
 * allocated. */
#include "core/base/event-digest.h"

#include <nettle/sha2.h>

/* What comes next; an absent attribute has no part, an empty one has one of size 0. */
enum { PART_ATTR_FIRST = 1, PART_IDENTITY = 64, PART_IDENTITY_FRESH, PART_ELEMENT };

#define NARROW_MAX 256 /* bytes of a text whose width is looked at: numbers are shorter */
#define ELEMENT_HEAD 9 /* what it is, how it is meant, the sizes of name (1 byte) and value (4 bytes) */

static const HtAttr said_attrs[] = {
    HT_ATTR_TYPE,         HT_ATTR_ACTION,        HT_ATTR_REVERSES,       HT_ATTR_DIVISION,
    HT_ATTR_FROMDIVISION, HT_ATTR_CORRELATIONID, HT_ATTR_OTHERDIVISIONS,
};

static const HtAttr time_attrs[] = {HT_ATTR_TIME, HT_ATTR_TIMEPRECISION};

static const HtAttr number_attrs[] = {HT_ATTR_BUSINESSID};

static void add_size(struct sha256_ctx *digest, size_t size)
{
    uint64_t little = GUINT64_TO_LE((uint64_t)size);
    sha256_update(digest, sizeof little, (const uint8_t *)&little);
}

static void add_text(struct sha256_ctx *digest, HtText text)
{
    add_size(digest, text.size);
    sha256_update(digest, text.size, (const uint8_t *)text.data);
}

static void add_attrs(struct sha256_ctx *digest, const HtEvent *event, const HtAttr *attrs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        HtText value = event->attr[attrs[i]];
        uint8_t part = (uint8_t)(PART_ATTR_FIRST + attrs[i]);
        if (value.data) {
            sha256_update(digest, 1, &part);
            add_text(digest, value);
        }
    }
}

static void add_identities(struct sha256_ctx *digest, const HtEvent *event)
{
    for (unsigned i = 0; i < event->identity_count; i++) {
        const HtIdentity *identity = &event->identities[i];
        uint8_t part = identity->fresh ? PART_IDENTITY_FRESH : PART_IDENTITY;
        sha256_update(digest, 1, &part);
        add_text(digest, identity->kind);
        add_text(digest, identity->value);
    }
}

/* One character of a text of letters, digits and signs in either width, in ASCII; 0 for any other. Blanks are one. */
static char narrow_character(const unsigned char *at, size_t left, size_t *taken)
{
    *taken = at[0] < 0x80 ? 1 : 3;
    if (at[0] < 0x80 || left < 3) {
        return at[0] < 0x80 ? (char)at[0] : 0;
    }
    if (at[0] == 0xe3 && at[1] == 0x80 && at[2] == 0x80) {
        return ' ';
    }
    bool first = at[0] == 0xef && at[1] == 0xbc && at[2] >= 0x81;
    bool second = at[0] == 0xef && at[1] == 0xbd && at[2] <= 0x9e;
    return first ? (char)(at[2] - 0x81 + '!') : second ? (char)(at[2] - 0x80 + '`') : 0;
}

/* What a text of nothing but letters, digits and signs in full width says is what it says in ASCII, and a number is the same in groups;
 * in `narrow`. Absent for any other, in which width and blanks may be as somebody typed them. */
static HtText find_narrow(const HtItem *item, char narrow[NARROW_MAX])
{
    HtText text = item->value;
    size_t used = 0, taken = 0;
    bool wide = memchr(text.data, 0xef, text.size) || (item->number && memchr(text.data, ' ', text.size)) ||
                (item->number && memchr(text.data, 0xe3, text.size));
    bool good = wide && text.size <= NARROW_MAX;
    for (size_t i = 0; good && i < text.size; i += taken) {
        char byte = narrow_character((const unsigned char *)text.data + i, text.size - i, &taken);
        good = byte != 0;
        if (!item->number || byte != ' ') {
            narrow[used++] = byte;
        }
    }
    return good ? (HtText){narrow, used} : HT_TEXT_NONE;
}

/* In two pieces: most of a digest's time would go into many small ones. Name and value stand side by side in an item. */
static void add_element(struct sha256_ctx *digest, const HtItem *item)
{
    uint8_t head[ELEMENT_HEAD] = {PART_ELEMENT, (uint8_t)item->form, item->reported, item->instance,
                                  (uint8_t)item->name.size};
    char narrow[NARROW_MAX];
    HtText said = find_narrow(item, narrow);
    uint32_t size = GUINT32_TO_LE((uint32_t)(said.data ? said.size : item->value.size));
    memcpy(head + ELEMENT_HEAD - sizeof size, &size, sizeof size);
    sha256_update(digest, sizeof head, head);
    if (said.data) {
        sha256_update(digest, item->name.size, (const uint8_t *)item->name.data);
        sha256_update(digest, said.size, (const uint8_t *)said.data);
    } else {
        sha256_update(digest, item->name.size + item->value.size, (const uint8_t *)item->name.data);
    }
}

void ht_event_digest(const HtEvent *event, uint8_t digest[HT_EVENT_DIGEST])
{
    struct sha256_ctx said;
    HtUnpack unpack = ht_unpack(event->data.data, event->data.size);
    HtItem item;
    sha256_init(&said);
    add_attrs(&said, event, said_attrs, G_N_ELEMENTS(said_attrs));
    if (!event->time_sent) {
        add_attrs(&said, event, time_attrs, G_N_ELEMENTS(time_attrs));
    }
    if (!event->key.data) { /* a number of which the other half is missing still tells two records apart */
        add_attrs(&said, event, number_attrs, G_N_ELEMENTS(number_attrs));
        if (event->half_key.data) {
            add_text(&said, event->half_key);
        }
    }
    add_identities(&said, event);
    while (ht_item_next(&unpack, &item) && item.kind == HT_ITEM_ELEMENT) {
        if (!item.sending) {
            add_element(&said, &item);
        }
    }
    sha256_digest(&said, HT_EVENT_DIGEST, digest);
}
