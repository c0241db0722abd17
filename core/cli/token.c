/* `hutong token`: makes a bearer token, and the line by which its file knows it. Needs neither a bus nor a configuration. */
#include "core/cli/cli.h"

#include "core/guard/token.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const usage = N_("usage: hutong token new [NAME]\n"
                                    "       hutong token hash [NAME] < FILE\n");

static int make_new(const char *name)
{
    char *token = ht_token_make();
    g_autofree char *line = ht_token_line(token, name);
    printf(_("token, for who sends it (it is shown this once):\n%s\n"
             "line, for the file that `token-file` names (mode 0600):\n%s\n"),
           token, line);
    explicit_bzero(token, strlen(token));
    g_free(token);
    return HT_EXIT_OK;
}

static int hash(const char *name)
{
    char text[HT_TOKEN_MAX_BYTES + 64];
    size_t size = fread(text, 1, sizeof text - 1, stdin);
    text[size] = '\0';
    char *token = g_strstrip(text);
    bool good = feof(stdin) && strlen(text) == size && ht_token_is(token);
    g_autofree char *line = good ? ht_token_line(token, name) : NULL;
    explicit_bzero(text, sizeof text);
    if (!good) {
        fprintf(
            stderr,
            _("hutong token: standard input is not a token: %d to %d visible ASCII characters in one line\n"),
            HT_TOKEN_MIN_BYTES, HT_TOKEN_MAX_BYTES);
        return HT_EXIT_FAILED;
    }
    puts(line);
    return HT_EXIT_OK;
}

int ht_cli_token(int argc, char **argv)
{
    g_autofree char *file = NULL;
    if (!ht_cli_options(
            &argc, &argv,
            N_("new: makes a token, and the line of a token file that knows it: several lines are several tokens.\n"
               "hash: the same line of a token that there is, read from standard input."),
            NULL, &file)) {
        return HT_EXIT_USAGE;
    }
    const char *word = argc > 1 ? argv[1] : "", *name = argc > 2 ? argv[2] : NULL;
    bool is_new = g_str_equal(word, "new");
    if ((!is_new && !g_str_equal(word, "hash")) || argc > 3) {
        fputs(_(usage), stderr);
        return HT_EXIT_USAGE;
    }
    if (name && !ht_token_is_name(name)) {
        fprintf(stderr, _("hutong token: a name has 1 to %d letters, digits and hyphens\n"),
                HT_TOKEN_NAME_MAX);
        return HT_EXIT_USAGE;
    }
    return is_new ? make_new(name) : hash(name);
}
