/* The social-security adapter at work: adapters/social-security.so and mappings/social-security.xml with the real engine.
 * adapters/social-security/fixtures say what each payload must become (fixtures/README.md has the reasons). Below is what
 * no single fixture shows: that secrets come out nowhere, code sets, spellings of success, keys. */
#include "tests/lib/adapter-test.h"

#define A "990104198001019915"
#define B "990104198205069922"

static AdapterTest *open_test(void)
{
    return adapter_test_new("mappings/social-security.xml", "social-security");
}

static void assert_refusal(AdapterTest *test, const char *xml, const char *code)
{
    adapter_test_run(test, xml);
    g_assert_cmpuint(test->outcome.events->len, ==, 0);
    g_assert_cmpuint(test->outcome.fault_count, >, 0);
    g_assert_cmpstr(test->outcome.faults[0].code, ==, code);
}

static void assert_type(AdapterTest *test, const char *xml, const char *type)
{
    adapter_test_run(test, xml);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    g_assert_cmpuint(test->outcome.events->len, ==, 1);
    HtEvent event = adapter_test_event(test, 0);
    g_assert_true(ht_text_is(event.attr[HT_ATTR_TYPE], type));
}

/* ---- Secrets ---- */

static bool holds(const char *bytes, size_t size, const char *text)
{
    return size > 0 && memmem(bytes, size, text, strlen(text)) != NULL;
}

/* Nothing of it in the whole outcome (events with their unmapped fields, faults), in the answer, in what may be kept. */
static void assert_secret(AdapterTest *test, const char *bytes, size_t size, const char *secret)
{
    HtBuffer packed = {0};
    adapter_test_run_bytes(test, bytes, size);
    ht_outcome_pack(&test->outcome, &packed);
    g_assert_false(holds(packed.data, packed.size, secret));
    g_assert_false(holds(test->reply, test->reply_size, secret));
    g_autofree char *kept = adapter_test_kept(test, bytes, size);
    g_assert_false(holds(kept, size, secret));
    ht_buffer_clear(&packed);
}

#define MOLSS(inside)                                                                                           \
    "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Header><para pwd='SECRET'/></s:Header>" \
    "<s:Body><o:business xmlns:o='http://www.molss.gov.cn/'>" inside "</o:business></s:Body></s:Envelope>"
#define ROWS "<resultset><row aac002='" A "' aac003='测试甲' aac008='1'/></resultset><result row_count='1'/>"

static void test_secrets(void)
{
    static const char *const payloads[] = {
        MOLSS(ROWS "<result querysql=\"select a from b where ( aac002 = 'SECRET') and c &lt; 2\"/>"),
        MOLSS(ROWS "<result querysql='select a from b where ( aac002 = &apos;SECRET&apos;)'/>"),
        MOLSS(ROWS "<result QuerySQL = \"\n  select \"a\" from b\n where \"x\" = SECRET\"  />"),
        MOLSS(ROWS "<result other='Select a FROM b where c=SECRET'/>"),
        MOLSS(ROWS "<querysql>select a from b where c='SECRET'</querysql>"),
        MOLSS(ROWS "<q:sql xmlns:q='q' q:type='x'><![CDATA[select a from b where c<'SECRET']]></q:sql>"),
        MOLSS(ROWS "<message>ORA-00942: select a from b where c='SECRET'</message>"),
        MOLSS(ROWS
              "<message>select one, select two</message><message>select a from b where c='SECRET'</message>"),
        MOLSS(ROWS "<message>please select: select a from b where c='SECRET'</message>"),
        MOLSS(ROWS "<db.Passwd>SECRET</db.Passwd>"),
        MOLSS("<para clientsql=\"( aac002 = 'SECRET')\"/><para functionid='F27.06'/>"),
        MOLSS("<para name='clientsql' value=\"( aac002 = 'SECRET')\"/>" ROWS),
        MOLSS("<para pwd='SECRET'/><paraset><row aac002='" A "' aac003='测试甲' aac008='1'/></paraset>"),
        MOLSS("<para dbPassword = 'SECRET' />" ROWS),
        MOLSS(ROWS "<row querysql='select a from b where c=SECRET' aac002='" B "' aac003='测试乙'/>"),
        "<q><return>&lt;business&gt;&lt;result querysql=&quot;select a from b where c=&amp;apos;SECRET&amp;apos;"
        "&quot;/&gt;&lt;result row_count=&quot;0&quot;/&gt;&lt;/business&gt;</return></q>",
        "<q><![CDATA[<business><result querysql=\"select a from b where c='SECRET'\"/></business>]]></q>",
        "{\"business\":{\"pwd\": \"SECRET\", \"querysql\":\"select a from b where c='SECRET'\"}}",
        "<HOSDATA><RESPONSEDATA><RETURNNUM>0</RETURNNUM><pwd>SECRET</pwd></RESPONSEDATA></HOSDATA>",
        /* broken */
        MOLSS(ROWS "<result querysql=\"select a from b where c='SECRET'"),
        "<business><result querysql=\"select a from b where c='SECRET'\"></business>",
        "<business><para pwd=\"SECRET",
        "<business><pwd>SECRET",
    };
    g_autoptr(AdapterTest) test = open_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(payloads); i++) {
        g_test_message("payload %u", i + 1);
        assert_secret(test, payloads[i], strlen(payloads[i]), "SECRET");
        g_assert_cmpuint(test->outcome.concealed.size, >, 0);
    }
}

