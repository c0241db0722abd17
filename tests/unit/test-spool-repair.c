/* Who is who, changed by hand. Numbers are synthetic (prefix 99). */
#include "spool/look.h"
#include "spool/repair.h"
#include "spool/ties.h"
#include "tests/lib/spool-test.h"

#define TEST(name) static void name(Place *place, const void *unused)

#define NUMBER "99010119800101001X"
#define NEW_NUMBER "990101198001010028"
#define CERTIFICATE "Z990000001"
#define REASON "ticket 4711"

/* ---- Events ---- */

typedef struct {
    char subject[HT_SPOOL_SUBJECT];
    bool marked;
} Found;

/* An event of the police's with these identities: kind, value, …, NULL. */
static Found identify(Place *place, const char *const *identities)
{
    static unsigned number;
    g_autofree char *key = g_strdup_printf("message-%u", ++number);
    HtSpoolMessage *message = message_new("hukou", key);
    HtEvent *event = message_add(message, NULL);
    message->authority = true;
    for (size_t i = 0; identities[i]; i += 2) {
        event_identify(event, identities[i], identities[i + 1], false);
    }
    HtReceipt receipt = spool_take_well(place->spool, message);
    HtSpoolPage *page = spool_page(place->spool, receipt.sequence - 1, 1, 1);
    Found found = {.marked = page_event(page, 0)->event.data.size > 0};
    memcpy(found.subject, page_event(page, 0)->subject.data, page_event(page, 0)->subject.size);
    ht_spool_page_free(page);
    return found;
}

#define IDENTIFY(...) identify(place, (const char *const[]){__VA_ARGS__, NULL})

/* ---- Repairs ---- */

typedef struct {
    bool done;
    HtSpoolRepaired repaired;
    char *refusal;
} Outcome;

static void keep_outcome(const HtSpoolRepaired *repaired, const GError *error, void *user)
{
    Outcome *outcome = user;
    outcome->done = true;
    outcome->refusal = error ? g_strdup(error->message) : NULL;
    if (error) {
        g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_REPAIR);
    } else {
        outcome->repaired = *repaired;
    }
}

static Outcome repair(Place *place, HtSpoolRepair asked)
{
    Outcome outcome = {.done = false};
    asked.reason = REASON;
    asked.uid = 1234;
    ht_spool_repair(place->spool, &asked, keep_outcome, &outcome);
    while (!outcome.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    return outcome;
}

static HtSpoolRepaired repair_well(Place *place, HtSpoolRepair asked)
{
    Outcome outcome = repair(place, asked);
    g_assert_cmpstr(outcome.refusal, ==, NULL);
    return outcome.repaired;
}

static void expect_refused(Place *place, HtSpoolRepair asked, const char *why)
{
    uint64_t last = ht_spool_last_sequence(place->spool);
    Outcome outcome = repair(place, asked);
    g_assert_nonnull(outcome.refusal);
    g_test_message("%s", outcome.refusal);
    g_assert_nonnull(strstr(outcome.refusal, why));
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, last);
    g_free(outcome.refusal);
}

static HtSpoolRepair split_number(const char *subject, const char *number)
{
    return (HtSpoolRepair){.verb = HT_SPOOL_SPLIT, .subject = subject, .kind = "idNumber", .value = number};
}

static HtSpoolRepair split_own(const char *subject, const char *kind, const char *value)
{
    return (HtSpoolRepair){
        .verb = HT_SPOOL_SPLIT, .subject = subject, .kind = kind, .source = "hukou", .value = value};
}

static HtSpoolRepair join(const char *subject, const char *other)
{
    return (HtSpoolRepair){.verb = HT_SPOOL_JOIN, .subject = subject, .other = other};
}

/* What consumers are told. */
static void expect_event(Place *place, const HtSpoolRepaired *repaired, const char *type, const char *former,
                         const char *now)
{
    HtSpoolPage *page = spool_page(place->spool, repaired->sequence - 1, 1, 1);
    const HtStoredEvent *stored = page_event(page, 0);
    HtBuffer json = {0};
    ht_event_render(stored, "test", NULL, &json);
    ht_buffer_add_char(&json, '\0');
    g_autofree char *data =
        g_strdup_printf("\"data\":{\"subject\":{\"former\":\"%s\",\"now\":\"%s\"", former, now);
    g_assert_nonnull(strstr(json.data, data));
    g_assert_nonnull(strstr(json.data, "\"reason\":\"" REASON "\""));
    g_assert_nonnull(strstr(json.data, "\"source\":\"/test/hutong\""));
    g_assert_null(strstr(json.data, NUMBER));
    g_assert_true(ht_text_is(stored->event.attr[HT_ATTR_TYPE], type));
    g_assert_true(ht_text_is(stored->subject, repaired->subject));
    ht_buffer_clear(&json);
    ht_spool_page_free(page);
}

