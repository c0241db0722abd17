/* What a part of the bus counts, as the status page (JSON) and the metrics (Prometheus text) show it: one table a part. No
 * state; any thread. */
#pragma once

#include "core/base/metrics.h"

typedef struct {
    const char *member; /* on the status page; NULL: not there */
    const char *metric; /* in the table of metrics.h; NULL: not there */
    size_t offset;      /* of the uint64_t in what is shown */
} HtFigure;

/* The figure's value in `of`. */
uint64_t ht_figure_value(const HtFigure *figure, const void *of);

/* Writes those that the status page has, as members. */
void ht_figures_json(const HtFigure *figures, size_t count, const void *of, HtBuffer *json);

/* Writes those that are metrics, without label. */
void ht_figures_metrics(const HtFigure *figures, size_t count, const void *of, HtBuffer *text);
