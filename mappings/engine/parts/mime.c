/* Taking multipart bodies apart; see mime.h. No state.
 *
 * A line is a delimiter when it is two hyphens, the boundary, perhaps two more hyphens (the end), and blanks: what only
 * begins so is content. Lines end in CR LF or, as some write them, in LF. */
#include "mappings/engine/parts/mime.h"

#include "mappings/engine/text/value.h"

#include <glib.h>

#define BOUNDARY_MAX 200 /* RFC 2046 says 70; some clients know no measure */

static bool refuse(HtFault *fault, unsigned part, const char *sentence)
{
    ht_fault_set(fault, "multipart-malformed", "%s", sentence);
    fault->part = part;
    return false;
}

/* ---- Delimiters ---- */

typedef struct {
    const char *start; /* of the line end before it, which is the delimiter's */
    const char *end;   /* after its own line end */
    bool is_last;
} Delimiter;

/* Is there a delimiter's rest behind the boundary, at `at`? */
static bool read_rest(const char *at, const char *end, Delimiter *delimiter)
{
    delimiter->is_last = end - at >= 2 && at[0] == '-' && at[1] == '-';
    at += delimiter->is_last ? 2 : 0;
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) {
        at++;
    }
    if (at == end) {
        delimiter->end = end;
        return delimiter->is_last;
    }
    delimiter->end = at + 1;
    return *at == '\n';
}

/* The first delimiter at or after `from`, which is the beginning of a line. */
static bool find_delimiter(HtText body, const char *from, HtText boundary, Delimiter *delimiter)
{
    const char *end = body.data + body.size;
    for (const char *line = from; line && line < end;) {
        size_t left = (size_t)(end - line);
        if (left >= boundary.size + 2 && line[0] == '-' && line[1] == '-' &&
            memcmp(line + 2, boundary.data, boundary.size) == 0 &&
            read_rest(line + 2 + boundary.size, end, delimiter)) {
            delimiter->start = line;
            if (line > from) {
                delimiter->start -= line - 1 > from && line[-2] == '\r' ? 2 : 1;
            }
            return true;
        }
        line = memchr(line, '\n', left);
        line = line ? line + 1 : NULL;
    }
    return false;
}

/* ---- Headers of a part ---- */

/* Moves past one header line with those that continue it; false when no line end comes. */
static bool take_line(HtText *text, HtText *line)
{
    size_t size = 0;
    do {
        const char *newline = size < text->size ? memchr(text->data + size, '\n', text->size - size) : NULL;
        if (!newline) {
            return false;
        }
        size = (size_t)(newline + 1 - text->data);
    } while (size > 2 && size < text->size && (text->data[size] == ' ' || text->data[size] == '\t'));
    *line = ht_text_trim(text->data, size);
    text->data += size;
    text->size -= size;
    return true;
}

static bool read_coding(HtText value, HtCoding *coding)
{
    static const struct {
        const char *name;
        HtCoding coding;
    } known[] = {{"7bit", HT_CODING_PLAIN},
                 {"8bit", HT_CODING_PLAIN},
                 {"binary", HT_CODING_PLAIN},
                 {"base64", HT_CODING_BASE64},
                 {"quoted-printable", HT_CODING_QUOTED}};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (ht_text_is_in_any_case(value, known[i].name)) {
            *coding = known[i].coding;
            return true;
        }
    }
    return false;
}

/* A header of no interest is good; one of ours twice, or unreadable, is not. */
static bool take_header(HtText line, HtMimePart *part, unsigned *seen)
{
    const char *colon = memchr(line.data, ':', line.size);
    if (!colon || colon == line.data) {
        return false;
    }
    HtText value = ht_text_trim(colon + 1, line.size - (size_t)(colon + 1 - line.data));
    unsigned bit = 0;
    bool good = true;
    if (ht_text_begins_in_any_case(line, "content-type:")) {
        bit = 1;
        part->content_type = value;
    } else if (ht_text_begins_in_any_case(line, "content-id:")) {
        bit = 2;
        part->id = ht_mime_id(value);
    } else if (ht_text_begins_in_any_case(line, "content-transfer-encoding:")) {
        bit = 4;
        good = read_coding(value, &part->coding);
    }
    good = good && !(*seen & bit);
    *seen |= bit;
    return good;
}

/* Splits what stands between two delimiters into headers and bytes. */
static bool read_part(HtText text, HtMimePart *part)
{
    const char *start = text.data;
    unsigned seen = 0;
    HtText line;
    *part = (HtMimePart){.coding = HT_CODING_PLAIN};
    for (;;) {
        if (!take_line(&text, &line) || text.data - start > HT_MIME_HEADER_BYTES) {
            return false;
        }
        if (line.size == 0) {
            part->bytes = text;
            return true;
        }
        if (!take_header(line, part, &seen)) {
            return false;
        }
    }
}

/* ---- The body ---- */

static bool is_boundary(HtText boundary)
{
    for (size_t i = 0; i < boundary.size; i++) {
        if ((unsigned char)boundary.data[i] < 0x20 || boundary.data[i] == 0x7f) {
            return false;
        }
    }
    return boundary.size > 0 && boundary.size <= BOUNDARY_MAX && boundary.data[boundary.size - 1] != ' ';
}

/* What comes after the end would be dropped in silence, as a document before the beginning: a note to readers without MIME
 * may stand there. */
static bool check_end(HtText body, const char *at, HtFault *fault)
{
    for (const char *end = body.data + body.size; at < end; at++) {
        if (!ht_is_blank(*at)) {
            return refuse(fault, 0,
                          "Something comes after the end of the multipart body: send nothing there.");
        }
    }
    return true;
}

static bool add_part(HtText text, const HtLimits *limits, GArray *parts, HtFault *fault)
{
    HtMimePart part;
    if (parts->len == limits->parts) {
        ht_fault_set_limit(fault, "too-many-parts", "There are", ht_limit_of(limits, &limits->parts),
                           ": send it in several messages.");
        return false;
    }
    if (!read_part(text, &part)) {
        return refuse(
            fault, parts->len + 1,
            "The headers of a part are not as MIME wants them: an empty line ends them, and Content-Type, "
            "Content-ID and a known Content-Transfer-Encoding stand there once at most.");
    }
    g_array_append_val(parts, part);
    return true;
}

bool ht_mime_split(HtText body, HtText boundary, const HtLimits *limits, GArray *parts, HtFault *fault)
{
    Delimiter delimiter, next;
    if (!boundary.data || !is_boundary(boundary)) {
        return refuse(fault, 0, "The Content-Type of the multipart body names no usable boundary.");
    }
    if (!body.data || !find_delimiter(body, body.data, boundary, &delimiter)) {
        return refuse(fault, 0, "The multipart body has no line with the boundary of its Content-Type.");
    }
    if (memchr(body.data, '<', (size_t)(delimiter.start - body.data))) {
        return refuse(fault, 0, "A document comes before the first line with the boundary.");
    }
    while (!delimiter.is_last) {
        if (!find_delimiter(body, delimiter.end, boundary, &next)) {
            return refuse(fault, parts->len + 1, "The multipart body ends before its last boundary.");
        }
        HtText text = {delimiter.end, next.start > delimiter.end ? (size_t)(next.start - delimiter.end) : 0};
        if (!add_part(text, limits, parts, fault)) {
            return false;
        }
        delimiter = next;
    }
    if (parts->len == 0) {
        return refuse(fault, 0, "The multipart body has no part.");
    }
    return check_end(body, delimiter.end, fault);
}
