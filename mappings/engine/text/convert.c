/*
 * text/convert.c: GB 18030, UTF-16 and broken UTF-8 into UTF-8.
 *
 * Called by text.c for each message that is not sound UTF-8, in the adapter host's only thread. The tables
 * come from gen-gb18030.c at build time; nothing here depends on iconv or the locale.
 *
 * Room is asked for rarely: `reserve` leaves at least one and a half bytes for each byte still to be read,
 * which is what every regular character needs at most (two bytes become three). Only a replacement takes
 * more, one byte becoming three, so only a replacement asks again. That keeps checks out of the two loops
 * that do the work.
 */
#include "mappings/engine/text/convert.h"

#include "generated/gb18030-table.h"
#include "mappings/engine/text/scan.h"

#include <glib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    SLACK = 32, /* bytes written beyond what is kept, by the 16-byte copies */
    LEADS = 126,
    TRAILS = 192,
    FIRST_SUPPLEMENTARY = 189000 /* number of the four-byte code 90308130, U+10000 */
};

typedef struct {
    const uint8_t *in, *end;
    uint8_t *to;
    HtTextOutput *out;
    size_t repaired;
} Converter;

/* Makes room for what is still to be read, and if it must grow, for `spare` bytes more. */
static bool reserve(Converter *converter, size_t spare)
{
    HtTextOutput *out = converter->out;
    size_t left = (size_t)(converter->end - converter->in);
    size_t used = out->buffer.data ? (size_t)(converter->to - (uint8_t *)out->buffer.data) : 0;
    size_t needed = used + left + left / 2 + SLACK;

    if (out->buffer.capacity >= needed)
        return true;
    if (needed > out->max_size)
        return false;
    out->buffer.capacity = MIN(needed + spare, out->max_size);
    out->buffer.data = g_realloc(out->buffer.data, out->buffer.capacity);
    converter->to = (uint8_t *)out->buffer.data + used;
    return true;
}

static bool start(Converter *converter, const uint8_t *bytes, size_t size, HtTextOutput *out)
{
    *converter = (Converter){bytes, bytes + size, (uint8_t *)out->buffer.data, out, 0};
    out->buffer.size = 0;
    return reserve(converter, size / 16);
}

static bool finish(Converter *converter, size_t *repaired)
{
    HtBuffer *buffer = &converter->out->buffer;

    buffer->size = (size_t)(converter->to - (uint8_t *)buffer->data);
    *repaired += converter->repaired;
    return true;
}

static inline uint8_t *put(uint8_t *to, uint32_t character)
{
    if (character < 0x80) {
        *to++ = (uint8_t)character;
        return to;
    }
    if (character < 0x800) {
        *to++ = (uint8_t)(0xC0 | character >> 6);
    } else {
        if (character < 0x10000) {
            *to++ = (uint8_t)(0xE0 | character >> 12);
        } else {
            *to++ = (uint8_t)(0xF0 | character >> 18);
            *to++ = (uint8_t)(0x80 | (character >> 12 & 0x3F));
        }
        *to++ = (uint8_t)(0x80 | (character >> 6 & 0x3F));
    }
    *to++ = (uint8_t)(0x80 | (character & 0x3F));
    return to;
}

/* Puts U+FFFD for the next `size` bytes. */
static bool replace(Converter *converter, size_t size)
{
    converter->to = put(converter->to, 0xFFFD);
    converter->in += size;
    converter->repaired++;
    return reserve(converter, (size_t)(converter->end - converter->in) / 2 + SLACK);
}

static void copy_ascii(Converter *converter)
{
    const uint8_t *in = converter->in, *end = converter->end;
    uint8_t *to = converter->to;

#ifdef __SSE2__
    while (end - in >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)in);
        _mm_storeu_si128((__m128i *)(void *)to, bytes);
        unsigned high = (unsigned)_mm_movemask_epi8(bytes);
        unsigned count = high != 0 ? (unsigned)__builtin_ctz(high) : 16;
        in += count;
        to += count;
        if (high != 0)
            break;
    }
