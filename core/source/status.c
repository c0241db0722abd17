/* The sources on the status page and in the metrics. Figures and names only: no personal data passes here. Main-loop thread. */
#include "core/source/status.h"

#include "core/base/figures.h"
#include "core/base/json.h"

#define OF(field) offsetof(HtSourceFigures, field)

static const HtFigure figures[] = {
    {"messages", "source_messages_total", "Requests received.", OF(messages)},
    {"accepted", "source_accepted_total", "Messages accepted and on disk.", OF(accepted)},
    {"resent", "source_resent_total", "Messages that were known already.", OF(resent)},
    {"rejected", "source_rejected_total", "Messages refused because of their content.", OF(rejected)},
    {"failed", "source_failed_total", "Messages that could not be handled.", OF(failed)},
    {"busy", "source_busy_total", "Messages answered 503.", OF(busy)},
    {"events", "source_events_total", "Events appended.", OF(events)},
    {"duplicates", "source_duplicates_total", "Records that were known already.", OF(duplicates)},
    {"quarantined", NULL, NULL, OF(quarantined)},
    {"bytes", "source_bytes_total", "Bytes of bodies.", OF(bytes)},
    {"latencyMaxUs", NULL, NULL, OF(latency_us_max)},
    {NULL, "source_answers_total", "Messages that reached the host and were answered.", OF(answers)},
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

static void add_source(const HtSources *sources, const HtSource *source, HtBuffer *json)
{
    uint64_t answers = MAX(source->figures.answers, 1);
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "name", ht_text_from(source->config->name));
    ht_json_member(json, "department", ht_text_from(source->config->department));
    ht_json_member(json, "adapter", ht_text_from(source->config->adapter));
    ht_figures_json(figures, G_N_ELEMENTS(figures), &source->figures, json);
    ht_json_member_number(json, "latencyMeanUs", (int64_t)(source->figures.latency_us_sum / answers));
    ht_json_member_time(json, "lastAccepted", source->figures.last_us);
    add_share(source, json);
    add_gate(sources, source, json);
    add_host(source, json);
    ht_buffer_add_char(json, '}');
}

void ht_sources_json(const HtSources *sources, HtBuffer *json)
{
    ht_json_name(json, "sources");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < ht_sources_count(sources); i++) {
        add_source(sources, ht_sources_at(sources, i), json);
    }
    ht_buffer_add_char(json, ']');
}

/* ---- Metrics ---- */

typedef void (*AddMetric)(HtBuffer *text, const char *name, const HtSource *source);

static void add_latency(HtBuffer *text, const char *name, const HtSource *source)
{
    ht_metric_add_seconds(text, name, "source", source->config->name, source->figures.latency_us_sum);
}

static void add_restarts(HtBuffer *text, const char *name, const HtSource *source)
{
    HtHostStatus host;
    ht_host_status(source->host, &host);
    ht_metric_add(text, name, "source", source->config->name, host.restarts);
}

/* 1 also when nothing is checked: what is asked is whether messages are kept from it. */
static void add_passed(HtBuffer *text, const char *name, const HtSource *source)
{
    ht_metric_add(text, name, "source", source->config->name, source->gate == HT_GATE_PASSED);
}

static void add_queued(HtBuffer *text, const char *name, const HtSource *source)
{
    ht_metric_add(text, name, "source", source->config->name, source->share->bytes);
}

static const struct {
    const char *name, *help;
    AddMetric add;
} others[] = {
    {"source_latency_seconds_total", "Sum of their answer times.", add_latency},
    {"host_restarts_total", "Times that a source's host was started again.", add_restarts},
    {"source_queued_bytes", "Bytes of its messages that wait for a commit.", add_queued},
    {"source_adapter_passed", "1 when the source's adapter may serve.", add_passed},
};

void ht_sources_metrics(const HtSources *sources, HtBuffer *text)
{
    for (size_t f = 0; f < G_N_ELEMENTS(figures); f++) {
        const char *name = figures[f].metric;
        if (name) {
            ht_metric_begin(text, name, figures[f].help);
        }
        for (unsigned i = 0; name && i < ht_sources_count(sources); i++) {
            const HtSource *source = ht_sources_at(sources, i);
            ht_metric_add(text, name, "source", source->config->name,
                          ht_figure_value(&figures[f], &source->figures));
        }
    }
    for (size_t o = 0; o < G_N_ELEMENTS(others); o++) {
        ht_metric_begin(text, others[o].name, others[o].help);
        for (unsigned i = 0; i < ht_sources_count(sources); i++) {
            others[o].add(text, others[o].name, ht_sources_at(sources, i));
        }
    }
}
