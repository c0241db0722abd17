/* The marriage adapter at work: adapters/marriage.so and mappings/marriage.xml with the real engine. adapters/marriage/fixtures
 * say what each payload must become (fixtures/README.md has the reasons). Below is what no single fixture shows. */
#include "mappings/engine/run/mapper-inside.h"
#include "tests/lib/adapter-test.h"

#define PARTIES                                                        \
    "<NAME_MAN>测试甲</NAME_MAN><NAME_WOMAN>测试乙</NAME_WOMAN>" \
    "<CERT_NUM_MAN>990104198001019915</CERT_NUM_MAN><CERT_NUM_WOMAN>990104198205069922</CERT_NUM_WOMAN>"

#define ROW(content) "<国家婚姻登记信息采集>" content "</国家婚姻登记信息采集>"

static AdapterTest *new_test(void)
{
    return adapter_test_new("mappings/marriage.xml", "marriage");
}

/* A DataSet of one registration with two parties. */
static void run_row(AdapterTest *test, const char *columns)
{
    g_autofree char *xml = g_strdup_printf(
        "<NewDataSet>" ROW("<OP_DATE>2009-01-02</OP_DATE>%s" PARTIES) "</NewDataSet>", columns);
    g_assert_false(adapter_test_run(test, xml));
}

static char *get_key(AdapterTest *test, guint index)
{
    HtEvent event = adapter_test_event(test, index);
    return event.key.data ? g_strndup(event.key.data, event.key.size) : NULL;
}

static char *get_attribute(AdapterTest *test, guint index, HtAttr attribute)
{
    HtText text = adapter_test_event(test, index).attr[attribute];
    return text.data ? g_strndup(text.data, text.size) : NULL;
}

/* The member "group.element" of the event's data, or of its data.reported; NULL when there is none. */
static char *get_element(AdapterTest *test, guint index, const char *group, const char *element)
{
    HtEvent event = adapter_test_event(test, index);
    g_autoptr(JsonNode) node = adapter_test_render(&event);
    JsonObject *data = json_object_get_object_member(json_node_get_object(node), "data");
    JsonObject *reported =
        json_object_has_member(data, "reported") ? json_object_get_object_member(data, "reported") : data;
    JsonObject *holder = json_object_has_member(data, group) ? data : reported;
    if (!json_object_has_member(holder, group)) {
        return NULL;
    }
    JsonNode *member = json_object_get_member(json_object_get_object_member(holder, group), element);
    if (member && JSON_NODE_HOLDS_OBJECT(member)) {
        return g_strdup(adapter_test_string(json_node_get_object(member), "code"));
    }
    return member ? g_strdup(json_node_get_string(member)) : NULL;
}

/* ---- Certificates ---- */

static void check_certificate(AdapterTest *test, const char *type, const char *sent, const char *number)
{
    g_autofree char *columns = g_strdup_printf("<CERT_NO>%s</CERT_NO><OP_TYPE>%s</OP_TYPE>", sent, type);
    run_row(test, columns);
    g_autofree char *business = get_attribute(test, 0, HT_ATTR_BUSINESSID);
    g_autofree char *carried = get_element(test, 0, "marriage", "certificateNumber");
    g_autofree char *key = get_key(test, 0);
    g_assert_null(business); /* the number names two persons, and attributes go to every consumer */
    g_assert_cmpstr(carried, ==, number);
    g_assert_nonnull(key);
}

static void test_spellings(void)
{
    static const char *const spellings[] = {
        "J440104-2008-000001",
        " J440104-2008-000001\r\n",
        "j440104-2008-000001",
        "Ｊ４４０１０４－２００８－０００００１",
        "J440104—2008—000001",
        "J440104 2008 000001",
        "J4401042008000001",
        "J 440104 - 2008 - 000001",
        "J440104-2008-1",
        "J4401042008-000001",
        "J440104-2008000001",
        "440104-2008-000001",
        "4401042008000001",
        "J440104-2008-000001号",
        "字第J440104-2008-000001号",
        "结婚证字第440104-2008-000001号",
        "结字第440104-2008-000001号",
        "证件字号：J440104-2008-000001",
        "J440104-2008-000001　",
        "（J440104）2008第000001号",
    };
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(spellings); i++) {
        check_certificate(test, "IA", spellings[i], "J440104-2008-000001");
    }
}

