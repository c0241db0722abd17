/* SOAP as clients send it, with the real programs: how they write SOAPAction, byte-order marks and Expect; WS-Addressing in every
 * kind of answer; attachments and batches. */
#include "tests/lib/busproc.h"
#include "tests/lib/post.h"
#include "tests/lib/zip-builder.h"

#include <glib/gstdio.h>

#define SOAP_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_12 "http://www.w3.org/2003/05/soap-envelope"
#define WSA_2004 "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define WSA_2005 "http://www.w3.org/2005/08/addressing"

typedef struct {
    BusProcess *bus;
    char *mapping;
    unsigned number; /* of the last record */
} Fixture;

static const char mapping[] =
    "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"test\" authority=\"police\" version=\"1\">"
    "<event type=\"person.registered.v1\" for-each=\"/person\"><id from=\"number\"/><division from=\"place\"/>"
    "<element to=\"person.name\" from=\"name\" required=\"yes\"/><reference to=\"photo\" from=\"photo\"/></event></mapping>";

/* `mapped` answers with a reply of its own, `plain` with receipts. */
static void start(Fixture *f, const char *keys)
{
    g_autoptr(GError) error = NULL;
    int file = g_file_open_tmp("e2e-soap-XXXXXX.xml", &f->mapping, &error);
    g_assert_no_error(error);
    g_assert_true(g_close(file, NULL));
    g_assert_true(g_file_set_contents(f->mapping, mapping, -1, NULL));
    g_autofree char *sections = g_strdup_printf(
        "[source mapped]\ndepartment = police\nadapter = %s/mapped.so\nmapping = %s\ndivision = 440104\n%s"
        "[source plain]\ndepartment = police\nadapter = xml\nmapping = %s\ndivision = 440104\n%s",
        g_getenv("HUTONG_TEST_ADAPTERDIR"), f->mapping, keys, f->mapping, keys);
    f->bus = bus_process_new(NULL, sections);
    f->number = 0;
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    g_assert_cmpint(g_unlink(f->mapping), ==, 0);
    g_free(f->mapping);
}

/* A record that is always another one. */
static char *make_person(Fixture *f)
{
    return g_strdup_printf("<person><number>%u</number><place>440104001</place><name>测试甲</name></person>",
                           ++f->number);
}

static char *wrap(const char *uri, const char *header, const char *content)
{
    return g_strdup_printf(
        "<s:Envelope xmlns:s=\"%s\"><s:Header>%s</s:Header><s:Body>%s</s:Body></s:Envelope>", uri, header,
        content);
}

static Answer *send_to(Fixture *f, const char *source, const char *type, const char *body)
{
    g_autofree char *path = g_strconcat("/in/", source, NULL);
    return post(f->bus->port, path, type, NULL, body, strlen(body));
}

static void assert_element(const Answer *answer, const char *name, const char *value)
{
    g_autofree char *text = answer_element(answer, name);
    g_assert_cmpstr(text, ==, value);
}

/* ---- Headers of HTTP ---- */

static void test_soap_action(void)
{
    static const struct {
        const char *header;
        bool good;
    } cases[] = {
        {"SOAPAction: \"urn:test/person\"", true},
        {"SOAPAction: urn:test/person", true},
        {"SOAPAction: \"\"", true},
        {"SOAPAction;", true}, /* for curl: a header without value */
        {"soapaction: \"http://tempuri.org/Person\"", true},
        {"X-None: 1", true},
        {"SOAPAction: \"urn:test/delete\"", false},
        {"SOAPAction: urn:test/delete", false},
    };
    Fixture f;
    start(&f, "");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *person = make_person(&f), *body = wrap(SOAP_11, "", person);
        const char *headers[] = {cases[i].header, NULL};
        g_autoptr(Answer) answer = post(f.bus->port, "/in/plain", "text/xml", headers, body, strlen(body));
        g_assert_cmpint(answer->status, ==, cases[i].good ? 200 : 500);
        g_assert_true(g_str_has_prefix(answer->content_type, "text/xml"));
        if (!cases[i].good) {
            assert_element(answer, "code", "soap-action-mismatch");
        }
    }
    g_autofree char *person = make_person(&f), *body = wrap(SOAP_12, "", person);
    g_autoptr(Answer) good =
        send_to(&f, "plain", "application/soap+xml; charset=utf-8; action=\"urn:test/person\"", body);
    g_assert_cmpint(good->status, ==, 200);
    g_assert_true(g_str_has_prefix(good->content_type, "application/soap+xml"));
    g_autoptr(Answer) bad = send_to(&f, "plain", "application/soap+xml; action=\"urn:test/delete\"", body);
    g_assert_cmpint(bad->status, ==, 500);
    assert_element(bad, "code", "soap-action-mismatch");
    stop(&f);
}

