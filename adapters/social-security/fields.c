/* Fields: names with values, as a stack. Called by rows.c and row.c. */
#include "social-security.h"

#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 1024
#define TEXT_MAX \
    (1024 * 1024) /* bytes of all names and values together; the bus's max-value bounds a single one too */

void socsec_fields_free(SocsecFields *fields)
{
    free(fields->text.data);
    free(fields->fields);
    *fields = (SocsecFields){0};
}

/* Room for one more. */
static bool make_room(SocsecFields *fields)
{
    if (fields->count < fields->room) {
        return true;
    }
    unsigned room = fields->count * 2 + 64;
    SocsecField *list = realloc(fields->fields, room * sizeof *list);
    if (!list) {
        return false;
    }
    fields->fields = list;
    fields->room = room;
    return true;
}

/* A new field with room for that many bytes of text, at whose place its name begins; NULL: there is none. */
static SocsecField *push(SocsecFields *fields, size_t bytes)
{
    if (fields->count == FIELDS_MAX || fields->text.size + bytes > TEXT_MAX || !make_room(fields) ||
        !hutong_bytes_reserve(&fields->text, bytes)) {
        fields->full = true;
        return NULL;
    }
    SocsecField *field = &fields->fields[fields->count++];
    field->name = fields->text.size;
    field->end = fields->text.size + bytes;
    fields->text.size = field->end;
    return field;
}

/* With its NUL. */
static void put(char *place, hutong_text text)
{
    memcpy(place, text.data, text.size);
    place[text.size] = '\0';
}

static void raise_case(char *name)
{
    for (; *name; name++) {
        *name = *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
    }
}

static SocsecShort shorten(const char *name, size_t size)
{
    SocsecShort result = {""};
    if (size <= sizeof result.text) {
        memcpy(result.text, name, size);
    }
    return result;
}

const SocsecField *socsec_fields_add(SocsecFields *fields, SocsecKind kind, hutong_text name,
                                     hutong_text value)
{
    SocsecField *field = push(fields, name.size + value.size + 2);
    if (!field) {
        return NULL;
    }
    char *place = fields->text.data + field->name;
    field->value = field->name + name.size + 1;
    field->kind = kind;
    put(place, name);
    put(fields->text.data + field->value, value);
    if (kind == SOCSEC_COLUMN) {
        raise_case(place);
    }
    field->short_name = shorten(place, name.size);
    return field;
}

void socsec_fields_copy(SocsecFields *fields, const SocsecFields *others, unsigned index)
{
    const SocsecField *other = &others->fields[index];
    SocsecField *field = push(fields, other->end - other->name);
    if (field) {
        memcpy(fields->text.data + field->name, others->text.data + other->name, other->end - other->name);
        field->value = field->name + (other->value - other->name);
        field->kind = other->kind;
        field->short_name = other->short_name;
    }
}

void socsec_fields_cut(SocsecFields *fields, unsigned first)
{
    if (first < fields->count) {
        fields->text.size = fields->fields[first].name;
        fields->count = first;
    }
}

const char *socsec_fields_name(const SocsecFields *fields, unsigned index)
{
    return fields->text.data + fields->fields[index].name;
}

hutong_text socsec_fields_value(const SocsecFields *fields, unsigned index)
{
    const SocsecField *field = &fields->fields[index];
    return (hutong_text){fields->text.data + field->value, field->end - field->value - 1};
}

hutong_text socsec_fields_find(const SocsecFields *fields, SocsecShort name)
{
    for (unsigned i = 0; i < fields->count; i++) {
        if (fields->fields[i].short_name.bits == name.bits) {
            return socsec_fields_value(fields, i);
        }
    }
    return (hutong_text){NULL, 0};
}
