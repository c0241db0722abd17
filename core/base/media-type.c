/* Content-Type, cut in parts. Any thread. */
#include "core/base/media-type.h"

/* Cuts off what stands before the next semicolon outside of quotes, or all. The semicolon stays. */
static HtText cut(HtText *value)
{
    bool quoted = false;
    size_t size = 0;
    for (; size < value->size && (quoted || value->data[size] != ';'); size++) {
        if (quoted && value->data[size] == '\\') {
            size++;
        } else if (value->data[size] == '"') {
            quoted = !quoted;
        }
    }
    size = MIN(size, value->size);
    HtText part = {value->data, size};
    *value = (HtText){value->data + size, value->size - size};
    return ht_text_strip(part);
}

HtText ht_media_type_cut(HtText *value)
{
    return value->data ? cut(value) : HT_TEXT_NONE;
}

bool ht_media_type_is_json(HtText type)
{
    return ht_text_is_in_any_case(type, "application/json") || ht_text_is_in_any_case(type, "text/json") ||
           ht_text_ends_in_any_case(type, "+json");
}

static bool ends_its_quotes(HtText part)
{
    bool quoted = false;
    for (size_t i = 0; i < part.size; i++) {
        if (quoted && part.data[i] == '\\') {
            i++;
        } else if (part.data[i] == '"') {
            quoted = !quoted;
        }
    }
    return !quoted;
}

bool ht_media_type_is_whole(HtText value)
{
    HtText type = ht_media_type_cut(&value);
    bool whole = type.size > 0 && ends_its_quotes(type);
    while (whole && value.size > 0) {
        value = (HtText){value.data + 1, value.size - 1}; /* the semicolon */
        HtText part = cut(&value);
        const char *equal = part.size > 0 ? memchr(part.data, '=', part.size) : NULL;
        whole = part.size == 0 || (equal && equal > part.data && ends_its_quotes(part));
    }
    return whole;
}

bool ht_media_parameter_cut(HtText *rest, HtMediaParameter *parameter)
{
    while (rest->size > 0) {
        *rest = (HtText){rest->data + 1, rest->size - 1}; /* the semicolon */
        HtText part = cut(rest);
        const char *equal = part.size > 0 ? memchr(part.data, '=', part.size) : NULL;
        if (equal) {
            HtText value = ht_text_strip((HtText){equal + 1, (size_t)(part.data + part.size - equal) - 1});
            parameter->name = ht_text_strip((HtText){part.data, (size_t)(equal - part.data)});
            parameter->value = ht_text_unquote(value);
            parameter->quoted = parameter->value.data != value.data;
            return true;
        }
    }
    return false;
}
