/* `hutong source`, `hutong route`, `hutong maintenance`: how they are, pausing them, draining them, going on. */
#include "core/cli/pause.h"

#include "core/admin/ask.h"
#include "core/base/limits.h"
#include "core/cli/age.h"
#include "core/cli/columns.h"
#include "core/cli/states.h"
#include "core/cli/retell.h"
#include "core/pauses.h"
#include "core/verbs.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#define ANSWER_MS 5000
#define LOOK_MS 200 /* between looks at what is under way */
#define TIMEOUT_MS 60000

static int64_t number(JsonObject *object, const char *member)
{
    return json_object_get_int_member_with_default(object, member, 0);
}

static const char *text(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, "");
}

static JsonObject *part(JsonObject *object, const char *member)
{
    return json_object_has_member(object, member) ? json_object_get_object_member(object, member) : NULL;
}

static int complain(const char *kind, const char *words)
{
    g_autofree char *told = ht_cli_retell(words);
    fprintf(stderr, "hutong %s: %s\n", kind, told);
    return HT_EXIT_FAILED;
}

void ht_cli_pause_clear(HtCliPause *pause)
{
    char **const texts[] = {&pause->reason, &pause->notice, &pause->retry_after, &pause->timeout};
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_clear_pointer(texts[i], g_free);
    }
}

/* ---- The page of the running bus ---- */

/* NULL with an error; the caller unrefs. */
static JsonObject *ask_page(const HtConfig *config, GError **error)
{
    unsigned status;
    g_autofree char *body = ht_admin_get(config->bus.admin, "/status", ANSWER_MS, &status, error);
    return body ? ht_admin_answer(status, body, error) : NULL;
}

/* The object of this name; borrowed, NULL: there is none. */
static JsonObject *find_row(JsonObject *page, const char *list, const char *name)
{
    JsonArray *rows = json_object_get_array_member(page, list);
    for (unsigned i = 0; i < json_array_get_length(rows); i++) {
        JsonObject *row = json_array_get_object_element(rows, i);
        if (g_str_equal(text(row, "name"), name)) {
            return row;
        }
    }
    return NULL;
}

/* What of it has begun and is not over; -1 when the bus does not say. Of all sources in maintenance. */
static int64_t ask_under_way(const HtConfig *config, const char *kind, const char *name)
{
    g_autofree char *list = g_strconcat(name ? kind : "source", "s", NULL);
    g_autoptr(JsonObject) page = ask_page(config, NULL);
    if (!page) {
        return -1;
    }
    JsonArray *rows = json_object_get_array_member(page, list);
    int64_t count = 0;
    for (unsigned i = 0; i < json_array_get_length(rows); i++) {
        JsonObject *row = json_array_get_object_element(rows, i);
        count += !name || g_str_equal(text(row, "name"), name) ? number(row, "underWay") : 0;
    }
    return count;
}

/* ---- Changing ---- */

static bool read_time(const char *kind, const char *option, const char *words, uint64_t *ms)
{
    if (words && !ht_limit_read(words, HT_LIMIT_MS, ms)) {
        fprintf(stderr, _("hutong %s: %s '%s' is no time such as 30s, 10min, 2h\n"), kind, option, words);
        return false;
    }
    return true;
}

bool ht_cli_pause_is_good(const HtCliPause *pause, const char *kind)
{
    uint64_t ms, retry_ms = 1000;
    if (!read_time(kind, "--retry-after", pause->retry_after, &retry_ms) ||
        !read_time(kind, "--timeout", pause->timeout, &ms)) {
        return false;
    }
    if (retry_ms < 1000 || retry_ms > UINT64_C(1000) * HT_PAUSES_RETRY_MAX_S) {
        fprintf(stderr, _("hutong %s: --retry-after '%s': 1 second to 7 days\n"), kind, pause->retry_after);
        return false;
    }
    return true;
}

/* Messages go in, events out. */
static bool is_of_messages(const char *kind)
{
    return g_str_equal(kind, "source") || g_str_equal(kind, "maintenance");
}

