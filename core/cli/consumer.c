/* `hutong consumer`: how consumers are, pausing them and going on. */
#include "core/admin/ask.h"
#include "core/cli/pause.h"
#include "core/cli/columns.h"
#include "core/cli/states.h"
#include "core/cli/retell.h"
#include "core/verbs.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#define ANSWER_MS 5000

static const char *const usage = N_("usage: hutong consumer list [--json]\n"
                                    "       hutong consumer show NAME [--json]\n"
                                    "       hutong consumer pause NAME [--reason TEXT]\n"
                                    "       hutong consumer drain NAME [--reason TEXT] [--timeout TIME]\n"
                                    "       hutong consumer resume NAME [--reason TEXT]\n"
                                    "       hutong consumer rename OLD NEW [--reason TEXT]\n"
                                    "       hutong consumer forget NAME [--reason TEXT]\n"
                                    "       hutong consumer test NAME [--json]\n"
                                    "       hutong consumer skip NAME SEQUENCE --reason TEXT\n");

static const char *const elsewhere =
    N_("hutong consumer: events go again by\n"
       "       hutong replay --consumer NAME --from SEQUENCE|TIME|beginning [--to SEQUENCE|TIME]\n");

static int complain(const char *text)
{
    g_autofree char *told = ht_cli_retell(text);
    fprintf(stderr, "hutong consumer: %s\n", told);
    return HT_EXIT_FAILED;
}

static int64_t number(JsonObject *object, const char *member)
{
    return json_object_get_int_member_with_default(object, member, 0);
}

static const char *text(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, "");
}

/* ---- Looking ---- */

/* The consumers of the running bus; the caller unrefs. NULL after a complaint. */
static JsonArray *ask_status(const HtConfig *config)
{
    unsigned status;
    g_autoptr(GError) error = NULL;
    g_autofree char *body = ht_admin_get(config->bus.admin, "/status", ANSWER_MS, &status, &error);
    g_autoptr(JsonObject) page = body ? ht_admin_answer(status, body, &error) : NULL;
    if (!page) {
        complain(error->message);
        return NULL;
    }
    return json_array_ref(json_object_get_array_member(page, "consumers"));
}

static const char *why(JsonObject *consumer)
{
    JsonObject *pause =
        json_object_has_member(consumer, "pause") ? json_object_get_object_member(consumer, "pause") : NULL;
    if (g_str_equal(text(consumer, "state"), "stopped")) {
        return _("as many dead letters as dead-max allows");
    }
    return pause ? text(pause, "reason") : text(consumer, "lastError");
}

static void print_line(JsonObject *consumer)
{
    const char *reason = why(consumer);
    g_autofree char *held = number(consumer, "held") > 0
                                ? g_strdup_printf(_(", %" PRIi64 " held"), number(consumer, "held"))
                                : g_strdup("");
    g_autofree char *state = g_strdup_printf("%s%s", ht_cli_state(text(consumer, "state")), held);
    g_autofree char *since = g_strdup_printf(_("%s since %s"), state, text(consumer, "since"));
    printf("%-16s %10" PRIi64 " %10" PRIi64 " %8" PRIi64 " %8" PRIi64 " %8.1f ms  %s%s%s\n",
           text(consumer, "name"), number(consumer, "backlog"), number(consumer, "delivered"),
           number(consumer, "failing"), number(consumer, "letters"),
           (double)number(consumer, "answerP99Us") / 1000, since, *reason ? ": " : "", reason);
}

static void print_one(JsonObject *consumer)
{
    static const char *const figures[] = {"cursor",   "backlog",     "held",       "underWay", "delivered",
                                          "skipped",  "failing",     "letters",    "deadMax",  "attempts",
                                          "failures", "answerP50Us", "answerP99Us"};
    const char *reason = why(consumer);
    g_autofree char *since =
        g_strdup_printf(_("%s since %s"), ht_cli_state(text(consumer, "state")), text(consumer, "since"));
    printf("%s: %s%s%s\n", text(consumer, "name"), since, *reason ? ": " : "", reason);
    for (unsigned i = 0; i < G_N_ELEMENTS(figures); i++) {
        printf("  %-12s %" G_GINT64_FORMAT "\n", figures[i], number(consumer, figures[i]));
    }
    JsonObject *validation = json_object_has_member(consumer, "validation")
                                 ? json_object_get_object_member(consumer, "validation")
                                 : NULL;
    if (validation) {
        printf(_("  validation   %s since %s, %" PRIi64 " a minute (0: no limit)%s%s\n"),
               ht_cli_state(text(validation, "state")), text(validation, "since"),
               number(validation, "perMinute"), *text(validation, "reason") ? ": " : "",
               text(validation, "reason"));
    }
    JsonArray *answers = json_object_get_array_member(consumer, "answers");
    for (unsigned i = 0; i < json_array_get_length(answers); i++) {
        JsonObject *answer = json_array_get_object_element(answers, i);
        printf(_("  answer       %s, %" PRIi64 " in a row, %s to %s\n"), text(answer, "answer"),
               number(answer, "count"), text(answer, "first"), text(answer, "last"));
    }
}

