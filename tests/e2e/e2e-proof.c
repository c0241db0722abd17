/* Receipts that can be verified, with the real program: signed, killed, sent again, verified without a bus, and by openssl. */
#include "tests/lib/busproc.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUKOU "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"

static char *make_payload(unsigned number)
{
    return g_strdup_printf(
        "<ROWS><ROW><SWZXID>%u</SWZXID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID>"
        "<CXBZ>0</CXBZ><JCWH>440104001003</JCWH><XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><XB>1</XB>"
        "</ROW></ROWS>",
        960000000 + number, 960000000 + number);
}

static Answer *send_message(BusProcess *bus, const char *body, bool is_signed, bool json)
{
    const char *headers[3] = {NULL};
    unsigned count = 0;
    if (is_signed) {
        headers[count++] = "Hutong-Receipt: Signed";
    }
    if (json) {
        headers[count++] = "Accept: application/json";
    }
    Answer *answer = post(bus->port, "/in/hukou", "text/xml", headers, body, strlen(body));
    g_assert_cmpint(answer->status, ==, 200);
    return answer;
}

static char *write_file(const BusProcess *bus, const char *name, const char *text, gsize size)
{
    char *file = g_build_filename(bus->folder, name, NULL);
    g_assert_true(g_file_set_contents(file, text, (gssize)size, NULL));
    return file;
}

static char *write_answer(const BusProcess *bus, const char *name, const Answer *answer)
{
    return write_file(bus, name, answer->body->str, answer->body->len);
}

/* The first key that is printed. */
static char *ask_key(const BusProcess *bus)
{
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "receipt", "key", "-c", bus->config, NULL), ==, 0);
    const char *at = strstr(output, "ed25519:");
    g_assert_nonnull(at);
    return g_strndup(at, strcspn(at, " \n"));
}

static void assert_verdict(const char *key, const char *file, const char *payload, int status)
{
    g_autofree char *output = NULL;
    int found = payload
                    ? run_hutong(&output, "receipt", "verify", file, "--key", key, "--payload", payload, NULL)
                    : run_hutong(&output, "receipt", "verify", file, "--key", key, NULL);
    g_assert_cmpint(found, ==, status);
    g_assert_true(g_str_has_prefix(output, status == 0 ? "yes: " : "no: "));
}

/* ---- Receipts ---- */

static void test_a_receipt_is_verified_without_a_bus(void)
{
    BusProcess *bus = bus_process_new(NULL, HUKOU);
    g_autofree char *payload = make_payload(1);
    bus_process_start(bus);
    g_autoptr(Answer) plain = send_message(bus, payload, false, false);
    g_assert_null(strstr(plain->body->str, "signature"));
    g_autoptr(Answer) first = send_message(bus, payload, true, false);
    bus_process_kill(bus);
    bus_process_start(bus);
    g_autoptr(Answer) again = send_message(bus, payload, true, false);
    g_assert_cmpstr(again->body->str, ==, first->body->str);
    g_autoptr(Answer) json = send_message(bus, payload, true, true);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_autofree char *key = ask_key(bus);
    g_autofree char *sent = write_file(bus, "payload.xml", payload, strlen(payload));
    g_autofree char *other = write_file(bus, "other.xml", payload + 1, strlen(payload) - 1);
    g_autofree char *xml = write_answer(bus, "receipt.xml", first);
    g_autofree char *as_json = write_answer(bus, "receipt.json", json);
    g_autofree char *unsigned_one = write_answer(bus, "plain.xml", plain);
    assert_verdict(key, xml, sent, 0);
    assert_verdict(key, as_json, sent, 0);
    assert_verdict(key, xml, other, 2);
    assert_verdict(key, unsigned_one, NULL, 1);
    assert_verdict(key, sent, NULL, 1);
    g_autofree char *altered = g_strdup(first->body->str);
    strstr(altered, "<events>")[8]++;
    g_autofree char *false_one = write_file(bus, "false.xml", altered, strlen(altered));
    assert_verdict(key, false_one, NULL, 2);
    bus_process_free(bus);
}

