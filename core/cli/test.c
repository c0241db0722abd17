/* `hutong test`: runs the fixtures of mappings, and of the configuration's sources with who gets what, and says in TAP every value that
 * differs. Each set's payloads go through a hutong-host as in a bus; nothing is kept. Command, main thread. */
#include "core/cli/test.h"

#include "core/base/log.h"
#include "core/cli/adapter.h"
#include "core/cli/cli.h"
#include "core/cli/columns.h"
#include "core/cli/retell.h"
#include "core/kit/expectation.h"
#include "core/source/host.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    char *mapping, *adapter, *directory, *data, *division, *source;
    gboolean all_sources;

    HtConfig *config; /* NULL: no source of it was named */
    HtDictionary *dictionary;
    GPtrArray *consumers; /* of HtMapConsumer; with a configuration only */
    HtHost *host;         /* of the set at work */
    unsigned number, failures;
    bool noted; /* that consumers are not compared */
} TestRun;

static int complain(const char *text)
{
    g_autofree char *told = ht_cli_retell_lines(text);
    fprintf(stderr, "hutong test: %s\n", told);
    return HT_EXIT_USAGE;
}

/* ---- TAP ---- */

/* `#` begins a directive, and `\` escapes it. */
static void print_escaped(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '#' || *at == '\\') {
            putchar('\\');
        }
        putchar(*at == '\n' ? ' ' : *at);
    }
}

static void report(TestRun *work, bool good, const HtTestSet *set, const char *fixture)
{
    work->failures += !good;
    printf("%s %u - ", good ? "ok" : "not ok", ++work->number);
    print_escaped(set->name);
    if (fixture) {
        putchar('/');
        print_escaped(fixture);
    }
}

/* Each of its lines. */
static void comment(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        if (*lines[i]) {
            printf("#   %s\n", lines[i]);
        }
    }
}

static void fail(TestRun *work, const HtTestSet *set, const char *fixture, const char *why)
{
    report(work, false, set, fixture);
    putchar('\n');
    g_autofree char *told = ht_cli_retell_lines(why);
    comment(told);
}

static void print_value(const char *label, const char *value)
{
    g_autofree char *shown = ht_mismatch_show(value);
    g_strdelimit(shown, "\r\n", ' ');
    printf("#     %-*s %s\n", ht_columns_field(9, label), label, shown);
}

static void print_difference(const HtMismatch *difference)
{
    printf("#   %s %s\n", difference->path, difference->what);
    if (difference->wanted || difference->got) {
        print_value(_("expected"), difference->wanted);
        print_value(_("got"), difference->got);
    }
}

/* ---- Who gets it ---- */

/* What each consumer would get of the event: an object, by name. */
static JsonNode *list_seen(const TestRun *work, const HtTestSet *set, HtEvent *event)
{
    const HtMapView view = {
        .dictionary = work->dictionary, .source = set->source->name, .department = set->source->department};
    JsonObject *seen = json_object_new();
    for (unsigned i = 0; i < work->consumers->len; i++) {
        const HtMapConsumer *consumer = work->consumers->pdata[i];
        JsonNode *data;
        if (ht_map_sees(&view, consumer, event, &data)) {
            json_object_set_member(seen, consumer->name, data);
        }
    }
    return json_node_init_object(json_node_alloc(), seen);
}

/* Names only: of each consumer that gets it as much is expected as it sees. */
static JsonNode *expect_names(JsonArray *names, JsonObject *seen)
{
    JsonObject *wanted = json_object_new();
    for (unsigned i = 0; i < json_array_get_length(names); i++) {
        JsonNode *node = json_array_get_element(names, i);
        const char *name = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
        JsonNode *data = name ? json_object_get_member(seen, name) : NULL;
        json_object_set_member(wanted, name ? name : "?",
                               data ? json_node_copy(data)
                                    : json_node_init_object(json_node_alloc(), json_object_new()));
    }
    return json_node_init_object(json_node_alloc(), wanted);
}

