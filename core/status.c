/* The status page and the metrics, put together from what the parts say. Main thread. */
#include "core/status.h"

#include "core/alarms.h"
#include "core/base/figures.h"
#include "core/base/json.h"
#include "core/bus.h"
#include "core/delivery/status.h"
#include "core/left.h"
#include "core/pauses.h"
#include "core/records.h"
#include "core/source/status.h"
#include "spool/status.h"

#include "generated/version.h"

/* ---- What the pages have, for who asks them by a program ---- */

#define NUMBER(name_of, about_of)                                  \
    {                                                              \
        name_of, HT_FORM_NUMBER, .about = about_of, .needed = true \
    }
#define NAME                                                           \
    {                                                                  \
        "name", HT_FORM_TEXT, .about = "its section's", .needed = true \
    }

static const HtFormMember pause_form[] = {
    {"by", HT_FORM_TEXT, .about = "who holds it", .needed = true, .words = "administrator;410"},
    {"since", HT_FORM_TIME, .about = "when it was held", .needed = true},
    NUMBER("uid", "of who holds it"),
    {"reason", HT_FORM_TEXT, .about = "why"},
    {"notice", HT_FORM_TEXT, .about = "what callers are told"},
    {"retryAfterS", HT_FORM_NUMBER, .about = "when callers are to come again"},
    {0},
};

#define PAUSE(name_of)                                                                  \
    {                                                                                   \
        name_of, HT_FORM_OBJECT, .about = "not there: it is not held", .of = pause_form \
    }

static const HtFormMember configuration_form[] = {
    {"file", HT_FORM_TEXT, .about = "where it is", .needed = true},
    {"sha256", HT_FORM_TEXT, .about = "of what counts", .needed = true},
    {"since", HT_FORM_TIME, .about = "when it was taken", .needed = true},
    NUMBER("reloads", "that were taken"),
    NUMBER("refused", "reloads that were not"),
    {"problem", HT_FORM_TEXT, .about = "of the last reload, when it was refused"},
    {"changing", HT_FORM_FLAG, .about = "what a reload has replaced still ends", .needed = true},
    {"restart", HT_FORM_LIST, .about = "keys of which the former value counts until a restart",
     .needed = true},
    {"left", HT_FORM_LIST, .about = "what consumers have left that are configured no more", .needed = true,
     .of = ht_left_form},
    {0},
};

static const HtFormMember door_form[] = {
    NUMBER("port", "the first one"),
    NUMBER("connections", "that are open"),
    NUMBER("requests", "since the start"),
    NUMBER("refused", "at the door"),
    NUMBER("inFlight", "messages"),
    NUMBER("gaveWay", "connections that were closed for others"),
    {"certificateEnds", HT_FORM_TIME, .about = "when it lapses"},
    {0},
};

static const HtFormMember alarm_form[] = {
    {"kind", HT_FORM_TEXT, .about = "what of", .needed = true},
    {"about", HT_FORM_TEXT, .about = "which source or consumer"},
    {"since", HT_FORM_TIME, .about = "when it began", .needed = true},
    {"text", HT_FORM_TEXT, .about = "in words", .needed = true},
    {0},
};

static const HtFormMember spool_form[] = {
    {"state", HT_FORM_TEXT, .about = "whether it takes messages", .needed = true,
     .words = "ok;full;capped;failed"},
    NUMBER("firstSequence", "of what is kept"),
    NUMBER("lastSequence", "of what is kept"),
    NUMBER("deadLetters", "of all consumers"),
    NUMBER("quarantined", "messages"),
    NUMBER("damaged", "events that are set aside"),
    NUMBER("conflicts", "of identities"),
    NUMBER("fileBytes", "of the file"),
    NUMBER("freeBytes", "of the disk"),
    NUMBER("waiting", "messages that are not on disk yet"),
    {0},
};

static const HtFormMember retention_form[] = {
    {"state", HT_FORM_TEXT, .about = "what it does", .needed = true, .words = "off;runs;blocked;idle"},
    {"lastSweep", HT_FORM_TIME, .about = "when it ended"},
    {"problem", HT_FORM_TEXT, .about = "why it goes no further"},
    {0},
};

static const HtFormMember route_form[] = {
    NAME,
    {"state", HT_FORM_TEXT, .about = "whether it lets through", .needed = true,
     .words = "open;paused;draining;drained"},
    {"to", HT_FORM_LIST, .about = "consumers", .needed = true},
    {"underWay", HT_FORM_NUMBER, .about = "held: events that are not through yet"},
    PAUSE("pause"),
    {0},
};

