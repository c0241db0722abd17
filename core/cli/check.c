/* `hutong check`: reads the configuration and tries what `run` would do, changing nothing. Everything wrong is said at once,
 * `file:line: error: …`. */
#include "core/cli/cli.h"

#include "core/admin/ask.h"
#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/base/private.h"
#include "core/base/user.h"
#include "core/bus.h"
#include "core/cli/check-peers.h"
#include "core/cli/retell.h"
#include "core/config/listen.h"
#include "core/ingress/tls.h"
#include "core/delivery/policy.h"
#include "core/delivery/route.h"
#include "core/delivery/signature.h"
#include "core/left.h"
#include "core/page/page.h"
#include "core/proof/signer.h"
#include "core/source/host.h"
#include "core/source/source.h"
#include "core/who.h"
#include "core/kit/gate.h"
#include "core/kit/kit.h"
#include "mappings/engine/reference/dictionary.h"
#include "spool/history.h"
#include "spool/spool.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LIVE_MS 2000 /* for a running bus to answer */
#define PEER_MS 10000
#define PEER_MOST_MS 3600000

typedef struct {
    HtConfig *config;
    HtDictionary *dictionary;
    unsigned errors;
    GHashTable *warned; /* char *: what mappings were warned of, each once for all of their sources */
    bool damaged, running;
} Check;

static void complain(Check *check, const char *place, unsigned line, const char *text)
{
    if (line > 0) {
        fprintf(stderr, _("%s:%u: error: %s\n"), place, line, text);
    } else {
        fprintf(stderr, _("%s: error: %s\n"), place, text);
    }
    check->errors++;
}

static void warn_of_root(const HtConfig *config)
{
    const char *warning = ht_user_warning(config->bus.user);
    if (warning) {
        fprintf(stderr, _("%s: warning: %s\n"), config->file, warning);
    }
}

static void check_dictionary(Check *check)
{
    g_autoptr(GError) error = NULL;
    check->dictionary = ht_source_dictionary(check->config, &error);
    if (!check->dictionary) {
        ht_cli_complain(error->message);
        check->errors++;
    }
}

static void complain_of_bus(Check *check, const char *key, const char *text)
{
    g_autofree char *place = ht_bus_place(check->config, key);
    g_autofree char *whole = g_strdup_printf("[bus] %s: %s", key, text);
    complain(check, place, 0, whole);
}

/* The nearest existing folder above `path` must be writable, or the start would fail to make it. `place` is where the path stands. */
static void check_can_make(Check *check, const char *path, const char *place)
{
    g_autofree char *folder = g_strdup(path);
    while (g_access(folder, F_OK) < 0) {
        char *parent = g_path_get_dirname(folder);
        g_free(folder);
        folder = parent;
    }
    bool is_folder = g_file_test(folder, G_FILE_TEST_IS_DIR);
    if (!is_folder || g_access(folder, W_OK) < 0) {
        g_autofree char *text = g_strdup_printf(_("%s cannot be written: %s"), folder,
                                                is_folder ? g_strerror(errno) : _("no directory"));
        complain(check, place, 0, text);
    }
}

/* A unix socket's path has 108 bytes, its end included. */
#define SOCKET_PATH_MAX 107

/* Then its addresses are in use, by itself. */
static bool is_running(const HtBusConfig *bus)
{
    unsigned status;
    g_autofree char *page = ht_admin_get(bus->admin, "/live", LIVE_MS, &status, NULL);
    return page != NULL;
}

/* As the bus would: somebody else may listen there, or we may not. Port 0 is always free. */
static void check_is_free(Check *check, const char *key, const char *place, GSocketAddress *address)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocket) tried = NULL;
    if (check->running || g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)) == 0) {
        return;
    }
    tried = g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                         &error);
    if (!tried || !g_socket_bind(tried, address, TRUE, &error)) {
        g_autofree char *text = g_strdup_printf("%s: %s", place, error->message);
        complain_of_bus(check, key, text);
    }
}

