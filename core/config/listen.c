/* Items of `listen`; see listen.h. */
#include "core/config/listen.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

HtListenKind ht_listen_read(const char *item, const char **rest)
{
    bool is_unix = g_str_has_prefix(item, "unix:"), is_tls = g_str_has_prefix(item, "tls:");
    *rest = item + (is_unix ? strlen("unix:") : is_tls ? strlen("tls:") : 0);
    return is_unix ? HT_LISTEN_UNIX : is_tls ? HT_LISTEN_TLS : HT_LISTEN_PLAIN;
}

bool ht_listen_is_local(const char *address)
{
    const char *colon = strrchr(address, ':');
    g_autofree char *host = colon ? g_strndup(address, (gsize)(colon - address)) : g_strdup(address);
    struct in_addr ip4;
    if (g_ascii_strcasecmp(host, "localhost") == 0 || g_str_equal(host, "[::1]")) {
        return true;
    }
    return inet_pton(AF_INET, host, &ip4) == 1 && ntohl(ip4.s_addr) >> 24 == 127;
}
