/* The police adapter at work: adapters/hukou.so and mappings/hukou.xml with the real engine. adapters/hukou/fixtures say
 * what each payload must become (fixtures/README.md has the reasons); tests/data/encoding-events say the same of the
 * encoding samples, with a mapping of their own and no adapter. Below is what no single fixture shows. */
#include "tests/lib/adapter-test.h"

/* ---- Answers of departments ---- */

static void test_success_spellings(void)
{
    static const char *const spellings[] = {"1", "0", "2", "00", "000", "0000", "000000", "OK", "AA"};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(spellings); i++) {
        g_autofree char *xml = g_strdup_printf("<root><head><code>%s</code></head></root>", spellings[i]);
        g_autofree char *json = g_strdup_printf("<out>{\"success\":\"%s\"}</out>", spellings[i]);
        const char *const answers[] = {xml, json};
        for (unsigned a = 0; a < G_N_ELEMENTS(answers); a++) {
            g_assert_false(adapter_test_run(test, answers[a]));
            g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
            g_assert_cmpuint(test->outcome.events->len, ==, 0);
        }
    }
    adapter_test_run(test, "<root><head><code>01</code></head></root>");
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "department-error");
    adapter_test_run(test, "<root><head><code>失败</code></head></root>");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
}

static void test_nciic_errors(void)
{
    static const struct {
        const char *code;
        HtVerdict verdict;
    } errors[] = {{"-10", HT_VERDICT_RETRY},
                  {"-20", HT_VERDICT_RETRY},
                  {"-31", HT_VERDICT_REJECT},
                  {"-72", HT_VERDICT_REJECT},
                  {"-99", HT_VERDICT_REJECT}};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(errors); i++) {
        g_autofree char *xml =
            g_strdup_printf("<RESPONSE errorcode='%s'><ROWS><ROW/></ROWS></RESPONSE>", errors[i].code);
        adapter_test_run(test, xml);
        g_assert_cmpint(test->outcome.verdict, ==, errors[i].verdict);
        g_assert_cmpstr(test->outcome.faults[0].code, ==, "department-error");
        g_assert_nonnull(strstr(test->outcome.faults[0].text, errors[i].code));
    }
}

/* ---- RBSP ---- */

#define CONDITION(sql)                                                          \
    "<RBSPMessage><Method><Items><Item><Name>Condition</Name><Value><Data>" sql \
    "</Data></Value></Item></Items></Method></RBSPMessage>"

/* All of them ask for the same person. */
static void test_quoting(void)
{
    static const char *const requests[] = {
        CONDITION("SFZH='990104198001019915'"),       CONDITION("sfzh = \"990104198001019915\""),
        CONDITION("SFZH=990104198001019915"),         CONDITION("SFZH=''990104198001019915''"),
        CONDITION("SFZH=\\'990104198001019915\\'"),   CONDITION("(SFZH=‘990104198001019915’)"),
        CONDITION("T.SFZH=＇990104198001019915＇"),   CONDITION("UPPER(SFZH)='990104198001019915'"),
        CONDITION("SFZH IN ('990104198001019915')"),  CONDITION("1=1 AND SFZH LIKE '990104198001019915'"),
        CONDITION("GMSFHM = ' 990104198001019915 '"),
    };
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(requests); i++) {
        adapter_test_run(test, requests[i]);
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
        g_assert_cmpuint(test->outcome.events->len, ==, 1);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_cmpuint(event.identity_count, ==, 1);
        g_assert_true(ht_text_is(event.identities[0].value, "990104198001019915"));
    }
}

static void test_conditions(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    adapter_test_run(
        test, CONDITION("SFZH IN ('990104198001019915', '990104198205069922') OR SFZH='990104200903129937'"));
    g_assert_cmpuint(test->outcome.events->len, ==, 3);
    adapter_test_run(test, CONDITION("XM='测试 甲' AND SFZH='990104198001019915'"));
    g_assert_cmpuint(test->outcome.events->len, ==, 1);
    adapter_test_run(test, CONDITION("SFZH &gt;= '990104198001019915'"));
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "condition-unreadable");
    adapter_test_run(test, "<RBSPMessage><Method><Items/></Method></RBSPMessage>");
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "unknown-document");
}