static void check_listens(Check *check, const char *key, const char *place)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnectable) address = g_network_address_parse(place, 0, &error);
    g_autoptr(GSocketAddressEnumerator) addresses = address ? g_socket_connectable_enumerate(address) : NULL;
    g_autoptr(GSocketAddress) first =
        addresses ? g_socket_address_enumerator_next(addresses, NULL, &error) : NULL;
    if (!first) {
        complain_of_bus(check, key, error ? error->message : _("no such address"));
    } else if (G_IS_INET_SOCKET_ADDRESS(first)) {
        check_is_free(check, key, place, first);
    }
}

static void check_certificate(Check *check)
{
    g_autoptr(GError) error = NULL;
    const HtBusConfig *bus = &check->config->bus;
    g_autoptr(HtTls) tls = bus->tls_certificate && bus->tls_key ? ht_tls_new(bus, false, &error) : NULL;
    if (error) {
        complain(check, check->config->file, 0, error->message);
    } else if (tls && ht_tls_ends_soon(tls)) {
        fprintf(stderr, _("%s: warning: the certificate \"%s\" ends soon, or has ended: renew it\n"),
                check->config->file, bus->tls_certificate);
    }
}

static void check_doors(Check *check)
{
    const HtBusConfig *bus = &check->config->bus;
    check->running = is_running(bus);
    for (char **item = bus->listen; *item; item++) {
        const char *place;
        if (ht_listen_read(*item, &place) != HT_LISTEN_UNIX) {
            check_listens(check, "listen", place);
        }
    }
    for (char **item = bus->metrics; item && *item; item++) {
        check_listens(check, "metrics", *item);
    }
    check_certificate(check);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtRoles) roles = ht_who_roles(check->config, &error);
    if (!roles) {
        fprintf(stderr, "%s\n", error->message);
        check->errors++;
    }
    if (strlen(bus->admin) > SOCKET_PATH_MAX) {
        complain_of_bus(check, "admin", _("the path of a unix socket must be shorter than 108 bytes"));
    } else if (g_file_test(bus->admin, G_FILE_TEST_IS_REGULAR)) {
        complain_of_bus(check, "admin", _("there is a file that is no socket"));
    }
    g_autofree char *folder = g_path_get_dirname(bus->admin);
    g_autofree char *place = ht_bus_place(check->config, "admin");
    check_can_make(check, folder, place);
}

/* It would start, and take nothing. */
static void check_room(const Check *check)
{
    g_autofree char *folder = g_strdup(check->config->bus.state);
    struct statvfs disk;
    while (statvfs(folder, &disk) != 0 && strlen(folder) > 1) {
        char *parent = g_path_get_dirname(folder);
        g_free(folder);
        folder = parent;
    }
    uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (free_bytes < check->config->spool.limits.reserve_bytes) {
        fprintf(stderr,
                _("%s: warning: [bus] state: %" PRIu64
                  " bytes are free there, less than [spool] reserve: no message would be taken\n"),
                check->config->file, free_bytes);
    }
}

static void check_spool(Check *check)
{
    const char *state = check->config->bus.state;
    g_autofree char *file = g_build_filename(state, "spool.db", NULL);
    uint8_t key[32];
    g_autoptr(GError) error = NULL;
    g_autofree char *place = ht_bus_place(check->config, "state");
    check_can_make(check, state, place);
    check_room(check);
    if (!ht_private_look(state, HT_PRIVATE_SECRET, &error)) {
        complain_of_bus(check, "state", error->message);
        return; /* or each file in it would say so again */
    }
    bool has_spool = g_access(file, F_OK) == 0;
    if ((has_spool || g_access(check->config->bus.site_key_file, F_OK) == 0) &&
        !ht_spool_load_key(check->config->bus.site_key_file, false, key, &error)) {
        complain(check, check->config->bus.site_key_file, 0, error->message);
    }
    g_clear_error(&error);
    g_autofree char *signing =
        g_build_filename(state, ht_signer_file(ht_signature_kind(check->config->bus.signature)), NULL);
    if (g_access(signing, F_OK) == 0 && !ht_spool_load_key(signing, false, key, &error)) {
        complain(check, signing, 0, error->message);
    }
    explicit_bzero(key, sizeof key);
    g_clear_error(&error);
    if (!has_spool) {
        return;
    }
    g_autoptr(GString) report = g_string_new(NULL);
    int findings = ht_spool_check(state, report, &error);
    if (findings > 0) {
        fprintf(stderr, "%s", report->str);
        check->damaged = true;
        check->errors += (unsigned)findings;
    } else if (findings < 0 && g_error_matches(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_LOCKED)) {
        fprintf(stderr, _("%s: note: in use by a running bus; not checked\n"), file);
    } else if (findings < 0) {
        complain(check, file, 0, error->message);
    }
}

