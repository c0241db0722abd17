/* Options that every command has. */
#include "core/cli/cli.h"

#include "core/base/paths.h"
#include "core/base/user.h"
#include "core/cli/language.h"

#include "generated/version.h"

#include <glib/gi18n.h>
#include <stdio.h>

static struct {
    HtCliDescribe describe; /* NULL: options are read */
    void *user;
} told;

void ht_cli_describe(HtCliDescribe describe, void *user)
{
    told.describe = describe;
    told.user = user;
}

/* GLib would take texts to be in the locale's encoding, which is ASCII where nobody set one: Chinese words would be refused. They are UTF-8 here,
 * whatever the locale is. The caller frees. */
static GOptionEntry *take_texts_as_they_are(const GOptionEntry *entries)
{
    GArray *copy = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    for (const GOptionEntry *entry = entries; entry->long_name; entry++) {
        GOptionEntry raw = *entry;
        raw.arg = raw.arg == G_OPTION_ARG_STRING         ? G_OPTION_ARG_FILENAME
                  : raw.arg == G_OPTION_ARG_STRING_ARRAY ? G_OPTION_ARG_FILENAME_ARRAY
                                                         : raw.arg;
        g_array_append_val(copy, raw);
    }
    return (GOptionEntry *)(void *)g_array_free(copy, FALSE);
}

static bool are_utf8(const char *program, const GOptionEntry *entries)
{
    for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
        const char *text = entry->arg == G_OPTION_ARG_STRING ? *(char **)entry->arg_data : NULL;
        if (text && !g_utf8_validate(text, -1, NULL)) {
            fprintf(stderr, _("%s: --%s is not UTF-8\n"), program, entry->long_name);
            return false;
        }
    }
    return true;
}

/* JSON and TAP are read by programs: they are the same in each language, and so is what is said beside them. */
static bool is_for_programs(const GOptionEntry *entries)
{
    for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
        bool is_form = g_str_equal(entry->long_name, "json") || g_str_equal(entry->long_name, "tap");
        if (is_form && entry->arg == G_OPTION_ARG_NONE && *(gboolean *)entry->arg_data) {
            return true;
        }
    }
    return false;
}

bool ht_cli_options(int *argc, char ***argv, const char *summary, const GOptionEntry *entries,
                    char **config_file)
{
    if (config_file) {
        *config_file = NULL;
    }
    if (told.describe) {
        told.describe(summary, entries, told.user);
        return false;
    }
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *file = NULL;
    g_autofree char *about =
        g_strdup_printf(_("The configuration (default %s)"), HT_SYSCONFDIR "/hutong/hutong.conf");
    const GOptionEntry common[] = {{"config", 'c', 0, G_OPTION_ARG_FILENAME, &file, about, "FILE"},
                                   G_OPTION_ENTRY_NULL};
    g_autofree char *program = g_strconcat("hutong ", (*argv)[0], NULL);
    g_set_prgname(program);
    g_option_context_set_translation_domain(context, HT_LANGUAGE_DOMAIN);
    g_option_context_set_summary(context, summary);
    if (config_file) {
        g_option_context_add_main_entries(context, common, HT_LANGUAGE_DOMAIN);
    }
    g_autofree GOptionEntry *raw = entries ? take_texts_as_they_are(entries) : NULL;
    if (raw) {
        g_option_context_add_main_entries(context, raw, HT_LANGUAGE_DOMAIN);
    }
    if (!g_option_context_parse(context, argc, argv, &error)) {
        fprintf(stderr, "%s: %s\n", program, error->message);
        return false;
    }
    if (!are_utf8(program, entries)) {
        return false;
    }
    if (is_for_programs(entries)) {
        ht_language_end();
    }
    if (config_file) {
        *config_file = file ? g_steal_pointer(&file) : ht_paths_config();
    }
    return true;
}

bool ht_cli_become(const HtConfig *config)
{
    g_autoptr(GError) error = NULL;
    if (!config->bus.user || ht_user_become(config->bus.user, &error)) {
        return true;
    }
    g_autofree char *place = ht_bus_place(config, "user");
    fprintf(stderr, _("%s: error: [bus] user: %s\n"), place, error->message);
    return false;
}

HtConfig *ht_cli_load(const char *config_file)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autoptr(HtConfig) config = ht_config_load(config_file, errors);
    fputs(errors->str, stderr);
    return config && ht_cli_become(config) ? g_steal_pointer(&config) : NULL;
}
