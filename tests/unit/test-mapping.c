/* Mappings at work: one test for each thing that the grammar can say (docs/mapping.md). */
#include "tests/lib/mapping-test.h"

#define EVENT(content) "<event type=\"person.moved-in.v1\" for-each=\"/ROWS/ROW\">" content "</event>"
#define ONE(content) MAPPING(EVENT(content))
#define ROW(content) "<ROWS><ROW>" content "</ROW></ROWS>"

static void test_elements(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE("<element to='person.name' from='XM'/>"
                                                       "<element to='person.sex' from='XB'/>"
                                                       "<element to='move.date' from='INFO/@date'/>"));
    mapping_test_run(test, ROW("<XM> 测试甲 </XM><XB>1</XB><INFO date='20090312'/>"));
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    assert_events(test, 1);
    assert_has(test, 0, "\"type\":\"person.moved-in.v1\"");
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 0, "\"sex\":\"1\"");
    assert_has(test, 0, "\"date\":\"2009-03-12\"");
    assert_has(test, 0, "\"direction\":\"return\"");
    assert_has(test, 0, "\"action\":\"assert\"");
    assert_has(test, 0, "\"dataclassification\":\"1\"");
    assert_lacks(test, 0, "unmapped");
}

static void test_null(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING("<null value='8888'/><null value='9' in='XB'/>" EVENT(
            "<element to='person.name' from='XM' or='ALT'/>"
            "<element to='person.sex' from='XB'/>"
            "<element to='person.employer' from='GZ' null='none'/>")));
    mapping_test_run(test, ROW("<XM>null</XM><ALT>测试乙</ALT><XB>9</XB><GZ>无</GZ>"));
    assert_has(test, 0, "\"name\":\"测试乙\"");
    assert_lacks(test, 0, "sex");
    assert_has(test, 0, "\"employer\":\"无\"");
    mapping_test_run(test, ROW("<XM>8888</XM><ALT>-</ALT><XB>1</XB>"));
    assert_lacks(test, 0, "name\"");
    assert_has(test, 0, "\"sex\":\"1\"");
}

/* The matcher answers most questions for null itself: it must agree with ht_value_is_null() on every spelling. */
static void test_null_spellings(void)
{
    static const char *const nulls[] = {"null",
                                        "NULL",
                                        "Null",
                                        "(null)",
                                        "&lt;null&gt;",
                                        "none",
                                        "N/A",
                                        "n/a",
                                        "NaN",
                                        "undefined",
                                        "&amp;nbsp;",
                                        "-",
                                        "--",
                                        "—",
                                        "——",
                                        "/",
                                        "*",
                                        ".",
                                        "。",
                                        "_",
                                        "－",
                                        "无",
                                        "暂无",
                                        "空",
                                        "未填",
                                        "未填写",
                                        "\u3000无\u3000"};
    static const char *const values[] = {"0",         "No",  "Un", "无锡", "空军医院",
                                         "未来路1号", "A-1", "一", "暂住", "（无）"};
    g_autoptr(MappingTest) test = mapping_test_new(ONE("<element to='person.employer' from='GZ'/>"));
    for (unsigned i = 0; i < G_N_ELEMENTS(nulls); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<GZ>%s</GZ>"), nulls[i]);
        mapping_test_run(test, xml);
        assert_lacks(test, 0, "employer");
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *xml = g_strdup_printf(ROW("<GZ>%s</GZ>"), values[i]);
        mapping_test_run(test, xml);
        assert_has(test, 0, "employer");
    }
}

static void test_time(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<time from='QRRQ' or='SLSJ'/><recorded from='SLSJ'/><direction is='report'/>"));
    mapping_test_run(test, ROW("<QRRQ>20090415</QRRQ><SLSJ>20090320094512</SLSJ>"));
    assert_has(test, 0, "\"time\":\"2009-04-15T00:00:00+08:00\"");
    assert_has(test, 0, "\"timeprecision\":\"day\"");
    assert_has(test, 0, "\"acceptedAt\":\"2009-03-20T09:45:12+08:00\"");
    assert_has(test, 0, "zone-assumed");
    assert_has(test, 0, "\"direction\":\"report\"");
    mapping_test_run(test, ROW("<QRRQ>1900-01-01</QRRQ><SLSJ>200903</SLSJ>"));
    assert_has(test, 0, "\"time\":\"2009-03-01T00:00:00+08:00\"");
    assert_has(test, 0, "\"timeprecision\":\"month\"");
    mapping_test_run(test, ROW("<QRRQ>20091399</QRRQ>"));
    assert_lacks(test, 0, "\"time\":");
    assert_has(test, 0, "date-invalid");
    assert_has(test, 0, "20091399");
}

