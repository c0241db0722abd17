/* Flags and choices (`<flag>`, `<choice>`): what decides a record means the same in every spelling, and what cannot be read
 * decides nothing. */
#include "tests/lib/mapping-test.h"

#define FLAG "<flag from='CX' yes='1 是 Y true 已冲销' no='0 否 N false'/>"
#define NAME "<element to='person.name' from='XM'/>"
#define EVENT(content) "<event type='person.moved-in.v1' for-each='/ROWS/ROW'>" content NAME "</event>"
#define CANCEL EVENT("<action cancel-when='yes(CX)' reverses='NO'/>")
#define ROW(content) "<ROWS><ROW><XM>测试甲</XM><NO>7</NO>" content "</ROW></ROWS>"

static void expect_action(MappingTest *test, const char *value, const char *action)
{
    g_autofree char *xml = g_strdup_printf(ROW("<CX>%s</CX>"), value);
    if (mapping_test_run(test, xml) != HT_VERDICT_OK) {
        g_error("\"%s\" is refused: %s", value, test->outcome.faults[0].code);
    }
    HtText found = mapping_test_event(test, 0).attr[HT_ATTR_ACTION];
    if (!ht_text_is(found, action)) {
        g_error("\"%s\" gives %.*s", value, (int)found.size, found.data);
    }
}

/* ---- Every spelling ---- */

/* The word with one thing changed that systems change. transfer full. */
static char *vary(const char *word, unsigned variant)
{
    bool digit = g_ascii_isdigit(*word);
    switch (variant) {
    case 0: return g_strdup(word);
    case 1: return g_strconcat("  ", word, "\n\t", NULL);
    case 2: return g_strconcat("\u3000", word, "\u00a0", NULL);
    case 3: return g_strconcat("\u200e", word, "\ufeff", NULL);
    case 4: return g_ascii_strup(word, -1);
    case 5: return g_ascii_strdown(word, -1);
    case 6: return g_strconcat("\u202a", word, "\u202c", "\u00ad", NULL);
    case 7: return g_strconcat(digit ? "0" : "", word, NULL);
    case 8: return g_strconcat(digit ? "000" : "", word, digit ? ".00" : "", NULL);
    case 9: return g_strconcat(word, digit ? ".0" : "", NULL);
    default: return g_strconcat(digit ? "+" : "", word, NULL);
    }
}

#define VARIANTS 11

/* In full width. transfer full. */
static char *widen(const char *text)
{
    GString *wide = g_string_new(NULL);
    for (; *text; text++) {
        bool narrow = *text > ' ' && *text < 0x7f;
        if (narrow) {
            g_string_append_unichar(wide, (gunichar)*text - 0x21 + 0xff01);
        } else {
            g_string_append_c(wide, *text);
        }
    }
    return g_string_free(wide, FALSE);
}

static void test_spellings(void)
{
    static const char *const yes[] = {"1", "是", "Y", "true", "已冲销"};
    static const char *const no[] = {"0", "否", "N", "false"};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(FLAG CANCEL));
    for (unsigned i = 0; i < (G_N_ELEMENTS(yes) + G_N_ELEMENTS(no)) * VARIANTS; i++) {
        unsigned word = i / VARIANTS;
        bool is_yes = word < G_N_ELEMENTS(yes);
        g_autofree char *value = vary(is_yes ? yes[word] : no[word - G_N_ELEMENTS(yes)], i % VARIANTS);
        g_autofree char *wide = widen(value);
        expect_action(test, value, is_yes ? "cancel" : "assert");
        expect_action(test, wide, is_yes ? "cancel" : "assert");
    }
}

static void test_nothing_is_no(void)
{
    static const char *const nulls[] = {"", " ", "null", "无", "-", "\u3000"};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING("<null value='0000' in='CX'/>" FLAG CANCEL));
    for (unsigned i = 0; i < G_N_ELEMENTS(nulls); i++) {
        expect_action(test, nulls[i], "assert");
    }
    mapping_test_run(test, ROW(""));
    g_assert_true(ht_text_is(mapping_test_event(test, 0).attr[HT_ATTR_ACTION], "assert"));
}

