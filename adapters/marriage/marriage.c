/* The adapter for civil affairs' marriage registrations (婚姻登记): the provincial service's answers (MARRY_RETRUNS, misspelt,
 * but that is the contract) and .NET DataSets. mappings/marriage.xml says what becomes of each record. What it cannot say
 * is done here, as one filter that adds elements to each record:
 *
 *     certificate             the certificate's number in its one form
 *     registration            what ties the record's two events together, and makes their keys
 *     party-man, party-woman  what tells them apart
 *     REG_QX_MAN_NAME, …      instead of REG_QX_MAN, …, when it holds a name and no code
 *
 * Runs in hutong-host's only thread, one payload at a time. */
#include "marriage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 32 /* of a column that is held back, with _NAME and NUL */

/* Columns that are looked at while a record passes. */
typedef enum {
    COLUMN_TYPE,
    COLUMN_DATE,
    COLUMN_MAN,
    COLUMN_WOMAN,
    COLUMN_CERTIFICATE,
    COLUMN_PLACE, /* held back until its end: its name depends on its text */
    COLUMN_NONE,
} Column;

typedef struct {
    const hutong_host *host;
    unsigned depth; /* elements open, the record's own included; 0: outside of records */
    Column column;  /* whose text comes now */
    char held[NAME_MAX_BYTES];
    MarriageText texts[COLUMN_NONE];
} MarriageState;

/* ---- Names ---- */

/* A document with one of these roots goes through the filter, and so does a record alone. */
static const char *const roots[] = {"MARRY_RETRUNS", "NewDataSet", "DocumentElement",
                                    "DataSet",       "DataTable",  "diffgram"};
