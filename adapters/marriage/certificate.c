/* Certificate numbers (证件字号): prefix, division, year, serial, as J440104-2008-000001. They are the key of a registration,
 * so all ways to write one must come out the same. Called by marriage.c for each record. */
#include "marriage.h"

#include <string.h>

#define GROUPS 3
#define DIGITS 16 /* 6 of the division, 4 of the year, 6 of the serial */

/* ---- Text ---- */

void marriage_text_add(MarriageText *text, const char *piece, size_t size)
{
    text->surplus = text->surplus || !hutong_append(text->data, sizeof text->data, &text->size, piece, size);
}

void marriage_text_trim(MarriageText *text)
{
    hutong_text whole = {text->data, text->size}, trimmed = hutong_trim(whole);
    memmove(text->data, trimmed.data, trimmed.size);
    text->size = trimmed.size;
    text->data[text->size] = '\0';
}

/* ---- Width, case, blanks ---- */

/* Bytes of the blank that begins here beside the ASCII ones: U+3000, U+00A0, U+200B, U+FEFF. */
static size_t measure_blank(const char *at)
{
    static const char *const blanks[] = {"\xe3\x80\x80", "\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf"};
    if ((unsigned char)*at < 0x80) {
        return hutong_is_blank(*at);
    }
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        size_t size = strlen(blanks[i]);
        if (strncmp(at, blanks[i], size) == 0) {
            return size;
        }
    }
    return 0;
}

/* The ASCII character of a full-width one (U+FF01 to U+FF5E, three bytes in UTF-8), or 0. */
static char narrow(const char *at)
{
    unsigned char second = (unsigned char)at[0] == 0xef ? (unsigned char)at[1] : 0;
    unsigned char third = second != 0 ? (unsigned char)at[2] : 0;
    if (second == 0xbc && third >= 0x81 && third <= 0xbf) {
        return (char)(third - 0x81 + 0x21);
    }
    if (second == 0xbd && third >= 0x80 && third <= 0x9e) {
        return (char)(third - 0x80 + 0x60);
    }
    return 0;
}

void marriage_text_fold(const char *text, MarriageText *folded)
{
    folded->size = 0;
    folded->surplus = false;
    for (size_t taken; *text; text += taken) {
        char wide = narrow(text), byte = wide ? wide : *text;
        taken = measure_blank(text);
        if (taken > 0) {
            continue;
        }
        taken = wide ? 3 : 1;
        if (byte >= 'a' && byte <= 'z') {
            byte = (char)(byte - 'a' + 'A');
        }
        folded->data[folded->size++] = byte;
    }
    folded->data[folded->size] = '\0';
}

/* ---- Parts ---- */

typedef struct {
    char letters[3]; /* before the first digit; "?" when there are more than two */
    char digits[DIGITS + 1];
    size_t groups[GROUPS]; /* how many digits each has */
    unsigned n_groups;
    bool odd; /* letters between or behind the digits, too many digits or groups */
} Parts;

