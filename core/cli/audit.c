/* `hutong audit`: the records of access. They are read as they stand in the files, beside a running bus or from a copy on another machine;
 * a search or an export of the bus's own log is recorded in it before it begins. */
#include "core/cli/cli.h"

#include "core/audit/delivery.h"
#include "core/audit/read.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/cli/ask.h"
#include "core/cli/number.h"
#include "core/proof/signer.h"
#include "spool/look.h"
#include "spool/repair.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const usage = N_(
    "usage: hutong audit verify [--dir DIR] [--key FILE] [--head HEAD]\n"
    "       hutong audit head\n"
    "       hutong audit search SUBJECT | search --id-number-stdin  [--since TIME] [--until TIME] [--json]\n"
    "       hutong audit records [--kind KIND] [--since TIME] [--until TIME]\n"
    "       hutong audit list …: what administrators did, with their reasons\n"
    "       hutong audit export [--since TIME] [--until TIME]\n");

typedef struct {
    const HtConfig *config;
    char *dir, *key, *head, *since, *until, *kind;
    gboolean json, number;
    char *directory; /* of the segments */
    int64_t since_us, until_us;
} AuditCommand;

static int complain(const char *what)
{
    fprintf(stderr, "hutong audit: %s\n", what);
    return HT_EXIT_FAILED;
}

static void tell_problem(const char *text, void *user)
{
    (void)user;
    fprintf(stderr, "hutong audit: %s\n", text);
}

/* Those of the state directory, or what --key names; NULL after a complaint. */
static GArray *load_keys(const AuditCommand *command)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *own = g_build_filename(command->config->bus.state, HT_SIGNER_PUBLIC, NULL);
    GArray *keys = ht_public_keys_read(command->key ? command->key : own, &error);
    if (!keys) {
        complain(error->message);
    }
    return keys;
}

static char *own_head(const AuditCommand *command)
{
    return g_build_filename(command->config->bus.state, HT_AUDIT_HEAD, NULL);
}

/* ---- What records refer to ---- */

typedef struct {
    GHashTable *sets;     /* number → char *, of the segment at hand */
    GHashTable *purposes; /* "consumer version" → char * */
} AuditNames;

static void init_known(AuditNames *known)
{
    known->sets = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    known->purposes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void clear_known(AuditNames *known)
{
    g_hash_table_unref(known->sets);
    g_hash_table_unref(known->purposes);
}

static void learn_policy(AuditNames *known, HtText body)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    bool good = json_parser_load_from_data(parser, body.data, (gssize)body.size, NULL);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    if (root && JSON_NODE_HOLDS_OBJECT(root)) {
        JsonObject *policy = json_node_get_object(root);
        char *key = g_strconcat(json_object_get_string_member_with_default(policy, "consumer", ""), " ",
                                json_object_get_string_member_with_default(policy, "version", ""), NULL);
        g_hash_table_insert(known->purposes, key,
                            g_strdup(json_object_get_string_member_with_default(policy, "purpose", "")));
    }
}

static void learn(AuditNames *known, const HtAuditRecord *record)
{
    uint32_t set;
    HtText names;
    if (record->kind == HT_AUDIT_OPEN) {
        g_hash_table_remove_all(known->sets);
    } else if (record->kind == HT_AUDIT_POLICY) {
        learn_policy(known, record->body);
    } else if (record->kind == HT_AUDIT_SET && ht_audit_set_read(record->body, &set, &names)) {
        g_hash_table_insert(known->sets, GUINT_TO_POINTER(set), g_strndup(names.data, names.size));
    }
}

static const char *elements_of(const AuditNames *known, uint32_t set)
{
    const char *names = g_hash_table_lookup(known->sets, GUINT_TO_POINTER(set));
    return names ? names : "";
}

static const char *purpose_of(const AuditNames *known, const HtAuditDelivery *delivery)
{
    g_autofree char *key = g_strdup_printf("%.*s %.*s", (int)delivery->consumer.size, delivery->consumer.data,
                                           (int)delivery->version.size, delivery->version.data);
    const char *purpose = g_hash_table_lookup(known->purposes, key);
    return purpose ? purpose : "";
}

