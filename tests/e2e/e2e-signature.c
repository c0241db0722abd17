/* A source that asks for signatures (WS-Security, X.509), with a real bus and the real box: who may sign gets in, nobody else does, and nothing is kept of him. What exactly is taken
 * and refused is tests/unit/test-signature.c's. Persons are synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/post.h"
#include "tests/lib/signing.h"

#include <glib/gstdio.h>
#include <string.h>

#define NUMBER "990104195008179950"

typedef struct {
    BusProcess *bus;
    Signer *authority, *signer;
} Fixture;

static void put_certificate(const Fixture *f, const Signer *signer, const char *name)
{
    g_autofree char *file = g_build_filename(f->bus->folder, name, NULL), *text = signer_pem(signer);
    g_assert_true(g_file_set_contents_full(file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL));
}

static void set_up(Fixture *f, const void *keys)
{
    g_autofree char *sections =
        g_strdup_printf("[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
                        "division = 440104\nsignature-ca = ca.pem\non-invalid = quarantine\n%s",
                        (const char *)keys);
    f->authority = signer_new(&(SignerOptions){.name = "authority", .authority = true});
    f->signer = signer_new(&(SignerOptions){.name = "police", .issuer = f->authority, .rsa_bits = 2048});
    f->bus = bus_process_new(NULL, sections);
    put_certificate(f, f->authority, "ca.pem");
    bus_process_start(f->bus);
}

static void tear_down(Fixture *f, const void *keys)
{
    (void)keys;
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    signer_free(f->signer);
    signer_free(f->authority);
}

static char *submit_of(unsigned number)
{
    return g_strdup_printf(
        "<m:Submit xmlns:m=\"urn:hutong:source:hukou\"><ROWS><ROW no=\"1\"><SWZXID>%u</SWZXID><RYNBID>900000204</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>测试丁</XM><GMSFHM>" NUMBER
        "</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS></m:Submit>",
        number, number);
}

/* The code that comes back, "" for a receipt; the caller frees. */
static char *send_as(Fixture *f, const char *type, const char *message, gsize size)
{
    g_autoptr(Answer) answer = post(f->bus->port, "/in/hukou", type, NULL, message, size);
    char *code = answer_element(answer, "code");
    g_test_message("HTTP %ld %s", answer->status, answer->body->str);
    g_assert_null(strstr(answer->body->str, NUMBER));
    g_assert_true((answer->status == 200) == (code == NULL));
    if (code) { /* as SOAP says it, or as HTTP does */
        g_assert_cmpint(answer->status, ==, strstr(answer->body->str, "Fault>") ? 500 : 403);
    }
    return code ? code : g_strdup("");
}

static void expect(Fixture *f, const char *message, const char *code)
{
    g_autofree char *got = send_as(f, "text/xml; charset=utf-8", message, strlen(message));
    g_assert_cmpstr(got, ==, code);
}

static void expect_nothing_of(Fixture *f, gint64 events)
{
    g_assert_cmpint(bus_process_figure(f->bus, "spool.lastSequence"), ==, events);
    g_assert_cmpint(bus_process_figure(f->bus, "spool.quarantined"), ==, 0);
    g_assert_cmpint(bus_process_figure(f->bus, "sources.0.host.restarts"), ==, 0);
    g_autofree char *log = bus_process_log(f->bus);
    g_assert_null(strstr(log, NUMBER));
    g_assert_null(strstr(log, "测试丁"));
    g_assert_null(strstr(log, "xmlSec"));
}

static void test_who_may_sign_gets_in(Fixture *f, const void *keys)
{
    (void)keys;
    g_autoptr(Signer) elliptic = signer_new(&(SignerOptions){.name = "police", .issuer = f->authority});
    g_autofree char *one = submit_of(900006001), *two = submit_of(900006002), *three = submit_of(900006003);
    g_autofree char *first = signing_message(f->signer, one), *second = signing_message(elliptic, two);
    expect(f, first, "");
    expect(f, second, "");
    expect(f, first, ""); /* the same bytes again: its first receipt */
    g_autofree char *plain = signing_message(f->signer, three);
    g_autofree char *declared = g_strconcat("<?xml version=\"1.0\" encoding=\"GB18030\"?>", plain, NULL);
    gsize size = 0;
    g_autofree char *bytes = g_convert(declared, -1, "GB18030", "UTF-8", NULL, &size, NULL);
    g_autofree char *code = send_as(f, "text/xml", bytes, size);
    g_assert_cmpstr(code, ==, "");
    expect_nothing_of(f, 3);
}

