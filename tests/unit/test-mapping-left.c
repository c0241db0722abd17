/* Nothing that a mapping names is dropped in silence: what an event does not carry, although it names it, is in its unmapped fields
 * under its own path; so is what stands around the records, wherever it stands. */
#include "tests/lib/mapping-test.h"

#define NAME "<element to='person.name' from='XM'/>"
#define EVENT(content) "<event type='person.moved-in.v1' for-each='/ROWS/ROW'>" content NAME "</event>"
#define ROW(content) "<ROWS><ROW><XM>测试甲</XM>" content "</ROW></ROWS>"
#define LEFT(name, value) "{\"name\":\"" name "\",\"value\":\"" value "\"}"

static void run_one(const char *mapping, const char *xml, const char *unmapped)
{
    g_autoptr(MappingTest) test = mapping_test_new(mapping);
    mapping_test_run(test, xml);
    guint last = test->outcome.events->len - 1;
    g_autofree char *part = unmapped ? g_strdup_printf("\"unmapped\":[%s]", unmapped) : NULL;
    if (part) {
        assert_has(test, last, part);
    } else {
        assert_lacks(test, last, "\"unmapped\"");
    }
}

/* ---- Values of the record ---- */

static void test_alternatives(void)
{
    const char *mapping = MAPPING(EVENT("<element to='person.phone' from='A' or='B C'/>"));
    run_one(mapping, ROW("<A>1</A><B>2</B><C>1</C>"), LEFT("B", "2"));
    run_one(mapping, ROW("<A>null</A><B>2</B><C>3</C>"), LEFT("C", "3"));
    run_one(mapping, ROW("<A>1</A><B>无</B><C>1</C>"), NULL);
}

static void test_conditions(void)
{
    const char *mapping =
        MAPPING(EVENT("<element to='person.phone' from='A' when=\"T='1'\"/>"
                      "<element to='person.employer' from='B' when=\"not(T='1')\"/>"
                      "<element to='move.direction'><case when=\"D='7'\" value='in'/></element>"
                      "<element to='move.kind' from='K'><case when=\"K='x'\" value='residence'/></element>"
                      "<ignore from='T'/>"));
    run_one(mapping, ROW("<T>1</T><A>1</A><B>2</B>"), LEFT("B", "2"));
    run_one(mapping, ROW("<T>2</T><A>1</A><B>2</B>"), LEFT("A", "1"));
    run_one(mapping, ROW("<D>8</D>"), LEFT("D", "8"));
    run_one(mapping, ROW("<K>x</K>"), NULL);
}

/* A value that only a condition looks at is named by that only when the mapping says that it is known. */
static void test_only_asked(void)
{
    const char *const mapping =
        MAPPING("<skip for-each='/ROWS/ROW' when=\"S='1'\"/>"
                "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when='IN'>" NAME "</event>"
                "<event type='person.moved-out.v1' for-each='/ROWS/ROW' when='OUT'>" NAME
                "<element to='person.phone' from='DH'/><ignore from='OUT'/></event>");
    run_one(mapping, ROW("<IN>1</IN><DH>2</DH><S>3</S>"),
            LEFT("IN", "1") "," LEFT("DH", "2") "," LEFT("S", "3"));
    run_one(mapping, ROW("<OUT>1</OUT><DH>2</DH>"), NULL);
}

static void test_head(void)
{
    const char *mapping =
        MAPPING(EVENT("<id from='NO PART'/><time from='A' or='B'/><division from='D' or='E F'/>"
                      "<identity kind='person' from='P' when='W'/><correlation from='C'/>"
                      "<action cancel-when='X' reverses='R'/>"));
    run_one(mapping,
            ROW("<NO>1</NO><PART>2</PART><A>2009-03-01</A><B>2009-03-02</B><D>440104001</D><E>440100</E>"
                "<F>110101</F><P>7</P><C>c</C><R>r</R>"),
            LEFT("B", "2009-03-02") "," LEFT("F", "110101") "," LEFT("P", "7") "," LEFT("R", "r"));
    run_one(mapping, ROW("<NO>1</NO><A>2009-03-01</A><B>2009-03-01</B><W>w</W><P>7</P><X>x</X><R>r</R>"),
            LEFT("W", "w") "," LEFT("X", "x"));
}

