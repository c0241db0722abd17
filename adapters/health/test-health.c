/* The health adapter at work: adapters/health.so and mappings/health.xml with the real engine. adapters/health/fixtures say
 * what each payload must become (fixtures/README.md has the reasons). Below is what no single fixture shows. */
#include "tests/lib/adapter-test.h"

#include <time.h>

#define FOLDER "adapters/health/fixtures"

static AdapterTest *new_test(void)
{
    return adapter_test_new("mappings/health.xml", "health");
}

/* A fixture's bytes as text; transfer full. Inlined, gcc 12 takes the text for its local pointer. */
G_NO_INLINE static char *read_text(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", folder, name, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static char *replace(const char *text, const char *old, const char *new)
{
    g_auto(GStrv) parts = g_strsplit(text, old, -1);
    g_assert_cmpuint(g_strv_length(parts), >, 1);
    return g_strjoinv(new, parts);
}

static bool attribute_is(const HtEvent *event, HtAttr attribute, const char *value)
{
    HtText text = event->attr[attribute];
    return value ? text.data && ht_text_is(text, value) : !text.data;
}

/* The event's identity of this kind; transfer full, NULL when it has none. */
static char *find_identity(const HtEvent *event, const char *kind)
{
    for (unsigned i = 0; i < event->identity_count; i++) {
        if (ht_text_is(event->identities[i].kind, kind)) {
            return g_strndup(event->identities[i].value.data, event->identities[i].value.size);
        }
    }
    return NULL;
}

static char *get_key(const HtEvent *event)
{
    return g_strndup(event->key.data, event->key.size);
}

/* Nowhere in what leaves the host: events, their keys, the answer, faults. */
static void assert_nowhere(AdapterTest *test, const char *secret)
{
    for (guint i = 0; i < test->outcome.events->len; i++) {
        HtText packed = g_array_index(test->outcome.events, HtText, i);
        g_assert_null(memmem(packed.data, packed.size, secret, strlen(secret)));
    }
    g_assert_true(!test->reply || !memmem(test->reply, test->reply_size, secret, strlen(secret)));
    for (guint i = 0; i < test->outcome.fault_count; i++) {
        g_assert_null(strstr(test->outcome.faults[i].text, secret));
    }
}

/* ---- Persons ---- */

/* A document's kind and version are what they are, however they are written. */
static void test_spellings_of_kinds(void)
{
    static const char *const changes[][3] = {
        {"HSDA00.01", "hsda00.01", "health.record-created.v1"},
        {"<versionNumber/>", "<versionNumber value=\"01\"/>", "health.record-created.v1"},
        {"<versionNumber/>", "<versionNumber value=\"1.0\"/>", "health.record-created.v1"},
        {"<versionNumber/>", "<versionNumber value=\"0\"/>", "health.record-created.v1"},
        {"<versionNumber/>", "<versionNumber value=\"10\"/>", "health.record-updated.v1"},
    };
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *text = read_text(FOLDER, "health-cda-hsda00-01.xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *changed = replace(text, changes[i][0], changes[i][1]);
        adapter_test_run(test, changed);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_true(attribute_is(&event, HT_ATTR_TYPE, changes[i][2]));
    }
}

/* The hospital's notice has no citizen number; the police's registration has. The certificate's number is in both. */
static void test_birth_joins_registration(void)
{
    g_autoptr(AdapterTest) health = new_test();
    g_autoptr(AdapterTest) police = adapter_test_new("mappings/hukou.xml", "hukou");
    g_autofree char *notice = read_text(FOLDER, "health-cda-hsdb01-01-birth.xml");
    g_autofree char *registration = read_text("adapters/hukou/fixtures", "full-birth.xml");
    adapter_test_run(health, notice);
    adapter_test_run(police, registration);
    HtEvent notified = adapter_test_event(health, 0), born = adapter_test_event(police, 0);
    g_autofree char *mine = find_identity(&notified, "birthCertificate");
    g_autofree char *theirs = find_identity(&born, "birthCertificate");
    g_assert_nonnull(mine);
    g_assert_cmpstr(mine, ==, theirs);
    g_assert_null(find_identity(&notified, "idNumber"));
    g_assert_null(find_identity(&notified, "healthRecord"));
}

/* However either of them writes the number; and a child under the mother's number is not the mother. */
static void test_birth_is_the_childs(void)
{
    static const char *const forms[] = {"t990000001", "Ｔ９９００００００１", "T-990000001", "T 990 000 001",
                                        "编号：T990000001"};
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *notice = read_text(FOLDER, "health-cda-hsdb01-01-birth.xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autofree char *written = replace(notice, "T990000001", forms[i]);
        adapter_test_run(test, written);
        HtEvent event = adapter_test_event(test, 0);
        g_autofree char *identities = mapping_test_identities(&event);
        g_assert_cmpstr(identities, ==, "birthCertificate=T990000001");
    }
    g_autofree char *mothers = replace(notice, "extension=\"\"/>", "extension=\"990104198205069922\"/>");
    g_assert_cmpstr(mothers, !=, notice);
    adapter_test_run(test, mothers);
    HtEvent event = adapter_test_event(test, 0);
    g_autofree char *identities = mapping_test_identities(&event);
    g_assert_cmpstr(identities, ==, "birthCertificate=T990000001");
    g_assert_nonnull(memmem(event.data.data, event.data.size, "identity-conflict", 17));
}

/* A patient whose number nobody has filled in is not all such patients. */
static void test_filler_numbers(void)
{
    static const char *const fillers[] = {"0", "000000", "99999999", "X", "A000000000"};
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *text = read_text(FOLDER, "prpa-in201304-merge-r1.xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(fillers); i++) {
        g_autofree char *unknown = replace(text, "46510001", fillers[i]);
        adapter_test_run(test, unknown);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_cmpuint(event.identity_count, ==, 2);
        g_assert_true(ht_text_is(event.identities[1].value, "PHC-0001:46513245"));
    }
}

static void assert_same_event(const char *one_name, const char *other_name)
{
    g_autoptr(AdapterTest) one = new_test();
    g_autoptr(AdapterTest) other = new_test();
    g_autofree char *one_text = read_text(FOLDER, one_name), *other_text = read_text(FOLDER, other_name);
    adapter_test_run(one, one_text);
    adapter_test_run(other, other_text);
    g_assert_cmpuint(one->outcome.events->len, ==, 1);
    g_assert_cmpuint(other->outcome.events->len, ==, 1);
    HtText first = g_array_index(one->outcome.events, HtText, 0);
    HtText second = g_array_index(other->outcome.events, HtText, 0);
    g_assert_cmpmem(first.data, first.size, second.data, second.size);
}

static void test_styles_are_equal(void)
{
    assert_same_event("health-prpa-in201311-r1.xml", "prpa-in201311-iso21090.xml");
    assert_same_event("prpa-in201304-merge-r1.xml", "prpa-in201304-merge-iso21090.xml");
    assert_same_event("health-prpa-in201311-r1.xml", "health-hip-soap12-cdata.xml");
}

static void test_merge_names_both(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *text = read_text(FOLDER, "prpa-in201304-merge-r1.xml");
    adapter_test_run(test, text);
    HtEvent event = adapter_test_event(test, 0);
    g_assert_cmpuint(event.identity_count, ==, 3);
    g_assert_true(ht_text_is(event.identities[1].value, "PHC-0001:46513245"));
    g_assert_true(ht_text_is(event.identities[2].value, "PHC-0001:46510001"));
}

/* Two hospitals may give the same number to different patients. */
static void test_local_numbers_are_the_senders(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *text = read_text(FOLDER, "health-prpa-in201311-r1.xml");
    g_autofree char *elsewhere = replace(text, "PHC-0001", "PHC-0002");
    adapter_test_run(test, text);
    HtEvent event = adapter_test_event(test, 0);
    g_autofree char *here = find_identity(&event, "localPatient"),
                    *here_key = g_strndup(event.key.data, event.key.size);
    adapter_test_run(test, elsewhere);
    event = adapter_test_event(test, 0);
    g_autofree char *there = find_identity(&event, "localPatient"),
                    *there_key = g_strndup(event.key.data, event.key.size);
    g_assert_cmpstr(here, !=, there);
    g_assert_cmpstr(here_key, !=, there_key);
}

/* ---- Services ---- */

/* The same message, the same root. */
static void test_action_decides(void)
{
    static const struct {
        const char *action, *type, *verb, *fault;
    } services[] = {
        {"S0001", "health.record-created.v1", "assert", NULL},
        {"S0002", "health.record-updated.v1", "assert", NULL},
        {"S0017", "health.record-updated.v1", "assert", NULL},
        {"S0018", "health.record-updated.v1", "assert", NULL},
        {"S0026", NULL, NULL, "service-not-taken"},
        {"S0004", NULL, NULL, "query-not-answered"},
        {" ｓ0017 ", "health.record-updated.v1", "assert", NULL},
        {"S0099", NULL, NULL, "operation-unknown"},
        {"查询", NULL, NULL, "operation-unknown"},
        {"S0001</action><action>S0004", NULL, NULL, "operation-unknown"},
        {"-", "health.record-created.v1", "assert", NULL},
        {"", "health.record-created.v1", "assert", NULL},
    };
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *text = read_text(FOLDER, "health-hip-soap12-cdata.xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(services); i++) {
        g_autofree char *action = g_strdup_printf("<action>%s</action>", services[i].action);
        g_autofree char *message = replace(text, "<action>S0001</action>", action);
        g_assert_true(adapter_test_run(test, message));
        if (services[i].fault) {
            g_assert_cmpstr(test->outcome.faults[0].code, ==, services[i].fault);
            g_assert_cmpuint(test->outcome.events->len, ==, 0);
            g_assert_nonnull(memmem(test->reply, test->reply_size, "&quot;AE&quot;", 14));
        } else {
            HtEvent event = adapter_test_event(test, 0);
            g_assert_true(attribute_is(&event, HT_ATTR_TYPE, services[i].type));
            g_assert_true(attribute_is(&event, HT_ATTR_ACTION, services[i].verb));
            g_assert_nonnull(memmem(test->reply, test->reply_size, "&quot;AA&quot;", 14));
        }
    }
}

/* Everything that the platform's list names is either taken or refused with a reason that is not "what is this?". */
static void test_all_interactions_are_known(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *table = read_text("mappings/tables", "HIP.service.tsv");
    g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
    unsigned seen = 0;
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, "\t", -1);
        if (**line != 'S') {
            continue;
        }
        g_autofree char *message = g_strdup_printf(
            "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body><HIPMessageServer "
            "xmlns='urn:hl7-org:v3'><action>%s</action><message>&lt;%s>&lt;id extension='M-9'/>&lt;/%s></message>"
            "</HIPMessageServer></e:Body></e:Envelope>",
            fields[0], fields[2], fields[2]);
        g_assert_true(adapter_test_run(test, message));
        const char *code = test->outcome.fault_count > 0 ? test->outcome.faults[0].code : "";
        g_assert_cmpstr(code, !=, "unknown-document");
        seen++;
    }
    g_assert_cmpuint(seen, >, 20);
}