static int wait_until_empty(const HtConfig *config, const char *kind, const char *name, uint64_t timeout_ms)
{
    const char *about = name ? name : kind;
    printf(name ? _("%s takes nothing new\n") : _("%s is on: no source takes anything new\n"), about);
    fflush(stdout);
    int64_t end_us = g_get_monotonic_time() + (int64_t)MIN(timeout_ms, 86400000) * 1000;
    int64_t count = ask_under_way(config, kind, name);
    while (count > 0 && g_get_monotonic_time() < end_us) {
        g_usleep(LOOK_MS * 1000);
        count = ask_under_way(config, kind, name);
    }
    if (count < 0) {
        fprintf(stderr, _("hutong %s: the bus does not answer any more: what is under way is not known\n"),
                kind);
    } else if (count > 0) {
        printf(is_of_messages(kind)
                   ? _("%s: %" PRIi64 " messages still under way; the same again waits for them\n")
                   : _("%s: %" PRIi64 " events still under way; the same again waits for them\n"),
               about, count);
    } else {
        printf(_("%s: nothing is under way\n"), about);
    }
    return count == 0 ? HT_EXIT_OK : HT_EXIT_FAILED;
}

static JsonObject *make_question(const char *kind, const char *verb, const char *name,
                                 const HtCliPause *pause)
{
    JsonObject *question = json_object_new();
    uint64_t retry_ms = 0;
    json_object_set_string_member(question, "verb", verb);
    if (name) {
        json_object_set_string_member(question, kind, name);
    }
    json_object_set_string_member(question, "reason", pause->reason ? pause->reason : "");
    if (pause->notice) {
        json_object_set_string_member(question, "notice", pause->notice);
    }
    if (pause->retry_after && read_time(kind, "--retry-after", pause->retry_after, &retry_ms)) {
        json_object_set_int_member(question, "retryAfterS", (gint64)((retry_ms + 999) / 1000));
    }
    return question;
}

static void tell_change(const char *verb, const char *about, bool offline)
{
    if (g_str_equal(verb, "off")) {
        printf(offline ? _("%s is over: sources take again, when the bus runs\n")
                       : _("%s is over: sources take again\n"),
               about);
    } else if (g_str_equal(verb, "resume")) {
        printf(offline ? _("%s goes on, when the bus runs\n") : _("%s goes on\n"), about);
    } else if (g_str_equal(verb, "on")) {
        printf(offline ? _("%s is on: no source takes anything, when the bus runs\n")
                       : _("%s is on: no source takes anything\n"),
               about);
    } else {
        printf(offline ? _("%s is paused, when the bus runs\n") : _("%s is paused\n"), about);
    }
}

int ht_cli_pause_change(const HtConfig *config, const char *kind, const char *verb, const char *name,
                        const HtCliPause *pause)
{
    bool drains = g_str_equal(verb, "drain") || g_str_equal(verb, "on"), offline = false;
    uint64_t timeout_ms = TIMEOUT_MS;
    g_autoptr(JsonObject) question = make_question(kind, verb, name, pause);
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), question);
    g_autofree char *asked = json_to_string(node, FALSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = ht_verbs_ask(config, kind, asked, &offline, &error);
    if (!answer) {
        return complain(kind, error->message);
    }
    read_time(kind, "--timeout", pause->timeout, &timeout_ms);
    if (!drains || offline) {
        tell_change(verb, name ? name : kind, offline);
        return HT_EXIT_OK;
    }
    return wait_until_empty(config, kind, name, timeout_ms);
}

/* ---- Looking ---- */

static const char *words_of(JsonObject *row)
{
    JsonObject *pause = part(row, "pause");
    const char *reason = pause ? text(pause, "reason") : "";
    return *reason || !pause ? reason : text(pause, "notice");
}

static const char *since_of(JsonObject *row)
{
    JsonObject *pause = part(row, "pause");
    return pause ? text(pause, "since") : "";
}

static void print_source(JsonObject *row)
{
    char last[HT_CLI_AGE];
    const char *why = words_of(row);
    ht_cli_age_of(row, "lastAccepted", _("never"), last);
    const char *intake = ht_cli_state(text(row, "intake"));
    printf("%-16s %-*s %9" G_GINT64_FORMAT " %9" G_GINT64_FORMAT " %8" G_GINT64_FORMAT " %*s  %.19s%s%s\n",
           text(row, "name"), HT_COLUMN(9, intake), number(row, "underWay"), number(row, "accepted"),
           number(row, "busy"), HT_COLUMN(7, last), since_of(row), *why ? ": " : "", why);
}