static void compare_consumers(TestRun *work, const HtTestSet *set, HtEvent *event, JsonNode *wanted,
                              const char *path, GPtrArray *differences)
{
    g_autoptr(JsonNode) seen = list_seen(work, set, event);
    if (JSON_NODE_HOLDS_ARRAY(wanted)) {
        g_autoptr(JsonNode) names = expect_names(json_node_get_array(wanted), json_node_get_object(seen));
        ht_mismatches_find(differences, path, names, seen);
    } else {
        ht_mismatches_find(differences, path, wanted, seen);
    }
}

static JsonNode *consumers_of(JsonNode *event)
{
    return JSON_NODE_HOLDS_OBJECT(event) ? json_object_get_member(json_node_get_object(event), "consumers")
                                         : NULL;
}

static void compare_routes(TestRun *work, const HtTestSet *set, const HtExpectation *expectation,
                           const HtOutcome *outcome, GPtrArray *differences)
{
    JsonArray *events = ht_expectation_events(expectation);
    unsigned count = events ? MIN(json_array_get_length(events), outcome->events->len) : 0;
    for (unsigned i = 0; i < count; i++) {
        JsonNode *wanted = consumers_of(json_array_get_element(events, i));
        g_autofree char *path = g_strdup_printf("events[%u].consumers", i);
        HtEvent event;
        if (wanted && !set->source && !work->noted) {
            printf(
                "# %s\n",
                _("consumers are compared only for a source of the configuration: -s SOURCE, or --sources"));
            work->noted = true;
        }
        if (wanted && set->source &&
            ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL)) {
            compare_consumers(work, set, &event, wanted, path, differences);
        }
    }
}

/* ---- One fixture ---- */

typedef struct {
    TestRun *work;
    const HtTestSet *set;
    const HtFixture *fixture;
    HtExpectation *expectation; /* NULL: none */
    HtMessageHead head;
    bool done, host_is_broken;
} Trial;

static void judge(Trial *trial, const HtOutcome *outcome)
{
    TestRun *work = trial->work;
    size_t size;
    g_autofree char *reply = ht_expectation_reply(outcome, &trial->head.id, &size);
    g_autofree char *found = ht_expectation_describe(outcome);
    if (!trial->expectation) {
        report(work, true, trial->set, trial->fixture->name);
        printf(_(" # SKIP nothing is expected of it (%s): hutong map --write-expected\n"), found);
        return;
    }
    g_autoptr(GPtrArray) differences =
        ht_expectation_compare(trial->expectation, outcome, (HtText){reply, size});
    compare_routes(work, trial->set, trial->expectation, outcome, differences);
    report(work, differences->len == 0, trial->set, trial->fixture->name);
    printf(": %s\n", found);
    for (unsigned i = 0; i < differences->len; i++) {
        print_difference(differences->pdata[i]);
    }
    for (unsigned i = 0; differences->len > 0 && i < MIN(outcome->fault_count, HT_OUTCOME_FAULTS); i++) {
        g_autofree char *text =
            g_strdup_printf(_("fault %s: %s"), outcome->faults[i].code, outcome->faults[i].text);
        comment(text);
    }
}

static void take_outcome(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    Trial *trial = user;
    (void)frame;
    trial->done = true;
    if (error) {
        fail(trial->work, trial->set, trial->fixture->name, error->message);
        trial->host_is_broken = !g_error_matches(error, HT_HOST_ERROR, HT_HOST_ERROR_QUARANTINE);
    } else {
        judge(trial, outcome);
    }
}

static bool submit(Trial *trial, GError **error)
{
    const HtFixture *fixture = trial->fixture;
    char *bytes;
    size_t size;
    if (!fixture->payload) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                            _("there is no payload beside this expectation"));
        return false;
    }
    trial->expectation = fixture->expected ? ht_expectation_load(fixture->expected, error) : NULL;
    if ((fixture->expected && !trial->expectation) ||
        !g_file_get_contents(fixture->payload, &bytes, &size, error)) {
        return false;
    }
    g_autoptr(GBytes) body = g_bytes_new_take(bytes, size);
    ht_expectation_head(trial->expectation, &trial->head);
    return ht_host_submit(trial->work->host, &trial->head, body, take_outcome, trial, error) != NULL;
}

