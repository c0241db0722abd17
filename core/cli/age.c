/* How long ago; see age.h. No state. */
#include "core/cli/age.h"

#include "core/base/clock.h"

#include <glib/gi18n.h>
#include <inttypes.h>

static void write_age(int64_t age_us, char text[HT_CLI_AGE])
{
    int64_t seconds = MAX(age_us, 0) / HT_SECOND;
    if (seconds == 0) {
        g_strlcpy(text, _("now"), HT_CLI_AGE);
    } else if (seconds < 60) {
        g_snprintf(text, HT_CLI_AGE, _("%" PRIi64 " s"), seconds);
    } else if (seconds < 3600) {
        g_snprintf(text, HT_CLI_AGE, _("%" PRIi64 " min"), seconds / 60);
    } else if (seconds < 2 * 86400) {
        g_snprintf(text, HT_CLI_AGE, _("%" PRIi64 " h"), seconds / 3600);
    } else {
        g_snprintf(text, HT_CLI_AGE, _("%" PRIi64 " d"), seconds / 86400);
    }
}

int64_t ht_cli_age_us(JsonObject *object, const char *member)
{
    const char *text = json_object_get_string_member_with_default(object, member, "");
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
    return time ? MAX(ht_clock_now() - g_date_time_to_unix(time) * HT_SECOND -
                          g_date_time_get_microsecond(time),
                      0)
                : -1;
}

void ht_cli_age_of(JsonObject *object, const char *member, const char *none, char text[HT_CLI_AGE])
{
    int64_t age_us = ht_cli_age_us(object, member);
    if (age_us < 0) {
        g_strlcpy(text, none, HT_CLI_AGE);
    } else {
        write_age(age_us, text);
    }
}
