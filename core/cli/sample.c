/* The manual page of the configuration and a sample of it, out of the option tables (sample.h). No state. */
#include "core/cli/sample.h"

#include "core/cli/columns.h"
#include "core/cli/roff.h"
#include "core/config/options.h"

#include "generated/version.h"

#include <glib/gi18n.h>
#include <string.h>

#define WIDTH 100 /* of the sample's comments */

/* ---- hutong.conf(5) ---- */

/* What stands between backquotes is a word of the configuration. */
static void add_prose(GString *roff, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "`", -1);
    for (unsigned i = 0; parts[i]; i++) {
        g_string_append(roff, i % 2 ? "\\fB" : "");
        ht_roff_add(roff, parts[i]);
        g_string_append(roff, i % 2 ? "\\fR" : "");
    }
    g_string_append_c(roff, '\n');
}

static void add_key(GString *roff, const HtOption *option)
{
    g_autofree char *expected = ht_option_expects(option);
    g_string_append(roff, ".TP\n.B ");
    ht_roff_add(roff, option->key);
    g_string_append_c(roff, '\n');
    add_prose(roff, _(option->help));
    g_autofree char *takes =
        option->fallback
            ? g_strdup_printf(_("Takes %s; default %s."), expected, option->fallback)
            : g_strdup_printf(option->required ? _("Takes %s; required.") : _("Takes %s."), expected);
    g_string_append(roff, ".br\n");
    ht_roff_add(roff, takes);
    g_string_append_c(roff, '\n');
}

static const char *const page_begin = N_(
    ".SH NAME\nhutong.conf \\- configuration of hutong\n"
    ".SH DESCRIPTION\n"
    "UTF\\-8 text:\n.RI [ section ],\n.I key\n=\n.IR value ,\n"
    "comments on lines of their own after #, lists separated by ;. The .conf files of conf.d beside it are read after it, "
    "in name order. Relative paths are relative to the file that names them. Secrets are named by file, never inline. "
    "An unknown key is an error.\n"
    ".PP\nSizes are written 16M, times 500ms, 10s, 5min, 2h.\n"
    ".PP\n.B hutong check\ntries a configuration,\n.B hutong config\nshows what is in force and where each value came from,\n"
    ".B hutong config \\-\\-sample\nwrites one to begin with.\n");

static const char example[] =
    "[bus]\nname = yuexiu\nlisten = 127.0.0.1:8080\nstate = /var/lib/hutong\nadmin = /run/hutong/admin.sock\n\n"
    "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
    "identities = authority\ntoken\\-file = /etc/hutong/hukou.token\n\n"
    "[consumer platform]\ntype = webhook\nurl = http://127.0.0.1:9090/events\nclearance = 1\npurpose = 社区人口服务\n"
    "purpose\\-until = 2030\\-12\\-31\n\n"
    "[route grassroots]\ntypes = person.*\ndivisions = 440104*\nto = platform\n.fi\n";

void ht_cli_config_manual(GString *roff)
{
    g_string_append_printf(roff,
                           ".\\\" Made by `hutong config --man` from the option tables; do not edit.\n"
                           ".TH HUTONG.CONF 5 \"\" \"Hutong %s\" \"%s\"\n",
                           HT_VERSION, _("File Formats"));
    g_string_append(roff, _(page_begin));
    for (unsigned i = 0; i < HT_SECTIONS; i++) {
        const HtSectionTable *table = &ht_section_tables[i];
        g_string_append_printf(roff, ".SH \"[%s%s]\"\n", table->name, table->named ? " NAME" : "");
        add_prose(roff, _(table->help));
        for (const HtOption *option = ht_section_options(table); option->key; option++) {
            add_key(roff, option);
        }
    }
    g_string_append_printf(roff, ".SH %s\n.nf\n%s.SH %s\n.BR hutong (1)\n", _("EXAMPLE"), example,
                           _("\"SEE ALSO\""));
}

/* ---- The sample ---- */

/* Where the piece of text ends that stands on one line: a word, or a Chinese character with the signs behind it. */
static const char *end_of_piece(const char *at)
{
    bool wide = ht_columns_of(g_utf8_get_char(at)) == 2;
    do {
        at = g_utf8_next_char(at);
    } while (*at && *at != ' ' &&
             (ht_columns_of(g_utf8_get_char(at)) == 2 ? g_unichar_ispunct(g_utf8_get_char(at)) : !wide));
    return at;
}

/* Comment lines of WIDTH columns at most, broken at spaces and between Chinese characters. */
static void add_comment(GString *text, const char *words)
{
    unsigned column = 0;
    for (const char *at = words, *end; *at; at = end) {
        bool spaced = *at == ' ' && at > words;
        at += *at == ' ' && at[1];
        end = end_of_piece(at);
        unsigned size = spaced;
        for (const char *letter = at; letter < end; letter = g_utf8_next_char(letter)) {
            size += ht_columns_of(g_utf8_get_char(letter));
        }
        bool begins = column == 0 || column + size > WIDTH;
        g_string_append(text, column == 0 ? "# " : begins ? "\n# " : spaced ? " " : "");
        column = begins ? 2 + size - spaced : column + size;
        g_string_append_len(text, at, end - at);
    }
    g_string_append_c(text, '\n');
}

/* What the sample says itself: where an installed bus keeps its things. */
static const char *value_of(HtSectionKind kind, const char *key)
{
    static const char *const given[][2] = {
        {"name", "hutong"}, {"admin", "/run/hutong/admin.sock"}, {"state", HT_STATEDIR}, {"user", "hutong"}};
    for (unsigned i = 0; kind == HT_SECTION_BUS && i < G_N_ELEMENTS(given); i++) {
        if (g_str_equal(given[i][0], key)) {
            return given[i][1];
        }
    }
    return NULL;
}

static void add_sample_key(GString *text, HtSectionKind kind, const HtOption *option)
{
    const char *value = value_of(kind, option->key);
    g_autofree char *expected = ht_option_expects(option);
    g_autofree char *about = g_strdup_printf(
        option->required ? _("%s Takes %s; required.") : _("%s Takes %s."), _(option->help), expected);
    g_string_append_c(text, '\n');
    add_comment(text, about);
    g_string_append_printf(text, "%s%s =%s%s\n", value ? "" : "#", option->key,
                           value || option->fallback ? " " : "",
                           value              ? value
                           : option->fallback ? option->fallback
                                              : "");
}

void ht_cli_config_sample(GString *text)
{
    add_comment(
        text,
        _("The configuration of Hutong. Every key stands here, with its default behind # where it has one. The .conf files of "
          "conf.d beside this file are read after it: put sources, consumers and routes there. `hutong check` "
          "tries all of it. More: man hutong.conf."));
    for (unsigned i = 0; i < HT_SECTIONS; i++) {
        const HtSectionTable *table = &ht_section_tables[i];
        g_string_append_c(text, '\n');
        add_comment(text, _(table->help));
        g_string_append_printf(text, "%s[%s%s]\n", i == HT_SECTION_BUS ? "" : "#", table->name,
                               table->named ? " NAME" : "");
        for (const HtOption *option = ht_section_options(table); option->key; option++) {
            add_sample_key(text, (HtSectionKind)i, option);
        }
    }
}
