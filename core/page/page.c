/* Finding pages, and what their handlers have in common; see page.h. Owned by the bus; main-loop thread. */
#include "core/page/page.h"

#include "core/base/log.h"

#include <string.h>

typedef struct {
    const HtPage *page;
    void *user;
} PageRow;

struct HtPages {
    GArray *rows;       /* of PageRow */
    GHashTable *guards; /* consumer → HtGuard */
};

/* ---- All of them ---- */

static void log_doubt(const HtGuard *guard, const char *name)
{
    if (ht_guard_doubt(guard)) {
        ht_log(HT_LOG_WARNING, "bus", "consumer %s: %s", name, ht_guard_doubt(guard));
    }
}

static char *place_of(const void *consumer, const char *key)
{
    return ht_consumer_place(consumer, key);
}

GHashTable *ht_pages_prepare(const HtConfig *config, GError **error)
{
    g_autoptr(GString) reasons = g_string_new(NULL);
    g_autoptr(GHashTable) guards =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)ht_guard_free);
    for (unsigned i = 0; i < config->consumers->len; i++) {
        const HtConsumerConfig *consumer = config->consumers->pdata[i];
        const HtGuardKeys keys = {.section = "consumer",
                                  .name = consumer->name,
                                  .peers = consumer->peers,
                                  .users = consumer->users,
                                  .token_file = consumer->token_file,
                                  .subjects = consumer->client_subjects,
                                  .fingerprints = consumer->client_fingerprints,
                                  .place = place_of,
                                  .of = consumer};
        g_autoptr(GError) reason = NULL;
        HtGuard *guard = ht_guard_new(&keys, &reason);
        if (guard) {
            log_doubt(guard, consumer->name);
            g_hash_table_insert(guards, g_strdup(consumer->name), guard);
        } else {
            g_string_append_printf(reasons, "%s%s", reasons->len > 0 ? "\n" : "", reason->message);
        }
    }
    if (reasons->len > 0) {
        g_set_error_literal(error, HT_GUARD_ERROR, 0, reasons->str);
        return NULL;
    }
    return g_steal_pointer(&guards);
}

void ht_pages_change(HtPages *pages, GHashTable *guards)
{
    g_hash_table_unref(pages->guards);
    pages->guards = guards;
}

HtPages *ht_pages_new(const HtConfig *config, GError **error)
{
    GHashTable *guards = ht_pages_prepare(config, error);
    if (!guards) {
        return NULL;
    }
    HtPages *pages = g_new0(HtPages, 1);
    pages->rows = g_array_new(FALSE, FALSE, sizeof(PageRow));
    pages->guards = guards;
    return pages;
}

void ht_pages_free(HtPages *pages)
{
    if (pages) {
        g_array_unref(pages->rows);
        g_hash_table_unref(pages->guards);
        g_free(pages);
    }
}

void ht_pages_add(HtPages *pages, const HtPage *rows, size_t count, void *user)
{
    for (size_t i = 0; i < count; i++) {
        PageRow row = {&rows[i], user};
        g_array_append_val(pages->rows, row);
    }
}

const HtGuard *ht_pages_consumer(const HtPages *pages, const char *name)
{
    return g_hash_table_lookup(pages->guards, name);
}

/* ---- Finding ---- */

/* Whether the path has the form; the segments that its stars stand for go to `stars`, of which there are at most two. */
static bool fits(const char *form, const char *path, HtText stars[2])
{
    unsigned count = 0;
    for (; *form; form++) {
        if (*form != '*') {
            if (*form != *path++) {
                return false;
            }
            continue;
        }
        size_t size = strcspn(path, "/");
        if (size == 0) {
            return false;
        }
        g_assert(count < 2);
        stars[count++] = (HtText){path, size};
        path += size;
    }
    return *path == '\0';
}