/* UTF-16 in either order. */
static void test_wide_secrets(void)
{
    static const char *const encodings[] = {"UTF-16LE", "UTF-16BE"};
    const char *xml =
        "<?xml version='1.0'?><business>" ROWS "<result querysql=\"select a from b where c='SECRET'\"/>"
        "</business>";
    g_autoptr(AdapterTest) test = open_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(encodings); i++) {
        gsize size, secret_size;
        g_autofree char *bytes = g_convert(xml, -1, encodings[i], "UTF-8", NULL, &size, NULL);
        g_autofree char *secret = g_convert("SECRET", -1, encodings[i], "UTF-8", NULL, &secret_size, NULL);
        adapter_test_run_bytes(test, bytes, size);
        g_assert_cmpuint(test->outcome.events->len, ==, 1);
        g_autofree char *kept = adapter_test_kept(test, bytes, size);
        g_assert_null(memmem(kept, size, secret, secret_size));
    }
}

/* Compressed and encoded parts are kept nowhere. */
static void test_batches(void)
{
    g_autoptr(AdapterTest) test = open_test();
    const char *archive = "PK\3\4 and so on";
    assert_secret(test, archive, strlen(archive), "so on");
    test->head.content_type = HT_TEXT_LITERAL("multipart/mixed; boundary=b");
    const char *mail =
        "--b\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\n<a pwd=3D\"SECRET\"/>\r\n--b--\r\n";
    assert_secret(test, mail, strlen(mail), "SECRET");
}

/* What is no secret stays, byte for byte. */
static void test_innocent(void)
{
    static const char *const payloads[] = {
        "<business>" ROWS "</business>",
        "<HOSDATA><RESPONSEDATA><ERRORMSG>please select a person</ERRORMSG><pwd/><sql></sql></RESPONSEDATA></HOSDATA>",
        "<input><aac002>" A "</aac002><aac003>sql</aac003><nosqlname>x</nosqlname><aac008>1</aac008></input>",
    };
    g_autoptr(AdapterTest) test = open_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(payloads); i++) {
        adapter_test_run(test, payloads[i]);
        g_assert_cmpuint(test->outcome.concealed.size, ==, 0);
    }
}

/* ---- Base64 ---- */

static char *pack(const char *xml)
{
    g_autofree char *base64 = g_base64_encode((const guchar *)xml, strlen(xml));
    return g_strdup_printf("<request><data>%s</data></request>", base64);
}

