/* `hutong status`: what the running bus says of itself, as a table or as the JSON it gave. */
#include "core/cli/cli.h"

#include "core/admin/ask.h"
#include "core/cli/age.h"
#include "core/cli/columns.h"
#include "core/cli/states.h"
#include "core/cli/retell.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

#define ANSWER_MS 5000

static int64_t number(JsonObject *object, const char *member)
{
    return json_object_get_int_member_with_default(object, member, 0);
}

static const char *text(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, "");
}

/* What keeps messages from the host, or else how the host is. transfer full. */
static char *describe_host(JsonObject *source)
{
    JsonObject *host = json_object_get_object_member(source, "host");
    JsonObject *check = json_object_get_object_member(source, "adapterCheck");
    const char *state = text(check, "state"), *intake = text(source, "intake");
    if (!g_str_equal(intake, "open")) {
        return g_strdup(ht_cli_state(intake));
    }
    const char *mapping = text(check, "mapping"), *reason = text(check, "reason"),
               *all = text(check, "command");
    if (g_str_equal(state, "failed")) {
        return *mapping ? g_strdup_printf(_("mapping %s failed its check: %s. To see all: %s"), mapping,
                                          reason, all)
                        : g_strdup_printf(_("adapter failed its check: %s. To see all: %s"), reason, all);
    }
    if (g_str_equal(state, "checking")) {
        return *mapping ? g_strdup_printf(_("mapping %s is being checked"), mapping)
                        : g_strdup(_("adapter is being checked"));
    }
    g_autofree char *why = ht_cli_retell(text(host, "reason"));
    bool rests = g_str_equal(text(host, "state"), "stopped") && !json_object_has_member(host, "reason");
    return rests ? g_strdup(_("at rest")) /* it starts with the next message */
                 : g_strdup_printf("%s%s%s", ht_cli_state(text(host, "state")),
                                   json_object_has_member(host, "reason") ? ": " : "", why);
}

static void print_sources(JsonArray *sources)
{
    printf("\n%-*s %*s %*s %*s %*s %*s %*s %*s  %s\n", HT_COLUMN(16, _("SOURCE")),
           HT_COLUMN(9, _("ACCEPTED")), HT_COLUMN(9, _("EVENTS")), HT_COLUMN(8, _("RESENT")),
           HT_COLUMN(8, _("REFUSED")), HT_COLUMN(6, _("BUSY")), HT_COLUMN(9, _("MEAN")),
           HT_COLUMN(7, _("LAST")), _("HOST"));
    for (unsigned i = 0; i < json_array_get_length(sources); i++) {
        JsonObject *source = json_array_get_object_element(sources, i);
        char last[HT_CLI_AGE];
        g_autofree char *host = describe_host(source);
        int64_t mean_us = number(source, "latencyMeanUs");
        g_autofree char *mean =
            mean_us > 0 ? g_strdup_printf("%.1f ms", (double)mean_us / 1000) : g_strdup("-");
        ht_cli_age_of(source, "lastAccepted", _("never"), last);
        printf("%-16s %9" G_GINT64_FORMAT " %9" G_GINT64_FORMAT " %8" G_GINT64_FORMAT " %8" G_GINT64_FORMAT
               " %6" G_GINT64_FORMAT " %9s %*s  %s\n",
               text(source, "name"), number(source, "accepted"), number(source, "events"),
               number(source, "resent"), number(source, "rejected") + number(source, "failed"),
               number(source, "busy"), mean, HT_COLUMN(7, last), host);
    }
}