static void add_delivery(HtBuffer *json, const AuditNames *known, const HtAuditDelivery *delivery)
{
    ht_json_member(json, "consumer", delivery->consumer);
    ht_json_member(json, "purpose", ht_text_from(purpose_of(known, delivery)));
    ht_json_member(json, "policy", delivery->version);
    if (delivery->replay > 0) {
        ht_json_member_number(json, "replay", delivery->replay);
    }
}

static void add_shown(HtBuffer *json, const AuditNames *known, const HtAuditShown *shown)
{
    char id[HT_UUID_TEXT], subject[HT_AUDIT_SUBJECT_TEXT];
    ht_uuid_format(&shown->id, id);
    ht_audit_subject_write(shown->subject, subject);
    ht_json_member(json, "event", ht_text_from(id));
    ht_json_member(json, "subject", ht_text_from(subject));
    ht_json_member(json, "elements", ht_text_from(elements_of(known, shown->set)));
}

static bool is_in_time(const AuditCommand *command, int64_t time_us)
{
    return time_us >= command->since_us && (command->until_us == 0 || time_us < command->until_us);
}

/* ---- Verifying ---- */

static int print_sum(const HtAuditSum *sum)
{
    char first[HT_CLOCK_TEXT] = "", last[HT_CLOCK_TEXT] = "", hex[HT_SHA256_HEX] = {0};
    ht_clock_format(sum->first_us, first);
    ht_clock_format(sum->last_us, last);
    ht_hex_write(sum->hash, HT_SHA256, hex);
    printf(_("%" PRIu64 " records in %" PRIu64 " files, %" PRIu64 " to %" PRIu64 ", from %s to %s\n"),
           sum->records, sum->segments, sum->first, sum->last, first, last);
    printf(_("%" PRIu64 " deliveries of %" PRIu64 " events; %" PRIu64 " seals, %" PRIu64
             " records behind the last\nlast hash %s\n"),
           sum->deliveries, sum->events, sum->seals, sum->unsealed, hex);
    if (sum->torn > 0) {
        printf(_("%" PRIu64 " bytes behind it are no record: what a crash left, or what is being written\n"),
               sum->torn);
    }
    if (sum->problems > 0) {
        printf(_("NOT whole: %" PRIu64 " problems\n"), sum->problems);
        return HT_EXIT_INTEGRITY;
    }
    puts(_("whole and unaltered"));
    return HT_EXIT_OK;
}

/* --head is a file, or the line itself that somebody kept; without it, the state directory's own. False when it is none. */
static bool load_head(const AuditCommand *command, HtAuditHead *head, bool *found)
{
    g_autofree char *own = own_head(command);
    const char *file = command->head ? command->head : own;
    *found = (command->head || !command->dir) && ht_audit_head_load(file, head);
    if (command->head && !*found) {
        *found = ht_audit_head_parse(command->head, head);
        return *found;
    }
    return true;
}

static int verify(const AuditCommand *command)
{
    g_autoptr(GArray) keys = load_keys(command);
    g_autoptr(GError) error = NULL;
    HtAuditHead head;
    HtAuditSum sum;
    bool has_head = false;
    if (!keys) {
        return HT_EXIT_FAILED;
    }
    if (!load_head(command, &head, &has_head)) {
        return complain(_("--head is a file, or a line as `hutong audit head` prints it"));
    }
    HtAuditReading reading = {.directory = command->directory,
                              .head = has_head ? &head : NULL,
                              .keys = keys,
                              .complain = tell_problem};
    if (!ht_audit_read(&reading, &sum, &error)) {
        return complain(error->message);
    }
    if (!has_head && !command->dir && sum.seals > 0) {
        tell_problem("audit.head is missing: whether the end of the log is, cannot be said", NULL);
        sum.problems++;
    }
    return print_sum(&sum);
}

static int print_head(const AuditCommand *command)
{
    g_autofree char *path = own_head(command), *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return complain(_("there is no head yet"));
    }
    fputs(text, stdout);
    return HT_EXIT_OK;
}