/* A warning: what is left behind harms nothing. Whether the spool can be read was said before. */
static void check_left(Check *check)
{
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(check->config->bus.state, NULL);
    g_autoptr(GPtrArray) known = look ? ht_spool_look_consumers(look, 0, UINT64_MAX >> 1, NULL) : NULL;
    for (unsigned i = 0; known && i < known->len; i++) {
        const HtSpoolConsumer *consumer = known->pdata[i];
        if (!ht_config_consumer(check->config, consumer->name)) {
            const HtSpoolEstate estate = {
                .consumer = consumer->name, .cursor = consumer->cursor, .letters = consumer->dead->len};
            g_autofree char *text = ht_left_describe(&estate);
            fprintf(stderr, _("%s: warning: %s\n"), check->config->file, text);
        }
    }
}

static void check_consumers(Check *check)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    if (check->dictionary) {
        ht_routes_check(check->config, check->dictionary, errors);
    }
    for (unsigned i = 0; i < check->config->consumers->len; i++) {
        const HtConsumerConfig *consumer = check->config->consumers->pdata[i];
        g_autoptr(HtPolicy) policy =
            check->dictionary ? ht_policy_new(consumer, check->dictionary, errors) : NULL;
        if (consumer->directory) {
            g_autofree char *place = ht_consumer_place(consumer, "directory");
            check_can_make(check, consumer->directory, place);
        }
        g_autoptr(GError) error = NULL;
        g_autoptr(HtSecret) secret = consumer->secret_files
                                         ? ht_secret_load((const char *const *)consumer->secret_files, &error)
                                         : NULL;
        if (error) {
            g_autofree char *place = ht_consumer_place(consumer, "secret-file");
            g_autofree char *text = g_strdup_printf("[consumer %s] %s", consumer->name, error->message);
            complain(check, place, 0, text);
        }
    }
    fputs(errors->str, stderr);
    for (const char *line = errors->str; (line = strchr(line, '\n')); line++) {
        check->errors++;
    }
}

static void show_doubt(const HtGuard *guard, char *place /* transfer full */, const char *kind,
                       const char *name)
{
    if (ht_guard_doubt(guard)) {
        fprintf(stderr, _("%s: warning: [%s %s] %s\n"), place, kind, name, ht_guard_doubt(guard));
    }
    g_free(place);
}

static void check_doors_for_consumers(Check *check)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPages) pages = ht_pages_new(check->config, &error);
    if (!pages) {
        fprintf(stderr, "%s\n", error->message);
        check->errors++;
    }
    for (unsigned i = 0; pages && i < check->config->consumers->len; i++) {
        const HtConsumerConfig *consumer = check->config->consumers->pdata[i];
        show_doubt(ht_pages_consumer(pages, consumer->name), ht_consumer_place(consumer, "token-file"),
                   "consumer", consumer->name);
    }
}