static void test_packed_secret(void)
{
    g_autoptr(AdapterTest) test = open_test();
    g_autofree char *xml =
        pack("<business>" ROWS "<result querysql=\"select a from b where c='SECRET'\"/></business>");
    adapter_test_run(test, xml);
    g_assert_cmpuint(test->outcome.events->len, ==, 1);
    g_autofree char *kept = adapter_test_kept(test, xml, strlen(xml));
    g_assert_null(memmem(kept, strlen(xml), "PGJ1", 4));
    assert_secret(test, xml, strlen(xml), "SECRET");
}

static void test_packed_documents(void)
{
    g_autoptr(AdapterTest) test = open_test();
    g_autofree char *one = pack("<input><aac002>" A "</aac002><aac003>x</aac003><aac008>1</aac008></input>");
    g_autofree char *two = g_strdup_printf("<r>%s%s</r>", one, one);
    g_autofree char *in_soap = g_strdup_printf(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>%s</s:Body></s:Envelope>",
        one);
    g_autofree char *photo = pack("<not a document");
    assert_type(test, one, "insurance.enrolled.v1");
    assert_type(test, in_soap, "insurance.enrolled.v1");
    g_autofree char *beside = g_strdup_printf("<business>" ROWS "%s</business>", one);
    assert_refusal(test, two, "several-documents");
    assert_refusal(test, beside, "several-documents");
    assert_refusal(test, photo, "unknown-document");
}

/* A document behind words of base64's letters is found, whatever they make of the bits; and what might begin
 * everywhere and never does costs no more than its length: unpacked from each start it would take a minute. */
static void test_packed_in_a_run(void)
{
    static const char *const words[] = {"PA ", "PAx ", "PAxyz ", "PA PAxyzvw\n ", "words "};
    g_autoptr(AdapterTest) test = open_test();
    g_autofree char *base64 =
        pack("<input><aac002>" A "</aac002><aac003>x</aac003><aac008>1</aac008></input>");
    const char *data = strstr(base64, "PG");
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *xml = g_strdup_printf("<request><data>%s%s", words[i], data);
        assert_type(test, xml, "insurance.enrolled.v1");
    }
    GString *long_run = g_string_new("<request><data>");
    for (unsigned i = 0; i < 100000; i++) {
        g_string_append(long_run, "PA ");
    }
    g_string_append(long_run, "</data></request>");
    g_autoptr(GTimer) timer = g_timer_new();
    assert_refusal(test, long_run->str, "unknown-document");
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 10);
    g_string_free(long_run, TRUE);
}

/* ---- Code sets ---- */

static char *get_insurance_type(AdapterTest *test, const char *code)
{
    g_autofree char *xml = g_strdup_printf(
        "<input><aac002>" A "</aac002><aac003>x</aac003><aac008>1</aac008><aae140>%s</aae140></input>", code);
    adapter_test_run(test, xml);
    HtEvent event = adapter_test_event(test, 0);
    g_autoptr(JsonNode) node = adapter_test_render(&event);
    JsonObject *data = json_object_get_object_member(json_node_get_object(node), "data");
    JsonObject *insurance = json_object_get_object_member(data, "insurance");
    return json_to_string(json_object_get_member(insurance, "type"), FALSE);
}