static void test_division(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<division from='JCWH' or='XZJD SSXQ'/><from-division from='QCD'/>"));
    mapping_test_run(test, ROW("<JCWH>440104001003</JCWH><SSXQ>440104</SSXQ><QCD>440404</QCD>"));
    assert_has(test, 0, "\"division\":\"440104001003\"");
    assert_has(test, 0, "\"fromdivision\":\"440404\"");
    assert_has(test, 0, "\"divisionedition\":");
    mapping_test_run(test, ROW("<JCWH>12345</JCWH><SSXQ>440104</SSXQ>"));
    assert_has(test, 0, "\"division\":\"440104\"");
    assert_has(test, 0, "division-unknown");
    assert_has(test, 0, "12345");
    mapping_test_run(test, ROW(""));
    assert_has(test, 0, "\"division\":\"440104\"");
    assert_has(test, 0, "division-assumed");
}

static void test_identities(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        ONE("<identity kind='idNumber' from='GMSFHM'/>"
            "<identity kind='person' from='RYNBID' when=\"RYNBID!='0'\" fresh-when=\"BGGZLB='11'\"/>"
            "<element to='person.idNumber' from='GMSFHM'/><ignore from='BGGZLB'/>"));
    mapping_test_run(test, ROW("<GMSFHM>990104500817995</GMSFHM><RYNBID>77</RYNBID><BGGZLB>11</BGGZLB>"));
    HtEvent event = mapping_test_event(test, 0);
    g_assert_cmpuint(event.identity_count, ==, 2);
    g_assert_true(ht_text_is(event.identities[0].value, "990104195008179950"));
    g_assert_false(event.identities[0].fresh);
    g_assert_true(ht_text_is(event.identities[1].kind, "person"));
    g_assert_true(event.identities[1].fresh);
    assert_has(test, 0, "\"idNumber\":\"990104195008179950\"");
    assert_has(test, 0, "id-15-upgraded");
    assert_has(test, 0, "990104500817995");
    mapping_test_run(test, ROW("<GMSFHM>12345</GMSFHM><RYNBID>0</RYNBID>"));
    g_assert_cmpuint(mapping_test_event(test, 0).identity_count, ==, 0);
    assert_has(test, 0, "id-check-failed");
}

static void test_codes(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<element to='person.sex' from='XB' as='code-text' translate='sex.words'/>"));
    mapping_test_run(test, ROW("<XB>1/男性</XB>"));
    assert_has(test, 0, "\"sex\":\"1\"");
    mapping_test_run(test, ROW("<XB>女性</XB>"));
    assert_has(test, 0, "\"sex\":\"2\"");
    assert_has(test, 0, "code-from-text");
    mapping_test_run(test, ROW("<XB>7</XB>"));
    assert_has(test, 0, "\"sex\":{\"code\":\"7\"");
    assert_has(test, 0, "\"system\":\"sex.words\"");
    assert_has(test, 0, "code-unmapped");
}

static void test_cases(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<element to='move.direction'><case when=\"starts-with(LB,'03')\" value='in'/>"
                             "<case when=\"LB in ('0481','0490')\" value='out'/></element>"
                             "<element to='move.oneStop' value='1' when=\"not(LB='0490') and (LB or XX)\"/>"
                             "<element to='registration.remark' value='1' when='written(XX)'/>"
                             "<element to='move.category' from='LB'/>"));
    mapping_test_run(test, ROW("<LB>0333</LB>"));
    assert_has(test, 0, "\"direction\":\"in\"");
    assert_has(test, 0, "\"oneStop\":\"1\"");
    mapping_test_run(test, ROW("<LB>0490</LB>"));
    assert_has(test, 0, "\"direction\":\"out\"");
    assert_lacks(test, 0, "oneStop");
    assert_lacks(test, 0, "remark");
    mapping_test_run(test, ROW("<LB>0490</LB><XX>无</XX>"));
    assert_has(test, 0, "\"remark\":\"1\"");
    assert_lacks(test, 0, "oneStop"); /* a word for none is no value */
    mapping_test_run(test, ROW("<LB>0999</LB><XX>NULL</XX>"));
    assert_lacks(test, 0, "remark");
    mapping_test_run(test, ROW("<LB>0999</LB>"));
    assert_lacks(test, 0, "\"direction\":\"in\"");
    assert_lacks(test, 0, "\"direction\":\"out\"");
}