static const HtFormMember state_form[] = {
    {"state", HT_FORM_TEXT, .about = "in a word", .needed = true},
    {0},
};

static const HtFormMember source_form[] = {
    NAME,
    {"department", HT_FORM_TEXT, .about = "whose it is", .needed = true},
    {"adapter", HT_FORM_TEXT, .about = "what reads its messages", .needed = true},
    {"intake", HT_FORM_TEXT, .about = "whether it takes any", .needed = true,
     .words = "open;paused;draining;drained"},
    PAUSE("pause"),
    NUMBER("messages", "since the start"),
    NUMBER("accepted", "messages"),
    NUMBER("resent", "messages that were known"),
    NUMBER("rejected", "messages"),
    NUMBER("failed", "messages that the bus failed at"),
    NUMBER("busy", "messages that were put off"),
    NUMBER("events", "that were taken"),
    NUMBER("quarantined", "messages"),
    NUMBER("underWay", "messages"),
    {"lastAccepted", HT_FORM_TIME, .about = "when a message was"},
    {"host", HT_FORM_OBJECT, .about = "the process that reads", .needed = true, .open = true,
     .of = state_form},
    {"adapterCheck", HT_FORM_OBJECT, .about = "by the conformance kit", .needed = true, .open = true,
     .of = state_form},
    {0},
};

static const HtFormMember consumer_form[] = {
    NAME,
    {"state", HT_FORM_TEXT, .about = "what it does, and why", .needed = true},
    {"since", HT_FORM_TIME, .about = "when that began"},
    NUMBER("cursor", "the sequence up to which it has all"),
    NUMBER("backlog", "events behind"),
    NUMBER("failing", "persons of whom something fails"),
    NUMBER("held", "events that are held"),
    NUMBER("underWay", "events"),
    NUMBER("delivered", "events since the start"),
    NUMBER("dead", "letters since the start"),
    NUMBER("letters", "dead letters that wait"),
    {"oldest", HT_FORM_TIME, .about = "when what waits longest was taken"},
    {"lastError", HT_FORM_TEXT, .about = "in words"},
    PAUSE("pause"),
    {0},
};

const HtFormMember ht_status_form[] = {
    {"name", HT_FORM_TEXT, .about = "of the bus", .needed = true},
    {"version", HT_FORM_TEXT, .about = "of the program", .needed = true},
    {"state", HT_FORM_TEXT, .about = "ready, or why it is not", .needed = true},
    {"notice", HT_FORM_TEXT, .about = "what has to be looked at, a line each"},
    {"started", HT_FORM_TIME, .about = "when", .needed = true},
    {"configuration", HT_FORM_OBJECT, .about = "which counts", .needed = true, .of = configuration_form},
    {"door", HT_FORM_OBJECT, .about = "for departments and consumers", .needed = true, .open = true,
     .of = door_form},
    {"alarms", HT_FORM_LIST, .about = "that go on", .of = alarm_form},
    {"monitoring", HT_FORM_OBJECT, .about = "the address for it", .needed = true},
    {"spool", HT_FORM_OBJECT, .about = "the durable queue", .needed = true, .open = true, .of = spool_form},
    {"retention", HT_FORM_OBJECT, .about = "what removes the old", .needed = true, .open = true,
     .of = retention_form},
    PAUSE("maintenance"),
    {"routes", HT_FORM_LIST, .about = "each", .needed = true, .of = route_form},
    {"sources", HT_FORM_LIST, .about = "each", .needed = true, .open = true, .of = source_form},
    {"consumers", HT_FORM_LIST, .about = "each", .needed = true, .open = true, .of = consumer_form},
    {"audit", HT_FORM_OBJECT, .about = "the record of who did and got what", .needed = true, .open = true,
     .of = state_form},
    {0},
};

static const HtFormMember message_form[] = {
    NUMBER("number", "since the start"),
    {"time", HT_FORM_TIME, .about = "of the answer", .needed = true},
    {"id", HT_FORM_TEXT, .about = "of the message", .needed = true},
    {"source", HT_FORM_TEXT, .about = "- when it is not known", .needed = true},
    {"outcome", HT_FORM_TEXT, .about = "taken, resent, or the code of the refusal", .needed = true},
    NUMBER("status", "of the answer by HTTP"),
    NUMBER("sequence", "of its first event"),
    NUMBER("events", "that it made"),
    NUMBER("known", "events that were there"),
    {0},
};

const HtFormMember ht_status_recent_form[] = {
    NUMBER("last", "the number of the last one"),
    {"messages", HT_FORM_LIST, .about = "in the order of their answers", .needed = true, .of = message_form},
    {0},
};

/* ---- The pages ---- */

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