/* Sends bytes and reads all that comes until the other side closes, or until `until` has come. */
static char *talk(GSocketConnection *connection, const char *bytes, const char *until)
{
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    GString *text = g_string_new(NULL);
    char piece[4096];
    gssize size = 1;
    g_assert_true(g_output_stream_write_all(out, bytes, strlen(bytes), NULL, NULL, NULL));
    while (size > 0 && !(until && strstr(text->str, until))) {
        size = g_input_stream_read(in, piece, sizeof piece, NULL, NULL);
        g_assert_cmpint(size, >=, 0);
        g_string_append_len(text, piece, size);
    }
    return g_string_free(text, FALSE);
}

/* As .NET does it, which waits for the 100, and as those do that do not wait. */
static void test_expect(void)
{
    Fixture f;
    start(&f, "");
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_timeout(client, 30);
    for (unsigned waits = 0; waits < 2; waits++) {
        g_autofree char *person = make_person(&f), *body = wrap(SOAP_11, "", person);
        g_autofree char *head = g_strdup_printf(
            "POST /in/plain HTTP/1.1\r\nHost: bus\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: \"urn:test/person\"\r\n"
            "Expect: 100-continue\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
            strlen(body), waits ? "" : body);
        g_autoptr(GSocketConnection) connection =
            g_socket_client_connect_to_host(client, "127.0.0.1", (guint16)f.bus->port, NULL, NULL);
        g_assert_nonnull(connection);
        if (waits) {
            g_autofree char *go_on = talk(connection, head, "\r\n\r\n");
            g_assert_cmpstr(go_on, ==, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        g_autofree char *answer = talk(connection, waits ? body : head, NULL);
        g_assert_nonnull(strstr(answer, "HTTP/1.1 200 OK\r\n"));
        g_assert_nonnull(strstr(answer, "<hutong:events>1</hutong:events>"));
    }
    stop(&f);
}

static void test_byte_order_marks(void)
{
    static const struct {
        const char *mark, *encoding;
        gsize mark_size;
    } cases[] = {{"\xef\xbb\xbf", "UTF-8", 3}, {"\xff\xfe", "UTF-16LE", 2}, {"\xfe\xff", "UTF-16BE", 2}};
    Fixture f;
    start(&f, "");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *person = make_person(&f), *body = wrap(SOAP_11, "", person);
        g_autofree char *declared =
            g_strdup_printf("<?xml version=\"1.0\" encoding=\"%.6s\"?>%s", cases[i].encoding, body);
        gsize size;
        g_autofree char *text =
            g_convert(i == 0 ? body : declared, -1, cases[i].encoding, "UTF-8", NULL, &size, NULL);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, (const guint8 *)cases[i].mark, (guint)cases[i].mark_size);
        g_byte_array_append(bytes, (const guint8 *)text, (guint)size);
        g_autoptr(Answer) answer = post(f.bus->port, "/in/plain", "text/xml", NULL, bytes->data, bytes->len);
        g_assert_cmpint(answer->status, ==, 200);
        assert_element(answer, "hutong:events", "1");
    }
    stop(&f);
}

/* ---- WS-Addressing ---- */

