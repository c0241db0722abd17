/* `hutong reload`: the running bus takes the configuration as its files are now; what changed, what needs a restart, what is left behind. */
#include "core/admin/ask.h"
#include "core/cli/ask.h"
#include "core/cli/retell.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#define SLACK_MS 30000 /* beyond the time that the bus gives itself */

static const char *text(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, "");
}

static void print_changes(JsonObject *answer)
{
    JsonArray *changes = json_object_get_array_member(answer, "changes");
    for (unsigned i = 0; i < json_array_get_length(changes); i++) {
        printf("  %s\n", json_array_get_string_element(changes, i));
    }
    JsonArray *restart = json_object_get_array_member(answer, "restart");
    for (unsigned i = 0; i < json_array_get_length(restart); i++) {
        printf(_("%s needs a restart: until then its former value counts\n"),
               json_array_get_string_element(restart, i));
    }
}

static void print_left(JsonObject *answer)
{
    JsonArray *left = json_object_get_array_member(answer, "left");
    for (unsigned i = 0; i < json_array_get_length(left); i++) {
        JsonObject *one = json_array_get_object_element(left, i);
        const char *name = text(one, "consumer");
        printf(_("left behind by consumer %s: its place (event %" PRIi64 ") and %" PRIi64
                 " dead letters\n  to give them to another: hutong consumer rename %s NEW\n"
                 "  to drop them: hutong consumer forget %s\n"),
               name, json_object_get_int_member_with_default(one, "cursor", 0),
               json_object_get_int_member_with_default(one, "letters", 0), name, name);
    }
}

static int show(JsonObject *answer)
{
    if (!json_object_get_boolean_member_with_default(answer, "applied", FALSE)) {
        g_autofree char *problems = ht_cli_retell_lines(text(answer, "problems"));
        fprintf(stderr, _("%s\nhutong reload: refused; the configuration in force stays as it was\n"),
                g_strchomp(problems));
        return HT_EXIT_CONFIG;
    }
    unsigned changes = json_array_get_length(json_object_get_array_member(answer, "changes"));
    printf(ngettext("reloaded: %u change, configuration %.16s\n",
                    "reloaded: %u changes, configuration %.16s\n", changes),
           changes, text(answer, "sha256"));
    print_changes(answer);
    print_left(answer);
    return HT_EXIT_OK;
}

/* A file with errors still says where its bus is. NULL after the errors when it cannot be read at all. */
static HtConfig *read_config(const char *file)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    bool sound;
    HtConfig *config = ht_config_read(file, errors, &sound);
    if (!config) {
        fputs(errors->str, stderr);
    }
    if (config && !ht_cli_become(config)) {
        g_clear_pointer(&config, ht_config_free);
    }
    return config;
}

int ht_cli_reload(int argc, char **argv)
{
    gboolean json = FALSE;
    g_autofree char *file = NULL, *socket = NULL;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("As JSON"), NULL},
        {"socket", 0, 0, G_OPTION_ARG_FILENAME, &socket,
         N_("The admin socket of the running bus, where `admin` is another in the file now"), "PATH"},
        G_OPTION_ENTRY_NULL};
    if (!ht_cli_options(&argc, &argv,
                        N_("Has the running bus take the configuration as it is now, without cutting a "
                           "connection; a bad one leaves the former in force."),
                        entries, &file)) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = read_config(file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "file", config->file);
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), question);
    g_autofree char *asked = json_to_string(node, FALSE);
    g_autoptr(JsonObject) answer =
        ht_admin_ask_within(socket ? socket : config->bus.admin, "reload", asked,
                            (unsigned)config->bus.reload_within_ms + SLACK_MS, &error);
    if (!answer) {
        fprintf(stderr, "hutong reload: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    g_autofree char *told = ht_cli_retell_lines(text(answer, "told"));
    fputs(told, stderr);
    if (json) {
        ht_cli_print(answer);
        return json_object_get_boolean_member_with_default(answer, "applied", FALSE) ? HT_EXIT_OK
                                                                                     : HT_EXIT_CONFIG;
    }
    return show(answer);
}
