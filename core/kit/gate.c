/* Checking adapters and mappings before they serve: see gate.h. */
#include "core/kit/gate.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/kit/digest.h"
#include "plugins/process.h"
#include "plugins/scrub.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 2 /* checks; the others wait */
#define CHECK_US (180 * HT_SECOND)
#define ATTEMPTS 3 /* of a check that does not come to its end, or meets a time limit */
#define NICE 10
#define RESULT_MOST_BYTES (4 << 20)
#define REASON_BYTES 500

typedef struct {
    HtGate *gate;
    const HtGateItem *item;
    char *command;
    HtGateState state;
    char *reason;
    char *digest;        /* of what is checked, or was */
    HtPlaces *places;    /* of the same, */
    char *fingerprint;   /* of all files that it depends on, */
    char *serving_print; /* and of what serves alone */
    unsigned attempts;   /* that came to nothing */

    GPid pid; /* the child; 0: none */
    GSource *watch;
    int result_fd;
    int64_t until_us;
} Entry;

struct HtGate {
    char *state, *data, *mappings, *program;
    void (*changed)(void *user);
    void *user;
    char *data_digest;
    GPtrArray *items;   /* of GPtrArray of HtGateItem: each source's */
    GPtrArray *entries; /* of Entry: an adapter before the mappings that run with it */
};

/* ---- What an entry stands for ---- */

static HtPlacesGiven find_folders(const HtGate *gate)
{
    return (HtPlacesGiven){.data = gate->data, .mappings = gate->mappings};
}

static HtPlaces *find_places(const Entry *entry)
{
    HtPlacesGiven folders = find_folders(entry->gate);
    return ht_gate_item_places(entry->item, &folders);
}

static void set_string(char **to, char *string /* transfer full */)
{
    g_free(*to);
    *to = string;
}

static void read_digest(Entry *entry)
{
    g_clear_pointer(&entry->places, ht_places_free);
    entry->places = find_places(entry);
    set_string(&entry->fingerprint, ht_kit_fingerprint(entry->places));
    set_string(&entry->serving_print, ht_kit_fingerprint_serving(entry->places));
    set_string(&entry->digest, ht_kit_digest(entry->places, entry->item->division, entry->gate->data_digest));
}

static Entry *find_entry(const HtGate *gate, const char *key)
{
    for (unsigned i = 0; i < gate->entries->len; i++) {
        Entry *entry = gate->entries->pdata[i];
        if (strcmp(entry->item->key, key) == 0) {
            return entry;
        }
    }
    return NULL;
}

/* ---- Remembering ---- */

/* NAME, and enough of the key to tell it from another of that name. */
static char *find_memory(const char *state, const HtGateItem *item)
{
    g_autofree char *base = g_path_get_basename(item->mapping ? item->mapping : item->adapter);
    char sum[HT_SHA256_HEX];
    ht_sha256_hex(ht_text_from(item->key), sum);
    g_autofree char *name = g_strdup_printf("%s-%.8s", base, sum);
    return g_build_filename(state, "checked", name, NULL);
}

static bool remembers(const char *state, const HtGateItem *item, const char *digest)
{
    g_autofree char *memory = find_memory(state, item);
    g_autoptr(GKeyFile) keys = g_key_file_new();
    if (!g_key_file_load_from_file(keys, memory, G_KEY_FILE_NONE, NULL)) {
        return false;
    }
    g_autofree char *known = g_key_file_get_string(keys, "passed", "digest", NULL);
    return g_strcmp0(known, digest) == 0;
}

static void remember(const Entry *entry, JsonObject *result)
{
    char now[HT_CLOCK_TEXT];
    g_autoptr(GError) error = NULL;
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autofree char *memory = find_memory(entry->gate->state, entry->item);
    g_autofree char *folder = g_path_get_dirname(memory);
    ht_clock_format(ht_clock_now(), now);
    g_key_file_set_string(keys, "passed", "adapter", entry->item->adapter);
    if (entry->item->mapping) {
        g_key_file_set_string(keys, "passed", "mapping", entry->item->mapping);
    }
    g_key_file_set_string(keys, "passed", "version",
                          json_object_get_string_member_with_default(result, "version", ""));
    g_key_file_set_int64(keys, "passed", "checks",
                         json_object_get_int_member_with_default(result, "checks", 0));
    g_key_file_set_string(keys, "passed", "time", now);
    g_key_file_set_string(keys, "passed", "digest", entry->digest);
    g_autofree char *text = g_key_file_to_data(keys, NULL, NULL);
    if (g_mkdir_with_parents(folder, 0700) != 0 ||
        !g_file_set_contents_full(memory, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error)) {
        ht_log(HT_LOG_WARNING, "gate", "%s cannot be written, so the next start checks it again: %s", memory,
               error ? error->message : g_strerror(errno));
    }
}