/* ---- Reversals ---- */

/* One record of each kind, with a reversal flag. */
static const char *const change_ids[] = {"CSDJID", "SWZXID", "QRDJID", "QCZXID", "ZZBDID", "BGGZLB"};

static void run_flagged(AdapterTest *test, const char *id, const char *flag)
{
    g_autofree char *xml = g_strdup_printf(
        "<ROWS><ROW><HJYWID>900000002</HJYWID><RYNBID>7</RYNBID><%s>12</%s><BGGZXM>%s</BGGZXM><XM>测试甲</XM>"
        "<SLSJ>20090415</SLSJ><CXBZ>%s</CXBZ><CXHJYWID>900000001</CXHJYWID></ROW></ROWS>",
        id, id, strcmp(id, "BGGZLB") == 0 ? "XM" : "", flag);
    adapter_test_run(test, xml);
}

static void test_reversal_flag(void)
{
    static const char *const yes[] = {"1",  "１", "01",   "1.0",    " 1 ", "Y",
                                      "ｙ", "是", "true", "已冲销", "冲销"};
    static const char *const no[] = {"0", "０", "00", "0.0", "N", "否", "False", "未冲销"};
    static const char *const neither[] = {"2", "10", "?", "X", "不详", "是否", "3.0"};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(change_ids); i++) {
        for (unsigned v = 0; v < G_N_ELEMENTS(yes); v++) {
            run_flagged(test, change_ids[i], yes[v]);
            HtEvent event = adapter_test_event(test, 0);
            g_assert_true(ht_text_is(event.attr[HT_ATTR_ACTION], "cancel"));
            g_assert_true(ht_text_is(event.attr[HT_ATTR_REVERSES], "900000001"));
        }
        for (unsigned v = 0; v < G_N_ELEMENTS(no); v++) {
            run_flagged(test, change_ids[i], no[v]);
            HtEvent event = adapter_test_event(test, 0);
            g_assert_false(ht_text_is(event.attr[HT_ATTR_ACTION], "cancel"));
        }
        for (unsigned v = 0; v < G_N_ELEMENTS(neither); v++) {
            run_flagged(test, change_ids[i], neither[v]);
            g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
            g_assert_cmpstr(test->outcome.faults[0].code, ==, "flag-unreadable");
            g_assert_cmpstr(test->outcome.faults[0].element, ==, "CXBZ");
            g_assert_cmpuint(test->outcome.events->len, ==, 0);
        }
    }
}

static void run_death(AdapterTest *test, const char *fields)
{
    g_autofree char *xml = g_strdup_printf(
        "<ROWS><ROW><HJYWID>900000002</HJYWID><RYNBID>7</RYNBID><SWZXID>12</SWZXID><XM>测试甲</XM>"
        "<SWRQ>20090318</SWRQ>%s</ROW></ROWS>",
        fields);
    adapter_test_run(test, xml);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    g_assert_cmpuint(test->outcome.events->len, ==, 1);
}