static void check_senders(Check *check)
{
    check_doors_for_consumers(check);
    for (unsigned i = 0; i < check->config->sources->len; i++) {
        g_autoptr(GError) error = NULL;
        const HtSourceConfig *source = check->config->sources->pdata[i];
        g_autoptr(HtGuard) guard = ht_source_guard(source, &error);
        g_autoptr(HtUsernames) usernames = guard ? ht_source_usernames(source, &error) : NULL;
        g_auto(HtSourceSigners) signers = {NULL, NULL};
        if (!error) {
            ht_source_signers(source, &signers, &error);
        }
        if (guard) {
            show_doubt(guard, ht_source_place(source, "token-file"), "source", source->name);
        }
        if (error) {
            fprintf(stderr, "%s\n", error->message);
            check->errors++;
        }
    }
}

static void check_memory(const Check *check)
{
    for (unsigned i = 0; i < check->config->sources->len; i++) {
        const HtSourceConfig *source = check->config->sources->pdata[i];
        g_autofree char *doubt = ht_source_doubt_memory(source);
        if (doubt) {
            fprintf(stderr, _("%s:%u: warning: [source %s] %s\n"), source->file, source->line, source->name,
                    doubt);
        }
    }
}

/* Records that are left out stand nowhere else than in the payload. */
static void check_keeping(const Check *check)
{
    for (unsigned i = 0; i < check->config->sources->len; i++) {
        const HtSourceConfig *source = check->config->sources->pdata[i];
        g_autofree char *place = ht_source_place(source, "keep-payload");
        if (g_strcmp0(source->keep_payload, "none") == 0 &&
            g_strcmp0(source->on_invalid, "quarantine") == 0) {
            fprintf(stderr,
                    _("%s: warning: [source %s] with keep-payload = none the records that on-invalid = "
                      "quarantine leaves out are kept nowhere; error keeps their payloads\n"),
                    place, source->name);
        }
    }
}

/* ---- Adapters and mappings, through a real host ---- */

typedef struct {
    GMainLoop *loop;
    char *error;
} Answer;

static void on_outcome(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    Answer *answer = user;
    (void)outcome;
    (void)frame;
    answer->error = error ? g_strdup(error->message) : NULL;
    g_main_loop_quit(answer->loop);
}

/* A warning is no error: it has the file and the line in it. */
static void show_warnings(Check *check, const HtHost *host)
{
    HtHostStatus status;
    ht_host_status(host, &status);
    for (guint i = 0; status.warnings && i < status.warnings->len; i++) {
        const char *warning = status.warnings->pdata[i];
        if (g_hash_table_add(check->warned, g_strdup(warning))) {
            ht_cli_complain(warning);
        }
    }
}

/* Whatever the host could not build of its adapter's box. */
static void show_box(const Check *check, const HtSourceConfig *source, const HtHost *host)
{
    HtHostStatus status;
    ht_host_status(host, &status);
    g_autofree char *missing = status.box ? ht_box_missing(status.box) : NULL;
    if (missing && g_hash_table_add(check->warned, g_strdup(missing))) {
        fprintf(stderr, _("%s:%u: warning: [source %s] its adapter's box lacks: %s\n"), source->file,
                source->line, source->name, missing);
    }
}

static bool has_file(Check *check, const HtSourceConfig *source, const char *key, const char *path)
{
    if (g_access(path, R_OK) == 0) {
        return true;
    }
    g_autofree char *place = ht_source_place(source, key);
    g_autofree char *text = g_strdup_printf(_("[source %s] %s: %s cannot be read: %s"), source->name, key,
                                            path, g_strerror(errno));
    complain(check, place, 0, text);
    return false;
}

/* A source that lacks these was complained of already. */
static bool can_be_tried(Check *check, const HtSourceConfig *source)
{
    if (!source->adapter || !source->mapping) {
        return false;
    }
    g_autofree char *adapter = ht_source_adapter(check->config, source);
    g_autofree char *mapping = ht_source_mapping(check->config, source);
    bool has_adapter = has_file(check, source, "adapter", adapter);
    return has_file(check, source, "mapping", mapping) && has_adapter;
}

