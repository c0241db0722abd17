/* `hutong replay`: a consumer gets events again, beside what is new. */
#include "core/cli/ask.h"
#include "core/cli/columns.h"
#include "core/cli/states.h"

#include "core/base/clock.h"
#include "core/delivery/route.h"
#include "spool/history.h"
#include "spool/repair.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const usage =
    N_("usage: hutong replay --consumer NAME --from TIME|SEQUENCE|beginning [--to TIME|SEQUENCE]\n"
       "                     [--type TYPES] [--source SOURCES] [--failed-only] [--json]\n"
       "       hutong replay list [--json]\n"
       "       hutong replay show ID [--json]\n"
       "       hutong replay cancel ID [--json]\n");

static int64_t number(JsonObject *object, const char *member)
{
    return json_object_get_int_member_with_default(object, member, 0);
}

static const char *text(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, "");
}

static void print_line(JsonObject *replay)
{
    int64_t first = number(replay, "first"), last = number(replay, "last"), at = number(replay, "cursor");
    const char *state = ht_cli_state(text(replay, "state"));
    g_autofree char *types =
        *text(replay, "types") ? g_strconcat(", ", text(replay, "types"), NULL) : g_strdup("");
    g_autofree char *ended =
        *text(replay, "ended") ? g_strdup_printf(_(", ended %s"), text(replay, "ended")) : g_strdup("");
    printf("%6" PRIi64 " %-16s %-*s ", number(replay, "id"), text(replay, "consumer"), HT_COLUMN(10, state));
    printf(_("%5.1f %% of %" PRIi64 " to %" PRIi64 ", %" PRIi64 " delivered, %" PRIi64
             " dead letters%s, begun %s%s\n"),
           100.0 * (double)MAX(at - first + 1, 0) / (double)(last - first + 1), first, last,
           number(replay, "delivered"), number(replay, "dead"), types, text(replay, "begun"), ended);
}

/* All, or with `id` one; how many there are, -1 after a complaint. */
static int print_replays(const HtConfig *config, int64_t id, bool json)
{
    int count = 0;
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "verb", "list");
    g_autoptr(JsonObject) answer = ht_cli_ask(config, "replay", question);
    JsonArray *replays = answer ? json_object_get_array_member(answer, "replays") : NULL;
    for (unsigned i = 0; replays && i < json_array_get_length(replays); i++) {
        JsonObject *replay = json_array_get_object_element(replays, i);
        if (id == 0 || number(replay, "id") == id) {
            (json ? ht_cli_print : print_line)(replay);
            count++;
        }
    }
    return answer ? count : -1;
}

static int list(const HtConfig *config, bool json)
{
    return print_replays(config, 0, json) < 0 ? HT_EXIT_FAILED : HT_EXIT_OK;
}

/* What failed in it is a dead letter. */
static int show(const HtConfig *config, const char *id, bool json)
{
    char *question[] = {(char *)"dead", (char *)"list", (char *)"--replay", (char *)id,
                        (char *)"-c",   config->file,   (char *)"--json",   NULL};
    int found = print_replays(config, g_ascii_strtoll(id, NULL, 10), json);
    if (found == 0) {
        fprintf(stderr, _("hutong replay: there is no such replay\n"));
    }
    return found > 0 ? ht_cli_dead(json ? 7 : 6, question) : HT_EXIT_FAILED;
}

/* Asks, and says what became of it. */
static int ask(const HtConfig *config, JsonObject *question, bool json)
{
    g_autoptr(JsonObject) answer = ht_cli_ask(config, "replay", question);
    if (answer) {
        (json ? ht_cli_print : print_line)(answer);
    }
    return answer ? HT_EXIT_OK : HT_EXIT_FAILED;
}

static int cancel(const HtConfig *config, const char *id, bool json)
{
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "verb", "cancel");
    json_object_set_int_member(question, "id", (int64_t)g_ascii_strtoull(id, NULL, 10));
    return ask(config, question, json);
}

/* ---- Names ---- */

typedef struct {
    const char *pattern;
    bool found;
} SourceSearch;

static void see_source(const char *source, int64_t received_us, void *user)
{
    SourceSearch *search = user;
    (void)received_us;
    search->found = search->found || ht_route_fits(search->pattern, ht_text_from(source));
}

