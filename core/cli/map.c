/* `hutong map`: what a mapping makes of payloads, before anything is switched on; and `hutong explain`, the same for a source of the
 * configuration, with who would get each event. The payload goes through a hutong-host as in a bus; nothing is kept. Commands, main
 * thread. */
#include "core/cli/map.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/cli/cli.h"
#include "core/cli/progress.h"
#include "core/cli/retell.h"
#include "core/cli/watch.h"
#include "core/kit/expectation.h"
#include "core/kit/kit.h"
#include "core/source/host.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

/* From here on a payload goes in pieces, with a bar. */
#define LARGE ((size_t)1 << 20)
#define PIECE ((size_t)64 << 10)

typedef struct {
    HtMapPlace place;
    /* as it was asked for; all may be NULL */
    char *mapping, *adapter, *directory, *data, *division, *source, *consumer, *content_type, *soap_action;
    gboolean clear, write, force, watch;

    bool explains;
    const char *verb;
    HtConfig *config; /* NULL: neither a source nor a consumer of it was named */
    const HtSourceConfig *from;
    HtLimits limits;
    HtDictionary *dictionary;
    HtMapView view;
    GPtrArray *consumers; /* of HtMapConsumer */
    HtHost *host;         /* of this run */
    GArray *known;        /* of HtSpoolForetold, of the last outcome */
    bool warned;          /* its mapping's warnings were shown */
} Map;

G_GNUC_PRINTF(2, 3) static bool complain(const Map *map, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *told = ht_cli_retell_lines(text);
    fprintf(stderr, "hutong %s: %s\n", map->verb, told);
    return false;
}

/* ---- The host ---- */

static void show_warnings(Map *map)
{
    HtHostStatus status;
    ht_host_status(map->host, &status);
    for (unsigned i = 0; !map->warned && status.warnings && i < status.warnings->len; i++) {
        ht_cli_complain(status.warnings->pdata[i]);
    }
    map->warned = true;
}

/* ---- One payload ---- */

typedef struct {
    Map *map;
    const char *name; /* as given */
    const char *file; /* NULL: standard input */
    char *bytes;
    size_t size, sent;
    HtTicket *ticket; /* while it goes in pieces */
    HtMessageHead head;
    HtExpectation *expectation; /* beside it; NULL: none */
    bool done, good;
} Payload;

static void write_expected(const Payload *payload, const HtOutcome *outcome)
{
    const Map *map = payload->map;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = ht_map_expectation_file(payload->file);
    g_autofree char *text =
        ht_map_expected(&map->view, outcome, &payload->head.id, ht_expectation_request(payload->expectation));
    if (g_file_test(file, G_FILE_TEST_EXISTS) && !map->force) {
        complain(map, _("%s is there already; --force writes it anew"), file);
    } else if (!g_file_set_contents(file, text, -1, &error)) {
        complain(map, "%s", error->message);
    } else {
        fprintf(stderr, _("%s: written; read it before you trust it\n"), file);
    }
}

/* Nothing is known where no bus has run yet. */
static void look_up(Map *map, const char *name, const HtOutcome *outcome)
{
    g_autoptr(GError) error = NULL;
    bool wanted = map->explains && map->from && !map->write && outcome->verdict == HT_VERDICT_OK;
    g_clear_pointer(&map->known, g_array_unref);
    map->known = wanted ? ht_map_known(map->config, map->from, outcome, &error) : NULL;
    map->view.known = map->known;
    if (error) {
        fprintf(stderr, _("%s: what is known already cannot be told: %s\n"), name, error->message);
    }
}

