/* `hutong subject`: how a change is asked for. The question holds a number in clear: it is forgotten when it was asked. */
#include "core/base/json.h"
#include "core/cli/subject.h"
#include "core/repair.h"
#include "core/verbs.h"

static char *write_question(const HtSpoolRepair *repair)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "verb", ht_text_from(ht_repair_verbs[repair->verb]));
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

static void read_answer(JsonObject *answer, HtSpoolRepaired *repaired)
{
    *repaired = (HtSpoolRepaired){
        .sequence = (uint64_t)json_object_get_int_member_with_default(answer, "sequence", 0)};
    g_strlcpy(repaired->subject, json_object_get_string_member_with_default(answer, "subject", ""),
              sizeof repaired->subject);
    g_strlcpy(repaired->other, json_object_get_string_member_with_default(answer, "other", ""),
              sizeof repaired->other);
}

bool ht_cli_subject_ask(const HtConfig *config, const HtSpoolRepair *repair, HtSpoolRepaired *repaired,
                        bool *offline, GError **error)
{
    g_autofree char *question = write_question(repair);
    g_autoptr(JsonObject) answer = ht_verbs_ask(config, "subject", question, offline, error);
    explicit_bzero(question, strlen(question));
    if (answer) {
        read_answer(answer, repaired);
    }
    return answer != NULL;
}
