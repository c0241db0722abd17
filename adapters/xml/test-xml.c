/* The adapter xml at work: adapters/xml.so and the ready mappings with the real engine. adapters/xml/fixtures say what each
 * payload must become (fixtures/README.md has the reasons); fixtures/forms show each form in which rows come, with a mapping of
 * their own. Below is what no single fixture shows. */
#include "tests/lib/adapter-test.h"

#include <json-glib/json-glib.h>

static char *read_payload(const char *name, gsize *size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path =
        g_build_filename(mapping_test_folder(), "..", "adapters", "xml", "fixtures", name, NULL);
    char *bytes = NULL;
    g_file_get_contents(path, &bytes, size, &error);
    g_assert_no_error(error);
    return bytes;
}

/* Runs a fixture's payload; true when the adapter answers by itself. */
static bool run_payload(AdapterTest *test, const char *name)
{
    gsize size = 0;
    g_autofree char *bytes = read_payload(name, &size);
    return adapter_test_run_bytes(test, bytes, size);
}

static bool has_text(HtText text, const char *part)
{
    return text.size > 0 && memmem(text.data, text.size, part, strlen(part)) != NULL;
}

/* ---- The adapter ---- */

static void test_receipt(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/family-planning.xml", "xml");
    g_assert_null(test->worker.adapter->reply);
    g_assert_false(run_payload(test, "family-planning/attr-style-gb2312.xml"));
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
}

/* What the adapter makes of a payload is what its mapping alone makes of it. */
static void test_no_knowledge(void)
{
    gsize size = 0;
    g_autofree char *bytes = read_payload("low-income/batch-complete-soap.xml", &size);
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/low-income.xml", "xml");
    HtOutcome *outcome = &test->worker.outcome;
    HtPayload payload = {.body = {bytes, size}, .head = test->head};
    adapter_test_run_bytes(test, bytes, size);
    g_assert_cmpuint(test->outcome.events->len, ==, 3);
    ht_outcome_clear(outcome);
    ht_outcome_init(outcome);
    ht_mapper_run(test->worker.mapper, &payload, outcome);
    g_assert_cmpuint(outcome->events->len, ==, 3);
    for (guint i = 0; i < 3; i++) {
        HtText event = g_array_index(test->outcome.events, HtText, i);
        g_assert_true(ht_text_equal(event, g_array_index(outcome->events, HtText, i)));
    }
}

/* Whether somebody still gets something does not hang on how 0 and 1 are written. */
static void test_allowance_ends(void)
{
    static const char *const rows[][2] = {
        {"<BZRK>2</BZRK>", "benefit.granted.v1"},
        {"<BZRK>0</BZRK>", "benefit.ended.v1"},
        {"<BZRK>00</BZRK>", "benefit.ended.v1"},
        {"<BZRK>０</BZRK>", "benefit.ended.v1"},
        {"<BZRK>0.0</BZRK>", "benefit.ended.v1"},
        {"<BZRK>无人</BZRK>", NULL},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT>1</RYZT>", "benefit.granted.v1"},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT>01</RYZT>", "benefit.granted.v1"},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT>2</RYZT>", "benefit.ended.v1"},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT>正常</RYZT>", "benefit.granted.v1"},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT> 死 亡 </RYZT>", "benefit.ended.v1"},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT>待定</RYZT>", NULL},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT>1</RYZT><SFBZDX>否</SFBZDX>", "benefit.ended.v1"},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT>1</RYZT><SFBZDX>00</SFBZDX>", "benefit.ended.v1"},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT>1</RYZT><SFBZDX>是</SFBZDX>", "benefit.granted.v1"},
        {"<RYLSID>R1</RYLSID><XM>测试甲</XM><RYZT>1</RYZT><SFBZDX>?!</SFBZDX>", NULL},
    };
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/low-income.xml", "xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<Data><Record><JTLSID>J1</JTLSID><HZSFZHM>990104198001019915</HZSFZHM><CZSJ>2009-04-01</CZSJ>%s</Record></Data>",
            rows[i][0]);
        adapter_test_run(test, xml);
        if (!rows[i][1]) {
            g_assert_cmpstr(test->outcome.faults[0].code, ==, "flag-unreadable");
            continue;
        }
        HtEvent event = adapter_test_event(test, 0);
        if (!ht_text_is(event.attr[HT_ATTR_TYPE], rows[i][1])) {
            g_error("%s is no %s", rows[i][0], rows[i][1]);
        }
    }
}