/* Also a source that is in the configuration no more: its events are in the spool. */
static bool knows_source(const HtConfig *config, const char *pattern)
{
    g_autoptr(GError) error = NULL;
    SourceSearch search = {pattern, false};
    see_source(HT_SPOOL_OWN_SOURCE, 0, &search);
    for (unsigned i = 0; i < config->sources->len; i++) {
        see_source(((const HtSourceConfig *)config->sources->pdata[i])->name, 0, &search);
    }
    if (!search.found) {
        g_autoptr(HtSpoolLook) look = ht_spool_look_open(config->bus.state, &error);
        if (!look || !ht_spool_look_latest(look, INT64_MAX, see_source, &search, &error)) {
            return true; /* an operator need not be able to read the spool; the bus decides */
        }
    }
    return search.found || ht_cli_knows("replay", "source", pattern, config->sources);
}

/* A replay of what there is not would end at once, having sent nothing, and look like one that went well. */
static bool knows_names(const HtConfig *config, const char *consumer, const char *types, const char *sources)
{
    g_auto(GStrv) patterns = g_strsplit(sources ? sources : "", ";", -1);
    bool known = ht_cli_knows("replay", "consumer", consumer, config->consumers) &&
                 (!types || ht_cli_knows_types("replay", config, types));
    for (char **pattern = patterns; known && *pattern; pattern++) {
        known = knows_source(config, *pattern);
    }
    return known;
}

/* A sequence, or a time; false when it is neither. */
static bool set_place(JsonObject *question, const char *member, const char *time_member, const char *place)
{
    char *end, time[HT_CLOCK_TEXT];
    guint64 sequence = g_ascii_strtoull(place, &end, 10);
    int64_t time_us;
    if (g_str_equal(place, "beginning")) {
        return true;
    }
    if (*end == '\0' && sequence > 0 && sequence < INT64_MAX) {
        json_object_set_int_member(question, member, (int64_t)sequence);
        return true;
    }
    if (!ht_cli_time(place, &time_us)) {
        fprintf(
            stderr,
            _("hutong replay: --%s '%s' is no sequence from 1 on, no 'beginning' and no time: 2026-11-20, "
              "2026-11-20T08:00, or how long ago: 90min, 12h, 7d\n"),
            member, place);
        return false;
    }
    ht_clock_format(time_us, time);
    json_object_set_string_member(question, time_member, time);
    return true;
}

int ht_cli_replay(int argc, char **argv)
{
    gboolean json = FALSE, failed = FALSE;
    g_autofree char *file = NULL, *consumer = NULL, *from = NULL, *to = NULL, *types = NULL, *sources = NULL;
    const GOptionEntry entries[] = {
        {"consumer", 0, 0, G_OPTION_ARG_STRING, &consumer, N_("Who gets events again"), "NAME"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &from,
         N_("The first: a time when it was taken, a sequence, or beginning"), "PLACE"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &to, N_("The last; without it, the last that there is now"),
         "PLACE"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &types,
         N_("Only these event types: person.*;marriage.registered.v1"), "TYPES"},
        {"source", 0, 0, G_OPTION_ARG_STRING, &sources, N_("Only of these sources"), "SOURCES"},
        {"failed-only", 0, 0, G_OPTION_ARG_NONE, &failed, N_("Only dead letters"), NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("As JSON, one a line"), NULL},
        G_OPTION_ENTRY_NULL};
    if (!ht_cli_options(&argc, &argv, N_("A consumer gets events again, in order, beside what is new."),
                        entries, &file)) {
        return HT_EXIT_USAGE;
    }
    const char *verb = argc > 1 ? argv[1] : "";
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "verb", "begin");
    json_object_set_string_member(question, "consumer", consumer ? consumer : "");
    json_object_set_string_member(question, "types", types ? types : "");
    json_object_set_string_member(question, "sources", sources ? sources : "");
    json_object_set_boolean_member(question, "failedOnly", failed);
    bool has_id = argc == 3 && g_ascii_string_to_unsigned(argv[2], 10, 1, INT64_MAX, NULL, NULL);
    bool is_list = g_str_equal(verb, "list") && argc == 2, is_show = g_str_equal(verb, "show") && has_id,
         is_cancel = g_str_equal(verb, "cancel") && has_id;
    bool begins = argc == 1 && consumer && from;
    if (!is_list && !is_show && !is_cancel && !begins) {
        fputs(_(usage), stderr);
        return HT_EXIT_USAGE;
    }
    if (begins && (!set_place(question, "from", "fromTime", from) ||
                   (to && !set_place(question, "to", "toTime", to)))) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    if (begins && !knows_names(config, consumer, types, sources)) {
        return HT_EXIT_FAILED;
    }
    return is_list     ? list(config, json)
           : is_show   ? show(config, argv[2], json)
           : is_cancel ? cancel(config, argv[2], json)
                       : ask(config, question, json);
}
