/* Media types and codings of MIME; see mime.h. No state. */
#include "mappings/engine/parts/mime.h"

#include "core/base/media-type.h"

#include <glib.h>

/* ---- Media types ---- */

/* The quoted text without its backslashes. `unquoted` has room for everything, so that nothing in it moves. */
static HtText unescape(HtText text, HtBuffer *unquoted)
{
    HtText plain = {unquoted->data + unquoted->size, 0};
    for (size_t i = 0; i < text.size; i++) {
        i += text.data[i] == '\\' && i + 1 < text.size;
        ht_buffer_add_char(unquoted, text.data[i]);
        plain.size++;
    }
    return plain;
}

static void take_parameter(HtMediaType *type, const HtMediaParameter *parameter)
{
    const struct {
        const char *name;
        HtText *to;
    } known[] = {{"charset", &type->charset},       {"boundary", &type->boundary}, {"start", &type->start},
                 {"start-info", &type->start_info}, {"type", &type->type},         {"action", &type->action}};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (ht_text_is_in_any_case(parameter->name, known[i].name) && !known[i].to->data) {
            *known[i].to = parameter->quoted ? unescape(parameter->value, &type->unquoted) : parameter->value;
        }
    }
}

void ht_media_type_read(HtText value, HtMediaType *type)
{
    HtMediaParameter parameter;
    *type = (HtMediaType){.name = ht_media_type_cut(&value)};
    if (value.size > 0) {
        ht_buffer_reserve(&type->unquoted, value.size);
    }
    while (ht_media_parameter_cut(&value, &parameter)) {
        take_parameter(type, &parameter);
    }
}

void ht_media_type_clear(HtMediaType *type)
{
    ht_buffer_clear(&type->unquoted);
    *type = (HtMediaType){.name = HT_TEXT_NONE};
}

bool ht_media_type_is(const HtMediaType *type, const char *name)
{
    return ht_text_is_in_any_case(type->name, name);
}

bool ht_media_type_is_xml(const HtMediaType *type)
{
    return ht_media_type_is(type, "text/xml") || ht_media_type_is(type, "application/xml") ||
           ht_text_ends_in_any_case(type->name, "+xml");
}

HtText ht_mime_id(HtText value)
{
    HtText id = ht_text_strip(value);
    bool has = id.size >= 2 && id.data[0] == '<' && id.data[id.size - 1] == '>';
    return has ? (HtText){id.data + 1, id.size - 2} : id;
}

/* ---- Codings ---- */

/* Strict but for blanks: nothing foreign, nothing after the padding, no half group. */
static bool is_base64(HtText text)
{
    size_t digits = 0, pads = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (ht_is_blank(byte)) {
            continue;
        }
        bool is_digit = g_ascii_isalnum(byte) || byte == '+' || byte == '/';
        if (byte != '=' && (!is_digit || pads > 0)) {
            return false;
        }
        pads += byte == '=';
        digits++;
    }
    return digits % 4 == 0 && pads <= 2;
}

static bool decode_base64(HtText text, HtBuffer *to)
{
    if (!is_base64(text)) {
        return false;
    }
    int state = 0;
    guint saved = 0;
    ht_buffer_reserve(to, text.size / 4 * 3 + 3);
    to->size += g_base64_decode_step(text.data, text.size, (guchar *)to->data + to->size, &state, &saved);
    return true;
}

/* `at` is on a '='. The bytes that it stands for go to `to`; returns how many were read, 0: broken. */
static size_t decode_escape(HtText text, size_t at, HtBuffer *to)
{
    size_t end = at + 1;
    while (end < text.size && (text.data[end] == ' ' || text.data[end] == '\t' || text.data[end] == '\r')) {
        end++;
    }
    if (end == text.size || text.data[end] == '\n') {
        return MIN(end + 1, text.size) - at; /* a line that goes on */
    }
    int high = g_ascii_xdigit_value(text.data[at + 1]);
    int low = at + 2 < text.size ? g_ascii_xdigit_value(text.data[at + 2]) : -1;
    if (high < 0 || low < 0) {
        return 0;
    }
    ht_buffer_add_char(to, (char)(high * 16 + low));
    return 3;
}

static bool decode_quoted(HtText text, HtBuffer *to)
{
    ht_buffer_reserve(to, text.size + 1);
    for (size_t i = 0; i < text.size;) {
        if (text.data[i] != '=') {
            ht_buffer_add_char(to, text.data[i++]);
            continue;
        }
        size_t read = decode_escape(text, i, to);
        if (read == 0) {
            return false;
        }
        i += read;
    }
    return true;
}

bool ht_mime_decode(const HtMimePart *part, HtBuffer *to, HtText *bytes)
{
    size_t start = to->size;
    if (part->coding == HT_CODING_PLAIN) {
        *bytes = part->bytes;
        return true;
    }
    bool good =
        part->coding == HT_CODING_BASE64 ? decode_base64(part->bytes, to) : decode_quoted(part->bytes, to);
    *bytes = (HtText){to->data ? to->data + start : "", to->size - start};
    return good;
}