/* All forms of one row become the same event. */
static void test_forms_agree(void)
{
    static const char *const forms[] = {"forms/attribute-rows-gbk.xml", "forms/soap-string-escaped.xml",
                                        "forms/soap-string-cdata-gbk.xml", "forms/nested-records.xml",
                                        "forms/flat.xml"};
    g_autoptr(AdapterTest) plain = adapter_test_new("adapters/xml/fixtures/forms.xml", "xml");
    g_autoptr(AdapterTest) test = adapter_test_new("adapters/xml/fixtures/forms.xml", "xml");
    run_payload(plain, "forms/element-rows-gbk.xml");
    HtEvent wanted = adapter_test_event(plain, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        run_payload(test, forms[i]);
        HtEvent event = adapter_test_event(test, 0);
        if (!ht_text_equal(event.data, wanted.data)) {
            g_error("%s becomes something else", forms[i]);
        }
    }
}

/* ---- Low income ---- */

static HtText correlation(AdapterTest *test, guint index)
{
    return adapter_test_event(test, index).attr[HT_ATTR_CORRELATIONID];
}

static void test_family_ties(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/low-income.xml", "xml");
    run_payload(test, "low-income/batch-complete-soap.xml");
    g_assert_true(correlation(test, 0).data != NULL);
    g_assert_true(ht_text_equal(correlation(test, 0), correlation(test, 1)));
    g_assert_true(ht_text_equal(correlation(test, 0), correlation(test, 2)));
    g_assert_false(has_text(correlation(test, 0), "JT0001"));
}

static void test_lost_person(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/low-income.xml", "xml");
    run_payload(test, "low-income/batch-person-lost-soap.xml");
    const char *text = test->outcome.faults[0].text;
    g_assert_nonnull(strstr(text, "states 2 records"));
    g_assert_nonnull(strstr(text, "has 1;"));
    g_assert_nonnull(strstr(text, "jzdxjbxx.xml"));
    run_payload(test, "low-income/batch-file-lost-soap.xml");
    text = test->outcome.faults[0].text;
    g_assert_nonnull(strstr(text, "jzjtxx.xml"));
    g_assert_nonnull(strstr(text, "states 1 records"));
    g_assert_nonnull(strstr(text, "has 0;"));
}

/* One batch's numbers are not the next one's. */
static void test_batches_apart(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/low-income.xml", "xml");
    run_payload(test, "low-income/lowincome-head-gbk.xml");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    run_payload(test, "low-income/lowincome-person-gbk.xml");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    run_payload(test, "low-income/batch-person-lost-soap.xml");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
    run_payload(test, "low-income/batch-complete-soap.xml");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
}

/* The clerk's name and telephone stand in the head. */
static void test_clerk(void)
{
    static const char *const payloads[] = {"low-income/batch-complete-soap.xml",
                                           "low-income/batch-head-last-soap.xml"};
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/low-income.xml", "xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(payloads); i++) {
        run_payload(test, payloads[i]);
        for (guint e = 0; e < test->outcome.events->len; e++) {
            HtText data = adapter_test_event(test, e).data;
            g_assert_false(has_text(data, "13800000000") || has_text(data, "经办三"));
        }
    }
}

/* 1, or nothing, is in receipt. */
static void test_states(void)
{
    static const struct {
        const char *columns, *type;
    } states[] = {
        {"<RYZT>1</RYZT><SFBZDX>1</SFBZDX>", "benefit.granted.v1"},
        {"<RYZT>null</RYZT><SFBZDX>null</SFBZDX>", "benefit.granted.v1"},
        {"", "benefit.granted.v1"},
        {"<RYZT>3</RYZT>", "benefit.ended.v1"},
        {"<RYZT>1</RYZT><SFBZDX>0</SFBZDX>", "benefit.ended.v1"},
    };
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/low-income.xml", "xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<Data><Record><RYLSID>RY0001</RYLSID><XM>测试戊</XM>%s</Record></Data>", states[i].columns);
        adapter_test_run(test, xml);
        g_assert_cmpuint(test->outcome.events->len, ==, 1);
        g_assert_true(ht_text_is(adapter_test_event(test, 0).attr[HT_ATTR_TYPE], states[i].type));
    }
}

/* ---- Credit ---- */

