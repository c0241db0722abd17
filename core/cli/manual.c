/* The manual's list of options and the shell's completion. Each verb is called without arguments while its options are listened for
 * (ht_cli_describe()), so that what is written is what it reads. Main thread. */
#include "core/cli/manual.h"

#include "core/cli/cli.h"
#include "core/cli/roff.h"

#include <glib/gi18n.h>
#include <string.h>

typedef struct {
    GString *out;
    const HtCliVerb *verb;
} Writer;

static void ask(const HtCliVerb *verb, HtCliDescribe describe, Writer *writer)
{
    g_autofree char *name = g_strdup(verb->name);
    char *arguments[] = {name, NULL};
    char **argv = arguments;
    writer->verb = verb;
    ht_cli_describe(describe, writer);
    verb->run(1, argv);
    ht_cli_describe(NULL, NULL);
}

/* ---- The manual ---- */

/* A summary's lines stay lines: they are lists of words. */
static void add_lines(GString *roff, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (**line) {
            ht_roff_add(roff, g_strstrip(*line));
            g_string_append(roff, line[1] ? "\n.br\n" : "\n");
        }
    }
}

static void add_option(GString *roff, const GOptionEntry *entry)
{
    g_string_append(roff, ".TP\n.BR ");
    if (entry->short_name) {
        g_string_append_printf(roff, "\\-%c \", \" ", entry->short_name);
    }
    g_string_append(roff, "\\-\\-");
    ht_roff_add(roff, entry->long_name);
    if (entry->arg_description) {
        g_string_append_printf(roff, " =\\fI%s\\fR", entry->arg_description);
    }
    g_string_append_c(roff, '\n');
    g_autofree char *sentence = g_strdup_printf(_("%s."), _(entry->description));
    ht_roff_add(roff, sentence);
    g_string_append_c(roff, '\n');
}

/* A line may end behind each word: there is no other place for it in a row of them, where nothing is hyphenated. */
static void add_heading(GString *roff, const HtCliVerb *verb)
{
    g_string_append_printf(roff, ".SS \"hutong %s%s", verb->name, verb->words ? " " : "");
    for (const char *at = verb->words; at && *at; at++) {
        g_string_append_c(roff, *at);
        g_string_append(roff, *at == '|' ? "\\:" : "");
    }
    g_string_append(roff, "\"\n");
}

static void write_options(const char *summary, const GOptionEntry *entries, void *user)
{
    Writer *writer = user;
    add_heading(writer->out, writer->verb);
    add_lines(writer->out, _(summary));
    for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
        add_option(writer->out, entry);
    }
}

void ht_cli_manual(const HtCliVerb *verbs, unsigned count, GString *roff)
{
    Writer writer = {.out = roff};
    g_string_append(
        roff, _("Of all verbs that read a configuration:\n.TP\n.BR \\-c \", \" \\-\\-config =\\fIFILE\\fR\n"
                "The configuration; by default hutong.conf in the system's configuration directory. The "
                ".conf files of conf.d beside it are read after it, in name order.\n"
                ".TP\n.BR \\-h \", \" \\-\\-help\nWhat the verb does, and its options.\n"));
    for (unsigned i = 0; i < count; i++) {
        ask(&verbs[i], write_options, &writer);
    }
}

/* ---- The completion ---- */

static bool is_of_files(const GOptionEntry *entry)
{
    static const char *const kinds[] = {"FILE", "DIR", "FOLDER"};
    bool is = entry->arg == G_OPTION_ARG_FILENAME || entry->arg == G_OPTION_ARG_FILENAME_ARRAY;
    for (unsigned i = 0; entry->arg_description && i < G_N_ELEMENTS(kinds); i++) {
        is = is || g_str_equal(entry->arg_description, kinds[i]);
    }
    return is;
}

/* What stands behind an option: nothing, a file, a name of a section, or what nobody can guess. */
static const char *kind_of(const GOptionEntry *entry)
{
    bool has_value = entry->arg != G_OPTION_ARG_NONE && !(entry->flags & G_OPTION_FLAG_NO_ARG);
    return !has_value                                  ? NULL
           : is_of_files(entry)                        ? "file"
           : g_str_equal(entry->long_name, "source")   ? "source"
           : g_str_equal(entry->long_name, "consumer") ? "consumer"
                                                       : "other";
}

