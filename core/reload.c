/* Reloading; see reload.h. Main-loop thread. */
#include "core/reload.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/metrics.h"
#include "core/base/timer.h"
#include "core/bus.h"
#include "core/config/compare.h"
#include "core/left.h"
#include "core/notify.h"
#include "core/records.h"
#include "core/source/host.h"
#include "core/tryout.h"
#include "core/who.h"

#include <string.h>

#define LOOK_MS 200     /* between looks at the gate */
#define LOGGED_MOST 200 /* lines of one reload that go to the log */

/* What is made of a configuration before it is taken. */
typedef struct {
    HtConfig *config;
    HtDictionary *dictionary; /* held */
    HtSourcesChange *sources;
    GHashTable *guards;
    HtSchemas *schemas; /* NULL: they stay */
    HtRoles *roles;
    GPtrArray *fixed; /* of char *: keys that need a restart */
} Next;

struct HtReload {
    HtBus *bus;
    bool busy, again;
    HtAdminReply *reply; /* who has asked; NULL: a signal */
    HtTryout *tryout;
    char *told; /* by it */
    Next next;
    HtTimer *timer;
    int64_t until_us; /* monotonic: when the gate is waited for no more */

    char sha256[HT_SHA256_HEX]; /* of the configuration in force */
    int64_t since_us;
    GPtrArray *fixed; /* of it, as above; NULL: none */
    char *problem;    /* why the last one was refused; NULL: it was not */
    uint64_t reloads, refused;
};

/* ---- The end of one ---- */

static void clear_next(Next *next)
{
    g_clear_pointer(&next->sources, ht_sources_change_free);
    g_clear_pointer(&next->guards, g_hash_table_unref);
    g_clear_pointer(&next->schemas, ht_schemas_free);
    g_clear_pointer(&next->roles, ht_roles_free);
    g_clear_pointer(&next->fixed, g_ptr_array_unref);
    g_clear_pointer(&next->dictionary, ht_dictionary_free);
    g_clear_pointer(&next->config, ht_config_free);
}

static void answer(HtReload *reload, HtBuffer *json)
{
    ht_buffer_add_literal(json, "}\n");
    if (reload->reply) {
        ht_admin_reply(g_steal_pointer(&reload->reply), 200, ht_buffer_text(json));
    }
    ht_buffer_clear(json);
}

static void end(HtReload *reload)
{
    bool again = reload->again;
    g_clear_pointer(&reload->tryout, ht_tryout_free);
    g_clear_pointer(&reload->told, g_free);
    clear_next(&reload->next);
    ht_timer_set(reload->timer, INT64_MAX);
    reload->busy = reload->again = false;
    ht_notify("READY=1");
    if (again) {
        ht_reload_ask(reload);
    }
}

static void log_lines(HtLogLevel level, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", LOGGED_MOST + 1);
    for (unsigned i = 0; lines[i] && i < LOGGED_MOST; i++) {
        if (*lines[i]) {
            ht_log(level, "reload", "%s", lines[i]);
        }
    }
}

/* All stays as it is. */
static void refuse(HtReload *reload, const char *problems)
{
    HtBuffer json = {.data = NULL};
    const char *line_end = strchr(problems, '\n');
    reload->refused++;
    g_free(reload->problem);
    reload->problem = g_strndup(problems, line_end ? (size_t)(line_end - problems) : strlen(problems));
    ht_log(HT_LOG_ERROR, "reload", "refused: the configuration stays as it was");
    log_lines(HT_LOG_ERROR, problems);
    if (reload->reply) {
        ht_admin_note(reload->reply, "reload refused");
    }
    ht_buffer_add_char(&json, '{');
    ht_json_name(&json, "applied");
    ht_buffer_add_literal(&json, "false");
    ht_json_member(&json, "problems", ht_text_from(problems));
    answer(reload, &json);
    end(reload);
}

/* ---- Taking it ---- */

static void measure(HtReload *reload, const HtConfig *config)
{
    g_autoptr(GString) text = g_string_new(NULL);
    ht_config_print(config, text);
    ht_sha256_hex((HtText){text->str, text->len}, reload->sha256);
    reload->since_us = ht_clock_now();
}

