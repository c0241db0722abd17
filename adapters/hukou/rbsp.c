/* RBSP, the police's request-service platform. Its answer is an array of arrays: row 0 begins with a status (000 is
 * success) and need not be as wide as the others, row 1 has the names of the columns, the data begin at row 2. Its
 * request is an SQL condition. The mapping is given
 *
 *     <RBSP><ROW><XM>…</XM><XB>…</XB></ROW>…</RBSP>          for an answer
 *     <RBSPREQUEST><ROW><GMSFHM>…</GMSFHM></ROW></RBSPREQUEST> for a request
 *
 * What identifies the platform and the caller (ServiceID, SenderID, …) is known and not passed on. */
#include "hukou.h"

#include <stdio.h>
#include <string.h>

static const char *const roots[] = {[HUKOU_RBSP_ANSWER] = "RBSP", [HUKOU_RBSP_REQUEST] = "RBSPREQUEST"};

/* Begins the document for the mapping; what belongs to the other kind is not passed on any more. */
static bool open_document(HukouState *state, hutong_out *out, HukouRbspKind kind)
{
    HukouRbsp *rbsp = &state->rbsp;
    if (rbsp->kind == HUKOU_RBSP_NOTHING) {
        rbsp->kind = kind;
        state->host->emit_start(out, roots[kind], NULL);
    }
    return rbsp->kind == kind;
}

static void fault(HukouState *state, hutong_out *out, const char *code, const char *text)
{
    if (!state->rbsp.faulted) {
        state->rbsp.faulted = true;
        state->host->fault(out, HUTONG_REJECT, code, text);
    }
}

/* ---- Rows 0 and 1 ---- */

/* Names the status only when it looks like one: texts of a department may hold anything. */
static void check_status(HukouState *state, hutong_out *out, const char *status)
{
    size_t size = strlen(status);
    char text[80];

    state->rbsp.has_status = true;
    if (size > 0 && strspn(status, "0") == size) {
        return;
    }
    if (size > 0 && size <= 8 && strspn(status, "0123456789-") == size) {
        snprintf(text, sizeof text, "the platform answered with status %s instead of 000", status);
    } else {
        snprintf(text, sizeof text, "the platform answered without a status in row 0");
    }
    fault(state, out, "department-error", text);
}

static void take_column(HukouRbsp *rbsp, const char *name)
{
    if (rbsp->column < HUKOU_COLUMNS) {
        snprintf(rbsp->columns[rbsp->column], HUKOU_NAME, "%s", hukou_is_name(name) ? name : "");
        rbsp->n_columns = rbsp->column + 1;
    }
}

static const char *name_column(const HukouRbsp *rbsp, char numbered[HUKOU_NAME])
{
    if (rbsp->column < rbsp->n_columns && rbsp->columns[rbsp->column][0]) {
        return rbsp->columns[rbsp->column];
    }
    snprintf(numbered, HUKOU_NAME, "COLUMN_%u", rbsp->column + 1);
    return numbered;
}

/* ---- Elements ---- */

static bool is_data_row(const HukouRbsp *rbsp)
{
    return rbsp->in_row && rbsp->row >= 2 && rbsp->kind == HUKOU_RBSP_ANSWER;
}

static void start_row(HukouState *state, hutong_out *out)
{
    HukouRbsp *rbsp = &state->rbsp;
    rbsp->in_row = true;
    rbsp->column = 0;
    if (open_document(state, out, HUKOU_RBSP_ANSWER) && rbsp->row >= 2) {
        state->host->emit_start(out, "ROW", NULL);
    }
}

static void end_row(HukouState *state, hutong_out *out)
{
    HukouRbsp *rbsp = &state->rbsp;
    if (rbsp->row == 0 && !rbsp->has_status) {
        check_status(state, out, "");
    }
    if (is_data_row(rbsp)) {
        state->host->emit_end(out, "ROW");
    }
    rbsp->in_row = false;
    rbsp->row++;
}

static void start_data(HukouState *state, hutong_out *out)
{
    HukouRbsp *rbsp = &state->rbsp;
    char numbered[HUKOU_NAME];

    rbsp->in_data = true;
    hukou_text_clear(&rbsp->text);
    if (is_data_row(rbsp)) {
        state->host->emit_start(out, name_column(rbsp, numbered), NULL);
    }
}