static void test_absent(void)
{
    g_autoptr(MappingTest) yes =
        mapping_test_new(MAPPING("<flag from='CX' yes='1' no='0' absent='yes'/>" CANCEL));
    expect_action(yes, "", "cancel");
    expect_action(yes, "0", "assert");
    g_autoptr(MappingTest) refuse =
        mapping_test_new(MAPPING("<flag from='CX' yes='1' no='0' absent='refuse'/>" CANCEL));
    expect_action(refuse, "0", "assert");
    g_assert_cmpint(mapping_test_run(refuse, ROW("")), ==, HT_VERDICT_REJECT);
    assert_fault(refuse, 0, "flag-unreadable");
    g_assert_cmpint(mapping_test_run(refuse, ROW("<CX>null</CX>")), ==, HT_VERDICT_REJECT);
}

/* ---- What cannot be read ---- */

static void test_unreadable(void)
{
    static const char *const values[] = {"2",  "11",   "10",  "-1",  "1.5", "yes",      "?",  "是否",
                                         "不", "01.1", "0x1", "1 0", "y/n", "已冲销否", "1;0"};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(FLAG CANCEL));
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<CX>%s</CX>"), values[i]);
        if (mapping_test_run(test, xml) != HT_VERDICT_REJECT) {
            g_error("\"%s\" is taken", values[i]);
        }
        assert_fault(test, 0, "flag-unreadable");
        g_assert_cmpuint(test->outcome.fault_count, ==, 1);
        g_assert_cmpstr(test->outcome.faults[0].element, ==, "CX");
        g_assert_null(strstr(test->outcome.faults[0].text, values[i][1] ? values[i] : "\n"));
    }
    char longest[200];
    memset(longest, '1', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    g_autofree char *xml = g_strdup_printf(ROW("<CX>%s</CX>"), longest);
    g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_REJECT);
}

/* Only that record; and only when something is asked that hangs on it. */
static void test_only_who_asks(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", true, false, false};
    g_autoptr(MappingTest) test = mapping_test_new_with(
        MAPPING(FLAG "<skip for-each='/ROWS/ROW' when=\"yes(CX) and SKIP\"/>" /* no SKIP: whatever CX is */
                     "<skip for-each='/ROWS/ROW' when='SKIP'/>"
                     "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when='IN'>"
                     "<action cancel-when='yes(CX)'/>" NAME "</event>"
                     "<event type='person.moved-out.v1' for-each='/ROWS/ROW' when='not(IN)'>" NAME
                     "</event>"),
        &options);
    g_assert_cmpint(mapping_test_run(test, "<ROWS><ROW><XM>甲</XM><CX>?!</CX></ROW>"
                                           "<ROW><XM>乙</XM><IN>1</IN><CX>?!</CX></ROW>"
                                           "<ROW><XM>丙</XM><IN>1</IN><CX>0</CX></ROW>"
                                           "<ROW><SKIP>1</SKIP><CX>?!</CX></ROW></ROWS>"),
                    ==, HT_VERDICT_OK);
    assert_events(test, 2);
    g_assert_cmpuint(test->outcome.rejected, ==, 1);
    g_assert_cmpuint(test->outcome.faults[0].record, ==, 2);
    assert_fault(test, 0, "flag-unreadable");
}

/* In `not`, and where the event itself hangs on it: there is no default to fall into. */
static void test_not(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING(FLAG "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when='not(yes(CX))'>" NAME
                     "</event><event type='person.moved-out.v1' for-each='/ROWS/ROW' when='yes(CX)'>" NAME
                     "</event>"));
    g_assert_cmpint(mapping_test_run(test, ROW("<CX>2</CX>")), ==, HT_VERDICT_REJECT);
    g_assert_cmpuint(test->outcome.fault_count, ==, 1);
    assert_fault(test, 0, "flag-unreadable");
    mapping_test_run(test, ROW("<CX>已 冲 销</CX>"));
    assert_has(test, 0, "person.moved-out.v1");
}

