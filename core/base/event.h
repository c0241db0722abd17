/* The unified event between its makers: the host fills and packs it, the bus unpacks and checks it, the spool keeps its
 * head and its data, delivery renders it as CloudEvents 1.0 JSON (docs/events.md).
 *
 * An event has a head (attributes, identities) and data (elements of the dictionary, quality marks, unmapped fields).
 * Data stays packed all the way: only delivery turns it into JSON, element by element, asking the consumer's policy for
 * each. What a consumer may not see is never written. event.c packs, event-json.c renders. */
#pragma once

#include "core/base/pack.h"
#include "core/base/uuid.h"

#include <glib.h>

/* Attributes of the head, as CloudEvents names them. */
typedef enum {
    HT_ATTR_TYPE,               /* "person.moved-in.v1" */
    HT_ATTR_ACTION,             /* assert | correct | cancel | verify */
    HT_ATTR_TIME,               /* when it happened, RFC 3339 */
    HT_ATTR_TIMEPRECISION,      /* year | month | day | minute | second */
    HT_ATTR_BUSINESSID,         /* the department's own number of the business */
    HT_ATTR_REVERSES,           /* businessid of what a cancel undoes */
    HT_ATTR_DIRECTION,          /* return | report | lateral | query */
    HT_ATTR_DIVISION,           /* 6, 9, 12 or 14 digits */
    HT_ATTR_FROMDIVISION,       /* the same, of the place that a person left */
    HT_ATTR_DIVISIONEDITION,    /* the code list that `division` was read against */
    HT_ATTR_DATACLASSIFICATION, /* 0 to 3, the highest of the elements */
    HT_ATTR_CORRELATIONID,      /* ties the events of one business together (both parties of a marriage) */
    HT_ATTR_SOURCE,             /* set by the bus: the source's name */
    HT_ATTR_DEPARTMENT,         /* set by the bus: from the source's configuration */
    HT_ATTR_CAUSATIONID,        /* set by the bus: the message's id */
    HT_ATTR_TRACEPARENT, /* set by the bus and made anew by the spool: W3C trace context, when the request had one */
    HT_ATTR_FORMERSUBJECT, /* set by the spool: a subject under which earlier events of this person may have gone */
    HT_ATTR_MINOR, /* "1": a person under 14; all personal elements count as sensitivity 3. Not rendered */
    HT_ATTR_TIMEELEMENTS, /* the elements whose value `time` is, "death.date", with blanks between. Not rendered */
    HT_ATTR_OTHERDIVISIONS, /* where else it concerns somebody: up to HT_DIVISIONS_MAX codes with blanks between, in the order of the mapping */
    HT_ATTR_PRESENTDIVISIONS, /* the same: what the ground of `division`, `fromdivision` and `otherdivisions` is known as on the day of receipt, where another code */
    HT_ATTR_COUNT
} HtAttr;

/* The attribute's name in JSON, NULL for one that is not rendered. */
const char *ht_attr_name(HtAttr attr);

/* The idempotency key of one event (source's own, before hashing) and the identities are in the head as sent by the
 * host; neither is stored in clear. */
typedef struct {
    HtText
        kind; /* "idNumber": a citizen number in its 18-digit form; another that all sources share (identity.h); else local to the source */
    HtText value;
    bool fresh; /* starts a subject of its own, and the other identities move to it (a number shared by two persons) */
} HtIdentity;

#define HT_EVENT_IDENTITIES 8

typedef struct {
    HtText attr[HT_ATTR_COUNT];
    HtText key;      /* absent: the source gives no id for this record */
    HtText half_key; /* what there is of one of which a part is missing; absent with a key */
    HtIdentity identities[HT_EVENT_IDENTITIES];
    unsigned identity_count;
    bool is_state; /* the key is of a thing whose events, of several types, are its states one after the other */
    bool time_sent; /* `time` is when the record was sent and not when anything happened */
    HtText data;    /* packed items; see below */
} HtEvent;

/* Types that begin so are the bus's own: what it tells consumers of subjects and of itself. No department and no host may give one. */
#define HT_EVENT_OWN_TYPES "subject."
#define HT_EVENT_BUS_TYPES "bus."

static inline bool ht_event_is_own_type(HtText type)
{
    return (type.size > sizeof HT_EVENT_OWN_TYPES - 1 &&
            memcmp(type.data, HT_EVENT_OWN_TYPES, sizeof HT_EVENT_OWN_TYPES - 1) == 0) ||
           (type.size > sizeof HT_EVENT_BUS_TYPES - 1 &&
            memcmp(type.data, HT_EVENT_BUS_TYPES, sizeof HT_EVENT_BUS_TYPES - 1) == 0);
}

/* How an element's value is written. */
typedef enum {
    HT_VALUE_STRING = 0,
    HT_VALUE_NUMBER = 1,   /* digits with an optional sign and fraction; written without quotes */
    HT_VALUE_ORIGINAL = 2, /* a code without counterpart: `code NUL text NUL system`, each may be empty */
} HtValueForm;

/* Data is a row of items in this order: elements (sorted by reported, then group name, then instance), quality marks,
 * unmapped fields. The order lets JSON be written in one pass; the bus refuses data that is not in it. */
typedef enum { HT_ITEM_ELEMENT = 1, HT_ITEM_QUALITY = 2, HT_ITEM_UNMAPPED = 3 } HtItemKind;

