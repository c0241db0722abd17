/* The table of SOAP envelopes, sent to a real bus: status, fault code, subcode, and the headers of the answer. */
#include "tests/lib/busproc.h"
#include "tests/lib/envelopes.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    BusProcess *bus;
    char *mapping;
} Fixture;

/* `plain` answers SOAP 1.2's faults of the sender with 500, `strict` with 400. */
static void start(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    int file = g_file_open_tmp("e2e-envelope-XXXXXX.xml", &f->mapping, &error);
    g_assert_no_error(error);
    g_assert_true(g_close(file, NULL));
    g_assert_true(g_file_set_contents(f->mapping, ENVELOPES_MAPPING, -1, NULL));
    g_autofree char *sections = g_strdup_printf(
        "[source plain]\ndepartment = police\nadapter = xml\nmapping = %s\ndivision = 440104\n"
        "[source strict]\ndepartment = police\nadapter = xml\nmapping = %s\ndivision = 440104\nsoap12-sender-status = 400\n",
        f->mapping, f->mapping);
    f->bus = bus_process_new(NULL, sections);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    g_assert_cmpint(g_unlink(f->mapping), ==, 0);
    g_free(f->mapping);
}

static const char *code_of(const Envelope *envelope, unsigned version)
{
    if (strcmp(envelope->fault, "soap-must-understand") == 0) {
        return "soap:MustUnderstand";
    }
    if (strcmp(envelope->fault, "soap-version") == 0) {
        return "soap:VersionMismatch";
    }
    if (strcmp(envelope->fault, "soap-encoding-unknown") == 0) {
        return "soap:DataEncodingUnknown";
    }
    return version == 11 ? "soap:Client" : "soap:Sender";
}

static unsigned count(const char *text, const char *part)
{
    unsigned found = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) {
        found++;
    }
    return found;
}

static bool says(const Answer *answer, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool says(const Answer *answer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *part = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return strstr(answer->body->str, part);
}

/* In the order of the table, each with its namespace declared. */
static bool names_headers(const Answer *answer, const Envelope *envelope)
{
    unsigned expected = envelope->version == 12 ? g_strv_length(envelope->headers) : 0;
    bool good = count(answer->body->str, "<soap:NotUnderstood ") == expected;
    for (unsigned i = 0; i < expected && good; i++) {
        char *end = strrchr(envelope->headers[i], '}');
        g_autofree char *uri = g_markup_escape_text(envelope->headers[i] + 1, end - envelope->headers[i] - 1);
        good = says(answer, "<soap:NotUnderstood qname=\"of:%s\" xmlns:of=\"%s\"/>", end + 1, uri);
    }
    return good;
}

/* The whole of a fault, in an envelope of the version that was asked in. */
static bool is_right_fault(const Answer *answer, const Envelope *envelope, long sender_status)
{
    bool new = envelope->version == 12;
    const char *code = code_of(envelope, envelope->version);
    long status = new &&strcmp(code, "soap:Sender") == 0 ? sender_status : 500;
    bool is_version = strcmp(envelope->fault, "soap-version") == 0;
    bool about_head = is_version || strcmp(envelope->fault, "soap-must-understand") == 0 ||
                      strcmp(envelope->fault, "soap-header-malformed") == 0;
    bool good = answer->status == status &&
                says(answer, "xmlns:soap=\"%s\"", new ? ENVELOPES_12 : ENVELOPES_11) &&
                names_headers(answer, envelope) && is_version == says(answer, "<env:Upgrade ");
    if (new) {
        return good && says(answer, "<soap:Code><soap:Value>%s</soap:Value><soap:Subcode>", code) &&
               says(answer, ">hutong:%s</soap:Value></soap:Subcode>", envelope->fault) &&
               says(answer, "<soap:Reason><soap:Text xml:lang=\"en\">");
    }
    return good && says(answer, "<faultcode>%s</faultcode>", code) &&
           about_head != says(answer, "<hutong:code>%s</hutong:code>", envelope->fault);
}

static bool is_right(const Answer *answer, const Envelope *envelope, long sender_status)
{
    if (envelope->fault) {
        return is_right_fault(answer, envelope, sender_status);
    }
    g_autofree char *events = answer_element(answer, "hutong:events");
    return answer->status == 200 && g_strcmp0(events, "1") == 0;
}

/* What has no version that could be read is answered in the one that the Content-Type speaks of. */
static const char *headers_of(const Envelope *envelope)
{
    return envelope->version == 11 ? "SOAPAction: \"\"" : "X-None: 1";
}

static void send_table(Fixture *f, const char *path, long sender_status)
{
    g_autoptr(GPtrArray) envelopes = envelopes_read();
    for (guint i = 0; i < envelopes->len; i++) {
        const Envelope *envelope = envelopes->pdata[i];
        const char *headers[] = {headers_of(envelope), NULL};
        const char *type =
            envelope->version == 11 ? "text/xml; charset=utf-8" : "application/soap+xml; charset=utf-8";
        g_autoptr(Answer) answer =
            post(f->bus->port, path, type, headers, envelope->text, strlen(envelope->text));
        if (!is_right(answer, envelope, sender_status) ||
            !g_str_has_prefix(answer->content_type,
                              envelope->version == 11 ? "text/xml" : "application/soap+xml")) {
            g_test_message("line %u, SOAP %u, %s: %ld %s for %s", envelope->line, envelope->version,
                           envelope->fault ? envelope->fault : "taken", answer->status, answer->body->str,
                           envelope->text);
            g_test_fail();
        }
    }
}

static void test_table(void)
{
    Fixture f;
    start(&f);
    send_table(&f, "/in/plain", 500);
    gint64 accepted = bus_process_figure(f.bus, "sources.0.accepted");
    g_assert_cmpint(accepted, >, 100);
    g_assert_cmpint(bus_process_figure(f.bus, "sources.0.events"), ==, accepted);
    stop(&f);
}

static void test_strict(void)
{
    Fixture f;
    start(&f);
    send_table(&f, "/in/strict", 400);
    stop(&f);
}

/* The Envelope decides, not the Content-Type; where there is none, the Content-Type. */
static void test_types(void)
{
    static const struct {
        const char *type, *text, *answered;
        long status;
    } cases[] = {
        {"text/xml", "<e:Envelope xmlns:e='" ENVELOPES_12 "'><e:Body/></e:Envelope>", "application/soap+xml",
         500},
        {"application/soap+xml", "<e:Envelope xmlns:e='" ENVELOPES_11 "'><e:Body/></e:Envelope>", "text/xml",
         500},
        {"application/soap+xml", "<person/>", "application/soap+xml", 500},
        {"text/xml", "<e:Envelope xmlns:e='urn:x'><e:Body/></e:Envelope>", "text/xml", 500},
        {"application/xml", "<e:Envelope xmlns:e='" ENVELOPES_12 "'><e:Body/></e:Envelope>",
         "application/soap+xml", 500},
    };
    Fixture f;
    start(&f);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Answer) answer =
            post(f.bus->port, "/in/plain", cases[i].type, NULL, cases[i].text, strlen(cases[i].text));
        g_assert_cmpint(answer->status, ==, cases[i].status);
        g_assert_true(g_str_has_prefix(answer->content_type, cases[i].answered));
    }
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/envelope/the-table-is-answered-by-the-book", test_table);
    g_test_add_func("/envelope/faults-of-the-sender-with-400-when-asked-for", test_strict);
    g_test_add_func("/envelope/the-envelope-decides-about-the-version", test_types);
    return g_test_run();
}