/* Around the records: the payload's answer. */
static void test_answer(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING("<flag from='ok' yes='1 true' no='0 false'/>"
                                                           "<answer for='/R' fail-when='no(ok)'/>"));
    g_assert_cmpint(mapping_test_run(test, "<R><ok>TRUE</ok></R>"), ==, HT_VERDICT_OK);
    g_assert_cmpint(mapping_test_run(test, "<R><ok>False</ok></R>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "department-error");
    g_assert_cmpint(mapping_test_run(test, "<R><ok>maybe</ok></R>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "flag-unreadable");
    g_assert_cmpstr(test->outcome.faults[0].element, ==, "ok");
}

/* A flag inside of repeated elements is each one's own. */
static void test_in_each(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING("<flag from='@valid' yes='1' no='0'/>" EVENT(
        "<each path='G' group='guardian'><element to='guardian.name' from='N' when='yes(@valid)'/></each>")));
    mapping_test_run(test, ROW("<G valid='01'><N>测试乙</N></G><G valid='0'><N>测试丙</N></G>"
                               "<G valid='１'><N>测试丁</N></G>"));
    assert_has(test, 0, "\"guardian\":[{\"name\":\"测试乙\"},{\"name\":\"测试丁\"}]");
    g_assert_cmpint(
        mapping_test_run(test, ROW("<G valid='1'><N>测试乙</N></G><G valid='9'><N>测试丙</N></G>")), ==,
        HT_VERDICT_REJECT);
    assert_fault(test, 0, "flag-unreadable");
}

/* ---- Conditions of repeated elements ---- */

#define KIN \
    "<G><T>1</T><N>测试乙</N></G><G><N>测试丙</N></G><G><T>2</T><N>测试丁</N></G><G><T>1</T><N>测试戊</N></G>"

/* Judged on each of them, not on the record, which has a T too. */
static void test_each_when(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING(EVENT("<each path='G' group='guardian' when=\"T='1'\">"
                                       "<element to='guardian.name' from='N'/></each>")));
    mapping_test_run(test, ROW("<T>2</T>" KIN));
    assert_has(test, 0, "\"guardian\":[{\"name\":\"测试乙\"},{\"name\":\"测试戊\"}]");
    mapping_test_run(test, ROW("<T>1</T><G><T>2</T><N>测试丁</N></G>"));
    assert_lacks(test, 0, "\"guardian\"");
}

/* Parts that conditions share are asked of each instance anew; those of the payload and of columns of the record stay. */
static void test_each_when_shared(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        EVENT("<element to='move.reasonText' value='x' when=\"/ROWS/@k='1' and not(T='1')\"/>"
              "<each path='G' group='guardian' when=\"/ROWS/@k='1' and (T='1' or (T='2' and not(X)))\">"
              "<element to='guardian.name' from='N' when=\"T='1' or (T='2' and not(X))\"/>"
              "<element to='guardian.phone' value='7' when=\"not(T='1')\"/></each>"
              "<each group='guardian' when=\"T='1'\"><element to='guardian.name' from='M'/></each>")));
    mapping_test_run(test, "<ROWS k='1'><ROW><XM>测试甲</XM><T>1</T><M>测试己</M>" KIN
                           "<G><T>2</T><X>1</X><N>测试庚</N></G></ROW></ROWS>");
    assert_has(test, 0,
               "\"guardian\":[{\"name\":\"测试乙\"},{\"name\":\"测试丁\",\"phone\":\"7\"},"
               "{\"name\":\"测试戊\"},{\"name\":\"测试己\"}]");
    mapping_test_run(test, "<ROWS k='2'><ROW><XM>测试甲</XM>" KIN "</ROW></ROWS>");
    assert_lacks(test, 0, "\"guardian\"");
}

/* ---- Choices ---- */

#define CHOICE "<choice from='LB' table='hukou.correction-category'/>"
#define CHOOSE EVENT("<action correct-when=\"code(LB)='11'\" cancel-when=\"code(LB) in ('21','22')\"/>")

static void expect_choice(MappingTest *test, const char *value, const char *action)
{
    g_autofree char *xml = g_strdup_printf(ROW("<LB>%s</LB>"), value);
    g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_OK);
    HtText found = mapping_test_event(test, 0).attr[HT_ATTR_ACTION];
    if (!ht_text_is(found, action)) {
        g_error("\"%s\" gives %.*s", value, (int)found.size, found.data);
    }
}

