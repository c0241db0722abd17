/* `hutong spool`: the integrity of a spool, copies of it, and what can be saved of a damaged one. */
#include "core/cli/spool.h"

#include "core/base/json.h"
#include "spool/spool.h"

#include <glib/gi18n.h>
#include <stdio.h>

static void print_findings(const HtConfig *config, const char *report, int findings)
{
    HtBuffer json = {0};
    g_auto(GStrv) lines = g_strsplit(report, "\n", -1);
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "state", ht_text_from(config->bus.state));
    ht_json_member_number(&json, "findings", (uint64_t)findings);
    ht_json_name(&json, "lines");
    ht_buffer_add_char(&json, '[');
    for (char **line = lines; *line && **line; line++) {
        ht_json_comma(&json);
        ht_json_string(&json, ht_text_from(*line));
    }
    ht_buffer_add_string(&json, "]}\n");
    fwrite(json.data, 1, json.size, stdout);
    ht_buffer_clear(&json);
}

static int check(const HtConfig *config, const HtSpoolFlags *flags)
{
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    int findings = ht_spool_check(config->bus.state, report, &error);
    if (findings < 0) {
        fprintf(stderr, "hutong spool: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    if (flags->json) {
        print_findings(config, report->str, findings);
    } else {
        fputs(report->str, stdout);
        printf(_("%s: %d findings\n"), config->bus.state, findings);
    }
    if (findings > 0) {
        fprintf(stderr, _("hutong spool: what can be read is saved by `hutong spool repair`\n"));
    }
    return findings ? HT_EXIT_INTEGRITY : HT_EXIT_OK;
}

/* An empty spool under the site key that is there: the bus itself begins none beside a key. */
static int create(const HtConfig *config)
{
    g_autofree char *file = g_build_filename(config->bus.state, "spool.db", NULL);
    g_autoptr(GError) error = NULL;
    uint8_t key[32];
    if (g_file_test(file, G_FILE_TEST_EXISTS)) {
        fprintf(stderr, _("hutong spool: there is a \"%s\" already\n"), file);
        return HT_EXIT_FAILED;
    }
    bool good = ht_spool_load_key(config->bus.site_key_file, false, key, &error);
    HtSpoolOptions options = {.directory = config->bus.state,
                              .site_key = key,
                              .limits = config->spool.limits,
                              .sealing = ht_config_sealing(config)};
    g_autoptr(HtSpool) spool = good ? ht_spool_open(&options, &error) : NULL;
    explicit_bzero(key, sizeof key);
    if (!spool) {
        fprintf(stderr, "hutong spool: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    printf(_("%s: a new spool\n"), file);
    return HT_EXIT_OK;
}

static int complain(void)
{
    fprintf(
        stderr,
        _("usage: hutong spool status [--json] [-c FILE]\n"
          "       hutong spool check [--json] [-c FILE]\n"
          "       hutong spool prune [--dry-run] [--json] [-c FILE]\n"
          "       hutong spool export [FILE] [--source NAME] [--type TYPE] [--since TIME] [--until TIME] [--json] [-c FILE]\n"
          "       hutong spool verify [FILE | FOLDER] [--json] [-c FILE]\n"
          "       hutong spool unseal FILE [-c FILE]\n"
          "       hutong spool backup FOLDER [-c FILE]\n"
          "       hutong spool restore FOLDER [--replace] [--skip=N] [-c FILE]\n"
          "       hutong spool repair [--json] [-c FILE]\n"
          "       hutong spool keys [--json] [-c FILE]\n"
          "       hutong spool shred PERIOD --reason TEXT [--json] [-c FILE]\n"
          "       hutong spool create [-c FILE]\n"));
    return HT_EXIT_USAGE;
}

/* What each verb takes behind it. */
typedef enum { NOTHING, ONE_WORD, PERHAPS_A_PATH } Takes;

typedef struct {
    const char *name;
    Takes takes;
    int (*run)(const HtConfig *config, const char *path, const HtSpoolFlags *flags);
} SpoolVerb;

static int run_check(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    (void)path;
    return check(config, flags);
}

static int run_status(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    (void)path;
    return ht_cli_spool_status(config, flags);
}

static int run_repair(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    (void)path;
    return ht_cli_spool_repair(config, flags);
}

static int run_create(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    (void)path;
    (void)flags;
    return create(config);
}

static int run_backup(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    (void)flags;
    return ht_cli_spool_backup(config, path);
}

static int run_prune(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    (void)path;
    return ht_cli_spool_prune(config, flags);
}

static int run_keys(const HtConfig *config, const char *path, const HtSpoolFlags *flags)
{
    (void)path;
    return ht_cli_spool_keys(config, flags);
}

static const SpoolVerb spool_verbs[] = {
    {"status", NOTHING, run_status},
    {"check", NOTHING, run_check},
    {"prune", NOTHING, run_prune},
    {"export", PERHAPS_A_PATH, ht_cli_spool_export},
    {"verify", PERHAPS_A_PATH, ht_cli_spool_verify},
    {"unseal", ONE_WORD, ht_cli_spool_unseal},
    {"backup", ONE_WORD, run_backup},
    {"restore", ONE_WORD, ht_cli_spool_restore},
    {"repair", NOTHING, run_repair},
    {"keys", NOTHING, run_keys},
    {"shred", ONE_WORD, ht_cli_spool_shred},
    {"create", NOTHING, run_create},
};

static const SpoolVerb *find_verb(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < G_N_ELEMENTS(spool_verbs); i++) {
        const SpoolVerb *verb = &spool_verbs[i];
        bool fits = verb->takes == NOTHING ? argc == 2 : verb->takes == ONE_WORD ? argc == 3 : argc <= 3;
        if (fits && g_str_equal(argv[1], verb->name)) {
            return verb;
        }
    }
    return NULL;
}

static const char *const summary = N_(
    "status: what the spool holds, how much room that takes, where consumers are; exit 2 when events are damaged.\n"
    "check: verifies the spool's integrity (the bus must be stopped); exit 2 when damaged.\n"
    "prune: a sweep by the [retention] sections now, by the running bus or without one.\n"
    "export [FILE]: events and what became of them as lines of JSON, with a manifest; audited.\n"
    "verify [FILE or FOLDER]: whether files of the archive, or an export, are what was written; exit 2 when not.\n"
    "unseal FILE: writes the lines of a file of the archive to standard output; exit 2 when it is not what was written; audited.\n"
    "backup FOLDER: a copy with its keys, also beside a running bus.\n"
    "restore FOLDER: puts such a copy in place (the bus must be stopped).\n"
    "repair: saves into a new spool what can be read of a damaged one, keeps the old one, and lists what\n"
    "is missing by message and source (the bus must be stopped); exit 2 when something is missing.\n"
    "keys: the periods of keys under which values are sealed, and how much is sealed under each.\n"
    "shred PERIOD: destroys the key of a period of which nothing is left in the spool, so that no copy can be read; audited.\n"
    "create: makes an empty spool where the former one is lost for good.");

int ht_cli_spool(int argc, char **argv)
{
    HtSpoolFlags flags = {.skip = 100000};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &flags.json, N_("write the outcome as JSON"), NULL},
        {"replace", 0, 0, G_OPTION_ARG_NONE, &flags.replace,
         N_("restore: move the spool that is there to a folder beside it"), NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &flags.dry_run, N_("prune: only say what would be pruned"),
         NULL},
        {"source", 0, 0, G_OPTION_ARG_STRING, &flags.source, N_("export: events of this source only"),
         "NAME"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &flags.type, N_("export: of this type only, also as person.*"),
         "TYPE"},
        {"since", 0, 0, G_OPTION_ARG_STRING, &flags.since,
         N_("export: taken then or later (2026-11-20, 12h, 7d)"), "TIME"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &flags.until, N_("export: taken before"), "TIME"},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &flags.reason, N_("shred: why, for the audit"), "TEXT"},
        {"skip", 0, 0, G_OPTION_ARG_INT64, &flags.skip,
         N_("restore: how many sequences may have been given out since the copy, when no spool is there that tells (100000)"),
         "N"},
        G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    int status = HT_EXIT_USAGE;
    const SpoolVerb *verb =
        ht_cli_options(&argc, &argv, summary, entries, &file) ? find_verb(argc, argv) : NULL;
    if (!file) {
        return status;
    }
    if (!verb || flags.skip < 0 || flags.skip > 10000000) {
        return complain();
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    status = verb->run(config, argc > 2 ? argv[2] : NULL, &flags);
    char *const texts[] = {flags.source, flags.type, flags.since, flags.until, flags.reason};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(texts[i]);
    }
    return status;
}
