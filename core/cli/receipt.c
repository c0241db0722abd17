/* `hutong receipt`: verifies receipts, anywhere and without a bus; shows what has become of a message; shows and changes the key that
 * signs. */
#include "core/cli/cli.h"

#include "core/base/paths.h"
#include "core/proof/paper.h"
#include "core/proof/signer.h"
#include "core/proof/verify.h"
#include "core/reconcile/delivered.h"
#include "core/source/host.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <stdio.h>

typedef struct {
    char *file; /* of the configuration */
    char *key, *payload, *pdf;
    gboolean rotate, json;
} Flags;

static void clear_flags(Flags *flags)
{
    g_free(flags->file);
    g_free(flags->key);
    g_free(flags->payload);
    g_free(flags->pdf);
}

static int complain(const GError *error)
{
    fprintf(stderr, "hutong receipt: %s\n", error->message);
    return HT_EXIT_FAILED;
}

/* ---- verify ---- */

/* Those that were given, else the site's own. */
static GArray *find_keys(const Flags *flags, GError **error)
{
    if (flags->key) {
        return ht_public_keys_read(flags->key, error);
    }
    g_autoptr(GString) ignored = g_string_new(NULL);
    g_autoptr(HtConfig) config = ht_config_load(flags->file, ignored);
    if (!config) {
        g_set_error(
            error, HT_PROOF_ERROR, HT_PROOF_ERROR_FILE,
            _("give the bus's public key with --key: a file of `hutong receipt key`, or ed25519:… or sm2:…"));
        return NULL;
    }
    g_autofree char *own = g_build_filename(config->bus.state, HT_SIGNER_PUBLIC, NULL);
    return ht_public_keys_read(own, error);
}

static bool check_payload(const HtClaim *claim, const char *file, GError **error)
{
    g_autoptr(GMappedFile) payload = g_mapped_file_new(file, FALSE, error);
    if (!payload) {
        return false;
    }
    const char *bytes = g_mapped_file_get_contents(payload);
    return ht_claim_is_of(claim, (HtText){bytes ? bytes : "", g_mapped_file_get_length(payload)}, error);
}

static bool read_claim(const char *file, HtClaim *claim, GError **error)
{
    g_autofree char *text = NULL;
    gsize size;
    return g_file_get_contents(file, &text, &size, error) &&
           ht_claim_read((HtText){text, size}, claim, error);
}

static void print_verified(const HtClaim *claim)
{
    static const char *const shown[] = {"bus",    "source", "messageId", "receivedAt",
                                        "sha256", "events", "sequence",  "lastSequence",
                                        "at",     "state",  "keyId"};
    printf(_("yes: it is what was signed\n"));
    for (unsigned i = 0; i < G_N_ELEMENTS(shown); i++) {
        const char *value = g_hash_table_lookup(claim->values, shown[i]);
        if (value) {
            printf("  %-12s %s\n", shown[i], value);
        }
    }
    if (claim->findings > 0) {
        printf(_("  its %u findings are not signed, and may be anything\n"), claim->findings);
    }
}

static int verify(const char *file, const Flags *flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) keys = find_keys(flags, &error);
    HtClaim claim = {.values = NULL};
    bool good = keys && read_claim(file, &claim, &error) && ht_claim_verify(&claim, keys, &error) &&
                (!flags->payload || check_payload(&claim, flags->payload, &error));
    if (good) {
        print_verified(&claim);
    } else {
        printf(_("no: %s\n"), error->message);
    }
    ht_claim_clear(&claim);
    bool is_false = g_error_matches(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE) ||
                    g_error_matches(error, HT_PROOF_ERROR, HT_PROOF_ERROR_PAYLOAD);
    return good ? HT_EXIT_OK : is_false ? HT_EXIT_INTEGRITY : HT_EXIT_FAILED;
}

/* ---- print ---- */

/* Drawn by a program of its own: the bus is not made with what draws. */
static int draw_pdf(const HtClaim *claim, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *program = ht_paths_libexec("hutong-paper");
    if (!g_file_test(program, G_FILE_TEST_IS_EXECUTABLE)) {
        fprintf(
            stderr,
            "hutong receipt: there is no \"%s\": this build has no PDF (libpango1.0-dev was missing); print without --pdf\n",
            program);
        return HT_EXIT_FAILED;
    }
    HtBuffer code = {.data = NULL};
    ht_paper_code(claim, &code);
    g_autoptr(GBytes) given = g_bytes_new(code.data, code.size);
    g_autoptr(GBytes) page = NULL;
    ht_buffer_clear(&code);
    g_autoptr(GSubprocess) paper = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, NULL);
    if (!paper || !g_subprocess_communicate(paper, given, NULL, &page, NULL, &error)) {
        return complain(error);
    }
    if (!g_subprocess_get_successful(paper)) {
        fprintf(stderr, _("hutong receipt: \"%s\" was not written\n"), file);
        return HT_EXIT_FAILED;
    }
    gsize size;
    const char *bytes = g_bytes_get_data(page, &size);
    return g_file_set_contents(file, bytes, (gssize)size, &error) ? HT_EXIT_OK : complain(error);
}

