/* The documents of all lines as rows of one form. The lines wrap the same columns in many ways: attributes of <row>
 * (molss), elements of <OUTPUT> (HOSDATA), of the root itself (input), of <ROW> in a document without a root (cards), of
 * <detail><row> (pp). What they have in common is the names: an element that has columns of the standard, as children or
 * as attributes, is a row. The mapping is given, and whoever fills the WSDL's Submit may give,
 *
 *     <insured><ROW><AAC002>…</AAC002>…</ROW>… <HOSDATA><RETURNNUM>1</RETURNNUM>…</HOSDATA></insured>
 *
 * with column names in upper case; what belongs to no row comes last, under the name of the document's root. Columns around
 * rows (a person whose insurances are listed) count for each of the rows inside.
 *
 * State is begun anew at the root's start tag: a payload that is repaired is read twice, and the first reading may have ended
 * anywhere. So an element called like the root cannot stand inside of it; none of the lines has one, and a document that
 * has is refused. */
#include "social-security.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const socsec_roots[] = {"business", "HOSDATA", "hosdata", "input",       "INPUT",   "pp", "PP",
                                    "fragment", "insured", "result",  "pensiondata", "msgtext", NULL};

void socsec_rows_free(SocsecRows *rows)
{
    socsec_fields_free(&rows->open);
    socsec_fields_free(&rows->head);
    socsec_fields_free(&rows->row);
    free(rows->text.data);
}

/* Refuses the payload; the first reason counts. */
static void refuse(SocsecState *state, hutong_out *out, const char *code, const char *text)
{
    if (!state->rows.faulted) {
        state->rows.faulted = true;
        state->host->fault(out, HUTONG_REJECT, code, text);
    }
}

static SocsecLine find_line(const char *root)
{
    if (strcasecmp(root, "business") == 0) {
        return SOCSEC_MOLSS;
    }
    if (strcasecmp(root, "input") == 0) {
        return SOCSEC_INPUT;
    }
    return strcasecmp(root, "fragment") == 0 ? SOCSEC_FRAGMENT : SOCSEC_ANY_LINE;
}

/* ---- Text since the last tag ---- */

static void add_text(SocsecState *state, hutong_out *out, const char *text, size_t size)
{
    if (!hutong_bytes_add(&state->rows.text, text, size)) {
        refuse(state, out, "no-memory", "a value is too long for the adapter's memory");
    }
}

/* Without blanks at its ends; the next text begins anew. */
static hutong_text take_text(SocsecRows *rows)
{
    hutong_bytes *text = &rows->text;
    hutong_text whole = {text->data, text->size}, trimmed = hutong_trim(whole);
    text->size = 0;
    return trimmed;
}

/* ---- Fields ---- */

static bool says_state(SocsecShort column)
{
    static const SocsecShort columns[] = {{"AAC008"},  {"AAC008N"}, {"AAC030"}, {"AAC031"},
                                          {"AAC031N"}, {"AAC049"},  {"AAE002"}, {"AAE140"},
                                          {"AAZ500"},  {"AIC162"},  {""}};
    for (const SocsecShort *name = columns; name->bits; name++) {
        if (name->bits == column.bits) {
            return true;
        }
    }
    return false;
}

/* The housing fund, which answers without a root too, has names of its own for number and name. */
static bool is_fund_column(const SocsecRows *rows, const char *name)
{
    return rows->line == SOCSEC_FRAGMENT && (strcasecmp(name, "zjhm") == 0 || strcasecmp(name, "xm") == 0);
}

static void add_field(SocsecRows *rows, SocsecLevel *level, SocsecKind kind, hutong_text name,
                      hutong_text value)
{
    if (value.size == 0 || socsec_is_secret(name) || socsec_holds_sql(value)) {
        return;
    }
    if (socsec_is_column(name) || is_fund_column(rows, name.data)) {
        kind = SOCSEC_COLUMN;
        level->columns++;
    }
    const SocsecField *field = socsec_fields_add(&rows->open, kind, name, value);
    if (field && kind == SOCSEC_COLUMN && !rows->has_state) {
        rows->has_state = says_state(field->short_name);
    }
}

static void add_attribute(SocsecRows *rows, SocsecLevel *level, SocsecKind kind, const char *const *attribute)
{
    hutong_text name = {attribute[0], strlen(attribute[0])}, value = {attribute[1], strlen(attribute[1])};
    add_field(rows, level, kind, name, value);
}

static hutong_text get_name(const SocsecLevel *level)
{
    return (hutong_text){level->name, level->name_size};
}

/* Text between elements is no column of anything. */
static void flush_text(SocsecRows *rows, SocsecLevel *level)
{
    hutong_text name = get_name(level), value = take_text(rows);
    if (value.size > 0 && !socsec_is_secret(name) && !socsec_holds_sql(value)) {
        socsec_fields_add(&rows->head, SOCSEC_OTHER, name, value);
    }
}

/* molss: `<para name="value"/>` and `<result name="value"/>` are fields of what is around them. */
static bool is_parameter(const SocsecRows *rows, const char *name)
{
    return rows->line == SOCSEC_MOLSS && (strcasecmp(name, "para") == 0 || strcasecmp(name, "result") == 0);
}

