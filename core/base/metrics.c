/* The table of metrics, and writing them; see metrics.h. To add one: a row here, ht_metric_begin() or a row of figures (figures.h) where its
 * value is known, and `make docs`. No state; any thread. */
#include "core/base/metrics.h"

#include "core/base/log.h"

#include <glib/gi18n.h>

/* clang-format off */
static const HtMetric metrics[] = {
    {"build_info", HT_METRIC_GAUGE, false, "version", N_("Always 1; its label is the program's version.")},
    {"ready", HT_METRIC_GAUGE, false, NULL, N_("1 when messages are taken.")},
    {"start_timestamp_seconds", HT_METRIC_GAUGE, true, NULL, N_("When the bus began, in seconds since 1970.")},

    {"config_info", HT_METRIC_GAUGE, false, "sha256", N_("Always 1; its label is the SHA-256 of the configuration in force.")},
    {"config_since_timestamp_seconds", HT_METRIC_GAUGE, true, NULL, N_("From when on it is in force, in seconds since 1970.")},
    {"config_reloads_total", HT_METRIC_COUNTER, false, NULL, N_("Configurations that were taken without a restart.")},
    {"config_reloads_refused_total", HT_METRIC_COUNTER, false, NULL, N_("Reloads that were refused.")},
    {"config_reload_refused", HT_METRIC_GAUGE, false, NULL, N_("1 when the last reload was refused: the files are not what is in force.")},
    {"alarms", HT_METRIC_GAUGE, false, "kind", N_("Alarms that are on, by kind.")},

    {"spool_last_sequence", HT_METRIC_GAUGE, false, NULL, N_("Sequence of the newest event.")},
    {"spool_dead_letters", HT_METRIC_GAUGE, false, NULL, N_("Dead letters kept.")},
    {"spool_quarantined_messages", HT_METRIC_GAUGE, false, NULL, N_("Messages in quarantine.")},
    {"spool_damaged_events", HT_METRIC_GAUGE, false, NULL, N_("Events found damaged and set aside: hutong spool check.")},
    {"spool_identity_conflicts", HT_METRIC_GAUGE, false, NULL, N_("Numbers that were seen with two persons: hutong subject conflicts.")},
    {"spool_file_bytes", HT_METRIC_GAUGE, false, NULL, N_("Size of the spool file.")},
    {"spool_wal_bytes", HT_METRIC_GAUGE, false, NULL, N_("Size of the write-ahead log.")},
    {"spool_used_bytes", HT_METRIC_GAUGE, false, NULL, N_("Bytes of the spool file that are in use, where max-size is set.")},
    {"spool_max_bytes", HT_METRIC_GAUGE, false, NULL, N_("What max-size allows; 0: no limit.")},
    {"spool_disk_free_bytes", HT_METRIC_GAUGE, false, NULL, N_("Room on the spool's disk.")},
    {"spool_commits_total", HT_METRIC_COUNTER, false, NULL, N_("Commits since the start.")},
    {"spool_commit_seconds", HT_METRIC_SUMMARY, true, NULL, N_("How long commits took; the quantile is that of the last 1024.")},

    {"retention_pruned_events_total", HT_METRIC_COUNTER, false, NULL, N_("Events that were pruned.")},
    {"retention_undelivered_events_total", HT_METRIC_COUNTER, false, NULL, N_("Of these, those that a consumer had still to get (max-wait).")},
    {"retention_archive_files_total", HT_METRIC_COUNTER, false, NULL, N_("Files of the archive that were written.")},
    {"retention_returned_bytes_total", HT_METRIC_COUNTER, false, NULL, N_("Bytes of the spool's file that were given back to the disk.")},
    {"retention_blocked", HT_METRIC_GAUGE, false, NULL, N_("1 when the last sweep could not prune all that was due.")},

    {"door_connections", HT_METRIC_GAUGE, false, NULL, N_("Connections at the public door.")},
    {"door_requests_total", HT_METRIC_COUNTER, false, NULL, N_("Requests at the public door.")},
    {"door_refused_total", HT_METRIC_COUNTER, false, NULL, N_("Of these, those that were refused by their head.")},
    {"door_in_flight_messages", HT_METRIC_GAUGE, false, NULL, N_("Messages without an answer yet.")},
    {"door_gave_way_total", HT_METRIC_COUNTER, false, NULL, N_("Connections that had sent nothing and were cut off for others.")},
    {"door_certificate_expiry_timestamp_seconds", HT_METRIC_GAUGE, false, NULL, N_("When the door's certificate ends, in seconds since 1970. Only with TLS.")},

    {"source_messages_total", HT_METRIC_COUNTER, false, "source", N_("Requests received.")},
    {"source_accepted_total", HT_METRIC_COUNTER, false, "source", N_("Messages accepted and on disk.")},
    {"source_resent_total", HT_METRIC_COUNTER, false, "source", N_("Messages that were known already.")},
    {"source_rejected_total", HT_METRIC_COUNTER, false, "source", N_("Messages refused because of their content.")},
    {"source_failed_total", HT_METRIC_COUNTER, false, "source", N_("Messages that could not be handled.")},
    {"source_busy_total", HT_METRIC_COUNTER, false, "source", N_("Messages answered 503.")},
    {"source_events_total", HT_METRIC_COUNTER, false, "source", N_("Events appended.")},
    {"source_duplicates_total", HT_METRIC_COUNTER, false, "source", N_("Records that were known already.")},
    {"source_quarantined_total", HT_METRIC_COUNTER, false, "source", N_("Messages that went to quarantine.")},
    {"source_received_bytes_total", HT_METRIC_COUNTER, false, "source", N_("Bytes of bodies.")},
    {"source_last_message_timestamp_seconds", HT_METRIC_GAUGE, true, "source", N_("When its last message was accepted, in seconds since 1970. Missing: never, or not among the last 100000 messages at the start.")},
    {"source_answer_seconds", HT_METRIC_SUMMARY, true, "source", N_("From a request's last byte to its answer, of all that reached the host.")},
    {"source_queued_bytes", HT_METRIC_GAUGE, false, "source", N_("Bytes of its messages that wait for a commit.")},
    {"source_adapter_passed", HT_METRIC_GAUGE, false, "source", N_("1 when its adapter may serve.")},
    {"source_host_restarts_total", HT_METRIC_COUNTER, false, "source", N_("Times that its host was started again.")},
    {"source_host_kills_total", HT_METRIC_COUNTER, false, "source", N_("Times that its host was killed.")},
    {"source_host_waiting_messages", HT_METRIC_GAUGE, false, "source", N_("Messages that its host has still to answer.")},
    {"source_paused", HT_METRIC_GAUGE, false, "source", N_("1 when an administrator holds it: senders get 503.")},
    {"source_under_way_messages", HT_METRIC_GAUGE, false, "source", N_("Messages that have begun and have no answer yet.")},
    {"route_paused", HT_METRIC_GAUGE, false, "route", N_("1 when an administrator holds it: its events wait.")},
    {"maintenance", HT_METRIC_GAUGE, false, NULL, N_("1 when an administrator holds all sources: senders get 503.")},

    {"consumer_backlog_events", HT_METRIC_GAUGE, false, "consumer", N_("Events between the cursor and the end of the spool, routed to it or not.")},
    {"consumer_oldest_waiting_seconds", HT_METRIC_GAUGE, true, "consumer", N_("Age of the oldest event that it has still to get; 0: none waits.")},
    {"consumer_failing_subjects", HT_METRIC_GAUGE, false, "consumer", N_("Persons of whom an event failed alone and waits to go again.")},
    {"consumer_held_events", HT_METRIC_GAUGE, false, "consumer", N_("Events that wait for a paused route, and later ones of the same persons.")},
    {"consumer_under_way_events", HT_METRIC_GAUGE, false, "consumer", N_("Events that were sent and are not answered.")},
    {"consumer_delivered_events_total", HT_METRIC_COUNTER, false, "consumer", N_("Events acknowledged.")},
    {"consumer_dead_letters_total", HT_METRIC_COUNTER, false, "consumer", N_("Events that became dead letters.")},
    {"consumer_dead_letters", HT_METRIC_GAUGE, false, "consumer", N_("Dead letters that are there now.")},
    {"consumer_requests_total", HT_METRIC_COUNTER, false, "consumer", N_("Requests sent.")},
    {"consumer_request_failures_total", HT_METRIC_COUNTER, false, "consumer", N_("Requests that failed.")},
    {"consumer_up", HT_METRIC_GAUGE, false, "consumer", N_("1 when it takes events, or has none to take; 0: retrying, paused or stopped.")},
    {"consumer_paused", HT_METRIC_GAUGE, false, "consumer", N_("1 when an administrator or its 410 holds it.")},
    {"consumer_purpose_remaining_seconds", HT_METRIC_GAUGE, false, "consumer", N_("Until its purpose lapses; 0: it has none, or it has lapsed.")},
    {"consumer_answer_seconds", HT_METRIC_SUMMARY, true, "consumer", N_("How long its answers took; the quantiles are those of the last 512.")},

    {"audit_writable", HT_METRIC_GAUGE, false, NULL, N_("1 when the audit log can be written.")},
    {"audit_last_record", HT_METRIC_GAUGE, false, NULL, N_("The last record's number.")},
    {"audit_failures_total", HT_METRIC_COUNTER, false, NULL, N_("Records that could not be written.")},
    {"audit_missing_records", HT_METRIC_GAUGE, false, NULL, N_("Records that were missing or altered when the bus began.")},
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
        _("# Metrics\n\n"
          "Made by `hutong config --metrics` from the table of metrics; do not edit. [In Chinese](metrics.zh-CN.md).\n\n"
          "Prometheus text at `/metrics`, of the admin socket and of the address `metrics` in `[bus]` ([admin.md](admin.md)). "
          "Times are in seconds, sizes in bytes. Counters count from the start of the bus. No metric has personal data: labels are names of the "
          "configuration. `monitoring/` has a dashboard for Grafana and rules for alerts.\n\n"
          "| name | type | label | meaning |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < G_N_ELEMENTS(metrics); i++) {
        const HtMetric *metric = &metrics[i];
        g_string_append_printf(markdown, "| `hutong_%s` | %s | %s | %s |\n", metric->name,
                               types[metric->type], metric->label ? metric->label : "", _(metric->help));
    }
}