/* ---- Recording that somebody looks ---- */

/* False after a complaint: what is not recorded is not looked for. Of a copy nothing is recorded. */
static bool record_look(const AuditCommand *command, const char *verb, const char *subject)
{
    if (command->dir) {
        return true;
    }
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_string_member(question, "verb", verb);
    json_object_set_string_member(question, "subject", subject);
    g_autoptr(JsonObject) answer = ht_cli_ask(command->config, "audit", question);
    return answer != NULL;
}

/* ---- Searching ---- */

typedef struct {
    const AuditCommand *command;
    AuditNames known;
    GArray *subjects; /* of 16 bytes each */
    GHashTable *consumers;
    uint64_t found;
} AuditSearch;

static bool is_sought(const AuditSearch *search, const HtAuditDelivery *delivery, uint32_t index)
{
    for (guint i = 0; i < search->subjects->len; i++) {
        const uint8_t *subject = (const uint8_t *)search->subjects->data + i * HT_AUDIT_SUBJECT;
        if (ht_audit_delivery_is_of(delivery, index, subject)) {
            return true;
        }
    }
    return false;
}

static void print_found(AuditSearch *search, const HtAuditRecord *record, const HtAuditDelivery *delivery,
                        uint32_t index)
{
    HtAuditShown shown;
    HtBuffer json = {.data = NULL};
    char time[HT_CLOCK_TEXT];
    ht_audit_delivery_at(delivery, index, &shown);
    ht_clock_format(record->time_us, time);
    g_hash_table_add(search->consumers, g_strndup(delivery->consumer.data, delivery->consumer.size));
    search->found++;
    if (search->command->json) {
        ht_buffer_add_char(&json, '{');
        ht_json_member(&json, "time", ht_text_from(time));
        ht_json_member_number(&json, "record", (int64_t)record->number);
        add_delivery(&json, &search->known, delivery);
        add_shown(&json, &search->known, &shown);
        ht_buffer_add_literal(&json, "}\n");
        fwrite(json.data, 1, json.size, stdout);
        ht_buffer_clear(&json);
        return;
    }
    char id[HT_UUID_TEXT];
    ht_uuid_format(&shown.id, id);
    printf("%s  %.*s (%s; policy %.*s)  event %s: %s\n", time, (int)delivery->consumer.size,
           delivery->consumer.data, purpose_of(&search->known, delivery), (int)delivery->version.size,
           delivery->version.data, id, elements_of(&search->known, shown.set));
}

static bool search_record(const HtAuditRecord *record, const HtAuditPlace *place, void *user)
{
    AuditSearch *search = user;
    HtAuditDelivery delivery;
    (void)place;
    learn(&search->known, record);
    if (record->kind != HT_AUDIT_DELIVERY || !is_in_time(search->command, record->time_us) ||
        !ht_audit_delivery_read(record->body, &delivery)) {
        return true;
    }
    for (uint32_t i = 0; i < delivery.count; i++) {
        if (is_sought(search, &delivery, i)) {
            print_found(search, record, &delivery, i);
        }
    }
    return true;
}

static void add_subject(GArray *subjects, const char *subject)
{
    uint8_t bytes[HT_AUDIT_SUBJECT];
    ht_audit_subject(ht_text_from(subject), bytes);
    g_array_append_vals(subjects, bytes, 1);
}

/* All subjects under which events of this person have gone. */
static bool find_members(HtSpoolLook *look, const char *subject, GArray *subjects)
{
    g_autoptr(GError) error = NULL;
    HtSpoolPerson person;
    if (!ht_spool_look_person(look, subject, &person, &error)) {
        complain(error->message);
        return false;
    }
    add_subject(subjects, subject);
    for (guint i = 0; i < person.members->len; i++) {
        add_subject(subjects, person.members->pdata[i]);
    }
    ht_spool_person_clear(&person);
    return true;
}

