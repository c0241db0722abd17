/* What an adapter leaves out with reason; see aside.h. */
#include "mappings/engine/run/aside.h"

typedef struct {
    gsize root,
        size; /* as they were before this element: where its document's path begins, and where the whole one ended */
    bool ignored;
} OpenAside;

void ht_aside_init(HtAside *aside)
{
    aside->opens = g_array_new(FALSE, FALSE, sizeof(OpenAside));
    aside->path = g_string_new(NULL);
}

void ht_aside_clear(HtAside *aside)
{
    g_array_unref(aside->opens);
    g_string_free(aside->path, TRUE);
}

void ht_aside_begin(HtAside *aside)
{
    g_array_set_size(aside->opens, 0);
    g_string_truncate(aside->path, 0);
    aside->root = 0;
}

void ht_aside_document(HtAside *aside)
{
    aside->begins = true;
}

static bool ends_so(const char *path, size_t size, const char *rule, bool case_ignored)
{
    size_t length = strlen(rule);
    bool whole = rule[0] == '/';
    if (whole ? size != length : size <= length || path[size - length - 1] != '/') {
        return false;
    }
    return case_ignored ? g_ascii_strncasecmp(path + size - length, rule, length) == 0
                        : memcmp(path + size - length, rule, length) == 0;
}

static bool is_ignored(const HtAside *aside, const HtMapping *mapping)
{
    const char *path = aside->path->str + aside->root;
    for (guint i = 0; i < mapping->asides->len; i++) {
        if (ends_so(path, aside->path->len - aside->root, mapping->asides->pdata[i], mapping->case_ignored)) {
            return true;
        }
    }
    return false;
}

static bool is_open_ignored(const HtAside *aside)
{
    return aside->opens->len > 0 && g_array_index(aside->opens, OpenAside, aside->opens->len - 1).ignored;
}

static void take_attribute(HtAside *aside, HtMatch *match, const HtAttribute *attribute)
{
    gsize size = aside->path->len;
    g_string_append_printf(aside->path, "/@%s", attribute->name);
    if (is_open_ignored(aside) || is_ignored(aside, match->mapping)) {
        ht_alteration_see(&match->alteration, attribute->value.data, attribute->value.size);
    }
    g_string_truncate(aside->path, size);
}

void ht_aside_start(HtAside *aside, HtMatch *match, HtName name, const HtAttribute *attributes,
                    unsigned attribute_count)
{
    OpenAside open = {aside->root, aside->path->len, is_open_ignored(aside)};
    aside->root = aside->begins ? aside->path->len : aside->root;
    aside->begins = false;
    g_string_append_printf(aside->path, "/%s", name);
    open.ignored = open.ignored || is_ignored(aside, match->mapping);
    g_array_append_val(aside->opens, open);
    for (unsigned i = 0; i < attribute_count; i++) {
        take_attribute(aside, match, &attributes[i]);
    }
}

void ht_aside_text(HtAside *aside, HtMatch *match, const char *text, size_t size)
{
    if (is_open_ignored(aside)) {
        ht_alteration_see(&match->alteration, text, size);
    }
}

void ht_aside_end(HtAside *aside)
{
    if (aside->opens->len > 0) {
        const OpenAside *open = &g_array_index(aside->opens, OpenAside, aside->opens->len - 1);
        aside->root = open->root;
        g_string_truncate(aside->path, open->size);
        g_array_set_size(aside->opens, aside->opens->len - 1);
    }
}