static void take_condition(HukouState *state, hutong_out *out)
{
    HukouRbsp *rbsp = &state->rbsp;
    const char *sql = hukou_text_string(&rbsp->text);

    if (!open_document(state, out, HUKOU_RBSP_REQUEST)) {
        return;
    }
    if (rbsp->text.surplus || hukou_condition_emit(state->host, out, sql) == 0) {
        fault(state, out, "condition-unreadable",
              "no comparison like COLUMN='value' was found in the SQL condition, or it is too long");
    }
}

static void end_data(HukouState *state, hutong_out *out)
{
    HukouRbsp *rbsp = &state->rbsp;
    char numbered[HUKOU_NAME];

    rbsp->in_data = false;
    if (is_data_row(rbsp)) {
        state->host->emit_end(out, name_column(rbsp, numbered));
    } else if (rbsp->in_row && rbsp->row == 0 && rbsp->column == 0) {
        check_status(state, out, hukou_text_string(&rbsp->text));
    } else if (rbsp->in_row && rbsp->row == 1) {
        take_column(rbsp, hukou_text_string(&rbsp->text));
    } else if (!rbsp->in_row && strcmp(rbsp->item, "Condition") == 0) {
        take_condition(state, out);
    }
    rbsp->column++;
}

static void end_name(HukouRbsp *rbsp)
{
    snprintf(rbsp->item, sizeof rbsp->item, "%.*s", HUKOU_NAME - 1, hukou_text_string(&rbsp->text));
    rbsp->in_name = false;
}

static void end_message(HukouState *state, hutong_out *out)
{
    HukouRbsp *rbsp = &state->rbsp;
    if (rbsp->kind == HUKOU_RBSP_NOTHING) {
        fault(state, out, "unknown-document", "the RBSP message has neither rows nor a condition");
        return;
    }
    state->host->emit_end(out, roots[rbsp->kind]);
}

/* ---- The filter ---- */

static void begin_message(HukouRbsp *rbsp)
{
    rbsp->kind = HUKOU_RBSP_NOTHING;
    rbsp->faulted = rbsp->has_status = false;
    rbsp->in_array = rbsp->in_row = rbsp->in_name = rbsp->in_data = false;
    rbsp->row = rbsp->column = rbsp->n_columns = 0;
    rbsp->item[0] = '\0';
    hukou_text_clear(&rbsp->text);
}

static bool is_array(const char *const *attributes)
{
    const char *type = hutong_attribute(attributes, "Type");
    return type && strcmp(type, "arrayOfArrayOf_string") == 0;
}

static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HukouState *state = user;
    HukouRbsp *rbsp = &state->rbsp;

    if (strcmp(name, "RBSPMessage") == 0) {
        begin_message(rbsp);
    } else if (strcmp(name, "Item") == 0) {
        rbsp->item[0] = '\0';
    } else if (strcmp(name, "Name") == 0) {
        rbsp->in_name = true;
        hukou_text_clear(&rbsp->text);
    } else if (strcmp(name, "Value") == 0) {
        rbsp->in_array = is_array(attributes);
    } else if (strcmp(name, "Row") == 0 && rbsp->in_array && !rbsp->in_row) {
        start_row(state, out);
    } else if (strcmp(name, "Data") == 0 && !rbsp->in_data) {
        start_data(state, out);
    }
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HukouState *state = user;
    HukouRbsp *rbsp = &state->rbsp;

    if (rbsp->in_data && is_data_row(rbsp)) {
        state->host->emit_text(out, text, size);
    } else if (rbsp->in_data || rbsp->in_name) {
        hukou_text_add(&rbsp->text, text, size);
    }
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HukouState *state = user;
    HukouRbsp *rbsp = &state->rbsp;

    if (strcmp(name, "RBSPMessage") == 0) {
        end_message(state, out);
    } else if (strcmp(name, "Name") == 0 && rbsp->in_name) {
        end_name(rbsp);
    } else if (strcmp(name, "Row") == 0 && rbsp->in_row) {
        end_row(state, out);
    } else if (strcmp(name, "Data") == 0 && rbsp->in_data) {
        end_data(state, out);
    }
}

const hutong_filter hukou_rbsp_filter = {sizeof(hutong_filter), take_start, take_text, take_end};