#else
    uint64_t word;
    while (end - in >= 8 && (memcpy(&word, in, 8), (word & UINT64_C(0x8080808080808080)) == 0)) {
        memcpy(to, &word, 8);
        in += 8;
        to += 8;
    }
#endif
    while (in < end && *in < 0x80)
        *to++ = *in++;
    converter->in = in;
    converter->to = to;
}

/*
 * True where a two-byte code whose trail is `]` is really half a character before "]]>". Read the other way
 * it would be a character followed by "]>", which text outside CDATA hardly ever holds and a CDATA
 * section's end never leaves.
 */
static inline bool cuts_cdata_end(const uint8_t *in, const uint8_t *end)
{
    return in[1] == ']' && end - in >= 4 && in[2] == ']' && in[3] == '>';
}

/* Takes regular two-byte codes, up to the first byte that is something else. */
static void convert_pairs(Converter *converter)
{
    const uint8_t *in = converter->in, *end = converter->end;
    uint8_t *to = converter->to;

    while (end - in >= 2) {
        unsigned lead = in[0] - 0x81u, trail = in[1] - 0x40u;
        if (lead >= LEADS || trail >= TRAILS)
            break;
        unsigned character = gb18030_two_byte[lead * TRAILS + trail];
        if (character >= 0x800 && (character & 0xF800) != 0xD800) {
            if (cuts_cdata_end(in, end))
                break;
            uint32_t bytes = 0x8080E0 | character >> 12 | (character & 0xFC0) << 2 | (character & 0x3F) << 16;
            bytes = GUINT32_TO_LE(bytes);
            memcpy(to, &bytes, sizeof bytes);
            to += 3;
        } else if (character != 0 && character < 0x800) {
            to[0] = (uint8_t)(0xC0 | character >> 6);
            to[1] = (uint8_t)(0x80 | (character & 0x3F));
            to += 2;
        } else {
            break;
        }
        in += 2;
    }
    converter->in = in;
    converter->to = to;
}

/* The character of the four-byte code at `in`, or 0 if none stands there. */
static uint32_t find_four_byte(const uint8_t *in, const uint8_t *end)
{
    if (end - in < 4)
        return 0;
    uint32_t a = in[0] - 0x81u, b = in[1] - 0x30u, c = in[2] - 0x81u, d = in[3] - 0x30u;
    if (a >= LEADS || b > 9 || c >= LEADS || d > 9)
        return 0;
    uint32_t number = ((a * 10 + b) * LEADS + c) * 10 + d;
    if (number >= FIRST_SUPPLEMENTARY)
        return number - FIRST_SUPPLEMENTARY < 0x100000 ? 0x10000 + number - FIRST_SUPPLEMENTARY : 0;
    if (number >= GB18030_BMP_CODES)
        return 0;

    size_t low = 0, high = G_N_ELEMENTS(gb18030_runs);
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (gb18030_runs[middle].first <= number)
            low = middle;
        else
            high = middle;
    }
    const Gb18030Run *run = &gb18030_runs[low];
    return run->character != 0 ? run->character + number - run->first : 0;
}

/* Takes one thing that is neither ASCII nor a regular two-byte code. */
static bool convert_rare(Converter *converter)
{
    const uint8_t *in = converter->in;
    uint32_t character = find_four_byte(in, converter->end);

    if (character != 0) {
        converter->to = put(converter->to, character);
        converter->in += 4;
        return true;
    }
    if (converter->end - in >= 2 && in[0] - 0x81u < LEADS && in[1] - 0x40u < TRAILS) {
        unsigned escape = gb18030_two_byte[(in[0] - 0x81u) * TRAILS + in[1] - 0x40u] - 0xD800u;
        if (escape < G_N_ELEMENTS(gb18030_escapes)) {
            converter->to = put(converter->to, gb18030_escapes[escape]);
            converter->in += 2;
            /* Four bytes for two: more than the one and a half that are reserved. */
            return reserve(converter, (size_t)(converter->end - converter->in) / 2 + SLACK);
        }
    }
    return replace(converter, 1);
}

