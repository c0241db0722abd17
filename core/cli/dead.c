/* `hutong dead`: dead letters, looked at in the spool's file, and replayed or dropped by the bus or without one. */
#include "core/cli/ask.h"
#include "core/cli/columns.h"

#include "core/base/clock.h"
#include "spool/look.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const usage = N_(
    "usage: hutong dead list [FILTER…] [--json]\n"
    "       hutong dead show CONSUMER SEQUENCE [--body] [--json]\n"
    "       hutong dead replay CONSUMER [SEQUENCE] [FILTER…]\n"
    "       hutong dead drop CONSUMER [SEQUENCE] [FILTER…] --reason TEXT\n"
    "filters: --source NAME, --type TYPE (person.*), --since TIME, --until TIME, --answer TEXT (part of the reason), --replay ID\n");

typedef struct {
    const HtConfig *config;
    HtSpoolLetterFilter filter;
    gboolean json, body;
    char *source, *type, *since, *until, *answer, *reason;
} DeadCommand;

static int complain(const char *text)
{
    fprintf(stderr, "hutong dead: %s\n", text);
    return HT_EXIT_FAILED;
}

/* NULL after a complaint; the caller unrefs. */
static GPtrArray *find(const DeadCommand *command)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(command->config->bus.state, &error);
    GPtrArray *letters = look ? ht_spool_look_letters(look, &command->filter, &error) : NULL;
    if (!letters) {
        complain(error->message);
    }
    return letters;
}

/* ---- Showing ---- */

static void print_json(const HtSpoolLooked *letter)
{
    char time[HT_CLOCK_TEXT];
    g_autoptr(JsonObject) object = json_object_new();
    ht_clock_format(letter->time_us, time);
    json_object_set_string_member(object, "consumer", letter->consumer);
    json_object_set_int_member(object, "sequence", (int64_t)letter->sequence);
    json_object_set_string_member(object, "time", time);
    json_object_set_string_member(object, "source", letter->source);
    json_object_set_string_member(object, "type", letter->type);
    json_object_set_int_member(object, "attempts", letter->attempts);
    json_object_set_int_member(object, "replay", letter->replay);
    json_object_set_string_member(object, "reason", letter->reason);
    ht_cli_print(object);
}

static void print_line(const HtSpoolLooked *letter)
{
    char time[HT_CLOCK_TEXT];
    ht_clock_format(letter->time_us, time);
    printf("%-16s %12" G_GUINT64_FORMAT " %s %-16s %-28s %6u  %s\n", letter->consumer, letter->sequence, time,
           letter->source, letter->type, letter->attempts, letter->reason);
}

static bool knows_names(const DeadCommand *command)
{
    const char *consumer = command->filter.consumer;
    return (!consumer || ht_cli_knows("dead", "consumer", consumer, command->config->consumers)) &&
           (!command->source || ht_cli_knows("dead", "source", command->source, command->config->sources)) &&
           (!command->type || ht_cli_knows_types("dead", command->config, command->type));
}

static int list(const DeadCommand *command)
{
    g_autoptr(GPtrArray) letters = find(command);
    if (!letters) {
        return HT_EXIT_FAILED;
    }
    if (!command->json) {
        printf("%-*s %*s %-*s %-*s %-*s %*s  %s\n", HT_COLUMN(16, _("CONSUMER")),
               HT_COLUMN(12, _("SEQUENCE")), HT_COLUMN(29, _("SINCE")), HT_COLUMN(16, _("SOURCE")),
               HT_COLUMN(28, _("TYPE")), HT_COLUMN(6, _("TRIES")), _("REASON"));
    }
    for (unsigned i = 0; i < letters->len; i++) {
        (command->json ? print_json : print_line)(letters->pdata[i]);
    }
    return letters->len > 0 || knows_names(command) ? HT_EXIT_OK : HT_EXIT_FAILED;
}

static int show_body(const DeadCommand *command)
{
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "consumer", command->filter.consumer);
    json_object_set_int_member(question, "sequence", (int64_t)command->filter.sequence);
    g_autoptr(JsonObject) answer = ht_cli_ask(command->config, "event", question);
    if (answer) {
        ht_cli_print(json_object_get_object_member(answer, "event"));
    }
    return answer ? HT_EXIT_OK : HT_EXIT_FAILED;
}

static int show(const DeadCommand *command)
{
    g_autoptr(GPtrArray) letters = find(command);
    if (!letters) {
        return HT_EXIT_FAILED;
    }
    if (letters->len == 0) {
        return knows_names(command) ? complain(_("this event is no dead letter of this consumer"))
                                    : HT_EXIT_FAILED;
    }
    (command->json ? print_json : print_line)(letters->pdata[0]);
    return command->body ? show_body(command) : HT_EXIT_OK;
}

