/* `hutong adapter`: its sub-verbs, and `list` and `inspect`. One process of its own, main thread; each
 * adapter is looked at by a hutong-host that loads it, says what it is, and ends. */
#include "core/cli/adapter.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/bus.h"
#include "core/cli/cli.h"
#include "plugins/frame.h"
#include "plugins/loader.h"
#include "plugins/outbox.h"
#include "plugins/process.h"
#include "plugins/scrub.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define LOOK_US (10 * HT_SECOND)
#define LOOK_MOST_BYTES (1024 * 1024)
#define GRACE_MS 1000

char *ht_adapter_find(const char *name, const HtAdapterOptions *options)
{
    if (strchr(name, '/') || g_str_has_suffix(name, ".so")) {
        return g_canonicalize_filename(name, NULL);
    }
    g_autofree char *folder = options->directory ? g_strdup(options->directory) : ht_paths_adapters();
    g_autofree char *file = g_strconcat(name, ".so", NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    return g_canonicalize_filename(path, NULL);
}

/* ---- Looking at one ---- */

static bool fail(GError **error, const char *file, const char *text)
{
    g_set_error(error, HT_LOADER_ERROR, 0, "%s: %s", file, text);
    return false;
}

static bool ask(HtProcess *process, const char *file)
{
    HtOutbox outbox = HT_OUTBOX_EMPTY;
    HtStart start = {.source = "inspect", .adapter_file = file, .inspect = true};
    size_t place = ht_frame_begin(&outbox.gather, HT_FRAME_START, 0);
    ht_start_pack(&start, &outbox.gather);
    ht_frame_end(&outbox.gather, place);
    bool sent = ht_outbox_send(&outbox, process->fd) == HT_OUTBOX_SENT;
    ht_outbox_clear(&outbox);
    return sent;
}

/* Reads until a whole frame is there: 1; or the process ends (0), talks nonsense (-1) or takes too long
 * (-2). */
static int read_answer(const HtProcess *process, HtBuffer *bytes, HtFrame *frame)
{
    int64_t until_us = ht_clock_monotonic() + LOOK_US;
    for (;;) {
        int found = bytes->size > 0 ? ht_frame_peek(bytes->data, bytes->size, LOOK_MOST_BYTES, frame) : 0;
        int64_t left_us = until_us - ht_clock_monotonic();
        struct pollfd wait = {.fd = process->fd, .events = POLLIN};
        if (found != 0 || left_us <= 0) {
            return found != 0 ? found : -2;
        }
        poll(&wait, 1, (int)(left_us / 1000) + 1);
        ssize_t size = recv(process->fd, ht_buffer_reserve(bytes, 65536), 65536, MSG_DONTWAIT);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
            return 0;
        }
        bytes->size += size > 0 ? (size_t)size : 0;
    }
}

static bool take_answer(const HtFrame *frame, HtText body, const char *file, HtReady *ready, GError **error)
{
    if (frame->type == HT_FRAME_READY) {
        return ht_ready_unpack(body, ready) ||
               fail(error, file, "it describes itself in bytes that are no text");
    }
    HtText text = frame->type == HT_FRAME_FAILED ? ht_field_find(body, HT_FIELD_TEXT) : HT_TEXT_NONE;
    g_autofree char *reason = ht_scrub(text, LOOK_MOST_BYTES);
    g_set_error_literal(error, HT_LOADER_ERROR, 0,
                        text.data ? reason : "it answered something else than was asked");
    return false;
}

static bool look(HtProcess *process, const char *file, HtReady *ready, GError **error)
{
    HtBuffer bytes = {0};
    HtFrame frame;
    bool good = false;
    int found = ask(process, file) ? read_answer(process, &bytes, &frame) : 0;
    switch (found) {
    case 1:
        good = take_answer(&frame, (HtText){bytes.data + HT_FRAME_HEAD, frame.size}, file, ready, error);
        break;
    case 0: fail(error, file, "loading it ends the process"); break;
    case -1: fail(error, file, "loading it writes to the bus what is no frame"); break;
    default: fail(error, file, "loading it takes longer than 10 s");
    }
    ht_buffer_clear(&bytes);
    return good;
}