/* Where the flag is left out, the day and the business of the reversal say it; with it, the flag counts. */
static void test_reversal_without_flag(void)
{
    static const char *const reversed[] = {"<CXSJ>20090401100000</CXSJ>", "<CXHJYWID>900000001</CXHJYWID>",
                                           "<CXBZ/><CXSJ>2009-04-01</CXSJ>",
                                           "<CXBZ>null</CXBZ><CXHJYWID>900000001</CXHJYWID><CXSJ>0</CXSJ>"};
    static const char *const stands[] = {
        "",
        "<CXBZ/><CXSJ/><CXHJYWID/>",
        "<CXSJ>19000101000000</CXSJ><CXHJYWID>0</CXHJYWID>",
        "<CXSJ>0</CXSJ><CXHJYWID>-1</CXHJYWID>",
        "<CXBZ>0</CXBZ><CXSJ>20090401100000</CXSJ>",
    };
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(reversed) + G_N_ELEMENTS(stands); i++) {
        bool cancel = i < G_N_ELEMENTS(reversed);
        run_death(test, cancel ? reversed[i] : stands[i - G_N_ELEMENTS(reversed)]);
        HtEvent event = adapter_test_event(test, 0);
        g_test_message("case %u", i);
        g_assert_true(ht_text_is(event.attr[HT_ATTR_ACTION], "cancel") == cancel);
    }
}

/* A table of all changes has all their numbers; what is 0 in it did not happen, and nobody dies of it. */
static void test_other_changes_numbers(void)
{
    static const char *const others[] = {"0", "00", "-1", "NULL", "无", "99999", "0.0", "/"};
    static const char *const types[] = {"person.born.v1", "person.died.v1", "person.moved-in.v1",
                                        "person.moved-out.v1", "person.moved-within.v1"};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(types) * G_N_ELEMENTS(others); i++) {
        unsigned own = i % G_N_ELEMENTS(types);
        const char *other = others[i / G_N_ELEMENTS(types)];
        g_autoptr(GString) xml =
            g_string_new("<ROWS><ROW><HJYWID>900000002</HJYWID><RYNBID>7</RYNBID><XM>测试甲</XM>"
                         "<CSRQ>19800101</CSRQ><SLSJ>20090415</SLSJ><BGGZLB>0</BGGZLB>");
        for (unsigned n = 0; n < G_N_ELEMENTS(types); n++) {
            g_string_append_printf(xml, "<%s>%s</%s>", change_ids[n], n == own ? "900000101" : other,
                                   change_ids[n]);
        }
        g_string_append(xml, "</ROW></ROWS>");
        adapter_test_run(test, xml->str);
        g_test_message("%s beside %s", types[own], other);
        g_assert_cmpuint(test->outcome.events->len, ==, 1);
        g_assert_true(ht_text_is(adapter_test_event(test, 0).attr[HT_ATTR_TYPE], types[own]));
    }
    /* one alone is its change's, filled or not; of several without a number nobody can tell */
    adapter_test_run(
        test,
        "<ROWS><ROW><HJYWID>9</HJYWID><CSDJID>0</CSDJID><XM>测试甲</XM><CSRQ>20090301</CSRQ></ROW></ROWS>");
    g_assert_true(ht_text_is(adapter_test_event(test, 0).attr[HT_ATTR_TYPE], "person.born.v1"));
    adapter_test_run(
        test,
        "<ROWS><ROW><HJYWID>9</HJYWID><CSDJID>0</CSDJID><SWZXID>0</SWZXID><XM>测试甲</XM></ROW></ROWS>");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "no-event-for-record");
}

/* Which field was corrected: by its column's name or its own. */
static void test_corrected_item(void)
{
    static const char *const items[][2] = {{"GMSFHM", "person.idNumber"},
                                           {"gmsfhm", "person.idNumber"},
                                           {"ＧＭＳＦＨＭ", "person.idNumber"},
                                           {"公民身份号码", "person.idNumber"},
                                           {"身份证号", "person.idNumber"},
                                           {"XM", "person.name"},
                                           {"姓名", "person.name"},
                                           {"xb", "person.sex"},
                                           {"性别", "person.sex"},
                                           {"NOSUCH", "NOSUCH"}};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(items); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<ROWS><ROW><HJYWID>9</HJYWID><RYNBID>7</RYNBID><BGGZLB>12</BGGZLB><BGGZXM>%s</BGGZXM>"
            "<BGGZQNR>1</BGGZQNR><BGGZHNR>2</BGGZHNR><BGGZRQ>20090415</BGGZRQ></ROW></ROWS>",
            items[i][0]);
        g_autofree char *part = g_strdup_printf("\"element\":\"%s\"", items[i][1]);
        adapter_test_run(test, xml);
        HtEvent event = adapter_test_event(test, 0);
        g_autoptr(JsonNode) node = adapter_test_render(&event);
        g_autofree char *json = json_to_string(node, FALSE);
        if (!strstr(json, part)) {
            g_error("%s is not %s", items[i][0], items[i][1]);
        }
    }
}

