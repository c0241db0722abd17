/* Reading INI files as GLib's key files write them (UTF-8, `[group]`, `key = value`, `#` comments), with the line of every
 * key, which GKeyFile does not tell. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *group; /* "source hukou" */
    char *key;
    char *value; /* without blanks at its ends; \s \n \t \r \\ are undone */
    unsigned line;
} HtIniEntry;

typedef struct {
    GPtrArray *entries; /* of HtIniEntry, in order; a group's own entry has key NULL */
} HtIniFile;

/* Reads `path`. Problems are added to `errors` as `path:line: error: …`; the rest of the file is still read. NULL only when
 * the file cannot be read at all (also in `errors`). */
HtIniFile *ht_ini_read(const char *path, GString *errors);
void ht_ini_free(HtIniFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtIniFile, ht_ini_free)