static char *replace(const char *text, const char *from, const char *to)
{
    g_autoptr(GString) changed = g_string_new(text);
    g_assert_cmpuint(g_string_replace(changed, from, to, 1), ==, 1);
    return g_string_free(g_steal_pointer(&changed), FALSE);
}

static void test_nobody_else_does(Fixture *f, const void *keys)
{
    (void)keys;
    g_autoptr(Signer) stranger = signer_new(&(SignerOptions){.name = "police"});
    g_autofree char *inside = submit_of(900006101), *good = signing_message(f->signer, inside);
    g_autofree char *body = signing_body("body", inside), *unsigned_message = signing_envelope("", "", body);
    g_autofree char *strangers = signing_message(stranger, inside);
    g_autofree char *altered = replace(good, "440104001003", "440104001004");
    g_autofree char *other = signing_body("other", inside),
                    *wrapped_body = g_strconcat("<x>", body, "</x></s:Header>", other, NULL);
    g_autofree char *end = g_strconcat("</s:Header>", body, NULL),
                    *wrapped = replace(good, end, wrapped_body);
    g_autofree char *encrypted =
        replace(good, "<ds:Signature ", "<e:EncryptedKey xmlns:e=\"urn:x\"/><ds:Signature ");
    const struct {
        const char *message, *code;
    } cases[] = {{unsigned_message, "signature-missing"},
                 {inside, "signature-missing"},
                 {strangers, "signature-refused"},
                 {altered, "signature-refused"},
                 {wrapped, "signature-refused"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("case %u", i);
        expect(f, cases[i].message, cases[i].code);
    }
    g_autofree char *parts =
        g_strconcat("--b\r\nContent-Type: text/xml\r\n\r\n", good, "\r\n--b--\r\n", NULL);
    g_autofree char *code =
        send_as(f, "multipart/related; boundary=b; type=\"text/xml\"", parts, strlen(parts));
    g_assert_cmpstr(code, ==, "signature-unsupported");
    expect_nothing_of(f, 0);
    expect(f, good, "");
    /* its Body is signed by who may: that is looked at as any other's */
    g_autoptr(Answer) answer =
        post(f->bus->port, "/in/hukou", "text/xml; charset=utf-8", NULL, encrypted, strlen(encrypted));
    g_assert_nonnull(strstr(answer->body->str, "MustUnderstand"));
}

static void test_bad_files_are_told(void)
{
    static const struct {
        const char *keys, *text;
        unsigned mode;
        const char *said;
    } cases[] = {{"signature-ca = ca.pem\n", "", 0644, "there is no certificate in PEM in it"},
                 {"signature-ca = ca.pem\n", "x", 0666, "chmod"},
                 {"signature-certificate = none.pem\n", "", 0644, "none.pem"},
                 {"signature-certificate = ca.pem\n",
                  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0644,
                  "signature-certificate: "},
                 {"signature-subject = CN=x\n", "", 0644, "signature-ca is missing"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *sections =
            g_strconcat("[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
                        "division = 440104\n",
                        cases[i].keys, NULL);
        BusProcess *bus = bus_process_new(NULL, sections);
        g_autofree char *file = g_build_filename(bus->folder, "ca.pem", NULL), *said = NULL;
        g_assert_true(g_file_set_contents(file, cases[i].text, -1, NULL));
        g_assert_cmpint(g_chmod(file, (int)cases[i].mode), ==, 0);
        g_assert_cmpint(run_hutong(&said, "check", "-c", bus->config, NULL), ==, 78);
        g_test_message("%s", said);
        g_assert_nonnull(strstr(said, cases[i].said));
        bus_process_free(bus);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add(path, Fixture, "", set_up, test, tear_down)
    ADD("/signed/who-may-sign-gets-in", test_who_may_sign_gets_in);
    ADD("/signed/nobody-else-does", test_nobody_else_does);
    g_test_add_func("/signed/bad-files-are-told", test_bad_files_are_told);
    return g_test_run();
}