/* ---- Our answers ---- */

/* ---- Who it is ---- */

#define OLD "990104196002010024"
#define NEW "990104198806020016"
#define CHILD "990104200903130321"

static void assert_identities_at(AdapterTest *test, guint index, const char *expected, int line)
{
    HtEvent event = adapter_test_event(test, index);
    g_autofree char *found = mapping_test_identities(&event);
    if (strcmp(found, expected) != 0) {
        g_error("line %d: identities are \"%s\", not \"%s\"", line, found, expected);
    }
}
#define assert_identities(test, index, expected) assert_identities_at((test), (index), (expected), __LINE__)

static bool has_mark(AdapterTest *test, guint index, const char *mark)
{
    HtEvent event = adapter_test_event(test, index);
    return memmem(event.data.data, event.data.size, mark, strlen(mark)) != NULL;
}

/* A correction of the citizen number, from OLD to NEW. */
static void run_correction(AdapterTest *test, const char *category, const char *cancelled)
{
    g_autofree char *xml = g_strdup_printf(
        "<ROWS><ROW><HJYWID>900000002</HJYWID><RYNBID>7</RYNBID><BGGZXM>GMSFHM</BGGZXM><BGGZLB>%s</BGGZLB>"
        "<BGGZQNR>" OLD "</BGGZQNR><BGGZHNR>" NEW
        "</BGGZHNR><XM>测试甲</XM><SLSJ>20090415</SLSJ><CXBZ>%s</CXBZ>"
        "<CXHJYWID>900000001</CXHJYWID></ROW></ROWS>",
        category, cancelled);
    adapter_test_run(test, xml);
}

/* A shared number (11) ties nothing to its other owner, a wrong one (10, 12, 19) is the same person's, and of what cannot be
 * read nobody knows which of both it is. */
static void test_corrected_numbers(void)
{
    static const char *const shared[] = {
        "11",          "１１",   "011",      "11.0",     "１１．０",
        " 11 ",        "重号",   "纠正重号", "重号更正", "公民身份号码重号更正",
        "11/纠正重号", "11|重号"};
    static const char *const wrong[] = {"12",       "１２", "012",  "12.0", "错号",
                                        "纠正错号", "10",   "10.0", "19",   "公民身份号码更正"};
    static const char *const unclear[] = {"",   "无", "1",          "8",     "99",          "?",
                                          "21", "重", "重号或错号", "11 12", "11/纠正错号", "X"};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(shared); i++) {
        run_correction(test, shared[i], "0");
        assert_identities(test, 0, "idNumber=" NEW "! person=7");
        run_correction(test, shared[i], "1");
        assert_identities(test, 0, "idNumber=" NEW " person=7");
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        run_correction(test, wrong[i], i % 2 ? "1" : "0");
        assert_identities(test, 0, "idNumber=" NEW " person=7 idNumber=" OLD);
        g_assert_false(has_mark(test, 0, "identity-conflict"));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(unclear); i++) {
        run_correction(test, unclear[i], "0");
        assert_identities(test, 0, "idNumber=" NEW);
        g_assert_true(has_mark(test, 0, "identity-conflict"));
    }
}

