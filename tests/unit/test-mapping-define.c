/* `<define>` and `<use>`: a mapping that says something once is the mapping that says it everywhere; and what is wrong with one
 * is said with the lines that the author wrote. */
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
    g_assert_true((mapping == NULL) == (*errors != '\0'));
}

/* ---- What it stands for ---- */

static void test_text(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<define name='at' value='/ROWS'/><define name='rows' value='{at}/ROW {at}/SUB/ROW'/>"
                "<skip for-each='{rows}' when=\"XM='姓名'\"/>"
                "<event type='person.moved-in.v1' for-each='{rows}'>" NAME "</event>"));
    mapping_test_run(test, "<ROWS><ROW><XM>姓名</XM></ROW><ROW><XM>测试甲</XM></ROW>"
                           "<SUB><ROW><XM>测试乙</XM></ROW></SUB></ROWS>");
    assert_events(test, 2);
    assert_has(test, 0, "测试甲");
    assert_has(test, 1, "测试乙");
}

#define PARTY                                                                                                   \
    "<define name='party' parameters='own other sex'><!-- once -->\n"                                           \
    "<id from='NO {own}_NO'/><identity kind='idNumber' from='{own}_ID'/>"                                       \
    "<element to='person.name' from='{own}_XM'/><element to='person.sex'><case when='{own}_XM' value='{sex}'/>" \
    "</element><element to='spouse.name' from='{other}_XM'/><ignore from='{own}_B'/></define>"

static void test_content(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING(PARTY EVENT("<use define='party' own='M' other='W' sex='1'/>")
                                     EVENT("<use define='party' own='W' other='M' sex='2'/>")));
    mapping_test_run(test,
                     "<ROWS><ROW><NO>7</NO><M_NO>1</M_NO><W_NO>2</W_NO><M_XM>测试甲</M_XM><W_XM>测试乙</W_XM>"
                     "<M_ID>990104198001019915</M_ID><M_B>hidden</M_B><W_B>hidden</W_B></ROW></ROWS>");
    assert_events(test, 2);
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 0, "\"spouse\":{\"name\":\"测试乙\"}");
    assert_has(test, 1, "\"sex\":\"2\"");
    assert_has(test, 1, "\"spouse\":{\"name\":\"测试甲\"}");
    assert_lacks(test, 0, "hidden");
    g_assert_cmpuint(mapping_test_event(test, 0).identity_count, ==, 1);
    g_assert_cmpuint(mapping_test_event(test, 1).identity_count, ==, 0);
}

/* Content that uses content, in a group, with an empty text and a text of the author's. */
static void test_nested(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<define name='kin' value='relation.words'/>"
        "<define name='one' parameters='start end'><element to='guardian.name' from='{start}XM{end}'/>"
        "<element to='guardian.relation' from='{start}GX{end}' translate='{kin}'/></define>"
        "<define name='both' parameters='end'>"
        "<each group='guardian'><use define='one' start='A' end='{end}'/></each>"
        "<each group='guardian'><use define='one' start='B' end='{end}'/></each></define>" EVENT(
            NAME "<use define='both' end=''/>") "<event type='person.moved-in.v1' for-each='/ROWS/OLD'>" NAME
                                                "<use define='both' end='_Q'/></event>"));
    mapping_test_run(test, "<ROWS><ROW><XM>测试甲</XM><AXM>测试乙</AXM><BXM>测试丙</BXM><BGX>父亲</BGX></ROW>"
                           "<OLD><XM>测试丁</XM><AXM_Q>测试乙</AXM_Q></OLD></ROWS>");
    assert_events(test, 2);
    assert_has(test, 0, "测试乙");
    assert_has(test, 0, "{\"name\":\"测试丙\",\"relation\":\"51\"}");
    assert_has(test, 1, "\"guardian\":[{\"name\":\"测试乙\"}]");
}

/* Whole events, refusals, cases. */
static void test_anywhere(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<define name='cases' parameters='of'><case when=\"{of}='1'\" value='in'/><case when='{of}' value='out'/></define>"
        "<define name='document' parameters='root'><refuse for='/{root}/before' code='not-taken'/>"
        "<event type='person.moved-in.v1' for-each='/{root}/ROW'>" NAME
        "<element to='move.direction'><use define='cases' of='LB'/></element></event></define>"
        "<use define='document' root='A'/><use define='document' root='B'/>"));
    mapping_test_run(test, "<A><ROW><XM>测试甲</XM><LB>1</LB></ROW><ROW><LB>2</LB></ROW></A>");
    assert_events(test, 2);
    assert_has(test, 0, "\"direction\":\"in\"");
    assert_has(test, 1, "\"direction\":\"out\"");
    g_assert_cmpint(mapping_test_run(test, "<B><before/><ROW><XM>测试甲</XM></ROW></B>"), ==,
                    HT_VERDICT_REJECT);
    assert_fault(test, 0, "not-taken");
}

