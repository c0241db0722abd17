/* Both ends of POST /subject, and the way without a bus. The question holds a number in clear: it is neither logged nor kept.
 * Main thread of the bus; a command's process. */
#include "core/repair.h"

#include "core/base/json.h"
#include "core/bus.h"

#include <json-glib/json-glib.h>

static const char *const verbs[] = {
    [HT_SPOOL_SPLIT] = "split", [HT_SPOOL_SPLIT_SUBJECT] = "split-subject", [HT_SPOOL_JOIN] = "join"};

#define TEXT_MAX_BYTES 256

/* ---- In the bus ---- */

static const char *read_text(JsonObject *asked, const char *member)
{
    return json_object_get_string_member_with_default(asked, member, NULL);
}

static bool is_identity(const HtSpoolRepair *repair)
{
    return repair->kind && *repair->kind && repair->value && *repair->value &&
           strlen(repair->kind) <= TEXT_MAX_BYTES && strlen(repair->value) <= TEXT_MAX_BYTES &&
           (!repair->source || strlen(repair->source) <= TEXT_MAX_BYTES);
}

/* What is wrong with the question; NULL when nothing is. */
static const char *judge(const HtSpoolRepair *repair)
{
    bool split = repair->verb == HT_SPOOL_SPLIT;
    if ((repair->subject && !ht_spool_repair_is_subject(repair->subject)) ||
        (repair->other && !ht_spool_repair_is_subject(repair->other))) {
        return "a subject is p- and 26 characters";
    }
    if (split ? !is_identity(repair) : !repair->subject || !repair->other) {
        return split ? "split needs kind and value" : "two subjects are needed";
    }
    if (!repair->dry_run && !(repair->reason && ht_spool_repair_is_reason(repair->reason))) {
        return "a reason is needed: 1 to 200 bytes of plain text, without long numbers";
    }
    return NULL;
}

/* The texts stay the object's. */
static const char *read_question(JsonObject *asked, HtSpoolRepair *repair)
{
    const char *verb = read_text(asked, "verb");
    unsigned found = 0;
    while (found < G_N_ELEMENTS(verbs) && g_strcmp0(verb, verbs[found]) != 0) {
        found++;
    }
    if (found == G_N_ELEMENTS(verbs)) {
        return "the verb is split, split-subject or join";
    }
    repair->verb = (HtSpoolRepairVerb)found;
    repair->subject = read_text(asked, "subject");
    repair->other = read_text(asked, "other");
    repair->kind = read_text(asked, "kind");
    repair->source = read_text(asked, "source");
    repair->value = read_text(asked, "value");
    repair->reason = read_text(asked, "reason");
    repair->dry_run = json_object_get_boolean_member_with_default(asked, "dryRun", FALSE);
    return judge(repair);
}

static void reply_error(HtAdminReply *reply, unsigned status, const char *text)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "error", ht_text_from(text));
    ht_buffer_add_literal(&json, "}\n");
    ht_admin_reply(reply, status, ht_buffer_text(&json));
    ht_buffer_clear(&json);
}

static void on_repaired(const HtSpoolRepaired *repaired, const GError *error, void *user)
{
    HtAdminReply *reply = user;
    if (error) {
        reply_error(reply, error->code == HT_SPOOL_ERROR_REPAIR ? 409 : 503, error->message);
        return;
    }
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "subject", ht_text_from(repaired->subject));
    ht_json_member(&json, "other", ht_text_from(repaired->other));
    ht_json_member_number(&json, "sequence", (int64_t)repaired->sequence);
    ht_buffer_add_literal(&json, "}\n");
    ht_admin_reply(reply, 200, ht_buffer_text(&json));
    ht_buffer_clear(&json);
}

void ht_repair_answer(void *user, HtText body, int64_t uid, HtAdminReply *reply)
{
    const HtBus *bus = user;
    HtSpoolRepair repair = {.uid = uid};
    g_autoptr(JsonParser) parser = json_parser_new();
    bool good = json_parser_load_from_data(parser, body.data, (gssize)body.size, NULL);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        reply_error(reply, 400, "the question is no JSON object");
        return;
    }
    const char *wrong = read_question(json_node_get_object(root), &repair);
    if (wrong) {
        reply_error(reply, 400, wrong);
        return;
    }
    ht_spool_repair(bus->spool, &repair, on_repaired, reply);
}