static void test_choice(void)
{
    static const char *const shared[] = {"11",          "１１",         " 11 ",     "011",
                                         "11.0",        "0011",         "纠正重号", "纠正 重号",
                                         "11-纠正重号", "纠正重号(11)", "\u200e11", "１１．０"};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(CHOICE CHOOSE));
    for (unsigned i = 0; i < G_N_ELEMENTS(shared); i++) {
        expect_choice(test, shared[i], "correct");
    }
    expect_choice(test, "更正姓名", "cancel");
    expect_choice(test, "12", "assert");
    expect_choice(test, "", "assert");
    expect_choice(test, "null", "assert");
    static const char *const unreadable[] = {"1", "110", "重号", "11/12", "11-变更姓名", "不详", "x"};
    for (unsigned i = 0; i < G_N_ELEMENTS(unreadable); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<LB>%s</LB>"), unreadable[i]);
        if (mapping_test_run(test, xml) != HT_VERDICT_REJECT) {
            g_error("\"%s\" is taken", unreadable[i]);
        }
        assert_fault(test, 0, "flag-unreadable");
    }
}

/* Systems that keep codes as numbers drop their zeros; letters change case. */
static void test_choice_mangled(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<choice from='LB' table='WS-364.id-document'/><choice from='OP' table='mca.marriage-type'/>" EVENT(
            "<action correct-when=\"code(LB)='01'\" cancel-when=\"code(OP)='IB'\"/>")));
    expect_choice(test, "1", "correct");
    expect_choice(test, "1.0", "correct");
    expect_choice(test, "</LB><OP>ib</OP><LB>", "cancel");
    expect_choice(test, "</LB><OP>ＩＢ</OP><LB>", "cancel");
}

/* What decides as a code is carried as that code; without a declaration only width and case are folded. */
static void test_choice_carried(void)
{
    static const char *const same[] = {"1", "01", "1.0", "０１"};
#define CARRIED                                                                                                               \
    "<event type='marriage.registered.v1' for-each='/ROWS/ROW'><action cancel-when=\"code(OP)='IB'\"/>"                       \
    "<element to='marriage.date' from='RQ'/><element to='person.name' from='XM'/><element to='person.otherIdType' from='LB' " \
    "translate='id-document.WS-364'/><element to='marriage.type' from='OP'/></event>"
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<choice from='OP' table='mca.marriage-type'/><choice from='LB' table='GA-T-517' "
                "translate='id-document.WS-364'/>" CARRIED));
    for (unsigned i = 0; i < G_N_ELEMENTS(same); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<ROWS><ROW><XM>测试甲</XM><RQ>20090401</RQ><LB>%s</LB><OP>ib</OP></ROW></ROWS>", same[i]);
        g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_OK);
        assert_has(test, 0, "\"otherIdType\":\"111\"");
        assert_has(test, 0, "\"type\":\"IB\"");
        assert_lacks(test, 0, "code-unmapped");
    }
}

static void test_choice_lenient(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<choice from='LB' table='hukou.correction-category' unreadable='none'/>" EVENT(
            "<action correct-when=\"code(LB)!='11'\" cancel-when='not(code(LB))'/>")));
    expect_choice(test, "12", "correct");
    expect_choice(test, "11", "assert");
    expect_choice(test, "重号", "cancel");
    expect_choice(test, "", "cancel");
}

/* ---- Numbers ---- */

static void test_number(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING(EVENT("<action cancel-when=\"number(LB)='0'\" correct-when=\"number(LB)!='01'\"/>")));
    static const char *const zeros[] = {"0", "00", "０", " 0 ", "0.0", "０．０", "+0"};
    for (unsigned i = 0; i < G_N_ELEMENTS(zeros); i++) {
        expect_choice(test, zeros[i], "cancel");
    }
    expect_choice(test, "1.0", "assert");
    expect_choice(test, "", "assert");
    expect_choice(test, "2", "correct");
    static const char *const unreadable[] = {"no", "零人", "0-1", "o"};
    for (unsigned i = 0; i < G_N_ELEMENTS(unreadable); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<LB>%s</LB>"), unreadable[i]);
        if (mapping_test_run(test, xml) != HT_VERDICT_REJECT) {
            g_error("\"%s\" is taken", unreadable[i]);
        }
        assert_fault(test, 0, "flag-unreadable");
    }
}