static void test_answers_are_of_their_own_message(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *message = read_text(FOLDER, "health-prpa-in201311-r1.xml");
    g_autofree char *document = read_text(FOLDER, "health-cda-hsda00-01.xml");
    g_assert_true(adapter_test_run(test, message));
    g_assert_false(adapter_test_run(test, document));
    g_assert_true(adapter_test_run(
        test, "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body>"
              "<HIPMessageServer><action>S0001</action><message>?</message></HIPMessageServer>"
              "</e:Body></e:Envelope>"));
    g_assert_null(memmem(test->reply, test->reply_size, "22a0f9e0", 8));
}

#define ACKNOWLEDGEMENT(sender, receiver, code, target, text)                                                     \
    "<MCCI_IN000002UV01 xmlns=\"urn:hl7-org:v3\" ITSVersion=\"XML_1.0\">"                                         \
    "<id root=\"2.16.156.10011.0\" extension=\"m-1\"/><creationTime value=\"20090401130624\"/>"                   \
    "<interactionId root=\"2.16.840.1.113883.1.6\" extension=\"MCCI_IN000002UV01\"/><processingCode "             \
    "code=\"P\"/><processingModeCode code=\"R\"/><acceptAckCode code=\"NE\"/><receiver typeCode=\"RCV\"><device " \
    "classCode=\"DEV\" determinerCode=\"INSTANCE\">" sender "</device></receiver><sender typeCode=\"SND\">"       \
    "<device classCode=\"DEV\" determinerCode=\"INSTANCE\">" receiver "</device></sender><acknowledgement "       \
    "typeCode=\"" code "\"><targetMessage><id root=\"2.16.156.10011.0\" extension=\"" target                      \
    "\"/></targetMessage>"                                                                                        \
    "<acknowledgementDetail><text value=\"" text "\"/></acknowledgementDetail></acknowledgement>"                 \
    "</MCCI_IN000002UV01>"