/* ---- In a command ---- */

static char *write_question(const HtSpoolRepair *repair)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "verb", ht_text_from(verbs[repair->verb]));
    ht_json_member(&json, "subject", ht_text_from(repair->subject));
    ht_json_member(&json, "other", ht_text_from(repair->other));
    ht_json_member(&json, "kind", ht_text_from(repair->kind));
    ht_json_member(&json, "source", ht_text_from(repair->source));
    ht_json_member(&json, "value", ht_text_from(repair->value));
    ht_json_member(&json, "reason", ht_text_from(repair->reason));
    ht_json_name(&json, "dryRun");
    ht_buffer_add_string(&json, repair->dry_run ? "true}" : "false}");
    ht_buffer_add_char(&json, '\0');
    return json.data;
}

static bool read_answer(const char *body, unsigned status, HtSpoolRepaired *repaired, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    bool good = json_parser_load_from_data(parser, body, -1, NULL);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    JsonObject *answer = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    if (!answer || status != 200) {
        g_set_error(error, HT_SPOOL_ERROR, status == 409 ? HT_SPOOL_ERROR_REPAIR : HT_SPOOL_ERROR_BUSY, "%s",
                    answer ? json_object_get_string_member_with_default(answer, "error", "the bus refuses")
                           : "the bus's answer cannot be read");
        return false;
    }
    *repaired = (HtSpoolRepaired){
        .sequence = (uint64_t)json_object_get_int_member_with_default(answer, "sequence", 0)};
    g_strlcpy(repaired->subject, json_object_get_string_member_with_default(answer, "subject", ""),
              sizeof repaired->subject);
    g_strlcpy(repaired->other, json_object_get_string_member_with_default(answer, "other", ""),
              sizeof repaired->other);
    return true;
}

typedef struct {
    bool done;
    HtSpoolRepaired repaired;
    GError *error;
} Waiting;

static void keep_answer(const HtSpoolRepaired *repaired, const GError *error, void *user)
{
    Waiting *waiting = user;
    waiting->done = true;
    waiting->error = error ? g_error_copy(error) : NULL;
    waiting->repaired = repaired ? *repaired : (HtSpoolRepaired){.sequence = 0};
}

/* The spool is opened as the bus opens it: its lock keeps a bus away until this is over. */
static bool ask_spool(const HtConfig *config, const HtSpoolRepair *repair, HtSpoolRepaired *repaired,
                      GError **error)
{
    uint8_t key[32];
    Waiting waiting = {.done = false};
    if (!ht_spool_load_key(config->bus.site_key_file, false, key, error)) {
        return false;
    }
    HtSpoolOptions options = {
        .directory = config->bus.state, .site_key = key, .limits = config->spool.limits};
    options.limits.reserve_bytes = 0; /* it is kept for what must be recorded, and this must be */
    g_autoptr(HtSpool) spool = ht_spool_open(&options, error);
    explicit_bzero(key, sizeof key);
    if (!spool) {
        return false;
    }
    ht_spool_repair(spool, repair, keep_answer, &waiting);
    while (!waiting.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    *repaired = waiting.repaired;
    if (waiting.error) {
        g_propagate_error(error, waiting.error);
        return false;
    }
    return true;
}

bool ht_repair_ask(const HtConfig *config, const HtSpoolRepair *repair, HtSpoolRepaired *repaired,
                   bool *offline, GError **error)
{
    g_autoptr(GError) nobody = NULL;
    g_autofree char *question = write_question(repair);
    unsigned status;
    g_autofree char *body = ht_admin_post(config->bus.admin, "/subject", question, &status, &nobody);
    explicit_bzero(question, strlen(question));
    *offline = g_error_matches(nobody, HT_ADMIN_ERROR, HT_ADMIN_ERROR_NOBODY);
    if (*offline) {
        return ask_spool(config, repair, repaired, error);
    }
    if (!body) {
        g_propagate_error(error, g_steal_pointer(&nobody));
        return false;
    }
    return read_answer(body, status, repaired, error);
}
