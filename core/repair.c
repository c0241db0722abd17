/* The verb `subject`. The question holds a number in clear: it is neither logged nor kept.
 * Main thread. */
#include "core/repair.h"

#include "core/base/json.h"
#include "core/admin/admin.h"
#include "core/bus.h"

const char *const ht_repair_verbs[HT_REPAIR_VERBS] = {
    [HT_SPOOL_SPLIT] = "split", [HT_SPOOL_SPLIT_SUBJECT] = "split-subject", [HT_SPOOL_JOIN] = "join"};

#define TEXT_MAX_BYTES 256

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
    while (found < HT_REPAIR_VERBS && g_strcmp0(verb, ht_repair_verbs[found]) != 0) {
        found++;
    }
    if (found == HT_REPAIR_VERBS) {
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

static void on_repaired(const HtSpoolRepaired *repaired, const GError *error, void *user)
{
    HtAdminReply *reply = user;
    if (error) {
        ht_admin_refuse(reply, error->code == HT_SPOOL_ERROR_REPAIR ? 409 : 503, error->message);
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

void ht_repair_answer(void *user, JsonObject *asked, HtAdminReply *reply)
{
    const HtBus *bus = user;
    HtSpoolRepair repair = {.uid = ht_admin_uid(reply)};
    const char *wrong = read_question(asked, &repair);
    if (wrong) {
        ht_admin_refuse(reply, 400, wrong);
        return;
    }
    ht_spool_repair(bus->spool, &repair, on_repaired, reply);
}
