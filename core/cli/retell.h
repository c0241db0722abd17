/* What the bus and its engine say, in the language of the person who asked. The bus has no language but English: one page and one answer is read by programs
 * and by people of several languages at once. No state. */
#pragma once

/* A line of the bus's: a notice, a reason, a refusal, a state. In English, or when it is not known here, as it is. The caller frees. */
char *ht_cli_retell(const char *line);

/* The same of each of its lines. The caller frees. */
char *ht_cli_retell_lines(const char *text);

/* Writes that to the standard error, with a line's end behind it. */
void ht_cli_complain(const char *text);
