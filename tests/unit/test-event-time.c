/* An event's time follows the policy of the element whose value it is: from the mapping, through the packed event, to what a
 * consumer gets. */
#include "core/delivery/policy.h"
#include "tests/lib/mapping-test.h"

#define EVENT(type, kind, content) \
    "<event type='" type "' for-each='/ROWS/ROW' when=\"KIND='" kind "'\">" content "</event>"

static const char mapping[] =
    MAPPING(EVENT("person.died.v1", "died",
                  "<time from='SWRQ' or='SLSJ QTRQ'/><recorded from='SLSJ'/>"
                  "<element to='person.name' from='XM'/><element to='person.birthDate' from='CSRQ'/>"
                  "<element to='death.date' from='SWRQ'/>")
                EVENT("person.born.v1", "born",
                      "<time from='CSRQ'/><element to='person.name' from='XM'/>"
                      "<element to='person.birthDate' from='CSRQ'/>")
                    EVENT("marriage.registered.v1", "married",
                          "<time from='SWRQ' or='HYRQ' element='marriage.date'/>"
                          "<element to='marriage.date' from='HYRQ'/><element to='person.name' from='XM'/>"
                          "<element to='spouse.birthDate' from='HYRQ'/>"));

/* What a record with these fields makes, as a consumer gets it who is set up so. */
static char *render(const HtConsumerConfig *config, const char *fields)
{
    g_autoptr(MappingTest) test = mapping_test_new(mapping);
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autofree char *xml = g_strdup_printf("<ROWS><ROW><XM>测试丁</XM>%s</ROW></ROWS>", fields);
    HtConsumerConfig named = *config;
    HtBuffer json = {0};
    named.name = named.file = (char *)"c";
    g_autoptr(HtPolicy) policy = ht_policy_new(&named, mapping_test_reference()->dictionary, errors);
    g_assert_cmpstr(errors->str, ==, "");
    g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_OK);
    HtStoredEvent stored = {.sequence = 1, .event = mapping_test_event(test, 0)};
    HtEventPolicy asked = {.see_time = ht_policy_see_time, .see = ht_policy_see, .user = policy};
    ht_event_render(&stored, "bus", &asked, &json);
    char *text = g_strndup(json.data, json.size);
    ht_buffer_clear(&json);
    return text;
}

static void assert_time(const HtConsumerConfig *config, const char *fields, const char *time,
                        const char *precision)
{
    g_autofree char *json = render(config, fields);
    g_autofree char *both =
        g_strdup_printf("\"time\":\"%s\",\"timeprecision\":\"%s\"", time ? time : "", precision);
    bool seen = strstr(json, "\"time\":") || strstr(json, "\"timeprecision\":");
    g_test_message("%s", json);
    g_assert_true(time ? strstr(json, both) != NULL : !seen);
}

#define DIED "<KIND>died</KIND><CSRQ>19500817</CSRQ>"
#define DEATH DIED "<SWRQ>20090318</SWRQ>"

static char *only_time[] = {(char *)"death.date", NULL}, *year[] = {(char *)"death.date:year", NULL},
            *hidden[] = {(char *)"death.date:hide", NULL}, *births[] = {(char *)"person.birthDate", NULL},
            *spouses[] = {(char *)"spouse.*", NULL};

static void test_a_death(void)
{
    HtConsumerConfig one = {.purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 1},
                     two = {.purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 2};
    HtConsumerConfig allowed = {
        .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 0, .allow = only_time};
    HtConsumerConfig denied = {
        .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 3, .deny = only_time};
    HtConsumerConfig purposeless = {.clearance = 3};
    assert_time(&two, DEATH, "2009-03-18T00:00:00+08:00", "day");
    assert_time(&one, DEATH, NULL, NULL);
    assert_time(&allowed, DEATH, "2009-03-18T00:00:00+08:00", "day");
    assert_time(&denied, DEATH, NULL, NULL);
    assert_time(&purposeless, DEATH, NULL, NULL);
}

static void test_a_masked_one(void)
{
    HtConsumerConfig masked = {
        .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 3, .mask = year};
    HtConsumerConfig gone = {
        .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 3, .mask = hidden};
    assert_time(&masked, DEATH, "2009-01-01T00:00:00+08:00", "year");
    assert_time(&gone, DEATH, NULL, NULL);
}

