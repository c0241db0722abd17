/* `hutong mapping new`: a first mapping from a payload, which is tried before it is given: what the payload refuses of it is left out, and said.
 * The payload is read by a hutong-host, never here. Command, main thread. */
#include "core/cli/cli.h"
#include "core/cli/draft.h"
#include "core/cli/map.h"

#include "core/base/log.h"
#include "core/cli/retell.h"
#include "core/kit/expectation.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define TRIES 40
#define DROPS 8

typedef struct {
    char *payload, *output, *source, *authority, *type, *record, *data, *directory;
    gboolean force;

    HtMapPlace place;
    HtWords words;
    HtReference reference;
    GBytes *body;
    HtExpectation *expectation; /* beside the payload: how it is sent; NULL: none */
} NewMapping;

static bool complain(const char *text)
{
    g_autofree char *told = ht_cli_retell_lines(text);
    fprintf(stderr, "hutong mapping: %s\n", told);
    return false;
}

/* ---- A payload through a host ---- */

typedef struct {
    bool done;
    HtVerdict verdict;
    char *error; /* of the host: its mapping is wrong */
    char *reply;
    unsigned events, fault_count;
    HtFault faults[DROPS];
} Told;

static void take_outcome(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    Told *answer = user;
    (void)frame;
    answer->done = true;
    answer->error = error ? g_strdup(error->message) : NULL;
    if (outcome) {
        answer->verdict = outcome->verdict;
        answer->reply = outcome->reply.data ? g_strndup(outcome->reply.data, outcome->reply.size) : NULL;
        answer->events = outcome->events->len;
        answer->fault_count = MIN(outcome->fault_count, DROPS);
        memcpy(answer->faults, outcome->faults, answer->fault_count * sizeof(HtFault));
    }
}

static void ask(const NewMapping *work, HtHost *host, Told *answer)
{
    g_autoptr(GError) error = NULL;
    HtMessageHead head;
    ht_expectation_head(work->expectation, &head);
    *answer = (Told){0};
    if (!ht_host_submit(host, &head, work->body, take_outcome, answer, &error)) {
        answer->error = g_strdup(error->message);
        return;
    }
    while (!answer->done) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void clear_answer(Told *answer)
{
    g_clear_pointer(&answer->error, g_free);
    g_clear_pointer(&answer->reply, g_free);
}

/* ---- The outline ---- */

static bool complain_of(const NewMapping *work, const Told *answer)
{
    const HtFault *fault = answer->fault_count > 0 ? &answer->faults[0] : NULL;
    g_autofree char *text = answer->error
                                ? g_strdup(answer->error)
                                : g_strdup_printf("%s: no mapping could read this: %s: %s", work->payload,
                                                  fault ? fault->code : "refused", fault ? fault->text : "");
    return complain(text);
}

static JsonNode *read_outline(const NewMapping *work)
{
    HtHost *host = ht_map_outliner(&work->place);
    g_autoptr(JsonParser) parser = json_parser_new();
    Told answer;
    ask(work, host, &answer);
    bool good = answer.verdict == HT_VERDICT_OK && answer.reply &&
                json_parser_load_from_data(parser, answer.reply, -1, NULL);
    if (!good) {
        complain_of(work, &answer);
    }
    clear_answer(&answer);
    ht_host_free(host);
    return good ? json_parser_steal_root(parser) : NULL;
}

/* ---- Trying ---- */

/* Whether something was left out, so that it is worth while to try again. */
static bool drop_faults(HtDraft *draft, const Told *answer)
{
    bool any = false;
    for (unsigned i = 0; i < answer->fault_count; i++) {
        const HtFault *fault = &answer->faults[i];
        any = (*fault->element && ht_draft_drop(draft, fault->element, fault->code)) || any;
    }
    return any;
}

static bool try_once(const NewMapping *work, HtDraft *draft, const char *file, bool *again)
{
    g_autofree char *text = ht_draft_write(draft);
    g_autoptr(GError) error = NULL;
    Told answer;
    if (!g_file_set_contents(file, text, -1, &error)) {
        return complain(error->message);
    }
    HtHost *host = ht_map_host(&work->place, file);
    ask(work, host, &answer);
    ht_host_free(host);
    bool good = !answer.error && answer.verdict == HT_VERDICT_OK;
    *again = !good && !answer.error && drop_faults(draft, &answer);
    if (!good && !*again) {
        complain_of(work, &answer);
    }
    clear_answer(&answer);
    return good;
}

static bool try_draft(const NewMapping *work, HtDraft *draft)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("hutong-mapping-XXXXXX", &error);
    if (!folder) {
        return complain(error->message);
    }
    g_autofree char *file = g_build_filename(folder, "new.xml", NULL);
    bool good = false, again = true;
    for (unsigned i = 0; i < TRIES && again && !good; i++) {
        good = try_once(work, draft, file, &again);
    }
    g_unlink(file);
    g_rmdir(folder);
    return good;
}

/* ---- The command ---- */

