/* What the mapping compiler says about wrong mappings: golden lines, as engineers and `hutong check` see them. */
#include "tests/lib/mapping-test.h"

#include "mappings/engine/rules/rules.h"

#define EVENT(content) "<event type='person.moved-in.v1' for-each='/ROWS/ROW'>" content "</event>"
#define NAME "<element to='person.name' from='XM'/>"

/* `content` begins in line 2 of the file. */
static void expect(const char *content, const char *errors)
{
    g_autofree char *text = g_strdup_printf(MAPPING("\n%s"), content);
    g_autofree char *found = NULL;
    g_autoptr(HtMapping) mapping = mapping_test_compile(text, &found);
    if (found) {
        g_autoptr(GString) told = g_string_new(found);
        g_string_replace(told, mapping_test_folder(), "DATA", 0);
        g_assert_cmpstr(told->str, ==, errors);
    } else {
        g_assert_cmpstr(found, ==, errors);
    }
    g_assert_null(mapping);
}

static void test_names(void)
{
    expect(EVENT("<element to='person.nam' from='XM'/>"),
           ":2: error: element \"person.nam\" is not in the dictionary; did you mean \"person.name\"?");
    expect(
        "<event type='person.moved-inn.v1' for-each='/ROWS/ROW'>" NAME "</event>",
        ":2: error: event type \"person.moved-inn.v1\" is not in the dictionary; did you mean \"person.moved-in.v1\"?");
    expect("<event type='subject.merged.v1' for-each='/ROWS/ROW'>"
           "<element to='subject.former' from='XM' required='yes'/></event>",
           ":2: error: event type \"subject.merged.v1\" is the bus's own");
    expect(EVENT("<element to='quite.another' from='XM'/>"),
           ":2: error: element \"quite.another\" is not in the dictionary in DATA/dictionary.xml");
    expect(
        EVENT("<element to='insurance.base' from='XM'/>"),
        ":2: error: person.moved-in does not carry \"insurance\", only person, household, registered, previous, move, birth, "
        "mother, father, spouse, guardian, reporter, registration, record");
}

/* What is not of the form is told in words, all of it, with what was meant; where only a value is wrong, libxml2 says which. */
static void test_the_form(void)
{
    expect(EVENT("<id form='B'/>"), ":2: error: <id form=…>: no such attribute; did you mean \"from\"?\n"
                                    ":2: error: <id> lacks from=\"…\"");
    expect(EVENT("<elemnt to='person.name' from='XM'/><time when='T' from='T'/>"),
           ":2: error: <elemnt>: no such element; did you mean \"element\"?\n"
           ":2: error: <time when=…>: no such attribute");
    expect(EVENT("<flag from='A' yes='1' no='0'/>"), ":2: error: <flag> cannot stand in <event>");
    expect(EVENT("<zzzzzzzz/>"), ":2: error: <zzzzzzzz>: no such element");
    expect("<event for-each='/R'/>", ":2: error: <event> lacks type=\"…\"");
}

static void test_tables(void)
{
    expect(EVENT("<element to='person.nationality' from='GJ' table='GB-T-2261.5'/>"),
           ":2: error: there is no code table \"GB-T-2261.5\"; did you mean \"GB-T-2261.1\"?");
    expect(EVENT("<element to='person.sex' from='XB' translate='sex.word'/>"),
           ":2: error: there is no translation \"sex.word\"; did you mean \"sex.words\"?");
    expect(
        EVENT("<element to='person.sex' from='XB' translate='ethnic.words'/>"),
        ":2: error: the translation \"ethnic.words\" leads to \"GB-T-3304\", but \"person.sex\" has codes of \"GB-T-2261.1\"");
    expect(
        EVENT("<element to='person.sex' from='XB' table='GB-T-3304'/>"),
        ":2: error: \"person.sex\" has codes of \"GB-T-2261.1\" by the dictionary; use translate=\"…\" to come from others");
    expect(
        EVENT("<element to='person.sex' from='XB' as='string'/>"),
        ":2: error: \"person.sex\" has codes of \"GB-T-2261.1\": a text that is none cannot stand for one");
    expect(EVENT("<element to='person.name' from='XB' table='GB-T-3304'/>"),
           ":2: error: \"person.name\" is read as no code: it can have no table");
}