static void test_prefixes(void)
{
    static const char *const numbers[][3] = {
        {"IB", "440104-2009-000003", "L440104-2009-000003"},
        {"ICA", "440104-2009-000003", "BJ440104-2009-000003"},
        {"ICB", "440104-2009-000003", "BL440104-2009-000003"},
        {"补发离婚登记证", "440104-2009-000003", "BL440104-2009-000003"},
        {"IC", "补发离婚证440104-2009-000003", "BL440104-2009-000003"},
        {"IC", "440104-2009-000003", "440104-2009-000003"}, /* either of two: not guessed */
        {"ID", "J440104-2009-000003", "J440104-2009-000003"},
        {"ICA", "J440104-2009-000003", "J440104-2009-000003"}, /* as written, whatever the type says */
    };
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        check_certificate(test, numbers[i][0], numbers[i][1], numbers[i][2]);
    }
}

/* Not of the form: folded, and nothing more. */
static void test_other_numbers(void)
{
    static const char *const numbers[][2] = {
        {"测婚字 第１２号", "测婚字第12号"},
        {"K440104-2008-000001", "K440104-2008-000001"},
        {"J440104-3008-000001", "J440104-3008-000001"},
        {"J440104-2008-0000001", "J440104-2008-0000001"},
        {"J440104-2008-000001-2", "J440104-2008-000001-2"},
        {"J440104-2008-00000A", "J440104-2008-00000A"},
    };
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        check_certificate(test, "IA", numbers[i][0], numbers[i][1]);
    }
}

/* Kind, day and both numbers make key and tie. */
static void test_no_number(void)
{
    static const char *const nothing[] = {"", "<CERT_NO/>", "<CERT_NO>无</CERT_NO>",
                                          "<CERT_NO>null</CERT_NO>"};
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *first = NULL;
    for (unsigned i = 0; i < G_N_ELEMENTS(nothing); i++) {
        g_autofree char *columns = g_strconcat("<OP_TYPE>IA</OP_TYPE>", nothing[i], NULL);
        run_row(test, columns);
        g_autofree char *his = get_key(test, 0), *hers = get_key(test, 1);
        g_autofree char *carried = get_element(test, 0, "marriage", "certificateNumber");
        g_autofree char *one = get_attribute(test, 0, HT_ATTR_CORRELATIONID);
        g_autofree char *other = get_attribute(test, 1, HT_ATTR_CORRELATIONID);
        first = first ? first : g_strdup(his);
        g_assert_cmpstr(his, ==, first);
        g_assert_cmpstr(his, !=, hers);
        g_assert_null(carried);
        g_assert_nonnull(one);
        g_assert_cmpstr(one, ==, other);
    }
}

/* The key of a registration without a certificate's number; NULL when it has none. transfer full. */
static char *get_key_of(AdapterTest *test, const char *type, const char *date, const char *his,
                        const char *hers)
{
    g_autofree char *xml = g_strdup_printf(
        "<NewDataSet>" ROW("<OP_TYPE>%s</OP_TYPE><OP_DATE>%s</OP_DATE><NAME_MAN>测试甲</NAME_MAN>"
                           "<NAME_WOMAN>测试乙</NAME_WOMAN><CERT_NUM_MAN>%s</CERT_NUM_MAN>"
                           "<CERT_NUM_WOMAN>%s</CERT_NUM_WOMAN>") "</NewDataSet>",
        type, date, his, hers);
    g_assert_false(adapter_test_run(test, xml));
    g_autofree char *tie = get_attribute(test, 0, HT_ATTR_CORRELATIONID);
    char *key = get_key(test, 0);
    g_assert_true((tie != NULL) == (key != NULL));
    return key;
}

#define HIS "990104198001019915"
#define HERS "990104198205069922"

