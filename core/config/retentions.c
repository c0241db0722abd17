/* What holds between `[retention]` sections; see retentions.h. Patterns are held against each other as texts: whether a type fits them is
 * core/delivery/route.c's. */
#include "core/config/retentions.h"

#include <glib/gi18n.h>
#include <string.h>

/* Every version of "person.died" is in it, "person.died.v1" among them. */
static bool is_version_of(const char *pattern, const char *type)
{
    size_t size = strlen(type);
    const char *version = pattern + size;
    return strncmp(pattern, type, size) == 0 && g_str_has_prefix(version, ".v") && version[2] != '\0' &&
           strspn(version + 2, "0123456789") == strlen(version + 2);
}

/* Whether every type that fits `pattern` fits `wide`. */
static bool covers_pattern(const char *wide, const char *pattern)
{
    size_t size = strlen(wide);
    if (size > 0 && wide[size - 1] == '*') {
        return strncmp(pattern, wide, size - 1) == 0;
    }
    return g_str_equal(wide, pattern) || is_version_of(pattern, wide);
}

static bool covers_types(char **wide, char **types)
{
    if (!wide || !types) {
        return !wide;
    }
    for (char **pattern = types; *pattern; pattern++) {
        bool covered = false;
        for (char **other = wide; *other && !covered; other++) {
            covered = covers_pattern(*other, *pattern);
        }
        if (!covered) {
            return false;
        }
    }
    return true;
}

static bool covers_sources(char **wide, char **from)
{
    for (char **name = from; wide && name && *name; name++) {
        if (!g_strv_contains((const char *const *)wide, *name)) {
            return false;
        }
    }
    return !wide || from;
}

/* The first section that fits counts: whose events all fit one before it has none. */
static const HtRetentionConfig *find_before(const GPtrArray *sections, unsigned index)
{
    const HtRetentionConfig *hidden = sections->pdata[index];
    for (unsigned i = 0; i < index; i++) {
        const HtRetentionConfig *before = sections->pdata[i];
        if (covers_sources(before->from, hidden->from) && covers_types(before->types, hidden->types)) {
            return before;
        }
    }
    return NULL;
}

void ht_retentions_check(const HtConfig *config, HtRetentionsTell report, HtRetentionsTell warn, void *user)
{
    for (unsigned i = 0; i < config->retentions->len; i++) {
        const HtRetentionConfig *retention = config->retentions->pdata[i];
        const HtRetentionConfig *before = find_before(config->retentions, i);
        if (retention->max_wait_ms > 0 && retention->keep_ms == 0) {
            g_autofree char *place = ht_retention_place(retention, "max-wait");
            g_autofree char *text = g_strdup_printf(
                _("[retention %s] max-wait counts from the end of keep, which is not set"), retention->name);
            report(place, text, user);
        }
        if (before) {
            g_autofree char *place = g_strdup_printf("%s:%u", retention->file, retention->line);
            g_autofree char *text = g_strdup_printf(
                _("[retention %s] counts for nothing: every event that it names fits [retention %s] before it, and the first one counts"),
                retention->name, before->name);
            warn(place, text, user);
        }
    }
}
