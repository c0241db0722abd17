/* The table of metrics, and writing them; see metrics.h. To add one: a row here, ht_metric_begin() or a row of figures (figures.h) where its
 * value is known, and `make docs`. No state; any thread. */
#include "core/base/metrics.h"

#include "core/base/log.h"

/* clang-format off */
static const HtMetric metrics[] = {
    {"build_info", HT_METRIC_GAUGE, false, "version", "Always 1; its label is the program's version."},
    {"ready", HT_METRIC_GAUGE, false, NULL, "1 when messages are taken."},
    {"start_timestamp_seconds", HT_METRIC_GAUGE, true, NULL, "When the bus began, in seconds since 1970."},

    {"config_info", HT_METRIC_GAUGE, false, "sha256", "Always 1; its label is the SHA-256 of the configuration in force."},
    {"config_since_timestamp_seconds", HT_METRIC_GAUGE, true, NULL, "From when on it is in force, in seconds since 1970."},
    {"config_reloads_total", HT_METRIC_COUNTER, false, NULL, "Configurations that were taken without a restart."},
    {"config_reloads_refused_total", HT_METRIC_COUNTER, false, NULL, "Reloads that were refused."},
    {"config_reload_refused", HT_METRIC_GAUGE, false, NULL, "1 when the last reload was refused: the files are not what is in force."},
    {"alarms", HT_METRIC_GAUGE, false, "kind", "Alarms that are on, by kind."},

    {"spool_last_sequence", HT_METRIC_GAUGE, false, NULL, "Sequence of the newest event."},
    {"spool_dead_letters", HT_METRIC_GAUGE, false, NULL, "Dead letters kept."},
    {"spool_quarantined_messages", HT_METRIC_GAUGE, false, NULL, "Messages in quarantine."},
    {"spool_damaged_events", HT_METRIC_GAUGE, false, NULL, "Events found damaged and set aside: hutong spool check."},
    {"spool_identity_conflicts", HT_METRIC_GAUGE, false, NULL, "Numbers that were seen with two persons: hutong subject conflicts."},
    {"spool_file_bytes", HT_METRIC_GAUGE, false, NULL, "Size of the spool file."},
    {"spool_wal_bytes", HT_METRIC_GAUGE, false, NULL, "Size of the write-ahead log."},
    {"spool_used_bytes", HT_METRIC_GAUGE, false, NULL, "Bytes of the spool file that are in use, where max-size is set."},
    {"spool_max_bytes", HT_METRIC_GAUGE, false, NULL, "What max-size allows; 0: no limit."},
    {"spool_disk_free_bytes", HT_METRIC_GAUGE, false, NULL, "Room on the spool's disk."},
    {"spool_commits_total", HT_METRIC_COUNTER, false, NULL, "Commits since the start."},
    {"spool_commit_seconds", HT_METRIC_SUMMARY, true, NULL, "How long commits took; the quantile is that of the last 1024."},

    {"retention_pruned_events_total", HT_METRIC_COUNTER, false, NULL, "Events that were pruned."},
    {"retention_undelivered_events_total", HT_METRIC_COUNTER, false, NULL, "Of these, those that a consumer had still to get (max-wait)."},
    {"retention_archive_files_total", HT_METRIC_COUNTER, false, NULL, "Files of the archive that were written."},
    {"retention_returned_bytes_total", HT_METRIC_COUNTER, false, NULL, "Bytes of the spool's file that were given back to the disk."},
    {"retention_blocked", HT_METRIC_GAUGE, false, NULL, "1 when the last sweep could not prune all that was due."},

    {"door_connections", HT_METRIC_GAUGE, false, NULL, "Connections at the public door."},
    {"door_requests_total", HT_METRIC_COUNTER, false, NULL, "Requests at the public door."},
    {"door_refused_total", HT_METRIC_COUNTER, false, NULL, "Of these, those that were refused by their head."},
    {"door_in_flight_messages", HT_METRIC_GAUGE, false, NULL, "Messages without an answer yet."},
    {"door_gave_way_total", HT_METRIC_COUNTER, false, NULL, "Connections that had sent nothing and were cut off for others."},
    {"door_certificate_expiry_timestamp_seconds", HT_METRIC_GAUGE, false, NULL, "When the door's certificate ends, in seconds since 1970. Only with TLS."},

    {"source_messages_total", HT_METRIC_COUNTER, false, "source", "Requests received."},
    {"source_accepted_total", HT_METRIC_COUNTER, false, "source", "Messages accepted and on disk."},
    {"source_resent_total", HT_METRIC_COUNTER, false, "source", "Messages that were known already."},
    {"source_rejected_total", HT_METRIC_COUNTER, false, "source", "Messages refused because of their content."},
    {"source_failed_total", HT_METRIC_COUNTER, false, "source", "Messages that could not be handled."},
    {"source_busy_total", HT_METRIC_COUNTER, false, "source", "Messages answered 503."},
    {"source_events_total", HT_METRIC_COUNTER, false, "source", "Events appended."},
    {"source_duplicates_total", HT_METRIC_COUNTER, false, "source", "Records that were known already."},
    {"source_quarantined_total", HT_METRIC_COUNTER, false, "source", "Messages that went to quarantine."},
    {"source_received_bytes_total", HT_METRIC_COUNTER, false, "source", "Bytes of bodies."},
    {"source_last_message_timestamp_seconds", HT_METRIC_GAUGE, true, "source", "When its last message was accepted, in seconds since 1970. Missing: never, or not among the last 100000 messages at the start."},
    {"source_answer_seconds", HT_METRIC_SUMMARY, true, "source", "From a request's last byte to its answer, of all that reached the host."},
    {"source_queued_bytes", HT_METRIC_GAUGE, false, "source", "Bytes of its messages that wait for a commit."},
    {"source_adapter_passed", HT_METRIC_GAUGE, false, "source", "1 when its adapter may serve."},
    {"source_host_restarts_total", HT_METRIC_COUNTER, false, "source", "Times that its host was started again."},
    {"source_host_kills_total", HT_METRIC_COUNTER, false, "source", "Times that its host was killed."},
    {"source_host_waiting_messages", HT_METRIC_GAUGE, false, "source", "Messages that its host has still to answer."},
    {"source_paused", HT_METRIC_GAUGE, false, "source", "1 when an administrator holds it: senders get 503."},
    {"source_under_way_messages", HT_METRIC_GAUGE, false, "source", "Messages that have begun and have no answer yet."},
    {"route_paused", HT_METRIC_GAUGE, false, "route", "1 when an administrator holds it: its events wait."},
    {"maintenance", HT_METRIC_GAUGE, false, NULL, "1 when an administrator holds all sources: senders get 503."},

    {"consumer_backlog_events", HT_METRIC_GAUGE, false, "consumer", "Events between the cursor and the end of the spool, routed to it or not."},
    {"consumer_oldest_waiting_seconds", HT_METRIC_GAUGE, true, "consumer", "Age of the oldest event that it has still to get; 0: none waits."},
    {"consumer_failing_subjects", HT_METRIC_GAUGE, false, "consumer", "Persons of whom an event failed alone and waits to go again."},
    {"consumer_held_events", HT_METRIC_GAUGE, false, "consumer", "Events that wait for a paused route, and later ones of the same persons."},
    {"consumer_under_way_events", HT_METRIC_GAUGE, false, "consumer", "Events that were sent and are not answered."},
    {"consumer_delivered_events_total", HT_METRIC_COUNTER, false, "consumer", "Events acknowledged."},
    {"consumer_dead_letters_total", HT_METRIC_COUNTER, false, "consumer", "Events that became dead letters."},
    {"consumer_dead_letters", HT_METRIC_GAUGE, false, "consumer", "Dead letters that are there now."},
    {"consumer_requests_total", HT_METRIC_COUNTER, false, "consumer", "Requests sent."},
    {"consumer_request_failures_total", HT_METRIC_COUNTER, false, "consumer", "Requests that failed."},
    {"consumer_up", HT_METRIC_GAUGE, false, "consumer", "1 when it takes events, or has none to take; 0: retrying, paused or stopped."},
    {"consumer_paused", HT_METRIC_GAUGE, false, "consumer", "1 when an administrator or its 410 holds it."},
    {"consumer_purpose_remaining_seconds", HT_METRIC_GAUGE, false, "consumer", "Until its purpose lapses; 0: it has none, or it has lapsed."},
    {"consumer_answer_seconds", HT_METRIC_SUMMARY, true, "consumer", "How long its answers took; the quantiles are those of the last 512."},

    {"audit_writable", HT_METRIC_GAUGE, false, NULL, "1 when the audit log can be written."},
    {"audit_last_record", HT_METRIC_GAUGE, false, NULL, "The last record's number."},
    {"audit_failures_total", HT_METRIC_COUNTER, false, NULL, "Records that could not be written."},
    {"audit_missing_records", HT_METRIC_GAUGE, false, NULL, "Records that were missing or altered when the bus began."},
};
/* clang-format on */

