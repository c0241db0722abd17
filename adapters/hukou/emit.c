/* Small things that the filters of this adapter share: collected text, element names, single values. */
#include "hukou.h"

#include <string.h>

void hukou_text_clear(HukouText *text)
{
    text->size = 0;
    text->surplus = false;
}

void hukou_text_add(HukouText *text, const char *piece, size_t size)
{
    size_t room = sizeof text->data - 1 - text->size;
    if (size > room) {
        text->surplus = true;
        size = room;
    }
    memcpy(text->data + text->size, piece, size);
    text->size += size;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

const char *hukou_text_string(HukouText *text)
{
    const char *start = text->data;
    while (text->size > 0 && is_blank(text->data[text->size - 1])) {
        text->size--;
    }
    text->data[text->size] = '\0';
    while (is_blank(*start)) {
        start++;
    }
    return start;
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

void hukou_emit_value(const hutong_host *host, hutong_out *out, const char *name, const char *value,
                      size_t size)
{
    host->emit_start(out, name, NULL);
    if (size > 0) {
        host->emit_text(out, value, size);
    }
    host->emit_end(out, name);
}

const char *hukou_attribute(const char *const *attributes, const char *name)
{
    for (; attributes && attributes[0]; attributes += 2) {
        if (strcmp(attributes[0], name) == 0) {
            return attributes[1];
        }
    }
    return NULL;
}