static bool is_letter(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static void take_letters(Parts *parts, const char *from, size_t size)
{
    if (parts->n_groups > 0) {
        parts->odd = true;
    } else {
        bool too_many = size > 2;
        memset(parts->letters, 0, sizeof parts->letters);
        memcpy(parts->letters, too_many ? "?" : from, too_many ? 1 : size);
    }
}

static void take_digits(Parts *parts, const char *from, size_t size)
{
    size_t used = strlen(parts->digits);
    if (parts->n_groups == GROUPS || used + size > DIGITS) {
        parts->odd = true;
        return;
    }
    memcpy(parts->digits + used, from, size);
    parts->digits[used + size] = '\0';
    parts->groups[parts->n_groups++] = size;
}

/* Whatever is neither letter nor digit separates: dashes of any kind, 字, 第, 号, brackets. */
static void split(const char *text, Parts *parts)
{
    *parts = (Parts){.n_groups = 0};
    while (*text) {
        size_t letters = 0, digits = 0;
        while (is_letter(text[letters])) {
            letters++;
        }
        while (is_digit(text[digits])) {
            digits++;
        }
        if (letters > 0) {
            take_letters(parts, text, letters);
        } else if (digits > 0) {
            take_digits(parts, text, digits);
        }
        text += letters > 0 ? letters : digits > 0 ? digits : 1;
    }
}

/* 6+4+6 digits, however they are grouped; a serial that stands alone may have lost its leading zeros. */
static bool has_form(const Parts *parts)
{
    const size_t *groups = parts->groups;
    if (parts->odd || parts->n_groups == 0) {
        return false;
    }
    size_t serial = groups[parts->n_groups - 1];
    bool apart = (parts->n_groups == 3 && groups[0] == 6 && groups[1] == 4) ||
                 (parts->n_groups == 2 && groups[0] == 10);
    bool joined = strlen(parts->digits) == DIGITS && (parts->n_groups == 1 || groups[0] == 6);
    const char *century = parts->digits + 6;
    return ((apart && serial <= 6) || joined) &&
           (strncmp(century, "19", 2) == 0 || strncmp(century, "20", 2) == 0);
}

static const char *find_known(const char *text, const char *const (*pairs)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, pairs[i][0]) == 0) {
            return pairs[i][1];
        }
    }
    return NULL;
}

/* What Chinese words say: of a number, or of a kind of registration. */
static const char *find_in_words(const char *words)
{
    bool again = strstr(words, "补") != NULL;
    if (strstr(words, "结")) {
        return again ? "BJ" : "J";
    }
    if (strstr(words, "离")) {
        return again ? "BL" : "L";
    }
    return NULL;
}

void marriage_kind_read(const char *type, MarriageText *kind)
{
    static const char *const kinds[][2] = {{"J", "IA"}, {"L", "IB"}, {"BJ", "ICA"}, {"BL", "ICB"}};
    marriage_text_fold(type, kind);
    const char *prefix = find_in_words(kind->data);
    const char *code = strstr(kind->data, "撤") ? "ID" : prefix ? find_known(prefix, kinds, 4) : NULL;
    if (code) {
        *kind = (MarriageText){.size = 0};
        marriage_text_add(kind, code, strlen(code));
    }
}

/* As written; else what the Chinese words before the digits say; else what the kind of registration gives out. */
static const char *find_prefix(const Parts *parts, const char *folded, const char *type)
{
    static const char *const letters[][2] = {{"J", "J"}, {"L", "L"}, {"BJ", "BJ"}, {"BL", "BL"}};
    static const char *const types[][2] = {{"IA", "J"}, {"IB", "L"}, {"ICA", "BJ"}, {"ICB", "BL"}};
    if (parts->letters[0]) {
        return find_known(parts->letters, letters, sizeof letters / sizeof letters[0]);
    }
    const char *prefix = find_in_words(folded);
    if (!prefix) {
        MarriageText kind;
        marriage_text_fold(type, &kind);
        prefix = find_known(kind.data, types, sizeof types / sizeof types[0]);
        prefix = prefix ? prefix : find_in_words(kind.data);
    }
    return prefix;
}

bool marriage_certificate_read(const char *text, const char *type, MarriageText *number)
{
    MarriageText folded;
    Parts parts;
    marriage_text_fold(text, &folded);
    if (folded.data[strcspn(folded.data, "0123456789")] == '\0') {
        return false;
    }
    split(folded.data, &parts);
    const char *prefix = has_form(&parts) ? find_prefix(&parts, folded.data, type) : NULL;
    if (!prefix) {
        *number = folded;
        return true;
    }
    const char *serial = parts.digits + 10;
    *number = (MarriageText){.size = 0};
    marriage_text_add(number, prefix, strlen(prefix));
    marriage_text_add(number, parts.digits, 6);
    marriage_text_add(number, "-", 1);
    marriage_text_add(number, parts.digits + 6, 4);
    marriage_text_add(number, "-", 1);
    marriage_text_add(number, "000000", 6 - strlen(serial));
    marriage_text_add(number, serial, strlen(serial));
    return true;
}
