/* Retention in the running bus: a sweep (core/keep/sweep.h) from time to time, and the verbs `prune` and `export`. Main thread. */
#pragma once

#include "core/admin/reply.h"
#include "core/base/buffer.h"
#include "core/keep/sweep.h"

typedef struct HtRetention HtRetention;

/* The spool lives longer. Sweeps begin by themselves when the configuration has a [retention] section. */
HtRetention *ht_retention_new(const HtConfig *config, const HtDictionary *dictionary, HtSpool *spool);

/* Another configuration counts, from the next sweep on. */
void ht_retention_change(HtRetention *retention, const HtConfig *config, const HtDictionary *dictionary);
void ht_retention_free(HtRetention *retention);

/* On the status page, in the metrics, and why the last sweep could not do all (the caller frees; NULL when it could). */
void ht_retention_json(HtRetention *retention, HtBuffer *json);
void ht_retention_metrics(HtRetention *retention, HtBuffer *text);
char *ht_retention_notice(HtRetention *retention);

/* {"verb": "start" | "look" | "dry-run"} → {"running", "events", "bytes", "undelivered", "files", "archived", "givenBack", "problem"}: "start" begins a sweep and
 * answers at once, "look" says how far it is; "dry-run" answers when it has counted. Without a bus "start" answers when the sweep has ended.
 * 409 when nothing is configured, or one runs. Audited. */
void ht_retention_prune(void *user, JsonObject *asked, HtAdminReply *reply);

/* {"what": TEXT} → {}: that events are exported is in the audit, on disk. */
void ht_retention_export(void *user, JsonObject *asked, HtAdminReply *reply);