/* What other registrations could have too makes no key: the second one would be taken for the first. */
static void test_not_unique(void)
{
    static const char *const ways[][3] = {
        {"IA", " 2008-08-08\n", HIS " "},
        {"ia", "20080808", HIS},
        {"ＩＡ", "2008年8月8日", "９９０１０４１９８００１０１９９１５"},
        {"结婚登记", "2008/8/8 0:00:00", "990104 19800101 9915"},
        {"结婚", "２００８-08-08T00:00:00+08:00", HIS},
        {" IA", "20080808093000", HIS},
    };
    static const char *const others[][4] = {
        {"IB", "2008-08-08", HIS, HERS},
        {"补领结婚证", "2008-08-08", HIS, HERS},
        {"撤销婚姻登记", "2008-08-08", HIS, HERS},
        {"IA", "2018-08-08", HIS, HERS},
        {"IA", "2008-08-08", HIS, HIS},
        {"IA", "2008-08-08", HERS, HERS},
    };
    static const char *const poor[][4] = {
        {"IA", "", HIS, HERS},
        {"IA", "null", HIS, HERS},
        {"IA", "1900-01-01T00:00:00", HIS, HERS},
        {"IA", "2008-08-08", "", HERS},
        {"IA", "2008-08-08", HIS, ""},
        {"IA", "2008-08-08", HIS, " "},
        {"IA", "2008-08-08", "无", "无"},
        {"IA", "2008-08-08", HIS, "无"},
    };
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *key = get_key_of(test, "IA", "2008-08-08", HIS, HERS);
    g_assert_nonnull(key);
    for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *same = get_key_of(test, ways[i][0], ways[i][1], ways[i][2], HERS);
        g_assert_cmpstr(key, ==, same);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *other = get_key_of(test, others[i][0], others[i][1], others[i][2], others[i][3]);
        g_assert_nonnull(other);
        g_assert_cmpstr(other, !=, key);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(poor); i++) {
        g_autofree char *none = get_key_of(test, poor[i][0], poor[i][1], poor[i][2], poor[i][3]);
        g_assert_null(none);
    }
}

/* Both parties under one number: nobody is known by it, and they stay two. */
static void test_one_number_for_both(void)
{
    static const char *const numbers[][2] = {{"990104198001019915", "990104198001019915"},
                                             {"990104198001019915", "９９０１０４１９８００１０１９９１５"},
                                             {"990104198205069922", "990104820506992"}};
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<NewDataSet>" ROW("<OP_DATE>2009-01-02</OP_DATE><OP_TYPE>IA</OP_TYPE><NAME_MAN>测试甲</NAME_MAN>"
                               "<NAME_WOMAN>测试乙</NAME_WOMAN><CERT_NUM_MAN>%s</CERT_NUM_MAN>"
                               "<CERT_NUM_WOMAN>%s</CERT_NUM_WOMAN>") "</NewDataSet>",
            numbers[i][0], numbers[i][1]);
        adapter_test_run(test, xml);
        g_assert_cmpuint(test->outcome.events->len, ==, 2);
        for (guint party = 0; party < 2; party++) {
            HtEvent event = adapter_test_event(test, party);
            g_assert_cmpuint(event.identity_count, ==, 0);
            g_assert_nonnull(memmem(event.data.data, event.data.size, "identity-conflict", 17));
        }
    }
}

/* The same registration from the service and from a file, its columns in another order. */
static void test_two_shapes(void)
{
    g_autoptr(AdapterTest) test = new_test();
    run_row(test, "<OP_TYPE>IA</OP_TYPE><CERT_NO>J440104-2008-000001</CERT_NO>");
    for (guint party = 0; party < 2; party++) {
        run_row(test, "<OP_TYPE>IA</OP_TYPE><CERT_NO>J440104-2008-000001</CERT_NO>");
        g_autofree char *of_file = get_key(test, party);
        g_autofree char *tie_of_file = get_attribute(test, party, HT_ATTR_CORRELATIONID);
        adapter_test_run(
            test,
            "<MARRY_RETRUNS><MARRY_RETRUN><CERT_NO>４４０１０４-2008-1 号</CERT_NO><!—证件字号-->" PARTIES
            "<OP_TYPE>IA</OP_TYPE></MARRY_RETRUN></MARRY_RETRUNS>");
        g_autofree char *of_service = get_key(test, party);
        g_autofree char *tie_of_service = get_attribute(test, party, HT_ATTR_CORRELATIONID);
        g_assert_true(test->outcome.repaired);
        g_assert_nonnull(of_file);
        g_assert_cmpstr(of_file, ==, of_service);
        g_assert_cmpstr(tie_of_file, ==, tie_of_service);
    }
}

/* ---- Parties ---- */