static void test_alternatives(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE("<element to='person.name' from='A' when='A'/>"
                                                       "<element to='person.sex' from='XB'/>"
                                                       "<element to='person.name' from='B' when='B'/>"));
    mapping_test_run(test, ROW("<A>测试甲</A><B>测试乙</B>"));
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 0, "\"unmapped\":[{\"name\":\"B\",\"value\":\"测试乙\"}]");
    mapping_test_run(test, ROW("<B>测试乙</B>"));
    assert_has(test, 0, "\"name\":\"测试乙\"");
}

static void test_reported(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<element to='person.maritalStatus' from='HYZK'/>"
                             "<element to='person.name' from='XM'/>"
                             "<element to='person.sex' from='XB' reported='yes'/>"));
    mapping_test_run(test, ROW("<XM>测试甲</XM><HYZK>20</HYZK><XB>1</XB>"));
    assert_has(test, 0, "\"data\":{\"person\":{\"name\":\"测试甲\"},\"reported\":{\"person\":{");
    assert_has(test, 0, "\"maritalStatus\":\"20\"");
    assert_has(test, 0, "\"dataclassification\":\"2\"");
}

static void test_each(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.moved-in.v1' for-each='/ROWS/ROW'><each path='JHR' group='guardian'><element to='guardian.name' from='XM'/>"
        "<element to='guardian.relation' from='@gx' when='XM'/></each>"
        "<each group='guardian'><element to='guardian.name' from='JHRYXM'/></each></event>"
        "<event type='person.corrected.v1' for-each='/C'><each path='TEL' group='correction'>"
        "<element to='correction.after' from='.'/></each></event>"));
    mapping_test_run(
        test,
        ROW("<JHR gx='51'><XM>测试甲</XM><BZ>x</BZ></JHR><JHR gx='52'/><JHR gx='52'><XM>测试乙</XM></JHR>"
            "<JHRYXM>测试丙</JHRYXM>"));
    assert_has(
        test, 0,
        "\"guardian\":[{\"name\":\"测试甲\",\"relation\":\"51\"},{\"name\":\"测试乙\",\"relation\":\"52\"},"
        "{\"name\":\"测试丙\"}]");
    assert_has(test, 0, "JHR/BZ");
    mapping_test_run(test, "<C><TEL>1</TEL><TEL>null</TEL><TEL>2</TEL></C>");
    assert_has(test, 0, "\"correction\":[{\"after\":\"1\"},{\"after\":\"2\"}]");
    mapping_test_run(test, ROW("<XM>测试甲</XM>"));
    assert_lacks(test, 0, "guardian");
}

static void test_reference(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.registered.v1' for-each='/r'><reference to='photo' from='xp'/></event>"));
    mapping_test_run(test, "<r><xp>aHV0\nb25n</xp></r>"); /* "hutong" */
    assert_has(test, 0, "\"digest\":\"0cd061c02b8c2d7b5c14af81d9ade1da9b774935a3bf4cd2c796cae195af7b92\"");
    assert_has(test, 0, "\"size\":6");
    assert_has(test, 0, "\"mediaType\":\"application/octet-stream\"");
    assert_lacks(test, 0, "aHV0");
    assert_has(test, 0, "\"dataclassification\":\"3\"");
}

static void test_unmapped(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING("<ignore from='/ROWS/INFO/SECRET'/>" EVENT(
        "<element to='person.name' from='XM'/><ignore from='ID SUB'/>")));
    mapping_test_run(
        test, "<ROWS><INFO><SBM>平台</SBM><SECRET>s</SECRET></INFO><ROW no='1'><ID>5</ID><SUB><X>6</X></SUB>"
              "<XM>测试甲</XM><XM>测试乙</XM><A><B c='d'>e</B></A><N>null</N></ROW><END>z</END></ROWS>");
    assert_events(test, 1);
    assert_has(test, 0, "\"name\":\"测试甲\"");
    const char *const parts[] = {"@no",  "XM",        "测试乙", "A/B", "A/B/@c", "/ROWS/INFO/SBM",
                                 "平台", "/ROWS/END", "\"z\""};
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        assert_has(test, 0, parts[i]);
    }
    assert_lacks(test, 0, "SECRET");
    assert_lacks(test, 0, "SUB");
    assert_lacks(test, 0, "\"N\"");
    assert_lacks(test, 0, "\"ID\"");
}