/* ---- States ---- */

static void change_state(Entry *entry, HtGateState state, char *reason /* transfer full */)
{
    HtGate *gate = entry->gate;
    bool is_new = entry->state != state;
    entry->state = state;
    set_string(&entry->reason, reason);
    if (is_new && gate->changed) {
        gate->changed(gate->user);
    }
}

static void note_untried(const Entry *entry)
{
    if (ht_gate_item_is_untried(entry->item, entry->places)) {
        ht_log(HT_LOG_INFO, "gate", "%s: no fixtures in %s: nothing that its department sends was tried",
               entry->item->name, entry->item->fixtures);
    }
}

static void pass(Entry *entry, JsonObject *result)
{
    ht_log(HT_LOG_INFO, "gate", "%s passed: %d checks in %d ms", entry->item->name,
           (int)json_object_get_int_member_with_default(result, "checks", 0),
           (int)json_object_get_int_member_with_default(result, "milliseconds", 0));
    note_untried(entry);
    remember(entry, result);
    change_state(entry, HT_GATE_PASSED, NULL);
}

static void refuse(Entry *entry, const char *text)
{
    char *reason = ht_scrub(ht_text_from(text), REASON_BYTES);
    ht_log(HT_LOG_ERROR, "gate", "%s failed its check, so its sources take nothing: %s. To see all: %s",
           entry->item->name, reason, entry->command);
    change_state(entry, HT_GATE_FAILED, reason);
}

/* ---- The child ---- */

static void begin_child(void *user)
{
    (void)user;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpriority(PRIO_PROCESS, 0, NICE);
}

static bool spawn(Entry *entry, GError **error)
{
    const HtGate *gate = entry->gate;
    const HtGateItem *item = entry->item;
    const char *argv[17] = {gate->program, "hutong", "adapter", "check",
                            item->adapter, "--json", "--data",  gate->data};
    const char **next = argv + 8;
    const struct {
        const char *name, *value;
    } options[] = {{"--mappings", gate->mappings},
                   {"--mapping", item->mapping},
                   {"--fixtures", item->fixtures},
                   {"--division", item->division}};
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        if (options[i].value) {
            *next++ = options[i].name;
            *next++ = options[i].value;
        }
    }
    return g_spawn_async_with_fds("/", (char **)argv, NULL,
                                  G_SPAWN_FILE_AND_ARGV_ZERO | G_SPAWN_DO_NOT_REAP_CHILD |
                                      G_SPAWN_STDERR_TO_DEV_NULL,
                                  begin_child, NULL, &entry->pid, -1, entry->result_fd, -1, error);
}

static void on_child_exit(GPid pid, int status, void *user);

/* Lets go of a child that has ended. */
static void forget_child(Entry *entry)
{
    entry->pid = 0;
    g_clear_pointer(&entry->watch, g_source_unref);
    if (entry->result_fd >= 0) {
        close(entry->result_fd);
    }
    entry->result_fd = -1;
}

static void begin_check(Entry *entry)
{
    g_autoptr(GError) error = NULL;
    read_digest(entry);
    entry->result_fd = memfd_create("hutong-check", MFD_CLOEXEC);
    entry->until_us = ht_clock_monotonic() + CHECK_US;
    if (entry->result_fd < 0 || !spawn(entry, &error)) {
        g_autofree char *text =
            g_strdup_printf("the check cannot be started: %s", error ? error->message : g_strerror(errno));
        forget_child(entry);
        refuse(entry, text);
        return;
    }
    ht_log(HT_LOG_INFO, "gate", "%s is checked (process %d)", entry->item->name, (int)entry->pid);
    entry->watch = g_child_watch_source_new(entry->pid);
    g_source_set_callback(entry->watch, G_SOURCE_FUNC(on_child_exit), entry, NULL);
    g_source_attach(entry->watch, NULL);
}

static unsigned count_children(const HtGate *gate)
{
    unsigned count = 0;
    for (unsigned i = 0; i < gate->entries->len; i++) {
        count += ((const Entry *)gate->entries->pdata[i])->pid > 0;
    }
    return count;
}

/* An adapter that fails need not be tried with the site's mappings. */
static bool may_begin(const Entry *entry)
{
    const Entry *adapter = find_entry(entry->gate, entry->item->adapter);
    return entry->state == HT_GATE_CHECKING && entry->pid == 0 &&
           (adapter == entry || adapter->state == HT_GATE_PASSED);
}