static void test_parties(void)
{
    g_autoptr(AdapterTest) test = new_test();
    run_row(
        test,
        "<OP_TYPE>IA</OP_TYPE><CERT_NO>J440104-2008-000001</CERT_NO><REG_JX_WOMAN>440105002</REG_JX_WOMAN>");
    g_assert_cmpuint(test->outcome.events->len, ==, 2);
    g_autofree char *man = get_key(test, 0), *woman = get_key(test, 1);
    g_autofree char *his_place = get_attribute(test, 0, HT_ATTR_DIVISION);
    g_autofree char *her_place = get_attribute(test, 1, HT_ATTR_DIVISION);
    HtIdentity his = adapter_test_event(test, 0).identities[0],
               hers = adapter_test_event(test, 1).identities[0];
    g_assert_cmpstr(man, !=, woman);
    g_assert_cmpstr(his_place, ==, "440104");
    g_assert_cmpstr(her_place, ==, "440105002");
    g_assert_true(ht_text_is(his.value, "990104198001019915"));
    g_assert_true(ht_text_is(hers.value, "990104198205069922"));
}

/* ---- Status ---- */

static void check_status(AdapterTest *test, const char *type, const char *his, const char *hers,
                         const char *after)
{
    g_autofree char *columns = g_strdup_printf("<OP_TYPE>%s</OP_TYPE><MARRY_STATUS_MAN>%s</MARRY_STATUS_MAN>"
                                               "<MARRY_STATUS_WOMAN>%s</MARRY_STATUS_WOMAN>",
                                               type, his, hers);
    run_row(test, columns);
    g_autofree char *status = get_element(test, 0, "person", "maritalStatus");
    g_autofree char *same = get_element(test, 0, "marriage", "maritalStatusAfter");
    g_assert_cmpstr(status, ==, after);
    g_assert_cmpstr(same, ==, after);
}

static void test_status(void)
{
    static const char *const before[] = {"", "10", "20", "21", "22", "23", "30", "40", "90", "10/20"};
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(before); i++) {
        check_status(test, "IA", before[i], "", strcmp(before[i], "10") == 0 ? "21" : "20");
        check_status(test, "IB", before[i], "10", "40");
        check_status(test, "ID", before[i], "10", NULL);
        check_status(test, "IC", before[i], "10", NULL);
        check_status(test, "ICA", before[i], "10", NULL);
        check_status(test, "ICB", before[i], "10", NULL);
    }
    check_status(test, "IA", "40", "10", "22");
    check_status(test, "IA", "丧偶", "未婚", "22");
    check_status(test, "IA", "40", "40", "20"); /* perhaps with each other: 23 */
    check_status(test, "IA", "30", "40", "20");
}

/* ---- Odd records ---- */

static void test_compound(void)
{
    g_autoptr(AdapterTest) test = new_test();
    run_row(test, "<OP_TYPE>IA</OP_TYPE><JOB_MAN>6/7/8/9</JOB_MAN><DEGREE_MAN>20/30</DEGREE_MAN>");
    HtEvent event = adapter_test_event(test, 0);
    g_autoptr(JsonNode) node = adapter_test_render(&event);
    g_autofree char *json = json_to_string(node, FALSE);
    g_assert_nonnull(strstr(json, "\"code\":\"6/7/8/9\""));
    g_assert_null(strstr(json, "\"7/8/9\"")); /* no text of a code 6 */
    g_assert_nonnull(strstr(json, "\"code\":\"20/30\""));
    g_assert_nonnull(strstr(json, "{\"mark\":\"code-compound\",\"element\":\"person.occupationCategory\"}"));
    g_assert_nonnull(strstr(json, "{\"mark\":\"code-compound\",\"element\":\"person.education\"}"));
}