static void print_consumers(JsonArray *consumers)
{
    printf("\n%-*s %*s %*s %*s %*s %*s %*s  %s\n", HT_COLUMN(16, _("CONSUMER")), HT_COLUMN(9, _("CURSOR")),
           HT_COLUMN(9, _("BACKLOG")), HT_COLUMN(7, _("OLDEST")), HT_COLUMN(9, _("DELIVERED")),
           HT_COLUMN(8, _("FAILING")), HT_COLUMN(6, _("DEAD")), _("STATE"));
    for (unsigned i = 0; i < json_array_get_length(consumers); i++) {
        JsonObject *consumer = json_array_get_object_element(consumers, i);
        char oldest[HT_CLI_AGE];
        g_autofree char *why = ht_cli_retell(text(consumer, "lastError"));
        ht_cli_age_of(consumer, "oldest", "-", oldest);
        g_autofree char *held =
            number(consumer, "held") > 0
                ? g_strdup_printf(_(", %" PRIi64 " held by a paused route"), number(consumer, "held"))
                : g_strdup("");
        printf("%-16s %9" G_GINT64_FORMAT " %9" G_GINT64_FORMAT " %*s %9" G_GINT64_FORMAT
               " %8" G_GINT64_FORMAT " %6" G_GINT64_FORMAT "  %s%s%s%s\n",
               text(consumer, "name"), number(consumer, "cursor"), number(consumer, "backlog"),
               HT_COLUMN(7, oldest), number(consumer, "delivered"), number(consumer, "failing"),
               number(consumer, "letters"), ht_cli_state(text(consumer, "state")), held,
               json_object_has_member(consumer, "lastError") ? ": " : "", why);
    }
}

/* What has to be looked at, a line each. */
static void print_notice(const char *notice)
{
    g_auto(GStrv) lines = g_strsplit(notice, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (**line) {
            g_autofree char *told = ht_cli_retell(*line);
            printf("! %s\n", told);
        }
    }
}

static void print_status(JsonObject *status)
{
    JsonObject *spool = json_object_get_object_member(status, "spool");
    JsonObject *door = json_object_get_object_member(status, "door");
    printf(
        json_object_has_member(status, "maintenance")
            ? _("%s: %s, in maintenance, port %" PRIi64 ", %" PRIi64 " connections, %" PRIi64 " in flight\n")
            : _("%s: %s, port %" PRIi64 ", %" PRIi64 " connections, %" PRIi64 " in flight\n"),
        text(status, "name"), ht_cli_state(text(status, "state")), number(door, "port"),
        number(door, "connections"), number(door, "inFlight"));
    printf(_("spool: %s, events %" PRIi64 " to %" PRIi64 ", %.1f MB, %" PRIi64 " dead letters, %" PRIi64
             " in quarantine, %" PRIi64 " damaged, commit p99 %.1f ms\n"),
           ht_cli_state(text(spool, "state")), number(spool, "firstSequence"), number(spool, "lastSequence"),
           (double)(number(spool, "fileBytes") + number(spool, "walBytes")) / 1e6,
           number(spool, "deadLetters"), number(spool, "quarantined"), number(spool, "damaged"),
           (double)number(spool, "commitP99Us") / 1000);
    JsonObject *configuration = json_object_get_object_member(status, "configuration");
    printf(_("configuration: %.16s since %s\n"), text(configuration, "sha256"), text(configuration, "since"));
    print_notice(text(status, "notice"));
    if (*text(configuration, "problem")) {
        printf(_("refused reload: %s\n"), text(configuration, "problem"));
    }
    print_sources(json_object_get_array_member(status, "sources"));
    print_consumers(json_object_get_array_member(status, "consumers"));
}

static int show(const char *body)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    if (!json_parser_load_from_data(parser, body, -1, &error)) {
        fprintf(stderr, _("hutong status: the bus's answer cannot be read: %s\n"), error->message);
        return HT_EXIT_FAILED;
    }
    print_status(json_node_get_object(json_parser_get_root(parser)));
    return HT_EXIT_OK;
}

int ht_cli_status(int argc, char **argv)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("As JSON"), NULL},
                                    G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    if (!ht_cli_options(&argc, &argv, N_("Shows the running bus: sources, spool, consumers."), entries,
                        &file)) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    unsigned status;
    g_autoptr(GError) error = NULL;
    g_autofree char *body = ht_admin_get(config->bus.admin, "/status", ANSWER_MS, &status, &error);
    if (!body) {
        fprintf(stderr, "hutong status: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    if (json) {
        fputs(body, stdout);
        return HT_EXIT_OK;
    }
    return show(body);
}
