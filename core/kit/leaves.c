/* Finding a payload's values; see leaves.h. It reads what departments send, broken or not, and changes nothing: so it looks for tags, and no
 * more. */
#include "core/kit/leaves.h"

#include <string.h>

/* How the signs of markup are written: as they are, or escaped in a string, once or twice. */
typedef struct {
    const char *open, *close;
    const char *quotes[4];
} Writing;

static const Writing writings[] = {
    {"<", ">", {"\"", "'", NULL}},
    {"&lt;", "&gt;", {"&quot;", "\"", "'", "&apos;"}},
    {"&amp;lt;", "&amp;gt;", {"&amp;quot;", "&quot;", "\"", "'"}},
};

/* One document, in the payload or in a string in it. */
typedef struct {
    GPtrArray *leaves;
    const Writing *writing;
    const char *payload, *at, *end;
    GPtrArray *names; /* HtText on the heap: of the elements that are open */
} LeafScan;

static void scan_document(GPtrArray *leaves, const char *payload, HtText text, const Writing *writing);

static void free_leaf(void *data)
{
    HtLeaf *leaf = data;
    g_free(leaf->path);
    g_free(leaf);
}

static bool starts(const LeafScan *scan, const char *at, const char *word)
{
    size_t size = strlen(word);
    return (size_t)(scan->end - at) >= size && memcmp(at, word, size) == 0;
}

/* Behind the next `word`; the document's end when there is none. */
static const char *skip_past(const LeafScan *scan, const char *at, const char *word)
{
    const char *found = memmem(at, (size_t)(scan->end - at), word, strlen(word));
    return found ? found + strlen(word) : scan->end;
}

static HtText trim(const char *start, const char *end)
{
    return ht_text_strip((HtText){start, (size_t)(end - start)});
}

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

/* ---- Paths ---- */

static bool is_open(const LeafScan *scan, guint depth, const char *name)
{
    return depth < scan->names->len && strcmp(local_name(scan->names->pdata[depth]), name) == 0;
}

/* NULL: inside of a SOAP header, or the envelope itself. */
static char *write_path(const LeafScan *scan, const char *attribute)
{
    guint first = is_open(scan, 0, "Envelope") ? 2 : 0;
    if (scan->names->len <= first || (first > 0 && !is_open(scan, 1, "Body"))) {
        return NULL;
    }
    GString *path = g_string_new(NULL);
    for (guint i = first; i < scan->names->len; i++) {
        g_string_append_printf(path, "/%s", local_name(scan->names->pdata[i]));
    }
    if (attribute) {
        g_string_append_printf(path, "/@%s", local_name(attribute));
    }
    return g_string_free(path, FALSE);
}

static void add_leaf(const LeafScan *scan, HtText value, const char *attribute)
{
    char *path = value.size > 0 ? write_path(scan, attribute) : NULL;
    if (path) {
        HtLeaf *leaf = g_new(HtLeaf, 1);
        *leaf = (HtLeaf){(size_t)(value.data - scan->payload), value.size, path};
        g_ptr_array_add(scan->leaves, leaf);
    }
}

/* ---- Texts ---- */

static bool is_written(HtText value, const Writing *writing)
{
    size_t open = strlen(writing->open), close = strlen(writing->close);
    return value.size > open + close && memcmp(value.data, writing->open, open) == 0 &&
           memcmp(value.data + value.size - close, writing->close, close) == 0;
}

/* A text that begins and ends as a document does is one. */
static void take_text(const LeafScan *scan, const char *end, bool section)
{
    HtText value = trim(scan->at, end);
    for (size_t i = section ? 0 : 1; i < G_N_ELEMENTS(writings); i++) {
        if (is_written(value, &writings[i])) {
            scan_document(scan->leaves, scan->payload, value, &writings[i]);
            return;
        }
    }
    add_leaf(scan, value, NULL);
}

/* ---- Tags ---- */

/* What says how the XML is to be read, by its prefix as everybody writes it. */
static bool is_formal(const char *name)
{
    static const char *const prefixes[] = {"xmlns", "xml", "xsi", "xsd", NULL};
    const char *colon = strchr(name, ':');
    g_autofree char *prefix = colon ? g_ascii_strdown(name, colon - name) : NULL;
    return strcmp(name, "xmlns") == 0 ||
           (prefix && (g_strv_contains(prefixes, prefix) || strstr(prefix, "soap") || strstr(prefix, "env") ||
                       strstr(prefix, "enc")));
}

