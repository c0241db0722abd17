/* The bus. Reading order: ht_bus_run() opens the parts from the spool outwards, so that nothing is taken before it can be
 * kept; then the main loop runs; the parts close in the opposite order. Main thread. */
#include "core/bus.h"

#include "core/alarms.h"
#include "core/base/ages.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/user.h"
#include "core/delivery/out.h"
#include "core/left.h"
#include "core/notify.h"
#include "core/records.h"
#include "core/status.h"
#include "core/source/host.h"
#include "core/who.h"
#include "core/verbs.h"
#include "spool/history.h"

#include <curl/curl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define DRAIN_MS 10000
#define TICK_SECONDS 1
#define LATEST_MESSAGES 100000 /* looked at for when sources sent last */

/* ---- Opening, from the spool outwards ---- */

static bool open_spool(HtBus *bus, GError **error)
{
    const HtConfig *config = bus->config;
    uint8_t key[32];
    if (g_mkdir_with_parents(config->bus.state, 0700) < 0) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "%s: cannot be made: %s", config->bus.state,
                    g_strerror(errno));
        return false;
    }
    g_autofree char *file = g_build_filename(config->bus.state, "spool.db", NULL);
    bool first_start =
        !g_file_test(file, G_FILE_TEST_EXISTS); /* later, a missing key must be brought back, not made anew */
    bool has_key = g_file_test(config->bus.site_key_file, G_FILE_TEST_EXISTS);
    if (!ht_spool_load_key(config->bus.site_key_file, first_start, key, error)) {
        return false;
    }
    HtSpoolOptions options = {.directory = config->bus.state,
                              .site_key = key,
                              .limits = config->spool.limits,
                              .sealing = ht_config_sealing(config),
                              .must_exist = has_key};
    bus->spool = ht_spool_open(&options, error);
    if (!bus->spool && !has_key && !g_file_test(file, G_FILE_TEST_EXISTS)) {
        g_unlink(config->bus
                     .site_key_file); /* made for nothing: beside a key the next start would miss its spool */
    }
    ht_spool_pseudonym_key(key, bus->pseudonym_key);
    explicit_bzero(key, sizeof key);
    return bus->spool != NULL;
}

static bool open_signer(HtBus *bus, GError **error)
{
    bus->signer =
        ht_signer_open(bus->config->bus.state, ht_signature_kind(bus->config->bus.signature), error);
    return bus->signer != NULL;
}

static bool open_dictionary(HtBus *bus, GError **error)
{
    bus->dictionary = ht_source_dictionary(bus->config, error);
    return bus->dictionary != NULL;
}

static void wake_delivery(uint64_t last_sequence, void *user)
{
    HtBus *bus = user;
    if (bus->delivery) {
        ht_delivery_wake(bus->delivery, last_sequence);
    }
}

static bool open_delivery(HtBus *bus, GError **error)
{
    HtDeliveryOptions options = {bus->config, bus->dictionary, bus->spool, bus->pseudonym_key,
                                 &bus->recorder};
    ht_records_open(bus);
    ht_records_begin(bus);
    bus->delivery = ht_delivery_new(&options, error);
    ht_spool_watch(bus->spool, wake_delivery, bus);
    return bus->delivery != NULL;
}

static bool open_retention(HtBus *bus)
{
    bus->retention = ht_retention_new(bus->config, bus->dictionary, bus->spool);
    return true;
}

static void note_latest(const char *source, int64_t received_us, void *user)
{
    HtBus *bus = user;
    for (unsigned i = 0; i < ht_sources_count(bus->sources); i++) {
        HtSource *own = ht_sources_at(bus->sources, i);
        if (g_str_equal(own->config->name, source)) {
            own->figures->last_us = received_us;
        }
    }
}

/* When each source sent last, also before this start. One that is not among the last messages has not been heard of for long. */
static void read_latest(HtBus *bus)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(bus->config->bus.state, &error);
    if (!look || !ht_spool_look_latest(look, LATEST_MESSAGES, note_latest, bus, &error)) {
        ht_log(HT_LOG_WARNING, "bus", "when sources sent last is not known: %s", error->message);
    }
}

static bool open_sources(HtBus *bus, GError **error)
{
    bus->sources = ht_sources_new(bus->config, error);
    if (bus->sources) {
        read_latest(bus);
    }
    return bus->sources != NULL;
}

