/* Receipts that are signed: their text, in every form, and that nothing else than what was signed is ever verified. */
#include "core/ingress/answer-body.h"
#include "core/proof/verify.h"
#include "plugins/supervisor.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

/* The supervisor's and the spool's domains, without either. */
G_DEFINE_QUARK(ht_host_error, ht_host_error)
G_DEFINE_QUARK(ht_spool_error, ht_spool_error)

#define ID "01a1ff95-f45c-702c-a99a-e6a33216f278"
#define PAYLOAD "<ROWS/>"
/* RFC 8032, 7.1, test 1: the private key, and the public one in base64. */
#define PRIVATE "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n"
#define PUBLIC "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

typedef struct {
    char *folder;
    HtSigner *signer;
    GArray *keys;
    HtReceipt receipt;
    HtDeliveryState state;
} Site;

static char *write_file(const Site *site, const char *name, const char *text)
{
    char *file = g_build_filename(site->folder, name, NULL);
    g_assert_true(g_file_set_contents(file, text, -1, NULL));
    g_assert_cmpint(g_chmod(file, 0600), ==, 0);
    return file;
}

static void set_up(Site *site, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    *site = (Site){.folder = g_dir_make_tmp("proof-XXXXXX", NULL)};
    g_autofree char *key = write_file(site, HT_SIGNER_KEY, PRIVATE);
    site->signer = ht_signer_open(site->folder, HT_SIGNATURE_ED25519, &error);
    g_assert_no_error(error);
    site->keys = ht_public_keys_read(PUBLIC, &error);
    g_assert_no_error(error);
    site->receipt = (HtReceipt){
        .sequence = 1234, .events = 2, .duplicates = 1, .rejected = 1, .received_us = 1795219200123456};
    g_assert_true(ht_uuid_parse(HT_TEXT_LITERAL(ID), &site->receipt.id));
    GChecksum *digest = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = sizeof site->receipt.sha256;
    g_checksum_update(digest, (const guchar *)PAYLOAD, strlen(PAYLOAD));
    g_checksum_get_digest(digest, site->receipt.sha256, &size);
    g_checksum_free(digest);
    site->state = (HtDeliveryState){1795219260000000, 4, 2, 1, 1};
}

static void tear_down(Site *site, gconstpointer data)
{
    (void)data;
    const char *const files[] = {HT_SIGNER_KEY, HT_SIGNER_PUBLIC};
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *file = g_build_filename(site->folder, files[i], NULL);
        g_unlink(file);
    }
    g_assert_cmpint(g_rmdir(site->folder), ==, 0);
    ht_signer_free(site->signer);
    g_array_unref(site->keys);
    g_free(site->folder);
}

typedef struct {
    HtSoapVersion soap;
    bool json, submit, state;
} Form;

static const Form forms[] = {
    {HT_SOAP_NONE, false, false, false}, {HT_SOAP_NONE, true, false, false},
    {HT_SOAP_11, false, false, false},   {HT_SOAP_12, false, false, false},
    {HT_SOAP_11, false, true, false},    {HT_SOAP_NONE, false, false, true},
    {HT_SOAP_NONE, true, false, true},
};

/* As the bus answers; the caller clears. */
static HtBuffer render(const Site *site, const Form *form, const GArray *faults)
{
    HtBuffer body = {.data = NULL};
    HtReplyContext context = {.soap = form->soap,
                              .json = form->json,
                              .submit = form->submit ? "hukou" : NULL,
                              .signer = site->signer,
                              .bus = "yuexiu",
                              .source = "hukou",
                              .state = form->state ? &site->state : NULL};
    ht_body_receipt(&body, &context, &site->receipt, faults);
    return body;
}

static int verify(HtText text, const GArray *keys, HtClaim *claim)
{
    g_autoptr(GError) error = NULL;
    if (ht_claim_read(text, claim, &error) && ht_claim_verify(claim, keys, &error)) {
        return -1;
    }
    g_assert_cmpint((int)error->domain, ==, (int)HT_PROOF_ERROR);
    return error->code;
}

