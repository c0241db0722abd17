/*
 * text.c: decides in which encoding a message is and decodes it.
 *
 * Called by the reader once for each payload, before any parser sees it, in the adapter host's only thread.
 */
#include "mappings/engine/text/text.h"

#include "mappings/engine/text/convert.h"
#include "mappings/engine/text/judge.h"

enum {
    KEEP_SIZE = 1 << 20, /* bytes a buffer keeps after a giant message */
    NAME_MAX_BYTES = 32, /* of an encoding's name that is known */
};

struct HtTextBuffer {
    HtTextOutput output;
};

G_DEFINE_QUARK(ht_text_error, ht_text_error)

HtTextBuffer *ht_text_buffer_new(size_t max_size)
{
    HtTextBuffer *buffer = g_new0(HtTextBuffer, 1);

    buffer->output.max_size = max_size;
    return buffer;
}

void ht_text_buffer_free(HtTextBuffer *buffer)
{
    if (!buffer)
        return;
    ht_buffer_clear(&buffer->output.buffer);
    g_free(buffer);
}

/* ---- Names of encodings ---- */

typedef struct {
    const char *name; /* letters and digits only, lower case */
    HtEncoding encoding;
} EncodingName;

static const EncodingName encoding_names[] = {
    {"utf8", HT_ENCODING_UTF8},           {"unicode11utf8", HT_ENCODING_UTF8},
    {"gb2312", HT_ENCODING_GB18030},      {"gbk", HT_ENCODING_GB18030},
    {"gb18030", HT_ENCODING_GB18030},     {"gb231280", HT_ENCODING_GB18030},
    {"csgb2312", HT_ENCODING_GB18030},    {"csiso58gb231280", HT_ENCODING_GB18030},
    {"euccn", HT_ENCODING_GB18030},       {"xeuccn", HT_ENCODING_GB18030},
    {"cp936", HT_ENCODING_GB18030},       {"ms936", HT_ENCODING_GB18030},
    {"windows936", HT_ENCODING_GB18030},  {"xgbk", HT_ENCODING_GB18030},
    {"gb180302000", HT_ENCODING_GB18030}, {"gb180302005", HT_ENCODING_GB18030},
    {"gb180302022", HT_ENCODING_GB18030}, {"usascii", HT_ENCODING_ASCII},
    {"ascii", HT_ENCODING_ASCII},         {"iso88591", HT_ENCODING_LATIN1},
    {"latin1", HT_ENCODING_LATIN1},       {"windows1252", HT_ENCODING_LATIN1},
    {"cp1252", HT_ENCODING_LATIN1},       {"utf16", HT_ENCODING_UTF16},
    {"unicode", HT_ENCODING_UTF16},       {"ucs2", HT_ENCODING_UTF16},
    {"iso10646ucs2", HT_ENCODING_UTF16},  {"utf16le", HT_ENCODING_UTF16LE},
    {"utf16be", HT_ENCODING_UTF16BE},
};

/* HT_ENCODING_NONE for a name that is not known. */
static HtEncoding encoding_of(HtText name)
{
    char plain[NAME_MAX_BYTES];
    size_t length = 0;

    for (size_t i = 0; i < name.size; i++) {
        if (!g_ascii_isalnum(name.data[i]))
            continue;
        if (length == sizeof plain - 1)
            return HT_ENCODING_NONE;
        plain[length++] = g_ascii_tolower(name.data[i]);
    }
    plain[length] = '\0';
    for (size_t i = 0; i < G_N_ELEMENTS(encoding_names); i++) {
        if (strcmp(plain, encoding_names[i].name) == 0)
            return encoding_names[i].encoding;
    }
    return HT_ENCODING_NONE;
}

static HtText unquote(HtText name)
{
    while (name.size > 0 && strchr("\"' \t", name.data[name.size - 1]))
        name.size--;
    while (name.size > 0 && strchr("\"' \t", name.data[0])) {
        name.data++;
        name.size--;
    }
    return name;
}

/* ---- What the first bytes say ---- */

typedef struct {
    HtEncoding encoding; /* NONE: they say nothing */
    size_t mark_size;    /* bytes of the byte order mark */
    const char *refused; /* name of an encoding that is not read */
} Opening;

typedef struct {
    const char *bytes;
    size_t size;
    Opening opening;
} OpeningSign;

