/* core/ingress/tls: which certificates the door takes, what is said of others, and what happens when their files change. Handshakes are in
 * e2e/tls.py. */
#include "core/base/clock.h"
#include "core/ingress/tls.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <sys/stat.h>

#define DAY_S (INT64_C(24) * 3600)

typedef struct {
    char *folder, *certificate, *key, *trust;
    HtBusConfig bus;
} Fixture;

/* ---- Certificates ---- */

static void write_file(const char *path, const gnutls_datum_t *text, int mode)
{
    g_autofree char *new = g_strconcat(path, ".new", NULL);
    g_assert_true(g_file_set_contents(new, (const char *)text->data, (gssize)text->size, NULL));
    g_assert_cmpint(chmod(new, (mode_t)mode), ==, 0);
    g_assert_cmpint(g_rename(new, path), ==, 0); /* as who renews them does: another file of that name */
}

/* Signed by itself, ends at `ends_s`. A path that is NULL is not written. */
static void make_pair(const char *certificate_path, const char *key_path, int64_t ends_s)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t text;
    g_assert_cmpint(gnutls_x509_privkey_init(&key), ==, 0);
    g_assert_cmpint(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                                 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                    ==, 0);
    gnutls_x509_crt_init(&certificate);
    gnutls_x509_crt_set_version(certificate, 3);
    gnutls_x509_crt_set_serial(certificate, "\1", 1);
    gnutls_x509_crt_set_dn(certificate, "CN=hutong.test", NULL);
    gnutls_x509_crt_set_activation_time(certificate, (time_t)(ends_s - 400 * DAY_S));
    gnutls_x509_crt_set_expiration_time(certificate, (time_t)ends_s);
    gnutls_x509_crt_set_key(certificate, key);
    g_assert_cmpint(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), ==, 0);
    if (key_path) {
        g_assert_cmpint(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &text), ==, 0);
        write_file(key_path, &text, 0600);
        gnutls_free(text.data);
    }
    if (certificate_path) {
        g_assert_cmpint(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text), ==, 0);
        write_file(certificate_path, &text, 0644);
        gnutls_free(text.data);
    }
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
}

static int64_t in_days(int64_t days)
{
    return ht_clock_now() / HT_SECOND + days * DAY_S + 60;
}

static void write_text(const char *path, const char *words)
{
    gnutls_datum_t text = {(unsigned char *)words, (unsigned)strlen(words)};
    write_file(path, &text, 0600);
}

static void set_up(Fixture *f, const void *unused)
{
    (void)unused;
    f->folder = g_dir_make_tmp("hutong-tls-XXXXXX", NULL);
    f->certificate = g_build_filename(f->folder, "door.pem", NULL);
    f->key = g_build_filename(f->folder, "door.key", NULL);
    f->trust = g_build_filename(f->folder, "clients.pem", NULL);
    f->bus = (HtBusConfig){.tls_certificate = f->certificate, .tls_key = f->key};
    make_pair(f->certificate, f->key, in_days(90));
}

static void tear_down(Fixture *f, const void *unused)
{
    (void)unused;
    g_unlink(f->certificate);
    g_unlink(f->key);
    g_unlink(f->trust);
    g_assert_cmpint(g_rmdir(f->folder), ==, 0);
    g_free(f->folder);
    g_free(f->certificate);
    g_free(f->key);
    g_free(f->trust);
}

/* ---- Tests ---- */

static void test_it_knows_when_its_certificate_ends(Fixture *f, const void *unused)
{
    static const struct {
        int64_t days;
        bool soon;
    } cases[] = {{90, false}, {30, false}, {29, true}, {0, true}, {-2, true}};
    (void)unused;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        int64_t ends_s = in_days(cases[i].days);
        make_pair(f->certificate, f->key, ends_s);
        g_autoptr(HtTls) tls = ht_tls_new(&f->bus, false, &error);
        g_assert_no_error(error);
        g_assert_cmpint(ht_tls_expires(tls), ==, ends_s);
        g_assert_cmpint(ht_tls_ends_soon(tls), ==, cases[i].soon);
    }
}

static void assert_refused(Fixture *f, const char *path, const char *what)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_tls_new(&f->bus, true, &error));
    g_assert_error(error, HT_TLS_ERROR, 0);
    if (!strstr(error->message, path) || !strstr(error->message, what)) {
        g_error("not told: %s of %s\nbut: %s", what, path, error->message);
    }
}

/* With the file, and what is wrong with it. */
static void test_what_cannot_be_taken_is_named(Fixture *f, const void *unused)
{
    (void)unused;
    f->bus.client_ca = f->trust;
    assert_refused(f, f->trust, "");
    write_text(f->trust, "no certificate\n");
    assert_refused(f, f->trust, "client-ca: no certificate in it");
    make_pair(f->trust, NULL, in_days(10));
    g_autoptr(GError) error = NULL;
    g_autoptr(HtTls) tls = ht_tls_new(&f->bus, true, &error);
    g_assert_no_error(error);
    g_assert_nonnull(tls);

    make_pair(NULL, f->key, in_days(10)); /* another's */
    assert_refused(f, f->certificate, "tls-certificate and tls-key must be");
    write_text(f->key, "no key\n");
    assert_refused(f, f->certificate, "tls-certificate and tls-key must be");
    make_pair(f->certificate, f->key, in_days(90));
    g_assert_cmpint(chmod(f->key, 0644), ==, 0); /* others may read it */
    assert_refused(f, f->key, "");
    g_unlink(f->key);
    assert_refused(f, f->key, "");
    make_pair(NULL, f->key, in_days(90));
    g_unlink(f->certificate);
    assert_refused(f, f->certificate, "");
}

