/*
 * text.h: bytes as a department sent them into UTF-8 for the parser, with everything said that was guessed
 * or repaired.
 *
 * Declared encodings are often wrong, and obeying them can change names: read as GB 2312 by the C library,
 * the dot of minority names becomes another character. So the bytes decide: what is sound UTF-8 is UTF-8,
 * everything else of the GB family is GB 18030, whatever was declared. Nothing is changed without a mark.
 *
 * This header brings its three companions: text/scan.h (traits), text/prolog.h (declaration, DOCTYPE, first
 * element) and text/value.h (single values and the marks).
 */
#pragma once

#include <glib.h>

#include "core/base/buffer.h"
#include "mappings/engine/text/prolog.h"
#include "mappings/engine/text/scan.h"
#include "mappings/engine/text/value.h"

typedef enum {
    HT_ENCODING_NONE, /* nothing declared */
    HT_ENCODING_UTF8,
    HT_ENCODING_GB18030, /* as declared: any of gb2312, gbk, cp936, gb18030, …; as used: GB 18030-2022 */
    HT_ENCODING_ASCII,   /* only as declared, like the next */
    HT_ENCODING_LATIN1,  /* iso-8859-1 or windows-1252: the default of many servers, not a statement */
    HT_ENCODING_UTF16,   /* as declared without byte order */
    HT_ENCODING_UTF16LE,
    HT_ENCODING_UTF16BE,
} HtEncoding;

typedef struct {
    const char *text; /* UTF-8 without byte order mark and XML declaration; no NUL at its end. Points into
                               the bytes given or the HtTextBuffer; lives as long as both stay as they are */
    size_t size;
    unsigned skipped_lines; /* newlines before `text`: to be added to the parser's line numbers */
    HtEncoding encoding;    /* what the bytes were read as: UTF-8, GB 18030, UTF-16LE or UTF-16BE */
    HtEncoding declared;    /* by the XML declaration, else by HTTP */
    unsigned
        marks; /* HtTextMark bits: ENCODING_MISMATCH, ENCODING_ASSUMED, HALF_CHARACTER, SURROGATES_JOINED */
    unsigned traits; /* HtTextTrait bits of `text` */
    size_t repaired; /* number of U+FFFD put in */
} HtDecoded;

#define HT_TEXT_ERROR (ht_text_error_quark())
GQuark ht_text_error_quark(void);

/* Messages name encodings and sizes, never content. */
typedef enum {
    HT_TEXT_ERROR_UNSUPPORTED_ENCODING, /* a name that ht_text_decode() does not know; UTF-32; EBCDIC */
    HT_TEXT_ERROR_TOO_LARGE,            /* the decoded text does not fit into the buffer's bound */
} HtTextError;

/*
 * Memory for decoded text, used for one message after the other; nothing is allocated once it has grown to
 * the usual size, and it shrinks again after a giant. One owner, one thread.
 */
typedef struct HtTextBuffer HtTextBuffer;

/*
 * A buffer that never takes more than `max_size` bytes. Twice the largest body is always enough, unless
 * more than a quarter of it is broken.
 */
HtTextBuffer *ht_text_buffer_new(size_t max_size);
void ht_text_buffer_free(HtTextBuffer *buffer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtTextBuffer, ht_text_buffer_free)

/*
 * Decodes one message (or file). `bytes` is the body as received; `http_charset` the charset parameter of
 * its Content-Type, absent if there was none, quotes allowed. `buffer` is used unless the bytes are sound
 * UTF-8, which is left where it is.
 *
 * How the encoding is found, in this order:
 * 1. UTF-16, by its byte order mark or by a `<` beside a zero byte, is read as that. UTF-32 and EBCDIC are
 *    refused.
 * 2. The XML declaration, or else HTTP, says what is declared. An encoding that is not on the list is
 *    refused by name, so that no exotic one (UTF-7, HZ, ISO-2022, Big5) ever reaches a parser. Against a byte order
 *    mark, and against UTF-16 that is seen, a declaration counts for nothing; a mark of UTF-16 before a text of
 *    single bytes is taken off.
 * 3. Sound UTF-8 is UTF-8; but if a GB encoding is declared and no character takes three bytes, the
 *    declaration is believed: 女 in GB 2312 is also a sound Ů.
 * 4. Of anything else both readings are weighed by how plausible their characters are (text/judge.h): one character cut
 *    in half must not turn all others into wrong ones. Damaged UTF-8 is UTF-8 with the faults replaced and characters of
 *    two surrogates (CESU-8) put together.
 * 5. Everything else is GB 18030.
 *
 * Marks: SURROGATES_JOINED; ENCODING_MISMATCH if another encoding was declared than is used, ENCODING_ASSUMED if none was and
 * it is not plainly UTF-8, neither for a text that is all ASCII; HALF_CHARACTER if `repaired` is not 0.
 *
 * Names of encodings are read without regard to case, `-`, `_` and the like: utf-8, us-ascii, gb2312, gb_2312-80, gbk, x-gbk, cp936,
 * ms936, windows-936, euc-cn, gb18030, iso-8859-1, windows-1252, utf-16.
 * On success `out` is filled; `out->text` is strict UTF-8. On failure HT_TEXT_ERROR is set.
 */
bool ht_text_decode(HtTextBuffer *buffer, HtText bytes, HtText http_charset, HtDecoded *out, GError **error);
