/* What must be kept nowhere: passwords, and the SQL that molss takes as a parameter and lets slip in its answers, with
 * persons' numbers in it. Looked for in the bytes, before anything is parsed: what is refused, broken or escaped inside a
 * string can be kept by the bus as it came, so it must be found there too.
 *
 *     <result querysql="select …"/>   <para pwd="…"/>   <clientsql>…</clientsql>   &lt;result querysql=&quot;…&quot;/&gt;
 *
 * Attributes and elements with such a name, and texts that are queries under any name. When in doubt, more is taken than
 * less; in well-formed XML never more than the value. Works on any encoding in which ASCII stands for itself (GB 18030 has
 * no second bytes among the signs that matter here), and on UTF-16. Called by social-security.c. */
#include "social-security.h"

#include <string.h>
#include <strings.h>

#define WORD_MAX 64

/* The payload as characters: what is not ASCII is 0x80. */
typedef struct {
    const unsigned char *bytes;
    size_t count;       /* characters */
    unsigned step, low; /* bytes of one, and which of them is the low one */
    size_t no_query;    /* before this place no further `select` begins a query */
    SocsecFound found;
    void *user;
} Scan;

static int at(const Scan *scan, size_t i)
{
    if (i >= scan->count) {
        return -1;
    }
    if (scan->step == 1) {
        return scan->bytes[i];
    }
    return scan->bytes[2 * i + 1 - scan->low] ? 0x80 : scan->bytes[2 * i + scan->low];
}

static void start_scan(Scan *scan, hutong_text payload)
{
    const unsigned char *bytes = (const unsigned char *)payload.data;
    bool wide =
        payload.size >= 2 && (bytes[0] == 0 || bytes[1] == 0 || (bytes[0] >= 0xfe && bytes[1] >= 0xfe));
    scan->bytes = bytes;
    scan->step = wide ? 2 : 1;
    scan->low = wide && (bytes[0] == 0 || bytes[0] == 0xfe) ? 1 : 0;
    scan->count = payload.size / scan->step;
}

/* ---- Signs ---- */

static bool is_blank(int sign)
{
    return sign >= 0 && sign < 0x80 && hutong_is_blank((char)sign);
}

static bool is_word(int sign)
{
    return (sign >= 'A' && sign <= 'Z') || (sign >= 'a' && sign <= 'z') || (sign >= '0' && sign <= '9') ||
           sign == '_' || sign == '-' || sign == '.';
}

static size_t skip_blanks(const Scan *scan, size_t i)
{
    while (is_blank(at(scan, i))) {
        i++;
    }
    return i;
}

/* The text's length if it stands here, else 0. */
static size_t match(const Scan *scan, size_t i, const char *text)
{
    size_t size = strlen(text);
    for (size_t k = 0; k < size; k++) {
        if (at(scan, i + k) != (unsigned char)text[k]) {
            return 0;
        }
    }
    return size;
}

static const char *match_any(const Scan *scan, size_t i, const char *const *texts)
{
    for (; *texts; texts++) {
        if (match(scan, i, *texts)) {
            return *texts;
        }
    }
    return NULL;
}

static const char *find_quote(const Scan *scan, size_t i)
{
    static const char *const quotes[] = {"\"",         "'",          "\\\"",   "&quot;", "&apos;",
                                         "&#34;",      "&#39;",      "&#x22;", "&#x27;", "&#039;",
                                         "&amp;quot;", "&amp;apos;", NULL};
    return match_any(scan, i, quotes);
}

static const char *find_opening(const Scan *scan, size_t i)
{
    static const char *const signs[] = {"<", "&lt;", "&amp;lt;", "&#60;", "&#x3c;", "&#x3C;", NULL};
    return match_any(scan, i, signs);
}

static const char *find_closing(const Scan *scan, size_t i)
{
    static const char *const signs[] = {">", "&gt;", "&amp;gt;", "&#62;", "&#x3e;", "&#x3E;", NULL};
    return match_any(scan, i, signs);
}

