/* `hutong policy`: what a consumer would get, element by element, and why. Of a payload that somebody has at hand, it is read by the
 * source's own adapter in its host, as the bus would; nothing is kept. */
#include "core/cli/cli.h"

#include "core/base/json.h"
#include "core/base/outcome.h"
#include "core/cli/columns.h"
#include "core/delivery/policy.h"
#include "core/delivery/route.h"
#include "core/source/host.h"
#include "spool/spool.h"

#include <glib/gi18n.h>
#include <stdio.h>

static const char *const usage = N_("usage: hutong policy preview CONSUMER [FILE [--source NAME]] [--json]\n"
                                    "       hutong policy version [CONSUMER]\n");

typedef struct {
    const HtConfig *config;
    const HtConsumerConfig *consumer;
    HtDictionary *dictionary;
    HtPolicy *policy;
    char *source;
    gboolean json;
} PolicyCommand;

static int complain(const char *what)
{
    fprintf(stderr, "hutong policy: %s\n", what);
    return HT_EXIT_FAILED;
}

/* ---- The policy ---- */

/* Without a site key (before the first start) hashes cannot be shown. */
static void set_key(const HtConfig *config, HtPolicy *policy)
{
    uint8_t site[HT_POLICY_KEY], pseudonyms[HT_POLICY_KEY];
    if (ht_spool_load_key(config->bus.site_key_file, false, site, NULL)) {
        ht_spool_pseudonym_key(site, pseudonyms);
        ht_policy_set_key(policy, pseudonyms);
    }
    explicit_bzero(site, sizeof site);
    explicit_bzero(pseudonyms, sizeof pseudonyms);
}

static HtPolicy *make_policy(const PolicyCommand *command, const HtConsumerConfig *consumer)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    HtPolicy *policy = ht_policy_new(consumer, command->dictionary, errors);
    fputs(errors->str, stderr);
    if (policy) {
        set_key(command->config, policy);
    }
    return policy;
}

static void print_head(const PolicyCommand *command)
{
    const HtConsumerConfig *consumer = command->consumer;
    HtPurpose purpose = ht_policy_purpose(command->policy);
    printf(_("consumer %s, policy %s, clearance %u\n"), consumer->name, ht_policy_version(command->policy),
           (unsigned)consumer->clearance);
    if (!consumer->purpose || !consumer->purpose_until) {
        printf(_("purpose: %s\n"), consumer->purpose ? consumer->purpose : _("none"));
    } else {
        printf(purpose == HT_PURPOSE_LAPSED ? _("purpose: %s, until %s: it has lapsed\n")
                                            : _("purpose: %s, until %s\n"),
               consumer->purpose, consumer->purpose_until);
    }
}

static int print_versions(const PolicyCommand *command)
{
    for (unsigned i = 0; i < command->config->consumers->len; i++) {
        const HtConsumerConfig *consumer = command->config->consumers->pdata[i];
        if (command->consumer && command->consumer != consumer) {
            continue;
        }
        g_autoptr(HtPolicy) policy = make_policy(command, consumer);
        if (!policy) {
            return HT_EXIT_CONFIG;
        }
        printf("%s %s\n", consumer->name, ht_policy_version(policy));
        if (command->consumer) {
            fputs(ht_policy_text(policy), stdout);
        }
    }
    return HT_EXIT_OK;
}

/* ---- Of every element ---- */

static void print_answer(const PolicyCommand *command, const char *name, const HtPolicyAnswer *answer,
                         const char *value)
{
    g_autofree char *word = ht_policy_word(answer), *reason = ht_policy_reason(command->policy, answer);
    if (!command->json) {
        printf("%-*s %-*s %s%s%s\n", HT_COLUMN(36, name), HT_COLUMN(16, word), reason, *value ? ": " : "",
               value);
        return;
    }
    HtBuffer json = {.data = NULL};
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "element", ht_text_from(name));
    ht_json_member(&json, "seen", ht_text_from(word));
    ht_json_member(&json, "reason", ht_text_from(reason));
    if (*value) {
        ht_json_member(&json, "value", ht_text_from(value));
    }
    ht_buffer_add_literal(&json, "}\n");
    fwrite(json.data, 1, json.size, stdout);
    ht_buffer_clear(&json);
}

/* Where it differs from the element's plain answer. */
static void print_variant(const PolicyCommand *command, const HtElement *element, HtShownAs as,
                          const char *what)
{
    HtPolicyAnswer plain = ht_policy_shows(command->policy, element, HT_SHOWN_PLAIN);
    HtPolicyAnswer answer = ht_policy_shows(command->policy, element, as);
    if (answer.seen != plain.seen) {
        g_autofree char *name = g_strconcat(element->name, " (", what, ")", NULL);
        print_answer(command, name, &answer, "");
    }
}

