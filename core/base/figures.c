/* Writing figures; see figures.h. No state; any thread. */
#include "core/base/figures.h"

#include "core/base/json.h"

#include <glib.h>

uint64_t ht_figure_value(const HtFigure *figure, const void *of)
{
    return *(const uint64_t *)((const char *)of + figure->offset);
}

void ht_figures_json(const HtFigure *figures, size_t count, const void *of, HtBuffer *json)
{
    for (size_t i = 0; i < count; i++) {
        if (figures[i].member) {
            ht_json_member_number(json, figures[i].member, (int64_t)ht_figure_value(&figures[i], of));
        }
    }
}

void ht_figures_metrics(const HtFigure *figures, size_t count, const void *of, HtBuffer *text)
{
    for (size_t i = 0; i < count; i++) {
        if (figures[i].metric) {
            ht_metric_one(text, figures[i].metric, ht_figure_value(&figures[i], of));
        }
    }
}
