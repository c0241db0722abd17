/* Escaping for XML 1.0 (2.2, 2.4, 2.11). Any thread. */
#include "core/base/xml.h"

/* What stands for the byte at `text.data[i]`; NULL when it stands for itself. */
static const char *find_escape(HtText text, size_t i)
{
    unsigned char byte = (unsigned char)text.data[i];
    switch (byte) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&apos;";
    case '\r': return "&#13;";
    case '\t':
    case '\n': return NULL;
    case 0xef: /* U+FFFE and U+FFFF are EF BF BE and EF BF BF; the caller steps over all three bytes */
        return i + 2 < text.size && (unsigned char)text.data[i + 1] == 0xbf &&
                       (unsigned char)text.data[i + 2] >= 0xbe
                   ? "?"
                   : NULL;
    default: return byte < 0x20 ? "?" : NULL;
    }
}

static bool stands_for_itself(unsigned char byte)
{
    return byte >= 0x20 && byte != '&' && byte != '<' && byte != '>' && byte != '"' && byte != '\'' &&
           byte != 0xef;
}

void ht_xml_add(HtBuffer *to, HtText text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.size; i++) {
        const char *escape = stands_for_itself((unsigned char)text.data[i]) ? NULL : find_escape(text, i);
        if (escape) {
            ht_buffer_add(to, text.data + from, i - from);
            ht_buffer_add_string(to, escape);
            i += (unsigned char)text.data[i] == 0xef ? 2 : 0;
            from = i + 1;
        }
    }
    ht_buffer_add(to, text.data + from, text.size - from);
}