static void restart(Place *place)
{
    place_close(place);
    GString *report = g_string_new(NULL);
    int findings = ht_spool_check(place->directory, report, NULL);
    g_test_message("%s", report->str);
    g_assert_cmpint(findings, ==, 0);
    g_string_free(report, TRUE);
    place_open(place);
}

/* A certificate was entered with the wrong child's number: the number goes back, and what it never had stays. */
TEST(test_number_goes_back)
{
    (void)unused;
    Found before = IDENTIFY("idNumber", NUMBER);
    Found born = IDENTIFY("birthCertificate", CERTIFICATE);
    Found wrong = IDENTIFY("idNumber", NUMBER, "birthCertificate", CERTIFICATE);
    g_assert_cmpstr(wrong.subject, ==, born.subject);
    HtSpoolRepaired repaired = repair_well(place, split_number(born.subject, NUMBER));
    g_assert_cmpstr(repaired.subject, ==, born.subject);
    g_assert_cmpstr(repaired.other, ==, before.subject);
    expect_event(place, &repaired, "subject.split.v1", born.subject, before.subject);
    restart(place);
    g_assert_cmpstr(IDENTIFY("idNumber", NUMBER).subject, ==, before.subject);
    g_assert_cmpstr(IDENTIFY("birthCertificate", CERTIFICATE).subject, ==, born.subject);
    g_assert_cmpint(ht_spool_last_sequence(place->spool), ==, 6);
}

/* The very subject that the number makes stays with the others that are tied to it. */
TEST(test_number_leaves_its_own_subject)
{
    (void)unused;
    Found first = IDENTIFY("idNumber", NUMBER);
    IDENTIFY("idNumber", NEW_NUMBER);
    Found corrected = IDENTIFY("idNumber", NUMBER, "idNumber", NEW_NUMBER);
    g_assert_cmpstr(corrected.subject, ==, first.subject);
    HtSpoolRepaired repaired = repair_well(place, split_number(first.subject, NUMBER));
    g_assert_cmpstr(repaired.other, !=, first.subject);
    restart(place);
    g_assert_cmpstr(IDENTIFY("idNumber", NUMBER).subject, ==, repaired.other);
    g_assert_cmpstr(IDENTIFY("idNumber", NEW_NUMBER).subject, ==, first.subject);
    expect_refused(place, split_number(first.subject, NUMBER), "goes to");
}

/* A correction that was none: what was tied to the old number goes back with it. */
TEST(test_correction_is_undone)
{
    (void)unused;
    Found old = IDENTIFY("idNumber", NUMBER, "personNo", "1");
    Found corrected = IDENTIFY("idNumber", NEW_NUMBER, "idNumber", NUMBER);
    g_assert_cmpstr(IDENTIFY("personNo", "1").subject, ==, corrected.subject);
    HtSpoolRepaired repaired = repair_well(place, split_number(corrected.subject, NUMBER));
    g_assert_cmpstr(repaired.other, ==, old.subject);
    g_assert_cmpstr(IDENTIFY("personNo", "1").subject, ==, old.subject);
    g_assert_cmpstr(IDENTIFY("idNumber", NEW_NUMBER).subject, ==, corrected.subject);
}

TEST(test_own_number_is_taken_away)
{
    (void)unused;
    Found person = IDENTIFY("idNumber", NUMBER, "personNo", "1");
    HtSpoolRepaired repaired = repair_well(place, split_own(person.subject, "personNo", "1"));
    restart(place);
    g_assert_cmpstr(IDENTIFY("personNo", "1").subject, ==, repaired.other);
    g_assert_cmpstr(IDENTIFY("idNumber", NUMBER).subject, ==, person.subject);
    Found right = IDENTIFY("personNo", "1", "idNumber", NEW_NUMBER);
    g_assert_false(right.marked);
    g_assert_cmpstr(right.subject, ==, repaired.other);
}

/* Two persons known without a number, joined by mistake, with what was tied to either. */
TEST(test_joined_subject_is_parted)
{
    (void)unused;
    Found one = IDENTIFY("personNo", "1"), two = IDENTIFY("personNo", "2");
    HtSpoolRepaired joined = repair_well(place, join(one.subject, two.subject));
    expect_event(place, &joined, "subject.merged.v1", two.subject, one.subject);
    restart(place);
    g_assert_cmpstr(IDENTIFY("personNo", "2").subject, ==, one.subject);
    expect_refused(place, join(two.subject, one.subject), "are one already");
    HtSpoolRepair part = {.verb = HT_SPOOL_SPLIT_SUBJECT, .subject = one.subject, .other = two.subject};
    HtSpoolRepaired parted = repair_well(place, part);
    expect_event(place, &parted, "subject.split.v1", one.subject, two.subject);
    g_assert_cmpstr(IDENTIFY("personNo", "2").subject, ==, two.subject);
    expect_refused(place, part, "does not go on as");
}