/* The same decision under three kinds of brackets is one; another authority's, or about somebody else, is another. */
static void test_brackets(void)
{
    static const struct {
        const char *number, *authority, *name;
        bool same;
    } rows[] = {
        {"测城管罚字[2019]第1号", "测试区城市管理局", "测试丁", true},
        {"测城管罚字〔2019〕第1号", "测试区城市管理局", "测试丁", true},
        {"测城管罚字（2019）第1号", "测试区城市管理局", "测试丁", true},
        {"测城管罚字【2019】 第1号", "测试区城市管理局", "测试丁", true},
        {"测城管罚字[2019]第2号", "测试区城市管理局", "测试丁", false},
        {"测城管罚字[2019]第1号", "测试市城市管理局", "测试丁", false},
        {"测城管罚字[2019]第1号", "测试区城市管理局", "测试戊", false},
    };
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/credit.xml", "xml");
    g_autofree char *first = NULL;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<ROWS><ROW><CF_WSH>%s</CF_WSH><CF_XZJG>%s</CF_XZJG><CF_XDR_MC>%s</CF_XDR_MC></ROW></ROWS>",
            rows[i].number, rows[i].authority, rows[i].name);
        adapter_test_run(test, xml);
        HtText key = adapter_test_event(test, 0).key;
        g_autofree char *found = g_strndup(key.data, key.size);
        first = first ? first : g_strdup(found);
        if (g_str_equal(first, found) != rows[i].same) {
            g_error("row %u: %s", i, rows[i].number);
        }
    }
}

/* ---- Queries ---- */

