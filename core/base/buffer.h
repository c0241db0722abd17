/* A byte buffer that grows and is reused: the hot paths of the engine, the frames and delivery write into it without an
 * allocation per message. Not thread-safe: each buffer has one owner. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A piece of memory that somebody else owns. `data` is NULL for "absent"; an empty text has data and size 0. */
typedef struct {
    const char *data;
    size_t size;
} HtText;

#define HT_TEXT_NONE ((HtText){NULL, 0})
#define HT_TEXT_LITERAL(literal) ((HtText){"" literal, sizeof(literal) - 1})

static inline HtText ht_text_from(const char *string)
{
    return (HtText){string, string ? strlen(string) : 0};
}

static inline bool ht_text_equal(HtText a, HtText b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool ht_text_is(HtText text, const char *literal)
{
    return text.data && text.size == strlen(literal) && memcmp(text.data, literal, text.size) == 0;
}

/* True when it is one of these words; the last is NULL. */
static inline bool ht_text_is_one_of(HtText text, const char *const *words)
{
    while (*words && !ht_text_is(text, *words)) {
        words++;
    }
    return *words != NULL;
}

/* True when the text begins with the word. */
static inline bool ht_text_begins(HtText text, const char *word)
{
    size_t size = strlen(word);
    return text.size >= size && memcmp(text.data, word, size) == 0;
}

/* The same, whatever the case of ASCII's letters. */
static inline bool ht_text_begins_in_any_case(HtText text, const char *word)
{
    size_t size = strlen(word);
    return text.size >= size && g_ascii_strncasecmp(text.data, word, size) == 0;
}

/* Equal, whatever the case of ASCII's letters. */
static inline bool ht_text_equal_in_any_case(HtText a, HtText b)
{
    return a.size == b.size && (a.size == 0 || g_ascii_strncasecmp(a.data, b.data, a.size) == 0);
}

static inline bool ht_text_is_in_any_case(HtText text, const char *word)
{
    return text.size == strlen(word) && ht_text_begins_in_any_case(text, word);
}

static inline bool ht_text_ends_in_any_case(HtText text, const char *word)
{
    size_t size = strlen(word);
    return text.size >= size && g_ascii_strncasecmp(text.data + text.size - size, word, size) == 0;
}

/* White space in XML and in the bodies of MIME. */
static inline bool ht_is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The order of two strings in an array of them, byte by byte: for g_ptr_array_sort(). */
int ht_compare_strings(const void *a, const void *b);

/* True when there is something, and no control character in it: neither a line feed nor any other. */
bool ht_text_is_line(HtText text);

/* The text without the blanks (ht_is_blank) at its ends. */
HtText ht_text_strip(HtText text);

/* The same without the two double quotes around what is left, if there are two. */
HtText ht_text_unquote(HtText text);

typedef struct {
    char *data;
    size_t size;
    size_t capacity;
} HtBuffer;

/* Frees the memory; the buffer is empty and usable again. */
void ht_buffer_clear(HtBuffer *buffer);

/* Makes room for `more` bytes after the end. Aborts only when memory is exhausted, as GLib does. */
void ht_buffer_grow(HtBuffer *buffer, size_t more);

/* Keeps the memory unless it is larger than `keep` bytes: one huge message must not be paid for ever after. */
void ht_buffer_reset(HtBuffer *buffer, size_t keep);

static inline char *ht_buffer_reserve(HtBuffer *buffer, size_t more)
{
    if (buffer->capacity - buffer->size < more) {
        ht_buffer_grow(buffer, more);
    }
    return buffer->data + buffer->size;
}

static inline void ht_buffer_add(HtBuffer *buffer, const void *bytes, size_t size)
{
    if (size > 0) {
        memcpy(ht_buffer_reserve(buffer, size), bytes, size);
        buffer->size += size;
    }
}

static inline void ht_buffer_add_char(HtBuffer *buffer, char byte)
{
    *ht_buffer_reserve(buffer, 1) = byte;
    buffer->size++;
}

#define ht_buffer_add_literal(buffer, literal) ht_buffer_add((buffer), "" literal, sizeof(literal) - 1)

static inline void ht_buffer_add_string(HtBuffer *buffer, const char *string)
{
    ht_buffer_add(buffer, string, strlen(string));
}

static inline void ht_buffer_add_text(HtBuffer *buffer, HtText text)
{
    ht_buffer_add(buffer, text.data, text.size);
}

/* Appends formatted text; for messages, not for hot paths. */
void ht_buffer_printf(HtBuffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline HtText ht_buffer_text(const HtBuffer *buffer)
{
    return (HtText){buffer->data ? buffer->data : "", buffer->size};
}
