/* `hutong adapter check NAME`: the conformance kit. Tries an adapter as a bus would, in a hutong-host under
 * the supervisor, and prints a line for each claim. Command, main thread.
 *
 * Fixtures (beside the adapter, or --fixtures) are decoded and held against their expectation. Then come
 * bytes that no department should send: they may be refused, but must not end the host. Then the same
 * fixture 2000 times: memory must not grow. */
#include "core/cli/adapter-kit.h"

#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/bus.h"
#include "plugins/loader.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_BYTES ((uint64_t)1024 << 20)
#define START_MS 20000
#define MESSAGE_MS 20000
#define FRAME_BYTES (64 << 20)
#define HUGE_BYTES (8 << 20)
#define DEEP 200000
#define WARM_RUNS 300
#define LEAK_RUNS 2000
#define LEAK_BYTES (1024 * 1024)
#define CUTS 12

void ht_adapter_trial_clear(HtAdapterTrial *trial)
{
    g_free(trial->error);
    g_free(trial->types);
    g_free(trial->reply);
}

/* ---- Lines ---- */

void ht_adapter_report(HtAdapterKit *kit, bool good, const char *claim, const char *detail)
{
    kit->failures += !good;
    printf("%-7s %s%s%s\n", good ? "ok" : "FAILED", claim, detail && *detail ? ": " : "",
           detail ? detail : "");
}

static void note(const char *text)
{
    printf("%-7s %s\n", "note", text);
}

/* ---- One payload ---- */

static char *list_types(const HtOutcome *outcome)
{
    GString *types = g_string_new(NULL);
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtEvent event;
        if (ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL)) {
            HtText type = event.attr[HT_ATTR_TYPE];
            g_string_append_len(types, type.data, (gssize)type.size);
        } else {
            g_string_append(types, "(an event that the bus would refuse)");
        }
        g_string_append_c(types, '\n');
    }
    return g_string_free(types, FALSE);
}

static void take_outcome(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    (void)frame;
    HtAdapterTrial *trial = user;
    trial->done = true;
    if (error) {
        trial->error = g_strdup(error->message);
        return;
    }
    trial->verdict = outcome->verdict;
    trial->types = list_types(outcome);
    trial->reply = outcome->reply.data ? g_strndup(outcome->reply.data, outcome->reply.size) : NULL;
    if (outcome->fault_count > 0) {
        trial->fault = outcome->faults[0];
    }
}

/* The supervisor's own time limits end the wait. A host that paused is waited for: hence the tries. */
void ht_adapter_try(HtAdapterKit *kit, GBytes *body, HtAdapterTrial *trial)
{
    g_autoptr(GError) error = NULL;
    HtHostMessage message = {.id = ht_uuid_new(), .content_type = HT_TEXT_LITERAL("text/xml")};
    if (!ht_host_submit(kit->host, &message, body, take_outcome, trial, &error)) {
        trial->error = g_strdup(error->message);
        return;
    }
    while (!trial->done) {
        g_main_context_iteration(NULL, TRUE);
    }
}

/* ---- Before it runs ---- */

static bool check_file(HtAdapterKit *kit)
{
    g_autoptr(GError) error = NULL;
    bool good = ht_loader_check_file(kit->file, &error);
    ht_adapter_report(kit, good, "the file may be loaded (owner, mode)", good ? NULL : error->message);
    return good;
}

static bool check_descriptor(HtAdapterKit *kit)
{
    g_autoptr(GError) error = NULL;
    bool good = ht_adapter_look(kit->file, &kit->ready, &error);
    g_autofree char *found = good ? g_strdup_printf("%s %s, ABI %u.%u", kit->ready.name, kit->ready.version,
                                                    kit->ready.abi_major, kit->ready.abi_minor)
                                  : NULL;
    ht_adapter_report(kit, good, "it loads, its versions and sizes agree", good ? found : error->message);
    return good;
}

static bool check_start(HtAdapterKit *kit)
{
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    g_auto(HtAdapterTrial) trial = {0};
    ht_adapter_try(kit, empty, &trial);
    ht_adapter_report(kit, !trial.error, "it starts, and answers an empty payload", trial.error);
    return !trial.error;
}

/* ---- What no department should send ---- */

typedef struct {
    const char *claim;
    GBytes *body;
} Bad;

static GBytes *repeat(const char *text, unsigned times)
{
    GString *all = g_string_sized_new(strlen(text) * times + 1);
    for (unsigned i = 0; i < times; i++) {
        g_string_append(all, text);
    }
    return g_string_free_to_bytes(all);
}

static GBytes *make_noise(size_t size)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    uint8_t *bytes = g_malloc(size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)g_rand_int(random);
    }
    return g_bytes_new_take(bytes, size);
}

