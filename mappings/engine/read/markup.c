/* A lexer that never fails; called by repair.c and repair-comments.c in the host. */
#include "mappings/engine/read/markup.h"

#include <glib.h>

/* The place after the first `word`, or the end. */
static const char *find_after(const char *at, const char *end, const char *word)
{
    const char *found = memmem(at, (size_t)(end - at), word, strlen(word));
    return found ? found + strlen(word) : end;
}

static bool is_name_byte(char byte)
{
    switch (byte) {
    case '\0':
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case '/':
    case '>':
    case '<':
    case '"':
    case '\'':
    case '=':
    case '&': return false;
    default: return true;
    }
}

static bool starts_name(const char *at, const char *end)
{
    return at < end && (g_ascii_isalpha(*at) || (unsigned char)*at >= 0x80 || *at == '_' || *at == ':');
}

static HtText read_name(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && is_name_byte(*at)) {
        at++;
    }
    return (HtText){from, (size_t)(at - from)};
}

/* The place of the tag's '>' outside of quotes, or of the next '<', or the end. Starts behind the name. */
static const char *find_tag_end(const char *at, const char *end)
{
    char quote = '\0';
    for (; at < end && *at != '<'; at++) {
        if (quote) {
            quote = *at == quote ? '\0' : quote;
        } else if (*at == '>') {
            return at;
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        }
    }
    return at;
}

static HtMarkup read_tag(const char *at, const char *end, HtMarkupKind kind)
{
    HtText name = read_name(at + (kind == HT_MARKUP_END ? 2 : 1), end);
    const char *stop = find_tag_end(name.data + name.size, end);
    bool is_whole = stop < end && *stop == '>';
    if (is_whole && kind == HT_MARKUP_START && stop[-1] == '/') {
        kind = HT_MARKUP_EMPTY;
    }
    return (HtMarkup){kind, {at, (size_t)(stop - at) + is_whole}, name, is_whole};
}

static HtMarkup make_piece(HtMarkupKind kind, const char *from, const char *to)
{
    return (HtMarkup){kind, {from, (size_t)(to - from)}, HT_TEXT_NONE, true};
}

static HtMarkup read_text(const char *at, const char *end)
{
    const char *next = at + 1 < end ? memchr(at + 1, '<', (size_t)(end - at) - 1) : NULL;
    return make_piece(HT_MARKUP_TEXT, at, next ? next : end);
}

static HtMarkup read_declaration(const char *at, const char *end)
{
    const char *stop = at + 2;
    while (stop < end && *stop != '>' && *stop != '<') {
        stop++;
    }
    return make_piece(HT_MARKUP_DECLARATION, at, stop < end && *stop == '>' ? stop + 1 : stop);
}

HtMarkup ht_markup_read(const char *at, const char *end)
{
    HtText rest = {at, (size_t)(end - at)};
    if (*at != '<') {
        return read_text(at, end);
    }
    if (ht_text_begins(rest, "</")) {
        return read_tag(at, end, HT_MARKUP_END);
    }
    if (ht_text_begins(rest, "<![CDATA[")) {
        return make_piece(HT_MARKUP_CDATA, at, find_after(at + 9, end, "]]>"));
    }
    if (ht_text_begins(rest, "<!--")) {
        return make_piece(HT_MARKUP_COMMENT, at, find_after(at + 4, end, "-->"));
    }
    if (ht_text_begins(rest, "<!")) {
        return read_declaration(at, end);
    }
    if (ht_text_begins(rest, "<?")) {
        return make_piece(HT_MARKUP_INSTRUCTION, at, find_after(at + 2, end, "?>"));
    }
    return starts_name(at + 1, end) ? read_tag(at, end, HT_MARKUP_START) : read_text(at, end);
}