static void test_a_child(void)
{
    HtConsumerConfig two = {.purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 2},
                     three = {.purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 3};
    HtConsumerConfig allowed = {
        .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 1, .allow = births};
    static const char young[] = "<KIND>born</KIND><CSRQ>20260312</CSRQ>",
                      old[] = "<KIND>born</KIND><CSRQ>19500312</CSRQ>";
    assert_time(&two, young, NULL, NULL);
    assert_time(&two, old, "1950-03-12T00:00:00+08:00", "day");
    assert_time(&three, young, "2026-03-12T00:00:00+08:00", "day");
    assert_time(&allowed, young, "2026-03-12T00:00:00+08:00", "day");
}

static void test_one_from_another_field(void)
{
    HtConsumerConfig none = {.purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 0},
                     two = {.purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 2},
                     three = {.purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 3};
    assert_time(&none, DIED "<SLSJ>20090320094512</SLSJ>", "2009-03-20T00:00:00+08:00", "day");
    assert_time(&none, DIED "<QTRQ>20090320</QTRQ>", NULL,
                NULL); /* of no element: as sensitive as the event, 1 */
    assert_time(&two, DIED "<QTRQ>20090320</QTRQ>", "2009-03-20T00:00:00+08:00", "day");
    assert_time(&three, DIED "<QTRQ>20090320</QTRQ>", "2009-03-20T00:00:00+08:00", "day");
}

/* One path that is several elements; one that is none here but is in another event, and is said to be a third. */
static void test_one_of_several_elements(void)
{
    HtConsumerConfig two = {.purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 2};
    HtConsumerConfig denied = {
        .purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 3, .deny = spouses};
    static const char by_two[] = "<KIND>married</KIND><HYRQ>20080808</HYRQ>",
                      by_name[] = "<KIND>married</KIND><SWRQ>20080808</SWRQ>";
    HtConsumerConfig one = {.purpose = (char *)"p", .purpose_until = (char *)"2099-12-31", .clearance = 1};
    assert_time(&two, by_two, "2008-08-08T00:00:00+08:00", "day");
    assert_time(&denied, by_two, NULL, NULL);
    assert_time(&two, by_name, "2008-08-08T00:00:00+08:00", "day");
    assert_time(&one, by_name, NULL, NULL);
}

/* What is in a spool from before times had elements. */
static void test_one_that_names_nothing(void)
{
    static const struct {
        const char *class;
        int clearance;
        HtSeen seen;
    } cases[] = {{"0", 0, HT_SEEN_WHOLE}, {"2", 1, HT_SEEN_NOT},  {"2", 2, HT_SEEN_WHOLE},
                 {"3", 2, HT_SEEN_NOT},   {NULL, 2, HT_SEEN_NOT}, {NULL, 3, HT_SEEN_WHOLE}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) errors = g_string_new(NULL);
        HtConsumerConfig config = {.purpose = (char *)"p",
                                   .purpose_until = (char *)"2099-12-31",
                                   .clearance = cases[i].clearance,
                                   .name = (char *)"c",
                                   .file = (char *)"f"};
        g_autoptr(HtPolicy) policy = ht_policy_new(&config, mapping_test_reference()->dictionary, errors);
        HtStoredEvent event = {
            .event = {.attr = {[HT_ATTR_DATACLASSIFICATION] = ht_text_from(cases[i].class)}}};
        g_assert_cmpint(ht_policy_see_time(policy, &event), ==, cases[i].seen);
    }
}

static void test_an_unknown_element_is_an_error(void)
{
    g_autofree char *errors = NULL;
    g_assert_null(mapping_test_compile(
        MAPPING("\n" EVENT("person.died.v1", "died",
                           "<time from='A' element='death.dat'/><element to='person.name' from='XM'/>")),
        &errors));
    g_assert_cmpstr(errors, ==, ":2: error: element \"death.dat\" is not in the dictionary");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/event-time/of-a-death", test_a_death);
    g_test_add_func("/event-time/masked-is-the-year", test_a_masked_one);
    g_test_add_func("/event-time/of-a-child", test_a_child);
    g_test_add_func("/event-time/from-another-field", test_one_from_another_field);
    g_test_add_func("/event-time/of-several-elements", test_one_of_several_elements);
    g_test_add_func("/event-time/that-names-nothing-is-as-sensitive-as-its-event",
                    test_one_that_names_nothing);
    g_test_add_func("/event-time/an-unknown-element-is-an-error", test_an_unknown_element_is_an_error);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
