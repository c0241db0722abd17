/* The status page and the metrics. Figures and names only: no personal data passes here. Main thread. */
#include "core/status.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/host-of-source.h"

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
        return "the spool's disk has failed";
    }
    if (spool.intake_stopped) {
        return "the spool's disk is full: intake is stopped";
    }
    return bus->ready ? NULL : "starting";
}

/* ---- JSON ---- */

static void open_object(HtBuffer *json, const char *name)
{
    ht_json_name(json, name);
    ht_buffer_add_char(json, '{');
}

static void add_time(HtBuffer *json, const char *name, int64_t time_us)
{
    char text[HT_CLOCK_TEXT];
    if (time_us > 0) {
        ht_clock_format(time_us, text);
        ht_json_member(json, name, ht_text_from(text));
    }
}

static void add_spool(const HtBus *bus, HtBuffer *json)
{
    HtSpoolStatus spool;
    ht_spool_status(bus->spool, &spool);
    const struct {
        const char *name;
        uint64_t value;
    } figures[] = {{"firstSequence", spool.first_sequence},
                   {"lastSequence", spool.last_sequence},
                   {"messages", spool.messages},
                   {"resent", spool.resent},
                   {"duplicates", spool.duplicates},
                   {"deadLetters", spool.dead_letters},
                   {"quarantined", spool.quarantined},
                   {"aliases", spool.aliases},
                   {"conflicts", spool.conflicts},
                   {"fileBytes", spool.file_bytes},
                   {"walBytes", spool.wal_bytes},
                   {"freeBytes", spool.free_bytes},
                   {"commits", spool.commits},
                   {"checkpoints", spool.checkpoints},
                   {"commitP99Us", spool.commit_p99_us},
                   {"waiting", ht_spool_backlog(bus->spool)}};
    open_object(json, "spool");
    for (unsigned i = 0; i < G_N_ELEMENTS(figures); i++) {
        ht_json_member_number(json, figures[i].name, (int64_t)figures[i].value);
    }
    ht_json_member(json, "state",
                   ht_text_from(spool.failed           ? "failed"
                                : spool.intake_stopped ? "full"
                                                       : "ok"));
    ht_buffer_add_char(json, '}');
}

static void add_door(const HtBus *bus, HtBuffer *json)
{
    HtDoorStatus door;
    ht_door_status(bus->door, &door);
    open_object(json, "door");
    ht_json_member_number(json, "port", ht_door_port(bus->door));
    ht_json_member_number(json, "connections", (int64_t)door.connections);
    ht_json_member_number(json, "requests", (int64_t)door.requests);
    ht_json_member_number(json, "refused", (int64_t)door.refused);
    ht_json_member_number(json, "inFlight", door.in_flight);
    ht_buffer_add_char(json, '}');
}

static void add_host(const HtSource *source, HtBuffer *json)
{
    HtHostStatus host;
    ht_host_status(source->host, &host);
    open_object(json, "host");
    ht_json_member(json, "state", ht_text_from(host.state));
    ht_json_member_number(json, "pid", host.pid);
    ht_json_member_number(json, "restarts", (int64_t)host.restarts);
    ht_json_member_number(json, "kills", (int64_t)host.kills);
    ht_json_member_number(json, "waiting", host.waiting);
    ht_json_member(json, "adapterVersion", ht_text_from(host.adapter_version));
    ht_json_member(json, "reason", ht_text_from(host.reason));
    ht_buffer_add_char(json, '}');
}

static void add_gate(const HtBus *bus, const HtSource *source, HtBuffer *json)
{
    static const char *const words[] = {"checking", "passed", "failed"};
    HtGateStatus status = {HT_GATE_PASSED, 0, NULL};
    if (bus->gate) {
        g_autofree char *file = ht_adapter_of_source(bus->config, source->config);
        ht_gate_status(bus->gate, file, &status);
    }
    open_object(json, "adapterCheck");
    ht_json_member(json, "state", ht_text_from(bus->gate ? words[status.state] : "off"));
    ht_json_member_number(json, "pid", status.pid);
    ht_json_member(json, "reason", ht_text_from(status.reason));
    ht_buffer_add_char(json, '}');
}

static void add_source(const HtBus *bus, const HtSource *source, HtBuffer *json)
{
    const HtSourceFigures *figures = &source->figures;
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "name", ht_text_from(source->config->name));
    ht_json_member(json, "department", ht_text_from(source->config->department));
    ht_json_member(json, "adapter", ht_text_from(source->config->adapter));
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {{"messages", figures->messages},
               {"accepted", figures->accepted},
               {"resent", figures->resent},
               {"rejected", figures->rejected},
               {"failed", figures->failed},
               {"busy", figures->busy},
               {"events", figures->events},
               {"duplicates", figures->duplicates},
               {"quarantined", figures->quarantined},
               {"bytes", figures->bytes},
               {"latencyMaxUs", figures->latency_us_max}};
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        ht_json_member_number(json, all[i].name, (int64_t)all[i].value);
    }
    ht_json_member_number(json, "latencyMeanUs",
                          figures->answers ? (int64_t)(figures->latency_us_sum / figures->answers) : 0);
    add_time(json, "lastAccepted", figures->last_us);
    add_gate(bus, source, json);
    add_host(source, json);
    ht_buffer_add_char(json, '}');
}

