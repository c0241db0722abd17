/* The INI reader. Main thread, at start; the file is the administrator's, but it may be half written or not text. */
#include "core/config/ini.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#define FILE_MAX_BYTES (4 << 20)

static void free_entry(void *data)
{
    HtIniEntry *entry = data;
    g_free(entry->group);
    g_free(entry->key);
    g_free(entry->value);
    g_free(entry);
}

void ht_ini_free(HtIniFile *file)
{
    g_ptr_array_unref(file->entries);
    g_free(file);
}

static void add_entry(HtIniFile *file, const char *group, const char *key, char *value, unsigned line)
{
    HtIniEntry *entry = g_new0(HtIniEntry, 1);
    *entry = (HtIniEntry){g_strdup(group), g_strdup(key), value, line};
    g_ptr_array_add(file->entries, entry);
}

/* The value with GLib's escapes undone, or NULL when one is unknown. */
static char *unescape(const char *text)
{
    g_autoptr(GString) value = g_string_sized_new(strlen(text));
    for (; *text; text++) {
        if (*text != '\\') {
            g_string_append_c(value, *text);
            continue;
        }
        const char *known = "snrt\\;", *meant = " \n\r\t\\;";
        const char *at = text[1] ? strchr(known, text[1]) : NULL;
        if (!at) {
            return NULL;
        }
        g_string_append_c(value, meant[at - known]);
        text++;
    }
    return g_strdup(value->str);
}

static void read_key(HtIniFile *file, const char *group, char *line, unsigned number, const char *path,
                     GString *errors)
{
    char *equals = strchr(line, '=');
    if (!group) {
        g_string_append_printf(errors, _("%s:%u: error: a key before the first [section]\n"), path, number);
        return;
    }
    if (!equals) {
        g_string_append_printf(
            errors, _("%s:%u: error: neither a [section], nor key = value, nor a # comment\n"), path, number);
        return;
    }
    *equals = '\0';
    char *value = unescape(g_strstrip(equals + 1));
    if (!value) {
        g_string_append_printf(errors,
                               _("%s:%u: error: a backslash that begins no escape (write \\\\ for one)\n"),
                               path, number);
        return;
    }
    add_entry(file, group, g_strstrip(line), value, number);
}

/* Kind and name with one blank between, however many and which there are: places of keys are found by it, and what is set twice is. */
static char *write_group(const char *text)
{
    GString *group = g_string_new(NULL);
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    for (char **word = words; *word; word++) {
        if (**word) {
            g_string_append_printf(group, "%s%s", group->len > 0 ? " " : "", *word);
        }
    }
    return g_string_free(group, FALSE);
}

static char *read_group(HtIniFile *file, char *line, unsigned number, const char *path, GString *errors)
{
    size_t size = strlen(line);
    if (size < 3 || line[size - 1] != ']' || memchr(line + 1, '[', size - 1)) {
        g_string_append_printf(
            errors,
            _("%s:%u: error: a section must be written [name] or [kind name]; a comment needs a line of its own\n"),
            path, number);
        return NULL;
    }
    line[size - 1] = '\0';
    char *group = write_group(line + 1);
    add_entry(file, group, NULL, NULL, number);
    return group;
}

/* A pipe would be waited for, and a device read without end. What is not there is told by reading it. */
static bool is_readable(const char *path, GString *errors)
{
    GStatBuf status;
    bool there = g_stat(path, &status) == 0;
    if (there && !S_ISREG(status.st_mode)) {
        g_string_append_printf(errors, _("%s: error: is no plain file\n"), path);
    } else if (there && status.st_size > FILE_MAX_BYTES) {
        g_string_append_printf(errors, _("%s: error: %s\n"), path, _("larger than 4 MB"));
    } else {
        return true;
    }
    return false;
}

HtIniFile *ht_ini_read(const char *path, GString *errors)
{
    g_autofree char *text = NULL;
    gsize size;
    g_autoptr(GError) error = NULL;
    if (!is_readable(path, errors)) {
        return NULL;
    }
    if (!g_file_get_contents(path, &text, &size, &error)) {
        g_string_append_printf(errors, _("%s: error: cannot be read: %s\n"), path, error->message);
        return NULL;
    }
    const char *bad;
    if (!g_utf8_validate_len(text, size, &bad)) {
        g_string_append_printf(errors, _("%s: error: %s\n"), path, _("not UTF-8 text"));
        return NULL;
    }
    HtIniFile *file = g_new0(HtIniFile, 1);
    file->entries = g_ptr_array_new_with_free_func(free_entry);
    g_autofree char *group = NULL;
    g_auto(GStrv) lines = g_strsplit(g_str_has_prefix(text, "\xef\xbb\xbf") ? text + 3 : text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (*line == '[') {
            g_free(group);
            group = read_group(file, line, i + 1, path, errors);
        } else if (*line != '\0' && *line != '#') {
            read_key(file, group, line, i + 1, path, errors);
        }
    }
    return file;
}
