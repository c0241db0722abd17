#include "tests/interop/table.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { GENERATED, SUBMIT, TYPED, RESEND, FAULTS, OPERATIONS, COLUMNS };

typedef struct {
    char *name; /* "zeep 1.1" */
    unsigned good[COLUMNS], all[COLUMNS];
} Row;

#define ROWS_MAX 32

static Row rows[ROWS_MAX];
static size_t row_count;

static Row *find_row(const char *client, const char *version)
{
    g_autofree char *name = g_strdup_printf("%s | %s", client, version);
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    g_assert(row_count < ROWS_MAX);
    rows[row_count].name = g_steal_pointer(&name);
    return &rows[row_count++];
}

static int find_column(const char *test, bool of_operation)
{
    static const struct {
        const char *test;
        int column;
    } columns[] = {
        {"client-is-generated", GENERATED},
        {"submit", SUBMIT},
        {"typed-submit", TYPED},
        {"resend-gives-the-first-receipt", RESEND},
        {"bad-record-is-a-fault", FAULTS},
        {"foreign-document-is-a-fault", FAULTS},
        {"oversized-is-a-fault", FAULTS},
    };
    if (of_operation) {
        return OPERATIONS;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (strcmp(columns[i].test, test) == 0) {
            return columns[i].column;
        }
    }
    return -1;
}

void table_count(const char *name, bool good)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    unsigned count = g_strv_length(parts);
    if (count < 4 || !g_str_has_prefix(parts[2], "soap-")) {
        return;
    }
    int column = find_column(parts[count - 1], count > 4);
    if (column >= 0) {
        Row *row = find_row(parts[0], parts[2] + strlen("soap-"));
        row->all[column]++;
        row->good[column] += good;
    }
}

static char *write_row(const Row *row)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "| %s |", row->name);
    for (int i = 0; i < COLUMNS; i++) {
        if (row->all[i] == 0) {
            g_string_append(text, " – |");
        } else {
            g_string_append_printf(text, " %u/%u |", row->good[i], row->all[i]);
        }
    }
    return g_string_free(text, FALSE);
}

void table_print(void)
{
    printf(
        "# | client | SOAP | generated | submit | as elements | sent again | faults with detail | own operations |\n"
        "# |---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < row_count; i++) {
        g_autofree char *row = write_row(&rows[i]);
        printf("# %s\n", row);
    }
}

bool table_stands_in(const char *page)
{
    bool all = true;
    for (size_t i = 0; i < row_count; i++) {
        g_autofree char *row = write_row(&rows[i]);
        if (!strstr(page, row)) {
            printf("# the page has no row %s\n", row);
            all = false;
        }
    }
    return all;
}