/* What the parts show at the public door. */
static bool open_pages(HtBus *bus, GError **error)
{
    g_auto(HtWords) words = ht_source_words(bus->config);
    bus->pages = ht_pages_new(bus->config, error);
    if (bus->pages) {
        bus->receipts = ht_receipts_new(bus->config, bus->dictionary, bus->signer, bus->pages);
        bus->deliveries = ht_deliveries_new(bus->config, bus->dictionary, bus->spool, bus->pages);
        ht_delivery_add_pages(bus->delivery, bus->pages);
    }
    bus->schemas =
        bus->pages ? ht_schema_pages_new(bus->config, bus->dictionary, &words, bus->pages, error) : NULL;
    return bus->schemas != NULL;
}

static bool open_doors(HtBus *bus, GError **error)
{
    HtAdminView view = {ht_status_ready,  ht_status_json,  ht_status_metrics,
                        &ht_verbs_api,    ht_records_deed, bus,
                        ht_status_notice, bus->roles,      ht_status_recent};
    HtDoorOptions options = {.bus = &bus->config->bus,
                             .sources = bus->sources,
                             .intake = &bus->intake,
                             .pages = bus->pages,
                             .signer = bus->signer,
                             .asks_certificates = ht_who_shows_certificates(bus->config)};
    bus->intake = (HtIntake){.spool = bus->spool,
                             .limits = &bus->config->spool.limits,
                             .dictionary = bus->dictionary,
                             .sources = ht_sources_count(bus->sources)};
    HtAdminLimits limits = ht_who_admin_limits(bus->config);
    bus->admin = ht_admin_open(bus->config->bus.admin, &limits, &view, error);
    bus->monitor = bus->admin ? ht_monitor_open(&bus->config->bus, bus->admin, error) : NULL;
    bus->door = bus->monitor ? ht_door_open(&options, error) : NULL;
    bus->reload = bus->door ? ht_reload_new(bus) : NULL;
    return bus->door != NULL;
}

static bool open_roles(HtBus *bus, GError **error)
{
    bus->roles = ht_who_roles(bus->config, error);
    return bus->roles != NULL;
}

static bool open_alarms(HtBus *bus, GError **error)
{
    bus->alarms = ht_alarms_new(bus, error);
    return bus->alarms != NULL;
}

static bool open_parts(HtBus *bus, GError **error)
{
    return open_dictionary(bus, error) && open_spool(bus, error) && open_signer(bus, error) &&
           open_delivery(bus, error) && open_retention(bus) && open_sources(bus, error) &&
           open_pages(bus, error) && open_roles(bus, error) && open_doors(bus, error) &&
           open_alarms(bus, error);
}

/* ---- Turning and ending ---- */

static void stop_loop(void *user)
{
    HtBus *bus = user;
    g_main_loop_quit(bus->loop);
}

static gboolean on_drain_timeout(void *user)
{
    ht_log(HT_LOG_WARNING, "bus", "messages are still in flight; they were not acknowledged");
    stop_loop(user);
    return G_SOURCE_CONTINUE;
}

static gboolean on_signal(void *user)
{
    HtBus *bus = user;
    if (bus->stopping || !bus->door) {
        stop_loop(bus);
        return G_SOURCE_CONTINUE;
    }
    bus->stopping = true;
    ht_log(HT_LOG_INFO, "bus", "ending: messages in flight get their answers first");
    ht_notify("STOPPING=1");
    g_timeout_add(DRAIN_MS, on_drain_timeout, bus);
    ht_door_drain(bus->door, stop_loop, bus);
    return G_SOURCE_CONTINUE;
}

static gboolean on_hangup(void *user)
{
    HtBus *bus = user;
    if (bus->reload && !bus->stopping) { /* at the end it is gone before the loop is */
        ht_reload_ask(bus->reload);
    }
    return G_SOURCE_CONTINUE;
}