/* ---- Plain comparisons ---- */

/* What clerks write: one of the texts anywhere in it, in either width. */
static void test_contains(void)
{
    static const char *const values[][2] = {{"老人2020年1月死亡，停发", "cancel"},
                                            {"死亡", "cancel"},
                                            {"亡故(ＡＢ)", "cancel"},
                                            {"迁出", "assert"},
                                            {"AB1", "cancel"},
                                            {"ＡＢ１", "cancel"},
                                            {"ab1", "assert"},
                                            {"无", "assert"},
                                            {"", "assert"}};
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING(EVENT("<action cancel-when=\"contains(A, '死亡','AB')\"/>")));
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<A>%s</A>"), values[i][0]);
        mapping_test_run(test, xml);
        HtText action = mapping_test_event(test, 0).attr[HT_ATTR_ACTION];
        g_test_message("%s", values[i][0]);
        g_assert_true(ht_text_is(action, values[i][1]));
    }
}

static void test_plain_width(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING(EVENT("<action cancel-when=\"A='AB1'\" correct-when=\"starts-with(A,'服务结果:')\" "
                      "verify-when=\"A in ('X','Ｙ')\"/>")));
    static const char *const values[][2] = {{"ＡＢ１", "cancel"}, {"\u3000AB1 ", "cancel"},
                                            {"ab1", "assert"},    {"服务结果：无", "correct"},
                                            {"Y", "verify"},      {"Ｘ", "verify"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<A>%s</A>"), values[i][0]);
        mapping_test_run(test, xml);
        HtText action = mapping_test_event(test, 0).attr[HT_ATTR_ACTION];
        g_assert_true(ht_text_is(action, values[i][1]));
    }
}

/* What can be somebody's number: no filler, be it one of the mapping's own, and no word. */
static void test_filled(void)
{
    static const char *const values[][2] = {
        {"990104200903130321", "cancel"},
        {"AB12345", "cancel"},
        {"１２３４５６８", "cancel"},
        {"第1234568号", "cancel"},
        {"0", "assert"},
        {"99999999", "assert"},
        {"不详", "assert"},
        {"外籍人士", "assert"},
        {"null", "assert"},
        {"", "assert"},
        {"12345", "assert"},
        {"１２-３４-５６", "assert"},
        {"A-000000000", "assert"},
        {"外部9990", "assert"},
        {"（外 部）９９９０", "assert"},
    };
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING("<filler value='外部9990' in='A'/><filler shorter-than='7' in='A'/>" EVENT(
            "<action cancel-when='filled(A)' correct-when=\"filled(B) and B='123'\" reverses='A'/>")));
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<A>%s</A>"), values[i][0]);
        mapping_test_run(test, xml);
        HtText action = mapping_test_event(test, 0).attr[HT_ATTR_ACTION];
        if (!ht_text_is(action, values[i][1])) {
            g_error("\"%s\" gives %.*s", values[i][0], (int)action.size, action.data);
        }
    }
    mapping_test_run(test, ROW("<B>123</B>"));
    g_assert_true(ht_text_is(mapping_test_event(test, 0).attr[HT_ATTR_ACTION], "correct"));
}

