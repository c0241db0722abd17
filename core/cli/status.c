/* `hutong status`: what the running bus says of itself, as a table or as the JSON it gave. */
#include "core/cli/cli.h"

#include "core/admin/ask.h"
#include "core/cli/age.h"

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
        return g_strdup(intake);
    }
    const char *mapping = text(check, "mapping");
    g_autofree char *what = *mapping ? g_strconcat("mapping ", mapping, NULL) : g_strdup("adapter");
    if (g_str_equal(state, "failed")) {
        return g_strdup_printf("%s failed its check: %s. To see all: %s", what, text(check, "reason"),
                               text(check, "command"));
    }
    if (g_str_equal(state, "checking")) {
        return g_strdup_printf("%s is being checked", what);
    }
    bool rests = g_str_equal(text(host, "state"), "stopped") && !json_object_has_member(host, "reason");
    return rests ? g_strdup("at rest") /* it starts with the next message */
                 : g_strdup_printf("%s%s%s", text(host, "state"),
                                   json_object_has_member(host, "reason") ? ": " : "", text(host, "reason"));
}

static void print_sources(JsonArray *sources)
{
    printf("\n%-16s %9s %9s %8s %8s %6s %9s %7s  %s\n", "SOURCE", "ACCEPTED", "EVENTS", "RESENT", "REFUSED",
           "BUSY", "MEAN", "LAST", "HOST");
    for (unsigned i = 0; i < json_array_get_length(sources); i++) {
        JsonObject *source = json_array_get_object_element(sources, i);
        char last[HT_CLI_AGE];
        g_autofree char *host = describe_host(source);
        int64_t mean_us = number(source, "latencyMeanUs");
        g_autofree char *mean =
            mean_us > 0 ? g_strdup_printf("%.1f ms", (double)mean_us / 1000) : g_strdup("-");
        ht_cli_age_of(source, "lastAccepted", "never", last);
        printf("%-16s %9" G_GINT64_FORMAT " %9" G_GINT64_FORMAT " %8" G_GINT64_FORMAT " %8" G_GINT64_FORMAT
               " %6" G_GINT64_FORMAT " %9s %7s  %s\n",
               text(source, "name"), number(source, "accepted"), number(source, "events"),
               number(source, "resent"), number(source, "rejected") + number(source, "failed"),
               number(source, "busy"), mean, last, host);
    }
}

static void print_consumers(JsonArray *consumers)
{
    printf("\n%-16s %9s %9s %7s %9s %8s %6s  %s\n", "CONSUMER", "CURSOR", "BACKLOG", "OLDEST", "DELIVERED",
           "FAILING", "DEAD", "STATE");
    for (unsigned i = 0; i < json_array_get_length(consumers); i++) {
        JsonObject *consumer = json_array_get_object_element(consumers, i);
        char oldest[HT_CLI_AGE];
        ht_cli_age_of(consumer, "oldest", "-", oldest);
        g_autofree char *held =
            number(consumer, "held") > 0
                ? g_strdup_printf(", %" G_GINT64_FORMAT " held by a paused route", number(consumer, "held"))
                : g_strdup("");
        printf("%-16s %9" G_GINT64_FORMAT " %9" G_GINT64_FORMAT " %7s %9" G_GINT64_FORMAT
               " %8" G_GINT64_FORMAT " %6" G_GINT64_FORMAT "  %s%s%s%s\n",
               text(consumer, "name"), number(consumer, "cursor"), number(consumer, "backlog"), oldest,
               number(consumer, "delivered"), number(consumer, "failing"), number(consumer, "letters"),
               text(consumer, "state"), held, json_object_has_member(consumer, "lastError") ? ": " : "",
               text(consumer, "lastError"));
    }
}

/* What has to be looked at, a line each. */
static void print_notice(const char *notice)
{
    g_auto(GStrv) lines = g_strsplit(notice, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (**line) {
            printf("! %s\n", *line);
        }
    }
}

static void print_status(JsonObject *status)
{
    JsonObject *spool = json_object_get_object_member(status, "spool");
    JsonObject *door = json_object_get_object_member(status, "door");
    printf("%s: %s%s, port %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " connections, %" G_GINT64_FORMAT
           " in flight\n",
           text(status, "name"), text(status, "state"),
           json_object_has_member(status, "maintenance") ? ", in maintenance" : "", number(door, "port"),
           number(door, "connections"), number(door, "inFlight"));
    printf("spool: %s, events %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", %.1f MB, %" G_GINT64_FORMAT
           " dead letters, %" G_GINT64_FORMAT " in quarantine, %" G_GINT64_FORMAT
           " damaged, commit p99 %.1f ms\n",
           text(spool, "state"), number(spool, "firstSequence"), number(spool, "lastSequence"),
           (double)(number(spool, "fileBytes") + number(spool, "walBytes")) / 1e6,
           number(spool, "deadLetters"), number(spool, "quarantined"), number(spool, "damaged"),
           (double)number(spool, "commitP99Us") / 1000);
    JsonObject *configuration = json_object_get_object_member(status, "configuration");
    printf("configuration: %.16s since %s\n", text(configuration, "sha256"), text(configuration, "since"));
    print_notice(text(status, "notice"));
    if (*text(configuration, "problem")) {
        printf("refused reload: %s\n", text(configuration, "problem"));
    }
    print_sources(json_object_get_array_member(status, "sources"));
    print_consumers(json_object_get_array_member(status, "consumers"));
}

static int show(const char *body)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    if (!json_parser_load_from_data(parser, body, -1, &error)) {
        fprintf(stderr, "hutong status: the bus's answer cannot be read: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    print_status(json_node_get_object(json_parser_get_root(parser)));
    return HT_EXIT_OK;
}

int ht_cli_status(int argc, char **argv)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, "As JSON", NULL},
                                    G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    if (!ht_cli_options(&argc, &argv, "Shows the running bus: sources, spool, consumers.", entries, &file)) {
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
