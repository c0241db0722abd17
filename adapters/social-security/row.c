/* One row on its way to the mapping. What a mapping's paths cannot say of single columns is said here:
 *
 * - AAE140 goes under the name of the source's code set (AAE140, AAE140-accounting, AAE140-city-ehr), because the same
 *   digits mean other insurances there;
 * - AAC008N, the name of AAC008's value, stands in for AAC008 where that is missing; a community's name is AAF030N;
 * - a document number that only repeats the social security number is left out.
 *
 * Called by rows.c. */
#include "social-security.h"

#include <string.h>
#include <strings.h>

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool socsec_is_column(hutong_text name)
{
    const char *sign = name.data;
    if (name.size != 6 && !(name.size == 7 && is_letter(sign[6]))) {
        return false;
    }
    return is_letter(sign[0]) && is_letter(sign[1]) && is_letter(sign[2]) && is_digit(sign[3]) &&
           is_digit(sign[4]) && is_digit(sign[5]);
}

/* ---- Names ---- */

static bool is(SocsecShort name, SocsecShort other)
{
    return name.bits == other.bits;
}

static bool is_division(hutong_text value)
{
    return (value.size == 6 || value.size == 9 || value.size == 12) &&
           strspn(value.data, "0123456789") == value.size;
}

/* AAC008 for AAC008N, unless the row has AAC008. */
static SocsecShort strip_name_sign(const SocsecFields *row, const SocsecField *field)
{
    SocsecShort stripped = field->short_name;
    if (field->kind != SOCSEC_COLUMN || stripped.text[6] != 'N') {
        return stripped;
    }
    stripped.text[6] = '\0';
    return socsec_fields_find(row, stripped).data ? field->short_name : stripped;
}

/* `room` is where a name can be put. */
static const char *choose_name(const SocsecState *state, unsigned index, SocsecShort *room)
{
    const SocsecFields *row = &state->rows.row;
    const SocsecField *field = &row->fields[index];
    const char *name = socsec_fields_name(row, index);
    if (is(field->short_name, SOCSEC_SHORT("AAF030N"))) {
        return name;
    }
    if (is(field->short_name, SOCSEC_SHORT("AAF030"))) {
        return is_division(socsec_fields_value(row, index)) ? name : "AAF030N";
    }
    *room = strip_name_sign(row, field);
    if (is(*room, SOCSEC_SHORT("AAE140"))) {
        return state->insurance_element;
    }
    return is(*room, field->short_name) ? name : room->text;
}

/* ---- Values ---- */

/* The document number repeats what AAC002 says: neither it nor its kind says anything more. */
static bool is_repeated(const SocsecFields *row, SocsecShort name)
{
    bool newer = is(name, SOCSEC_SHORT("AAE135")) || is(name, SOCSEC_SHORT("AAA029"));
    bool older = is(name, SOCSEC_SHORT("AAC044")) || is(name, SOCSEC_SHORT("AAC043"));
    if (!newer && !older) {
        return false;
    }
    hutong_text number = socsec_fields_find(row, newer ? SOCSEC_SHORT("AAE135") : SOCSEC_SHORT("AAC044"));
    hutong_text citizen = socsec_fields_find(row, SOCSEC_SHORT("AAC002"));
    return number.data && citizen.data && strcasecmp(number.data, citizen.data) == 0;
}

/* ---- The row ---- */

void socsec_row_emit(SocsecState *state, hutong_out *out)
{
    const SocsecFields *row = &state->rows.row;
    SocsecShort room;
    state->host->emit_start(out, "ROW", NULL);
    for (unsigned i = 0; i < row->count; i++) {
        hutong_text value = socsec_fields_value(row, i);
        if (!is_repeated(row, row->fields[i].short_name)) {
            hutong_emit_element(state->host, out, choose_name(state, i, &room), value.data, value.size);
        }
    }
    state->host->emit_end(out, "ROW");
}