static void test_code_sets(void)
{
    static const struct {
        const char *set, *code, *type;
    } cases[] = {
        {NULL, "340", "\"340\""},
        {"LD-T-92", "110", "\"110\""},
        {"LD-T-92", "失业保险", "\"210\""},
        {"LD-T-92", "900", "{\"code\":\"900\",\"system\":\"social-security\"}"},
        {"accounting", "340", "{\"code\":\"340\",\"system\":\"insurance-type.accounting\"}"},
        {"accounting", "900", "{\"code\":\"900\",\"system\":\"insurance-type.accounting\"}"},
        {"accounting", "失业保险", "\"210\""},
        {"city-ehr", "1", "{\"code\":\"1\",\"system\":\"insurance-type.city-ehr\"}"},
        {"city-ehr", "110", "{\"code\":\"110\",\"system\":\"insurance-type.city-ehr\"}"},
        {"city-ehr", "９", "{\"text\":\"９\",\"system\":\"insurance-type.city-ehr\"}"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const options[] = {cases[i].set ? "insurance-set" : NULL, cases[i].set, NULL};
        g_autoptr(AdapterTest) test =
            adapter_test_new_with("mappings/social-security.xml", "social-security", options);
        g_autofree char *type = get_insurance_type(test, cases[i].code);
        g_assert_cmpstr(type, ==, cases[i].type);
    }
}

static void test_unknown_set(void)
{
    static const char *const options[] = {"insurance-set", "ld-t-92", NULL};
    g_autoptr(AdapterTest) test = open_test();
    HtWorker *worker = &test->worker;
    g_ptr_array_add(worker->start.options, (char *)options[0]);
    g_ptr_array_add(worker->start.options, (char *)options[1]);
    worker->out.phase = HT_PHASE_OPEN;
    g_assert_null(worker->adapter->open(&worker->table));
}

/* ---- Columns ---- */

static void assert_same(AdapterTest *test, const char *first, const char *second)
{
    adapter_test_run(test, first);
    HtEvent event = adapter_test_event(test, 0);
    g_autofree char *data = g_memdup2(event.data.data, event.data.size);
    g_autofree char *key = g_strndup(event.key.data, event.key.size);
    gsize size = event.data.size;
    adapter_test_run(test, second);
    event = adapter_test_event(test, 0);
    g_assert_cmpmem(data, size, event.data.data, event.data.size);
    g_assert_true(ht_text_is(event.key, key));
}

static void test_cases(void)
{
    g_autoptr(AdapterTest) test = open_test();
    assert_same(test,
                "<input><AAC002>" A "</AAC002><AAC003>x</AAC003><AAC008>1</AAC008><AAE140>110</AAE140>"
                "<AAE030>20030701</AAE030><ZKC031>y</ZKC031></input>",
                "<INPUT><aac002>" A "</aac002><aac003>x</aac003><Aac008>1</Aac008><aAe140>110</aAe140>"
                "<aae030>20030701</aae030><zkc031>y</zkc031></INPUT>");
    assert_same(
        test,
        "<business><resultset><row AAC002='" A "' AAC003='x' AAC031='3' AAE031='20090301'/></resultset>"
        "</business>",
        "<business><resultset><row aac002='" A "' aac003='x' aac031='3' aae031='20090301'/></resultset>"
        "</business>");
}

/* Each status, by either column, as code and as word. */
static void test_statuses(void)
{
    static const struct {
        const char *columns, *type; /* NULL: no event */
    } cases[] = {
        {"<AAC008>1</AAC008>", "insurance.enrolled.v1"},
        {"<AAC008>正常</AAC008>", "insurance.enrolled.v1"},
        {"<AAC008N>正常参保</AAC008N>", "insurance.enrolled.v1"},
        {"<AAC008>1</AAC008><AAC031>2</AAC031>", "insurance.enrolled.v1"},
        {"<AAC031>参保缴费</AAC031>", "insurance.enrolled.v1"},
        {"<AAC008>2</AAC008><AAC031>3</AAC031>", "insurance.suspended.v1"},
        {"<AAC008>暂停参保</AAC008>", "insurance.suspended.v1"},
        {"<AAC031>暂停缴费(中断)</AAC031>", "insurance.suspended.v1"},
        {"<AAC008>3</AAC008>", "insurance.terminated.v1"},
        {"<AAC008>终止</AAC008>", "insurance.terminated.v1"},
        {"<AAC031>3</AAC031>", "insurance.terminated.v1"},
        {"<AAC008>0</AAC008>", NULL},
        {"<AAC008>未参保</AAC008>", NULL},
    };
    g_autoptr(AdapterTest) test = open_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *xml = g_strdup_printf("<input><AAC002>" A "</AAC002>%s</input>", cases[i].columns);
        if (cases[i].type) {
            assert_type(test, xml, cases[i].type);
            continue;
        }
        adapter_test_run(test, xml);
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
        g_assert_cmpuint(test->outcome.events->len, ==, 0);
    }
    assert_refusal(test, "<input><AAC002>" A "</AAC002><AAC008>9</AAC008></input>", "no-event-for-record");
    assert_refusal(test, "<input><AAC003>测试甲</AAC003><AAC008>1</AAC008></input>", "no-event-for-record");
}