/* Two values say the same, in every notation of what they are, and of nothing else. */
static void test_same(void)
{
    static const struct {
        const char *how, *one, *other;
        bool same;
    } pairs[] = {
        {"", "２０ ", "20", true},
        {"", "2009-03-13", "2009年3月13日", true},
        {"", "08", "8", false},
        {", 'code'", "01", "1", true},
        {", 'code'", "chn", "ＣＨＮ", true},
        {", 'code'", "20", "2", false},
        {", 'code'", "20", "已婚", false},
        {", 'decimal'", "170", "１70.0", true},
        {", 'decimal'", "170", "170cm", false},
        {", 'decimal'", "170", "171", false},
        {", 'division'", "440104", "440104000000", true},
        {", 'division'", "440104001", "440104001000", true},
        {", 'division'", "440104001", "440104001001", false},
        {", 'division'", "440104", "越秀区", false},
        {", 'time'", "083000", "08:30", true},
        {", 'time'", "083000", "08:31", false},
        {", 'idNumber'", "99010420090313033x", "99010420090313033X", true},
        {", 'idNumber'", "990104 20090313 0321", "990104200903130321", true},
        {", 'idNumber'", "990104090313032", "990104200903130321", false}, /* that it got longer is news */
        {", 'sex.words'", "01", "男性", true},
        {", 'sex.words'", "1", "女", false},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *mapping = g_strdup_printf(
            MAPPING(EVENT("<action cancel-when=\"same(A, B%s)\" reverses='A'/>")), pairs[i].how);
        g_autoptr(MappingTest) test = mapping_test_new(mapping);
        g_autofree char *xml = g_strdup_printf(ROW("<A>%s</A><B>%s</B>"), pairs[i].one, pairs[i].other);
        mapping_test_run(test, xml);
        HtText action = mapping_test_event(test, 0).attr[HT_ATTR_ACTION];
        if (ht_text_is(action, "cancel") != pairs[i].same) {
            g_error("\"%s\" and \"%s\"%s", pairs[i].one, pairs[i].other, pairs[i].how);
        }
    }
}

/* ---- What is wrong with a mapping ---- */

static void expect_error(const char *content, const char *error)
{
    g_autofree char *text = g_strdup_printf(MAPPING("%s"), content);
    g_autofree char *found = NULL;
    g_autoptr(HtMapping) mapping = mapping_test_compile(text, &found);
    if (mapping || !strstr(found, error)) {
        g_error("not \"%s\" but: %s", error, found);
    }
}

static void test_errors(void)
{
    expect_error(FLAG EVENT("<action cancel-when=\"CX='1'\"/>"),
                 "CX is declared as a <flag>: yes() or no() must ask for it");
    expect_error(FLAG EVENT("<action cancel-when=\"starts-with(CX,'1')\"/>"), "CX is declared as a <flag>");
    expect_error(CHOICE EVENT("<action cancel-when=\"LB in ('11')\"/>"),
                 "LB is declared as a <choice>: code()");
    expect_error(EVENT("<action cancel-when='yes(CX)'/>"), "no <flag> declares CX");
    expect_error(FLAG EVENT("<action cancel-when='code(CX)'/>"), "no <choice> declares CX");
    expect_error(CHOICE EVENT("<action cancel-when=\"code(LB)='1'\"/>"),
                 "\"1\" is no code of the table \"hukou.correction-category\"");
    expect_error("<flag from='CX' yes='1 Y' no='0 ０１'/>" CANCEL, "\"０１\" would mean both yes and no");
    expect_error(FLAG "<flag from='A CX' yes='1' no='0'/>" CANCEL, "CX is declared twice");
    expect_error("<choice from='LB' table='hukou.correction'/>" CANCEL, "there is no code table");
    expect_error("<choice from='LB' table='mca.marriage-type' translate='sex.words'/>" CANCEL,
                 "the translation \"sex.words\" leads to");
    expect_error("<filler shorter-than='7'/>" CANCEL, "filler");
    expect_error("<filler shorter-than='0' in='CX'/>" CANCEL, "filler");
    expect_error("<filler shorter-than='7' value='1' in='CX'/>" CANCEL, "filler");
    expect_error(EVENT("<action cancel-when='filled(CX,NO)'/>"), ") expected");
    expect_error(EVENT("<action cancel-when=\"same(CX,NO,'integer')\"/>"),
                 "there is no translation \"integer\"");
    expect_error(EVENT("<action cancel-when=\"number(A)='x'\"/>"), "a number in quotes expected");
    expect_error(FLAG EVENT("<action cancel-when='yes(CX'/>"), ") expected");
    expect_error(FLAG EVENT("<action cancel-when='yes()'/>"), "a path expected");
}