/* What cannot be read is under the path that it came from. */
static void test_own_path(void)
{
    const char *mapping = MAPPING(
        EVENT("<element to='person.birthDate' from='A' or='B'/>"
              "<element to='person.sex' from='S' or='T' translate='sex.words'/>"
              "<each path='G' group='guardian'><element to='guardian.idNumber' from='N' or='O'/></each>"));
    run_one(mapping, ROW("<B>some day</B>"), LEFT("B", "some day"));
    run_one(mapping, ROW("<T>男性</T>"), LEFT("T", "男性"));
    run_one(mapping, ROW("<G><O>990104500817995</O></G>"), LEFT("G/O", "990104500817995"));
    run_one(MAPPING(EVENT("<time from='A' or='/ROWS/@t'/>")),
            "<ROWS t='some day'><ROW><XM>测试甲</XM></ROW></ROWS>", LEFT("/ROWS/@t", "some day"));
}

/* Several events of one record: each has what it left itself. */
static void test_two_events(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING(EVENT("<id from='A'/><element to='person.phone' from='DH' when='MORE'/>")
                                     EVENT("<id from='B'/><element to='person.phone' from='DH'/>")));
    mapping_test_run(test, ROW("<A>1</A><B>2</B><DH>3</DH>"));
    assert_has(test, 0, LEFT("DH", "3"));
    assert_lacks(test, 1, "\"unmapped\"");
}

/* ---- Repeated elements ---- */

static void test_instances(void)
{
    const char *mapping = MAPPING(EVENT("<each path='G' group='guardian' when=\"T='1'\">"
                                        "<element to='guardian.name' from='N'/></each><ignore from='G/T'/>"));
    run_one(mapping, ROW("<G><T>1</T><N>测试乙</N></G><G><T>2</T><N>测试丙</N></G>"), LEFT("G/N", "测试丙"));
}

/* Beyond a hundred nothing is mixed up: what the last ones hold is unmapped, and it is marked that they are not carried. */
static void test_many_instances(void)
{
    g_autoptr(GString) xml = g_string_new("<ROWS><ROW><XM>测试甲</XM>");
    for (unsigned i = 1; i <= 102; i++) {
        g_string_append_printf(xml, i == 100 ? "<G><N>n%u</N></G>" : "<G><N>n%u</N><P>p%u</P></G>", i, i);
    }
    g_string_append(xml, "</ROW></ROWS>");
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING(EVENT("<each path='G' group='guardian'><element to='guardian.name' from='N'/>"
                      "<element to='guardian.phone' from='P'/></each>")));
    mapping_test_run(test, xml->str);
    assert_has(test, 0, "{\"name\":\"n100\"}]");
    assert_has(test, 0, LEFT("G/N", "n101") "," LEFT("G/P", "p101") "," LEFT("G/N", "n102"));
    assert_has(test, 0, "value-truncated");
}

/* ---- Around the records ---- */

#define HEAD EVENT("<element to='registration.remark' from='/ROWS/HEAD/BZ'/>")

static void test_absolute_left(void)
{
    run_one(MAPPING(EVENT("<element to='registration.remark' from='/ROWS/HEAD/BZ' when='W'/>")),
            "<ROWS><HEAD><BZ>b</BZ></HEAD><ROW><XM>测试甲</XM></ROW></ROWS>", LEFT("/ROWS/HEAD/BZ", "b"));
    run_one(MAPPING(HEAD), "<ROWS><HEAD><BZ>a</BZ><BZ>b</BZ></HEAD><ROW><XM>测试甲</XM></ROW></ROWS>",
            LEFT("/ROWS/HEAD/BZ", "a"));
    run_one(MAPPING(HEAD), "<ROWS><HEAD><BZ>b</BZ></HEAD><ROW><XM>测试甲</XM></ROW></ROWS>", NULL);
}

/* An answer's code, a number of records and what is ignored are known. */
static void test_absolute_known(void)
{
    run_one(MAPPING("<ignore from='/ROWS/TOKEN'/><answer for='/ROWS' code='@code' ok='0'/>"
                    "<count from='/ROWS/@n' of='/ROWS/ROW'/>"
                    "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when='not(/ROWS/TOKEN)'>" NAME
                    "</event><event type='person.moved-out.v1' for-each='/ROWS/ROW' when='/ROWS/TOKEN'>" NAME
                    "</event>"),
            "<ROWS code='0' n='1'><TOKEN>SECRET</TOKEN><ROW><XM>测试甲</XM></ROW></ROWS>", NULL);
}

