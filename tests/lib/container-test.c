/* See container-test.h. */
#include "tests/lib/container-test.h"

HtVerdict run_typed(MappingTest *test, const char *type, HtText body)
{
    HtPayload payload = {.body = body, .head.content_type = ht_text_from(type)};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    /* A copy without a NUL behind it: a body comes without. */
    g_autofree char *bytes = g_memdup2(body.data, body.size);
    payload.body.data = bytes;
    ht_mapper_run(test->mapper, &payload, &test->outcome);
    return test->outcome.verdict;
}

void take_at(MappingTest *test, const char *type, const char *body, guint events, int line)
{
    if (run_typed(test, type, ht_text_from(body)) != HT_VERDICT_OK || test->outcome.events->len != events) {
        const HtFault *fault = &test->outcome.faults[0];
        g_error("line %d: %u events, %s part %u: %s", line, test->outcome.events->len, fault->code,
                fault->part, fault->text);
    }
}

void refuse_at(MappingTest *test, const char *type, HtText body, const char *code, unsigned part, int line)
{
    const HtFault *fault = &test->outcome.faults[0];
    if (run_typed(test, type, body) != HT_VERDICT_REJECT || strcmp(fault->code, code) != 0 ||
        fault->part != part || test->outcome.events->len != 0) {
        g_error("line %d: %s part %u instead of %s part %u", line, fault->code, fault->part, code, part);
    }
    g_assert_cmpuint(strlen(fault->text), >, 20);
}
