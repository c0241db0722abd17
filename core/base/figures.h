/* What a part of the bus counts, as the status page (JSON) and the metrics (Prometheus text) show it: one table a part. No
 * state; any thread. */
#pragma once

#include "core/base/buffer.h"

typedef struct {
    const char *member; /* on the status page; NULL: not there */
    const char
        *metric;      /* without "hutong_", a counter if it ends in "_total", else a gauge; NULL: not there */
    const char *help; /* of the metric */
    size_t offset;    /* of the uint64_t in what is shown */
} HtFigure;

/* The figure's value in `of`. */
uint64_t ht_figure_value(const HtFigure *figure, const void *of);

/* Writes those that the status page has, as members. */
void ht_figures_json(const HtFigure *figures, size_t count, const void *of, HtBuffer *json);

/* Writes those that are metrics, without label. */
void ht_figures_metrics(const HtFigure *figures, size_t count, const void *of, HtBuffer *text);

/* For metrics with a label: what they are, then a line for each value. `label` may be NULL. */
void ht_metric_begin(HtBuffer *text, const char *name, const char *help);
void ht_metric_add(HtBuffer *text, const char *name, const char *label, const char *of, uint64_t value);

/* The same, of microseconds: in seconds, for Prometheus wants base units. */
void ht_metric_add_seconds(HtBuffer *text, const char *name, const char *label, const char *of,
                           uint64_t time_us);
