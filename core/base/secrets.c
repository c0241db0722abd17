/* Finding secrets by name; see secrets.h. The bus looks with this at payloads that it never parses: one pass over the bytes, which
 * knows markup only as far as it must to see where a value begins and ends. */
#include "core/base/secrets.h"

#include <gio/gio.h>

#define NAME_MAX_BYTES 64
#define VALUE_MAX_BYTES (64 * 1024) /* of a value without an end: the rest is another's */

/* ---- Names ---- */

static bool is_sign(char byte)
{
    return byte == '_' || byte == '-' || byte == '.';
}

/* Without prefix and signs, in lower case; empty when it is too long for any of the names. */
static size_t fold(HtText name, char folded[NAME_MAX_BYTES + 1])
{
    const char *colon = name.size > 0 ? memrchr(name.data, ':', name.size) : NULL;
    size_t used = 0;
    for (const char *at = colon ? colon + 1 : name.data; name.size > 0 && at < name.data + name.size; at++) {
        if (is_sign(*at)) {
            continue;
        }
        if (used == NAME_MAX_BYTES) {
            return 0;
        }
        folded[used++] = g_ascii_tolower(*at);
    }
    folded[used] = '\0';
    return used;
}

static bool has_end(const char *name, size_t size, const char *const *ends)
{
    for (; *ends; ends++) {
        size_t length = strlen(*ends);
        bool begins =
            memcmp(name, *ends, MIN(length, size)) == 0 && strcmp(*ends, "secret") != 0; /* a secretary */
        if (size >= length && (begins || memcmp(name + size - length, *ends, length) == 0)) {
            return true;
        }
    }
    return false;
}

bool ht_secret_name(HtText name, const char *const *more)
{
    static const char *const whole[] = {"license",   "licence",       "inlicense",   "inlicence",  "userkey",
                                        "appkey",    "accesskey",     "apikey",      "privatekey", "authkey",
                                        "authcode",  "authorization", "credentials", "credential", "nonce",
                                        "secretkey", "passphrase",    "sign",        "密码",       "口令",
                                        "令牌",      "授权码",        NULL};
    static const char *const ends[] = {"password", "passwd", "pwd", "token", "secret", NULL};
    char folded[NAME_MAX_BYTES + 1];
    size_t size = fold(name, folded);
    if (size == 0) {
        return false;
    }
    for (; more && *more; more++) {
        if (g_pattern_match_simple(*more, folded)) {
            return true;
        }
    }
    return g_strv_contains(whole, folded) || has_end(folded, size, ends);
}

/* ---- Places ---- */

typedef struct {
    const char *at, *end;
} Scan;

static bool is_name_byte(char byte)
{
    return g_ascii_isalnum(byte) || is_sign(byte) || byte == ':' || (unsigned char)byte >= 0x80;
}

static bool starts_with(const Scan *scan, const char *word)
{
    size_t size = strlen(word);
    return (size_t)(scan->end - scan->at) >= size && memcmp(scan->at, word, size) == 0;
}

static void skip_blanks(Scan *scan)
{
    while (scan->at < scan->end && g_ascii_isspace(*scan->at)) {
        scan->at++;
    }
}

/* The size of `sign` at the place, as it is or escaped as `entity` ("lt;"), however often. 0 when it is not there. */
static size_t measure(const Scan *scan, char sign, const char *entity)
{
    Scan rest = *scan;
    if (rest.at < rest.end && *rest.at == sign) {
        return 1;
    }
    if (rest.at == rest.end || *rest.at != '&') {
        return 0;
    }
    rest.at++;
    while (starts_with(&rest, "amp;")) {
        rest.at += 4;
    }
    return starts_with(&rest, entity) ? (size_t)(rest.at - scan->at) + strlen(entity) : 0;
}

static size_t measure_quote(const Scan *scan)
{
    size_t size = measure(scan, '"', "quot;");
    return size ? size : measure(scan, '\'', "apos;");
}

/* The value from `start` to the first end of its kind. */
static const char *find_end(const Scan *scan, bool (*is_end)(const Scan *at))
{
    Scan rest = {scan->at, scan->at + MIN((size_t)(scan->end - scan->at), VALUE_MAX_BYTES)};
    while (rest.at < rest.end && !is_end(&(Scan){rest.at, scan->end})) {
        rest.at++;
    }
    return rest.at;
}

static bool is_tag(const Scan *at)
{
    return measure(at, '<', "lt;") > 0;
}

static bool is_section_end(const Scan *at)
{
    return starts_with(at, "]]>") || starts_with(at, "]]&");
}

static bool is_quote(const Scan *at)
{
    return at->at[-1] != '\\' && measure_quote(at) > 0;
}

