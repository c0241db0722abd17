/* SPDX-License-Identifier: Apache-2.0 */
/* hutong-adapter.h: what adapters need again and again, for those that want it. Nothing of it is in the ABI: each adapter
 * compiles its own copy. Plain C99, also C++; keeps no state of its own. */
#ifndef HUTONG_ADAPTER_H
#define HUTONG_ADAPTER_H

#include "hutong-plugin.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text ---- */

/* True when the text is this string; an absent one is none. */
static inline bool hutong_text_is(hutong_text text, const char *string)
{
    return text.data && text.size == strlen(string) && memcmp(text.data, string, text.size) == 0;
}

/* The blanks of XML. */
static inline bool hutong_is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The part of the text without blanks at its ends. */
static inline hutong_text hutong_trim(hutong_text text)
{
    while (text.size > 0 && hutong_is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    while (text.size > 0 && hutong_is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    return text;
}

/* Puts a piece behind the `*used` bytes of a string that has `room` bytes, more than `*used`, for them and its NUL. False
 * when not all of it fits: then as much is put there as does, and never half a character. */
static inline bool hutong_append(char *string, size_t room, size_t *used, const char *piece, size_t size)
{
    size_t taken = size;
    if (taken > room - 1 - *used) {
        taken = room - 1 - *used;
        while (taken > 0 && ((unsigned char)piece[taken] & 0xc0) == 0x80) {
            taken--;
        }
    }
    if (taken > 0) {
        memcpy(string + *used, piece, taken);
    }
    *used += taken;
    string[*used] = '\0';
    return taken == size;
}

/* The same with <, >, &, and quotes escaped for XML, in text and in attributes; what XML cannot hold becomes '?'. For what is put together
 * before it is written: write_escaped() does it on the way out. What does not fit is left out from there on, never half of an escape. */
static inline bool hutong_append_escaped(char *string, size_t room, size_t *used, const char *text,
                                         size_t size)
{
    static const char signs[] = "<>&\"'";
    static const char *const escapes[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};
    size_t i = 0;
    while (i < size) {
        size_t end = i + 1; /* of the character */
        while (end < size && ((unsigned char)text[end] & 0xc0) == 0x80) {
            end++;
        }
        const char *sign = text[i] ? strchr(signs, text[i]) : NULL;
        bool forbidden =
            (unsigned char)text[i] < 0x20 && text[i] != '\t' && text[i] != '\n' && text[i] != '\r';
        const char *piece = sign ? escapes[sign - signs] : forbidden ? "?" : text + i;
        size_t piece_size = sign || forbidden ? strlen(piece) : end - i;
        if (piece_size > room - 1 - *used) {
            return false;
        }
        hutong_append(string, room, used, piece, piece_size);
        i = end;
    }
    return true;
}

/* ---- Bytes that grow ---- */

/* Begins as zeros; the adapter frees `data`. How much it may become, the adapter must see to. */
typedef struct hutong_bytes {
    char *data; /* NULL as long as there was nothing */
    size_t size, room;
} hutong_bytes;

/* Makes room for that many bytes more, and a NUL behind them. False: no memory; nothing has changed. */
static inline bool hutong_bytes_reserve(hutong_bytes *bytes, size_t more)
{
    size_t wanted = bytes->size + more + 1;
    if (wanted <= bytes->room) {
        return true;
    }
    char *data = (char *)realloc(bytes->data, wanted * 2);
    if (!data) {
        return false;
    }
    bytes->data = data;
    bytes->room = wanted * 2;
    return true;
}

/* Adds the bytes, with a NUL behind them that does not count. False: no memory; nothing has changed. */
static inline bool hutong_bytes_add(hutong_bytes *bytes, const char *piece, size_t size)
{
    if (!hutong_bytes_reserve(bytes, size)) {
        return false;
    }
    if (size > 0) {
        memcpy(bytes->data + bytes->size, piece, size);
    }
    bytes->size += size;
    bytes->data[bytes->size] = '\0';
    return true;
}

/* ---- Elements, answers ---- */

/* Inside a filter: the attribute's value, or NULL. */
static inline const char *hutong_attribute(const char *const *attributes, const char *name)
{
    for (; attributes && attributes[0]; attributes += 2) {
        if (attributes[0][0] == name[0] && strcmp(attributes[0], name) == 0) {
            return attributes[1];
        }
    }
    return NULL;
}

/* Inside a filter: gives the mapping an element that has only text. */
static inline void hutong_emit_element(const hutong_host *host, hutong_out *out, const char *name,
                                       const char *text, size_t size)
{
    host->emit_start(out, name, NULL);
    if (size > 0) {
        host->emit_text(out, text, size);
    }
    host->emit_end(out, name);
}

/* The same of a string. */
static inline void hutong_emit_string(const hutong_host *host, hutong_out *out, const char *name,
                                      const char *string)
{
    hutong_emit_element(host, out, name, string, strlen(string));
}

/* In reply() and wsdl(): appends a string to the text as it is. */
static inline void hutong_write_string(const hutong_host *host, hutong_out *out, const char *string)
{
    host->write(out, string, strlen(string));
}

/* ---- base64 ---- */

/* What is read so far of a run of base64; begins as zeros. */
typedef struct hutong_base64 {
    uint32_t bits;
    unsigned count; /* of the bits that belong to no byte yet */
} hutong_base64;

/* The six bits that the character stands for, or -1: it is none of base64's. */
static inline int hutong_base64_value(char sign)
{
    if (sign >= 'A' && sign <= 'Z') {
        return sign - 'A';
    }
    if (sign >= 'a' && sign <= 'z') {
        return sign - 'a' + 26;
    }
    if (sign >= '0' && sign <= '9') {
        return sign - '0' + 52;
    }
    return sign == '+' ? 62 : sign == '/' ? 63 : -1;
}

/* Takes the next six bits. True: `byte` is the next byte of what is unpacked. */
static inline bool hutong_base64_take(hutong_base64 *run, int value, char *byte)
{
    run->bits = run->bits << 6 | (uint32_t)value;
    run->count += 6;
    if (run->count < 8) {
        return false;
    }
    run->count -= 8;
    *byte = (char)(run->bits >> run->count & 0xff);
    return true;
}

#endif
