/* core/delivery: the field policy's purpose, hashes, unmapped paths, marks, versions and reasons. What clearance, allow, deny and mask
 * do is in test-delivery.c, what masks show in test-mask.c. */
#include "core/delivery/policy.h"
#include "tests/lib/data.h"

#include <glib.h>

#define NUMBER "990104198001019915"
#define DAY_US (INT64_C(86400) * 1000000)

/* 2027-06-30 is over at +08:00. */
#define END_US (INT64_C(1814371200) * 1000000)

static char *const all[] = {(char *)"*", NULL};

static HtConsumerConfig config_of(unsigned clearance)
{
    return (HtConsumerConfig){.name = (char *)"c",
                              .file = (char *)"hutong.conf",
                              .line = 7,
                              .purpose = (char *)"p",
                              .purpose_until = (char *)"2027-06-30",
                              .purpose_alarm_ms = 10 * 86400000,
                              .clearance = clearance};
}

/* As of a day before the purpose lapses. */
static HtPolicy *policy_of(const HtDictionary *dictionary, const HtConsumerConfig *config)
{
    static const uint8_t key[HT_POLICY_KEY] = {1, 2, 3};
    g_autoptr(GString) errors = g_string_new(NULL);
    HtPolicy *policy = ht_policy_new(config, dictionary, errors);
    g_assert_cmpstr(errors->str, ==, "");
    ht_policy_set_key(policy, key);
    ht_policy_look(policy, END_US - 30 * DAY_US);
    return policy;
}

static HtPolicyAnswer judge(const HtPolicy *policy, HtItemKind kind, const char *name, const char *value,
                            char **shown)
{
    HtItem item = {.kind = kind, .name = ht_text_from(name), .value = ht_text_from(value)};
    HtStoredEvent event = {0};
    HtBuffer masked = {0};
    HtPolicyAnswer answer = ht_policy_judge(policy, &event, &item, &masked);
    if (shown) {
        g_free(*shown);
        *shown = g_strndup(masked.data ? masked.data : "", masked.size);
    }
    ht_buffer_clear(&masked);
    return answer;
}

static HtSeen see(const HtPolicy *policy, const char *name, const char *value)
{
    return judge(policy, HT_ITEM_ELEMENT, name, value, NULL).seen;
}

/* ---- The purpose ---- */

static void test_a_purpose_lapses_after_its_last_day(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    HtConsumerConfig config = config_of(3);
    config.allow = (char **)all;
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
    g_autofree char *held = g_strdup(ht_policy_version(policy));
    g_assert_cmpint(ht_policy_until(policy), ==, END_US);
    g_assert_cmpint(ht_policy_purpose(policy), ==, HT_PURPOSE_HOLDS);
    g_assert_false(ht_policy_look(policy, END_US - 1));
    g_assert_cmpint(ht_policy_purpose(policy), ==, HT_PURPOSE_ENDS);
    g_assert_cmpint(see(policy, "person.name", "测试甲"), ==, HT_SEEN_WHOLE);
    g_assert_cmpstr(ht_policy_version(policy), ==, held);
    g_assert_true(ht_policy_look(policy, END_US));
    g_assert_cmpint(ht_policy_purpose(policy), ==, HT_PURPOSE_LAPSED);
    g_assert_cmpstr(ht_policy_version(policy), !=, held);
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *element = ht_dictionary_element(dictionary, i);
        g_assert_true(element->sensitivity == 0 ||
                      ht_policy_shows(policy, element, HT_SHOWN_PLAIN).seen == HT_SEEN_NOT);
    }
    g_assert_cmpint(judge(policy, HT_ITEM_UNMAPPED, "A/B", "x", NULL).seen, ==, HT_SEEN_NOT);
}

static void test_a_purpose_is_ending_for_as_long_as_the_alarm(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    HtConsumerConfig config = config_of(1);
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
    ht_policy_look(policy, END_US - 10 * DAY_US - 1);
    g_assert_cmpint(ht_policy_purpose(policy), ==, HT_PURPOSE_HOLDS);
    ht_policy_look(policy, END_US - 10 * DAY_US);
    g_assert_cmpint(ht_policy_purpose(policy), ==, HT_PURPOSE_ENDS);
}

