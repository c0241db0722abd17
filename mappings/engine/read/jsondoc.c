/* Reads JSON in one pass over the text, once without a handler to check it and once with one; called by strings.c in the
 * host. The same code does both, so that what was checked is what is read. Recursion is bounded by HT_JSONDOC_DEPTH. */
#include "mappings/engine/read/jsondoc.h"

#include <glib.h>

#define NAME_MAX_BYTES 256 /* of a member's name as an element; what is longer is cut */

typedef struct {
    const char *at;
    const char *end;
    const HtJsonHandler *handler; /* NULL when only checking */
    void *user;
    unsigned depth;
} Json;

typedef struct {
    const char *bytes;
    size_t size;
} Name;

static bool read_element(Json *json, Name name);

static void skip_blanks(Json *json)
{
    while (json->at < json->end && strchr(" \t\r\n", *json->at) && *json->at != '\0') {
        json->at++;
    }
}

/* Takes `byte` if it comes next, after blanks. */
static bool take(Json *json, char byte)
{
    skip_blanks(json);
    if (json->at == json->end || *json->at != byte) {
        return false;
    }
    json->at++;
    return true;
}

static bool give_start(const Json *json, Name name)
{
    return !json->handler || json->handler->start(json->user, name.bytes, name.size);
}

static bool give_text(const Json *json, const char *text, size_t size)
{
    return !json->handler || size == 0 || json->handler->text(json->user, text, size);
}

static bool give_end(const Json *json, Name name)
{
    return !json->handler || json->handler->end(json->user, name.bytes, name.size);
}

/* ---- Strings ---- */

static bool read_hex(Json *json, uint32_t *unit)
{
    if (json->end - json->at < 4) {
        return false;
    }
    *unit = 0;
    for (unsigned i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(*json->at++);
        if (digit < 0) {
            return false;
        }
        *unit = *unit * 16 + (uint32_t)digit;
    }
    return true;
}

/* What follows `\u`: one UTF-16 unit, or two of a pair. What XML could not hold either becomes U+FFFD. */
static bool read_unicode(Json *json, uint32_t *character)
{
    uint32_t unit, low;
    if (!read_hex(json, &unit)) {
        return false;
    }
    *character = unit;
    if (unit >= 0xd800 && unit < 0xdc00 && json->end - json->at >= 6 && json->at[0] == '\\' &&
        json->at[1] == 'u') {
        const char *second = json->at;
        json->at += 2;
        if (!read_hex(json, &low)) {
            return false;
        }
        if (low >= 0xdc00 && low < 0xe000) {
            *character = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            return true;
        }
        json->at = second;
    }
    bool forbidden = (unit < 0x20 && unit != '\t' && unit != '\n' && unit != '\r') || unit >= 0xfffe;
    if (forbidden || (unit >= 0xd800 && unit < 0xe000)) {
        *character = 0xfffd;
        if (json->handler && json->handler->lost) {
            json->handler->lost(json->user);
        }
    }
    return true;
}

/* One escape, after its backslash, as UTF-8. Returns its size, 0 when it is none. */
static size_t read_escape(Json *json, char out[6])
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (json->at == json->end) {
        return 0;
    }
    char letter = *json->at++;
    uint32_t character;
    if (letter == 'u') {
        return read_unicode(json, &character) ? (size_t)g_unichar_to_utf8(character, out) : 0;
    }
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (!found) {
        return 0;
    }
    character = (uint32_t)meant[found - letters];
    if (character == '\b' || character == '\f') {
        character = 0xfffd;
    }
    return (size_t)g_unichar_to_utf8(character, out);
}

/* The rest of a string after its first quote; pieces go to `out` or, where that is NULL, to the handler. */
static bool read_string(Json *json, HtBuffer *out)
{
    while (json->at < json->end && *json->at != '"') {
        const char *from = json->at;
        char escaped[6];
        while (json->at < json->end && *json->at != '"' && *json->at != '\\' &&
               (unsigned char)*json->at >= 0x20) {
            json->at++;
        }
        size_t size = (size_t)(json->at - from);
        if (size == 0) {
            if (*json->at != '\\') {
                return false;
            }
            json->at++;
            if ((size = read_escape(json, escaped)) == 0) {
                return false;
            }
            from = escaped;
        }
        if (out) {
            ht_buffer_add(out, from, size);
        } else if (!give_text(json, from, size)) {
            return false;
        }
    }
    return take(json, '"');
}

/* ---- Values ---- */

static bool is_name_byte(unsigned char byte)
{
    return byte >= 0x80 || g_ascii_isalnum(byte) || byte == '_' || byte == '-' || byte == '.';
}

/* A member's name as an element's: what no element's name can hold becomes `_`. */
static Name make_name(HtBuffer *member)
{
    size_t size = MIN(member->size, NAME_MAX_BYTES);
    while (size > 0 && size < member->size && ((unsigned char)member->data[size] & 0xc0) == 0x80) {
        size--;
    }
    member->size = size;
    for (size_t i = 0; i < size; i++) {
        if (!is_name_byte((unsigned char)member->data[i])) {
            member->data[i] = '_';
        }
    }
    if (size == 0) {
        ht_buffer_add_char(member, '_');
    } else if (g_ascii_isdigit(member->data[0]) || member->data[0] == '-' || member->data[0] == '.') {
        ht_buffer_add_char(member, '_');
        memmove(member->data + 1, member->data, member->size - 1);
        member->data[0] = '_';
    }
    return (Name){member->data, member->size};
}

/* What follows `[`: every item is an element of this name. */
static bool read_array(Json *json, Name name)
{
    if (take(json, ']')) {
        return true;
    }
    do {
        if (!read_element(json, name)) {
            return false;
        }
    } while (take(json, ','));
    return take(json, ']');
}

