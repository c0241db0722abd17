/* `hutong subject`: looks at who is who, and changes it. Numbers come from standard input only: what stands on the command line
 * is seen by everybody on the machine and stays in the shell's history. */
#include "core/cli/subject.h"

#include "core/admin/admin.h"
#include "core/base/citizen.h"
#include "core/cli/number.h"
#include "mappings/engine/values/number-fold.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#define NUMBER_MAX HT_CLI_NUMBER
#define DIGITS_MAX 7 /* of an argument that is no number of a person */

static const char *const usage = N_(
    "usage: hutong subject show SUBJECT | show --id-number-stdin | show --kind KIND [--source SOURCE] --value-stdin  [--json]\n"
    "       hutong subject conflicts [--each] [--json]\n"
    "       hutong subject split SUBJECT --id-number-stdin --reason TEXT [--dry-run]\n"
    "       hutong subject split SUBJECT --kind KIND [--source SOURCE] --value-stdin --reason TEXT [--dry-run]\n"
    "       hutong subject split SUBJECT JOINED --reason TEXT [--dry-run]\n"
    "       hutong subject join SUBJECT OTHER --reason TEXT [--dry-run]\n"
    "       hutong subject settle --kind KIND [--source SOURCE] --value-stdin --reason TEXT [--dry-run]\n");

/* One command. */
typedef struct {
    const HtConfig *config;
    HtSubjectFlags flags;
    const char *verb;
    char **subjects; /* what stands behind the verb */
    unsigned count;
} Command;

static int complain(const char *text)
{
    fprintf(stderr, "hutong subject: %s\n", text);
    return HT_EXIT_FAILED;
}

static int complain_usage(const char *text)
{
    fprintf(stderr, "hutong subject: %s\n%s", text, _(usage));
    return HT_EXIT_USAGE;
}

/* ---- No number on the command line ---- */

static bool may_be_number(const char *argument)
{
    unsigned digits = 0, most = 0;
    if (ht_spool_repair_is_subject(argument)) {
        return false;
    }
    for (const char *at = argument; *at; at++) {
        digits = g_ascii_isdigit(*at) ? digits + 1 : 0;
        most = MAX(most, digits);
    }
    return most > DIGITS_MAX || ht_citizen_may_be_in(ht_text_from(argument));
}

static bool follows(char **argv, int i, const char *flag)
{
    return i > 1 && g_str_equal(argv[i - 1], flag);
}

/* What follows `-c` is a path, and a reason may have a date or a ticket's number. */
static bool names_number(int argc, char **argv)
{
    bool found = false;
    for (int i = 1; i < argc; i++) {
        bool path =
            follows(argv, i, "-c") || follows(argv, i, "--config") || g_str_has_prefix(argv[i], "--config=");
        bool reason = follows(argv, i, "--reason") || g_str_has_prefix(argv[i], "--reason=");
        bool number = reason ? ht_citizen_may_be_in(ht_text_from(argv[i])) : !path && may_be_number(argv[i]);
        if (number) {
            memset(argv[i], '*', strlen(argv[i]));
            found = true;
        }
    }
    return found;
}

/* ---- Numbers from standard input ---- */

/* A number of another kind, as the engine compares it. */
static bool read_value(const char *kind, char value[NUMBER_MAX])
{
    char line[NUMBER_MAX], room[NUMBER_MAX];
    bool certificate = g_str_equal(kind, "birthCertificate");
    HtText folded = HT_TEXT_NONE;
    if (ht_cli_read_line(kind, line)) {
        folded = ht_number_fold(ht_text_from(line), certificate ? HT_FOLD_SEPARATORS : 0, room);
    }
    g_strlcpy(value, "", NUMBER_MAX);
    if (folded.size > 0) {
        memcpy(value, folded.data, folded.size);
        value[folded.size] = '\0';
    }
    explicit_bzero(line, sizeof line);
    explicit_bzero(room, sizeof room);
    return folded.size > 0;
}

/* The identity that the flags mean. False after a complaint. */
static bool read_identity(const Command *command, HtSpoolRepair *repair, char value[NUMBER_MAX])
{
    const HtSubjectFlags *flags = &command->flags;
    repair->value = value;
    if (flags->number_on_stdin || g_str_equal(flags->kind, "idNumber")) {
        repair->kind = "idNumber";
        return ht_cli_read_citizen_number(value) ||
               (complain(_("standard input has no citizen number")), false);
    }
    repair->kind = flags->kind;
    repair->source = flags->source;
    return read_value(flags->kind, value) || (complain(_("standard input has no number")), false);
}

static bool names_identity(const HtSubjectFlags *flags)
{
    return flags->number_on_stdin ? !flags->value_on_stdin && !flags->kind
                                  : flags->value_on_stdin && flags->kind;
}

/* ---- Looking ---- */

static HtSpoolLook *open_look(const Command *command)
{
    g_autoptr(GError) error = NULL;
    HtSpoolLook *look = ht_spool_look_open(command->config->bus.state, &error);
    if (!look) {
        complain(error->message);
    }
    return look;
}

