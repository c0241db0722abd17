/* What commands share that ask the bus: times, questions and their answers. */
#include "core/cli/ask.h"

#include "core/base/clock.h"
#include "core/cli/retell.h"
#include "core/verbs.h"

#include <stdio.h>

bool ht_cli_time(const char *text, int64_t *time_us)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    guint64 number = g_ascii_strtoull(text, &end, 10);
    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++) {
        if (end > text && number < 100000000 && end[0] == units[i].unit && end[1] == '\0') {
            *time_us = ht_clock_now() - (int64_t)number * units[i].seconds * HT_SECOND;
            return true;
        }
    }
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("+08:00");
    g_autofree char *midnight = strchr(text, 'T') ? g_strdup(text) : g_strconcat(text, "T00:00:00", NULL);
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(midnight, zone);
    *time_us = time ? g_date_time_to_unix(time) * HT_SECOND + g_date_time_get_microsecond(time) : 0;
    return time && *time_us > 0;
}

JsonObject *ht_cli_ask(const HtConfig *config, const char *verb, JsonObject *question)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, question);
    g_autofree char *text = json_to_string(node, FALSE);
    JsonObject *answer = ht_verbs_ask(config, verb, text, NULL, &error);
    if (!answer) {
        g_autofree char *told = ht_cli_retell(error->message);
        fprintf(stderr, "hutong %s: %s\n", verb, told);
    }
    return answer;
}

void ht_cli_print(JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, object);
    g_autofree char *text = json_to_string(node, FALSE);
    puts(text);
}
