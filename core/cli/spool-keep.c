/* `hutong spool prune`, `export`, `verify` and `unseal`. */
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/cli/ask.h"
#include "core/cli/progress.h"
#include "core/cli/spool.h"
#include "core/keep/archive.h"
#include "core/keep/export.h"
#include "core/proof/destroyed.h"
#include "core/verbs.h"
#include "core/source/host.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#define LOOK_US (HT_SECOND / 5)

static int complain(const char *text)
{
    fprintf(stderr, "hutong spool: %s\n", text);
    return HT_EXIT_FAILED;
}

/* ---- Pruning ---- */

static JsonObject *ask_prune(const HtConfig *config, const char *verb)
{
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "verb", verb);
    return ht_cli_ask(config, "prune", question);
}

static uint64_t number_of(JsonObject *answer, const char *name)
{
    return (uint64_t)json_object_get_int_member_with_default(answer, name, 0);
}

/* NULL after a complaint. */
static JsonObject *wait_for_end(const HtConfig *config, JsonObject *answer)
{
    while (answer && number_of(answer, "running") > 0) {
        g_usleep(LOOK_US);
        json_object_unref(answer);
        answer = ask_prune(config, "look");
    }
    return answer;
}

int ht_cli_spool_prune(const HtConfig *config, const HtSpoolFlags *flags)
{
    g_autoptr(JsonObject) answer =
        wait_for_end(config, ask_prune(config, flags->dry_run ? "dry-run" : "start"));
    if (!answer) {
        return HT_EXIT_FAILED;
    }
    const char *problem = json_object_get_string_member_with_default(answer, "problem", "");
    if (flags->json) {
        ht_cli_print(answer);
    } else {
        printf(flags->dry_run
                   ? _("%" PRIu64 " events would be pruned, about %" PRIu64 " bytes of data; %" PRIu64
                       " archived in %" PRIu64 " files; %" PRIu64 " bytes given back to the disk\n")
                   : _("%" PRIu64 " events pruned, about %" PRIu64 " bytes of data; %" PRIu64
                       " archived in %" PRIu64 " files; %" PRIu64 " bytes given back to the disk\n"),
               number_of(answer, "events"), number_of(answer, "bytes"), number_of(answer, "archived"),
               number_of(answer, "files"), number_of(answer, "givenBack"));
    }
    return *problem ? complain(problem) : HT_EXIT_OK;
}

/* ---- Exporting ---- */

static bool note(const HtConfig *config, const char *what)
{
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "what", what);
    g_autoptr(JsonObject) answer = ht_cli_ask(config, "export", question);
    return answer != NULL;
}

static bool audit(const HtConfig *config, const HtSpoolFlags *flags)
{
    g_autofree char *what =
        g_strdup_printf("source %s, type %s, since %s, until %s", flags->source ? flags->source : "*",
                        flags->type ? flags->type : "*", flags->since ? flags->since : "-",
                        flags->until ? flags->until : "-");
    return note(config, what);
}

/* Asked when nothing was found: what is in the configuration no more may have left events. */
static bool knows_names(const HtConfig *config, const HtSpoolFlags *flags)
{
    return (!flags->source || ht_cli_knows("spool", "source", flags->source, config->sources)) &&
           (!flags->type || ht_cli_knows_types("spool", config, flags->type));
}

static void tell_exported(const HtExported *made, const HtSpoolFlags *flags, const char *path)
{
    FILE *to = path ? stdout : stderr;
    HtBuffer json = {0};
    if (!flags->json) {
        fprintf(to,
                _("%" PRIu64 " events, %" PRIu64 " to %" PRIu64 "; not in it: %" PRIu64
                  " that are pruned, %" PRIu64 " damaged\n"),
                made->sum.events, made->sum.first, made->sum.last, made->pruned, made->damaged);
        return;
    }
    ht_buffer_add_char(&json, '{');
    ht_json_member_number(&json, "events", (int64_t)made->sum.events);
    ht_json_member_number(&json, "first", (int64_t)made->sum.first);
    ht_json_member_number(&json, "last", (int64_t)made->sum.last);
    ht_json_member_number(&json, "pruned", (int64_t)made->pruned);
    ht_json_member_number(&json, "damaged", (int64_t)made->damaged);
    ht_buffer_add_literal(&json, "}\n");
    fwrite(json.data, 1, json.size, to);
    ht_buffer_clear(&json);
}