static int verify_once(HtText text, const GArray *keys)
{
    HtClaim claim;
    int result = verify(text, keys, &claim);
    ht_claim_clear(&claim);
    return result;
}

/* ---- The text ---- */

static void the_text_is_golden(Site *site, gconstpointer data)
{
    (void)data;
    HtStatementFields fields;
    HtBuffer text = {.data = NULL};
    HtStatement statement = {&site->receipt, "yuexiu", "hukou", &site->state, site->signer};
    ht_statement_fields(&statement, &fields);
    ht_statement_text(fields.list, fields.count - 2, true, &text);
    ht_buffer_add_char(&text, '\0');
    g_assert_cmpstr(text.data, ==,
                    "hutong state 1\n"
                    "messageId=" ID "\n"
                    "sequence=1234\nevents=2\nduplicates=1\nrejected=1\n"
                    "sha256=03ec733c4ea7c8ca533373a80ac5fd2a1c5b4e8f4c3d4fe66431918b004962a8\n"
                    "receivedAt=2026-11-21T08:00:00.123+08:00\n"
                    "lastSequence=1235\nbus=yuexiu\nsource=hukou\n"
                    "at=2026-11-21T08:01:00.000+08:00\nstate=delivering\n"
                    "deliveries=4\nacknowledged=2\ndead=1\nwaiting=1\n");
    g_assert_cmpstr(fields.list[fields.count - 2].name, ==, "keyId");
    g_assert_true(ht_text_is(fields.list[fields.count - 2].value, "21fe31dfa154a261"));
    ht_buffer_clear(&text);
}

static void the_same_receipt_has_the_same_signature(Site *site, gconstpointer data)
{
    (void)data;
    HtBuffer first = render(site, &forms[0], NULL), second = render(site, &forms[0], NULL);
    g_assert_cmpmem(first.data, first.size, second.data, second.size);
    ht_buffer_clear(&first);
    ht_buffer_clear(&second);
}

/* ---- Verifying ---- */

static void every_form_is_verified(Site *site, gconstpointer data)
{
    (void)data;
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        HtBuffer body = render(site, &forms[i], NULL);
        HtClaim claim;
        g_assert_cmpint(verify(ht_buffer_text(&body), site->keys, &claim), ==, -1);
        g_assert_cmpstr(g_hash_table_lookup(claim.values, "messageId"), ==, ID);
        g_assert_cmpint(claim.of_state, ==, forms[i].state);
        g_assert_true(ht_claim_is_of(&claim, HT_TEXT_LITERAL(PAYLOAD), NULL));
        g_assert_false(ht_claim_is_of(&claim, HT_TEXT_LITERAL(PAYLOAD " "), NULL));
        ht_claim_clear(&claim);
        ht_buffer_clear(&body);
    }
}

/* What an editor or a SOAP library does to it on the way into a file. */
static void other_white_space_and_prefixes_do_not_matter(Site *site, gconstpointer data)
{
    (void)data;
    HtBuffer body = render(site, &forms[2], NULL);
    g_autofree char *text = g_strndup(body.data, body.size);
    g_auto(GStrv) parts = g_strsplit(text, "hutong:", -1);
    g_autofree char *joined = g_strjoinv("r:", parts);
    g_auto(GStrv) named = g_strsplit(joined, "xmlns:hutong", -1);
    g_autofree char *prefixed = g_strjoinv("xmlns:r", named);
    g_auto(GStrv) names = g_strsplit(prefixed, "urn:r:", -1);
    g_autofree char *right = g_strjoinv("urn:hutong:", names);
    g_auto(GStrv) elements = g_strsplit(right, "><", -1);
    g_autofree char *pretty = g_strjoinv(">\n  <", elements);
    g_assert_null(strstr(pretty, "hutong:rec:"));
    g_assert_nonnull(strstr(pretty, "r:messageId"));
    g_assert_cmpint(verify_once(ht_text_from(pretty), site->keys), ==, -1);
    ht_buffer_clear(&body);
}