static void take_parameters(SocsecRows *rows, const char *name, const char *const *attributes)
{
    bool request = strcasecmp(name, "para") == 0;
    rows->has_parameters = rows->has_parameters || request;
    for (; attributes && attributes[0]; attributes += 2) {
        hutong_text attribute = {attributes[0], strlen(attributes[0])};
        rows->has_sql = rows->has_sql || (request && socsec_is_sql(attribute));
        rows->has_result_rows = rows->has_result_rows || strcasecmp(attribute.data, "row_count") == 0;
        add_attribute(rows, &rows->levels[rows->depth - 1], SOCSEC_OTHER, attributes);
    }
}

/* ---- Rows ---- */

/* True for what counts for the rows inside of the element that it stands in. */
static bool is_inherited(const SocsecFields *open, unsigned index)
{
    return open->fields[index].kind == SOCSEC_COLUMN ||
           strcasecmp(socsec_fields_name(open, index), "REFMSGID") == 0;
}

/* The level's own fields, then columns and the message's number from around it, the nearest first. What stands in the root
 * beside columns is the message's: codes of success, texts. */
static void gather_row(SocsecRows *rows, const SocsecLevel *level)
{
    const SocsecFields *open = &rows->open;
    bool is_whole = level == rows->levels;
    socsec_fields_cut(&rows->row, 0);
    for (unsigned i = level->first; i < open->count; i++) {
        if (!is_whole || open->fields[i].kind != SOCSEC_OTHER) {
            socsec_fields_copy(&rows->row, open, i);
        }
    }
    for (unsigned i = level->first; i-- > 0;) {
        if (is_inherited(open, i) && !socsec_fields_find(&rows->row, open->fields[i].short_name).data) {
            socsec_fields_copy(&rows->row, open, i);
        }
    }
}

/* What belongs to no row. */
static void move_to_head(SocsecRows *rows, const SocsecLevel *level)
{
    for (unsigned i = level->first; i < rows->open.count; i++) {
        if (rows->open.fields[i].kind == SOCSEC_OTHER) {
            socsec_fields_copy(&rows->head, &rows->open, i);
        }
    }
}

static void check_room(SocsecState *state, hutong_out *out)
{
    const SocsecRows *rows = &state->rows;
    if (rows->open.full || rows->head.full || rows->row.full) {
        refuse(state, out, "too-many-fields", "a row, or what is around the rows, has too many fields");
    }
}

/* An element with children or columns ends. */
static void end_branch(SocsecState *state, hutong_out *out, SocsecLevel *level)
{
    SocsecRows *rows = &state->rows;
    bool is_row = !level->has_rows && level->columns > 0;
    flush_text(rows, level);
    if (is_row) {
        gather_row(rows, level);
        check_room(state, out);
        socsec_row_emit(state, out);
        rows->count++;
        level->has_rows = true;
    }
    if (!is_row || level == rows->levels) {
        move_to_head(rows, level);
    }
}

/* molss has a place for rows: what stands there is one, whatever its attributes are called. */
static bool is_bare_row(const SocsecRows *rows, const SocsecLevel *level)
{
    return rows->line == SOCSEC_MOLSS && strcasecmp(level->name, "row") == 0 &&
           rows->open.count > level->first;
}

static void end_element(SocsecState *state, hutong_out *out)
{
    SocsecRows *rows = &state->rows;
    SocsecLevel *level = &rows->levels[rows->depth - 1];
    bool is_leaf = rows->depth > 1 && !level->has_children && level->columns == 0;
    if (is_leaf && is_bare_row(rows, level)) {
        level->columns = 1;
        is_leaf = false;
    }
    if (!is_leaf) {
        end_branch(state, out, level);
    }
    socsec_fields_cut(&rows->open, level->first);
    rows->depth--;
    if (rows->depth == 0) {
        return;
    }
    SocsecLevel *parent = &rows->levels[rows->depth - 1];
    parent->has_rows = parent->has_rows || level->has_rows;
    if (is_leaf) {
        add_field(rows, parent, SOCSEC_OTHER, get_name(level), take_text(rows));
    }
}

/* ---- The document's end ---- */

const char *socsec_rows_head(const SocsecRows *rows, const char *name)
{
    for (unsigned i = 0; i < rows->head.count; i++) {
        if (strcasecmp(socsec_fields_name(&rows->head, i), name) == 0) {
            return socsec_fields_value(&rows->head, i).data;
        }
    }
    return NULL;
}

/* A number of rows that the answer states; -1: none is stated, or no number. */
static long find_stated(const SocsecRows *rows)
{
    const char *stated = socsec_rows_head(rows, "RETURNNUM");
    stated = stated ? stated : socsec_rows_head(rows, "数量");
    if (!stated || strlen(stated) > 9 || stated[strspn(stated, "0123456789")] != '\0') {
        return -1;
    }
    return strtol(stated, NULL, 10);
}

