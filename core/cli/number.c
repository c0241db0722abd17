/* Reading numbers from standard input. */
#include "core/cli/number.h"

#include "mappings/engine/values/idnumber.h"

#include <glib.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool ht_cli_read_line(const char *what, char line[HT_CLI_NUMBER])
{
    struct termios shown, hidden;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        fprintf(stderr, "%s: ", what);
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
    }
    bool good = fgets(line, HT_CLI_NUMBER, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &shown);
        fputc('\n', stderr);
    }
    if (!good) {
        line[0] = '\0';
    }
    g_strstrip(line);
    return line[0] != '\0' && strlen(line) < HT_CLI_NUMBER - 1;
}

bool ht_cli_read_citizen_number(char number[HT_CLI_NUMBER])
{
    HtIdNumber parsed;
    char line[HT_CLI_NUMBER];
    bool good = ht_cli_read_line("citizen number", line);
    HtIdStatus status = good ? ht_idnumber_parse(line, strlen(line), &parsed) : HT_ID_EMPTY;
    explicit_bzero(line, sizeof line);
    good = status == HT_ID_VALID || status == HT_ID_AMBIGUOUS || status == HT_ID_WRONG_CHECK;
    g_strlcpy(number, good ? parsed.canonical : "", HT_CLI_NUMBER);
    explicit_bzero(&parsed, sizeof parsed);
    return good;
}

bool ht_cli_find_number(const HtConfig *config, HtSpoolLook *look, const char *source,
                        const HtIdentity *number, char subject[HT_SPOOL_SUBJECT], GError **error)
{
    uint8_t key[32];
    bool good = ht_spool_load_key(config->bus.site_key_file, false, key, error) &&
                ht_spool_look_number(look, key, source, number, subject, error);
    explicit_bzero(key, sizeof key);
    if (good && subject[0] == '\0') {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, _("nothing is known under that number"));
        return false;
    }
    return good;
}

bool ht_cli_find_citizen(const HtConfig *config, HtSpoolLook *look, char subject[HT_SPOOL_SUBJECT],
                         GError **error)
{
    char number[HT_CLI_NUMBER];
    if (!ht_cli_read_citizen_number(number)) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                            _("standard input has no citizen number"));
        return false;
    }
    HtIdentity identity = {HT_TEXT_LITERAL("idNumber"), ht_text_from(number), false};
    bool good = ht_cli_find_number(config, look, "", &identity, subject, error);
    explicit_bzero(number, sizeof number);
    return good;
}