static void test_unmapped_bounds(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE("<element to='person.name' from='XM'/>"));
    g_autoptr(GString) xml = g_string_new("<ROWS><ROW><XM>测试甲</XM>");
    for (unsigned i = 0; i < 300; i++) {
        g_string_append_printf(xml, "<F%u>v</F%u>", i, i);
    }
    g_string_append(xml, "</ROW></ROWS>");
    mapping_test_run(test, xml->str);
    assert_has(test, 0, "F127");
    assert_lacks(test, 0, "F128");
    assert_has(test, 0, "value-truncated");
}

/* What another event of the same record names is carried there; what none of those made names is unmapped. */
static void test_several_events(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='marriage.certificate-reissued.v1' for-each='/R/M' when=\"T='IA'\"><correlation from='NO'/>"
        "<element to='person.name' from='MAN'/><ignore from='T NO'/></event>"
        "<event type='marriage.certificate-reissued.v1' for-each='/R/M' when=\"T='IA'\"><correlation from='NO'/>"
        "<element to='person.name' from='WOMAN'/><ignore from='T NO'/></event>"
        "<event type='marriage.divorced.v1' for-each='/R/M' when=\"T='IB'\"><element to='person.name' from='MAN'/>"
        "<element to='marriage.certificateNumber' from='NO'/></event>"));
    mapping_test_run(test, "<R><M><T>IA</T><NO>J1</NO><MAN>测试甲</MAN><WOMAN>测试乙</WOMAN></M></R>");
    assert_events(test, 2);
    g_assert_cmpuint(test->outcome.records, ==, 1);
    assert_has(test, 0, "测试甲");
    assert_has(test, 1, "测试乙");
    assert_lacks(test, 0, "unmapped");
    assert_lacks(test, 0, "J1");
    HtText first = mapping_test_event(test, 0).attr[HT_ATTR_CORRELATIONID];
    g_assert_cmpuint(first.size, ==, 32);
    g_assert_true(ht_text_equal(first, mapping_test_event(test, 1).attr[HT_ATTR_CORRELATIONID]));
    mapping_test_run(test, "<R><M><T>IB</T><NO>J1</NO><MAN>测试甲</MAN><WOMAN>测试乙</WOMAN></M></R>");
    assert_events(test, 1);
    assert_has(test, 0, "WOMAN");
    assert_has(test, 0, "测试乙");
    mapping_test_run(test, "<R><M><T>IC</T></M></R>");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "no-event-for-record");
}

static void test_skip(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING("<skip for-each='/ROWS/ROW' when='LEER'/>" EVENT(
        "<skip when=\"XM='姓名'\"/><element to='person.name' from='XM' "
        "required='yes'/>")));
    mapping_test_run(
        test, "<ROWS><ROW><XM>姓名</XM></ROW><ROW><LEER>1</LEER></ROW><ROW><XM>测试甲</XM></ROW></ROWS>");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    g_assert_cmpuint(test->outcome.records, ==, 1);
    assert_events(test, 1);
}

static void test_required(void)
{
    const char *mapping =
        ONE("<time from='T' required='yes'/><element to='person.name' from='XM' required='yes'/>"
            "<element to='person.birthDate' from='CSRQ' required='yes'/>");
    const char *xml = "<ROWS>\n<ROW><XM>测试甲</XM><CSRQ>19800101</CSRQ><T>20090101</T></ROW>\n"
                      "<ROW><XM/><CSRQ>19801301</CSRQ></ROW></ROWS>";
    g_autoptr(MappingTest) test = mapping_test_new(mapping);
    mapping_test_run(test, xml);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
    assert_events(test, 0);
    g_assert_cmpuint(test->outcome.records, ==, 2);
    g_assert_cmpuint(test->outcome.rejected, ==, 1);
    g_assert_cmpuint(test->outcome.fault_count, ==, 3);
    assert_fault(test, 0, "required-missing");
    g_assert_cmpstr(test->outcome.faults[0].element, ==, "time (T)");
    assert_fault(test, 1, "required-missing");
    g_assert_cmpstr(test->outcome.faults[1].element, ==, "person.name (XM)");
    assert_fault(test, 2, "value-invalid");
    g_assert_cmpstr(test->outcome.faults[2].element, ==, "person.birthDate (CSRQ)");
    g_assert_cmpuint(test->outcome.faults[2].record, ==, 2);
    g_assert_cmpuint(test->outcome.faults[2].line, ==, 3);

    HtMapperOptions options = {ht_limits_default(), NULL, true, false, false};
    g_autoptr(MappingTest) quarantine = mapping_test_new_with(mapping, &options);
    mapping_test_run(quarantine, xml);
    g_assert_cmpint(quarantine->outcome.verdict, ==, HT_VERDICT_OK);
    assert_events(quarantine, 1);
    g_assert_cmpuint(quarantine->outcome.rejected, ==, 1);
}