static void survive(HtAdapterKit *kit, const char *claim, GBytes *body)
{
    g_auto(HtAdapterTrial) trial = {0};
    ht_adapter_try(kit, body, &trial);
    ht_adapter_report(kit, !trial.error, claim, trial.error);
}

static void check_garbage(HtAdapterKit *kit)
{
    static const char doctype[] = "<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><a>&d;</a>";
    const Bad bad[] = {
        {"it survives blanks", g_bytes_new_static("  \n ", 4)},
        {"it survives bytes that are no text", make_noise(100000)},
        {"it survives an unfinished tag", g_bytes_new_static("<?xml version=\"1.0\"?><a><b c=\"", 30)},
        {"it survives a DOCTYPE with entities", g_bytes_new_static(doctype, sizeof doctype - 1)},
        {"it survives NUL bytes", g_bytes_new_static("<a>\0\0</a>", 9)},
        {"it survives 8 MB without a tag", repeat("aaaaaaaa", HUGE_BYTES / 8)},
        {"it survives elements 200000 deep", repeat("<a>", DEEP)},
        {"it survives 200000 elements", repeat("<a/>", DEEP)},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        survive(kit, bad[i].claim, bad[i].body);
        g_bytes_unref(bad[i].body);
    }
}

/* Cut short, and with one byte in twenty changed. All cuts make one line. */
static void check_damaged(HtAdapterKit *kit, const char *file, GBytes *body)
{
    size_t size = g_bytes_get_size(body);
    g_autofree char *base = g_path_get_basename(file);
    g_autofree char *claim = g_strdup_printf("it survives %s cut short and damaged", base);
    g_autofree char *error = NULL;
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    for (unsigned i = 0; i < CUTS && !error; i++) {
        g_auto(HtAdapterTrial) cut = {0}, changed = {0};
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(body, 0, size * i / CUTS);
        uint8_t *copy = g_memdup2(g_bytes_get_data(body, NULL), size);
        for (size_t at = g_rand_int(random) % 20; at < size; at += 1 + g_rand_int(random) % 40) {
            copy[at] = (uint8_t)g_rand_int(random);
        }
        g_autoptr(GBytes) damaged = g_bytes_new_take(copy, size);
        ht_adapter_try(kit, part, &cut);
        ht_adapter_try(kit, damaged, &changed);
        error = g_strdup(cut.error ? cut.error : changed.error);
    }
    ht_adapter_report(kit, !error, claim, error);
}

/* ---- Memory ---- */

static size_t resident_bytes(const HtAdapterKit *kit)
{
    HtHostStatus status;
    ht_host_status(kit->host, &status);
    g_autofree char *file = g_strdup_printf("/proc/%d/statm", status.pid);
    g_autofree char *text = NULL;
    unsigned long pages = 0;
    if (status.pid == 0 || !g_file_get_contents(file, &text, NULL, NULL) ||
        sscanf(text, "%*u %lu", &pages) != 1) {
        return 0;
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static bool repeat_payload(HtAdapterKit *kit, GBytes *body, unsigned runs)
{
    for (unsigned i = 0; i < runs; i++) {
        g_auto(HtAdapterTrial) trial = {0};
        ht_adapter_try(kit, body, &trial);
        if (trial.error) {
            return false;
        }
    }
    return true;
}

/* A sanitizer keeps freed memory for a while, and says itself at the end what leaked. */
static void check_memory(HtAdapterKit *kit, GBytes *body)
{
    if (!g_str_equal(kit->ready.sandbox, "sealed")) {
        note("hutong-host is a build with sanitizers: whether memory grows was not tried");
        return;
    }
    bool good = repeat_payload(kit, body, WARM_RUNS);
    size_t before = resident_bytes(kit);
    good = good && repeat_payload(kit, body, LEAK_RUNS);
    size_t after = resident_bytes(kit);
    size_t grown = after > before ? after - before : 0;
    g_autofree char *detail = good ? g_strdup_printf("%zu KB more after %d payloads", grown / 1024, LEAK_RUNS)
                                   : g_strdup("the host ended");
    ht_adapter_report(kit, good && before > 0 && grown <= LEAK_BYTES, "its memory does not grow", detail);
}

/* ---- The WSDL ---- */

typedef struct {
    bool done;
    char *text, *error;
} Wsdl;

static void take_wsdl(GBytes *text, const GError *error, void *user)
{
    Wsdl *wsdl = user;
    wsdl->done = true;
    wsdl->error = error ? g_strdup(error->message) : NULL;
    wsdl->text = text ? g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text)) : NULL;
}

