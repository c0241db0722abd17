/*
 * text/prolog.c: reads what stands before a document's first element.
 *
 * Called by text.c on the bytes as received and by the reader on documents found inside strings; in the
 * adapter host's only thread. Each function looks at each byte at most a few times, whatever the bytes are.
 */
#include "mappings/engine/text/prolog.h"

#include <glib.h>

#define DECLARATION_MAX 1024 /* bytes from "<?xml" to "?>" */

#define UTF8_MARK "\xEF\xBB\xBF"

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && ht_is_blank(*at))
        at++;
    return at;
}

static bool starts_with(const char *at, const char *end, const char *word)
{
    for (; *word != '\0'; at++, word++) {
        if (at == end || (*at != *word && !(g_ascii_isupper(*at) && *at + ('a' - 'A') == *word)))
            return false;
    }
    return true;
}

/* The place after the first `word`, or NULL. */
static const char *find_after(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);

    while (at < end && (at = memchr(at, word[0], (size_t)(end - at))) != NULL) {
        if ((size_t)(end - at) >= length && memcmp(at, word, length) == 0)
            return at + length;
        at++;
    }
    return NULL;
}

/* The value of `encoding` between `at` and `end`, which is where "?>" stands. */
static HtText read_encoding(const char *at, const char *end)
{
    while (at < end && !(ht_is_blank(*at) && starts_with(at + 1, end, "encoding")))
        at++;
    if (at == end)
        return HT_TEXT_NONE;
    at = skip_blanks(at + 1 + strlen("encoding"), end);
    if (at == end || *at != '=')
        return HT_TEXT_NONE;
    at = skip_blanks(at + 1, end);
    if (at == end)
        return HT_TEXT_NONE;

    char quote = *at == '"' || *at == '\'' ? *at++ : '\0';
    at = skip_blanks(at, end);
    const char *stop = at;
    while (stop < end && *stop != quote && (quote != '\0' || !ht_is_blank(*stop)))
        stop++;
    while (stop > at && ht_is_blank(stop[-1]))
        stop--;
    return stop > at ? (HtText){at, (size_t)(stop - at)} : HT_TEXT_NONE;
}

unsigned ht_text_count_lines(const char *at, const char *end)
{
    unsigned lines = 0;

    while (at < end)
        lines += *at++ == '\n';
    return lines;
}

void ht_text_find_declaration(HtText text, HtTextDeclaration *declaration)
{
    *declaration = (HtTextDeclaration){0, 0, HT_TEXT_NONE};
    if (text.size == 0)
        return;

    const char *end = text.data + text.size;
    const char *start = skip_blanks(text.data, end);
    if (!starts_with(start, end, "<?xml") || end - start < 6 || (!ht_is_blank(start[5]) && start[5] != '?'))
        return;
    const char *limit = end - start > DECLARATION_MAX ? start + DECLARATION_MAX : end;
    const char *next = memchr(start + 1, '<', (size_t)(limit - start) - 1);
    const char *after = find_after(start, next ? next : limit, "?>");
    if (!after)
        return;
    declaration->end = (size_t)(after - text.data);
    declaration->skipped_lines = ht_text_count_lines(text.data, after);
    declaration->encoding = read_encoding(start + strlen("<?xml"), after - 2);
}

static HtText drop_front(HtText text, size_t size)
{
    return (HtText){text.data + size, text.size - size};
}

/* Size of the byte order mark at `at`, also of one that was read as another encoding, or 0. */
static size_t measure_mark(const char *at, const char *end)
{
    static const char *const marks[] = {
        UTF8_MARK,
        "\xC3\xAF\xC2\xBB\xC2\xBF", /* as Latin-1 */
        "\xE9\x94\x98?",            /* as GBK, with the half of a character that was left over, */
        "\xE9\x94\x98\xEF\xBF\xBD", /* the same, */
        "\xEF\xBB?",                /* and that in bytes of GBK */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        size_t size = strlen(marks[i]);
        if ((size_t)(end - at) >= size && memcmp(at, marks[i], size) == 0)
            return size;
    }
    return 0;
}

HtText ht_text_skip_marks(HtText text, unsigned *skipped_lines)
{
    const char *end = text.data + text.size, *from = text.data;
    size_t size;

    for (const char *at = skip_blanks(from, end); at < end && (size = measure_mark(at, end)) > 0;
         at = skip_blanks(from, end))
        from = at + size;
    *skipped_lines = ht_text_count_lines(text.data, from);
    return drop_front(text, (size_t)(from - text.data));
}

HtText ht_text_skip_declaration(HtText text, unsigned *skipped_lines)
{
    HtTextDeclaration declaration;
    unsigned lines = 0;
    HtText rest = text.size > 0 ? ht_text_skip_marks(text, &lines) : text;

    ht_text_find_declaration(rest, &declaration);
    if (skipped_lines)
        *skipped_lines = lines + declaration.skipped_lines;
    return drop_front(rest, declaration.end);
}

static HtText read_name(const char *at, const char *end)
{
    const char *stop = at;

    while (stop < end && !ht_is_blank(*stop) && !memchr("/><[\"'=", *stop, 7))
        stop++;
    return stop > at ? (HtText){at, (size_t)(stop - at)} : HT_TEXT_NONE;
}

static bool set_name(HtTextRoot *root, const char *at, const char *end)
{
    root->name = read_name(at, end);
    root->is_html = ht_text_is_in_any_case(root->name, "html");
    return root->name.data != NULL;
}

bool ht_text_root_name(HtText text, HtTextRoot *root)
{
    *root = (HtTextRoot){HT_TEXT_NONE, false, false};
    if (text.size == 0)
        return false;

    const char *at = text.data, *end = text.data + text.size;
    at += measure_mark(at, end);
    while (at && (at = skip_blanks(at, end)) < end && *at == '<') {
        if (starts_with(at, end, "<?")) {
            at = find_after(at + 2, end, "?>");
        } else if (starts_with(at, end, "<!--")) {
            at = find_after(at + 4, end, "-->");
        } else if (starts_with(at, end, "<!doctype")) {
            root->has_doctype = true;
            return set_name(root, skip_blanks(at + strlen("<!doctype"), end), end);
        } else if (starts_with(at, end, "<!")) {
            return false;
        } else {
            return set_name(root, at + 1, end);
        }
    }
    return false;
}