bool ht_pages_find(const HtPages *pages, const char *path, HtPageMatch *match)
{
    bool found = false;
    *match = (HtPageMatch){.party = NULL};
    for (guint i = 0; i < pages->rows->len; i++) {
        const PageRow *row = &g_array_index(pages->rows, PageRow, i);
        HtText stars[2] = {HT_TEXT_NONE, HT_TEXT_NONE};
        if (!fits(row->page->path, path, stars)) {
            continue;
        }
        HtText name = row->page->party == HT_PARTY_ANYONE ? stars[0] : stars[1];
        if (!found && row->page->party != HT_PARTY_ANYONE) {
            match->party = g_strndup(stars[0].data, stars[0].size);
        }
        if (!found && name.data) {
            match->name = g_strndup(name.data, name.size);
        }
        match->kind = row->page->party;
        match->pages[row->page->method] = row->page;
        match->users[row->page->method] = row->user;
        found = true;
    }
    return found;
}

void ht_page_match_clear(HtPageMatch *match)
{
    g_free(match->party);
    g_free(match->name);
    *match = (HtPageMatch){.party = NULL};
}

const char *ht_page_match_allow(const HtPageMatch *match)
{
    bool post = match->pages[HT_PAGE_POST], read = match->pages[HT_PAGE_READ];
    if (read) {
        return post ? "GET, HEAD, POST" : "GET, HEAD";
    }
    return !match->pages[HT_PAGE_TAKE] ? "POST" : post ? "GET, POST" : "GET";
}

/* ---- What handlers have in common ---- */

bool ht_page_number(const HtPageCall *call, const char *name, uint64_t min, uint64_t max, uint64_t fallback,
                    uint64_t *number, HtRefusal *refusal)
{
    const char *text = ht_page_query(call, name);
    *number = fallback;
    if (text && !g_ascii_string_to_unsigned(text, 10, min, max, number, NULL)) {
        g_autofree char *sentence = g_strdup_printf(
            "%s= takes a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ".", name, min, max);
        return ht_refuse_with(refusal, "bad-query", g_intern_string(sentence));
    }
    return true;
}

/* What Accept says of a type so far (RFC 9110, section 12.5.1). */
typedef struct {
    unsigned rank; /* of the range that named it: 3 itself, 2 its kind, 1 all; 0: none did */
    bool wanted;
} Accepted;

static unsigned rank_of(const char *range, const char *type)
{
    size_t major = strcspn(type, "/") + 1;
    if (g_ascii_strcasecmp(range, type) == 0) {
        return 3;
    }
    if (g_ascii_strncasecmp(range, type, major) == 0 && g_str_equal(range + major, "*")) {
        return 2;
    }
    return g_str_equal(range, "*/*") ? 1 : 0;
}

/* The range that names the type most closely counts, wherever it stands. */
static void weigh_range(const char *range, const char *type, Accepted *accepted)
{
    g_auto(GStrv) parts = g_strsplit(range, ";", -1);
    unsigned rank = parts[0] ? rank_of(g_strstrip(parts[0]), type) : 0;
    bool wanted = true;
    for (char **part = parts[0] ? parts + 1 : parts; *part; part++) {
        if (g_ascii_strncasecmp(g_strstrip(*part), "q=", 2) == 0) {
            wanted = g_ascii_strtod(*part + 2, NULL) > 0;
        }
    }
    if (rank > accepted->rank) {
        *accepted = (Accepted){rank, wanted};
    } else if (rank > 0 && rank == accepted->rank) {
        accepted->wanted = accepted->wanted || wanted;
    }
}

bool ht_page_accepts(const HtPageCall *call, const char *type, HtRefusal *refusal)
{
    const char *accept = ht_page_header(call, "Accept");
    g_auto(GStrv) ranges = g_strsplit(accept && *accept ? accept : "*/*", ",", -1);
    Accepted accepted = {0, false};
    for (char **range = ranges; *range; range++) {
        weigh_range(*range, type, &accepted);
    }
    return accepted.wanted || ht_refuse(refusal, "not-acceptable");
}