/* Before or after may be missing, no number, or the same. */
static void test_half_corrections(void)
{
    static const char *const rows[][3] = {
        {"", NEW, "idNumber=" NEW " person=7"},
        {"无", NEW, "idNumber=" NEW " person=7"},
        {"111111111111111111", NEW, "idNumber=" NEW " person=7"},
        {OLD, "", "person=7 idNumber=" OLD},
        {OLD, "待补", "person=7 idNumber=" OLD},
        {"990104600201002", OLD, "idNumber=" OLD " person=7 idNumber=" OLD},
    };
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<ROWS><ROW><HJYWID>900000002</HJYWID><RYNBID>7</RYNBID><BGGZXM>GMSFHM</BGGZXM><BGGZLB>12</BGGZLB>"
            "<BGGZQNR>%s</BGGZQNR><BGGZHNR>%s</BGGZHNR><XM>测试甲</XM><SLSJ>20090415</SLSJ></ROW></ROWS>",
            rows[i][0], rows[i][1]);
        adapter_test_run(test, xml);
        if (test->outcome.events->len > 0) {
            assert_identities(test, 0, rows[i][2]);
        }
    }
}

#define BIRTH(id, content)                                                                                  \
    "<ROW><CSDJID>" id "</CSDJID><HJYWID>" id "</HJYWID><SLSJ>20090320</SLSJ><CSRQ>20090313</CSRQ>" content \
    "</ROW>"

/* A child under the number of whoever reports it, or of her mother; twins with nothing of their own but the certificate. */
static void test_births(void)
{
    static const char *const columns[] = {"MQGMSFHM",   "FQGMSFHM",  "JHRYGMSFHM",
                                          "JHREGMSFHM", "SBRGMSFHM", "HZGMSFHM"};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(columns); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<ROWS>" BIRTH("930000101", "<XM>测试甲</XM><GMSFHM>" NEW "</GMSFHM><RYNBID>71</RYNBID><%s>" NEW
                                        "</%s>") "</ROWS>",
            columns[i], columns[i]);
        adapter_test_run(test, xml);
        assert_identities(test, 0, "person=71");
        g_assert_true(has_mark(test, 0, "identity-conflict"));
    }
    adapter_test_run(
        test,
        "<ROWS>" BIRTH("930000102", "<XM>测试之子</XM><GMSFHM>" NEW "</GMSFHM><CSZMBH>T99000001</CSZMBH>")
            BIRTH("930000103", "<XM>测试之子</XM><GMSFHM>" NEW "</GMSFHM><CSZMBH>T99000002</CSZMBH>")
                BIRTH("930000104", "<XM>测试之子</XM><GMSFHM>" NEW "</GMSFHM>") "</ROWS>");
    assert_identities(test, 0, "birthCertificate=T99000001");
    assert_identities(test, 1, "birthCertificate=T99000002");
    assert_identities(test, 2, "");
    adapter_test_run(test,
                     "<ROWS>" BIRTH("930000105", "<XM>测试甲</XM><GMSFHM>" CHILD
                                                 "</GMSFHM><RYNBID>0</RYNBID><CSZMBH>0</CSZMBH>") "</ROWS>");
    assert_identities(test, 0, "idNumber=" CHILD);
}

/* Direction marks around a number are no part of it. */
static void test_invisible_characters(void)
{
    static const char *const forms[] = {"\xe2\x80\xad" CHILD "\xe2\x80\xac", "\xe2\x80\x8b" CHILD,
                                        CHILD "\xc2\xad", "\xef\xbb\xbf" CHILD "\xe2\x81\xa9",
                                        "990104\xe2\x80\x8e"
                                        "200903130321"};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autofree char *xml =
            g_strdup_printf("<ROWS>" BIRTH("93\xe2\x80\x8b"
                                           "0000106",
                                           "<XM>测试甲</XM><GMSFHM>%s</GMSFHM><CSZMBH>T99\xe2\x80\x8e"
                                           "000001</CSZMBH>") "</ROWS>",
                            forms[i]);
        adapter_test_run(test, xml);
        assert_identities(test, 0, "idNumber=" CHILD " birthCertificate=T99000001");
        HtEvent event = adapter_test_event(test, 0);
        g_assert_true(ht_text_is(event.attr[HT_ATTR_BUSINESSID], "930000106"));
    }
}

