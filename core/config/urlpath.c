/* Writing paths in one form. The configuration's paths pass here at start, each request's at its head; a path that does
 * not come out the same is another path. No state; any thread. */
#include "core/config/urlpath.h"

#include <glib.h>
#include <glib/gi18n.h>

static bool is_unreserved(unsigned char byte)
{
    return g_ascii_isalnum(byte) || (byte != '\0' && strchr("-._~", byte));
}

static char *write_byte(char *out, unsigned char byte, bool escaped)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!escaped) {
        *out++ = (char)byte;
        return out;
    }
    *out++ = '%';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
    return out;
}

static bool is_good(unsigned char byte)
{
    return byte > 0x20 && byte != 0x7f && byte != '?' && byte != '#';
}

bool ht_url_path_write(HtText path, char *out)
{
    if (path.size == 0 || path.data[0] != '/') {
        return false;
    }
    for (size_t i = 0; i < path.size; i++) {
        unsigned char byte = (unsigned char)path.data[i];
        if (byte == '%') {
            if (path.size - i < 3 || !g_ascii_isxdigit(path.data[i + 1]) ||
                !g_ascii_isxdigit(path.data[i + 2])) {
                return false;
            }
            byte = (unsigned char)(g_ascii_xdigit_value(path.data[i + 1]) * 16 +
                                   g_ascii_xdigit_value(path.data[i + 2]));
            out = write_byte(out, byte, !is_unreserved(byte));
            i += 2;
        } else if (!is_good(byte)) {
            return false;
        } else {
            out = write_byte(out, byte, byte >= 0x80);
        }
    }
    *out = '\0';
    return true;
}

/* Where sources have their own paths, and the names of the admin socket's pages, which a proxy may lead here. */
static bool is_reserved(const char *path)
{
    static const char *const names[] = {"in",   "out",     "schema", "ready",
                                        "live", "metrics", "status", "subject"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        size_t size = strlen(names[i]);
        if (g_ascii_strncasecmp(path + 1, names[i], size) == 0 &&
            (path[1 + size] == '\0' || path[1 + size] == '/')) {
            return true;
        }
    }
    return false;
}

bool ht_url_path_may_serve(const char *path, const char **reason)
{
    g_auto(GStrv) segments = g_strsplit(path + 1, "/", -1);
    for (char **segment = segments; *segment; segment++) {
        if (g_str_equal(*segment, ".") || g_str_equal(*segment, "..")) {
            *reason = _("has a dot segment, which proxies resolve");
            return false;
        }
        if (**segment == '\0' && segment[1]) {
            *reason = _("has an empty segment, which proxies drop");
            return false;
        }
    }
    *reason = _("is the bus's own");
    return !is_reserved(path);
}