/* What was put in is not read again, and `{{` is a brace. */
static void test_braces(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING("<define name='sign' value='{{XM}'/><define name='line' parameters='text'>"
                                 "<element to='person.employer' value='{text}|{{|}'/></define>" EVENT(
                                     NAME "<use define='line' text='{sign}{{sign}'/>")));
    mapping_test_run(test, "<ROWS><ROW><XM>测试甲</XM></ROW></ROWS>");
    assert_has(test, 0, "\"employer\":\"{XM}{sign}|{|}\"");
}

/* Answers have their own braces. */
static void test_service(void)
{
    g_autofree char *errors = NULL;
    g_autoptr(HtMapping) mapping = mapping_test_compile(
        MAPPING("<define name='text' value='XM'/><service namespace='urn:a' name='S'><operation name='a'>"
                "<out name='o' value='{message-id}' refused='{text}'/></operation></service>" EVENT(
                    "<element to='person.name' from='{text}'/>")),
        &errors);
    g_assert_cmpstr(errors, ==, "");
    g_assert_nonnull(mapping);
}

/* ---- What is wrong ---- */

static void test_unknown(void)
{
    expect(
        "<define name='rows' value='/ROWS/ROW'/>\n<skip for-each='{row}' when='A'/>" EVENT(NAME),
        ":3: error: \"{row}\" is neither a parameter nor a text defined above; did you mean \"rows\"? (a brace itself is "
        "\"{{\")");
    expect("<skip for-each='/A/{b' when='A'/>" EVENT(NAME),
           ":2: error: \"{b\" is neither a parameter nor a text defined above (a brace itself is \"{{\")");
    expect("<define name='party'>" NAME "</define>\n" EVENT("<use define='partie'/>"),
           ":3: error: no <define name=\"partie\"> stands above; did you mean \"party\"?");
    expect(EVENT("<use/>"), ":2: error: no <define name=\"\"> stands above");
    expect("<define name='rows' value='/R'/>\n" EVENT("<use define='rows'/>"),
           ":3: error: \"rows\" is a text: write \"{rows}\" in an attribute");
    expect(
        "<define name='party'>" NAME "</define>\n" EVENT("<element to='person.name' from='{party}'/>"),
        ":3: error: \"{party}\" is neither a parameter nor a text defined above (a brace itself is \"{{\")");
}

/* Only what stands above is known: so nothing can come to use itself. */
static void test_order(void)
{
    expect(EVENT("<use define='party'/>") "\n<define name='party'>" NAME "</define>",
           ":2: error: no <define name=\"party\"> stands above");
    expect("<define name='party'>\n<use define='party'/></define>\n" EVENT("<use define='party'/>"),
           ":3: error: no <define name=\"party\"> stands above (used in line 4)");
    expect(
        "<define name='a'>\n<use define='b'/></define>\n<define name='b'>\n<use define='a'/></define>\n" EVENT(
            "<use define='b'/>"),
        ":3: error: no <define name=\"b\"> stands above (used in line 5, that in line 6)");
    expect("<define name='a' value='{a}'/>" EVENT(NAME),
           ":2: error: \"{a}\" is neither a parameter nor a text defined above (a brace itself is \"{{\")");
}

static void test_parameters(void)
{
    static const char *const define =
        "<define name='name' parameters='own end'><element to='person.name' from='{own}{end}'/></define>\n";
    static const char *const uses[][2] = {
        {"own='X'", ":3: error: the parameter \"end\" of \"name\" is missing"},
        {"own='X' end='M' ent='M'", ":3: error: \"name\" has no parameter \"ent\"; did you mean \"end\"?"},
        {"", ":3: error: the parameter \"own\" of \"name\" is missing\n"
             ":3: error: the parameter \"end\" of \"name\" is missing"},
        {"own='X' end='M'", ""},
        {"own='XM' end=''", ""},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(uses); i++) {
        g_autofree char *text = g_strdup_printf("%s" EVENT("<use define='name' %s/>"), define, uses[i][0]);
        expect(text, uses[i][1]);
    }
    expect("<define name='n'>" NAME "</define>" EVENT("<use define='n'>" NAME "</use>"),
           ":2: error: a <use> has no content");
}

