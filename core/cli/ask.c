/* What commands share that ask the bus: times, questions and their answers. */
#include "core/cli/ask.h"

#include "core/base/clock.h"
#include "core/cli/retell.h"
#include "core/config/suggest.h"
#include "core/delivery/route.h"
#include "core/source/host.h"
#include "core/verbs.h"

#include <glib/gi18n.h>
#include <stdio.h>

bool ht_cli_time(const char *text, int64_t *time_us)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    char *end;
    guint64 number = g_ascii_strtoull(text, &end, 10);
    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++) {
        if (end > text && number < 100000000 && g_str_equal(end, units[i].unit)) {
            *time_us = ht_clock_now() - (int64_t)number * units[i].seconds * HT_SECOND;
            return true;
        }
    }
    static const char *const rests[] = {"", "T00:00:00", ":00"};
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("+08:00");
    for (unsigned i = 0; i < G_N_ELEMENTS(rests); i++) {
        g_autofree char *whole = g_strconcat(text, rests[i], NULL);
        g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(whole, zone);
        if (time) { /* also of a clock that stands before 1970 */
            *time_us = g_date_time_to_unix(time) * HT_SECOND + g_date_time_get_microsecond(time);
            return true;
        }
    }
    return false;
}

static bool read_time(const char *verb, const char *option, const char *text, int64_t *time_us)
{
    if (text && !ht_cli_time(text, time_us)) {
        fprintf(
            stderr,
            _("hutong %s: %s '%s' is no time: 2026-11-20, 2026-11-20T08:00, or how long ago: 90min, 12h, 7d\n"),
            verb, option, text);
        return false;
    }
    return true;
}

bool ht_cli_span(const char *verb, const char *since, const char *until, int64_t *since_us, int64_t *until_us)
{
    if (!read_time(verb, "--since", since, since_us) || !read_time(verb, "--until", until, until_us)) {
        return false;
    }
    bool good = !since || !until || *since_us <= *until_us;
    if (!good) {
        fprintf(stderr, _("hutong %s: --since is later than --until: there is nothing between them\n"), verb);
    }
    return good;
}

bool ht_cli_knows(const char *verb, const char *kind, const char *name, const GPtrArray *records)
{
    for (unsigned i = 0; i < records->len; i++) {
        if (g_str_equal(*(char *const *)records->pdata[i], name)) {
            return true;
        }
    }
    const char *meant = ht_suggest_record(name, records);
    fprintf(stderr,
            g_str_equal(kind, "consumer") ? _("hutong %s: there is no consumer of this name")
                                          : _("hutong %s: there is no source of this name"),
            verb);
    if (meant) {
        fprintf(stderr, _("; did you mean '%s'?"), meant);
    }
    fputc('\n', stderr);
    return false;
}

bool ht_cli_knows_types(const char *verb, const HtConfig *config, const char *types)
{
    g_autoptr(GError) error = NULL;
    HtDictionary *dictionary = ht_source_dictionary(config, &error);
    g_auto(GStrv) patterns = g_strsplit(types, ";", -1);
    g_autofree char *flaw = dictionary ? NULL : g_strdup(error->message);
    for (char **pattern = patterns; dictionary && *pattern && !flaw; pattern++) {
        flaw = ht_route_flaw(dictionary, *pattern);
    }
    g_clear_pointer(&dictionary, ht_dictionary_free);
    if (flaw) {
        fprintf(stderr, "hutong %s: %s\n", verb, flaw);
    }
    return !flaw;
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
