/* Verbs about delivery: dead letters, one event as a consumer sees it. Main thread. */
#include "core/outlet.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/bus.h"
#include "core/delivery/policy.h"
#include "core/replays.h"
#include "spool/repair.h"

static const char *text_of(JsonObject *asked, const char *member)
{
    return json_object_get_string_member_with_default(asked, member, "");
}

/* ---- Answers that wait for the disk ---- */

typedef struct {
    HtAdminReply *reply;
    char *json;
} Pending;

static void on_settled(const GError *error, void *user)
{
    g_autofree Pending *pending = user;
    g_autofree char *json = pending->json;
    if (error) {
        ht_admin_refuse(pending->reply, 503, error->message);
    } else {
        ht_admin_reply(pending->reply, 200, ht_text_from(json));
    }
}

/* Answers with `json` (transfer full) when all that was asked of the spool is on disk. */
static void reply_settled(const HtBus *bus, HtAdminReply *reply, char *json)
{
    Pending *pending = g_new(Pending, 1);
    *pending = (Pending){reply, json};
    ht_spool_settle(bus->spool, on_settled, pending);
}

/* NULL, after a refusal, when there is no such consumer. */
static const char *find_consumer(const HtBus *bus, JsonObject *asked, HtAdminReply *reply)
{
    const HtConsumerConfig *config = ht_config_consumer(bus->config, text_of(asked, "consumer"));
    if (!config) {
        ht_admin_refuse(reply, 404, "there is no consumer of this name");
    }
    return config ? config->name : NULL;
}

/* False, after a refusal, when a reason is no reason, or is wanted and not there. */
static bool has_reason(JsonObject *asked, bool wanted, HtAdminReply *reply)
{
    const char *reason = text_of(asked, "reason");
    if ((wanted || *reason) && !ht_spool_repair_is_reason(reason)) {
        ht_admin_refuse(reply, 400, "a reason is 1 to 200 bytes of plain text, without long numbers");
        return false;
    }
    return true;
}

static void wake(const HtBus *bus)
{
    if (bus->delivery) {
        ht_delivery_wake(bus->delivery, ht_spool_last_sequence(bus->spool));
    }
}

/* ---- Dead letters ---- */

/* "3-5;9": of HtSpoolRun, ascending and apart from each other. NULL when it is none. */
static GArray *read_runs(const char *text)
{
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    uint64_t last = 0;
    while (*text) {
        char *end;
        HtSpoolRun run = {g_ascii_strtoull(text, &end, 10), 0, 0};
        run.last = *end == '-' ? g_ascii_strtoull(end + 1, &end, 10) : run.first;
        if (!g_ascii_isdigit(*text) || run.first <= last || run.last < run.first ||
            (*end != ';' && *end != '\0')) {
            return NULL;
        }
        g_array_append_val(runs, run);
        last = run.last;
        text = *end ? end + 1 : end;
    }
    return runs->len > 0 ? g_steal_pointer(&runs) : NULL;
}

/* Those of the runs that are dead letters now: of uint64_t. */
static GArray *find_letters(const HtBus *bus, const char *name, const GArray *runs)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    const GArray *all = ht_spool_dead_sequences(bus->spool, name);
    unsigned at = 0;
    for (unsigned i = 0; all && i < all->len && at < runs->len; i++) {
        uint64_t sequence = g_array_index(all, uint64_t, i);
        while (at < runs->len && g_array_index(runs, HtSpoolRun, at).last < sequence) {
            at++;
        }
        if (at < runs->len && g_array_index(runs, HtSpoolRun, at).first <= sequence) {
            g_array_append_val(found, sequence);
        }
    }
    return found;
}

static void drop(const HtBus *bus, const char *name, const GArray *letters, JsonObject *asked,
                 HtAdminReply *reply)
{
    const char *reason = text_of(asked, "reason");
    if (!has_reason(asked, true, reply)) {
        return;
    }
    for (unsigned i = 0; i < letters->len; i++) {
        ht_spool_dead_remove(bus->spool, name, g_array_index(letters, uint64_t, i));
    }
    g_autofree char *what =
        g_strdup_printf("%s, %u events: %s", name, letters->len, text_of(asked, "sequences"));
    ht_spool_audit(bus->spool, ht_admin_uid(reply), "dead drop", what, reason);
    ht_admin_note(reply, "dead drop %s, %u events: %s", name, letters->len, reason);
    wake(bus);
    reply_settled(bus, reply, g_strdup_printf("{\"count\":%u}\n", letters->len));
}

void ht_outlet_dead(void *user, JsonObject *asked, HtAdminReply *reply)
{
    const HtBus *bus = user;
    const char *verb = text_of(asked, "verb"), *name = find_consumer(bus, asked, reply);
    if (!name) {
        return;
    }
    g_autoptr(GArray) runs = read_runs(text_of(asked, "sequences"));
    if (!runs) {
        ht_admin_refuse(reply, 400, "sequences are as in 3-5;9, ascending");
        return;
    }
    g_autoptr(GArray) letters = find_letters(bus, name, runs);
    if (letters->len == 0) {
        ht_admin_refuse(reply, 409, "none of these events is a dead letter of this consumer");
    } else if (g_str_equal(verb, "drop")) {
        drop(bus, name, letters, asked, reply);
    } else {
        ht_replays_letters(bus, name, letters, reply);
    }
}

/* ---- One event ---- */