static bool is_name_byte(char byte)
{
    return !g_ascii_isspace(byte) && !strchr("<>&=/\"'", byte);
}

static char *take_name(LeafScan *scan)
{
    const char *start = scan->at;
    while (scan->at < scan->end && is_name_byte(*scan->at)) {
        scan->at++;
    }
    return g_strndup(start, (gsize)(scan->at - start));
}

static const char *find_quote(const LeafScan *scan)
{
    for (size_t i = 0; i < G_N_ELEMENTS(scan->writing->quotes) && scan->writing->quotes[i]; i++) {
        if (starts(scan, scan->at, scan->writing->quotes[i])) {
            return scan->writing->quotes[i];
        }
    }
    return NULL;
}

/* `name="value"`, or what else stands at this place. */
static void take_attribute(LeafScan *scan)
{
    const char *quote, *begun = scan->at;
    g_autofree char *name = take_name(scan);
    while (scan->at < scan->end && (g_ascii_isspace(*scan->at) || *scan->at == '=')) {
        scan->at++;
    }
    quote = *name ? find_quote(scan) : NULL;
    if (!quote) {
        scan->at += scan->at == begun;
        return;
    }
    const char *start = scan->at + strlen(quote), *behind = skip_past(scan, start, quote);
    if (!is_formal(name)) {
        add_leaf(scan, trim(start, MAX(start, behind - strlen(quote))), name);
    }
    scan->at = behind;
}

static void take_start_tag(LeafScan *scan)
{
    g_ptr_array_add(scan->names, take_name(scan));
    bool empty = false;
    while (scan->at < scan->end && !starts(scan, scan->at, scan->writing->close)) {
        empty = *scan->at == '/';
        take_attribute(scan);
    }
    scan->at += MIN(strlen(scan->writing->close), (size_t)(scan->end - scan->at));
    if (empty) {
        g_ptr_array_set_size(scan->names, (gint)scan->names->len - 1);
    }
}

static void take_end_tag(LeafScan *scan)
{
    if (scan->names->len > 0) {
        g_ptr_array_set_size(scan->names, (gint)scan->names->len - 1);
    }
    scan->at = skip_past(scan, scan->at, scan->writing->close);
}

static void take_section(LeafScan *scan)
{
    const char *behind = skip_past(scan, scan->at, "]]>");
    bool ended = behind - scan->at >= 3 && memcmp(behind - 3, "]]>", 3) == 0;
    take_text(scan, ended ? behind - 3 : behind, true);
    scan->at = behind;
}

/* Behind the sign that opens it. */
static void take_tag(LeafScan *scan)
{
    if (starts(scan, scan->at, "![CDATA[")) {
        scan->at += strlen("![CDATA[");
        take_section(scan);
    } else if (starts(scan, scan->at, "!--")) {
        scan->at = skip_past(scan, skip_past(scan, scan->at, "--"), "--");
        scan->at = skip_past(scan, scan->at, scan->writing->close);
    } else if (scan->at < scan->end && strchr("?!", *scan->at)) {
        scan->at = skip_past(scan, scan->at, scan->writing->close);
    } else if (scan->at < scan->end && *scan->at == '/') {
        take_end_tag(scan);
    } else {
        take_start_tag(scan);
    }
}

static void scan_document(GPtrArray *leaves, const char *payload, HtText text, const Writing *writing)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    LeafScan scan = {leaves, writing, payload, text.data, text.data + text.size, names};
    while (scan.at < scan.end) {
        const char *tag = memmem(scan.at, (size_t)(scan.end - scan.at), writing->open, strlen(writing->open));
        take_text(&scan, tag ? tag : scan.end, false);
        scan.at = tag ? tag + strlen(writing->open) : scan.end;
        if (tag) {
            take_tag(&scan);
        }
    }
}

GPtrArray *ht_leaves_find(HtText payload)
{
    GPtrArray *leaves = g_ptr_array_new_with_free_func(free_leaf);
    const char *start = payload.data, *end = payload.data + payload.size;
    if (payload.size >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) {
        start += 3;
    }
    HtText text = trim(start, end);
    if (text.size > 0 && text.data[0] == '<' && !memchr(text.data, '\0', text.size)) {
        scan_document(leaves, payload.data, text, &writings[0]);
    }
    return leaves;
}