static void check_wsdl(HtAdapterKit *kit)
{
    g_autoptr(GError) error = NULL;
    Wsdl wsdl = {0};
    if (!(kit->ready.functions & HT_ADAPTER_WSDL)) {
        return;
    }
    ht_host_wsdl(kit->host, "http://127.0.0.1/in/check?wsdl&x=\"<", take_wsdl, &wsdl);
    while (!wsdl.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    bool good = !wsdl.error && ht_adapter_check_text(wsdl.text, &error);
    ht_adapter_report(kit, good, "its WSDL is well-formed",
                      wsdl.error ? wsdl.error
                      : error    ? error->message
                                 : NULL);
    g_free(wsdl.text);
    g_free(wsdl.error);
}

/* ---- The kit ---- */

static char *find_beside(const char *file, const char *name)
{
    g_autofree char *folder = g_path_get_dirname(file);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : NULL;
}

/* NAME.xml beside the adapter, else the installed one; NULL when there is none. */
static char *find_mapping(const HtAdapterKit *kit, const HtAdapterOptions *options)
{
    g_autofree char *name = g_strconcat(kit->ready.name, ".xml", NULL);
    if (options->mapping) {
        return g_canonicalize_filename(options->mapping, NULL);
    }
    char *beside = find_beside(kit->file, name);
    g_autofree char *installed = ht_paths_data(name);
    if (beside || !g_file_test(installed, G_FILE_TEST_EXISTS)) {
        return beside;
    }
    return g_steal_pointer(&installed);
}

static HtHost *make_host(const HtAdapterKit *kit)
{
    g_autofree char *program = ht_paths_libexec("hutong-host");
    HtHostOptions options = {
        .source = "check",
        .program = program,
        .adapter_file = kit->file,
        .mapping_file = kit->mapping,
        .data_directory = kit->data,
        .memory_bytes = MEMORY_BYTES,
        .start_ms = START_MS,
        .message_ms = MESSAGE_MS,
        .strikes = 1,
        .waiting_max = 100,
        .waiting_bytes = UINT64_C(1) << 30,
        .frame_bytes = FRAME_BYTES,
    };
    return ht_host_new(&options);
}

static bool is_payload(const char *name)
{
    return !g_str_has_suffix(name, ".expected.json") && name[0] != '.' && !g_str_has_suffix(name, ".md");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *list_fixtures(const char *folder)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        if (is_payload(name) && g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
            g_ptr_array_add(files, g_steal_pointer(&file));
        }
    }
    g_ptr_array_sort(files, compare_names);
    return files;
}

static GBytes *read_bytes(HtAdapterKit *kit, const char *file)
{
    g_autoptr(GError) error = NULL;
    char *bytes;
    size_t size;
    if (!g_file_get_contents(file, &bytes, &size, &error)) {
        ht_adapter_report(kit, false, "its fixtures can be read", error->message);
        return NULL;
    }
    return g_bytes_new_take(bytes, size);
}

static void check_fixtures(HtAdapterKit *kit)
{
    g_autoptr(GPtrArray) files = list_fixtures(kit->fixtures);
    g_autoptr(GBytes) first = NULL;
    for (unsigned i = 0; i < files->len; i++) {
        g_autoptr(GBytes) body = read_bytes(kit, g_ptr_array_index(files, i));
        if (body) {
            ht_adapter_check_fixture(kit, g_ptr_array_index(files, i), body);
            check_damaged(kit, g_ptr_array_index(files, i), body);
            first = first ? first : g_bytes_ref(body);
        }
    }
    if (!first) {
        note(
            "no fixtures (fixtures/ beside the adapter, or --fixtures): nothing that a department sends was tried");
        first = g_bytes_new_static("<a/>", 4);
    }
    check_memory(kit, first);
}

static void run_kit(HtAdapterKit *kit, const HtAdapterOptions *options)
{
    if (!check_file(kit) || !check_descriptor(kit)) {
        return;
    }
    kit->mapping = find_mapping(kit, options);
    kit->fixtures = options->fixtures ? g_strdup(options->fixtures) : find_beside(kit->file, "fixtures");
    kit->data = options->data ? g_canonicalize_filename(options->data, NULL) : ht_paths_data(NULL);
    if (!kit->mapping) {
        note("no mapping (NAME.xml beside the adapter, or --mapping): what the adapter maps will be refused");
    }
    kit->host = make_host(kit);
    if (check_start(kit)) {
        check_garbage(kit);
        check_wsdl(kit);
        check_fixtures(kit);
    }
    ht_host_free(kit->host);
}

int ht_adapter_check(const char *name, const HtAdapterOptions *options)
{
    g_autofree char *file = ht_adapter_find(name, options);
    HtAdapterKit kit = {.file = file};
    ht_log_set_level(HT_LOG_WARNING);
    run_kit(&kit, options);
    ht_ready_clear(&kit.ready);
    g_free(kit.mapping);
    g_free(kit.fixtures);
    g_free(kit.data);
    if (kit.failures > 0) {
        printf("\n%s: %u FAILED\n", file, kit.failures);
    } else {
        printf("\n%s: passed\n", file);
    }
    return kit.failures == 0 ? HT_EXIT_OK : HT_EXIT_FAILED;
}
