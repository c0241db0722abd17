/* Form and length of values, by the dictionary's types. No state; any thread. */
#include "mappings/engine/values/fit.h"

#include "core/base/citizen.h"
#include "core/base/forms.h"
#include "mappings/engine/values/convert.h"

#define CODE_MAX_BYTES 20
#define TIME_SIZE ((size_t)8)

static bool is_short_enough(const HtElement *element, HtText value)
{
    uint32_t most = element->max_length;
    return most == 0 || value.size <= most || ht_value_length(value.data, value.size) <= most;
}

/* hh:mm:ss, and a fraction where the department has one. */
static bool is_time_of_day(HtText value)
{
    HtText whole = {value.data, MIN(value.size, TIME_SIZE)};
    size_t digits = 0;
    while (TIME_SIZE + 1 + digits < value.size && g_ascii_isdigit(value.data[TIME_SIZE + 1 + digits])) {
        digits++;
    }
    return ht_form_is_time_of_day(whole) &&
           (value.size == TIME_SIZE ||
            (value.data[TIME_SIZE] == '.' && digits > 0 && value.size == TIME_SIZE + 1 + digits));
}

bool ht_element_fits(const HtElement *element, HtText value)
{
    switch (element->type) {
    case HT_TYPE_CODE: return ht_form_is_word(value, ".-", CODE_MAX_BYTES) && !ht_citizen_is_in(value);
    case HT_TYPE_DATE: return ht_form_is_date(value);
    case HT_TYPE_DATETIME: return ht_form_is_time(value) || ht_form_is_date(value);
    case HT_TYPE_TIME: return is_time_of_day(value);
    case HT_TYPE_MONTH: return value.size == 7 && ht_form_is_date(value);
    case HT_TYPE_INTEGER:
    case HT_TYPE_DECIMAL:
        return ht_form_is_number(value) && is_short_enough(element, value) && !ht_citizen_is_in(value) &&
               (element->type == HT_TYPE_DECIMAL || !memchr(value.data, '.', value.size));
    case HT_TYPE_DIVISION: return ht_form_is_division(value);
    case HT_TYPE_ID_NUMBER: return is_short_enough(element, value);
    default: return is_short_enough(element, value) && !ht_citizen_is_in(value);
    }
}
