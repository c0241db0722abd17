/* Making refusals; see refusal.h. Main-loop thread, and the conformance kit. */
#include "core/refusal/table.h"

#include <glib.h>

/* What the host refuses for good is no matter of waiting. */
#define STATUS_WAIT 503
#define STATUS_OF_RECORDS 422

bool ht_refuse_with(HtRefusal *refusal, const char *code, const char *text)
{
    const HtRefusalSection *section;
    const HtRefusalKind *kind = ht_refusal_find(code, &section);
    g_assert(kind != NULL && text != NULL);
    *refusal = (HtRefusal){.kind = kind,
                           .code = kind->code,
                           .text = text,
                           .status = kind->status,
                           .retry_after_s = kind->retry_after_s,
                           .at_door = section->at_door && !kind->as_fault};
    return false;
}

bool ht_refuse(HtRefusal *refusal, const char *code)
{
    const HtRefusalKind *kind = ht_refusal_find(code, NULL);
    g_assert(kind != NULL);
    return ht_refuse_with(refusal, code, kind->sentence);
}

bool ht_refuse_large(HtRefusal *refusal, const HtLimits *limits)
{
    char name[HT_LIMIT_TEXT];
    HtLimit limit = ht_limit_of(limits, &limits->body_bytes);
    g_autofree char *text = g_strdup_printf(
        "The body has more than %s, which this source may send: split it.", ht_limit_name(limit, name));
    return ht_refuse_with(refusal, "body-too-large", g_intern_string(text));
}

/* What the bus says in its own words is not a host's to say, and what is about a record is about no more than that. */
static unsigned status_of_fault(const HtRefusalKind *kind, const HtFault *fault)
{
    bool says_more = kind && !kind->sentence && kind->status != STATUS_WAIT && fault->record == 0;
    return says_more ? kind->status : STATUS_OF_RECORDS;
}

bool ht_refuse_outcome(HtRefusal *refusal, const HtOutcome *outcome)
{
    ht_refuse(refusal, "rejected");
    if (outcome->fault_count > 0) {
        const HtFault *first = &outcome->faults[0];
        const HtRefusalKind *kind = ht_refusal_find(first->code, NULL);
        refusal->kind = kind ? kind : refusal->kind;
        refusal->status = status_of_fault(kind, first);
        refusal->code = first->code;
        refusal->text = first->text;
        refusal->fault_count = outcome->fault_count;
        refusal->faults = outcome->faults;
        refusal->faults_kept = MIN(outcome->fault_count, HT_OUTCOME_FAULTS);
    }
    if (outcome->verdict == HT_VERDICT_RETRY) {
        refusal->status = STATUS_WAIT;
        refusal->retry_after_s = ht_refusal_find("adapter-retry", NULL)->retry_after_s;
    }
    refusal->not_understood = outcome->not_understood;
    refusal->reply = outcome->reply;
    refusal->reply_type = outcome->reply_type;
    return false;
}
