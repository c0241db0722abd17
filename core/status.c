/* The status page and the metrics, put together from what the parts say. Main thread. */
#include "core/status.h"

#include "core/alarms.h"
#include "core/base/figures.h"
#include "core/base/json.h"
#include "core/bus.h"
#include "core/delivery/status.h"
#include "core/pauses.h"
#include "core/records.h"
#include "core/source/status.h"
#include "spool/status.h"

#include "generated/version.h"

const char *ht_status_ready(void *user)
{
    const HtBus *bus = user;
    HtSpoolStatus spool;
    ht_spool_status(bus->spool, &spool);
    if (bus->stopping) {
        return "stopping";
    }
    if (spool.failed) {
        return spool.replaced ? "the spool's file was removed or replaced" : "the spool's disk has failed";
    }
    if (spool.size_level == 100) {
        return "the spool has reached max-size: intake is stopped";
    }
    if (spool.intake_stopped) {
        return "the spool's disk is full: intake is stopped";
    }
    return bus->ready ? NULL : "starting";
}

/* What has stopped intake is the reason why it is not ready. */
static void add_level(GString *text, unsigned level, const char *limit)
{
    if (level > 0 && level < 100) {
        g_string_append_printf(text, "the spool's room is getting short (%u): at %s intake stops\n", level,
                               limit);
    }
}

char *ht_status_notice(void *user)
{
    const HtBus *bus = user;
    HtSpoolStatus spool;
    ht_spool_status(bus->spool, &spool);
    g_autoptr(GString) text = g_string_new(NULL);
    if (spool.damaged > 0) {
        g_string_append_printf(text,
                               "%" G_GUINT64_FORMAT
                               " events of the spool are damaged and set aside: see the log, and"
                               " `hutong spool check` when the bus is stopped\n",
                               spool.damaged);
    }
    g_autofree char *pauses = ht_pauses_notice(bus);
    if (pauses) {
        g_string_append_printf(text, "%s\n", pauses);
    }
    add_level(text, spool.size_level, "max-size");
    add_level(text, spool.disk_level, "the disk's reserve");
    g_autofree char *retention = bus->retention ? ht_retention_notice(bus->retention) : NULL;
    if (retention) {
        g_string_append_printf(text, "%s\n", retention);
    }
    g_autofree char *purposes = ht_delivery_notice(bus->delivery);
    if (purposes) {
        g_string_append_printf(text, "%s\n", purposes);
    }
    g_autofree char *reload = ht_reload_notice(bus->reload);
    if (reload) {
        g_string_append_printf(text, "%s\n", reload);
    }
    g_autofree char *records = ht_records_notice(bus);
    if (records) {
        g_string_append_printf(text, "%s\n", records);
    }
    g_autofree char *alarms = bus->alarms ? ht_alarms_notice(bus->alarms) : NULL;
    if (alarms) {
        g_string_append_printf(text, "%s\n", alarms);
    }
    g_string_truncate(text, text->len > 0 ? text->len - 1 : 0);
    return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

void ht_status_json(void *user, HtBuffer *json)
{
    const HtBus *bus = user;
    const char *reason = ht_status_ready(user);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "name", ht_text_from(bus->config->bus.name));
    ht_json_member(json, "version", HT_TEXT_LITERAL(HT_VERSION));
    ht_json_member(json, "state", ht_text_from(reason ? reason : "ready"));
    g_autofree char *notice = ht_status_notice(user);
    ht_json_member(json, "notice", ht_text_from(notice));
    ht_json_member_time(json, "started", bus->started_us);
    ht_reload_json(bus->reload, json);
    ht_door_json(bus->door, json);
    if (bus->alarms) {
        ht_alarms_json(bus->alarms, json);
    }
    ht_monitor_json(bus->monitor, json);
    ht_spool_json(bus->spool, json);
    ht_retention_json(bus->retention, json);
    ht_pauses_json(bus, json);
    ht_sources_json(bus->sources, bus->spool, json);
    ht_delivery_json(bus->delivery, json);
    ht_records_json(bus, json);
    ht_buffer_add_literal(json, "}\n");
}

void ht_status_recent(void *user, uint64_t after, HtBuffer *json)
{
    const HtBus *bus = user;
    if (bus->door) {
        ht_door_recent(bus->door, after, json);
    }
}

void ht_status_metrics(void *user, HtBuffer *text)
{
    const HtBus *bus = user;
    ht_metric_add(text, ht_metric_begin(text, "build_info"), HT_VERSION, 1);
    ht_metric_one(text, "ready", ht_status_ready(user) == NULL);
    ht_metric_one(text, "start_timestamp_seconds", (uint64_t)bus->started_us);
    ht_reload_metrics(bus->reload, text);
    if (bus->alarms) {
        ht_alarms_metrics(bus->alarms, text);
    }
    ht_spool_metrics(bus->spool, text);
    ht_retention_metrics(bus->retention, text);
    ht_door_metrics(bus->door, text);
    ht_pauses_metrics(bus, text);
    ht_sources_metrics(bus->sources, bus->spool, text);
    ht_delivery_metrics(bus->delivery, text);
    ht_records_metrics(bus, text);
}