static void test_queries(void)
{
    static const struct {
        const char *mapping, *payload, *secret;
    } queries[] = {
        {"mappings/disabled.xml", "disabled/disabled-query-soap.xml", "192.0.2.10"},
        {"mappings/disabled.xml", "disabled/disabled-query-soap.xml", "PLACEHOLDER"},
        {"mappings/population-base.xml", "population-base/getname-query-soap-gbk.xml", "PLACEHOLDER"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_autoptr(AdapterTest) test = adapter_test_new(queries[i].mapping, "xml");
        run_payload(test, queries[i].payload);
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
        g_assert_cmpuint(test->outcome.events->len, ==, 0);
        g_assert_cmpuint(test->outcome.fault_count, ==, 1);
        g_assert_cmpstr(test->outcome.faults[0].code, ==, "query-not-answered");
        g_assert_null(strstr(test->outcome.faults[0].text, queries[i].secret));
    }
}

/* A certificate's number begins with the citizen's: consumers must not see it outside of data. */
static void test_certificate_number(void)
{
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/disabled.xml", "xml");
    run_payload(test, "disabled/disabled-answer-soap.xml");
    g_assert_cmpuint(test->outcome.events->len, ==, 2);
    for (guint i = 0; i < 2; i++) {
        HtEvent event = adapter_test_event(test, i);
        g_assert_nonnull(event.key.data);
        for (unsigned a = 0; a < HT_ATTR_COUNT; a++) {
            g_assert_false(has_text(event.attr[a], "990104"));
        }
    }
}

/* ---- Family planning ---- */

static void test_most_specific(void)
{
    static const struct {
        const char *codes, *division;
    } places[] = {
        {"<xiancode>440104</xiancode><jdcode>440104001</jdcode><jwhcode>440104001003</jwhcode>",
         "440104001003"},
        {"<jwhcode>440104001003</jwhcode><jdcode>440104001</jdcode><xiancode>440104</xiancode>",
         "440104001003"},
        {"<xiancode>440104</xiancode><jdcode>440104001</jdcode><jwhcode></jwhcode>", "440104001"},
        {"<xiancode>440104</xiancode><jdcode>null</jdcode>", "440104"},
    };
    g_autoptr(AdapterTest) test = adapter_test_new("mappings/family-planning.xml", "xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *text = g_strconcat(places[i].codes, "<sfzh>990104198205069922</sfzh>", NULL);
        adapter_test_run(test, text);
        g_assert_cmpuint(test->outcome.events->len, ==, 1);
        g_assert_true(ht_text_is(adapter_test_event(test, 0).attr[HT_ATTR_DIVISION], places[i].division));
    }
}

/* ---- All mappings ---- */

/* Letters of element names in the other case: `</xm>` is `</XM>`. */
static void turn_names(char *bytes, gsize size)
{
    bool in_name = false;
    for (gsize i = 0; i < size; i++) {
        in_name =
            bytes[i] == '<' || (in_name && (bytes[i] == '/' || bytes[i] == '_' || g_ascii_isalnum(bytes[i])));
        if (in_name && g_ascii_isalpha(bytes[i])) {
            bytes[i] =
                (char)(g_ascii_isupper(bytes[i]) ? g_ascii_tolower(bytes[i]) : g_ascii_toupper(bytes[i]));
        }
    }
}

/* Oracle gives names in capitals, JavaBeans in small letters: the same rows. */
static void test_names_in_any_case(void)
{
    static const char *const payloads[][2] = {
        {"mappings/floating.xml", "floating/floating-police-syrk-left.xml"},
        {"mappings/rental.xml", "rental/house-ended.xml"},
        {"mappings/justice.xml", "justice/correction-person-jz.xml"},
        {"mappings/veterans.xml", "veterans/without-number-gb2312.xml"},
        {"mappings/street-people.xml", "street-people/street-relief-family-xfjd.xml"},
        {"mappings/education.xml", "education/education-transfer-jyt1002.xml"},
        {"mappings/health-reports.xml", "health-reports/vaccination-info-dc.xml"},
        {"mappings/labour.xml", "labour/employment-registration.xml"},
        {"mappings/household-register.xml", "household-register/households.xml"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(payloads); i++) {
        gsize size = 0;
        g_autoptr(AdapterTest) plain = adapter_test_new(payloads[i][0], "xml");
        g_autoptr(AdapterTest) turned = adapter_test_new(payloads[i][0], "xml");
        g_autofree char *bytes = read_payload(payloads[i][1], &size);
        adapter_test_run_bytes(plain, bytes, size);
        turn_names(bytes, size);
        adapter_test_run_bytes(turned, bytes, size);
        g_assert_cmpuint(plain->outcome.events->len, >, 0);
        g_assert_cmpuint(turned->outcome.events->len, ==, plain->outcome.events->len);
        for (guint e = 0; e < plain->outcome.events->len; e++) {
            HtEvent one = adapter_test_event(plain, e), other = adapter_test_event(turned, e);
            g_assert_true(ht_text_equal(one.attr[HT_ATTR_TYPE], other.attr[HT_ATTR_TYPE]));
            g_assert_true(ht_text_equal(one.key, other.key));
            g_assert_cmpuint(one.data.size, ==, other.data.size);
        }
    }
}

/* Departments write all sorts of things where an end's day or reason is none: nothing has ended. */
static void test_ends_that_are_none(void)
{
    static const struct {
        const char *mapping, *xml, *open, *ended, *end;
    } columns[] = {
        {"mappings/floating.xml",
         "<SYRK_LDRKXXB><ryid>R1</ryid><xm>测试甲</xm><zjhm>990104198001019915</zjhm><lkbsqk_qlcrq>%s</lkbsqk_qlcrq>"
         "</SYRK_LDRKXXB>",
         "person.temporary-residence.v1", "person.temporary-residence-ended.v1", "2026-05-01"},
        {"mappings/rental.xml",
         "<ROWS><CZXX><czxxbh>L1</czxxbh><ryjgbh>RJ1</ryjgbh><czfwbh>CZ1</czfwbh><tzrq>%s</tzrq></CZXX></ROWS>",
         "housing.tenant-moved-in.v1", "housing.tenant-moved-out.v1", "20260501"},
        {"mappings/rental.xml",
         "<ROWS><CZRXX><czfwbh>CZ1</czfwbh><czrbh>T1</czrbh><xm>测试甲</xm><zxrq>%s</zxrq></CZRXX></ROWS>",
         "housing.tenant-moved-in.v1", "housing.tenant-moved-out.v1", "2026/5/1"},
        {"mappings/labour.xml",
         "<ROWS><ROW><bac001>P1</bac001><bab001>E1</bab001><aac003>测试甲</aac003><abc916>%s</abc916></ROW></ROWS>",
         "employment.registered.v1", "employment.ended.v1", "2026年5月1日"},
        {"mappings/household-register.xml",
         "<ROWS><SJ_HJXX_HXXB><HHNBID>77001</HHNBID><JHSJ>20260105</JHSJ><CHSJ>%s</CHSJ></SJ_HJXX_HXXB></ROWS>",
         "household.created.v1", "household.closed.v1", "20260501120000"},
        {"mappings/veterans.xml",
         "<Soldiers><Soldier><Soldier_Name>测试甲</Soldier_Name><Soldier_Id_No>990104198001019915</Soldier_Id_No>"
         "<Soldier_Removed>%s</Soldier_Removed></Soldier></Soldiers>",
         "veteran.registered.v1", "veteran.removed.v1", "01"},
    };
    static const char *const nones[] = {"", "0", "00000000", "-", "无", "null"};
    for (unsigned i = 0; i < G_N_ELEMENTS(columns); i++) {
        g_autoptr(AdapterTest) test = adapter_test_new(columns[i].mapping, "xml");
        for (unsigned k = 0; k <= G_N_ELEMENTS(nones); k++) {
            bool none = k < G_N_ELEMENTS(nones);
            const char *wanted = none ? columns[i].open : columns[i].ended;
            g_auto(GStrv) parts = g_strsplit(columns[i].xml, "%s", 2);
            g_autofree char *xml = g_strconcat(parts[0], none ? nones[k] : columns[i].end, parts[1], NULL);
            adapter_test_run(test, xml);
            if (test->outcome.events->len == 0 ||
                !ht_text_is(adapter_test_event(test, 0).attr[HT_ATTR_TYPE], wanted)) {
                g_error("%s is no %s", xml, wanted);
            }
        }
    }
}

/* All mappings' text. transfer full. */
static char *read_mappings(void)
{
    GString *all = g_string_new(NULL);
    g_autoptr(GDir) dir = g_dir_open(mapping_test_folder(), 0, NULL);
    for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(mapping_test_folder(), name, NULL);
        g_autofree char *text = NULL;
        if (g_str_has_suffix(name, ".xml") && g_strcmp0(name, "dictionary.xml") != 0 &&
            g_file_get_contents(path, &text, NULL, NULL)) {
            g_string_append(all, text);
        }
    }
    return g_string_free(all, FALSE);
}

/* Every event type of the dictionary is made by some mapping, but for those of the bus itself. */
static void test_every_type_is_made(void)
{
    static const char *const others[] = {"subject.merged", "subject.split", "bus.alarm", "bus.test", NULL};
    g_autofree char *path = g_build_filename(mapping_test_folder(), "dictionary.xml", NULL);
    g_autofree char *dictionary = NULL, *mappings = read_mappings();
    g_assert_true(g_file_get_contents(path, &dictionary, NULL, NULL));
    g_auto(GStrv) pieces = g_strsplit(dictionary, "<eventType name=\"", -1);
    for (char **piece = pieces + 1; *piece; piece++) {
        g_autofree char *name = g_strndup(*piece, strcspn(*piece, "\""));
        g_autofree char *wanted = g_strdup_printf("<event type=\"%s.v1\"", name);
        if (!strstr(mappings, wanted) && !g_strv_contains(others, name)) {
            g_error("no mapping makes %s", name);
        }
    }
}

/* ---- What a hint says of the record that it comes from ---- */

static JsonArray *read_expected(const char *path, JsonParser *parser)
{
    g_assert_true(json_parser_load_from_file(parser, path, NULL));
    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    return json_object_get_array_member(root, "events");
}

static bool is_restricted(const char *dictionary, const char *type)
{
    g_autofree char *wanted =
        g_strdup_printf("<eventType name=\"%.*s\"", (int)(strlen(type) - strlen(".v1")), type);
    const char *at = strstr(dictionary, wanted);
    g_assert_nonnull(at);
    g_autofree char *line = g_strndup(at, strcspn(at, ">"));
    return strstr(line, "restricted=\"yes\"") != NULL;
}

/* Whether a restricted event of the same payload, which is no hint, has this business number. */
static bool is_of_restricted(const char *dictionary, JsonArray *events, const char *business)
{
    bool found = false;
    for (guint i = 0; i < json_array_get_length(events); i++) {
        JsonObject *event = json_array_get_object_element(events, i);
        const char *type = json_object_get_string_member(event, "type");
        const char *other = json_object_get_string_member_with_default(event, "businessid", NULL);
        found = found || (!g_str_equal(type, "person.death-hinted.v1") && is_restricted(dictionary, type) &&
                          g_strcmp0(other, business) == 0);
    }
    return found;
}

/* A number of a person may tie it, of a record none: what has no citizen number would have the record's subject. */
static void check_hint(const char *dictionary, JsonArray *events, JsonObject *hint)
{
    const char *business = json_object_get_string_member_with_default(hint, "businessid", NULL);
    g_assert_false(business && is_of_restricted(dictionary, events, business));
    g_auto(GStrv) kinds = g_strsplit(json_object_get_string_member(hint, "identities"), " ", -1);
    static const char *const records[] = {"infectiousCard", "pregnancy", "maternal", "record", NULL};
    for (char **kind = kinds; *kind; kind++) {
        g_assert_false(g_strv_contains(records, *kind));
    }
}

/* Who gets hints of deaths learns nothing of infections, pregnancies and minds by them: neither a number nor a subject of the record. */
static void test_hints_are_of_no_record(void)
{
    g_autofree char *fixtures = g_build_filename(mapping_test_folder(), "..", "adapters/xml/fixtures", NULL);
    g_autofree char *path = g_build_filename(mapping_test_folder(), "dictionary.xml", NULL);
    g_autofree char *dictionary = NULL;
    unsigned hints = 0;
    g_autoptr(GDir) dir = g_dir_open(fixtures, 0, NULL);
    g_assert_true(dir && g_file_get_contents(path, &dictionary, NULL, NULL));
    for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
        g_autofree char *below = g_build_filename(fixtures, name, NULL);
        g_autoptr(GDir) folder = g_dir_open(below, 0, NULL);
        for (const char *file = folder ? g_dir_read_name(folder) : NULL; file;
             file = g_dir_read_name(folder)) {
            if (!g_str_has_suffix(file, ".expected.json")) {
                continue;
            }
            g_autofree char *expected = g_build_filename(below, file, NULL);
            g_autoptr(JsonParser) parser = json_parser_new();
            JsonArray *events = read_expected(expected, parser);
            for (guint i = 0; i < json_array_get_length(events); i++) {
                JsonObject *event = json_array_get_object_element(events, i);
                if (g_str_equal(json_object_get_string_member(event, "type"), "person.death-hinted.v1")) {
                    check_hint(dictionary, events, event);
                    hints++;
                }
            }
        }
    }
    g_assert_cmpuint(hints, >=, 10);
}

