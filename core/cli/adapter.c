/* `hutong adapter`: its sub-verbs, and `list` and `inspect`. One process of its own, main thread; each
 * adapter is looked at by a hutong-host that loads it, says what it is, and ends. */
#include "core/cli/adapter.h"

#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/cli/cli.h"
#include "core/kit/kit.h"
#include "core/kit/look.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

/* ---- inspect ---- */

static const struct {
    unsigned bit;
    const char *name;
} functions[] = {{HT_ADAPTER_REPLY, "reply"},
                 {HT_ADAPTER_WSDL, "wsdl"},
                 {HT_ADAPTER_POLL, "poll"},
                 {HT_ADAPTER_ENCODE, "encode"}};

static void print_box(const HtBox *box)
{
    puts("  box");
    for (unsigned layer = 0; layer < HT_LAYERS; layer++) {
        g_autofree char *state = ht_layer_describe(box, (HtLayer)layer);
        printf("    %-18s %s\n        %s\n", ht_layer_name((HtLayer)layer), state,
               ht_layer_help((HtLayer)layer));
    }
}

static void print_description(const char *file, const HtReady *ready)
{
    printf("%s %s: %s\n\n  file        %s\n  abi         %u.%u\n  functions   decode", ready->name,
           ready->version, ready->summary, file, ready->abi_major, ready->abi_minor);
    for (unsigned i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (ready->functions & functions[i].bit) {
            printf(" %s", functions[i].name);
        }
    }
    printf("\n  operations  %s", ready->operations->len ? "" : "none of its own");
    for (unsigned i = 0; i < ready->operations->len; i++) {
        printf("%s%s", i ? ", " : "", (const char *)g_ptr_array_index(ready->operations, i));
    }
    printf("\n  threads     %u", ready->threads);
    printf("\n  options     %s\n", ready->options->len ? "" : "none");
    for (unsigned i = 0; i < ready->options->len; i += 3) {
        const char *fallback = g_ptr_array_index(ready->options, i + 1);
        printf("    %s = %s\n        %s\n", (const char *)g_ptr_array_index(ready->options, i), fallback,
               (const char *)g_ptr_array_index(ready->options, i + 2));
    }
}

static void add_string(HtBuffer *json, const char *string)
{
    ht_json_comma(json);
    ht_json_string(json, ht_text_from(string));
}

static void write_lists(HtBuffer *json, const HtReady *ready)
{
    ht_json_name(json, "functions");
    ht_buffer_add_char(json, '[');
    add_string(json, "decode");
    for (unsigned i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (ready->functions & functions[i].bit) {
            add_string(json, functions[i].name);
        }
    }
    ht_buffer_add_char(json, ']');
    ht_json_name(json, "operations");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < ready->operations->len; i++) {
        add_string(json, g_ptr_array_index(ready->operations, i));
    }
    ht_buffer_add_char(json, ']');
}

static void write_options(HtBuffer *json, const HtReady *ready)
{
    ht_json_name(json, "options");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < ready->options->len; i += 3) {
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        ht_json_member(json, "key", ht_text_from(g_ptr_array_index(ready->options, i)));
        ht_json_member(json, "default", ht_text_from(g_ptr_array_index(ready->options, i + 1)));
        ht_json_member(json, "help", ht_text_from(g_ptr_array_index(ready->options, i + 2)));
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}

static void write_description(HtBuffer *json, const char *file, const HtReady *ready)
{
    g_autofree char *abi = g_strdup_printf("%u.%u", ready->abi_major, ready->abi_minor);
    ht_json_member(json, "name", ht_text_from(ready->name));
    ht_json_member(json, "version", ht_text_from(ready->version));
    ht_json_member(json, "summary", ht_text_from(ready->summary));
    ht_json_member(json, "file", ht_text_from(file));
    ht_json_member(json, "abi", ht_text_from(abi));
    write_lists(json, ready);
    write_options(json, ready);
}

