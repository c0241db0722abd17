/* `hutong message`: finds messages that were taken or are in quarantine, shows what became of one, and has one done again. */
#include "core/admin/admin.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/cli/ask.h"
#include "core/cli/columns.h"
#include "core/cli/states.h"
#include "core/cli/retell.h"
#include "core/verbs.h"
#include "spool/held.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#define LIMIT 100

typedef struct {
    char *file, *source, *since, *until, *reason;
    gint limit;
    gboolean json, held, body;
} MessageFlags;

static void clear_flags(MessageFlags *flags)
{
    g_free(flags->file);
    g_free(flags->source);
    g_free(flags->since);
    g_free(flags->until);
    g_free(flags->reason);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MessageFlags, clear_flags)

static int complain(const char *text)
{
    g_autofree char *told = ht_cli_retell(text);
    fprintf(stderr, "hutong message: %s\n", told);
    return HT_EXIT_FAILED;
}

/* ---- The list ---- */

typedef struct {
    HtUuid id;
    char *source, *state;
    int64_t received_us;
    uint64_t events, rejected;
} Line;

static void free_line(void *data)
{
    Line *line = data;
    g_free(line->source);
    g_free(line->state);
    g_free(line);
}

/* The latest ones are kept. */
typedef struct {
    const MessageFlags *flags;
    GQueue lines;
    uint64_t seen;
} List;

static void add_line(List *list, const HtUuid *id, const char *source, const char *state, int64_t received_us,
                     uint64_t events, uint64_t rejected)
{
    if (list->flags->source && !g_str_equal(list->flags->source, source)) {
        return;
    }
    Line *line = g_new(Line, 1);
    *line = (Line){*id, g_strdup(source), g_strdup(state), received_us, events, rejected};
    g_queue_push_tail(&list->lines, line);
    list->seen++;
    if (list->lines.length > (unsigned)list->flags->limit) {
        free_line(g_queue_pop_head(&list->lines));
    }
}

static void see_kept(const HtSpoolKept *kept, void *user)
{
    const HtReceipt *receipt = &kept->receipt;
    add_line(user, &receipt->id, kept->source, receipt->rejected > 0 ? "taken in part" : "taken",
             receipt->received_us, receipt->events, receipt->rejected);
}

static void see_held(const HtSpoolHeld *held, void *user)
{
    add_line(user, &held->id, held->source, held->reason, held->received_us, 0, held->rejected);
}

static int by_time(gconstpointer a, gconstpointer b, gpointer unused)
{
    const Line *left = a, *right = b;
    (void)unused;
    return (left->received_us > right->received_us) - (left->received_us < right->received_us);
}

static void print_list(List *list)
{
    char id[HT_UUID_TEXT], time[HT_CLOCK_TEXT];
    HtBuffer json = {0};
    bool as_json = list->flags->json;
    ht_buffer_add_char(&json, '[');
    if (!as_json && list->lines.length > 0) {
        printf("%-*s  %-*s  %-*s  %*s  %*s  %s\n", HT_COLUMN(36, _("MESSAGE")), HT_COLUMN(29, _("RECEIVED")),
               HT_COLUMN(16, _("SOURCE")), HT_COLUMN(7, _("EVENTS")), HT_COLUMN(8, _("REJECTED")),
               _("STATE"));
    }
    for (GList *at = list->lines.head; at; at = at->next) {
        const Line *line = at->data;
        ht_uuid_format(&line->id, id);
        ht_clock_format(line->received_us, time);
        if (!as_json) {
            printf("%s  %-29s  %-16s  %7" G_GUINT64_FORMAT "  %8" G_GUINT64_FORMAT "  %s\n", id, time,
                   line->source, line->events, line->rejected, ht_cli_state(line->state));
            continue;
        }
        ht_json_comma(&json);
        ht_buffer_add_char(&json, '{');
        ht_json_member(&json, "message", ht_text_from(id));
        ht_json_member(&json, "received", ht_text_from(time));
        ht_json_member(&json, "source", ht_text_from(line->source));
        ht_json_member_number(&json, "events", (int64_t)line->events);
        ht_json_member_number(&json, "rejected", (int64_t)line->rejected);
        ht_json_member(&json, "state", ht_text_from(line->state));
        ht_buffer_add_char(&json, '}');
    }
    ht_buffer_add_string(&json, "]\n");
    if (as_json) {
        fwrite(json.data, 1, json.size, stdout);
    } else if (list->seen > list->lines.length) {
        printf(_("the latest %u of %" PRIu64 ": --limit shows more\n"), list->lines.length, list->seen);
    }
    ht_buffer_clear(&json);
}