static void take_outcome(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    Payload *payload = user;
    Map *map = payload->map;
    (void)frame;
    payload->done = true;
    payload->ticket = NULL;
    show_warnings(map);
    if (error) {
        complain(map, "%s: %s", payload->name, error->message);
        return;
    }
    payload->good = outcome->verdict == HT_VERDICT_OK && outcome->rejected == 0;
    look_up(map, payload->name, outcome);
    if (map->write && payload->file) {
        write_expected(payload, outcome);
    } else {
        ht_map_show(&map->view, payload->name, outcome, stdout);
        fflush(stdout);
    }
    g_autofree char *line = ht_map_describe(outcome);
    g_autofree char *known = map->known ? ht_map_describe_known(map->known) : NULL;
    fprintf(stderr, "%s: %s%s%s\n", payload->name, line, known ? "; " : "", known ? known : "");
}

static void send_pieces(void *user)
{
    Payload *payload = user;
    while (payload->ticket && payload->sent < payload->size) {
        size_t piece = MIN(PIECE, payload->size - payload->sent);
        bool more = ht_ticket_write(payload->ticket, payload->bytes + payload->sent, piece);
        payload->sent += piece;
        ht_cli_progress(payload->sent, payload->size, (void *)payload->name);
        if (!more && payload->sent < payload->size) {
            return;
        }
    }
    uint8_t digest[HT_SHA256];
    ht_sha256((HtText){payload->bytes, payload->size}, digest);
    if (payload->ticket) {
        ht_ticket_end(payload->ticket, digest);
    }
}

/* From a callback of the stream as well as at its beginning: pieces end once only. */
static void go_on(void *user)
{
    Payload *payload = user;
    if (payload->sent < payload->size) {
        send_pieces(payload);
    }
}

static bool submit(Payload *payload)
{
    g_autoptr(GError) error = NULL;
    HtHost *host = payload->map->host;
    if (payload->size >= LARGE) {
        payload->ticket = ht_host_stream(host, &payload->head, take_outcome, go_on, payload, &error);
        if (payload->ticket) {
            go_on(payload);
        }
    } else {
        g_autoptr(GBytes) body = g_bytes_new(payload->bytes, payload->size);
        ht_host_submit(host, &payload->head, body, take_outcome, payload, &error);
    }
    return !error || complain(payload->map, "%s: %s", payload->name, error->message);
}

/* One byte above the limit is enough to know. */
static bool read_input(Payload *payload, int fd, GError **error)
{
    const HtLimits *limits = &payload->map->limits;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    uint8_t piece[PIECE];
    ssize_t size;
    while ((size = read(fd, piece, sizeof piece)) > 0 && bytes->len <= limits->body_bytes) {
        g_byte_array_append(bytes, piece, (guint)size);
    }
    if (size < 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s", g_strerror(errno));
        return false;
    }
    if (bytes->len > limits->body_bytes) {
        char limit[HT_LIMIT_TEXT];
        ht_limit_name(ht_limit_of(limits, &limits->body_bytes), limit);
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC,
                    _("it has more than %s; a bus would refuse it, too"), limit);
        return false;
    }
    payload->size = bytes->len;
    payload->bytes = (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
    return true;
}