static size_t read_word(const Scan *scan, size_t i, char word[WORD_MAX])
{
    size_t size = 0;
    for (; is_word(at(scan, i)); i++) {
        if (size + 1 < WORD_MAX) {
            word[size++] = (char)at(scan, i);
        }
    }
    word[size] = '\0';
    return i;
}

static size_t skip_word(const Scan *scan, size_t i)
{
    while (is_word(at(scan, i))) {
        i++;
    }
    return i;
}

/* ---- Names and values ---- */

static bool ends_with(hutong_text name, const char *ending)
{
    size_t size = strlen(ending);
    return name.size >= size && strncasecmp(name.data + name.size - size, ending, size) == 0;
}

bool socsec_is_sql(hutong_text name)
{
    return ends_with(name, "sql");
}

/* Nearly every name is a column's, which ends in a digit: its last letter tells. */
bool socsec_is_secret(hutong_text name)
{
    int last = name.size > 0 ? name.data[name.size - 1] | 0x20 : 0;
    return last == 'l' ? socsec_is_sql(name)
                       : last == 'd' && (ends_with(name, "pwd") || ends_with(name, "password") ||
                                         ends_with(name, "passwd"));
}

/* Every word that counts has one of two seldom letters behind certain others: l in select and …sql, w in …pwd, …password and
 * …passwd. */
static bool is_telling(const Scan *scan, size_t i)
{
    int sign = at(scan, i) | 0x20, before = i > 0 ? at(scan, i - 1) | 0x20 : 0;
    return sign == 'l' ? before == 'e' || before == 'q' : sign == 'w' && (before == 'p' || before == 's');
}

/* The next such letter from here on; the end when there is none. This is as far as the search looks at a payload without
 * secrets, so it looks at single bytes. */
static size_t find_telling(const Scan *scan, size_t i)
{
    const unsigned char *low = scan->bytes + scan->low;
    for (; i < scan->count; i++) {
        unsigned char sign = low[i * scan->step] | 0x20;
        if ((sign == 'l' || sign == 'w') && is_telling(scan, i)) {
            break;
        }
    }
    return i;
}

static bool is_in_word(int sign)
{
    return sign >= 0 && (is_word(sign) || sign >= 0x80);
}

/* `select … from` as words, up to `end`. */
static bool is_query(const Scan *scan, size_t start, size_t end)
{
    char word[WORD_MAX];
    bool selects = false;
    for (size_t i = start; i < end;) {
        if (!is_word(at(scan, i))) {
            i++;
            continue;
        }
        size_t next = read_word(scan, i, word);
        if (selects && strcasecmp(word, "from") == 0) {
            return true;
        }
        selects = selects || strcasecmp(word, "select") == 0;
        i = next;
    }
    return false;
}

bool socsec_holds_sql(hutong_text value)
{
    Scan scan = {.bytes = (const unsigned char *)value.data, .count = value.size, .step = 1};
    return find_telling(&scan, 0) < scan.count && is_query(&scan, 0, scan.count);
}

/* ---- Ends ---- */

/* True when what follows a quote shows that it was a value's last: another attribute, the tag's or the payload's end. */
static bool ends_value(const Scan *scan, size_t i)
{
    char word[WORD_MAX];
    i = skip_blanks(scan, i);
    int sign = at(scan, i);
    if (sign < 0 || strchr("/?,}", sign) || find_closing(scan, i)) {
        return true;
    }
    size_t next = read_word(scan, i, word);
    while (at(scan, next) == ':') {
        next = read_word(scan, next + 1, word);
    }
    return next > i && at(scan, skip_blanks(scan, next)) == '=';
}

/* Where the value ends that begins behind this quote. */
static size_t find_value_end(const Scan *scan, size_t i, const char *quote)
{
    size_t size = strlen(quote);
    while (i < scan->count && !(match(scan, i, quote) && ends_value(scan, i + size))) {
        i++;
    }
    return i;
}

