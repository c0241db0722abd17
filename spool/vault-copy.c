/* Lines of two files of periods, held against each other; no key is opened. */
#include "spool/vault-copy.h"

#include "spool/vault.h"

#include <string.h>

static bool set_error(GError **error, const char *path, const char *reason)
{
    g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY, "spool: \"%s\": %s", path, reason);
    return false;
}

/* The length of "NUMBER CIPHER BEGUN " at the beginning of a line; 0 when it is no period's. */
static size_t period_prefix(const char *line)
{
    const char *at = g_ascii_isdigit(*line) ? line : NULL;
    for (unsigned words = 0; at && words < 3; words++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at ? (size_t)(at - line) : 0;
}

static const char *find_destroyed(char *const *lines, const char *line)
{
    size_t size = period_prefix(line);
    for (; size > 0 && *lines; lines++) {
        if (strncmp(*lines, line, size) == 0 && g_str_has_prefix(*lines + size, "destroyed ")) {
            return *lines;
        }
    }
    return NULL;
}

/* Of the same number and cipher. */
static bool has_line_like(char *const *lines, const char *line)
{
    size_t size = strcspn(line, " ") + 1;
    size += strcspn(line + size, " ");
    while (*lines && strncmp(*lines, line, size) != 0) {
        lines++;
    }
    return *lines != NULL;
}

bool ht_spool_vault_keep_destroyed(const char *former, const char *restored, GError **error)
{
    g_autofree char *old = NULL, *new = NULL;
    if (!g_file_get_contents(former, &old, NULL, NULL) || !g_file_get_contents(restored, &new, NULL, NULL)) {
        return true; /* nothing is known of the one, or there is no other */
    }
    g_auto(GStrv) known = g_strsplit(old, "\n", -1), lines = g_strsplit(new, "\n", -1);
    if (g_strcmp0(known[0], lines[0]) != 0) {
        return true;
    }
    for (char **line = lines + 1; lines[0] && *line; line++) {
        const char *destroyed = find_destroyed(known, *line);
        if (destroyed) {
            g_free(*line);
            *line = g_strdup(destroyed);
        }
    }
    g_autofree char *joined = g_strjoinv("\n", lines);
    g_autoptr(GString) text = g_string_new(joined);
    for (char **line = known + 1; *line; line++) { /* files that were sealed since stay readable */
        if (g_str_has_prefix(*line, "0 ") && !has_line_like(lines, *line)) {
            g_string_append_printf(text, "%s\n", *line);
        }
    }
    g_autoptr(GError) reason = NULL;
    return g_file_set_contents_full(restored, text->str, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                    &reason) ||
           set_error(error, restored, reason->message);
}