static char *addressing(const char *uri, const char *id, const char *more)
{
    return g_strdup_printf("<a:Action xmlns:a=\"%s\">urn:test/personRequest</a:Action>"
                           "<a:MessageID xmlns:a=\"%s\">%s</a:MessageID>%s",
                           uri, uri, id, more);
}

static void assert_says(const Answer *answer, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void assert_says(const Answer *answer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *part = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (!strstr(answer->body->str, part)) {
        g_error("the answer does not say %s", part);
    }
}

static void assert_header(const Answer *answer, const char *uri, const char *action, const char *id)
{
    assert_says(answer,
                "<soap:Header><wsa:Action xmlns:wsa=\"%s\">%s</wsa:Action>"
                "<wsa:RelatesTo xmlns:wsa=\"%s\">%s</wsa:RelatesTo></soap:Header><soap:Body>",
                uri, action, uri, id);
}

static void test_addressing(void)
{
    static const char *const namespaces[] = {WSA_2004, WSA_2005}, *const soaps[] = {SOAP_11, SOAP_12};
    static const char *const fault_actions[] = {WSA_2004 "/fault", WSA_2005 "/soap/fault"};
    Fixture f;
    start(&f, "");
    for (unsigned i = 0; i < 4; i++) {
        const char *uri = namespaces[i % 2], *soap = soaps[i / 2];
        const char *type = i / 2 ? "application/soap+xml" : "text/xml";
        g_autofree char *id = g_strdup_printf("urn:uuid:%u", i), *header = addressing(uri, id, "");
        g_autofree char *person = make_person(&f), *good = wrap(soap, header, person);
        g_autofree char *bad = wrap(soap, header, "<foreign/>");
        g_autoptr(Answer) receipt = send_to(&f, "plain", type, good);
        g_assert_cmpint(receipt->status, ==, 200);
        assert_header(receipt, uri, "urn:hutong:receipt:1:receipt", id);
        g_autoptr(Answer) fault = send_to(&f, "plain", type, bad);
        g_assert_cmpint(fault->status, ==, 500);
        assert_header(fault, uri, fault_actions[i % 2], id);
        g_autoptr(Answer) reply = send_to(&f, "mapped", type, good);
        g_assert_cmpint(reply->status, ==, 200);
        assert_header(reply, uri, "urn:test/personResponse", id);
        assert_says(reply, "<soap:Body><done business=\"%u\"/>", f.number);
    }
    /* Without a MessageID there is nothing to relate to, but the answer still has an action; and none has a header that the
     * request does not ask for. */
    g_autofree char *person = make_person(&f);
    g_autofree char *to = wrap(SOAP_11, "<a:To xmlns:a=\"" WSA_2005 "\">http://bus/</a:To>", person);
    g_autoptr(Answer) action = send_to(&f, "plain", "text/xml", to);
    assert_says(action, "<soap:Header><wsa:Action xmlns:wsa=\"" WSA_2005
                        "\">urn:hutong:receipt:1:receipt</wsa:Action></soap:Header>");
    g_autofree char *bare = wrap(SOAP_11, "", person);
    g_autoptr(Answer) none = send_to(&f, "mapped", "text/xml", bare);
    g_assert_null(strstr(none->body->str, "Header"));
    stop(&f);
}

/* A record that is sent again under another MessageID gets the first reply, related to the message that asks now. */
static void test_addressing_resent(void)
{
    Fixture f;
    start(&f, "");
    g_autofree char *person = make_person(&f);
    for (unsigned i = 0; i < 3; i++) {
        const char *uri = i == 1 ? WSA_2004 : WSA_2005;
        g_autofree char *id = g_strdup_printf("urn:uuid:again-%u&amp;", i), *header = addressing(uri, id, "");
        g_autofree char *body = wrap(SOAP_11, i == 2 ? "" : header, person);
        g_autoptr(Answer) answer = send_to(&f, "mapped", "text/xml", body);
        g_assert_cmpint(answer->status, ==, 200);
        if (i < 2) {
            assert_header(answer, uri, "urn:test/personResponse", id);
        }
        assert_says(answer, "<soap:Body><done business=\"1\"/>");
    }
    g_assert_cmpint(bus_process_figure(f.bus, "sources.0.resent"), ==, 2);
    stop(&f);
}

/* The key: the same MessageID with the same bytes is the same message, where the mapping knows none. */
static void test_addressing_key(void)
{
    Fixture f;
    start(&f, "");
    g_autofree char *one = make_person(&f), *two = make_person(&f), *both = g_strconcat(one, two, NULL);
    g_autofree char *header = addressing(WSA_2005, "urn:uuid:key", ""), *body = wrap(SOAP_11, header, both);
    g_autofree char *longer = wrap(SOAP_11, header, two);
    g_autoptr(Answer) first = send_to(&f, "plain", "text/xml", body);
    g_autoptr(Answer) second = send_to(&f, "plain", "text/xml", body);
    assert_element(first, "hutong:events", "2");
    g_autofree char *first_id = answer_element(first, "hutong:messageId"),
                    *second_id = answer_element(second, "hutong:messageId");
    g_assert_cmpstr(first_id, ==, second_id);
    g_assert_cmpint(bus_process_figure(f.bus, "sources.1.resent"), ==, 1);
    g_autoptr(Answer) other = send_to(&f, "plain", "text/xml", longer);
    g_assert_cmpint(other->status, ==, 200);
    stop(&f);
}

/* Nobody is called, wherever the header asks the answer to go. */
static void test_reply_to(void)
{
    Fixture f;
    start(&f, "");
    g_autoptr(GSocket) listener =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_assert_true(g_socket_bind(listener, address, TRUE, NULL) && g_socket_listen(listener, NULL));
    g_autoptr(GSocketAddress) effective = g_socket_get_local_address(listener, NULL);
    unsigned port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(effective));
    static const char *const names[] = {"ReplyTo", "FaultTo", "From"};
    GString *more = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_string_append_printf(more,
                               "<a:%s xmlns:a=\"" WSA_2005 "\" xmlns:s=\"" SOAP_11
                               "\" s:mustUnderstand=\"1\"><a:Address>"
                               "http://127.0.0.1:%u/%s</a:Address></a:%s>",
                               names[i], port, names[i], names[i]);
    }
    g_autofree char *header = addressing(WSA_2005, "urn:uuid:reply", more->str), *person = make_person(&f);
    g_autofree char *good = wrap(SOAP_11, header, person), *bad = wrap(SOAP_11, header, "<foreign/>");
    g_autofree char *href =
        g_strdup_printf("<person><photo href=\"http://127.0.0.1:%u/photo\"/></person>", port);
    g_autofree char *referring = wrap(SOAP_11, "", href);
    g_autoptr(Answer) receipt = send_to(&f, "plain", "text/xml", good);
    g_assert_cmpint(receipt->status, ==, 200);
    assert_header(receipt, WSA_2005, "urn:hutong:receipt:1:receipt", "urn:uuid:reply");
    g_autoptr(Answer) fault = send_to(&f, "plain", "text/xml", bad);
    assert_header(fault, WSA_2005, WSA_2005 "/soap/fault", "urn:uuid:reply");
    g_autoptr(Answer) refused = send_to(&f, "plain", "text/xml", referring);
    assert_element(refused, "code", "href-not-local");
    g_assert_cmpint(g_socket_condition_check(listener, G_IO_IN), ==, 0); /* nobody has come */
    g_string_free(more, TRUE);
    stop(&f);
}