/* The subject that is asked for, and its others; a copy has no spool that knows them. */
static bool find_subjects(const AuditCommand *command, const char *argument, char subject[HT_SPOOL_SUBJECT],
                          GArray *subjects)
{
    g_autoptr(GError) error = NULL;
    g_strlcpy(subject, argument ? argument : "", HT_SPOOL_SUBJECT);
    if (command->dir && argument) {
        add_subject(subjects, argument);
        return true;
    }
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(command->config->bus.state, &error);
    if (!look) {
        complain(error->message);
        return false;
    }
    if (!argument && !ht_cli_find_citizen(command->config, look, subject, &error)) {
        complain(error->message);
        return false;
    }
    return find_members(look, subject, subjects);
}

static int run_search(AuditSearch *search)
{
    g_autoptr(GError) error = NULL;
    HtAuditSum sum;
    HtAuditReading reading = {.directory = search->command->directory,
                              .see = search_record,
                              .complain = tell_problem,
                              .user = search};
    if (!ht_audit_read(&reading, &sum, &error)) {
        return complain(error->message);
    }
    if (!search->command->json) {
        printf(_("%" PRIu64 " deliveries to %u consumers, among %" PRIu64 " of %" PRIu64 " records\n"),
               search->found, g_hash_table_size(search->consumers), sum.events, sum.records);
    }
    return sum.problems > 0 ? HT_EXIT_INTEGRITY : HT_EXIT_OK;
}

static int search(const AuditCommand *command, const char *argument)
{
    char subject[HT_SPOOL_SUBJECT];
    g_autoptr(GArray) subjects = g_array_new(FALSE, FALSE, HT_AUDIT_SUBJECT);
    if (!find_subjects(command, argument, subject, subjects) || !record_look(command, "search", subject)) {
        return HT_EXIT_FAILED;
    }
    AuditSearch state = {.command = command, .subjects = subjects};
    state.consumers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    init_known(&state.known);
    int status = run_search(&state);
    clear_known(&state.known);
    g_hash_table_unref(state.consumers);
    return status;
}

/* ---- Listing and exporting ---- */

typedef struct {
    const AuditCommand *command;
    AuditNames known;
    bool whole; /* with each event, and hashes */
} Listing;

