/* A city's health-record tables: <tables><table name='individual_core'><row><name>…</name>…</row></table></tables>. Each
 * row is kept until it ends, because what a column means may depend on others.
 *
 *     <EHR><row><table>individual_core</table><name>…</name>…<division>511802</division></row></EHR>
 *
 * A vaccination card is one row with some two hundred columns; it becomes one row for each dose (vaccine.c). */
#include "health.h"

#include <string.h>

/* Elements open around the place that is meant. */
enum { IN_TABLES = 1, IN_TABLE = 2, IN_ROW = 3, IN_COLUMN = 4 };

const char *health_row_name(const HealthRows *rows, unsigned column)
{
    return rows->bytes.data + rows->columns[column].name;
}

const char *health_row_value(const HealthRows *rows, unsigned column)
{
    return rows->bytes.data + rows->columns[column].value;
}

/* ---- Keeping ---- */

static void append(HealthRows *rows, const char *text, size_t size)
{
    bool fits = !rows->is_full && size < HEALTH_ROW - rows->bytes.size;
    rows->is_full = !fits || !hutong_bytes_add(&rows->bytes, text, size);
}

static void begin_row(HealthRows *rows)
{
    rows->bytes.size = 0;
    rows->count = 0;
    rows->is_full = false;
}

static void begin_column(HealthRows *rows, const char *name)
{
    if (rows->count == HEALTH_COLUMNS) {
        rows->is_full = true;
        return;
    }
    size_t start = rows->bytes.size;
    append(rows, name, strlen(name) + 1);
    if (!rows->is_full) {
        rows->columns[rows->count].name = (uint32_t)start;
        rows->columns[rows->count].value = (uint32_t)rows->bytes.size;
        rows->count++;
    }
}

static void end_column(HealthRows *rows)
{
    append(rows, "", 1);
}

/* ---- Giving on ---- */

/* 0,100000,510000,511800,511802,104: the last that is a division's code. The country is none. */
static void give_division(const HealthState *state, hutong_out *out, const char *path)
{
    char division[13] = "";
    for (const char *at = path; *at; at += strspn(at, ", /")) {
        size_t size = strcspn(at, ", /");
        bool digits = strspn(at, "0123456789") >= size;
        if (digits && (size == 6 || size == 9 || size == 12) && strncmp(at, "100000", 6) != 0) {
            health_copy(division, sizeof division, at, size);
        }
        at += size;
    }
    health_give(state, out, "division", division);
}

/* Columns with a time hold seconds since 1970, but not always. */
static bool is_time(const char *column)
{
    return strstr(column, "time") || strstr(column, "date") || strstr(column, "birth") ||
           strstr(column, "_effective");
}

void health_give_column(const HealthState *state, hutong_out *out, const char *name, const char *value)
{
    char day[16];
    if (is_time(name) && health_epoch_day(value, day)) {
        health_give(state, out, name, day);
    } else if (!is_time(name) || strcmp(value, "0") != 0) {
        health_give(state, out, name, value);
    }
    if (strcmp(name, "region_path") == 0) {
        give_division(state, out, value);
    }
}

static void give_row(HealthState *state, hutong_out *out)
{
    const HealthRows *rows = &state->rows;
    state->host->emit_start(out, "row", NULL);
    health_give(state, out, "table", rows->table);
    for (unsigned i = 0; i < rows->count; i++) {
        health_give_column(state, out, health_row_name(rows, i), health_row_value(rows, i));
    }
    state->host->emit_end(out, "row");
}

static void end_row(HealthState *state, hutong_out *out)
{
    const HealthRows *rows = &state->rows;
    if (rows->is_full) {
        state->host->fault(out, HUTONG_REJECT, "row-too-long",
                           "A row has more than 1024 columns, or more than 1 MB of text.");
    } else if (health_starts_with(rows->table, "vac_")) {
        health_give_doses(state, out);
    } else {
        give_row(state, out);
    }
}

/* ---- The filter ---- */

static void begin_table(HealthRows *rows, const char *const *attributes)
{
    const char *name = hutong_attribute(attributes, "name");
    health_copy(rows->table, sizeof rows->table, name ? name : "", name ? strlen(name) : 0);
}

static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HealthState *state = user;
    HealthRows *rows = &state->rows;
    if (strcmp(name, "tables") == 0) {
        rows->depth = 0;
        state->host->emit_start(out, "EHR", NULL);
    }
    switch (++rows->depth) {
    case IN_TABLE: begin_table(rows, attributes); break;
    case IN_ROW: begin_row(rows); break;
    case IN_COLUMN: begin_column(rows, name); break;
    default: break;
    }
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HealthState *state = user;
    (void)out;
    if (state->rows.depth >= IN_COLUMN) {
        append(&state->rows, text, size);
    }
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HealthState *state = user;
    (void)name;
    switch (state->rows.depth--) {
    case IN_COLUMN: end_column(&state->rows); break;
    case IN_ROW: end_row(state, out); break;
    case IN_TABLES: state->host->emit_end(out, "EHR"); break;
    default: break;
    }
}

const hutong_filter health_rows_filter = {sizeof(hutong_filter), take_start, take_text, take_end};