static int list_messages(const HtConfig *config, HtSpoolLook *look, const MessageFlags *flags)
{
    g_autoptr(GError) error = NULL;
    List list = {.flags = flags};
    HtSpoolSpan span = {0, INT64_MAX};
    if (!ht_cli_span("message", flags->since, flags->until, &span.from_us, &span.before_us)) {
        return HT_EXIT_USAGE;
    }
    g_queue_init(&list.lines);
    bool good = (flags->held || ht_spool_look_messages(look, &span, see_kept, &list, &error)) &&
                ht_spool_look_held(look, &span, see_held, &list, &error);
    g_queue_sort(&list.lines, by_time, NULL);
    bool found = list.seen > 0;
    if (good) {
        print_list(&list);
    }
    g_queue_clear_full(&list.lines, free_line);
    if (!good) {
        return complain(error->message);
    }
    return found || !flags->source || ht_cli_knows("message", "source", flags->source, config->sources)
               ? HT_EXIT_OK
               : HT_EXIT_FAILED;
}

/* ---- One ---- */

typedef struct {
    HtBuffer json;
    const GPtrArray *consumers;
} Shown;

static const char *const event_states[] = {[HT_SPOOL_EVENT_WAITING] = "waiting",
                                           [HT_SPOOL_EVENT_FINISHED] = "finished",
                                           [HT_SPOOL_EVENT_DEAD] = "dead letter"};

/* No data, and no number of a person: what attributes say. */
static void add_event(const HtStoredEvent *event, void *user)
{
    Shown *shown = user;
    HtBuffer *json = &shown->json;
    char id[HT_UUID_TEXT];
    ht_uuid_format(&event->id, id);
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member_number(json, "sequence", (int64_t)event->sequence);
    bool pruned = event->state == HT_STORED_REMOVED && event->event.attr[HT_ATTR_TYPE].data;
    ht_json_member(json, "state", ht_text_from(pruned ? "pruned" : NULL));
    if (event->state == HT_STORED_WHOLE || pruned) {
        ht_json_member(json, "id", ht_text_from(id));
        ht_json_member(json, "type", event->event.attr[HT_ATTR_TYPE]);
        ht_json_member(json, "action", event->event.attr[HT_ATTR_ACTION]);
        ht_json_member(json, "division", event->event.attr[HT_ATTR_DIVISION]);
        ht_json_member(json, "subject", event->subject);
    } else {
        ht_json_member(json, "state", HT_TEXT_LITERAL("damaged"));
    }
    ht_json_open(json, "consumers");
    for (guint i = 0; i < shown->consumers->len; i++) {
        const HtSpoolConsumer *consumer = shown->consumers->pdata[i];
        ht_json_member(json, consumer->name,
                       ht_text_from(event_states[ht_spool_consumer_state(consumer, event->sequence)]));
    }
    ht_buffer_add_string(json, "}}");
}