/* Neither a purpose for ever, nor a day without a purpose. */
static void test_half_a_purpose_is_none(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    HtConsumerConfig endless = config_of(3), aimless = config_of(3), empty = config_of(3);
    endless.purpose_until = NULL;
    aimless.purpose = NULL;
    empty.purpose = (char *)"";
    const HtConsumerConfig *const configs[] = {&endless, &aimless, &empty};
    for (size_t i = 0; i < G_N_ELEMENTS(configs); i++) {
        g_autoptr(HtPolicy) policy = policy_of(dictionary, configs[i]);
        g_assert_cmpint(ht_policy_purpose(policy), ==, HT_PURPOSE_NONE);
        g_assert_cmpint(see(policy, "person.name", "测试甲"), ==, HT_SEEN_NOT);
        g_assert_cmpint(see(policy, "record.agency", "440104"), ==, HT_SEEN_WHOLE);
    }
}

/* ---- Hashes ---- */

static void test_hashes_are_equal_for_equal_values_and_one_consumer(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *numbers[] = {(char *)"*.idNumber", NULL};
    HtConsumerConfig config = config_of(3), other = config_of(3);
    config.hash = other.hash = numbers;
    other.name = (char *)"d";
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config), others = policy_of(dictionary, &other);
    g_autofree char *one = NULL, *two = NULL, *three = NULL, *four = NULL;
    HtPolicyAnswer answer = judge(policy, HT_ITEM_ELEMENT, "person.idNumber", NUMBER, &one);
    g_assert_cmpint(answer.seen, ==, HT_SEEN_MASKED);
    g_assert_cmpint(answer.why, ==, HT_WHY_HASHED);
    g_assert_true(g_regex_match_simple("^h-[0-9a-f]{32}$", one, 0, 0));
    judge(policy, HT_ITEM_ELEMENT, "mother.idNumber", NUMBER, &two);
    judge(policy, HT_ITEM_ELEMENT, "person.idNumber", "990104198001019923", &three);
    judge(others, HT_ITEM_ELEMENT, "person.idNumber", NUMBER, &four);
    g_assert_cmpstr(one, ==, two);
    g_assert_cmpstr(one, !=, three);
    g_assert_cmpstr(one, !=, four);
    g_assert_false(ht_policy_equal(policy, others));
}

/* Without a key there would be hashes that anybody can make. */
static void test_without_a_key_nothing_is_hashed(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(GString) errors = g_string_new(NULL);
    HtConsumerConfig config = config_of(3);
    config.hash = (char **)all;
    config.purpose_until = (char *)"2099-12-31";
    g_autoptr(HtPolicy) policy = ht_policy_new(&config, dictionary, errors);
    g_autofree char *shown = NULL;
    g_assert_cmpint(judge(policy, HT_ITEM_ELEMENT, "person.idNumber", NUMBER, &shown).seen, ==, HT_SEEN_NOT);
    g_assert_cmpstr(shown, ==, "");
}

/* A code of the department's own may be any text: it is neither hashed nor masked, but not seen. */
static void test_originals_are_not_hashed(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    HtConsumerConfig config = config_of(3);
    config.hash = config.allow = (char **)all;
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
    HtStoredEvent event = {0};
    HtBuffer masked = {0};
    HtItem item = {.kind = HT_ITEM_ELEMENT,
                   .name = HT_TEXT_LITERAL("person.sex"),
                   .value = {"7\0测试甲\0s", 13},
                   .form = HT_VALUE_ORIGINAL,
                   .reported = true};
    HtPolicyAnswer answer = ht_policy_judge(policy, &event, &item, &masked);
    g_assert_cmpint(answer.seen, ==, HT_SEEN_NOT);
    g_assert_cmpint(answer.why, ==, HT_WHY_HIDDEN);
    g_assert_cmpuint(masked.size, ==, 0);
    ht_buffer_clear(&masked);
}