/* The values as one text, to tell whether anything was changed. */
static char *list_values(const HtClaim *claim)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(claim->values), (GCompareFunc)strcmp);
    for (GList *name = names; name; name = name->next) {
        g_string_append_printf(text, "%s=%s\n", (char *)name->data,
                               (char *)g_hash_table_lookup(claim->values, name->data));
    }
    return g_string_free(text, FALSE);
}

/* Each byte of each form, changed in several ways, left out, doubled: it is not verified, or it says the same as before. */
static void assert_altered(Site *site, HtText text, const char *values)
{
    HtClaim claim;
    if (verify(text, site->keys, &claim) == -1) {
        g_autofree char *found = list_values(&claim);
        g_assert_cmpstr(found, ==, values);
        g_assert_cmpuint(claim.findings, ==, 0);
    }
    ht_claim_clear(&claim);
}

static void alter_each_byte(Site *site, const HtBuffer *body, const char *values)
{
    static const unsigned char masks[] = {1, 2, 16, 32, 128};
    for (size_t i = 0; i < body->size; i++) {
        g_autofree char *text = g_malloc(body->size + 1);
        memcpy(text, body->data, body->size);
        for (unsigned k = 0; k < G_N_ELEMENTS(masks); k++) {
            text[i] = (char)(body->data[i] ^ masks[k]);
            assert_altered(site, (HtText){text, body->size}, values);
        }
        memcpy(text + i, body->data + i + 1, body->size - i - 1);
        assert_altered(site, (HtText){text, body->size - 1}, values);
        text[i] = body->data[i];
        memcpy(text + i + 1, body->data + i, body->size - i);
        assert_altered(site, (HtText){text, body->size + 1}, values);
        assert_altered(site, (HtText){body->data, i}, values);
    }
}

static void nothing_that_was_altered_is_verified(Site *site, gconstpointer data)
{
    (void)data;
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        HtBuffer body = render(site, &forms[i], NULL);
        HtClaim claim;
        g_assert_cmpint(verify(ht_buffer_text(&body), site->keys, &claim), ==, -1);
        g_autofree char *values = list_values(&claim);
        ht_claim_clear(&claim);
        alter_each_byte(site, &body, values);
        ht_buffer_clear(&body);
    }
}

static void assert_replaced(Site *site, const Form *form, const char *what, const char *by, int code)
{
    HtBuffer body = render(site, form, NULL);
    g_autofree char *text = g_strndup(body.data, body.size);
    g_auto(GStrv) parts = g_strsplit(text, what, 2);
    g_assert_nonnull(parts[1]);
    g_autofree char *other = g_strjoinv(by, parts);
    g_assert_cmpint(verify_once(ht_text_from(other), site->keys), ==, code);
    ht_buffer_clear(&body);
}

