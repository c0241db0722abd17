/* The JSON writer. No state; any thread. */
#include "core/base/json.h"

#include "core/base/clock.h"

#include <stdio.h>

static bool needs_escape(unsigned char byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Whether one of eight bytes needs an escape: bytes below 0x20, and those that equal one of three, by the usual tests for a
 * zero byte (exact for "is there one", which is all that is asked). */
static bool word_needs_escape(uint64_t word)
{
    uint64_t high = EACH_BYTE(0x80);
    uint64_t quote = word ^ EACH_BYTE('"'), slash = word ^ EACH_BYTE('\\'), delete = word ^ EACH_BYTE(0x7f);
    uint64_t low = (word - EACH_BYTE(0x20)) & ~word;
    uint64_t equal = ((quote - EACH_BYTE(1)) & ~quote) | ((slash - EACH_BYTE(1)) & ~slash) |
                     ((delete - EACH_BYTE(1)) & ~delete);
    return ((low | equal) & high) != 0;
}

static char *put_escape(char *at, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char short_form[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
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
    const char *from = text.data, *end = text.data + text.size;
    *at++ = '"';
    while (from < end) {
        uint64_t word;
        if (end - from >= 8 && (memcpy(&word, from, 8), !word_needs_escape(word))) {
            memcpy(at, &word, 8);
            at += 8;
            from += 8;
        } else if (needs_escape((unsigned char)*from)) {
            at = put_escape(at, (unsigned char)*from++);
        } else {
            *at++ = *from++;
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

void ht_json_name_text(HtBuffer *buffer, HtText name)
{
    char *at = ht_buffer_reserve(buffer, name.size + 4), *start = at;
    if (buffer->size > 0 && at[-1] != '{' && at[-1] != '[') {
        *at++ = ',';
    }
    *at++ = '"';
    memcpy(at, name.data, name.size);
    memcpy(at + name.size, "\":", 2);
    buffer->size += (size_t)(at - start) + name.size + 2;
}

void ht_json_name(HtBuffer *buffer, const char *name)
{
    ht_json_name_text(buffer, ht_text_from(name));
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

void ht_json_member_time(HtBuffer *buffer, const char *name, int64_t time_us)
{
    char text[HT_CLOCK_TEXT];
    if (time_us > 0) {
        ht_clock_format(time_us, text);
        ht_json_member(buffer, name, ht_text_from(text));
    }
}

void ht_json_open(HtBuffer *buffer, const char *name)
{
    ht_json_name(buffer, name);
    ht_buffer_add_char(buffer, '{');
}

bool ht_json_is_flat(HtText json, unsigned most)
{
    size_t brackets = 0;
    for (size_t i = 0; i < json.size; i++) {
        brackets += json.data[i] == '[' || json.data[i] == '{';
    }
    return brackets <= most;
}