/* States and kinds of documents in every spelling. */
static void test_choices(void)
{
    static const char *const states[][2] = {
        {"<AAC008>01</AAC008>", "insurance.enrolled.v1"},
        {"<AAC008>１</AAC008>", "insurance.enrolled.v1"},
        {"<AAC008>2.0</AAC008>", "insurance.suspended.v1"},
        {"<AAC008>暂停参保</AAC008>", "insurance.suspended.v1"},
        {"<AAC008>3-终止参保</AAC008>", "insurance.terminated.v1"},
        {"<AAC031>03</AAC031>", "insurance.terminated.v1"},
        {"<AAC031>中断</AAC031>", "insurance.suspended.v1"},
        {"<AAC031>暂停缴费(中断)</AAC031>", "insurance.suspended.v1"},
    };
    g_autoptr(AdapterTest) test = open_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autofree char *xml = g_strdup_printf("<input><AAC002>" A "</AAC002>%s</input>", states[i][0]);
        assert_type(test, xml, states[i][1]);
    }
    static const char *const documents[][2] = {{"01", "1"},         {"1", "1"},      {"０１", "1"},
                                               {"居民身份证", "1"}, {"身份证", "1"}, {"03", "0"},
                                               {"护照", "0"},       {"?x", "0"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(documents); i++) {
        g_autofree char *xml =
            g_strdup_printf("<input><AAA029>%s</AAA029><AAE135>" A "</AAE135><AAC003>测试甲</AAC003>"
                            "<AAC008>1</AAC008></input>",
                            documents[i][0]);
        adapter_test_run(test, xml);
        HtEvent event = adapter_test_event(test, 0);
        if (event.identity_count != (unsigned)(documents[i][1][0] - '0')) {
            g_error("%s is taken for another document", documents[i][0]);
        }
    }
}

/* Columns around rows are the rows'; nearer ones count more; those behind them do not. */
static void test_inherited(void)
{
    g_autoptr(AdapterTest) test = open_test();
    adapter_test_run(
        test,
        "<pp><aac002>" A "</aac002><aab301>440104</aab301><detail><row><aae140>110</aae140><aac008>1</aac008>"
        "</row><row><aac002>" B "</aac002><aae140>310</aae140><aac008>2</aac008></row></detail></pp>");
    g_assert_cmpuint(test->outcome.events->len, ==, 2);
    HtEvent first = adapter_test_event(test, 0), second = adapter_test_event(test, 1);
    g_assert_true(ht_text_is(first.identities[0].value, A));
    g_assert_true(ht_text_is(second.identities[0].value, B));
    g_assert_true(ht_text_is(second.attr[HT_ATTR_DIVISION], "440104"));
}

/* ---- Keys ---- */

static char *get_key(AdapterTest *test, const char *columns)
{
    g_autofree char *xml = g_strdup_printf("<input>%s</input>", columns);
    adapter_test_run(test, xml);
    HtEvent event = adapter_test_event(test, 0);
    g_assert_null(event.attr[HT_ATTR_BUSINESSID].data);
    return event.key.data ? g_strndup(event.key.data, event.key.size) : NULL;
}

#define STATE(number, status, from, until)                                                    \
    "<AAC002>" number "</AAC002><AAE140>110</AAE140><AAC008>" status "</AAC008><AAE030>" from \
    "</AAE030><AAE031>" until "</AAE031>"

/* A time of being insured has one number, whatever its state and however its beginning is written. */
static void test_states_share_their_number(void)
{
    static const char *const states[] = {
        STATE(A, "1", "20030701", ""),
        STATE(A, "2", "2003-07-01", "20080131"),
        STATE(A, "3", "2003年7月1日", "20080131"),
        STATE(" " A " ", "1", "２００３0701", "99991231"),
        STATE(A, "1", "20030701", "") "<AAB001>000000</AAB001><AAC030>19010101</AAC030>",
    };
    g_autoptr(AdapterTest) test = open_test();
    g_autofree char *first = get_key(test, states[0]);
    g_assert_true(g_str_has_prefix(first, "insurance-state|"));
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autofree char *key = get_key(test, states[i]);
        g_assert_cmpstr(key, ==, first);
    }
}

