/*
 * text/recode.c: turns back UTF-8 that was read as GBK or Latin-1.
 *
 * Called by match/clean.c for each value that the mapping names, in the adapter host's only thread.
 *
 * The bytes of a Chinese character in UTF-8 are E4 to E9 and two of 80 to BF. Read as GBK, two such characters become three, the
 * first of which has a code from E480 to E9BF: few characters of honest text have, and of those that do the next one hardly ever
 * goes on as UTF-8 would.
 */
#include "mappings/engine/text/recode.h"

#include "mappings/engine/text/convert.h"
#include "mappings/engine/text/scan.h"

#include <glib.h>

#define LOST 0xFF /* stands for a byte that was lost: never in UTF-8 */

/* What Windows 1252 has where Latin-1 has controls, for bytes 80 to 9F. */
static const uint16_t windows_1252[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                          0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                          0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                          0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/* ---- Back to bytes ---- */

/* The next character, and steps over it; a byte that begins none counts as U+FFFD. */
static uint32_t read_character(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;
    bool valid;
    size_t length = ht_text_utf8_sequence(p, (size_t)(end - p), &valid);
    uint32_t character = length == 1 ? p[0] : p[0] & (0x7Fu >> length);

    for (size_t i = 1; i < length; i++)
        character = character << 6 | (p[i] & 0x3Fu);
    *at += length;
    return valid ? character : 0xFFFD;
}

static bool is_lost(uint32_t character)
{
    return character == '?' || character == 0xFFFD || character == 0x25A1 || character == 0xFF1F;
}

/* The bytes that a reader of GBK made the character of; 0: none. */
static size_t find_gbk(uint32_t character, uint8_t bytes[2])
{
    unsigned code = character == 0x20AC ? 0x80 : ht_text_gb_code(character);

    bytes[0] = (uint8_t)(code > 0xFF ? code >> 8 : code);
    bytes[1] = (uint8_t)code;
    return code == 0 ? 0 : code > 0xFF ? 2 : 1;
}

static size_t find_latin(uint32_t character, uint8_t bytes[2])
{
    bytes[0] = (uint8_t)character;
    if (character >= 0x80 && character < 0x100)
        return 1;
    for (unsigned i = 0; i < G_N_ELEMENTS(windows_1252); i++) {
        if (character != 0 && windows_1252[i] == character) {
            bytes[0] = (uint8_t)(0x80 + i);
            return 1;
        }
    }
    return 0;
}

typedef size_t (*FindBytes)(uint32_t character, uint8_t bytes[2]);

/* Appends the bytes that the value was; false when some character cannot have come so. */
static bool put_bytes(HtText value, FindBytes find, HtBuffer *out)
{
    const uint8_t *at = (const uint8_t *)value.data, *end = at + value.size;

    while (at < end) {
        uint8_t bytes[2];
        uint32_t character = read_character(&at, end);
        size_t size = character < 0x80 && character != '?' ? 0 : find(character, bytes);
        if (is_lost(character))
            ht_buffer_add_char(out, character == '?' ? '?' : (char)LOST);
        else if (character < 0x80)
            ht_buffer_add_char(out, (char)character);
        else if (size == 0)
            return false;
        ht_buffer_add(out, bytes, is_lost(character) ? 0 : size);
    }
    return true;
}

/* ---- What they would mean ---- */

typedef struct {
    unsigned hanzi, points,
        lost;     /* two points for a character of GB 2312's first level, one for the second */
    bool strange; /* something that is no Chinese text */
} Finding;

static void count_character(Finding *finding, uint32_t character)
{
    unsigned code = ht_text_gb_code(character), lead = code >> 8;
    bool is_level = (code & 0xFF) >= 0xA1 && lead >= 0xB0 && lead <= 0xF7;

    if (character >= 0x3400 && character <= 0x9FFF) {
        finding->hanzi++;
        finding->points += !is_level ? 0 : lead <= 0xD7 ? 2 : 1;
    } else if (character >= 0x80) {
        bool is_sign = character == 0xB7 || (character >= 0x2010 && character <= 0x2026) ||
                       (character >= 0x3000 && character <= 0x303F) ||
                       (character >= 0xFF01 && character <= 0xFF5E);
        finding->strange = finding->strange || !is_sign;
    }
}

/* The size of a character whose last bytes were lost, with the sign that stands for them; 0: it is no such thing. */
static size_t measure_lost(const uint8_t *at, const uint8_t *end)
{
    size_t size = 1;

    if (at[0] == LOST)
        return 1;
    while (at + size < end && size < 3 && (at[size] & 0xC0) == 0x80)
        size++;
    bool begun = at[0] >= 0xE2 && at[0] <= 0xEF && size < 3;
    if (begun && at + size == end)
        return size;
    return begun && (at[size] == '?' || at[size] == LOST) ? size + 1 : 0;
}

static void look_at_bytes(HtText bytes, Finding *finding)
{
    const uint8_t *at = (const uint8_t *)bytes.data, *end = at + bytes.size;
    bool valid;

    while (at < end && !finding->strange) {
        size_t length = ht_text_utf8_sequence(at, (size_t)(end - at), &valid);
        if (valid) {
            const uint8_t *from = at;
            count_character(finding, read_character(&from, end));
        } else {
            length = measure_lost(at, end);
            finding->lost++;
            finding->strange = length == 0;
        }
        at += length;
    }
}

static Finding look_at_value(HtText value)
{
    Finding finding = {0};
    const uint8_t *at = (const uint8_t *)value.data, *end = at + value.size;

    while (at < end)
        count_character(&finding, read_character(&at, end));
    return finding;
}

/* Tells whether what the bytes mean is so much better than what the value shows that it must have been meant. */
static HtRecode judge(HtText value, HtText bytes)
{
    Finding meant = {0}, shown = look_at_value(value);

    look_at_bytes(bytes, &meant);
    if (meant.strange || meant.hanzi == 0 || meant.points < meant.hanzi)
        return HT_RECODE_NOTHING;
    if (shown.hanzi > 0 && meant.points * shown.hanzi <= shown.points * meant.hanzi)
        return HT_RECODE_NOTHING;
    if (3 * shown.points >
        4 * shown.hanzi) /* frequent enough to be honest: so are all names of GB 2312's characters */
        return HT_RECODE_NOTHING;
    if (meant.lost > 0)
        return HT_RECODE_LOST;
    return meant.hanzi > 1 ? HT_RECODE_DONE : HT_RECODE_NOTHING;
}

static HtRecode try_reading(HtText value, FindBytes find, HtBuffer *out)
{
    size_t start = out->size;
    HtRecode result = HT_RECODE_NOTHING;

    ht_buffer_reserve(out, value.size);
    if (put_bytes(value, find, out))
        result = judge(value, (HtText){out->data + start, out->size - start});
    out->size = result == HT_RECODE_DONE ? out->size : start;
    return result;
}

/* ---- The first look ---- */

static const uint8_t *find_wide(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at < 0x80)
        at++;
    return at;
}

HtRecode ht_text_recode(HtText value, HtBuffer *out)
{
    const uint8_t *end = (const uint8_t *)value.data + value.size;
    const uint8_t *at = value.size <= HT_RECODE_MAX ? find_wide((const uint8_t *)value.data, end) : end;

    if (at == end)
        return HT_RECODE_NOTHING;
    uint32_t first = read_character(&at, end);
    if (first >= 0xE3 && first <= 0xEF)
        return try_reading(value, find_latin, out);
    unsigned code = first >= 0x2E80 ? ht_text_gb_code(first) : 0;
    bool begins_so = code >= 0xE280 && code <= 0xEFBF && (code & 0xFF) >= 0x80 && (code & 0xFF) <= 0xBF;
    return begins_so ? try_reading(value, find_gbk, out) : HT_RECODE_NOTHING;
}