/* What nobody signed, or somebody altered, is not put on paper. */
static int print_claim(HtClaim *claim, const GArray *keys, const Flags *flags)
{
    g_autoptr(GError) error = NULL;
    HtBuffer page = {.data = NULL};
    if (!ht_claim_verify(claim, keys, &error)) {
        fprintf(stderr, _("hutong receipt: nothing is printed: %s\n"), error->message);
        return g_error_matches(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE) ? HT_EXIT_INTEGRITY
                                                                            : HT_EXIT_FAILED;
    }
    if (flags->pdf) {
        return draw_pdf(claim, flags->pdf);
    }
    ht_paper_write(claim, &page);
    bool written = fwrite(page.data, 1, page.size, stdout) == page.size && fflush(stdout) == 0;
    ht_buffer_clear(&page);
    return written ? HT_EXIT_OK : HT_EXIT_FAILED;
}

static int print_file(const char *file, const Flags *flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) keys = find_keys(flags, &error);
    HtClaim claim = {.values = NULL};
    bool good = keys && read_claim(file, &claim, &error);
    int status = good ? print_claim(&claim, keys, flags) : complain(error);
    ht_claim_clear(&claim);
    return status;
}

/* As the department would get it if it asked for it signed. */
static int print_kept(const HtConfig *config, const HtSpoolKept *kept, const Flags *flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) keys = find_keys(flags, &error);
    g_autoptr(HtSigner) signer =
        keys ? ht_signer_open(config->bus.state, ht_signature_kind(config->bus.signature), &error) : NULL;
    HtStatementFields fields;
    HtClaim claim = {.values = NULL};
    HtBuffer json = {.data = NULL};
    if (!signer) {
        return complain(error);
    }
    HtStatement statement = {&kept->receipt, config->bus.name, kept->source, NULL, signer};
    ht_statement_fields(&statement, &fields);
    ht_buffer_add_char(&json, '{');
    ht_statement_json(&fields, &json);
    ht_buffer_add_char(&json, '}');
    int status = ht_claim_read(ht_buffer_text(&json), &claim, &error) ? print_claim(&claim, keys, flags)
                                                                      : complain(error);
    ht_claim_clear(&claim);
    ht_buffer_clear(&json);
    return status;
}

/* ---- show ---- */

static void print_fields(const HtStatementFields *fields)
{
    for (unsigned i = 0; i < fields->count; i++) {
        const HtStatementField *field = &fields->list[i];
        printf("%-13s %.*s\n", field->name, (int)field->value.size, field->value.data);
    }
}

static int show_state(const HtConfig *config, const HtSpoolKept *kept, const HtDeliveryState *state,
                      const Flags *flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSigner) signer =
        ht_signer_open(config->bus.state, ht_signature_kind(config->bus.signature), &error);
    HtStatementFields fields;
    if (!signer) {
        return complain(error);
    }
    HtStatement statement = {&kept->receipt, config->bus.name, kept->source, state, signer};
    ht_statement_fields(&statement, &fields);
    if (flags->json) {
        HtBuffer json = {.data = NULL};
        ht_buffer_add_char(&json, '{');
        ht_statement_json(&fields, &json);
        ht_buffer_add_literal(&json, "}\n");
        fwrite(json.data, 1, json.size, stdout);
        ht_buffer_clear(&json);
    } else {
        print_fields(&fields);
    }
    return HT_EXIT_OK;
}

static int show_kept(const HtConfig *config, HtSpoolLook *look, const HtSpoolKept *kept, const Flags *flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtDictionary) dictionary = ht_source_dictionary(config, &error);
    HtDeliveryState state;
    if (!dictionary) {
        return complain(error);
    }
    g_autoptr(HtDelivered) delivered = ht_delivered_new(config, dictionary);
    return ht_delivered_message(delivered, look, &kept->receipt, &state, &error)
               ? show_state(config, kept, &state, flags)
               : complain(error);
}

typedef int (*WithKept)(const HtConfig *config, HtSpoolLook *look, const HtSpoolKept *kept,
                        const Flags *flags);

static int print_looked(const HtConfig *config, HtSpoolLook *look, const HtSpoolKept *kept,
                        const Flags *flags)
{
    (void)look;
    return print_kept(config, kept, flags);
}