/* Takes `null`, `""` or `{}`. */
static bool take_nothing(Json *json)
{
    static const HtText null = HT_TEXT_LITERAL("null");
    Json ahead = *json;
    bool found;
    if (take(&ahead, '{')) {
        found = take(&ahead, '}');
    } else if (take(&ahead, '"')) {
        found = ahead.at < ahead.end && *ahead.at++ == '"';
    } else {
        found = (size_t)(ahead.end - ahead.at) >= null.size && memcmp(ahead.at, null.data, null.size) == 0;
        ahead.at += found ? null.size : 0;
    }
    json->at = found ? ahead.at : json->at;
    return found;
}

static bool read_member(Json *json)
{
    HtBuffer member = {0};
    bool good = take(json, '"') && read_string(json, &member) && take(json, ':');
    if (good) {
        Name name = make_name(&member);
        good = take(json, '[') ? read_array(json, name) : take_nothing(json) || read_element(json, name);
    }
    ht_buffer_clear(&member);
    return good;
}

/* What follows `{`. */
static bool read_object(Json *json)
{
    if (take(json, '}')) {
        return true;
    }
    do {
        if (!read_member(json)) {
            return false;
        }
    } while (take(json, ','));
    return take(json, '}');
}

static bool skip_digits(Json *json)
{
    const char *from = json->at;
    while (json->at < json->end && g_ascii_isdigit(*json->at)) {
        json->at++;
    }
    return json->at > from;
}

static bool skip_if(Json *json, const char *bytes)
{
    if (json->at == json->end || *json->at == '\0' || !strchr(bytes, *json->at)) {
        return false;
    }
    json->at++;
    return true;
}

static bool skip_number(Json *json)
{
    skip_if(json, "-");
    const char *digits = json->at;
    if (!skip_digits(json) || (*digits == '0' && json->at > digits + 1)) {
        return false;
    }
    if (skip_if(json, ".") && !skip_digits(json)) {
        return false;
    }
    if (skip_if(json, "eE")) {
        skip_if(json, "+-");
        if (!skip_digits(json)) {
            return false;
        }
    }
    return true;
}

static bool read_number(Json *json)
{
    const char *from = json->at;
    if (!skip_number(json)) {
        json->at = from;
        return false;
    }
    return give_text(json, from, (size_t)(json->at - from));
}

static bool read_word(Json *json)
{
    static const HtText words[] = {HT_TEXT_LITERAL("true"), HT_TEXT_LITERAL("false"),
                                   HT_TEXT_LITERAL("null")};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        HtText word = words[i];
        if ((size_t)(json->end - json->at) >= word.size && memcmp(json->at, word.data, word.size) == 0) {
            json->at += word.size;
            return word.data[0] == 'n' || give_text(json, word.data, word.size);
        }
    }
    return false;
}

static bool read_content(Json *json)
{
    if (take(json, '{')) {
        return read_object(json);
    }
    if (take(json, '[')) {
        return read_array(json, (Name){"item", 4});
    }
    if (take(json, '"')) {
        return read_string(json, NULL);
    }
    return json->at < json->end && (g_ascii_isalpha(*json->at) ? read_word(json) : read_number(json));
}

static bool read_element(Json *json, Name name)
{
    if (json->depth == HT_JSONDOC_DEPTH) {
        return false;
    }
    json->depth++;
    bool good = give_start(json, name) && read_content(json) && give_end(json, name);
    json->depth -= good; /* what failed stays as deep as it was */
    return good;
}

static bool read_document(Json *json)
{
    return read_element(json, (Name){"json", 4});
}

/* ---- What is wrong ---- */

/* The last character before `at` that is no blank; NUL when there is none. */
static char find_before(HtText text, const char *at)
{
    while (at > text.data) {
        char byte = *--at;
        if (!strchr(" \t\r\n", byte)) {
            return byte;
        }
    }
    return '\0';
}

/* What stands where reading stopped, as whoever wrote it would call it. */
static const char *find_reason(HtText text, const char *at, bool whole)
{
    char before = find_before(text, at), here = at < text.data + text.size ? *at : '\0';
    if (whole) {
        return "something stands behind the end of the JSON";
    }
    if (before == '\0') {
        return "the payload begins as no JSON object or array does";
    }
    if (at == text.data + text.size) {
        return "the JSON ends before it is complete";
    }
    if (before == ',' && (here == '}' || here == ']')) {
        return "a comma stands before the closing bracket";
    }
    switch (here) {
    case '\'': return "a name or text stands in single quotes: JSON has double ones";
    case '/':
    case '#': return "a comment or a slash stands where JSON has none";
    case '"': return "a text begins where a comma or a colon is missing";
    case '\n':
    case '\r':
    case '\t': return "a line end or a tabulator stands in a text: it is written \\n or \\t";
    default:
        return "something stands here that is no JSON (a name without quotes, NaN, a number with a leading zero, an unknown escape)";
    }
}

bool ht_jsondoc_check(HtText text, HtJsonFlaw *flaw)
{
    Json json = {text.data, text.data + text.size, NULL, NULL, 0};
    skip_blanks(&json);
    bool whole = json.at < json.end && (*json.at == '{' || *json.at == '[') && read_document(&json);
    if (whole) {
        skip_blanks(&json);
    }
    bool good = whole && json.at == json.end;
    if (!good && flaw) {
        *flaw = (HtJsonFlaw){json.at, find_reason(text, json.at, whole), json.depth == HT_JSONDOC_DEPTH};
    }
    return good;
}

void ht_jsondoc_read(HtText text, const HtJsonHandler *handler, void *user)
{
    Json json = {text.data, text.data + text.size, handler, user, 0};
    read_document(&json);
}