static void begin_checks(HtGate *gate)
{
    unsigned running = count_children(gate);
    for (unsigned i = 0; i < gate->entries->len && running < AT_ONCE; i++) {
        Entry *entry = gate->entries->pdata[i];
        if (may_begin(entry)) {
            begin_check(entry);
            running += entry->pid > 0;
        }
    }
}

/* ---- What the child found ---- */

/* What it wrote; NULL when that is no result. transfer full. */
static JsonNode *read_result(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    if (size <= 0 || size > RESULT_MOST_BYTES) {
        return NULL;
    }
    g_autofree char *text = g_malloc((size_t)size);
    g_autoptr(JsonParser) parser = json_parser_new();
    if (pread(fd, text, (size_t)size, 0) != size || !json_parser_load_from_data(parser, text, size, NULL)) {
        return NULL;
    }
    JsonNode *root = json_parser_get_root(parser);
    JsonArray *all = root && JSON_NODE_HOLDS_ARRAY(root) ? json_node_get_array(root) : NULL;
    JsonNode *first = all && json_array_get_length(all) == 1 ? json_array_get_element(all, 0) : NULL;
    return first && JSON_NODE_HOLDS_OBJECT(first) ? json_node_copy(first) : NULL;
}

static bool is_unchanged(const Entry *entry)
{
    g_autoptr(HtPlaces) places = find_places(entry);
    g_autofree char *fingerprint = ht_kit_fingerprint(places);
    return g_strcmp0(fingerprint, entry->fingerprint) == 0;
}

/* What may be the machine's fault is no verdict until it has come time and again. */
static void try_again(Entry *entry, const char *text)
{
    entry->attempts++;
    if (entry->attempts >= ATTEMPTS) {
        refuse(entry, text);
    } else {
        ht_log(HT_LOG_WARNING, "gate", "%s: %s; it is checked again", entry->item->name, text);
    }
}

static void take_result(Entry *entry, int status, JsonObject *result)
{
    const char *word = json_object_get_string_member_with_default(result, "result", "");
    bool passed = WIFEXITED(status) && WEXITSTATUS(status) == 0 && strcmp(word, "passed") == 0;
    const char *failed = json_object_get_string_member_with_default(result, "failed", "no reason given");
    if (!is_unchanged(entry)) {
        ht_log(HT_LOG_INFO, "gate", "%s was changed meanwhile; it is checked again", entry->item->name);
    } else if (passed) {
        pass(entry, result);
    } else if (json_object_get_boolean_member_with_default(result, "late", FALSE)) {
        try_again(entry, failed);
    } else {
        refuse(entry, failed);
    }
}

/* Killed, or out of memory, or too slow: nothing is known of the adapter yet. */
static void take_no_result(Entry *entry, int status, bool late)
{
    g_autofree char *how = late ? g_strdup("took longer than 3 minutes") : ht_process_describe(status);
    g_autofree char *text = g_strdup_printf("the check did not come to its end: it %s", how);
    try_again(entry, text);
}

/* The next one may begin. The same one again only with the next tick: each attempt may be killed. */
static void on_child_exit(GPid pid, int status, void *user)
{
    Entry *entry = user;
    bool late = ht_clock_monotonic() > entry->until_us;
    g_autoptr(JsonNode) result = read_result(entry->result_fd);
    (void)pid;
    forget_child(entry);
    if (result) {
        take_result(entry, status, json_node_get_object(result));
    } else {
        take_no_result(entry, status, late);
    }
    if (entry->state != HT_GATE_CHECKING) {
        begin_checks(entry->gate);
    }
}

/* ---- Watching ---- */

/* Once a second, so only what serves is looked at of an adapter that passed: its fixtures are its author's, and many. */
static bool has_changed(const Entry *entry)
{
    if (entry->state == HT_GATE_FAILED) {
        return !is_unchanged(entry);
    }
    if (entry->state == HT_GATE_CHECKING) {
        return false;
    }
    bool is_adapter = !entry->item->mapping;
    g_autofree char *print =
        is_adapter ? ht_kit_fingerprint_serving(entry->places) : ht_kit_fingerprint(entry->places);
    return strcmp(print, is_adapter ? entry->serving_print : entry->fingerprint) != 0;
}