static bool read_payload(Payload *payload)
{
    g_autoptr(GError) error = NULL;
    int fd = payload->file ? open(payload->file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    bool good = fd >= 0;
    if (!good) {
        g_set_error(&error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s", g_strerror(errno));
    }
    good = good && read_input(payload, fd, &error);
    if (payload->file && fd >= 0) {
        close(fd);
    }
    return good || complain(payload->map, "%s: %s", payload->name, error->message);
}

/* As the request in the fixture beside it says, else as was asked for, else text/xml. */
static bool read_head(Payload *payload)
{
    const Map *map = payload->map;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = payload->file ? ht_map_expectation_file(payload->file) : NULL;
    if (file && g_file_test(file, G_FILE_TEST_EXISTS)) {
        payload->expectation = ht_expectation_load(file, &error);
        if (!payload->expectation) {
            return complain(map, "%s", error->message);
        }
    }
    if (map->content_type || map->soap_action) {
        return ht_expectation_make_head(map->content_type, map->soap_action, &payload->head) ||
               complain(map, _("a bus would refuse this Content-Type or SOAPAction"));
    }
    ht_expectation_head(payload->expectation, &payload->head);
    return true;
}

static bool map_payload(Map *map, const char *name)
{
    bool is_input = strcmp(name, "-") == 0;
    Payload payload = {
        .map = map, .name = is_input ? _("standard input") : name, .file = is_input ? NULL : name};
    if (read_payload(&payload) && read_head(&payload) && submit(&payload)) {
        while (!payload.done) {
            g_main_context_iteration(NULL, TRUE);
        }
    }
    g_clear_pointer(&payload.expectation, ht_expectation_free);
    g_free(payload.bytes);
    return payload.good;
}

/* ---- All of them, once or whenever one is saved ---- */

static bool map_all(Map *map, char **names, const bool *meant)
{
    bool good = true;
    for (unsigned i = 0; names[i]; i++) {
        good = (meant && !meant[i] ? true : map_payload(map, names[i])) && good;
    }
    return good;
}

static void renew_host(Map *map)
{
    g_clear_pointer(&map->host, ht_host_free);
    map->host =
        map->from ? ht_source_host(map->config, map->from, NULL) : ht_map_host(&map->place, map->mapping);
    map->warned = false;
}

/* What of a folder of words is there; NULL: none. */
static void watch_words(GPtrArray *paths, const char *folder)
{
    static const char *const files[] = {"dictionary.xml", "dictionary.d", "tables", "tables/translate"};
    for (unsigned i = 0; folder && i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(folder, files[i], NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS)) {
            g_ptr_array_add(paths, g_steal_pointer(&path));
        }
    }
}

/* The payloads, in their order; then all that the mapping is made of. */
static GPtrArray *list_watched(const Map *map, char **names)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_auto(HtWords) words = ht_map_words(&map->place, map->mapping);
    for (unsigned i = 0; names[i]; i++) {
        g_ptr_array_add(paths, g_strdup(names[i]));
    }
    g_ptr_array_add(paths, map->from ? ht_source_mapping(map->config, map->from) : g_strdup(map->mapping));
    watch_words(paths, words.data);
    watch_words(paths, words.site);
    return paths;
}

static bool is_any(const bool *changed, unsigned from, unsigned to)
{
    bool any = false;
    for (unsigned i = from; i < to; i++) {
        any = any || changed[i];
    }
    return any;
}

/* Until it is interrupted. A mapping that is not well-formed yet is told as such, and waited for. */
static int watch(Map *map, char **names)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) paths = list_watched(map, names);
    g_autoptr(HtWatched) watched = ht_watched_new(paths, &error);
    unsigned payloads = g_strv_length(names);
    g_autofree bool *changed = g_new0(bool, paths->len);
    if (!watched) {
        complain(map, "%s", error->message);
        return HT_EXIT_FAILED;
    }
    for (const bool *meant = NULL;; meant = is_any(changed, payloads, paths->len) ? NULL : changed) {
        if (isatty(STDOUT_FILENO)) {
            fputs("\033[H\033[2J\033[3J", stdout);
        }
        int64_t begun = ht_clock_monotonic();
        if (!meant) {
            renew_host(map);
        }
        map_all(map, names, meant);
        fprintf(stderr, _("%.0f ms; waiting for the next change, Ctrl-C ends\n"),
                (double)(ht_clock_monotonic() - begun) / 1000);
        ht_watched_wait(watched, changed);
    }
}

/* ---- What was asked for ---- */

static bool add_consumer(Map *map, const HtConsumerConfig *config)
{
    HtMapConsumer *consumer = ht_map_consumer_new(map->config, config, map->dictionary);
    g_ptr_array_add(map->consumers, consumer);
    return consumer->policy != NULL;
}

static bool add_consumers(Map *map)
{
    bool good = true;
    for (unsigned i = 0; i < map->config->consumers->len; i++) {
        good = add_consumer(map, map->config->consumers->pdata[i]) && good;
    }
    map->view.consumers = map->consumers;
    return good;
}