/* Whether its host can go on. */
static bool run_fixture(TestRun *work, const HtTestSet *set, const HtFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    Trial trial = {.work = work, .set = set, .fixture = fixture};
    if (submit(&trial, &error)) {
        while (!trial.done) {
            g_main_context_iteration(NULL, TRUE);
        }
    } else {
        fail(work, set, fixture->name, error->message);
    }
    g_clear_pointer(&trial.expectation, ht_expectation_free);
    fflush(stdout);
    return !trial.host_is_broken;
}

/* ---- A set ---- */

static HtHost *make_host(const TestRun *work, const HtTestSet *set)
{
    if (set->source) {
        return ht_source_host(work->config, set->source, NULL);
    }
    HtMapPlace place = {work->adapter, work->directory, work->data, work->division, work->config, NULL};
    const HtAdapterOptions options = {.directory = work->directory};
    g_autofree char *own = set->adapter ? ht_adapter_find(set->adapter, &options) : NULL;
    if (!place.adapter && own) {
        place.adapter = g_file_test(own, G_FILE_TEST_EXISTS) ? own : "xml";
    }
    return ht_map_host(&place, set->mapping);
}

static void run_set(TestRun *work, const HtTestSet *set)
{
    if (set->wrong) {
        fail(work, set, NULL, set->wrong);
        return;
    }
    work->host = make_host(work, set);
    for (unsigned i = 0; i < set->fixtures->len; i++) {
        if (!run_fixture(work, set, set->fixtures->pdata[i])) {
            printf(_("# %s: the rest of it was not tried\n"), set->name);
            break;
        }
    }
    g_clear_pointer(&work->host, ht_host_free);
}

/* ---- What was asked for ---- */

static bool prepare_config(TestRun *work, const char *config_file)
{
    if (!work->source && !work->all_sources) {
        return true;
    }
    const HtMapPlace place = {.data = work->data, .config = work->config = ht_cli_load(config_file)};
    work->dictionary = work->config ? ht_map_dictionary(&place, NULL) : NULL;
    bool good = work->dictionary != NULL;
    for (unsigned i = 0; good && i < work->config->consumers->len; i++) {
        HtMapConsumer *consumer =
            ht_map_consumer_new(work->config, work->config->consumers->pdata[i], work->dictionary);
        g_ptr_array_add(work->consumers, consumer);
        good = consumer->policy != NULL;
    }
    return good;
}

/* A source whose mapping was shipped has no fixtures beside it: that is no error. */
static bool add_sources(const TestRun *work, GPtrArray *sets, GError **error)
{
    for (unsigned i = 0; i < work->config->sources->len; i++) {
        g_autoptr(GError) none = NULL;
        const HtSourceConfig *source = work->config->sources->pdata[i];
        if (!ht_test_sets_add_source(sets, work->config, source, NULL, &none)) {
            printf("# [source %s] %s\n", source->name, none->message);
        }
    }
    if (sets->len == 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    _("no source of %s has fixtures beside its mapping"), work->config->file);
    }
    return sets->len > 0;
}

static bool add_one(const TestRun *work, GPtrArray *sets, const char *path, GError **error)
{
    if (work->source) {
        const HtSourceConfig *source = ht_config_source(work->config, work->source);
        if (!source) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, _("there is no [source %s] in %s"),
                        work->source, work->config->file);
        }
        return source && ht_test_sets_add_source(sets, work->config, source, path, error);
    }
    if (work->mapping) {
        return ht_test_sets_add_mapping(sets, work->mapping, path, error);
    }
    const HtMapPlace place = {.data = work->data};
    g_auto(HtWords) words = ht_map_words(&place, NULL);
    return ht_test_sets_add_path(sets, path ? path : ".", words.data, error);
}

