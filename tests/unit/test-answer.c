/* Answers as departments get them, byte for byte, and their status. */
#include "core/base/not-understood.h"
#include "core/ingress/answer-body.h"
#include "plugins/supervisor.h"

#include <libxml/parser.h>

/* The spool's and the supervisor's domains, without either. */
G_DEFINE_QUARK(ht_host_error, ht_host_error)
G_DEFINE_QUARK(ht_spool_error, ht_spool_error)

#define ID "01a1ff95-f45c-702c-a99a-e6a33216f278"
#define SHA256 "0101010101010101010101010101010101010101010101010101010101010101"
#define PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static HtReplyContext make_context(HtSoapVersion soap, bool json, const char *relates_to)
{
    HtReplyContext context = {.soap = soap, .json = json, .relates_to = ht_text_from(relates_to)};
    g_assert_true(ht_uuid_parse(HT_TEXT_LITERAL(ID), &context.id));
    return context;
}

static HtReceipt make_receipt(void)
{
    HtReceipt receipt = {
        .sequence = 1234, .events = 2, .duplicates = 1, .rejected = 1, .received_us = 1795219200123456};
    g_assert_true(ht_uuid_parse(HT_TEXT_LITERAL(ID), &receipt.id));
    memset(receipt.sha256, 1, sizeof receipt.sha256);
    return receipt;
}

static GArray *make_faults(void)
{
    HtFault fault;
    ht_fault_set(&fault, "required-missing", "An element is missing: \"name\" & <more>.");
    ht_fault_set_element(&fault, HT_TEXT_LITERAL("person.name"));
    fault.record = 3;
    fault.line = 17;
    GArray *faults = g_array_new(FALSE, FALSE, sizeof fault);
    return g_array_append_val(faults, fault);
}

static void assert_body(const HtAnswer *answer, const char *wanted)
{
    g_autofree char *body = g_strndup(answer->body.data, answer->body.size);
    g_assert_cmpstr(body, ==, wanted);
    if (body[0] == '<') {
        xmlDoc *document = xmlReadMemory(body, (int)strlen(body), NULL, NULL, XML_PARSE_NONET);
        g_assert_nonnull(document);
        xmlFreeDoc(document);
    }
}

#define RECEIPT(p)                                                                                           \
    "<" p "messageId>" ID "</" p "messageId><" p "sequence>1234</" p "sequence><" p "events>2</" p           \
    "events><" p "duplicates>1</" p "duplicates><" p "rejected>1</" p "rejected><" p "sha256>" SHA256 "</" p \
    "sha256><" p "receivedAt>2026-11-21T08:00:00.123+08:00</" p "receivedAt>"
#define FINDING(p)                                                                         \
    "<" p "finding><" p "code>required-missing</" p "code><" p "record>3</" p "record><" p \
    "element>person.name</" p "element><" p "line>17</" p "line><" p                       \
    "text>An element is missing: &quot;name&quot; &amp; &lt;more&gt;.</" p "text></" p "finding>"