static int preview_dictionary(const PolicyCommand *command)
{
    for (uint32_t i = 0; i < ht_dictionary_n_elements(command->dictionary); i++) {
        const HtElement *element = ht_dictionary_element(command->dictionary, i);
        HtPolicyAnswer answer = ht_policy_shows(command->policy, element, HT_SHOWN_PLAIN);
        print_answer(command, element->name, &answer, "");
        print_variant(command, element, HT_SHOWN_MINOR, _("under 14"));
        if (element->type == HT_TYPE_CODE) {
            print_variant(command, element, HT_SHOWN_ORIGINAL, _("own code"));
        }
    }
    HtPolicyAnswer unmapped = ht_policy_shows_unmapped(command->policy);
    print_answer(command, "unmapped", &unmapped, "");
    return HT_EXIT_OK;
}

/* ---- Of a payload ---- */

/* "reported person.name", "mark date-invalid of person.birthDate", "unmapped ROWS/ROW/BZ" */
static char *name_item(const HtItem *item)
{
    g_autofree char *name = g_strndup(item->name.data ? item->name.data : "", item->name.size);
    if (item->kind == HT_ITEM_QUALITY) {
        return *name ? g_strdup_printf(_("mark %.*s of %s"), (int)item->value.size, item->value.data, name)
                     : g_strdup_printf(_("mark %.*s"), (int)item->value.size, item->value.data);
    }
    if (item->kind == HT_ITEM_UNMAPPED) {
        return g_strdup_printf(_("unmapped %s"), name);
    }
    g_autofree char *one = item->repeats ? g_strdup_printf("%s[%u]", name, item->instance) : g_strdup(name);
    return item->reported ? g_strdup_printf(_("reported %s"), one) : g_steal_pointer(&one);
}

/* What the consumer would get of it; what it would not is not printed either. */
static char *write_value(const HtItem *item, const HtPolicyAnswer *answer, const HtBuffer *masked)
{
    if (answer->seen == HT_SEEN_NOT || item->kind == HT_ITEM_QUALITY) {
        return g_strdup("");
    }
    HtText text = answer->seen == HT_SEEN_MASKED ? ht_buffer_text(masked) : item->value;
    char *value = g_strndup(text.data ? text.data : "", text.size);
    for (size_t i = 0; i < text.size && item->form == HT_VALUE_ORIGINAL; i++) {
        value[i] = value[i] == '\0' ? ' ' : value[i];
    }
    return value;
}

static void print_items(const PolicyCommand *command, const HtStoredEvent *event)
{
    HtUnpack unpack = ht_unpack(event->event.data.data, event->event.data.size);
    HtBuffer masked = {.data = NULL};
    HtItem item;
    while (ht_item_next(&unpack, &item)) {
        masked.size = 0;
        HtPolicyAnswer answer = ht_policy_judge(command->policy, event, &item, &masked);
        g_autofree char *name = name_item(&item), *value = write_value(&item, &answer, &masked);
        print_answer(command, name, &answer, value);
    }
    ht_buffer_clear(&masked);
}

static void print_event(const PolicyCommand *command, const HtStoredEvent *event)
{
    static const char *const times[] = {
        [HT_SEEN_WHOLE] = N_("whole"), [HT_SEEN_MASKED] = N_("its year"), [HT_SEEN_NOT] = N_("not")};
    const HtText *attr = event->event.attr;
    bool minor = attr[HT_ATTR_MINOR].data != NULL;
    g_autofree char *type = g_strndup(attr[HT_ATTR_TYPE].data, attr[HT_ATTR_TYPE].size);
    if (!command->json) {
        printf(minor ? _("\n%s, of a person under 14; time: %s\n") : _("\n%s; time: %s\n"), type,
               _(times[ht_policy_see_time(command->policy, event)]));
    }
    print_items(command, event);
}

/* The bus's own attributes are as it would set them, as far as routes ask for them. */
static int print_events(const PolicyCommand *command, const HtSourceConfig *source, const HtOutcome *outcome)
{
    g_autoptr(HtRoutes) routes = ht_routes_new(command->config, command->consumer->name, command->dictionary);
    unsigned elsewhere = 0;
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtStoredEvent event = {.sequence = i + 1};
        if (!ht_event_unpack(g_array_index(outcome->events, HtText, i), &event.event, NULL)) {
            return complain(_("the adapter made an event that the bus would refuse"));
        }
        event.event.attr[HT_ATTR_SOURCE] = ht_text_from(source->name);
        event.event.attr[HT_ATTR_DEPARTMENT] = ht_text_from(source->department);
        if (ht_routes_match(routes, &event.event)) {
            print_event(command, &event);
        } else {
            elsewhere++;
        }
    }
    if (elsewhere > 0 && !command->json) {
        printf(_("\n%u events of this message go to it by no route\n"), elsewhere);
    }
    return HT_EXIT_OK;
}