/* Declared once for several paths, from content that is used, below the events that ask. */
static void test_declared_anywhere(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<define name='flags' parameters='paths'><flag from='{paths}' yes='1' no='0'/></define>" CANCEL
        "<use define='flags' paths='A CX'/>"));
    expect_action(test, "01", "cancel");
    g_assert_cmpint(mapping_test_run(test, ROW("<CX>2</CX>")), ==, HT_VERDICT_REJECT);
}

/* What the declaration does not know may be looked for: the title above a column. */
static void test_label(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING(CHOICE FLAG "<skip for-each='/ROWS/ROW' when=\"LB='变更类别' or CX='冲销标志'\"/>" CHOOSE));
    mapping_test_run(
        test, "<ROWS><ROW><XM>姓名</XM><LB>变更类别</LB></ROW><ROW><XM>测试甲</XM><LB>11</LB></ROW></ROWS>");
    assert_events(test, 1);
    g_assert_cmpuint(test->outcome.records, ==, 1);
    expect_choice(test, "11", "correct");
}

/* ---- Cancels that name nothing ---- */

static void test_reversal_unnamed(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(FLAG CANCEL));
    mapping_test_run(test, ROW("<CX>1</CX>"));
    assert_lacks(test, 0, "reversal-unnamed");
    mapping_test_run(test, "<ROWS><ROW><XM>测试甲</XM><CX>1</CX></ROW></ROWS>");
    assert_has(test, 0, "reversal-unnamed");
    mapping_test_run(test, "<ROWS><ROW><XM>测试甲</XM><NO>null</NO><CX>1</CX></ROW></ROWS>");
    assert_has(test, 0, "reversal-unnamed");
    mapping_test_run(test, "<ROWS><ROW><XM>测试甲</XM><CX>0</CX></ROW></ROWS>");
    assert_lacks(test, 0, "reversal-unnamed");
    /* Without `reverses` the record's own number is the former's. */
    g_autoptr(MappingTest) own =
        mapping_test_new(MAPPING(FLAG EVENT("<id from='NO'/><action cancel-when='yes(CX)'/>")));
    mapping_test_run(own, ROW("<CX>1</CX>"));
    assert_lacks(own, 0, "reversal-unnamed");
    mapping_test_run(own, "<ROWS><ROW><XM>测试甲</XM><CX>1</CX></ROW></ROWS>");
    assert_has(own, 0, "reversal-unnamed");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/flag/every-spelling-means-the-same", test_spellings);
    g_test_add_func("/flag/no-value-means-no", test_nothing_is_no);
    g_test_add_func("/flag/no-value-means-what-is-declared", test_absent);
    g_test_add_func("/flag/what-cannot-be-read-refuses-the-record", test_unreadable);
    g_test_add_func("/flag/refuses-only-who-asks", test_only_who_asks);
    g_test_add_func("/flag/there-is-no-default-to-fall-into", test_not);
    g_test_add_func("/flag/an-answer-asks-too", test_answer);
    g_test_add_func("/flag/each-instance-has-its-own", test_in_each);
    g_test_add_func("/flag/declared-once-for-all", test_declared_anywhere);
    g_test_add_func("/each/condition-is-judged-on-each-instance", test_each_when);
    g_test_add_func("/each/parts-of-conditions-are-asked-anew", test_each_when_shared);
    g_test_add_func("/choice/is-read-through-its-table", test_choice);
    g_test_add_func("/choice/zeros-and-case-that-were-lost", test_choice_mangled);
    g_test_add_func("/choice/is-carried-as-it-is-read", test_choice_carried);
    g_test_add_func("/choice/may-be-none", test_choice_lenient);
    g_test_add_func("/condition/numbers-are-compared-as-numbers", test_number);
    g_test_add_func("/condition/contains", test_contains);
    g_test_add_func("/condition/width-does-not-matter", test_plain_width);
    g_test_add_func("/condition/same-in-every-notation", test_same);
    g_test_add_func("/condition/filled-is-what-can-be-a-number", test_filled);
    g_test_add_func("/flag/a-label-is-no-word-of-it", test_label);
    g_test_add_func("/flag/mistakes-are-said", test_errors);
    g_test_add_func("/cancel/that-names-nothing-is-marked", test_reversal_unnamed);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