/* ---- What no mapping names ---- */

static void test_unmapped_paths_have_rules_of_their_own(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *allow[] = {(char *)"unmapped:ROWS/ROW/*", NULL}, *deny[] = {(char *)"unmapped:*/SFZH", NULL},
         *hash[] = {(char *)"unmapped:*/CARD", NULL};
    HtConsumerConfig config = config_of(1);
    config.allow = allow;
    config.deny = deny;
    config.hash = hash;
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
    g_autofree char *shown = NULL;
    g_assert_cmpint(judge(policy, HT_ITEM_UNMAPPED, "ROWS/ROW/BZ", "x", NULL).seen, ==, HT_SEEN_WHOLE);
    g_assert_cmpint(judge(policy, HT_ITEM_UNMAPPED, "ROWS/ROW/SFZH", NUMBER, NULL).why, ==, HT_WHY_DENIED);
    g_assert_cmpint(judge(policy, HT_ITEM_UNMAPPED, "ROWS/ROW/CARD", "x", &shown).why, ==, HT_WHY_HASHED);
    g_assert_true(g_str_has_prefix(shown, "h-"));
    g_assert_cmpint(judge(policy, HT_ITEM_UNMAPPED, "ROWS/HEAD", "x", NULL).why, ==, HT_WHY_ABOVE);
    char *everything[] = {(char *)"unmapped", NULL};
    config.deny = everything;
    config.allow = everything;
    config.hash = NULL;
    g_autoptr(HtPolicy) denied = policy_of(dictionary, &config);
    g_assert_cmpint(judge(denied, HT_ITEM_UNMAPPED, "ROWS/ROW/BZ", "x", NULL).seen, ==, HT_SEEN_NOT);
}

/* What is said of all of them holds for a path that has a rule of its own, too. */
static void test_a_path_s_rule_takes_nothing_from_that_of_all(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *all_of_them[] = {(char *)"unmapped", NULL}, *path[] = {(char *)"unmapped:ROW/A", NULL};
    HtConsumerConfig hashed = config_of(1), denied = config_of(1), allowed = config_of(1);
    hashed.hash = denied.deny = allowed.allow = all_of_them;
    hashed.allow = denied.allow = allowed.hash = path;
    g_autoptr(HtPolicy) a = policy_of(dictionary, &hashed), b = policy_of(dictionary, &denied),
                        c = policy_of(dictionary, &allowed);
    g_assert_cmpint(judge(a, HT_ITEM_UNMAPPED, "ROW/A", "x", NULL).why, ==, HT_WHY_HASHED);
    g_assert_cmpint(judge(a, HT_ITEM_UNMAPPED, "ROW/B", "x", NULL).why, ==, HT_WHY_HASHED);
    g_assert_cmpint(judge(b, HT_ITEM_UNMAPPED, "ROW/A", "x", NULL).why, ==, HT_WHY_DENIED);
    g_assert_cmpint(judge(c, HT_ITEM_UNMAPPED, "ROW/A", "x", NULL).why, ==, HT_WHY_HASHED);
    g_assert_cmpint(judge(c, HT_ITEM_UNMAPPED, "ROW/B", "x", NULL).why, ==, HT_WHY_ALLOWED);
}

/* ---- Marks ---- */

/* That a disability could not be read tells that there is one. */
static void test_a_mark_is_seen_where_its_element_is(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *mask[] = {(char *)"person.idNumber:idNumber", (char *)"person.sex:hide", NULL};
    HtConsumerConfig config = config_of(1), none = config_of(1);
    config.mask = mask;
    none.purpose = NULL;
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config), without = policy_of(dictionary, &none);
    const struct {
        const char *element;
        bool seen, seen_without;
    } cases[] = {
        {"person.name", true, false},
        {"person.idNumber", true, false},
        {"person.sex", false, false},
        {"disability.level", false, false},
        {"record.changedAt", true, true},
        {"no.such", false, false},
        {"", true, true},
        {"birthCertificate", true, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].element);
        g_assert_cmpint(judge(policy, HT_ITEM_QUALITY, cases[i].element, "date-invalid", NULL).seen ==
                            HT_SEEN_WHOLE,
                        ==, cases[i].seen);
        g_assert_cmpint(judge(without, HT_ITEM_QUALITY, cases[i].element, "date-invalid", NULL).seen ==
                            HT_SEEN_WHOLE,
                        ==, cases[i].seen_without);
    }
}

