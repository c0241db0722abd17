/* What a repair may say. No state; any thread. */
#include "spool/repair.h"

#include "core/base/citizen.h"

#define DIGITS_MAX 10 /* in a row: a date or a ticket's number has fewer, a telephone's more */

bool ht_spool_repair_is_subject(const char *text)
{
    size_t size = strlen(text);
    return size == HT_SPOOL_SUBJECT - 1 && g_str_has_prefix(text, "p-") &&
           strspn(text + 2, "abcdefghijklmnopqrstuvwxyz234567") == size - 2;
}

bool ht_spool_repair_is_plain(const char *text, size_t max_bytes)
{
    HtText whole = ht_text_from(text);
    unsigned digits = 0;
    if (whole.size == 0 || whole.size > max_bytes || !g_utf8_validate_len(whole.data, whole.size, NULL) ||
        ht_citizen_may_be_in(whole)) {
        return false;
    }
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        digits = ht_citizen_digit(character) >= 0 ? digits + 1 : 0;
        if (g_unichar_iscntrl(character) || digits > DIGITS_MAX) {
            return false;
        }
    }
    return true;
}

bool ht_spool_repair_is_reason(const char *text)
{
    return ht_spool_repair_is_plain(text, HT_SPOOL_REASON_MAX_BYTES);
}
