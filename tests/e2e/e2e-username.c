/* A source that asks for a user name in the envelope (WS-Security UsernameToken): who has the password gets in, in both forms, nobody else does, and nothing is kept of
 * him; what stands beside the token is refused, never ignored. Persons are synthetic (prefix 99). */
#include "tests/lib/busproc.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <string.h>

#define WSSE "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define WSU "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define PROFILE "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
#define PASSWORD "correct horse 电池"

typedef struct {
    BusProcess *bus;
} Fixture;

static void put_users(const Fixture *f, const char *text)
{
    g_autofree char *file = g_build_filename(f->bus->folder, "users", NULL);
    g_assert_true(g_file_set_contents_full(file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static void set_up(Fixture *f, const void *keys)
{
    g_autofree char *sections =
        g_strdup_printf("[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
                        "division = 440104\nusername-file = users\nusername-nonces = 20\n%s",
                        (const char *)keys);
    f->bus = bus_process_new(NULL, sections);
    g_autofree char *hash = NULL;
    put_users(f, "# the police\nhukou " PASSWORD "\nold-system simple\n");
    bus_process_start(f->bus);
}

static void tear_down(Fixture *f, const void *keys)
{
    (void)keys;
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
}

/* ---- Envelopes ---- */

static char *now_and(int seconds)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc(), then = g_date_time_add_seconds(now, seconds);
    return g_date_time_format(then, "%Y-%m-%dT%H:%M:%SZ");
}

/* Base64(SHA-1(nonce, created, password)), as the sender makes it. */
static char *digest_of(const char *nonce, const char *created, const char *password)
{
    gsize size;
    guint8 digest[20];
    gsize length = sizeof digest;
    g_autofree guchar *bytes = g_base64_decode(nonce, &size);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sum, bytes, (gssize)size);
    g_checksum_update(sum, (const guchar *)created, -1);
    g_checksum_update(sum, (const guchar *)password, -1);
    g_checksum_get_digest(sum, digest, &length);
    return g_base64_encode(digest, length);
}

static char *token_of(const char *name, const char *type, const char *password, const char *nonce,
                      const char *created)
{
    g_autofree char *nonce_part =
        nonce ? g_strdup_printf("<w:Nonce EncodingType='http://docs.oasis-open.org/wss/2004/01/"
                                "oasis-200401-wss-soap-message-security-1.0#Base64Binary'>%s</w:Nonce>",
                                nonce)
              : g_strdup("");
    g_autofree char *created_part =
        created ? g_strdup_printf("<u:Created>%s</u:Created>", created) : g_strdup("");
    return g_strdup_printf(
        "<w:UsernameToken u:Id='t'><w:Username>%s</w:Username><w:Password%s>%s</w:Password>%s%s</w:UsernameToken>",
        name, type, password, nonce_part, created_part);
}

static char *envelope_of(const char *security, unsigned number)
{
    return g_strdup_printf(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Header>%s</s:Header><s:Body>"
        "<m:Submit xmlns:m='urn:hutong:source:hukou'><ROWS><ROW no='1'><SWZXID>%u</SWZXID><RYNBID>900000204</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS></m:Submit>"
        "</s:Body></s:Envelope>",
        security, number, number);
}

static char *header_of(const char *inside)
{
    return g_strdup_printf(
        "<w:Security s:mustUnderstand='1' xmlns:w='" WSSE "' xmlns:u='" WSU "'>%s</w:Security>", inside);
}

/* The code that comes back, "" for a receipt; the caller frees. A fault about the header has no detail, which SOAP forbids there. */
static char *send(Fixture *f, const char *header, unsigned number)
{
    g_autofree char *body = envelope_of(header, number);
    g_autoptr(Answer) answer =
        post(f->bus->port, "/in/hukou", "text/xml; charset=utf-8", NULL, body, strlen(body));
    char *code = answer_element(answer, "code");
    g_test_message("HTTP %ld %s", answer->status, answer->body->str);
    g_assert_null(strstr(answer->body->str, PASSWORD));
    if (code || answer->status == 200) {
        g_assert_true((answer->status == 200) == (code == NULL));
        return code ? code : g_strdup("");
    }
    bool unsupported = strstr(answer->body->str, ":MustUnderstand</faultcode>") != NULL;
    g_assert_true(unsupported == (strstr(answer->body->str, "holds more than") != NULL));
    return g_strdup(unsupported ? "soap-security-unsupported" : "soap-header-malformed");
}

#define EXPECT(f, inside, number, code)                               \
    do {                                                              \
        g_autofree char *expect_header = header_of(inside);           \
        g_autofree char *expect_got = send(f, expect_header, number); \
        g_assert_cmpstr(expect_got, ==, code);                        \
    } while (0)

#define DIGEST " Type='" PROFILE "#PasswordDigest'"
#define TEXT " Type='" PROFILE "#PasswordText'"

/* ---- Tests ---- */

static void test_who_has_the_password_gets_in(Fixture *f, const void *keys)
{
    (void)keys;
    g_autofree char *now = now_and(0), *soon = now_and(60);
    g_autofree char *digest = digest_of("bm9uY2UtMQ==", now, PASSWORD);
    g_autofree char *by_digest = token_of("hukou", DIGEST, digest, "bm9uY2UtMQ==", now);
    g_autofree char *by_text = token_of("hukou", TEXT, PASSWORD, NULL, NULL);
    g_autofree char *untyped = token_of(" old-system\n", "", "simple", "bm9uY2UtMg==", now);
    g_autofree char *stamped =
        g_strdup_printf("<u:Timestamp><u:Created>%s</u:Created><u:Expires>%s</u:Expires></u:Timestamp>%s",
                        now, soon, by_text);
    EXPECT(f, by_digest, 900005001, "");
    EXPECT(f, by_text, 900005002, "");
    EXPECT(f, untyped, 900005003, "");
    EXPECT(f, stamped, 900005004, "");
    EXPECT(f, by_digest, 900005001, ""); /* the same bytes again: its first receipt */
    EXPECT(f, by_digest, 900005005, "username-replayed");
    g_assert_cmpint((int)bus_process_figure(f->bus, "spool.lastSequence"), ==, 4);
    g_autofree char *log = bus_process_log(f->bus);
    g_assert_null(strstr(log, "correct horse"));
}

static void test_nobody_else_does(Fixture *f, const void *keys)
{
    (void)keys;
    g_autofree char *now = now_and(0), *past = now_and(-400), *ahead = now_and(400);
    g_autofree char *digest = digest_of("bm9uY2UtMQ==", now, PASSWORD);
    g_autofree char *wrong = digest_of("bm9uY2UtMQ==", now, "another"),
                    *old = digest_of("bm9uY2UtMQ==", past, PASSWORD);
    g_autofree char *early = digest_of("bm9uY2UtMQ==", ahead, PASSWORD);
    const struct {
        const char *name, *type, *password, *nonce, *created, *code;
    } cases[] = {
        {"hukou", TEXT, "another", NULL, NULL, "username-refused"},
        {"hukou", TEXT, "", NULL, NULL, "username-refused"},
        {"hukou", TEXT, "simple", NULL, NULL, "username-refused"}, /* another's */
        {"hukou", TEXT, " " PASSWORD, NULL, NULL, "username-refused"},
        {"Hukou", TEXT, PASSWORD, NULL, NULL, "username-refused"},
        {"nobody", TEXT, PASSWORD, NULL, NULL, "username-refused"},
        {"", TEXT, PASSWORD, NULL, NULL, "username-missing"},
        {"hukou", DIGEST, wrong, "bm9uY2UtMQ==", now, "username-refused"},
        {"hukou", DIGEST, digest, "bm9uY2UtMg==", now, "username-refused"}, /* another nonce */
        {"hukou", DIGEST, digest, NULL, now, "username-refused"},
        {"hukou", DIGEST, digest, "bm9uY2UtMQ==", NULL, "username-refused"},
        {"hukou", DIGEST, PASSWORD, "bm9uY2UtMQ==", now, "username-refused"},
        {"hukou", TEXT, digest, "bm9uY2UtMQ==", now, "username-refused"},
        {"hukou", DIGEST, old, "bm9uY2UtMQ==", past, "username-stale"},
        {"hukou", DIGEST, early, "bm9uY2UtMQ==", ahead, "username-stale"},
        {"hukou", TEXT, PASSWORD, NULL, "yesterday", "username-stale"},
        {"hukou", " Type='urn:other#PasswordSecret'", PASSWORD, NULL, NULL, "soap-security-unsupported"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *token =
            token_of(cases[i].name, cases[i].type, cases[i].password, cases[i].nonce, cases[i].created);
        g_test_message("case %u", i);
        EXPECT(f, token, 900005101 + i, cases[i].code);
    }
    g_autofree char *none = send(f, "", 900005201);
    g_assert_cmpstr(none, ==, "username-missing");
    EXPECT(f, "", 900005202, "username-missing");
    g_assert_cmpint((int)bus_process_figure(f->bus, "spool.lastSequence"), ==, 0);
    g_assert_cmpint((int)bus_process_figure(f->bus, "spool.quarantined"), ==,
                    0); /* on-invalid = quarantine: not of strangers */
}

static void test_what_stands_beside_the_token_is_refused(Fixture *f, const void *keys)
{
    (void)keys;
    static const char *const beside[] = {
        "<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:SignedInfo/></ds:Signature>",
        "<w:BinarySecurityToken>AAAA</w:BinarySecurityToken>",
        "<xe:EncryptedKey xmlns:xe='http://www.w3.org/2001/04/xmlenc#'/>", "<UsernameToken/>",
        "<w:Timestamp/>"};
    g_autofree char *good = token_of("hukou", TEXT, PASSWORD, NULL, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(beside); i++) {
        g_autofree char *inside = g_strconcat(i % 2 ? good : "", beside[i], i % 2 ? "" : good, NULL);
        EXPECT(f, inside, 900005301 + i, "soap-security-unsupported");
    }
    g_autofree char *twice = g_strconcat(good, good, NULL), *long_name = g_strnfill(257, 'a');
    g_autofree char *salted =
        g_strdup("<w:UsernameToken><w:Username>hukou</w:Username><w:Salt>1</w:Salt></w:UsernameToken>");
    g_autofree char *two_names = g_strdup(
        "<w:UsernameToken><w:Username>hukou</w:Username><w:Username>old-system</w:Username></w:UsernameToken>");
    g_autofree char *too_long = token_of(long_name, TEXT, PASSWORD, NULL, NULL);
    EXPECT(f, twice, 900005311, "soap-header-malformed");
    EXPECT(f, salted, 900005312, "soap-security-unsupported");
    EXPECT(f, two_names, 900005313, "soap-header-malformed");
    EXPECT(f, too_long, 900005314, "soap-header-malformed");
    g_autofree char *one = header_of(good), *two = g_strconcat(one, one, NULL);
    g_autofree char *code = send(f, two, 900005315);
    g_assert_cmpstr(code, ==, "soap-header-malformed");
    g_assert_cmpint((int)bus_process_figure(f->bus, "spool.lastSequence"), ==, 0);
}

/* For somebody else on the way: not looked at. */
static void test_another_receivers_header_is_not_ours(Fixture *f, const void *keys)
{
    (void)keys;
    g_autofree char *good = token_of("hukou", TEXT, PASSWORD, NULL, NULL), *ours = header_of(good);
    g_autofree char *theirs =
        g_strdup_printf("<w:Security s:actor='urn:gateway' xmlns:w='" WSSE "'><w:BinarySecurityToken>A"
                        "</w:BinarySecurityToken></w:Security>%s",
                        ours);
    g_autofree char *code = send(f, theirs, 900005401);
    g_assert_cmpstr(code, ==, "");
}

/* One digest is of bytes that several texts stand for: a nonce written otherwise is not another. */
static void test_a_nonce_is_written_in_one_way(Fixture *f, const void *keys)
{
    (void)keys;
    static const char *const others[] = {
        "bm9u Y2UtMQ==",  "bm9uY2UtMQ-==", "bm9uY2UtMR==",  "bm9uY2UtMQ=", "bm9uY2UtMQ",
        "bm9uY2UtMQ==AA", "-bm9uY2UtMQ==", "bm9uY2UtMQ===", "-",           "="};
    g_autofree char *now = now_and(0), *digest = digest_of("bm9uY2UtMQ==", now, PASSWORD);
    g_autofree char *first = token_of("hukou", DIGEST, digest, "bm9uY2UtMQ==", now);
    EXPECT(f, first, 900005601, "");
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *again = token_of("hukou", DIGEST, digest, others[i], now);
        g_autofree char *text = token_of("hukou", TEXT, PASSWORD, others[i], now);
        g_test_message("%s", others[i]);
        EXPECT(f, again, 900005610 + i, "username-refused");
        EXPECT(f, text, 900005630 + i, "username-refused");
    }
    g_autofree char *none = token_of("hukou", TEXT, PASSWORD, "", now);
    EXPECT(f, none, 900005650, "username-refused");
    g_autofree char *blanks = token_of("hukou", DIGEST, digest, " bm9uY2UtMQ==\n", now); /* the same nonce */
    EXPECT(f, blanks, 900005651, "username-replayed");
    g_assert_cmpint((int)bus_process_figure(f->bus, "spool.lastSequence"), ==, 1);
}

/* More than are remembered: asked to come again, not let in unseen. */
static void test_nonces_are_bounded(Fixture *f, const void *keys)
{
    (void)keys;
    for (unsigned i = 0; i < 21; i++) {
        g_autofree char *now = now_and(0), *plain = g_strdup_printf("nonce %u", i);
        g_autofree char *nonce = g_base64_encode((const guchar *)plain, strlen(plain));
        g_autofree char *digest = digest_of(nonce, now, PASSWORD);
        g_autofree char *token = token_of("hukou", DIGEST, digest, nonce, now);
        EXPECT(f, token, 900005501 + i, i < 20 ? "" : "username-busy");
    }
}

/* A reload takes the names as they are now; what is remembered of those that were there before stays. */
static void test_a_reload_takes_the_new_names(Fixture *f, const void *keys)
{
    (void)keys;
    g_autofree char *now = now_and(0), *digest = digest_of("bm9uY2UtMQ==", now, PASSWORD), *said = NULL;
    g_autofree char *by_digest = token_of("hukou", DIGEST, digest, "bm9uY2UtMQ==", now);
    g_autofree char *former = token_of("hukou", TEXT, PASSWORD, NULL, NULL);
    g_autofree char *gone = token_of("old-system", TEXT, "simple", NULL, NULL);
    g_autofree char *new = token_of("new-system", TEXT, "other", NULL, NULL);
    EXPECT(f, by_digest, 900005601, "");
    EXPECT(f, gone, 900005602, "");
    EXPECT(f, new, 900005603, "username-refused");
    put_users(f, "hukou " PASSWORD "\nnew-system other\n");
    EXPECT(f, new, 900005604, "username-refused"); /* not yet */
    g_assert_cmpint(run_hutong(&said, "reload", "-c", f->bus->config, NULL), ==, 0);
    EXPECT(f, new, 900005605, "");
    EXPECT(f, former, 900005606, "");
    EXPECT(f, gone, 900005607, "username-refused");
    EXPECT(f, by_digest, 900005608, "username-replayed");
    put_users(f, "hukou changed\n");
    g_clear_pointer(&said, g_free);
    g_assert_cmpint(run_hutong(&said, "reload", "-c", f->bus->config, NULL), ==, 0);
    EXPECT(f, former, 900005609, "username-refused");
    put_users(f, "");
    g_clear_pointer(&said, g_free);
    g_assert_cmpint(run_hutong(&said, "reload", "-c", f->bus->config, NULL), ==, 78);
    g_assert_nonnull(strstr(said, "there is no name in it"));
    EXPECT(f, former, 900005610, "username-refused"); /* those that were there stay */
}

static void test_bad_files_are_told(void)
{
    static const struct {
        const char *text;
        unsigned mode;
        const char *said;
    } cases[] = {{"", 0600, "there is no name in it"},
                 {"# nothing\n\n", 0600, "there is no name in it"},
                 {"hukou\n", 0600, "line 1: not \"NAME PASSWORD\""},
                 {"a b\na c\n", 0600, "line 2: this name was there before"},
                 {"a hmac-sha256:00\n", 0600, "line 1: a hash of which a part is missing"},
                 {"a secret-in-clear\n", 0644, "chmod 0600"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f = {.bus = bus_process_new(
                         NULL, "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
                               "division = 440104\nusername-file = users\n")};
        g_autofree char *file = g_build_filename(f.bus->folder, "users", NULL), *said = NULL;
        put_users(&f, cases[i].text);
        g_assert_cmpint(g_chmod(file, (int)cases[i].mode), ==, 0);
        g_assert_cmpint(run_hutong(&said, "check", "-c", f.bus->config, NULL), ==, 78);
        g_test_message("%s", said);
        g_assert_nonnull(strstr(said, "[source hukou] username-file: "));
        g_assert_nonnull(strstr(said, cases[i].said));
        g_assert_null(strstr(said, "secret-in-clear"));
        bus_process_free(f.bus);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add(path, Fixture, "on-invalid = quarantine\n", set_up, test, tear_down)
    ADD("/username/who-has-the-password-gets-in", test_who_has_the_password_gets_in);
    ADD("/username/nobody-else-does", test_nobody_else_does);
    ADD("/username/what-stands-beside-the-token-is-refused", test_what_stands_beside_the_token_is_refused);
    ADD("/username/another-receivers-header-is-not-ours", test_another_receivers_header_is_not_ours);
    ADD("/username/a-nonce-is-written-in-one-way", test_a_nonce_is_written_in_one_way);
    ADD("/username/nonces-are-bounded", test_nonces_are_bounded);
    ADD("/username/a-reload-takes-the-new-names", test_a_reload_takes_the_new_names);
    g_test_add_func("/username/bad-files-are-told", test_bad_files_are_told);
    return g_test_run();
}
