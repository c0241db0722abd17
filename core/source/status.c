/* The sources on the status page and in the metrics. Figures and names only: no personal data passes here. Main-loop thread. */
#include "core/source/status.h"

#include "core/base/figures.h"
#include "core/base/json.h"
#include "spool/status.h"

#define OF(field) offsetof(HtSourceFigures, field)

static const HtFigure figures[] = {
    {"messages", "source_messages_total", OF(messages)},
    {"accepted", "source_accepted_total", OF(accepted)},
    {"resent", "source_resent_total", OF(resent)},
    {"rejected", "source_rejected_total", OF(rejected)},
    {"failed", "source_failed_total", OF(failed)},
    {"busy", "source_busy_total", OF(busy)},
    {"events", "source_events_total", OF(events)},
    {"duplicates", "source_duplicates_total", OF(duplicates)},
    {"quarantined", "source_quarantined_total", OF(quarantined)},
    {"bytes", "source_received_bytes_total", OF(bytes)},
    {"underWay", "source_under_way_messages", OF(under_way)},
    {"latencyMaxUs", NULL, OF(latency_us_max)},
};

/* ---- JSON ---- */

static void add_host(const HtSource *source, HtBuffer *json)
{
    HtHostStatus host;
    ht_host_status(source->host, &host);
    ht_json_open(json, "host");
    ht_json_member(json, "state", ht_text_from(host.state));
    ht_json_member_number(json, "pid", host.pid);
    ht_json_member_number(json, "restarts", (int64_t)host.restarts);
    ht_json_member_number(json, "kills", (int64_t)host.kills);
    ht_json_member_number(json, "waiting", host.waiting);
    ht_json_member(json, "adapterVersion", ht_text_from(host.adapter_version));
    ht_json_member(json, "reason", ht_text_from(host.reason));
    ht_buffer_add_char(json, '}');
}

static void add_share(const HtSource *source, HtBuffer *json)
{
    ht_json_open(json, "queued");
    ht_json_member_number(json, "messages", (int64_t)source->share->messages);
    ht_json_member_number(json, "bytes", (int64_t)source->share->bytes);
    ht_buffer_add_char(json, '}');
}

static void add_gate(const HtSources *sources, const HtSource *source, HtBuffer *json)
{
    static const char *const words[] = {"checking", "passed", "failed"};
    HtGateStatus status = {.state = HT_GATE_PASSED};
    bool checked = ht_sources_gate(sources, source, &status);
    ht_json_open(json, "adapterCheck");
    ht_json_member(json, "state", ht_text_from(checked ? words[status.state] : "off"));
    ht_json_member_number(json, "pid", status.pid);
    ht_json_member(json, "mapping", ht_text_from(status.mapping));
    ht_json_member(json, "reason", ht_text_from(status.reason));
    ht_json_member(json, "command", ht_text_from(status.command));
    ht_buffer_add_char(json, '}');
}

static const HtSpoolPause *pause_of(HtSpool *spool, const HtSource *source)
{
    return ht_spool_paused(spool, HT_SPOOL_SOURCE, source->config->name);
}

static void add_source(const HtSources *sources, HtSpool *spool, const HtSource *source, HtBuffer *json)
{
    const HtSpoolPause *pause = pause_of(spool, source);
    uint64_t answers = MAX(source->figures->answers, 1);
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "name", ht_text_from(source->config->name));
    ht_json_member(json, "department", ht_text_from(source->config->department));
    ht_json_member(json, "adapter", ht_text_from(source->config->adapter));
    ht_json_member(json, "intake", ht_text_from(ht_spool_pause_state(pause, source->figures->under_way)));
    ht_spool_pause_json("pause", pause, json);
    ht_figures_json(figures, G_N_ELEMENTS(figures), source->figures, json);
    ht_json_member_number(json, "latencyMeanUs", (int64_t)(source->figures->latency_us_sum / answers));
    ht_json_member_time(json, "lastAccepted", source->figures->last_us);
    add_share(source, json);
    add_gate(sources, source, json);
    add_host(source, json);
    ht_buffer_add_char(json, '}');
}