static void add_faults(HtBuffer *json, const GArray *faults)
{
    ht_json_name(json, "faults");
    ht_buffer_add_char(json, '[');
    for (guint i = 0; i < faults->len; i++) {
        const HtFault *fault = &g_array_index(faults, HtFault, i);
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        ht_json_member(json, "code", ht_text_from(fault->code));
        ht_json_member(json, "element", ht_text_from(*fault->element ? fault->element : NULL));
        ht_json_member_number(json, "record", fault->record);
        ht_json_member_number(json, "line", fault->line);
        ht_json_member(json, "text", ht_text_from(fault->text));
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}

static bool add_message(HtSpoolLook *look, const HtSpoolKept *kept, Shown *shown, GError **error)
{
    const HtReceipt *receipt = &kept->receipt;
    uint64_t first = receipt->sequence, last = first + receipt->events - 1;
    g_autoptr(GPtrArray) consumers = NULL;
    HtBuffer *json = &shown->json;
    ht_json_member(json, "source", ht_text_from(kept->source));
    ht_json_member_time(json, "received", receipt->received_us);
    ht_json_member_number(json, "duplicates", receipt->duplicates);
    ht_json_member_number(json, "rejected", receipt->rejected);
    ht_json_name(json, "events");
    ht_buffer_add_char(json, '[');
    if (receipt->events > 0) {
        consumers = ht_spool_look_consumers(look, first, last, error);
        shown->consumers = consumers;
        if (!consumers || !ht_spool_look_events(look, first - 1, last, add_event, shown, error)) {
            return false;
        }
    }
    ht_buffer_add_char(json, ']');
    return true;
}

static void add_held(const HtSpoolHeld *held, HtBuffer *json)
{
    ht_json_member(json, "source", ht_text_from(held->source));
    ht_json_member_time(json, "received", held->received_us);
    ht_json_member(json, "quarantine", ht_text_from(held->reason));
    ht_json_member_number(json, "rejected", held->rejected);
    ht_json_member_number(json, "payloadBytes", (int64_t)held->bytes);
}

/* Found in quarantine or among those taken, else `found` is false. */
static bool describe(HtSpoolLook *look, const HtUuid *id, Shown *shown, bool *found, GError **error)
{
    HtSpoolHeld held;
    HtSpoolKept kept;
    g_autoptr(GArray) faults = NULL;
    if (!ht_spool_look_held_one(look, id, &held, found, error)) {
        return false;
    }
    bool good = true;
    if (*found) {
        add_held(&held, &shown->json);
        ht_spool_held_clear(&held);
    } else if (!ht_spool_look_message(look, id, 0, &kept, found, error)) {
        return false;
    } else if (*found) {
        good = add_message(look, &kept, shown, error);
        ht_spool_kept_clear(&kept);
    }
    if (good && *found) {
        good = ht_spool_look_faults(look, id, &faults, error);
    }
    if (faults) {
        add_faults(&shown->json, faults);
    }
    return good;
}

static JsonObject *ask(const HtConfig *config, const char *verb, const char *id, GError **error)
{
    g_autofree char *question = g_strdup_printf("{\"message\":\"%s\"}", id);
    return ht_verbs_ask(config, verb, question, NULL, error);
}

static int show_body(const HtConfig *config, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = ask(config, "payload", id, &error);
    gsize size;
    if (!answer) {
        return complain(error->message);
    }
    g_autofree guchar *bytes =
        g_base64_decode(json_object_get_string_member_with_default(answer, "payload", ""), &size);
    fwrite(bytes, 1, size, stdout);
    return HT_EXIT_OK;
}

static int show_message(HtSpoolLook *look, const HtUuid *id)
{
    g_autoptr(GError) error = NULL;
    Shown shown = {.json = {0}};
    char text[HT_UUID_TEXT];
    bool found;
    ht_uuid_format(id, text);
    ht_buffer_add_char(&shown.json, '{');
    ht_json_member(&shown.json, "message", ht_text_from(text));
    bool good = describe(look, id, &shown, &found, &error);
    ht_buffer_add_char(&shown.json, '}');
    g_autoptr(JsonNode) node = NULL;
    g_autofree char *json = g_strndup(shown.json.data, shown.json.size);
    ht_buffer_clear(&shown.json);
    if (!good) {
        return complain(error->message);
    }
    if (!found) {
        return complain(_("no message with this id was taken, nor is one in quarantine"));
    }
    node = json_from_string(json, NULL);
    g_autofree char *pretty = json_to_string(node, TRUE);
    printf("%s\n", pretty);
    return HT_EXIT_OK;
}

static int redo(const HtConfig *config, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = ask(config, "redo", id, &error);
    if (!answer) {
        return complain(error->message);
    }
    printf(_("done again as %s: %" PRIi64 " new events, %" PRIi64 " known, %" PRIi64 " records rejected\n"),
           json_object_get_string_member(answer, "message"), json_object_get_int_member(answer, "events"),
           json_object_get_int_member(answer, "duplicates"), json_object_get_int_member(answer, "rejected"));
    return HT_EXIT_OK;
}

static int drop(const HtConfig *config, const char *id, const char *reason)
{
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "message", id);
    json_object_set_string_member(question, "reason", reason ? reason : "");
    g_autoptr(JsonObject) answer = ht_cli_ask(config, "drop", question);
    if (answer) {
        printf(_("%s is dropped from quarantine\n"), id);
    }
    return answer ? HT_EXIT_OK : HT_EXIT_FAILED;
}