/* An empty payload is always refused by the engine; that it comes back refused shows that the host starts, the adapter
 * loads, and the mapping compiles. False: it does not, which was said. */
static bool check_source(Check *check, const HtSourceConfig *source)
{
    g_auto(HtSourceSigners) signers = {NULL, NULL};
    ht_source_signers(source, &signers, NULL); /* what is wrong with them was said */
    g_autoptr(HtHost) host = ht_source_host(check->config, source, &signers);
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    g_autoptr(GError) error = NULL;
    Answer answer = {.loop = g_main_loop_new(NULL, FALSE)};
    HtMessageHead message = {.id = ht_uuid_new()};
    if (ht_host_submit(host, &message, nothing, on_outcome, &answer, &error)) {
        g_main_loop_run(answer.loop);
    } else {
        answer.error = g_strdup(error->message);
    }
    g_main_loop_unref(answer.loop);
    show_warnings(check, host);
    show_box(check, source, host);
    if (answer.error) {
        g_autofree char *told = ht_cli_retell_lines(answer.error);
        g_autofree char *text = g_strdup_printf("[source %s] %s", source->name, told);
        complain(check, source->file, source->line, text);
        g_free(answer.error);
        return false;
    }
    return true;
}

/* ---- The conformance kit, once for each adapter, and for each mapping of the site ---- */

static void ignore_report(void *user, HtKitResult result, const char *claim, const char *detail)
{
    (void)user;
    (void)result;
    (void)claim;
    (void)detail;
}

/* What the items of all sources have in common. */
typedef struct {
    HtGateOptions gate;
    HtPlacesGiven folders;
    GHashTable *passed; /* key → whether it did: what was tried already */
} Gate;

static bool run_kit(Check *check, const Gate *gate, const HtSourceConfig *source, const HtGateItem *item)
{
    g_autoptr(HtPlaces) places = ht_gate_item_places(item, &gate->folders);
    HtKitOptions kit = {.places = places, .division = item->division, .report = ignore_report};
    HtKitSummary summary;
    if (ht_gate_item_is_untried(item, places)) {
        fprintf(
            stderr,
            _("%s:%u: note: [source %s] mapping %s: no fixtures in %s: nothing that its department sends is tried\n"),
            source->file, source->line, source->name, source->mapping, item->fixtures);
    }
    if (ht_gate_remembers(&gate->gate, item)) {
        return true;
    }
    bool good = ht_kit_run(&kit, &summary);
    if (!good) {
        g_autofree char *command = ht_gate_item_command(item, &gate->folders);
        g_autofree char *text = g_strdup_printf(
            item->mapping
                ? _("[source %s] mapping %s fails %u of %u checks, so the source would take nothing: %s. To see all: %s")
                : _("[source %s] adapter %s fails %u of %u checks, so the source would take nothing: %s. To see all: %s"),
            source->name, item->mapping ? source->mapping : source->adapter, summary.failures, summary.checks,
            summary.failed, command);
        complain(check, source->file, source->line, text);
    }
    ht_kit_summary_clear(&summary);
    return good;
}

/* A mapping is not tried where its adapter fails, nor where it cannot be loaded, which was said. */
static void check_items(Check *check, const Gate *gate, const HtSourceConfig *source, bool starts)
{
    g_autofree char *adapter = ht_source_adapter(check->config, source);
    g_autofree char *mapping = ht_source_mapping(check->config, source);
    const HtGateSource with = {adapter, mapping, source->division};
    g_autoptr(GPtrArray) items = ht_gate_items(&with, &gate->folders);
    bool good = true;
    for (unsigned i = 0; i < items->len && good; i++) {
        const HtGateItem *item = items->pdata[i];
        void *known;
        if (g_hash_table_lookup_extended(gate->passed, item->key, NULL, &known)) {
            good = GPOINTER_TO_INT(known);
        } else if (starts || !item->mapping) {
            good = run_kit(check, gate, source, item);
            g_hash_table_insert(gate->passed, g_strdup(item->key), GINT_TO_POINTER(good));
        }
    }
}