/* ---- rpc/encoded ---- */

static void test_encoded(void)
{
    Fixture f;
    start(&f, "");
    const char *body =
        "<soapenv:Envelope xmlns:soapenv=\"" SOAP_11 "\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
        "<ns1:person soapenv:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\" xmlns:ns1=\"urn:test\">"
        "<number href=\"#id0\"/><place xsi:type=\"xsd:string\">440104001</place><photo xsi:nil=\"true\"/>"
        "<name xsi:type=\"xsd:string\">测试甲</name></ns1:person>"
        "<multiRef id=\"id0\" soapenc:root=\"0\" xsi:type=\"xsd:int\" xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\">7001"
        "</multiRef></soapenv:Body></soapenv:Envelope>";
    g_autoptr(Answer) answer = send_to(&f, "mapped", "text/xml", body);
    g_assert_cmpint(answer->status, ==, 200);
    assert_says(answer, "<done business=\"7001\"/>");
    stop(&f);
}

/* ---- Attachments and batches ---- */

/* MTOM with a photo of this size: below 64 KB the bus holds the message, above it passes in pieces. */
static char *make_mtom(Fixture *f, gsize photo_size, bool with_photo)
{
    g_autofree char *photo = g_strnfill(photo_size, 'x');
    return g_strdup_printf(
        "--MIMEBoundary\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\n"
        "Content-Transfer-Encoding: binary\r\nContent-ID: <0.root@client>\r\n\r\n"
        "<s:Envelope xmlns:s=\"" SOAP_12 "\"><s:Header><a:MessageID xmlns:a=\"" WSA_2005
        "\">urn:uuid:mtom-%u</a:MessageID>"
        "</s:Header><s:Body><person><number>%u</number><place>440104001</place><name>测试甲</name><photo>"
        "<xop:Include href=\"cid:1.photo@client\" xmlns:xop=\"http://www.w3.org/2004/08/xop/include\"/></photo></person>"
        "</s:Body></s:Envelope>\r\n--MIMEBoundary\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: binary\r\n"
        "Content-ID: <%s.photo@client>\r\n\r\n%s\r\n--MIMEBoundary--\r\n",
        f->number + 1, f->number + 1, with_photo ? "1" : "2", photo);
}

