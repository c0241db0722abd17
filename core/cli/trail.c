/* `hutong audit list`: what administrators did, from the spool's file. */
#include "core/cli/ask.h"

#include "core/base/clock.h"
#include "spool/trail.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

static const char *const usage = N_(
    "usage: hutong audit list [--since TIME] [--until TIME] [--verb VERB] [--uid UID] [--what TEXT] [--json]\n");

static void print_json(const HtSpoolTrace *trace, void *user)
{
    ++*(unsigned *)user;
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

static void print_line(const HtSpoolTrace *trace, void *user)
{
    ++*(unsigned *)user;
    char time[HT_CLOCK_TEXT];
    ht_clock_format(trace->time_us, time);
    printf("%s %8" G_GINT64_FORMAT "  %-16s %s%s%s\n", time, trace->uid, trace->verb, trace->what,
           *trace->reason ? ": " : "", trace->reason);
}

static void note_verb(const HtSpoolTrace *trace, void *user)
{
    GPtrArray *verbs = user;
    if (!g_ptr_array_find_with_equal_func(verbs, trace->verb, g_str_equal, NULL)) {
        g_ptr_array_add(verbs, g_strdup(trace->verb));
    }
}

static int compare_verbs(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Nothing was found: a verb that is misspelt looks like one that nobody used, so those that were used are told. */
static bool tell_verbs(HtSpoolLook *look, const char *verb, GError **error)
{
    const HtSpoolTrailFilter all = {.verb = NULL};
    g_autoptr(GPtrArray) verbs = g_ptr_array_new_with_free_func(g_free);
    if (!ht_spool_look_trail(look, &all, note_verb, verbs, error)) {
        return false;
    }
    g_ptr_array_sort(verbs, compare_verbs);
    g_ptr_array_add(verbs, NULL);
    g_autofree char *used = g_strjoinv(", ", (char **)verbs->pdata);
    if (*used) {
        fprintf(stderr, _("hutong audit: nothing was done that fits the verb '%s'; what was done: %s\n"),
                verb, used);
    } else {
        fprintf(stderr, _("hutong audit: nothing was done that fits the verb '%s', nor anything else\n"),
                verb);
    }
    return true;
}

static int list(const HtConfig *config, const HtSpoolTrailFilter *filter, bool json)
{
    unsigned printed = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(config->bus.state, &error);
    if (look && !json) {
        printf("%-29s %8s  %-16s %s\n", "TIME", "UID", "VERB", "WHAT: REASON");
    }
    if (!look || !ht_spool_look_trail(look, filter, json ? print_json : print_line, &printed, &error) ||
        (printed == 0 && filter->verb && !tell_verbs(look, filter->verb, &error))) {
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
