/* Small things that the filters of this adapter share: collected text, element names. */
#include "hukou.h"

#include <string.h>

void hukou_text_clear(HukouText *text)
{
    text->size = 0;
    text->surplus = false;
}

void hukou_text_add(HukouText *text, const char *piece, size_t size)
{
    text->surplus = text->surplus || !hutong_append(text->data, sizeof text->data, &text->size, piece, size);
}

const char *hukou_text_string(HukouText *text)
{
    hutong_text whole = {text->data, text->size}, trimmed = hutong_trim(whole);
    text->size = (size_t)(trimmed.data - text->data) + trimmed.size;
    text->data[text->size] = '\0';
    return trimmed.data;
}

static bool may_begin_name(unsigned char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_' || byte >= 0x80;
}

bool hukou_is_name(const char *name)
{
    size_t size = strlen(name);
    if (size >= HUKOU_NAME || !may_begin_name((unsigned char)name[0])) {
        return false;
    }
    for (const char *at = name; *at; at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (!may_begin_name((unsigned char)*at) && !digit && *at != '-' && *at != '.') {
            return false;
        }
    }
    return true;
}