static void add_consumer(const HtConsumerStatus *consumer, HtBuffer *json)
{
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "name", ht_text_from(consumer->name));
    ht_json_member(json, "state", ht_text_from(consumer->state));
    ht_json_member_number(json, "cursor", (int64_t)consumer->cursor);
    ht_json_member_number(json, "backlog", (int64_t)consumer->backlog);
    ht_json_member_number(json, "delivered", (int64_t)consumer->delivered);
    ht_json_member_number(json, "skipped", (int64_t)consumer->skipped);
    ht_json_member_number(json, "dead", (int64_t)consumer->dead);
    ht_json_member_number(json, "attempts", (int64_t)consumer->attempts);
    ht_json_member_number(json, "failures", (int64_t)consumer->failures);
    add_time(json, "oldest", consumer->oldest_us);
    ht_json_member(json, "lastError", ht_text_from(consumer->last_error));
    ht_buffer_add_char(json, '}');
}

void ht_status_json(void *user, HtBuffer *json)
{
    const HtBus *bus = user;
    const char *reason = ht_status_ready(user);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "name", ht_text_from(bus->config->bus.name));
    ht_json_member(json, "version", HT_TEXT_LITERAL(HT_VERSION));
    ht_json_member(json, "state", ht_text_from(reason ? reason : "ready"));
    add_door(bus, json);
    add_spool(bus, json);
    ht_json_name(json, "sources");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < bus->config->sources->len; i++) {
        const HtSourceConfig *config = bus->config->sources->pdata[i];
        add_source(bus, g_hash_table_lookup(bus->sources, config->name), json);
    }
    ht_buffer_add_literal(json, "],\"consumers\":[");
    for (unsigned i = 0; i < ht_delivery_consumers(bus->delivery); i++) {
        HtConsumerStatus consumer;
        ht_delivery_status(bus->delivery, i, &consumer);
        add_consumer(&consumer, json);
    }
    ht_buffer_add_literal(json, "]}\n");
}

/* ---- Metrics ---- */

static void add_metric(HtBuffer *text, const char *name, const char *label, const char *value,
                       uint64_t number)
{
    if (label) {
        ht_buffer_printf(text, "hutong_%s{%s=\"%s\"} %" G_GUINT64_FORMAT "\n", name, label, value, number);
    } else {
        ht_buffer_printf(text, "hutong_%s %" G_GUINT64_FORMAT "\n", name, number);
    }
}

/* Prometheus wants base units. */
static void add_seconds(HtBuffer *text, const char *name, const char *source, uint64_t time_us)
{
    ht_buffer_printf(text, "hutong_%s", name);
    if (source) {
        ht_buffer_printf(text, "{source=\"%s\"}", source);
    }
    ht_buffer_printf(text, " %" G_GUINT64_FORMAT ".%06u\n", time_us / 1000000, (unsigned)(time_us % 1000000));
}

static void add_type(HtBuffer *text, const char *name, const char *type, const char *help)
{
    ht_buffer_printf(text, "# HELP hutong_%s %s\n# TYPE hutong_%s %s\n", name, help, name, type);
}

typedef struct {
    const char *name, *help;
    size_t offset;
} SourceMetric;

static const SourceMetric source_metrics[] = {
    {"source_messages_total", "Requests received.", offsetof(HtSourceFigures, messages)},
    {"source_accepted_total", "Messages accepted and on disk.", offsetof(HtSourceFigures, accepted)},
    {"source_resent_total", "Messages that were known already.", offsetof(HtSourceFigures, resent)},
    {"source_rejected_total", "Messages refused because of their content.",
     offsetof(HtSourceFigures, rejected)},
    {"source_failed_total", "Messages that could not be handled.", offsetof(HtSourceFigures, failed)},
    {"source_busy_total", "Messages answered 503.", offsetof(HtSourceFigures, busy)},
    {"source_events_total", "Events appended.", offsetof(HtSourceFigures, events)},
    {"source_duplicates_total", "Records that were known already.", offsetof(HtSourceFigures, duplicates)},
    {"source_bytes_total", "Bytes of bodies.", offsetof(HtSourceFigures, bytes)},
    {"source_answers_total", "Messages that reached the host and were answered.",
     offsetof(HtSourceFigures, answers)},
};