/* Finds the message in the spool, beside a running bus. */
static int look_up(const HtConfig *config, const char *text, WithKept then, const Flags *flags)
{
    HtUuid id;
    HtSpoolKept kept = {.source = NULL};
    bool found = false;
    g_autoptr(GError) error = NULL;
    if (!ht_uuid_parse(ht_text_from(text), &id)) {
        fprintf(stderr, _("hutong receipt: this is no message id\n"));
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(config->bus.state, &error);
    if (!look || !ht_spool_look_message(look, &id, 0, &kept, &found, &error)) {
        return complain(error);
    }
    if (!found) {
        fprintf(
            stderr,
            _("hutong receipt: no message with this id was taken: it was refused (see the log), sent again (its first "
              "id counts), or is not kept any more\n"));
        return HT_EXIT_FAILED;
    }
    int status = then(config, look, &kept, flags);
    ht_spool_kept_clear(&kept);
    return status;
}

/* ---- key ---- */

static int show_key(const HtConfig *config, const Flags *flags)
{
    g_autoptr(GError) error = NULL;
    HtSignatureKind kind = ht_signature_kind(config->bus.signature);
    g_autofree char *secret = g_build_filename(config->bus.state, ht_signer_file(kind), NULL);
    g_autofree char *file = g_build_filename(config->bus.state, HT_SIGNER_PUBLIC, NULL);
    g_autofree char *text = NULL;
    if (!g_file_test(secret, G_FILE_TEST_EXISTS)) {
        fprintf(stderr, _("hutong receipt: there is no \"%s\": the bus makes it at its first start\n"),
                secret);
        return HT_EXIT_FAILED;
    }
    g_autoptr(HtSigner) signer = flags->rotate ? ht_signer_rotate(config->bus.state, kind, &error)
                                               : ht_signer_open(config->bus.state, kind, &error);
    if (!signer || !g_file_get_contents(file, &text, NULL, &error)) {
        return complain(error);
    }
    if (flags->rotate) {
        fprintf(stderr,
                _("hutong receipt: signed with %s after the bus's next start; what the former keys "
                  "signed can be verified as before\n"),
                ht_signer_key(signer)->id);
    }
    printf("# the key in use is %s\n%s", ht_signer_key(signer)->id, text);
    return HT_EXIT_OK;
}

static int run(int argc, char **argv, const Flags *flags)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (g_str_equal(word, "verify") && argc == 3) {
        return verify(argv[2], flags);
    }
    bool is_print = g_str_equal(word, "print") && argc == 3;
    HtUuid id;
    if (is_print && !ht_uuid_parse(ht_text_from(argv[2]), &id)) {
        return print_file(argv[2], flags);
    }
    bool is_show = g_str_equal(word, "show") && argc == 3;
    if (!is_show && !is_print && !(g_str_equal(word, "key") && argc == 2)) {
        fprintf(stderr,
                _("usage: hutong receipt verify FILE [--key FILE|ed25519:…|sm2:…] [--payload FILE]\n"
                  "       hutong receipt show ID [--json] [-c FILE]\n"
                  "       hutong receipt print FILE|ID [--pdf FILE] [--key FILE|ed25519:…|sm2:…] [-c FILE]\n"
                  "       hutong receipt key [--rotate] [-c FILE]\n"));
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(flags->file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    return is_show    ? look_up(config, argv[2], show_kept, flags)
           : is_print ? look_up(config, argv[2], print_looked, flags)
                      : show_key(config, flags);
}

int ht_cli_receipt(int argc, char **argv)
{
    Flags flags = {.key = NULL};
    const GOptionEntry entries[] = {
        {"key", 0, 0, G_OPTION_ARG_STRING, &flags.key,
         N_("verify, print: the bus's public key, or a file of such; else that of the configuration's state"),
         "KEY"},
        {"payload", 0, 0, G_OPTION_ARG_FILENAME, &flags.payload, N_("verify: what was sent"), "FILE"},
        {"pdf", 0, 0, G_OPTION_ARG_FILENAME, &flags.pdf, N_("print: as PDF into this file"), "FILE"},
        {"rotate", 0, 0, G_OPTION_ARG_NONE, &flags.rotate, N_("key: make another one"), NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &flags.json, N_("show: as JSON, as `verify` takes it"), NULL},
        G_OPTION_ENTRY_NULL};
    bool good = ht_cli_options(
        &argc, &argv,
        N_("verify FILE: whether a receipt is what the bus has signed; needs no bus. Exit 0: yes; 2: it was altered, or is of "
           "another payload; 1: it cannot be said.\n"
           "show ID: what has become of a message, signed.\n"
           "print FILE|ID: a page in Chinese for paper (XHTML, A4), of a signed receipt or of a message of the spool, with a code that "
           "verify takes, as it takes the page; with --pdf as a PDF, of which verify takes the text. Only what verifies is printed.\n"
           "key: the public keys, for those who verify."),
        entries, &flags.file);
    int status = good ? run(argc, argv, &flags) : HT_EXIT_USAGE;
    clear_flags(&flags);
    return status;
}
