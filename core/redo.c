/* The verbs `payload`, `drop` and `redo`. A message that is done again has a new id, and the head of no request: what its department's type and
 * SOAPAction said is not kept, so its beginning has to tell what it is. Main thread. */
#include "core/redo.h"

#include "core/base/json.h"
#include "core/bus.h"
#include "spool/chore.h"
#include "spool/held.h"
#include "spool/repair.h"

/* One that is on its way. */
typedef struct {
    HtAdminReply *reply;
    HtMessage *message;
    GBytes *payload;
    size_t given;
} Redo;

static void free_redo(Redo *redo)
{
    ht_message_free(redo->message);
    g_bytes_unref(redo->payload);
    g_free(redo);
}

/* ---- What is asked for ---- */

static bool read_id(JsonObject *asked, HtUuid *id)
{
    const char *text = json_object_get_string_member_with_default(asked, "message", "");
    return ht_uuid_parse(ht_text_from(text), id);
}

/* The payload and, when it is wanted, its source's name; NULL when the reply was refused. */
static GBytes *find_payload(const HtBus *bus, JsonObject *asked, char **source, HtAdminReply *reply)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) payload = NULL;
    HtUuid id;
    bool found = false;
    if (!read_id(asked, &id)) {
        ht_admin_refuse(reply, 400, "message is the id of a message");
        return NULL;
    }
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(bus->config->bus.state, &error);
    if (!look || !ht_spool_look_payload(look, &id, &payload, &error)) {
        ht_admin_refuse(reply, 503, error->message);
        return NULL;
    }
    HtSpoolHeld held = {.source = NULL};
    HtSpoolKept kept = {.source = NULL};
    if (payload && source && ht_spool_look_held_one(look, &id, &held, &found, NULL) && found) {
        *source = g_strdup(held.source);
    } else if (payload && source && ht_spool_look_message(look, &id, 0, &kept, &found, NULL) && found) {
        *source = g_strdup(kept.source);
    }
    ht_spool_held_clear(&held);
    ht_spool_kept_clear(&kept);
    if (!payload) {
        ht_admin_refuse(reply, 404, "no payload of this message is kept: keep-payload says of which one is");
    }
    return g_steal_pointer(&payload);
}

void ht_redo_show(void *user, JsonObject *asked, HtAdminReply *reply)
{
    ht_admin_shows(reply);
    g_autoptr(GBytes) payload = find_payload(user, asked, NULL, reply);
    if (!payload) {
        return;
    }
    gsize size;
    const void *bytes = g_bytes_get_data(payload, &size);
    g_autofree char *base64 = g_base64_encode(bytes ? bytes : (const guchar *)"", size);
    HtBuffer json = {0};
    ht_admin_note(reply, "the payload of message %s was shown",
                  json_object_get_string_member(asked, "message"));
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "payload", ht_text_from(base64));
    ht_buffer_add_string(&json, "}\n");
    ht_admin_reply(reply, 200, ht_buffer_text(&json));
    ht_buffer_clear(&json);
}

/* ---- Dropping ---- */

static void on_dropped(uint64_t count, const GError *error, void *user)
{
    if (error) {
        ht_admin_refuse(user, 503, error->message);
    } else if (count == 0) {
        ht_admin_refuse(user, 404, "no message with this id is in quarantine");
    } else {
        ht_admin_reply(user, 200, HT_TEXT_LITERAL("{}\n"));
    }
}

static bool is_held(const HtBus *bus, const HtUuid *id, HtAdminReply *reply)
{
    g_autoptr(GError) error = NULL;
    HtSpoolHeld held = {.source = NULL};
    bool found = false;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(bus->config->bus.state, &error);
    if (!look || !ht_spool_look_held_one(look, id, &held, &found, &error)) {
        ht_admin_refuse(reply, 503, error->message);
    } else if (!found) {
        ht_admin_refuse(reply, 404, "no message with this id is in quarantine");
    }
    ht_spool_held_clear(&held);
    return found;
}