/* The same row makes the same key, and another fact another one. */
static void test_keys(void)
{
    static const char *const states[] = {
        STATE(A, "1", "20030701", ""),
        STATE(A, "1", "20090201", ""),
        STATE(A, "1", "19010101", "1899-12-31"),
        STATE(A, "1", "20030701", "") "<AAB001>800001</AAB001>",
        "<AAC002>" A "</AAC002><AAE140>310</AAE140><AAC008>1</AAC008><AAE030>20030701</AAE030>",
        "<AAC002>" A "</AAC002><AAE140>310</AAE140><AAC008>1</AAC008>",
        "<AAC002>" A "</AAC002><AAE140>310</AAE140><AAC008>1</AAC008><AAC030>20030701</AAC030>",
        "<AAC002>" A "</AAC002><AAZ500>A20340098</AAZ500>",
        "<AAC002>" A "</AAC002><AAE140>110</AAE140><AAE002>200903</AAE002><AAE003>200812</AAE003>",
        STATE(B, "1", "20030701", ""),
        "<AAC002>" A "</AAC002><AAE140>110</AAE140><AAE002>200903</AAE002>",
        "<AAC002>" A "</AAC002><AIC162>20100817</AIC162>",
    };
    g_autoptr(AdapterTest) test = open_test();
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autofree char *again = get_key(test, states[i]);
        char *key = get_key(test, states[i]);
        g_assert_cmpstr(key, ==, again);

        g_assert_true(g_hash_table_add(seen, key));
    }
}

/* What stands in the number's column only so that it is not empty does not hide a number that is one. */
static void test_no_number(void)
{
    static const char *const fillers[] = {"无", "null", "0",        "99999999",  "123456789",
                                          "-1", "X",    "A0000000", "B111111111"};
    g_autoptr(AdapterTest) test = open_test();
    g_autofree char *sound = get_key(test, STATE(A, "1", "20030701", ""));
    for (unsigned i = 0; i < G_N_ELEMENTS(fillers); i++) {
        g_autofree char *row =
            g_strdup_printf(STATE("%s", "1", "20030701", "") "<AAE135>" A "</AAE135>", fillers[i]);
        g_autofree char *key = get_key(test, row);
        g_assert_cmpstr(key, ==, sound);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_cmpuint(event.identity_count, ==, 1);
        g_assert_true(ht_text_is(event.identities[0].value, A));
        g_autoptr(JsonNode) node = adapter_test_render(&event);
        g_autofree char *json = json_to_string(node, FALSE);
        g_assert_nonnull(strstr(json, "\"idNumber\":\"" A "\""));
    }
    /* Nor does a document's that is too short to be one hide the office's own. */
    g_autofree char *own = get_key(test, STATE("", "1", "20030701", "") "<AAC001>4401</AAC001>");
    g_autofree char *junk =
        get_key(test, STATE("12", "1", "20030701", "") "<AAE135>123</AAE135><AAC001>4401</AAC001>");
    g_assert_cmpstr(junk, ==, own);
    assert_refusal(test, "<input>" STATE("无", "1", "20030701", "") "</input>", "no-event-for-record");
    assert_refusal(test, "<input>" STATE("123", "1", "20030701", "") "<AAC001>000000</AAC001></input>",
                   "no-event-for-record");
}

/* ---- Answers ---- */