/* The subject of the number that the flags mean. False after a complaint. */
static bool find_subject(const Command *command, HtSpoolLook *look, char subject[HT_SPOOL_SUBJECT])
{
    char value[NUMBER_MAX];
    HtSpoolRepair repair = {0};
    g_autoptr(GError) error = NULL;
    if (!read_identity(command, &repair, value)) {
        return false;
    }
    HtIdentity number = {ht_text_from(repair.kind), ht_text_from(value), false};
    bool good = ht_cli_find_number(command->config, look, repair.source ? repair.source : "", &number,
                                   subject, &error);
    explicit_bzero(value, sizeof value);
    if (!good) {
        complain(error->message);
    }
    return good;
}

static int run_show(const Command *command)
{
    char subject[HT_SPOOL_SUBJECT];
    bool named = names_identity(&command->flags);
    if (command->count != (named ? 0 : 1)) {
        return complain_usage(
            "show takes one subject, or --id-number-stdin, or --kind and --value-stdin (and "
            "--source for kinds that are a source's own)");
    }
    g_autoptr(HtSpoolLook) look = open_look(command);
    if (!look) {
        return HT_EXIT_FAILED;
    }
    if (command->count == 1) {
        g_strlcpy(subject, command->subjects[0], sizeof subject);
    } else if (!find_subject(command, look, subject)) {
        return HT_EXIT_FAILED;
    }
    return ht_cli_subject_show(look, subject, command->flags.json);
}

static int run_conflicts(const Command *command)
{
    if (command->count != 0) {
        return complain_usage(_("conflicts takes no subject"));
    }
    g_autoptr(HtSpoolLook) look = open_look(command);
    return look ? ht_cli_subject_conflicts(look, &command->flags) : HT_EXIT_FAILED;
}

/* ---- Changing ---- */

/* A mistyped subject would be joined as well as any other. */
static bool have_events(const Command *command)
{
    g_autoptr(HtSpoolLook) look = open_look(command);
    for (unsigned i = 0; look && i < command->count; i++) {
        HtSpoolPerson person;
        g_autoptr(GError) error = NULL;
        bool good = ht_spool_look_person(look, command->subjects[i], &person, &error);
        uint64_t events = person.events;
        ht_spool_person_clear(&person);
        if (!good || events == 0) {
            if (good) {
                fprintf(stderr, _("hutong subject: %s has no events here\n"), command->subjects[i]);
            } else {
                fprintf(stderr, "hutong subject: %s\n", error->message);
            }
            return false;
        }
    }
    return look != NULL;
}

static int tell(const Command *command, const HtSpoolRepaired *repaired, bool offline)
{
    bool dry = command->flags.dry_run;
    if (g_str_equal(command->verb, "join")) {
        printf(dry ? _("%s would be %s from now on\n") : _("%s is %s from now on\n"), repaired->other,
               repaired->subject);
    } else if (g_str_equal(command->verb, "settle")) {
        printf(
            dry ? _("the conflict would be forgotten: events with this number alone go to %s until it comes with another\n")
                : _("the conflict is forgotten: events with this number alone go to %s until it comes with another\n"),
            repaired->other);
    } else {
        printf(dry ? _("%s would be apart from %s\n") : _("%s is apart from %s\n"), repaired->other,
               repaired->subject);
    }
    if (repaired->sequence > 0) {
        printf(offline ? _("event %" PRIu64 " tells the consumers, when the bus runs again\n")
                       : _("event %" PRIu64 " tells the consumers\n"),
               repaired->sequence);
    }
    return HT_EXIT_OK;
}

/* As the mapping folds it: whether hyphens count is the mapping's choice, so that what is not found with them is looked for
 * without. */
static bool ask(const Command *command, HtSpoolRepair *repair, HtSpoolRepaired *repaired, bool *offline,
                GError **error)
{
    char folded[NUMBER_MAX], room[NUMBER_MAX];
    HtText given = ht_text_from(repair->value);
    HtText plain =
        given.data && command->flags.kind ? ht_number_fold(given, HT_FOLD_SEPARATORS, room) : given;
    if (ht_cli_subject_ask(command->config, repair, repaired, offline, error)) {
        return true;
    }
    if (ht_text_equal(plain, given) || plain.size == 0 ||
        !g_error_matches(*error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_REFUSED)) {
        return false;
    }
    memcpy(folded, plain.data, plain.size);
    folded[plain.size] = '\0';
    repair->value = folded;
    bool good = ht_cli_subject_ask(command->config, repair, repaired, offline, NULL);
    explicit_bzero(folded, sizeof folded);
    explicit_bzero(room, sizeof room);
    if (good) {
        g_clear_error(error);
    }
    return good;
}