typedef struct {
    const HtBus *bus;
    HtAdminReply *reply;
    char *consumer;
    uint64_t sequence;
    char *reason; /* NULL: it is to be shown */
} EventQuestion;

static void show_event(const EventQuestion *question, const HtStoredEvent *event)
{
    HtConsumerStatus status;
    HtBuffer json = {0};
    ht_delivery_find(question->bus->delivery, question->consumer, &status);
    HtEventPolicy policy = {ht_policy_see_time, ht_policy_see, status.policy,
                            question->bus->config->bus.schema_url};
    ht_buffer_add_literal(&json, "{\"event\":");
    ht_event_render(event, question->bus->config->bus.name, &policy, &json);
    ht_buffer_add_literal(&json, "}\n");
    ht_buffer_add_char(&json, '\0');
    reply_settled(question->bus, question->reply, json.data);
}

static void skip_event(const EventQuestion *question, const HtStoredEvent *event)
{
    const HtBus *bus = question->bus;
    const char *problem = ht_delivery_skip(bus->delivery, question->consumer, event, question->reason);
    if (problem) {
        ht_admin_refuse(question->reply, 409, problem);
        return;
    }
    g_autofree char *what =
        g_strdup_printf("%s, event %" G_GUINT64_FORMAT, question->consumer, question->sequence);
    ht_spool_audit(bus->spool, ht_admin_uid(question->reply), "consumer skip", what, question->reason);
    ht_admin_note(question->reply, "consumer skip %s: %s", what, question->reason);
    reply_settled(bus, question->reply, g_strdup("{}\n"));
}

static void on_event(HtSpoolPage *page, const GError *error, void *user)
{
    g_autofree EventQuestion *question = user;
    const HtStoredEvent *event = page && page->events->len > 0 ? page->events->pdata[0] : NULL;
    if (error) {
        ht_admin_refuse(question->reply, 503, error->message);
    } else if (!event || event->sequence != question->sequence || event->state != HT_STORED_WHOLE) {
        ht_admin_refuse(question->reply, 404, "this event is not kept, or is damaged");
    } else {
        (question->reason ? skip_event : show_event)(question, event);
    }
    g_clear_pointer(&page, ht_spool_page_free);
    g_free(question->consumer);
    g_free(question->reason);
}

/* Reads the event and goes on with it; with a `reason` it is skipped, else shown. */
static void ask_event(const HtBus *bus, const char *consumer, int64_t sequence, const char *reason,
                      HtAdminReply *reply)
{
    EventQuestion *question = g_new(EventQuestion, 1);
    *question = (EventQuestion){bus, reply, g_strdup(consumer), (uint64_t)sequence, g_strdup(reason)};
    ht_spool_read(bus->spool, (uint64_t)sequence - 1, 1, 1, on_event, question);
}

void ht_outlet_skip(void *user, JsonObject *asked, HtAdminReply *reply)
{
    const HtBus *bus = user;
    const char *name = find_consumer(bus, asked, reply);
    int64_t sequence = json_object_get_int_member_with_default(asked, "sequence", 0);
    if (!name || !has_reason(asked, true, reply)) {
        return;
    }
    ask_event(bus, name, sequence, text_of(asked, "reason"), reply);
}

void ht_outlet_event(void *user, JsonObject *asked, HtAdminReply *reply)
{
    ht_admin_shows(reply);
    const HtBus *bus = user;
    const char *name = find_consumer(bus, asked, reply);
    int64_t sequence = json_object_get_int_member_with_default(asked, "sequence", 0);
    if (!name) {
        return;
    }
    g_autofree char *what = g_strdup_printf("%s, event %" G_GINT64_FORMAT, name, sequence);
    ht_spool_audit(bus->spool, ht_admin_uid(reply), "event show", what, "");
    ht_admin_note(reply, "event show %s", what);
    ask_event(bus, name, sequence, NULL, reply);
}

/* ---- A test event ---- */

static void on_tested(const HtUuid *id, const HtSent *sent, void *reply)
{
    char text[HT_UUID_TEXT];
    HtBuffer json = {0};
    if (!sent) {
        ht_admin_refuse(reply, 503, "the consumer's settings were changed, or the bus ends: try again");
        return;
    }
    ht_uuid_format(id, text);
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "id", ht_text_from(text));
    ht_json_name(&json, "taken");
    ht_buffer_add_string(&json, sent->kind == HT_SENT_TAKEN ? "true" : "false");
    if (sent->status > 0) {
        ht_json_member_number(&json, "status", sent->status);
    }
    ht_json_member(&json, "reason", ht_text_from(sent->reason));
    ht_json_member_number(&json, "tookUs", (int64_t)sent->took_us);
    ht_buffer_add_literal(&json, "}\n");
    ht_admin_reply(reply, 200, ht_buffer_text(&json));
    ht_buffer_clear(&json);
}

void ht_outlet_test(void *user, JsonObject *asked, HtAdminReply *reply)
{
    const HtBus *bus = user;
    const char *name = find_consumer(bus, asked, reply);
    if (!name) {
        return;
    }
    ht_admin_note(reply, "consumer test %s", name);
    const char *problem = ht_delivery_test(bus->delivery, name, on_tested, reply);
    if (problem) {
        ht_admin_refuse(reply, 409, problem);
        return;
    }
    ht_spool_audit(bus->spool, ht_admin_uid(reply), "consumer test", name, "");
}
