/* Judging, describing and cleaning answers. No state but a compiled expression. */
#include "core/delivery/reason.h"

#define EXCERPT_CHARACTERS 200

/* The first that fits. */
static const struct {
    long first, last;
    HtSentKind kind;
} kinds[] = {
    {200, 299, HT_SENT_TAKEN}, {401, 401, HT_SENT_RETRY}, {403, 405, HT_SENT_RETRY},
    {407, 408, HT_SENT_RETRY}, {410, 410, HT_SENT_GONE},  {411, 411, HT_SENT_RETRY},
    {414, 414, HT_SENT_RETRY}, {417, 417, HT_SENT_RETRY}, {421, 421, HT_SENT_RETRY},
    {425, 426, HT_SENT_RETRY}, {429, 429, HT_SENT_RETRY}, {400, 499, HT_SENT_REFUSED},
};

HtSentKind ht_reason_kind(const HtPosted *posted)
{
    bool asks = posted->retry_after_ms > 0 && (posted->status == 429 || posted->status == 503);
    if (asks || posted->unsent) {
        return HT_SENT_REST;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (posted->status >= kinds[i].first && posted->status <= kinds[i].last) {
            return kinds[i].kind;
        }
    }
    return HT_SENT_RETRY;
}

char *ht_reason_short(const HtPosted *posted)
{
    return posted->error ? g_strdup(posted->error) : g_strdup_printf("HTTP %ld", posted->status);
}

/* Control characters, those that only format (they can turn the direction of writing) and other ends of line. */
static bool is_unprintable(gunichar character)
{
    GUnicodeType type = g_unichar_type(character);
    return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

static char *make_printable(HtText text)
{
    g_autofree char *valid = g_utf8_make_valid(text.data ? text.data : "", (gssize)text.size);
    GString *clean = g_string_new(NULL);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        g_string_append_unichar(clean, is_unprintable(character) ? ' ' : character);
    }
    return g_strstrip(g_string_free(clean, FALSE));
}

/* As core/base/citizen.h knows them. */
#define DIGIT "[\\p{Nd}〇零一二三四五六七八九]"
#define SEPARATOR "[\\p{Pd}\\p{Pc}\\p{Zs}\\x{FFFD}./:·・．／：]"

static char *replace_numbers(const char *text)
{
    static GRegex *numbers;
    if (g_once_init_enter(&numbers)) {
        GRegex *made = g_regex_new("(?:" DIGIT SEPARATOR "*){6,}" DIGIT "[XxＸｘⅩⅹ]?", 0, 0, NULL);
        g_once_init_leave(&numbers, made);
    }
    return g_regex_replace_literal(numbers, text, -1, 0, "[number]", 0, NULL);
}

char *ht_reason_clean(const char *reason, HtText text)
{
    g_autofree char *printable = make_printable(text);
    g_autofree char *excerpt = replace_numbers(printable);
    if (!*excerpt) {
        return g_strdup(reason);
    }
    g_autofree char *cut = g_utf8_substring(excerpt, 0, MIN(g_utf8_strlen(excerpt, -1), EXCERPT_CHARACTERS));
    return g_strdup_printf("%s: %s", reason, cut);
}

char *ht_reason_full(const HtPosted *posted)
{
    g_autofree char *reason = ht_reason_short(posted);
    return ht_reason_clean(reason, posted->error ? HT_TEXT_NONE : posted->body);
}
