/* Building spool messages. Called by request.c; no state; main-loop thread. */
#include "core/ingress/message.h"

/* Which of the possible idempotency keys it is. A header's and a payload's get a first byte that no text of a mapping can
 * hold, so that they never meet an outcome's; that one stays bare, because the spool keeps one row for a message's key and the
 * equal key of its only event. */
enum { KEY_OF_OUTCOME = 0, KEY_OF_HEADER = 1, KEY_OF_PAYLOAD = 2 };

/* Texts that the message needs and the frame does not have, in one piece of memory with the frame's reference: the
 * message's backing. */
typedef struct {
    GBytes *frame; /* may be NULL */
    HtText key, source, department, causation, traceparent;
    char texts[];
} Backing;

static void free_backing(void *memory)
{
    Backing *backing = memory;
    g_clear_pointer(&backing->frame, g_bytes_unref);
    g_free(backing);
}

static HtText put_text(char **at, HtText text)
{
    char *start = *at;
    if (!text.data) {
        return text;
    }
    memcpy(start, text.data, text.size);
    *at += text.size;
    return (HtText){start, text.size};
}

static HtText choose_key(const HtTaken *taken, char *scope)
{
    if (taken->outcome && taken->outcome->key.size > 0) {
        *scope = KEY_OF_OUTCOME;
        return taken->outcome->key;
    }
    if (taken->idempotency_key.size > 0) {
        *scope = KEY_OF_HEADER;
        return taken->idempotency_key;
    }
    *scope = KEY_OF_PAYLOAD;
    return (HtText){(const char *)taken->sha256, 32};
}

static Backing *make_backing(const HtTaken *taken)
{
    char scope, id[HT_UUID_TEXT];
    HtText key = choose_key(taken, &scope);
    HtText source = ht_text_from(taken->source->name), department = ht_text_from(taken->source->department);
    ht_uuid_format(&taken->id, id);
    size_t size = 1 + key.size + source.size + department.size + sizeof id + taken->traceparent.size;
    Backing *backing = g_malloc(sizeof *backing + size);
    char *at = backing->texts;
    backing->frame = taken->frame ? g_bytes_ref(taken->frame) : NULL;
    if (scope != KEY_OF_OUTCOME) {
        *at++ = scope;
    }
    put_text(&at, key);
    backing->key = (HtText){backing->texts, (size_t)(at - backing->texts)};
    backing->source = put_text(&at, source);
    backing->department = put_text(&at, department);
    backing->causation = put_text(&at, (HtText){id, HT_UUID_TEXT - 1});
    backing->traceparent = put_text(&at, taken->traceparent);
    return backing;
}

/* The bytes are the frame's, by whose size the spool counts what waits; freeing them frees all. */
static GBytes *wrap_backing(Backing *backing)
{
    gsize size = 0;
    const void *bytes = backing->frame ? g_bytes_get_data(backing->frame, &size) : NULL;
    return g_bytes_new_with_free_func(bytes ? bytes : backing->texts, size, free_backing, backing);
}

static bool wants_payload(const HtTaken *taken)
{
    const char *keep = taken->source->keep_payload;
    if (g_strcmp0(keep, "all") == 0) {
        return true;
    }
    return g_strcmp0(keep, "none") != 0 && taken->outcome && taken->outcome->repaired;
}

/* The payload as received. One that came in pieces has gone to the host, which gives back what has to be kept (repaired,
 * or refused into quarantine); of the others only the digest is left. */
static GBytes *find_payload(const HtTaken *taken)
{
    if (taken->body) {
        return g_bytes_ref(taken->body);
    }
    HtText original = taken->outcome ? taken->outcome->original : HT_TEXT_NONE;
    return original.data ? g_bytes_new(original.data, original.size) : NULL;
}

static HtSpoolMessage *make_message(const HtTaken *taken, Backing **backing_out)
{
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    Backing *backing = make_backing(taken);
    message->id = taken->id;
    message->source = taken->source->name;
    message->received_us = taken->received_us;
    memcpy(message->sha256, taken->sha256, sizeof message->sha256);
    message->key = backing->key;
    message->faults = taken->faults ? g_array_ref(taken->faults) : NULL;
    message->backing = wrap_backing(backing);
    *backing_out = backing;
    return message;
}

static void set_bus_attributes(HtEvent *event, const Backing *backing)
{
    event->attr[HT_ATTR_SOURCE] = backing->source;
    event->attr[HT_ATTR_DEPARTMENT] = backing->department;
    event->attr[HT_ATTR_CAUSATIONID] = backing->causation;
    event->attr[HT_ATTR_TRACEPARENT] = backing->traceparent;
    event->attr[HT_ATTR_FORMERSUBJECT] = HT_TEXT_NONE;
}

static GArray *unpack_events(const HtOutcome *outcome, const Backing *backing, GError **error)
{
    unsigned count = outcome->events ? outcome->events->len : 0;
    GArray *events = g_array_sized_new(FALSE, FALSE, sizeof(HtEvent), count);
    g_array_set_size(events, count);
    for (unsigned i = 0; i < count; i++) {
        HtEvent *event = &g_array_index(events, HtEvent, i);
        if (!ht_event_unpack(g_array_index(outcome->events, HtText, i), event, error)) {
            g_array_unref(events);
            return NULL;
        }
        set_bus_attributes(event, backing);
    }
    return events;
}

HtSpoolMessage *ht_taken_message(const HtTaken *taken, GError **error)
{
    Backing *backing;
    HtSpoolMessage *message = make_message(taken, &backing);
    message->rejected = taken->outcome->rejected;
    message->reply = taken->outcome->reply;
    message->reply_type = taken->outcome->reply_type;
    message->payload = wants_payload(taken) ? find_payload(taken) : NULL;
    message->events = unpack_events(taken->outcome, backing, error);
    if (!message->events) {
        ht_taken_free(message);
        return NULL;
    }
    return message;
}

HtSpoolMessage *ht_taken_quarantine(const HtTaken *taken)
{
    Backing *backing;
    HtSpoolMessage *message = make_message(taken, &backing);
    message->rejected = taken->outcome ? taken->outcome->rejected : 0;
    message->payload = find_payload(taken);
    message->events = g_array_new(FALSE, FALSE, sizeof(HtEvent));
    return message;
}

GArray *ht_taken_faults(const HtOutcome *outcome)
{
    unsigned count = MIN(outcome->fault_count, HT_OUTCOME_FAULTS);
    if (count == 0) {
        return NULL;
    }
    GArray *faults = g_array_sized_new(FALSE, FALSE, sizeof(HtFault), count);
    return g_array_append_vals(faults, outcome->faults, count);
}

void ht_taken_free(HtSpoolMessage *message)
{
    g_clear_pointer(&message->events, g_array_unref);
    g_clear_pointer(&message->faults, g_array_unref);
    g_clear_pointer(&message->payload, g_bytes_unref);
    g_clear_pointer(&message->backing, g_bytes_unref);
    g_free(message);
}
