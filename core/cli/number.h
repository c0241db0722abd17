/* Numbers of persons for commands: from standard input only. */
#pragma once

#include "core/config/config.h"
#include "spool/look.h"

#include <stdbool.h>

#define HT_CLI_NUMBER 256

/* One line, without blanks at its ends; a person at a terminal does not see what she types. False when there is none, or it is too long. */
bool ht_cli_read_line(const char *what, char line[HT_CLI_NUMBER]);

/* A citizen number in its form of 18 digits, as the engine makes it. False when there is none. The caller wipes it. */
bool ht_cli_read_citizen_number(char number[HT_CLI_NUMBER]);

/* The subject under which a number is known (spool/look.h). False with HT_SPOOL_ERROR, or with G_FILE_ERROR when nothing is known under it. */
bool ht_cli_find_number(const HtConfig *config, HtSpoolLook *look, const char *source,
                        const HtIdentity *number, char subject[HT_SPOOL_SUBJECT], GError **error);

/* The subject that standard input's citizen number is. False with HT_SPOOL_ERROR, or with G_FILE_ERROR when there is no number. */
bool ht_cli_find_citizen(const HtConfig *config, HtSpoolLook *look, char subject[HT_SPOOL_SUBJECT],
                         GError **error);
