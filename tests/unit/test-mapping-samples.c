/* Departments' own messages (constructed from their published forms) with small mappings: what the platform would get. */
#include "tests/lib/mapping-test.h"

/* ---- Police: household register ---- */

#define HUKOU                                                                                                             \
    "<event type='person.born.v1' for-each='/ROWS/ROW' when='CSDJID'><id from='HJYWID CSDJID'/>"                          \
    "<identity kind='idNumber' from='GMSFHM'/><time from='CSRQ'/><division from='JCWH'/>"                                 \
    "<element to='person.name' from='XM' required='yes'/><element to='person.birthDate' from='CSRQ'/>"                    \
    "<element to='birth.certificateNumber' from='CSZMBH'/>"                                                               \
    "<each group='guardian'><element to='guardian.name' from='JHRYXM'/>"                                                  \
    "<element to='guardian.relation' from='JHRYJHGX'/></each>"                                                            \
    "<each group='guardian'><element to='guardian.name' from='JHREXM'/></each></event>"                                   \
    "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when='QRDJID'><id from='HJYWID QRDJID'/>"                      \
    "<action default='assert' cancel-when=\"CXBZ='1'\" reverses='CXHJYWID'/><time from='QRRQ'/><recorded from='SLSJ'/>"   \
    "<identity kind='idNumber' from='GMSFHM'/><identity kind='person' from='RYNBID'/>"                                    \
    "<division from='JCWH' or='XZJD SSXQ'/><from-division from='QCDSSXQ'/>"                                               \
    "<element to='person.name' from='XM'/><element to='person.maritalStatus' from='HYZK'/>"                               \
    "<element to='move.reason' from='QRLB'/><element to='household.type' from='HB' translate='household-type.GA-324.1'/>" \
    "<ignore from='@no CXBZ CXSJ CXHJYWID'/></event>"

#define MOVE_IN(id, flag, reverses)                                                                                   \
    "<ROW no=\"1\"><QRDJID>900000401</QRDJID><RYNBID>900000202</RYNBID><QRLB>0333</QRLB><QRRQ>20090415</QRRQ>"        \
    "<QCDSSXQ>440404</QCDSSXQ><HJYWID>" id "</HJYWID><CXBZ>" flag "</CXBZ><CXSJ/><CXHJYWID>" reverses                 \
    "</CXHJYWID>"                                                                                                     \
    "<SLSJ>20090320094512</SLSJ><XZJD>440104001</XZJD><JCWH>440104001003</JCWH><SSXQ>440104</SSXQ><XM>测试乙</XM>" \
    "<GMSFHM>990104198205069922</GMSFHM><HYZK>20</HYZK><HB>1</HB></ROW>"

static void run_as_gbk(MappingTest *test, const char *content)
{
    gsize size;
    g_autofree char *text = g_strconcat("<?xml version=\"1.0\" encoding=\"GBK\"?>\n", content, NULL);
    g_autofree char *bytes = g_convert(text, -1, "GBK", "UTF-8", NULL, &size, NULL);
    mapping_test_run_bytes(test, (HtText){bytes, size});
}

static void test_hukou(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(HUKOU));
    run_as_gbk(test, "<ROWS>" MOVE_IN("900000001", "0", "") "</ROWS>");
    assert_events(test, 1);
    assert_has(test, 0, "\"name\":\"测试乙\"");
    assert_has(test, 0, "\"time\":\"2009-04-15T00:00:00+08:00\"");
    assert_has(test, 0, "\"division\":\"440104001003\"");
    assert_has(test, 0, "\"fromdivision\":\"440404\"");
    assert_has(test, 0, "\"reported\":{\"person\":{\"maritalStatus\":\"20\"}}");
    assert_lacks(test, 0, "unmapped\":[{\"name\":\"@no\"");
    g_assert_true(ht_text_is(test->outcome.key, "person.moved-in.v1|assert|900000001|900000401"));
    run_as_gbk(test, "<ROWS>" MOVE_IN("900000002", "1", "900000001") "</ROWS>");
    assert_has(test, 0, "\"action\":\"cancel\"");
    assert_has(test, 0, "\"reverses\":\"900000001\"");
}