/* What receives is who answers; identifiers are written as the message wrote them. */
static void test_acknowledgements(void)
{
    static const struct {
        const char *fixture, *answer;
    } answers[] = {
        {"health-prpa-in201311-r1.xml",
         ACKNOWLEDGEMENT("<id root=\"2.16.156.10011.0.1.1\" extension=\"PHC-0001\"/>",
                         "<id root=\"2.16.156.10011.0.1.2\" extension=\"BUS\"/>", "AA",
                         "22a0f9e0-4454-11dc-a6be-3603d6866807", "处理成功")},
        {"prpa-in201311-mixed.xml",
         ACKNOWLEDGEMENT("<id><item root=\"2.16.156.10011.0.1.1\" extension=\"PHC-0001\"/></id>",
                         "<id><item root=\"2.16.156.10011.0.1.2\" extension=\"BUS\"/></id>", "AA", "MSG-0007",
                         "处理成功")},
        {"prpa-in201304-merge-no-prior.xml",
         ACKNOWLEDGEMENT(
             "<id root=\"2.16.156.10011.0.1.1\" extension=\"PHC-0001\"/>",
             "<id root=\"2.16.156.10011.0.1.2\" extension=\"BUS\"/>", "AE", "MSG-0011",
             "required-missing: a required element has no value; health.mergedPatientId (priorPatientId); "
             "record 1, line 1")},
    };
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autofree char *text = read_text(FOLDER, answers[i].fixture);
        g_assert_true(adapter_test_run(test, text));
        g_autofree char *reply = g_strndup(test->reply, test->reply_size);
        g_assert_cmpstr(reply, ==, answers[i].answer);
    }
}