static void test_defines(void)
{
    static const char *const defines[][2] = {
        {"<define value='x'/>", "a <define> needs a name=\"…\", without blanks and signs"},
        {"<define name='a b' value='x'/>", "a <define> needs a name=\"…\", without blanks and signs"},
        {"<define name='a' value='x'>" NAME "</define>",
         "a <define> has either a value=\"…\" or elements inside"},
        {"<define name='a'/>", "a <define> has either a value=\"…\" or elements inside"},
        {"<define name='a' value='x' parameters='b'/>", "a text has no parameters"},
        {"<define name='a' params='b'>" NAME "</define>", "a <define> has no attribute \"params\""},
        {"<define name='a' parameters='b b'>" NAME "</define>",
         "\"b\" can be no parameter: each is a name of its own, not \"define\" and no text's"},
        {"<define name='a' parameters='define'>" NAME "</define>",
         "\"define\" can be no parameter: each is a name of its own, not \"define\" and no text's"},
        {"<define name='a' value='x'/><define name='b' parameters='a'>" NAME "</define>",
         "\"a\" can be no parameter: each is a name of its own, not \"define\" and no text's"},
        {"<define name='a' value='x'/><define name='a' value='y'/>", "\"a\" is defined twice"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(defines); i++) {
        g_autofree char *text = g_strdup_printf("%s\n" EVENT(NAME), defines[i][0]);
        g_autofree char *errors = g_strdup_printf(":2: error: %s", defines[i][1]);
        expect(text, errors);
    }
    expect(EVENT("<define name='a' value='x'/>" NAME), ":2: error: a <define> stands directly in <mapping>");
    expect("<define name='a'>\n<service name='S' namespace='urn:a'/></define>\n<use define='a'/>" EVENT(NAME),
           ":3: error: a <service> stands directly in <mapping> (used in line 4)");
}

static void test_unused(void)
{
    expect("<define name='a' value='x'/>\n<define name='b'>" NAME "</define>\n" EVENT(NAME),
           ":2: error: \"a\" is defined and never used\n:3: error: \"b\" is defined and never used");
    expect("<define name='b' parameters='own'>" NAME "</define>\n" EVENT("<use define='b' own='x'/>"),
           ":2: error: the parameter \"own\" of \"b\" is never used");
}

/* The line inside of the define, and the line of the use; once, however often it is used. */
static void test_lines(void)
{
    expect(
        "<define name='name' parameters='from'>\n<element to='person.nam' from='{from}'/></define>\n" EVENT(
            "<use define='name' from='A'/>") "\n" EVENT("<use define='name' from='B'/>"),
        ":3: error: element \"person.nam\" is not in the dictionary; did you mean \"person.name\"? (used in line 4)");
    expect(
        "<define name='name' parameters='from'>\n<element to='person.name' from='{from}'/></define>\n" EVENT(
            "<use define='name' from='a//b'/>") "\n" EVENT("<use define='name' from='c//d'/>"),
        ":3: error: the path \"a//b\" cannot be read: a step is empty (used in line 4)\n"
        ":3: error: the path \"c//d\" cannot be read: a step is empty (used in line 5)");
    expect(
        "<define name='one'>\n<event type='person.moved-in.v1' for-each='/R/S/T'>" NAME "</event></define>\n"
        "<event type='person.moved-in.v1' for-each='/R/S'><skip xpath-when='A'/>" NAME
        "</event>\n<use define='one'/>",
        ":3: error: for-each=\"/R/S/T\" lies inside of for-each=\"/R/S\" (line 4): no XPath is possible in "
        "either; paths, also absolute ones, reach what is inside and around (used in line 5)");
    g_autofree char *errors = NULL;
    g_assert_null(mapping_test_compile(
        MAPPING("\n<define name='a'>\n<element to='person.name' frm='A'/></define>\n" EVENT(
            "\n<use define='a'/>")),
        &errors));
    g_assert_true(g_str_has_prefix(errors, ":3: error: "));
    g_assert_nonnull(strstr(errors, " (used in line 5)"));
}

/* ---- Too much ---- */

/* Each define, n1 to n`levels`, holds the one before ten times: as text or as content. */
static char *multiply(unsigned levels, const char *innermost, bool text)
{
    GString *defines = g_string_new(innermost);
    for (unsigned i = 1; i <= levels; i++) {
        g_string_append_printf(defines, text ? "<define name='n%u' value='" : "<define name='n%u'>", i);
        for (unsigned n = 0; n < 10; n++) {
            g_string_append_printf(defines, text ? "{n%u}" : "<use define='n%u'/>", i - 1);
        }
        g_string_append(defines, text ? "'/>" : "</define>");
    }
    return g_string_free(defines, FALSE);
}

static void test_bounds(void)
{
    g_autofree char *elements = multiply(12, "<define name='n0'>" NAME "</define>", false);
    g_autofree char *many = g_strconcat(elements, EVENT("<use define='n12'/>"), NULL);
    g_autofree char *texts = multiply(12, "<define name='n0' value='0123456789'/>", true);
    g_autofree char *long_text = g_strconcat(texts, EVENT("<element to='person.name' from='{n12}'/>"), NULL);
    g_autofree char *big = g_strnfill(100000, 'x');
    g_autofree char *names =
        g_strdup_printf("<define name='n0'><!--%s--><ignore from='%s'/></define>", big, big);
    g_autofree char *bytes = multiply(3, names, false);
    g_autofree char *heavy = g_strconcat(bytes, EVENT("<use define='n3'/>"), NULL);
    g_autoptr(GString) wide = g_string_new(NULL);
    for (unsigned i = 0; i < 50; i++) {
        g_string_append(wide, "<ignore from='{n4}'/>");
    }
    g_autofree char *long_enough = multiply(4, "<define name='n0' value='0123456789'/>", true);
    g_autofree char *repeated = g_strdup_printf("%s" EVENT("%s"), long_enough, wide->str);
    const char *const texts_of[] = {many, long_text, heavy, repeated};
    static const char *const says[] = {"more than 20000 elements", "longer than 4194304 bytes",
                                       "or 4194304 bytes", "or 4194304 bytes"};
    for (unsigned i = 0; i < G_N_ELEMENTS(says); i++) {
        g_autofree char *text = g_strdup_printf(MAPPING("%s"), texts_of[i]);
        g_autofree char *errors = NULL;
        g_assert_null(mapping_test_compile(text, &errors));
        g_assert_nonnull(strstr(errors, says[i]));
        g_assert_null(strchr(errors, '\n'));
    }
}

static void test_depth(void)
{
    for (unsigned depth = 16; depth <= 17; depth++) {
        g_autoptr(GString) text = g_string_new("<define name='n1'>" NAME "</define>");
        for (unsigned i = 2; i <= depth; i++) {
            g_string_append_printf(text, "<define name='n%u'><use define='n%u'/></define>", i, i - 1);
        }
        g_string_append_printf(text, EVENT("<use define='n%u'/>"), depth);
        g_autofree char *whole = g_strdup_printf(MAPPING("%s"), text->str), *errors = NULL;
        g_autoptr(HtMapping) mapping = mapping_test_compile(whole, &errors);
        g_assert_true((mapping != NULL) == (depth == 16));
        g_assert_true((strstr(errors, "more than 16 deep") != NULL) == (depth == 17));
    }
}

static void test_many_parameters(void)
{
    for (unsigned count = 64; count <= 65; count++) {
        g_autoptr(GString) names = g_string_new(NULL), given = g_string_new(NULL), named = g_string_new(NULL);
        for (unsigned i = 0; i < count; i++) {
            g_string_append_printf(names, " p%u", i);
            g_string_append_printf(given, " p%u='x'", i);
            g_string_append_printf(named, "{p%u}", i);
        }
        g_autofree char *text = g_strdup_printf(
            MAPPING("<define name='d' parameters='%s'><element to='person.name' from='%s'/></define>" EVENT(
                "<use define='d'%s/>")),
            names->str, named->str, given->str);
        g_autofree char *errors = NULL;
        g_autoptr(HtMapping) mapping = mapping_test_compile(text, &errors);
        g_assert_true((mapping != NULL) == (count == 64));
        g_assert_true((strstr(errors, "at most 64 parameters") != NULL) == (count == 65));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping/define/a-text-stands-in-attributes", test_text);
    g_test_add_func("/mapping/define/content-stands-where-it-is-used", test_content);
    g_test_add_func("/mapping/define/content-may-use-content", test_nested);
    g_test_add_func("/mapping/define/anything-may-be-content", test_anywhere);
    g_test_add_func("/mapping/define/what-is-put-in-is-not-read-again", test_braces);
    g_test_add_func("/mapping/define/a-service-has-its-own-braces", test_service);
    g_test_add_func("/mapping/define/unknown-names-are-errors", test_unknown);
    g_test_add_func("/mapping/define/only-what-stands-above-is-known", test_order);
    g_test_add_func("/mapping/define/all-parameters-and-no-others", test_parameters);
    g_test_add_func("/mapping/define/a-define-is-well-made", test_defines);
    g_test_add_func("/mapping/define/what-is-never-used-is-an-error", test_unused);
    g_test_add_func("/mapping/define/errors-have-the-authors-lines", test_lines);
    g_test_add_func("/mapping/define/size-is-bounded", test_bounds);
    g_test_add_func("/mapping/define/depth-is-bounded", test_depth);
    g_test_add_func("/mapping/define/parameters-are-bounded", test_many_parameters);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