static void test_all_receipts_are_signed_where_the_source_says_so(void)
{
    BusProcess *bus = bus_process_new(NULL, HUKOU "sign-receipts = all\n");
    g_autofree char *payload = make_payload(2);
    g_autofree char *envelope = g_strdup_printf(
        "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body>%s</e:Body></e:Envelope>",
        payload);
    bus_process_start(bus);
    g_autoptr(Answer) answer =
        post(bus->port, "/in/hukou", "application/soap+xml", NULL, envelope, strlen(envelope));
    g_assert_cmpint(answer->status, ==, 200);
    g_autofree char *key = ask_key(bus);
    g_autofree char *file = write_answer(bus, "receipt.xml", answer);
    assert_verdict(key, file, NULL, 0);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void test_former_keys_stay_good(void)
{
    BusProcess *bus = bus_process_new(NULL, HUKOU);
    g_autofree char *payload = make_payload(3), *output = NULL, *none = NULL;
    g_assert_cmpint(run_hutong(&none, "receipt", "key", "--rotate", "-c", bus->config, NULL), ==, 1);
    bus_process_start(bus);
    g_autoptr(Answer) before = send_message(bus, payload, true, false);
    g_autofree char *former = ask_key(bus);
    g_assert_cmpint(run_hutong(&output, "receipt", "key", "--rotate", "-c", bus->config, NULL), ==, 0);
    bus_process_kill(bus);
    bus_process_start(bus);
    g_autoptr(Answer) after = send_message(bus, payload, true, false);
    g_assert_cmpstr(before->body->str, !=, after->body->str);
    g_autofree char *old = write_answer(bus, "old.xml", before), *new = write_answer(bus, "new.xml", after);
    g_autofree char *all = g_build_filename(bus->folder, "state", "sign.pub", NULL);
    assert_verdict(all, old, NULL, 0);
    assert_verdict(all, new, NULL, 0);
    assert_verdict(former, old, NULL, 0);
    assert_verdict(former, new, NULL, 1);
    g_autofree char *own = NULL;
    g_assert_cmpint(run_hutong(&own, "receipt", "verify", new, "-c", bus->config, NULL), ==, 0);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

/* ---- On paper ---- */

/* The page; the caller frees. */
static char *print_receipt(const char *what, const char *key, const char *config, int status)
{
    char *page = NULL;
    int found = key ? run_hutong(&page, "receipt", "print", what, "--key", key, NULL)
                    : run_hutong(&page, "receipt", "print", what, "-c", config, NULL);
    g_assert_cmpint(found, ==, status);
    g_assert_true(g_str_has_prefix(page, "<?xml") == (status == 0));
    return page;
}

/* What a scanner reads of the code, or somebody types. */
static char *find_code(const char *page)
{
    const char *at = strstr(page, "<p class=\"code\">");
    g_assert_nonnull(at);
    at += strlen("<p class=\"code\">");
    char *code = g_strndup(at, strcspn(at, "<"));
    char **parts = g_strsplit(code, "&quot;", -1);
    g_free(code);
    code = g_strjoinv("\"", parts);
    g_strfreev(parts);
    return code;
}

static void test_a_receipt_on_paper_is_verified(void)
{
    BusProcess *bus = bus_process_new(NULL, HUKOU);
    g_autofree char *payload = make_payload(5);
    bus_process_start(bus);
    g_autoptr(Answer) plain = send_message(bus, payload, false, false);
    g_autoptr(Answer) answer = send_message(bus, payload, true, false);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_autofree char *key = ask_key(bus), *id = answer_element(answer, "messageId"),
                    *sha256 = answer_element(answer, "sha256");
    g_autofree char *xml = write_answer(bus, "receipt.xml", answer),
                    *sent = write_file(bus, "sent.xml", payload, strlen(payload));
    g_autofree char *page = print_receipt(xml, key, NULL, 0);
    g_assert_nonnull(strstr(page, "数据接收回执"));
    g_assert_nonnull(strstr(page, id));
    g_assert_nonnull(strstr(page, sha256));
    g_assert_null(strstr(page, "测试丁")); /* nothing of what was sent */
    g_assert_null(strstr(page, "990104195008179950"));
    g_autofree char *printed = write_file(bus, "page.xhtml", page, strlen(page));
    assert_verdict(key, printed, sent, 0);
    g_autofree char *code = find_code(page);
    g_autofree char *scanned = write_file(bus, "code.json", code, strlen(code));
    assert_verdict(key, scanned, sent, 0);
    /* By its number it is the same page. */
    g_autofree char *again = print_receipt(id, NULL, bus->config, 0);
    g_assert_cmpstr(again, ==, page);
    /* What was altered, or never signed, is neither verified nor printed. */
    g_autofree char *altered = g_strdup(page);
    strstr(altered, "<events>")[8]++;
    g_autofree char *false_one = write_file(bus, "false.xhtml", altered, strlen(altered));
    assert_verdict(key, false_one, NULL, 2);
    g_autofree char *none = print_receipt(false_one, key, NULL, 2);
    g_autofree char *unsigned_one = write_answer(bus, "plain.xml", plain);
    g_autofree char *nothing = print_receipt(unsigned_one, key, NULL, 1);
    g_autofree char *nobody = print_receipt("01a1ff95-f45c-702c-a99a-e6a33216f278", NULL, bus->config, 1);
    bus_process_free(bus);
}

/* What a program of others says; NULL when it is not installed. */
static char *ask_program(const char *const *arguments, gsize *size)
{
    g_autofree char *program = g_find_program_in_path(arguments[0]);
    int from, status = -1;
    GPid child;
    if (!program || !g_spawn_async_with_pipes(NULL, (char **)arguments, NULL,
                                              G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                                                  G_SPAWN_STDERR_TO_DEV_NULL,
                                              NULL, NULL, &child, NULL, &from, NULL, NULL)) {
        return NULL;
    }
    GString *said = g_string_new(NULL);
    char part[4096];
    for (ssize_t n; (n = read(from, part, sizeof part)) > 0;) {
        g_string_append_len(said, part, n);
    }
    close(from);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    *size = said->len;
    return g_string_free(said, FALSE);
}

/* Text stays text, its code can be scanned, and the same receipt is the same file. */
static void check_pdf(const BusProcess *bus, const char *pdf, const char *key, const char *id)
{
    gsize size;
    g_autofree char *picture = g_build_filename(bus->folder, "page", NULL),
                    *file = g_strconcat(picture, ".png", NULL);
    const char *const as_text[] = {"pdftotext", pdf, "-", NULL}, *const as_picture[] = {"pdftoppm",    "-r",
                                                                                        "200",         "-png",
                                                                                        "-singlefile", pdf,
                                                                                        picture,       NULL},
                      *const scan[] = {"zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", file, NULL};
    g_autofree char *text = ask_program(as_text, &size), *drawn = ask_program(as_picture, &size);
    g_autofree char *scanned = drawn ? ask_program(scan, &size) : NULL;
    if (!text || !scanned) {
        g_test_skip("without pdftotext, pdftoppm (poppler-utils) and zbarimg (zbar-tools)");
        return;
    }
    g_assert_nonnull(strstr(text, "数据接收回执"));
    g_assert_nonnull(strstr(text, "核验"));
    g_assert_nonnull(strstr(text, id));
    g_autofree char *read = write_file(bus, "read.txt", text, strlen(text)),
                    *code = write_file(bus, "scanned.json", scanned, strlen(scanned));
    assert_verdict(key, read, NULL, 0);
    assert_verdict(key, code, NULL, 0);
    char *events = strstr(text, "\"events\":");
    events[strcspn(events, "0123456789")]++;
    g_autofree char *false_one = write_file(bus, "false.txt", text, strlen(text));
    assert_verdict(key, false_one, NULL, 2);
}

static void test_a_receipt_as_pdf_is_verified(void)
{
    g_autofree char *program = g_build_filename(g_getenv("HUTONG_LIBEXECDIR"), "hutong-paper", NULL);
    if (!g_file_test(program, G_FILE_TEST_IS_EXECUTABLE)) {
        g_test_skip("built without pangocairo");
        return;
    }
    BusProcess *bus = bus_process_new(NULL, HUKOU);
    g_autofree char *payload = make_payload(6), *one = NULL, *other = NULL, *said = NULL, *none_said = NULL,
                    *more = NULL;
    gsize one_size, other_size;
    bus_process_start(bus);
    g_autoptr(Answer) answer = send_message(bus, payload, true, false);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_autofree char *key = ask_key(bus), *id = answer_element(answer, "messageId"),
                    *xml = write_answer(bus, "receipt.xml", answer),
                    *pdf = g_build_filename(bus->folder, "a.pdf", NULL),
                    *again = g_build_filename(bus->folder, "b.pdf", NULL);
    g_assert_cmpint(run_hutong(&none_said, "receipt", "print", xml, "--key", key, "--pdf", pdf, NULL), ==, 0);
    g_assert_cmpint(run_hutong(&more, "receipt", "print", id, "-c", bus->config, "--pdf", again, NULL), ==,
                    0);
    g_assert_true(g_file_get_contents(pdf, &one, &one_size, NULL));
    g_assert_true(g_file_get_contents(again, &other, &other_size, NULL));
    g_assert_cmpmem(one, one_size, other, other_size);
    g_assert_true(g_str_has_prefix(one, "%PDF-"));
    assert_verdict(key, pdf, NULL, 1); /* it says to give its text */
    check_pdf(bus, pdf, key, id);
    /* Where no font has the characters nothing is written. */
    g_autofree char *fonts = write_file(bus, "fonts.conf", "<fontconfig/>", strlen("<fontconfig/>")),
                    *none = g_build_filename(bus->folder, "none.pdf", NULL);
    g_setenv("FONTCONFIG_FILE", fonts, TRUE);
    g_assert_cmpint(run_hutong(&said, "receipt", "print", xml, "--key", key, "--pdf", none, NULL), ==, 1);
    g_unsetenv("FONTCONFIG_FILE");
    g_assert_false(g_file_test(none, G_FILE_TEST_EXISTS));
    bus_process_free(bus);
}

/* ---- By somebody else's means ---- */

/* The text of docs/wire.md, from the receipt's elements. */
static char *write_signed_text(const Answer *answer)
{
    static const char *const names[] = {"messageId", "sequence",   "events",       "duplicates", "rejected",
                                        "sha256",    "receivedAt", "lastSequence", "bus",        "source"};
    GString *text = g_string_new("hutong receipt 1\n");
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *value = answer_element(answer, names[i]);
        g_string_append_printf(text, "%s=%s\n", names[i], value);
    }
    return g_string_free(text, FALSE);
}

/* The public key as openssl reads it (RFC 8410): a head of 12 bytes, and the key. */
static void make_der(const char *key, char der[44])
{
    static const char head[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
    gsize size;
    g_autofree guchar *bytes = g_base64_decode(key + strlen("ed25519:"), &size);
    g_assert_cmpuint(size, ==, 32);
    memcpy(der, head, 12);
    memcpy(der + 12, bytes, 32);
}

static int run_openssl(const char *key, const char *signature, const char *text)
{
    const char *const arguments[] = {"openssl", "pkeyutl",  "-verify", "-pubin", "-keyform",
                                     "DER",     "-inkey",   key,       "-rawin", "-in",
                                     text,      "-sigfile", signature, NULL};
    int status;
    g_assert_true(g_spawn_sync(NULL, (char **)arguments, NULL,
                               G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                               NULL, NULL, NULL, NULL, &status, NULL));
    return status;
}

static void test_openssl_verifies_the_text_of_the_documentation(void)
{
    g_autofree char *openssl = g_find_program_in_path("openssl");
    if (!openssl) {
        g_test_skip("there is no openssl");
        return;
    }
    BusProcess *bus = bus_process_new(NULL, HUKOU);
    g_autofree char *payload = make_payload(4);
    bus_process_start(bus);
    g_autoptr(Answer) answer = send_message(bus, payload, true, false);
    g_autofree char *key = ask_key(bus), *text = write_signed_text(answer);
    g_autofree char *signature = answer_element(answer, "signature");
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    char der[44];
    gsize size;
    make_der(key, der);
    g_autofree char *bytes = (char *)g_base64_decode(signature, &size);
    g_autofree char *key_file = write_file(bus, "key.der", der, sizeof der);
    g_autofree char *signature_file = write_file(bus, "signature", bytes, size);
    g_autofree char *text_file = write_file(bus, "text", text, strlen(text));
    g_assert_cmpint(run_openssl(key_file, signature_file, text_file), ==, 0);
    g_autofree char *other_file = write_file(bus, "text", text, strlen(text) - 1);
    g_assert_cmpint(run_openssl(key_file, signature_file, other_file), !=, 0);
    bus_process_free(bus);
}

/* An older copy of the state has older keys: what was signed since is verified all the same. */
static void test_a_restored_copy_forgets_no_key(void)
{
    BusProcess *bus = bus_process_new(NULL, HUKOU);
    g_autofree char *payload = make_payload(7), *copy = g_build_filename(bus->folder, "copy", NULL);
    g_autofree char *rotated = NULL, *copied = NULL, *restored = NULL, *output = NULL;
    bus_process_start(bus);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_assert_cmpint(run_hutong(&copied, "spool", "backup", copy, "-c", bus->config, NULL), ==, 0);
    g_assert_cmpint(run_hutong(&rotated, "receipt", "key", "--rotate", "-c", bus->config, NULL), ==, 0);
    bus_process_start(bus);
    g_autoptr(Answer) answer = send_message(bus, payload, true, false);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_autofree char *receipt = write_answer(bus, "receipt.xml", answer);
    g_assert_cmpint(run_hutong(&restored, "spool", "restore", copy, "--replace", "-c", bus->config, NULL), ==,
                    0);
    g_assert_cmpint(run_hutong(&output, "receipt", "verify", receipt, "-c", bus->config, NULL), ==, 0);
    bus_process_free(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/receipt/is-verified-without-a-bus", test_a_receipt_is_verified_without_a_bus);
    g_test_add_func("/receipt/on-paper-is-verified", test_a_receipt_on_paper_is_verified);
    g_test_add_func("/receipt/as-pdf-is-verified", test_a_receipt_as_pdf_is_verified);
    g_test_add_func("/receipt/all-are-signed-where-the-source-says-so",
                    test_all_receipts_are_signed_where_the_source_says_so);
    g_test_add_func("/receipt/former-keys-stay-good", test_former_keys_stay_good);
    g_test_add_func("/receipt/a-restored-copy-forgets-no-key", test_a_restored_copy_forgets_no_key);
    g_test_add_func("/receipt/openssl-verifies-it", test_openssl_verifies_the_text_of_the_documentation);
    return g_test_run();
}