static int change(const Command *command, HtSpoolRepair *repair)
{
    g_autoptr(GError) error = NULL;
    HtSpoolRepaired repaired;
    bool offline;
    repair->reason = command->flags.reason;
    repair->dry_run = command->flags.dry_run;
    if (!repair->dry_run && !(repair->reason && ht_spool_repair_is_reason(repair->reason))) {
        return complain_usage(
            "a change needs --reason TEXT: up to 200 bytes, without names and numbers of persons");
    }
    if (!have_events(command)) {
        return HT_EXIT_FAILED;
    }
    return ask(command, repair, &repaired, &offline, &error) ? tell(command, &repaired, offline)
                                                             : complain(error->message);
}

static int change_identity(const Command *command, const char *subject)
{
    char value[NUMBER_MAX];
    HtSpoolRepair repair = {.verb = HT_SPOOL_SPLIT, .subject = subject};
    if (!read_identity(command, &repair, value)) {
        return HT_EXIT_FAILED;
    }
    int status = change(command, &repair);
    explicit_bzero(value, sizeof value);
    return status;
}

static int run_split(const Command *command)
{
    bool identity = names_identity(&command->flags);
    if (command->count != (identity ? 1 : 2)) {
        return complain_usage(
            "split takes a subject and what is to be taken from it: a number on standard input, or "
            "a subject that was joined to it");
    }
    if (identity) {
        return change_identity(command, command->subjects[0]);
    }
    HtSpoolRepair repair = {
        .verb = HT_SPOOL_SPLIT_SUBJECT, .subject = command->subjects[0], .other = command->subjects[1]};
    return change(command, &repair);
}

static int run_join(const Command *command)
{
    if (command->count != 2) {
        return complain_usage(_("join takes two subjects: the one that goes on, and the one that ends"));
    }
    HtSpoolRepair repair = {
        .verb = HT_SPOOL_JOIN, .subject = command->subjects[0], .other = command->subjects[1]};
    return change(command, &repair);
}

static int run_settle(const Command *command)
{
    if (command->count != 0 || !names_identity(&command->flags) || command->flags.number_on_stdin) {
        return complain_usage(
            "settle takes --kind, --value-stdin, and --source for kinds that are a source's own");
    }
    return change_identity(command, NULL);
}

/* ---- The command ---- */

typedef struct {
    const char *name;
    int (*run)(const Command *command);
} SubjectVerb;

static const SubjectVerb verbs[] = {{"show", run_show},
                                    {"conflicts", run_conflicts},
                                    {"split", run_split},
                                    {"join", run_join},
                                    {"settle", run_settle}};

static const SubjectVerb *find_verb(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_equal(name, verbs[i].name)) {
            return &verbs[i];
        }
    }
    return NULL;
}

static int run_verb(Command *command, const char *file)
{
    const SubjectVerb *verb = find_verb(command->verb);
    if (!verb) {
        return complain_usage(*command->verb ? "there is no such verb" : "a verb is needed");
    }
    for (unsigned i = 0; i < command->count; i++) {
        if (!ht_spool_repair_is_subject(command->subjects[i])) {
            return complain_usage(_("a subject is p- and 26 characters, as in an event"));
        }
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    command->config = config;
    return config ? verb->run(command) : HT_EXIT_CONFIG;
}

static void clear_flags(HtSubjectFlags *flags)
{
    g_free(flags->kind);
    g_free(flags->source);
    g_free(flags->reason);
}

int ht_cli_subject(int argc, char **argv)
{
    Command command = {.verb = ""};
    HtSubjectFlags *flags = &command.flags;
    const GOptionEntry entries[] = {
        {"id-number-stdin", 0, 0, G_OPTION_ARG_NONE, &flags->number_on_stdin,
         N_("A citizen number, read from standard input"), NULL},
        {"value-stdin", 0, 0, G_OPTION_ARG_NONE, &flags->value_on_stdin,
         N_("Another number, read from standard input"), NULL},
        {"kind", 0, 0, G_OPTION_ARG_STRING, &flags->kind, N_("Its kind, as in the mapping"), "KIND"},
        {"source", 0, 0, G_OPTION_ARG_STRING, &flags->source, N_("Whose number it is"), "SOURCE"},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &flags->reason, N_("Why; it is in the log and in the event"),
         "TEXT"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &flags->dry_run, N_("Say what would become of it"), NULL},
        {"each", 0, 0, G_OPTION_ARG_NONE, &flags->each, N_("Conflicts one by one"), NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &flags->json, N_("As JSON"), NULL},
        G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    if (names_number(argc, argv)) {
        return complain_usage(
            "numbers are read from standard input (--id-number-stdin, --value-stdin): on the command line "
            "everybody on this machine can see them, and the shell keeps them");
    }
    if (!ht_cli_options(&argc, &argv,
                        N_("show | conflicts | split | join | settle: who is who, and its repair."), entries,
                        &file)) {
        clear_flags(flags);
        return HT_EXIT_USAGE;
    }
    command.verb = argc > 1 ? argv[1] : "";
    command.subjects = argv + 2;
    command.count = argc > 2 ? (unsigned)argc - 2 : 0;
    int status = run_verb(&command, file);
    clear_flags(flags);
    return status;
}