static const char *const types[] = {"counter", "gauge", "summary"};

static const HtMetric *find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(metrics); i++) {
        if (g_str_equal(metrics[i].name, name)) {
            return &metrics[i];
        }
    }
    return NULL;
}

const HtMetric *ht_metric_begin(HtBuffer *text, const char *name)
{
    const HtMetric *metric = find(name);
    if (!metric) {
        ht_log(HT_LOG_ERROR, "metrics", "the metric '%s' is not in the table of metrics", name);
        return NULL;
    }
    ht_buffer_printf(text, "# HELP hutong_%s %s\n# TYPE hutong_%s %s\n", name, metric->help, name,
                     types[metric->type]);
    return metric;
}

static void add_value(HtBuffer *text, bool in_us, uint64_t value)
{
    if (in_us) {
        ht_buffer_printf(text, " %" G_GUINT64_FORMAT ".%06u\n", value / 1000000, (unsigned)(value % 1000000));
    } else {
        ht_buffer_printf(text, " %" G_GUINT64_FORMAT "\n", value);
    }
}

void ht_metric_add(HtBuffer *text, const HtMetric *metric, const char *of, uint64_t value)
{
    if (metric && metric->label) {
        ht_buffer_printf(text, "hutong_%s{%s=\"%s\"}", metric->name, metric->label, of);
        add_value(text, metric->in_us, value);
    } else if (metric) {
        ht_buffer_printf(text, "hutong_%s", metric->name);
        add_value(text, metric->in_us, value);
    }
}