/* The disk failed: nothing may be acknowledged from here on, and the next start checks what is there. */
static gboolean on_tick(void *user)
{
    HtBus *bus = user;
    HtSpoolStatus status;
    ht_spool_status(bus->spool, &status);
    if (status.failed) {
        ht_log(HT_LOG_ERROR, "bus", "%s; the bus ends without acknowledging anything more",
               status.replaced ? "the spool's file was removed or replaced" : "the spool's disk failed");
        bus->end = HT_BUS_FAILED;
        bus->stopping = true;
        stop_loop(bus);
    }
    if (!bus->stopping) {
        ht_sources_tick(bus->sources);
        ht_door_tick(bus->door);
        ht_alarms_tick(bus->alarms);
    }
    ht_ages_now(); /* sees each step of the clock */
    ht_notify("WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}

static void run_loop(HtBus *bus)
{
    unsigned tls_port = ht_door_tls_port(bus->door);
    g_autofree char *secure = tls_port ? g_strdup_printf(", with TLS on port %u", tls_port) : g_strdup("");
    ht_log(HT_LOG_INFO, "bus",
           "%s is ready: public door on port %u%s, admin socket at %s, %u sources, %u consumers",
           bus->config->bus.name, ht_door_port(bus->door), secure, bus->config->bus.admin,
           bus->config->sources->len, bus->config->consumers->len);
    g_unix_signal_add(SIGTERM, on_signal, bus);
    g_unix_signal_add(SIGINT, on_signal, bus);
    g_unix_signal_add(SIGHUP, on_hangup, bus);
    ht_left_log(bus);
    g_timeout_add_seconds(TICK_SECONDS, on_tick, bus);
    ht_ages_now();
    ht_sources_tick(bus->sources);
    bus->ready = true;
    ht_notify("READY=1");
    g_main_loop_run(bus->loop);
}

static void close_parts(HtBus *bus)
{
    g_clear_pointer(&bus->reload, ht_reload_free);
    g_clear_pointer(&bus->alarms, ht_alarms_free);
    g_clear_pointer(&bus->door, ht_door_close);
    g_clear_pointer(&bus->receipts, ht_receipts_free);
    g_clear_pointer(&bus->deliveries, ht_deliveries_free);
    g_clear_pointer(&bus->pages, ht_pages_free);
    g_clear_pointer(&bus->schemas, ht_schema_pages_free);
    g_clear_pointer(&bus->admin, ht_admin_close);
    g_clear_pointer(&bus->monitor, ht_monitor_close);
    g_clear_pointer(&bus->roles, ht_roles_free);
    g_clear_pointer(&bus->sources, ht_sources_free);
    g_clear_pointer(&bus->retention, ht_retention_free);
    g_clear_pointer(&bus->delivery, ht_delivery_free);
    g_clear_pointer(&bus->spool, ht_spool_close); /* answers what still waits, which is recorded */
    ht_records_end(bus);
    g_clear_pointer(&bus->signer, ht_signer_free);
    g_clear_pointer(&bus->dictionary, ht_dictionary_free);
    g_clear_pointer(&bus->config, ht_config_free);
    g_clear_pointer(&bus->loop, g_main_loop_unref);
    explicit_bzero(bus->pseudonym_key, sizeof bus->pseudonym_key);
}

/* What is in memory (payloads, the site key) is not to be found in a core file, nor read through /proc. */
static void keep_memory_private(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef HT_SANITIZED /* a leak check has to read our memory */
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

static void warn_of_root(const HtBusConfig *bus)
{
    const char *warning = ht_user_warning(bus->user);
    if (warning) {
        ht_log(HT_LOG_WARNING, "bus", "%s", warning);
    }
}

HtBusEnd ht_bus_run(const HtConfig *config)
{
    HtBus bus = {.config = ht_config_hold(config), .started_us = ht_clock_now(), .end = HT_BUS_STOPPED};
    g_autoptr(GError) error = NULL;
    keep_memory_private();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* until there is something to reload */
    mallopt(
        M_ARENA_MAX,
        2); /* glibc gives each thread 64 MB of address space to scatter over; what passes from thread to thread stays */
    ht_log_set_level_named(config->bus.log_level);
    ht_log_set_form_named(config->bus.log_format);
    ht_log_set_rate((unsigned)config->bus.log_rate);
    warn_of_root(&config->bus);
    curl_global_init(CURL_GLOBAL_ALL);
    bus.loop = g_main_loop_new(NULL, FALSE);
    if (open_parts(&bus, &error)) {
        run_loop(&bus);
    } else {
        g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
        for (char **line = lines; *line; line++) {
            ht_log(HT_LOG_ERROR, "bus", "%s", *line);
        }
        bool configuration = error->domain == HT_DELIVERY_ERROR || error->domain == HT_DICTIONARY_ERROR ||
                             error->domain == HT_TABLES_ERROR || error->domain == HT_GUARD_ERROR ||
                             g_error_matches(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
        bus.end = configuration ? HT_BUS_MISCONFIGURED : HT_BUS_FAILED;
    }
    close_parts(&bus);
    return bus.end;
}