/* The fixtures of each folder, with the mapping of its name: in mappings/, or beside the folder. */
static void add_all_fixtures(void)
{
    static const char fixtures[] = "adapters/xml/fixtures";
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", fixtures, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_assert_nonnull(dir);
    for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
        g_autofree char *folder = g_build_filename(fixtures, name, NULL);
        g_autofree char *below = g_build_filename(path, name, NULL);
        g_autofree char *beside = g_strconcat(folder, ".xml", NULL);
        g_autofree char *own = g_strconcat(path, "/", name, ".xml", NULL);
        g_autofree char *ready = g_strconcat("mappings/", name, ".xml", NULL);
        g_autofree char *prefix = g_strconcat("/xml/", name, NULL);
        if (g_file_test(below, G_FILE_TEST_IS_DIR)) {
            Fixture how = {.mapping = g_file_test(own, G_FILE_TEST_EXISTS) ? beside : ready,
                           .adapter = "xml"};
            adapter_test_add_fixtures(folder, prefix, &how);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_all_fixtures();
    g_test_add_func("/xml/low-income/ends-in-every-spelling", test_allowance_ends);
    g_test_add_func("/xml/hints/are-of-no-record", test_hints_are_of_no_record);
    g_test_add_func("/xml/adapter/leaves-the-answer-to-the-bus", test_receipt);
    g_test_add_func("/xml/adapter/has-no-knowledge-of-its-own", test_no_knowledge);
    g_test_add_func("/xml/forms/all-forms-become-the-same", test_forms_agree);
    g_test_add_func("/xml/low-income/family-and-persons-are-tied", test_family_ties);
    g_test_add_func("/xml/low-income/what-got-lost-is-named", test_lost_person);
    g_test_add_func("/xml/low-income/numbers-are-of-one-batch", test_batches_apart);
    g_test_add_func("/xml/low-income/clerks-are-not-carried", test_clerk);
    g_test_add_func("/xml/low-income/states-end-a-benefit", test_states);
    g_test_add_func("/xml/credit/brackets-of-a-decision-do-not-count", test_brackets);
    g_test_add_func("/xml/queries/are-refused-and-leave-nothing", test_queries);
    g_test_add_func("/xml/disabled/certificate-number-is-no-business-number", test_certificate_number);
    g_test_add_func("/xml/family-planning/most-specific-place-counts", test_most_specific);
    g_test_add_func("/xml/all/every-event-type-is-made", test_every_type_is_made);
    g_test_add_func("/xml/all/names-come-in-any-case", test_names_in_any_case);
    g_test_add_func("/xml/all/ends-that-are-none", test_ends_that_are_none);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