/* HIPMessageServer's clients get the same as a string. */
static void test_acknowledgement_in_payload(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *message = read_text(FOLDER, "health-prpa-in201311-r1.xml");
    g_autofree char *wrapped = read_text(FOLDER, "health-hip-soap12-cdata.xml");
    g_assert_true(adapter_test_run(test, message));
    g_autofree char *bare = g_markup_escape_text(test->reply, (gssize)test->reply_size);
    g_assert_true(adapter_test_run(test, wrapped));
    g_autofree char *reply = g_strndup(test->reply, test->reply_size);
    g_autofree char *wanted = g_strdup_printf("<HIPMessageServerResponse xmlns=\"urn:hl7-org:v3\"><payload>%s"
                                              "</payload></HIPMessageServerResponse>",
                                              bare);
    g_assert_cmpstr(reply, ==, wanted);
}

static void test_tokens_are_not_carried(void)
{
    static const char *const names[] = {"ehr-ws-insert.xml", "ehr-ws-update.xml", "ehr-other-table.xml"};
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = read_text(FOLDER, names[i]);
        g_assert_nonnull(strstr(text, "TOKEN-9c1f"));
        adapter_test_run(test, text);
        assert_nowhere(test, "TOKEN-9c1f");
    }
}

/* Toolkits lose the names of parameters: a query stays one, and a card's registration no new record. */
static void test_parameters_by_place(void)
{
    static const char *const names[][2] = {
        {"input1", "input2"},         {"arg0", "arg1"},  {"in0", "in1"}, {"param0", "param1"},
        {"parameters", "parameters"}, {"ACTION", "arg1"}};
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *text = read_text(FOLDER, "health-hip-soap12-cdata.xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *action = g_strdup_printf("<%s>S0017</%s>", names[i][0], names[i][0]);
        g_autofree char *start = g_strdup_printf("<%s>", names[i][1]);
        g_autofree char *end = g_strdup_printf("</%s></HIPMessageServer", names[i][1]);
        g_autofree char *first = replace(text, "<action>S0001</action>", action);
        g_autofree char *second = replace(first, "<message>", start);
        g_autofree char *card = replace(second, "</message></HIPMessageServer", end);
        g_autofree char *query = replace(card, "S0017", "S0004");
        adapter_test_run(test, card);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_true(attribute_is(&event, HT_ATTR_TYPE, "health.record-updated.v1"));
        assert_nowhere(test, "S0017");
        g_assert_true(adapter_test_run(test, query));
        g_assert_cmpstr(test->outcome.faults[0].code, ==, "query-not-answered");
        g_assert_nonnull(memmem(test->reply, test->reply_size, "&quot;AE&quot;", 14));
    }
    g_autofree char *rows = read_text(FOLDER, "ehr-ws-insert.xml");
    g_autofree char *opened = replace(rows, "<token ", "<arg0 ");
    g_autofree char *places = replace(opened, "</token>", "</arg0>");
    adapter_test_run(test, places);
    adapter_test_event(test, 0);
    assert_nowhere(test, "TOKEN-9c1f");
}