#define MTOM_TYPE                                                                                         \
    "multipart/related; boundary=MIMEBoundary; type=\"application/xop+xml\"; start=\"<0.root@client>\"; " \
    "start-info=\"application/soap+xml\"; action=\"urn:test/person\""

static void test_mtom(void)
{
    Fixture f;
    start(&f, "");
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *body = make_mtom(&f, i == 0 ? 1000 : 200000, true),
                        *bad = make_mtom(&f, 1000, false);
        g_autoptr(Answer) refused = send_to(&f, "plain", MTOM_TYPE, bad);
        g_assert_cmpint(refused->status, ==, 500);
        g_assert_true(g_str_has_prefix(refused->content_type, "application/soap+xml"));
        assert_element(refused, "code", "attachment-missing");
        g_autoptr(Answer) answer = send_to(&f, "mapped", MTOM_TYPE, body);
        g_assert_cmpint(answer->status, ==, 200);
        g_assert_true(g_str_has_prefix(answer->content_type, "application/soap+xml"));
        assert_says(answer, "<wsa:RelatesTo xmlns:wsa=\"" WSA_2005 "\">urn:uuid:mtom-%u</wsa:RelatesTo>",
                    f.number + 1);
        assert_says(answer, "<done business=\"%u\"/>", f.number + 1);
        f.number++;
    }
    g_autoptr(Answer) form = send_to(&f, "plain", "multipart/form-data; boundary=b", "--b--");
    g_assert_cmpint(form->status, ==, 415);
    assert_element(form, "code", "attachments");
    /* Cut off: answered in the form that the request's head speaks of. */
    g_autoptr(Answer) cut = send_to(&f, "plain", MTOM_TYPE, "--MIMEBoundary\r\n");
    g_assert_cmpint(cut->status, ==, 500);
    assert_says(cut, SOAP_12);
    assert_element(cut, "code", "multipart-malformed");
    stop(&f);
}

static GBytes *make_zip(Fixture *f, unsigned entries, bool with_bad, gsize blanks)
{
    g_autofree char *filling = g_strnfill(blanks, ' ');
    const ZipOddity stored = {.stored = true};
    ZipBuilder zip = zip_builder();
    for (unsigned i = 0; i < entries; i++) {
        g_autofree char *person = make_person(f), *name = g_strdup_printf("测试甲-%u.xml", i);
        g_autofree char *text = g_strconcat(person, filling, NULL);
        zip_add(&zip, name, text, strlen(text), &stored);
    }
    if (with_bad) {
        zip_add_text(&zip, "bad.xml", "<person><number>1</number></person>");
    }
    return zip_finish(&zip, 0);
}

