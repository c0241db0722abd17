/* Building spool messages. Called by message.c; no state; main-loop thread. */
#include "core/message/keep.h"

#include "core/base/beside.h"
#include "core/base/digest.h"
#include "core/base/secrets.h"
#include "core/message/vet.h"
#include "spool/payload.h"

/* Which of the possible idempotency keys it is. All but the mapping's get a first byte that no text of a mapping can hold, so
 * that they never meet one; that one stays bare, because the spool keeps one row for a message's key and the equal key of
 * its only event. In the spool: the numbers stay. */
enum { KEY_OF_MAPPING = 0, KEY_OF_HEADER = 1, KEY_OF_PAYLOAD = 2, KEY_OF_MESSAGE_ID = 3 };

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

static HtText choose_key(const HtMessage *message, const HtOutcome *outcome, char *scope)
{
    if (outcome && outcome->key.size > 0 && !message->by_payload) {
        *scope = KEY_OF_MAPPING;
        return outcome->key;
    }
    if (outcome && outcome->message_id.size > 0 && !message->by_payload) {
        *scope = KEY_OF_MESSAGE_ID;
        return outcome->message_id;
    }
    if (message->idempotency_key.size > 0 && !message->by_payload) {
        *scope = KEY_OF_HEADER;
        return message->idempotency_key;
    }
    *scope = KEY_OF_PAYLOAD;
    return (HtText){(const char *)message->sha256, sizeof message->sha256};
}

static Backing *make_backing(const HtMessage *message, const HtOutcome *outcome)
{
    char scope, id[HT_UUID_TEXT];
    const HtSourceConfig *config = message->source->config;
    HtText key = choose_key(message, outcome, &scope);
    HtText source = ht_text_from(config->name), department = ht_text_from(config->department);
    ht_uuid_format(&message->head.id, id);
    size_t size = 1 + key.size + source.size + department.size + sizeof id + message->traceparent.size;
    Backing *backing = g_malloc(sizeof *backing + size);
    char *at = backing->texts;
    backing->frame = message->frame ? g_bytes_ref(message->frame) : NULL;
    if (scope != KEY_OF_MAPPING) {
        *at++ = scope;
    }
    put_text(&at, key);
    backing->key = (HtText){backing->texts, (size_t)(at - backing->texts)};
    backing->source = put_text(&at, source);
    backing->department = put_text(&at, department);
    backing->causation = put_text(&at, (HtText){id, HT_UUID_TEXT - 1});
    backing->traceparent = put_text(&at, message->traceparent);
    return backing;
}

/* The bytes are the frame's, by whose size the spool counts what waits; freeing them frees all. */
static GBytes *wrap_backing(Backing *backing)
{
    gsize size = 0;
    const void *bytes = backing->frame ? g_bytes_get_data(backing->frame, &size) : NULL;
    return g_bytes_new_with_free_func(bytes ? bytes : backing->texts, size, free_backing, backing);
}

/* Records that were left out stand nowhere else than in the payload. */
static bool wants_payload(const HtMessage *message, const HtOutcome *outcome)
{
    const char *keep = message->source->config->keep_payload;
    if (g_strcmp0(keep, "all") == 0 || g_strcmp0(keep, "none") == 0) {
        return *keep == 'a';
    }
    return outcome->rejected > 0 || (g_strcmp0(keep, "error") != 0 && outcome->repaired);
}

bool ht_message_is_genuine(const HtMessage *message, const HtOutcome *outcome)
{
    uint8_t found[HT_SHA256];
    ht_sha256(outcome->original, found);
    return memcmp(found, message->sha256, sizeof found) == 0;
}

/* The bytes as received. One that came in pieces has gone to the host, which gives back what has to be kept (repaired,
 * or in quarantine, whole or partly); of the others only the digest is left. */
static GBytes *find_received(const HtMessage *message, const HtOutcome *outcome)
{
    if (message->body) {
        return g_bytes_ref(message->body);
    }
    HtText original = outcome ? outcome->original : HT_TEXT_NONE;
    return original.data ? g_bytes_new(original.data, original.size) : NULL;
}

static void write_blanks(char *bytes, uint64_t start, uint64_t end)
{
    for (uint64_t i = start; i < end; i++) {
        bytes[i] = bytes[i] == '\n' || bytes[i] == '\r' ? bytes[i] : ' ';
    }
}

/* A part that is out of order is a host's mistake or malice: nothing from there on is kept then. */
static void conceal(char *bytes, uint64_t size, HtText parts)
{
    uint64_t done = 0;
    for (size_t at = 0; at + sizeof(HtConcealed) <= parts.size && done < size; at += sizeof(HtConcealed)) {
        HtConcealed part;
        memcpy(&part, parts.data + at, sizeof part);
        bool ordered = part.start >= done && part.start <= size;
        uint64_t start = ordered ? part.start : done;
        uint64_t end = ordered ? start + MIN(part.size, size - start) : size;
        write_blanks(bytes, start, end);
        done = end;
    }
}

