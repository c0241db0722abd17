/* `hutong audit list`: what administrators did, from the spool's file. */
#include "core/cli/ask.h"

#include "core/base/clock.h"
#include "spool/trail.h"

#include <glib/gi18n.h>
#include <stdio.h>

static const char *const usage = N_(
    "usage: hutong audit list [--since TIME] [--until TIME] [--verb VERB] [--uid UID] [--what TEXT] [--json]\n");

static void print_json(const HtSpoolTrace *trace, void *unused)
{
    (void)unused;
    char time[HT_CLOCK_TEXT];
    g_autoptr(JsonObject) object = json_object_new();
    ht_clock_format(trace->time_us, time);
    json_object_set_string_member(object, "time", time);
    json_object_set_int_member(object, "uid", trace->uid);
    json_object_set_string_member(object, "verb", trace->verb);
    json_object_set_string_member(object, "what", trace->what);
    json_object_set_string_member(object, "reason", trace->reason);
    ht_cli_print(object);
}

static void print_line(const HtSpoolTrace *trace, void *unused)
{
    (void)unused;
    char time[HT_CLOCK_TEXT];
    ht_clock_format(trace->time_us, time);
    printf("%s %8" G_GINT64_FORMAT "  %-16s %s%s%s\n", time, trace->uid, trace->verb, trace->what,
           *trace->reason ? ": " : "", trace->reason);
}

static int list(const HtConfig *config, const HtSpoolTrailFilter *filter, bool json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(config->bus.state, &error);
    if (look && !json) {
        printf("%-29s %8s  %-16s %s\n", "TIME", "UID", "VERB", "WHAT: REASON");
    }
    if (!look || !ht_spool_look_trail(look, filter, json ? print_json : print_line, NULL, &error)) {
        fprintf(stderr, "hutong audit: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    return HT_EXIT_OK;
}

int ht_cli_audit_list(int argc, char **argv)
{
    gboolean json = FALSE;
    g_autofree char *file = NULL, *since = NULL, *until = NULL, *verb = NULL, *what = NULL, *uid = NULL;
    const GOptionEntry entries[] = {
        {"since", 0, 0, G_OPTION_ARG_STRING, &since, N_("From then on: 2h, 2026-11-21, …"), "TIME"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &until, N_("and until then"), "TIME"},
        {"verb", 0, 0, G_OPTION_ARG_STRING, &verb, N_("Of this verb: \"dead drop\", or all of dead"), "VERB"},
        {"uid", 0, 0, G_OPTION_ARG_STRING, &uid, N_("Of this user of the machine, by number"), "UID"},
        {"what", 0, 0, G_OPTION_ARG_STRING, &what, N_("With this in what it was about"), "TEXT"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("As JSON, one a line"), NULL},
        G_OPTION_ENTRY_NULL};
    if (!ht_cli_options(&argc, &argv, N_("list: who did what, when and why."), entries, &file)) {
        return HT_EXIT_USAGE;
    }
    HtSpoolTrailFilter filter = {.verb = verb, .what = what, .has_uid = uid != NULL};
    bool good = argc == 2 && g_str_equal(argv[1], "list") &&
                (!uid || g_ascii_string_to_signed(uid, 10, 0, G_MAXUINT32, &filter.uid, NULL));
    if (!good) {
        fputs(_(usage), stderr);
        return HT_EXIT_USAGE;
    }
    if (!ht_cli_span("audit", since, until, &filter.since_us, &filter.until_us)) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    return config ? list(config, &filter, json) : HT_EXIT_CONFIG;
}
