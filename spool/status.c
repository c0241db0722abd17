/* The spool on the status page and in the metrics. Figures only. Main-loop thread. */
#include "spool/status.h"

#include "core/base/figures.h"
#include "core/base/json.h"

#define OF(field) offsetof(HtSpoolStatus, field)

static const HtFigure figures[] = {
    {"firstSequence", NULL, NULL, OF(first_sequence)},
    {"lastSequence", "spool_last_sequence", "Sequence of the newest event.", OF(last_sequence)},
    {"messages", NULL, NULL, OF(messages)},
    {"resent", NULL, NULL, OF(resent)},
    {"duplicates", NULL, NULL, OF(duplicates)},
    {"deadLetters", "spool_dead_letters", "Dead letters kept.", OF(dead_letters)},
    {"quarantined", "spool_quarantined", "Messages in quarantine.", OF(quarantined)},
    {"aliases", NULL, NULL, OF(aliases)},
    {"damaged", "spool_damaged_events", "Events found damaged and set aside: hutong spool check.",
     OF(damaged)},
    {"conflicts", "spool_identity_conflicts",
     "Numbers that were seen with two persons: hutong subject conflicts.", OF(conflicts)},
    {"fileBytes", "spool_file_bytes", "Size of the spool file.", OF(file_bytes)},
    {"walBytes", "spool_wal_bytes", "Size of the write-ahead log.", OF(wal_bytes)},
    {"usedBytes", "spool_used_bytes", "Bytes of the spool file that are in use, where max-size is set.",
     OF(used_bytes)},
    {"maxBytes", "spool_max_bytes", "What max-size allows; 0: no limit.", OF(most_bytes)},
    {"freeBytes", "spool_free_bytes", "Room on the spool's disk.", OF(free_bytes)},
    {"commits", NULL, NULL, OF(commits)},
    {"checkpoints", NULL, NULL, OF(checkpoints)},
    {"commitP99Us", NULL, NULL, OF(commit_p99_us)},
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

void ht_spool_metrics(HtSpool *spool, HtBuffer *text)
{
    static const char p99[] = "spool_commit_p99_seconds";
    HtSpoolStatus status;
    ht_spool_status(spool, &status);
    ht_figures_metrics(figures, G_N_ELEMENTS(figures), &status, text);
    ht_metric_begin(text, p99, "99th percentile of the last 1024 commits.");
    ht_metric_add_seconds(text, p99, NULL, NULL, status.commit_p99_us);
}