static void add_texts(HtBuffer *json, const char *name, const GPtrArray *texts)
{
    ht_json_name(json, name);
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; texts && i < texts->len; i++) {
        ht_json_comma(json);
        ht_json_string(json, ht_text_from(texts->pdata[i]));
    }
    ht_buffer_add_char(json, ']');
}

/* Each part as a whole, and nothing else runs in between. */
static void swap_parts(HtBus *bus, Next *next)
{
    bool required = g_str_equal(next->config->bus.audit_failure, "stop");
    ht_sources_commit(bus->sources, g_steal_pointer(&next->sources));
    ht_pages_change(bus->pages, g_steal_pointer(&next->guards));
    bus->intake.limits = &next->config->spool.limits;
    ht_spool_change_room(bus->spool, &next->config->spool.limits);
    bus->intake.dictionary = next->dictionary;
    bus->intake.sources = ht_sources_count(bus->sources);
    ht_access_change(bus->access, next->dictionary, required);
    ht_delivery_change(bus->delivery, next->config, next->dictionary);
    ht_retention_change(bus->retention, next->config, next->dictionary);
    ht_receipts_change(bus->receipts, next->config, next->dictionary);
    ht_deliveries_change(bus->deliveries, next->config, next->dictionary);
    if (next->schemas) {
        ht_schema_pages_change(bus->schemas, next->config, next->dictionary, g_steal_pointer(&next->schemas));
    } else {
        ht_schema_pages_follow(bus->schemas, next->config);
    }
    HtAdminLimits limits = ht_who_admin_limits(next->config);
    ht_admin_change(bus->admin, &limits, next->roles);
    ht_roles_free(bus->roles);
    bus->roles = g_steal_pointer(&next->roles);
    ht_log_set_level_named(next->config->bus.log_level);
    ht_log_set_form_named(next->config->bus.log_format);
    ht_log_set_rate((unsigned)next->config->bus.log_rate);
}

static void swap_owned(HtBus *bus, Next *next)
{
    HtConfig *config = bus->config;
    HtDictionary *dictionary = bus->dictionary;
    bus->config = g_steal_pointer(&next->config);
    bus->dictionary = g_steal_pointer(&next->dictionary);
    ht_config_free(config);
    ht_dictionary_free(dictionary);
}

static void tell_taken(HtReload *reload, const GPtrArray *changes)
{
    HtBuffer json = {.data = NULL};
    ht_log(HT_LOG_INFO, "reload", "taken: %u keys and sections are other than before; configuration %.16s",
           changes->len, reload->sha256);
    for (unsigned i = 0; i < MIN(changes->len, LOGGED_MOST); i++) {
        ht_log(HT_LOG_INFO, "reload", "%s", (char *)changes->pdata[i]);
    }
    for (unsigned i = 0; i < reload->fixed->len; i++) {
        ht_log(HT_LOG_WARNING, "reload", "%s needs a restart: until then its former value counts",
               (char *)reload->fixed->pdata[i]);
    }
    ht_left_log(reload->bus);
    ht_buffer_add_char(&json, '{');
    ht_json_name(&json, "applied");
    ht_buffer_add_literal(&json, "true");
    ht_json_member(&json, "sha256", ht_text_from(reload->sha256));
    add_texts(&json, "changes", changes);
    add_texts(&json, "restart", reload->fixed);
    ht_left_json(reload->bus, &json);
    ht_json_member(&json, "told", ht_text_from(reload->told));
    answer(reload, &json);
}