static const char *const records[] = {"MARRY_RETRUN", "国家婚姻登记信息采集"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Asked for every element: the first bytes spare most comparisons. */
static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (name[0] == names[i][0] && name[1] == names[i][1] && strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* REG_SJ_MAN and its kind: province, city, district and street of either party. */
static bool is_place(const char *name)
{
    static const char levels[][2] = {"SJ", "DS", "QX", "JX"};
    if (strncmp(name, "REG_", 4) != 0) {
        return false;
    }
    for (size_t i = 0; i < COUNT(levels); i++) {
        if (name[4] == levels[i][0] && name[5] == levels[i][1]) {
            return strcmp(name + 6, "_MAN") == 0 || strcmp(name + 6, "_WOMAN") == 0;
        }
    }
    return false;
}

static Column find_column(const char *name)
{
    static const struct {
        const char *name;
        size_t size;
        Column column;
    } columns[] = {{"OP_TYPE", 7, COLUMN_TYPE},       {"OP_DATE", 7, COLUMN_DATE},
                   {"CARD_MAN", 8, COLUMN_MAN},       {"CERT_NUM_MAN", 12, COLUMN_MAN},
                   {"CARD_WOMAN", 10, COLUMN_WOMAN},  {"CERT_NUM_WOMAN", 14, COLUMN_WOMAN},
                   {"CERT_NO", 7, COLUMN_CERTIFICATE}};

    if (name[0] == 'R') {
        return is_place(name) ? COLUMN_PLACE : COLUMN_NONE;
    }
    if (name[0] != 'O' && name[0] != 'C') {
        return COLUMN_NONE;
    }
    size_t size = strlen(name);
    for (size_t i = 0; i < COUNT(columns); i++) {
        if (size == columns[i].size && strcmp(name, columns[i].name) == 0) {
            return columns[i].column;
        }
    }
    return COLUMN_NONE;
}

/* ---- What is added ---- */

/* Makes the column's text the number in its one form, or nothing. */
static void emit_certificate(MarriageState *state, hutong_out *out)
{
    MarriageText *sent = &state->texts[COLUMN_CERTIFICATE], number;
    marriage_text_trim(sent);
    marriage_text_trim(&state->texts[COLUMN_TYPE]);
    if (sent->surplus || !marriage_certificate_read(sent->data, state->texts[COLUMN_TYPE].data, &number)) {
        sent->size = 0;
        return;
    }
    hutong_emit_string(state->host, out, "certificate", number.data);
    *sent = number;
}

/* True when a text can tell registrations apart: 无 and null cannot, and 1900-01-01 is how databases write that there is no
 * date. */
static bool is_stated(const MarriageText *text)
{
    MarriageText folded;
    marriage_text_fold(text->data, &folded);
    return !text->surplus && folded.data[strcspn(folded.data, "0123456789")] != '\0' &&
           strncmp(folded.data, "1900", 4) != 0;
}

/* Where the time of day begins, of which only the colon is sure: the blanks before it must not be lost before it is cut off. */
static size_t find_time(const char *date)
{
    size_t end = strcspn(date, ":");
    if (date[end] == '\0') {
        return end;
    }
    while (end > 0 && !hutong_is_blank(date[end - 1]) && date[end - 1] != 'T') {
        end--;
    }
    return end;
}

/* The day that a text begins with, as yyyy-mm-dd, however its parts are set apart: 2008-8-8, 2008年08月08日, 20080808000000. Folded
 * when it has another form. */
static void read_day(const char *date, MarriageText *day)
{
    char digits[16];
    unsigned year = 0, month = 0, of_month = 0;
    MarriageText before = {.size = 0};
    marriage_text_add(&before, date, find_time(date));
    marriage_text_fold(before.data, day);
    bool joined = strspn(day->data, "0123456789") >= 8;
    int found = joined ? sscanf(day->data, "%4u%2u%2u", &year, &month, &of_month)
                       : sscanf(day->data, "%4u%*[^0-9]%2u%*[^0-9]%2u", &year, &month, &of_month);
    if (found == 3 && year >= 1900 && year < 2200) {
        snprintf(digits, sizeof digits, "%04u-%02u-%02u", year, month, of_month);
        *day = (MarriageText){.size = 0};
        marriage_text_add(day, digits, strlen(digits));
    } else {
        marriage_text_fold(date, day);
    }
}

/* What makes a registration one of a kind: the certificate's number or, where the service names none, its kind and day and
 * the numbers of both, each in one form, so that the same one says the same whoever wrote it. Without one of these there is nothing:
 * a key that other registrations have too would lose them. Only digests of it go into events. */
static void emit_registration(MarriageState *state, hutong_out *out)
{
    const MarriageText *number = &state->texts[COLUMN_CERTIFICATE];
    if (number->size > 0) {
        hutong_emit_string(state->host, out, "registration", number->data);
        return;
    }
    if (!is_stated(&state->texts[COLUMN_DATE]) || !is_stated(&state->texts[COLUMN_MAN]) ||
        !is_stated(&state->texts[COLUMN_WOMAN])) {
        return;
    }
    MarriageText parts[COLUMN_WOMAN + 1];
    marriage_kind_read(state->texts[COLUMN_TYPE].data, &parts[COLUMN_TYPE]);
    read_day(state->texts[COLUMN_DATE].data, &parts[COLUMN_DATE]);
    marriage_text_fold(state->texts[COLUMN_MAN].data, &parts[COLUMN_MAN]);
    marriage_text_fold(state->texts[COLUMN_WOMAN].data, &parts[COLUMN_WOMAN]);
    state->host->emit_start(out, "registration", NULL);
    for (Column column = COLUMN_TYPE; column <= COLUMN_WOMAN; column++) {
        state->host->emit_text(out, parts[column].data, parts[column].size);
        state->host->emit_text(out, "|", 1);
    }
    state->host->emit_end(out, "registration");
}

/* ---- Places ---- */

static bool is_code(const char *text)
{
    while ((*text >= '0' && *text <= '9') || hutong_is_blank(*text)) {
        text++;
    }
    return *text == '\0';
}

/* Begins the element that was held back, with the text so far. REG_QX_MAN and its kind hold codes with some offices and
 * names with others: a name goes under a name of its own, so that it is never read as a division's code. */
static void release(MarriageState *state, hutong_out *out, bool is_long)
{
    const MarriageText *text = &state->texts[COLUMN_PLACE];
    if (state->column != COLUMN_PLACE) {
        return;
    }
    state->column = COLUMN_NONE;
    if (is_long || !is_code(text->data)) {
        strncat(state->held, "_NAME", sizeof state->held - strlen(state->held) - 1);
    }
    state->host->emit_start(out, state->held, NULL);
    state->host->emit_text(out, text->data, text->size);
}

/* ---- Records ---- */

static void begin_record(MarriageState *state, hutong_out *out)
{
    memset(state->texts, 0, sizeof state->texts);
    state->column = COLUMN_NONE;
    hutong_emit_string(state->host, out, "party-man", "man");
    hutong_emit_string(state->host, out, "party-woman", "woman");
}

static void end_record(MarriageState *state, hutong_out *out)
{
    emit_certificate(state, out);
    emit_registration(state, out);
}

/* The first of two columns with the same text counts, as everywhere in mappings. */
static void begin_column(MarriageState *state, const char *name, const char *const *attributes)
{
    Column column = find_column(name);
    if (column == COLUMN_PLACE && attributes && attributes[0]) {
        column = COLUMN_NONE; /* passes as it is: attributes cannot be held back */
    } else if (column == COLUMN_PLACE) {
        state->texts[column] = (MarriageText){.size = 0};
        memcpy(state->held, name, strlen(name) + 1); /* the longest is REG_SJ_WOMAN */
    } else if (column != COLUMN_NONE && state->texts[column].size > 0) {
        column = COLUMN_NONE;
    }
    state->column = column;
}

/* ---- Filter ---- */

static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    MarriageState *state = user;
    bool is_record = is_one_of(name, records, COUNT(records));
    if (is_record || is_one_of(name, roots, COUNT(roots))) {
        state->depth = 0; /* anew: an earlier reading may have ended anywhere */
        state->column = COLUMN_NONE;
    }
    release(state, out, false);
    state->column = COLUMN_NONE;
    if (state->depth == 1) {
        begin_column(state, name, attributes);
    }
    if (state->column != COLUMN_PLACE) {
        state->host->emit_start(out, name, attributes);
    }
    if (state->depth > 0) {
        state->depth++;
    } else if (is_record) {
        state->depth = 1;
        begin_record(state, out);
    }
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    MarriageState *state = user;
    if (state->column != COLUMN_NONE) {
        MarriageText *column = &state->texts[state->column];
        if (state->column == COLUMN_PLACE && size >= sizeof column->data - column->size) {
            release(state, out, true);
        } else {
            marriage_text_add(column, text, size);
        }
    }
    if (state->column != COLUMN_PLACE) {
        state->host->emit_text(out, text, size);
    }
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    MarriageState *state = user;
    release(state, out, false);
    state->column = COLUMN_NONE;
    if (state->depth == 1) {
        end_record(state, out);
    }
    state->depth -= state->depth > 0;
    state->host->emit_end(out, name);
}

static const hutong_filter record_filter = {sizeof(hutong_filter), take_start, take_text, take_end};

/* ---- Life ---- */

static void *open_adapter(const hutong_host *host)
{
    MarriageState *state = calloc(1, sizeof *state);
    if (!state) {
        host->log(host, HUTONG_ERROR, "no memory for the adapter's state");
        return NULL;
    }
    state->host = host;
    for (size_t i = 0; i < COUNT(roots); i++) {
        host->filter(host, roots[i], &record_filter, state);
    }
    for (size_t i = 0; i < COUNT(records); i++) {
        host->filter(host, records[i], &record_filter, state);
    }
    return state;
}

static void close_adapter(void *state)
{
    free(state);
}

static hutong_verdict decode(void *user, const hutong_payload *payload, hutong_out *out)
{
    const MarriageState *state = user;
    marriage_query_conceal(state->host, payload->body, out);
    return state->host->map(state->host, payload, out);
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "marriage",
    .version = "1.0",
    .summary = "civil affairs: marriages, divorces, annulments and reissued certificates",
    .open = open_adapter,
    .decode = decode,
    .close = close_adapter,
};
