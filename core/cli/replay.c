/* `hutong replay`: a consumer gets events again, beside what is new. */
#include "core/cli/ask.h"

#include "core/base/clock.h"

#include <stdio.h>

static const char usage[] =
    "usage: hutong replay --consumer NAME --from TIME|SEQUENCE|beginning [--to TIME|SEQUENCE]\n"
    "                     [--type TYPES] [--source SOURCES] [--failed-only]\n"
    "       hutong replay list [--json]\n"
    "       hutong replay show ID [--json]\n"
    "       hutong replay cancel ID\n";

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
    printf("%6" G_GINT64_FORMAT " %-16s %-10s %5.1f %% of %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
           ", %" G_GINT64_FORMAT " delivered, %" G_GINT64_FORMAT " dead letters%s%s, begun %s%s%s\n",
           number(replay, "id"), text(replay, "consumer"), text(replay, "state"),
           100.0 * (double)MAX(at - first + 1, 0) / (double)(last - first + 1), first, last,
           number(replay, "delivered"), number(replay, "dead"), *text(replay, "types") ? ", " : "",
           text(replay, "types"), text(replay, "begun"), *text(replay, "ended") ? ", ended " : "",
           text(replay, "ended"));
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
        fprintf(stderr, "hutong replay: there is no such replay\n");
    }
    return found > 0 ? ht_cli_dead(json ? 7 : 6, question) : HT_EXIT_FAILED;
}

/* Asks, and says what became of it. */
static int ask(const HtConfig *config, JsonObject *question)
{
    g_autoptr(JsonObject) answer = ht_cli_ask(config, "replay", question);
    if (answer) {
        print_line(answer);
    }
    return answer ? HT_EXIT_OK : HT_EXIT_FAILED;
}

static int cancel(const HtConfig *config, const char *id)
{
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "verb", "cancel");
    json_object_set_int_member(question, "id", (int64_t)g_ascii_strtoull(id, NULL, 10));
    return ask(config, question);
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
        {"consumer", 0, 0, G_OPTION_ARG_STRING, &consumer, "Who gets events again", "NAME"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &from,
         "The first: a time when it was taken, a sequence, or beginning", "PLACE"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &to, "The last; without it, the last that there is now", "PLACE"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &types, "Only these event types: person.*;marriage.registered.v1",
         "TYPES"},
        {"source", 0, 0, G_OPTION_ARG_STRING, &sources, "Only of these sources", "SOURCES"},
        {"failed-only", 0, 0, G_OPTION_ARG_NONE, &failed, "Only dead letters", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "As JSON, one a line", NULL},
        G_OPTION_ENTRY_NULL};
    if (!ht_cli_options(&argc, &argv, "A consumer gets events again, in order, beside what is new.", entries,
                        &file)) {
        return HT_EXIT_USAGE;
    }
    const char *verb = argc > 1 ? argv[1] : "";
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "verb", "begin");
    json_object_set_string_member(question, "consumer", consumer ? consumer : "");
    json_object_set_string_member(question, "types", types ? types : "");
    json_object_set_string_member(question, "sources", sources ? sources : "");
    json_object_set_boolean_member(question, "failedOnly", failed);
    bool is_list = g_str_equal(verb, "list") && argc == 2, is_show = g_str_equal(verb, "show") && argc == 3,
         is_cancel = g_str_equal(verb, "cancel") && argc == 3;
    bool begins = argc == 1 && consumer && from && set_place(question, "from", "fromTime", from) &&
                  (!to || set_place(question, "to", "toTime", to));
    if (!is_list && !is_show && !is_cancel && !begins) {
        fputs(usage, stderr);
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    return is_list     ? list(config, json)
           : is_show   ? show(config, argv[2], json)
           : is_cancel ? cancel(config, argv[2])
                       : ask(config, question);
}