void ht_redo_drop(void *user, JsonObject *asked, HtAdminReply *reply)
{
    const HtBus *bus = user;
    const char *reason = json_object_get_string_member_with_default(asked, "reason", "");
    HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_DROP_HELD};
    if (!read_id(asked, &chore.id)) {
        ht_admin_refuse(reply, 400, "message is the id of a message");
        return;
    }
    if (!ht_spool_repair_is_reason(reason)) {
        ht_admin_refuse(reply, 400, "a reason is 1 to 200 bytes of plain text, without long numbers");
        return;
    }
    if (!is_held(bus, &chore.id, reply)) {
        return;
    }
    const char *id = json_object_get_string_member(asked, "message");
    ht_spool_audit(bus->spool, ht_admin_uid(reply), "message drop", id, reason);
    ht_admin_note(reply, "message %s is dropped from quarantine: %s", id, reason);
    ht_spool_chore(bus->spool, &chore, on_dropped, reply);
}

/* ---- Doing it again ---- */

static void answer_receipt(HtAdminReply *reply, const HtReceipt *receipt)
{
    HtBuffer json = {0};
    char id[HT_UUID_TEXT];
    ht_uuid_format(&receipt->id, id);
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "message", ht_text_from(id));
    ht_json_member_number(&json, "events", receipt->resent ? 0 : receipt->events);
    ht_json_member_number(&json, "duplicates", receipt->resent ? receipt->events : receipt->duplicates);
    ht_json_member_number(&json, "rejected", receipt->rejected);
    ht_buffer_add_string(&json, "}\n");
    ht_admin_reply(reply, 200, ht_buffer_text(&json));
    ht_buffer_clear(&json);
}

static void answer_refusal(HtAdminReply *reply, const HtRefusal *refusal)
{
    g_autofree char *text =
        refusal->fault_count > 0 && refusal->faults[0].record > 0
            ? g_strdup_printf("%s: record %u, %s: %s", refusal->code, refusal->faults[0].record,
                              refusal->faults[0].element, refusal->text)
            : g_strdup_printf("%s: %s", refusal->code, refusal->text);
    ht_admin_refuse(reply, refusal->status == 503 ? 503 : 409, text);
}

static void take_result(const HtMessageResult *result, void *user)
{
    Redo *redo = user;
    if (result->receipt) {
        answer_receipt(redo->reply, result->receipt);
    } else {
        answer_refusal(redo->reply, result->refusal);
    }
    free_redo(redo);
}

/* Gives the rest of the payload to the message, as far as its host has room. */
static void go_on(void *user)
{
    Redo *redo = user;
    HtRefusal refusal;
    gsize size;
    const char *bytes = g_bytes_get_data(redo->payload, &size);
    HtTake took = HT_TAKE_MORE;
    while (took == HT_TAKE_MORE && redo->given < size) {
        size_t piece = MIN(size - redo->given, (size_t)65536);
        took = ht_message_take(redo->message, bytes + redo->given, piece, &refusal);
        redo->given += piece;
    }
    if (took == HT_TAKE_FULL && redo->given < size) {
        return;
    }
    if (took == HT_TAKE_NOT || !ht_message_end(redo->message, &refusal)) {
        answer_refusal(redo->reply, &refusal);
        free_redo(redo);
    }
}

static HtSource *find_source(const HtBus *bus, const char *name)
{
    for (unsigned i = 0; name && i < ht_sources_count(bus->sources); i++) {
        HtSource *source = ht_sources_at(bus->sources, i);
        if (g_str_equal(source->config->name, name)) {
            return source;
        }
    }
    return NULL;
}

void ht_redo_answer(void *user, JsonObject *asked, HtAdminReply *reply)
{
    HtBus *bus = user;
    HtRefusal refusal;
    g_autofree char *name = NULL;
    g_autoptr(GBytes) payload = find_payload(bus, asked, &name, reply);
    if (!payload) {
        return;
    }
    HtSource *source = find_source(bus, name);
    if (!source) {
        ht_admin_refuse(reply, 409, "the message's source is not configured any more");
        return;
    }
    if (!ht_source_admits(source, &refusal)) {
        answer_refusal(reply, &refusal);
        return;
    }
    Redo *redo = g_new0(Redo, 1);
    HtMessageStart start = {
        .source = source, .head = {.id = ht_uuid_new()}, .length = g_bytes_get_size(payload)};
    HtMessageOwner owner = {go_on, take_result, redo};
    char id[HT_UUID_TEXT];
    ht_uuid_format(&start.head.id, id);
    ht_admin_note(reply, "message %s is done again, as %s", json_object_get_string_member(asked, "message"),
                  id);
    redo->reply = reply;
    redo->payload = g_steal_pointer(&payload);
    redo->message = ht_message_new(&bus->intake, &start, &owner);
    go_on(redo);
}