static void write_case(const char *summary, const GOptionEntry *entries, void *user)
{
    Writer *writer = user;
    g_auto(GStrv) words = g_strsplit(writer->verb->words ? writer->verb->words : "", "|", -1);
    g_autofree char *joined = g_strjoinv(" ", words);
    (void)summary;
    g_string_append_printf(writer->out, "    %s)\n        words='%s'\n        options='--help",
                           writer->verb->name, joined);
    g_string_append(writer->out, " --config");
    for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
        g_string_append_printf(writer->out, " --%s", entry->long_name);
    }
    g_string_append(writer->out, "'\n        values='--config:file -c:file");
    for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
        const char *kind = kind_of(entry);
        if (kind) {
            g_string_append_printf(writer->out, " --%s:%s", entry->long_name, kind);
        }
        if (kind && entry->short_name) {
            g_string_append_printf(writer->out, " -%c:%s", entry->short_name, kind);
        }
    }
    g_string_append(writer->out, "'\n        ;;\n");
}

static const char script_begin[] =
    "# Completion of hutong for bash. Made by `hutong help --bash` from the tables of verbs and options; do not edit.\n\n"
    "# Names of the sections of this kind in the configuration.\n"
    "_hutong_names() {\n"
    "    local file=() at\n"
    "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
    "        case ${COMP_WORDS[at]} in -c | --config) file=(-c \"${COMP_WORDS[at + 1]}\") ;; esac\n"
    "    done\n"
    "    hutong config \"${file[@]}\" 2>/dev/null | sed -n \"s/^\\[$1 \\(.*\\)\\]$/\\1/p\"\n"
    "}\n\n"
    "_hutong() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]}\n"
    "    local words options values kind=\n"
    "    COMPREPLY=()\n";

static const char script_end[] =
    "    *) return ;;\n"
    "    esac\n"
    "    case \" $values \" in *\" $before:\"*)\n"
    "        kind=\" $values \"\n"
    "        kind=${kind#*\" $before:\"}\n"
    "        kind=${kind%% *}\n"
    "        ;;\n"
    "    esac\n"
    "    [[ $kind || $current == -* || $COMP_CWORD -eq 2 || ! $words ]] || kind=argument\n"
    "    case $verb:$before:$kind in\n"
    "    *:file) mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
    "    *:source | source:*:argument) mapfile -t COMPREPLY < <(compgen -W \"$(_hutong_names source)\" -- \"$current\") ;;\n"
    "    route:*:argument) mapfile -t COMPREPLY < <(compgen -W \"$(_hutong_names route)\" -- \"$current\") ;;\n"
    "    *:consumer | consumer:*:argument | dead:*:argument | policy:*:argument)\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$(_hutong_names consumer)\" -- \"$current\")\n"
    "        ;;\n"
    "    *:other) ;;\n"
    "    *:argument) mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
    "    *)\n"
    "        if [[ $current == -* || ! $words ]]; then words=$options; fi\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
    "        [[ ${#COMPREPLY[@]} -gt 0 || $current == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
    "        ;;\n"
    "    esac\n"
    "}\n"
    "complete -o filenames -o nosort -F _hutong hutong\n";

void ht_cli_completion(const HtCliVerb *verbs, unsigned count, GString *script)
{
    Writer writer = {.out = script};
    g_string_append(script, script_begin);
    g_string_append(script,
                    "    if [[ $COMP_CWORD -eq 1 ]]; then\n        mapfile -t COMPREPLY < <(compgen -W '");
    for (unsigned i = 0; i < count; i++) {
        g_string_append_printf(script, "%s ", verbs[i].name);
    }
    g_string_append(script,
                    "help --help --version' -- \"$current\")\n        return\n    fi\n    case $verb in\n");
    for (unsigned i = 0; i < count; i++) {
        ask(&verbs[i], write_case, &writer);
    }
    g_string_append(script, script_end);
}