static void test_paths(void)
{
    expect(EVENT("<element to='person.name' from='a//b'/>"),
           ":2: error: the path \"a//b\" cannot be read: a step is empty");
    expect(EVENT("<element to='person.name' from='@a/b'/>"),
           ":2: error: the path \"@a/b\" cannot be read: an attribute can only be the last step");
    expect(
        EVENT("<element to='person.name' from='Data[1]'/>"),
        ":2: error: the path \"Data[1]\" cannot be read: only names, / and a last @name are possible here; for more there is "
        "xpath=\"…\"");
    expect("<event type='person.moved-in.v1' for-each='ROWS/ROW'>" NAME "</event>",
           ":2: error: for-each=\"ROWS/ROW\" must be the absolute path of an element");
    expect("<ignore from='a'/>" EVENT(NAME), ":2: error: the path \"a\" must be absolute here");
    expect("<null value='x' in='Q'/>" EVENT(NAME),
           ":1: error: <null in=\"Q\">: nothing is read from that path");
}

static void test_conditions(void)
{
    expect(EVENT("<skip when='a='/>"),
           ":2: error: in the condition \"a=\": a text in quotes expected at \"the end\"");
    expect(EVENT("<skip when=\"a in 'x'\"/>"),
           ":2: error: in the condition \"a in 'x'\": ( after in expected at \"'x'\"");
    expect(EVENT("<skip when=\"(a or b\"/>"),
           ":2: error: in the condition \"(a or b\": and, or, or ) expected at \"the end\"");
    expect(EVENT("<skip when=\"a b\"/>"),
           ":2: error: in the condition \"a b\": and, or, =, != or in expected at \"b\"");
    expect(EVENT("<skip when=\"a//b='1'\"/>"),
           ":2: error: the path \"a//b\" cannot be read: a step is empty");
    expect(EVENT("<skip when=\"same(a b)\"/>"),
           ":2: error: in the condition \"same(a b)\": , expected at \"b)\"");
    expect(EVENT("<skip when=\"same(a, b, 'sex.word')\"/>"),
           ":2: error: there is no translation \"sex.word\"");
    expect(EVENT("<skip when=\"starts-with(a 'x')\"/>"),
           ":2: error: in the condition \"starts-with(a 'x')\": , expected at \"'x')\"");
    expect(EVENT("<skip when=\"contains(a,'x' 'y')\"/>"),
           ":2: error: in the condition \"contains(a,'x' 'y')\": , or ) expected at \"'y')\"");
    expect(EVENT("<skip when=\"contains(a)\"/>"),
           ":2: error: in the condition \"contains(a)\": , expected at \")\"");
    expect(EVENT("<skip xpath-when='count(a'/>"), ":2: error: \"count(a\" is not XPath 1.0");
}

static void test_structure(void)
{
    expect(EVENT(NAME NAME), ":2: error: \"person.name\" is given twice; each needs a when");
    expect(EVENT("<element to='person.name'/>"),
           ":2: error: \"person.name\" comes from nowhere: from, xpath, value or <case> is needed");
    expect(
        EVENT("<element to='guardian.name' from='XM'/>"),
        ":2: error: the group \"guardian\" repeats: \"guardian.name\" belongs into an <each group=\"guardian\">");
    expect(EVENT("<each group='person'>" NAME "</each>"), ":2: error: the group \"person\" does not repeat");
    expect(EVENT("<each group='guardian'>" NAME "</each>"),
           ":2: error: \"person.name\" is not of the group \"guardian\"");
    expect(EVENT("<each path='a' group='guardian'><element to='guardian.name' xpath='b'/></each>"),
           ":2: error: an XPath is not possible inside of <each path=…> and <answer>");
    expect(EVENT("<reference to='move' from='xp'/>"),
           ":2: error: the dictionary has no \"move.digest\": no reference can be made to \"move\"");
    expect("<null value='x'/>", ":1: error: there is no <event>, <answer> or <refuse>");
}

static void test_values(void)
{
    expect(EVENT("<element to='person.birthDate' from='A' as='integer'/>"),
           ":2: error: as=\"integer\" does not fit \"person.birthDate\", which is a date");
    expect(EVENT("<element to='person.sex' value='7'/>"), ":2: error: \"7\" is no value for \"person.sex\"");
    expect(EVENT("<element to='person.birthDate' value='today'/>"),
           ":2: error: \"today\" is no value for \"person.birthDate\"");
    expect(EVENT("<element to='registration.affected' value='01'/>"),
           ":2: error: \"01\" is no value for \"registration.affected\"");
    expect("<answer for='/a' ok='0'/>",
           ":2: error: ok=\"…\" lists codes: code=\"…\" must say where the code is");
}