static bool choose_consumer(Map *map)
{
    const HtConsumerConfig *config = ht_config_consumer(map->config, map->consumer);
    if (!config) {
        return complain(map, _("there is no [consumer %s] in %s"), map->consumer, map->config->file);
    }
    bool good = add_consumer(map, config);
    map->view.consumer = map->consumers->pdata[0];
    return good;
}

static bool choose_source(Map *map)
{
    map->from = ht_config_source(map->config, map->source);
    if (!map->from) {
        return complain(map, _("there is no [source %s] in %s"), map->source, map->config->file);
    }
    map->limits = map->from->limits;
    map->view.source = map->from->name;
    map->view.department = map->from->department;
    return true;
}

static bool load_dictionary(Map *map)
{
    map->view.dictionary = map->dictionary = ht_map_dictionary(&map->place, map->mapping);
    return map->dictionary != NULL;
}

/* A mapping without a folder is one here, one of the site's, or one that was installed. */
static char *resolve_mapping(const Map *map)
{
    g_auto(HtWords) words = ht_map_words(&map->place, NULL);
    const char *const folders[] = {words.site, words.data};
    for (unsigned i = 0; i < G_N_ELEMENTS(folders) && !strchr(map->mapping, '/') &&
                         !g_file_test(map->mapping, G_FILE_TEST_EXISTS);
         i++) {
        g_autofree char *path = folders[i] ? g_build_filename(folders[i], map->mapping, NULL) : NULL;
        if (path && g_file_test(path, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&path);
        }
    }
    return g_canonicalize_filename(map->mapping, NULL);
}

static bool find_mapping(Map *map)
{
    if (!map->mapping) {
        return complain(map,
                        _("say which mapping, -m FILE, or which source of the configuration, -s SOURCE"));
    }
    char *path = resolve_mapping(map);
    g_free(map->mapping);
    map->mapping = path;
    return true;
}

static int prepare(Map *map, const char *config_file)
{
    map->limits = ht_limits_default();
    map->consumers = g_ptr_array_new_with_free_func(ht_map_consumer_free);
    bool configured = map->source || map->consumer;
    map->config = configured ? ht_cli_load(config_file) : NULL;
    if (configured && !map->config) {
        return HT_EXIT_CONFIG;
    }
    map->place = (HtMapPlace){map->adapter, map->directory, map->data, map->division, map->config, NULL};
    if (!map->source && !find_mapping(map)) {
        return HT_EXIT_USAGE;
    }
    bool good = load_dictionary(map) && (!map->source || choose_source(map)) &&
                (!map->consumer || choose_consumer(map)) &&
                (!map->explains || map->consumer || add_consumers(map));
    return good ? HT_EXIT_OK : HT_EXIT_CONFIG;
}

static int run(Map *map, char **names, const char *config_file)
{
    static char *const input[] = {"-", NULL};
    char **payloads = names[0] ? names : (char **)input;
    int status = prepare(map, config_file);
    if (status != HT_EXIT_OK) {
        return status;
    }
    if (map->watch) {
        return watch(map, payloads);
    }
    renew_host(map);
    return map_all(map, payloads, NULL) ? HT_EXIT_OK : HT_EXIT_FAILED;
}

static void clear(Map *map)
{
    g_clear_pointer(&map->known, g_array_unref);
    g_clear_pointer(&map->host, ht_host_free);
    g_clear_pointer(&map->consumers, g_ptr_array_unref);
    g_clear_pointer(&map->dictionary, ht_dictionary_free);
    g_clear_pointer(&map->config, ht_config_free);
    char *const given[] = {map->mapping, map->adapter,  map->directory,    map->data,       map->division,
                           map->source,  map->consumer, map->content_type, map->soap_action};
    for (unsigned i = 0; i < G_N_ELEMENTS(given); i++) {
        g_free(given[i]);
    }
}