/* ---- Mistakes ---- */

static void test_rules_that_cannot_hold_are_refused(void)
{
    static const struct {
        const char *mask, *hash, *allow, *error;
    } cases[] = {
        {"person.name:address", NULL, NULL, "mask: 'person.name' is no value that the mask address is for"},
        {"person.phone:year", NULL, NULL, "mask: 'person.phone' is no value that the mask year is for"},
        {"person.birthDate:last4", NULL, NULL, "'person.birthDate' is no value that the mask last4 is for"},
        {"person.ethnicGroup:name", NULL, NULL, "is no value that the mask name is for"},
        {"person.ethnicGroup:none", NULL, NULL,
         "mask: 'person.ethnicGroup' has no mask of its own: name one"},
        {"unmapped", NULL, NULL, "mask: 'unmapped' is of no kind that a mask is for"},
        {"person.name:name:hide", NULL, NULL, "mask: 'name:hide' is no mask"},
        {"person.sex:none", NULL, NULL, "mask: 'person.sex' has no mask of its own"},
        {"person.name:none", NULL, NULL, "mask: 'person.name' has no mask of its own"},
        {"person.name:nmae", NULL, NULL, "mask: 'nmae' is no mask"},
        {"person.name", "*.name", NULL, "hash: 'person.name' is named by mask, too"},
        {NULL, "person.nam", NULL,
         "hash: 'person.nam' is no element of the dictionary; did you mean 'person.name'?"},
        {NULL, NULL, "person.name:name", "allow: 'person.name:name' is no element of the dictionary"},
        {NULL, NULL, "unmapped:", "allow: 'unmapped:' names no path"},
    };
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *mask[] = {(char *)cases[i].mask, NULL}, *hash[] = {(char *)cases[i].hash, NULL},
             *allow[] = {(char *)cases[i].allow, NULL};
        g_autoptr(GString) errors = g_string_new(NULL);
        HtConsumerConfig config = config_of(1);
        config.mask = mask;
        config.hash = hash;
        config.allow = allow;
        g_assert_null(ht_policy_new(&config, dictionary, errors));
        if (!strstr(errors->str, cases[i].error)) {
            g_error("not told: %s\nin: %s", cases[i].error, errors->str);
        }
    }
}

/* A pattern takes the elements that its mask is not for, too: hidden, and never whole. */
static void test_a_pattern_hides_what_its_mask_is_not_for(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *mask[] = {(char *)"*:address", NULL};
    HtConsumerConfig config = config_of(3);
    config.mask = mask;
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
    g_assert_cmpint(see(policy, "person.name", "测镇"), ==, HT_SEEN_NOT);
    g_assert_cmpint(see(policy, "person.birthPlaceText", "测试市1号"), ==, HT_SEEN_MASKED);
}

/* What is not personal has no mask and needs none; a number that stands in it is never shown by that. */
static void test_a_mask_for_what_is_not_personal_hides_what_it_is_not_for(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *mask[] = {(char *)"record.agency", NULL};
    HtConsumerConfig config = config_of(3);
    config.mask = mask;
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
    g_assert_cmpint(see(policy, "record.agency", "440104"), ==, HT_SEEN_WHOLE);
    g_assert_cmpint(see(policy, "record.agency", NUMBER), ==, HT_SEEN_NOT);
}

static void test_cards_and_accounts_have_a_mask(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *mask[] = {(char *)"benefit.accountNumber:account", (char *)"insurance.cardNumber:card", NULL};
    HtConsumerConfig config = config_of(3);
    config.mask = mask;
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
    g_autofree char *shown = NULL;
    judge(policy, HT_ITEM_ELEMENT, "insurance.cardNumber", "6200000000001234", &shown);
    g_assert_cmpstr(shown, ==, "************1234");
}