/* ---- Replaying and dropping ---- */

/* "3-5;9" */
static char *write_sequences(const GPtrArray *letters)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < letters->len;) {
        uint64_t first = ((const HtSpoolLooked *)letters->pdata[i])->sequence, last = first;
        while (++i < letters->len && ((const HtSpoolLooked *)letters->pdata[i])->sequence == last + 1) {
            last++;
        }
        g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, text->len > 0 ? ";" : "", first);
        if (last > first) {
            g_string_append_printf(text, "-%" G_GUINT64_FORMAT, last);
        }
    }
    return g_string_free(text, FALSE);
}

static int change(const DeadCommand *command, const char *verb)
{
    g_autoptr(GPtrArray) letters = find(command);
    if (!letters) {
        return HT_EXIT_FAILED;
    }
    if (letters->len == 0) {
        return knows_names(command) ? complain(_("there are no such dead letters")) : HT_EXIT_FAILED;
    }
    g_autofree char *sequences = write_sequences(letters);
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "verb", verb);
    json_object_set_string_member(question, "consumer", command->filter.consumer);
    json_object_set_string_member(question, "sequences", sequences);
    json_object_set_string_member(question, "reason", command->reason ? command->reason : "");
    g_autoptr(JsonObject) answer = ht_cli_ask(command->config, "dead", question);
    if (!answer) {
        return HT_EXIT_FAILED;
    }
    if (g_str_equal(verb, "drop")) {
        printf(_("%" PRIi64 " dead letters dropped\n"), json_object_get_int_member(answer, "count"));
    } else {
        printf(_("replay %" PRIi64 " sends %u events again; hutong replay list\n"),
               json_object_get_int_member(answer, "id"), letters->len);
    }
    return HT_EXIT_OK;
}

/* ---- The command ---- */

static bool read_filter(DeadCommand *command, char **arguments, int count)
{
    HtSpoolLetterFilter *filter = &command->filter;
    char *end = NULL;
    filter->consumer = count > 0 ? arguments[0] : NULL;
    filter->sequence = count > 1 ? g_ascii_strtoull(arguments[1], &end, 10) : 0;
    filter->source = command->source;
    filter->type = command->type;
    filter->reason = command->answer;
    if (count > 2 || (count == 2 && (*end != '\0' || filter->sequence == 0))) {
        fputs(_(usage), stderr);
        return false;
    }
    return ht_cli_span("dead", command->since, command->until, &filter->since_us, &filter->until_us);
}

static int run(DeadCommand *command, const char *verb, int count)
{
    if (g_str_equal(verb, "list")) {
        return list(command);
    }
    if (g_str_equal(verb, "show") && count == 2) {
        return show(command);
    }
    if ((g_str_equal(verb, "replay") || g_str_equal(verb, "drop")) && count >= 1) {
        return change(command, verb);
    }
    fputs(_(usage), stderr);
    return HT_EXIT_USAGE;
}

int ht_cli_dead(int argc, char **argv)
{
    DeadCommand command = {.json = FALSE};
    const GOptionEntry entries[] = {
        {"source", 0, 0, G_OPTION_ARG_STRING, &command.source, N_("Of this source"), "NAME"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &command.type, N_("Of this event type, also as person.*"),
         "TYPE"},
        {"since", 0, 0, G_OPTION_ARG_STRING, &command.since, N_("Dead letters since then: 2h, 2026-11-21, …"),
         "TIME"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &command.until, N_("and until then"), "TIME"},
        {"answer", 0, 0, G_OPTION_ARG_STRING, &command.answer, N_("With this in their reason"), "TEXT"},
        {"replay", 0, 0, G_OPTION_ARG_INT64, &command.filter.replay, N_("That failed in this replay"), "ID"},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &command.reason, N_("Why they are dropped; it is kept"),
         "TEXT"},
        {"body", 0, 0, G_OPTION_ARG_NONE, &command.body,
         N_("Also the event, as the consumer sees it; that you looked is kept"), NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &command.json, N_("As JSON, one a line"), NULL},
        G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    int status = HT_EXIT_USAGE;
    if (!ht_cli_options(&argc, &argv, N_("list | show | replay | drop: events that a consumer refused."),
                        entries, &file)) {
        return status;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    command.config = config;
    if (!config) {
        status = HT_EXIT_CONFIG;
    } else if (read_filter(&command, argv + 2, MAX(argc - 2, 0))) {
        status = run(&command, argc > 1 ? argv[1] : "", argc - 2);
    }
    char *const texts[] = {command.source, command.type,   command.since,
                           command.until,  command.answer, command.reason};
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(texts[i]);
    }
    return status;
}