/* What decides does so in every spelling: the kind, whether a number is a citizen's, who was married before. */
static void test_choices(void)
{
    static const char *const kinds[][2] = {
        {"IA", "marriage.registered.v1"},
        {"ia", "marriage.registered.v1"},
        {"ＩＡ", "marriage.registered.v1"},
        {" IA ", "marriage.registered.v1"},
        {"结婚登记", "marriage.registered.v1"},
        {"结婚", "marriage.registered.v1"},
        {"IA-结婚登记", "marriage.registered.v1"},
        {"IB", "marriage.divorced.v1"},
        {"离婚", "marriage.divorced.v1"},
        {"ib", "marriage.divorced.v1"},
        {"ＩＣＡ", "marriage.certificate-reissued.v1"},
        {"补发结婚证", "marriage.certificate-reissued.v1"},
        {"id", "marriage.annulled.v1"},
        {"撤销婚姻", "marriage.annulled.v1"},
    };
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *columns = g_strdup_printf("<OP_TYPE>%s</OP_TYPE>", kinds[i][0]);
        run_row(test, columns);
        HtEvent event = adapter_test_event(test, 0);
        if (!ht_text_is(event.attr[HT_ATTR_TYPE], kinds[i][1])) {
            g_error("%s is no %s", kinds[i][0], kinds[i][1]);
        }
    }
    static const char *const cards[][2] = {{"1", "idNumber"},   {"01", "idNumber"},     {"１", "idNumber"},
                                           {"1.0", "idNumber"}, {"身份证", "idNumber"}, {"5", NULL},
                                           {"护照", NULL},      {"不明证件", NULL}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cards); i++) {
        g_autofree char *columns = g_strdup_printf(
            "<OP_TYPE>IA</OP_TYPE><CERT_TYPE_MAN>%s</CERT_TYPE_MAN><CERT_NUM_MAN>990104198001019915</CERT_NUM_MAN>",
            cards[i][0]);
        g_autofree char *xml = g_strdup_printf(
            "<NewDataSet>" ROW(
                "<OP_DATE>2009-01-02</OP_DATE><NAME_MAN>测试甲</NAME_MAN><NAME_WOMAN>测试乙</NAME_WOMAN>%s") "</NewDataSet>",
            columns);
        adapter_test_run(test, xml);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_cmpuint(event.identity_count, ==, cards[i][1] ? 1 : 0);
    }
}

/* What the filter looks at or holds back comes out whole, whatever it is. */
static void test_nothing_lost(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *name = g_strnfill(5000, 'x'), *digits = g_strnfill(5000, '1');
    g_autofree char *columns = g_strdup_printf(
        "<OP_TYPE>IA</OP_TYPE><REG_DS_MAN>%s</REG_DS_MAN><REG_SJ_MAN>样<b>odd</b></REG_SJ_MAN>"
        "<REG_QX_MAN note='of-a-place'>440104</REG_QX_MAN><CERT_NO>%s</CERT_NO>"
        "<CERT_NO>J440104-2008-000002</CERT_NO>",
        name, digits);
    run_row(test, columns);
    HtEvent event = adapter_test_event(test, 0);
    g_autoptr(JsonNode) node = adapter_test_render(&event);
    g_autofree char *json = json_to_string(node, FALSE);
    g_autofree char *key = get_key(test, 0);
    g_assert_nonnull(strstr(json, name));
    g_assert_nonnull(strstr(json, digits));
    g_assert_nonnull(strstr(json, "odd"));
    g_assert_nonnull(strstr(json, "of-a-place"));
    g_assert_nonnull(strstr(json, "\"division\":\"440104\""));
    g_assert_nonnull(strstr(json, "J440104-2008-000002"));
    g_assert_nonnull(key); /* of kind, day and numbers */
}

/* Each payload begins anew, wherever the one before has ended. */
static void test_broken_off(void)
{
    g_autoptr(AdapterTest) test = new_test();
    adapter_test_run(test, "<NewDataSet>" ROW("<REG_QX_MAN>4401") "</NewDataSet>");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
    adapter_test_run(test, "<NewDataSet><国家婚姻登记信息采集><OP_TYPE>IB</OP_TYPE><CERT_NO>L440104-2008");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
    check_certificate(test, "IA", "440104-2008-7", "J440104-2008-000007");
}

static void test_bad_row(void)
{
    g_autoptr(AdapterTest) test = new_test();
    test->worker.mapper->options.quarantine_invalid = true;
    adapter_test_run(test,
                     "<NewDataSet>" ROW("<OP_TYPE>IA</OP_TYPE>" PARTIES)
                         ROW("<OP_TYPE>IA</OP_TYPE><OP_DATE>2008-08-08</OP_DATE><NAME_MAN>测试甲</NAME_MAN>")
                             ROW("<OP_TYPE>IZ</OP_TYPE>" PARTIES)
                                 ROW("<OP_TYPE>IB</OP_TYPE>" PARTIES) "</NewDataSet>");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    g_assert_cmpuint(test->outcome.records, ==, 4);
    g_assert_cmpuint(test->outcome.rejected, ==, 2);
    g_assert_cmpuint(test->outcome.events->len, ==, 4);
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "required-missing");
    g_assert_cmpstr(test->outcome.faults[1].code, ==, "no-event-for-record");
}