/* So many of them that not all can be kept: the last event says so. */
static void test_trailer_surplus(void)
{
    g_autoptr(GString) xml = g_string_new("<ROWS><ROW><XM>测试甲</XM></ROW>");
    for (unsigned i = 0; i < 200; i++) {
        g_string_append_printf(xml, "<N%u>x</N%u>", i, i);
    }
    g_string_append(xml, "</ROWS>");
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(EVENT("")));
    mapping_test_run(test, xml->str);
    assert_has(test, 0, "{\"mark\":\"value-truncated\"}");
    assert_has(test, 0, LEFT("/ROWS/N127", "x"));
}

/* How much is carried is the source's to say. */
static void test_limits(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    const char *mapping =
        MAPPING(EVENT("<each path='G' group='guardian'><element to='guardian.name' from='N'/></each>"));
    const char *instances = ROW("<G><N>n1</N></G><G><N>n2</N></G>");
    const char *others = ROW("<A>a1</A><B>b1</B>");
    options.limits.instances = 1;
    options.limits.unmapped = 1;
    g_autoptr(MappingTest) test = mapping_test_new_with(mapping, &options);
    mapping_test_run(test, instances);
    assert_has(test, 0, "{\"name\":\"n1\"}]");
    assert_has(test, 0, LEFT("G/N", "n2"));
    assert_has(test, 0, "value-truncated");
    mapping_test_run(test, others);
    assert_has(test, 0, LEFT("A", "a1"));
    assert_lacks(test, 0, "b1");
    assert_has(test, 0, "value-truncated");

    options.limits = ht_limits_default();
    options.limits.unmapped_bytes = 3;
    g_autoptr(MappingTest) short_ones = mapping_test_new_with(mapping, &options);
    mapping_test_run(short_ones, ROW("<A>abc</A><B>b1</B>"));
    assert_has(short_ones, 0, LEFT("A", "abc"));
    assert_lacks(short_ones, 0, "b1");
    assert_has(short_ones, 0, "value-truncated");
}

/* A column in ten thousands of yuan, in which clerks also write yuan. */
static void test_unit(void)
{
    static const char *const amounts[][2] = {
        {"320.0000", "3200000"},
        {"0.5", "5000"},
        {"1,900,000元", "1900000"},
        {"320万", "3200000"},
        {"３２", "320000"},
        {"1.2E2", "1200000"},
        {"0", "0"},
        {"人民币5万元整", "50000"},
        {"-3", "-30000"},
        {"0.00005", "0.5"},
    };
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<event type='benefit.granted.v1' for-each='/R'><element to='person.name' from='XM'/>"
                "<element to='benefit.income' from='JE' unit='万元'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(amounts); i++) {
        g_autofree char *xml = g_strdup_printf("<R><XM>测试甲</XM><JE>%s</JE></R>", amounts[i][0]);
        g_autofree char *expected = g_strdup_printf("\"income\":%s", amounts[i][1]);
        mapping_test_run(test, xml);
        assert_has(test, 0, expected);
    }
    mapping_test_run(test, "<R><XM>测试甲</XM><JE>若干</JE></R>");
    assert_has(test, 0, "number-invalid");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping/values/unit-of-a-column", test_unit);
    g_test_add_func("/left/alternatives-that-say-something-else", test_alternatives);
    g_test_add_func("/left/what-conditions-leave-out", test_conditions);
    g_test_add_func("/left/what-only-conditions-look-at", test_only_asked);
    g_test_add_func("/left/what-the-head-does-not-need", test_head);
    g_test_add_func("/left/under-its-own-path", test_own_path);
    g_test_add_func("/left/each-event-has-its-own", test_two_events);
    g_test_add_func("/left/instances-for-which-nothing-holds", test_instances);
    g_test_add_func("/left/instances-beyond-the-last", test_many_instances);
    g_test_add_func("/left/around-records/what-none-takes", test_absolute_left);
    g_test_add_func("/left/around-records/what-is-known", test_absolute_known);
    g_test_add_func("/left/around-records/more-than-fits", test_trailer_surplus);
    g_test_add_func("/left/as-much-as-the-source-may", test_limits);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