/* ---- Versions and reasons ---- */

/* The order of a list says nothing; every value does. */
static void test_a_version_changes_with_what_is_seen(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *some[] = {(char *)"person.name", (char *)"person.sex", NULL},
         *turned[] = {(char *)"person.sex", (char *)"person.name", NULL},
         *one[] = {(char *)"person.sex", NULL};
    HtConsumerConfig config = config_of(1), same = config_of(1);
    config.allow = some;
    same.allow = turned;
    same.name = (char *)"d";
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config), equal = policy_of(dictionary, &same);
    g_assert_cmpstr(ht_policy_version(policy), ==, ht_policy_version(equal));
    g_assert_true(ht_policy_equal(policy, equal));
    HtConsumerConfig others[7];
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        others[i] = config;
    }
    others[0].clearance = 2;
    others[1].purpose = (char *)"q";
    others[2].purpose_until = (char *)"2027-06-29";
    others[3].allow = one;
    others[4].deny = one;
    others[5].hash = one;
    others[6].mask = one;
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(HtPolicy) other = policy_of(dictionary, &others[i]);
        g_assert_cmpstr(ht_policy_version(policy), !=, ht_policy_version(other));
        g_assert_false(ht_policy_equal(policy, other));
    }
}

/* A hash is of one consumer, so that two with the same lists do not see the same. */
static void test_policies_with_hashes_are_never_equal(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *hash[] = {(char *)"person.idNumber", NULL};
    HtConsumerConfig config = config_of(1);
    config.hash = hash;
    g_autoptr(HtPolicy) one = policy_of(dictionary, &config), other = policy_of(dictionary, &config);
    g_assert_cmpstr(ht_policy_version(one), ==, ht_policy_version(other));
    g_assert_false(ht_policy_equal(one, other));
}

static void test_policies_of_two_dictionaries_are_never_equal(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary(), again = test_dictionary();
    HtConsumerConfig config = config_of(1);
    g_autoptr(HtPolicy) one = policy_of(dictionary, &config), other = policy_of(again, &config),
                        same = policy_of(dictionary, &config);
    g_assert_false(ht_policy_equal(one, other));
    g_assert_true(ht_policy_equal(one, same));
}

/* ---- What the records of access say ---- */

static void add(HtBuffer *data, HtItemKind kind, const char *name, const char *value)
{
    HtItem item = {.kind = kind, .name = ht_text_from(name), .value = ht_text_from(value)};
    ht_item_pack(data, &item);
}

static unsigned shown_of(const HtDictionary *dictionary, const uint8_t *shown, const char *name)
{
    const HtElement *element = ht_dictionary_find(dictionary, name, strlen(name));
    return shown[element ? element->index : ht_dictionary_n_elements(dictionary)];
}