static void receipts_are_golden(void)
{
    static const struct {
        HtSoapVersion soap;
        bool json;
        const char *type, *body;
    } cases[] = {
        {HT_SOAP_NONE, false, "application/xml; charset=utf-8",
         PROLOG "<receipt xmlns=\"urn:hutong:receipt:1\">" RECEIPT("") FINDING("") "</receipt>\n"},
        {HT_SOAP_11, true, "text/xml; charset=utf-8",
         PROLOG "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>"
                "<hutong:receipt xmlns:hutong=\"urn:hutong:receipt:1\">" RECEIPT("hutong:")
                    FINDING("hutong:") "</hutong:receipt></soap:Body></soap:Envelope>\n"},
        {HT_SOAP_12, false, "application/soap+xml; charset=utf-8",
         PROLOG "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\"><soap:Body>"
                "<hutong:receipt xmlns:hutong=\"urn:hutong:receipt:1\">" RECEIPT("hutong:")
                    FINDING("hutong:") "</hutong:receipt></soap:Body></soap:Envelope>\n"},
        {HT_SOAP_NONE, true, "application/json",
         "{\"messageId\":\"" ID
         "\",\"sequence\":1234,\"events\":2,\"duplicates\":1,\"rejected\":1,\"sha256\":\"" SHA256
         "\",\"receivedAt\":\"2026-11-21T08:00:00.123+08:00\",\"findings\":[{\"code\":\"required-missing\",\"record\":3,"
         "\"element\":\"person.name\",\"line\":17,\"text\":\"An element is missing: \\\"name\\\" & <more>.\"}]}\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtAnswer answer;
        HtReceipt receipt = make_receipt();
        HtReplyContext context = make_context(cases[i].soap, cases[i].json, NULL);
        g_autoptr(GArray) faults = make_faults();
        ht_answer_receipt(&answer, &context, &receipt, faults);
        g_assert_cmpuint(answer.status, ==, 200);
        g_assert_cmpstr(answer.type, ==, cases[i].type);
        assert_body(&answer, cases[i].body);
        ht_answer_clear(&answer);
    }
}

static void submit_is_answered_by_its_name(void)
{
    HtAnswer answer;
    HtReceipt receipt = make_receipt();
    HtReplyContext context = make_context(HT_SOAP_11, false, NULL);
    context.submit = "hukou";
    receipt.rejected = 1;
    g_autoptr(GArray) faults = make_faults();
    ht_answer_receipt(&answer, &context, &receipt, faults);
    assert_body(
        &answer, PROLOG
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>"
        "<s:SubmitResponse xmlns:s=\"urn:hutong:source:hukou\" xmlns:hutong=\"urn:hutong:receipt:1\">" RECEIPT(
            "hutong:") FINDING("hutong:") "</s:SubmitResponse></soap:Body></soap:Envelope>\n");
    ht_answer_clear(&answer);
}

static void addressing_is_answered(void)
{
    HtAnswer answer;
    HtReceipt receipt = make_receipt();
    HtReplyContext context = make_context(HT_SOAP_11, false, "urn:uuid:<1>");
    receipt.rejected = 0;
    ht_answer_receipt(&answer, &context, &receipt, NULL);
    g_autofree char *body = g_strndup(answer.body.data, answer.body.size);
    g_assert_nonnull(strstr(body,
                            "<soap:Header><wsa:Action xmlns:wsa=\"http://www.w3.org/2005/08/addressing\">"
                            "urn:hutong:receipt:1:receipt</wsa:Action>"
                            "<wsa:RelatesTo xmlns:wsa=\"http://www.w3.org/2005/08/addressing\">"
                            "urn:uuid:&lt;1&gt;</wsa:RelatesTo></soap:Header><soap:Body>"));
    ht_answer_clear(&answer);
}

static void adapters_reply_is_sent_as_it_is(void)
{
    static const struct {
        const char *type, *sent;
    } cases[] = {
        {"text/xml; charset=GBK", "text/xml; charset=GBK"},
        {"", "text/xml; charset=utf-8"},
        {"text/xml\r\nSet-Cookie: x", "text/xml; charset=utf-8"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtAnswer answer;
        HtReceipt receipt = make_receipt();
        HtReplyContext context = make_context(HT_SOAP_11, false, NULL);
        receipt.reply = HT_TEXT_LITERAL("<ok/>");
        receipt.reply_type = ht_text_from(cases[i].type);
        ht_answer_receipt(&answer, &context, &receipt, NULL);
        g_assert_cmpstr(answer.type, ==, cases[i].sent);
        assert_body(&answer, "<ok/>");
        ht_answer_clear(&answer);
    }
}

/* Sent again in another envelope, a message gets its reply in that one; with SOAP once and without it once, a receipt. */
static void old_reply_fits_who_asks_now(void)
{
    static const HtSoapVersion versions[] = {HT_SOAP_NONE, HT_SOAP_11, HT_SOAP_12};
    static const char *const replies[] = {
        "<own/>",
        PROLOG "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><own/>"
               "</soap:Body></soap:Envelope>",
        PROLOG "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\"><soap:Body><own/>"
               "</soap:Body></soap:Envelope>"};
    for (size_t i = 0; i < G_N_ELEMENTS(versions) * G_N_ELEMENTS(replies); i++) {
        HtAnswer answer;
        HtReceipt receipt = make_receipt();
        HtReplyContext context = make_context(versions[i / 3], false, NULL);
        receipt.reply = ht_text_from(replies[i % 3]);
        receipt.reply_type = HT_TEXT_LITERAL("text/xml");
        receipt.resent = true;
        ht_answer_receipt(&answer, &context, &receipt, NULL);
        g_autofree char *body = g_strndup(answer.body.data, answer.body.size);
        bool fits = (i / 3 == 0) == (i % 3 == 0);
        g_assert_true((strstr(body, "<own/>") != NULL) == fits);
        g_assert_true((strstr(body, "messageId>") != NULL) == !fits);
        if (fits) {
            assert_body(&answer, replies[i / 3]);
            g_assert_true((i / 3 == 2) == g_str_has_prefix(answer.type, "application/soap+xml"));
        }
        ht_answer_clear(&answer);
    }
}

#define FAULT(p)                                                                                     \
    "<" p "messageId>" ID "</" p "messageId><" p "code>required-missing</" p "code><" p              \
    "text>An element is missing: &quot;name&quot; &amp; &lt;more&gt;.</" p "text><" p "count>41</" p \
    "count>" FINDING(p)

static void faults_are_golden(void)
{
    static const struct {
        HtSoapVersion soap;
        bool json;
        unsigned status;
        const char *body;
    } cases[] = {
        {HT_SOAP_NONE, false, 422, PROLOG "<fault xmlns=\"urn:hutong:receipt:1\">" FAULT("") "</fault>\n"},
        {HT_SOAP_11, false, 500,
         PROLOG
         "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><soap:Fault>"
         "<faultcode>soap:Client</faultcode><faultstring xml:lang=\"en\">"
         "An element is missing: &quot;name&quot; &amp; &lt;more&gt;.</faultstring>"
         "<detail><hutong:fault xmlns:hutong=\"urn:hutong:receipt:1\">" FAULT(
             "hutong:") "</hutong:fault></detail></soap:Fault></soap:Body></soap:Envelope>\n"},
        {HT_SOAP_12, false, 500,
         PROLOG
         "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\"><soap:Body><soap:Fault>"
         "<soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value xmlns:hutong=\"urn:hutong:receipt:1\">"
         "hutong:required-missing</soap:Value></soap:Subcode></soap:Code><soap:Reason><soap:Text xml:lang=\"en\">"
         "An element is missing: &quot;name&quot; &amp; &lt;more&gt;.</soap:Text></soap:Reason>"
         "<soap:Detail><hutong:fault xmlns:hutong=\"urn:hutong:receipt:1\">" FAULT(
             "hutong:") "</hutong:fault></soap:Detail></soap:Fault></soap:Body></soap:Envelope>\n"},
        {HT_SOAP_NONE, true, 422,
         "{\"messageId\":\"" ID
         "\",\"code\":\"required-missing\",\"text\":\"An element is missing: \\\"name\\\" & <more>."
         "\",\"count\":41,\"findings\":[{\"code\":\"required-missing\",\"record\":3,\"element\":\"person.name\","
         "\"line\":17,\"text\":\"An element is missing: \\\"name\\\" & <more>.\"}]}\n"},
    };
    g_autoptr(GArray) faults = make_faults();
    HtOutcome outcome = {.verdict = HT_VERDICT_REJECT, .fault_count = 1};
    outcome.faults[0] = g_array_index(faults, HtFault, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtAnswer answer;
        HtRefusal refusal;
        HtReplyContext context = make_context(cases[i].soap, cases[i].json, NULL);
        ht_refuse_outcome(&refusal, &outcome);
        refusal.fault_count = 41;
        ht_answer_refusal(&answer, &context, &refusal);
        g_assert_cmpuint(answer.status, ==, cases[i].status);
        assert_body(&answer, cases[i].body);
        ht_answer_clear(&answer);
    }
}

static void codes_have_their_status(void)
{
    static const struct {
        const char *code;
        uint32_t record;
        HtVerdict verdict;
        unsigned plain, soap11, soap12; /* the last when 400 is wanted for the sender's faults; else 500 */
        const char *fault_code, *fault_code_12;
    } cases[] = {
        {"not-well-formed", 0, HT_VERDICT_REJECT, 400, 500, 400, "soap:Client<", "soap:Sender<"},
        {"unsupported-encoding", 0, HT_VERDICT_REJECT, 415, 500, 400, "soap:Client<", "soap:Sender<"},
        {"document-too-long", 0, HT_VERDICT_REJECT, 413, 500, 400, "soap:Client<", "soap:Sender<"},
        {"value-too-long", 2, HT_VERDICT_REJECT, 422, 500, 400, "soap:Client<", "soap:Sender<"},
        {"department-error", 0, HT_VERDICT_REJECT, 422, 500, 400, "soap:Client<", "soap:Sender<"},
        {"department-error", 0, HT_VERDICT_RETRY, 503, 503, 503, "soap:Server<", "soap:Receiver<"},
        {"soap-malformed", 0, HT_VERDICT_REJECT, 400, 500, 400, "soap:Client<", "soap:Sender<"},
        {"soap-header-malformed", 0, HT_VERDICT_REJECT, 400, 500, 400, "soap:Client<", "soap:Sender<"},
        {"soap-outside-body", 0, HT_VERDICT_REJECT, 400, 500, 400, "soap:Client<", "soap:Sender<"},
        {"soap-encoding-unknown", 0, HT_VERDICT_REJECT, 400, 500, 500, "soap:Client<",
         "soap:DataEncodingUnknown<"},
        {"soap-must-understand", 0, HT_VERDICT_REJECT, 400, 500, 500, "soap:MustUnderstand<",
         "soap:MustUnderstand<"},
        {"soap-version", 0, HT_VERDICT_REJECT, 400, 500, 500, "soap:VersionMismatch<",
         "soap:VersionMismatch<"},
        {"adapter-misuse", 0, HT_VERDICT_REJECT, 500, 500, 500, "soap:Server<", "soap:Receiver<"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtOutcome outcome = {.verdict = cases[i].verdict, .fault_count = 1};
        ht_fault_set(&outcome.faults[0], cases[i].code, "Text.");
        outcome.faults[0].record = cases[i].record;
        HtSoapVersion versions[] = {HT_SOAP_NONE, HT_SOAP_11, HT_SOAP_12, HT_SOAP_12};
        unsigned usual = cases[i].soap12 == 503 ? 503 : 500;
        unsigned wanted[] = {cases[i].plain, cases[i].soap11, usual, cases[i].soap12};
        for (int v = 0; v < 4; v++) {
            HtAnswer answer;
            HtRefusal refusal;
            HtReplyContext context = make_context(versions[v], false, NULL);
            context.sender_is_400 = v == 3;
            ht_refuse_outcome(&refusal, &outcome);
            ht_answer_refusal(&answer, &context, &refusal);
            g_autofree char *body = g_strndup(answer.body.data, answer.body.size);
            g_assert_cmpuint(answer.status, ==, wanted[v]);
            g_assert_true(versions[v] != HT_SOAP_11 || strstr(body, cases[i].fault_code));
            g_assert_true(versions[v] != HT_SOAP_12 || strstr(body, cases[i].fault_code_12));
            g_assert_cmpint(answer.retry_after_s > 0, ==, answer.status == 503);
            ht_answer_clear(&answer);
        }
    }
}

/* SOAP 1.1, 4.4: no detail unless it is about the body. SOAP 1.2, 5.4.7: which envelopes would do. */
static void faults_of_the_envelope_are_by_the_book(void)
{
    static const struct {
        const char *code;
        HtSoapVersion soap;
        bool detail, upgrade;
    } cases[] = {
        {"soap-must-understand", HT_SOAP_11, false, false},
        {"soap-must-understand", HT_SOAP_12, true, false},
        {"soap-version", HT_SOAP_11, false, true},
        {"soap-version", HT_SOAP_12, true, true},
        {"soap-body-empty", HT_SOAP_11, true, false},
        {"soap-malformed", HT_SOAP_11, true, false},
        {"soap-header-malformed", HT_SOAP_11, false, false},
        {"soap-header-malformed", HT_SOAP_12, true, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtOutcome outcome = {.verdict = HT_VERDICT_REJECT, .fault_count = 1};
        HtAnswer answer;
        HtRefusal refusal;
        HtReplyContext context = make_context(cases[i].soap, false, NULL);
        ht_fault_set(&outcome.faults[0], cases[i].code, "Text.");
        ht_refuse_outcome(&refusal, &outcome);
        ht_answer_refusal(&answer, &context, &refusal);
        g_autofree char *body = g_strndup(answer.body.data, answer.body.size);
        g_assert_cmpint(strstr(body, "etail>") != NULL, ==, cases[i].detail);
        g_assert_cmpint(strstr(body, "<soap:Header><env:Upgrade") != NULL, ==, cases[i].upgrade);
        ht_answer_clear(&answer);
    }
}

/* SOAP 1.2, 5.4.8; SOAP 1.1 has no such block. */
static void headers_that_were_not_understood_are_named(void)
{
    static const HtSoapVersion versions[] = {HT_SOAP_11, HT_SOAP_12};
    HtBuffer list = {NULL, 0, 0};
    ht_not_understood_add(&list, HT_TEXT_LITERAL("urn:<\"&>"), HT_TEXT_LITERAL("one"));
    ht_not_understood_add(&list, HT_TEXT_NONE, HT_TEXT_LITERAL("two"));
    for (unsigned i = 0; i < 4; i++) {
        HtOutcome outcome = {
            .verdict = HT_VERDICT_REJECT, .fault_count = 1, .not_understood = ht_buffer_text(&list)};
        HtAnswer answer;
        HtRefusal refusal;
        HtReplyContext context = make_context(versions[i % 2], false, i < 2 ? NULL : "urn:uuid:1");
        ht_fault_set(&outcome.faults[0], "soap-must-understand", "Text.");
        ht_refuse_outcome(&refusal, &outcome);
        ht_answer_refusal(&answer, &context, &refusal);
        g_autofree char *body = g_strndup(answer.body.data, answer.body.size);
        g_assert_cmpint(i % 2 == 1, ==,
                        strstr(body,
                               "<soap:NotUnderstood qname=\"of:one\" xmlns:of=\"urn:&lt;&quot;&amp;&gt;\"/>"
                               "<soap:NotUnderstood qname=\"two\"/></soap:Header><soap:Body>") != NULL);
        g_assert_cmpint(i > 0, ==, strstr(body, "<soap:Header>") != NULL);
        ht_answer_clear(&answer);
    }
    ht_buffer_clear(&list);
}

static void subcodes_are_names(void)
{
    HtOutcome outcome = {.verdict = HT_VERDICT_REJECT, .fault_count = 1};
    HtAnswer answer;
    HtRefusal refusal;
    HtReplyContext context = make_context(HT_SOAP_12, false, NULL);
    ht_fault_set(&outcome.faults[0], "E 17<", "Text.");
    ht_refuse_outcome(&refusal, &outcome);
    ht_answer_refusal(&answer, &context, &refusal);
    g_autofree char *body = g_strndup(answer.body.data, answer.body.size);
    g_assert_null(strstr(body, "Subcode"));
    ht_answer_clear(&answer);
}

/* Last in XML, which clients of an older WSDL do not know; in SOAP 1.2 also beside the English reason. */
static void refusals_are_said_in_both_languages(void)
{
    static const struct {
        HtSoapVersion soap;
        bool json;
        const char *said;
    } cases[] = {
        {HT_SOAP_NONE, false,
         "</text><textZh>等待处理的报文过多，没有接收。请按 Retry-After 重发。</textZh></fault>"},
        {HT_SOAP_NONE, true, ",\"textZh\":\"等待处理的报文过多，没有接收。请按 Retry-After 重发。\"}"},
        {HT_SOAP_11, false,
         "<hutong:textZh>等待处理的报文过多，没有接收。请按 Retry-After 重发。</hutong:textZh>"
         "</hutong:fault></detail>"},
        {HT_SOAP_12, false,
         "</soap:Text><soap:Text xml:lang=\"zh\">等待处理的报文过多，没有接收。请按 Retry-After 重发。"
         "</soap:Text></soap:Reason>"},
    };
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
        HtAnswer answer;
        HtRefusal refusal;
        HtReplyContext context = make_context(cases[i / 2].soap, cases[i / 2].json, NULL);
        context.chinese = i % 2 == 0;
        ht_refuse(&refusal, "busy");
        ht_answer_refusal(&answer, &context, &refusal);
        g_autofree char *body = g_strndup(answer.body.data, answer.body.size);
        g_test_message("%s", body);
        g_assert_true((strstr(body, cases[i / 2].said) != NULL) == context.chinese);
        g_assert_true((strstr(body, "zh") != NULL || strstr(body, "textZh") != NULL) == context.chinese);
        ht_answer_clear(&answer);
    }
}

static void refusal_in_the_departments_way_is_a_200(void)
{
    HtOutcome outcome = {.verdict = HT_VERDICT_RETRY,
                         .fault_count = 1,
                         .reply = HT_TEXT_LITERAL("<no/>"),
                         .reply_type = HT_TEXT_LITERAL("text/xml; charset=utf-8")};
    HtAnswer answer;
    HtRefusal refusal;
    HtReplyContext context = make_context(HT_SOAP_11, false, NULL);
    ht_fault_set(&outcome.faults[0], "department-error", "Text.");
    ht_refuse_outcome(&refusal, &outcome);
    g_assert_cmpuint(refusal.status, ==, 503);
    ht_answer_refusal(&answer, &context, &refusal);
    g_assert_cmpuint(answer.status, ==, 200);
    g_assert_cmpuint(answer.retry_after_s, ==, 0);
    g_assert_cmpstr(answer.code, ==, "department-error");
    g_assert_cmpstr(answer.type, ==, "text/xml; charset=utf-8");
    assert_body(&answer, "<no/>");
    ht_answer_clear(&answer);
}

static void errors_are_explained(void)
{
    static const struct {
        int code;
        const char *said;
        unsigned status;
    } spool_cases[] = {
        {HT_SPOOL_ERROR_FULL, "spool-full", 503},
        {HT_SPOOL_ERROR_BUSY, "busy", 503},
        {HT_SPOOL_ERROR_IO, "spool-failed", 503},
        {HT_SPOOL_ERROR_CORRUPT, "spool-failed", 503},
    };
    HtRefusal refusal;
    for (size_t i = 0; i < G_N_ELEMENTS(spool_cases); i++) {
        g_autoptr(GError) error = g_error_new_literal(HT_SPOOL_ERROR, spool_cases[i].code, "inner words");
        ht_refuse_error(&refusal, error);
        g_assert_cmpstr(refusal.code, ==, spool_cases[i].said);
        g_assert_cmpuint(refusal.status, ==, spool_cases[i].status);
        g_assert_cmpuint(refusal.retry_after_s, >, 0);
        g_assert_cmpint(strstr(refusal.text, "inner") != NULL, ==,
                        spool_cases[i].code == HT_SPOOL_ERROR_BUSY); /* which limit it was */
    }
    for (int code = HT_HOST_ERROR_BUSY; code <= HT_HOST_ERROR_STOPPED; code++) {
        g_autoptr(GError) error = g_error_new_literal(HT_HOST_ERROR, code, "inner words");
        ht_refuse_error(&refusal, error);
        g_assert_nonnull(refusal.code);
        g_assert_nonnull(refusal.text);
        g_assert_cmpuint(refusal.status, ==, code == HT_HOST_ERROR_QUARANTINE ? 500 : 503);
    }
    g_autoptr(GError) memory = g_error_new_literal(HT_HOST_ERROR, HT_HOST_ERROR_MEMORY, "inner words");
    ht_refuse_error(&refusal, memory);
    g_assert_true(refusal.status == 413 && refusal.retry_after_s == 0 && strstr(refusal.text, "inner words"));
}

static void whole_answers_are_http(void)
{
    HtAnswer answer;
    HtRefusal refusal;
    HtBuffer bytes = {.data = NULL};
    HtReplyContext context = make_context(HT_SOAP_12, false, NULL);
    ht_refuse(&refusal, "body-too-large");
    ht_answer_refusal(&answer, &context, &refusal);
    ht_answer_write(&answer, &bytes);
    g_autofree char *text = g_strndup(bytes.data, bytes.size);
    g_autofree char *length = g_strdup_printf("\r\nContent-Length: %zu\r\n\r\n<?xml", answer.body.size);
    g_assert_true(
        g_str_has_prefix(text, "HTTP/1.1 500 Internal Server Error\r\nHutong-Message-Id: " ID "\r\n"));
    g_assert_nonnull(strstr(text, "\r\nConnection: close\r\n"));
    g_assert_nonnull(strstr(text, length));
    ht_buffer_clear(&bytes);
    ht_answer_clear(&answer);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/answer/receipt/is-golden", receipts_are_golden);
    g_test_add_func("/answer/receipt/submit-is-answered-by-its-name", submit_is_answered_by_its_name);
    g_test_add_func("/answer/fault/of-the-envelope-by-the-book", faults_of_the_envelope_are_by_the_book);
    g_test_add_func("/answer/fault/headers-that-were-not-understood-are-named",
                    headers_that_were_not_understood_are_named);
    g_test_add_func("/answer/fault/subcodes-are-names", subcodes_are_names);
    g_test_add_func("/answer/fault/in-both-languages", refusals_are_said_in_both_languages);
    g_test_add_func("/answer/fault/in-the-departments-way-is-a-200", refusal_in_the_departments_way_is_a_200);
    g_test_add_func("/answer/receipt/addressing-is-answered", addressing_is_answered);
    g_test_add_func("/answer/receipt/adapters-reply-as-it-is", adapters_reply_is_sent_as_it_is);
    g_test_add_func("/answer/receipt/old-reply-fits-who-asks-now", old_reply_fits_who_asks_now);
    g_test_add_func("/answer/fault/is-golden", faults_are_golden);
    g_test_add_func("/answer/fault/codes-have-their-status", codes_have_their_status);
    g_test_add_func("/answer/fault/errors-are-explained", errors_are_explained);
    g_test_add_func("/answer/http/whole-answers", whole_answers_are_http);
    return g_test_run();
}