static void test_record_answer(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    bool replied = adapter_test_run(
        test, "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body>"
              "<postSwzxRecrod><in0>&lt;ROWS&gt;&lt;ROW&gt;&lt;SWZXID&gt;1&lt;/SWZXID&gt;&lt;XM&gt;测试丁"
              "&lt;/XM&gt;&lt;HJYWID&gt;9\"0&lt;/HJYWID&gt;&lt;/ROW&gt;&lt;/ROWS&gt;</in0>"
              "</postSwzxRecrod></soap:Body></soap:Envelope>");
    g_assert_true(replied);
    g_autofree char *text = g_strndup(test->reply, test->reply_size);
    g_assert_cmpstr(text, ==,
                    "<ns1:postSwzxRecrodResponse xmlns:ns1=\"http://service.reqservice.dragonsoft.com\">"
                    "<postSwzxRecrodReturn>{\"success\":true,\"message\":\"\",\"postid\":\"9\\&quot;0\"}"
                    "</postSwzxRecrodReturn></ns1:postSwzxRecrodResponse>");
}

static const char *const answering[] = {"answer-queries", "empty", NULL};

static void test_licence(void)
{
    static const char *const names[] = {"inLicense", "in0"};
    g_autoptr(AdapterTest) test = adapter_test_new_with("mappings/hukou.xml", "hukou", answering);
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><nciicCheck><%s>SECRET"
            "</%s><in1>&lt;ROWS&gt;&lt;ROW&gt;&lt;XM&gt;测试甲&lt;/XM&gt;&lt;/ROW&gt;&lt;/ROWS&gt;</in1>"
            "</nciicCheck></e:Body></e:Envelope>",
            names[i], names[i]);
        adapter_test_run(test, xml);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_null(memmem(event.data.data, event.data.size, "SECRET", strlen("SECRET")));
    }
}

#define CALL(name, in)                                                                                       \
    "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><" name "><" in ">&lt;ROWS&gt;" \
    "&lt;ROW&gt;&lt;CSDJID&gt;1&lt;/CSDJID&gt;&lt;XM&gt;测试丙&lt;/XM&gt;&lt;HJYWID&gt;9&lt;/HJYWID&gt;"  \
    "&lt;/ROW&gt;&lt;/ROWS&gt;</" in "></" name "></e:Body></e:Envelope>"

static bool holds(HtText text, const char *word)
{
    return memmem(text.data, text.size, word, strlen(word)) != NULL;
}

static void test_operations(void)
{
    static const struct {
        const char *payload, *action, *fault, *reply;
    } calls[] = {
        {CALL("postCSDJRecrod", "in0"), "assert", NULL, "<postCSDJRecrodReturn>{\"success\":true"},
        {CALL("postCSDJRecrods", "in0"), "assert", NULL, NULL},
        {CALL("deleteCSDJRecrod", "in0"), "cancel", NULL, "deleteCSDJRecrodReturn"},
        {CALL("DELETECSDJRECROD", "in0"), "cancel", NULL, NULL},
        {CALL("postFQTKRecrod", "in0"), NULL, "service-not-taken", NULL},
        {CALL("queryRkjbxxBysfz", "in0"), NULL, "query-not-answered", NULL},
        {CALL("removeCSDJRecrod", "in0"), NULL, "operation-unknown", NULL},
        {CALL("doSomething", "in0"), NULL, "operation-unknown", NULL},
    };
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(calls); i++) {
        bool replied = adapter_test_run(test, calls[i].payload);
        g_assert_true(!calls[i].reply ||
                      (replied && holds((HtText){test->reply, test->reply_size}, calls[i].reply)));
        if (calls[i].fault) {
            g_assert_cmpstr(test->outcome.faults[0].code, ==, calls[i].fault);
            continue;
        }
        HtEvent event = adapter_test_event(test, 0);
        g_assert_true(ht_text_is(event.attr[HT_ATTR_TYPE], "person.born.v1"));
        g_assert_true(ht_text_is(event.attr[HT_ATTR_ACTION], calls[i].action));
    }
}

