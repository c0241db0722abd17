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
            ht_metric_begin(text, figures[i].metric, figures[i].help);
            ht_metric_add(text, figures[i].metric, NULL, NULL, ht_figure_value(&figures[i], of));
        }
    }
}

void ht_metric_begin(HtBuffer *text, const char *name, const char *help)
{
    const char *type = g_str_has_suffix(name, "_total") ? "counter" : "gauge";
    ht_buffer_printf(text, "# HELP hutong_%s %s\n# TYPE hutong_%s %s\n", name, help, name, type);
}

static void add_name(HtBuffer *text, const char *name, const char *label, const char *of)
{
    ht_buffer_printf(text, "hutong_%s", name);
    if (label) {
        ht_buffer_printf(text, "{%s=\"%s\"}", label, of);
    }
}

void ht_metric_add(HtBuffer *text, const char *name, const char *label, const char *of, uint64_t value)
{
    add_name(text, name, label, of);
    ht_buffer_printf(text, " %" G_GUINT64_FORMAT "\n", value);
}

void ht_metric_add_seconds(HtBuffer *text, const char *name, const char *label, const char *of,
                           uint64_t time_us)
{
    add_name(text, name, label, of);
    ht_buffer_printf(text, " %" G_GUINT64_FORMAT ".%06u\n", time_us / 1000000, (unsigned)(time_us % 1000000));
}
