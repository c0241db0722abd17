/* The table of refusals, and refusals that are made from it. */
#include "core/refusal/chinese.h"
#include "core/refusal/table.h"

#include <glib.h>

static void check_kind(const HtRefusalSection *section, size_t i)
{
    const HtRefusalKind *kind = &section->kinds[i];
    const HtRefusalSection *found;
    g_test_message("%s", kind->code);
    g_assert_true(ht_refusal_find(kind->code, &found) == kind); /* none is there twice */
    g_assert_true(found == section);
    g_assert_cmpuint(strlen(kind->code), <, HT_FAULT_CODE);
    g_assert_cmpuint(kind->status, >=, 400);
    g_assert_cmpuint(kind->status, <, 504);
    g_assert_true(kind->status != 503 || kind->retry_after_s > 0);
    g_assert_true(kind->retry_after_s == 0 || kind->status == 503 || kind->status == 429 || kind->may_wait);
    g_assert_true(kind->meaning ||
                  (i > 0 && kind->status == kind[-1].status)); /* which one line says of both */
}

static void every_row_is_whole(void)
{
    for (size_t s = 0; s < ht_refusal_n_sections; s++) {
        for (size_t i = 0; i < ht_refusal_sections[s].count; i++) {
            check_kind(&ht_refusal_sections[s], i);
        }
    }
}

static bool is_chinese(const char *text)
{
    unsigned letters = 0;
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        letters += g_unichar_get_script(g_utf8_get_char(at)) == G_UNICODE_SCRIPT_HAN;
    }
    return letters >= 3 && g_str_has_suffix(text, "。");
}

static void every_code_is_said_in_chinese(void)
{
    for (size_t s = 0; s < ht_refusal_n_sections; s++) {
        for (size_t i = 0; i < ht_refusal_sections[s].count; i++) {
            const HtRefusal refusal = {.kind = &ht_refusal_sections[s].kinds[i],
                                       .code = ht_refusal_sections[s].kinds[i].code};
            const char *sentence = ht_refusal_chinese(&refusal);
            g_test_message("%s", refusal.code);
            g_assert_nonnull(sentence);
            g_assert_true(g_utf8_validate(sentence, -1, NULL) && is_chinese(sentence));
        }
    }
    HtRefusal own;
    HtOutcome outcome = {.verdict = HT_VERDICT_REJECT, .fault_count = 1};
    ht_fault_set(&outcome.faults[0], "MY-17", "Text.");
    ht_refuse_outcome(&own, &outcome);
    g_assert_nonnull(strstr(ht_refusal_chinese(&own), "适配器")); /* and not that there is no reason */
}

static void what_is_refused_at_the_door_keeps_its_status(void)
{
    HtRefusal refusal;
    g_assert_false(ht_refuse(&refusal, "token-wrong"));
    g_assert_cmpuint(refusal.status, ==, 401);
    g_assert_true(refusal.at_door);
    g_assert_false(ht_refuse_with(&refusal, "body-too-large", "Split it."));
    g_assert_cmpuint(refusal.status, ==, 413);
    g_assert_false(refusal.at_door);
    g_assert_cmpstr(refusal.text, ==, "Split it.");
    ht_refuse(&refusal, "adapter-broken");
    g_assert_cmpuint(refusal.retry_after_s, ==, 60);
}

/* An adapter may give any code: it cannot say what is the bus's to say, nor make a sender wait that it has refused. */
static void host_does_not_speak_for_the_bus(void)
{
    static const struct {
        const char *code;
        unsigned status;
    } cases[] = {{"token-wrong", 422},      {"busy", 422},     {"stopping", 422}, {"adapter-retry", 422},
                 {"spool-failed", 422},     {"rejected", 422}, {"MY-17", 422},    {"", 422},
                 {"too-many-records", 413}, {"zip-bomb", 413}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtRefusal refusal;
        HtOutcome outcome = {.verdict = HT_VERDICT_REJECT, .fault_count = 1};
        ht_fault_set(&outcome.faults[0], cases[i].code, "Text.");
        g_assert_false(ht_refuse_outcome(&refusal, &outcome));
        g_assert_cmpstr(refusal.code, ==, cases[i].code);
        g_assert_cmpuint(refusal.status, ==, cases[i].status);
        g_assert_cmpuint(refusal.retry_after_s, ==, 0);
        g_assert_false(refusal.at_door);
        outcome.verdict = HT_VERDICT_RETRY;
        ht_refuse_outcome(&refusal, &outcome);
        g_assert_cmpuint(refusal.status, ==, 503);
        g_assert_cmpuint(refusal.retry_after_s, ==, 30);
    }
}

static void no_fault_is_a_refusal_too(void)
{
    HtRefusal refusal;
    HtOutcome outcome = {.verdict = HT_VERDICT_REJECT};
    ht_refuse_outcome(&refusal, &outcome);
    g_assert_cmpstr(refusal.code, ==, "rejected");
    g_assert_cmpuint(refusal.status, ==, 422);
    g_assert_null(refusal.faults);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/refusal/table/every-row-is-whole", every_row_is_whole);
    g_test_add_func("/refusal/table/every-code-is-said-in-chinese", every_code_is_said_in_chinese);
    g_test_add_func("/refusal/door/keeps-its-status", what_is_refused_at_the_door_keeps_its_status);
    g_test_add_func("/refusal/host/does-not-speak-for-the-bus", host_does_not_speak_for_the_bus);
    g_test_add_func("/refusal/host/no-fault-is-one-too", no_fault_is_a_refusal_too);
    return g_test_run();
}