static bool is_any_quote(const Scan *at)
{
    return measure_quote(at) > 0;
}

static bool is_word_end(const Scan *at)
{
    return !is_name_byte(*at->at) && !strchr("+/=%~!*", *at->at);
}

/* The content of an element: what follows its tag up to the next one. */
static bool enter_content(Scan *scan)
{
    Scan rest = *scan;
    for (unsigned i = 0; i < 1024 && rest.at < rest.end; i++) {
        size_t size = measure(&rest, '>', "gt;");
        if (size > 0) {
            bool is_empty = rest.at > scan->at && rest.at[-1] == '/';
            scan->at = rest.at + size;
            return !is_empty;
        }
        if (is_tag(&rest)) {
            return false;
        }
        rest.at++;
    }
    return false;
}

static bool enter_section(Scan *scan)
{
    skip_blanks(scan);
    Scan rest = *scan;
    size_t size = measure(&rest, '<', "lt;");
    rest.at += size;
    if (size == 0 || !starts_with(&rest, "![CDATA[")) {
        return false;
    }
    scan->at = rest.at + 8;
    return true;
}

/* `name="pwd" value="…"`, `"name":"pwd","value":"…"`: the name was a value itself. */
static void skip_value_word(Scan *scan)
{
    Scan rest = *scan;
    if (rest.at < rest.end && *rest.at == ',') {
        rest.at++;
        skip_blanks(&rest);
        rest.at += measure_quote(&rest);
    }
    if ((size_t)(rest.end - rest.at) > 5 && g_ascii_strncasecmp(rest.at, "value", 5) == 0) {
        rest.at += 5;
        rest.at += measure_quote(&rest);
        skip_blanks(&rest);
        scan->at = rest.at;
    }
}

/* Where the value behind a name ends; the scan goes on there. NULL when there is none: it was a closing tag, or a word of a text. */
static const char *find_value(Scan *scan, bool tag)
{
    if (tag) {
        if (!enter_content(scan)) {
            return NULL;
        }
        return enter_section(scan) ? find_end(scan, is_section_end) : find_end(scan, is_tag);
    }
    size_t quote = measure_quote(scan); /* the end of a JSON member's name */
    scan->at += scan->at < scan->end && *scan->at == '\\'
                    ? 1 + measure_quote(&(Scan){scan->at + 1, scan->end})
                    : quote;
    skip_blanks(scan);
    skip_value_word(scan);
    if (scan->at == scan->end || (*scan->at != '=' && *scan->at != ':')) {
        return NULL;
    }
    scan->at++;
    skip_blanks(scan);
    bool escaped = scan->at < scan->end && *scan->at == '\\'; /* JSON in a string of JSON */
    scan->at += escaped;
    quote = measure_quote(scan);
    scan->at += quote;
    return find_end(scan, !quote ? is_word_end : escaped ? is_any_quote : is_quote);
}

static void find_in_text(HtText bytes, const char *const *more, HtSecretFound found, void *user)
{
    Scan scan = {bytes.data, bytes.data + bytes.size};
    const char *before = NULL; /* the end of `<` when a name follows it */
    while (scan.at < scan.end) {
        size_t tag = measure(&scan, '<', "lt;");
        if (tag > 0) {
            scan.at += tag;
            before = scan.at;
            continue;
        }
        if (!is_name_byte(*scan.at)) {
            scan.at++;
            continue;
        }
        const char *name = scan.at;
        while (scan.at < scan.end && is_name_byte(*scan.at)) {
            scan.at++;
        }
        if (!ht_secret_name((HtText){name, (size_t)(scan.at - name)}, more)) {
            continue;
        }
        const char *after = scan.at, *end = find_value(&scan, name == before);
        if (end && end > scan.at) {
            found(user, (size_t)(scan.at - bytes.data), (size_t)(end - scan.at));
        }
        scan.at = end ? end : after;
    }
}

/* ---- Base64 and what is compressed ---- */

#define PACKED_MIN 32                   /* signs: less holds no name with a value */
#define PACKED_DEPTH 4                  /* packed in what is packed */
#define UNPACKED_MAX (16 * 1024 * 1024) /* bytes that one run of base64 may come to, with all that is in it */
#define ZIP_HEAD 30                     /* bytes before an entry's name */

/* The search in one run of base64. What is beyond its bounds is taken for a secret: rather too much is hidden. */
typedef struct {
    const char *const *more;
    size_t left; /* bytes that may still be unpacked */
    unsigned depth;
} Look;

static bool has_secret(Look *look, HtText bytes);