/* Longer signs first: UTF-32 begins as UTF-16 does. */
static const OpeningSign opening_signs[] = {
    {"\xFF\xFE\x00\x00", 4, {HT_ENCODING_NONE, 0, "UTF-32"}},
    {"\x00\x00\xFE\xFF", 4, {HT_ENCODING_NONE, 0, "UTF-32"}},
    {"<\x00\x00\x00", 4, {HT_ENCODING_NONE, 0, "UTF-32"}},
    {"\x00\x00\x00<", 4, {HT_ENCODING_NONE, 0, "UTF-32"}},
    {"\x4C\x6F\xA7\x94", 4, {HT_ENCODING_NONE, 0, "EBCDIC"}},
    {"\x84\x31\x95\x33", 4, {HT_ENCODING_GB18030, 4, NULL}},
    {"\xEF\xBB\xBF", 3, {HT_ENCODING_UTF8, 3, NULL}},
    {"\xFF\xFE", 2, {HT_ENCODING_UTF16LE, 2, NULL}},
    {"\xFE\xFF", 2, {HT_ENCODING_UTF16BE, 2, NULL}},
    {"<\x00", 2, {HT_ENCODING_UTF16LE, 0, NULL}},
    {"\x00<", 2, {HT_ENCODING_UTF16BE, 0, NULL}},
    {"{\x00", 2, {HT_ENCODING_UTF16LE, 0, NULL}}, /* JSON */
    {"\x00{", 2, {HT_ENCODING_UTF16BE, 0, NULL}},
    {"[\x00", 2, {HT_ENCODING_UTF16LE, 0, NULL}},
    {"\x00[", 2, {HT_ENCODING_UTF16BE, 0, NULL}},
};

static Opening read_opening(HtText bytes)
{
    if (bytes.size >= 2 && bytes.data[0] == '<' && bytes.data[1] != '\0')
        return (Opening){HT_ENCODING_NONE, 0, NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(opening_signs); i++) {
        const OpeningSign *sign = &opening_signs[i];
        if (bytes.size >= sign->size && memcmp(bytes.data, sign->bytes, sign->size) == 0)
            return sign->opening;
    }
    return (Opening){HT_ENCODING_NONE, 0, NULL};
}

/* UTF-16's mark before a `<` of one byte: somebody put it in front of a text of another encoding. XML in UTF-16 never begins
 * with the character that these two bytes would be. */
static Opening check_mark(HtText bytes, Opening opening)
{
    bool wide = opening.encoding == HT_ENCODING_UTF16LE || opening.encoding == HT_ENCODING_UTF16BE;
    if (wide && opening.mark_size == 2 && bytes.size >= 4 && bytes.data[2] == '<' &&
        (g_ascii_isalpha(bytes.data[3]) || strchr("?!_", bytes.data[3])) && bytes.data[3] != '\0')
        opening.encoding = HT_ENCODING_NONE;
    return opening;
}

static bool is_utf16(HtEncoding encoding)
{
    return encoding == HT_ENCODING_UTF16 || encoding == HT_ENCODING_UTF16LE ||
           encoding == HT_ENCODING_UTF16BE;
}

/* ---- What is declared ---- */

static bool refuse(HtText name, GError **error)
{
    bool ours = ht_text_is(name, "UTF-32") || ht_text_is(name, "EBCDIC"); /* what the first bytes say */
    g_set_error(error, HT_TEXT_ERROR, HT_TEXT_ERROR_UNSUPPORTED_ENCODING,
                "%s is not supported; UTF-8, UTF-16, the GB family, ASCII and Latin-1 are",
                !ours                        ? "the encoding that is declared"
                : ht_text_is(name, "UTF-32") ? "UTF-32"
                                             : "EBCDIC");
    return false;
}

/* One call of ht_text_decode(). */
typedef struct {
    HtTextOutput *output;
    HtText http_charset;
    Opening opening;
    HtDecoded *out;
} Decoding;

/* Finds what is declared, by `text`'s XML declaration or by HTTP, and moves `text` past the declaration. */
static bool take_declaration(Decoding *decoding, HtText *text, GError **error)
{
    HtDecoded *out = decoding->out;
    HtTextDeclaration declaration;
    HtText http_name = unquote(decoding->http_charset);
    unsigned lines;

    *text = ht_text_skip_marks(*text, &lines);
    ht_text_find_declaration(*text, &declaration);
    if (declaration.encoding.data) {
        out->declared = encoding_of(declaration.encoding);
        if (out->declared == HT_ENCODING_NONE)
            return refuse(declaration.encoding, error);
    } else if (http_name.size > 0) {
        out->declared = encoding_of(http_name);
        if (out->declared == HT_ENCODING_NONE)
            return refuse(http_name, error);
    }
    out->skipped_lines = lines + declaration.skipped_lines;
    text->data += declaration.end;
    text->size -= declaration.end;
    return true;
}

/* ---- Decoding ---- */

/* Takes what a converter has written as the result, unless it had to give up. */
static bool take_converted(Decoding *decoding, bool converted, GError **error)
{
    HtDecoded *out = decoding->out;
    HtTextScan scan = {HT_TRAIT_ALL, true};

    if (!converted) {
        g_set_error(error, HT_TEXT_ERROR, HT_TEXT_ERROR_TOO_LARGE,
                    "the decoded text may need more than %zu bytes", decoding->output->max_size);
        return false;
    }
    HtText text = ht_buffer_text(&decoding->output->buffer);
    ht_text_scan((const uint8_t *)text.data, text.size, &scan);
    out->text = text.data;
    out->size = text.size;
    out->traits = scan.traits;
    if (out->repaired > 0)
        out->marks |= HT_TEXT_HALF_CHARACTER;
    return true;
}