/* Where an element's text ends: at its end tag, behind a CDATA section. */
static size_t find_text_end(const Scan *scan, size_t i)
{
    if (match(scan, i, "<![CDATA[")) {
        while (i < scan->count && !match(scan, i, "]]>")) {
            i++;
        }
        return i;
    }
    while (i < scan->count && !find_opening(scan, i)) {
        i++;
    }
    return i;
}

/* A query under any name ends where its value or element does. */
static size_t find_query_end(const Scan *scan, size_t i)
{
    for (; i < scan->count && at(scan, i) != '<'; i++) {
        const char *quote = find_quote(scan, i);
        if (quote && ends_value(scan, i + strlen(quote))) {
            return i;
        }
    }
    return i;
}

/* ---- Finding ---- */

/* Tells of it; returns its end. */
static size_t conceal(const Scan *scan, size_t start, size_t end)
{
    size_t last = end;
    while (last > start && is_blank(at(scan, last - 1))) {
        last--;
    }
    if (last > start) {
        scan->found(scan->user, start * scan->step, (last - start) * scan->step);
    }
    return end;
}

static size_t conceal_value(const Scan *scan, size_t i, size_t otherwise)
{
    i = skip_blanks(scan, i);
    const char *quote = find_quote(scan, i);
    if (!quote) {
        return otherwise;
    }
    i += strlen(quote);
    return conceal(scan, i, find_value_end(scan, i, quote));
}

/* `<pwd xsi:type="…">…`; `i` is behind the name. */
static size_t conceal_element(const Scan *scan, size_t i)
{
    while (i < scan->count && !find_closing(scan, i)) {
        i++;
    }
    if (i == scan->count || at(scan, i - 1) == '/') {
        return i;
    }
    i += strlen(find_closing(scan, i));
    i = skip_blanks(scan, i);
    return conceal(scan, i, find_text_end(scan, i));
}

/* The name of a secret was read, from `start` to `end`: `name="…"`, `"name":"…"`, `name="clientsql" value="…"`, `<name>…`. */
static size_t conceal_named(const Scan *scan, size_t start, size_t end)
{
    char word[WORD_MAX];
    int before = start > 0 ? at(scan, start - 1) : -1;
    size_t i = skip_blanks(scan, end);
    if (at(scan, i) == '=') {
        return conceal_value(scan, i + 1, end);
    }
    const char *quote = find_quote(scan, i);
    if (quote) {
        i = skip_blanks(scan, i + strlen(quote));
        size_t next = read_word(scan, i, word);
        if (strcasecmp(word, "value") == 0) {
            i = skip_blanks(scan, next);
        }
        bool given = at(scan, i) == ':' || at(scan, i) == '=';
        return given ? conceal_value(scan, i + 1, end) : end;
    }
    return before == '<' || before == ';' || before == ':' ? conceal_element(scan, end) : end;
}

/* A `select` was read, up to `end`. Of many without a `from` only the first looks for it: they all end at the same place, and
 * each look to there would take the square of their number. */
static size_t look_at_select(Scan *scan, size_t start, size_t end)
{
    size_t last = find_query_end(scan, end);
    if (is_query(scan, start, last)) {
        return conceal(scan, start, last);
    }
    scan->no_query = last;
    return end;
}

static size_t look_at_word(Scan *scan, size_t start)
{
    char word[WORD_MAX];
    size_t end = read_word(scan, start, word);
    if (socsec_is_secret((hutong_text){word, strlen(word)})) {
        return conceal_named(scan, start, end);
    }
    bool selects = start >= scan->no_query && strcasecmp(word, "select") == 0 && is_blank(at(scan, end));
    return selects ? look_at_select(scan, start, end) : end;
}

void socsec_secrets_find(hutong_text payload, SocsecFound found, void *user)
{
    Scan scan = {.found = found, .user = user};
    start_scan(&scan, payload);
    for (size_t done = 0, i; (i = find_telling(&scan, done)) < scan.count;) {
        size_t start = i;
        while (start > done && is_word(at(&scan, start - 1))) {
            start--;
        }
        bool begins = start == 0 || !is_in_word(at(&scan, start - 1));
        done = begins ? look_at_word(&scan, start) : skip_word(&scan, i);
    }
}