void ht_metric_one(HtBuffer *text, const char *name, uint64_t value)
{
    ht_metric_add(text, ht_metric_begin(text, name), NULL, value);
}

void ht_metric_add_part(HtBuffer *text, const HtMetric *metric, const char *part, const char *of,
                        uint64_t value)
{
    if (!metric) {
        return;
    }
    bool quantile = *part != '_', labelled = metric->label != NULL;
    ht_buffer_printf(text, "hutong_%s%s", metric->name, quantile ? "" : part);
    if (quantile || labelled) {
        ht_buffer_add_char(text, '{');
    }
    if (labelled) {
        ht_buffer_printf(text, "%s=\"%s\"%s", metric->label, of, quantile ? "," : "");
    }
    if (quantile) {
        ht_buffer_printf(text, "quantile=\"%s\"", part);
    }
    if (quantile || labelled) {
        ht_buffer_add_char(text, '}');
    }
    add_value(text, metric->in_us && !g_str_equal(part, "_count"), value);
}

void ht_metrics_reference(GString *markdown)
{
    g_string_append(
        markdown,
        "# Metrics\n\n"
        "Made by `hutong config --metrics` from the table of metrics; do not edit.\n\n"
        "Prometheus text at `/metrics`, of the admin socket and of the address `metrics` in `[bus]` ([admin.md](admin.md)). "
        "Times are in seconds, sizes in bytes. Counters count from the start of the bus. No metric has personal data: labels are names of the "
        "configuration. `monitoring/` has a dashboard for Grafana and rules for alerts.\n\n"
        "| name | type | label | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < G_N_ELEMENTS(metrics); i++) {
        const HtMetric *metric = &metrics[i];
        g_string_append_printf(markdown, "| `hutong_%s` | %s | %s | %s |\n", metric->name,
                               types[metric->type], metric->label ? metric->label : "", metric->help);
    }
}