/* ---- The command ---- */

static int usage(void)
{
    fprintf(
        stderr,
        _("usage: hutong message list [--source NAME] [--since TIME] [--until TIME] [--quarantine] [--limit N] "
          "[--json] [-c FILE]\n"
          "       hutong message show ID [--body] [-c FILE]\n"
          "       hutong message redo ID [-c FILE]\n"
          "       hutong message drop ID --reason TEXT [-c FILE]\n"));
    return HT_EXIT_USAGE;
}

static int look_at(const HtConfig *config, const MessageFlags *flags, const HtUuid *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(config->bus.state, &error);
    if (!look) {
        return complain(error->message);
    }
    return id ? show_message(look, id) : list_messages(config, look, flags);
}

int ht_cli_message(int argc, char **argv)
{
    g_auto(MessageFlags) flags = {.limit = LIMIT};
    const GOptionEntry entries[] = {
        {"source", 0, 0, G_OPTION_ARG_STRING, &flags.source, N_("list: of this source only"), "NAME"},
        {"since", 0, 0, G_OPTION_ARG_STRING, &flags.since,
         N_("list: received then or later (2026-11-20, 12h, 7d)"), "TIME"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &flags.until, N_("list: received before"), "TIME"},
        {"quarantine", 0, 0, G_OPTION_ARG_NONE, &flags.held, N_("list: those in quarantine only"), NULL},
        {"limit", 0, 0, G_OPTION_ARG_INT, &flags.limit, N_("list: so many at most, the latest (100)"), "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &flags.json, N_("list: as JSON"), NULL},
        {"body", 0, 0, G_OPTION_ARG_NONE, &flags.body,
         N_("show: its payload, if it is kept; this is audited"), NULL},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &flags.reason, N_("drop: why; it is kept"), "TEXT"},
        G_OPTION_ENTRY_NULL};
    if (!ht_cli_options(
            &argc, &argv,
            N_("list: messages that were taken, and those in quarantine, by source and time.\n"
               "show ID: what became of one: its events, where each is with each consumer, what was wrong with it.\n"
               "redo ID: gives its payload, if it is kept, to its adapter and mapping again (after a mapping was\n"
               "mended); events that are known make nothing new. A bus must be running.\n"
               "drop ID: keeps it in quarantine no longer, payload and faults included; audited."),
            entries, &flags.file)) {
        return HT_EXIT_USAGE;
    }
    const char *verb = argc > 1 ? argv[1] : "";
    bool lists = g_str_equal(verb, "list") && argc == 2 && flags.limit > 0;
    bool is_one =
        (g_str_equal(verb, "show") || g_str_equal(verb, "redo") || g_str_equal(verb, "drop")) && argc == 3;
    HtUuid id;
    if (!lists && !is_one) {
        return usage();
    }
    if (is_one && !ht_uuid_parse(ht_text_from(argv[2]), &id)) {
        fprintf(stderr,
                _("hutong message: an id is 36 characters, as answers and events (causationid) have it\n"));
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(flags.file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    return g_str_equal(verb, "redo")   ? redo(config, argv[2])
           : g_str_equal(verb, "drop") ? drop(config, argv[2], flags.reason)
           : is_one && flags.body      ? show_body(config, argv[2])
                                       : look_at(config, &flags, is_one ? &id : NULL);
}
