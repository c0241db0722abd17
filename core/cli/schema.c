/* `hutong schema`: what others read of events and refusals, made from the dictionary, the tables and the configuration. */
#include "core/cli/schema.h"

#include "core/base/paths.h"
#include "core/cli/retell.h"
#include "core/refusal/refusal.h"
#include "core/source/host.h"
#include "core/verbs.h"

#include <glib/gi18n.h>
#include <stdio.h>

static const char *const summary =
    N_("Writes what others read of events: the reference as Markdown, or one of\n\n"
       "  json [TYPE]   the JSON Schema of an event type; without TYPE the list of them, with --dir all\n"
       "  asyncapi      the AsyncAPI document of all consumers, or of one\n"
       "  catalogue     which events and elements there are; with --consumer, what of them it gets and sees\n"
       "  admin         the OpenAPI document of the admin API, as /openapi.json at the socket");

static const struct {
    const char *kind;
    int (*write)(const HtSchemaRequest *request);
} documents[] = {{"asyncapi", ht_cli_schema_asyncapi}, {"catalogue", ht_cli_schema_catalogue}};

static int complain_usage(const char *what)
{
    fprintf(stderr, _("hutong schema: there is no '%s'; `hutong schema --help` says what there is\n"), what);
    return HT_EXIT_USAGE;
}

static int write_document(int argc, char **argv, const HtSchemaRequest *request)
{
    const char *kind = argc > 1 ? argv[1] : NULL;
    if (!kind) {
        ht_cli_schema_reference(request->dictionary);
        return HT_EXIT_OK;
    }
    if (g_str_equal(kind, "json")) {
        return argc > 3 ? complain_usage(argv[3]) : ht_cli_schema_json(request, argv[2]);
    }
    for (unsigned i = 0; argc == 2 && i < G_N_ELEMENTS(documents); i++) {
        if (g_str_equal(kind, documents[i].kind)) {
            return documents[i].write(request);
        }
    }
    return complain_usage(argv[argc - 1]);
}

/* A configuration is used where there is one: the schemas are the same everywhere but for where they are. */
static int write_with(int argc, char **argv, const char *file, HtSchemaRequest *request)
{
    bool configured = g_file_test(file, G_FILE_TEST_EXISTS);
    g_autoptr(HtConfig) config = configured ? ht_cli_load(file) : NULL;
    if (configured && !config) {
        return HT_EXIT_CONFIG;
    }
    g_auto(HtWords) words =
        config ? ht_source_words(config) : (HtWords){.data = ht_paths_data(NULL), .site = NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(HtDictionary) dictionary = ht_words_dictionary(&words, &error);
    if (!dictionary) {
        ht_cli_complain(error->message);
        return HT_EXIT_FAILED;
    }
    request->config = config;
    request->dictionary = dictionary;
    request->words = &words;
    request->url = config ? config->bus.schema_url : NULL;
    if (request->consumer && !(config && ht_config_consumer(config, request->consumer))) {
        fprintf(stderr, _("hutong schema: %s: there is no [consumer %s]\n"), file, request->consumer);
        return HT_EXIT_USAGE;
    }
    return write_document(argc, argv, request);
}

/* It is about the program, and no configuration is needed. */
static int write_admin(void)
{
    HtBuffer json = {0};
    ht_admin_openapi(&ht_verbs_api, &json);
    fwrite(json.data, 1, json.size, stdout);
    ht_buffer_clear(&json);
    return HT_EXIT_OK;
}

int ht_cli_schema(int argc, char **argv)
{
    gboolean errors = FALSE, chinese = FALSE, json = FALSE;
    g_autofree char *file = NULL, *folder = NULL, *consumer = NULL;
    const GOptionEntry entries[] = {
        {"errors", 0, 0, G_OPTION_ARG_NONE, &errors, N_("Write the reference of all fault codes instead"),
         NULL},
        {"errors-zh", 0, 0, G_OPTION_ARG_NONE, &chinese, N_("The same in Chinese"), NULL},
        {"dir", 0, 0, G_OPTION_ARG_FILENAME, &folder, N_("Write files into this directory"), "DIR"},
        {"consumer", 0, 0, G_OPTION_ARG_STRING, &consumer, N_("Of this consumer"), "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("The catalogue as JSON"), NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GString) text = g_string_new(NULL);
    if (!ht_cli_options(&argc, &argv, summary, entries, &file)) {
        return HT_EXIT_USAGE;
    }
    if (!errors && !chinese && argc == 2 && g_str_equal(argv[1], "admin")) {
        return write_admin();
    }
    HtSchemaRequest request = {.folder = folder, .consumer = consumer, .json = json};
    if (!errors && !chinese) {
        return write_with(argc, argv, file, &request);
    }
    if (chinese) {
        ht_refusal_reference_zh(text);
    } else {
        ht_refusal_reference(text);
    }
    fputs(text->str, stdout);
    return HT_EXIT_OK;
}