static void take_over(HtReload *reload)
{
    HtBus *bus = reload->bus;
    Next *next = &reload->next;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) changes = ht_config_compare(bus->config, next->config);
    if (!ht_door_change(bus->door, &next->config->bus, ht_who_shows_certificates(next->config), &error)) {
        bool of_place = error->domain == HT_DOOR_ERROR;
        g_autofree char *place = ht_bus_place(next->config, of_place ? "listen" : "tls-certificate");
        g_autofree char *text = g_strdup_printf("%s: error: %s\n", place, error->message);
        refuse(reload, text);
        return;
    }
    swap_parts(bus, next);
    swap_owned(bus, next);
    measure(reload, bus->config);
    g_clear_pointer(&reload->problem, g_free);
    g_clear_pointer(&reload->fixed, g_ptr_array_unref);
    reload->fixed = g_steal_pointer(&next->fixed);
    reload->reloads++;
    ht_records_change(bus);
    ht_records_config(bus);
    ht_spool_audit(bus->spool, reload->reply ? ht_admin_uid(reload->reply) : -1, "reload", reload->sha256,
                   "");
    if (reload->reply) {
        ht_admin_note(reload->reply, "reload: %u changes, configuration %.16s", changes->len, reload->sha256);
    }
    tell_taken(reload, changes);
    end(reload);
}

/* ---- What it needs ---- */

static bool prepare_schemas(const HtBus *bus, Next *next, bool other_data, GError **error)
{
    g_auto(HtWords) words = ht_source_words(next->config);
    if (!other_data && g_strcmp0(bus->config->bus.schema_url, next->config->bus.schema_url) == 0) {
        return true;
    }
    next->schemas = ht_schema_pages_prepare(next->config, next->dictionary, &words, error);
    return next->schemas != NULL;
}

static bool prepare_delivery(const Next *next, GError **error)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    bool good = ht_delivery_check(next->config, next->dictionary, errors);
    if (!good) {
        g_set_error_literal(error, HT_DELIVERY_ERROR, 0, errors->str);
    }
    return good;
}

/* Beside what serves. */
static bool prepare(const HtBus *bus, Next *next, GError **error)
{
    next->sources = ht_sources_prepare(bus->sources, next->config, error);
    if (!next->sources) {
        return false;
    }
    bool other_data = ht_sources_change_has_other_data(next->sources);
    next->dictionary =
        other_data ? ht_source_dictionary(next->config, error) : ht_dictionary_hold(bus->dictionary);
    return next->dictionary && (next->guards = ht_pages_prepare(next->config, error)) &&
           (next->roles = ht_who_roles(next->config, error)) && prepare_delivery(next, error) &&
           prepare_schemas(bus, next, other_data, error);
}

static gboolean look_at_gate(void *user)
{
    HtReload *reload = user;
    g_autofree char *reason = NULL;
    int64_t now_us = ht_clock_monotonic();
    HtGateState state = ht_sources_change_look(reload->next.sources, &reason);
    if (state == HT_GATE_PASSED) {
        take_over(reload);
    } else if (state == HT_GATE_FAILED) {
        g_autofree char *text = g_strdup_printf("error: %s\n", reason);
        refuse(reload, text);
    } else if (now_us >= reload->until_us) {
        refuse(reload, "error: checking the adapters took longer than [bus] reload-within\n");
    } else {
        ht_timer_set(reload->timer, now_us + (int64_t)LOOK_MS * 1000);
    }
    return G_SOURCE_CONTINUE;
}

/* The files may be others than those that were tried: what can go wrong with them is looked for once more. */
static void take_tried(bool good, const char *told, void *user)
{
    HtReload *reload = user;
    Next *next = &reload->next;
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    if (!good) {
        refuse(reload, told);
        return;
    }
    reload->told = g_strdup(told);
    next->config = ht_config_load(reload->bus->config->file, errors);
    if (!next->config) {
        refuse(reload, errors->str);
        return;
    }
    next->fixed = g_ptr_array_new_with_free_func(g_free);
    ht_config_keep_fixed(next->config, reload->bus->config, next->fixed);
    if (!prepare(reload->bus, next, &error)) {
        refuse(reload, error->message);
        return;
    }
    look_at_gate(reload);
}

/* ---- Asking for it ---- */

static void begin(HtReload *reload, HtAdminReply *reply)
{
    const HtConfig *config = reload->bus->config;
    g_autoptr(GError) error = NULL;
    g_autofree char *state = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                                             g_get_monotonic_time()); /* CLOCK_MONOTONIC, whatever tests do */
    reload->busy = true;
    reload->reply = reply;
    reload->until_us = ht_clock_monotonic() + (int64_t)config->bus.reload_within_ms * 1000;
    ht_notify(state);
    ht_log(HT_LOG_INFO, "reload", "%s is tried", config->file);
    reload->tryout = ht_tryout_start(config->file, config->bus.reload_within_ms, take_tried, reload, &error);
    if (!reload->tryout) {
        g_autofree char *text = g_strdup_printf("error: it cannot be tried: %s\n", error->message);
        refuse(reload, text);
    }
}