static void test_values(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE(
        "<element to='person.name' from='XM'/><element to='registration.affected' from='N'/>"
        "<element to='person.birthDate' from='CSRQ'/><element to='person.birthPlace' from='CSD'/>"
        "<element to='person.birthTime' from='CSSJ'/><element to='registration.validFrom' from='E' as='epoch'/>"));
    mapping_test_run(
        test,
        ROW("<XM>买买提江•测试</XM><N>+1,000</N><CSRQ>1980年1月</CSRQ><CSD>440104</CSD><CSSJ>0830</CSSJ>"
            "<E>1237509912</E>"));
    assert_has(test, 0, "\"name\":\"买买提江·测试\"");
    assert_has(test, 0, "name-dot-normalised");
    assert_has(test, 0, "买买提江•测试");
    assert_has(test, 0, "\"affected\":1000");
    assert_has(test, 0, "\"birthDate\":\"1980-01\"");
    assert_has(test, 0, "\"birthPlace\":\"440104\"");
    assert_has(test, 0, "\"birthTime\":\"08:30:00\"");
    assert_has(test, 0, "\"validFrom\":\"2009-03-20T08:45:12+08:00\"");
    mapping_test_run(test, ROW("<N>many</N><CSRQ>then</CSRQ>"));
    assert_has(test, 0, "number-invalid");
    assert_has(test, 0, "date-invalid");
    assert_has(test, 0, "many");
    assert_lacks(test, 0, "affected\":");
    g_autofree char *name = g_strnfill(60, 'a');
    g_autofree char *xml = g_strdup_printf(ROW("<XM>%s</XM>"), name);
    mapping_test_run(test, xml);
    assert_has(test, 0, name);
    assert_has(test, 0, "value-too-long");
}

static void test_minor(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE("<element to='person.birthDate' from='CSRQ'/>"));
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GDateTime) child = g_date_time_add_years(now, -13);
    g_autoptr(GDateTime) grown = g_date_time_add_years(now, -15);
    g_autofree char *child_date = g_date_time_format(child, ROW("<CSRQ>%Y%m%d</CSRQ>"));
    g_autofree char *grown_date = g_date_time_format(grown, ROW("<CSRQ>%Y%m%d</CSRQ>"));
    mapping_test_run(test, child_date);
    g_assert_true(ht_text_is(mapping_test_event(test, 0).attr[HT_ATTR_MINOR], "1"));
    assert_has(test, 0, "\"dataclassification\":\"3\"");
    mapping_test_run(test, grown_date);
    g_assert_null(mapping_test_event(test, 0).attr[HT_ATTR_MINOR].data);
    assert_has(test, 0, "\"dataclassification\":\"1\"");
}

static void test_absolute(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<ignore from='/root/head/code'/><event type='person.moved-in.v1' for-each='/root/body'><id from='/root/head/no'/>"
        "<element to='person.name' from='xm'/></event>"));
    mapping_test_run(test, "<root><head><no>12</no><code>00</code></head><body><xm>测试甲</xm></body>"
                           "<body><xm>测试乙</xm></body></root>");
    assert_events(test, 2);
    assert_has(test, 0, "\"businessid\":\"12\"");
    assert_has(test, 1, "\"businessid\":\"12\"");
    assert_lacks(test, 1, "unmapped");
    mapping_test_run(test, "<root><body><xm>测试甲</xm></body></root>");
    assert_lacks(test, 0, "businessid");
}

static void test_absolute_begins_anew(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING("<event type='person.moved-in.v1' for-each='/r/g/p'><id from='/r/g/h/no'/>"
                                 "<element to='person.name' from='xm'/></event>"));
    mapping_test_run(
        test, "<r><g><h><no>1</no></h><p><xm>测试甲</xm></p></g><g><h/><p><xm>测试乙</xm></p></g></r>");
    assert_has(test, 0, "\"businessid\":\"1\"");
    assert_lacks(test, 1, "businessid");
}

static void test_for_each_several(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.moved-in.v1' for-each='/ROWS/ROW /post/in/ROW'><element to='person.name' from='XM'/></event>"));
    mapping_test_run(test, "<post><in><ROW><XM>测试甲</XM></ROW></in></post>");
    assert_has(test, 0, "\"name\":\"测试甲\"");
    mapping_test_run(test, ROW("<XM>测试乙</XM>"));
    assert_has(test, 0, "\"name\":\"测试乙\"");
}