/* ---- Queries ---- */

#define QUERY(namespace)                                                                                                             \
    "<getMarryLastInfoByCert" namespace "><userId>test</userId><passWord>synthetic-password</passWord>"                              \
                                        "<CertNumMan>990104198001019915</CertNumMan><CertNumWoman>990104198205069922</CertNumWoman>" \
                                        "</getMarryLastInfoByCert>"
#define ENVELOPE(body) \
    "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>" body "</e:Body></e:Envelope>"

/* Neither alone nor beside a registration does a password get into an event or a fault. */
static void test_query(void)
{
    static const char *const queries[] = {
        QUERY(""), ENVELOPE(QUERY("")), ENVELOPE(QUERY(" xmlns='urn:any'")),
        ENVELOPE(QUERY("") "<NewDataSet>" ROW("<OP_TYPE>IA</OP_TYPE>" PARTIES) "</NewDataSet>")};
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_assert_false(adapter_test_run(test, queries[i]));
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
        g_assert_cmpuint(test->outcome.events->len, ==, 0);
        g_assert_cmpuint(test->outcome.fault_count, ==, 1);
        g_assert_cmpstr(test->outcome.faults[0].code, ==, "query-not-answered");
        g_assert_null(strstr(test->outcome.faults[0].text, "synthetic"));
        g_assert_null(strstr(test->outcome.faults[0].text, "99010"));
        g_autofree char *kept = adapter_test_kept(test, queries[i], strlen(queries[i]));
        g_assert_null(strstr(kept, "synthetic"));
    }
}

/* What the service answers is kept as it came. */
static void test_answer_is_kept(void)
{
    g_autoptr(AdapterTest) test = new_test();
    adapter_test_run(
        test, ENVELOPE("<getMarryLastInfoByCertResponse><getMarryLastInfoByCertReturn>&lt;MARRY_RETRUNS>"
                       "&lt;ERROR>1&lt;/ERROR>&lt;/MARRY_RETRUNS></getMarryLastInfoByCertReturn>"
                       "</getMarryLastInfoByCertResponse>"));
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "department-error");
    g_assert_cmpuint(test->outcome.concealed.size, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    adapter_test_add_fixtures("adapters/marriage/fixtures", "/marriage/fixture",
                              &(Fixture){.mapping = "mappings/marriage.xml", .adapter = "marriage"});
    g_test_add_func("/marriage/choices/in-every-spelling", test_choices);
    g_test_add_func("/marriage/certificates/one-number-however-it-is-written", test_spellings);
    g_test_add_func("/marriage/certificates/a-missing-prefix-follows-from-the-type", test_prefixes);
    g_test_add_func("/marriage/certificates/what-has-another-form-is-only-folded", test_other_numbers);
    g_test_add_func("/marriage/certificates/without-one-kind-day-and-numbers-are-the-key", test_no_number);
    g_test_add_func("/marriage/certificates/what-others-may-have-too-is-no-key", test_not_unique);
    g_test_add_func("/marriage/certificates/two-shapes-give-the-same-key", test_two_shapes);
    g_test_add_func("/marriage/person/one-number-for-both", test_one_number_for_both);
    g_test_add_func("/marriage/parties/each-goes-to-its-own-place", test_parties);
    g_test_add_func("/marriage/status/is-never-the-one-before", test_status);
    g_test_add_func("/marriage/records/compound-codes-travel-as-they-are", test_compound);
    g_test_add_func("/marriage/records/nothing-is-lost-in-the-filter", test_nothing_lost);
    g_test_add_func("/marriage/records/each-payload-begins-anew", test_broken_off);
    g_test_add_func("/marriage/records/a-bad-row-does-not-take-the-others-along", test_bad_row);
    g_test_add_func("/marriage/queries/are-refused-and-passwords-are-nowhere", test_query);
    g_test_add_func("/marriage/queries/their-answers-are-kept", test_answer_is_kept);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