static int print_outcome(const PolicyCommand *command, const HtSourceConfig *source, GBytes *frame)
{
    HtOutcome outcome;
    size_t size;
    const char *bytes = g_bytes_get_data(frame, &size);
    ht_outcome_init(&outcome);
    int status = HT_EXIT_FAILED;
    if (!ht_outcome_unpack((HtText){bytes, size}, &outcome, NULL)) {
        complain(_("the host's outcome cannot be read"));
    } else if (outcome.verdict != HT_VERDICT_OK) {
        complain(
            _("the bus would refuse this message; `hutong adapter check` and the source's log say more"));
    } else {
        status = print_events(command, source, &outcome);
    }
    ht_outcome_clear(&outcome);
    return status;
}

typedef struct {
    bool done;
    GBytes *frame;
    GError *error;
} PayloadReading;

static void take_outcome(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    PayloadReading *reading = user;
    (void)outcome;
    reading->done = true;
    reading->frame = frame ? g_bytes_ref(frame) : NULL;
    reading->error = error ? g_error_copy(error) : NULL;
}

static int preview_payload(const PolicyCommand *command, const HtSourceConfig *source, GBytes *body)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtHost) host = ht_source_host(command->config, source, NULL);
    HtMessageHead head = {.id = ht_uuid_new()};
    PayloadReading reading = {.done = false};
    if (!ht_host_submit(host, &head, body, take_outcome, &reading, &error)) {
        return complain(error->message);
    }
    while (!reading.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    int status = reading.frame ? print_outcome(command, source, reading.frame)
                               : complain(reading.error ? reading.error->message : _("no outcome"));
    g_clear_pointer(&reading.frame, g_bytes_unref);
    g_clear_error(&reading.error);
    return status;
}

/* The one that is named, or the only one there is. */
static const HtSourceConfig *find_source(const PolicyCommand *command)
{
    const GPtrArray *sources = command->config->sources;
    const HtSourceConfig *named = command->source     ? ht_config_source(command->config, command->source)
                                  : sources->len == 1 ? sources->pdata[0]
                                                      : NULL;
    if (!named) {
        complain(command->source ? _("there is no source of this name")
                                 : _("--source NAME: whose payload is it?"));
    }
    return named;
}

static int preview_file(const PolicyCommand *command, const char *file)
{
    const HtSourceConfig *source = find_source(command);
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    gsize size = 0;
    if (!source) {
        return HT_EXIT_USAGE;
    }
    if (!g_file_get_contents(file, &text, &size, &error)) {
        return complain(error->message);
    }
    g_autoptr(GBytes) body = g_bytes_new_take(text, size);
    return size > source->limits.body_bytes ? complain(_("the file is larger than the source's max-body"))
                                            : preview_payload(command, source, body);
}

/* ---- The command ---- */

static int preview(PolicyCommand *command, const char *file)
{
    command->policy = make_policy(command, command->consumer);
    if (!command->policy) {
        return HT_EXIT_CONFIG;
    }
    if (!command->json) {
        print_head(command);
    }
    int status = file ? preview_file(command, file) : preview_dictionary(command);
    ht_policy_free(command->policy);
    return status;
}

static int run(PolicyCommand *command, int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    bool versions = g_str_equal(verb, "version");
    if (!(versions && argc <= 3) && !(g_str_equal(verb, "preview") && (argc == 3 || argc == 4))) {
        fputs(_(usage), stderr);
        return HT_EXIT_USAGE;
    }
    g_autoptr(GError) error = NULL;
    command->consumer = argc > 2 ? ht_config_consumer(command->config, argv[2]) : NULL;
    if (argc > 2 && !command->consumer) {
        return complain(_("there is no consumer of this name"));
    }
    command->dictionary = ht_source_dictionary(command->config, &error);
    if (!command->dictionary) {
        return complain(error->message);
    }
    int status = versions ? print_versions(command) : preview(command, argc > 3 ? argv[3] : NULL);
    ht_dictionary_free(command->dictionary);
    return status;
}

int ht_cli_policy(int argc, char **argv)
{
    PolicyCommand command = {.json = FALSE};
    const GOptionEntry entries[] = {
        {"source", 0, 0, G_OPTION_ARG_STRING, &command.source, N_("FILE is what this source sends"), "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &command.json, N_("As JSON, one element a line"), NULL},
        G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    if (!ht_cli_options(
            &argc, &argv,
            N_("preview CONSUMER [FILE] | version [CONSUMER]: what a consumer would get, of every "
               "element, or of a payload, and why."),
            entries, &file)) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    command.config = config;
    int status = config ? run(&command, argc, argv) : HT_EXIT_CONFIG;
    g_free(command.source);
    return status;
}