static int unpack_sign(char sign)
{
    if (g_ascii_isupper(sign)) {
        return sign - 'A';
    }
    if (g_ascii_islower(sign)) {
        return sign - 'a' + 26;
    }
    return g_ascii_isdigit(sign) ? sign - '0' + 52 : sign == '+' ? 62 : sign == '/' ? 63 : -1;
}

/* What may stand inside of base64: a line end as it is, as a reference or as JSON writes it, and JSON's sign before a `/`. Its length, or
 * 0. */
static size_t measure_break(const Scan *scan)
{
    static const char *const breaks[] = {"\r",    "\n",    "&#13;", "&#10;", "&#xD;",
                                         "&#xA;", "&#xd;", "&#xa;", "\\r",   "\\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(breaks); i++) {
        if (starts_with(scan, breaks[i])) {
            return strlen(breaks[i]);
        }
    }
    return starts_with(scan, "\\/") ? 1 : 0;
}

/* The end of the run of base64 that begins here, with the line ends in it; the beginning when it is too short for one. */
static const char *find_packed_end(const Scan *scan)
{
    Scan rest = *scan;
    const char *last = scan->at;
    size_t signs = 0;
    for (size_t skipped = 1; rest.at < rest.end && skipped > 0; rest.at += skipped) {
        bool is_sign = unpack_sign(*rest.at) >= 0;
        skipped = is_sign ? 1 : measure_break(&rest);
        signs += is_sign;
        last = is_sign ? rest.at + 1 : last;
    }
    return signs >= PACKED_MIN ? last : scan->at;
}

static size_t unpack(HtText run, char *bytes)
{
    size_t used = 0;
    unsigned bits = 0, count = 0;
    Scan scan = {run.data, run.data + run.size};
    while (scan.at < scan.end) {
        int value = unpack_sign(*scan.at);
        scan.at += value < 0 ? MAX(measure_break(&scan), 1) : 1;
        if (value < 0) {
            continue;
        }
        bits = bits << 6 | (unsigned)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes[used++] = (char)(bits >> count);
        }
    }
    return used;
}

static bool take_room(Look *look, size_t size)
{
    bool fits = size <= look->left;
    look->left -= fits ? size : 0;
    return fits;
}

static bool has_packed_secret(Look *look, HtText run)
{
    size_t room = run.size / 4 * 3 + 3;
    g_autofree char *bytes = take_room(look, room) ? g_try_malloc(room) : NULL;
    return !bytes || has_secret(look, (HtText){bytes, unpack(run, bytes)});
}

/* The run behind its first line, when that is no line of base64 but a word before it (a part's head); else nothing. */
static HtText skip_word_before(HtText run)
{
    size_t line = 0;
    while (line < run.size && unpack_sign(run.data[line]) >= 0) {
        line++;
    }
    return line % 4 == 0 ? HT_TEXT_NONE : (HtText){run.data + line, run.size - line};
}

/* The next run from the place on, which moves behind it. False at the end. */
static bool find_run(Scan *scan, HtText *run)
{
    while (scan->at < scan->end) {
        const char *end = find_packed_end(scan);
        *run = (HtText){scan->at, (size_t)(end - scan->at)};
        scan->at = end;
        while (scan->at < scan->end && unpack_sign(*scan->at) >= 0) {
            scan->at++; /* a word that is too short for a run */
        }
        scan->at += scan->at < scan->end;
        if (run->size > 0) {
            return true;
        }
    }
    return false;
}

static bool is_secret_run(Look *look, HtText run)
{
    HtText behind = skip_word_before(run);
    return has_packed_secret(look, run) || (behind.size > 0 && has_packed_secret(look, behind));
}