/* NCIIC's questions are refused in its own form, unless the source says that they are answered with nothing. */
static void test_questions(void)
{
    static const char *const names[] = {"Check",      "GetCondition", "Compare",         "Discern",
                                        "CheckChina", "ExactSearch",  "AddrExactSearch", "CheckMobile"};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    g_autoptr(AdapterTest) other = adapter_test_new_with("mappings/hukou.xml", "hukou", answering);
    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_strconcat(i % 2 ? "nciic" : "", names[i / 2], NULL);
        g_autofree char *answer = g_strconcat("<ns1:", name, "Response ", NULL);
        g_autofree char *call = g_strdup_printf(
            "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><%s><inLicense>SECRET</inLicense>"
            "<inConditions>&lt;ROWS&gt;&lt;ROW&gt;&lt;XM&gt;测试甲&lt;/XM&gt;&lt;/ROW&gt;&lt;/ROWS&gt;</inConditions>"
            "</%s></e:Body></e:Envelope>",
            name, name);
        g_assert_true(adapter_test_run(test, call));
        g_assert_cmpstr(test->outcome.faults[0].code, ==, "query-not-answered");
        g_assert_true(holds((HtText){test->reply, test->reply_size}, answer));
        g_assert_true(holds((HtText){test->reply, test->reply_size}, "errorcode=&quot;-90&quot;"));
        adapter_test_run(other, call);
        g_assert_cmpint(other->outcome.verdict, ==, HT_VERDICT_OK);
    }
}

static void test_foreign_root(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    adapter_test_run(test, "<root><data><xm>测试甲</xm></data></root>");
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "unknown-document");
}

static void test_stale_answer(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    g_assert_true(
        adapter_test_run(test, "<root><head><sjblx>010122</sjblx><code>00</code></head><body><ywlsh>1</ywlsh>"
                               "<qyr><xm>测试甲</xm></qyr></body></root>"));
    g_assert_false(
        adapter_test_run(test, "<ROWS><ROW><GMSFHM>990104198001019915</GMSFHM><XM>测试甲</XM></ROW></ROWS>"));
}

/* Which certificate it is does not hang on the zero in front; what is neither is no certificate. */
static void test_exchange_kind(void)
{
    static const struct {
        const char *kind, *type;
    } cases[] = {{"010122", "person.move-permitted.v1"},
                 {"10122", "person.move-permitted.v1"},
                 {" ０１０１２４ ", "person.move-certified.v1"},
                 {"010124.0", "person.move-certified.v1"},
                 {"010123", NULL},
                 {"", NULL}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
        g_autofree char *text =
            g_strdup_printf("<root><head><sjblx>%s</sjblx></head><body><ywlsh>1</ywlsh><qyr><xm>测试甲</xm>"
                            "<gmsfhm>990104198001019915</gmsfhm></qyr></body></root>",
                            cases[i].kind);
        adapter_test_run(test, text);
        const HtOutcome *outcome = &test->outcome;
        g_assert_cmpuint(outcome->events->len, ==, cases[i].type ? 1 : 0);
        if (cases[i].type) {
            HtEvent event = adapter_test_event(test, 0);
            g_assert_true(ht_text_is(event.attr[HT_ATTR_TYPE], cases[i].type));
        } else {
            g_assert_cmpstr(outcome->faults[0].code, ==, "no-event-for-record");
        }
    }
}

