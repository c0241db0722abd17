/* When sweeps begin, and who is told of them. Main thread. */
#include "core/retention.h"

#include "core/base/figures.h"
#include "core/base/json.h"
#include "core/source/host.h"
#include "core/bus.h"
#include "spool/delivery.h"
#include "spool/repair.h"

#define OF(field) offsetof(HtSweepFigures, field)

static const HtFigure figures[] = {
    {"events", "retention_pruned_events_total", OF(events)},
    {"bytes", NULL, OF(bytes)},
    {"undelivered", "retention_undelivered_events_total", OF(undelivered)},
    {"files", "retention_archive_files_total", OF(files)},
    {"archived", NULL, OF(archived)},
    {"givenBack", "retention_returned_bytes_total", OF(given_back)},
};

struct HtRetention {
    HtSweeper *sweeper;
    GSource *timer; /* NULL: nothing is configured */
    uint64_t every_ms;
};

static gboolean on_timer(void *user)
{
    HtRetention *retention = user;
    ht_sweeper_start(retention->sweeper, false, NULL, NULL);
    return G_SOURCE_CONTINUE;
}

/* It begins anew only when it is another. */
static void set_timer(HtRetention *retention, const HtConfig *config)
{
    uint64_t every_ms = config->retentions->len > 0 ? config->spool.prune_every_ms : 0;
    if (every_ms == retention->every_ms) {
        return;
    }
    if (retention->timer) {
        g_source_destroy(retention->timer);
        g_clear_pointer(&retention->timer, g_source_unref);
    }
    retention->every_ms = every_ms;
    if (every_ms > 0) {
        retention->timer = g_timeout_source_new((unsigned)every_ms);
        g_source_set_callback(retention->timer, on_timer, retention, NULL);
        g_source_attach(retention->timer, g_main_context_get_thread_default());
    }
}

void ht_retention_change(HtRetention *retention, const HtConfig *config, const HtDictionary *dictionary)
{
    ht_sweeper_change(retention->sweeper, config, dictionary);
    set_timer(retention, config);
}

HtRetention *ht_retention_new(const HtConfig *config, const HtDictionary *dictionary, HtSpool *spool)
{
    HtRetention *retention = g_new0(HtRetention, 1);
    retention->sweeper = ht_sweeper_new(config, dictionary, spool);
    set_timer(retention, config);
    return retention;
}

void ht_retention_free(HtRetention *retention)
{
    if (retention) {
        if (retention->timer) {
            g_source_destroy(retention->timer);
            g_source_unref(retention->timer);
        }
        ht_sweeper_free(retention->sweeper);
        g_free(retention);
    }
}

/* ---- Saying it ---- */

static void add_figures(const HtSweepFigures *of, HtBuffer *json)
{
    ht_figures_json(figures, G_N_ELEMENTS(figures), of, json);
}

void ht_retention_json(HtRetention *retention, HtBuffer *json)
{
    HtSweepStatus status;
    ht_sweeper_status(retention->sweeper, &status);
    ht_json_open(json, "retention");
    ht_json_member(json, "state",
                   ht_text_from(!retention->timer ? "off"
                                : status.running  ? "runs"
                                : *status.problem ? "blocked"
                                                  : "idle"));
    ht_json_member_time(json, "lastSweep", status.ended_us);
    add_figures(&status.all, json);
    ht_json_member(json, "problem", ht_text_from(*status.problem ? status.problem : NULL));
    ht_buffer_add_char(json, '}');
}

void ht_retention_metrics(HtRetention *retention, HtBuffer *text)
{
    HtSweepStatus status;
    ht_sweeper_status(retention->sweeper, &status);
    ht_figures_metrics(figures, G_N_ELEMENTS(figures), &status.all, text);
    ht_metric_one(text, "retention_blocked", *status.problem != '\0');
}

char *ht_retention_notice(HtRetention *retention)
{
    HtSweepStatus status;
    ht_sweeper_status(retention->sweeper, &status);
    return *status.problem ? g_strdup_printf("events that are due are not pruned: %s", status.problem) : NULL;
}

