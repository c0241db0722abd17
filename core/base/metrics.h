/* The metrics (Prometheus text format): every name, type, label and meaning stands in one table, which metrics.c has and docs/metrics.md is
 * made of. Names have base units (seconds, bytes). What is given in microseconds is written in seconds. No state; any thread. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

typedef enum {
    HT_METRIC_COUNTER,
    HT_METRIC_GAUGE,
    HT_METRIC_SUMMARY, /* of ht_metric_add_part() */
} HtMetricType;

typedef struct {
    const char *name; /* without "hutong_" */
    HtMetricType type;
    bool in_us;        /* its values are given in microseconds, and written in seconds */
    const char *label; /* "source", …; NULL: none */
    const char *help;
} HtMetric;

/* Writes what the metric is; its values follow. A name that the table lacks is a mistake of the program: it is told to the log, and NULL,
 * of which nothing is written. */
const HtMetric *ht_metric_begin(HtBuffer *text, const char *name);

/* A value; `of` is the label's (a name of the configuration; NULL when it has no label). */
void ht_metric_add(HtBuffer *text, const HtMetric *metric, const char *of, uint64_t value);

/* Both, of a metric without label. */
void ht_metric_one(HtBuffer *text, const char *name, uint64_t value);

/* A part of a summary: "_sum" (a time), "_count", or a quantile such as "0.99" (a time). */
void ht_metric_add_part(HtBuffer *text, const HtMetric *metric, const char *part, const char *of,
                        uint64_t value);

/* docs/metrics.md. */
void ht_metrics_reference(GString *markdown);