static void test_xpath(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.moved-in.v1' for-each='/V/Row' xpath-when='count(Data) > 1'><skip xpath-when=\"Data[1]='XM'\"/>"
        "<element to='person.name' xpath='Data[1]'/><element to='person.sex' xpath='Data[2]/@v'/>"
        "<element to='person.employer' xpath='Data[9]'/><ignore from='Data'/></event>"));
    mapping_test_run(
        test,
        "<V><Row><Data>XM</Data><Data v='XB'/></Row><Row><Data>测试<!-- -->甲</Data><Data v='2'/></Row></V>");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    assert_events(test, 1);
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 0, "\"sex\":\"2\"");
    assert_lacks(test, 0, "employer");
}

/* What one XPath gives stands where the next one's text will be. */
static void test_xpath_one_after_the_other(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.moved-in.v1' for-each='/V/Row'><element to='person.idNumber' xpath='Data[1]'/>"
        "<element to='spouse.idNumber' xpath='Data[2]'/><element to='person.birthDate' xpath='Data[3]'/>"
        "<element to='spouse.birthDate' xpath='Data[4]'/><ignore from='Data'/></event>"));
    mapping_test_run(test, "<V><Row><Data>990104198001019915</Data><Data>990104198205069922</Data>"
                           "<Data>1980-01-01</Data><Data>1982-05-06</Data></Row></V>");
    assert_has(test, 0, "\"idNumber\":\"990104198001019915\"");
    assert_has(test, 0, "\"idNumber\":\"990104198205069922\"");
    assert_has(test, 0, "\"birthDate\":\"1980-01-01\"");
    assert_has(test, 0, "\"birthDate\":\"1982-05-06\"");
}

static void run_with_comments(MappingTest *test, const char *payload, bool repaired)
{
    mapping_test_run(test, payload);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    assert_events(test, 1);
    g_assert_true(test->outcome.repaired == repaired);
    if (repaired) {
        assert_has(test, 0, "repaired-xml");
    } else {
        assert_lacks(test, 0, "repaired-xml");
    }
}

/* A text that looks broken at a glance is read as repaired first; one that was not broken is as it ever was. */
static void test_repaired_first(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new("<mapping xmlns='urn:hutong:mapping:1' source='t' authority='police' version='1'>"
                         "<repair use='comments'/><event type='person.moved-in.v1' for-each='/V/Row'>"
                         "<element to='person.name' from='XM'/></event></mapping>");
    run_with_comments(test, "<V><Row><XM>测试甲</XM><!—姓名--></Row></V>", true);
    run_with_comments(
        test, "<string>&lt;V>&lt;Row>&lt;XM>测试甲&lt;/XM>&lt;!—姓名-->&lt;/Row>&lt;/V></string>", true);
    run_with_comments(test, "<V><Row><XM>甲 &lt;!—姓名--></XM></Row></V>", false);
    assert_has(test, 0, "甲 <!—姓名-->");
    run_with_comments(test, "<V><Row><XM><![CDATA[甲 <!—姓名-->]]></XM></Row></V>", false);
    assert_has(test, 0, "甲 <!—姓名-->");
    mapping_test_run(test, "<V><Row><XM>测试甲</XM><!—姓名--></Roww></V>");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "not-well-formed");
}

static void test_case_ignored(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        "<mapping xmlns='urn:hutong:mapping:1' source='t' authority='police' version='1' case='ignore'>"
        "<event type='person.moved-in.v1' for-each='/ROWS/ROW'><element to='person.name' from='XM'/>"
        "<element to='person.sex' from='@XB'/><element to='person.formerName' from='cYM'/></event>"
        "<event type='person.moved-out.v1' for-each='/Rows/Row' when='CYM'><element to='person.name' from='Xm'/></event></mapping>");
    mapping_test_run(test, "<rows><Row xb='1'><xm>测试甲</xm><Cym>测试乙</Cym></Row></rows>");
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 0, "\"sex\":\"1\"");
    assert_has(test, 0, "\"formerName\":\"测试乙\"");
    assert_has(test, 1, "\"name\":\"测试甲\""); /* paths of the same name in another case are the same path */
    assert_lacks(test, 1, "unmapped\":[{\"name\":\"xm\"");
    assert_lacks(test, 0, "unmapped");
}