/* ---- The verbs ---- */

static void answer(HtAdminReply *reply, const HtSweepStatus *status)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member_number(&json, "running", status->running);
    add_figures(&status->last, &json);
    ht_json_member(&json, "problem", ht_text_from(status->problem));
    ht_buffer_add_literal(&json, "}\n");
    ht_admin_reply(reply, 200, ht_buffer_text(&json));
    ht_buffer_clear(&json);
}

/* A sweep for one question. */
typedef struct {
    HtAdminReply *reply;
    HtSweeper *sweeper;
    HtDictionary *dictionary; /* NULL: the bus's */
} OwnSweep;

static gboolean end_own(void *user)
{
    OwnSweep *own = user;
    HtSweepStatus status;
    ht_sweeper_status(own->sweeper, &status);
    ht_sweeper_free(own->sweeper);
    g_clear_pointer(&own->dictionary, ht_dictionary_free);
    answer(own->reply, &status);
    g_free(own);
    return G_SOURCE_REMOVE;
}

/* Not from within the sweeper's own call. */
static void on_own_done(const HtSweepStatus *status, void *user)
{
    (void)status;
    g_idle_add(end_own, user);
}

static void run_own(const HtBus *bus, bool dry_run, HtAdminReply *reply)
{
    g_autoptr(GError) error = NULL;
    HtDictionary *dictionary = bus->dictionary ? NULL : ht_source_dictionary(bus->config, &error);
    if (error) {
        ht_admin_refuse(reply, 503, error->message);
        return;
    }
    OwnSweep *own = g_new(OwnSweep, 1);
    *own =
        (OwnSweep){reply, ht_sweeper_new(bus->config, dictionary ? dictionary : bus->dictionary, bus->spool),
                   dictionary};
    ht_sweeper_start(own->sweeper, dry_run, on_own_done, own);
}

void ht_retention_prune(void *user, JsonObject *asked, HtAdminReply *reply)
{
    const HtBus *bus = user;
    const char *verb = json_object_get_string_member_with_default(asked, "verb", "start");
    HtSweepStatus status = {.running = false};
    if (bus->config->retentions->len == 0) {
        ht_admin_refuse(reply, 409, "there is no [retention] section: everything is kept");
        return;
    }
    if (bus->retention) {
        ht_sweeper_status(bus->retention->sweeper, &status);
    }
    if (g_str_equal(verb, "look")) {
        answer(reply, &status);
    } else if (g_str_equal(verb, "dry-run")) {
        run_own(bus, true, reply);
    } else if (!g_str_equal(verb, "start")) {
        ht_admin_refuse(reply, 400, "the verb is start, look or dry-run");
    } else if (status.running) {
        ht_admin_refuse(reply, 409, "a sweep runs already");
    } else {
        ht_spool_audit(bus->spool, ht_admin_uid(reply), "spool prune", "", "");
        ht_admin_note(reply, "spool prune");
        if (!bus->retention) {
            run_own(bus, false, reply);
            return;
        }
        ht_sweeper_start(bus->retention->sweeper, false, NULL, NULL);
        ht_sweeper_status(bus->retention->sweeper, &status);
        answer(reply, &status);
    }
}

static void on_audited(const GError *error, void *user)
{
    if (error) {
        ht_admin_refuse(user, 503, error->message);
    } else {
        ht_admin_reply(user, 200, HT_TEXT_LITERAL("{}\n"));
    }
}

void ht_retention_export(void *user, JsonObject *asked, HtAdminReply *reply)
{
    ht_admin_shows(reply);
    const HtBus *bus = user;
    const char *what = json_object_get_string_member_with_default(asked, "what", "");
    if (!ht_spool_repair_is_reason(what)) {
        ht_admin_refuse(reply, 400, "what is 1 to 200 bytes of plain text, without long numbers");
        return;
    }
    ht_spool_audit(bus->spool, ht_admin_uid(reply), "spool export", what, "");
    ht_admin_note(reply, "events are exported: %s", what);
    ht_spool_settle(bus->spool, on_audited, reply);
}