/* An administrator says that the two numbers in conflict are one person's. */
TEST(test_join_ends_conflict)
{
    (void)unused;
    Found first = IDENTIFY("personNo", "1", "idNumber", NUMBER);
    Found second = IDENTIFY("personNo", "1", "idNumber", NEW_NUMBER);
    g_assert_true(second.marked);
    repair_well(place, join(first.subject, second.subject));
    Found alone = IDENTIFY("personNo", "1");
    g_assert_cmpstr(alone.subject, ==, first.subject);
    g_assert_false(alone.marked);
    g_assert_cmpstr(IDENTIFY("idNumber", NEW_NUMBER).subject, ==, first.subject);
}

/* A join by hand never opens a way for a third number. */
TEST(test_join_keeps_others_out)
{
    (void)unused;
    Found born = IDENTIFY("birthCertificate", CERTIFICATE), first = IDENTIFY("idNumber", NUMBER);
    repair_well(place, join(born.subject, first.subject));
    Found second = IDENTIFY("birthCertificate", CERTIFICATE, "idNumber", NEW_NUMBER);
    g_assert_cmpstr(second.subject, !=, born.subject);
    g_assert_true(second.marked);
}

/* The source has mended its data: the number begins anew. */
TEST(test_conflict_is_settled)
{
    (void)unused;
    IDENTIFY("personNo", "1", "idNumber", NUMBER);
    IDENTIFY("personNo", "1", "idNumber", NEW_NUMBER);
    HtSpoolRepaired repaired = repair_well(place, split_own(NULL, "personNo", "1"));
    g_assert_cmpuint(repaired.sequence, ==, 0);
    restart(place);
    Found right = IDENTIFY("personNo", "1", "idNumber", NEW_NUMBER);
    g_assert_false(right.marked);
    g_assert_cmpstr(IDENTIFY("personNo", "1").subject, ==, right.subject);
    expect_refused(place, split_own(NULL, "personNo", "1"), "in no conflict");
}

TEST(test_refusals_say_why)
{
    (void)unused;
    Found first = IDENTIFY("idNumber", NUMBER, "personNo", "1"), other = IDENTIFY("idNumber", NEW_NUMBER);
    expect_refused(place, split_own(first.subject, "personNo", "2"), "nothing is known");
    expect_refused(place, split_own(other.subject, "personNo", "1"), first.subject);
    expect_refused(place, split_number(other.subject, NUMBER), first.subject);
    restart(place);
}

TEST(test_dry_run_changes_nothing)
{
    (void)unused;
    Found person = IDENTIFY("idNumber", NUMBER, "personNo", "1");
    HtSpoolRepair asked = split_own(person.subject, "personNo", "1");
    asked.dry_run = true;
    HtSpoolRepaired repaired = repair_well(place, asked);
    g_assert_cmpuint(repaired.sequence, ==, 0);
    g_assert_cmpstr(repaired.other, !=, "");
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 1);
    g_assert_cmpstr(IDENTIFY("personNo", "1").subject, ==, person.subject);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM subject_audit"), ==, 0);
}

/* ---- Looking ---- */