static void check_count(SocsecState *state, hutong_out *out)
{
    char text[120];
    const char *code = socsec_rows_head(&state->rows, "RETURNNUM");
    long stated = find_stated(&state->rows);
    if (code && stated < 0 && *code != '-') {
        refuse(state, out, "department-error",
               "the answer's RETURNNUM is no number: it is taken for an error");
    }
    if (stated >= 0 && stated != (long)state->rows.count) {
        snprintf(text, sizeof text, "the answer states %ld rows and has %u: send it again, whole", stated,
                 state->rows.count);
        refuse(state, out, "count-mismatch", text);
    }
}

/* An answer without rows says at least how it went. */
static bool has_success(const SocsecRows *rows)
{
    static const char *const codes[] = {"RETURNNUM", "ERR", "RspCode", "code", "appcode", NULL};
    bool found = false;
    for (const char *const *code = codes; *code && !found; code++) {
        found = socsec_rows_head(rows, *code) != NULL;
    }
    return found;
}

/* The bus has no rows of its own to answer with, and nothing is taken out of SQL. */
static void check_kind(SocsecState *state, hutong_out *out)
{
    const SocsecRows *rows = &state->rows;
    bool molss = rows->line == SOCSEC_MOLSS;
    bool asks = molss && rows->has_parameters && (rows->has_sql || rows->count == 0);
    if (asks || (rows->line == SOCSEC_INPUT && !rows->has_state)) {
        refuse(state, out, "query-not-answered",
               "this is a query of the social security platform; the bus answers none: send it there");
    } else if (rows->count == 0 && !molss && !has_success(rows) && !rows->is_line_test) {
        refuse(state, out, "unknown-document", "there are neither rows nor a line's code of success");
    } else if (molss && rows->count == 0 && !rows->has_result_rows) {
        refuse(state, out, "department-error",
               "the platform's answer has neither rows nor their number: it is taken for an error");
    }
}

static void emit_head(const SocsecState *state, hutong_out *out)
{
    const hutong_host *host = state->host;
    const SocsecFields *head = &state->rows.head;
    const char *root = state->rows.levels[0].name;
    host->emit_start(out, root, NULL);
    for (unsigned i = 0; i < head->count; i++) {
        hutong_text value = socsec_fields_value(head, i);
        hutong_emit_element(host, out, socsec_fields_name(head, i), value.data, value.size);
    }
    host->emit_end(out, root);
}

static void end_document(SocsecState *state, hutong_out *out)
{
    state->total_rows += state->rows.count;
    state->rows.is_line_test = socsec_connection_is_tested(&state->rows);
    check_room(state, out);
    check_kind(state, out);
    check_count(state, out);
    emit_head(state, out);
    state->host->emit_end(out, "insured");
}

/* ---- The filter ---- */

static void begin_document(SocsecRows *rows, const char *root)
{
    rows->line = find_line(root);
    rows->depth = rows->count = 0;
    rows->text.size = 0;
    rows->has_state = rows->has_parameters = rows->has_sql = rows->has_result_rows = rows->faulted =
        rows->is_line_test = false;
    socsec_fields_cut(&rows->open, 0);
    socsec_fields_cut(&rows->head, 0);
    socsec_fields_cut(&rows->row, 0);
    rows->open.full = rows->head.full = rows->row.full = false;
}

static void open_level(SocsecRows *rows, const char *name, const char *const *attributes)
{
    bool parameter = rows->depth > 0 && is_parameter(rows, name);
    if (parameter) {
        take_parameters(rows, name, attributes);
    }
    SocsecLevel *level = &rows->levels[rows->depth++];
    *level = (SocsecLevel){.first = rows->open.count, .name_size = strnlen(name, SOCSEC_NAME - 1)};
    memcpy(level->name, name, level->name_size);
    for (; !parameter && attributes && attributes[0]; attributes += 2) {
        add_attribute(rows, level, SOCSEC_LOOSE, attributes);
    }
    if (rows->line == SOCSEC_MOLSS && strcasecmp(name, "resultset") == 0) {
        rows->has_result_rows = true;
    }
}

static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    SocsecState *state = user;
    SocsecRows *rows = &state->rows;
    if (rows->depth == 0 || strcmp(name, rows->levels[0].name) == 0) {
        begin_document(rows, name);
        state->host->emit_start(out, "insured", NULL);
    }
    if (rows->depth == SOCSEC_DEPTH) {
        refuse(state, out, "too-deep", "elements are nested deeper than any answer's");
        return;
    }
    if (rows->depth > 0) {
        flush_text(rows, &rows->levels[rows->depth - 1]);
        rows->levels[rows->depth - 1].has_children = true;
    }
    open_level(rows, name, attributes);
}

static void take_piece(void *user, hutong_out *out, const char *text, size_t size)
{
    add_text(user, out, text, size);
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    SocsecState *state = user;
    (void)name;
    if (state->rows.depth == 0) {
        refuse(state, out, "unknown-document", "an element of the document is called like its root");
        return;
    }
    end_element(state, out);
    if (state->rows.depth == 0) {
        end_document(state, out);
    }
}

const hutong_filter socsec_rows_filter = {sizeof(hutong_filter), take_start, take_piece, take_end};