/* Each line has its own word for success; what one says for it is another's error. */
static void test_success_spellings(void)
{
    static const struct {
        const char *xml;
        bool good;
    } answers[] = {
        {"<HOSDATA><RESPONSEDATA><RETURNNUM>0</RETURNNUM></RESPONSEDATA></HOSDATA>", true},
        {"<HOSDATA><RESPONSEDATA><RETURNNUM>-2</RETURNNUM></RESPONSEDATA></HOSDATA>", false},
        {"<HOSDATA><RESPONSEDATA><RETURNNUM>ERR</RETURNNUM></RESPONSEDATA></HOSDATA>", false},
        {"<result><code>1</code></result>", true},
        {"<result><code>0000</code></result>", true},
        {"<result><code>0</code></result>", false},
        {"<result><code>2</code></result>", false},
        {"<ERR>OK</ERR><数量>0</数量>", true},
        {"<ERR>ok</ERR><数量>0</数量>", true},
        {"<ERR>ERROR</ERR><数量>0</数量>", false},
        {"<RspCode>000000</><RspMsg>x</>", true},
        {"<RspCode>000001</><RspMsg>x</>", false},
        {"<RspCode>000001</><zjhm>" A "</><xm>x</>", false},
        {"<pp><code>0000</code></pp>", true},
        {"<pp><code>OK</code></pp>", true},
        {"<pp><code>-1</code></pp>", false},
        {"<business><result result=''/><result row_count='0'/></business>", true},
        {"<business><result result='00'/><result row_count='0'/></business>", true},
        {"<business><result result='-1'/><result row_count='0'/></business>", false},
        {"<business><result result='E01'/>" ROWS "</business>", false},
    };
    g_autoptr(AdapterTest) test = open_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_test_message("answer %u", i + 1);
        adapter_test_run(test, answers[i].xml);
        g_assert_cmpint(test->outcome.verdict, ==, answers[i].good ? HT_VERDICT_OK : HT_VERDICT_REJECT);
        g_assert_cmpuint(test->outcome.events->len, ==, 0);
        g_assert_cmpstr(answers[i].good ? NULL : test->outcome.faults[0].code, ==,
                        answers[i].good ? NULL : "department-error");
    }
}

static void test_queries(void)
{
    g_autoptr(AdapterTest) test = open_test();
    assert_refusal(test, MOLSS("<para clientsql=\"( aac002 = '" A "')\"/>"), "query-not-answered");
    assert_refusal(test, MOLSS("<para functionid='F27.06'/><para aac003='x'/>"), "no-event-for-record");
    assert_refusal(test, MOLSS("<para functionid='F27.06'/>"), "query-not-answered");
    assert_refusal(test, "<input><aac002>" A "</aac002></input>", "query-not-answered");
}

/* The first reading ends in the middle of the second row; nothing of it is in the second reading. */
static void test_read_again(void)
{
    g_autoptr(AdapterTest) test = open_test();
    adapter_test_run(test, "<HOSDATA><RESPONSEDATA><RETURNNUM>2</RETURNNUM><OUTPUT><AAC002>" A
                           "</AAC002><AAC008>1</AAC008>"
                           "</OUTPUT><OUTPUT><AAC002>" B
                           "</AAC002><!—状态--><AAC008>3</AAC008></OUTPUT></RESPONSEDATA></HOSDATA>");
    g_assert_true(test->outcome.repaired);
    g_assert_cmpuint(test->outcome.events->len, ==, 2);
    adapter_test_run(test, "<HOSDATA><RESPONSEDATA><OUTPUT><AAC002>" A);
    assert_type(test, "<input><AAC002>" B "</AAC002><AAC008>3</AAC008></input>", "insurance.terminated.v1");
}

static void test_foreign(void)
{
    g_autoptr(AdapterTest) test = open_test();
    assert_refusal(test, "<ROWS><ROW><GMSFHM>" A "</GMSFHM></ROW></ROWS>", "unknown-document");
    assert_refusal(test, "<HOSDATA><REQUESTDATA><something>1</something></REQUESTDATA></HOSDATA>",
                   "unknown-document");
    assert_refusal(test, "<business><resultset><row xm='x'/></resultset></business>", "no-event-for-record");
    assert_refusal(test, "<result><result><code>1</code></result></result>", "unknown-document");
}