static void test_answers(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<answer for='/RESPONSE' fail-when=\"@errorcode!='0'\" code='@errorcode' table='nciic.error'/>"
        "<answer for='/root/head' code='code' ok='0 00 OK'/>"
        "<answer for='/M' fail-when='ERROR' retry-when=\"BUSY='1'\"/>"
        "<event type='identity.verified.v1' for-each='/RESPONSE/ROW'><element to='person.name' from='XM'/></event>"));
    g_assert_cmpint(mapping_test_run(test, "<RESPONSE errorcode='-90'><ROW><XM>测试甲</XM></ROW></RESPONSE>"),
                    ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "department-error");
    g_assert_nonnull(strstr(test->outcome.faults[0].text, "-90"));
    g_assert_cmpint(mapping_test_run(test, "<RESPONSE errorcode='-10'/>"), ==, HT_VERDICT_RETRY);
    g_assert_cmpint(mapping_test_run(test, "<RESPONSE errorcode='0'><ROW><XM>测试甲</XM></ROW></RESPONSE>"),
                    ==, HT_VERDICT_OK);
    assert_events(test, 1);
    g_assert_cmpint(mapping_test_run(test, "<root><head><code>ok</code></head></root>"), ==, HT_VERDICT_OK);
    assert_events(test, 0);
    g_assert_cmpint(mapping_test_run(test, "<root><head><code>07</code></head></root>"), ==,
                    HT_VERDICT_REJECT);
    g_assert_cmpint(mapping_test_run(test, "<M><ERROR>没有</ERROR></M>"), ==, HT_VERDICT_REJECT);
    g_assert_null(strstr(test->outcome.faults[0].text, "没有"));
    g_assert_cmpint(mapping_test_run(test, "<M><BUSY>1</BUSY></M>"), ==, HT_VERDICT_RETRY);
    g_assert_cmpint(mapping_test_run(test, "<M/>"), ==, HT_VERDICT_OK);
}

