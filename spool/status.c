/* The spool on the status page and in the metrics. Figures only. Main-loop thread. */
#include "spool/status.h"

#include "core/base/figures.h"
#include "core/base/json.h"

#define OF(field) offsetof(HtSpoolStatus, field)

static const HtFigure figures[] = {
    {"firstSequence", NULL, OF(first_sequence)},
    {"lastSequence", "spool_last_sequence", OF(last_sequence)},
    {"messages", NULL, OF(messages)},
    {"resent", NULL, OF(resent)},
    {"duplicates", NULL, OF(duplicates)},
    {"deadLetters", "spool_dead_letters", OF(dead_letters)},
    {"quarantined", "spool_quarantined_messages", OF(quarantined)},
    {"aliases", NULL, OF(aliases)},
    {"damaged", "spool_damaged_events", OF(damaged)},
    {"conflicts", "spool_identity_conflicts", OF(conflicts)},
    {"fileBytes", "spool_file_bytes", OF(file_bytes)},
    {"walBytes", "spool_wal_bytes", OF(wal_bytes)},
    {"usedBytes", "spool_used_bytes", OF(used_bytes)},
    {"maxBytes", "spool_max_bytes", OF(most_bytes)},
    {"freeBytes", "spool_disk_free_bytes", OF(free_bytes)},
    {"commits", "spool_commits_total", OF(commits)},
    {"checkpoints", NULL, OF(checkpoints)},
    {"commitP99Us", NULL, OF(commit_p99_us)},
};

void ht_spool_json(HtSpool *spool, HtBuffer *json)
{
    HtSpoolStatus status;
    ht_spool_status(spool, &status);
    ht_json_open(json, "spool");
    ht_figures_json(figures, G_N_ELEMENTS(figures), &status, json);
    ht_json_member_number(json, "waiting", (int64_t)ht_spool_backlog(spool));
    ht_json_member_number(json, "sizeLevel", status.size_level);
    ht_json_member_number(json, "diskLevel", status.disk_level);
    ht_json_member(json, "state",
                   ht_text_from(status.failed              ? "failed"
                                : status.size_level == 100 ? "capped"
                                : status.intake_stopped    ? "full"
                                                           : "ok"));
    ht_buffer_add_char(json, '}');
}

const char *ht_spool_pause_state(const HtSpoolPause *pause, uint64_t under_way)
{
    bool drains = pause && pause->kind == HT_SPOOL_PAUSE_DRAIN;
    return !pause ? "open" : !drains ? "paused" : under_way > 0 ? "draining" : "drained";
}

void ht_spool_pause_json(const char *name, const HtSpoolPause *pause, HtBuffer *json)
{
    if (!pause) {
        return;
    }
    ht_json_open(json, name);
    ht_json_member(json, "by", ht_text_from(pause->kind == HT_SPOOL_PAUSE_GONE ? "410" : "administrator"));
    ht_json_member_time(json, "since", pause->since_us);
    ht_json_member_number(json, "uid", pause->uid);
    ht_json_member(json, "reason", ht_text_from(pause->reason));
    if (*pause->notice) {
        ht_json_member(json, "notice", ht_text_from(pause->notice));
    }
    if (pause->retry_s > 0) {
        ht_json_member_number(json, "retryAfterS", pause->retry_s);
    }
    ht_buffer_add_char(json, '}');
}

void ht_spool_metrics(HtSpool *spool, HtBuffer *text)
{
    HtSpoolStatus status;
    ht_spool_status(spool, &status);
    ht_figures_metrics(figures, G_N_ELEMENTS(figures), &status, text);
    const HtMetric *commit = ht_metric_begin(text, "spool_commit_seconds");
    ht_metric_add_part(text, commit, "0.99", NULL, status.commit_p99_us);
    ht_metric_add_part(text, commit, "_sum", NULL, status.commit_sum_us);
    ht_metric_add_part(text, commit, "_count", NULL, status.commits);
}