static void conceal_secret(void *user, size_t start, size_t size)
{
    write_blanks(user, start, start + size);
}

/* An archive hides what is in it: when no host has told, nothing of it is kept. */
static bool is_unread_archive(const HtOutcome *outcome, const char *bytes, size_t size)
{
    return !outcome && size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0;
}

/* What may be kept of the payload: a host can have blanks written over parts of it, and nothing else; and nothing that stands under
 * the name of a secret is kept, whether a host has seen it or died of it. */
static GBytes *find_payload(const HtMessage *message, const HtOutcome *outcome)
{
    GBytes *received = find_received(message, outcome);
    if (!received) {
        return NULL;
    }
    gsize size;
    g_autofree char *bytes = g_bytes_unref_to_data(received, &size);
    conceal(bytes, size, outcome ? outcome->concealed : HT_TEXT_NONE);
    ht_secrets_find((HtText){bytes, size}, NULL, conceal_secret, bytes);
    if (is_unread_archive(outcome, bytes, size)) {
        write_blanks(bytes, 0, size);
    }
    bool compress = g_strcmp0(message->source->config->compress_payload, "off") != 0;
    bytes = ht_spool_payload_pack(g_steal_pointer(&bytes), &size, compress);
    return ht_beside_bytes(g_steal_pointer(&bytes), size);
}

static HtSpoolMessage *make_kept(const HtMessage *message, const HtOutcome *outcome, Backing **backing_out)
{
    HtSpoolMessage *kept = g_new0(HtSpoolMessage, 1);
    Backing *backing = make_backing(message, outcome);
    kept->id = message->head.id;
    kept->source = message->source->config->name;
    kept->received_us = message->received_us;
    memcpy(kept->sha256, message->sha256, sizeof kept->sha256);
    kept->key = backing->key;
    kept->authority = g_strcmp0(message->source->config->identities, "authority") == 0;
    kept->faults = message->faults ? g_array_ref(message->faults) : NULL;
    kept->backing = wrap_backing(backing);
    *backing_out = backing;
    return kept;
}

/* What the bus says of every event, and no host. */
static void set_bus_attributes(HtSpoolMessage *kept, const Backing *backing)
{
    kept->attr[HT_ATTR_SOURCE] = backing->source;
    kept->attr[HT_ATTR_DEPARTMENT] = backing->department;
    kept->attr[HT_ATTR_CAUSATIONID] = backing->causation;
    kept->attr[HT_ATTR_TRACEPARENT] = backing->traceparent;
}

/* A message is one transaction of the spool, which others wait for. */
#define EVENTS_ALWAYS 100000

/* The events as they are packed, once each has been found good: unpacked they would take many times the room. */
static GArray *unpack_events(const HtMessage *message, const HtOutcome *outcome, GError **error)
{
    const HtDictionary *dictionary = message->dictionary;
    if (outcome->events->len > MAX(message->source->config->limits.records, EVENTS_ALWAYS)) {
        g_set_error(error, HT_EVENT_ERROR, 0, "the outcome has more events than its source may send records");
        return NULL;
    }
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtEvent event;
        if (!ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, error) ||
            (dictionary && !ht_vet_event(dictionary, &event, error))) {
            return NULL;
        }
    }
    return g_array_ref(outcome->events);
}

HtSpoolMessage *ht_message_keep(const HtMessage *message, const HtOutcome *outcome, GError **error)
{
    Backing *backing;
    HtSpoolMessage *kept = make_kept(message, outcome, &backing);
    kept->rejected = outcome->rejected;
    kept->unchanged = outcome->unchanged;
    kept->reply = outcome->reply;
    kept->reply_type = outcome->reply_type;
    kept->payload = wants_payload(message, outcome) ? find_payload(message, outcome) : NULL;
    set_bus_attributes(kept, backing);
    kept->packed = unpack_events(message, outcome, error);
    if (!kept->packed) {
        ht_message_keep_free(kept);
        return NULL;
    }
    return kept;
}

HtSpoolMessage *ht_message_keep_refused(const HtMessage *message, const HtOutcome *outcome)
{
    Backing *backing;
    HtSpoolMessage *kept = make_kept(message, outcome, &backing);
    kept->rejected = outcome ? outcome->rejected : 0;
    kept->payload = find_payload(message, outcome);
    return kept;
}

void ht_message_keep_free(HtSpoolMessage *kept)
{
    g_clear_pointer(&kept->packed, g_array_unref);
    g_clear_pointer(&kept->faults, g_array_unref);
    g_clear_pointer(&kept->payload, g_bytes_unref);
    g_clear_pointer(&kept->backing, g_bytes_unref);
    g_free(kept);
}