static void test_hukou_birth(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(HUKOU));
    run_as_gbk(
        test,
        "<ROWS><ROW><CSDJID>900000101</CSDJID><HJYWID>900000001</HJYWID><CSZMBH>T990000001</CSZMBH>"
        "<JCWH>440104001003</JCWH><XM>测试丙</XM><GMSFHM>990104200903129937</GMSFHM><CSRQ>20090312</CSRQ>"
        "<JHRYXM>测试甲</JHRYXM><JHRYJHGX>51</JHRYJHGX><JHREXM>测试乙</JHREXM><YHZGX>20</YHZGX></ROW></ROWS>");
    assert_has(test, 0, "\"type\":\"person.born.v1\"");
    assert_has(test, 0, "\"guardian\":[{\"name\":\"测试甲\",\"relation\":\"51\"},{\"name\":\"测试乙\"}]");
    assert_has(test, 0, "YHZGX");
}

/* ---- Police: identity check ---- */

static void test_nciic_request(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<ignore from='/nciicCheck/inLicense'/><event type='identity.verification-requested.v1' for-each='/ROWS/ROW'>"
        "<skip when=\"GMSFHM='公民身份号码'\"/><identity kind='idNumber' from='GMSFHM'/><division from='@FSD'/>"
        "<element to='person.idNumber' from='GMSFHM'/><element to='person.name' from='XM'/>"
        "<element to='verification.business' from='@YWLX'/></event>"));
    g_assert_cmpint(mapping_test_run_file(test, "soap/nciic-request.xml"), ==, HT_VERDICT_OK);
    g_assert_cmpuint(test->outcome.records, ==, 3);
    assert_events(test, 3);
    assert_has(test, 0, "\"business\":\"社区入户核查\"");
    assert_has(test, 0, "\"division\":\"440104\"");
    assert_has(test, 0, "/ROWS/INFO/SBM");
    assert_lacks(test, 0, "PLACEHOLDER");
    assert_has(test, 2, "买买提江·测试");
    assert_has(test, 2, "division-assumed");
    g_assert_cmpint(test->outcome.soap, ==, HT_SOAP_11);
    g_assert_true(ht_text_is(test->outcome.operation, "nciicCheck"));
}

static void test_nciic_response(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<operation name='nciicCheck' means='query'/>"
        "<answer for='/RESPONSE' fail-when=\"@errorcode!='0'\" code='@errorcode' table='nciic.error'/>"
        "<event type='identity.verified.v1' for-each='/ROWS/ROW'><direction is='query'/><action is='verify'/>"
        "<identity kind='idNumber' from='INPUT/gmsfhm'/><element to='person.name' from='INPUT/xm'/>"
        "<element to='verification.result'><case when=\"OUTPUT/ITEM/result_xm='一致'\" value='match'/>"
        "<case when=\"OUTPUT/ITEM/result_xm='不一致'\" value='name-mismatch'/>"
        "<case when=\"starts-with(OUTPUT/ITEM/errormesage,'服务结果')\" value='not-found'/>"
        "<case when='OUTPUT/ITEM/errormesage' value='refused'/></element>"
        "<element to='verification.detail' from='OUTPUT/ITEM/errormesage'/>"
        "<ignore from='@no OUTPUT INPUT/gmsfhm'/></event>"));
    g_assert_cmpint(mapping_test_run_file(test, "soap/nciic-response.xml"), ==, HT_VERDICT_OK);
    assert_events(test, 4);
    assert_has(test, 0, "\"result\":\"name-mismatch\"");
    assert_has(test, 0, "\"action\":\"verify\"");
    assert_has(test, 1, "\"result\":\"refused\"");
    assert_has(test, 1, "\"detail\":\"必录项缺失\"");
    assert_has(test, 3, "\"result\":\"not-found\"");
    g_assert_cmpint(mapping_test_run(test, "<RESPONSE errorcode=\"-31\"/>"), ==, HT_VERDICT_REJECT);
}

/* ---- Police: move permits, one event for each person who moves ---- */