int ht_cli_spool_export(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    g_autoptr(GError) error = NULL;
    HtDictionary *dictionary = ht_source_dictionary(config, &error);
    char *sources[] = {flags->source, NULL}, *types[] = {flags->type, NULL};
    HtExport asked = {.config = config,
                      .dictionary = dictionary,
                      .sources = flags->source ? sources : NULL,
                      .types = flags->type ? types : NULL,
                      .before_us = INT64_MAX,
                      .path = path && !g_str_equal(path, "-") ? path : NULL,
                      .progress = ht_cli_progress,
                      .user = "events"};
    HtExported made;
    if (!ht_cli_span("spool", flags->since, flags->until, &asked.since_us, &asked.before_us)) {
        g_clear_pointer(&dictionary, ht_dictionary_free);
        return HT_EXIT_USAGE;
    }
    bool good = dictionary && audit(config, flags) && ht_export(&asked, &made, &error);
    g_clear_pointer(&dictionary, ht_dictionary_free);
    if (!good) {
        return error ? complain(error->message) : HT_EXIT_FAILED;
    }
    tell_exported(&made, flags, asked.path);
    if (made.sum.events == 0 && !knows_names(config, flags)) {
        return HT_EXIT_FAILED;
    }
    return made.damaged > 0 ? HT_EXIT_INTEGRITY : HT_EXIT_OK;
}

/* ---- Verifying ---- */

typedef struct {
    const HtConfig *config;
    HtSpoolVault *vault;
    bool has_keys;               /* of this site */
    unsigned files, bad, others; /* those that none of these keys opens */
    uint64_t events;
    HtBuffer json;
    bool as_json;
} Verified;

#define CERTIFICATE_MAX 65536

/* Of a destroyed key. */
static bool is_certificate(const char *path)
{
    char text[sizeof HT_DESTROYED_TITLE - 1];
    FILE *file = fopen(path, "re");
    bool is = file && fread(text, 1, sizeof text, file) == sizeof text &&
              memcmp(text, HT_DESTROYED_TITLE, sizeof text) == 0;
    if (file) {
        fclose(file);
    }
    return is;
}

static bool verify_certificate(const HtConfig *config, const char *path, GError **error)
{
    g_autofree char *own = g_build_filename(config->bus.state, HT_SIGNER_PUBLIC, NULL);
    g_autoptr(GArray) keys = ht_public_keys_read(own, error);
    g_autofree char *text = NULL;
    g_autoptr(GError) reason = NULL;
    gsize size = 0;
    if (!keys || !g_file_get_contents(path, &text, &size, error)) {
        return false;
    }
    if (size > CERTIFICATE_MAX || !ht_destroyed_verify((HtText){text, size}, keys, &reason)) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE, "%s: %s", path,
                    reason ? reason->message : "it is too long for a certificate");
        return false;
    }
    return true;
}

static void print_good(const char *path, const HtArchiveSum *sum, const Verified *verified)
{
    if (!sum->unopened) {
        printf(_("%s: good\n"), path);
    } else if (verified->has_keys) {
        printf(
            _("%s: as its manifest says; no key of this site opens it, its lines were not read: it is another "
              "site's, or its beginning was altered\n"),
            path);
    } else {
        printf(_("%s: as its manifest says; its key is not here, its lines were not read\n"), path);
    }
}