/* What is replaced is read; what cannot be taken changes nothing; what is the same is not read at all. */
static void test_changed_files_are_read_anew(Fixture *f, const void *unused)
{
    (void)unused;
    g_autoptr(HtTls) tls = ht_tls_new(&f->bus, false, NULL);
    int64_t first_s = ht_tls_expires(tls), second_s = in_days(200), third_s = in_days(300);
    ht_tls_tick(tls);
    g_assert_cmpuint(ht_tls_reloads(tls), ==, 0);
    write_text(f->certificate, "half of it\n");
    ht_tls_tick(tls);
    ht_tls_tick(tls);
    g_assert_cmpuint(ht_tls_failures(tls), ==, 1);
    g_assert_cmpuint(ht_tls_reloads(tls), ==, 0);
    g_assert_cmpint(ht_tls_expires(tls), ==, first_s);
    make_pair(f->certificate, f->key, second_s);
    ht_tls_tick(tls);
    g_assert_cmpuint(ht_tls_failures(tls), ==, 1);
    g_assert_cmpuint(ht_tls_reloads(tls), ==, 1);
    g_assert_cmpint(ht_tls_expires(tls), ==, second_s);
    g_unlink(f->certificate); /* on its way */
    ht_tls_tick(tls);
    g_assert_cmpuint(ht_tls_failures(tls), ==, 1);
    g_assert_cmpint(ht_tls_expires(tls), ==, second_s);
    make_pair(f->certificate, f->key, third_s);
    ht_tls_tick(tls);
    g_assert_cmpuint(ht_tls_reloads(tls), ==, 2);
    g_assert_cmpint(ht_tls_expires(tls), ==, third_s);
}

/* Not more often than handshakes may last, twice: those that have begun need the one before. */
static void test_they_are_not_read_at_every_change(Fixture *f, const void *unused)
{
    (void)unused;
    f->bus.tls_handshake_ms = 3600 * 1000;
    g_autoptr(HtTls) tls = ht_tls_new(&f->bus, false, NULL);
    make_pair(f->certificate, f->key, in_days(200));
    ht_tls_tick(tls);
    make_pair(f->certificate, f->key, in_days(300));
    ht_tls_tick(tls);
    g_assert_cmpuint(ht_tls_reloads(tls), ==, 1);
    g_assert_true(ht_tls_change(tls, &f->bus, false, NULL)); /* but by a reload at once */
    g_assert_cmpuint(ht_tls_reloads(tls), ==, 2);
    g_assert_true(ht_tls_change(tls, &f->bus, false, NULL));
    g_assert_cmpuint(ht_tls_reloads(tls), ==, 2);
}

/* Once a day: the log is standard error, of a process of its own. */
static void test_an_end_that_is_near_is_told(Fixture *f, const void *days)
{
    if (g_test_subprocess()) {
        make_pair(f->certificate, f->key, in_days(GPOINTER_TO_INT(days)));
        g_autoptr(HtTls) tls = ht_tls_new(&f->bus, false, NULL);
        ht_tls_tick(tls);
        ht_tls_tick(tls);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
    if (GPOINTER_TO_INT(days) == 30) {
        g_test_trap_assert_stderr_unmatched("*the certificate*");
    } else {
        g_test_trap_assert_stderr(GPOINTER_TO_INT(days) > 0
                                      ? "*warning*the certificate \"*door.pem\" ends in 20 days: renew it*"
                                      : "*error*the certificate \"*door.pem\" has ended: clients refuse it*");
        g_test_trap_assert_stderr_unmatched("*the certificate*the certificate*");
    }
}

#define TEST(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
#define TEST_OF(path, function, number) \
    g_test_add(path, Fixture, GINT_TO_POINTER(number), set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/tls/it-knows-when-its-certificate-ends", test_it_knows_when_its_certificate_ends);
    TEST("/tls/what-cannot-be-taken-is-named", test_what_cannot_be_taken_is_named);
    TEST("/tls/changed-files-are-read-anew", test_changed_files_are_read_anew);
    TEST("/tls/they-are-not-read-at-every-change", test_they_are_not_read_at_every_change);
    TEST_OF("/tls/an-end-that-is-near-is-told", test_an_end_that_is_near_is_told, 20);
    TEST_OF("/tls/an-end-that-is-over-is-told", test_an_end_that_is_near_is_told, -2);
    TEST_OF("/tls/an-end-that-is-far-is-not", test_an_end_that_is_near_is_told, 30);
    return g_test_run();
}