static bool find_sets(const TestRun *work, char **paths, GPtrArray *sets, GError **error)
{
    if (work->all_sources) {
        return add_sources(work, sets, error);
    }
    bool good = paths[0] || add_one(work, sets, NULL, error);
    for (unsigned i = 0; good && paths[i]; i++) {
        good = add_one(work, sets, paths[i], error);
    }
    return good;
}

static int run(TestRun *work, char **paths, const char *config_file)
{
    g_autoptr(GPtrArray) sets = ht_test_sets_new();
    g_autoptr(GError) error = NULL;
    if (!!work->source + !!work->all_sources + !!work->mapping > 1 || (work->all_sources && paths[0])) {
        return complain(_("one of -m FILE, -s SOURCE and --sources (which takes no folder)"));
    }
    if (!prepare_config(work, config_file)) {
        return HT_EXIT_CONFIG;
    }
    puts("TAP version 13");
    if (!find_sets(work, paths, sets, &error)) {
        printf("Bail out! %s\n", error->message);
        return complain(error->message);
    }
    for (unsigned i = 0; i < sets->len; i++) {
        run_set(work, sets->pdata[i]);
    }
    printf("1..%u\n", work->number);
    if (work->failures > 0) {
        printf(_("# %u of %u failed\n"), work->failures, work->number);
    }
    return work->failures == 0 ? HT_EXIT_OK : HT_EXIT_FAILED;
}

static void clear(TestRun *work)
{
    g_ptr_array_unref(work->consumers);
    g_clear_pointer(&work->dictionary, ht_dictionary_free);
    g_clear_pointer(&work->config, ht_config_free);
    char *const given[] = {work->mapping, work->adapter,  work->directory,
                           work->data,    work->division, work->source};
    for (unsigned i = 0; i < G_N_ELEMENTS(given); i++) {
        g_free(given[i]);
    }
}

int ht_cli_test(int argc, char **argv)
{
    TestRun work = {0};
    const GOptionEntry entries[] = {
        {"mapping", 'm', 0, G_OPTION_ARG_FILENAME, &work.mapping,
         N_("The folders' payloads are this mapping's"), "FILE"},
        {"source", 's', 0, G_OPTION_ARG_STRING, &work.source,
         N_("… this source's of the configuration: who gets what is compared, too"), "SOURCE"},
        {"sources", 0, 0, G_OPTION_ARG_NONE, &work.all_sources,
         N_("Every source of the configuration, with the fixtures beside its mapping"), NULL},
        {"adapter", 'a', 0, G_OPTION_ARG_FILENAME, &work.adapter,
         N_("The adapter (default: the one of the mapping's name, else xml)"), "A"},
        {"division", 0, 0, G_OPTION_ARG_STRING, &work.division, N_("The source's"), "CODE"},
        {"directory", 'd', 0, G_OPTION_ARG_FILENAME, &work.directory,
         N_("Adapters are there, not where they are installed"), "DIR"},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &work.data, N_("Dictionary and tables are there"), "DIR"},
        G_OPTION_ENTRY_NULL};
    g_autofree char *config_file = NULL;
    int status = HT_EXIT_USAGE;
    work.consumers = g_ptr_array_new_with_free_func(ht_map_consumer_free);
    ht_log_set_level(HT_LOG_NOTHING);
    if (ht_cli_options(
            &argc, &argv,
            N_("Runs fixtures: payloads, and what is expected of each in NAME.expected.json beside it. DIR (default:\n"
               "here) is a folder with mappings NAME.xml and their payloads in folders NAME, or an adapter's folder.\n"
               "TAP; every difference with both values. Exit status 1 when one failed."),
            entries, &config_file)) {
        status = run(&work, argv + 1, config_file);
    }
    clear(&work);
    return status;
}