static void check_sources(Check *check)
{
    const HtBusConfig *bus = &check->config->bus;
    g_autofree char *data = bus->data ? g_strdup(bus->data) : ht_paths_data(NULL);
    g_autoptr(GHashTable) passed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const Gate gate = {.gate = {.state = bus->state, .data = data, .mappings = bus->mappings},
                       .folders = {.data = data, .mappings = bus->mappings},
                       .passed = passed};
    bool on = g_str_equal(bus->adapter_check, "on");
    if (!on) {
        fprintf(stderr, _("%s: note: [bus] adapter-check is off: adapters serve unchecked\n"),
                check->config->file);
    }
    for (unsigned i = 0; i < check->config->sources->len; i++) {
        const HtSourceConfig *source = check->config->sources->pdata[i];
        if (can_be_tried(check, source)) {
            bool starts = check_source(check, source);
            if (on) {
                check_items(check, &gate, source, starts);
            }
        }
    }
}

int ht_cli_check(int argc, char **argv)
{
    gboolean peers = FALSE, json = FALSE;
    g_autofree char *file = NULL, *timeout = NULL;
    uint64_t timeout_ms = PEER_MS;
    const GOptionEntry entries[] = {
        {"peers", 0, 0, G_OPTION_ARG_NONE, &peers,
         N_("Also whether each consumer can be reached: webhooks by OPTIONS, without an event; files by one that is made and removed"),
         NULL},
        {"timeout", 0, 0, G_OPTION_ARG_STRING, &timeout,
         N_("With --peers: so long each may take at most (10s; its own timeouts when they are shorter)"),
         "TIME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("With --peers: what came of each, as JSON, one a line"),
         NULL},
        G_OPTION_ENTRY_NULL};
    if (!ht_cli_options(&argc, &argv, N_("Tries everything that run would, and changes nothing."), entries,
                        &file)) {
        return HT_EXIT_USAGE;
    }
    if (timeout && (!ht_limit_read(timeout, HT_LIMIT_MS, &timeout_ms) || timeout_ms == 0)) {
        fprintf(stderr, _("hutong check: --timeout '%s' is no time such as 500ms, 10s\n"), timeout);
        return HT_EXIT_USAGE;
    }
    if (!peers && (json || timeout)) {
        fputs(_("hutong check: --json and --timeout go with --peers\n"), stderr);
        return HT_EXIT_USAGE;
    }
    g_autoptr(GString) errors = g_string_new(NULL);
    bool sound;
    Check check = {.config = ht_config_read(file, errors, &sound)};
    g_autoptr(GHashTable) warned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    check.warned = warned;
    fputs(errors->str, stderr);
    if (!check.config) {
        return HT_EXIT_CONFIG;
    }
    check.errors += !sound;
    check.errors += !ht_cli_become(check.config);
    warn_of_root(check.config);
    ht_log_set_level(HT_LOG_NOTHING);
    check_dictionary(&check);
    check_doors(&check);
    check_spool(&check);
    check_left(&check);
    check_consumers(&check);
    check_senders(&check);
    check_memory(&check);
    check_keeping(&check);
    check_sources(&check);
    unsigned unreached = peers ? ht_cli_check_peers(check.config, MIN(timeout_ms, PEER_MOST_MS), json) : 0;
    if (check.errors == 0 && unreached == 0 && !json) {
        printf(_("%s: ok: %u sources, %u consumers, %u routes\n"), check.config->file,
               check.config->sources->len, check.config->consumers->len, check.config->routes->len);
    }
    g_clear_pointer(&check.dictionary, ht_dictionary_free);
    ht_config_free(check.config);
    return check.damaged   ? HT_EXIT_INTEGRITY
           : check.errors  ? HT_EXIT_CONFIG
           : unreached > 0 ? HT_EXIT_FAILED
                           : HT_EXIT_OK;
}