/* A receipt, unless rows were given to molss. */
static void test_replies(void)
{
    g_autoptr(AdapterTest) test = open_test();
    g_assert_true(adapter_test_run(
        test, MOLSS("<para functionid='F27.07'/><paraset><row aac002='" A "' aac008='1'/></paraset>")));
    g_assert_false(adapter_test_run(test, MOLSS(ROWS)));
    g_assert_false(adapter_test_run(test, MOLSS("<para clientsql='x'/>")));
    g_assert_false(adapter_test_run(test, "<input><aac002>" A "</aac002><aac008>1</aac008></input>"));
}

#define ANNUITY(kind, more) \
    "<msgtext><grphdr><ref>1</ref><buscd>" kind "</buscd></grphdr><busitext>" more "</busitext></msgtext>"

/* Whoever tests the line is told that somebody is there; what has more to say is no test. */
static void test_connections(void)
{
    g_autoptr(AdapterTest) test = open_test();
    g_assert_true(adapter_test_run(test, ANNUITY("SYS01000", "")));
    g_assert_true(adapter_test_run(test, ANNUITY("sys02000", " ")));
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    g_assert_nonnull(strstr(test->reply, "<buscd>sys02000</buscd>"));
    g_assert_false(adapter_test_run(test, ANNUITY("SYS01000", "<appcode>0000</appcode>")));
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    assert_refusal(test, ANNUITY("SYS03000", ""), "unknown-document");
    assert_refusal(test, ANNUITY("SYS01000", "<planname>x</planname>"), "unknown-document");
    assert_refusal(test, "<pensiondata><buscd>SYS01000</buscd></pensiondata>", "unknown-document");
    g_assert_false(adapter_test_run(test, ANNUITY("SYS01000", "<AAC002>" A "</AAC002><AAC008>1</AAC008>")));
    g_assert_cmpuint(test->outcome.events->len, ==, 1);
}

static void add_behaviours(void)
{
    g_test_add_func("/social-security/choices/in-every-spelling", test_choices);
    g_test_add_func("/social-security/secrets/come-out-nowhere", test_secrets);
    g_test_add_func("/social-security/secrets/in-utf-16-too", test_wide_secrets);
    g_test_add_func("/social-security/secrets/of-batches-that-cannot-be-searched", test_batches);
    g_test_add_func("/social-security/secrets/what-is-none-stays", test_innocent);
    g_test_add_func("/social-security/secrets/in-base64-the-whole-is-kept-nowhere", test_packed_secret);
    g_test_add_func("/social-security/base64/one-document-is-read", test_packed_documents);
    g_test_add_func("/social-security/base64/is-found-in-a-run-and-soon", test_packed_in_a_run);
    g_test_add_func("/social-security/codes/sets-by-option", test_code_sets);
    g_test_add_func("/social-security/codes/an-unknown-set-does-not-start", test_unknown_set);
    g_test_add_func("/social-security/columns/both-cases-are-equal", test_cases);
    g_test_add_func("/social-security/columns/each-status-has-its-event", test_statuses);
    g_test_add_func("/social-security/columns/around-rows-count-for-them", test_inherited);
    g_test_add_func("/social-security/keys/another-fact-has-another-key", test_keys);
    g_test_add_func("/social-security/key/states-share-their-number", test_states_share_their_number);
    g_test_add_func("/social-security/keys/fillers-hide-no-number", test_no_number);
    g_test_add_func("/social-security/answers/success-is-spelt-by-the-line", test_success_spellings);
    g_test_add_func("/social-security/answers/queries-are-refused", test_queries);
    g_test_add_func("/social-security/documents/are-read-again-from-the-start", test_read_again);
    g_test_add_func("/social-security/documents/others-are-refused", test_foreign);
    g_test_add_func("/social-security/replies/to-a-test-of-the-line", test_connections);
    g_test_add_func("/social-security/replies/only-to-who-gives-molss-rows", test_replies);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    adapter_test_add_fixtures("adapters/social-security/fixtures", "/social-security/fixture",
                              &(Fixture){NULL, "mappings/social-security.xml", "social-security"});
    add_behaviours();
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