static bool put(const NewMapping *work, const char *text)
{
    g_autoptr(GError) error = NULL;
    if (!work->output) {
        fputs(text, stdout);
        return true;
    }
    return g_file_set_contents(work->output, text, -1, &error) || complain(error->message);
}

static bool read_payload(NewMapping *work)
{
    g_autoptr(GError) error = NULL;
    char *bytes;
    gsize size;
    if (!g_file_get_contents(work->payload, &bytes, &size, &error)) {
        return complain(error->message);
    }
    work->body = g_bytes_new_take(bytes, size);
    g_autofree char *expected = ht_map_expectation_file(work->payload);
    if (g_file_test(expected, G_FILE_TEST_EXISTS)) {
        work->expectation = ht_expectation_load(expected, &error);
        return work->expectation || complain(error->message);
    }
    return true;
}

static bool prepare(NewMapping *work)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *beside = work->output ? g_canonicalize_filename(work->output, NULL) : NULL;
    work->place = (HtMapPlace){.adapter = "xml", .directory = work->directory, .data = work->data};
    work->words = ht_map_words(&work->place, beside);
    work->place.site = work->words.site;
    if (work->output && !work->force && g_file_test(work->output, G_FILE_TEST_EXISTS)) {
        g_autofree char *text =
            g_strdup_printf(_("%s is there already; --force writes it anew"), work->output);
        return complain(text);
    }
    if (!ht_reference_load(&work->reference, &work->words, &error)) {
        ht_cli_complain(error->message);
        return false;
    }
    return read_payload(work);
}

static bool draft_mapping(const NewMapping *work)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) outline = read_outline(work);
    g_autofree char *name = g_path_get_basename(work->payload);
    const HtDraftAsked asked = {name, work->source ? work->source : "new",
                                work->authority ? work->authority : "unknown", work->type, work->record};
    if (!outline) {
        return false;
    }
    g_autoptr(HtGuesser) guesser = ht_guesser_new(&work->words, work->reference.dictionary);
    g_autoptr(HtDraft) draft =
        ht_draft_new(json_node_get_object(outline), guesser, &work->reference, &asked, &error);
    if (!draft) {
        g_autofree char *text = g_strdup_printf("%s: %s", work->payload, error->message);
        return complain(text);
    }
    if (!try_draft(work, draft)) {
        return false;
    }
    g_autofree char *text = ht_draft_write(draft), *summary = ht_draft_describe(draft);
    fprintf(stderr, "%s\n", summary);
    return put(work, text);
}

static void clear(NewMapping *work)
{
    ht_reference_clear(&work->reference);
    ht_words_clear(&work->words);
    g_clear_pointer(&work->body, g_bytes_unref);
    g_clear_pointer(&work->expectation, ht_expectation_free);
    char *const given[] = {work->payload, work->output, work->source, work->authority,
                           work->type,    work->record, work->data,   work->directory};
    for (unsigned i = 0; i < G_N_ELEMENTS(given); i++) {
        g_free(given[i]);
    }
}

int ht_cli_mapping(int argc, char **argv)
{
    NewMapping work = {0};
    const GOptionEntry entries[] = {
        {"from", 0, 0, G_OPTION_ARG_FILENAME, &work.payload, N_("A payload of the department's"), "PAYLOAD"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &work.output,
         N_("Write it there (default: standard output)"), "FILE"},
        {"force", 0, 0, G_OPTION_ARG_NONE, &work.force, N_("… also where it is there already"), NULL},
        {"type", 0, 0, G_OPTION_ARG_STRING, &work.type,
         N_("What a record is: an event type (hutong schema lists them)"), "TYPE"},
        {"for-each", 0, 0, G_OPTION_ARG_STRING, &work.record,
         N_("What is a record, if that is not what is found"), "PATH"},
        {"source", 0, 0, G_OPTION_ARG_STRING, &work.source, N_("The source's name in it"), "NAME"},
        {"authority", 0, 0, G_OPTION_ARG_STRING, &work.authority, N_("The department's name in it"), "NAME"},
        {"directory", 'd', 0, G_OPTION_ARG_FILENAME, &work.directory,
         N_("Adapters are there, not where they are installed"), "DIR"},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &work.data, N_("Dictionary and tables are there"), "DIR"},
        G_OPTION_ENTRY_NULL};
    g_autofree char *config_file = NULL;
    int status = HT_EXIT_USAGE;
    ht_log_set_level(HT_LOG_NOTHING);
    if (ht_cli_options(
            &argc, &argv,
            N_("new: a first mapping from a payload: records found, columns guessed by their names, each with its\n"
               "reason. Codes are never guessed. It is tried on the payload before it is written."),
            entries, &config_file)) {
        bool asked = argc == 2 && strcmp(argv[1], "new") == 0 && work.payload;
        if (!asked) {
            complain(_("say what: hutong mapping new --from PAYLOAD [-o FILE]"));
        } else {
            status = prepare(&work) && draft_mapping(&work) ? HT_EXIT_OK : HT_EXIT_FAILED;
        }
    }
    clear(&work);
    return status;
}