static void test_numbers_of_other_subjects(void)
{
    expect(
        "<event type='legal-person.registered.v1' for-each='/a'><identity kind='idNumber' from='FR'/>"
        "<element to='organization.name' from='MC'/></event>",
        ":2: error: identity kind=\"idNumber\" is the number of a thing of kind person, and legal-person.registered is about "
        "organization: carry it as an element");
    expect(
        EVENT("<identity kind='creditCode' from='DW'/>"),
        ":2: error: identity kind=\"creditCode\" is the number of a thing of kind organization, and person.moved-in is about "
        "person: carry it as an element");
}

static void test_all_at_once(void)
{
    expect(EVENT("<element to='person.nam' from='XM'/>\n<element to='person.sex' from='a//b'/>") "\n" EVENT(
               "<skip when='('/>"),
           ":2: error: element \"person.nam\" is not in the dictionary; did you mean \"person.name\"?\n"
           ":3: error: the path \"a//b\" cannot be read: a step is empty\n"
           ":4: error: in the condition \"(\": a path expected at \"the end\"");
}

static void test_grammar(void)
{
    g_autofree char *errors = NULL;
    g_assert_null(mapping_test_compile(MAPPING("\n<event type='person.moved-in.v1'/>"), &errors));
    g_assert_true(g_str_has_prefix(errors, ":2: error: "));
    g_autofree char *broken = NULL;
    g_assert_null(mapping_test_compile("<mapping>\n<event>\n</mapping>", &broken));
    g_assert_true(g_str_has_prefix(broken, ":3: error: "));
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_mapping_load("/nowhere/x.xml", mapping_test_reference(), &error));
    g_assert_error(error, HT_MAPPING_ERROR, 0);
    g_assert_true(g_str_has_prefix(error->message, "/nowhere/x.xml:"));
}

/* ---- Warnings ---- */

#define WHEN(condition) \
    "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when=\"" condition "\">" NAME "</event>"
#define DECLARE "; declare the values in a <flag> or <choice>, and ask for yes(), no() or code()"

/* `content`, from line 2 on, compiles, with these warnings. */
static void expect_warnings(const char *content, const char *expected)
{
    g_autofree char *text = g_strdup_printf(MAPPING("\n%s"), content);
    g_autoptr(HtMapping) mapping = mapping_test_compile(text, NULL);
    g_autoptr(GString) found = g_string_new(NULL);
    for (const char *const *line = ht_mapping_warnings(mapping); *line; line++) {
        g_string_append_printf(found, "%s%s", found->len > 0 ? "\n" : "",
                               strstr(*line, ".xml:") + strlen(".xml"));
    }
    g_assert_cmpstr(found->str, ==, expected);
}

static void test_warnings(void)
{
    expect_warnings(WHEN("A='1'"),
                    ":2: warning: when=\"…\" compares A with \"1\" as it is written, and decides which event "
                    "is made" DECLARE);
    expect_warnings(
        EVENT(
            "\n<action cancel-when=\"A!='1'\" verify-when=\"not(B in ('2','3') or starts-with(C,'x'))\"/>" NAME),
        ":3: warning: cancel-when=\"…\" compares A with \"1\" as it is written, and decides what the action is" DECLARE
        "\n:3: warning: verify-when=\"…\" compares B with \"2\" as it is written, and decides what the action is" DECLARE
        "\n:3: warning: verify-when=\"…\" compares C with \"x\" as it is written, and decides what the action is" DECLARE);
    expect_warnings(
        EVENT("<action unchanged-when=\"A='1'\" correct-when=\"/ROWS/@B='1'\"/>" NAME),
        ":2: warning: unchanged-when=\"…\" compares A with \"1\" as it is written, and decides what the action is" DECLARE
        "\n:2: warning: correct-when=\"…\" compares /ROWS/@B with \"1\" as it is written, and decides what the action is" DECLARE);
    expect_warnings(
        EVENT(
            "<identity kind='idNumber' from='N' when=\"A='1'\" fresh-when=\"B='1'\" doubt-when=\"C='1'\"/>" NAME),
        ":2: warning: when=\"…\" compares A with \"1\" as it is written, and decides whose the number is" DECLARE
        "\n:2: warning: fresh-when=\"…\" compares B with \"1\" as it is written, and decides whose the number is" DECLARE
        "\n:2: warning: doubt-when=\"…\" compares C with \"1\" as it is written, and decides whose the number is" DECLARE);
    expect_warnings(
        "<flag from='A' yes='1' no='0'/>" WHEN("A='2'"),
        ":2: warning: when=\"…\" compares A with \"2\" as it is written, and decides which event is made" DECLARE);
    expect_warnings(
        "<define name='d'>\n<action cancel-when=\"A='1'\"/></define>" EVENT(
            "<use define='d'/>" NAME) "\n" EVENT("<use define='d'/>" NAME),
        ":3: warning: cancel-when=\"…\" compares A with \"1\" as it is written, and decides what the action is" DECLARE
        " (used in line 3)");
    expect_warnings(
        "<event type='person.moved-in.v1' for-each='/ROWS/ROW' xpath-when=\"not(B[@n='x'] = '1')\">" NAME
        "</event>",
        ":2: warning: xpath-when=\"…\" compares with a text as it is written, and decides which event is made; declare "
        "the values in a <flag> or <choice>, and ask for them in a when=\"…\"");
}