static void print_route(JsonObject *row)
{
    JsonArray *to = json_object_get_array_member(row, "to");
    g_autoptr(GString) names = g_string_new(NULL);
    const char *why = words_of(row);
    for (unsigned i = 0; i < json_array_get_length(to); i++) {
        g_string_append_printf(names, "%s%s", i > 0 ? ";" : "", json_array_get_string_element(to, i));
    }
    const char *state = ht_cli_state(text(row, "state"));
    printf("%-16s %-*s %9" G_GINT64_FORMAT "  %-20s %.19s%s%s\n", text(row, "name"), HT_COLUMN(9, state),
           number(row, "underWay"), names->str, since_of(row), *why ? ": " : "", why);
}

typedef struct {
    const char *kind, *list, *usage, *summary;
    void (*print)(JsonObject *row);
    bool has_notice;
} Kind;

static void print_heading(const Kind *kind)
{
    if (kind->has_notice) {
        printf("%-*s %-*s %*s %*s %*s %*s  %s\n", HT_COLUMN(16, _("SOURCE")), HT_COLUMN(9, _("INTAKE")),
               HT_COLUMN(9, _("UNDER WAY")), HT_COLUMN(9, _("ACCEPTED")), HT_COLUMN(8, _("BUSY")),
               HT_COLUMN(7, _("LAST")), _("PAUSED SINCE"));
    } else {
        printf("%-*s %-*s %*s  %-*s %s\n", HT_COLUMN(16, _("ROUTE")), HT_COLUMN(9, _("STATE")),
               HT_COLUMN(9, _("UNDER WAY")), HT_COLUMN(20, _("TO")), _("PAUSED SINCE"));
    }
}

/* `name`: of one; NULL: all. */
static int look(const HtConfig *config, const Kind *kind, const char *name, bool json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) page = ask_page(config, &error);
    if (!page) {
        return complain(kind->kind, error->message);
    }
    if (name && !find_row(page, kind->list, name)) {
        return complain(kind->kind, kind->has_notice ? _("there is no source of this name")
                                                     : _("there is no route of this name"));
    }
    JsonArray *rows = json_object_get_array_member(page, kind->list);
    if (!json) {
        print_heading(kind);
    }
    for (unsigned i = 0; i < json_array_get_length(rows); i++) {
        JsonObject *row = json_array_get_object_element(rows, i);
        if (!name || g_str_equal(text(row, "name"), name)) {
            (json ? ht_cli_print : kind->print)(row);
        }
    }
    return HT_EXIT_OK;
}

/* ---- The verbs ---- */

static int do_verb(const Kind *kind, int argc, char **argv, const HtCliPause *pause, bool json,
                   const char *file)
{
    const char *verb = argc > 1 ? argv[1] : "", *name = argc == 3 ? argv[2] : NULL;
    bool lists = g_str_equal(verb, "list") && argc == 2, shows = g_str_equal(verb, "show") && name;
    bool changes =
        name && (g_str_equal(verb, "pause") || g_str_equal(verb, "drain") || g_str_equal(verb, "resume"));
    if (!lists && !shows && !changes) {
        fputs(_(kind->usage), stderr);
        return HT_EXIT_USAGE;
    }
    if (!ht_cli_pause_is_good(pause, kind->kind)) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    return !config   ? HT_EXIT_CONFIG
           : changes ? ht_cli_pause_change(config, kind->kind, verb, name, pause)
                     : look(config, kind, name, json);
}

