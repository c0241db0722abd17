/* Small things that the filters of this adapter share: attributes, identifiers, single values. */
#include "health.h"

#include <string.h>

const char *health_identifier(const char *const *attributes, const char *name)
{
    const char *value = hutong_attribute(attributes, name);
    while (value && (*value == '@' || hutong_is_blank(*value))) {
        value++;
    }
    return value && *value ? value : NULL;
}

void health_give(const HealthState *state, hutong_out *out, const char *name, const char *value)
{
    if (value && *value) {
        hutong_emit_string(state->host, out, name, value);
    }
}

void health_copy(char *to, size_t room, const char *from, size_t size)
{
    size_t used = 0;
    hutong_append(to, room, &used, from, size);
}

bool health_starts_with(const char *text, const char *beginning)
{
    return text && strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

bool health_is_name(const char *name)
{
    size_t size = strlen(name);
    if (!is_letter(name[0]) || size >= 64) {
        return false;
    }
    for (const char *at = name; *at; at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (!is_letter(*at) && !digit && *at != '.' && *at != '-' && *at != '_') {
            return false;
        }
    }
    return true;
}
