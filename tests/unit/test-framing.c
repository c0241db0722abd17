/* Request heads without a connection: what is refused, what is understood. */
#include "core/http/head.h"

#include <glib.h>

typedef struct {
    const char *lines; /* "Name: value", separated by line feeds */
    unsigned status;   /* of the refusal; 0 when the head is good */
    const char *code;
} Case;

static bool read_lines(const char *lines, HtHead *head, HtRefusal *refusal)
{
    *head = (HtHead){.soap = HT_SOAP_NONE};
    *refusal = (HtRefusal){.status = 0};
    for (const char *line = lines; *line;) {
        size_t size = strcspn(line, "\n");
        const char *colon = memchr(line, ':', size);
        g_assert_nonnull(colon);
        HtText name = {line, (size_t)(colon - line)};
        HtText value = {colon + 2, size - name.size - 2};
        if (!ht_head_add(head, name, value, refusal)) {
            return false;
        }
        line += size + (line[size] == '\n');
    }
    return ht_head_finish(head, refusal);
}

static void refuses_by_the_table(void)
{
    static const Case cases[] = {
        {"Content-Length: 12", 0, NULL},
        {"Content-Length: 12\nContent-Length: 12", 400, "repeated-length"},
        {"Content-Length: 1 2", 400, "bad-length"},
        {"Content-Length: ", 400, "bad-length"},
        {"Content-Length: 9999999999999999999", 400, "bad-length"},
        {"Content-Length: 1\nTransfer-Encoding: chunked", 400, "two-lengths"},
        {"Transfer-Encoding: CHUNKED", 0, NULL},
        {"Transfer-Encoding: chunked\ntransfer-encoding: chunked", 400, "repeated-coding"},
        {"Transfer-Encoding: deflate", 501, "transfer-coding"},
        {"Host: a.example:80", 0, NULL},
        {"Host: [::1]:80", 0, NULL},
        {"Host: a\nHost: a", 400, "repeated-host"},
        {"Host: a b", 400, "bad-host"},
        {"Content-Type: text/xml\nContent-Type: text/xml", 400, "repeated-type"},
        {"Authorization: Bearer a", 0, NULL},
        {"Authorization: Bearer a\nAuthorization: Bearer a", 400, "repeated-authorization"},
        {"Content-Encoding: gzip", 415, "content-encoding"},
        {"Content-Encoding: Identity", 0, NULL},
        {"Expect: 100-Continue", 0, NULL},
        {"Expect: else", 417, "expectation"},
        {"Idempotency-Key: a b", 400, "bad-idempotency-key"},
        {"Idempotency-Key: ", 400, "bad-idempotency-key"},
        {"Idempotency-Key: a\nIdempotency-Key: a", 400, "bad-idempotency-key"},
        {"X-Any: thing\nX-Any: again", 0, NULL},
        {"X-Any: \xe4\xba\x92\xe9\x80\x9a", 0, NULL},
        {"X Any: thing", 400, "bad-header"},
        {"X-Any: a\x7f", 400, "bad-header"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtHead head;
        HtRefusal refusal;
        bool good = read_lines(cases[i].lines, &head, &refusal);
        g_test_message("%s", cases[i].lines);
        g_assert_cmpint(good, ==, cases[i].status == 0);
        g_assert_cmpuint(refusal.status, ==, cases[i].status);
        g_assert_cmpstr(refusal.code, ==, cases[i].code);
    }
}

static void reads_types_with_parameters(void)
{
    static const struct {
        const char *value, *type, *charset, *action;
        HtSoapVersion soap;
    } cases[] = {
        {"text/xml", "text/xml", "", "", HT_SOAP_NONE},
        {"text/xml;charset=GBK", "text/xml", "GBK", "", HT_SOAP_NONE},
        {"text/xml ; Charset = \"gb2312\"", "text/xml", "gb2312", "", HT_SOAP_NONE},
        {"Application/SOAP+XML; charset=utf-8; action=\"urn:a;b\"", "Application/SOAP+XML", "utf-8",
         "urn:a;b", HT_SOAP_12},
        {"application/soap+xml;action=\"urn:x\";charset=\"UTF-8\"", "application/soap+xml", "UTF-8", "urn:x",
         HT_SOAP_12},
        {"multipart/related; type=\"application/xop+xml\"; start-info=\"application/soap+xml; action=\\\"urn:y;\\\"\";"
         " action=\"urn:x\"",
         "multipart/related", "", "urn:x", HT_SOAP_12},
        {"multipart/related; type=\"application/soap+xml\"", "multipart/related", "", "", HT_SOAP_12},
        {"multipart/related; type=\"text/xml\"", "multipart/related", "", "", HT_SOAP_NONE},
        {"text/xml; type=\"application/soap+xml\"", "text/xml", "", "", HT_SOAP_NONE},
        {"text/xml; ;charset=x; ", "text/xml", "x", "", HT_SOAP_NONE},
        {"text/xml;charset=", "text/xml", "", "", HT_SOAP_NONE},
        {"", "", "", "", HT_SOAP_NONE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtHead head;
        HtRefusal refusal;
        g_autofree char *line = g_strconcat("Content-Type: ", cases[i].value, NULL);
        g_assert_true(read_lines(line, &head, &refusal));
        g_assert_true(ht_text_equal(head.media_type, ht_text_from(cases[i].type)));
        g_assert_true(ht_text_equal(head.message.content_type, ht_text_from(cases[i].value)));
        g_assert_true(ht_text_equal(head.message.charset, ht_text_from(cases[i].charset)));
        g_assert_true(ht_text_equal(head.message.soap_action, ht_text_from(cases[i].action)));
        g_assert_cmpint(head.soap, ==, cases[i].soap);
    }
}

/* What two readers could take for two types is none. */
static void refuses_types_that_cannot_be_read(void)
{
    static const char *const types[] = {
        "text/xml;;;=;\"", "text/xml;=", "text/xml;=x", "text/xml;;charset", "text/xml;charset=\"utf-8",
        ";charset=\"",     ";",          ";charset=x",  "text/xml\"",        "text/xml;a=\"\\\"",
        "text/xml; a=b; c"};
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        HtHead head;
        HtRefusal refusal;
        g_autofree char *line = g_strconcat("Content-Type: ", types[i], NULL);
        g_test_message("%s", line);
        g_assert_false(read_lines(line, &head, &refusal));
        g_assert_cmpuint(refusal.status, ==, 415);
        g_assert_cmpstr(refusal.code, ==, "content-type");
    }
}

static const HtLimits five = {.body_bytes = 5};

static void takes_only_what_a_host_can_read(void)
{
    static const struct {
        const char *type;
        unsigned status;
    } cases[] = {
        {"text/xml", 0},
        {"application/xml", 0},
        {"application/soap+xml", 0},
        {"application/vnd.x+xml", 0},
        {"TEXT/PLAIN", 0},
        {"application/octet-stream", 0},
        {"application/json", 0}, /* refused by the host, which says where */
        {"multipart/related; boundary=x", 0},
        {"multipart/mixed; boundary=x", 0},
        {"application/zip", 0},
        {"application/x-zip-compressed", 0},
        {"multipart/form-data; boundary=x", 415},
        {"multipart/alternative; boundary=x", 415},
        {"application/x-gzip", 415},
        {"application/x-www-form-urlencoded", 0}, /* its first bytes decide */
        {"text/html", 415},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtHead head;
        HtRefusal refusal;
        g_autofree char *lines = g_strdup_printf("Content-Length: 5\nContent-Type: %s", cases[i].type);
        g_assert_true(read_lines(lines, &head, &refusal));
        g_assert_cmpint(ht_head_check_message(&head, &five, &refusal), ==, cases[i].status == 0);
        g_assert_cmpuint(refusal.status, ==, cases[i].status);
    }
}

static void looks_at_the_length_of_messages(void)
{
    static const HtLimits four = {.body_bytes = 4};
    HtHead head;
    HtRefusal refusal;
    g_assert_true(read_lines("Content-Length: 5", &head, &refusal));
    g_assert_true(ht_head_check_message(&head, &five, &refusal));
    g_assert_false(ht_head_check_message(&head, &four, &refusal));
    g_assert_cmpuint(refusal.status, ==, 413);
    g_assert_true(read_lines("X: y", &head, &refusal));
    g_assert_false(ht_head_check_message(&head, &five, &refusal));
    g_assert_cmpuint(refusal.status, ==, 411);
}

static void reads_what_sender_prefers(void)
{
    static const struct {
        const char *line;
        bool json;
        HtSoapVersion soap;
    } cases[] = {
        {"Accept: */*", false, HT_SOAP_NONE},
        {"Accept: application/json", true, HT_SOAP_NONE},
        {"Accept: application/problem+json, text/xml", true, HT_SOAP_NONE},
        {"Accept: text/xml, application/json", false, HT_SOAP_NONE},
        {"Content-Type: application/json", true, HT_SOAP_NONE},
        {"Content-Type: application/json\nAccept: application/xml", false, HT_SOAP_NONE},
        {"Content-Type: application/json\nAccept: application/json", true, HT_SOAP_NONE},
        {"Content-Type: application/json\nAccept: */*", true, HT_SOAP_NONE},
        {"Content-Type: text/xml\nAccept: */*", false, HT_SOAP_NONE},
        {"Accept: text/html, image/gif, */*; q=.2", false, HT_SOAP_NONE},
        {"SOAPAction: \"\"", false, HT_SOAP_11},
        {"SOAPAction: \"http://tempuri.org/QueryXml\"", false, HT_SOAP_11},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtHead head;
        HtRefusal refusal;
        g_assert_true(read_lines(cases[i].line, &head, &refusal));
        g_assert_cmpint(head.json, ==, cases[i].json);
        g_assert_cmpint(head.soap, ==, cases[i].soap);
        g_assert_true(head.soap == HT_SOAP_NONE || head.message.soap_action.data);
    }
}

static void ignores_malformed_trace_contexts(void)
{
    static const struct {
        const char *value;
        bool good;
    } cases[] = {
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true},
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true},
        {"00-00000000000000000000000000000000-b7ad6b7169203331-01", false},
        {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false},
        {"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false},
        {"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false},
        {"x", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtHead head;
        HtRefusal refusal;
        g_autofree char *line = g_strconcat("traceparent: ", cases[i].value, NULL);
        g_assert_true(read_lines(line, &head, &refusal));
        g_assert_cmpint(head.traceparent.data != NULL, ==, cases[i].good);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/framing/head/refuses-by-the-table", refuses_by_the_table);
    g_test_add_func("/framing/type/reads-parameters", reads_types_with_parameters);
    g_test_add_func("/framing/types/that-cannot-be-read-are-refused", refuses_types_that_cannot_be_read);
    g_test_add_func("/framing/type/takes-only-what-a-host-can-read", takes_only_what_a_host_can_read);
    g_test_add_func("/framing/length/is-looked-at", looks_at_the_length_of_messages);
    g_test_add_func("/framing/accept/reads-what-sender-prefers", reads_what_sender_prefers);
    g_test_add_func("/framing/trace/ignores-malformed", ignores_malformed_trace_contexts);
    return g_test_run();
}