/* The city's service deletes what it inserted. */
static void test_deletion(void)
{
    static const char *const calls[] = {"ws_delete", "WS_DELETE", "p:ws_delete xmlns:p='urn:x'"};
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *text = read_text(FOLDER, "ehr-ws-insert.xml");
    g_assert_nonnull(strstr(text, "ws_insert"));
    for (unsigned i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autofree char *end = g_strndup(calls[i], strcspn(calls[i], " "));
        g_auto(GStrv) parts = g_regex_split_simple("</[^>]*ws_insert>|<[^>]*ws_insert[^>]*>", text, 0, 0);
        g_assert_cmpuint(g_strv_length(parts), ==, 3);
        g_autofree char *call =
            g_strconcat(parts[0], "<", calls[i], ">", parts[1], "</", end, ">", parts[2], NULL);
        adapter_test_run(test, call);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_true(attribute_is(&event, HT_ATTR_TYPE, "health.record-created.v1"));
        g_assert_true(attribute_is(&event, HT_ATTR_ACTION, "cancel"));
        assert_nowhere(test, "TOKEN-9c1f");
    }
}

/* ---- Documents ---- */

static void test_content_stays_in_the_document(void)
{
    static const char *const names[] = {"emr-20k.xml", "hip-s0014-base64-emr.xml",
                                        "emr-illegal-comments.xml"};
    static const char *const clinical[] = {"测试文本", "测试诊断", "J18.900",
                                           "001床",    "洪桥街道", "02000000000"};
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = read_text(FOLDER, names[i]);
        adapter_test_run(test, text);
        g_assert_cmpuint(test->outcome.events->len, ==, 1);
        for (unsigned c = 0; c < G_N_ELEMENTS(clinical); c++) {
            assert_nowhere(test, clinical[c]);
        }
    }
}

/* With every length of the last block, so that every way to end the digest is taken. */
static void test_digest_is_the_documents(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *text = read_text(FOLDER, "health-cda-hsda00-01.xml");
    for (unsigned i = 0; i < 130; i++) {
        g_autofree char *padded = g_strdup_printf("%s%*s", text, (int)i, "");
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, padded, -1);
        adapter_test_run(test, padded);
        HtEvent event = adapter_test_event(test, 0);
        g_assert_nonnull(memmem(event.data.data, event.data.size, digest, strlen(digest)));
    }
}

/* In a SOAP string the document is what stands between its tags. */
static void test_digest_in_an_envelope(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *text = read_text(FOLDER, "emr-20k.xml");
    const char *start = strstr(text, "<ClinicalDocument"), *end = strstr(text, "</ClinicalDocument>");
    g_autofree char *document = g_strndup(start, (gsize)(end - start) + strlen("</ClinicalDocument>"));
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, document, -1);
    g_autofree char *message = g_strdup_printf(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><submit><in><![CDATA[%s]]>"
        "</in></submit></e:Body></e:Envelope>",
        document);
    adapter_test_run(test, message);
    HtEvent event = adapter_test_event(test, 0);
    g_assert_nonnull(memmem(event.data.data, event.data.size, digest, strlen(digest)));
}