int ht_cli_source(int argc, char **argv)
{
    static const Kind kind = {
        "source",
        "sources",
        N_("usage: hutong source list [--json]\n"
           "       hutong source show NAME [--json]\n"
           "       hutong source pause NAME [--notice TEXT] [--retry-after TIME] [--reason TEXT]\n"
           "       hutong source drain NAME [--notice TEXT] [--retry-after TIME] [--reason TEXT] [--timeout TIME]\n"
           "       hutong source resume NAME [--reason TEXT]\n"),
        N_("list | show | pause | drain | resume: how sources are, and holding them. Senders of one that is held get 503 with the notice."),
        print_source,
        true};
    gboolean json = FALSE;
    g_autofree char *file = NULL;
    g_auto(HtCliPause) pause = {0};
    const GOptionEntry entries[] = {HT_CLI_PAUSE_NOTICE(pause),
                                    HT_CLI_PAUSE_WORDS(pause),
                                    {"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("As JSON, one a line"), NULL},
                                    G_OPTION_ENTRY_NULL};
    return ht_cli_options(&argc, &argv, kind.summary, entries, &file)
               ? do_verb(&kind, argc, argv, &pause, json, file)
               : HT_EXIT_USAGE;
}

int ht_cli_route(int argc, char **argv)
{
    static const Kind kind = {
        "route",
        "routes",
        N_("usage: hutong route list [--json]\n"
           "       hutong route show NAME [--json]\n"
           "       hutong route pause NAME [--reason TEXT]\n"
           "       hutong route drain NAME [--reason TEXT] [--timeout TIME]\n"
           "       hutong route resume NAME [--reason TEXT]\n"),
        N_("list | show | pause | drain | resume: routes, and holding them. What goes by one that is held waits; its consumers keep their places."),
        print_route,
        false};
    gboolean json = FALSE;
    g_autofree char *file = NULL;
    g_auto(HtCliPause) pause = {0};
    const GOptionEntry entries[] = {HT_CLI_PAUSE_WORDS(pause),
                                    {"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("As JSON, one a line"), NULL},
                                    G_OPTION_ENTRY_NULL};
    return ht_cli_options(&argc, &argv, kind.summary, entries, &file)
               ? do_verb(&kind, argc, argv, &pause, json, file)
               : HT_EXIT_USAGE;
}

static int show_maintenance(const HtConfig *config, bool json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) page = ask_page(config, &error);
    if (!page) {
        return complain("maintenance", error->message);
    }
    JsonObject *pause = part(page, "maintenance");
    if (json) {
        g_autoptr(JsonObject) answer = json_object_new();
        json_object_set_boolean_member(answer, "maintenance", pause != NULL);
        if (pause) {
            json_object_set_object_member(answer, "pause", json_object_ref(pause));
        }
        ht_cli_print(answer);
    } else if (!pause) {
        puts(_("off: sources take messages"));
    } else {
        printf(
            _("on since %s: no source takes anything\n  reason       %s\n  notice       %s\n  retry after  %" PRIi64
              " s\n"),
            text(pause, "since"), *text(pause, "reason") ? text(pause, "reason") : "-",
            *text(pause, "notice") ? text(pause, "notice") : "-",
            json_object_get_int_member_with_default(pause, "retryAfterS", 60));
    }
    return HT_EXIT_OK;
}

int ht_cli_maintenance(int argc, char **argv)
{
    static const char *const usage = N_(
        "usage: hutong maintenance show [--json]\n"
        "       hutong maintenance on [--notice TEXT] [--retry-after TIME] [--reason TEXT] [--timeout TIME]\n"
        "       hutong maintenance off [--reason TEXT]\n");
    gboolean json = FALSE;
    g_autofree char *file = NULL;
    g_auto(HtCliPause) pause = {0};
    const GOptionEntry entries[] = {HT_CLI_PAUSE_NOTICE(pause),
                                    HT_CLI_PAUSE_WORDS(pause),
                                    {"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("As JSON"), NULL},
                                    G_OPTION_ENTRY_NULL};
    if (!ht_cli_options(
            &argc, &argv,
            N_("on | off | show: in maintenance no source takes anything, and senders get 503 with the notice. What is under way "
               "is finished, deliveries go on."),
            entries, &file)) {
        return HT_EXIT_USAGE;
    }
    const char *verb = argc == 2 ? argv[1] : "";
    bool shows = g_str_equal(verb, "show"), changes = g_str_equal(verb, "on") || g_str_equal(verb, "off");
    if (!shows && !changes) {
        fputs(_(usage), stderr);
        return HT_EXIT_USAGE;
    }
    if (!ht_cli_pause_is_good(&pause, "maintenance")) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    return !config ? HT_EXIT_CONFIG
           : shows ? show_maintenance(config, json)
                   : ht_cli_pause_change(config, "maintenance", verb, NULL, &pause);
}