void ht_reload_ask(HtReload *reload)
{
    if (reload->bus->stopping) {
        return;
    }
    if (reload->busy) {
        reload->again = true;
        return;
    }
    begin(reload, NULL);
}

void ht_reload_verb(void *user, JsonObject *asked, HtAdminReply *reply)
{
    HtBus *bus = user;
    const char *file = json_object_get_string_member_with_default(asked, "file", "");
    if (bus->stopping || !bus->ready) {
        ht_admin_refuse(reply, 409, bus->stopping ? "the bus is ending" : "the bus is starting");
    } else if (*file && !g_str_equal(file, bus->config->file)) {
        g_autofree char *text = g_strdup_printf("the bus has another configuration: %s", bus->config->file);
        ht_admin_refuse(reply, 409, text);
    } else if (bus->reload->busy) {
        ht_admin_refuse(reply, 409, "a reload is under way: ask again when it is over");
    } else {
        begin(bus->reload, reply);
    }
}

HtReload *ht_reload_new(void *bus)
{
    HtReload *reload = g_new0(HtReload, 1);
    reload->bus = bus;
    reload->timer = ht_timer_new(look_at_gate, reload);
    measure(reload, reload->bus->config);
    return reload;
}

void ht_reload_free(HtReload *reload)
{
    if (!reload) {
        return;
    }
    if (reload->reply) {
        ht_admin_refuse(g_steal_pointer(&reload->reply), 503, "the bus has ended; the reload was not taken");
    }
    g_clear_pointer(&reload->tryout, ht_tryout_free);
    clear_next(&reload->next);
    ht_timer_free(reload->timer);
    g_clear_pointer(&reload->fixed, g_ptr_array_unref);
    g_free(reload->told);
    g_free(reload->problem);
    g_free(reload);
}

/* ---- What is said of it ---- */

void ht_reload_json(const HtReload *reload, HtBuffer *json)
{
    ht_json_open(json, "configuration");
    ht_json_member(json, "file", ht_text_from(reload->bus->config->file));
    ht_json_member(json, "sha256", ht_text_from(reload->sha256));
    ht_json_member_time(json, "since", reload->since_us);
    ht_json_member_number(json, "reloads", (int64_t)reload->reloads);
    ht_json_member_number(json, "refused", (int64_t)reload->refused);
    ht_json_member(json, "problem", ht_text_from(reload->problem));
    ht_json_name(json, "changing");
    ht_buffer_add_text(json, ht_text_from(ht_delivery_is_changing(reload->bus->delivery) ? "true" : "false"));
    add_texts(json, "restart", reload->fixed);
    ht_left_json(reload->bus, json);
    ht_buffer_add_char(json, '}');
}

void ht_reload_metrics(const HtReload *reload, HtBuffer *text)
{
    ht_metric_add(text, ht_metric_begin(text, "config_info"), reload->sha256, 1);
    ht_metric_one(text, "config_since_timestamp_seconds", (uint64_t)reload->since_us);
    ht_metric_one(text, "config_reloads_total", reload->reloads);
    ht_metric_one(text, "config_reloads_refused_total", reload->refused);
    ht_metric_one(text, "config_reload_refused", reload->problem != NULL);
}

char *ht_reload_notice(const HtReload *reload)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (reload->problem) {
        g_string_append(text,
                        "the last reload was refused, and the configuration in force is not that of its "
                        "files: see the log, `hutong status` and `hutong check`\n");
    }
    for (unsigned i = 0; reload->fixed && i < reload->fixed->len; i++) {
        g_string_append_printf(text, "%s was changed and needs a restart\n",
                               (const char *)reload->fixed->pdata[i]);
    }
    ht_left_notice(reload->bus, text);
    g_string_truncate(text, text->len > 0 ? text->len - 1 : 0);
    return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}