static void test_dialects(void)
{
    static const struct {
        const char *evidence;
        bool taken;
    } documents[] = {
        {"<templateId root='2.16.156.10011.2.1.1.21'/>", true},
        {"<templateId root='SD.10.1'/>", true},
        {"<code code='C0001' codeSystem='2.16.156.10011.2.4'/>", true},
        {"<realmCode code='CN'/>", false},
        {"<templateId root='2.16.840.1.113883.10.20.22.1.1'/>", false},
    };
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(documents); i++) {
        g_autofree char *text = g_strdup_printf("<ClinicalDocument xmlns='urn:hl7-org:v3'>%s<id root='1.2' "
                                                "extension='3'/></ClinicalDocument>",
                                                documents[i].evidence);
        adapter_test_run(test, text);
        g_assert_cmpuint(test->outcome.events->len, ==, documents[i].taken ? 1 : 0);
        g_assert_cmpstr(documents[i].taken ? "foreign-dialect" : test->outcome.faults[0].code, ==,
                        "foreign-dialect");
    }
}

/* Whatever is cut off, or nested too deep, the next document is read as if nothing had been. */
static void test_after_broken_documents(void)
{
    static const char *const names[] = {"health-cda-hsda00-01.xml", "hip-s0014-base64-two.xml",
                                        "vaccination-card-columns.xml", "prpa-in201311-mixed.xml"};
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = read_text(FOLDER, names[i]);
        adapter_test_run(test, text);
        guint events = test->outcome.events->len;
        for (size_t size = 1; size < strlen(text); size += 97) {
            adapter_test_run_bytes(test, text, size);
            g_assert_cmpuint(test->outcome.events->len, ==, 0);
        }
        adapter_test_run(test, text);
        g_assert_cmpuint(test->outcome.events->len, ==, events);
    }
}

static void test_deep_documents(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autoptr(GString) text = g_string_new("<ClinicalDocument xmlns='urn:hl7-org:v3'><code code='HSDA00.01' "
                                           "codeSystem='2.16.156.10011.2.4'/>");
    for (unsigned i = 0; i < 61; i++) {
        g_string_append(text, "<component>");
    }
    for (unsigned i = 0; i < 61; i++) {
        g_string_append(text, "</component>");
    }
    g_string_append(text, "</ClinicalDocument>");
    adapter_test_run(test, text->str);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
}

/* ---- Children ---- */

/* Three years ago, as yyyymmdd; transfer full. */
static char *find_recent_day(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GDateTime) then = g_date_time_add_years(now, -3);
    return g_date_time_format(then, "%Y%m%d");
}

static void assert_minor(AdapterTest *test, const char *text, const char *minor)
{
    adapter_test_run(test, text);
    HtEvent event = adapter_test_event(test, 0);
    g_assert_true(attribute_is(&event, HT_ATTR_DATACLASSIFICATION, "3"));
    g_assert_true(attribute_is(&event, HT_ATTR_MINOR, minor));
}

/* By the birth date alone: neither has a number. */
static void test_children_are_minors(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *day = find_recent_day();
    g_autofree char *certificate = read_text(FOLDER, "health-cda-hsdb01-01-birth.xml");
    g_autofree char *young = replace(certificate, "20090312", day);
    g_autofree char *card =
        g_strdup_printf("<tables><table name='vac_card'><row><card_id>T9</card_id><birthday>%s</birthday>"
                        "<bcg_time>%s</bcg_time></row></table></tables>",
                        day, day);
    g_autofree char *adult = replace(card, day, "19800101");
    assert_minor(test, certificate, NULL);
    assert_minor(test, young, "1");
    assert_minor(test, card, "1");
    assert_minor(test, adult, NULL);
}

/* ---- Vaccinations ---- */