typedef struct {
    HtItemKind kind;
    HtText
        name; /* element "group.element"; for quality the element meant, or the kind of the identity meant (a word
                    without a dot), or empty; for unmapped the path */
    HtText value;     /* the value; for quality the mark */
    HtValueForm form; /* elements only */
    bool reported;    /* elements only: repeated from another authority */
    bool repeats;     /* elements only: the group is an array */
    bool number; /* elements only: a number that is known by its letters and digits, however they are set in groups */
    bool sending;     /* elements only: says how or when the record was sent, and nothing of the fact */
    uint8_t instance; /* elements only: which one of the array, from 0 */
} HtItem;

/* Appends one item to data. The caller keeps the order. Names are at most 255 bytes. */
void ht_item_pack(HtBuffer *data, const HtItem *item);

/* Gives the next item of data begun with ht_unpack(), its name and value side by side in memory; false at the end or when the bytes are broken (`broken`). */
bool ht_item_next(HtUnpack *unpack, HtItem *item);

/* Appends `data` to `out` with one more quality mark, for the element (empty: for the whole event). A mark that is there already
 * does not stand twice. The data must be such as ht_event_unpack() takes; of other data nothing is appended after what is
 * broken. */
void ht_event_add_mark(HtText data, HtText element, const char *mark, HtBuffer *out);

/* Packs the whole event, for a frame. */
void ht_event_pack(const HtEvent *event, HtBuffer *buffer);

/* Reads what ht_event_pack() wrote, and checks it as coming from an untrusted host: bounds, UTF-8 without control
 * characters, known attributes with a value of their form, a type of the form `word.word.vN`, items in order and with
 * well-formed names. Attributes that the bus or the spool sets are left out. The texts point into `bytes`. HT_EVENT_ERROR
 * otherwise; the message holds no value. Whether the dictionary knows what is in it is asked elsewhere. */
bool ht_event_unpack(HtText bytes, HtEvent *event, GError **error);

/* Reads again what ht_event_unpack() found good. False only when it never was. */
bool ht_event_unpack_again(HtText bytes, HtEvent *event);

/* Only the attributes, for the spool: no key, no identities, no data. */
void ht_event_pack_head(const HtEvent *event, HtBuffer *buffer);
bool ht_event_unpack_head(HtText bytes, HtEvent *event);

#define HT_EVENT_ERROR (ht_event_error_quark())
GQuark ht_event_error_quark(void);

/* What became of an event in the spool. */
typedef enum {
    HT_STORED_WHOLE,
    HT_STORED_REMOVED, /* it is kept no longer: its data is gone. Of one that was pruned there are id, subject, time and some attributes
                          (spool/hollow.h), of others nothing but the sequence: their `type` is absent */
    HT_STORED_DAMAGED, /* its bytes are not those that were written, and are set aside: nothing but its sequence is there */
    HT_STORED_LOST, /* its bytes cannot be found or read: the same */
} HtStoredState;

/* An event as the spool gives it back. */
typedef struct {
    HtStoredState state;
    uint64_t sequence; /* from 1, without gaps, in the order of acceptance */
    HtUuid id;
    int64_t recorded_us; /* when the bus took it */
    HtText subject;      /* "p-…" */
    HtEvent event;       /* attributes and data; no key, no identities */
    uint64_t number;     /* set by delivery: which one it is of those that the consumer gets; 0: not known */
} HtStoredEvent;

/* What a consumer sees of an element: the policy is asked once for each. */
typedef enum { HT_SEEN_WHOLE, HT_SEEN_MASKED, HT_SEEN_NOT } HtSeen;

typedef struct {
    /* What is seen of `time`, and with it of `timeprecision`: HT_SEEN_MASKED is its year. NULL: the whole of it. */
    HtSeen (*see_time)(void *user, const HtStoredEvent *event);
    /* For HT_SEEN_MASKED the policy has appended the masked value to `masked` (emptied before the call). For unmapped
     * items it is asked with their name and kind too. */
    HtSeen (*see)(void *user, const HtStoredEvent *event, const HtItem *item, HtBuffer *masked);
    void *user;
    const char
        *schema_url; /* for `dataschema`: where the schemas are, ending in '/'; NULL: they have a name only */
} HtEventPolicy;

/* `dataschema` is the URL (at most so long), the type and HT_EVENT_SCHEMA_DATA, the place of `data` in the event's JSON Schema; or only its name, this
 * and the type (core/schema/event-schema.h). */
#define HT_EVENT_SCHEMA_URL_MAX 384
#define HT_EVENT_SCHEMA_URN "urn:hutong:schema:"
#define HT_EVENT_SCHEMA_DATA ".json#/properties/data"

/* Tells the CloudEvents attributes in the order in which they are written, as far as the policy shows them; values that are absent
 * have no data. `bus` is the bus's name for `source` ("/bus/source"). Texts live for the call. */
typedef void (*HtEventAttribute)(void *user, const char *name, HtText value);
void ht_event_attributes(const HtStoredEvent *event, const char *bus, const HtEventPolicy *policy,
                         HtEventAttribute tell, void *user);

/* Appends the event's data as one JSON object. */
void ht_event_render_data(const HtStoredEvent *event, const HtEventPolicy *policy, HtBuffer *json);

/* Appends the event, attributes and data, as one CloudEvents JSON object. With a NULL policy everything is written (the bus's own use only: explain with the privilege, tests). */
void ht_event_render(const HtStoredEvent *event, const char *bus, const HtEventPolicy *policy,
                     HtBuffer *json);

/* Its member `data` alone, as it stands there: an object. */
void ht_event_render_data(const HtStoredEvent *event, const HtEventPolicy *policy, HtBuffer *json);

/* Appends what ht_event_render() writes of the event with this number, made of `text`, which it wrote of it without one. */
void ht_event_add_number(uint64_t number, HtText text, HtBuffer *json);
