/* The growing byte buffer. Used in every process and thread; a buffer belongs to one of them at a time. */
#include "core/base/buffer.h"

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>

#define FIRST_CAPACITY 256
#define LARGE_CAPACITY \
    ((size_t)16 << 20) /* from here on room is dear, and moving cheap: pages are remapped */

int ht_compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

HtText ht_text_strip(HtText text)
{
    while (text.size > 0 && ht_is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    while (text.size > 0 && ht_is_blank(text.data[0])) {
        text = (HtText){text.data + 1, text.size - 1};
    }
    return text;
}

HtText ht_text_unquote(HtText text)
{
    text = ht_text_strip(text);
    bool quoted = text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"';
    return quoted ? (HtText){text.data + 1, text.size - 2} : text;
}

void ht_buffer_clear(HtBuffer *buffer)
{
    g_free(buffer->data);
    *buffer = (HtBuffer){0};
}

void ht_buffer_grow(HtBuffer *buffer, size_t more)
{
    size_t needed = buffer->size + more;
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    if (needed < buffer->size) {
        g_error("a buffer of more than the address space was asked for");
    }
    while (capacity < needed) {
        size_t step = capacity < LARGE_CAPACITY ? capacity : capacity / 4;
        capacity = capacity > SIZE_MAX - step ? needed : capacity + step;
    }
    buffer->data = g_realloc(buffer->data, capacity);
    buffer->capacity = capacity;
}

void ht_buffer_reset(HtBuffer *buffer, size_t keep)
{
    buffer->size = 0;
    if (buffer->capacity > keep) {
        ht_buffer_clear(buffer);
    }
}

void ht_buffer_printf(HtBuffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    ht_buffer_add_string(buffer, text);
}

/* True when one of eight bytes is a control character. */
static bool has_control(uint64_t bytes)
{
    const uint64_t ones = UINT64_MAX / 255, high = ones * 0x80;
    uint64_t below_blank = (bytes - ones * 0x20) & ~bytes;
    uint64_t deletes = bytes ^ ones * 0x7f, is_delete = (deletes - ones) & ~deletes;
    return ((below_blank | is_delete) & high) != 0;
}

/* Asked of every payload and identity, so eight bytes at a time. */
bool ht_text_is_line(HtText text)
{
    size_t i = 0;
    uint64_t bytes;
    bool bad = text.size == 0;
    for (; i + sizeof bytes <= text.size && !bad; i += sizeof bytes) {
        memcpy(&bytes, text.data + i, sizeof bytes);
        bad = has_control(bytes);
    }
    for (; i < text.size && !bad; i++) {
        bad = (unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f;
    }
    return !bad;
}