/* The card again, in another notation, with one dose more: one new key. */
static void test_doses_have_keys(void)
{
    g_autoptr(AdapterTest) test = new_test();
    adapter_test_run(
        test, "<tables><table name='vac_card'><row><card_id>T1</card_id><hepa_time_1>20090312</hepa_time_1>"
              "<bcg_time>2009-03-13</bcg_time></row></table></tables>");
    g_assert_cmpuint(test->outcome.events->len, ==, 2);
    HtEvent first = adapter_test_event(test, 0), second = adapter_test_event(test, 1);
    g_autofree char *first_key = get_key(&first), *second_key = get_key(&second);
    adapter_test_run(
        test,
        "<tables><table name='vac_card'><row><card_id>T1</card_id><hepa_time_1>2009年3月12日"
        "</hepa_time_1><hepa_time_2>2009-10-01</hepa_time_2><bcg_time>1236902400</bcg_time></row></table>"
        "</tables>");
    g_assert_cmpuint(test->outcome.events->len, ==, 3);
    HtEvent again = adapter_test_event(test, 0), new = adapter_test_event(test, 1),
            other = adapter_test_event(test, 2);
    g_autofree char *again_key = get_key(&again), *new_key = get_key(&new), *other_key = get_key(&other);
    g_assert_cmpstr(again_key, ==, first_key);
    g_assert_cmpstr(other_key, ==, second_key);
    g_assert_cmpstr(new_key, !=, first_key);
    g_assert_true(attribute_is(&again, HT_ATTR_BUSINESSID, NULL));
}

/* A card's number that stands there only so that the column is not empty is shared by strangers: it makes no key, and hides
 * no number that is one. */
static void test_cards_without_number(void)
{
    static const char *const fillers[] = {"无", "0000", "０", "A000000000", "-1", "补办中", "null", ""};
    g_autoptr(AdapterTest) test = new_test();
    adapter_test_run(
        test,
        "<tables><table name='vac_card'><row><ext_uuid>T71</ext_uuid><bcg_time>20090313</bcg_time></row>"
        "</table></tables>");
    HtEvent sound = adapter_test_event(test, 0);
    g_autofree char *key = get_key(&sound);
    g_assert_nonnull(key);
    for (unsigned i = 0; i < G_N_ELEMENTS(fillers); i++) {
        g_autofree char *behind = g_strdup_printf(
            "<tables><table name='vac_card'><row><card_id>%s</card_id><ext_uuid>T71</ext_uuid>"
            "<bcg_time>20090313</bcg_time></row></table></tables>",
            fillers[i]);
        adapter_test_run(test, behind);
        HtEvent event = adapter_test_event(test, 0);
        g_autofree char *found = g_strndup(event.key.data, event.key.size);
        g_assert_cmpstr(found, ==, key);
        g_autofree char *alone = replace(behind, "T71", "0");
        adapter_test_run(test, alone);
        event = adapter_test_event(test, 0);
        g_assert_null(event.key.data);
        g_assert_nonnull(event.half_key.data);
    }
}

static void test_dose_dates(void)
{
    static const struct {
        const char *sent, *time; /* NULL: no dose */
    } dates[] = {{"20090312", "2009-03-12T00:00:00+08:00"},
                 {"2009-03-12", "2009-03-12T00:00:00+08:00"},
                 {"2009/3/12", "2009-03-12T00:00:00+08:00"},
                 {"2009年3月12日", "2009-03-12T00:00:00+08:00"},
                 {"1236787200", "2009-03-12T00:00:00+08:00"},
                 {"2009031208", "2009-03-12T00:00:00+08:00"},
                 {"2009.3.12", "2009-03-12T00:00:00+08:00"},
                 {"1236873599", "2009-03-12T00:00:00+08:00"},
                 {"-", NULL},
                 {"0", NULL},
                 {"", NULL},
                 {"0000-00-00", NULL},
                 {"未种", NULL}};
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(dates); i++) {
        g_autofree char *card = g_strdup_printf("<tables><table name='vac_info'><row><ext_uuid>1</ext_uuid>"
                                                "<mmr_time_1>%s</mmr_time_1></row></table></tables>",
                                                dates[i].sent);
        adapter_test_run(test, card);
        g_assert_cmpuint(test->outcome.events->len, ==, dates[i].time ? 1 : 0);
        if (dates[i].time) {
            HtEvent event = adapter_test_event(test, 0);
            g_assert_true(attribute_is(&event, HT_ATTR_TIME, dates[i].time));
        }
    }
}