/* Compressed bytes; `used` is how many of them there are. What is damaged is looked at as far as it can be read. */
static bool has_inflated_secret(Look *look, HtText bytes, GZlibCompressorFormat format, size_t *used)
{
    g_autoptr(GZlibDecompressor) inflater = g_zlib_decompressor_new(format);
    g_autoptr(GByteArray) out = g_byte_array_new();
    GConverterResult result = G_CONVERTER_CONVERTED;
    *used = 0;
    while (result == G_CONVERTER_CONVERTED && *used < bytes.size) {
        char piece[16 * 1024];
        gsize read = 0, written = 0;
        result = g_converter_convert(G_CONVERTER(inflater), bytes.data + *used, bytes.size - *used, piece,
                                     sizeof piece, G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
        if (!take_room(look, written)) {
            return true;
        }
        g_byte_array_append(out, (const guint8 *)piece, (guint)written);
        *used += read;
    }
    return has_secret(look, (HtText){(const char *)out->data, out->len});
}

static unsigned read_number(const char *bytes)
{
    return (unsigned char)bytes[0] | (unsigned)(unsigned char)bytes[1] << 8;
}

/* Stored entries have been looked at as the bytes that they are; what is encrypted or packed in another way cannot be. */
static bool has_zipped_secret(Look *look, HtText bytes)
{
    while (bytes.size >= ZIP_HEAD && memcmp(bytes.data, "PK\3\4", 4) == 0) {
        bool encrypted = read_number(bytes.data + 6) & 1;
        unsigned method = read_number(bytes.data + 8);
        size_t skipped =
            MIN(bytes.size, ZIP_HEAD + read_number(bytes.data + 26) + read_number(bytes.data + 28));
        bytes = (HtText){bytes.data + skipped, bytes.size - skipped};
        if (encrypted || (method != 0 && method != 8)) {
            return true;
        }
        if (method == 8 && has_inflated_secret(look, bytes, G_ZLIB_COMPRESSOR_FORMAT_RAW, &skipped)) {
            return true;
        }
        skipped = method == 8 ? skipped : 0;
        const char *next = memmem(bytes.data + skipped, bytes.size - skipped, "PK\3\4", 4);
        bytes = next ? (HtText){next, (size_t)(bytes.data + bytes.size - next)} : HT_TEXT_NONE;
    }
    return false;
}

static bool begins_zlib(HtText bytes)
{
    return bytes.size > 2 && bytes.data[0] == 0x78 && (0x7800 | (unsigned char)bytes.data[1]) % 31 == 0;
}

static bool has_compressed_secret(Look *look, HtText bytes)
{
    size_t used;
    if (bytes.size > 3 && memcmp(bytes.data, "\x1f\x8b\x08", 3) == 0) {
        return has_inflated_secret(look, bytes, G_ZLIB_COMPRESSOR_FORMAT_GZIP, &used);
    }
    return begins_zlib(bytes) ? has_inflated_secret(look, bytes, G_ZLIB_COMPRESSOR_FORMAT_ZLIB, &used)
                              : has_zipped_secret(look, bytes);
}

/* ---- UTF-16 ---- */

static bool is_wide(HtText bytes)
{
    return bytes.size >= 4 &&
           (bytes.data[0] == '\0' || bytes.data[1] == '\0' || memcmp(bytes.data, "\xff\xfe", 2) == 0 ||
            memcmp(bytes.data, "\xfe\xff", 2) == 0);
}

static size_t narrow(HtText bytes, char *ascii)
{
    size_t used = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] != '\0' && (unsigned char)bytes.data[i] < 0x80) {
            ascii[used++] = bytes.data[i];
        }
    }
    return used;
}

/* ---- All of it ---- */

static void note_found(void *user, size_t start, size_t size)
{
    (void)start;
    (void)size;
    *(bool *)user = true;
}

static bool has_text_secret(Look *look, HtText bytes)
{
    bool found = false;
    HtText run;
    Scan scan = {bytes.data, bytes.data + bytes.size};
    find_in_text(bytes, look->more, note_found, &found);
    while (!found && find_run(&scan, &run)) {
        found = is_secret_run(look, run);
    }
    return found;
}

static bool has_wide_secret(Look *look, HtText bytes)
{
    g_autofree char *ascii = take_room(look, bytes.size) ? g_try_malloc(bytes.size) : NULL;
    return !ascii || has_text_secret(look, (HtText){ascii, narrow(bytes, ascii)});
}

/* In what a run of base64, or something compressed, has come to. */
static bool has_secret(Look *look, HtText bytes)
{
    if (bytes.size == 0) {
        return false;
    }
    if (look->depth == PACKED_DEPTH) {
        return true;
    }
    look->depth++;
    bool found = has_text_secret(look, bytes) || (is_wide(bytes) && has_wide_secret(look, bytes)) ||
                 has_compressed_secret(look, bytes);
    look->depth--;
    return found;
}

void ht_secrets_find(HtText bytes, const char *const *more, HtSecretFound found, void *user)
{
    HtText run;
    Scan scan = {bytes.data, bytes.data + bytes.size};
    if (is_wide(bytes)) {
        if (has_wide_secret(&(Look){more, bytes.size + UNPACKED_MAX, 0}, bytes)) {
            found(user, 0, bytes.size);
        }
        return;
    }
    find_in_text(bytes, more, found, user);
    while (
        find_run(&scan, &run)) { /* all of one that holds a secret: which part of it that is cannot be said */
        if (is_secret_run(&(Look){more, UNPACKED_MAX, 0}, run)) {
            found(user, (size_t)(run.data - bytes.data), run.size);
        }
    }
}

bool ht_secrets_are_in(HtText bytes, const char *const *more)
{
    bool found = false;
    ht_secrets_find(bytes, more, note_found, &found);
    return found;
}