/* A correction whose two values say the same is no event, and no fault. */
static void test_correction_of_nothing(void)
{
    static const struct {
        const char *item, *before, *after;
        unsigned events;
    } cases[] = {
        {"XM", "测试甲", "测试甲", 0},
        {"XM", " 测试甲", "测试甲　", 0},
        {"XM", "测试甲", "测试乙", 1},
        {"DHHM", " 12345", "12345 ", 0},
        {"DHHM", "１２３４５", "12345", 0},
        {"MLPH", "08", "8", 1}, /* a number of a house has its zeros */
        {"CSRQ", "20090313", "2009-03-13", 0},
        {"CSRQ", "20090313", "2009-03-31", 1},
        {"XB", "1", "男", 0},
        {"XB", "01", "男性", 0},
        {"XB", "1", "2", 1},
        {"XB", "男", "女", 1},
        {"MZ", "01", "汉", 0},
        {"MZ", "1", "汉族", 0},
        {"MZ", "汉族", "01", 0},
        {"MZ", "01", "11", 1},
        {"HYZK", "已婚", "20", 0},
        {"HYZK", "10", "20", 1},
        {"XM", "", "测试甲", 1}, /* what was empty says nothing */
    };
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/hukou.xml", "hukou");
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<ROWS><ROW><HJYWID>7%02u</HJYWID><RYNBID>8%02u</RYNBID><XM>测试甲</XM><GMSFHM>" OLD "</GMSFHM>"
            "<BGGZXM>%s</BGGZXM><BGGZQNR>%s</BGGZQNR><BGGZHNR>%s</BGGZHNR><BGGZRQ>20090415</BGGZRQ></ROW></ROWS>",
            i + 10, i + 10, cases[i].item, cases[i].before, cases[i].after);
        g_test_message("%s, case %u", cases[i].item, i);
        adapter_test_run(test, xml);
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
        g_assert_cmpuint(test->outcome.events->len, ==, cases[i].events);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    adapter_test_add_fixtures("adapters/hukou/fixtures", "/hukou/fixture",
                              &(Fixture){NULL, "mappings/hukou.xml", "hukou"});
    adapter_test_add_fixtures("tests/data/encoding-events", "/encoding/fixture",
                              &(Fixture){NULL, "tests/data/mappings/encoding.xml", "xml"});
    g_test_add_func("/hukou/answers/success-has-nine-spellings", test_success_spellings);
    g_test_add_func("/hukou/answers/nciic-errors-say-whether-to-try-again", test_nciic_errors);
    g_test_add_func("/hukou/correction/item-in-every-spelling", test_corrected_item);
    g_test_add_func("/hukou/reversal/flag-in-every-spelling", test_reversal_flag);
    g_test_add_func("/hukou/reversal/without-a-flag", test_reversal_without_flag);
    g_test_add_func("/hukou/which-change-a-row-is", test_other_changes_numbers);
    g_test_add_func("/hukou/person/corrected-numbers", test_corrected_numbers);
    g_test_add_func("/hukou/person/half-corrections", test_half_corrections);
    g_test_add_func("/hukou/person/births-under-anothers-number", test_births);
    g_test_add_func("/hukou/person/invisible-characters", test_invisible_characters);
    g_test_add_func("/hukou/rbsp/quoting-does-not-matter", test_quoting);
    g_test_add_func("/hukou/rbsp/conditions-name-persons", test_conditions);
    g_test_add_func("/hukou/nciic/licences-are-not-carried", test_licence);
    g_test_add_func("/hukou/replies/records-are-answered-with-json", test_record_answer);
    g_test_add_func("/hukou/operations/mean-what-the-contract-says", test_operations);
    g_test_add_func("/hukou/operations/nciic-questions-are-refused-in-its-form", test_questions);
    g_test_add_func("/hukou/replies/another-root-is-refused", test_foreign_root);
    g_test_add_func("/hukou/replies/an-answer-is-of-its-own-message", test_stale_answer);
    g_test_add_func("/hukou/which-certificate-an-exchange-is", test_exchange_kind);
    g_test_add_func("/hukou/correction/of-nothing-is-no-event", test_correction_of_nothing);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