TEST(test_person_is_shown)
{
    (void)unused;
    Found born = IDENTIFY("birthCertificate", CERTIFICATE);
    IDENTIFY("birthCertificate", CERTIFICATE, "idNumber", NUMBER, "personNo", "1");
    IDENTIFY("personNo", "1", "idNumber", NEW_NUMBER);
    Found two = IDENTIFY("cardNo", "2");
    repair_well(place, join(born.subject, two.subject));
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(place->directory, &error); /* while the spool is open */
    g_assert_no_error(error);
    char subject[HT_SPOOL_SUBJECT];
    HtIdentity number = {HT_TEXT_LITERAL("idNumber"), HT_TEXT_LITERAL(NUMBER), false};
    g_assert_true(ht_spool_look_number(look, place->site_key, "", &number, subject, &error));
    g_assert_cmpstr(subject, ==, born.subject);
    HtIdentity unknown = {HT_TEXT_LITERAL("cardNo"), HT_TEXT_LITERAL("3"), false};
    g_assert_true(ht_spool_look_number(look, place->site_key, "hukou", &unknown, subject, &error));
    g_assert_cmpstr(subject, ==, "");
    HtSpoolPerson person;
    g_assert_true(ht_spool_look_person(look, two.subject, &person, &error));
    g_assert_cmpstr(person.subject, ==, born.subject);
    g_assert_cmpuint(person.members->len, ==, 3);
    g_assert_cmpuint(person.events, ==, 4); /* the bus's own is one of them */
    g_assert_cmpuint(person.first, ==, 1);
    g_assert_cmpuint(person.last, ==, 5);
    g_assert_cmpuint(person.tied->len, ==, 2);
    const HtSpoolTied *tied = person.tied->pdata[0];
    g_assert_cmpstr(tied->kind, ==, "birthCertificate");
    g_assert_cmpstr(tied->source, ==, "hukou");
    g_assert_cmpuint(person.conflicts->len, ==, 1);
    g_assert_cmpuint(person.audit->len, ==, 1);
    const HtSpoolAudit *audit = person.audit->pdata[0];
    g_assert_cmpint(audit->uid, ==, 1234);
    g_assert_cmpstr(audit->verb, ==, "join");
    g_assert_cmpstr(audit->reason, ==, REASON);
    ht_spool_person_clear(&person);
}

TEST(test_conflicts_are_listed_until_they_are_over)
{
    (void)unused;
    Found first = IDENTIFY("personNo", "1", "idNumber", NUMBER);
    Found second = IDENTIFY("personNo", "1", "idNumber", NEW_NUMBER);
    IDENTIFY("personNo", "1");
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(place->directory, &error);
    GPtrArray *conflicts = ht_spool_look_conflicts(look, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(conflicts->len, ==, 1);
    const HtSpoolConflict *conflict = conflicts->pdata[0];
    g_assert_cmpstr(conflict->kind, ==, "personNo");
    g_assert_cmpstr(conflict->source, ==, "hukou");
    g_assert_cmpuint(conflict->events, ==, 2);
    g_assert_cmpint(conflict->first_us, >, 0);
    g_assert_cmpint(conflict->last_us, >=, conflict->first_us);
    g_ptr_array_unref(conflicts);
    repair_well(place, join(first.subject, second.subject));
    conflicts = ht_spool_look_conflicts(look, &error);
    g_assert_cmpuint(conflicts->len, ==, 0);
    g_ptr_array_unref(conflicts);
}

static void test_forms(void)
{
    g_assert_true(ht_spool_repair_is_subject("p-abcdefghijklmnopqrstuvwxyz"));
    g_assert_false(ht_spool_repair_is_subject("p-abcdefghijklmnopqrstuvwxy1"));
    g_assert_false(ht_spool_repair_is_subject("p-abc"));
    g_assert_false(ht_spool_repair_is_subject(NUMBER));
    g_assert_true(ht_spool_repair_is_reason("工单 2026-11-29/17：证号录错"));
    static const char *const bad[] = {"",     ("of " NUMBER), "990101 19800101 001X", "call 13900000000",
                                      "a\nb", "\xff"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(ht_spool_repair_is_reason(bad[i]));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_open_test("/spool/repair/number-goes-back-to-its-own-subject", NULL, test_number_goes_back);
    place_add_open_test("/spool/repair/number-leaves-its-own-subject-to-the-others", NULL,
                        test_number_leaves_its_own_subject);
    place_add_open_test("/spool/repair/correction-is-undone", NULL, test_correction_is_undone);
    place_add_open_test("/spool/repair/own-number-is-taken-away", NULL, test_own_number_is_taken_away);
    place_add_open_test("/spool/repair/joined-subject-is-parted", NULL, test_joined_subject_is_parted);
    place_add_open_test("/spool/repair/join-ends-conflict", NULL, test_join_ends_conflict);
    place_add_open_test("/spool/repair/join-keeps-others-out", NULL, test_join_keeps_others_out);
    place_add_open_test("/spool/repair/conflict-is-settled", NULL, test_conflict_is_settled);
    place_add_open_test("/spool/repair/refusals-say-why-and-change-nothing", NULL, test_refusals_say_why);
    place_add_open_test("/spool/repair/dry-run-changes-nothing", NULL, test_dry_run_changes_nothing);
    place_add_open_test("/spool/look/person-is-shown", NULL, test_person_is_shown);
    place_add_open_test("/spool/look/conflicts-are-listed-until-they-are-over", NULL,
                        test_conflicts_are_listed_until_they_are_over);
    g_test_add_func("/spool/repair/forms", test_forms);
    return g_test_run();
}