/* What is declared, what is no text, and what decides nothing of the kind. */
static void test_no_warnings(void)
{
    expect_warnings("<flag from='A' yes='1' no='0'/>" WHEN(
                        "yes(A) or no(A) or B or number(C)='1' or same(D, E) or written(F)"),
                    "");
    expect_warnings("<choice from='A' table='GB-T-2261.1'/>" WHEN("code(A)='1'"), "");
    expect_warnings(
        EVENT("<skip when=\"A='XM'\"/>" NAME "<element to='person.sex' from='B' when=\"C='1'\"/>"), "");
    expect_warnings(
        WHEN("/R/action in ('A1','A2')") "<action-value at='/R/action' is='A1 A2' means='assert'/>", "");
    expect_warnings(WHEN("/@operation='put'") "<operation name='put'/>", "");
    expect_warnings(
        "<fields for='/ROWS/ROW' form='hl7' named='kind'><field name='B' from='C'/></fields>" WHEN(
            "kind='ROW'"),
        "");
    expect_warnings(
        "<event type='person.moved-in.v1' for-each='/ROWS/ROW' xpath-when=\"count(B[@n='x']) = 2 and contains(C, '=')\">" NAME
        "</event>",
        "");
}

/* Others are as good as not declared. */
static void test_other_values(void)
{
    expect_warnings(
        WHEN("/R/action='A3'") "<action-value at='/R/action' is='A1 A2' means='assert'/>",
        ":2: warning: when=\"…\" compares /R/action with \"A3\" as it is written, and decides which event is made" DECLARE);
    expect_warnings(
        WHEN("/@operation='pat'") "<operation name='put'/>",
        ":2: warning: when=\"…\" compares /@operation with \"pat\" as it is written, and decides which event is made" DECLARE);
    expect_warnings(
        "<fields for='/ROWS/ROW' form='hl7' named='kind'><field name='B' from='C'/></fields>" WHEN(
            "kind='ROWS'"),
        ":2: warning: when=\"…\" compares kind with \"ROWS\" as it is written, and decides which event is made" DECLARE);
}

static void test_shipped(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) folder = g_dir_open(mapping_test_folder(), 0, &error);
    unsigned count = 0;
    g_assert_no_error(error);
    for (const char *name; (name = g_dir_read_name(folder));) {
        if (!g_str_has_suffix(name, ".xml") || g_str_equal(name, "dictionary.xml")) {
            continue;
        }
        g_autofree char *path = g_build_filename(mapping_test_folder(), name, NULL);
        g_autoptr(HtMapping) mapping = ht_mapping_load(path, mapping_test_reference(), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(ht_mapping_warnings(mapping)[0], ==, NULL);
        count++;
    }
    g_assert_cmpuint(count, >=, 8);
}

/* ---- When it was recorded ---- */

static bool records(const HtEventRule *event)
{
    for (unsigned b = 0; b < event->n_blocks; b++) {
        for (unsigned r = 0; r < event->blocks[b].n_rules; r++) {
            if (event->blocks[b].rules[r].element->recording) {
                return true;
            }
        }
    }
    return false;
}

