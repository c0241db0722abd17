/* The table of verbs, their common options, and the short ones themselves. */
#include "core/cli/cli.h"

#include "core/base/metrics.h"
#include "core/base/paths.h"
#include "core/bus.h"
#include "core/cli/adapter.h"
#include "core/config/suggest.h"
#include "core/cli/language.h"
#include "core/cli/manual.h"
#include "core/cli/pause.h"
#include "core/cli/sample.h"

#include "generated/version.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

static int run_bus(int argc, char **argv)
{
    static const int statuses[] = {[HT_BUS_STOPPED] = HT_EXIT_OK,
                                   [HT_BUS_FAILED] = HT_EXIT_FAILED,
                                   [HT_BUS_MISCONFIGURED] = HT_EXIT_CONFIG};
    g_autofree char *file = NULL;
    if (!ht_cli_options(&argc, &argv, N_("Runs the bus, in the foreground, until SIGTERM."), NULL, &file)) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    ht_language_end(); /* logs are read by programs, and by whoever comes */
    return config ? statuses[ht_bus_run(config)] : HT_EXIT_CONFIG;
}

static int show_config(int argc, char **argv)
{
    gboolean reference = FALSE, metrics = FALSE, manual = FALSE, sample = FALSE;
    const GOptionEntry entries[] = {
        {"reference", 0, 0, G_OPTION_ARG_NONE, &reference, N_("Write the reference of all keys, as Markdown"),
         NULL},
        {"metrics", 0, 0, G_OPTION_ARG_NONE, &metrics, N_("Write the reference of all metrics, as Markdown"),
         NULL},
        {"man", 0, 0, G_OPTION_ARG_NONE, &manual, N_("Write the manual page of all keys, hutong.conf(5)"),
         NULL},
        {"sample", 0, 0, G_OPTION_ARG_NONE, &sample,
         N_("Write a configuration to begin with, every key with its meaning in comments"), NULL},
        G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    if (!ht_cli_options(&argc, &argv,
                        N_("Shows the configuration in force: every key, its value, and where it came from."),
                        entries, &file)) {
        return HT_EXIT_USAGE;
    }
    if (reference) {
        ht_config_reference(text);
    } else if (metrics) {
        ht_metrics_reference(text);
    } else if (manual) {
        ht_cli_config_manual(text);
    } else if (sample) {
        ht_cli_config_sample(text);
    } else {
        g_autoptr(HtConfig) config = ht_cli_load(file);
        if (!config) {
            return HT_EXIT_CONFIG;
        }
        ht_config_print(config, text);
    }
    fputs(text->str, stdout);
    return HT_EXIT_OK;
}

static const HtCliVerb verbs[] = {
    {"run", run_bus, NULL, N_("run the bus, in the foreground")},
    {"check", ht_cli_check, NULL, N_("try everything that run would, and change nothing")},
    {"config", show_config, NULL, N_("show the configuration in force")},
    {"reload", ht_cli_reload, NULL, N_("have the running bus take the configuration as it is now")},
    {"status", ht_cli_status, NULL, N_("show the running bus: sources, spool, consumers")},
    {"tap", ht_cli_tap, NULL, N_("messages as they are answered, live")},
    {"top", ht_cli_top, NULL, N_("the running bus, live")},
    {"map", ht_cli_map, NULL, N_("what a mapping makes of payloads, before anything is switched on")},
    {"explain", ht_cli_explain, NULL, N_("the same for a configured source, and who would get each event")},
    {"mapping", ht_cli_mapping, "new", N_("new: a first mapping from a payload")},
    {"test", ht_cli_test, NULL, N_("fixtures of mappings and sources: TAP, and every value that differs")},
    {"adapter", ht_cli_adapter, "list|inspect|check|new",
     N_("list, inspect, check adapters; make a new one")},
    {"spool", ht_cli_spool, "status|check|prune|export|verify|unseal|keys|shred|backup|restore|repair|create",
     N_("check, copy, restore, repair the spool")},
    {"message", ht_cli_message, "list|show|redo|drop",
     N_("find a message, see what became of it, have it done again")},
    {"subject", ht_cli_subject, "show|conflicts|split|join|settle",
     N_("who is who: look at it, undo a wrong tie")},
    {"token", ht_cli_token, "new|hash", N_("make a bearer token for a source or a consumer")},
    {"receipt", ht_cli_receipt, "verify|show|print|key", N_("verify a receipt; what became of a message")},
    {"reconcile", ht_cli_reconcile, NULL, N_("the books, and how the other side's list differs")},
    {"source", ht_cli_source, "list|show|pause|drain|resume",
     N_("sources: how they are, pause, drain, resume")},
    {"route", ht_cli_route, "list|show|pause|drain|resume", N_("routes: how they are, pause, drain, resume")},
    {"consumer", ht_cli_consumer, "list|show|test|pause|drain|resume|skip|rename|forget",
     N_("consumers: how they are, pause, drain, resume, skip an event")},
    {"maintenance", ht_cli_maintenance, "on|off|show",
     N_("no source takes anything, and senders are told why")},
    {"policy", ht_cli_policy, "preview|version", N_("what a consumer may see: preview, versions")},
    {"audit", ht_cli_audit, "verify|head|search|records|export|list",
     N_("who received what, who looked at what: verify, search, export")},
    {"dead", ht_cli_dead, "list|show|replay|drop", N_("dead letters: list, show, replay, drop")},
    {"replay", ht_cli_replay, "list|show|cancel", N_("a consumer gets events again")},
    {"wsdl", ht_cli_wsdl, "diff",
     N_("diff: how a department's service differs from what its mapping was written for")},
    {"catalogue", ht_cli_catalogue, NULL,
     N_("who provides what to whom, for what purpose: GB/T 21063.3, in Chinese")},
    {"schema", ht_cli_schema, "json|asyncapi|catalogue|admin",
     N_("what events look like: reference, JSON Schema, AsyncAPI, catalogue")},
};

static void print_usage(FILE *to)
{
    fprintf(to,
            _("Hutong 互通 %s: the integration bus between departments and the community platform.\n\n"
              "usage: hutong VERB [-c FILE] …\n\n"),
            HT_VERSION);
    for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
        fprintf(to, "  %-11s %s\n", verbs[i].name, _(verbs[i].summary));
    }
    fprintf(to, "\n%s\n", _("`hutong VERB --help` says more."));
}