static void test_unknown_document(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ONE("<element to='person.name' from='XM'/>"));
    g_assert_cmpint(mapping_test_run(test, "<OTHER/>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "unknown-document");
    g_assert_cmpint(mapping_test_run(test, "<ROWS/>"), ==, HT_VERDICT_OK);
    assert_events(test, 0);
    g_assert_cmpint(mapping_test_run(test, "<ROWS><LINE><XM>x</XM></LINE></ROWS>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "unknown-document");
    g_assert_cmpint(mapping_test_run(test, "<ROWS><ROW>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "not-well-formed");
}

static void test_too_many_records(void)
{
    HtMapperOptions options = {ht_limits_default(), NULL, false, false, false};
    options.limits.records = 2;
    g_autoptr(MappingTest) test =
        mapping_test_new_with(ONE("<element to='person.name' from='XM'/>"), &options);
    g_assert_cmpint(mapping_test_run(test, "<ROWS><ROW/><ROW/></ROWS>"), ==, HT_VERDICT_OK);
    g_assert_cmpint(mapping_test_run(test, "<ROWS><ROW/><ROW/><ROW/></ROWS>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "too-many-records");
}

static void test_mixed_text(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<element to='person.name' from='.'/><element to='person.sex' from='XB'/>"));
    mapping_test_run(test, "<ROWS>vor<ROW>测<XB>1</XB>试<Y>u</Y>甲</ROW>nach</ROWS>");
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 0, "\"sex\":\"1\"");
    assert_has(test, 0, "vornach");
}

static void test_repair(void)
{
    const char *xml = "<M><R><N>测试甲</N><!—姓名--></R></M>";
#define REPAIRED \
    "<event type='person.moved-in.v1' for-each='/M/R'><element to='person.name' from='N'/></event>"
    g_autoptr(MappingTest) strict = mapping_test_new(MAPPING(REPAIRED));
    g_assert_cmpint(mapping_test_run(strict, xml), ==, HT_VERDICT_REJECT);
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING("<repair use='comments'/>" REPAIRED));
    g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_OK);
    assert_events(test, 1);
    g_assert_true(test->outcome.repaired);
    assert_has(test, 0, "repaired-xml");
}

/* ---- Filters ---- */

static void start_upper(void *user, HtMapper *mapper, const char *name, const char *const *attributes)
{
    (void)user;
    if (strcmp(name, "bad") == 0) {
        ht_mapper_emit_end(mapper, name);
    } else if (strcmp(name, "busy") == 0) {
        ht_mapper_emit_fault(mapper, HT_VERDICT_RETRY, "busy", "come again");
    } else if (strcmp(name, "list") == 0) {
        ht_mapper_emit_start(mapper, "ROWS", NULL);
    } else {
        ht_mapper_emit_start(mapper, "ROW", attributes);
        ht_mapper_emit_start(mapper, "XM", NULL);
    }
}

static void text_through(void *user, HtMapper *mapper, const char *text, size_t size)
{
    (void)user;
    g_assert_cmpint(text[size], ==, '\0');
    ht_mapper_emit_text(mapper, text, size);
}

static void end_upper(void *user, HtMapper *mapper, const char *name)
{
    (void)user;
    if (strcmp(name, "list") != 0) {
        ht_mapper_emit_end(mapper, "XM");
    }
    ht_mapper_emit_end(mapper, "ROW");
}

static void test_filter(void)
{
    static const HtFilter filter = {start_upper, text_through, end_upper};
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<element to='person.name' from='XM'/><element to='person.sex' from='@XB'/>"));
    ht_mapper_add_filter(test->mapper, "list", &filter, NULL);
    g_assert_cmpint(mapping_test_run(test, "<list><p XB='1' other='3'>测试甲</p><p>测试乙</p></list>"), ==,
                    HT_VERDICT_OK);
    assert_events(test, 2);
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 0, "\"sex\":\"1\"");
    assert_has(test, 0, "@other");
    g_assert_cmpint(mapping_test_run(test, "<list><busy/></list>"), ==, HT_VERDICT_RETRY);
    assert_fault(test, 0, "busy");
    mapping_test_run(test, ROW("<XM>测试丙</XM>"));
    assert_has(test, 0, "\"name\":\"测试丙\"");
    ht_mapper_add_filter(test->mapper, "bad", &filter, NULL);
    g_assert_cmpint(mapping_test_run(test, "<bad/>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "filter-unbalanced");
}

/* One mapper, many payloads: nothing of one shows up in another. */
static void test_reuse(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(ONE("<element to='person.name' from='XM'/><element to='person.sex' from='XB'/>"));
    for (unsigned i = 0; i < 100; i++) {
        mapping_test_run(test, ROW("<XM>测试甲</XM>"));
        assert_lacks(test, 0, "sex");
        mapping_test_run(test, ROW("<XB>1</XB><Z>q</Z>"));
        assert_lacks(test, 0, "测试甲");
        mapping_test_run(test, "<ROWS><ROW><XM>");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"elements/path-attribute-and-defaults", test_elements},
        {"null/built-in-own-and-kept", test_null},
        {"null/every-spelling", test_null_spellings},
        {"time/precision-fallback-and-invalid", test_time},
        {"division/first-code-or-assumed", test_division},
        {"identity/upgraded-fresh-and-unusable", test_identities},
        {"codes/joined-words-and-unknown", test_codes},
        {"cases/first-that-holds", test_cases},
        {"elements/alternatives-first-with-value", test_alternatives},
        {"reported/others-elements-go-there", test_reported},
        {"each/instances-from-paths-and-columns", test_each},
        {"reference/digest-size-type-no-content", test_reference},
        {"unmapped/everything-not-named", test_unmapped},
        {"unmapped/bounded-and-marked", test_unmapped_bounds},
        {"events/several-from-one-record", test_several_events},
        {"skip/label-rows-are-not-counted", test_skip},
        {"required/faults-with-record-element-line", test_required},
        {"values/converted-marked-original-kept", test_values},
        {"classification/minors-are-3", test_minor},
        {"absolute/values-around-records", test_absolute},
        {"absolute/forgotten-when-their-parent-begins-anew", test_absolute_begins_anew},
        {"for-each/several-paths", test_for_each_several},
        {"xpath/value-when-and-skip", test_xpath},
        {"xpath/one-after-the-other", test_xpath_one_after_the_other},
        {"repair/what-looks-broken-is-read-repaired-first", test_repaired_first},
        {"case/ignored-when-asked", test_case_ignored},
        {"answers/ok-fail-retry", test_answers},
        {"unknown-document/refused-but-empty-is-fine", test_unknown_document},
        {"limits/too-many-records", test_too_many_records},
        {"text/mixed-content-is-put-together", test_mixed_text},
        {"repair/only-what-the-mapping-allows", test_repair},
        {"filter/another-document-for-the-matcher", test_filter},
        {"reuse/nothing-stays-from-the-last-payload", test_reuse},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/mapping/", tests[i].name, NULL);
        g_test_add_func(path, tests[i].run);
    }
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