/* Birthdays as seconds since 1970 are midnights, by the clocks of their time. */
static void test_counted_births(void)
{
    static const char *const births[][2] = {
        {"581094000", "1988-06-01"}, /* summer time */
        {"581097600", "1988-06-01"}, /* by clocks that do not know it */
        {"596908800", "1988-12-01"},   {"-819795600", "1944-01-10"},
        {"-1372925157", "1926-07-01"}, /* local mean time */
        {"315504000", "1980-01-01"},
    };
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *row = read_text(FOLDER, "health-ehr-tables-row.xml");
    for (unsigned i = 0; i < G_N_ELEMENTS(births); i++) {
        g_autofree char *birth = g_strdup_printf("<date_of_birth>%s</date_of_birth></row>", births[i][0]);
        g_autofree char *day = g_strdup_printf("\"birthDate\":\"%s\"", births[i][1]);
        g_autofree char *payload = replace(row, "</row>", birth);
        adapter_test_run(test, payload);
        HtStoredEvent stored = {.sequence = 1, .event = adapter_test_event(test, 0)};
        HtBuffer json = {0};
        ht_event_render(&stored, "bus", NULL, &json);
        g_assert_nonnull(memmem(json.data, json.size, day, strlen(day)));
        ht_buffer_clear(&json);
    }
}

static void test_rows_are_bounded(void)
{
    g_autoptr(AdapterTest) test = new_test();
    g_autoptr(GString) card = g_string_new("<tables><table name='vac_card'><row>");
    for (unsigned i = 0; i < 1200; i++) {
        g_string_append_printf(card, "<c%u>1</c%u>", i % 300, i % 300);
    }
    g_string_append(card, "</row></table></tables>");
    adapter_test_run(test, card->str);
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "row-too-long");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    adapter_test_add_fixtures(FOLDER, "/health/fixture", &(Fixture){NULL, "mappings/health.xml", "health"});
    g_test_add_func("/health/documents/kind-and-version-in-every-spelling", test_spellings_of_kinds);
    g_test_add_func("/health/persons/a-birth-joins-its-registration", test_birth_joins_registration);
    g_test_add_func("/health/person/birth-is-the-childs", test_birth_is_the_childs);
    g_test_add_func("/health/person/fillers-are-nobody", test_filler_numbers);
    g_test_add_func("/health/persons/both-encodings-are-the-same-event", test_styles_are_equal);
    g_test_add_func("/health/persons/a-merge-names-both-numbers", test_merge_names_both);
    g_test_add_func("/health/persons/local-numbers-are-their-senders", test_local_numbers_are_the_senders);
    g_test_add_func("/health/services/the-action-decides-not-the-root", test_action_decides);
    g_test_add_func("/health/services/every-interaction-is-known", test_all_interactions_are_known);
    g_test_add_func("/health/services/an-answer-is-of-its-own-message",
                    test_answers_are_of_their_own_message);
    g_test_add_func("/health/services/acknowledgements-are-aa-or-ae", test_acknowledgements);
    g_test_add_func("/health/services/acknowledgements-come-in-payload", test_acknowledgement_in_payload);
    g_test_add_func("/health/services/tokens-are-not-carried", test_tokens_are_not_carried);
    g_test_add_func("/health/services/parameters-by-place", test_parameters_by_place);
    g_test_add_func("/health/services/a-deletion-is-a-cancellation", test_deletion);
    g_test_add_func("/health/documents/content-stays-in-the-document", test_content_stays_in_the_document);
    g_test_add_func("/health/documents/the-digest-is-the-documents", test_digest_is_the_documents);
    g_test_add_func("/health/documents/the-digest-in-an-envelope", test_digest_in_an_envelope);
    g_test_add_func("/health/documents/dialects-are-told-apart", test_dialects);
    g_test_add_func("/health/documents/broken-ones-leave-nothing-behind", test_after_broken_documents);
    g_test_add_func("/health/documents/depth-is-bounded", test_deep_documents);
    g_test_add_func("/health/children/the-birth-date-alone-makes-a-minor", test_children_are_minors);
    g_test_add_func("/health/keys/a-filler-is-no-card", test_cards_without_number);
    g_test_add_func("/health/vaccinations/each-dose-has-its-key", test_doses_have_keys);
    g_test_add_func("/health/vaccinations/dates-come-in-any-notation", test_dose_dates);
    g_test_add_func("/health/children/births-are-counted-by-the-clocks-of-their-time", test_counted_births);
    g_test_add_func("/health/vaccinations/rows-are-bounded", test_rows_are_bounded);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