bool ht_adapter_look(const char *file, HtReady *ready, GError **error)
{
    g_autofree char *program = ht_paths_libexec("hutong-host");
    HtProcess process;
    *ready = (HtReady){0};
    if (!ht_loader_check_file(file, error) || !ht_process_spawn(&process, program, "inspect", error)) {
        return false;
    }
    bool good = look(&process, file, ready, error);
    shutdown(process.fd, SHUT_WR);
    ht_process_end(&process, good ? GRACE_MS : 0);
    return good;
}

/* ---- inspect ---- */

static const struct {
    unsigned bit;
    const char *name;
} functions[] = {{HT_ADAPTER_REPLY, "reply"},
                 {HT_ADAPTER_WSDL, "wsdl"},
                 {HT_ADAPTER_POLL, "poll"},
                 {HT_ADAPTER_ENCODE, "encode"}};

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

static int inspect(const char *name, const HtAdapterOptions *options)
{
    g_autofree char *file = ht_adapter_find(name, options);
    g_autoptr(GError) error = NULL;
    HtReady ready;
    bool good = ht_adapter_look(file, &ready, &error);
    if (!good) {
        fprintf(stderr, "hutong adapter: %s\n", error->message);
    } else if (options->json) {
        HtBuffer json = {0};
        ht_buffer_add_char(&json, '{');
        write_description(&json, file, &ready);
        ht_buffer_add_literal(&json, "}\n");
        fwrite(json.data, 1, json.size, stdout);
        ht_buffer_clear(&json);
    } else {
        print_description(file, &ready);
    }
    ht_ready_clear(&ready);
    return good ? HT_EXIT_OK : HT_EXIT_FAILED;
}

/* ---- list ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *list_files(const char *folder, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    if (!dir) {
        return NULL;
    }
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".so")) {
            g_ptr_array_add(files, g_build_filename(folder, name, NULL));
        }
    }
    g_ptr_array_sort(files, compare_names);
    return files;
}

/* An adapter that cannot be loaded is in the list too, with the reason. */
static void list_one(const char *file, bool as_json, HtBuffer *json)
{
    g_autoptr(GError) error = NULL;
    HtReady ready;
    bool good = ht_adapter_look(file, &ready, &error);
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
    g_autofree char *given = options->directory ? g_strdup(options->directory) : ht_paths_adapters();
    g_autofree char *folder = g_canonicalize_filename(given, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) files = list_files(folder, &error);
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
         "Adapters are there, not where they are installed", "DIR"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "list, inspect: write JSON", NULL},
        {"mapping", 'm', 0, G_OPTION_ARG_FILENAME, &options->mapping,
         "check: with this mapping, not the one beside it", "FILE"},
        {"fixtures", 'f', 0, G_OPTION_ARG_FILENAME, &options->fixtures,
         "check: with these payloads, not fixtures/ beside it", "DIR"},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &options->data, "check: dictionary and tables are there",
         "DIR"},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new("list | inspect NAME | check NAME | new NAME");
    g_autoptr(GError) error = NULL;
    g_set_prgname("hutong adapter");
    g_option_context_set_summary(
        context,
        "The plugins. `check` is the conformance kit that a plugin must pass; `new` writes a working one.\n"
        "NAME is an installed adapter's name, or a file.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        fprintf(stderr, "hutong adapter: %s\n", error->message);
        return false;
    }
    return true;
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
    if (g_str_equal(verb, "check") && name) {
        return ht_adapter_check(name, options);
    }
    if (g_str_equal(verb, "new") && name) {
        return ht_adapter_new(name);
    }
    fputs("usage: hutong adapter list | inspect NAME | check NAME | new NAME; --help says more\n", stderr);
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
    return status;
}