static int begin(Map *map, int argc, char **argv, const char *summary, const GOptionEntry *entries)
{
    g_autofree char *config_file = NULL;
    ht_log_set_level(HT_LOG_NOTHING); /* what goes wrong is told here, once */
    int status = HT_EXIT_USAGE;
    map->view.clear = false;
    if (ht_cli_options(&argc, &argv, summary, entries, &config_file)) {
        map->view.clear = map->clear;
        status = map->explains && !map->source ? HT_EXIT_USAGE : run(map, argv + 1, config_file);
        if (map->explains && !map->source) {
            complain(map, _("say which source of the configuration, -s SOURCE"));
        }
    }
    clear(map);
    return status;
}

#define ENTRY(name, letter, kind, field, help, argument)                 \
    {                                                                    \
        name, letter, 0, G_OPTION_ARG_##kind, &map.field, help, argument \
    }

int ht_cli_map(int argc, char **argv)
{
    Map map = {.verb = "map"};
    const GOptionEntry entries[] = {
        ENTRY("mapping", 'm', FILENAME, mapping, N_("The mapping: a file, or an installed one's name"),
              "FILE"),
        ENTRY("adapter", 'a', FILENAME, adapter,
              N_("The adapter (default: the one of the mapping's name, else xml)"), "A"),
        ENTRY("source", 's', STRING, source, N_("All as this source of the configuration has it"), "SOURCE"),
        ENTRY("consumer", 0, STRING, consumer, N_("What this consumer of the configuration would get"), "C"),
        ENTRY("clear", 0, NONE, clear, N_("Values as they are; else personal ones are blanked"), NULL),
        ENTRY("write-expected", 0, NONE, write, N_("Write PAYLOAD.expected.json: the fixture's other half"),
              NULL),
        ENTRY("force", 0, NONE, force, N_("… also where it is there already"), NULL),
        ENTRY("watch", 'w', NONE, watch, N_("Do it again whenever the mapping or a payload is saved"), NULL),
        ENTRY("content-type", 0, STRING, content_type, N_("The request's (default text/xml)"), "TYPE"),
        ENTRY("soap-action", 0, STRING, soap_action, N_("The request's"), "URI"),
        ENTRY("division", 0, STRING, division, N_("The source's (default 440104)"), "CODE"),
        ENTRY("directory", 'd', FILENAME, directory, N_("Adapters are there, not where they are installed"),
              "DIR"),
        ENTRY("data", 0, FILENAME, data, N_("Dictionary and tables are there"), "DIR"),
        G_OPTION_ENTRY_NULL};
    return begin(
        &map, argc, argv,
        N_("Shows what a mapping makes of payloads (PAYLOAD …, or standard input): events, marks, what is not\n"
           "mapped, faults. Nothing is kept or sent. Exit status 1 when something was refused."),
        entries);
}

int ht_cli_explain(int argc, char **argv)
{
    Map map = {.verb = "explain", .explains = true};
    const GOptionEntry entries[] = {
        ENTRY("source", 's', STRING, source, N_("The source of the configuration"), "SOURCE"),
        ENTRY("consumer", 0, STRING, consumer, N_("Only what this consumer would get"), "C"),
        ENTRY("clear", 0, NONE, clear, N_("Values as they are; else personal ones are blanked"), NULL),
        ENTRY("write-expected", 0, NONE, write,
              N_("Write PAYLOAD.expected.json, with what each consumer would get"), NULL),
        ENTRY("force", 0, NONE, force, N_("… also where it is there already"), NULL),
        ENTRY("watch", 'w', NONE, watch, N_("Do it again whenever the mapping or a payload is saved"), NULL),
        ENTRY("content-type", 0, STRING, content_type, N_("The request's (default text/xml)"), "TYPE"),
        ENTRY("soap-action", 0, STRING, soap_action, N_("The request's"), "URI"),
        G_OPTION_ENTRY_NULL};
    return begin(
        &map, argc, argv,
        N_("Shows what a configured source would make of payloads (PAYLOAD …, or standard input), which\n"
           "consumers would get each event, and what of it the bus knows already. Nothing is kept or sent."),
        entries);
}