/* Each element as it is shown at its best, whatever else stands beside it; marks and unknown elements are not counted at all. */
static void test_what_is_shown_of_an_event(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *hash[] = {(char *)"person.idNumber", NULL}, *deny[] = {(char *)"person.phone", NULL},
         *mask[] = {(char *)"person.name", NULL},
         *allow[] = {(char *)"unmapped:ROW/A", (char *)"unmapped:*.*", NULL};
    HtConsumerConfig config = config_of(1);
    config.hash = hash;
    config.deny = deny;
    config.mask = mask;
    config.allow = allow;
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
    uint32_t count = ht_dictionary_n_elements(dictionary);
    g_autofree uint8_t *shown = g_malloc(count + 1);
    HtBuffer data = {0};
    memset(shown, 9, count + 1);
    add(&data, HT_ITEM_ELEMENT, "no.such", "x");
    add(&data, HT_ITEM_ELEMENT, "person.idNumber", NUMBER);
    add(&data, HT_ITEM_ELEMENT, "person.name", "测试甲");
    add(&data, HT_ITEM_ELEMENT, "person.phone", "13800000000");
    add(&data, HT_ITEM_ELEMENT, "person.sex", "1");
    add(&data, HT_ITEM_ELEMENT, "record.agency", NUMBER); /* what it is not for: above the clearance */
    add(&data, HT_ITEM_ELEMENT, "record.agency", "440104");
    add(&data, HT_ITEM_ELEMENT, "record.agency", NUMBER);
    add(&data, HT_ITEM_QUALITY, "person.birthDate", "date-invalid");
    add(&data, HT_ITEM_UNMAPPED, "ROW/B", "x");
    HtStoredEvent event = {.event = {.data = ht_buffer_text(&data)}};
    ht_policy_shown(policy, &event, shown);
    g_assert_cmpuint(shown_of(dictionary, shown, "person.idNumber"), ==, 3);
    g_assert_cmpuint(shown_of(dictionary, shown, "person.name"), ==, 2);
    g_assert_cmpuint(shown_of(dictionary, shown, "person.phone"), ==, 0);
    g_assert_cmpuint(shown_of(dictionary, shown, "person.sex"), ==, 1);
    g_assert_cmpuint(shown_of(dictionary, shown, "record.agency"), ==, 1);
    g_assert_cmpuint(shown_of(dictionary, shown, "person.birthDate"), ==, 0);
    g_assert_cmpuint(shown[count], ==, 0);
    add(&data, HT_ITEM_UNMAPPED, "ROW/A", "x");
    event.event.data = ht_buffer_text(&data);
    ht_policy_shown(policy, &event, shown);
    g_assert_cmpuint(shown[count], ==, 1);
    event.event.attr[HT_ATTR_MINOR] = ht_text_from("1");
    ht_policy_shown(policy, &event, shown);
    g_assert_cmpuint(shown_of(dictionary, shown, "person.sex"), ==, 0);
    ht_buffer_clear(&data);
}

/* An original may say anything: more sensitive than its element, and no mask knows its form. */
static void test_an_original_is_above_its_element(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *names[] = {(char *)"person.sex", NULL};
    const struct {
        unsigned clearance;
        char **allow, **mask;
        HtSeen seen;
    } cases[] = {
        {1, NULL, NULL, HT_SEEN_NOT},
        {2, NULL, NULL, HT_SEEN_WHOLE},
        {1, names, NULL, HT_SEEN_WHOLE},
        {3, NULL, names, HT_SEEN_NOT},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtConsumerConfig config = config_of(cases[i].clearance);
        HtItem item = {.kind = HT_ITEM_ELEMENT,
                       .name = ht_text_from("person.sex"),
                       .value = {"9\0x\0", 4},
                       .form = HT_VALUE_ORIGINAL};
        HtStoredEvent event = {0};
        HtBuffer masked = {0};
        config.allow = cases[i].allow;
        config.mask = cases[i].mask;
        g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
        g_test_message("case %zu", i);
        g_assert_cmpint(ht_policy_judge(policy, &event, &item, &masked).seen, ==, cases[i].seen);
        g_assert_cmpuint(masked.size, ==, 0);
        g_assert_cmpint(
            ht_policy_shows(policy, ht_dictionary_find(dictionary, "person.sex", 10), HT_SHOWN_ORIGINAL).seen,
            ==, cases[i].seen);
        ht_buffer_clear(&masked);
    }
}

