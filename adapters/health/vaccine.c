/* A vaccination card: columns are called VACCINE_WHAT_NUMBER (hepatitis_time_2, hepatitis_batch_2, …), with one dose
 * VACCINE_WHAT (bcg_time). Each dose that has a date becomes a row of its own, with what the card says of the child:
 *
 *     <row><table>vaccination</table><doseKey>hepatitis/2</doseKey><dayKey>20090412</dayKey>
 *          <vaccine>hepatitis</vaccine><vaccineName>乙肝疫苗</vaccineName><dose>2</dose><time>2009-04-12</time>
 *          <batch>…</batch><identity_number>…</identity_number>…</row>
 *
 * The two keys make the event's own, with the first number of the card's that is one (the mapping says which): a card that is sent again with one dose more gives one new event. */
#include "health.h"

#include <stdio.h>
#include <string.h>

#define VACCINES "health.vaccine"

/* What follows the vaccine's name in a column. */
static const char *const facts[] = {"time",   "part",   "batch", "effective", "enterprises",
                                    "doctor", "remark", "name",  NULL};

/* A column's name in its parts: PREFIX_FACT or PREFIX_FACT_NUMBER. */
typedef struct {
    char prefix[HEALTH_ID];
    char number[8]; /* empty: none */
    const char *fact;
} Column;

static const char *find_fact(const char *text, size_t size)
{
    for (const char *const *fact = facts; *fact; fact++) {
        if (strlen(*fact) == size && memcmp(*fact, text, size) == 0) {
            return *fact;
        }
    }
    return NULL;
}

static const char *find_last(const char *text, size_t size, char byte)
{
    while (size > 0 && text[size - 1] != byte) {
        size--;
    }
    return size > 0 ? text + size - 1 : NULL;
}

static bool knows_vaccine(const HealthState *state, const char *prefix, hutong_text *name)
{
    return state->host->code(state->host, VACCINES, (hutong_text){prefix, strlen(prefix)}, name);
}

/* False when the column is not one of a dose. Without a number only those of known vaccines are: a card has times of its
 * own (immigration_time). */
static bool read_column(const HealthState *state, const char *name, Column *column)
{
    size_t size = strlen(name);
    const char *last = find_last(name, size, '_');
    if (!last) {
        return false;
    }
    size_t digits = strspn(last + 1, "0123456789");
    bool numbered = digits > 0 && digits < sizeof column->number && !last[1 + digits];
    health_copy(column->number, sizeof column->number, numbered ? last + 1 : "", numbered ? digits : 0);
    size = numbered ? (size_t)(last - name) : size;
    const char *before = find_last(name, size, '_');
    column->fact = before ? find_fact(before + 1, size - (size_t)(before + 1 - name)) : NULL;
    if (!column->fact || before == name) {
        return false;
    }
    health_copy(column->prefix, sizeof column->prefix, name, (size_t)(before - name));
    return numbered || knows_vaccine(state, column->prefix, NULL);
}

static bool is_same_dose(const Column *one, const Column *other)
{
    return strcmp(one->prefix, other->prefix) == 0 && strcmp(one->number, other->number) == 0;
}

/* A date that stands for none has no digit but 0. */
static bool has_date(const char *value)
{
    return value[strcspn(value, "123456789")] != '\0';
}

static void give_keys(const HealthState *state, hutong_out *out, const Column *dose, const char *time)
{
    char key[2 * HEALTH_ID], day[16], epoch[16];
    snprintf(key, sizeof key, "%s/%s", dose->prefix, dose->number[0] ? dose->number : "1");
    health_give(state, out, "doseKey", key);
    bool counted = health_epoch_day(time, epoch);
    if (health_day_key(counted ? epoch : time, day)) {
        health_give(state, out, "dayKey", day);
    }
}

/* Vaccines that are paid for have columns that say which: vaccinum_name_1. */
static void give_vaccine(const HealthState *state, hutong_out *out, const Column *dose)
{
    hutong_text name = {NULL, 0};
    if (strcmp(dose->prefix, "vaccinum") == 0) {
        return;
    }
    health_give(state, out, "vaccine", dose->prefix);
    if (knows_vaccine(state, dose->prefix, &name)) {
        hutong_emit_element(state->host, out, "vaccineName", name.data, name.size);
    }
    health_give(state, out, "dose", dose->number);
}

static void give_dose(const HealthState *state, hutong_out *out, const Column *dose, const char *time)
{
    const HealthRows *rows = &state->rows;
    Column column;
    state->host->emit_start(out, "row", NULL);
    health_give(state, out, "table", "vaccination");
    give_keys(state, out, dose, time);
    give_vaccine(state, out, dose);
    for (unsigned i = 0; i < rows->count; i++) {
        const char *name = health_row_name(rows, i), *value = health_row_value(rows, i);
        if (!read_column(state, name, &column)) {
            health_give_column(state, out, name, value);
        } else if (is_same_dose(&column, dose)) {
            bool names = strcmp(column.fact, "name") == 0;
            health_give_column(state, out, names ? "vaccineName" : column.fact, value);
        }
    }
    state->host->emit_end(out, "row");
}

void health_give_doses(const HealthState *state, hutong_out *out)
{
    const HealthRows *rows = &state->rows;
    Column column;
    for (unsigned i = 0; i < rows->count; i++) {
        const char *time = health_row_value(rows, i);
        if (read_column(state, health_row_name(rows, i), &column) && strcmp(column.fact, "time") == 0 &&
            has_date(time)) {
            give_dose(state, out, &column, time);
        }
    }
}
