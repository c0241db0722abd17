/* Faults: made in the host, carried in frames, shown in receipts, kept in dead letters. No state; any thread. */
#include "core/base/fault.h"

#include "core/base/pack.h"

#include <glib.h>
#include <stdarg.h>

enum { TAG_CODE = 1, TAG_ELEMENT, TAG_TEXT, TAG_RECORD, TAG_LINE, TAG_PART };

static void copy_cut(char *to, size_t room, HtText from)
{
    size_t size = MIN(from.size, room - 1);
    while (size > 0 && size < from.size && ((unsigned char)from.data[size] & 0xc0) == 0x80) {
        size--;
    }
    if (size > 0) {
        memcpy(to, from.data, size);
    }
    to[size] = '\0';
}

void ht_fault_set(HtFault *fault, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    *fault = (HtFault){0};
    copy_cut(fault->code, sizeof fault->code, ht_text_from(code));
    copy_cut(fault->text, sizeof fault->text, ht_text_from(text));
}

void ht_fault_set_limit(HtFault *fault, const char *code, const char *what, HtLimit limit, const char *advice)
{
    char name[HT_LIMIT_TEXT];
    ht_fault_set(fault, code, "%s more than %s%s", what, ht_limit_name(limit, name), advice);
}

void ht_fault_set_element(HtFault *fault, HtText element)
{
    copy_cut(fault->element, sizeof fault->element, element);
}

void ht_fault_pack(const HtFault *fault, HtBuffer *buffer)
{
    ht_pack_text(buffer, TAG_CODE, ht_text_from(fault->code));
    ht_pack_text(buffer, TAG_ELEMENT, ht_text_from(fault->element));
    ht_pack_text(buffer, TAG_TEXT, ht_text_from(fault->text));
    ht_pack_u32(buffer, TAG_RECORD, fault->record);
    ht_pack_u32(buffer, TAG_LINE, fault->line);
    if (fault->part > 0) {
        ht_pack_u32(buffer, TAG_PART, fault->part);
    }
}

static bool take_text(char *to, size_t room, HtText from)
{
    if (!g_utf8_validate(from.data, (gssize)from.size, NULL)) {
        return false;
    }
    copy_cut(to, room, from);
    return true;
}

bool ht_fault_unpack(HtText bytes, HtFault *fault)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint8_t tag;
    HtText value;
    bool good = true;
    *fault = (HtFault){0};
    while (good && ht_unpack_next(&unpack, &tag, &value)) {
        switch (tag) {
        case TAG_CODE: good = take_text(fault->code, sizeof fault->code, value); break;
        case TAG_ELEMENT: good = take_text(fault->element, sizeof fault->element, value); break;
        case TAG_TEXT: good = take_text(fault->text, sizeof fault->text, value); break;
        case TAG_RECORD: good = ht_unpack_u32(value, &fault->record); break;
        case TAG_LINE: good = ht_unpack_u32(value, &fault->line); break;
        case TAG_PART: good = ht_unpack_u32(value, &fault->part); break;
        default: good = false;
        }
    }
    return good && !unpack.broken;
}
