/* Choosing the language; see language.h. */
#include "core/cli/language.h"

#include "core/base/paths.h"

#include <glib.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>

/* It is part of glibc, and all that is wanted of a locale: characters that are UTF-8, and a name other than C, with which gettext would not
 * look for translations. What a person's own locale would say of numbers and the order of letters must not reach the output. */
#define CARRIER "C.UTF-8"

static bool is_other;

static const char *find_wanted(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (unsigned i = 0; i < G_N_ELEMENTS(variables); i++) {
        const char *value = g_getenv(variables[i]);
        if (value && *value) {
            return value;
        }
    }
    return "C";
}

static bool is_utf8(const char *locale)
{
    const char *set = strchr(locale, '.');
    return !set || g_ascii_strncasecmp(set, ".utf-8", 6) == 0 || g_ascii_strncasecmp(set, ".utf8", 5) == 0;
}

/* Beside the program's own data, wherever it was put: PREFIX/share/hutong, PREFIX/share/locale. */
static char *find_folder(void)
{
    g_autofree char *data = ht_paths_data(NULL);
    g_autofree char *share = g_path_get_dirname(data);
    return g_build_filename(share, "locale", NULL);
}

void ht_language_begin(void)
{
    const char *wanted = find_wanted(), *list = g_getenv("LANGUAGE");
    if (g_str_equal(wanted, "C") || g_str_equal(wanted, "POSIX") || !is_utf8(wanted)) {
        return;
    }
    g_autofree char *languages = g_strdup(list && *list ? list : wanted);
    g_autofree char *folder = find_folder();
    g_setenv("LANGUAGE", languages, TRUE);
    setlocale(LC_MESSAGES, CARRIER);
    setlocale(LC_CTYPE, CARRIER); /* the system's own messages of errors come in this character set */
    bindtextdomain(HT_LANGUAGE_DOMAIN, folder);
    bind_textdomain_codeset(HT_LANGUAGE_DOMAIN, "UTF-8");
    textdomain(HT_LANGUAGE_DOMAIN);
    is_other = *gettext("") != '\0'; /* the head of the translation that was found */
    if (!is_other) {
        setlocale(LC_ALL,
                  "C"); /* or GLib's and the system's words would be in a language that ours are not in */
    }
}

/* Its head says which of the wanted languages it is in. */
char *ht_language_file(void)
{
    g_autoptr(GRegex) named = g_regex_new("^Language: *(\\w+)$", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    if (!is_other || !g_regex_match(named, gettext(""), 0, &match)) {
        return NULL;
    }
    g_autofree char *language = g_match_info_fetch(match, 1), *folder = find_folder();
    return g_build_filename(folder, language, "LC_MESSAGES", HT_LANGUAGE_DOMAIN ".mo", NULL);
}

void ht_language_end(void)
{
    is_other = false;
    setlocale(LC_ALL, "C");
    g_unsetenv("LANGUAGE");
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
}

bool ht_language_is_other(void)
{
    return is_other;
}
