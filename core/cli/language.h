/* The language that a person reads: English, or one of po/, as the environment asks. Only sentences for people are in it; numbers, times,
 * JSON, logs and what other programs read are the same everywhere. Strings are marked with _(), N_() and ngettext() (<glib/gi18n.h>); who
 * marks one in core/ adds its translation (po/README.md). Main thread, before there are others. */
#pragma once

#include <stdbool.h>

/* The name of our catalogue of translations, of gettext. */
#define HT_LANGUAGE_DOMAIN "hutong"

/* As LC_ALL, LC_MESSAGES, LANG and LANGUAGE say, in that order of glibc's. It need not be installed on the machine: nothing of a locale but
 * the name of its language is used. A character set other than UTF-8 means English, because all text of ours is UTF-8. */
void ht_language_begin(void);

/* English from now on, for what follows is read by programs and by other people: logs. Also for our children. */
void ht_language_end(void);

/* Whether messages are in another language than English. */
bool ht_language_is_other(void);

/* The file that the translations are read from, or NULL: the language is English. The caller frees. */
char *ht_language_file(void);