bool ht_text_convert_gb18030(const uint8_t *bytes, size_t size, HtTextOutput *out, size_t *repaired)
{
    Converter converter;

    if (!start(&converter, bytes, size, out))
        return false;
    while (converter.in < converter.end) {
        copy_ascii(&converter);
        convert_pairs(&converter);
        if (converter.in < converter.end && *converter.in >= 0x80 && !convert_rare(&converter))
            return false;
    }
    return finish(&converter, repaired);
}

unsigned ht_text_gb_code(uint32_t character)
{
    return character > 0xFFFF ? 0 : gb18030_codes[gb18030_page[character >> 8]][character & 0xFF];
}

size_t ht_text_read_surrogate(const uint8_t *bytes, size_t size, unsigned *unit)
{
    if (size < 3 || bytes[0] != 0xED || bytes[1] < 0xA0 || bytes[1] > 0xBF || (bytes[2] & 0xC0) != 0x80)
        return 0;
    *unit = 0xD000 | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);
    return 3;
}

/* Takes the surrogate at hand, if there is one: with the low one behind it as a character, alone as U+FFFD. */
static bool convert_surrogate(Converter *converter, bool *found, size_t *joined)
{
    const uint8_t *in = converter->in;
    size_t left = (size_t)(converter->end - in);
    unsigned high = 0, low = 0;

    *found = ht_text_read_surrogate(in, left, &high) > 0;
    if (!*found)
        return true;
    if (high >= 0xDC00 || ht_text_read_surrogate(in + 3, left - 3, &low) == 0 || low < 0xDC00)
        return replace(converter, 3);
    converter->to = put(converter->to, 0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF));
    converter->in += 6;
    (*joined)++;
    return true;
}

/* Takes one sequence of more than one byte, or what is none. */
static bool convert_sequence(Converter *converter, size_t *joined)
{
    bool valid, found;
    size_t length = ht_text_utf8_sequence(converter->in, (size_t)(converter->end - converter->in), &valid);

    if (!valid) {
        bool has_room = convert_surrogate(converter, &found, joined);
        return found ? has_room : replace(converter, length);
    }
    memcpy(converter->to, converter->in, length);
    converter->to += length;
    converter->in += length;
    return true;
}

bool ht_text_convert_broken_utf8(const uint8_t *bytes, size_t size, HtTextOutput *out, size_t *repaired,
                                 size_t *joined)
{
    Converter converter;

    if (!start(&converter, bytes, size, out))
        return false;
    while (converter.in < converter.end) {
        copy_ascii(&converter);
        if (converter.in < converter.end && !convert_sequence(&converter, joined))
            return false;
    }
    return finish(&converter, repaired);
}

static inline unsigned read_unit(const uint8_t *at, bool big_endian)
{
    return big_endian ? (unsigned)at[0] << 8 | at[1] : (unsigned)at[1] << 8 | at[0];
}

bool ht_text_convert_utf16(const uint8_t *bytes, size_t size, bool big_endian, HtTextOutput *out,
                           size_t *repaired)
{
    Converter converter;

    if (!start(&converter, bytes, size, out))
        return false;
    while (converter.end - converter.in >= 2) {
        uint32_t character = read_unit(converter.in, big_endian);
        size_t length = 2;
        if ((character & 0xFC00) == 0xD800 && converter.end - converter.in >= 4) {
            unsigned low = read_unit(converter.in + 2, big_endian);
            if ((low & 0xFC00) == 0xDC00) {
                character = 0x10000 + ((character & 0x3FF) << 10) + (low & 0x3FF);
                length = 4;
            }
        }
        if ((character & 0xFFFFF800) == 0xD800) {
            if (!replace(&converter, 2))
                return false;
        } else {
            converter.to = put(converter.to, character);
            converter.in += length;
        }
    }
    if (converter.in < converter.end && !replace(&converter, 1))
        return false;
    return finish(&converter, repaired);
}