/* A file that was only touched is still the one that passed. */
static void look_again(Entry *entry)
{
    g_autofree char *before = g_strdup(entry->digest);
    read_digest(entry);
    if (entry->state == HT_GATE_PASSED && strcmp(before, entry->digest) == 0) {
        return;
    }
    ht_log(HT_LOG_INFO, "gate", "%s was changed; it is checked again", entry->item->name);
    entry->attempts = 0;
    change_state(entry, HT_GATE_CHECKING, NULL);
}

void ht_gate_tick(HtGate *gate)
{
    int64_t now_us = ht_clock_monotonic();
    for (unsigned i = 0; i < gate->entries->len; i++) {
        Entry *entry = gate->entries->pdata[i];
        if (entry->pid > 0 && now_us > entry->until_us) {
            kill(entry->pid, SIGKILL);
        } else if (entry->pid == 0 && has_changed(entry)) {
            look_again(entry);
        }
    }
    begin_checks(gate);
}

/* ---- The gate ---- */

static void free_entry(void *data)
{
    Entry *entry = data;
    if (entry->pid > 0) {
        g_source_destroy(entry->watch);
        kill(entry->pid, SIGKILL);
        while (waitpid(entry->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        forget_child(entry);
    }
    g_free(entry->command);
    g_free(entry->reason);
    g_free(entry->digest);
    g_clear_pointer(&entry->places, ht_places_free);
    g_free(entry->fingerprint);
    g_free(entry->serving_print);
    g_free(entry);
}

HtGate *ht_gate_new(const HtGateOptions *options)
{
    HtGate *gate = g_new0(HtGate, 1);
    gate->state = g_strdup(options->state);
    gate->data = g_canonicalize_filename(options->data, NULL);
    gate->mappings = options->mappings ? g_canonicalize_filename(options->mappings, NULL) : NULL;
    gate->program = g_strdup(options->program ? options->program : "/proc/self/exe");
    gate->changed = options->changed;
    gate->user = options->user;
    gate->data_digest = ht_kit_digest_data(options->data, options->mappings);
    gate->items = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    gate->entries = g_ptr_array_new_with_free_func(free_entry);
    return gate;
}

void ht_gate_free(HtGate *gate)
{
    g_ptr_array_unref(gate->entries);
    g_ptr_array_unref(gate->items);
    g_free(gate->state);
    g_free(gate->data);
    g_free(gate->mappings);
    g_free(gate->program);
    g_free(gate->data_digest);
    g_free(gate);
}

static void add_item(HtGate *gate, const HtGateItem *item)
{
    if (find_entry(gate, item->key)) {
        return;
    }
    HtPlacesGiven folders = find_folders(gate);
    Entry *entry = g_new0(Entry, 1);
    entry->gate = gate;
    entry->item = item;
    entry->command = ht_gate_item_command(item, &folders);
    entry->result_fd = -1;
    read_digest(entry);
    entry->state = remembers(gate->state, item, entry->digest) ? HT_GATE_PASSED : HT_GATE_CHECKING;
    g_ptr_array_add(gate->entries, entry);
    if (entry->state == HT_GATE_PASSED) {
        ht_log(HT_LOG_INFO, "gate", "%s passed before", item->name);
        note_untried(entry);
    }
}

void ht_gate_add(HtGate *gate, const HtGateSource *source)
{
    HtPlacesGiven folders = find_folders(gate);
    GPtrArray *items = ht_gate_items(source, &folders);
    g_ptr_array_add(gate->items, items);
    for (unsigned i = 0; i < items->len; i++) {
        add_item(gate, items->pdata[i]);
    }
}

bool ht_gate_has(const HtGate *gate, const HtGateSource *source)
{
    return find_entry(gate, source->adapter) != NULL;
}

void ht_gate_status(const HtGate *gate, const HtGateSource *source, HtGateStatus *status)
{
    g_autofree char *key = ht_gate_mapping_key(source);
    const Entry *adapter = find_entry(gate, source->adapter), *mapping = find_entry(gate, key);
    const Entry *entry = mapping && adapter->state == HT_GATE_PASSED ? mapping : adapter;
    *status = (HtGateStatus){.state = entry->state,
                             .pid = entry->pid,
                             .mapping = entry->item->mapping,
                             .reason = entry->reason,
                             .command = entry->command};
}

bool ht_gate_remembers(const HtGateOptions *options, const HtGateItem *item)
{
    HtPlacesGiven folders = {.data = options->data, .mappings = options->mappings};
    g_autoptr(HtPlaces) places = ht_gate_item_places(item, &folders);
    g_autofree char *data_digest = ht_kit_digest_data(options->data, options->mappings);
    g_autofree char *digest = ht_kit_digest(places, item->division, data_digest);
    return remembers(options->state, item, digest);
}