static void test_move_permit(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<answer for='/root/head' code='code' ok='0 00 000 0000 OK'/><ignore from='/root/head /root/body/ywlsh'/>"
        "<event type='person.move-permitted.v1' for-each='/root/body/qyr'><id from='/root/body/ywlsh gmsfhm'/>"
        "<identity kind='idNumber' from='gmsfhm'/><time from='/root/body/qfrq'/>"
        "<division from='/root/body/qrd_ssxqdm'/><from-division from='/root/body/qcd_ssxqdm'/>"
        "<element to='person.name' from='xm'/><element to='move.permitNumber' from='/root/body/zqzbh'/>"
        "<element to='move.reason' from='/root/body/qyldyydm'/><ignore from='zqzbh'/></event>"));
    const char *permit =
        "<root><head><ywlsh>99</ywlsh><code>00</code></head><body><ywlsh>990104</ywlsh><zqzbh>测准字1号</zqzbh>"
        "<sqr_lxdh>无</sqr_lxdh><qcd_ssxqdm>440404</qcd_ssxqdm><qrd_ssxqdm>440104</qrd_ssxqdm><qfrq>20090401</qfrq>"
        "<qyldyydm>0433</qyldyydm><slr_xm>经办一</slr_xm><qyr><zqzbh>测准字1号</zqzbh><gmsfhm>990104198205069922</gmsfhm>"
        "<xm>测试乙</xm></qyr><qyr><gmsfhm>990104200903129937</gmsfhm><xm>测试丙</xm></qyr></body></root>";
    g_assert_cmpint(mapping_test_run(test, permit), ==, HT_VERDICT_OK);
    assert_events(test, 2);
    assert_has(test, 1, "\"permitNumber\":\"测准字1号\"");
    assert_has(test, 1, "\"reason\":\"0433\"");
    assert_has(test, 1, "/root/body/slr_xm");
    assert_lacks(test, 1, "sqr_lxdh");
    g_assert_cmpint(mapping_test_run(test, "<root><head><code>00</code><msg>成功</msg></head></root>"), ==,
                    HT_VERDICT_OK);
    assert_events(test, 0);
}

/* ---- Civil affairs: a marriage in a string in SOAP, with comments that are none ---- */

static void test_marriage(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        "<mapping xmlns='urn:hutong:mapping:1' source='marriage' authority='civil-affairs' version='1'>"
        "<operation name='getMarryLastInfoByCert' means='query'/>"
        "<repair use='comments'/><answer for='/MARRY_RETRUNS' fail-when='ERROR'/>"
        "<event type='marriage.registered.v1' for-each='/MARRY_RETRUNS/MARRY_RETRUN' when=\"OP_TYPE='IA'\">"
        "<identity kind='idNumber' from='CARD_MAN'/><time from='OP_DATE'/><correlation from='OP_DATE CARD_MAN CARD_WOMAN'/>"
        "<element to='person.name' from='NAME_MAN'/><element to='person.sex' value='1'/>"
        "<element to='marriage.type' from='OP_TYPE'/><ignore from='CERT_TYPE_MAN CERT_TYPE_WOMAN'/></event>"
        "<event type='marriage.registered.v1' for-each='/MARRY_RETRUNS/MARRY_RETRUN' when=\"OP_TYPE='IA'\">"
        "<identity kind='idNumber' from='CARD_WOMAN'/><time from='OP_DATE'/><correlation from='OP_DATE CARD_MAN CARD_WOMAN'/>"
        "<element to='person.name' from='NAME_WOMAN'/><element to='person.sex' value='2'/></event></mapping>");
    g_assert_cmpint(mapping_test_run_file(test, "soap/marriage-soap.xml"), ==, HT_VERDICT_OK);
    assert_events(test, 2);
    assert_has(test, 0, "\"reported\":{\"person\":{\"name\":\"测试甲\",\"sex\":\"1\"}}");
    assert_has(test, 1, "\"name\":\"测试乙\"");
    assert_has(test, 1, "DEPT_NAME");
    assert_lacks(test, 0, "\"NAME_WOMAN\"");
    g_assert_true(ht_text_equal(mapping_test_event(test, 0).attr[HT_ATTR_CORRELATIONID],
                                mapping_test_event(test, 1).attr[HT_ATTR_CORRELATIONID]));
    g_assert_cmpint(mapping_test_run(test, "<MARRY_RETRUNS><ERROR>没有查询到数据</ERROR></MARRY_RETRUNS>"),
                    ==, HT_VERDICT_REJECT);
}

/* ---- JSON in a SOAP string ---- */

static void test_json(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<operation name='postCSDJRecrod'/><answer for='/json' code='success' ok='true'/>"));
    g_assert_cmpint(mapping_test_run_file(test, "soap/hukou-axis1-json.xml"), ==, HT_VERDICT_OK);
    g_assert_true(ht_text_is(test->outcome.operation, "postCSDJRecrodResponse"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping-samples/hukou-move-in-and-its-reversal", test_hukou);
    g_test_add_func("/mapping-samples/hukou-birth-with-guardians-in-columns", test_hukou_birth);
    g_test_add_func("/mapping-samples/nciic-request-skips-labels-hides-licence", test_nciic_request);
    g_test_add_func("/mapping-samples/nciic-response-words-become-results", test_nciic_response);
    g_test_add_func("/mapping-samples/move-permit-one-event-for-each-mover", test_move_permit);
    g_test_add_func("/mapping-samples/marriage-in-a-string-makes-two-events", test_marriage);
    g_test_add_func("/mapping-samples/json-acknowledgement", test_json);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
