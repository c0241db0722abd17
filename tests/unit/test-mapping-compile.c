/* What the mapping compiler says about wrong mappings: golden lines, as engineers and `hutong check` see them. */
#include "tests/lib/mapping-test.h"

#define EVENT(content) "<event type='person.moved-in.v1' for-each='/ROWS/ROW'>" content "</event>"
#define NAME "<element to='person.name' from='XM'/>"

/* `content` begins in line 2 of the file. */
static void expect(const char *content, const char *errors)
{
    g_autofree char *text = g_strdup_printf(MAPPING("\n%s"), content);
    g_autofree char *found = NULL;
    g_autoptr(HtMapping) mapping = mapping_test_compile(text, &found);
    g_assert_cmpstr(found, ==, errors);
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
           ":2: error: element \"quite.another\" is not in the dictionary");
    expect(
        EVENT("<element to='insurance.base' from='XM'/>"),
        ":2: error: person.moved-in does not carry \"insurance\", only person, household, registered, previous, move, birth, "
        "mother, father, spouse, guardian, reporter, registration, record");
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
    expect(EVENT("<skip xpath-when='count(a'/>"), ":2: error: \"count(a\" is not XPath 1.0");
}

static void test_structure(void)
{
    expect(EVENT(NAME NAME), ":2: error: \"person.name\" is given twice; each needs a when");
    expect(EVENT(NAME) "\n<event type='person.moved-in.v1' for-each='/ROWS/ROW/SUB'>" NAME "</event>",
           ":3: error: for-each=\"/ROWS/ROW/SUB\" lies inside of for-each=\"/ROWS/ROW\" (line 2)");
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

static void test_types(void)
{
    g_autoptr(HtMapping) mapping = mapping_test_compile(
        MAPPING(EVENT(NAME) EVENT(NAME) "<event type='person.died.v1' for-each='/D'>" NAME "</event>"), NULL);
    const char *const *types = ht_mapping_event_types(mapping);
    g_assert_cmpuint(g_strv_length((char **)(void *)types), ==, 2);
    g_assert_cmpstr(types[0], ==, "person.moved-in.v1");
    g_assert_cmpstr(types[1], ==, "person.died.v1");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping-compile/names-with-suggestions", test_names);
    g_test_add_func("/mapping-compile/tables-and-translations", test_tables);
    g_test_add_func("/mapping-compile/paths", test_paths);
    g_test_add_func("/mapping-compile/conditions", test_conditions);
    g_test_add_func("/mapping-compile/structure", test_structure);
    g_test_add_func("/mapping-compile/values", test_values);
    g_test_add_func("/mapping-compile/all-errors-at-once", test_all_at_once);
    g_test_add_func("/mapping-compile/grammar-errors-have-lines", test_grammar);
    g_test_add_func("/mapping-compile/event-types-once-each", test_types);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