static void test_answers_say_why(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    char *deny[] = {(char *)"person.phone", NULL}, *mask[] = {(char *)"person.name", NULL};
    HtConsumerConfig config = config_of(1);
    config.deny = deny;
    config.mask = mask;
    g_autoptr(HtPolicy) policy = policy_of(dictionary, &config);
    const struct {
        const char *name, *value, *word, *reason;
    } cases[] = {
        {"person.phone", "13800000000", "not", "deny names it"},
        {"person.name", "测试甲", "masked name", "mask names it"},
        {"person.sex", "1", "whole", "sensitivity 1, clearance 1"},
        {"person.idNumber", NUMBER, "not", "sensitivity 2, clearance 1"},
        {"record.agency", "440104", "whole", "not personal"},
        {"record.agency", NUMBER, "not", "sensitivity 2 (not what the element is for), clearance 1"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtPolicyAnswer answer = judge(policy, HT_ITEM_ELEMENT, cases[i].name, cases[i].value, NULL);
        g_autofree char *word = ht_policy_word(&answer), *reason = ht_policy_reason(policy, &answer);
        g_assert_cmpstr(word, ==, cases[i].word);
        g_assert_cmpstr(reason, ==, cases[i].reason);
    }
    ht_policy_look(policy, END_US);
    HtPolicyAnswer answer = judge(policy, HT_ITEM_ELEMENT, "person.sex", "1", NULL);
    g_autofree char *reason = ht_policy_reason(policy, &answer);
    g_assert_cmpstr(reason, ==, "personal, and the purpose has lapsed");
    ht_policy_look(policy, END_US - 1);
    const HtElement *name = ht_dictionary_find(dictionary, "person.name", 11);
    HtPolicyAnswer masked = ht_policy_shows(policy, name, HT_SHOWN_PLAIN);
    g_autofree char *how = ht_policy_word(&masked);
    g_assert_cmpstr(how, ==, "masked name");
    const HtElement *sex = ht_dictionary_find(dictionary, "person.sex", 10);
    ht_policy_look(policy, END_US - 1);
    HtPolicyAnswer minor = ht_policy_shows(policy, sex, HT_SHOWN_MINOR);
    g_autofree char *child = ht_policy_reason(policy, &minor);
    g_assert_cmpstr(child, ==, "sensitivity 3 (of a person under 14), clearance 1");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/policy/purpose/lapses-after-its-last-day", test_a_purpose_lapses_after_its_last_day);
    g_test_add_func("/policy/purpose/ends-for-as-long-as-the-alarm",
                    test_a_purpose_is_ending_for_as_long_as_the_alarm);
    g_test_add_func("/policy/purpose/half-of-one-is-none", test_half_a_purpose_is_none);
    g_test_add_func("/policy/hash/equal-for-equal-values-and-one-consumer",
                    test_hashes_are_equal_for_equal_values_and_one_consumer);
    g_test_add_func("/policy/hash/without-a-key-nothing", test_without_a_key_nothing_is_hashed);
    g_test_add_func("/policy/hash/originals-are-not", test_originals_are_not_hashed);
    g_test_add_func("/policy/unmapped/paths-have-rules-of-their-own",
                    test_unmapped_paths_have_rules_of_their_own);
    g_test_add_func("/policy/unmapped/a-path-s-rule-takes-nothing-from-that-of-all",
                    test_a_path_s_rule_takes_nothing_from_that_of_all);
    g_test_add_func("/policy/marks/are-seen-where-their-element-is",
                    test_a_mark_is_seen_where_its_element_is);
    g_test_add_func("/policy/rules/that-cannot-hold-are-refused", test_rules_that_cannot_hold_are_refused);
    g_test_add_func("/policy/rules/a-pattern-hides-what-its-mask-is-not-for",
                    test_a_pattern_hides_what_its_mask_is_not_for);
    g_test_add_func("/policy/rules/a-mask-for-what-is-not-personal",
                    test_a_mask_for_what_is_not_personal_hides_what_it_is_not_for);
    g_test_add_func("/policy/rules/cards-and-accounts", test_cards_and_accounts_have_a_mask);
    g_test_add_func("/policy/version/changes-with-what-is-seen", test_a_version_changes_with_what_is_seen);
    g_test_add_func("/policy/version/with-hashes-never-equal", test_policies_with_hashes_are_never_equal);
    g_test_add_func("/policy/version/of-two-dictionaries-never-equal",
                    test_policies_of_two_dictionaries_are_never_equal);
    g_test_add_func("/policy/shown/at-its-best", test_what_is_shown_of_an_event);
    g_test_add_func("/policy/originals/are-above-their-element", test_an_original_is_above_its_element);
    g_test_add_func("/policy/reasons/answers-say-why", test_answers_say_why);
    return g_test_run();
}
