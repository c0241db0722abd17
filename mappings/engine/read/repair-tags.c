/* Repairs of tags: `</>`, an end tag without its `>`, a document without its one root. Called by repair.c in the host. */
#include "mappings/engine/read/markup.h"
#include "mappings/engine/read/repair-steps.h"

#include <glib.h>

static void put_end_tag(HtRepairOutput *output, HtText name)
{
    ht_repair_put(output, "</", 2);
    ht_repair_put(output, name.data, name.size);
    ht_repair_put(output, ">", 1);
}

static bool is_blank_text(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!ht_is_blank(text.data[i])) {
            return false;
        }
    }
    return true;
}

/* What stands behind the name of an end tag, without the '>'. */
static HtText get_rest(const HtMarkup *tag)
{
    const char *from = tag->name.data + tag->name.size;
    return (HtText){from, (size_t)(tag->text.data + tag->text.size - tag->is_whole - from)};
}

/* ---- </> ---- */

/* Keeps `open`, the names of elements that are open. True when the piece was written here: it was a `</>`. */
static bool close_open(const HtMarkup *piece, GArray *open, HtRepairOutput *output)
{
    if (piece->kind == HT_MARKUP_START) {
        g_array_append_val(open, piece->name);
        return false;
    }
    if (piece->kind != HT_MARKUP_END || open->len == 0) {
        return false;
    }
    HtText name = g_array_index(open, HtText, open->len - 1);
    bool is_short = piece->is_whole && piece->name.size == 0 && is_blank_text(get_rest(piece));
    if (is_short) {
        put_end_tag(output, name);
        ht_repair_put_newlines(output, piece->text.data, piece->text.data + piece->text.size);
    }
    if (is_short || ht_text_equal(name, piece->name)) {
        g_array_set_size(open, open->len - 1);
    }
    return is_short;
}

bool ht_repair_short_end_tags(HtText text, HtRepairOutput *output)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(HtText));
    bool changed = false;
    const char *end = text.data + text.size;
    for (const char *at = text.data; at < end && !output->full;) {
        HtMarkup piece = ht_markup_read(at, end);
        if (close_open(&piece, open, output)) {
            changed = true;
        } else {
            ht_repair_put(output, at, piece.text.size);
        }
        at += piece.text.size;
    }
    return changed;
}

/* ---- </Data<Data> ---- */

/* The text was cut inside the end tag and went on with a start tag of its own: `</Data<Data><Data>`. Of two equal start
 * tags the first is taken out. Returns its size, or 0. */
static size_t measure_doubled_start(const char *at, const char *end)
{
    if (at == end) {
        return 0;
    }
    HtMarkup first = ht_markup_read(at, end);
    const char *next = at + first.text.size;
    if (first.kind != HT_MARKUP_START || !first.is_whole || next == end) {
        return 0;
    }
    HtMarkup second = ht_markup_read(next, end);
    return second.kind == HT_MARKUP_START && ht_text_equal(first.text, second.text) ? first.text.size : 0;
}

bool ht_repair_end_tags(HtText text, HtRepairOutput *output)
{
    bool changed = false;
    const char *end = text.data + text.size;
    for (const char *at = text.data; at < end && !output->full;) {
        HtMarkup piece = ht_markup_read(at, end);
        const char *next = at + piece.text.size;
        if (piece.kind == HT_MARKUP_END && !piece.is_whole && piece.name.size > 0 &&
            is_blank_text(get_rest(&piece))) {
            put_end_tag(output, piece.name);
            size_t doubled = measure_doubled_start(next, end);
            ht_repair_put_newlines(output, at, next + doubled);
            next += doubled;
            changed = true;
        } else {
            ht_repair_put(output, at, piece.text.size);
        }
        at = next;
    }
    return changed;
}

/* ---- No root, or several ---- */

typedef struct {
    size_t open;
    size_t roots;
    bool has_text;    /* outside of any element */
    bool has_doctype; /* then it is refused anyway */
} Outline;

static void count_piece(Outline *outline, const HtMarkup *piece)
{
    bool outside = outline->open == 0;
    switch (piece->kind) {
    case HT_MARKUP_START:
        outline->roots += outside;
        outline->open++;
        break;
    case HT_MARKUP_EMPTY: outline->roots += outside; break;
    case HT_MARKUP_END: outline->open -= !outside; break;
    case HT_MARKUP_TEXT: outline->has_text |= outside && !is_blank_text(piece->text); break;
    case HT_MARKUP_CDATA: outline->has_text |= outside; break;
    case HT_MARKUP_DECLARATION: outline->has_doctype |= outside; break;
    case HT_MARKUP_COMMENT:
    case HT_MARKUP_INSTRUCTION: break;
    }
}

/* Documents in a row bring a declaration each, which may not stand inside an element. */
static bool is_declaration(const HtMarkup *piece)
{
    HtText text = piece->text;
    return piece->kind == HT_MARKUP_INSTRUCTION && text.size > 5 &&
           g_ascii_strncasecmp(text.data, "<?xml", 5) == 0 && ht_is_blank(text.data[5]);
}

bool ht_repair_root(HtText text, HtRepairOutput *output)
{
    Outline outline = {0, 0, false, false};
    const char *end = text.data + text.size;
    ht_repair_put(output, "<fragment>", 10);
    for (const char *at = text.data; at < end && !output->full;) {
        HtMarkup piece = ht_markup_read(at, end);
        count_piece(&outline, &piece);
        if (is_declaration(&piece)) {
            ht_repair_put_newlines(output, at, at + piece.text.size);
        } else {
            ht_repair_put(output, at, piece.text.size);
        }
        at += piece.text.size;
    }
    ht_repair_put(output, "</fragment>", 11);
    bool is_document = outline.roots == 1 && !outline.has_text,
         is_empty = outline.roots == 0 && !outline.has_text;
    return !is_document && !is_empty && !outline.has_doctype;
}