static void write_box(HtBuffer *json, const HtBox *box)
{
    ht_json_name(json, "box");
    ht_buffer_add_char(json, '[');
    for (unsigned layer = 0; layer < HT_LAYERS; layer++) {
        g_autofree char *state = ht_layer_describe(box, (HtLayer)layer);
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        ht_json_member(json, "layer", ht_text_from(ht_layer_name((HtLayer)layer)));
        ht_json_member(json, "state", ht_text_from(state));
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}

static int inspect(const char *name, const HtAdapterOptions *options)
{
    g_autofree char *file = ht_adapter_find(name, options);
    g_autoptr(GError) error = NULL;
    HtReady ready;
    HtBox box;
    bool good = ht_kit_look(file, &ready, &box, &error);
    if (!good) {
        fprintf(stderr, "hutong adapter: %s\n", error->message);
    } else if (options->json) {
        HtBuffer json = {0};
        ht_buffer_add_char(&json, '{');
        write_description(&json, file, &ready);
        write_box(&json, &box);
        ht_buffer_add_literal(&json, "}\n");
        fwrite(json.data, 1, json.size, stdout);
        ht_buffer_clear(&json);
    } else {
        print_description(file, &ready);
        print_box(&box);
    }
    ht_ready_clear(&ready);
    return good ? HT_EXIT_OK : HT_EXIT_FAILED;
}

/* ---- list ---- */

/* An adapter that cannot be loaded is in the list too, with the reason. */
static void list_one(const char *file, bool as_json, HtBuffer *json)
{
    g_autoptr(GError) error = NULL;
    HtReady ready;
    HtBox box;
    bool good = ht_kit_look(file, &ready, &box, &error);
    if (as_json) {
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        if (good) {
            write_description(json, file, &ready);
        } else {
            ht_json_member(json, "file", ht_text_from(file));
            ht_json_member(json, "error", ht_text_from(error->message));
        }
        ht_buffer_add_char(json, '}');
    } else if (good) {
        printf("%-20s %-10s %s\n", ready.name, ready.version, ready.summary);
    } else {
        g_autofree char *base = g_path_get_basename(file);
        base[strlen(base) - strlen(".so")] = '\0';
        printf("%-20s %-10s %s\n", base, "-", error->message);
    }
    ht_ready_clear(&ready);
}

static int list(const HtAdapterOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) files = ht_adapter_list_files(options, &error);
    HtBuffer json = {0};
    if (!files) {
        fprintf(stderr, "hutong adapter: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    ht_buffer_add_char(&json, '[');
    for (unsigned i = 0; i < files->len; i++) {
        list_one(g_ptr_array_index(files, i), options->json, &json);
    }
    if (options->json) {
        ht_buffer_add_literal(&json, "]\n");
        fwrite(json.data, 1, json.size, stdout);
    }
    ht_buffer_clear(&json);
    return HT_EXIT_OK;
}

/* ---- The verb ---- */

static bool parse(int *argc, char ***argv, HtAdapterOptions *options)
{
    const GOptionEntry entries[] = {
        {"directory", 'd', 0, G_OPTION_ARG_FILENAME, &options->directory,
         N_("Adapters are there, not where they are installed"), "DIR"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_("Write JSON"), NULL},
        {"tap", 0, 0, G_OPTION_ARG_NONE, &options->tap, N_("check: write TAP"), NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet,
         N_("check: only what is wrong, and the summary"), NULL},
        {"mapping", 'm', 0, G_OPTION_ARG_FILENAME, &options->mapping,
         N_("check: with this mapping, not the one beside it"), "FILE"},
        {"fixtures", 'f', 0, G_OPTION_ARG_FILENAME, &options->fixtures,
         N_("check: with these payloads, not fixtures/ beside it"), "DIR"},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &options->data, N_("check: dictionary and tables are there"),
         "DIR"},
        {"mappings", 0, 0, G_OPTION_ARG_FILENAME, &options->mappings, N_("check: further mappings are there"),
         "DIR"},
        {"division", 0, 0, G_OPTION_ARG_STRING, &options->division,
         N_("check: the source's division (default 440104)"), "CODE"},
        G_OPTION_ENTRY_NULL};
    const char *summary = N_(
        "list | inspect NAME | check [NAME] | new NAME\n\n"
        "The plugins. `check` is the conformance kit that a plugin must pass before a bus lets it serve; without\n"
        "NAME, for all of them. `new` writes a working one. NAME is an installed adapter's name, or a file.");
    return ht_cli_options(argc, argv, summary, entries, NULL);
}

static int run(int argc, char **argv, const HtAdapterOptions *options)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const char *name = argc == 3 ? argv[2] : NULL;
    if (g_str_equal(verb, "list") && argc == 2) {
        return list(options);
    }
    if (g_str_equal(verb, "inspect") && name) {
        return inspect(name, options);
    }
    if (g_str_equal(verb, "check") && argc <= 3) {
        return ht_adapter_check(name, options);
    }
    if (g_str_equal(verb, "new") && name) {
        return ht_adapter_new(name);
    }
    fputs(_("usage: hutong adapter list | inspect NAME | check [NAME] | new NAME; --help says more\n"),
          stderr);
    return HT_EXIT_USAGE;
}

int ht_cli_adapter(int argc, char **argv)
{
    HtAdapterOptions options = {0};
    int status = parse(&argc, &argv, &options) ? run(argc, argv, &options) : HT_EXIT_USAGE;
    g_free(options.directory);
    g_free(options.mapping);
    g_free(options.fixtures);
    g_free(options.data);
    g_free(options.mappings);
    g_free(options.division);
    return status;
}