static void verify_file(const char *path, Verified *verified)
{
    g_autoptr(GError) error = NULL;
    HtArchiveSum sum = {0};
    bool good = is_certificate(path) ? verify_certificate(verified->config, path, &error)
                                     : ht_archive_verify(path, verified->vault, &sum, &error);
    verified->files++;
    verified->bad += !good;
    verified->others += good && sum.unopened && verified->has_keys;
    verified->events += good ? sum.events : 0;
    if (!verified->as_json) {
        good ? print_good(path, &sum, verified) : (void)puts(error->message);
        return;
    }
    ht_json_comma(&verified->json);
    ht_buffer_add_char(&verified->json, '{');
    ht_json_member(&verified->json, "file", ht_text_from(path));
    ht_json_member_number(&verified->json, "events", (int64_t)sum.events);
    ht_json_member_number(&verified->json, "unopened", sum.unopened);
    ht_json_member(&verified->json, "finding", ht_text_from(good ? NULL : error->message));
    ht_buffer_add_char(&verified->json, '}');
}

int ht_cli_spool_verify(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    const char *place = path ? path : config->spool.archive;
    ht_spool_vault_open(config->bus.state, NULL, NULL); /* without its keys sealed lines are not read */
    uint8_t id[HT_SPOOL_VAULT_ID];
    Verified verified = {
        .config = config, .vault = ht_spool_vault_at(config->bus.state), .as_json = flags->json};
    verified.has_keys = ht_spool_vault_id(verified.vault, id);
    ht_buffer_add_char(&verified.json, '[');
    if (g_file_test(place, G_FILE_TEST_IS_DIR)) {
        g_autoptr(GPtrArray) files = ht_archive_files(place);
        for (guint i = 0; i < files->len; i++) {
            ht_cli_progress(i, files->len, "files");
            verify_file(files->pdata[i], &verified);
        }
    } else {
        verify_file(place, &verified);
    }
    ht_buffer_add_literal(&verified.json, "]\n");
    if (flags->json) {
        fwrite(verified.json.data, 1, verified.json.size, stdout);
    } else {
        printf(_("%u files, %" PRIu64 " events, %u files are not what was written\n"), verified.files,
               verified.events, verified.bad);
    }
    ht_buffer_clear(&verified.json);
    return verified.bad > 0 ? HT_EXIT_INTEGRITY : verified.others > 0 ? HT_EXIT_FAILED : HT_EXIT_OK;
}

/* ---- Unsealing ---- */

static void write_line(HtText line, void *user)
{
    FILE *to = user;
    fwrite(line.data, 1, line.size, to);
    fputc('\n', to);
}

/* By the sequence numbers in the file's name: its zeros would be a long number. */
static char *name_for_audit(const char *path)
{
    uint64_t first, last;
    g_autofree char *name = g_path_get_basename(path);
    const char *numbers = strcspn(name, "0123456789") + name;
    bool named = sscanf(numbers, "%20" SCNu64 "-%20" SCNu64, &first, &last) == 2;
    return named ? g_strdup_printf("archive file of events %" PRIu64 " to %" PRIu64, first, last)
                 : g_strdup("archive file that has no numbers in its name");
}

int ht_cli_spool_unseal(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    (void)flags;
    g_autoptr(GError) error = NULL;
    g_autofree char *what = name_for_audit(path);
    bool opened = ht_spool_vault_open(config->bus.state, NULL, &error);
    if (opened && !note(config, what)) {
        return HT_EXIT_FAILED;
    }
    bool good = opened &&
                ht_archive_read(path, ht_spool_vault_at(config->bus.state), write_line, stdout, &error) &&
                fflush(stdout) == 0 && !ferror(stdout);
    if (!good) {
        complain(error ? error->message : "standard output takes no more");
    }
    bool altered = g_error_matches(error, HT_ARCHIVE_ERROR, HT_ARCHIVE_ERROR_BAD);
    return good ? HT_EXIT_OK : altered ? HT_EXIT_INTEGRITY : HT_EXIT_FAILED;
}