/* Usage; or, for `make`, what is made of the tables. */
static int help(const char *form)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (g_str_equal(form, "--man")) {
        ht_cli_manual(verbs, G_N_ELEMENTS(verbs), text);
    } else if (g_str_equal(form, "--bash")) {
        ht_cli_completion(verbs, G_N_ELEMENTS(verbs), text);
    } else {
        print_usage(stdout);
    }
    fputs(text->str, stdout);
    return HT_EXIT_OK;
}

/* The verb that a mistyped one may mean; NULL: none is near. */
static const char *find_meant(const char *verb)
{
    const char *meant = NULL;
    unsigned least = 3;
    for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
        unsigned distance = ht_suggest_distance(verb, verbs[i].name);
        if (distance < least && distance < strlen(verbs[i].name)) {
            least = distance;
            meant = verbs[i].name;
        }
    }
    return meant;
}

/* Of a word that the verb does not know and that is near to one that it does. */
static void tell_meant(const HtCliVerb *verb, const char *word)
{
    g_auto(GStrv) words = g_strsplit(verb->words, "|", -1);
    const char *meant = NULL;
    unsigned least = 3;
    for (char **known = words; *known; known++) {
        unsigned distance = ht_suggest_distance(word, *known);
        if (distance == 0) {
            return;
        }
        if (distance < least && distance < strlen(*known)) {
            least = distance;
            meant = *known;
        }
    }
    if (meant) {
        fprintf(stderr, _("hutong %s: there is no '%s'; did you mean '%s'?\n"), verb->name, word, meant);
    }
}

static int run_verb(const HtCliVerb *verb, int argc, char **argv)
{
    g_autofree char *word = argc > 1 && argv[1][0] != '-' ? g_strdup(argv[1]) : NULL;
    int status = verb->run(argc, argv);
    if (status == HT_EXIT_USAGE && word && verb->words) {
        tell_meant(verb, word);
    }
    return status;
}

static void complain_of_verb(const char *verb)
{
    const char *meant = find_meant(verb);
    if (meant) {
        fprintf(stderr, _("hutong: there is no verb '%s'; did you mean '%s'?\n\n"), verb, meant);
    } else {
        fprintf(stderr, _("hutong: there is no verb '%s'\n\n"), verb);
    }
}

/* What stdio could not write (a full disk) is told by nobody else: who made a file of it must not take the beginning for the whole. */
static int end_output(int status)
{
    bool failed = ferror(stdout) != 0; /* for a reason that is not known any more */
    if (fflush(stdout) == 0 && !failed) {
        return status;
    }
    fputs(_("hutong: what was to be printed is not written in whole\n"), stderr);
    return status == HT_EXIT_OK ? HT_EXIT_FAILED : status;
}

static int run(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_equal(verb, verbs[i].name)) {
            return run_verb(&verbs[i], argc - 1, argv + 1);
        }
    }
    if (g_str_equal(verb, "--version")) {
        puts("hutong " HT_VERSION);
        return HT_EXIT_OK;
    }
    if (g_str_equal(verb, "--help") || g_str_equal(verb, "help")) {
        return help(argc > 2 ? argv[2] : "");
    }
    if (*verb) {
        complain_of_verb(verb);
    }
    print_usage(stderr);
    return HT_EXIT_USAGE;
}

int ht_cli_run(int argc, char **argv)
{
    ht_language_begin();
    return end_output(run(argc, argv));
}
