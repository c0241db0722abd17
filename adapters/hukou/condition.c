/* The SQL condition of an RBSP request, as far as it names persons: comparisons of a column with values. Callers quote
 * as they like: 'x', "x", ’x’, ''x'', \'x\', or not at all. Nothing here is ever run as SQL. */
#include "hukou.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ROW_COLUMNS 16
#define ROWS_MAX 100

typedef struct {
    const hutong_host *host;
    hutong_out *out;
    const char *at; /* what is still to be read; ends in NUL */
    char columns[ROW_COLUMNS][HUKOU_NAME];
    unsigned n_columns; /* of the row at hand */
    unsigned rows;
} Reading;

/* ---- Characters ---- */

static bool is_word(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '_';
}

/* Length of the first of the texts that stands here, or 0. */
static size_t find_any(const char *at, const char *const *texts)
{
    for (; *texts; texts++) {
        size_t size = strlen(*texts);
        if (strncmp(at, *texts, size) == 0) {
            return size;
        }
    }
    return 0;
}

static size_t find_quote(const char *at)
{
    static const char *const quotes[] = {"'", "\"", "\\", "`", "‘", "’", "“", "”", "＇", "＂", NULL};
    return find_any(at, quotes);
}

static size_t find_blank(const char *at)
{
    static const char *const blanks[] = {" ", "\t", "\r", "\n", "\xC2\xA0", "　", NULL};
    return find_any(at, blanks);
}

static void skip(Reading *reading, size_t (*find)(const char *at))
{
    size_t size;
    while ((size = find(reading->at)) > 0) {
        reading->at += size;
    }
}

static size_t find_opening(const char *at)
{
    size_t blank = find_blank(at);
    return blank > 0 ? blank : (*at == '(' ? 1 : 0);
}

static size_t find_closing(const char *at)
{
    size_t blank = find_blank(at);
    return blank > 0 ? blank : (*at == ')' ? 1 : 0);
}

/* ---- Rows ---- */

static void close_row(Reading *reading)
{
    if (reading->n_columns > 0) {
        reading->host->emit_end(reading->out, "ROW");
    }
    reading->n_columns = 0;
}

static bool row_has(const Reading *reading, const char *name)
{
    for (unsigned i = 0; i < reading->n_columns; i++) {
        if (strcmp(reading->columns[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void emit_value(Reading *reading, const char *name, const char *value, size_t size)
{
    if (row_has(reading, name) || reading->n_columns == ROW_COLUMNS) {
        close_row(reading);
    }
    if (reading->n_columns == 0) {
        if (reading->rows == ROWS_MAX) {
            return;
        }
        reading->host->emit_start(reading->out, "ROW", NULL);
        reading->rows++;
    }
    snprintf(reading->columns[reading->n_columns++], HUKOU_NAME, "%s", name);
    hutong_emit_element(reading->host, reading->out, name, value, size);
}

/* ---- Comparisons ---- */

static const char *translate_column(const char *name)
{
    static const char *const numbers[] = {"SFZH", "SFZHM", "GMSFHM", "GMSFZHM", "ZJHM", NULL};
    for (const char *const *number = numbers; *number; number++) {
        if (strcasecmp(*number, name) == 0) {
            return "GMSFHM";
        }
    }
    return name;
}

/* Reads a word into `name`; one that does not fit is empty. */
static void read_word(Reading *reading, char name[HUKOU_NAME])
{
    const char *start = reading->at;
    while (is_word(*reading->at)) {
        reading->at++;
    }
    size_t size = (size_t)(reading->at - start);
    if (size >= HUKOU_NAME) {
        size = 0;
    }
    memcpy(name, start, size);
    name[size] = '\0';
}

/* Steps over an operator that names a value: = LIKE IN. */
static bool read_operator(Reading *reading)
{
    static const char *const equals[] = {"=", "＝", NULL};
    size_t size = find_any(reading->at, equals);
    if (size == 0 && strncasecmp(reading->at, "LIKE", 4) == 0 && !is_word(reading->at[4])) {
        size = 4;
    } else if (size == 0 && strncasecmp(reading->at, "IN", 2) == 0 && !is_word(reading->at[2])) {
        size = 2;
    }
    reading->at += size;
    return size > 0;
}

static bool ends_value(const char *at, bool quoted)
{
    if (*at == '\0' || find_quote(at) > 0) {
        return true;
    }
    return !quoted && (*at == ',' || find_closing(at) > 0);
}

/* Reads one value, gives it on, and steps over what closes it. */
static void read_value(Reading *reading, const char *name)
{
    skip(reading, find_opening);
    const char *quote = reading->at;
    skip(reading, find_quote);
    bool quoted = reading->at != quote;
    const char *start = reading->at;
    while (!ends_value(reading->at, quoted)) {
        reading->at++;
    }
    if (reading->at > start) {
        emit_value(reading, name, start, (size_t)(reading->at - start));
    }
    skip(reading, find_quote);
}

static void read_comparison(Reading *reading)
{
    char word[HUKOU_NAME];
    read_word(reading, word);
    const char *after_word = reading->at;
    skip(reading, find_closing); /* UPPER(SFZH) = … */
    if (!hukou_is_name(word) || !read_operator(reading)) {
        reading->at = after_word;
        return;
    }
    const char *name = translate_column(word);
    read_value(reading, name);
    skip(reading, find_blank);
    while (*reading->at == ',') {
        reading->at++;
        read_value(reading, name);
        skip(reading, find_blank);
    }
}

unsigned hukou_condition_emit(const hutong_host *host, hutong_out *out, const char *sql)
{
    Reading reading = {.host = host, .out = out, .at = sql};
    while (*reading.at) {
        if (is_word(*reading.at)) {
            read_comparison(&reading);
        } else {
            reading.at++;
        }
    }
    close_row(&reading);
    return reading.rows;
}