static void add_source_metrics(const HtBus *bus, HtBuffer *text)
{
    for (unsigned m = 0; m < G_N_ELEMENTS(source_metrics); m++) {
        add_type(text, source_metrics[m].name, "counter", source_metrics[m].help);
        for (unsigned i = 0; i < bus->config->sources->len; i++) {
            const HtSourceConfig *config = bus->config->sources->pdata[i];
            const HtSource *source = g_hash_table_lookup(bus->sources, config->name);
            uint64_t value = *(const uint64_t *)((const char *)&source->figures + source_metrics[m].offset);
            add_metric(text, source_metrics[m].name, "source", config->name, value);
        }
    }
    add_type(text, "source_latency_seconds_total", "counter", "Sum of their answer times.");
    for (unsigned i = 0; i < bus->config->sources->len; i++) {
        const HtSourceConfig *config = bus->config->sources->pdata[i];
        const HtSource *source = g_hash_table_lookup(bus->sources, config->name);
        add_seconds(text, "source_latency_seconds_total", config->name, source->figures.latency_us_sum);
    }
    add_type(text, "host_restarts_total", "counter", "Times that a source's host was started again.");
    for (unsigned i = 0; i < bus->config->sources->len; i++) {
        const HtSourceConfig *config = bus->config->sources->pdata[i];
        HtHostStatus host;
        ht_host_status(((HtSource *)g_hash_table_lookup(bus->sources, config->name))->host, &host);
        add_metric(text, "host_restarts_total", "source", config->name, host.restarts);
    }
}

/* 1 also when nothing is checked: what is asked is whether messages are kept from it. */
static void add_gate_metric(const HtBus *bus, HtBuffer *text)
{
    add_type(text, "source_adapter_passed", "gauge", "1 when the source's adapter may serve.");
    for (unsigned i = 0; i < bus->config->sources->len; i++) {
        const HtSourceConfig *config = bus->config->sources->pdata[i];
        const HtSource *source = g_hash_table_lookup(bus->sources, config->name);
        add_metric(text, "source_adapter_passed", "source", config->name, source->gate == HT_SOURCE_OPEN);
    }
}

static const SourceMetric consumer_metrics[] = {
    {"consumer_delivered_total", "Events acknowledged.", offsetof(HtConsumerStatus, delivered)},
    {"consumer_dead_total", "Events that became dead letters.", offsetof(HtConsumerStatus, dead)},
    {"consumer_attempts_total", "Requests sent.", offsetof(HtConsumerStatus, attempts)},
    {"consumer_failures_total", "Requests that failed.", offsetof(HtConsumerStatus, failures)},
    {"consumer_backlog", "Events between the cursor and the end of the spool.",
     offsetof(HtConsumerStatus, backlog)},
};

static void add_consumer_metrics(const HtBus *bus, HtBuffer *text)
{
    for (unsigned m = 0; m < G_N_ELEMENTS(consumer_metrics); m++) {
        bool counter = g_str_has_suffix(consumer_metrics[m].name, "_total");
        add_type(text, consumer_metrics[m].name, counter ? "counter" : "gauge", consumer_metrics[m].help);
        for (unsigned i = 0; i < ht_delivery_consumers(bus->delivery); i++) {
            HtConsumerStatus status;
            ht_delivery_status(bus->delivery, i, &status);
            uint64_t value = *(const uint64_t *)((const char *)&status + consumer_metrics[m].offset);
            add_metric(text, consumer_metrics[m].name, "consumer", status.name, value);
        }
    }
}

static void add_gauge(HtBuffer *text, const char *name, const char *help, uint64_t number)
{
    add_type(text, name, "gauge", help);
    add_metric(text, name, NULL, NULL, number);
}

void ht_status_metrics(void *user, HtBuffer *text)
{
    const HtBus *bus = user;
    HtSpoolStatus spool;
    HtDoorStatus door;
    ht_spool_status(bus->spool, &spool);
    ht_door_status(bus->door, &door);
    add_gauge(text, "ready", "1 when messages are taken.", ht_status_ready(user) == NULL);
    add_gauge(text, "spool_last_sequence", "Sequence of the newest event.", spool.last_sequence);
    add_gauge(text, "spool_file_bytes", "Size of the spool file.", spool.file_bytes);
    add_gauge(text, "spool_wal_bytes", "Size of the write-ahead log.", spool.wal_bytes);
    add_gauge(text, "spool_free_bytes", "Room on the spool's disk.", spool.free_bytes);
    add_type(text, "spool_commit_p99_seconds", "gauge", "99th percentile of the last 1024 commits.");
    add_seconds(text, "spool_commit_p99_seconds", NULL, spool.commit_p99_us);
    add_gauge(text, "spool_dead_letters", "Dead letters kept.", spool.dead_letters);
    add_gauge(text, "spool_identity_conflicts",
              "Numbers that were seen with two persons: hutong subject conflicts.", spool.conflicts);
    add_gauge(text, "spool_quarantined", "Messages in quarantine.", spool.quarantined);
    add_gauge(text, "door_connections", "Connections at the public door.", door.connections);
    add_gauge(text, "door_in_flight", "Messages without an answer yet.", door.in_flight);
    add_source_metrics(bus, text);
    add_gate_metric(bus, text);
    add_consumer_metrics(bus, text);
}
