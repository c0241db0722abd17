/* `hutong tap`: messages at the public door as they are answered, a line each: when, from whom, what became of it, its id. Asks the bus again and
 * again; nothing of what a message holds is there to be shown. */
#include "core/cli/cli.h"

#include "core/admin/ask.h"
#include "core/cli/ask.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

#define ANSWER_MS 5000
#define PAUSE_US 300000

typedef struct {
    char *source, *outcome;
    gboolean refused, json, all;
    gint count; /* lines that are still to come; -1: no end */
} TapFlags;

static const char *text(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, "");
}

static int64_t number(JsonObject *object, const char *member)
{
    return json_object_get_int_member_with_default(object, member, 0);
}

static bool is_wanted(const TapFlags *flags, JsonObject *message)
{
    return (!flags->source || g_str_equal(flags->source, text(message, "source"))) &&
           (!flags->outcome || g_str_equal(flags->outcome, text(message, "outcome"))) &&
           (!flags->refused || number(message, "status") != 200);
}

static void print_message(const TapFlags *flags, JsonNode *node)
{
    JsonObject *message = json_node_get_object(node);
    if (flags->json) {
        g_autofree char *line = json_to_string(node, FALSE);
        puts(line);
    } else {
        printf("%s  %-16s %3" G_GINT64_FORMAT " %-24s", text(message, "time"), text(message, "source"),
               number(message, "status"), text(message, "outcome"));
        if (number(message, "status") == 200) {
            printf(_(" %3" PRIi64 " events, %" PRIi64 " known "), number(message, "events"),
                   number(message, "known"));
        }
        printf("  %s\n", text(message, "id"));
    }
}

/* What came since `after`, which becomes the last number. False, told to standard error, when there is no answer. */
static bool look(const char *socket, TapFlags *flags, int64_t *after)
{
    unsigned status;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *page = g_strdup_printf("/recent?after=%" G_GINT64_FORMAT, MAX(*after, 0));
    g_autofree char *body = ht_admin_get(socket, page, ANSWER_MS, &status, &error);
    if (!body || !json_parser_load_from_data(parser, body, -1, &error) || status != 200) {
        fprintf(stderr, "hutong tap: %s\n", error ? error->message : body);
        return false;
    }
    JsonObject *answer = json_node_get_object(json_parser_get_root(parser));
    JsonArray *messages = json_object_get_array_member(answer, "messages");
    bool shows = *after >= 0 || flags->all;
    for (unsigned i = 0; shows && i < json_array_get_length(messages) && flags->count != 0; i++) {
        JsonNode *node = json_array_get_element(messages, i);
        if (is_wanted(flags, json_node_get_object(node))) {
            print_message(flags, node);
            flags->count -= flags->count > 0;
        }
    }
    fflush(stdout);
    *after = number(answer, "last");
    return true;
}

static bool is_good(int argc, int count)
{
    bool good = argc == 1 && count >= -1 && count != 0;
    if (!good) {
        fputs(_("hutong tap: takes no word; --count is a number above 0\n"), stderr);
    }
    return good;
}

int ht_cli_tap(int argc, char **argv)
{
    TapFlags flags = {.count = -1};
    const GOptionEntry entries[] = {
        {"source", 0, 0, G_OPTION_ARG_STRING, &flags.source, N_("Of this source only"), "NAME"},
        {"outcome", 0, 0, G_OPTION_ARG_STRING, &flags.outcome,
         N_("With this outcome only: taken, resent, or a code of docs/errors.md"), "CODE"},
        {"refused", 0, 0, G_OPTION_ARG_NONE, &flags.refused, N_("Only what was refused"), NULL},
        {"all", 0, 0, G_OPTION_ARG_NONE, &flags.all, N_("Begin with the last 1024 that the bus remembers"),
         NULL},
        {"count", 0, 0, G_OPTION_ARG_INT, &flags.count, N_("End after so many lines"), "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &flags.json, N_("As JSON, one a line"), NULL},
        G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    int result = HT_EXIT_USAGE;
    if (ht_cli_options(
            &argc, &argv,
            N_("Shows messages at the public door as they are answered: when, source, status, what became of it, id\n"
               "(`hutong message show ID` says more). Nothing of what they hold."),
            entries, &file) &&
        is_good(argc, flags.count)) {
        g_autoptr(HtConfig) config = ht_cli_load(file);
        bool known = !config || !flags.source || g_str_equal(flags.source, "-") ||
                     ht_cli_knows("tap", "source", flags.source, config->sources);
        result = !config ? HT_EXIT_CONFIG : known ? HT_EXIT_OK : HT_EXIT_FAILED;
        for (int64_t after = -1; result == HT_EXIT_OK && flags.count != 0 && !ferror(stdout);) {
            result = look(config->bus.admin, &flags, &after) ? HT_EXIT_OK : HT_EXIT_FAILED;
            g_usleep(result == HT_EXIT_OK && flags.count != 0 ? PAUSE_US : 0);
        }
    }
    g_free(flags.source);
    g_free(flags.outcome);
    return result;
}