/* `name`: of one; NULL: all. */
static int look(const HtConfig *config, const char *name, bool json)
{
    g_autoptr(JsonArray) consumers = ask_status(config);
    bool found = false;
    if (!consumers) {
        return HT_EXIT_FAILED;
    }
    if (!json && !name) {
        printf("%-*s %*s %*s %*s %*s %*s  %s\n", HT_COLUMN(16, _("CONSUMER")), HT_COLUMN(10, _("BACKLOG")),
               HT_COLUMN(10, _("DELIVERED")), HT_COLUMN(8, _("FAILING")), HT_COLUMN(8, _("DEAD")),
               HT_COLUMN(11, _("P99")), _("STATE"));
    }
    for (unsigned i = 0; i < json_array_get_length(consumers); i++) {
        JsonObject *consumer = json_array_get_object_element(consumers, i);
        if (!name || g_str_equal(text(consumer, "name"), name)) {
            found = true;
            (json ? ht_cli_print : name ? print_one : print_line)(consumer);
        }
    }
    return found || !name ? HT_EXIT_OK : complain(_("there is no consumer of this name"));
}

/* ---- Changing ---- */

/* What a consumer that is configured no more has left. */
static int change_left(const HtConfig *config, char **words, const char *reason)
{
    bool rename = g_str_equal(words[1], "rename");
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "verb", words[1]);
    json_object_set_string_member(question, "consumer", words[2]);
    json_object_set_string_member(question, "to", rename ? words[3] : "");
    json_object_set_string_member(question, "reason", reason ? reason : "");
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), question);
    g_autofree char *asked = json_to_string(node, FALSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = ht_verbs_ask(config, "left", asked, NULL, &error);
    if (!answer) {
        return complain(error->message);
    }
    if (rename) {
        printf(_("what %s has left is %s's: its place, dead letters, pause and replays\n"), words[2],
               words[3]);
    } else {
        printf(_("nothing is kept of %s any more\n"), words[2]);
    }
    return HT_EXIT_OK;
}

static int skip(const HtConfig *config, const char *name, const char *sequence, const char *reason)
{
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "consumer", name);
    json_object_set_int_member(question, "sequence", g_ascii_strtoll(sequence, NULL, 10));
    json_object_set_string_member(question, "reason", reason ? reason : "");
    g_autoptr(JsonObject) answer = ht_cli_ask(config, "skip", question);
    if (answer) {
        printf(_("event %s is a dead letter of %s, and its person goes on; hutong dead show %s %s\n"),
               sequence, name, name, sequence);
    }
    return answer ? HT_EXIT_OK : HT_EXIT_FAILED;
}

/* The bus waits for the consumer as long as for any event. */
static int test(const HtConfig *config, const char *name, bool json)
{
    const HtConsumerConfig *consumer = ht_config_consumer(config, name);
    uint64_t wait_ms = ANSWER_MS + (consumer ? consumer->timeout_ms + consumer->connect_timeout_ms : 0);
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "consumer", name);
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), question);
    g_autofree char *asked = json_to_string(node, FALSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        ht_admin_ask_within(config->bus.admin, "test", asked, (unsigned)MIN(wait_ms, UINT_MAX / 2), &error);
    if (!answer) {
        return complain(error->message);
    }
    bool taken = json_object_get_boolean_member_with_default(answer, "taken", FALSE);
    if (json) {
        ht_cli_print(answer);
    } else {
        int64_t status = number(answer, "status");
        g_autofree char *said =
            status > 0 ? g_strdup_printf("HTTP %" G_GINT64_FORMAT, status) : g_strdup(_("written"));
        const char *words = taken ? said : text(answer, "reason");
        printf(taken ? _("%s took the test event %s after %.1f ms: %s\n")
                     : _("%s did not take the test event %s after %.1f ms: %s\n"),
               name, text(answer, "id"), (double)number(answer, "tookUs") / 1000, words);
    }
    return taken ? HT_EXIT_OK : HT_EXIT_FAILED;
}

int ht_cli_consumer(int argc, char **argv)
{
    gboolean json = FALSE;
    g_autofree char *file = NULL;
    g_auto(HtCliPause) pause = {0};
    const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("As JSON, one a line"), NULL},
                                    HT_CLI_PAUSE_WORDS(pause),
                                    G_OPTION_ENTRY_NULL};
    if (argc > 1 && g_str_equal(argv[1], "replay")) { /* with options that are not this verb's */
        fputs(_(elsewhere), stderr);
        return HT_EXIT_USAGE;
    }
    if (!ht_cli_options(
            &argc, &argv,
            N_("list | show | test | pause | drain | resume | skip | rename | forget: how consumers are, holding them, and what former ones have left."),
            entries, &file)) {
        return HT_EXIT_USAGE;
    }
    const char *verb = argc > 1 ? argv[1] : "", *name = argc == 3 ? argv[2] : NULL;
    bool list = g_str_equal(verb, "list"), show = g_str_equal(verb, "show");
    bool changes = g_str_equal(verb, "pause") || g_str_equal(verb, "drain") || g_str_equal(verb, "resume");
    bool tests = g_str_equal(verb, "test"), skips = g_str_equal(verb, "skip"),
         renames = g_str_equal(verb, "rename");
    bool lefts = renames || g_str_equal(verb, "forget");
    if (argc != (list               ? 2
                 : skips || renames ? 4
                                    : 3) ||
        !(list || show || tests || changes || skips || lefts)) {
        fputs(_(usage), stderr);
        return HT_EXIT_USAGE;
    }
    if (!ht_cli_pause_is_good(&pause, "consumer")) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    return lefts     ? change_left(config, argv, pause.reason)
           : tests   ? test(config, name, json)
           : skips   ? skip(config, argv[2], argv[3], pause.reason)
           : changes ? ht_cli_pause_change(config, "consumer", verb, name, &pause)
                     : look(config, name, json);
}