void ht_sources_json(const HtSources *sources, HtSpool *spool, HtBuffer *json)
{
    ht_json_name(json, "sources");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < ht_sources_count(sources); i++) {
        add_source(sources, spool, ht_sources_at(sources, i), json);
    }
    ht_buffer_add_char(json, ']');
}

/* ---- Metrics ---- */

typedef void (*AddMetric)(HtBuffer *text, const HtMetric *metric, const HtSource *source);

static void add_answers(HtBuffer *text, const HtMetric *metric, const HtSource *source)
{
    ht_metric_add_part(text, metric, "_sum", source->config->name, source->figures->latency_us_sum);
    ht_metric_add_part(text, metric, "_count", source->config->name, source->figures->answers);
}

static void add_last(HtBuffer *text, const HtMetric *metric, const HtSource *source)
{
    if (source->figures->last_us > 0) {
        ht_metric_add(text, metric, source->config->name, (uint64_t)source->figures->last_us);
    }
}

static void add_restarts(HtBuffer *text, const HtMetric *metric, const HtSource *source)
{
    HtHostStatus host;
    ht_host_status(source->host, &host);
    ht_metric_add(text, metric, source->config->name, host.restarts);
}

static void add_kills(HtBuffer *text, const HtMetric *metric, const HtSource *source)
{
    HtHostStatus host;
    ht_host_status(source->host, &host);
    ht_metric_add(text, metric, source->config->name, host.kills);
}

static void add_waiting(HtBuffer *text, const HtMetric *metric, const HtSource *source)
{
    HtHostStatus host;
    ht_host_status(source->host, &host);
    ht_metric_add(text, metric, source->config->name, host.waiting);
}

/* 1 also when nothing is checked: what is asked is whether messages are kept from it. */
static void add_passed(HtBuffer *text, const HtMetric *metric, const HtSource *source)
{
    ht_metric_add(text, metric, source->config->name, source->gate == HT_GATE_PASSED);
}

static void add_queued(HtBuffer *text, const HtMetric *metric, const HtSource *source)
{
    ht_metric_add(text, metric, source->config->name, source->share->bytes);
}

static const struct {
    const char *name;
    AddMetric add;
} others[] = {
    {"source_last_message_timestamp_seconds", add_last},
    {"source_answer_seconds", add_answers},
    {"source_queued_bytes", add_queued},
    {"source_adapter_passed", add_passed},
    {"source_host_restarts_total", add_restarts},
    {"source_host_kills_total", add_kills},
    {"source_host_waiting_messages", add_waiting},
};

static void add_figure(const HtSources *sources, const HtFigure *figure, HtBuffer *text)
{
    const HtMetric *metric = ht_metric_begin(text, figure->metric);
    for (unsigned i = 0; i < ht_sources_count(sources); i++) {
        const HtSource *source = ht_sources_at(sources, i);
        ht_metric_add(text, metric, source->config->name, ht_figure_value(figure, source->figures));
    }
}

static void add_paused(const HtSources *sources, HtSpool *spool, HtBuffer *text)
{
    const HtMetric *metric = ht_metric_begin(text, "source_paused");
    for (unsigned i = 0; i < ht_sources_count(sources); i++) {
        const HtSource *source = ht_sources_at(sources, i);
        ht_metric_add(text, metric, source->config->name, pause_of(spool, source) != NULL);
    }
}

void ht_sources_metrics(const HtSources *sources, HtSpool *spool, HtBuffer *text)
{
    for (size_t f = 0; f < G_N_ELEMENTS(figures); f++) {
        if (figures[f].metric) {
            add_figure(sources, &figures[f], text);
        }
    }
    for (size_t o = 0; o < G_N_ELEMENTS(others); o++) {
        const HtMetric *metric = ht_metric_begin(text, others[o].name);
        for (unsigned i = 0; i < ht_sources_count(sources); i++) {
            others[o].add(text, metric, ht_sources_at(sources, i));
        }
    }
    add_paused(sources, spool, text);
}