static void what_is_wrong_is_said(Site *site, gconstpointer data)
{
    (void)data;
    const Form *xml = &forms[0], *json = &forms[1];
    assert_replaced(site, xml, "<events>2", "<events>3", HT_PROOF_ERROR_FALSE);
    assert_replaced(site, json, "\"events\":2", "\"events\":\"2\"", -1);
    assert_replaced(site, json, "\"events\":2", "\"events\":2.0", HT_PROOF_ERROR_FALSE);
    assert_replaced(site, json, "\"events\":2", "\"events\":3,\"events\":2", HT_PROOF_ERROR_FALSE);
    assert_replaced(site, xml, "<events>2</events>", "<events>2</events><events>2</events>",
                    HT_PROOF_ERROR_FALSE);
    assert_replaced(site, xml, "<events>2</events>", "", HT_PROOF_ERROR_FALSE);
    assert_replaced(site, xml, "<events>2</events>", "<events>2</events><state>acknowledged</state>",
                    HT_PROOF_ERROR_FALSE);
    assert_replaced(site, xml, "<events>2</events>", "<events>2</events><paid>1</paid>",
                    HT_PROOF_ERROR_FALSE);
    assert_replaced(site, xml, "<events>2", "<events note=''>2", HT_PROOF_ERROR_FALSE);
    assert_replaced(site, xml, "<source>hukou", "<source>hukou\nsource=x", HT_PROOF_ERROR_FALSE);
    assert_replaced(site, xml, "<messageId>", "9 events<messageId>", HT_PROOF_ERROR_FALSE);
    assert_replaced(site, xml, "<keyId>2", "<keyId>3", HT_PROOF_ERROR_KEY);
    assert_replaced(site, xml, "?>", "?><!DOCTYPE receipt [<!ENTITY e '2'>]>", HT_PROOF_ERROR_FORMAT);
    assert_replaced(site, xml, "urn:hutong:receipt:1", "urn:hutong:receipt:2", HT_PROOF_ERROR_FORMAT);
    HtReplyContext plain = {.id = site->receipt.id};
    HtBuffer body = {.data = NULL};
    ht_body_receipt(&body, &plain, &site->receipt, NULL);
    g_assert_cmpint(verify_once(ht_buffer_text(&body), site->keys), ==, HT_PROOF_ERROR_UNSIGNED);
    ht_buffer_clear(&body);
    g_assert_cmpint(verify_once(HT_TEXT_LITERAL(""), site->keys), ==, HT_PROOF_ERROR_FORMAT);
    g_assert_cmpint(verify_once(HT_TEXT_LITERAL("[]"), site->keys), ==, HT_PROOF_ERROR_FORMAT);
    g_assert_cmpint(verify_once(HT_TEXT_LITERAL("{}"), site->keys), ==, HT_PROOF_ERROR_UNSIGNED);
    g_autofree char *brackets = g_strnfill(1000000, '['), *deep = g_strconcat("{\"a\":", brackets, NULL);
    g_assert_cmpint(verify_once(ht_text_from(deep), site->keys), ==, HT_PROOF_ERROR_FORMAT);
}

static void findings_are_not_signed_and_counted(Site *site, gconstpointer data)
{
    (void)data;
    HtFault fault;
    g_autoptr(GArray) faults = g_array_new(FALSE, FALSE, sizeof fault);
    ht_fault_set(&fault, "required-missing", "An element is missing.");
    g_array_append_val(faults, fault);
    for (unsigned i = 0; i < 3; i++) {
        HtBuffer body = render(site, &forms[i], faults);
        HtClaim claim;
        g_assert_cmpint(verify(ht_buffer_text(&body), site->keys, &claim), ==, -1);
        g_assert_cmpuint(claim.findings, ==, 1);
        ht_claim_clear(&claim);
        ht_buffer_clear(&body);
    }
}

/* ---- Keys ---- */