static void add_events(HtBuffer *json, const Listing *listing, const HtAuditDelivery *delivery)
{
    ht_json_name(json, "events");
    ht_buffer_add_char(json, '[');
    for (uint32_t i = 0; i < delivery->count; i++) {
        HtAuditShown shown;
        ht_audit_delivery_at(delivery, i, &shown);
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        add_shown(json, &listing->known, &shown);
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}

static void add_body(HtBuffer *json, const Listing *listing, const HtAuditRecord *record)
{
    HtAuditDelivery delivery;
    if (record->kind == HT_AUDIT_DELIVERY && ht_audit_delivery_read(record->body, &delivery)) {
        add_delivery(json, &listing->known, &delivery);
        ht_json_member_number(json, "count", delivery.count);
        if (listing->whole) {
            add_events(json, listing, &delivery);
        }
    } else if (record->body.size > 0 && record->body.data[0] == '{') {
        ht_json_name(json, "body");
        ht_buffer_add_text(json, record->body);
    }
}

static bool list_record(const HtAuditRecord *record, const HtAuditPlace *place, void *user)
{
    Listing *listing = user;
    const char *kind = ht_audit_kind_name(record->kind);
    const char *wanted = listing->command->kind;
    HtBuffer json = {.data = NULL};
    char time[HT_CLOCK_TEXT], hex[HT_SHA256_HEX] = {0};
    (void)place;
    learn(&listing->known, record);
    bool quiet =
        !listing->whole && !wanted && (record->kind == HT_AUDIT_SEAL || record->kind == HT_AUDIT_SET);
    if (quiet || !is_in_time(listing->command, record->time_us) || (wanted && g_strcmp0(kind, wanted) != 0)) {
        return true;
    }
    ht_clock_format(record->time_us, time);
    ht_buffer_add_char(&json, '{');
    ht_json_member_number(&json, "record", (int64_t)record->number);
    ht_json_member(&json, "time", ht_text_from(time));
    ht_json_member(&json, "kind", ht_text_from(kind));
    add_body(&json, listing, record);
    if (listing->whole) {
        ht_hex_write(record->hash, HT_SHA256, hex);
        ht_json_member(&json, "hash", ht_text_from(hex));
    }
    ht_buffer_add_literal(&json, "}\n");
    fwrite(json.data, 1, json.size, stdout);
    ht_buffer_clear(&json);
    return true;
}

static int list(const AuditCommand *command, bool whole)
{
    g_autoptr(GError) error = NULL;
    Listing listing = {.command = command, .whole = whole};
    HtAuditSum sum;
    HtAuditReading reading = {
        .directory = command->directory, .see = list_record, .complain = tell_problem, .user = &listing};
    if (whole && !record_look(command, "export", "")) {
        return HT_EXIT_FAILED;
    }
    init_known(&listing.known);
    bool good = ht_audit_read(&reading, &sum, &error);
    clear_known(&listing.known);
    if (!good) {
        return complain(error->message);
    }
    return sum.problems > 0 ? HT_EXIT_INTEGRITY : HT_EXIT_OK;
}

/* ---- The command ---- */

static int run(const AuditCommand *command, int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "", *argument = argc > 2 ? argv[2] : NULL;
    bool subject = argument && ht_spool_repair_is_subject(argument);
    if (g_str_equal(verb, "search") && argc == (command->number ? 2 : 3) && (command->number || subject)) {
        return search(command, argument);
    }
    if (argc == 2 && g_str_equal(verb, "verify")) {
        return verify(command);
    }
    if (argc == 2 && g_str_equal(verb, "head")) {
        return print_head(command);
    }
    if (argc == 2 && (g_str_equal(verb, "records") || g_str_equal(verb, "export"))) {
        return list(command, g_str_equal(verb, "export"));
    }
    fputs(_(usage), stderr);
    return HT_EXIT_USAGE;
}

int ht_cli_audit(int argc, char **argv)
{
    AuditCommand command = {.json = FALSE};
    const GOptionEntry entries[] = {
        {"dir", 0, 0, G_OPTION_ARG_FILENAME, &command.dir,
         N_("A copy of the log, instead of the state directory's"), "DIR"},
        {"key", 0, 0, G_OPTION_ARG_FILENAME, &command.key,
         N_("verify: public keys, instead of the state directory's"), "FILE"},
        {"head", 0, 0, G_OPTION_ARG_STRING, &command.head,
         N_("verify: the log must go as far as this (`hutong audit head`)"), "HEAD"},
        {"id-number-stdin", 0, 0, G_OPTION_ARG_NONE, &command.number,
         N_("search: for the person with the citizen number on standard input"), NULL},
        {"since", 0, 0, G_OPTION_ARG_STRING, &command.since, N_("Since then: 2h, 2026-11-21, …"), "TIME"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &command.until, N_("and until then"), "TIME"},
        {"kind", 0, 0, G_OPTION_ARG_STRING, &command.kind,
         N_("records: delivery, policy, config, admin, state, …"), "KIND"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &command.json, N_("As JSON, one a line"), NULL},
        G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    int status = HT_EXIT_USAGE;
    if (argc > 1 && g_str_equal(argv[1], "list")) {
        return ht_cli_audit_list(argc, argv);
    }
    if (!ht_cli_options(
            &argc, &argv,
            N_("verify | head | search | records | export | list: the records of who received what, who looked at what, "
               "and what was in force."),
            entries, &file)) {
        return status;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    command.config = config;
    if (!config) {
        status = HT_EXIT_CONFIG;
    } else if (ht_cli_span("audit", command.since, command.until, &command.since_us, &command.until_us)) {
        command.directory =
            command.dir ? g_strdup(command.dir) : g_build_filename(config->bus.state, HT_AUDIT_FOLDER, NULL);
        status = run(&command, argc, argv);
    }
    char *const texts[] = {command.dir,   command.key,  command.head,     command.since,
                           command.until, command.kind, command.directory};
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(texts[i]);
    }
    return status;
}