static bool decode_utf16(Decoding *decoding, HtText bytes, GError **error)
{
    HtDecoded *out = decoding->out;
    bool big_endian = decoding->opening.encoding == HT_ENCODING_UTF16BE;
    bool converted = ht_text_convert_utf16((const uint8_t *)bytes.data, bytes.size, big_endian,
                                           decoding->output, &out->repaired);

    if (!take_converted(decoding, converted, error))
        return false;
    HtText text = {out->text, out->size};
    if (!take_declaration(decoding, &text, error))
        return false;
    out->text = text.data;
    out->size = text.size;
    out->encoding = decoding->opening.encoding;
    if (out->declared != HT_ENCODING_NONE && !is_utf16(out->declared))
        out->marks |= HT_TEXT_ENCODING_MISMATCH;
    return true;
}

/* The mark for a text that is not all ASCII. `is_certain`: only a declaration could cast doubt on it. */
static unsigned encoding_mark(const HtDecoded *out, bool is_certain)
{
    if (out->declared == HT_ENCODING_NONE)
        return is_certain ? 0 : HT_TEXT_ENCODING_ASSUMED;
    return out->declared == out->encoding ? 0 : HT_TEXT_ENCODING_MISMATCH;
}

/* Decodes text that is not sound UTF-8, or is so only by chance. */
static bool convert(Decoding *decoding, HtText text, bool is_broken_utf8, GError **error)
{
    HtDecoded *out = decoding->out;
    const uint8_t *bytes = (const uint8_t *)text.data;
    bool converted;
    size_t joined = 0;

    if (is_broken_utf8)
        converted = ht_text_convert_broken_utf8(bytes, text.size, decoding->output, &out->repaired, &joined);
    else
        converted = ht_text_convert_gb18030(bytes, text.size, decoding->output, &out->repaired);
    if (!take_converted(decoding, converted, error))
        return false;
    out->encoding = is_broken_utf8 ? HT_ENCODING_UTF8 : HT_ENCODING_GB18030;
    out->marks |= joined > 0 ? HT_TEXT_SURROGATES_JOINED : 0;
    if ((out->traits & HT_TRAIT_NON_ASCII) != 0)
        out->marks |= encoding_mark(out, decoding->opening.encoding == out->encoding);
    return true;
}

static HtTextSaid what_is_said(HtEncoding opening, HtEncoding declared)
{
    if (opening == HT_ENCODING_UTF8)
        return HT_TEXT_SHOWS_UTF8;
    if (declared == HT_ENCODING_GB18030)
        return HT_TEXT_SAYS_GB;
    return declared == HT_ENCODING_UTF8 ? HT_TEXT_SAYS_UTF8 : HT_TEXT_SAYS_NOTHING;
}

static bool decode_bytes(Decoding *decoding, HtText text, GError **error)
{
    HtDecoded *out = decoding->out;
    HtEncoding opening = decoding->opening.encoding;
    const uint8_t *bytes = (const uint8_t *)text.data;
    HtTextScan scan;

    if (opening == HT_ENCODING_GB18030)
        return convert(decoding, text, false, error);
    if (!ht_text_scan(bytes, text.size, &scan)) {
        HtTextSaid said = what_is_said(opening, out->declared);
        return convert(decoding, text, ht_text_judge_utf8(bytes, text.size, said), error);
    }
    bool is_ascii = (scan.traits & HT_TRAIT_NON_ASCII) == 0;
    bool is_certain = scan.has_wide || opening == HT_ENCODING_UTF8;
    HtTextSaid said = what_is_said(opening, out->declared);
    if (!is_ascii && !is_certain && (said == HT_TEXT_SAYS_GB || !ht_text_judge_utf8(bytes, text.size, said)))
        return convert(decoding, text, false, error);

    out->text = text.data;
    out->size = text.size;
    out->traits = scan.traits;
    out->encoding = HT_ENCODING_UTF8;
    out->marks = is_ascii ? 0 : encoding_mark(out, is_certain);
    return true;
}

bool ht_text_decode(HtTextBuffer *buffer, HtText bytes, HtText http_charset, HtDecoded *out, GError **error)
{
    Decoding decoding = {&buffer->output, http_charset, check_mark(bytes, read_opening(bytes)), out};

    *out = (HtDecoded){.text = ""};
    if (bytes.size < KEEP_SIZE / 2)
        ht_buffer_reset(&buffer->output.buffer, KEEP_SIZE);
    if (decoding.opening.refused)
        return refuse(ht_text_from(decoding.opening.refused), error);
    if (!bytes.data)
        bytes = HT_TEXT_LITERAL("");
    HtText text = {bytes.data + decoding.opening.mark_size, bytes.size - decoding.opening.mark_size};
    if (is_utf16(decoding.opening.encoding))
        return decode_utf16(&decoding, text, error);
    return take_declaration(&decoding, &text, error) && decode_bytes(&decoding, text, error);
}
