/* The first level of GB 2312 is in the order of pinyin: see pinyin.h. */
#include "core/cli/pinyin.h"

/* Where each initial begins; what stands at the end is behind the last. */
static const struct {
    unsigned code;
    char initial;
} begins[] = {
    {0xb0a1, 'A'}, {0xb0c5, 'B'}, {0xb2c1, 'C'}, {0xb4ee, 'D'}, {0xb6ea, 'E'}, {0xb7a2, 'F'},
    {0xb8c1, 'G'}, {0xb9fe, 'H'}, {0xbbf7, 'J'}, {0xbfa6, 'K'}, {0xc0ac, 'L'}, {0xc2e8, 'M'},
    {0xc4c3, 'N'}, {0xc5b6, 'O'}, {0xc5be, 'P'}, {0xc6da, 'Q'}, {0xc8bb, 'R'}, {0xc8f6, 'S'},
    {0xcbfa, 'T'}, {0xcdda, 'W'}, {0xcef4, 'X'}, {0xd1b9, 'Y'}, {0xd4d1, 'Z'}, {0xd7fa, 0},
};

/* 0: not known. */
static char initial_of(const char *at)
{
    gsize size = 0;
    g_autofree char *bytes = g_convert(at, g_utf8_next_char(at) - at, "GBK", "UTF-8", NULL, &size, NULL);
    if (!bytes || size != 2) {
        return 0;
    }
    unsigned code = ((unsigned)(guchar)bytes[0] << 8) | (guchar)bytes[1];
    char initial = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(begins) && code >= begins[i].code; i++) {
        initial = begins[i].initial;
    }
    return initial;
}

char *ht_pinyin_initials(const char *words, bool brackets)
{
    g_autoptr(GString) initials = g_string_new(NULL);
    bool inside = false;
    for (const char *at = words; *at; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);
        bool opens = letter == '(' || letter == 0xff08, closes = letter == ')' || letter == 0xff09;
        inside = (inside || opens) && !closes;
        if ((inside && !brackets) || opens || closes) {
            continue;
        }
        char initial = letter < 0x80 ? g_ascii_toupper((char)letter) : initial_of(at);
        if (initial == 0) {
            return NULL;
        }
        if (g_ascii_isalnum(initial)) {
            g_string_append_c(initials, initial);
        }
    }
    return g_string_free(g_steal_pointer(&initials), FALSE);
}