static Answer *send_zip(Fixture *f, GBytes *zip)
{
    gsize size;
    const void *bytes = g_bytes_get_data(zip, &size);
    return post(f->bus->port, "/in/plain", "application/zip", NULL, bytes, size);
}

/* One message: one receipt, known as a whole when it is sent again, and kept as the bytes that came. */
static void test_zip(void)
{
    Fixture f;
    gsize kept = 0;
    start(&f, "on-invalid = quarantine\nkeep-payload = error\ncompress-payload = off\n");
    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(GBytes) good = make_zip(&f, 21, false, i * 10000), bad = make_zip(&f, 2, true, i * 100000);
        g_autoptr(Answer) first = send_zip(&f, good), second = send_zip(&f, good), partly = send_zip(&f, bad);
        g_assert_cmpint(first->status, ==, 200);
        assert_element(first, "events", "21");
        g_assert_cmpstr(first->message_id, ==, second->message_id);
        g_assert_cmpint(partly->status, ==, 200);
        assert_element(partly, "events", "2");
        assert_element(partly, "rejected", "1");
        assert_element(partly, "part", "3");
        assert_element(partly, "record", "1");
        g_assert_null(strstr(partly->body->str, "bad.xml"));
        kept += g_bytes_get_size(bad);
    }
    g_assert_cmpint(bus_process_figure(f.bus, "sources.1.resent"), ==, 2);
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_null(strstr(log, "测试甲"));
    g_assert_cmpint(bus_process_stop(f.bus), ==, 0);
    g_assert_cmpint(bus_process_ask_spool(f.bus, "SELECT sum(length(bytes) - 36) FROM payloads"), ==,
                    (gint64)kept);
    bus_process_free(f.bus);
    g_assert_cmpint(g_unlink(f.mapping), ==, 0);
    g_free(f.mapping);
}

static void test_mixed(void)
{
    Fixture f;
    start(&f, "");
    g_autofree char *one = make_person(&f), *two = make_person(&f);
    g_autofree char *body = g_strdup_printf(
        "--b\r\nContent-Type: text/xml\r\n\r\n%s\r\n--b\r\nContent-Type: text/xml\r\n\r\n%s\r\n--b--\r\n",
        one, two);
    g_autoptr(Answer) answer = send_to(&f, "plain", "multipart/mixed; boundary=b", body);
    g_assert_cmpint(answer->status, ==, 200);
    assert_element(answer, "events", "2");
    g_autoptr(Answer) refused =
        send_to(&f, "plain", "multipart/mixed; boundary=b", "--b\r\n\r\nhello\r\n--b--");
    g_assert_cmpint(refused->status, ==, 415);
    assert_element(refused, "code", "part-not-xml");
    assert_element(refused, "part", "1");
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/soap/action-quoted-unquoted-empty-or-missing", test_soap_action);
    g_test_add_func("/soap/expect-with-and-without-waiting", test_expect);
    g_test_add_func("/soap/byte-order-marks", test_byte_order_marks);
    g_test_add_func("/soap/addressing-is-echoed-in-every-answer", test_addressing);
    g_test_add_func("/soap/a-resent-message-is-related-to-what-asks-now", test_addressing_resent);
    g_test_add_func("/soap/the-message-id-is-a-key", test_addressing_key);
    g_test_add_func("/soap/nobody-is-called-back", test_reply_to);
    g_test_add_func("/soap/encoded-references", test_encoded);
    g_test_add_func("/soap/mtom", test_mtom);
    g_test_add_func("/batch/zip-is-one-message", test_zip);
    g_test_add_func("/batch/mixed-is-one-message", test_mixed);
    return g_test_run();
}