/* What the mapping's comment says behind "No time of recording". */
static char *read_reasons(const char *path)
{
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    const char *begin = strstr(text, "No time of recording"), *end = begin ? strstr(begin, "-->") : NULL;
    return end ? g_strndup(begin, (gsize)(end - begin)) : g_strdup("");
}

static unsigned check_recording(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *reasons = read_reasons(path);
    unsigned missing = 0;
    g_autoptr(HtMapping) mapping = ht_mapping_load(path, mapping_test_reference(), &error);
    g_assert_no_error(error);
    for (guint i = 0; i < mapping->events->len; i++) {
        const HtEventRule *event = mapping->events->pdata[i];
        g_autofree char *name = g_strndup(event->type.data, event->type.size);
        *g_strrstr(name, ".v") = '\0';
        bool is_hint =
            g_str_equal(name, "person.death-hinted"); /* of what another event of the record tells */
        bool is_told = records(event) || strstr(reasons, name);
        if (!is_hint && !is_told) {
            g_test_message("%s:%d: %s has no <recorded>, and no \"No time of recording\" says why", path,
                           event->line, name);
            missing++;
        }
    }
    return missing;
}

/* Each shipped mapping carries the time at which its department recorded the business, or says why it does not. */
static void test_recorded(void)
{
    g_autoptr(GDir) folder = g_dir_open(mapping_test_folder(), 0, NULL);
    unsigned missing = 0;
    for (const char *name; (name = g_dir_read_name(folder));) {
        if (g_str_has_suffix(name, ".xml") && !g_str_equal(name, "dictionary.xml")) {
            g_autofree char *path = g_build_filename(mapping_test_folder(), name, NULL);
            missing += check_recording(path);
        }
    }
    g_assert_cmpuint(missing, ==, 0);
    expect(EVENT(NAME "<recorded from='A' to='person.birthDate'/>"),
           ":2: error: <recorded>: \"person.birthDate\" is no time of recording");
    expect(
        "<event type='complaint.received.v1' for-each='/R'><recorded from='A' to='registration.acceptedAt'/></event>",
        ":2: error: complaint.received does not carry \"registration\", only complaint, record");
}

/* For every event type it is known where it goes. */
static void test_recorded_of_every_type(void)
{
    const HtDictionary *dictionary = mapping_test_reference()->dictionary;
    unsigned tried = 0;
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(dictionary, i);
        g_autofree char *name = g_strdup_printf("%s.v%u", type->name, type->version), *told = NULL;
        g_autofree char *text =
            g_strdup_printf(MAPPING("<event type='%s' for-each='/R'><recorded from='A'/></event>"), name);
        if (ht_event_is_own_type(ht_text_from(name))) {
            continue;
        }
        g_autoptr(HtMapping) mapping = mapping_test_compile(text, &told);
        g_assert_cmpstr(told, ==, "");
        g_assert_true(records(mapping->events->pdata[0]));
        tried++;
    }
    g_assert_cmpuint(tried, >, 150);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping-compile/names-with-suggestions", test_names);
    g_test_add_func("/mapping-compile/tables-and-translations", test_tables);
    g_test_add_func("/mapping-compile/the-form-is-told-in-words", test_the_form);
    g_test_add_func("/mapping-compile/paths", test_paths);
    g_test_add_func("/mapping-compile/conditions", test_conditions);
    g_test_add_func("/mapping-compile/structure", test_structure);
    g_test_add_func("/mapping-compile/values", test_values);
    g_test_add_func("/mapping/compile/numbers-of-other-subjects", test_numbers_of_other_subjects);
    g_test_add_func("/mapping-compile/each-says-when-it-was-recorded", test_recorded);
    g_test_add_func("/mapping-compile/recorded-of-every-type", test_recorded_of_every_type);
    g_test_add_func("/mapping-compile/all-errors-at-once", test_all_at_once);
    g_test_add_func("/mapping-compile/grammar-errors-have-lines", test_grammar);
    g_test_add_func("/mapping-compile/warns-of-what-decides-undeclared", test_warnings);
    g_test_add_func("/mapping-compile/what-is-declared-needs-no-warning", test_no_warnings);
    g_test_add_func("/mapping-compile/values-that-a-declaration-lacks", test_other_values);
    g_test_add_func("/mapping-compile/shipped-mappings-have-no-warnings", test_shipped);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
