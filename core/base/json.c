/* The JSON writer. No state; any thread. */
#include "core/base/json.h"

#include <stdio.h>

static bool needs_escape(unsigned char byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f;
}

static char *put_escape(char *at, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char short_form[0x20] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    *at++ = '\\';
    if (byte == '"' || byte == '\\') {
        *at++ = (char)byte;
    } else if (byte < 0x20 && short_form[byte]) {
        *at++ = short_form[byte];
    } else {
        memcpy(at, "u00", 3);
        at[3] = hex[byte >> 4];
        at[4] = hex[byte & 15];
        at += 5;
    }
    return at;
}

void ht_json_string(HtBuffer *buffer, HtText text)
{
    char *at = ht_buffer_reserve(buffer, text.size * 6 + 2);
    char *start = at;
    *at++ = '"';
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (needs_escape(byte)) {
            at = put_escape(at, byte);
        } else {
            *at++ = (char)byte;
        }
    }
    *at++ = '"';
    buffer->size += (size_t)(at - start);
}

void ht_json_comma(HtBuffer *buffer)
{
    if (buffer->size > 0 && buffer->data[buffer->size - 1] != '{' && buffer->data[buffer->size - 1] != '[') {
        ht_buffer_add_char(buffer, ',');
    }
}

void ht_json_name(HtBuffer *buffer, const char *name)
{
    ht_json_comma(buffer);
    ht_buffer_add_char(buffer, '"');
    ht_buffer_add_string(buffer, name);
    ht_buffer_add_literal(buffer, "\":");
}

void ht_json_member(HtBuffer *buffer, const char *name, HtText text)
{
    if (text.data) {
        ht_json_name(buffer, name);
        ht_json_string(buffer, text);
    }
}

void ht_json_member_number(HtBuffer *buffer, const char *name, int64_t number)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%lld", (long long)number);
    ht_json_name(buffer, name);
    ht_buffer_add(buffer, digits, (size_t)size);
}
