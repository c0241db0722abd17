/* The list is a row of packed fields, a namespace before each name. Written in the host, read in the bus. */
#include "core/base/not-understood.h"

#include "core/base/pack.h"

#include <glib.h>

enum { TAG_URI = 1, TAG_NAME };

void ht_not_understood_add(HtBuffer *list, HtText uri, HtText name)
{
    unsigned count = 0;
    HtText rest = ht_buffer_text(list), other_uri, other_name;
    while (ht_not_understood_next(&rest, &other_uri, &other_name)) {
        count++;
    }
    if (count < HT_NOT_UNDERSTOOD_MOST && uri.size <= HT_NOT_UNDERSTOOD_BYTES && name.size > 0 &&
        name.size <= HT_NOT_UNDERSTOOD_BYTES) {
        ht_pack_text(list, TAG_URI, uri);
        ht_pack_text(list, TAG_NAME, name);
    }
}

static bool take_field(HtUnpack *unpack, uint8_t wanted, HtText *value)
{
    uint8_t tag;
    return ht_unpack_next(unpack, &tag, value) && tag == wanted && value->size <= HT_NOT_UNDERSTOOD_BYTES;
}

bool ht_not_understood_next(HtText *list, HtText *uri, HtText *name)
{
    HtUnpack unpack = ht_unpack(list->data, list->size);
    bool good = list->size > 0 && take_field(&unpack, TAG_URI, uri) && take_field(&unpack, TAG_NAME, name);
    if (good) {
        *list = (HtText){(const char *)unpack.next, (size_t)(unpack.end - unpack.next)};
    }
    return good;
}

/* Nothing that would end or change the markup around it. */
static bool is_plain(HtText text, const char *forbidden)
{
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f || strchr(forbidden, text.data[i])) {
            return false;
        }
    }
    return text.size == 0 || g_utf8_validate_len(text.data, text.size, NULL);
}

bool ht_not_understood_check(HtText list)
{
    unsigned count = 0;
    HtText uri, name;
    bool good = true;
    while (good && list.size > 0) {
        good = ht_not_understood_next(&list, &uri, &name) && name.size > 0 && is_plain(uri, "") &&
               is_plain(name, " \"&':;<=>/?") && ++count <= HT_NOT_UNDERSTOOD_MOST;
    }
    return good;
}