static void former_keys_verify_what_they_signed(Site *site, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    HtBuffer former = render(site, &forms[0], NULL);
    HtSigner *other = ht_signer_rotate(site->folder, HT_SIGNATURE_ED25519, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ht_signer_key(other)->id, !=, ht_signer_key(site->signer)->id);
    ht_signer_free(site->signer);
    site->signer = other;
    HtBuffer now = render(site, &forms[0], NULL);
    g_assert_cmpint(verify_once(ht_buffer_text(&now), site->keys), ==, HT_PROOF_ERROR_KEY);
    g_autofree char *file = g_build_filename(site->folder, HT_SIGNER_PUBLIC, NULL);
    g_autoptr(GArray) all = ht_public_keys_read(file, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(all->len, ==, 2);
    g_assert_cmpint(verify_once(ht_buffer_text(&former), all), ==, -1);
    g_assert_cmpint(verify_once(ht_buffer_text(&now), all), ==, -1);
    ht_buffer_clear(&former);
    ht_buffer_clear(&now);
}

static void a_key_is_private_and_stays(Site *site, gconstpointer data)
{
    (void)data;
    struct stat status;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(site->folder, HT_SIGNER_KEY, NULL);
    g_autofree char *list = g_build_filename(site->folder, HT_SIGNER_PUBLIC, NULL);
    g_autofree char *text = NULL, *again = NULL;
    g_assert_true(g_file_get_contents(list, &text, NULL, NULL));
    g_assert_true(g_str_has_prefix(text, PUBLIC " 21fe31dfa154a261 20"));
    g_autoptr(HtSigner) same = ht_signer_open(site->folder, HT_SIGNATURE_ED25519, &error);
    g_assert_cmpstr(ht_signer_key(same)->id, ==, ht_signer_key(site->signer)->id);
    g_assert_true(g_file_get_contents(list, &again, NULL, NULL));
    g_assert_cmpstr(text, ==, again);
    g_unlink(file);
    g_autoptr(HtSigner) made = ht_signer_open(site->folder, HT_SIGNATURE_ED25519, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_stat(file, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    g_chmod(file, 0640);
    g_assert_null(ht_signer_open(site->folder, HT_SIGNATURE_ED25519, &error));
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
}

/* A line that a crash cut off, and others' lines: the list can be read afterwards, too. */
static void a_damaged_list_gets_the_key_again(Site *site, gconstpointer data)
{
    (void)data;
    static const char *const lists[] = {
        "", "# ours\n", "# ours", "ed25519:11qYAYKxCrf", "# ours\nsm2:CfnfMR5UIaFQ3X0WHkvFxnIXn60YM", PUBLIC};
    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *file = write_file(site, HT_SIGNER_PUBLIC, lists[i]);
        g_autofree char *text = NULL;
        g_autoptr(HtSigner) signer = ht_signer_open(site->folder, HT_SIGNATURE_ED25519, &error);
        g_assert_no_error(error);
        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
        g_assert_nonnull(strstr(text, PUBLIC " 21fe31dfa154a261"));
        g_assert_true(g_str_has_suffix(text, "\n"));
        g_assert_cmpint(g_str_has_prefix(text, "# ours\n"), ==, *lists[i] == '#');
        g_autoptr(GArray) keys = ht_public_keys_read(file, &error);
        g_assert_no_error(error);
        g_assert_nonnull(keys);
    }
}

static void what_is_no_key_is_refused(Site *site, gconstpointer data)
{
    (void)site;
    (void)data;
    static const char *const bad[] = {"",
                                      "ed25519:",
                                      PUBLIC "x",
                                      "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURp=",
                                      "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHU\n"
                                      "Ro=",
                                      " " PUBLIC,
                                      "rsa:AAAA"};
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(ht_public_keys_parse(bad[i], &error));
        g_assert_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_public_keys_read("/nowhere/keys", &error));
    g_assert_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FILE);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*run)(Site *, gconstpointer);
    } tests[] = {
        {"/proof/text/is-golden", the_text_is_golden},
        {"/proof/text/same-receipt-same-signature", the_same_receipt_has_the_same_signature},
        {"/proof/verify/every-form", every_form_is_verified},
        {"/proof/verify/white-space-and-prefixes-do-not-matter",
         other_white_space_and_prefixes_do_not_matter},
        {"/proof/verify/nothing-that-was-altered", nothing_that_was_altered_is_verified},
        {"/proof/verify/says-what-is-wrong", what_is_wrong_is_said},
        {"/proof/verify/findings-are-not-signed", findings_are_not_signed_and_counted},
        {"/proof/key/former-ones-verify", former_keys_verify_what_they_signed},
        {"/proof/key/is-private-and-stays", a_key_is_private_and_stays},
        {"/proof/key/damaged-list-gets-it-again", a_damaged_list_gets_the_key_again},
        {"/proof/key/refuses-what-is-none", what_is_no_key_is_refused},
    };
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].path, Site, NULL, set_up, tests[i].run, tear_down);
    }
    return g_test_run();
}
