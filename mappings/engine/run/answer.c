/* A department's own answers (`<answer>`): success, refusal, or "not now"; and what the mapping does not take (`<refuse>`).
 * Asked once a payload, after it was read. */
#include "mappings/engine/run/mapper-inside.h"

#define CODE_MAX 24

/* Codes go into faults, so they must look like codes: what a department sends as text may hold personal data. */
static bool looks_like_code(HtText code)
{
    for (size_t i = 0; i < code.size; i++) {
        if (!g_ascii_isalnum(code.data[i]) && !strchr("-_.", code.data[i])) {
            return false;
        }
    }
    return code.size > 0 && code.size <= CODE_MAX;
}

static bool is_ok(const HtAnswerRule *rule, HtText code)
{
    for (char **ok = rule->ok; *ok; ok++) {
        if (strlen(*ok) == code.size && g_ascii_strncasecmp(*ok, code.data, code.size) == 0) {
            return true;
        }
    }
    return false;
}

static bool fails(const HtAnswerRule *rule, HtMatch *match, HtText code)
{
    if (rule->fail && ht_when_holds(rule->fail, match)) {
        return true;
    }
    return rule->ok && code.data && !is_ok(rule, code);
}

static HtVerdict refuse(const HtAnswerRule *rule, HtMatch *match, HtFault *fault)
{
    if (!ht_when_holds(rule->fail, match)) {
        return HT_VERDICT_OK;
    }
    ht_fault_set(fault, rule->refusal, "%s: %s", rule->path,
                 rule->refusal_text ? rule->refusal_text : "not taken by this source");
    return HT_VERDICT_REJECT;
}

/* The first of the paths' that is there, as it was sent. */
static HtText find_code(const HtAnswerRule *rule, HtMatch *match)
{
    HtText code = HT_TEXT_NONE;
    for (unsigned i = 0; i < rule->code.count && !code.data; i++) {
        code = ht_match_raw(match, rule->code.slots[i]);
    }
    return code;
}

HtVerdict ht_answer_judge(const HtAnswerRule *rule, HtMatch *match, HtFault *fault)
{
    if (rule->refusal) {
        return refuse(rule, match, fault);
    }
    HtText code = find_code(rule, match);
    if (rule->retry && ht_when_holds(rule->retry, match)) {
        ht_fault_set(fault, "department-error", "the department's answer says that it cannot now");
        return HT_VERDICT_RETRY;
    }
    if (!fails(rule, match, code)) {
        return HT_VERDICT_OK;
    }
    if (!code.data || !looks_like_code(code)) {
        ht_fault_set(fault, "department-error", "the department's answer is an error");
        return HT_VERDICT_REJECT;
    }
    const HtTableEntry *entry = rule->table ? ht_table_find(rule->table, code.data, code.size) : NULL;
    const char *retry = entry ? ht_table_extra(rule->table, entry, "retry") : NULL;
    ht_fault_set(fault, "department-error", "the department's answer is the error %.*s%s%s", (int)code.size,
                 code.data, entry ? ": " : "", entry ? entry->zh : "");
    return retry && strcmp(retry, "retry") == 0 ? HT_VERDICT_RETRY : HT_VERDICT_REJECT;
}
